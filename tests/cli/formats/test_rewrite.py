"""Files that another program must write anew: info names the command line, which is run here as a user would, and what
it wrote is read."""
import os
import pickle
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd

from support import Skip, data, main

DAYS = pd.bdate_range("2020-01-01", periods=60, name="date")
FRAME = pd.DataFrame(np.random.default_rng(2).normal(size=(60, 2)), DAYS, ["a", "b"])
SAYS = "this writes what can be read, if it means that: "


def info(path):
    """Standard output of info for a file that cannot be read."""
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout.count("\n") <= 1, done
    return done.stdout


def rewritten(path, new):
    """The file that the command makes; `python3` is the Python of these tests."""
    said = info(path)
    assert said.startswith(SAYS), said
    os.makedirs("bin", exist_ok=True)
    if not os.path.exists("bin/python3"):
        os.symlink(sys.executable, "bin/python3")
    subprocess.run(said[len(SAYS):], shell=True, check=True, env={**os.environ, "PATH": f"{os.getcwd()}/bin:{os.environ['PATH']}"})
    return new


def shows(path, names, rows=60):
    lines = data("info", path)[0].split("\n")
    assert f"{len(names)} variable" in lines[0] and f"{rows} rows" in lines[0], (path, lines[0])
    assert [line.split("  ")[0] for line in lines[2:2 + len(names)]] == names, (path, lines)


def dump(value, path="x.pkl"):
    with open(path, "wb") as f:
        pickle.dump(value, f)
    return path


def rewrite__pickles_of_what_is_no_frame():
    two = ["AAPL.a", "AAPL.b", "MSFT.a", "MSFT.b"]
    uneven = FRAME.to_dict()
    del uneven["b"][DAYS[3]]
    for value, names in (
            ({"AAPL": FRAME, "MSFT": FRAME}, two), ({"AAPL": FRAME, "MSFT": FRAME.iloc[:50], "source": "a bank"}, two),
            ({"data": FRAME, "by": "me"}, ["a", "b"]), ([FRAME.iloc[:30], FRAME.iloc[30:]], ["a", "b"]),
            ((FRAME, {"source": "a bank"}), ["a", "b"]), (FRAME.to_dict("index"), ["a", "b"]),
            (FRAME.to_dict("split"), ["a", "b"]), (FRAME.to_dict("tight"), ["a", "b"]), (uneven, ["a", "b"]),
            ({"a": FRAME.a, "b": FRAME.b.iloc[1:]}, ["a", "b"]), ({"date": list(DAYS), "a": list(FRAME.a), "by": "me"}, ["a"]),
            (FRAME.set_axis([("x", 1), "b"], axis=1), ["('x', 1)", "b"]), (FRAME.set_axis([True, False], axis=1), ["True", "False"]),
            (FRAME.set_axis(pd.interval_range(0, 2), axis=1), ["(0, 1]", "(1, 2]"]),
            (FRAME.set_index(pd.MultiIndex.from_arrays([DAYS, pd.interval_range(0, 60)], names=["date", "bin"])), ["a", "b"])):
        shows(rewritten(dump(value), "x-new.pkl"), names)


def rewrite__tables_that_lie_on_their_side():
    os.mkdir("in a folder.d")
    dump(FRAME.T, "in a folder.d/wide.v2.pkl")
    shows(rewritten("in a folder.d/wide.v2.pkl", "in a folder.d/wide-new.pkl"), ["a", "b"])
    named = FRAME.T.reset_index(names="series")
    shows(rewritten(dump(named), "x-new.pkl"), ["a", "b"])
    named.columns = [str(c)[:10] for c in named.columns]
    shows(rewritten(dump(named), "x-new.pkl"), ["a", "b"])
    named.to_csv("y.csv", index=False)
    shows(rewritten("y.csv", "y-new.pkl"), ["a", "b"])
    try:
        for form in ("fixed", "table"):
            FRAME.T.to_hdf(f"{form}.h5", key="d", format=form)
            shows(rewritten(f"{form}.h5", f"{form}-new.pkl"), ["a", "b"])
    except ImportError as why:
        raise Skip(f"no PyTables: {why}") from None


def rewrite__frames_in_hdf5():
    try:
        FRAME.to_hdf("blosc.h5", key="d", complib="blosc", complevel=5)
        FRAME.to_hdf("bzip2.h5", key="d", complib="bzip2", complevel=5, format="table")
        FRAME.set_axis(["a", 1], axis=1).to_hdf("mixed.h5", key="d")
        FRAME.set_axis(pd.Index(list(DAYS.to_pydatetime()), dtype=object)).to_hdf("dates.h5", key="d")
    except ImportError as why:
        raise Skip(f"no PyTables: {why}") from None
    for name in ("blosc", "bzip2", "mixed", "dates"):
        shows(rewritten(f"{name}.h5", f"{name}-new.pkl"), ["a", "1" if name == "mixed" else "b"])


def rewrite__vectors_packed_by_h5py():
    with h5py.File("x.h5", "w") as f:
        f.create_dataset("g/date", data=np.arange(60) + 18000, compression="lzf").attrs["units"] = "days since 1970-01-01"
        f.create_dataset("g/a", data=FRAME.a, compression="lzf", shuffle=True)
        f["g/version"] = 3
    assert info("x.h5") != ""
    new = rewritten("x.h5", "x-new.h5")
    shows(new, ["a"] if "1 variable" in data("info", new)[0] else ["x"])


def rewrite__fields_and_calendars():
    try:
        import cftime  # noqa: F401  xarray needs it
        import netCDF4  # noqa: F401
        import xarray as xr
    except ImportError as why:
        raise Skip(f"no xarray: {why}") from None
    field = xr.DataArray(np.random.default_rng(1).normal(size=(60, 2, 3)), dims=("time", "lat", "lon"),
                         coords={"time": DAYS.rename("time")})
    field.to_dataset(name="t2m").to_netcdf("field.nc")
    shows(rewritten("field.nc", "field-new.nc"), ["t2m"])
    for calendar in ("noleap", "360_day"):
        times = xr.cftime_range("2001-01-01", periods=57, calendar=calendar)
        xr.Dataset({"x": ("time", np.arange(57.0))}, coords={"time": times}).to_netcdf(f"{calendar}.nc")
        shows(rewritten(f"{calendar}.nc", f"{calendar}-new.nc"), ["x"], 57)


def rewrite__nothing_is_said_of_a_pickle_that_was_not_parsed_to_its_end():
    """Python would do what it says."""
    class Evil:
        def __reduce__(self):
            return os.system, ("touch done",)

    for value in (Evil(), {"a": FRAME, "b": Evil()}):
        assert info(dump(value)) == ""
    with open("x.pkl", "ab") as f:
        pickle.dump(FRAME, f)
    assert info("x.pkl") == ""
    for name in ("it's.pkl", "a$HOME.pkl", "a`b`.pkl"):
        assert info(dump({"a": FRAME}, name)) == "", name
    assert not os.path.exists("done")


main({name: case for name, case in globals().items() if name.startswith("rewrite__")})
