"""HDF5 whose parts do not fit each other, by what is wrong: an error, or a warning that names what is left out."""
import h5py
import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

DAYS = (np.arange(30) + 18000) * 86400 * 10**9


def write(path, **datasets):
    with h5py.File(path, "w") as f:
        for name, values in datasets.items():
            f[name] = values
    return path


def damaged__h5_times_alone_are_an_error():
    """Wrong length, rank or type; a matrix of another number of rows and columns."""
    for values in (np.arange(29.0), np.arange(31), np.zeros((30, 2, 2)), np.zeros(30) * 1j, np.zeros((29, 3)),
                   np.float64(3)):
        write("x.h5", date=DAYS, value=values)
        for command in ("cat", "info", "head"):
            refused(command, "x.h5", says="x.h5")
        refused("cat", "x.h5", says="value")
        refused("convert", "x.h5", "y.csv", says="value")


def damaged__h5_what_does_not_fit_is_named():
    write("x.h5", date=DAYS, a=np.arange(30.0), b=np.arange(29.0), level=np.zeros((30, 2, 2)), one=np.float64(1))
    out, err = run("pulse-data", "cat", "x.h5")
    assert out.split()[0] == "date,a" and len(out.split()) == 31
    assert err.count("\n") == 1 and all(f" {name}" in err for name in ("b (29 for 30 rows),", "level (3 dimensions),", "one (a single one):")), err


def damaged__h5_names_that_do_not_fit_the_matrix_are_an_error():
    for columns in (["a"], ["a", "b", "c"]):
        write("x.h5", date=DAYS, values=np.zeros((30, 2)), columns=columns)
        for command in ("cat", "info", "head"):
            refused(command, "x.h5", says="names than columns")


def damaged__h5_matrices_without_names_are_numbered():
    write("x.h5", date=DAYS, values=np.arange(60.0).reshape(30, 2))
    assert list(cat("x.h5")) == ["date", "c0", "c1"] and cat("x.h5")["c1"][:2] == ["1", "3"]
    assert data("head", "x.h5", "-v", "c1", "-n", "1")[0].split() == ["date,c1", "2019-04-14T00:00:00,1"]
    with h5py.File("y.h5", "w") as f:
        f["deep/timestamp"] = DAYS
        f["deep/x"] = np.arange(90, dtype="i4").reshape(30, 3)
    assert data("info", "y.h5")[0].startswith("y.h5: 3 variables, 30 rows")
    with h5py.File("z.h5", "w") as f:
        f["m"] = np.arange(4.0).reshape(2, 2)
    assert cat("z.h5") == {"c0": ["0", "2"], "c1": ["1", "3"]}


def damaged__h5_blocks_of_pandas_that_do_not_fit():
    frame = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0)}, index=pd.date_range("2020-01-01", periods=30))
    for values in (np.zeros((29, 2)), np.zeros((30, 3)), np.zeros((30, 2, 2)), np.zeros(30)):
        frame.to_hdf("x.h5", "x", mode="w")
        with h5py.File("x.h5", "r+") as f:
            attributes = dict(f["x/block0_values"].attrs)
            del f["x/block0_values"]
            f["x/block0_values"] = values
            f["x/block0_values"].attrs.update(attributes)
        for command in ("cat", "info", "head"):
            refused(command, "x.h5", says="block0_")
    frame["a"].to_hdf("s.h5", "x", mode="w")
    with h5py.File("s.h5", "r+") as f:
        del f["x/values"]
        f["x/values"] = np.zeros(30) * 1j
    for command in ("cat", "info", "head"):
        refused(command, "s.h5", says="s.h5")


main({name: case for name, case in globals().items() if name.startswith("damaged__")})
