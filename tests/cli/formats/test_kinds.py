"""The kinds of text files that people reported as read wrong in silence or refused without need, two files of each that
differ in separator, packing, encoding or spelling: what info must say, from the file and from standard input, and that
training says the same."""
import bz2
import gzip
import lzma
import os
import re
import subprocess

import numpy as np
import pandas as pd

N = 120
DAYS = pd.bdate_range("2020-09-01", periods=N)
PRICES = (np.random.default_rng(71).normal(size=N).cumsum() + 100).round(2)
PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def table(cells, dates=DAYS, form="%Y-%m-%d", sep=",", names="date,px,x"):
    """A column of prices, and one of `cells`, a function of the row and its price."""
    stamps = [d if isinstance(d, str) else d.strftime(form) for d in dates]
    rows = (sep.join((stamp, str(p), cells(i, p))) for i, (stamp, p) in enumerate(zip(stamps, PRICES)))
    return names.replace(",", sep) + "\n" + "\n".join(rows) + "\n"


def late(word, rows=70, number=str):
    return lambda i, p: word if i < rows else number(p)


def same(i, p):
    return str(p)


def stamps(zone, hour=0, basic=False):
    local = (DAYS + pd.Timedelta(hours=hour)).tz_localize(zone)
    return [d.strftime("%Y%m%dT%H%M%S%z") if basic else d.isoformat() for d in local]


def german(p):
    return f"{p * 1000:,.2f}".translate(str.maketrans(",.", ".,"))


def semicolons(cells):
    """As table, with decimal commas."""
    rows = (f"{d:%d.%m.%Y};{str(p).replace('.', ',')};{cells(i, p)}" for i, (d, p) in enumerate(zip(DAYS, PRICES)))
    return "Datum;px;x\n" + "\n".join(rows) + "\n"


MONTHS, WEEKS = pd.date_range("2001-01-01", periods=N, freq="MS"), pd.date_range("2018-01-01", periods=N, freq="W-MON")
ALL, LATE = r"x +120 ", r"x +50 "
# kind, name, text, options, what info says (error: beginning so), encoding
KINDS = (
    ("a word that is missing in the first rows", "a.tsv", table(late("N/A"), sep="\t"), "", LATE, "utf-8"),
    ("", "b.csv.gz", table(late("..")), "", LATE, "utf-8"),
    ("a dash in the first rows", "a.txt", table(late("-"), sep="|"), "", LATE, "utf-8"),
    ("", "b.csv", semicolons(lambda i, p: "--" if i < 70 else str(p).replace(".", ",")), "", LATE, "utf-8"),
    ("a word of its own in the first rows", "a.tsv", table(late("no quote"), sep="\t"), "", "error: .*line 2: 'no quote' in column 'x'.*--missing", "utf-8"),
    ("", "b.csv", table(late("n.v.")), "--missing n.v.", LATE, "utf-8"),
    ("percent, the first blank", "a.csv", semicolons(lambda i, p: "" if i < 1 else f"{i},5 %"), "", r"x +119 ", "utf-8"),
    ("", "b.csv.bz2", table(lambda i, p: "" if i < 3 else f"({p}%)"), "", r"x +117 ", "utf-8"),
    ("a currency beside plain numbers", "a.csv", table(lambda i, p: f"€{p}"), "", ALL, "utf-8"),
    ("", "b.tsv", table(lambda i, p: f"-US$ {p}", sep="\t"), "", ALL, "utf-8"),
    ("points between thousands beside decimal commas", "a.csv", semicolons(lambda i, p: german(p * 10).split(",", maxsplit=1)[0]), "",
     "error: .*line 2.*column 'x'.*--thousands point", "utf-8"),
    ("", "b.csv", semicolons(lambda i, p: german(p)), "--thousands point", ALL, "utf-8"),
    ("parentheses in the first row", "a.tsv", table(lambda i, p: f"({p})" if i % 2 == 0 else str(p), sep="\t"), "", ALL, "utf-8"),
    ("", "b.csv", table(lambda i, p: f'"(1,{i + 100}.5)"'), "--thousands comma", ALL, "utf-8"),
    ("midnight of a zone ahead of UTC", "a.csv.gz", table(same, stamps("Asia/Kolkata")), "", "2020-09-01  2021-02-15", "utf-8"),
    ("", "b.tsv", table(same, stamps("Pacific/Auckland", basic=True), sep="\t"), "", "2020-09-01  2021-02-15", "utf-8"),
    ("midnights whose offset changes", "a.csv", table(same, stamps("Europe/Paris")), "", "2 variables, 120 rows", "utf-8"),
    ("", "b.csv", table(same, stamps("Australia/Sydney"), sep=";"), "", "2020-09-01  2021-02-15", "utf-8"),
    ("months", "a.tsv", table(same, MONTHS, "%Y-%m", "\t"), "", "2001-01-01  2010-12-01(.|\n)*monthly", "utf-8"),
    ("", "b.csv", table(same, MONTHS, "%Y%m"), "--date-format %Y%m", "2001-01-01  2010-12-01(.|\n)*monthly", "utf-8"),
    ("weeks", "a.tsv", table(same, WEEKS, "%G-W%V", "\t"), "", "2018-01-01  2020-04-13(.|\n)*weekly", "utf-8"),
    ("", "b.csv.xz", table(same, WEEKS, "%GW%V"), "", "2018-01-01  2020-04-13(.|\n)*weekly", "utf-8"),
    ("basic and ordinal dates", "a.csv", table(same, DAYS, "%Y%m%dT%H%M%SZ"), "", "2020-09-01  2021-02-15", "utf-8"),
    ("", "b.tsv", table(same, DAYS, "%Y-%j", "\t"), "", "2020-09-01  2021-02-15", "utf-8"),
    ("blanks that do not break between thousands", "a.csv", semicolons(lambda i, p: german(p * 10).replace(".", "\u202f")), "",
     "error: .*column 'x'.*--thousands space", "utf-8"),
    ("", "b.csv", semicolons(lambda i, p: german(p * 10).replace(".", "\xa0")), "--thousands space", ALL, "cp1252"),
    ("names in Windows-1252", "a.tsv", table(same, sep="\t", names="date,Größe,x"), "", "error: .*line 1.*--encoding windows-1252", "cp1252"),
    ("", "b.csv", table(same, names="date,clôture,x", sep=";"), "--encoding latin-1", "clôture +120 ", "latin-1"),
    ("numbers with a sign that is not known", "a.tsv", table(lambda i, p: f"{i}bps", sep="\t"), "", "error: .*'0bps' in column 'x'", "utf-8"),
    ("", "b.csv", semicolons(lambda i, p: f"{i},5 pp"), "", "error: .*'0,5 pp' in column 'x'", "utf-8"),
    ("exponents of Fortran", "a.csv", table(lambda i, p: f"{i}.25D+02", sep=";"), "", "error: .*'0.25D\\+02' in column 'x'", "utf-8"),
    ("", "b.tsv.gz", table(lambda i, p: f"1.{i}d-03", sep="\t"), "", "error: .*'1.0d-03' in column 'x'", "utf-8"),
    ("a column of words", "a.tsv", table(lambda i, p: "buy" if i % 2 else "sell", sep="\t"), "", "left out: x\n", "utf-8"),
    ("", "b.csv.gz", table(lambda i, p: f'"note, {i}th"'), "", "left out: x\n", "utf-8"))


def run(program, *words, stdin=None):
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], program), *words], input=stdin, capture_output=True,
                          timeout=300, check=False)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def kinds__are_read_or_refused_as_is_right():
    kind = ""
    for title, name, text, options, says, encoding in KINDS:
        kind = title or kind
        body = PACK.get(os.path.splitext(name)[1], bytes)(text.encode(encoding))
        with open(name, "wb") as f:
            f.write(body)
        code, said = run("pulse-data", "info", name, *options.split())
        piped, by_pipe = run("pulse-data", "info", "-", *options.split(), stdin=body)
        print(kind, name, code, said)
        refused = says.startswith("error: ")
        assert code == piped == (2 if refused else 0), (kind, name, said, by_pipe)
        assert re.search(says, said) and re.search(says, by_pipe), (kind, name, said, by_pipe)


def kinds__train_as_info_says():
    for title, name, text, options, says, encoding in KINDS[::3]:
        with open(name, "wb") as f:
            f.write(PACK.get(os.path.splitext(name)[1], bytes)(text.encode(encoding)))
        code, said = run("pulse-train", "--data", name, "--output", "out", "--min-history", "40", "--burn-in", "10", "--no-report",
                         "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01", *options.split())
        refused = says.startswith("error: ")
        assert code == (2 if refused else 0), (title, name, said)
        assert not refused or re.search(says, said), (title, name, said)
        assert "left out" not in says or "x" in said, (title, name, said)


def kinds__a_directory_of_zones_or_of_one_name_twice():
    os.mkdir("zones")
    for name, zone in (("a.csv", "Asia/Tokyo"), ("b.tsv", "America/Chicago"), ("historical_c.txt", "UTC")):
        sep = "\t" if name.endswith(".tsv") else ","
        with open("zones/" + name, "w", encoding="utf-8") as f:
            f.write(f"timestamp{sep}value\n" + "".join(f"{d}{sep}{p}\n" for d, p in zip(stamps(zone), PRICES)))
    code, said = run("pulse-data", "info", "zones")
    assert code == 0 and "3 variables, 120 days" in said, said
    for other in ("a.csv.gz", "historical_a.tsv"):
        with open("zones/" + other, "wb") as f:
            f.write(gzip.compress(b"timestamp,value\n") if other.endswith("gz") else b"timestamp\tvalue\n")
        code, said = run("pulse-data", "info", "zones")
        assert code == 2 and "both the variable a" in said and other in said, said
        os.remove("zones/" + other)


if __name__ == "__main__":
    from support import main  # others that have a support of their own use the kinds
    main(globals())
