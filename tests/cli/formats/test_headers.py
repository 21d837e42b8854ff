"""Headers of several lines, lines that are no rows, dates of other forms than ISO 8601, and what info says of each."""
import json
import os
import pickle
import re
import shlex
import subprocess

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

DAYS = pd.bdate_range("2020-01-01", periods=60)
MONTHS = pd.date_range("1999-01-01", periods=60, freq="MS")
VALUES = np.random.default_rng(14).normal(size=(60, 4)).cumsum(axis=0).round(4)


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def rows(dates, form="%Y-%m-%d", separator=",", columns=2, end="\n"):
    return "".join(separator.join([d.strftime(form), *(f"{x:.4f}" for x in values[:columns])]) + end
                   for d, values in zip(dates, VALUES))


def info(path, *options, warns=""):
    return json.loads(data("info", path, "--json", *options, warns=warns)[0])


def names(path, *options):
    return [v["name"] for v in info(path, *options)["variables"]]


def first_and_last(path, *options):
    said = info(path, *options)["variables"][0]
    return said["first"][:10], said["last"][:10], said["rows"]


def suggested(path, *options):
    """The options of the command that info prints for a file that it cannot read, tried."""
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path, *options],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    line = re.fullmatch(r"this reads it, if it means that: pulse-data info (.*)\n", done.stdout)
    assert line is not None, done
    words = shlex.split(line[1])
    data("info", *words)
    return words[1:]


def train(path, *options):
    run("pulse-train", "--data", path, "--output", "out", "--min-history", 20, "--burn-in", 5, "--no-report",
        "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01", *options)
    with open("out/summary.json", encoding="utf-8") as f:
        return json.load(f)


# ---- Names in several lines -----------------------------------------------------------------------


def headers__several_levels_as_pandas_writes_them_are_joined():
    levels = pd.MultiIndex.from_product([["Close", "Volume"], ["AAPL", "MSFT"]], names=["Price", "Ticker"])
    want = ["AAPL.Close", "MSFT.Close", "AAPL.Volume", "MSFT.Volume"]
    frame = pd.DataFrame(VALUES, index=pd.DatetimeIndex(DAYS, name="Date"), columns=levels)
    frame.to_csv("yf.csv")
    assert names("yf.csv") == want and info("yf.csv")["rows"] == 60
    frame.swaplevel(axis=1).to_csv("swapped.csv", sep="\t")
    assert names("swapped.csv") == want
    frame[[("Close", "AAPL"), ("Volume", "AAPL")]].to_csv("one.csv.gz")
    assert names("one.csv.gz") == ["AAPL.Close", "AAPL.Volume"]
    table = cat("yf.csv")
    assert list(table) == ["Date", *want] and [float(x) for x in table["MSFT.Close"]] == VALUES[:, 1].tolist()
    data("convert", "yf.csv", "yf.parquet")
    assert names("yf.parquet") == want
    assert train("yf.csv")["config"]["variables"] == sorted(want) or train("yf.csv")["config"]["variables"] == want


def headers__levels_without_names_or_of_three_are_joined_in_order():
    levels = pd.MultiIndex.from_product([["a", "b"], ["x", "y"]])
    pd.DataFrame(VALUES, index=DAYS, columns=levels).to_csv("x.csv")
    assert names("x.csv") == ["a.x", "a.y", "b.x", "b.y"]
    levels = pd.MultiIndex.from_tuples([("p", "q", "r"), ("p", "q", "s"), ("t", "", "u"), ("t", "q", "u")])
    pd.DataFrame(VALUES, index=pd.DatetimeIndex(DAYS, name="day"), columns=levels).to_csv("x.csv")
    assert names("x.csv") == ["p.q.r", "p.q.s", "t.u", "t.q.u"]


def headers__one_line_of_names_stays_one():
    write("x.csv", "date,a,b\nunits,USD,EUR\n" + rows(DAYS))
    refused("info", "x.csv", says=("line 2", "units"))
    write("x.csv", ",a,a\n" + rows(DAYS))
    refused("info", "x.csv", says="two columns are called 'a'")
    write("x.csv", "when,a,b\n" + rows(DAYS))
    assert names("x.csv") == ["a", "b"]
    write("x.csv", "when,a,b\n")
    assert list(cat("x.csv")) == ["when", "a", "b"]


# ---- Lines that are no rows -----------------------------------------------------------------------


def headers__codes_of_transformations_are_passed_with_a_word():
    for name, codes, form in (("sasdate", "Transform:,5,2\n", "%-m/%-d/%Y"), ("date", "transform,5,2\n", "%Y-%m-%d"),
                              ("sasdate", "factors,0,1\ntransform,5,2\n", "%-m/%-d/%Y")):
        write("x.csv", f"{name},RPI,INDPRO\n{codes}" + rows(MONTHS, form) + ",,\n")
        assert first_and_last("x.csv") == ("1999-01-01", "2003-12-01", 60)
        assert names("x.csv") == ["RPI", "INDPRO"]
        said = data("info", "x.csv")[0]
        assert "dates: monthly" in said and "of transformations" in said and "left out" in said
        assert any("of transformations" in w for w in train("x.csv")["warnings"])
        assert "Transform" not in cat("x.csv", warns="of transformations")[name][0]


def headers__rows_of_separators_alone_are_none():
    write("x.csv", "date;a;b\n" + rows(DAYS, separator=";") + ";;\n;;\r\n ; ;")
    assert first_and_last("x.csv")[2] == 60 and info("x.csv")["rows"] == 60
    write("x.csv", "date,a,b\n,,\n" + rows(DAYS))
    assert info("x.csv")["rows"] == 60
    write("x.csv", "date,a,b\n,1,\n" + rows(DAYS))
    refused("info", "x.csv", says=("line 2", "no time"))


def headers__a_preamble_is_named():
    for lines in ("Title\nSource: somewhere\n\n", "# one\n# two, and more\n", "Quelle;x\n"):
        write("x.csv", lines + "Datum;a;b\n" + rows(DAYS, separator=";"))
        assert suggested("x.csv") == ["--skip-rows", str(lines.count("\n"))]


# ---- Dates of other forms -------------------------------------------------------------------------


def headers__dates_that_say_what_they_are_need_no_option():
    for form in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d %b %Y",
                 "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S"):
        write("x.csv", "Datum;a;b\n" + rows(DAYS, form, ";"))
        assert first_and_last("x.csv") == ("2020-01-01", "2020-03-24", 60), form
        assert cat("x.csv")["Datum"][1] == "2020-01-02T00:00:00", form
    write("x.csv", "Gestern;a;b\n" + rows(DAYS, "%d.%m.%Y", ";").replace("-", "−"))
    assert first_and_last("x.csv")[2] == 60  # the only column of dates
    data("convert", "x.csv", "x.parquet")
    assert first_and_last("x.parquet") == ("2020-01-01", "2020-03-24", 60)
    assert train("x.csv")["config"]["variables"] == ["a", "b"]


def headers__dates_that_could_be_two_things_are_asked_about():
    first = [d for d in pd.date_range("2020-01-01", periods=300) if d.day <= 12][:60]
    for form, other in (("%d/%m/%Y", "%m/%d/%Y"), ("%d.%m.%Y", "%m.%d.%Y")):
        write("x.csv", "date,a,b\n" + rows(first, form))
        refused("info", "x.csv", says=("day first", "--date-format " + form, other))
        assert suggested("x.csv") == ["--date-format", form]
        assert first_and_last("x.csv", "--date-format", form)[0] == "2020-01-01"
    write("x.csv", "date,a,b\n" + rows(DAYS, "%d/%m/%Y") + "02/30/2020,1,2\n")
    refused("info", "x.csv", says=("line 62", "02/30/2020"))


def headers__counts_of_an_unknown_unit_are_tried():
    for unit, per_second in (("s", 1), ("ms", 1000), ("us", 10**6), ("ns", 10**9)):
        write("x.csv", "date,a\n" + "".join(f"{int(d.timestamp()) * per_second},{x[0]:.4f}\n" for d, x in zip(DAYS, VALUES)))
        assert suggested("x.csv") == ["--time-unit", unit]


# ---- In formats that have types --------------------------------------------------------------------


def headers__text_of_dates_takes_the_same_option_everywhere():
    frame = pd.DataFrame(VALUES[:, :2], columns=["a", "b"])
    for form in ("%d/%m/%Y", "%d.%m.%Y %H:%M"):
        frame.insert(0, "when", DAYS.strftime(form))
        write("text.csv", frame.assign(when=["x" + w for w in frame.when]).to_csv(index=False))
        data("convert", "text.csv", "text.parquet")  # of text, whatever it says
        frame.to_pickle("x.pkl")
        with open("records.pkl", "wb") as f:
            pickle.dump(frame.to_dict("records"), f)
        option = ("--time", "when", "--date-format")
        for path in ("x.pkl", "records.pkl"):
            assert first_and_last(path, *option, form) == ("2020-01-01", "2020-03-24", 60)
            refused("info", path, *option, "%Y", says=("row 0", "no time of the form %Y"))
            assert suggested(path, "--time", "when")[-2:] == ["--date-format", form]
        assert first_and_last("text.parquet", *option, "x" + form) == ("2020-01-01", "2020-03-24", 60)
        refused("info", "text.parquet", "--time", "when", says=("row 0", "when", "no ISO 8601"))
        del frame["when"]


def headers__txt_is_csv_but_not_beside_datasets():
    write("x.txt", "date\ta\tb\n" + rows(DAYS, separator="\t"))
    assert names("x.txt") == ["a", "b"] and first_and_last("x.txt")[2] == 60
    os.mkdir("d")
    for name in ("aaa.csv", "historical_bbb.txt", "README.txt"):
        write("d/" + name, "date,value\n" + rows(DAYS, columns=1))
    assert names("d") == ["aaa", "bbb"]


main(globals())
