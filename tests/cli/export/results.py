#!/usr/bin/python3
"""results.py [CASE…]: results.h5 as xarray and pandas open it.

The programs are in the directory PULSE_BIN.
"""
import importlib
import json
import pathlib
import sys

import h5py
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from arrays import arrays, check_same  # noqa: E402

ENGINES = ("netcdf4", "h5netcdf")
WINDOWS = ("metrics", "trust", "model")


def needed(*names):
    """Modules; skips where one is not installed."""
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as e:
        raise jobs.Skip(f"not installed: {e.name} (./dev setup test)") from e


def trained(*options, rows=600, variables=4, ranks=2, output="results", rename=None):
    """A run's panel."""
    frame = jobs.panel(rows, variables, 5)
    if rename:
        frame = frame.rename(columns=rename)
    jobs.expect(jobs.run("--data", jobs.write(frame, "sample.csv"), "--end-date", jobs.last_day(frame), "--no-progress",
                         "--output", output, *options, ranks=ranks), 0)
    return frame


def check_group(data, frame, at=""):
    """The predictions of xarray are those of h5py, with the panel's names and dates."""
    with h5py.File("results/results.h5") as file:
        for name in ("actual", "predicted", "persistence", "lower_80", "upper_95"):
            assert np.array_equal(data[name].values, file[f"{at}predictions/{name}"][:], equal_nan=True), name
    assert list(data.coords["variables"].values) == list(frame.columns)
    assert list(pd.DatetimeIndex(data.coords["calendar"].values)) == list(pd.DatetimeIndex(frame.index))


def results__xarray_opens_every_group():
    xarray, *_ = needed("xarray", *("netCDF4" if e == "netcdf4" else e for e in ENGINES))
    frame = trained("--horizon", "1,5")
    for engine in ENGINES:
        for at in ("", "horizons/5/"):
            with xarray.open_dataset("results/results.h5", group=f"{at}predictions", engine=engine) as data:
                check_group(data, frame, at)
                table = data.actual.to_pandas()
                assert list(table.columns) == list(frame.columns) and isinstance(table.index, pd.DatetimeIndex)
                one = data.actual.sel(variables="v01").to_series()
                assert np.allclose(one.dropna(), frame["v01"].dropna(), rtol=1e-15)
            for group in WINDOWS:
                with xarray.open_dataset("results/results.h5", group=at + group, engine=engine) as data:
                    data.load()
                    assert str(data.coords["window"].dtype) == "datetime64[ns]"
                    assert list(data.coords["variables"].values) == list(frame.columns)
            with xarray.open_dataset("results/results.h5", group=f"{at}model", engine=engine) as data:
                assert data.coefficients.dims == ("fitted_candidates", "features", "variables")
                assert data.coords["candidates"].values[-1] == "persistence"
                assert data.coords["features"].values[0] == "const"
            with xarray.open_dataset("results/results.h5", group=f"{at}forecast", engine=engine) as data:
                said = json.loads(pathlib.Path("results/summary.json").read_text(encoding="utf-8"))
                said = said["horizons"]["5"] if at else said
                assert float(data.value.sel(variables="v02")) == said["forecast"]["v02"]["value"]
        with xarray.open_dataset("results/results.h5", group="drivers", engine=engine) as data:
            assert data.f.dims == ("source", "target") and list(data.coords["target"].values) == list(frame.columns)
        with xarray.open_dataset("results/results.h5", engine=engine) as data:
            assert dict(data.sizes)["calendar"] == len(frame)


def results__xarray_knows_any_name_and_one_variable():
    (xarray, _) = needed("xarray", "h5netcdf")
    frame = trained(variables=1, rename={"v00": "Größe-日本/x"})
    with xarray.open_dataset("results/results.h5", group="predictions", engine="h5netcdf") as data:
        check_group(data, frame)


def results__axes_are_the_same_on_any_ranks():
    one = None
    for ranks in (0, 2, 3, 5):
        trained(ranks=ranks, output=f"r{ranks}")
        here = arrays(f"r{ranks}/results.h5")
        axes = {}
        with h5py.File(f"r{ranks}/results.h5") as file:
            file.visititems(lambda name, item: axes.update({name: [[scale.name for scale in axis.values()]
                                                                   for axis in item.dims]})
                            if isinstance(item, h5py.Dataset) and "CLASS" not in item.attrs else None)
        bare = [name for name, scales in axes.items() if not all(len(scale) == 1 for scale in scales)]
        assert len(axes) > 40 and not bare, bare
        if one is not None:
            check_same(one[0], here)
            assert one[1] == axes
        one = (here, axes)


def results__pandas_has_names_and_dates_of_h5py():
    frame = trained()
    with h5py.File("results/results.h5") as f:
        predicted = pd.DataFrame(f["predictions/predicted"][:], pd.to_datetime(f["calendar"][:]), f["variables"].asstr()[:])
        assert f["calendar"].attrs["units"] == b"nanoseconds since 1970-01-01"
        assert list(f["model/features"].asstr()[:1]) == ["const"]
    assert list(predicted.columns) == list(frame.columns) and list(predicted.index) == list(frame.index)
    assert predicted.notna().to_numpy().any()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
