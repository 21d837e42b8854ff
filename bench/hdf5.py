"""Reading HDF5 against pandas and h5py. bench/run.py calls this; `tools` are its own."""
import pathlib

import h5py
import numpy as np
import pandas as pd

WORK = pathlib.Path(__file__).resolve().parents[1] / "build" / "bench"


def hdf5_files(rows, columns):
    """Wide files of random walks as pandas and h5py write them, made once."""
    paths = {kind: WORK / f"{rows}x{columns}-{kind}.h5" for kind in ("fixed", "table", "matrix")}
    if not all(path.exists() for path in paths.values()):
        values = np.random.default_rng(5).normal(size=(rows, columns)).cumsum(0)
        frame = pd.DataFrame(values, pd.date_range("1980-01-01", periods=rows, freq="h"),
                             [f"v{i}" for i in range(columns)])
        for kind in ("fixed", "table"):
            frame.to_hdf(paths[kind], key="data", mode="w", format=kind)
        with h5py.File(paths["matrix"], "w") as file:
            file["date"], file["columns"] = frame.index.asi8, list(frame.columns)
            file.create_dataset("values", data=values, chunks=(1024, min(columns, 10)), shuffle=True,
                                compression="gzip", compression_opts=4)
    return paths


def check_hdf5(table, turns, tools, size=(100000, 100)):
    """Reading a wide HDF5 file of 10^7 doubles, the process that guards us included, against pandas
    and, what both stand on, h5py."""
    paths = hdf5_files(*size)

    def matrix():
        with h5py.File(paths["matrix"]) as file:
            return file["values"][:]

    for kind, target in (("fixed", None), ("table", 0.6)):
        tools.against_reader(table, turns, f"reading {size} HDF5, {kind}: pandas", paths[kind], target,
                             lambda kind=kind: pd.read_hdf(paths[kind], "data").to_numpy())
    tools.against_reader(table, turns, f"reading {size} HDF5, gzip: h5py", paths["matrix"], 0.9,
                         matrix)
