"""Decimal commas in CSV: what pandas writes with them comes back, what could be two things is not
guessed, and --decimal decides."""
import json

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run


def frame(rows=500):
    random = np.random.default_rng(3)
    return pd.DataFrame({"date": pd.date_range("2001-01-01", periods=rows),
                         "a": random.normal(size=rows).cumsum() * 1000,
                         "b": random.normal(size=rows) * 10.0 ** random.integers(-9, 9, rows),
                         "n": random.integers(-9999, 9999, rows)})


def write(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def decimal__what_pandas_writes_comes_back():
    frame().to_csv("point.csv", index=False)
    for i, separator in enumerate((";", "\t")):
        for quoting in (0, 2):
            path = f"{i}{quoting}.csv"
            frame().to_csv(path, index=False, sep=separator, decimal=",", quoting=quoting)
            assert cat(path) == cat("point.csv"), path
            assert data("head", path, "-n", 1000)[0] == data("head", "point.csv", "-n", 1000)[0]
    frame().to_csv("comma.csv", index=False, decimal=",")  # quotes every number
    refused("head", "comma.csv", says=("line 2", "--decimal comma"))
    assert cat("comma.csv", "--decimal", "comma") == cat("point.csv")


def decimal__trains_alike():
    frame().to_csv("point.csv", index=False)
    frame().to_csv("comma.csv", index=False, sep=";", decimal=",")
    said = {}
    for name, options in (("point", ()), ("comma", ()), ("comma", ("--decimal", "comma"))):
        run("pulse-train", "--data", name + ".csv", "--end-date", "2002-05-01", "--min-history", 60,
            "--output", name, "--no-progress", "--log-level", "error", *options)
        with open(name + "/summary.json", encoding="utf-8") as f:
            said[name] = json.load(f)
        assert said[name]["metrics"] == said["point"]["metrics"] != {}
    assert said["comma"]["config"]["decimal"] == "comma" and said["point"]["config"]["decimal"] is None


def decimal__what_could_be_either_is_refused_until_it_is_said():
    write("x.csv", "date;a\n2001-01-01;1,234\n2001-01-02;12,345\n")
    for command in ("cat", "head", "info"):
        refused(command, "x.csv", says=("x.csv", "'1,234'", "--decimal comma or --decimal point"))
    assert cat("x.csv", "--decimal", "comma")["a"] == ["1.234", "12.345"]
    assert cat("x.csv", "--decimal", "point")["a"] == ["1,234", "12,345"]  # text, as it stands
    refused("head", "x.csv", "--decimal", "point", says=("line 2", "'1,234'", "1234.5"))
    err = run("pulse-train", "--data", "x.csv", code=2)[1]
    assert "--decimal comma" in err, err


def decimal__a_late_comma_is_reported_with_its_line():
    rows = "".join(f"{day};{i}\n" for i, day in
                   enumerate(pd.date_range("1901-01-01", periods=20000).strftime("%Y-%m-%d")))
    write("x.csv", "date;a\n" + rows + "2001-01-01;1,5\n")
    for command in ("cat", "head"):
        refused(command, "x.csv", *(("-n", 10**6) if command == "head" else ()),
                says=("line 20002", "'1,5'", "'a'", "--decimal comma"))
    assert cat("x.csv", "--decimal", "comma")["a"][-1] == "1.5"


def decimal__points_of_two_meanings_are_an_error_wherever_they_stand():
    """Whole numbers fill what is looked at first; then 1.000 may be a thousand, whoever reads it."""
    days = [str(d.date()) for d in pd.date_range("1900-01-01", periods=50000)]
    for early, late in (("999", "1.324"), ("", "12.500"), ("7", "-1.324"), ("999 €", "1.324 €")):
        write("x.csv", "Datum;Anzahl;b\n" + "".join(f"{d};{late if i == 9000 else early};{i}\n" for i, d in enumerate(days[:10000])))
        for command in ("info", "head", "cat"):
            options = ("-n", 10000) if command == "head" else ()
            refused(command, "x.csv", *options, says=("line 9002", f"'{late}'", "column 'Anzahl'", "--decimal point or --thousands point"))
        err = run("pulse-train", "--data", "x.csv", code=2)[1]
        assert f"'{late}'" in err and "--thousands point" in err, err
        number = float(late.split()[0])
        for option, value in (("--thousands", number * 1000), ("--decimal", number)):
            assert float(data("head", "x.csv", "-n", 10000, option, "point")[0].splitlines()[9001].split(",")[1]) == value
    refused("info", "x.csv", "--time", "Datum", says="'1.324 €'")
    assert data("info", "x.csv", "--missing", "1.324 €")
    for sign in ("1.5", "0.125", "1,234.5"):  # somewhere a point can only be the decimal sign
        write("x.csv", "Datum;Anzahl\n" + "".join(f"{d};{'1.324' if i == 9000 else sign if i == 9500 else i}\n" for i, d in enumerate(days[:10000])))
        options = ("--thousands", "comma") if "," in sign else ()
        assert "1 variable" in data("info", "x.csv", *options)[0], sign
    for separator in ("\t", ","):
        write("x.csv", separator.join(("date", "a")) + "\n" + "".join(f"{d}{separator}{'1.324' if i == 9000 else 7}\n" for i, d in enumerate(days[:10000])))
        assert "1 variable" in data("info", "x.csv")[0]


def decimal__words_with_commas_stay_words():
    write("x.csv", "date;a;note\n2001-01-01;1.5;one, two\n2001-01-02;2.5;1,2,3\n")
    assert cat("x.csv")["note"] == ["one, two", "1,2,3"]


def decimal__another_sign_is_refused():
    write("x.csv", "date,a\n2001-01-01,1\n")
    refused("cat", "x.csv", "--decimal", ";", says="point or comma")
    assert "point or comma" in run("pulse-train", "--data", "x.csv", "--decimal", ";", code=2)[1]


main(globals())
