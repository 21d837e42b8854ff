"""What info says beside the table of variables: how often days come, which repeat, and where a file cannot be
read as it is, the command that reads it."""
import gzip
import json
import os
import shlex
import subprocess

import numpy as np
import pandas as pd

from support import data, main, refused, run


def write(path, text, encoding="utf-8"):
    with open(path, "w", encoding=encoding) as f:
        f.write(text)
    return path


def facts(path):
    said = json.loads(data("info", "--json", path)[0])
    return said["frequency"], said["repeated_dates"]


def panel(days):
    pd.DataFrame({"a": np.arange(float(len(days)))}, index=pd.DatetimeIndex(days, name="date")).to_csv("x.csv")
    return "x.csv"


def info__says_how_often_days_come():
    for frequency, want in (("B", "weekdays"), ("D", "daily"), ("W-FRI", "weekly"), ("MS", "monthly"), ("M", "monthly"),
                            ("Q", "quarterly"), ("6M", "half-yearly"), ("A", "yearly"), ("10D", "every 10 days"),
                            ("H", "daily"), ("2AS", "more than a year apart"), ("13MS", "every 396 days")):
        days = pd.date_range("2015-01-01", periods=100, freq=frequency)
        assert facts(panel(days))[0] == want, frequency
        assert f"dates: {want}\n" in data("info", "x.csv")[0]
    for rows in (0, 1, 2):
        assert facts(panel(pd.date_range("2015-01-01", periods=rows)))[0] == ""
        assert "dates:" not in data("info", "x.csv")[0]
    for end in (".parquet", ".h5", ".pkl"):
        data("convert", panel(pd.date_range("2015-01-01", periods=9, freq="W")), "y" + end)
        assert facts("y" + end) == ("weekly", 0)
    os.mkdir("d")
    for name in "ab":
        data("convert", "x.csv", f"d/historical_{name}.csv")
    assert facts("d") == ("weekly", 0)


def info__counts_rows_that_repeat_a_date():
    days = list(pd.date_range("2015-01-01", periods=200))
    assert facts(panel(days[100:] + days[:100])) == ("daily", 0)
    assert facts(panel(days + days[5:6])) == ("daily", 1)
    assert "1 row has a date that another row has too" in data("info", "x.csv")[0]


def info__names_the_command_that_reads_a_file():
    for text, encoding, options in (
            ("date,a\n2020-01-01,no data\n2020-01-02,1\n", "utf-8", "--missing 'no data'"),
            ("date,a\n2020-01-01,gone\n2020-01-02,1\n2020-01-03,n.v.\n", "utf-8", "--missing 'gone,n.v.'"),
            ("date;a;b\n2020-01-01;1,5;3.579.615\n", "utf-8", "--thousands point"),
            ("date,a\n2020-01-01,\"1,234,567.5\"\n", "utf-8", "--thousands comma"),
            ("date,a\n2020-01-01,1 234\n2020-01-02,soon\n", "utf-8", "--thousands space --missing 'soon'"),
            ("date;größe\n2020-01-01;1\n", "cp1252", "--encoding windows-1252")):
        for path in ("x.csv", "a b.csv"):
            write(path, text, encoding)
            done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path],
                                  capture_output=True, text=True, check=False)
            assert done.returncode == 2 and done.stderr.count("\n") == 1, done
            line = done.stdout.strip()
            assert line.endswith(options) and done.stdout.count("\n") == 1, (text, line)
            data(*shlex.split(line.split("pulse-data ")[1]))


def written_in_every_format(frame):
    """The frame, whose index is the time, as each program's file."""
    paths = []
    frame.to_pickle("x.pkl")
    frame.to_csv("x.csv")
    for source, path in (("x.pkl", "x.parquet"), ("x.pkl", "own.h5"), ("x.parquet", "own.pkl")):
        data("convert", source, path)
        paths.append(path)
    try:
        frame.to_hdf("fixed.h5", "d")
        frame.to_hdf("table.h5", "d", format="table")
        paths += ["fixed.h5", "table.h5"]
    except ImportError:  # no PyTables
        pass
    return ["x.pkl", "x.csv", *paths]


def info__says_kinds_zone_and_what_is_left_out_in_every_format():
    frame = pd.DataFrame({"px": np.arange(40) / 8, "volume": np.arange(40), "note": ["calm", "not calm"] * 20,
                          "settled": pd.date_range("2021-01-01", periods=40)})
    for zone in (None, "America/New_York", "UTC"):
        frame.index = pd.bdate_range("2020-03-02", periods=40, tz=zone, name="date")
        for path in written_in_every_format(frame):
            dates = "text" if path == "own.pkl" else "times"  # as which records have times
            said = json.loads(data("info", "--json", path)[0])
            assert {v["name"]: v["kind"] for v in said["variables"]} == {"px": "reals", "volume": "whole numbers"}, path
            assert dict(zip(said["left_out"], said["left_out_holds"])) == {"note": "text", "settled": dates}, path
            shown = data("info", path)[0]
            assert "values: reals; whole numbers: volume\n" in shown and "frequency" in said, shown
            assert f"they hold: note text, settled {dates}\n" in shown, shown
            # Clocks ahead of UTC in text have their offsets; UTC may be said as no zone.
            offsets = "each time in its own offset"
            want = {None: [None], "UTC": ["UTC", None], "America/New_York": [offsets if path in ("x.csv", "own.pkl") else zone]}
            assert said["zone"] in want[zone], (path, zone, said["zone"])
            assert (f"zone: {said['zone']}\n" in shown) == (said["zone"] is not None), shown


def info__offers_both_meanings_of_a_sign():
    for sign, word in ((",", "comma"), (".", "point")):
        write("a.csv", f"date;a\n2020-01-01;100{sign}000\n2020-01-02;101{sign}500\n")
        out = data("info", "a.csv", code=2)[0]
        assert out.splitlines() == [f"this reads it, if it means that: pulse-data info a.csv --{option} {word}"
                                    for option in ("thousands", "decimal")], out


def info__says_that_numbers_have_no_name():
    write("a.csv", "date,,b\n2020-01-01,1.5,2\n2020-01-02,3,4\n")
    out = data("info", "a.csv")[0]
    assert "1 column has no name and is left out: (no name); a name in the header" in out and "they hold: (no name) reals" in out, out
    write("a.csv", "date,,b,c\n2020-01-01,1.5,2,x\n2020-01-02,3,4,y\n")
    assert "2 columns hold no number, or have no name, and are left out: (no name), c" in data("info", "a.csv")[0]
    write("a.csv", "date,b,\n2020-01-01,1.5,\n2020-01-02,3,\n")  # separators at the ends of lines
    assert "left out" not in data("info", "a.csv")[0]


def info__is_silent_where_no_option_helps():
    for text in ("date,a\n2020-01-01,100bp\n", "date,a\n2020-01-01,x\n2020-01-02,1\n2020-01-03,100bp\n", "", "date,a\n2020-01-01\n"):
        done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", write("x.csv", text)],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == "", (text, done)


def info__the_time_column_is_the_one_that_is_said_or_the_only_one_of_dates():
    days = pd.date_range("2020-01-01", periods=5)
    frame = pd.DataFrame({"settled": days + pd.Timedelta("1D"), "traded": days, "a": [1.0, 2, 3, 4, 5]})
    frame.to_csv("x.csv", index=False)
    frame.to_pickle("x.pkl")
    data("convert", "x.csv", "x.parquet")
    for path in ("x.csv", "x.pkl", "x.parquet"):
        refused("info", path, says="time")
        for name, first in (("settled", "2020-01-02"), ("traded", "2020-01-01")):
            out = data("head", "-n", "1", path, "--time", name)[0].splitlines()
            assert out == ["date,a", first + "T00:00:00,1"], (path, out)
        refused("info", path, "--time", "nothing", says="nothing")
    frame.drop(columns="settled").to_pickle("y.pkl")
    data("convert", "y.pkl", "y.parquet")
    for path in ("y.pkl", "y.parquet"):
        assert data("head", "-n", "1", path)[0].splitlines() == ["date,a", "2020-01-01T00:00:00,1"], path


def info__options_that_mean_nothing_in_a_format_are_said():
    panel(pd.date_range("2020-01-01", periods=5))
    for end, option in ((".parquet", ("--skip-rows", 1)), (".pkl", ("--encoding", "utf-8")), (".h5", ("--skip-rows", 1)),
                        (".parquet", ("--delimiter", "tab")), (".h5", ("--delimiter", "comma"))):
        data("convert", "x.csv", "x" + end)
        for command in ("info", "cat", "head"):
            data(command, "x" + end, *option, warns="of no effect on its format: " + option[0])
    data("info", "x.csv", "--delimiter", "comma", "--encoding", "utf-8")
    os.mkdir("d")
    for end in (".csv", ".parquet"):
        data("convert", "x.csv", f"d/historical_{end[1:]}{end}")
    data("info", "d", "--delimiter", "comma")
    os.remove("d/historical_csv.csv")
    data("info", "d", "--delimiter", "comma", warns="of no effect on its format: --delimiter")


def info__a_footer_is_cut_off_by_what_the_error_says():
    table = "date,a,b\n2020-01-01,1,2\n2020-01-02,3,4\n"
    for footer in ("x,4,6\n", "end,5\n1,2\n"):
        write("x.csv", table + footer)
        refused("info", "x.csv", says="if the table ends before it: head -n ")
        err = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", "x.csv"], capture_output=True,
                             text=True, check=False).stderr
        line = err.split("before it: ")[1].replace("FILE", "x.csv").replace("pulse-data", os.path.join(
            os.environ["PULSE_BIN"], "pulse-data"))
        out = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
        assert "2 variables, 2 rows" in out, out
    long = table + "".join(f"{day.date()},{i},{i}\n" for i, day in enumerate(pd.date_range("2020-01-03", periods=9000)))
    with gzip.open("x.csv.gz", "wt") as f:
        f.write(long + "Source: a bank\n")
    err = refused("info", "x.csv.gz", says="if the table ends before it: gzip -dc FILE | head -n 9003 | pulse-data info -")
    out = subprocess.run(["bash", "-c", f"gzip -dc x.csv.gz | head -n 9003 | {os.environ['PULSE_BIN']}/pulse-data info -"],
                         capture_output=True, text=True, check=True).stdout
    assert "2 variables, 9002 rows" in out, (err, out)
    write("x.csv", table + "Total\n" + "2020-01-03,1,2\n" * 30)
    err = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", "x.csv"], capture_output=True,
                         text=True, check=False).stderr
    assert "head -n" not in err and "line 4" in err and "if that is no row: sed 4d FILE" in err, err


def info__lines_that_a_long_panel_leaves_out_are_said():
    days = pd.date_range("2020-01-01", periods=400, freq="B")
    rows = "".join(f"{day.date()},{ticker},{i * 7 % 11}\n" for ticker in "AB" for i, day in enumerate(days))
    note = "the last line is no row, and left out: 'Source: a bank'"
    write("x.csv", "date,ticker,close\n" + rows + "Source: a bank\n")
    assert note in data("info", "x.csv")[0].splitlines()
    assert json.loads(data("info", "x.csv", "--json")[0])["note"] == note
    data("convert", "x.csv", "wide.parquet", "--wide", warns=note)
    data("cat", "x.csv", warns=note)
    for option in ((), ("--id", "ticker")):
        run("pulse-train", "--data", "x.csv", "--output", "out", "--no-report", "--no-checkpoint", "--no-progress",
            "--end-date", "2100-01-01", *option)
        with open("out/summary.json", encoding="utf-8") as f:
            assert json.load(f)["warnings"] == ["x.csv: " + note]
    os.mkdir("parts")
    for part in range(2):
        write(f"parts/part-{part}.csv", f"date,a\n2020-01-0{part + 1},1\nSource: a bank\n")
    write("parts/_SUCCESS", "")
    err = run("pulse-data", "cat", "parts")[1]
    assert err.count(note) == 2, err


main(globals())
