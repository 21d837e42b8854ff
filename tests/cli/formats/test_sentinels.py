"""Stamps that programs write for no time: in every format such rows are left out, and a warning says so."""
import datetime
import os
import subprocess

import h5py
import numpy as np
import pandas as pd

from support import main, run

FIRST, LAST = -2**63, 2**63 - 1
RANGE = "1677-09-22 to 2262-04-10"
DAYS = pd.date_range("2000-01-03", periods=60, freq="D")


def counts(sentinels, per_second=10**9):
    return [*sentinels, *(int(x) // (10**9 // per_second) for x in DAYS.asi8)]


def write_counts(path, sentinels, per_second=10**9):
    table = pd.DataFrame({"date": np.array(counts(sentinels, per_second), dtype="i8")})
    table["a"] = np.random.default_rng(1).normal(size=len(table)).cumsum()
    if path.endswith(".csv"):
        table.to_csv(path, index=False)
    elif path.endswith(".pkl"):
        table.to_pickle(path)
    elif path.endswith(".h5"):
        table.to_hdf(path, key="data", mode="w", format="table")
    else:
        table.to_csv("from.csv", index=False)
        run("pulse-data", "convert", "from.csv", path)
    return len(sentinels)


def check(path, left_out, *options):
    """info counts the other rows only, and says so once."""
    out, err = run("pulse-data", "info", path, *options)
    assert "2000-01-03" in out and "2000-03-02" in out and " 60 " in out, out
    assert err.count("\n") == 1 and f"{left_out} rows are left out: their time stands for none" in err, err


def check_training(path, *options):
    """pulse-train uses the other rows only, and says so once."""
    for ranks in (1, 3):
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks), os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data",
             path, *options, "--end-date", "2000-12-31", "--min-history", "1", "--output", "out", "--no-progress",
             "--no-report"], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done
        assert done.stderr.count("their time stands for none") == 1, done.stderr


def sentinels__the_ends_of_int64_are_missing_times():
    for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
        # HDF5's readers take the first of all for a NaT of pandas, which is refused.
        ends = [FIRST + 1, LAST, LAST - 1] + ([] if path.endswith(".h5") else [FIRST])
        check(path, write_counts(path, ends), "--time-unit", "ns")
        check_training(path, "--time-unit", "ns")


def sentinels__of_other_units_too():
    for unit, per_second in (("s", 1), ("ms", 10**3), ("us", 10**6)):
        for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
            far = int(datetime.datetime(9999, 12, 31, tzinfo=datetime.timezone.utc).timestamp()) * per_second
            check(path, write_counts(path, [far, far + 86399 * per_second, LAST], per_second), "--time-unit", unit)


def sentinels__as_text():
    stamps = ["9999-12-31", "9999-12-31T23:59:59.999", "0001-01-01", "1677-09-21 00:12:43.145224193", "2262-04-11"]
    table = pd.DataFrame({"date": [*stamps, *(str(x)[:10] for x in DAYS)], "a": range(65)})
    table.to_csv("x.csv", index=False)
    table.to_pickle("x.pkl")
    with h5py.File("x.h5", "w") as f:
        f["date"] = [x.encode() for x in table["date"]]
        f["columns"] = [b"a"]
        f["values"] = table[["a"]].to_numpy(dtype="f8")
    run("pulse-data", "convert", "x.csv", "x.parquet")
    for path in ("x.csv", "x.pkl", "x.h5", "x.parquet"):
        check(path, len(stamps))


def sentinels__as_dates_of_python_and_stamps_of_pandas():
    for dates in ([datetime.datetime.max, datetime.datetime.min, pd.Timestamp.min], [datetime.date.max]):
        made = pd.DataFrame({"date": [*dates, *(type(dates[0])(x.year, x.month, x.day) for x in DAYS)]}, dtype=object)
        made["a"] = range(len(made))
        made.to_pickle("x.pkl")
        check("x.pkl", len(dates))
    made = pd.DataFrame({"a": range(62)}, index=pd.DatetimeIndex([pd.Timestamp.min, pd.Timestamp.max, *DAYS], name="date"))
    made.to_hdf("x.h5", key="data", mode="w")
    made.to_pickle("x.pkl")
    made.reset_index().assign(date=made.index.asi8).to_csv("x.csv", index=False)
    run("pulse-data", "convert", "x.csv", "x.parquet", "--time-unit", "ns")
    for path in ("x.h5", "x.pkl", "x.parquet"):
        check(path, 2)


def sentinels__other_times_outside_are_refused_with_the_range():
    for stamp in ("1600-01-01", "2300-01-01", "9999-12-30"):
        with open("x.csv", "w", encoding="utf-8") as f:
            f.write(f"date,a\n2000-01-03,1\n{stamp},2\n")
        err = run("pulse-data", "info", "x.csv", code=2)[1]
        assert "line 3" in err and stamp in err and RANGE in err, err


def refused(path, *options):
    """By all that reads it, with the range."""
    for command in (("pulse-data", "info"), ("pulse-train", "--output", "out", "--data")):
        err = run(*command, path, *options, code=2)[1]
        assert RANGE in err and path in err and err.count("error: ") == 1, err
    assert not os.path.exists("out")


def sentinels__every_format_says_the_range():
    for stamp in ("1600-01-01", "2300-01-01"):
        far = np.datetime64(stamp, "s")
        table = pd.DataFrame({"date": [str(day)[:10] for day in DAYS], "a": range(60)})
        table.loc[30, "date"] = stamp
        table.to_csv("text.csv", index=False)
        table.to_pickle("text.pkl")
        table.assign(date=[datetime.date.fromisoformat(day) for day in table.date]).to_pickle("dates.pkl")
        run("pulse-data", "convert", "text.csv", "text.parquet")  # a column of words, nothing is lost
        seconds = np.array(table.date, dtype="M8[s]").astype("i8")
        assert seconds[30] == far.astype("i8")
        table.assign(date=seconds).to_csv("count.csv", index=False)
        table.assign(date=seconds).to_pickle("count.pkl")
        for name, dates in (("text.h5", np.array(table.date, dtype="S10")), ("count.h5", seconds), ("real.h5", seconds + 0.5)):
            with h5py.File(name, "w") as file:
                file["date"], file["a"] = dates, table.a
        for path in ("text.csv", "text.pkl", "dates.pkl", "text.h5", "text.parquet"):
            refused(path)
        for path in ("count.csv", "count.pkl", "count.h5", "real.h5"):
            refused(path, "--time-unit", "s")


def sentinels__as_real_numbers():
    seconds = np.array([253402214400, -62135596800, *(x // 10**9 for x in DAYS.asi8)], dtype="f8")
    with h5py.File("x.h5", "w") as file:
        file["date"], file["a"] = seconds, np.arange(62.0)
    check("x.h5", 2, "--time-unit", "s")


if __name__ == "__main__":
    main(globals())
