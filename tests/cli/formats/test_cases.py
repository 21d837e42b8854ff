"""Files as people reported them, which lie beside the project with a command each and what is right: every command is
run, and what it says is held against what is noted here."""
import os
import re
import subprocess

from support import Skip, main

CASES = os.path.join(os.path.dirname(os.environ.get("PULSE_SAMPLES", "")), "cases", "data")
# What the first command must say, by the case's name: numbers of the table, or the words of the error.
READ = {
    "100-pkl-multiindex-columns-yfinance": r"4 variables, 300 rows(.|\n)*AAA\.Close",
    "100a-late-start-series-na-text": r"3 variables, 300 rows(.|\n)*LATE +200",
    "101a-late-start-series-two-dots": r"late +200", "102a-late-start-series-dash": r"late +200",
    "105-pkl-tz-index-zoneinfo": r"close +300  2023-10-02", "105a-percent-column-first-blank": r"chg +299",
    "106a-dollar-column-beside-volume": r"Close/Last +300", "107-pkl-tz-fixed-offset": r"close +300  2023-10-02",
    "109a-accounting-negative-in-first-row": r"flow +300", "11-local-midnight-tokyo": r"tokyo +300  2023-09-25",
    "111-pkl-object-mixed-strings-numbers": r"nav +300", "127-pkl-pandas23-future-string-labels": r"2 variables, 300 rows",
    "128-pkl-series-named-tz": r"2023-10-02T00:00:00,100\.", "205-h5-tz-aware-index-fixed": r"2023-10-02T00:00:00,100\.",
    "206-h5-multiindex-columns-fixed": r"variables, 300 rows", "215-h5-netcdf4-packed-days-since-1900": r"99\.78,100\n",
    "216-h5-netcdf4-hours-since-1970": r"99\.78,100\n", "27-months-only-2020-01": r"300  1999-01-01(.|\n)*monthly",
    "304-pq-open-ended-9999-date": r"2 variables, 300 rows(.|\n)*valid_to, vt2", "312-pq-numbers-as-varchar": r"volume +300",
    "321-pq-spark-dir-part-files": r"close +300(.|\n)*volume +300", "323-pq-interval-uuid-blob": r"6010e626-5ec3-49bd",
    "349-pq-int8-uint8-f16": r"h +300", "353-pq-dir-of-two-parts": r"2 variables, 300 rows",
    "59-week-labels-iso": r"300  2018-01-01(.|\n)*weekly", "67-text-column-among-numbers-dropped": r"3 variables, 300 rows",
    "68-london-midnight-over-dst": r"2 variables, 300 rows", "89-dir-of-tz-aware-exchanges": r"3 variables, 300 days",
    "99-iso-basic-and-week-compact": r"2 variables, 300 rows",
}
REFUSED = {
    "103a-late-start-series-no-data": "line 2: 'no data' in column 'late'(.|\n)*--missing",
    "108a-german-millions-beside-decimal-comma": "'3.579.615' in column 'vol'(.|\n)*--thousands point",
    "40-nbsp-thousands": "column 'px'(.|\n)*--thousands space", "47-windows-1252-header": "--encoding windows-1252",
    "63-1e3-suffix-basis-points": "'100bp' in column 'spread'", "84-fortran-d-exponent": "column 'a'(.|\n)*'b'",
    "93-dir-same-variable-in-two-formats": "both the variable aaa",
}


def run(command):
    """Code and all that a command line of the index says."""
    path = os.environ["PULSE_BIN"] + os.pathsep + os.environ["PATH"]
    command = command.replace("OUT/", os.getcwd() + "/")
    done = subprocess.run(["bash", "-c", command], cwd=CASES, capture_output=True, timeout=200,
                          check=False, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def cases__reported_files_end_as_is_right():
    index = os.path.join(CASES, "index.tsv")
    if not os.path.exists(index):
        raise Skip(f"there is no {index}")
    unknown = []
    with open(index, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    for name, commands, _ in rows:
        if name not in READ and name not in REFUSED:
            unknown.append(name)
            continue
        for i, command in enumerate(commands.split(" ; ")):
            code, out, err = run(command)
            print(f"{name}: {command}: {code}\n{out[:2000]}{err}")
            assert code == (0 if name in READ else 2), (name, command, code, err)
            assert not re.search(r"[\x00-\x08\x0e-\x1f]|\^@|M-", out), (name, out)
            if i == 0:
                assert re.search(READ.get(name) or REFUSED[name], out + err), (name, out, err)
    assert len(unknown) <= 1, unknown  # one is of how programs end, and not of files


main(globals())
