"""Files that others wrote, through `pulse-data cat`, against what is known to be in them: every row
of expected.tsv, which three other readers agreed on."""
import csv
import datetime
import math
import os
import subprocess

import numpy as np

from support import Skip, cat, data, main, refused, samples

EPOCH = datetime.datetime(1970, 1, 1)


def nanoseconds(text):
    whole, _, fraction = text.partition(".")
    seconds = (datetime.datetime.fromisoformat(whole) - EPOCH) // datetime.timedelta(seconds=1)
    return seconds * 10**9 + int(fraction.ljust(9, "0") or 0)


def numbers(kind, cells, wanted):
    """Cells → numbers."""
    if kind == "ts":
        return [nanoseconds(x) for x in cells]
    if kind == "int":
        return [int(x) for x in cells]
    if kind == "bool":
        return [{"true": 1, "false": 0}[x] for x in cells]
    values = [float(x) for x in cells]
    if math.fsum(values) != float(wanted):  # a column of float32: what was printed means that
        values = [float(np.float32(x)) for x in values]
    return values


def compare(file, row, cells):
    where = (file, row["column"])
    assert len(cells) == int(row["rows"]), (where, len(cells))
    seen = [x for x in cells if x]
    assert len(cells) - len(seen) == int(row["missing"]), (where, len(seen))
    if row["kind"] == "str":
        assert sum(len(x.encode(errors="surrogateescape")) for x in cells) == int(row["sum"]), where
        assert [cells[0], cells[-1]] == [row["first"], row["last"]], where
        return
    values = numbers(row["kind"], seen, row["sum"])
    total = math.fsum(values) if row["kind"] == "num" else sum(values)
    assert total == (float if row["kind"] == "num" else int)(row["sum"]), (where, total)
    for cell, key in ((cells[0], "first"), (cells[-1], "last")):
        assert (cell == "") == (row[key] == ""), (where, cell, row[key])
        if cell:
            wanted = [row[key].lower() if row["kind"] == "bool" else row[key]]
            assert numbers(row["kind"], [cell], wanted[0] if row["kind"] == "num" else 0) == \
                numbers(row["kind"], wanted, wanted[0] if row["kind"] == "num" else 0), (where, key)


def listed(folder):
    """file → its rows of expected.tsv"""
    files = {}
    with open(samples(folder, "expected.tsv"), newline="", encoding="utf-8") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            files.setdefault(row["file"], []).append(row)
    return files


def columns_of(path, rows):
    """What cat shows; where expected.tsv lists one frame of several in a file, that frame."""
    name = os.path.basename(path)
    if name == "standard_records_p4.pkl":  # a column of dicts, which no table holds
        return cat(path, warns="retrieval_metadata")
    if not path.endswith(".h5"):
        return cat(path)
    if name == "h5py_group_per_variable.h5":
        refused("cat", path, says=(name, "historical_us_10y_yield", "historical_spx_close"))
        return cat(path + "#/historical_us_10y_yield")
    return cat(path)


def check(folder, prefix, suffix=""):
    files = {f: r for f, r in listed(folder).items() if f.startswith(prefix) and f.endswith(suffix)}
    compared = 0
    for file, rows in files.items():
        path = samples(folder, file)
        if rows[0]["expect"] == "refuse":
            refused("cat", path, says=os.path.basename(file))
            continue
        cells = columns_of(path, rows)
        for row in rows:
            if row["column"]:
                compare(file, row, cells[row["column"]])
                compared += 1
    print(f"{len(files)} files, {compared} columns as expected")
    assert files


def until_read(end, says):
    """Skips the case, visibly, while what ends so is refused with these words."""
    first = next(f for f in sorted(listed("formats")) if f.endswith(end))
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "cat",
                           samples("formats", first)], capture_output=True, text=True, timeout=300,
                          check=False)
    if says in done.stderr:
        raise Skip(done.stderr.strip())


def formats__samples_of_parquet():
    check("formats", "parquet/")


def formats__samples_of_other_programs_parquet():
    check("formats", "thirdparty/")


def formats__samples_of_csv():
    check("formats", "csv/", ".csv")


def formats__samples_of_pickles():
    check("formats", "pickle/", ".pkl")


def formats__samples_of_hdf5():
    check("formats", "hdf5/")


def formats__samples_of_compressed_csv():
    check("formats", "csv/", ".gz")


def formats__samples_of_compressed_pickles():
    check("formats", "pickle/", ".gz")


def formats__samples_of_real_series():
    check("real", "")


def formats__samples_are_all_looked_at():
    """No listed file lies outside the folders of the cases above."""
    files = listed("formats")
    assert len(files) == 139, len(files)
    for file in files:
        folder, end = file.split("/")[0], os.path.splitext(file)[1]
        assert folder in ("parquet", "thirdparty", "hdf5") or \
            (folder, end) in (("csv", ".csv"), ("csv", ".gz"), ("pickle", ".pkl"),
                              ("pickle", ".gz")), file


def formats__info_and_head_work_on_every_sample_with_a_time():
    """Whatever has a time and a number shows both in info and head, in every format."""
    until_read(".h5", "of HDF5 only the variables")
    looked = 0
    for file, rows in listed("formats").items():
        if file.startswith("thirdparty/") or "brotli" in file:
            continue
        path = samples("formats", file)
        if file.endswith("h5py_group_per_variable.h5"):
            path += "#/historical_us_10y_yield"
        assert "2015-01-02" in data("info", path)[0], file
        head = data("head", path, "-n", 3)[0].splitlines()
        assert len(head) == 4 and head[1].startswith("2015-01-02"), (file, head)
        looked += 1
    assert looked > 100, looked


main(globals())
