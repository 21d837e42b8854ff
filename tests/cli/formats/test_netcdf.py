"""Numbers packed as CF says, and times that are real numbers: HDF5 as netCDF writers make it, in cat as in head."""
import csv
import io

import h5py
import numpy as np

from support import cat, data, main, refused

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
    write("x.h5", values, np.arange(3), "months since 2020-01-01")
    refused("info", "x.h5", says=("months since", "days, hours, minutes or seconds"))


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


main({name: case for name, case in globals().items() if name.startswith("netcdf__")})
