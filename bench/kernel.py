"""A wide panel in NumPy, solved by its rows, in one process with two threads.

    /usr/bin/python3 bench/kernel.py DATA.csv OUT.npy

The model of peers.py (five lags, ridge 1, expanding history) by one factor of I + XXᵀ, as the engine does it where
there are more features than rows: retrodictions of all windows, and the coefficients of the fit on all rows. Saves
and prints what peers.py does.
"""
import os

THREADS = 2
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before NumPy is loaded
    os.environ[_name] = str(THREADS)

import argparse
import json
import sys
import time

import numpy as np
from scipy.linalg.blas import dgemm, dsyrk, dtrmm, dtrsm
from scipy.linalg.lapack import dpotrf

import panel

RIDGE = 1.0


def kernel_form(x, y, windows):
    """(retrodictions, coefficients without the intercept): rows of X without the intercept, windows as row ranges."""
    k = dsyrk(1 / RIDGE, x, trans=1, lower=1)  # x: features × rows
    k.flat[::len(k) + 1] += 1
    m, info = dpotrf(k, lower=1, clean=0, overwrite_a=1)
    if info != 0:
        sys.exit("kernel: no solution")
    targets = np.asfortranarray(np.hstack([y, np.ones((len(y), 1))]))
    u = dtrsm(1.0, m, targets, lower=1)
    g = u[:, -1:]
    gu, gg = np.cumsum(g * u[:, :-1], axis=0), np.cumsum(g * g)
    out = np.full(y.shape, np.nan)
    for first, end in windows:
        rows = slice(first, end)
        before = targets[rows] - dtrmm(1.0, m[rows, rows], u[rows], lower=1)
        intercept = gu[first - 1] / gg[first - 1]
        out[rows] = before[:, :-1] + intercept * (1 - before[:, -1:])
    left = np.asfortranarray(u[:, :-1] - g * (gu[-1] / gg[-1]))
    solved = dtrsm(1.0, m, left, lower=1, trans_a=1, overwrite_b=1)
    return out, dgemm(1 / RIDGE, x, solved)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    arguments = parser.parse_args()
    days, values = panel.read_csv(arguments.data)
    z, _ = panel.scaled_changes(values)
    lags = panel.LAGS
    windows = [(first - lags, end - lags) for first, end in panel.trained_windows(days)]
    began = time.perf_counter()
    x = np.asfortranarray(panel.features(z)[lags:, 1:].T)
    predicted, _ = kernel_form(x, z[lags:], windows)
    seconds = time.perf_counter() - began
    out = np.vstack([np.full((lags, z.shape[1]), np.nan), predicted])
    np.save(arguments.out, out)
    json.dump({"seconds": seconds, "windows": len(windows), "sum": float(np.nansum(out))}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
