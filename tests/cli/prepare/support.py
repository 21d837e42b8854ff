"""What the tests of pulse-data prepare share: running it, reading panels back."""
import io
import json
import os
import pathlib
import sys

import h5py
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402


def data(*words, code=0, env=None, **more):
    """(what pulse-data prints, its standard error)."""
    done = jobs.run(*words, executable=os.path.join(jobs.binaries(), "pulse-data"), env=env, **more)
    assert done.returncode == code, f"{words}: {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def prepare(*words, output="panel.csv", code=0, **more):
    return data("prepare", *words, "--output", output, code=code, **more)


def error(*words, code=2, **more):
    """The one error line."""
    line, = [line for line in prepare(*words, code=code, **more)[1].splitlines() if line.startswith("error: ")]
    return line


def quality(*words, code=0, **more):
    """The figures, with those of the variables by name."""
    found = json.loads(prepare(*words, "--json", "-", code=code, **more)[0])
    found["of"] = {one["name"]: one for one in found["variables"]}
    return found


def back(path="panel.csv"):
    """A panel as pandas and h5py read it; Parquet, for which Debian has no reader, by way of cat."""
    if path.endswith(".pkl"):
        frame = pd.DataFrame(pd.read_pickle(path))
    elif path.endswith(".h5"):
        with h5py.File(path) as file:
            frame = pd.DataFrame({name: file["data"][name][()] for name in file["data"]})
    elif path.endswith(".parquet"):
        frame = pd.read_csv(io.StringIO(data("cat", path)[0]), float_precision="round_trip")
    else:
        frame = pd.read_csv(path, float_precision="round_trip")
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.set_index("date")


def same(found, wanted):
    """Names, days and bits."""
    assert list(found.columns) == list(wanted.columns), (list(found.columns), list(wanted.columns))
    assert list(found.index) == list(wanted.index), (found.index, wanted.index)
    a, b = found.to_numpy(float), wanted.to_numpy(float)
    assert np.array_equal(a, b, equal_nan=True), np.argwhere(~((a == b) | (np.isnan(a) & np.isnan(b))))[:5]


def holes(frame, share=0.1, seed=3):
    return frame.mask(np.random.default_rng(seed).random(frame.shape) < share)
