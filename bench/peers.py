"""What one would run instead: other programs for the same retrodictions (ridge 1, expanding history).

    /usr/bin/python3 bench/peers.py NAME DATA.csv OUT.npy

trains on the scaled changes of a wide CSV, saves the retrodictions (rows × variables, scaled, NaN where
nothing is trained) and prints {"seconds": of training alone, from the panel in memory, as ours is counted}.
"""
import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):  # before NumPy is loaded
    os.environ[_name] = "1"

import argparse
import json
import mmap
import multiprocessing
import sys
import time

import numpy as np
from scipy.linalg.blas import dgemm, dsymm, dsyrk, dtrmm, dtrsm
from scipy.linalg.lapack import dpotrf, dpotri

import panel

RIDGE = 1.0
PROCESSES = 2


class Sums:
    """P + Λ (lower triangle) and Q over the rows before `end`, in Fortran order."""

    def __init__(self, x, y):
        self.x, self.y, self.end = x, y, panel.LAGS
        d = x.shape[1]
        self.p = np.asfortranarray(np.diag(np.r_[0, np.full(d - 1, RIDGE)]))
        self.q = np.zeros((d, y.shape[1]), order="F")

    def extend(self, end, block=512):
        for first in range(self.end, end, block):
            last = min(first + block, end)
            x, y = self.x[first:last].T, self.y[first:last].T
            dsyrk(1.0, x, beta=1.0, c=self.p, lower=1, overwrite_c=1)
            dgemm(1.0, x, y, beta=1.0, c=self.q, trans_b=1, overwrite_c=1)
        self.end = max(self.end, end)


def factor(a):
    """The lower Cholesky factor of `a`, which is overwritten."""
    l, info = dpotrf(a, lower=1, clean=0, overwrite_a=1)
    if info != 0:
        raise SystemExit("peers: no solution")
    return l


def forward(sums, first, end):
    """L⁻¹[Q | Xᵀ] for the model on the rows before `first`: one Cholesky, one triangular solve."""
    l = factor(sums.p.copy(order="F"))
    b = np.asfortranarray(np.hstack([sums.q, sums.x[first:end].T]))
    b = dtrsm(1.0, l, b, lower=1, overwrite_b=1)
    v = sums.q.shape[1]
    return b[:, :v], b[:, v:]


def cholesky(x, y, windows, out):
    """Incremental Cholesky: P and Q carried along, one factorisation per window; retrodictions as
    (L⁻¹Xᵀ)ᵀ(L⁻¹Q), which needs one triangular solve instead of two."""
    sums = Sums(x, y)
    for first, end in windows:
        sums.extend(first)
        c, z = forward(sums, first, end)
        out[first:end] = dgemm(1.0, z, c, trans_a=1)


def woodbury(x, y, windows, out):
    """The inverse and the coefficients carried along, a rank-n update per window: no factorisation of
    order d after the first. Half of the inverse is kept up."""
    sums = Sums(x, y)
    sums.extend(windows[0][0])
    inverse, _ = dpotri(factor(sums.p), lower=1, overwrite_c=1)
    coefficients = dsymm(1.0, inverse, sums.q, lower=1)
    for first, end in windows:
        rows = x[first:end].T
        out[first:end] = retrodicted = dgemm(1.0, rows, coefficients, trans_a=1)
        w = dsymm(1.0, inverse, rows, lower=1)
        gain = dgemm(1.0, rows, w, trans_a=1)
        gain.flat[::end - first + 1] += 1
        l = factor(gain)
        u = dtrsm(1.0, l, w, side=1, lower=1, trans_a=1, overwrite_b=1)
        dsyrk(-1.0, u, beta=1.0, c=inverse, lower=1, overwrite_c=1)
        error = dtrsm(1.0, l, np.asfortranarray(y[first:end] - retrodicted), lower=1, overwrite_b=1)
        dgemm(1.0, u, error, beta=1.0, c=coefficients, overwrite_c=1)


def spans(windows, rows):
    """Windows gathered into spans of about that many rows."""
    gathered = []
    for window in windows:
        if not gathered or window[1] - gathered[-1][0][0] > rows:
            gathered.append([])
        gathered[-1].append(window)
    return gathered


def innovations(x, y, windows, out):
    """The engine's own algorithm: one factorisation per span of windows of about 0.65 d rows."""
    sums = Sums(x, y)
    for span in spans(windows, 0.65 * x.shape[1]):
        first, end = span[0][0], span[-1][1]
        sums.extend(first)
        c, z = forward(sums, first, end)
        r = dgemm(-1.0, z, c, trans_a=1)
        r += y[first:end]
        k = dsyrk(1.0, z, trans=1, lower=1)
        k.flat[::end - first + 1] += 1
        m = factor(k)
        u = dtrsm(1.0, m, r, lower=1, overwrite_b=1)
        for a, b in span:
            i, j = a - first, b - first
            out[a:b] = y[a:b] - dtrmm(1.0, m[i:j, i:j], u[i:j], lower=1)


def operations(name, d, v, n):
    """Roughly, per row: of a method's own steps, and of summing history before the first window."""
    before = d * d + 2.0 * d * v
    own = {"numpy_cholesky": before + (d ** 3 / 3 + d * d * (v + n)) / n + 2 * d * v,
           "numpy_woodbury": 3.0 * d * d + 4 * d * v,
           "numpy_innovations": before + 2.5 * d * d + (d + 2.0 * v) * d}
    return own[name], before


def in_processes(parts, work):
    """Seconds that processes, one a part, take for work(part) from the moment all have begun."""
    context = multiprocessing.get_context("fork")
    start, end = (context.Barrier(len(parts) + 1, timeout=600) for _ in range(2))  # if one dies

    def one(part):
        start.wait()
        work(part)
        end.wait()

    processes = [context.Process(target=one, args=(part,), daemon=True) for part in parts]
    for process in processes:
        process.start()
    start.wait()
    began = time.perf_counter()
    end.wait()
    seconds = time.perf_counter() - began
    for process in processes:
        process.join()
    return seconds


def two_processes(method, name, z, windows):
    """Each process takes the windows of one part of history, starting from the sums of all before."""
    d, v = 1 + panel.LAGS * z.shape[1], z.shape[1]
    own, before = operations(name, d, v, windows[0][1] - windows[0][0])
    share = own / (2 * own - before)  # the second has to sum what came before: it gets fewer
    cut = min(max(1, round(share * len(windows))), len(windows) - 1)
    parts = [windows[:cut], windows[cut:]]
    shared = np.frombuffer(mmap.mmap(-1, z.nbytes), dtype=float).reshape(z.shape)
    shared[:] = np.nan

    def work(part):
        method(panel.features(z[:part[-1][1]]), z, part, shared)

    seconds = in_processes(parts, work)
    return shared, seconds


def ridge_window(x, y, first, end):
    """One task of dask_sklearn."""
    from sklearn.linear_model import Ridge
    model = Ridge(alpha=RIDGE).fit(x[panel.LAGS:first, 1:], y[panel.LAGS:first])
    return model.predict(x[first:end, 1:])


def dask_sklearn(z, windows):
    """Dask with two worker processes and one scikit-learn refit per window."""
    import dask
    from distributed import Client, LocalCluster
    dask.config.set({"distributed.worker.memory.terminate": False})
    out = np.full(z.shape, np.nan)
    with LocalCluster(n_workers=PROCESSES, threads_per_worker=1, dashboard_address=None) as cluster, \
            Client(cluster) as client:
        client.run(lambda: __import__("sklearn.linear_model"))
        began = time.perf_counter()
        x_there, z_there = client.scatter([panel.features(z), z], broadcast=True)
        futures = [client.submit(ridge_window, x_there, z_there, *window, pure=False)
                   for window in windows]
        for (first, end), part in zip(windows, client.gather(futures)):
            out[first:end] = part
        seconds = time.perf_counter() - began
    return out, seconds


METHODS = {"numpy_cholesky": cholesky, "numpy_woodbury": woodbury, "numpy_innovations": innovations}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*METHODS, "dask_sklearn"])
    parser.add_argument("data")
    parser.add_argument("out")
    arguments = parser.parse_args()
    days, values = panel.read_csv(arguments.data)
    z, _ = panel.scaled_changes(values)
    windows = panel.trained_windows(days)
    if arguments.name == "dask_sklearn":
        out, seconds = dask_sklearn(z, windows)
    else:
        out, seconds = two_processes(METHODS[arguments.name], arguments.name, z, windows)
    np.save(arguments.out, out)
    json.dump({"seconds": seconds, "windows": len(windows), "sum": float(np.nansum(out))}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
