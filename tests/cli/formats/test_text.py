"""Numbers that are written as text, in every format that can hold text: read as CSV's are, by the same
options, or refused with row, column, cell and what reads it; what holds none is left out by name."""
import json
import os
import pathlib
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parquet"))
import writer  # noqa: E402

STRING = {6: 0}
DAYS = pd.bdate_range("2020-01-01", periods=300)


def cells(values):
    return ["" if x is None else str(x) for x in values]


# ---- The same columns in each format --------------------------------------------------------------


def as_csv(path, columns, days):
    frame = pd.DataFrame({"date": days.strftime("%Y-%m-%d"), **columns})
    for name in frame:
        frame[name] = [f"{x:g}" if isinstance(x, float) and x == int(x) else x for x in frame[name]]
    frame.to_csv(path + ".csv", index=False)
    return path + ".csv"


def as_parquet(path, columns, days, **options):
    def column(name, values):
        if all(isinstance(x, float) for x in values):
            return writer.Column(name, writer.DOUBLE, values)
        return writer.Column(name, writer.BYTE_ARRAY, [None if x is None else x.encode() for x in values], STRING)
    stamps = writer.Column("date", writer.INT32, [(d - pd.Timestamp(0)).days for d in days], {6: 6})
    writer.write(path + ".parquet", [stamps, *(column(*c) for c in columns.items())], **options)
    return path + ".parquet"


def as_parquet_groups(path, columns, days):
    return as_parquet(path + "g", columns, days, group_rows=7, page_rows=3, version=2, zipped=True)


def as_vectors(path, columns, days):
    with h5py.File(path + ".h5", "w") as f:
        f.create_dataset("date", data=days.strftime("%Y-%m-%d").tolist(), dtype=h5py.string_dtype())
        for name, values in columns.items():
            if all(isinstance(x, float) for x in values):
                f[name] = values
            else:
                f.create_dataset(name, data=cells(values), dtype=h5py.string_dtype())
    return path + ".h5"


def as_compounds(path, columns, days):
    kinds = [("date", "S10")] + [(name, "f8" if all(isinstance(x, float) for x in values) else "S40")
                                 for name, values in columns.items()]
    rows = zip(days.strftime("%Y-%m-%d"), *([x if isinstance(x, float) else (x or "").encode() for x in values]
                                            for values in columns.values()))
    with h5py.File(path + "c.h5", "w") as f:
        f["t"] = np.array([tuple(row) for row in rows], dtype=kinds)
    return path + "c.h5"


def as_pickle(path, columns, days):
    pd.DataFrame(columns, index=days).to_pickle(path + ".pkl")
    return path + ".pkl"


FORMATS = (as_csv, as_parquet, as_parquet_groups, as_vectors, as_compounds, as_pickle)


def forms(columns, days=DAYS):
    """The path of each format's file with these columns, and perhaps those of pandas' HDF5."""
    days = days[:len(next(iter(columns.values())))]
    paths = [make("x", columns, days) for make in FORMATS]
    try:
        frame = pd.DataFrame(columns, index=days)
        warnings.simplefilter("ignore", pd.errors.PerformanceWarning)
        frame.to_hdf("fixed.h5", key="k")
        frame.fillna("").to_hdf("table.h5", key="k", format="table")
        paths += ["fixed.h5", "table.h5"]
    except ImportError:  # no PyTables
        pass
    return paths


def values(path, *options):
    lines = data("head", path, "-n", 1000, *options)[0].splitlines()
    names = lines[0].split(",")[1:]
    rows = [[float(x) if x else None for x in line.split(",")[1:]] for line in lines[1:]]
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


# ---- Cases ----------------------------------------------------------------------------------------


def text__numbers_mean_the_same_in_every_format():
    for column, options, want in (
            (["1.5", "2", None, "-3e4"], (), [1.5, 2, None, -3e4]),
            ([None, None, "..", "0.1"], (), [None, None, None, 0.1]),
            (["1.5%", "..", "-2%", "(3)%"], (), [1.5, None, -2, -3]),
            (["$1.50", "$2M", "-$3", "($4)"], (), [1.5, 2e6, -3, -4]),
            (["−12.5", "3.58M", "950K", "1.2bn"], (), [-12.5, 3.58e6, 950e3, 1.2e9]),
            (["–12.5", "–", "—", "3"], (), [-12.5, None, None, 3]),
            (["2k", "1.5 bn", "1T", "0.5K"], (), [2000, 1.5e9, 1e12, 500]),
            (["n.v.", "1", "2", "gone"], ("--missing", "n.v.,gone"), [None, 1, 2, None]),
            (["1.234,5", "2", "3,5", "4"], ("--thousands", "point", "--decimal", "comma"), [1234.5, 2, 3.5, 4]),
            (["1 234", "2 000 000", "3", "4"], ("--thousands", "space"), [1234, 2e6, 3, 4])):
        for path in forms({"px": [5.0, 6.0, 7.0, 8.0], "x": column}):
            assert values(path, *options) == {"px": [5, 6, 7, 8], "x": want}, (path, column)


def text__a_letter_apart_is_no_multiple():
    """1.2 M may be a mark and 288.1 K a temperature; only a letter that touches its number says how large it is."""
    for letter in "K", "k", "M", "B", "T":
        for path in forms({"px": [5.0, 6.0], "x": [f"288.1 {letter}", f"290 {letter}"]}):
            refused("info", path, says=(f"'288.1 {letter}' in column 'x' is no number", "touch their number, as 1.2M"))


def text__truth_among_numbers_is_not_said_to_be_missing():
    for word in "TRUE", "False":
        for path in forms({"px": [5.0, 6.0, 7.0], "x": [word, "1", "0"]}):
            out, err = data("info", path, code=2)
            assert "write 1 and 0 for true and false" in err and "--missing" not in out + err, (path, out, err)


def text__numbers_that_are_declared_missing_are_so_in_every_format():
    """By what a cell says and by its value, as by na_values of pandas; also where numbers are stored as numbers."""
    columns = {"px": [-999.0, 6.0, -99.99, 8.0, 9.0], "x": ["1.5", "-999", "-999.0", "-99.99", "-9"]}
    for path in forms(columns):
        got = values(path, "--missing=n.v.,-999,-99.99")
        assert got == {"px": [None, 6, None, 8, 9], "x": [1.5, None, None, None, -9]}, (path, got)
        shown = json.loads(data("info", path, "--json", "--missing=-999,-99.99")[0])["variables"]
        assert [v["missing"] for v in shown] == [2, 3], (path, shown)
        assert cat(path, "--missing=-999,-99.99")["px"] == ["", "6", "", "8", "9"], path
        assert values(path)["px"][0] == -999, path
    whole = pd.DataFrame({"n": np.array([1, -999, 3]), "u": np.array([2**64 - 999, 999, 3], dtype="u8"),
                          "f": np.array([-99.99, 1, 2], dtype="f4")}, index=DAYS[:3])
    whole.to_pickle("whole.pkl")
    data("convert", "whole.pkl", "whole.parquet")
    for path in ("whole.pkl", "whole.parquet"):
        got = cat(path, "--missing=-999,999,-99.99")
        assert (got["n"], got["u"], got["f"]) == (["1", "", "3"], [str(2**64 - 999), "", "3"], ["", "1", "2"]), (path, got)


def text__a_file_of_text_alone_is_read():
    for path in forms({"a": ["1", "2", "3"], "b": ["4.5", "n/a", "6"]}):
        assert values(path) == {"a": [1, 2, 3], "b": [4.5, None, 6]}, path


def text__what_is_no_number_is_an_error_with_its_cell():
    px = [5.0, 6.0, 7.0, 8.0]
    for column, row, cell, advice in (
            (["1", "2", "101.2 b", "4"], 2, "'101.2 b'", "is no number"),
            (["1", "2", "closed", "4"], 2, "'closed'", "--missing 'closed'"),
            (["1", "3.579.615", "2", "4"], 1, "'3.579.615'", "--thousands point"),
            (["1,5", "2,5", "3", "4"], 0, "'1,5'", "--decimal comma"),
            (["1", "2%", "3", "4"], 1, "'2%'", "write all alike"),
            (["100bp", "90bp", "80bp", "4"], 0, "'100bp'", "is no number")):
        for path in forms({"px": px, "x": column}):
            where = f"line {row + 2}" if path.endswith(".csv") else f"row {row}"
            refused("info", path, says=(where, "column 'x'", cell, advice))
            assert values(path, "-v", "px") == {"px": px}, path


def text__a_number_far_down_a_column_of_words_is_an_error():
    """As in CSV: only where every variable is wanted."""
    n = 200
    columns = {"px": [float(i) for i in range(n)], "note": ["ok"] * (n - 1) + ["7"]}
    for i, path in enumerate(forms(columns)):
        train = ("pulse-train", "--data", path, "--output", f"out{i}", "--no-report", "--no-progress", "--min-history",
                 60, "--burn-in", 10, "--end-date", "2021-01-01")
        if path.endswith((".csv", ".parquet", "x.h5", "xc.h5")):
            if not path.startswith("x.csv"):  # whose sample holds all of it
                err = run(*train, code=2)[1]
                assert "'7' in column 'note'" in err or "'ok' in column 'note'" in err, err
            run(*train, "--variables", "px")


def text__columns_without_a_number_are_left_out_by_name():
    for words in (["a", "b", None, "d"], [None] * 4, ["2020-01-01", "20200102", "2020-01-03", None]):
        for path in forms({"px": [0.5, 1.5, 2.5, 3.5], "note": words}):
            facts = json.loads(data("info", "--json", path)[0])
            assert [v["name"] for v in facts["variables"]] == ["px"] and facts["left_out"] == ["note"], (path, facts)


def text__no_row_one_row_and_columns_of_one_name():
    for path in forms({"px": [1.5], "x": ["2%"]}):
        assert values(path) == {"px": [1.5], "x": [2]}, path
    as_parquet("none", {"px": [], "x": []}, DAYS[:0])
    assert data("head", "none.parquet")[0].splitlines() == ["date,px,x"]


def text__trains_the_same_bits_on_any_ranks():
    random = np.random.default_rng(5)
    walk = random.normal(size=(2, len(DAYS))).cumsum(axis=1).round(3) + 50
    text = {"a": [f"{x}%" for x in walk[0]], "b": [str(x) for x in walk[1]]}
    as_csv("numbers", {"a": walk[0], "b": walk[1]}, DAYS)
    seen = set()
    for path in ["numbers.csv", *forms(text)]:
        for ranks in (1, 3) if path.endswith((".parquet", "x.h5")) else (1,):
            subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks), os.path.join(os.environ["PULSE_BIN"], "pulse-train"),
                            "--data", path, "--output", f"{path}{ranks}", "--no-report", "--no-checkpoint", "--no-progress",
                            "--min-history", "60", "--burn-in", "10", "--end-date", "2022-01-01"], check=True,
                           capture_output=True)
            with h5py.File(f"{path}{ranks}/results.h5") as f:
                seen.add(f["predictions/predicted"][()].tobytes())
    assert len(seen) == 1, len(seen)


def text__cat_keeps_it_as_text():
    for path in forms({"px": [0.5, 1.5], "x": ["1%", "(2)%"]}):
        if not path.endswith(".csv"):
            assert cat(path)["x"] == ["1%", "(2)%"], path


main(globals())
