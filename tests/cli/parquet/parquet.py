#!/usr/bin/python3
"""parquet.py [CASE…]: Parquet files through pulse-data and pulse-train.

The programs are in the directory PULSE_BIN; PULSE_SAMPLES holds files of other writers.
"""
import csv
import datetime
import gzip
import io
import json
import os
import pathlib
import resource
import struct
import subprocess
import sys

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
import writer  # noqa: E402
from arrays import arrays, check_same  # noqa: E402
from writer import Column  # noqa: E402

TIMESTAMP_US, DATE, STRING, DECIMAL_2 = {6: 10}, {6: 6}, {6: 0}, {6: 5, 7: 2, 8: 9}
TIMESTAMP_NS = {10: {8: {1: False, 2: {3: {}}}}}
EPOCH = datetime.datetime(1970, 1, 1)


def data(*arguments, code=0, warns=""):
    """pulse-data's standard output and error; a success says there, in one line, what is to be warned about."""
    done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), *map(str, arguments)],
                          capture_output=True, timeout=300, check=False)
    out, err = done.stdout.decode(errors="surrogateescape"), done.stderr.decode()
    assert done.returncode == code, (arguments, done.returncode, err)
    assert (code == 0 and not warns) == (err == "") and err.count("\n") <= 1 and warns in err, err
    return out, err


def refused(*arguments, says):
    err = data(*arguments, code=2)[1]
    for part in says if isinstance(says, tuple) else (says,):
        assert part in err, (part, err)


def cat(path, warns=""):
    """column → its cells as text."""
    rows = list(csv.reader(io.StringIO(data("cat", path, warns=warns)[0], newline="")))
    return {name: [row[i] if row else "" for row in rows[1:]] for i, name in enumerate(rows[0])}


# ---- Files of other writers ---------------------------------------------------------------------


def samples(*parts):
    path = os.path.join(os.environ.get("PULSE_SAMPLES", ""), *parts)
    if not os.path.exists(path):
        raise jobs.Skip(f"there is no {path}")
    return path


# ---- Training -----------------------------------------------------------------------------------


def train(path, output, end, ranks=0):
    done = jobs.run("--data", path, "--end-date", end, "--output", output, "--no-progress", ranks=ranks)
    jobs.expect(done, 0)
    return arrays(f"{output}/results.h5")


def facts(path):
    """What pulse-data info says of each variable."""
    return {v.pop("name"): v for v in json.loads(data("info", path, "--json")[0])["variables"]}


def parquet__real_wide_file_trains_like_csv():
    mine, theirs = samples("real", "wide.parquet"), samples("real", "wide.csv")
    assert facts(mine) == facts(theirs)
    check_same(train(mine, "a", "2016-12-30"), train(theirs, "b", "2016-12-30"))


def parquet__real_long_directory_trains_like_csv():
    source, wide = samples("real", "long"), samples("real", "wide.csv")
    os.mkdir("long")
    for file in os.listdir(source):
        if file.endswith(".parquet"):
            os.symlink(os.path.join(source, file), os.path.join("long", file))
    assert facts("long") == facts(wide)
    names = sorted(facts("long"))
    runs = [jobs.run("--data", path, "--end-date", "2016-12-30", "--output", out, "--no-progress",
                     "--variables", *names) for path, out in (("long", "a"), (wide, "b"))]
    for done in runs:
        jobs.expect(done, 0)
    check_same(arrays("a/results.h5"), arrays("b/results.h5"))


def cells(values):
    return [None if np.isnan(x) else float(x) for x in values]


def days(frame):
    return [int(x) for x in (frame.index - EPOCH).days]


def parquet__wide_file_trains_like_csv_on_any_ranks():
    frame = jobs.monthly(jobs.panel(700, 5, 3), ["v01"])
    end = jobs.last_day(frame)
    columns = [Column("date", writer.INT32, days(frame), DATE)]
    columns += [Column(name, writer.DOUBLE, cells(frame[name]), dictionary=i == 2)
                for i, name in enumerate(frame)]
    theirs = train(jobs.write(frame, "wide.csv"), "theirs", end)
    for version, zipped, ranks in ((1, False, 1), (2, True, 3)):
        path = writer.write("wide.parquet", columns, 150, 40, version, zipped)
        assert facts(path) == facts("wide.csv")
        check_same(train(path, f"mine{ranks}", end, ranks), theirs)


def parquet__long_directory_trains_like_csv():
    frame = jobs.panel(400, 3, 4)
    frame.iloc[5:30, 1] = np.nan
    os.mkdir("mine")
    for i, name in enumerate(frame):
        series = frame[name].dropna()
        micros = [d * 86400 * 10**6 for d in days(series)]
        time = [Column("timestamp", writer.INT64, micros, TIMESTAMP_US),
                Column("date", writer.BYTE_ARRAY, [str(t.date()).encode() for t in series.index], STRING),
                Column("Time", writer.INT64, [x * 1000 for x in micros], TIMESTAMP_NS)][i]
        writer.write(f"mine/historical_{name}.parquet",
                     [time, Column("id", writer.BYTE_ARRAY, [b"x"] * len(series), STRING, True),
                      Column("value", writer.DOUBLE, series.tolist())])
    jobs.write_long(frame, "theirs")
    assert facts("mine") == facts("theirs")
    end = jobs.last_day(frame)
    check_same(train("mine", "a", end), train("theirs", "b", end))


# ---- What is in a file --------------------------------------------------------------------------


def parquet__cat_prints_every_type():
    columns = [
        Column("b", writer.BOOLEAN, [True, None, False]),
        Column("i", writer.INT32, [-1, 2, None]),
        Column("u", writer.INT64, [-1, 0, 1], {6: 14}),
        Column("u8", writer.INT32, [-1, 0, 1], {6: 13}),
        Column("f", writer.FLOAT, [0.1, float("nan"), 1e30]),
        Column("d", writer.DOUBLE, [0.1 + 0.2, -0.0, float("inf")]),
        Column("date", writer.INT32, [-1, 0, 11016], DATE),
        Column("us", writer.INT64, [-1, None, 10**12], TIMESTAMP_US),
        Column("ns", writer.INT64, [-1, 1, None], TIMESTAMP_NS),
        Column("t96", writer.INT96, [struct.pack("<qi", 3600 * 10**9, 2440589)] * 3),
        Column("text", writer.BYTE_ARRAY, ["a,b".encode(), b"", None], STRING, True),
        Column("dec", writer.INT32, [12345, -5, None], DECIMAL_2),
        Column("decf", writer.FIXED, [b"\xff" * 9, b"\0" * 8 + b"\7", None], DECIMAL_2, width=9)]
    expected = """b,i,u,u8,f,d,date,us,ns,t96,text,dec,decf
true,-1,18446744073709551615,4294967295,0.1,0.30000000000000004,1969-12-31T00:00:00,\
1969-12-31T23:59:59.999999,1969-12-31T23:59:59.999999999,1970-01-02T01:00:00,"a,b",123.45,-0.01
,2,0,0,,-0,1970-01-01T00:00:00,,1970-01-01T00:00:00.000000001,1970-01-02T01:00:00,"",-0.05,0.07
false,,1,1,1e+30,,2000-02-29T00:00:00,1970-01-12T13:46:40,,1970-01-02T01:00:00,,,
"""
    for version in (1, 2):
        for zipped in (False, True):
            for rows in (1, 2, 3):
                path = writer.write("all.parquet", columns, rows, 2, version, zipped)
                assert data("cat", path)[0] == expected, data("cat", path)[0]
    refused("cat", __file__, says="its extension is of no known format")


def parquet__levels_of_pandas_rows_are_times_and_ids():
    """Whole numbers of any name, where pandas says that they are a level of its rows."""
    columns = [Column("ret", writer.DOUBLE, [1.0, 2.0, 3.0, 4.0]), Column("day", writer.INT32, [1, 1, 2, 2], DATE),
               Column("firm", writer.INT64, [10, 20, 10, 20])]
    said = writer.write("x.parquet", columns, pairs={"pandas": '{"index_columns": ["day", "firm"], "columns": []}'})
    assert data("head", said)[0].split() == ["date,10,20", "1970-01-02T00:00:00,1,2", "1970-01-03T00:00:00,3,4"]
    assert "ids: firm (whole numbers)" in data("info", said)[0]
    counted = writer.write("y.parquet", columns, pairs={"pandas": '{"index_columns": [{"kind": "range"}, 7, null]}'})
    assert "--id NAME" in data("info", counted, code=2)[1]


def parquet__index_of_pandas_is_the_time():
    value = Column("a", writer.DOUBLE, [1.0, 2.0])
    index = Column("__index_level_0__", writer.INT64, [0, 86400 * 10**6], TIMESTAMP_US)
    number = Column("__index_level_0__", writer.INT64, [7, 8])
    date = Column("date", writer.INT32, [5, 6], DATE)
    assert facts(writer.write("x.parquet", [value, index]))["a"]["last"] == "1970-01-02T00:00:00"
    assert facts(writer.write("x.parquet", [value, index, date]))["a"]["last"] == "1970-01-07T00:00:00"
    assert list(facts(writer.write("x.parquet", [value, number, date]))) == ["a"]
    refused("info", writer.write("x.parquet", [value, number]), says="no time column")


def parquet__what_clocks_show_is_text():
    """TIME of a day, in each unit and both annotations, which once was a variable of so many microseconds."""
    ms = [16 * 3600 * 1000, 250, None, 86399999]
    columns = [Column("date", writer.INT32, [19723, 19724, 19725, 19726], DATE),
               Column("ms", writer.INT32, ms, {6: 7}), Column("x", writer.DOUBLE, [1.0, 2.0, 3.0, 4.0])]
    for unit, scale in ((2, 1000), (3, 10**6)):
        counts = [None if x is None else x * scale for x in ms]
        columns.append(Column(f"unit{unit}", writer.INT64, counts, {10: {7: {1: True, 2: {unit: {}}}}}))
    columns.append(Column("us", writer.INT64, [None if x is None else x * 1000 for x in ms], {6: 8}))
    writer.write("clock.parquet", columns)
    said = cat("clock.parquet")
    for name in ("ms", "unit2", "unit3", "us"):
        assert said[name] == ["16:00:00", "00:00:00.25", "", "23:59:59.999"], name
    out = data("info", "clock.parquet")[0]
    assert "1 variable," in out and "left out: ms, unit2, unit3, us" in out, out


def parquet__what_cannot_be_used_is_named():
    value = Column("a", writer.DOUBLE, [1.0])
    whole = Column("date", writer.INT64, [20001332])
    refused("info", writer.write("x.parquet", [whole, value]), says=("'date'", "undeclared unit"))
    text = Column("date", writer.BYTE_ARRAY, [b"yesterday"], STRING)
    refused("info", writer.write("x.parquet", [text, value]), says=("row 0", "'date'", "ISO 8601"))
    date = Column("date", writer.INT32, [1], DATE)
    late = Column("date", writer.INT32, [2**30], DATE)
    refused("info", writer.write("x.parquet", [late, value]), says=("row group 0", "'date'", "1677-09-22 to 2262-04-10"))
    note = Column("note", writer.BYTE_ARRAY, [b"x"], STRING)
    refused("info", writer.write("x.parquet", [date, note]), says="no column of numbers")
    none = Column("date", writer.INT32, [1, None], DATE)
    refused("info", writer.write("x.parquet", [none, Column("a", writer.DOUBLE, [1.0, 2.0])]),
            says=("row 1", "no time"))
    refused("info", writer.write("x.parquet", [date, value, value]), says="two columns")
    os.mkdir("long")
    several = [Column(name, writer.DOUBLE, [1.0]) for name in "ab"]
    writer.write("long/historical_c.parquet", [date, *several])
    refused("info", "long", says=("several columns", "historical_c.parquet"))


def parquet__infinite_dates_are_missing():
    """As DuckDB writes 'infinity' and '-infinity' of a DATE: of a validity, which no cell of others goes with."""
    day = Column("date", writer.INT32, [19723, 19724, 19725, 2**31 - 1], DATE)
    until = Column("until", writer.INT32, [2**31 - 1, 19730, -2**31 + 1, 19730], DATE)
    writer.write("x.parquet", [day, until, Column("a", writer.DOUBLE, [1.0, 2.0, 3.0, 4.0])])
    assert cat("x.parquet", warns="left empty")["until"] == ["", "2024-01-08T00:00:00"] * 2
    out = data("info", "x.parquet", warns="left out: their time stands for none")[0]
    assert "a                 3  2024-01-01  2024-01-03" in out, out
    day.values[1] = 2**30
    writer.write("x.parquet", [day, Column("a", writer.DOUBLE, [1.0, 2.0, 3.0, 4.0])])
    refused("info", "x.parquet", says="row 1 of it: a time outside")


def parquet__bytes_never_reach_csv():
    """Reals of two bytes and UUIDs are read; other bytes are text where they are one, else digits."""
    half = [np.array(x, "<f2").tobytes() for x in (0.0, 1.5, -65504, np.inf, 6e-8)]
    spans = [struct.pack("<III", i, 0, 86400000) for i in range(5)]
    ids = [bytes(range(i, 16 + i)) for i in range(5)]
    blobs = [b"abc", b"\x00\x01", b"\xff", "é".encode(), None]
    columns = [Column("date", writer.INT32, range(5), DATE),
               Column("half", writer.FIXED, half, {10: {15: {}}}, width=2),
               Column("id", writer.FIXED, ids, {10: {14: {}}}, width=16),
               Column("span", writer.FIXED, spans, {6: 21}, width=12),
               Column("raw", writer.FIXED, [b"ab", b"\x00b"] + [b"cd"] * 3, width=2, dictionary=True),
               Column("blob", writer.BYTE_ARRAY, blobs)]
    table = cat(writer.write("x.parquet", columns))
    assert table["half"] == ["0", "1.5", "-65504", "", "5.9604645e-08"], table["half"]
    assert table["id"][1] == "01020304-0506-0708-090a-0b0c0d0e0f10"
    assert table["span"][1] == "01000000000000000" + "05c2605", table["span"]
    assert table["raw"] == ["ab", "0062", "cd", "cd", "cd"]
    assert table["blob"] == ["abc", "0001", "ff", "é", ""]
    assert "half" in data("info", "x.parquet")[0]


def parquet__nested_columns_are_passed_over():
    date = Column("date", writer.INT32, [1, 2], DATE)
    struct_of = Column("item", writer.DOUBLE, [1.0, None], group="value")
    repeated = Column("many", writer.INT64, [1, 2], {3: 2})
    number = Column("a", writer.DOUBLE, [3.0, 4.0])
    path = writer.write("x.parquet", [date, struct_of, repeated, number])
    said = "lists, maps and structs are left out: value, many\n"
    assert cat(path, warns=f"x.parquet: {said}") == {"date": ["1970-01-02T00:00:00", "1970-01-03T00:00:00"], "a": ["3", "4"]}
    assert said in data("convert", path, "x.csv", warns=said)[1]
    os.mkdir("parts")
    for i in range(3):
        writer.write(f"parts/part-0000{i}.parquet", [date, repeated, number])
    assert cat("parts", warns="part-00000.parquet: lists, maps and structs are left out: many")["a"] == ["3", "4"] * 3
    assert list(facts(path)) == ["a"]
    assert "lists, maps and structs are left out: value, many" in data("info", path)[0]
    os.mkdir("long")
    writer.write("long/historical_b.parquet", [date, struct_of, number])
    refused("info", "long", says=("historical_b.parquet", "'value' is a list, map or struct"))


# ---- Hostile files ------------------------------------------------------------------------------


def small_file():
    columns = [Column("date", writer.INT32, range(6), DATE),
               Column("a", writer.DOUBLE, [1.0, None, 2.0, 3.0, None, 4.0]),
               Column("b", writer.BYTE_ARRAY, [b"x", b"y"] * 3, STRING, True)]
    return pathlib.Path(writer.write("small.parquet", columns, 4, 3)).read_bytes()


def parquet__a_changed_page_is_seen():
    whole = bytearray(small_file())
    at = bytes(whole).index(struct.pack("<d", 3.0))
    whole[at + 7] ^= 1
    pathlib.Path("changed.parquet").write_bytes(whole)
    refused("cat", "changed.parquet", says=("row group 0", "'a'", "checksum"))


def hostile(path, claims=2, raw=None, body=bytes(16), codec=0, kind=writer.DOUBLE, dictionary=0, total=None, extra=None):
    """A file of the column 'a' alone, whose header and footer say what they like."""
    raw = len(body) if raw is None else raw
    page = writer.thrift({1: 0, 2: raw, 3: len(body), 5: {1: claims, 2: writer.PLAIN, 3: writer.RLE, 4: writer.RLE}}) + body
    if dictionary:
        page = writer.thrift({1: 2, 2: raw, 3: len(body), 7: {1: dictionary, 2: writer.PLAIN}}) + body + page
    meta = {1: kind, 2: [writer.PLAIN], 3: ["a"], 4: codec, 5: claims, 6: len(page), 7: len(page), 9: 4}
    if extra is not None:
        meta = dict(sorted({**meta, 8: extra}.items()))
    footer = writer.thrift({1: 1, 2: [{4: "schema", 5: 1}, {1: kind, 3: 0, 4: "a"}],
                            3: claims if total is None else total,
                            4: [{1: [{2: 4, 3: meta}], 2: len(page), 3: claims}], 6: "harm"})
    pathlib.Path(path).write_bytes(b"PAR1" + page + footer + struct.pack("<I", len(footer)) + b"PAR1")
    return path


def parquet__claims_and_bombs_take_no_memory():
    bomb = gzip.compress(bytes(300 << 20), 9)
    files = [hostile("small.parquet"), hostile("rows.parquet", 2 * 10**9),
             hostile("page.parquet", raw=2**31 - 1, codec=2), hostile("bomb.parquet", raw=300 << 20, body=bomb, codec=2),
             hostile("texts.parquet", raw=300 << 20, body=bomb, codec=2, kind=writer.BYTE_ARRAY),
             hostile("dictionary.parquet", dictionary=2 * 10**9),
             hostile("entries.parquet", raw=300 << 20, body=bomb, codec=2, dictionary=6)]
    assert cat(files[0]) == {"a": ["0", "0"]} and os.path.getsize(files[1]) < 200
    memory = None if "asan" in jobs.binaries() else lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
    for path in files[1:]:
        done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), "cat", path], capture_output=True, text=True,
                              timeout=300, check=False, preexec_fn=memory)
        print(path, done.returncode, done.stderr.strip())
        assert done.returncode == 2 and path in done.stderr and done.stderr.count("\n") == 1, (path, done)


def parquet__a_footer_of_another_length_is_an_error():
    whole = small_file()
    length = struct.unpack("<I", whole[-8:-4])[0]
    for off in (*range(-12, 0), *range(1, 13)):
        pathlib.Path("x.parquet").write_bytes(whole[:-8] + struct.pack("<I", length + off) + whole[-4:])
        refused("cat", "x.parquet", says="x.parquet")
    # The byte before the footer may be anything, also one that reads as a field or as an end.
    for byte in (*range(0, 256, 16), 0x01, 0x11, 0x12, 0x21, 0x05, 0x15, 0x0c, 0x1c):
        body = whole[:-8 - length] + bytes([byte]) + whole[-8 - length:-8]
        pathlib.Path("x.parquet").write_bytes(body + struct.pack("<I", length + 1) + whole[-4:])
        refused("cat", "x.parquet", says="x.parquet")
    # Nor may anything follow it.
    pathlib.Path("x.parquet").write_bytes(whole[:-8] + b"\0" + struct.pack("<I", length + 1) + whole[-4:])
    refused("cat", "x.parquet", says="cannot be understood")


def parquet__key_value_metadata_of_a_chunk_is_passed_over():
    for extra in ([], [{1: "key"}], [{1: "a", 2: "b"}, {1: "ARROW:schema", 2: "x" * 300}]):
        assert cat(hostile("x.parquet", extra=extra)) == {"a": ["0", "0"]}


def parquet__counts_that_contradict_each_other_are_an_error():
    for rows in (0, 1, 3):
        hostile("x.parquet", total=rows)
        refused("cat", "x.parquet", says="footer")


def parquet__changed_footers_do_no_harm():
    whole = small_file()
    begin = len(whole) - 8 - struct.unpack("<I", whole[-8:-4])[0]
    for at in range(begin, len(whole) - 4, 29):
        changed = bytearray(whole)
        changed[at] ^= 0x11
        pathlib.Path("changed.parquet").write_bytes(changed)
        done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), "cat", "changed.parquet"],
                              capture_output=True, timeout=300, check=False)
        assert done.returncode in (0, 2), (at, done)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
