#!/usr/bin/python3
"""digests.py BIN [RUN…]: twelve seeded runs that together use every numerical option; prints a digest of each dataset
of their results.h5.

BIN is the directory of pulse-train. Two trees compute the same bits if their output is the same:

    digests.py build/bin >before.txt; …; digests.py build/bin >after.txt; diff before.txt after.txt
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import pandas as pd

import panels


def wide():
    """Many variables, some of them monthly with few releases: systems with fewer rows than features."""
    rng = np.random.default_rng(211)
    days = panels.business_days("2000-01-03", 700)
    walk = panels.driven_walks(rng, len(days), 40)
    frame = pd.DataFrame(walk, days, [f"w{i:02d}" for i in range(40)])
    for i, name in enumerate(frame.columns[:9]):
        rows = np.arange(len(days)) % (18 + i % 3) == i
        frame[name] = frame[name].where(rows)
    frame.iloc[:300, 12] = np.nan
    return frame


PANELS = {**panels.PANELS, "wide": wide}
MIXED = "--transform diff price=logdiff stationary=level monthly_b=logdiff"
# Name: (panel, ranks; 0 is without mpirun, options). A run with "resumed" goes on from what it has saved of half its
# spans.
RUNS = {
    "defaults": ("mixed", 0, f"--end-date 2006-12-31 {MIXED}"),
    "rolling": ("mixed", 2, f"--end-date 2006-10-20 --history rolling:12 --min-history 120 --lags 2 {MIXED}"),
    "halflife": ("mixed", 3, f"--end-date 2006-12-31 --history halflife:6.5 --lags 3 --burn-in 12 {MIXED}"),
    "select_gaussian": ("growth", 4, "--end-date 2003-01-31 --transform logdiff tiny=diff huge=level --combine select"
                                     " --interval gaussian --batch-size-days 7"),
    "trust_persistence": ("walks", 5, "--end-date 2007-12-31 --trust persistence --trust-decay 0.97"
                                      " --interval-halflife 4 --learning-rate 0.05 --threads 1"),
    "kernel_ridge": ("wide", 3, "--end-date 2002-09-30 --min-history 200 --ridge 10,1000"),
    "daily": ("short", 2, "--end-date 2011-09-30 --batch-size-days 1 --min-history 60 --history halflife:50"
                          " --ridge 5,500 --trust-decay 0.995 --span-windows 50"),
    "refit_of_a_cut_period": ("mixed", 2, "--variables monthly_c price holey rate late --start-date 2002-03-09"
                                          " --end-date 2005-05-15 --batch-size-days 21 --min-history 200 --burn-in 15"
                                          " --batch-limit 50 --refit"),
    "unsolvable": ("thawing", 0, "--variables frozen early --end-date 2008-10-31 --ridge 0,40 --history rolling:2"
                                 " --batch-size-days 90 --min-history 100 --lags 2 --calendar off"),
    "joined_families": ("jumps", 3, "--end-date 2009-12-31 --features lag1+lag3,ewma6 --calendar on --caution 2"
                                    " --targets calm holey --ridge 10,1000"),
    "horizons": ("mixed", 3, f"--end-date 2006-12-31 --horizon 1,5,21 {MIXED}"),
    "resumed": ("monthly", 4, "--end-date 1999-06-30 --transform level driver=diff --lags 2 --burn-in 30"),
}


def environment():
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", LC_ALL="C.UTF-8",
               OMPI_MCA_hwloc_base_binding_policy="none", OMPI_MCA_mpi_yield_when_idle="1")
    if os.geteuid() == 0:
        env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return env


def train(binaries, name, *more):
    """Runs it in the current directory; the results are in results/."""
    panel, ranks, options = RUNS[name]
    launcher = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks else []
    done = subprocess.run([*launcher, f"{binaries}/pulse-train", "--data", f"{panel}.csv", "--output", "results",
                           "--no-progress", "--no-report", *options.split(), *more], env=environment(), text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
    if done.returncode not in (0, 4):  # 4: some windows could not be solved
        sys.exit(f"{name}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stderr


def resume(binaries, name):
    """The same run twice: the second finds every other file of finished spans."""
    train(binaries, name, "--keep-checkpoint", "--checkpoint-seconds", "0")
    saved = sorted(pathlib.Path("results/.checkpoint").glob("*.spans"))
    for path in saved[::2]:
        path.unlink()
    if "resumed: " not in train(binaries, name):
        sys.exit(f"{name}: nothing was resumed of {len(saved)} files")


def digest(values):
    values = np.asarray(values)
    data = "\0".join(map(str, values.ravel())).encode() if values.dtype.kind == "O" else values.tobytes()
    return hashlib.sha256(data).hexdigest()[:32]


def print_digests(name, path):
    def show(item, thing):
        if isinstance(thing, h5py.Dataset):
            print(name, item, thing.shape, thing.dtype.str, digest(thing[()]))

    with h5py.File(path, "r") as file:
        file.visititems(show)


def main():
    if len(sys.argv) < 2 or not set(sys.argv[2:]) <= set(RUNS):
        sys.exit(f"usage: digests.py BIN [{'|'.join(RUNS)}]…")
    binaries = os.path.abspath(sys.argv[1])
    for name in sys.argv[2:] or RUNS:
        with tempfile.TemporaryDirectory(prefix="pulse-digests-") as directory:
            os.chdir(directory)
            panel = RUNS[name][0]
            PANELS[panel]().to_csv(f"{panel}.csv", index_label="date", float_format=lambda x: repr(float(x)))
            (resume if name == "resumed" else train)(binaries, name)
            print_digests(name, "results/results.h5")
            sys.stdout.flush()
            os.chdir("/")


if __name__ == "__main__":
    main()
