"""The kinds of binary files that people reported as read wrong in silence or refused without need, two files of each
that differ in detail, and what info must say of them; training says the same."""
import datetime
import os
import re
import struct
import sys
import zoneinfo

import netCDF4
import numpy as np
import pandas as pd

from test_kinds import DAYS, N, PRICES, run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parquet"))
from writer import BYTE_ARRAY, DOUBLE, FIXED, INT32, INT64, Column, write  # noqa: E402

STRING, DATE, MICROS = {6: 0, 10: {1: {}}}, {6: 6}, {6: 10}
NUMBERS = [day.toordinal() - datetime.date(1970, 1, 1).toordinal() for day in DAYS]
FRAME = pd.DataFrame({"px": PRICES, "x": PRICES * 2}, index=DAYS)
WHOLE, SHOWN = r"x +120 ", "2020-09-01  2021-02-15"


def parquet(path, *columns):
    return write(path, [Column("date", INT32, NUMBERS, DATE), Column("px", DOUBLE, PRICES.tolist()), *columns])


def columns_of(*names):
    frame = FRAME.copy()
    frame.columns = pd.MultiIndex.from_tuples(names)
    return frame


def local(zone, hour=0):
    frame = FRAME.copy()
    frame.index = pd.DatetimeIndex([pd.Timestamp(d + pd.Timedelta(hours=hour), tz=zone) for d in DAYS])
    return frame


def packed(path, units, dates, kind, **attributes):
    with netCDF4.Dataset(path, "w") as f:
        f.createDimension("time", N)
        time, x = f.createVariable("time", "f8", ("time",)), f.createVariable("x", kind, ("time",), fill_value=-999)
        time.units, time.calendar, time[:] = units, "standard", dates
        x.set_auto_maskandscale(False)
        x[:] = [-999 if i == 9 else 1000 + i for i in range(N)]
        x.setncatts(attributes)


def parts(directory, names, text):
    os.makedirs(directory)
    step = N // len(names)
    for k, name in enumerate(names):
        at = slice(k * step, (k + 1) * step)
        path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if text:
            FRAME[at].to_csv(path, index_label="date")
        else:
            write(path, [Column("date", INT32, NUMBERS[at], DATE), *(Column(c, DOUBLE, FRAME[c][at].tolist()) for c in FRAME)])
    open(os.path.join(directory, "_SUCCESS"), "w", encoding="ascii").close()


def halves(values):
    return [struct.pack("<e", x) for x in values]


# kind, name, what makes it, options, what info says (error: beginning so)
KINDS = (
    ("columns of several levels", "a.pkl", lambda p: columns_of(("Close", "AAPL"), ("Volume", "AAPL")).to_pickle(p), "", r"Close[._/ ]AAPL +120 "),
    ("", "b.pkl.gz", lambda p: columns_of(("us", "rates", 2), ("us", "rates", 10)).to_pickle(p), "", r"us[._/ ]rates[._/ ]10 +120 "),
    ("an index in a zone of zoneinfo", "a.pkl", lambda p: local(zoneinfo.ZoneInfo("Asia/Tokyo")).to_pickle(p), "", SHOWN),
    ("", "b.pkl", lambda p: local(zoneinfo.ZoneInfo("America/New_York"), 16)["x"].to_pickle(p), "", SHOWN),
    ("an index of a fixed offset", "a.pkl", lambda p: local(datetime.timezone(datetime.timedelta(hours=9))).to_pickle(p), "", SHOWN),
    ("", "b.pkl", lambda p: local("UTC-05:30", 1).reset_index().to_pickle(p), "", SHOWN),
    ("objects that are numbers and words", "a.pkl", lambda p: FRAME.assign(x=[str(v) if i % 2 else v for i, v in enumerate(PRICES)]).to_pickle(p), "", WHOLE),
    ("", "b.pkl", lambda p: FRAME.assign(x=["n/q" if i == 5 else v for i, v in enumerate(PRICES)]).to_pickle(p), "", "error: .*'n/q'.*--missing"),
    ("a series with a name and a zone", "a.pkl", lambda p: local("Europe/London")["x"].to_pickle(p), "", WHOLE + ".*" + SHOWN),
    ("", "b.pkl", lambda p: local("Australia/Sydney", 10)["x"].rename_axis("when").to_pickle(p), "", WHOLE + ".*" + SHOWN),
    ("a zone in HDF5", "a.h5", lambda p: local("Asia/Tokyo").to_hdf(p, "x", format="fixed"), "", SHOWN),
    ("", "b.h5", lambda p: local("Pacific/Auckland").to_hdf(p, "x", format="table"), "", SHOWN),
    ("columns of several levels in HDF5", "a.h5", lambda p: columns_of(("Close", "AAPL"), ("Volume", "AAPL")).to_hdf(p, "x", format="fixed"), "",
     r"Close\.AAPL +120 "),
    ("", "b.h5", lambda p: columns_of(("us", 2), ("us", 10)).to_hdf(p, "deep/x", format="fixed"), "", r"us\.10 +120 "),
    ("packed values, days since 1900", "a.nc", lambda p: packed(p, "days since 1900-01-01", [n + 25567 for n in NUMBERS], "i2", scale_factor=0.1,
                                                                add_offset=5.0), "", r"x +119 +2020-09-01"),
    ("", "b.h5", lambda p: packed(p, "minutes since 2000-01-01 00:00", [(n - 10957) * 1440 for n in NUMBERS], "i4", scale_factor=0.01), "",
     r"x +119 +2020-09-01"),
    ("a date that never comes beside others", "a.parquet", lambda p: parquet(p, Column("x", DOUBLE, PRICES.tolist()), Column("until", INT32, [2932896] * N, DATE)),
     "--time date", WHOLE),
    ("", "b.parquet", lambda p: parquet(p, Column("x", DOUBLE, PRICES.tolist()), Column("valid_to", INT64, [253402214400 * 10**6] * N, MICROS)), "", WHOLE),
    ("numbers that are text", "a.parquet", lambda p: parquet(p, Column("x", BYTE_ARRAY, [str(v).encode() for v in PRICES], STRING, True)), "", WHOLE),
    ("", "b.parquet", lambda p: parquet(p, Column("x", BYTE_ARRAY, [str(v).replace(".", ",").encode() for v in PRICES], STRING)), "",
     "error: .*column 'x'.*--decimal comma"),
    ("part files of Spark", "a", lambda p: parts(p, [f"part-{k:05}-0a1b2c3d-c000.snappy.parquet" for k in range(4)], False), "", WHOLE),
    ("", "b", lambda p: parts(p, [f"part-{k:05}-0a1b2c3d-c000.csv" for k in range(3)], True), "", WHOLE),
    ("bytes of fixed length", "a.parquet", lambda p: parquet(p, Column("x", FIXED, [bytes(range(i, i + 16)) for i in range(N)], {10: {14: {}}}, width=16)),
     "", "left out: x\n"),
    ("", "b.parquet", lambda p: parquet(p, Column("x", FIXED, [struct.pack("<3I", 0, i, 0) for i in range(N)], {6: 21}, width=12)), "", "left out: x\n"),
    ("small and short numbers", "a.parquet", lambda p: parquet(p, Column("x", FIXED, halves(range(N)), {10: {15: {}}}, width=2)), "", WHOLE),
    ("", "b.parquet", lambda p: parquet(p, Column("x", INT32, [i - 60 for i in range(N)], {6: 15}), Column("y", INT32, list(range(N)), {6: 11})), "", WHOLE + "(.|\n)*y +120 "),
    ("a directory of parts", "a", lambda p: parts(p, ["part-0001.parquet", "part-0002.parquet"], False), "", "2 variables, 120 rows"),
    ("", "b", lambda p: parts(p, [f"year={2020 + k}/data_0.parquet" for k in range(2)], False), "", r"px +120 "))


def binary__kinds_are_read_or_refused_as_is_right():
    kind = ""
    for number, (title, name, make, options, says) in enumerate(KINDS):
        kind = title or kind
        os.mkdir(str(number))
        path = os.path.join(str(number), name)
        make(path)
        code, said = run("pulse-data", "info", path, *options.split())
        print(kind, name, code, said)
        refused = says.startswith("error: ")
        assert code == (2 if refused else 0) and re.search(says, said), (kind, name, said)
        code, said = run("pulse-train", "--data", path, "--output", "out", "--min-history", "40", "--burn-in", "10", "--no-report",
                         "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01", *options.split())
        assert code == (2 if refused else 0), (kind, name, said)
        assert not refused or re.search(says, said), (kind, name, said)
        assert "left out" not in says or re.search("left out: x\n", said), (kind, name, said)


if __name__ == "__main__":
    from support import main  # others that have a support of their own use the kinds
    main(globals())
