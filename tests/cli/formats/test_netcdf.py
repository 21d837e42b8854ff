"""Numbers packed as CF says, and times that are real numbers: HDF5 as netCDF writers make it, in cat as in head."""
import csv
import io

import h5py
import numpy as np

from support import Skip, cat, data, main, refused

DAY = 86400


def head(path):
    """column → its values in the face that training reads; NaN where missing."""
    rows = list(csv.reader(io.StringIO(data("head", "-n", 1000, path)[0])))
    return {name: np.array([float(r[i]) if r[i] else np.nan for r in rows[1:]])
            for i, name in enumerate(rows[0]) if i > 0}


def write(path, columns, times=None, units="days since 2001-01-01"):
    """columns: name → (values, attributes)."""
    rows = len(next(iter(columns.values()))[0])
    with h5py.File(path, "w") as f:
        f["time"] = np.arange(rows, dtype="i4") if times is None else times
        f["time"].attrs["units"] = units
        for name, (values, attributes) in columns.items():
            f[name] = values
            f[name].attrs.update(attributes)


def both(path, name, wanted):
    """Both faces show these values."""
    wanted = np.array(wanted, dtype=float)
    np.testing.assert_array_equal(head(path)[name], wanted)
    found = np.array([float(x) if x else np.nan for x in cat(path)[name]])
    np.testing.assert_array_equal(found, wanted)


def netcdf__scale_and_offset_unpack():
    packed = np.array([5000, 5030, -32767, 4914], dtype="i2")
    write("a.nc.h5", {"t2m": (packed, {"scale_factor": 0.01, "add_offset": 50.0, "_FillValue": np.int16(-32767)})})
    both("a.nc.h5", "t2m", [5000 * 0.01 + 50, 5030 * 0.01 + 50, np.nan, 4914 * 0.01 + 50])
    write("b.h5", {"u": (packed.astype(">i4"), {"scale_factor": [0.5]})})  # a vector of one, other byte order
    both("b.h5", "u", packed * 0.5)
    write("c.h5", {"v": (np.array([1.5, 2.5], dtype="f4"), {"add_offset": -273.0})})
    both("c.h5", "v", [1.5 - 273, 2.5 - 273])


def netcdf__single_precision_stays_short():
    write("a.h5", {"sst": (np.array([1, 250], dtype="i2"), {"scale_factor": np.float32(0.01)})})
    assert cat("a.h5")["sst"] == ["0.01", "2.5"]
    np.testing.assert_allclose(head("a.h5")["sst"], [0.01, 2.5], rtol=1e-7)


def netcdf__a_dimension_without_a_variable_is_no_column():
    write("a.nc", {"x": (np.arange(4.0), {})})
    with h5py.File("a.nc", "a") as f:
        f["step"] = np.zeros(4, ">f4")
        f["step"].make_scale("This is a netCDF dimension but not a netCDF variable.         4")
        f["y"] = np.arange(4.0)
        f["y"].make_scale("y")
    assert list(cat("a.nc")) == ["time", "x", "y"] and list(head("a.nc")) == ["x", "y"]


def netcdf__missing_values_are_missing():
    write("a.h5", {"n": (np.array([7, -1, 9, -2], dtype="i8"), {"_FillValue": np.int64(-1), "missing_value": [-2, -3]})})
    assert cat("a.h5")["n"] == ["7", "", "9", ""]
    both("a.h5", "n", [7, np.nan, 9, np.nan])
    big = np.float32(1e20)
    write("b.h5", {"x": (np.array([1, big, 3], dtype="f4"), {"_FillValue": 1e20, "missing_value": big})})
    both("b.h5", "x", [1, np.nan, 3])
    write("c.h5", {"x": (np.array([0, -999.25, 3]), {"missing_value": -999.25})})
    both("c.h5", "x", [0, np.nan, 3])


def netcdf__what_is_outside_the_valid_range_is_missing():
    values = np.array([-5, 0, 50, 100, 101], dtype="i2")
    write("a.h5", {"p": (values, {"valid_range": np.array([0, 100], dtype="i2"), "scale_factor": 0.1})})
    both("a.h5", "p", [np.nan, 0, 50 * 0.1, 100 * 0.1, np.nan])
    write("b.h5", {"p": (values, {"valid_min": np.int16(0)})})
    both("b.h5", "p", [np.nan, 0, 50, 100, 101])
    write("c.h5", {"p": (values.astype("f8"), {"valid_max": 100.0})})
    both("c.h5", "p", [-5, 0, 50, 100, np.nan])
    # A range of reals beside packed integers is one of what they stand for.
    write("d.h5", {"p": (values, {"valid_range": [0.0, 5.0], "scale_factor": 0.1})})
    both("d.h5", "p", [np.nan, 0, 50 * 0.1, np.nan, np.nan])


def netcdf__unsigned_integers_of_netcdf_3():
    write("a.h5", {"b": (np.array([1, -1, -2], dtype="i1"), {"_Unsigned": "true", "_FillValue": np.int8(-1)})})
    both("a.h5", "b", [1, np.nan, 254])
    write("b.h5", {"b": (np.array([7, -1, -2**63, -5], dtype="i8"), {"_Unsigned": "true", "_FillValue": np.int64(7)})})
    both("b.h5", "b", [np.nan, 2**64 - 1, 2**63, 2**64 - 5])
    assert cat("b.h5")["b"] == ["", "18446744073709551615", "9223372036854775808", "18446744073709551611"]
    with h5py.File("m.h5", "w") as f:  # a matrix, columns × rows
        f["date"] = (np.arange(3) + 11000) * DAY * 10**9
        f["values"] = np.array([[1, 2, -2]])
        f["values"].attrs["_Unsigned"] = "true"
    assert cat("m.h5")["c0"] == ["1", "2", "18446744073709551614"]


def netcdf__matrices_are_packed_too():
    with h5py.File("m.h5", "w") as f:
        f["date"] = (np.arange(3) + 11000) * DAY * 10**9
        f["columns"] = ["a", "b"]
        f.create_dataset("values", data=np.array([[1, 2], [3, -9], [5, 6]], dtype="i4"), chunks=(2, 1))
        f["values"].attrs.update({"scale_factor": 0.25, "_FillValue": np.int32(-9)})
    both("m.h5", "a", [0.25, 0.75, 1.25])
    both("m.h5", "b", [0.5, np.nan, 1.5])


def netcdf__attributes_that_are_no_numbers_are_refused():
    for attributes in ({"scale_factor": "0.01"}, {"add_offset": [1.0, 2.0]}, {"valid_range": 3.0},
                       {"scale_factor": np.nan}, {"missing_value": np.arange(40)}):
        write("x.h5", {"t2m": (np.array([1, 2], dtype="i2"), attributes)})
        for command in ("cat", "head", "info"):
            refused(command, "x.h5", says=("t2m", next(iter(attributes))))


def netcdf__units_and_calendars_of_cf():
    values = {"x": (np.arange(3.0), {})}
    for step, units in ((1, "days since 2020-02-28"), (24, "hours since 2020-02-28 00:00:00"), (1440, "minutes since 2020-02-28T00:00"),
                        (86400, "seconds since 2020-02-28 00:00:00 +00:00"), (1, "days since 2020-02-28 00:00:00 UTC")):
        for calendar in (None, "standard", "Gregorian", "proleptic_gregorian", "360_day", "noleap", "julian"):
            write("x.h5", values, np.arange(3) * step, units)
            if calendar is not None:
                with h5py.File("x.h5", "a") as f:
                    f["time"].attrs["calendar"] = calendar
            if calendar in ("360_day", "noleap", "julian"):
                for command in ("head", "info", "cat"):
                    refused(command, "x.h5", says=("time", calendar, "Gregorian"))
            else:
                assert [r[:10] for r in data("head", "x.h5")[0].split()[1:]] == ["2020-02-28", "2020-02-29", "2020-03-01"]
    for step, word in ((24, "hr"), (24, "hrs"), (24, "Hours"), (1440, "mins"), (86400, "secs"), (86400 * 1000, "msec"), (86400 * 1000, "millisecs"),
                       (86400 * 10**6, "microsecs")):  # all that netCDF's readers of Python take
        write("x.h5", values, np.arange(3) * step, f"{word} since 2020-02-28")
        assert cat("x.h5")["time"] == ["2020-02-28T00:00:00", "2020-02-29T00:00:00", "2020-03-01T00:00:00"], word
    write("x.h5", values, np.arange(3), "months since 2020-01-01")
    refused("info", "x.h5", says=("months since", "days, hours, minutes or seconds"))


def netcdf__the_only_axis_that_counts_time_is_the_time():
    """Whatever it is called, as valid_time of reanalyses; CF knows it by its units."""
    for name in ("valid_time", "T", "axis"):
        with h5py.File("x.h5", "w") as f:
            f[name], f["x"], f["time"] = np.arange(3), np.arange(3.0), 7  # a time of issue
            f[name].attrs["units"] = f["time"].attrs["units"] = "days since 2020-02-28"
        wanted = ["2020-02-28T00:00:00", "2020-02-29T00:00:00", "2020-03-01T00:00:00"]
        assert cat("x.h5", warns="time (a single one)") == {name: wanted, "x": ["0", "1", "2"]}
        assert [r.split(",")[0] for r in data("head", "x.h5")[0].split()[1:]] == wanted and list(head("x.h5")) == ["x"]
        with h5py.File("x.h5", "a") as f:  # which of two is not guessed
            f["issued"] = np.arange(3)
            f["issued"].attrs["units"] = "days since 2020-02-28"
        refused("head", "x.h5", says="see --time")
        assert data("head", "x.h5", "--time", name)[0].split()[1] == "2020-02-28T00:00:00,0"


def netcdf__times_may_be_real_numbers():
    values = {"x": (np.array([1.0, 2.0, 3.0]), {})}
    write("days.h5", values, np.array([45199.0, 45199.5, 45200.25]), "days since 1900-01-01")
    stamps = ["2023-10-02T00:00:00", "2023-10-02T12:00:00", "2023-10-03T06:00:00"]
    assert cat("days.h5")["time"] == stamps
    assert [r.split(",")[0] for r in data("head", "days.h5")[0].split()[1:]] == stamps
    write("s.h5", values, np.array([1696204800.0, 1696204800.25, -0.5]), "seconds since 1970-01-01")
    assert cat("s.h5")["time"] == ["2023-10-02T00:00:00", "2023-10-02T00:00:00.250", "1969-12-31T23:59:59.500"]
    with h5py.File("plain.h5", "w") as f:
        f["timestamp"], f["value"] = 1696204800.0 + DAY * np.arange(3), np.arange(3.0)
    refused("head", "plain.h5", says=("timestamp", "--time-unit"))
    assert data("head", "plain.h5", "--time-unit", "s")[0].split()[1] == "2023-10-02T00:00:00,0"
    with h5py.File("rows.h5", "w") as f:
        f["t"] = np.array([(0.0, 1.0), (1.5, 2.0)], dtype=[("time", "f8"), ("x", "f8")])
    assert data("head", "rows.h5", "--time-unit", "s")[0].split()[2] == "1970-01-01T00:00:01.500,2"


def write_time(path, counts, units, **attributes):
    """A netCDF file by the library itself, its time stored as it is given. Returns the instants that its reader sees."""
    netCDF4 = needed_netcdf()
    fill, endian = attributes.pop("fill_value", None), "big" if counts.dtype.byteorder == ">" else "native"
    with netCDF4.Dataset(path, "w") as f:
        f.createDimension("time", len(counts))
        time = f.createVariable("time", counts.dtype, ("time",), fill_value=fill, endian=endian)
        time.set_auto_maskandscale(False)
        time.setncatts({"units": units, **attributes})
        time[:] = counts
        f.createVariable("px", "f8", ("time",))[:] = np.arange(float(len(counts)))
    with netCDF4.Dataset(path) as f:
        found = netCDF4.num2date(f["time"][:], units, only_use_cftime_datetimes=False)
    return ["" if x is np.ma.masked else x.isoformat() for x in found]


def needed_netcdf():
    try:
        import netCDF4
    except ImportError as why:
        raise Skip(f"no netCDF4: {why}") from None
    return netCDF4


def netcdf__packed_times_mean_what_their_attributes_say():
    first = 16436  # 2015-01-01
    day = np.arange(9)
    f4, i2 = np.float32, np.int16
    for counts, units, attributes in (
            (first + day - 10000, "days since 1970-01-01", {"add_offset": 10000}),
            (first + day - 10000, "days since 1970-01-01", {"add_offset": 10000.0, "fill_value": -999}),
            ((day * 24).astype(i2), "hours since 2015-01-01", {"scale_factor": 0.5}),
            ((day - 100).astype("i1"), "days since 2015-01-01 06:00", {"add_offset": 100.0, "scale_factor": 1.0}),
            ((day * 4).astype(i2), "days since 1970-01-01", {"scale_factor": f4(0.25), "add_offset": f4(first)}),
            (day * 0.5, "days since 1970-01-01", {"scale_factor": 2.0, "add_offset": float(first)}),
            ((day * 60).astype(">i4"), "seconds since 1970-01-01", {"scale_factor": 1440.0, "add_offset": first * 86400.0}),
            ((day + 250).astype("u1").view("i1"), "days since 2015-01-01", {"_Unsigned": "true"}),
            ((first + day) * DAY * 10**6 - 10**15, "microseconds since 1970-01-01", {"add_offset": 10**15})):
        wanted = write_time("x.nc", counts, units, **attributes)
        assert cat("x.nc")["time"] == wanted, (units, attributes, cat("x.nc")["time"], wanted)
        assert [r.split(",")[0] for r in data("head", "x.nc")[0].split()[1:]] == wanted, (units, attributes)
        data("convert", "x.nc", "x.csv")
        assert cat("x.csv")["time"] == wanted, (units, attributes)
    # Numbers of four bytes count days, not seconds: the second is kept all the same.
    write("s.h5", {"x": (day * 1.0, {})}, (day * 1).astype(i2), "seconds since 1970-01-01")
    with h5py.File("s.h5", "a") as f:
        f["time"].attrs.update({"scale_factor": f4(86400), "add_offset": f4(1420070400)})
    assert cat("s.h5")["time"][8] == "2015-01-09T00:00:00" == data("head", "s.h5")[0].split()[9].split(",")[0]


def netcdf__a_time_that_is_missing_is_none():
    first, row = 16436 + np.arange(9), 7
    for kind, packing in (("i4", {}), ("f8", {}), ("i8", {"scale_factor": 2.0}), ("f4", {"add_offset": -5.0})):
        for attribute in ("fill_value", "missing_value", "valid_min", "valid_range"):
            counts = first.astype(kind)
            counts[row] = -999
            valid = {"valid_min": 0, "valid_range": [0, 20000]}.get(attribute, -999)
            wanted = write_time("x.nc", counts, "days since 1970-01-01", **{attribute: np.array(valid, kind)}, **packing)
            assert wanted[row] == "" and cat("x.nc")["time"] == wanted, (kind, attribute, cat("x.nc"))
            for command in ("head", "info"):
                refused(command, "x.nc", says=("/time: row 7: no time",))
    # Of integers whose unit nobody declares those that are missing say nothing about it.
    write("x.h5", {"x": (np.arange(9.0), {})}, first * DAY * 10**9)
    with h5py.File("x.h5", "a") as f:
        del f["time"].attrs["units"]
        f["time"].attrs["_FillValue"] = f["time"][row]
    assert cat("x.h5")["time"][row - 1:] == ["2015-01-07T00:00:00", "", "2015-01-09T00:00:00"]
    refused("head", "x.h5", says="/time: row 7: no time")


def write_filled(path, fills, **attributes):
    """Variables of every type, in whose third row nothing, or netCDF's number for nothing, is written."""
    netCDF4 = needed_netcdf()
    with netCDF4.Dataset(path, "w") as f:
        f.createDimension("time", 5)
        f.createVariable("time", "i4", ("time",)).units = "days since 2001-01-01"
        f["time"][:] = np.arange(5)
        for kind, fill in fills.items():
            x = f.createVariable(kind, kind, ("time",))
            x.set_auto_maskandscale(False)
            x.setncatts({name: np.array(value, kind) if name == "missing_value" else value for name, value in attributes.items()})
            x[:2], x[3:] = [1, 2], [4, 5]
            if attributes:
                x[2] = fill
    with netCDF4.Dataset(path) as f:
        return {kind: np.ma.filled(f[kind][:].astype(float), np.nan) for kind in fills}


def netcdf__what_was_never_written_is_missing():
    fills = {k: v for k, v in needed_netcdf().default_fillvals.items() if k[1] in "248"}
    assert len(fills) == 8
    for attributes in ({}, {"missing_value": 4}, {"long_name": "x"}, {"scale_factor": 0.5}):
        wanted = write_filled("x.nc", fills, **attributes)
        for kind in fills:
            assert np.isnan(wanted[kind][2]), kind
            both("x.nc", kind, wanted[kind])
        with h5py.File("x.nc", "a") as f:  # as versions before 4.4.1 wrote it
            del f.attrs["_NCProperties"]
        for kind in fills:
            both("x.nc", kind, wanted[kind])
    # Of a variable that names its own, and of the plain HDF5 of others, these are numbers.
    write("x.h5", {kind: (np.array([1, fill, 3], kind), {"long_name": "x"}) for kind, fill in fills.items()})
    for kind in fills:
        assert "" not in cat("x.h5")[kind] and not np.isnan(head("x.h5")[kind]).any(), kind
        with h5py.File("x.h5", "a") as f:
            f.attrs["_NCProperties"] = np.bytes_("version=2,netcdf=4.9.0")
            f[kind].attrs["_FillValue"] = np.array(3, kind)
        assert [x == "" for x in cat("x.h5")[kind]] == list(np.isnan(head("x.h5")[kind])) == [False, False, True]
        with h5py.File("x.h5", "a") as f:
            del f.attrs["_NCProperties"]
    # Every number of a byte may be meant.
    write_filled("x.nc", {"i1": -127, "u1": 255})
    both("x.nc", "i1", [1, 2, -127, 4, 5])
    both("x.nc", "u1", [1, 2, 255, 4, 5])


def netcdf__a_time_that_was_never_written_is_none():
    for kind in ("i2", "i4", "i8", "f4", "f8"):
        counts = np.arange(5).astype(kind)
        counts[3] = needed_netcdf().default_fillvals[kind]
        wanted = write_time("x.nc", counts, "days since 2001-01-01")
        assert wanted[3] == "" and cat("x.nc")["time"] == wanted, (kind, cat("x.nc"))
        refused("head", "x.nc", says="/time: row 3: no time")


def netcdf__origins_of_any_year():
    """Before 1582-10-15 the standard calendar is the Julian one; day numbers of astronomers say how many days lie between."""
    day_2000, julian_1, gregorian_1 = 2451545, 1721424, 1721426  # noon of 2000-01-01, and of 0001-01-01 in both calendars
    julian_1582, gregorian_1582 = 2299160, 2299161               # 1582-10-04, and 1582-10-15 that followed
    reals = {"x": (np.arange(3.0), {})}
    for units, calendar, count in (
            ("days since 0001-01-01", None, day_2000 - julian_1), ("hours since 1-1-1 00:00:0.0", "standard", 24 * (day_2000 - julian_1)),
            ("days since 0001-01-01 00:00:00", "proleptic_gregorian", day_2000 - gregorian_1),
            ("hours since 0001-01-01 00:00:0.0", "gregorian", 24 * (day_2000 - julian_1)),
            ("days since 1582-10-04", "standard", day_2000 - julian_1582),
            ("minutes since 1582-10-15 00:00", "standard", 1440 * (day_2000 - gregorian_1582)),
            ("seconds since 1601-01-01", None, 86400 * 145731), ("days since 1700-01-01", None, 109572),
            ("ms since 1899-12-30", None, 86400000 * 36526), ("days since 1600-01-01 06:00", None, 146096.75)):
        step = {"d": 1, "h": 24, "m": 1440, "s": 86400}[units[0]] if units[:2] != "ms" else 86400000
        for kind in (float,) if count % 1 else (float, np.int64):
            write("x.h5", reals, (np.arange(3) * step + count).astype(kind), units)
            if calendar is not None:
                with h5py.File("x.h5", "a") as f:
                    f["time"].attrs["calendar"] = calendar
            wanted = ["2000-01-01T00:00:00", "2000-01-02T00:00:00", "2000-01-03T00:00:00"]
            assert cat("x.h5")["time"] == wanted, (units, calendar, cat("x.h5")["time"])
            assert [r.split(",")[0] for r in data("head", "x.h5")[0].split()[1:]] == wanted, (units, calendar)
    for units in ("days since 0000-01-01", "days since 10000-01-01", "days since 1-1", "days since", "days since 1500-13-01"):
        write("x.h5", reals, np.arange(3), units)
        refused("head", "x.h5", says="is not understood")
    for units, count in (("days since 0001-01-01", 1.0), ("ns since 1500-01-01", 1), ("seconds since 0001-01-01", 2**63 - 1)):
        write("x.h5", reals, np.array([count] * 3), units)
        refused("head", "x.h5", says="time")


def netcdf__origins_are_those_of_cftime():
    try:
        import cftime
    except ImportError as why:
        raise Skip(f"no cftime: {why}") from None
    random = np.random.default_rng(3)
    for calendar in ("standard", "proleptic_gregorian"):
        for year in (*random.integers(1, 1900, 12), 4, 100, 1500, 1582, 1899):
            units = f"hours since {year:04d}-{random.integers(1, 13):02d}-{random.integers(1, 5):02d} {random.integers(24):02d}:00:00"
            when = cftime.datetime(2012, 3, 4, 5, calendar=calendar)
            count = cftime.date2num(when, units, calendar)
            write("x.h5", {"x": (np.arange(2.0), {})}, np.array([count, count + 24], dtype="f8"), units)
            with h5py.File("x.h5", "a") as f:
                f["time"].attrs["calendar"] = calendar
            assert cat("x.h5")["time"] == ["2012-03-04T05:00:00", "2012-03-05T05:00:00"], (units, calendar)


def netcdf__offsets_of_origins_have_one_digit_or_two():
    """UDUNITS and CF write -6:00; the days are those of such clocks, however the offset is written."""
    values = {"x": (np.arange(2.0), {})}
    for hours, spellings in ((-6, ("-6", "-6:00", "-06", "-0600", "-06:00")), (6, ("+6", "+6:00", "+06", "+0600", "+06:00")),
                             (0, ("+0", "0:00", "+00:00", "Z", "UTC", "utc", "GMT", "", " "))):
        for origin in ("1992-10-8 00:00:0.0", "1992-10-08 00:00:00", "1992-10-08 00:00", "1992-10-08T00:00:00"):
            for blank in ("", " ", "  ") if hours else (" ",):
                for offset in spellings:
                    units = f"hours since {origin}{blank}{offset}"
                    write("x.h5", values, np.array([0, 24]), units)
                    shown = f"{hours:+03d}:00" if hours else ""
                    assert cat("x.h5")["time"] == [f"1992-10-0{day}T00:00:00{shown}" for day in (8, 9)], units
                    assert data("head", "x.h5")[0] == "date,x\n1992-10-08T00:00:00,0\n1992-10-09T00:00:00,1\n", units
    write("x.h5", values, np.array([0, 24]), "hours since 1992-10-08 00:00:00 -6:30")
    assert cat("x.h5")["time"][1] == "1992-10-09T00:00:00-06:30"
    for offset in ("+630", "-6:5", "-6:00:00", "6:00", "+-6", "-:30"):
        write("x.h5", values, np.array([0, 24]), f"hours since 1992-10-08 00:00:00 {offset}")
        refused("head", "x.h5", says=("is not understood", f"{offset}'"))


def netcdf__bounds_of_the_time_are_no_variables():
    for name, said in (("time_bnds", True), ("time_bounds", False), ("span", True), ("climatology_bounds", True)):
        for shape in ((4, 2), (2, 4)):
            write("x.h5", {"x": (np.arange(4.0), {}), name: (np.arange(8.0).reshape(shape), {})})
            if said:
                with h5py.File("x.h5", "a") as f:
                    f["time"].attrs["bounds"] = name
            assert list(head("x.h5")) == ["x"], name
            assert list(cat("x.h5", warns=f"{name} (bounds of the time): no column")) == ["time", "x"]
            assert f"left out: {name}\n" in data("info", "x.h5")[0]
    with h5py.File("x.h5", "a") as f:  # a field of stations beside them
        f["pr"], f["station"] = np.arange(8.0).reshape(4, 2), ["OSL", "BER"]
    assert sorted(head("x.h5")) == ["BER", "OSL", "x"]


def netcdf__the_least_integer_of_r_is_missing():
    write("x.h5", {"n": (np.array([-2**31, 1, 2], dtype="i4"), {"rhdf5-NA.OK": 1}),
                   "m": (np.array([-2**31, 1, 2], dtype="i4"), {}), "x": (np.array([-2.0**31, 1, 2]), {"rhdf5-NA.OK": 1})})
    both("x.h5", "n", [np.nan, 1, 2])
    both("x.h5", "m", [-2**31, 1, 2])
    both("x.h5", "x", [-2**31, 1, 2])
    write("y.h5", {"n": (np.array([[-2**63, 1, 2]]).T[:, 0], {"rhdf5-NA.OK": 1, "_FillValue": 2})})
    both("y.h5", "n", [np.nan, 1, np.nan])


main({name: case for name, case in globals().items() if name.startswith("netcdf__")})
