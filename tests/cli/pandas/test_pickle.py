"""Pickles by pandas, NumPy and Python, and pickles that mean harm."""
import datetime
import os
import pickle
import pickletools
import struct

import numpy as np
import pandas as pd

from support import check, fails, head, main, numbers, run

PROTOCOLS = range(6)


def write(name, thing, protocol):
    with open(name, "wb") as f:
        pickle.dump(thing, f, protocol)
    return name


def pickle__wide_frames():
    frame, dates = numbers()
    for p in PROTOCOLS:
        check(write(f"index{p}.pkl", frame.set_index(dates), p), frame, dates)
        mixed = frame.assign(note="text", flag=True, kind=pd.Categorical(["a", "b", "c"] * 100))
        mixed.insert(2, "date", dates)
        check(write(f"column{p}.pickle", mixed, p), frame, dates)
        mixed["date"] = dates.tz_localize("UTC")
        check(write(f"zone{p}.pkl", mixed, p), frame, dates)


def pickle__nullable_types():
    dates = pd.date_range("2020-01-01", periods=3)
    frame = pd.DataFrame({"i": pd.array([1, None, 3], dtype="Int64"),
                          "f": pd.array([1.5, None, 3], dtype="Float64"),
                          "s": pd.array(["a", None, "c"], dtype="string")}, index=dates)
    for p in PROTOCOLS:
        check(write(f"{p}.pkl", frame, p), pd.DataFrame({"i": [1, np.nan, 3], "f": [1.5, np.nan, 3]}),
              dates)


def pickle__series_and_long_frames():
    frame, dates = numbers()
    for p in PROTOCOLS:
        series = pd.Series(frame["rate"].to_numpy(), index=dates, name="abc")
        check(write(f"series{p}.pkl", series, p), frame[["rate"]], dates, ["abc"])
        for name, times in (("iso", dates.strftime("%Y-%m-%d")), ("instants", dates)):
            long = pd.DataFrame({"timestamp": times, "value": frame["rate"], "source": "FRED"})
            check(write(f"historical_{name}{p}.pkl", long, p), frame[["rate"]], dates, [f"{name}{p}"])


def pickle__arrays_dicts_and_records():
    frame, dates = numbers(50)
    values = frame["rate"].to_numpy()
    for p in PROTOCOLS:
        one = [f"x{p}"]
        for unit in ("D", "h", "s", "ms", "us", "ns"):
            times = dates.to_numpy().astype(f"M8[{unit}]")
            check(write(f"x{p}.pkl", {"date": times, "value": values}, p), frame[["rate"]], dates, one)
        table = np.zeros(50, dtype=[("timestamp", "M8[ns]"), ("value", ">f8"), ("s", "U4")])
        table["timestamp"], table["value"] = dates, values
        check(write(f"x{p}.pkl", table, p), frame[["rate"]], dates, one)
        texts = np.zeros(50, dtype=[("timestamp", "U10"), ("value", "f4")])
        texts["timestamp"], texts["value"] = dates.strftime("%Y-%m-%d"), values
        check(write(f"x{p}.pkl", texts, p), pd.DataFrame(texts["value"]), dates, one)
        lists = {"date": list(dates.strftime("%Y-%m-%d")), "value": list(map(float, values))}
        check(write(f"x{p}.pkl", lists, p), frame[["rate"]], dates, one)
        for times in (dates, dates.to_pydatetime(), [t.date() for t in dates],
                      [t.to_pydatetime().replace(tzinfo=datetime.timezone.utc) for t in dates]):
            records = [{"timestamp": t, "value": None if np.isnan(v) else v, "n": "text"}
                       for t, v in zip(times, values)]
            del records[5]["value"]
            want = frame[["rate"]].copy()
            want.iloc[5] = np.nan
            check(write(f"x{p}.pkl", records, p), want, dates, one)


class Calls:
    def __init__(self, what, *arguments):
        self.made = what, arguments

    def __reduce__(self):
        return self.made


def pickle__harm_is_refused_by_name():
    made = os.path.abspath("made")
    command = f"touch {made}"
    for p in PROTOCOLS:
        for what, name in ((Calls(os.system, command), "posix.system"),
                           (Calls(eval, f"open({made!r}, 'w')"), "eval"),
                           (Calls(exec, f"open({made!r}, 'w')"), "exec"),
                           (Calls(getattr, "", "format"), "getattr"),
                           ([{"date": Calls(os.system, command)}], "posix.system"),
                           ({"date": [1], "value": Calls(open, made, "w")}, "io.open")):
            fails("info", write("x.pkl", what, p), says=name)
    by_hand = {
        b"cos\nsystem\n(V" + command.encode() + b"\ntR.": "os.system",
        b"(V" + command.encode() + b"\nios\nsystem\n.": "os.system",
        b"ccopyreg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.": "os.system",
        b"ccopyreg\n_reconstructor\n(Vos\nVsystem\nNtR.": "_reconstructor",
        b"ccopyreg\n__newobj__\n(cposix\nsystem\ntR.": "copyreg.__newobj__",
        b"cnumpy\ntesting.os.system\n(tR.": "numpy.testing.os.system",
        b"\x80\x04\x8c\x05numpy\x8c\x0acore.os.sy\x93.": "numpy.core.os.sy",
        b"cnumpy\ndtype\n(Vf8\ntR(tR.": "a call of what is no known name",
        b"c_codecs\nencode\n(Vx\nVrot13\ntR.": "encoding",
        b"Pid\n.": "0x50",
        b"\x82\x01.": "0x82",
    }
    for data, name in by_hand.items():
        open("x.pkl", "wb").write(data)
        fails("info", "x.pkl", says=name)
    assert not os.path.exists(made)


def pickle__huge_deep_and_circular_are_refused():
    q = struct.Struct("<Q").pack
    circle = [{"date": None, "value": None}]
    circle[0]["value"] = circle
    own = {}
    own["date"] = own["value"] = own
    for data in (b"\x80\x04\x8e" + q(2**62) + b"x", b"\x80\x04\x8d" + q(2**64 - 1), b"\x80\x06N.",
                 b"\x8b\xff\xff\xff\x7f", b"(" * 100000, b"]" + b"(]" * 5000 + b"e" * 5000 + b".",
                 b"Nr\xff\xff\xff\xff.", b"j\xff\xff\xff\xff.", b"N" * 100000 + b".", b"", b".", b"0.",
                 b"\x85.", b"(Nu.", b"]Na", b"N}s.", b"I" + b"9" * 100 + b"\n.", b"V\xff\n.", b"Fx\n.",
                 b"\x8a\x0a" + b"\xff" * 10 + b".", b"X\x02\0\0\0\xff\xfe.",
                 pickle.dumps(circle), pickle.dumps(own)):
        open("x.pkl", "wb").write(data)
        fails("head", "x.pkl", says="x.pkl")
    wide = {f"c{i}": None for i in range(20000)}
    big = np.zeros(20000)
    fails("head", write("x.pkl", {"date": big.astype("M8[D]"), **{k: big for k in wide}}, 4),
          says="more data than it holds")


def pickle__truncated_at_every_byte():
    dates = pd.date_range("2020-01-01", periods=2)
    frame = pd.DataFrame({"a": [1.0, 2.0], "s": ["x", "y"]}, index=dates)
    for p, step in (0, 11), (2, 7), (5, 1):
        data = pickletools.optimize(pickle.dumps(frame, p))
        for size in range(0, len(data), step):
            open("x.pkl", "wb").write(data[:size])
            fails("info", "x.pkl", says="x.pkl")


def pickle__what_is_refused_says_why():
    frame, dates = numbers(20)
    fails("info", write("x.pkl", frame, 4), says="no time")
    fails("info", write("x.pkl", frame.assign(date=dates).set_index(dates), 4), says="drop one of them")
    fails("head", write("x.pkl", frame.assign(date=[pd.NaT, *dates[1:]]), 4), says="row 0: no time")
    fails("head", write("x.pkl", {"date": ["soon"], "value": [1.0]}, 4), says="row 0")
    fails("head", write("x.pkl", {"date": ["2020-01-01"], "value": [1.0, 2.0]}, 4), says="length")
    fails("info", write("x.pkl", {"a": 1}, 4), says="not all lists or arrays")
    fails("info", write("x.pkl", 5, 4), says="neither a frame")


def pickle__a_directory_of_them():
    frame, dates = numbers(30)
    os.mkdir("d")
    for name in ("a", "b"):
        write(f"d/historical_{name}.pkl", pd.DataFrame({"date": dates, "value": frame["rate"]}), 4)
    assert "2 variables" in run("info", "d")[0]
    assert head("d/historical_a.pkl")[0] == ["a"]


main(globals())
