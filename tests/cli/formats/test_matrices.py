"""HDF5 as h5py's users write it: matrices either way round, times of any name and form, no rows, and datasets that
contradict each other."""
import json
import os
import subprocess
import zlib

import h5py
import numpy as np
import pandas as pd

from support import Skip, cat, data, main, refused

DAYS = pd.bdate_range("2020-01-01", periods=50)
TEXT = np.array([str(d.date()).encode() for d in DAYS])
VALUES = np.random.default_rng(3).normal(size=(50, 3)).round(6)
NAMES = np.array([b"a", b"b", b"c"])


def write(path="x.h5", group="/", attributes=None, **datasets):
    with h5py.File(path, "w") as f:
        for name, value in datasets.items():
            f.require_group(group)
            options = {}
            if isinstance(value, tuple):
                value, options = value
            f[group].create_dataset(name, data=value, **options)
        for name, (key, value) in (attributes or {}).items():
            f[group][name].attrs[key] = value
    return path


def table(path="x.h5", *options):
    """Names, days and values that head shows, and that cat shows too."""
    lines = [line.split(",") for line in data("head", path, "-n", 1000, *options)[0].split("\n")[:-1]]
    values = np.array([[float(x) if x else np.nan for x in line[1:]] for line in lines[1:]])
    shown = cat(path, *options)
    for i, name in enumerate(lines[0][1:]):
        np.testing.assert_array_equal(np.array([float(x) if x else np.nan for x in shown[name]]), values[:, i])
    return lines[0][1:], [line[0][:10] for line in lines[1:]], values


def check(path="x.h5", *options, names=("a", "b", "c"), values=VALUES):
    found, days, numbers = table(path, *options)
    assert found == list(names) and days == [t.decode() for t in TEXT[:len(days)]], (found, days[:2])
    np.testing.assert_array_equal(numbers, values)


def matrices__columns_by_rows_are_read_as_rows_by_columns():
    for times in (TEXT, DAYS.asi8):
        for options in ({}, {"chunks": (2, 7), "compression": "gzip"}, {"chunks": (1, 50)}):
            check(write(dates=times, names=NAMES, values=(VALUES.T, options)))
            check(write(dates=times, names=NAMES, values=(VALUES, options and {"chunks": (7, 2)})))
    check(write(group="/g", date=TEXT, columns=NAMES, v=VALUES.T.astype(">f8")))
    check(write(date=TEXT, v=VALUES.T), names=("c0", "c1", "c2"))
    check(write(date=TEXT, names=NAMES[:1], v=VALUES[:, :1].T), names=("a",), values=VALUES[:, :1])
    check(write(date=TEXT[:1], names=NAMES, v=VALUES[:1].T), values=VALUES[:1])
    packed = (VALUES.T * 100).round().astype("i2")
    with h5py.File(write(date=TEXT, names=NAMES, v=packed), "a") as f:
        f["v"].attrs["scale_factor"] = 0.5
    check("x.h5", values=packed.T * 0.5)


def matlab(path="x.h5", packed=False, **variables):
    """As save -v7.3 stores them: everything a matrix, columns × rows, with its class."""
    with h5py.File(path, "w", userblock_size=512) as f:
        for name, value in variables.items():
            value = np.atleast_2d(np.asarray(value, float)).T
            options = {"compression": "gzip", "chunks": tuple(min(7, n) for n in value.shape)} if packed else {}
            f.create_dataset(name, data=value, **options).attrs["MATLAB_class"] = np.bytes_("double")
    return path


def matrices__vectors_of_matlab_are_rows_or_columns():
    posix = DAYS.asi8 / 1e9
    dates = [float(d.strftime("%Y%m%d")) for d in DAYS]
    column, row = (lambda x: np.reshape(x, (-1, 1))), (lambda x: np.reshape(x, (1, -1)))
    for packed in (False, True):
        for times in (row, column):
            check(matlab(packed=packed, date=times(dates), a=row(VALUES[:, 0]), b=column(VALUES[:, 1]), c=row(VALUES[:, 2])))
            check(matlab(packed=packed, date=times(dates), prices=VALUES), names=("c0", "c1", "c2"))
            check(matlab(packed=packed, date=times(posix), a=row(VALUES[:, 0])), "--time-unit", "s", names=("a",),
                  values=VALUES[:, :1])
            refused("info", "x.h5", says="--time-unit")
            assert len(cat(matlab(packed=packed, t=times(dates), a=row(VALUES[:, 0])))["a"]) == 50
    check(matlab(date=[[dates[0]]], a=VALUES[:1, :1], b=VALUES[:1, 1:2], c=VALUES[:1, 2:]), values=VALUES[:1])
    check(matlab(date=row(dates), price=column(VALUES[:, 0])), names=("price",), values=VALUES[:, :1])
    serial = (DAYS - pd.Timestamp("1970-01-01")).days + 719529.0
    refused("info", matlab(date=row(serial), a=row(VALUES[:, 0])), says="'ConvertFrom','datenum'")
    matlab(date=row(dates), a=row(VALUES[:, 0]), other=row(VALUES[:7, 0]))
    assert "1 object is no column beside the time and is left out: other" in data("info", "x.h5")[0]


def matrices__letters_of_matlab_and_complex_numbers_are_none():
    """MATLAB stores text as the numbers of its letters, a row or a column each."""
    dates = [[float(d.strftime("%Y%m%d")) for d in DAYS]]
    letters = np.array([list(t) for t in TEXT], dtype="u2")
    for label in (letters, letters.T, letters[:, :1], letters[:1].T):
        matlab(date=dates, px=VALUES[:, :1])
        with h5py.File("x.h5", "a") as f:
            f["label"] = label
            f["label"].attrs["MATLAB_class"] = np.bytes_("char")
        assert list(cat("x.h5", warns="label: no column of cells")) == ["date", "px"]
        assert "1 column holds no number and is left out: label\n" in data("info", "x.h5")[0]
        assert data("head", "-n", "1", "x.h5")[0].startswith("date,px\n")
    for parts in (("r", "i"), ("real", "imag")):  # no table of two columns
        write(dates=TEXT, a=VALUES[:, 0], z=np.zeros(50, [(name, "f8") for name in parts]))
        assert list(cat("x.h5", warns="z: no column of cells")) == ["dates", "a"]
        assert "left out: z\n" in data("info", "x.h5")[0]


def matrices__packed_chunks_are_the_values_that_were_packed():
    values = VALUES.copy()
    values[5:9, 1] = np.nan
    values[20, 0] = np.inf
    shown = np.where(np.isinf(values), np.nan, values)
    packed = [{"compression": "gzip", "shuffle": shuffle, "chunks": chunks}
              for chunks in ((7, 2), (50, 3), (64, 4)) for shuffle in (True, False)]
    packed += [{**packed[0], "chunks": (1, 1)}, {**packed[0], "fletcher32": True}]
    for options in packed:
        more = {"maxshape": (None, None)} if options["chunks"] == (64, 4) else {}
        check(write(date=TEXT, names=NAMES, v=(values, {**options, **more})), values=shown)
    eighths = (VALUES * 8).round() / 8
    check(write(date=TEXT, names=NAMES, v=(eighths.astype("f4"), packed[0])), values=eighths)
    check(write(date=TEXT, names=NAMES, v=(VALUES.astype(">f8"), packed[0])))
    check(write(date=TEXT, names=NAMES[:1], v=(VALUES[:, :1], {**packed[0], "chunks": (9, 1)})), names=("a",),
          values=VALUES[:, :1])
    with h5py.File(write(date=TEXT, names=NAMES, v=(VALUES, packed[0])), "a") as f:
        f["v"].attrs["scale_factor"] = 0.5
    check(values=VALUES * 0.5)


def matrices__chunks_that_skip_their_filters_are_absent_or_broken():
    def made(chunk=None, skipped=0, at=(0, 0)):
        with h5py.File(write(date=TEXT, names=NAMES), "a") as f:
            v = f.create_dataset("v", (50, 3), "f8", chunks=(10, 3), compression="gzip", shuffle=True, fillvalue=0.5)
            v[10:40] = VALUES[10:40]
            if chunk is not None:
                v.id.write_direct_chunk(at, chunk, filter_mask=skipped)
        return expected.copy()

    expected = np.full((50, 3), 0.5)
    expected[10:40] = VALUES[10:40]
    made()
    check(values=expected)
    plain = VALUES[:10].tobytes()
    for chunk, skipped in ((plain, 3), (zlib.compress(plain), 1)):
        numbers = made(chunk, skipped)
        numbers[:10] = VALUES[:10]
        check(values=numbers)
    good = zlib.compress(np.frombuffer(plain, "u1").reshape(-1, 8).T.tobytes())
    for broken in (good[:-9], good[:-4] + b"1234", b"no stream of zlib", good[:30] + bytes(9) + good[39:]):
        made(broken, at=(20, 0))
        refused("cat", "x.h5", says=("/v", "truncated or corrupted"))


def matrices__training_is_the_same_either_way_round_on_any_ranks():
    results = []
    packed = {"compression": "gzip", "shuffle": True, "chunks": (7, 2)}
    for values, ranks in ((VALUES, 1), (VALUES.T, 1), ((VALUES, packed), 1), ((VALUES, packed), 2), ((VALUES, packed), 5)):
        write(dates=DAYS.asi8, names=NAMES, values=values)
        subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks), os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data",
             "x.h5", "--output", "out", "--min-history", "20", "--burn-in", "5", "--no-report", "--no-progress",
             "--no-checkpoint", "--end-date", "2100-01-01"], check=True, capture_output=True, timeout=300)
        with h5py.File("out/results.h5") as f:
            results.append(f["predictions/predicted"][()].tobytes())
        os.rename("out/results.h5", "before.h5")
    assert len(set(results)) == 1


def matrices__a_square_one_says_which_way_it_lies():
    dates, names, values = TEXT[:3], NAMES, VALUES[:3]
    write(dates=dates, names=names, values=values)
    for command in ("info", "head", "cat"):
        refused(command, "x.h5", says=("/values", "square matrix", "'axes'"))
    for axes, stored in ((["dates", "names"], values), (["names", "dates"], values.T)):
        check(write(dates=dates, names=names, values=stored, attributes={"values": ("axes", axes)}), values=values)
    write(dates=dates, names=names, values=values, attributes={"values": ("axes", ["x", "y"])})
    refused("info", "x.h5", says="square matrix")
    check(write(dates=dates[:1], names=names[:1], values=values[:1, :1]), names=("a",), values=values[:1, :1])


def matrices__the_time_may_have_any_name_and_form():
    other = np.array([d.strftime("%d/%m/%Y").encode() for d in DAYS])
    for stored in (other, np.array([t.decode() for t in other], dtype=h5py.string_dtype())):
        write(seen=stored, a=VALUES[:, 0], b=VALUES[:, 1])
        refused("info", "x.h5", says="see --time")
        refused("info", "x.h5", "--time", "seen", says=("row 0", "--date-format '%d/%m/%Y'"))
        found = data("head", "x.h5", "--time", "seen", "--date-format", "%d/%m/%Y", "-n", 1)[0].split("\n")
        assert found[0] == "date,a,b" and found[1].startswith("2020-01-01"), found
    write(kdy=DAYS.asi8, date=DAYS.asi8[::-1].copy(), a=VALUES[:, 0])
    assert data("head", "x.h5", "-n", 1)[0].split("\n")[1].startswith(str(DAYS[-1].date()))
    assert data("head", "x.h5", "--time", "kdy", "-n", 1)[0].split("\n")[1].startswith("2020-01-01")
    rows = np.zeros(50, [("seen", "S10"), ("a", "f8")])
    rows["seen"], rows["a"] = other, VALUES[:, 0]
    write(t=rows)
    assert "1 variable, 50 rows" in data("info", "x.h5", "--time", "seen", "--date-format", "%d/%m/%Y")[0]
    refused("info", "x.h5", "--time", "none", says="no time none")
    write(dates=DAYS.asi8 / 1e9 + 0.5, names=NAMES, values=VALUES)
    refused("info", "x.h5", says=("real numbers", "--time-unit"))
    assert data("head", "x.h5", "--time-unit", "s", "-n", 1)[0].split("\n")[1].startswith("2020-01-01T00:00:00.500,")


def matrices__no_rows_are_a_table():
    for datasets in ({"dates": TEXT[:0], "values": VALUES[:0], "names": NAMES},
                     {"dates": DAYS.asi8[:0], "a": VALUES[:0, 0], "b": VALUES[:0, 0], "c": VALUES[:0, 0]}):
        write(**datasets)
        assert "3 variables, 0 rows" in data("info", "x.h5")[0]
        assert cat("x.h5") == {name: [] for name in ("dates", "a", "b", "c")}
        for end in (".csv", ".parquet", ".h5", ".pkl"):
            data("convert", "x.h5", "y" + end)
            assert "3 variables, 0 rows" in data("info", "y" + end)[0], end


def compounds(*more):
    """A dataset of compounds with these members beside a time and a price."""
    rows = np.zeros(50, [("timestamp", "i8"), ("px", "f8"), *more])
    rows["timestamp"], rows["px"] = DAYS.asi8, VALUES[:, 0]
    if rows.dtype[2] == object:
        rows[more[0][0]] = [VALUES[i, :2] for i in range(50)]
    with h5py.File("x.h5", "w") as f:
        f["q"] = rows


def matrices__members_of_compounds_that_are_no_cells_are_named():
    for more in ([("book", [("bid", "f8"), ("ask", "f8")])], [("grid", "f8", (2, 3))],
                 [("legs", h5py.vlen_dtype(np.dtype("f8")))], [("z", "c16")],
                 [("book", [("bid", "f8"), ("deep", [("a", "i4")])]), ("pair", "f8", (2,)), ("grid", "i4", (2, 2))]):
        compounds(*more, ("qty", "i4"))
        names = sorted(x[0] for x in more)
        assert list(cat("x.h5", warns=f"{', '.join(x[0] for x in more)}: no column of cells")) == ["timestamp", "px", "qty"]
        shown = data("info", "x.h5")[0]
        assert shown.startswith("x.h5: 2 variables, 50 rows"), shown
        said = shown.partition("left out: ")[2].partition("\n")[0]
        assert sorted(said.split(", ")) == names, (names, shown)


def matrices__times_of_hdf5_itself_are_those_of_pytables():
    """Time64Col and Time32Col: seconds and microseconds, seconds; the time of a table, of vectors, or columns beside it."""
    tables = needed_tables()

    class Row(tables.IsDescription):
        timestamp, px = tables.Int64Col(pos=0), tables.Float64Col(pos=1)
        seen, first = tables.Time64Col(pos=2), tables.Time32Col(pos=3)

    with tables.open_file("x.h5", "w") as f:
        rows = f.create_table("/", "q", Row).row
        for day, x in zip(DAYS, VALUES[:, 0]):
            rows["timestamp"], rows["px"], rows["seen"], rows["first"] = day.value, x, day.timestamp(), int(day.timestamp())
            rows.append()
    wanted = [f"{day.date()}T00:00:00" for day in DAYS]
    shown = cat("x.h5")
    assert list(shown) == ["timestamp", "px", "seen", "first"] and shown["seen"] == shown["first"] == wanted
    shown = data("info", "x.h5")[0]
    assert "left out: seen, first\n" in shown and "they hold: seen times, first times\n" in shown, shown
    seconds = [-86400 * 9000.75, -0.5, -1.25, 0.0, 1.6e9 + 0.25, 2**31 - 1.0]
    wanted = ["1945-05-11T06:00:00", "1969-12-31T23:59:59.500", "1969-12-31T23:59:58.750", "1970-01-01T00:00:00",
              "2020-09-13T12:26:40.250", "2038-01-19T03:14:07"]
    for name in ("time", "tick"):  # the only one is the time, whatever it is called
        for column, atom, digits in ((tables.Time64Col, tables.Time64Atom, 23), (tables.Time32Col, tables.Time32Atom, 19)):
            for order in ("little", "big"):
                kept = np.floor(seconds)[3:] if digits == 19 else np.array(seconds)
                with tables.open_file("t.h5", "w") as f:
                    row = f.create_table("/", "q", {"px": tables.Float64Col(pos=0), name: column(pos=1)}, byteorder=order).row
                    for i, x in enumerate(kept):
                        row["px"], row[name] = i, x
                        row.append()
                with tables.open_file("v.h5", "w") as f:
                    f.create_earray("/", name, atom=atom(), shape=(0,), byteorder=order).append(kept.astype("i4" if digits == 19 else "f8"))
                    f.create_array("/", "px", np.arange(len(kept)))
                for path in ("t.h5", "v.h5"):
                    when = [x[:19] for x in wanted[3:]] if digits == 19 else wanted
                    assert cat(path)[name] == when, (path, name, digits, order, cat(path))
                    assert [r.split(",")[0] for r in data("head", path)[0].split()[1:]] == when, (path, name, digits, order)


def matrices__datetime64_of_h5py_is_a_time():
    """Opaque, as h5py's manual says; vectors in chunks, members of compounds, columns beside the time."""
    days = DAYS.values[:20]
    wanted = [f"{str(day)[:10]}T00:00:00" for day in days]
    for unit in ("D", "h", "m", "s", "ms", "us", "ns"):
        for order in "<>":
            times = days.astype(f"{order}M8[{unit}]")
            times = times.astype(h5py.opaque_dtype(times.dtype))
            with h5py.File("v.h5", "w") as f:
                f.create_dataset("date", data=times, chunks=(7,))
                f["px"], f["then"] = np.arange(20.0), times
            rows = np.zeros(20, [("px", "f8"), ("seen", times.dtype)])
            rows["px"], rows["seen"] = np.arange(20.0), times
            with h5py.File("t.h5", "w") as f:
                f["q"] = rows
            for path, names in (("v.h5", ("date", "then")), ("t.h5", ("seen",))):
                shown = cat(path)
                assert all(shown[name] == wanted for name in names), (path, unit, order, shown)
                assert [r.split(",")[0] for r in data("head", "-n", 20, path)[0].split()[1:]] == wanted, (path, unit, order)
    late = np.array(["2020-01-01", "NaT"], "M8[us]")
    for name, others in (("date", "x"), ("x", "date")):
        with h5py.File("n.h5", "w") as f:
            f[name], f[others] = late.astype(h5py.opaque_dtype(late.dtype)), (np.arange(2) + 18000) * 86400 * 10**9
            f["v"] = np.arange(2.0)
        if name == "date":
            refused("head", "n.h5", says="/date: row 1: no time")
        else:
            assert cat("n.h5")["x"] == ["2020-01-01T00:00:00", ""]
    spans = np.arange(2).astype("m8[s]")
    with h5py.File("n.h5", "a") as f:
        f["span"] = spans.astype(h5py.opaque_dtype(spans.dtype))
    assert list(cat("n.h5", warns="span: no column of cells")) == ["date", "v", "x"]


def matrices__names_in_other_encodings_are_refused_by_name():
    """As Fortran and C programs leave them: never bytes that are no UTF-8 in CSV or JSON."""
    bad = "Zürich".encode("latin-1")

    def group(f):
        f.create_group(bad)[b"x"] = VALUES[:, 0]
        f[bad][b"date"] = TEXT

    def compound(f):
        kind = h5py.h5t.create(h5py.h5t.COMPOUND, 16)
        kind.insert(b"date", 0, h5py.h5t.NATIVE_INT64)
        kind.insert(bad, 8, h5py.h5t.NATIVE_DOUBLE)
        h5py.h5d.create(f.id, b"q", kind, h5py.h5s.create_simple((50,)))

    for put in (lambda f: f.create_dataset(bad, data=VALUES[:, 0]), group, compound,
                lambda f: f.update({"columns": np.array([bad, b"b", b"c"]), "values": VALUES})):
        with h5py.File("x.h5", "w") as f:
            put(f)
            if put not in (group, compound):
                f["date"] = TEXT
        for command in (["head", "-n", 1], ["info"], ["info", "--json"], ["cat"], ["convert", "--long"]):
            if put is group and command[0] in ("cat", "convert"):  # which show no name of it
                continue
            refused(*command, "x.h5", *(["y.csv"] if command[0] == "convert" else []), says=("Z\\xfcrich", "no UTF-8"))
    write(dates=TEXT, a=VALUES[:, 0])
    with h5py.File("x.h5", "a") as f:  # only named
        f.create_group(bad)
        f.create_dataset(b"k" + bad, data=VALUES[:7, 0])
    assert json.loads(data("info", "--json", "x.h5")[0])["left_out"] == ["Z?rich", "kZ?rich"]
    assert list(cat("x.h5", warns="Z?rich (a group), kZ?rich (7 for 50 rows): no column")) == ["dates", "a"]


def needed_tables():
    try:
        import tables
    except ImportError as why:
        raise Skip(f"no PyTables: {why}") from None
    return tables


MISFITS = (("short", VALUES[:7, 0], "7 for 50 rows"), ("one", VALUES[0, 0], "a single one"),
           ("deep", VALUES.reshape(50, 3, 1), "3 dimensions"), ("wide", VALUES[:7], "a matrix of numbers, 7 × 3 for 50 rows"),
           ("mask", VALUES > 0, "a matrix of true or false, 50 × 3"), ("words", np.array([[b"x"] * 2] * 50), "a matrix of text, 50 × 2"))


def matrices__what_does_not_fit_the_rows_is_named_with_the_reason():
    for name, value, reason in MISFITS:
        write(dates=TEXT, a=VALUES[:, 0], **{name: value})
        shown = data("info", "x.h5")[0]
        assert f"1 object is no column beside the time and is left out: {name}\n" in shown, shown
        assert f"they hold: {name} no value per row ({reason})\n" in shown, shown
        assert list(cat("x.h5", warns=f"{name} ({reason}): no column of cells")) == ["dates", "a"]
        write(dates=TEXT, **{name: value})
        field = name == "deep"
        refused("info", "x.h5", says=(f"'{name}' holds no value per row ({reason})", "a mean, first" if field else "one per row"))
        assert ("more than two dimensions" in data("info", "x.h5", code=2)[1]) == field, name
        refused("cat", "x.h5", says=f"no column beside 'dates': these have another length, rank or type, "
                                    f"or are columns × rows where rows × columns are read: {name} ({reason})")
    for values, reason in ((VALUES[:49], "a matrix of numbers, 49 × 3 for 50 rows"), (VALUES > 0, "a matrix of true or false, 50 × 3")):
        write(dates=TEXT, columns=np.array([b"a", b"b", b"c"]), values=values)
        refused("info", "x.h5", says=f"'values' holds no value per row ({reason}); write numbers")
    write(dates=TEXT, a=VALUES[:, 0], note=np.array([b"x"] * 50), short=VALUES[:7, 0])
    assert "2 columns hold no number, or none per row, and are left out: note, short" in data("info", "x.h5")[0]
    with h5py.File("x.h5", "a") as f:
        f["group/x"] = VALUES[:, 0]
    assert "group no value per row (a group)" in data("info", "x.h5")[0]


def matrices__datasets_that_contradict_each_other_are_an_error():
    cases = (({"values": VALUES[:30]}, "x.h5"),                                # of another length
             ({"values": VALUES.reshape(50, 3, 1)}, "x.h5"),                   # of another rank
             ({"values": VALUES[0, 0]}, "x.h5"),
             ({"values": np.array([[b"x"] * 3] * 50)}, "x.h5"),                # of another type
             ({"values": VALUES + 1j}, "x.h5"),
             ({"values": VALUES, "names": np.array([b"a", b"b"])}, "names"),   # too few names
             ({"values": VALUES, "names": np.array([b"a", b"b", b"c", b"d"])}, "names"),
             ({"values": VALUES, "names": np.array([b"a", b"a", b"c"])}, "two columns are called 'a'"))
    for datasets, says in cases:
        write(**{"dates": TEXT, "names": NAMES, **datasets})
        refused("info", "x.h5", says=says)
        refused("head", "x.h5", says=says)


main(globals())
