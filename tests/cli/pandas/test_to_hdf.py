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
    frame.assign(date=[pd.NaT, *dates[1:]]).to_hdf("nat.h5", "data")
    fails("head", "nat.h5", says="row 0: no time")
    frame.set_axis(pd.Index(list(dates.to_pydatetime()), dtype=object)).to_hdf("objects.h5", "data")
    fails("info", "objects.h5", says="pd.to_datetime(df.index)")
    for names in (pd.period_range("2020", periods=5, freq="A"), list(dates[:5].date), pd.to_timedelta(range(5), unit="D")):
        frame.set_axis(names, axis=1).set_index(dates).to_hdf("names.h5", "data", mode="w")
        fails("info", "names.h5", says="df.columns.astype(str)")
    frame.set_axis(["a", 1, 2.5, "b", "c"], axis=1).set_index(dates).to_hdf("mixed.h5", "data")
    fails("info", "mixed.h5", says="df.columns.astype(str)")


def to_hdf__integers_whose_digits_are_days_or_years():
    """As in other formats: a column or an index that is called like a time, or named, and --time-unit for what counts."""
    frame = numbers(30)[0].drop(columns=["volume", "small"])
    days = pd.bdate_range("2019-12-20", periods=30)
    years = pd.date_range("1950-01-01", periods=30, freq="AS")
    digits, seconds = days.strftime("%Y%m%d").astype(int), days.asi8 // 10**9
    for form in FORMATS:
        def write(name, values, form=form):
            frame.assign(**{name: values}).to_hdf("x.h5", "data", mode="w", format=form)
            frame.set_index(pd.Index(values, name=name)).to_hdf("y.h5", "data", mode="w", format=form)

        for name, values, times, options in (("date", digits, days, ()), ("timestamp", seconds, days, ("--time-unit", "s")),
                                             ("year", years.year, years, ()), ("Year", years.year, years, ()),
                                             ("when", digits, days, ("--time", "when"))):
            write(name, values)
            for path in ("x.h5", "y.h5"):
                check(path, frame, times, options=options)
        write("timestamp", seconds)
        for path in ("x.h5", "y.h5"):
            fails("info", path, says="holds an integer that is no day (20161230) and no year, and what it counts is not said; give --time-unit")
        frame.assign(seen=days).set_index(pd.Index(digits[::-1], name="date")).to_hdf("x.h5", "data", mode="w", format=form)
        check("x.h5", frame, days[::-1])  # an index that is called so goes before the only column of instants
        frame.assign(year=2020, month=range(30)).to_hdf("x.h5", "data", mode="w", format=form)
        fails("info", "x.h5", says="neither the index nor a column")
        long = levels(digits, ["B", "A"])
        for written in (long, long.reset_index()):
            written.to_hdf("x.h5", "data", mode="w", format=form)
            assert "long panel: 60 rows, 2 ids, 30 dates" in run("info", "x.h5")[0]


def to_hdf__an_index_without_a_name_of_days_in_digits():
    """20191220 in the index is the day, also where nobody has named it; what numbers rows, or years, is none."""
    frame = numbers(30)[0].drop(columns=["volume", "small"])
    days = pd.bdate_range("2019-12-20", periods=30)
    digits = days.strftime("%Y%m%d").astype(int)

    def written(index):
        for form in FORMATS:
            frame.set_index(pd.Index(index)).to_hdf("x.h5", "data", mode="w", format=form)
            yield "x.h5"
        frame.set_index(pd.Index(index)).to_pickle("x.pkl")
        yield "x.pkl"

    for path in written(digits):
        check(path, frame, days)
        assert run("cat", path)[0].startswith("index,spx_close,vix,rate\n20191220,"), path
    for path in written(digits[:-1].append(pd.Index([20200132]))):
        fails("info", path, says="integer")
    for index in (range(30), range(1990, 2020), range(20200132, 20200162)):
        for path in written(list(index)):
            fails("info", path, says="neither")


def to_hdf__names_that_are_numbers_or_days():
    """As pandas writes them in CSV."""
    frame, dates = numbers(30)
    for names in ([1, 2, 30, -4, 5], [0.5, 1.25, 2.0, 1e20, -3.5], list(dates[:5]), range(5)):
        want = frame.set_axis(names, axis=1).set_index(dates.rename("when"))
        want.to_csv("x.csv")
        header = open("x.csv", encoding="utf-8").readline().strip().split(",")
        want.to_pickle("x.pkl")
        check("x.pkl", frame, dates, header[1:])
        for form in FORMATS if not isinstance(names[0], pd.Timestamp) else FORMATS[:1]:
            want.to_hdf("x.h5", "data", mode="w", format=form)
            check("x.h5", frame, dates, header[1:])


def levels(dates, ids, names=("date", "ticker")):
    index = pd.MultiIndex.from_product([dates, ids], names=names)
    random = np.random.default_rng(3)
    frame = pd.DataFrame({"close": random.normal(size=len(index)), "n": np.arange(len(index))}, index)
    frame.loc[random.random(len(index)) < 0.1, "close"] = np.nan
    return frame


def to_hdf__levels_of_rows_are_a_long_panel():
    """The fixed format keeps a level as its values and, beside them, positions among these."""
    days = pd.bdate_range("2020-01-01", periods=40)
    frames = {"instants": levels(days, ["B", "A"]), "text": levels(days.strftime("%Y-%m-%d"), ["B", "A"]),
              "dates": levels(days.date, ["B", "A"]), "numbers": levels(days, [10107, 14593], ("date", "permno")),
              "no names": levels(days, ["B", "A"], (None, None)),
              "other order": levels(days, ["B", "A"]).swaplevel().sample(frac=1, random_state=1),
              "unused": levels(days, ["B", "A", "C"]).query("ticker != 'C'")}
    for what, frame in frames.items():
        frame.to_hdf("x.h5", "data", mode="w")
        name = 0 if what == "other order" else 1
        wide = frame.unstack(name)
        wide.index = pd.DatetimeIndex(wide.index)
        ids = sorted(set(frame.index.get_level_values(name)))
        pairs = [(column, i) for i in ids for column in ("close", "n")]
        shown = {f"{i}.{column}": wide[(column, i)].to_numpy(float) for column, i in pairs}
        names, times, cells = head("x.h5")
        assert sorted(names) == sorted(shown) and list(pd.DatetimeIndex(times)) == list(wide.index), what
        for k, column in enumerate(names):
            np.testing.assert_array_equal([row[k] for row in cells], shown[column], err_msg=what)
        frame["close"].to_hdf("x.h5", "data", mode="w")
        assert sorted(head("x.h5")[0]) == sorted(map(str, ids)), what
        assert "long panel: 80 rows, 2 ids, 40 dates" in run("info", "x.h5")[0], what


def to_hdf__levels_of_rows_of_few_rows():
    days = pd.bdate_range("2020-01-01", periods=40)
    one = levels(days, ["A"])
    one.to_hdf("x.h5", "data", mode="w")
    check("x.h5", one, days)
    one.iloc[:1].to_hdf("x.h5", "data", mode="w")
    check("x.h5", one.iloc[:1], days[:1])
    one.iloc[:0].to_hdf("x.h5", "data", mode="w")
    check("x.h5", one.iloc[:0], [])
    assert run("cat", "x.h5")[0] == "date,ticker,close,n\n"
    three = pd.concat({"x": levels(days, ["A", "B"]), "y": levels(days, ["A", "B"])}, names=["source"])
    three.to_hdf("x.h5", "data", mode="w")
    fails("info", "x.h5", says="say --id 'source,ticker': together they say what a row is of")
    lost = levels(days, ["A", "B"]).reset_index()
    lost.loc[3, "date"] = pd.NaT
    lost.set_index(["date", "ticker"]).to_hdf("x.h5", "data", mode="w")
    fails("info", "x.h5", says="date: row 3: no time")
    clash = levels(days, ["A", "B"], ("date", "close"))
    clash.to_hdf("x.h5", "data", mode="w")
    fails("info", "x.h5", says="two columns are called 'close'")


def to_hdf__levels_of_rows_that_contradict_their_values():
    import h5py
    for name, cells in (("axis1_label0", 99), ("axis1_label1", 7)):
        levels(pd.bdate_range("2020-01-01", periods=40), ["B", "A"]).to_hdf("x.h5", "data", mode="w")
        with h5py.File("x.h5", "r+") as f:
            f["data"][name][5] = cells
        fails("info", "x.h5", says="the file is corrupted")
        with h5py.File("x.h5", "r+") as f:
            kept = f["data"][name][:-1]
            del f["data"][name]
            f["data"][name] = kept
        fails("info", "x.h5", says="the file is corrupted")


def to_hdf__an_index_of_dates():
    frame, dates = numbers(30)
    for form in FORMATS:  # Time32Col in a table
        frame.set_index(dates.date).to_hdf("x.h5", "data", mode="w", format=form)
        check("x.h5", frame, dates)
        assert run("cat", "x.h5")[0].startswith("index,")


def to_hdf__truncated_files_are_refused():
    frame, dates = numbers()
    for form in FORMATS:
        frame.assign(date=dates.strftime("%Y-%m-%d")).to_hdf(f"{form}.h5", "data", format=form)
        whole = open(f"{form}.h5", "rb").read()
        for size in range(0, len(whole), len(whole) // 40 + 1):
            open("cut.h5", "wb").write(whole[:size])
            fails("head", "cut.h5", says="cut.h5")


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


try:
    import tables  # noqa: F401  pandas needs it
except ImportError:
    print("PyTables (python3-tables) is not installed")
    sys.exit(SKIPPED)

main(globals())
