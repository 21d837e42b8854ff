"""Frames written with DataFrame.to_hdf."""
import itertools
import sys
import warnings

import numpy as np
import pandas as pd

from support import SKIPPED, check, fails, head, main, numbers, run

warnings.simplefilter("ignore")
FORMATS = ("fixed", "table")


def to_hdf__wide_in_every_format():
    frame, dates = numbers()
    for form, level, key in itertools.product(FORMATS, (0, 5), ("data", "other")):
        path = f"{form}_{level}_{key}.h5"
        frame.set_index(dates.rename("when")).to_hdf(path, key, format=form, complevel=level)
        check(path, frame, dates)
        path = f"column_{path}"
        mixed = frame.assign(note="text")
        mixed.insert(2, "date", dates)
        mixed.to_hdf(path, key, format=form, complevel=level)
        check(path, frame, dates)


def to_hdf__data_columns():
    frame, dates = numbers()
    frame.assign(date=dates, flag=True, kind=pd.Categorical(["a", "b", "c"] * 100)).to_hdf(
        "all.h5", "data", format="table", data_columns=True)
    check("all.h5", frame, dates, ["spx_close", "volume", "vix", "rate", "small"])
    frame.assign(date=dates).to_hdf("some.h5", "data", format="table", data_columns=["rate"])
    assert sorted(head("some.h5")[0]) == sorted(frame.columns)


def to_hdf__long_frames_and_series():
    frame, dates = numbers()
    for form in FORMATS:
        for name, times in (("iso", dates.strftime("%Y-%m-%dT%H:%M:%S")), ("instants", dates),
                            ("zone", dates.tz_localize("UTC"))):
            path = f"historical_{form}_{name}.h5"
            long = pd.DataFrame({"timestamp": times, "value": frame["rate"], "source": "FRED"})
            long.to_hdf(path, "data", format=form)
            check(path, frame[["rate"]], dates, [f"{form}_{name}"])
        series = pd.Series(frame["rate"].to_numpy(), index=dates, name="abc")
        series.to_hdf(f"series_{form}.h5", "data", format=form)
        check(f"series_{form}.h5", frame[["rate"]], dates, ["abc"])
        text = frame[["rate", "vix"]].set_index(pd.Index(dates.strftime("%Y-%m-%d"), name="date"))
        text.to_hdf(f"text_{form}.h5", "data", format=form)
        check(f"text_{form}.h5", text, dates)


def to_hdf__rows_in_any_order_and_of_any_number():
    frame, dates = numbers(20000)
    order = np.random.default_rng(1).permutation(len(frame))
    for form in FORMATS:
        frame.set_index(dates).iloc[order].to_hdf(f"{form}.h5", "data", format=form)
        check(f"{form}.h5", frame.iloc[order], dates[order])
        frame.set_index(dates).iloc[:1].to_hdf(f"one_{form}.h5", "data", format=form)
        check(f"one_{form}.h5", frame.iloc[:1], dates[:1])


def to_hdf__what_is_refused_says_why():
    frame, dates = numbers()
    for form in FORMATS:
        frame.to_hdf(f"none_{form}.h5", "data", format=form)
        fails("info", f"none_{form}.h5", says="neither the index nor a column")
        frame.assign(date=dates).set_index(dates).to_hdf(f"both_{form}.h5", "data", format=form)
        fails("info", f"both_{form}.h5", says="drop one of them")
        frame.set_axis(range(5), axis=1).set_index(dates).to_hdf(f"ints_{form}.h5", "d", format=form)
        fails("info", f"ints_{form}.h5", says="column names that are no plain text")
    rows = pd.MultiIndex.from_product([["a"], dates], names=["ticker", "date"])
    frame.set_axis(rows).to_hdf("levels.h5", "data")
    fails("info", "levels.h5", says="reset_index()")
    frame.iloc[:, 0].set_axis(rows).to_hdf("levels.h5", "data", mode="w")
    fails("info", "levels.h5", says="MultiIndex")
    frame.assign(date=[pd.NaT, *dates[1:]]).to_hdf("nat.h5", "data")
    fails("head", "nat.h5", says="row 0: no time")


def to_hdf__truncated_files_are_refused():
    frame, dates = numbers()
    for form in FORMATS:
        frame.assign(date=dates.strftime("%Y-%m-%d")).to_hdf(f"{form}.h5", "data", format=form)
        whole = open(f"{form}.h5", "rb").read()
        for size in range(0, len(whole), len(whole) // 40 + 1):
            open("cut.h5", "wb").write(whole[:size])
            fails("head", "cut.h5", says="cut.h5")


try:
    import tables  # noqa: F401  pandas needs it
except ImportError:
    print("PyTables (python3-tables) is not installed")
    sys.exit(SKIPPED)
def to_hdf__the_time_is_the_column_that_is_asked_for():
    frame, dates = numbers(20)
    other = dates[::-1].strftime("%d/%m/%Y")
    for form in FORMATS:
        frame.assign(date=dates, seen=other).to_hdf("x.h5", "data", mode="w", format=form)
        check("x.h5", frame, dates, ["spx_close", "volume", "vix", "rate", "small"])
        out = run("head", "x.h5", "--time", "seen", "--date-format", "%d/%m/%Y", "-n", 1)[0]
        assert out.split("\n")[1].startswith(str(dates[-1].date())), out
        fails("info", "x.h5", "--time", "seen", says="--date-format '%d/%m/%Y'")
        fails("info", "x.h5", "--time", "none", says="no column 'none'")
        frame.assign(Datum=dates).to_hdf("x.h5", "data", mode="w", format=form)
        check("x.h5", frame, dates)


main(globals())
