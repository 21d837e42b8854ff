"""Frames that contradict themselves are errors; what a frame holds beside numbers does not keep it from being read."""
import datetime
import pickle

import numpy as np
import pandas as pd
from pandas.core.internals.blocks import new_block

from support import check, fails, main, numbers, run

DATES = pd.date_range("2020-01-01", periods=4)


class Block:
    """Pickled as a block of pandas' is, with these values at these places."""

    def __init__(self, values, places):
        self.values, self.places = values, places

    def __reduce__(self):
        return new_block, (self.values, self.places, 2)


def frame_of(blocks, index, names):
    """The bytes of a DataFrame that is made of these blocks, whatever they are."""
    kind = type(pd.DataFrame()._mgr)

    class Manager:
        def __reduce__(self):
            return kind, ([Block(*b) for b in blocks], [pd.Index(names), index])

    frame = pd.DataFrame()
    object.__setattr__(frame, "_mgr", Manager())
    return pickle.dumps(frame, 4)


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else pickle.dumps(data, 4))
    return path


def refused(path, says):
    for command in ("info", "head", "cat"):
        fails(command, path, says=says)


def damaged__an_index_and_its_blocks_have_equally_many_rows():
    two = np.arange(8.0).reshape(2, 4)
    whole = [(two, slice(0, 2, 1))]
    check(write("x.pkl", frame_of(whole, DATES, ["a", "b"])), pd.DataFrame(two.T, columns=["a", "b"]), DATES)
    for index in (DATES[:3], pd.date_range("2020-01-01", periods=9), pd.RangeIndex(5), pd.RangeIndex(3),
                  pd.Index(["2020-01-01"] * 5)):
        refused(write("x.pkl", frame_of(whole, index, ["a", "b"])), "more or fewer rows than its index")


def damaged__every_column_is_in_just_one_block():
    one, two = np.arange(4.0).reshape(1, 4), np.arange(8.0).reshape(2, 4)
    names = ["a", "b", "c"]
    for blocks, says in (([(two, slice(0, 2, 1))], "in no block"),
                         ([(two, slice(0, 2, 1)), (one, slice(1, 2, 1))], "two blocks for one column"),
                         ([(two, np.array([0, 2])), (one, np.array([0]))], "two blocks for one column"),
                         ([(two, slice(0, 3, 1))], "more or fewer columns than its places"),
                         ([(two, slice(0, 1, 1)), (two, slice(1, 3, 1))], "more or fewer columns than its places"),
                         ([(two, slice(2, 4, 1)), (one, slice(0, 1, 1))], "outside its frame"),
                         ([(two, np.array([0, -1])), (one, np.array([1]))], "outside its frame")):
        refused(write("x.pkl", frame_of(blocks, DATES, names)), says)
    check(write("x.pkl", frame_of([(two, slice(2, None, -2)), (one, np.array([1]))], DATES, names)),
          pd.DataFrame({"a": two[1], "b": one[0], "c": two[0]}), DATES)


def damaged__a_series_is_as_long_as_its_index():
    data = pickle.dumps(pd.Series(np.arange(4.0), index=pd.RangeIndex(4), name="x"), 2)
    at = data.index(b"stopq")
    at = data.index(b"K\x04", at)
    for wrong in (b"K\x05", b"K\x03"):
        refused(write("x.pkl", data[:at] + wrong + data[at + 2:]), "more or fewer rows than its index")


def damaged__columns_that_are_not_read_are_named_and_the_others_read():
    frame, dates = numbers(20)
    others = {"span": pd.to_timedelta(np.arange(20), unit="h"), "clock": [datetime.time(7)] * 20,
              "lists": [[1, 2]] * 20, "z": np.arange(20) * 1j}
    for name, values in others.items():
        mixed = frame.set_index(dates).assign(**{name: values})
        out, err = run("cat", write("x.pkl", mixed))
        assert out.split("\n")[0] == "index," + ",".join(frame.columns), out
        assert err.count("\n") == 1 and err.startswith("warning ") and f" {name}: " in err, err
        check("x.pkl", frame, dates)


def damaged__an_index_that_is_not_read_is_named():
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.to_timedelta([1, 2], unit="h"))
    out, err = run("cat", write("x.pkl", frame))
    assert out.split() == ["x", "1", "2"] and "index" in err, (out, err)
    fails("head", "x.pkl", says="x.pkl")
    fails("head", write("x.pkl", frame.set_index([["a", "b"], [1, 2]])), says="no time")
    by_rows = frame.set_index(pd.MultiIndex.from_arrays([pd.interval_range(0, 2), [1, 2]]))
    refused(write("x.pkl", by_rows), "reset_index()")


def damaged__frequencies_do_not_matter():
    frame = pd.DataFrame({"x": np.arange(5.0)})
    for frequency in (pd.offsets.CustomBusinessDay(holidays=["2020-01-02"]), pd.offsets.BQuarterEnd(),
                      pd.offsets.CustomBusinessDay(weekmask="Mon Tue"), pd.offsets.BusinessHour(),
                      pd.offsets.WeekOfMonth(week=1, weekday=2), pd.offsets.SemiMonthEnd()):
        dates = pd.date_range("2020-01-01", periods=5, freq=frequency)
        for protocol in (2, 4, 5):
            check(write("x.pkl", pickle.dumps(frame.set_index(dates), protocol)), frame, dates)


main({name: case for name, case in globals().items() if name.startswith("damaged__")})
