"""Random frames of every dtype, written by pandas, through `pulse-data cat`, against the frame."""
import string

import numpy as np
import pandas as pd

from support import Skip, cat, data, main

SEEDS = range(12)
LETTERS = string.ascii_letters + string.digits + " ,;\"'\n\t.é€漢😀"


def texts(random, rows):
    """Words that look like nothing else; a line feed or quote may be in them."""
    out = []
    for _ in range(rows):
        word = "".join(random.choice(list(LETTERS), random.integers(0, 12)))
        out.append("w" + word + "w")
    return out


def some_missing(random, values, missing=None):
    values = list(values)
    for i in np.flatnonzero(random.random(len(values)) < 0.15):
        values[i] = missing
    return values


def instants(random, rows):
    return pd.to_datetime(random.integers(-2**62, 2**62, rows))


def column(random, rows, what):
    """One column of the sort `what`."""
    if what[0] in "iu":
        info = np.iinfo(what)
        return pd.Series(random.integers(info.min, info.max, rows, dtype=what, endpoint=True))
    if what[0] == "f":
        with np.errstate(over="ignore"):
            values = (random.normal(size=rows) * 10.0 ** random.integers(-30, 30, rows)).astype(what)
        values[random.random(rows) < 0.2] = np.nan
        return pd.Series(values)
    if what == "bool":
        return pd.Series(random.random(rows) < 0.5)
    if what == "text":
        return pd.Series(some_missing(random, texts(random, rows)), dtype=object)
    if what == "time":
        return pd.Series(instants(random, rows)).where(random.random(rows) < 0.9)
    if what == "zone":
        return pd.Series(pd.to_datetime(random.integers(0, 2**60, rows), utc=True))
    if what == "Int64":
        return pd.Series(some_missing(random, random.integers(-9, 9, rows).tolist(), pd.NA),
                         dtype="Int64")
    if what == "Float64":
        return pd.Series(some_missing(random, random.normal(size=rows).tolist(), pd.NA),
                         dtype="Float64")
    if what == "boolean":
        return pd.Series(some_missing(random, (random.random(rows) < 0.5).tolist(), pd.NA),
                         dtype="boolean")
    if what == "string":
        return pd.Series(some_missing(random, texts(random, rows), pd.NA), dtype="string")
    if what == "category":
        return pd.Series(pd.Categorical(some_missing(random, texts(random, 5) * (rows // 5 + 1))[:rows]))
    if what == "codes":
        return pd.Series(pd.Categorical(some_missing(random, random.integers(-5, 5, rows).tolist())))
    assert what == "objects"  # integers that pandas keeps as objects, beside None
    return pd.Series(some_missing(random, random.integers(-2**40, 2**40, rows).tolist()),
                     dtype=object)


SORTS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "bool", "text", "time",
         "zone", "Int64", "Float64", "boolean", "string", "objects", "category", "codes"]


def frame(seed, sorts=tuple(SORTS)):
    random = np.random.default_rng(seed)
    rows = int(random.choice([1, 2, 50, 400]))
    chosen = [sorts[i] for i in random.integers(0, len(sorts), random.integers(2, 30))]
    made = pd.DataFrame({f"c{i} {what}": column(random, rows, what) for i, what in enumerate(chosen)})
    kind = random.integers(0, 3)
    if kind == 1:
        made.index = pd.DatetimeIndex(instants(random, rows), name="when")
    if kind == 2:
        made.index = pd.Index(texts(random, rows), name="key")
    print("seed", seed, made.shape, kind)
    return made


def same(cell, value, what):
    if pd.isna(value):
        return cell == ""
    if what in ("time", "zone") or isinstance(value, pd.Timestamp):
        found = pd.Timestamp(cell)
        return found == (value.tz_convert("UTC").tz_localize(None) if value.tzinfo else value)
    if what in ("f2", "f4"):
        narrow = np.dtype(what).type
        return narrow(cell) == value if np.isfinite(value) else cell == ""
    if what in ("bool", "boolean"):
        return cell == ("true" if value else "false")
    if isinstance(value, str):
        return cell == value
    if what in ("f8", "Float64"):
        return float(cell) == value
    return int(cell) == int(value)


def check(path, made, index=True, *options):
    cells = cat(path, *options)
    wanted = list(made.columns)
    if index and not isinstance(made.index, pd.RangeIndex):
        wanted.insert(0, made.index.name)
        made = made.reset_index()
    assert list(cells) == wanted, (path, list(cells), wanted)
    for name in wanted:
        what = name.split()[-1]
        assert len(cells[name]) == len(made), (path, name)
        for row, (cell, value) in enumerate(zip(cells[name], made[name])):
            assert same(cell, value, what), (path, name, row, cell, value)


def round_trip__pickles_of_every_dtype():
    for seed in SEEDS:
        made = frame(seed)
        for protocol in (2, 3, 4, 5):
            made.to_pickle("x.pkl", protocol=protocol)
            check("x.pkl", made)


def round_trip__pickles_whose_columns_are_numbered():
    random = np.random.default_rng(3)
    days = pd.date_range("2015-01-01", periods=20, name="when")
    for columns in (None, [7, -3, 2**40], pd.RangeIndex(5, 14, 3)):
        made = pd.DataFrame(random.normal(size=(20, 3)), index=days, columns=columns)
        made.to_pickle("x.pkl")
        cells = cat("x.pkl")
        assert list(cells) == ["when", *map(str, made.columns)], list(cells)
        for name in made.columns:
            assert [float(x) for x in cells[str(name)]] == list(made[name])
        head = data("head", "x.pkl", "-n", 1)[0].splitlines()[0]
        assert head == "date," + ",".join(map(str, made.columns)), head


def round_trip__csv_of_every_dtype():
    """The index of rows is a column like others here; whole numbers and times as pandas prints."""
    for seed in SEEDS:
        made = frame(seed)
        made.to_csv("x.csv", index=not isinstance(made.index, pd.RangeIndex))
        check("x.csv", made)


def round_trip__csv_in_other_dress():
    for seed in SEEDS:
        made = frame(seed)
        index = not isinstance(made.index, pd.RangeIndex)
        made.to_csv("x.tsv", sep="\t", index=index)
        check("x.tsv", made)
        made.to_csv("x.csv", sep=";", index=index, quoting=1, line_terminator="\r\n",
                    encoding="utf-8-sig")
        check("x.csv", made)


def round_trip__csv_of_what_cat_printed_is_the_same():
    for seed in SEEDS:
        frame(seed, [s for s in SORTS if s not in ("f2", "f4")]).to_pickle("x.pkl")
        once = data("cat", "x.pkl")[0]
        with open("once.csv", "w", encoding="utf-8", newline="") as f:
            f.write(once)
        assert data("cat", "once.csv")[0] == once, seed


NAMES = ["nan", "1", "a.b", "a b", " lead", "trail ", "a,b", 'q"uote', "é漢😀", "tab\tx", "NA", "null", "-", "x;y",
         "#hash", "%", "2020-01-01", "a\\b", "'single'", "A" * 200]


def round_trip__panels_through_every_format_keep_every_bit():
    """Odd names, gaps, zones; CSV has a zone's times as text with offsets where its clocks change."""
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        rows, columns = int(random.choice([1, 2, 30, 200])), int(random.integers(2, 8))
        frequency = ("D", "B", "H")[seed % 3]
        days = random.choice(pd.date_range("1990-01-01", periods=3000, freq=frequency), rows, replace=False)
        days = pd.DatetimeIndex(np.sort(days), name="date", tz=(None, "Asia/Tokyo", "UTC", None)[seed % 4])
        values = random.normal(size=(rows, columns)) * 10.0 ** random.integers(-300, 300, (rows, columns))
        values[random.random((rows, columns)) < 0.2] = np.nan
        names = [NAMES[i] for i in random.permutation(len(NAMES))[:columns]]
        pd.DataFrame(values, days, names).to_pickle("0.pkl")
        chain = ["0.pkl", "1.csv", "2.parquet", "3.h5", "4.pkl", "5.csv"]
        for source, target in zip(chain, chain[1:]):
            data("convert", source, target)
            assert data("cat", target)[0] == data("cat", "0.pkl")[0], (seed, target, names)
        found = [[float(cell) if cell else np.nan for cell in cat("5.csv")[name]] for name in names]
        np.testing.assert_array_equal(np.array(found).T, values)


HDF5_SORTS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "f4", "f8", "bool", "text", "time"]


def needs_tables():
    try:
        import tables  # noqa: F401
    except ImportError as why:
        raise Skip("PyTables is not here") from why


def round_trip__hdf5_fixed_frames_of_every_dtype():
    needs_tables()
    for seed in SEEDS:
        made = frame(seed, HDF5_SORTS)
        made.to_hdf("x.h5", key="data", mode="w", format="fixed")
        check("x.h5", made)


def round_trip__hdf5_table_frames_of_every_dtype():
    """A missing text is the text nan there, which pandas reads as missing, and so does cat."""
    needs_tables()
    for seed in SEEDS:
        made = frame(seed, (*HDF5_SORTS, "category", "codes"))
        made.to_hdf("x.h5", key="a/b/data", mode="w", format="table", complevel=int(seed) % 3,
                    data_columns=list(made.columns) if seed % 2 else None)
        check("x.h5", made)


def round_trip__hdf5_vectors_and_compounds_by_h5py():
    import h5py
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        rows = 300
        made = pd.DataFrame({f"{what} {what}": column(random, rows, what)
                             for what in ("i1", "i4", "i8", "u2", "u8", "f4", "f8", "bool")})
        made.insert(0, "date", instants(random, rows))
        kinds = {name: made[name].to_numpy().dtype for name in made.columns[1:]}
        with h5py.File("x.h5", "w") as f:
            group = f.create_group("g")
            group["date"] = made["date"].astype("i8").to_numpy()
            for name in made.columns[1:]:
                group.create_dataset(name, data=made[name].to_numpy(), compression="gzip", shuffle=True)
        assert_columns("x.h5", made)
        rows_of = np.zeros(rows, dtype=[("date", "i8"), *[(n, k) for n, k in kinds.items()]])
        for name in made.columns:
            rows_of[name] = made[name].astype("i8") if name == "date" else made[name]
        with h5py.File("y.h5", "w") as f:
            f["data"] = rows_of
        assert_columns("y.h5", made)


def assert_columns(path, made):
    """The same columns, in whatever order the file keeps them."""
    cells = cat(path)
    assert sorted(cells) == sorted(made.columns), (path, list(cells))
    for name in made.columns:
        what = "time" if name == "date" else name.split()[-1]
        for row, (cell, value) in enumerate(zip(cells[name], made[name])):
            assert same(cell, value, what), (path, name, row, cell, value)


main(globals())
