"""Zones that Arrow's schema says in a Parquet file without pandas, and footers as others write and damage them."""
import base64
import datetime
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "parquet"))
import writer  # noqa: E402
from support import cat, data, main, refused  # noqa: E402

ROWS = 40
DATE = {6: 6}
INSTANT = {10: {8: {1: True, 2: {2: {}}}}}  # microseconds of UTC
DAYS = [datetime.date(2020, 1, 1) + datetime.timedelta(days=i) for i in range(ROWS)]


# ---- Flat buffers: what is referred to lies behind ------------------------------------------------


def put_text(out, text):
    at = len(out)
    out += struct.pack("<I", len(text)) + text.encode() + b"\0" * (4 - len(text) % 4)
    return at


def put_list(out, items):
    at = len(out)
    out += struct.pack("<I", len(items)) + bytes(4 * len(items))
    for i, item in enumerate(items):
        slot = at + 4 + 4 * i
        out[slot:slot + 4] = struct.pack("<I", put(out, item) - slot)
    return at


def put(out, value):
    """A text, a list of tables, or a table {field: number or one of these}; returns where it lies."""
    if isinstance(value, str):
        return put_text(out, value)
    if isinstance(value, list):
        return put_list(out, value)
    count = max(value) + 1 if value else 0
    offsets = [4 + 4 * list(value).index(i) if i in value else 0 for i in range(count)]
    out += struct.pack(f"<{2 + count}H", 4 + 2 * count, 4 + 4 * len(value), *offsets)
    out += bytes(-len(out) % 4)
    at = len(out)
    before = at - (4 + 2 * count) - (-(4 + 2 * count) % 4)
    out += struct.pack("<i", at - before) + bytes(4 * len(value))
    for i, field in enumerate(value.values()):
        slot = at + 4 + 4 * i
        number = field if isinstance(field, int) else put(out, field) - slot
        out[slot:slot + 4] = struct.pack("<I", number)
    return at


def schema(zones, old=False):
    """The text of ARROW:schema for columns of instants in these zones."""
    out = bytearray(4)
    fields = [{0: name, 2: 10, 3: {0: 2, **({1: zone} if zone else {})}} for name, zone in zones.items()]
    out[:4] = struct.pack("<I", put(out, {0: 4, 1: 1, 2: {1: fields}}))
    head = struct.pack("<I", len(out)) if old else struct.pack("<iI", -1, len(out))
    return base64.b64encode(head + bytes(out)).decode()


def instants(hour):
    return [int(datetime.datetime(d.year, d.month, d.day, hour, tzinfo=datetime.timezone.utc).timestamp()) * 10**6
            for d in DAYS]


def write(hour, pairs, **others):
    writer.write("x.parquet", [writer.Column("when", writer.INT64, instants(hour), INSTANT),
                               writer.Column("a", writer.DOUBLE, [float(i) for i in range(ROWS)])], pairs=pairs, **others)


def first_day():
    return data("head", "x.parquet", "-n", 1)[0].split("\n")[1][:10]


def arrow__the_zone_of_its_schema_says_the_days():
    for old in (False, True):
        write(15, {"ARROW:schema": schema({"when": "Asia/Tokyo"}, old)})
        assert first_day() == "2020-01-02"
        assert cat("x.parquet")["when"][0] == "2020-01-02T00:00:00+09:00"
        write(5, {"other": "x", "ARROW:schema": schema({"b": "Asia/Tokyo", "when": "America/New_York"}, old)})
        assert first_day() == "2020-01-01" and cat("x.parquet")["when"][0] == "2020-01-01T00:00:00-05:00"
        write(15, {"ARROW:schema": schema({"when": "+09:00"}, old)})
        assert first_day() == "2020-01-02"
    data("convert", "x.parquet", "y.parquet")
    assert cat("y.parquet") == cat("x.parquet")


def arrow__what_it_does_not_say_is_utc():
    whole = schema({"when": "Asia/Tokyo"})
    for text in ("", "A", "====", schema({"when": ""}), schema({"b": "Asia/Tokyo"}), schema({}), whole[:40], "/" * 400):
        write(12, {"ARROW:schema": text})
        assert first_day() == "2020-01-01", text
    write(12, {"ARROW:schema": schema({"when": "No/Where"})})
    refused("info", "x.parquet", says="No/Where")


def arrow__damaged_schemas_do_no_harm():
    whole = bytearray(base64.b64decode(schema({"when": "Asia/Tokyo", "b": "Europe/London"})))
    for at in range(len(whole)):
        for value in (0, 0x7f, 0xff):
            broken = bytes(whole[:at]) + bytes([value]) + bytes(whole[at + 1:])
            if at % 3 == value % 3:  # a third of them, each in a process of its own
                write(12, {"ARROW:schema": base64.b64encode(broken).decode()})
                done = data_or_error("x.parquet")
                assert done in (0, 2), (at, value, done)


def data_or_error(path):
    import subprocess
    return subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path], capture_output=True,
                          timeout=300, check=False).returncode


def periods(frequency, optional=False):
    """What pyarrow writes of a PeriodIndex: integers, and in pandas' metadata what they number."""
    import pandas as pd
    index = pd.period_range("2001-03-05", periods=ROWS, freq=frequency)
    said = {"index_columns": ["when"], "columns": [
        {"name": "when", "field_name": "when", "pandas_type": "object", "numpy_type": f"period[{index.freqstr}]",
         "metadata": None}, {"name": "a", "field_name": "a", "numpy_type": "float64", "metadata": None}]}
    ordinals = [int(x) for x in index.asi8]
    if optional:
        ordinals[3] = None
    writer.write("x.parquet", [writer.Column("when", writer.INT64, ordinals, dictionary=frequency == "M"),
                               writer.Column("a", writer.DOUBLE, [float(i) for i in range(ROWS)])],
                 pairs={"pandas": json.dumps(said)}, group_rows=17)
    return [t.isoformat() for t in index.start_time]


def arrow__periods_of_pandas_count_from_their_first_day():
    for frequency in ("D", "B", "W-WED", "M", "Q-MAR", "A-JUN", "H"):
        times = periods(frequency)
        assert cat("x.parquet")["when"] == times, frequency
        out = data("head", "x.parquet", "-n", ROWS)[0].split("\n")[1:-1]
        assert [line.split(",")[0] for line in out] == times, frequency
        assert "1 variable, 40 rows" in data("info", "x.parquet")[0], frequency
        for other in ("y.parquet", "y.h5", "y.csv"):
            data("convert", "x.parquet", other)
            assert list(cat(other).values()) == list(cat("x.parquet").values()), (frequency, other)
    periods("M", optional=True)
    assert cat("x.parquet")["when"][3] == ""
    said = json.dumps({"columns": [{"field_name": "when", "numpy_type": "period[nonsense]"}]})
    write(12, {"pandas": said})
    assert "1 variable" in data("info", "x.parquet")[0]  # an instant is none
    writer.write("x.parquet", [writer.Column("when", writer.INT64, range(ROWS))], pairs={"pandas": said})
    refused("info", "x.parquet", says=("column 'when'", "to_timestamp()"))


def arrow__chunks_may_have_pairs_of_keys_and_values():
    for pairs in ({"k": "v"}, {"k": None}, {f"key{i}": "v" * i for i in range(20)}):
        write(12, None, chunk_pairs=pairs, group_rows=15)
        assert data("info", "x.parquet")[0].startswith("x.parquet: 1 variable, 40 rows")
        assert cat("x.parquet")["a"] == [str(i) for i in range(ROWS)]


def arrow__a_footer_of_another_length_is_an_error():
    write(12, {"k": "v"}, chunk_pairs={"k": "v"})
    with open("x.parquet", "rb") as f:
        whole = f.read()
    length = struct.unpack("<I", whole[-8:-4])[0]
    for wrong in (length - 1, length + 1, length - 2, length + 2, 0, length // 2, 2**31):
        with open("x.parquet", "wb") as f:
            f.write(whole[:-8] + struct.pack("<I", wrong) + whole[-4:])
        for command in ("info", "head", "cat"):
            refused(command, "x.parquet", says="footer")


main(globals())
