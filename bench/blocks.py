"""The default model in NumPy, by the engine's own algorithm, on two processes.

    /usr/bin/python3 bench/blocks.py DATA.csv OUT.npy

Features lag1, ewma4 and ewma16 with the calendar's columns, in nested blocks, three penalties each: nine
candidates, of which the one with the smallest error so far is taken (--combine select). Saves and prints
what peers.py does. The panel is one of panel.py's: a value of each variable on each day.
"""
import argparse
import json
import mmap
import sys

import peers  # first: it sets the number of threads before NumPy is loaded
import numpy as np
from scipy.linalg.blas import dgemm, dsyrk, dtrmm, dtrsm
from scipy.signal import lfilter

import panel

RIDGES = (100.0, 1000.0, 10000.0)
MEMORIES = (0.0, 2 ** (-1 / 4), 2 ** (-1 / 16))  # of lag1, ewma4, ewma16: what is left a row later
SCALE_MEMORY, CLIP, FLOOR = 2 ** (-1 / 33), 5.0, 0.01
DAY_HEAD = 1 + 6 + 1  # the intercept, the weekdays but Monday, days since the row before


def in_units_of_the_running_scale(z):
    """(u, sigma): changes in units of a scale that is known the row before, clipped."""
    u, sigma = np.zeros_like(z), np.ones_like(z)
    variance, total, count = np.ones(z.shape[1]), np.full(z.shape[1], float(panel.BURN_IN)), panel.BURN_IN
    for t in range(1 + panel.BURN_IN, len(z)):
        sigma[t] = np.sqrt(np.maximum(variance, FLOOR * total / count))
        u[t] = np.clip(z[t] / sigma[t], -CLIP, CLIP)
        squares = z[t] ** 2
        variance = SCALE_MEMORY * variance + (1 - SCALE_MEMORY) * np.minimum(squares, (CLIP * sigma[t]) ** 2)
        total += squares
        count += 1
    return u, sigma


def features(u, days):
    """X in Fortran order: row t is [1, calendar, lag1, ewma4, ewma16], each of all variables."""
    rows, variables = u.shape
    x = np.zeros((rows, DAY_HEAD + len(MEMORIES) * variables))
    x[:, 0] = 1
    weekday = (days[:rows] + 3) % 7
    x[:, 1:7] = 2 * ((weekday[:, None] == np.arange(1, 7)) - 1 / 7)
    x[:, 7] = 2 * (np.minimum(np.diff(days[:rows], prepend=days[0] - 1), 5) - 1.4)
    for i, r in enumerate(MEMORIES):
        first = DAY_HEAD + i * variables
        x[1:, first:first + variables] = lfilter([np.sqrt((1 - r) * (1 + r))], [1, -r], u[:-1], axis=0)
    return x


class Sums(peers.Sums):
    """P without a penalty."""

    def __init__(self, x, y):
        super().__init__(x, y)
        self.end = 1
        self.p[:] = 0

    def penalised(self, ridge):
        p = self.p.copy(order="F")
        p.flat[len(p) + 1::len(p) + 1] += ridge
        return p


def candidates(x, y, windows, out):
    """One factorisation a span and penalty serves all blocks: leading blocks of L, L⁻¹Q and L⁻¹Xᵀ."""
    sums, v = Sums(x, y), y.shape[1]
    ends = [DAY_HEAD + (i + 1) * v for i in range(len(MEMORIES))]
    for span in peers.spans(windows, 0.65 * x.shape[1]):
        first, end = span[0][0], span[-1][1]
        sums.extend(first)
        for i, ridge in enumerate(RIDGES):
            l = peers.factor(sums.penalised(ridge))
            b = np.asfortranarray(np.hstack([sums.q, x[first:end].T]))
            b = dtrsm(1.0, l, b, lower=1, overwrite_b=1)
            k = np.eye(end - first, order="F")
            left = np.asfortranarray(y[first:end])
            begin = 0
            for block, stop in enumerate(ends):
                c, z = (np.asfortranarray(part) for part in (b[begin:stop, :v], b[begin:stop, v:]))
                begin = stop
                k = dsyrk(1.0, z, trans=1, lower=1, beta=1.0, c=k, overwrite_c=1)
                left = dgemm(-1.0, z, c, trans_a=1, beta=1.0, c=left, overwrite_c=1)
                m = peers.factor(k.copy(order="F"))
                u = dtrsm(1.0, m, left, lower=1)
                predicted = out[block * len(RIDGES) + i]
                for a, e in span:
                    rows = slice(a - first, e - first)
                    predicted[a:e] = y[a:e] - dtrmm(1.0, m[rows, rows], u[rows], lower=1)


def two_processes(z, days, windows):
    """(candidates × rows × variables in original scale, seconds). Each process takes a part of history."""
    C = len(MEMORIES) * len(RIDGES)
    out = np.frombuffer(mmap.mmap(-1, C * z.nbytes), dtype=float).reshape(C, *z.shape)
    out[:] = np.nan
    d, v = DAY_HEAD + len(MEMORIES) * z.shape[1], z.shape[1]
    before = d * d + 2.0 * d * v
    own = before + len(RIDGES) * (2.6 * d * d + 2.0 * d * v + C * 0.2 * d * d)
    cut = min(max(1, round(own / (2 * own - before) * len(windows))), len(windows) - 1)
    u, sigma = in_units_of_the_running_scale(z)  # not counted: the engine's reader does it too

    def work(part):
        last = part[-1][1]
        candidates(features(u[:last], days), u, part, out)

    seconds = peers.in_processes((windows[:cut], windows[cut:]), work)
    return out * sigma, seconds


def select(predicted, z, windows):
    """Of each variable the candidate with the smallest error in earlier windows; of ties the last."""
    squares = np.zeros((len(predicted), z.shape[1]))
    out = np.full(z.shape, np.nan)
    columns = np.arange(z.shape[1])
    for first, end in windows:
        good = squares <= (1 + 1e-10) * squares.min(axis=0)
        best = len(predicted) - 1 - good[::-1].argmax(axis=0)
        out[first:end] = predicted[best, first:end, columns].T
        squares += ((z[first:end] - predicted[:, first:end]) ** 2).sum(axis=1)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("out")
    arguments = parser.parse_args()
    days, values = panel.read_csv(arguments.data)
    z, _ = panel.scaled_changes(values)
    windows = panel.trained_windows(days, first_usable=1)
    predicted, seconds = two_processes(z, days, windows)
    out = select(predicted, z, windows)
    np.save(arguments.out, out)
    json.dump({"seconds": seconds, "windows": len(windows), "sum": float(np.nansum(out))}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
