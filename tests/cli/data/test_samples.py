"""pulse-data against files by other writers and what is known to be in them."""
import csv
import json
import math
import os
import sys

import pandas as pd

from support import SAMPLES, SKIPPED, run


def expected(folder):
    """file -> {column: row of expected.tsv}, in column order."""
    files = {}
    with open(os.path.join(SAMPLES, folder, "expected.tsv"), newline="") as f:
        for row in csv.DictReader(f, delimiter="\t"):
            files.setdefault(row["file"], {})[row["column"]] = row
    return files


def columns(path):
    """Every variable pulse-data finds: name -> (dates, values), missing left out."""
    found = {}
    info = json.loads(run("info", path, "--json")[0])
    for v in info["variables"]:
        out = run("head", path, "-n", 10**9, "--variable", v["name"])[0].splitlines()
        cells = [line.split(",") for line in out[1:]]
        found[v["name"]] = [(t, float(x)) for t, x in cells if x]
    return found


def check(folder, file, rename=None):
    """All numeric columns, their missing counts, first and last values and exact sums."""
    wanted = {c: r for c, r in expected(folder)[file].items() if r["kind"] in ("num", "int")}
    rows = int(next(iter(wanted.values()))["rows"])
    found = columns(os.path.join(SAMPLES, folder, file))
    for column, row in wanted.items():
        values = [x for _, x in found[(rename or {}).get(column, column)]]
        assert len(values) == rows - int(row["missing"]), (file, column, len(values))
        assert math.fsum(values) == float(row["sum"]), (file, column, math.fsum(values))
        assert values[0] == float(row["first"]), (file, column, values[0])
    times = [r for r in expected(folder)[file].values() if r["kind"] == "ts"]
    if times and times[0]["first"]:
        firsts = [v[0][0] for v in found.values() if v]
        assert min(firsts) >= times[0]["first"], (file, firsts)
        assert max(v[-1][0] for v in found.values() if v) <= times[0]["last"]
    return found


def samples__csv_of_other_writers():
    for file in ("fred_DGS10", "fred_observation_date", "wide_pandas", "wide_dtindex_pandas",
                 "wide_rangeindex_pandas", "wide_quotes_crlf_bom", "yahoo_GSPC"):
        check("formats", f"csv/{file}.csv")
    check("formats", "csv/long_iso_pandas.csv", {"value": "long_iso_pandas"})


def samples__csv_agrees_with_pandas_cell_by_cell():
    path = os.path.join(SAMPLES, "real", "wide.csv")
    theirs = pd.read_csv(path, index_col="date", parse_dates=["date"], float_precision="round_trip")
    ours = columns(path)
    assert list(ours) == list(theirs.columns)
    for name, seen in ours.items():
        column = theirs[name].dropna()
        assert [x for _, x in seen] == list(column.values)
        assert [t for t, _ in seen] == [t.isoformat() for t in column.index]


def samples__hdf5_of_h5py():
    for file in ("wide_contiguous", "wide_gzip_shuffle", "wide_gzip_fletcher_latest"):
        check("formats", f"hdf5/h5py_{file}.h5")
    for file in ("compound_isofixed", "vlen_dates_f32"):
        check("formats", f"hdf5/h5py_{file}.h5", {"value": f"h5py_{file}"})
    check("formats", "hdf5/h5py_group_per_variable.h5", {"value": "us_10y_yield"})
    check("formats", "hdf5/pytables_table.h5", {"value": "pytables_table"})


def samples__real_series_in_both_formats():
    by_csv, by_h5 = check("real", "wide.csv"), check("real", "wide.h5")
    assert by_csv == by_h5


if not os.path.isdir(SAMPLES):
    print(f"skipped: no samples at {SAMPLES}")
    sys.exit(SKIPPED)
sys.exit(globals()[sys.argv[3]]() or 0)
