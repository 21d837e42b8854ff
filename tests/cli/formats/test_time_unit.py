"""Times that are integers: read where --time-unit says what they count, refused where nothing does."""
import json
import os
import pickle

import h5py
import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

DAYS = pd.date_range("1965-03-01", periods=400, freq="D") + pd.Timedelta("13:14:15")
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def frame(unit):
    counts = (DAYS.asi8 // (10**9 // PER_SECOND[unit])).astype("i8")
    random = np.random.default_rng(5)
    return pd.DataFrame({"date": counts, "a": random.normal(size=400).cumsum() + 9,
                         "b": random.normal(size=400).cumsum()})


def write(path, unit):
    made = frame(unit)
    if path.endswith(".csv"):
        made.to_csv(path, index=False)
    elif path.endswith(".parquet"):
        made.to_csv("for.csv", index=False)
        run("pulse-data", "convert", "for.csv", path)
    elif path.endswith(".h5"):
        made.to_hdf(path, key="data", mode="w", format="table" if unit == "s" else "fixed")
    else:
        made.to_pickle(path)
    return made


def cat_times(path, *options):
    """The times of the rows that head shows."""
    out = data("head", "-n", 400, path, *options)[0]
    return instants([line.split(",")[0] for line in out.splitlines()[1:]])


def instants(cells):
    return list(pd.to_datetime(cells))


def time_unit__every_unit_in_every_format():
    for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
        for unit in PER_SECOND:
            made = write(path, unit)
            cells = cat(path, "--time-unit", unit)
            assert instants(cells["date"]) == list(DAYS), (path, unit)
            assert [float(x) for x in cells["a"]] == list(made["a"])
            head = data("head", path, "-n", 400, "--time-unit", unit)[0].splitlines()
            assert instants([x.split(",")[0] for x in head[1:]]) == list(DAYS), (path, unit)
            said = json.loads(data("info", path, "--json", "--time-unit", unit)[0])
            assert pd.Timestamp(said["variables"][0]["first"]) == DAYS[0], (path, unit, said)
            assert pd.Timestamp(said["variables"][1]["last"]) == DAYS[-1], (path, unit, said)


def time_unit__without_one_the_error_names_the_option():
    for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
        write(path, "ms")
        for command in ("head", "info"):
            refused(command, path, says=(path, "'date'", "--time-unit"))
        err = run("pulse-train", "--data", path, "--output", "out", code=2)[1]
        assert "--time-unit" in err and err.count("\n") == 1, err
        assert not os.path.exists("out")


def write_plain(path, counts, compound=False, **options):
    """As h5py's users write it, without units; or the same as members of compounds."""
    rows = np.zeros(len(counts), [("date", "i8"), ("a", "f8")])
    rows["date"], rows["a"] = counts, np.arange(float(len(counts)))
    with h5py.File(path, "w") as f:
        if compound:
            f.create_dataset("q", data=rows, **options)
        for name in () if compound else ("date", "a"):
            f.create_dataset(name, data=rows[name], **options)


def time_unit__integers_that_count_microseconds_are_no_nanoseconds():
    """pandas 3 has microseconds behind its dates; taken for nanoseconds they lie in the first months of 1970."""
    for first in ("1900-01-01", "1969-06-01", "2015-01-01", "2200-01-01"):
        days = pd.date_range(first, periods=400, freq="D")
        for unit in ("s", "ms", "us"):
            counts = days.asi8 // (10**9 // PER_SECOND[unit])
            for compound in (False, True):
                write_plain("x.h5", counts, compound)
                for command in ("head", "info"):
                    refused(command, "x.h5", says=("too small to be nanoseconds", "--time-unit", "units"))
                assert [int(x) for x in cat("x.h5")["date"]] == list(counts)
                assert instants(cat("x.h5", "--time-unit", unit)["date"]) == list(days)
                head = data("head", "x.h5", "-n", 400, "--time-unit", unit)[0].splitlines()
                assert instants([x.split(",")[0] for x in head[1:]]) == list(days), (first, unit, compound)


def time_unit__nanoseconds_that_pass_1970_are_read():
    """However many rows are read at once: those of a piece may all lie near 1970."""
    for days in (pd.date_range("1960-01-01", "2020-12-31", freq="D"), pd.date_range("1970-01-01", periods=9000, freq="h"),
                 pd.DatetimeIndex(list(pd.date_range("1970-01-01", periods=9000, freq="min")) + [pd.Timestamp("1999-12-31")])):
        for compound, options in ((False, {}), (True, {}), (False, {"chunks": (7,)}), (True, {"chunks": (7,)})):
            write_plain("x.h5", days.asi8, compound, **options)
            assert instants(cat("x.h5")["date"]) == list(days)
            assert f"{days[0].date()}  {days[-1].date()}" in data("info", "x.h5")[0]
    days = pd.date_range("1960-01-01", "1980-12-31", freq="D")
    with h5py.File("m.h5", "w") as f:  # so wide that a few rows are read at once
        f["date"] = days.asi8
        f.create_dataset("values", data=np.arange(len(days) * 4.0).reshape(-1, 4).repeat(4000, 1), dtype="f4", chunks=(16, 4000), compression=1)
    assert f"{days[0].date()}  {days[-1].date()}" in data("info", "m.h5", seconds=200)[0]


def time_unit__without_one_cat_prints_the_integers():
    for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
        made = write(path, "s")
        assert [int(x) for x in cat(path)["date"]] == list(made["date"])


def time_unit__trains_like_dates():
    made = write("epoch.csv", "us")
    made.assign(date=DAYS).to_csv("iso.csv", index=False)
    with open("records.pkl", "wb") as f:
        pickle.dump(made.to_dict("records"), f, 4)
    said = {}
    for path, options in (("iso.csv", ()), ("epoch.csv", ("--time-unit", "us")),
                          ("records.pkl", ("--time-unit", "us"))):
        run("pulse-train", "--data", path, "--min-history", 100, "--end-date", "1980-01-01",
            "--output", path + ".out", "--no-progress", "--log-level", "error", *options)
        with open(path + ".out/summary.json", encoding="utf-8") as f:
            said[path] = json.load(f)
    assert said["iso.csv"]["config"]["time_unit"] is None
    assert said["epoch.csv"]["config"]["time_unit"] == "us"
    for path in ("epoch.csv", "records.pkl"):
        assert said[path]["metrics"] == said["iso.csv"]["metrics"], path
        assert said[path]["trust"] == said["iso.csv"]["trust"], path
    assert said["iso.csv"]["batches"]["completed"] > 5


def time_unit__whole_reals_are_counts_in_text_too():
    """As pandas writes integers among which one was missing: 1577923200.0."""
    pd.DataFrame({"date": DAYS.asi8 / 1e9, "a": range(400)}).to_csv("x.csv", index=False)
    assert cat_times("x.csv", "--time-unit", "s") == list(DAYS)
    refused("info", "x.csv", says=("undeclared unit", "--time-unit s"))


def time_unit__eight_digits_are_a_day_without_one_and_a_count_with_one():
    with open("days.csv", "w", encoding="utf-8") as f:
        f.write("date,a\n20150102,1\n20150105,2\n")
    assert cat("days.csv")["date"] == ["2015-01-02T00:00:00", "2015-01-05T00:00:00"]
    assert "2015-01-02" in data("head", "days.csv")[0]
    assert cat("days.csv", "--time-unit", "s")["date"][0] == "1970-08-22T05:15:02"
    assert "1970-08-22T05:15:02" in data("head", "days.csv", "--time-unit", "s")[0]
    frame = pd.DataFrame({"date": [20150102, 20150105], "a": [1.0, 2.0]})
    frame.to_pickle("days.pkl")
    frame.set_index("date").to_pickle("index.pkl")
    with h5py.File("days.h5", "w") as f:
        f["date"], f["a"] = frame.date, frame.a
    frame.to_csv("numbers.csv", index=False)
    data("convert", "days.pkl", "days.parquet")
    for path in ("days.pkl", "index.pkl", "days.h5", "days.parquet"):
        lines = data("head", path)[0].splitlines()
        assert lines == ["date,a", "2015-01-02T00:00:00,1", "2015-01-05T00:00:00,2"], (path, lines)
        assert "1970-08-22T05:15:02" in data("head", path, "--time-unit", "s")[0]
    frame.assign(date=[20150102, 20151301]).to_pickle("days.pkl")
    refused("info", "days.pkl", says=("row 1", "--time-unit"))


def time_unit__what_does_not_fit_is_refused():
    with open("far.csv", "w", encoding="utf-8") as f:
        f.write("date,a\n1420156800000,1\n")
    for command in ("cat", "head", "info"):
        refused(command, "far.csv", "--time-unit", "s", says=("far.csv", "'date'", "--time-unit"))
    pd.DataFrame({"date": [1420156800000], "a": [1.0]}).to_pickle("far.pkl")
    for command in ("cat", "head", "info"):
        refused(command, "far.pkl", "--time-unit", "s", says=("far.pkl", "'date'"))
    with open("half.csv", "w", encoding="utf-8") as f:
        f.write("date,a\n1420156800.5,1\n")
    refused("head", "half.csv", "--time-unit", "s", says=("half.csv", "'date'", "--time-unit"))


def time_unit__a_wrong_word_is_refused():
    write("x.csv", "s")
    for command in ("cat", "head", "info"):
        refused(command, "x.csv", "--time-unit", "minutes", says=("--time-unit", "s, ms, us or ns"))
    err = run("pulse-train", "--data", "x.csv", "--time-unit", "minutes", code=2)[1]
    assert "--time-unit" in err and "s, ms, us or ns" in err, err


main(globals())
