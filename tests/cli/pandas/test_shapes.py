"""Frames of pandas and tables of Python that are not a plain frame of datetimes: names in several levels, periods, no
rows, tuples, arrays and dicts; in pickles and in HDF5."""
import collections
import datetime
import pickle

import numpy as np
import pandas as pd

from support import check, fails, head, main, run

DATES = pd.bdate_range("2020-01-01", periods=40)
VALUES = np.random.default_rng(5).normal(size=(40, 4)).cumsum(axis=0)
FORMS = ("fixed", "table")
Row = collections.namedtuple("Row", "date value")


def files(frame, name="x"):
    """The frame as a pickle of three protocols and as HDF5 of two forms."""
    for protocol in (2, 4, 5):
        with open(f"{name}{protocol}.pkl", "wb") as f:
            pickle.dump(frame, f, protocol)
        yield f"{name}{protocol}.pkl"
    for form in FORMS:
        frame.to_hdf(f"{name}_{form}.h5", "data", mode="w", format=form)
        yield f"{name}_{form}.h5"


def dump(value, protocol=4):
    with open("x.pkl", "wb") as f:
        pickle.dump(value, f, protocol)
    return "x.pkl"


def cat(path):
    return [line.split(",") for line in run("cat", path)[0].split("\n")[:-1]]


def shapes__names_in_levels_are_joined_with_the_ticker_first():
    levels = pd.MultiIndex.from_product([["Close", "Volume"], ["AAPL", "MSFT"]], names=["Price", "Ticker"])
    frame = pd.DataFrame(VALUES, pd.DatetimeIndex(DATES, name="Date"), levels)
    want = ["AAPL.Close", "MSFT.Close", "AAPL.Volume", "MSFT.Volume"]
    for path in files(frame):
        check(path, frame, DATES, want)
        assert cat(path)[0] == ["Date", *want], path
    for path in files(frame.swaplevel(axis=1).assign(**{})):
        check(path, frame, DATES, want)
    frame.columns = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", ""), ("c", "x")])
    for path in files(frame):
        check(path, frame, DATES, ["a.x", "a.y", "b", "c.x"])


def shapes__levels_of_numbers_and_several_types_of_values():
    levels = pd.MultiIndex.from_tuples([("vol", 5), ("vol", 21), ("n", 5)], names=["what", "days"])
    frame = pd.DataFrame(VALUES[:, :3], DATES, levels)
    frame[("n", 5)] = np.arange(40)
    for path in files(frame):
        check(path, frame, DATES, ["vol.5", "vol.21", "n.5"])
    frame.columns = pd.MultiIndex.from_tuples([("a", "x.y"), ("a.x", "y"), ("b", "z")])
    for path in files(frame):
        fails("info", path, says="two columns are called 'a.x.y'")


def shapes__whole_numbers_of_a_dict_are_times():
    want = pd.DataFrame({"x": VALUES[:30, 0]})
    for keys, days, options in (
            (range(1990, 2020), pd.date_range("1990", periods=30, freq="YS"), ()),
            ([int(d.strftime("%Y%m%d")) for d in DATES[:30]], DATES[:30], ()),
            ([int(d.timestamp()) for d in DATES[:30]], DATES[:30], ("--time-unit", "s"))):
        check(dump(dict(zip(keys, map(float, VALUES[:30, 0])))), want, days, options=options)
    fails("info", dump({0: 1.5, 1: 2.5}), says="--time-unit")


def shapes__a_range_of_rows_has_its_labels():
    """Where pandas counts the labels of rows and does not store them, they are those of any index of whole numbers."""
    for name, start, step, times in (("year", 1981, 1, "Y"), ("date", 1981, 2, "Y"), ("date", 20010301, 1, "D")):
        index = pd.RangeIndex(start, start + 12 * step, step, name=name)
        days = [pd.to_datetime(str(label), format="%Y" if times == "Y" else "%Y%m%d") for label in index]
        frame = pd.DataFrame((VALUES[:12, :2] * 9).astype("i1"), index, ["a", "b"])  # a byte a row: fewer than its labels would take
        for shown, rows in ((frame, days), (frame[::-1], days[::-1]), (frame["a"].astype(float), days)):
            path = dump(shown)
            check(path, pd.DataFrame(shown), rows)
            assert cat(path)[1][0] == str(shown.index[0]), cat(path)[:2]
        check(dump({"a": frame["a"] * 1.5, "b": frame["b"] * 2.5}), frame * [1.5, 2.5], days)
    rows = pd.DataFrame(VALUES[:, :2], columns=["a", "b"])
    check(dump(rows.set_index(pd.RangeIndex(1981, 2021))), rows, pd.date_range("1981", periods=40, freq="YS"),
          options=("--time", "index"))
    rows["date"] = DATES
    for more in (rows, rows[::-1], rows[7:], rows[7::3], rows.rename_axis("k"), rows.rename_axis("k")[::-2],
                 rows.set_index("date", append=True), rows.rename_axis("k").set_index("date", append=True)[::-1]):
        check(dump(more), more[["a", "b"]], more.reset_index()["date"])
    levels = rows.set_index("date", append=True)
    assert [row[:2] for row in cat(dump(levels))[:3]] == [["level_0", "date"], ["0", f"{DATES[0]:%FT%T}"],
                                                           ["1", f"{DATES[1]:%FT%T}"]]
    turned = pd.DataFrame(VALUES, DATES).iloc[:, ::-1]
    check(dump(turned), turned, DATES, ["3", "2", "1", "0"])


def shapes__periods_count_from_their_first_day():
    for frequency in ("D", "B", "W", "W-WED", "M", "Q", "Q-MAR", "A", "A-JUN", "3M", "H"):
        index = pd.period_range("2001-03-05", periods=40, freq=frequency)
        frame = pd.DataFrame(VALUES[:, :2], index, ["a", "b"])
        for path in files(frame):
            check(path, frame, index.start_time)
        assert cat(path)[1][0] == index[0].start_time.isoformat(), frequency
    index = pd.period_range("2001-03", periods=40, freq="M")
    frame = pd.DataFrame({"date": index, "a": VALUES[:, 0]})
    check(dump(frame), frame[["a"]], index.start_time)
    series = pd.Series(VALUES[:, 0], index, name="a")
    for path in files(series):
        check(path, series.to_frame(), index.start_time)
    missing = pd.PeriodIndex(["2001-03", None], freq="M")
    fails("head", dump(pd.DataFrame({"a": [1.0, 2.0]}, missing)), says="row 1: no time")


def shapes__a_frame_of_no_rows_is_one():
    frame = pd.DataFrame({"a": VALUES[:, 0], "n": np.arange(40)}, DATES).iloc[:0]
    for protocol in (2, 4, 5):
        check(dump(frame, protocol), frame, [])
    frame.to_hdf("x.h5", "data", mode="w")
    check("x.h5", frame, [])
    assert cat("x.h5") == [["index", "a", "n"]]
    assert "2 variables, 0 rows" in run("info", "x.h5")[0]
    check(dump({"date": [], "a": []}), frame[["a"]], [])
    fails("info", dump([]), says="with something in it")


def shapes__tuples_and_lists_of_columns_are_a_table():
    days, numbers = list(DATES.strftime("%Y-%m-%d")), VALUES[:, 0]
    one, two = pd.DataFrame({"x": numbers}), pd.DataFrame({"c0": numbers, "c1": VALUES[:, 1]})
    for dates in (days, DATES.values, [d.date() for d in DATES], [d.to_pydatetime() for d in DATES], list(DATES)):
        for values in (numbers, list(numbers), numbers.tolist()):
            check(dump((dates, values)), one, DATES)
            check(dump([values, dates]), one, DATES)
        check(dump((dates, numbers, list(VALUES[:, 1]))), two, DATES)
        check(dump((dates, VALUES[:, :2])), two, DATES)
        check(dump((dates, np.asfortranarray(VALUES[:, :2]))), two, DATES)
        check(dump((dates, VALUES[:, :2].T)), two, DATES)
    fails("info", dump((days, VALUES[:30])), says="neither as many rows nor as many columns")
    fails("info", dump((days[:4], VALUES[:4])), says="square matrix")
    fails("info", dump((days, numbers[:-1])), says="differ in length")


def shapes__lists_of_rows_are_a_table():
    days = DATES.strftime("%Y-%m-%d")
    one, two = pd.DataFrame({"x": VALUES[:, 0]}), pd.DataFrame({"c0": VALUES[:, 0], "c1": VALUES[:, 1]})
    for kind in (tuple, list):
        check(dump([kind(row) for row in zip(days, VALUES[:, 0].tolist())]), one, DATES)
        check(dump([kind(row) for row in zip(DATES.date, VALUES[:, 0], VALUES[:, 1].tolist())]), two, DATES)
    fails("info", dump([("2020-01-01", 1.0), ("2020-01-02",)]), says="different lengths")


def shapes__arrays_need_the_unit_of_their_times():
    array = np.c_[DATES.asi8 / 1e9, VALUES[:, :2]]
    for stored in (array, np.asfortranarray(array)):
        fails("head", dump(stored), says="--time-unit")
        assert [row[1:] for row in cat("x.pkl")[1:]] == [[repr(a), repr(b)] for a, b in VALUES[:, :2].tolist()]
        out = run("head", "x.pkl", "--time-unit", "s", "-n", 2)[0].split("\n")
        assert out[0] == "date,c0,c1" and out[1].startswith("2020-01-01T00:00:00,"), out
    half = np.c_[DATES.asi8 / 1e9 + 0.25, VALUES[:, 0]]
    assert "2020-01-01T00:00:00.250" in run("head", dump(half), "--time-unit", "s")[0]
    fails("info", dump(VALUES[:, 0]), says="neither a frame")


def shapes__dicts_of_dates_and_of_matrices_are_a_table():
    one = pd.DataFrame({"x": VALUES[:, 0]})
    check(dump(dict(zip(DATES, VALUES[:, 0]))), one, DATES)
    check(dump(dict(zip(DATES.strftime("%Y-%m-%d"), VALUES[:, 0].tolist()))), one, DATES)
    check(dump({datetime.date(2020, 1, 1): 1.0}), pd.DataFrame({"x": [1.0]}), [pd.Timestamp("2020-01-01")])
    named = pd.DataFrame(VALUES[:, :2], columns=["a", "b"])
    for values in (VALUES[:, :2], VALUES[:, :2].T):
        check(dump({"dates": DATES.values, "values": values, "names": ["a", "b"]}), named, DATES)
    check(dump({"values": VALUES[:, :2], "dates": DATES.values}), named, DATES, ["c0", "c1"])
    fails("info", dump({"dates": DATES.values, "values": VALUES, "names": ["a", "b"]}), says="more or fewer names")


def shapes__dicts_of_series_and_of_dicts_are_a_table():
    named = pd.DataFrame(VALUES[:, :2], pd.DatetimeIndex(DATES, name="when"), ["a", "b"])
    for protocol in (2, 4, 5):
        check(dump({name: named[name] for name in named}, protocol), named, DATES)
        check(dump({name: named[name].copy(deep=True) for name in named}, protocol), named, DATES)
        check(dump(collections.OrderedDict(date=DATES.values, a=VALUES[:, 0], b=list(VALUES[:, 1])), protocol),
              named, DATES)
        filled = collections.defaultdict(list, date=list(DATES.strftime("%Y-%m-%d")), a=VALUES[:, 0].tolist())
        check(dump(filled, protocol), named[["a"]], DATES)
        check(dump(named.to_dict(), protocol), named, DATES)
    counted = named.reset_index()
    check(dump({name: counted[name] for name in counted}), named, DATES)
    check(dump(counted.to_dict("list")), named, DATES)
    check(dump(counted.to_dict("records")), named, DATES)
    fails("info", dump({"a": named["a"], "b": named["b"].iloc[1:]}), says="pd.DataFrame(d)")
    fails("info", dump({"a": named["a"], "b": 5}), says="pd.DataFrame(d)")
    uneven = named.to_dict()
    del uneven["b"][DATES[3]]
    fails("info", dump(uneven), says="different keys")
    fails("info", dump({"a": {}, "b": {DATES[0]: 1.0}}), says="different keys")
    fails("info", dump(named.to_dict("index")), says='orient="index"')
    fails("info", dump(named.to_dict("split")), says='pd.DataFrame(d["data"], d["index"], d["columns"])')


def shapes__frames_inside_of_others_say_what_makes_one():
    frame = pd.DataFrame(VALUES[:, :2], DATES, ["a", "b"])
    fails("info", dump({"AAPL": frame, "MSFT": frame}), says='pd.concat(d, names=["id"])')
    fails("info", dump([frame, frame]), says="pd.concat(")
    pd.concat({"AAPL": frame, "MSFT": frame}, names=["id"]).to_pickle("y.pkl")
    assert "long panel: 80 rows, 2 ids, 40 dates" in run("info", "y.pkl")[0]
    fails("info", dump([Row(day, 1.0) for day in DATES]), says="pd.DataFrame(")


def shapes__names_may_be_text_of_numpy():
    frame = pd.DataFrame(VALUES[:, :2], DATES, list(np.array(["a b", "é漢😀"])))
    assert not any(type(name) is str for name in frame.columns)
    for protocol in (2, 4, 5):
        check(dump(frame, protocol), frame, DATES)


def shapes__records_of_numpy_are_a_table():
    frame = pd.DataFrame(VALUES[:, :2], pd.DatetimeIndex(DATES, name="when"), ["a", "b"])
    for records in (frame.to_records(), frame.reset_index().to_records(index=False), np.array(frame.to_records())):
        for protocol in (2, 4, 5):
            check(dump(records, protocol), frame, DATES)
    words = frame.assign(kind="stock").reset_index(names="date")
    words["date"] = words["date"].dt.strftime("%Y-%m-%d")
    check(dump(words.to_records(index=False)), frame, DATES)
    assert cat("x.pkl")[0] == ["date", "a", "b", "kind"] and cat("x.pkl")[1][3] == "stock"


def shapes__levels_of_rows_that_are_categories():
    names = ["date", "ticker"]
    frame = pd.DataFrame({"close": VALUES[:, :2].ravel()},
                         pd.MultiIndex.from_product([DATES, ["MSFT", "AAPL"]], names=names))
    for order in (["AAPL", "MSFT"], ["MSFT", "AAPL", "TSLA"]):
        column = frame.reset_index()
        column["ticker"] = pd.Categorical(column["ticker"], order)
        found = dump(column.set_index(names))
        assert cat(found) == [[*names, "close"]] + [
            [str(day).replace(" ", "T"), ticker, repr(value)] for (day, ticker), value in frame["close"].items()]
        assert "2 variables, 40 rows" in run("info", found)[0]


def shapes__what_is_no_number_is_left_out_and_the_rest_read():
    """Intervals and sparse columns, also as pandas before 2 names them."""
    frame = pd.DataFrame(VALUES[:, :2], DATES, ["a", "b"])
    sparse = pd.arrays.SparseArray(np.where(VALUES[:, 0] > 0, VALUES[:, 0], np.nan))
    blocks = pd.arrays.SparseArray(np.arange(40) % 2, fill_value=0, kind="block")
    for values in (pd.cut(frame["a"], 3), pd.arrays.IntervalArray.from_breaks(range(41)), sparse, blocks):
        for protocol in (2, 4, 5):
            dump(frame.assign(c=values), protocol)
            found, times, cells = head("x.pkl")
            assert found == ["a", "b"] and np.array_equal(cells, VALUES[:, :2]) and len(times) == 40
            assert "left out: c\n" in run("info", "x.pkl")[0]
    fails("info", dump(frame.set_index(pd.interval_range(0, 40))), says="no time")


def shapes__the_only_column_of_dates_as_text_is_the_time():
    days = DATES.strftime("%Y-%m-%d")
    frame = pd.DataFrame(VALUES[:, :2], days, ["a", "b"])
    for value in (frame, frame.reset_index(names="when"), frame.rename_axis("quoted"), frame.reset_index(names="x y").iloc[::-1]):
        dump(value)
        check("x.pkl", frame[::1 if value.iloc[0]["a"] == VALUES[0, 0] else -1],
              DATES[::1 if value.iloc[0]["a"] == VALUES[0, 0] else -1])
    fails("info", dump(frame.reset_index(names="traded").assign(settled=days)), says="--time NAME (columns: traded")
    fails("info", dump(frame.set_axis([f"{i}-x" for i in range(40)])), says="no time")
    late = frame.reset_index(names="when")
    late.loc[7, "when"] = "unknown"
    fails("info", dump(late), says="row 7: 'unknown'")
    check(dump(frame.reset_index(names="when").assign(date=DATES)), frame, DATES)


def shapes__dates_before_1677_stay_in_cat():
    old = [datetime.datetime(1600, 1, 1) + datetime.timedelta(days=i) for i in range(3)]
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0], "founded": old}, pd.Index(old))
    assert cat(dump(frame)) == [["index", "a", "founded"]] + [
        [f"1600-01-0{i}T00:00:00", str(i), f"1600-01-0{i}T00:00:00"] for i in (1, 2, 3)]
    fails("info", "x.pkl", says="row 0: a time outside 1677-09-22 to 2262-04-10")
    fails("info", dump({"date": np.array(old, "M8[s]"), "a": [1.0, 2.0, 3.0]}), says="row 0: a time outside 1677-09-22")
    frame.index = DATES[:3]
    dump(frame)
    check(dump(frame), frame[["a"]], DATES[:3])
    assert [row[2] for row in cat("x.pkl")[1:]] == [f"1600-01-0{i}T00:00:00" for i in (1, 2, 3)]


main({name: case for name, case in globals().items() if name.startswith("shapes__")})
