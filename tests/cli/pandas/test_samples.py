"""Frames and pickles by other writers against what is known to be in them."""
import csv
import math
import os
import sys

import numpy as np

from support import SAMPLES, SKIPPED, head, main

FORMATS = os.path.join(SAMPLES, "formats")


def expected(folder):
    """file -> {column: row of expected.tsv}"""
    files = {}
    with open(os.path.join(FORMATS, "expected.tsv"), newline="") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            if row["file"].startswith(folder) and not row["file"].endswith(".gz"):
                files.setdefault(row["file"], {})[row["column"]] = row
    return files


def check(file, rows):
    names, instants, cells = head(os.path.join(FORMATS, file))
    wanted = {c: r for c, r in rows.items() if r["kind"] in ("num", "int")}
    table = np.array(cells)
    assert len(names) == len(wanted), (file, names)
    for i, (column, row) in enumerate(wanted.items()):
        assert names[i] == column or len(wanted) == 1, (file, names)
        # A long frame, one column, lists its missing rows too.
        assert len(instants) == int(row["rows"]), (file, len(instants))
        values = table[:, i][np.isfinite(table[:, i])]
        assert len(instants) - len(values) == int(row["missing"]), file
        assert math.fsum(values) == float(row["sum"]), (file, column, math.fsum(values))
        for at, x in (("first", table[0, i]), ("last", table[-1, i])):
            assert x == float(row[at]) if row[at] else np.isnan(x), (file, column, at, x)
    for row in rows.values():
        if row["column"] in ("date", "timestamp"):
            assert instants[0] == row["first"] and instants[-1] == row["last"], (file, row)


def samples__pickles_by_other_writers():
    files = expected("pickle/")
    for file, rows in files.items():
        check(file, rows)
    print(len(files), "files agree")


def samples__to_hdf_by_other_writers():
    files = {f: r for f, r in expected("hdf5/pd_").items()}
    for file, rows in files.items():
        check(file, rows)
    print(len(files), "files agree")


if not os.path.isdir(FORMATS):
    print("no samples beside the project")
    sys.exit(SKIPPED)
main(globals())
