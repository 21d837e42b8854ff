"""Times Pulse alone and against other programs that do the same work; one table on standard output,
all of it in build/bench/results.json.

    ./dev bench [--quick] [NAME…]        names: walk sparse wide numpy default dask ranks daily csv hdf5 parquet
                                         s3 small memory linear checkpoint horizons histories nightly tune
                                         luck scaling quality

Every comparison first sees that both got the same numbers. Ours and the other run in turn, several
times; the ratio is the median of the ratios of the turns, so what else the machine does hits both.
"""
import argparse
import json
import math
import mmap
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
for _name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_name, None)
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # of the peers
sys.dont_write_bytecode = True

import h5py
import numpy as np

import hdf5
import luck
import panel
import quality
import scaling
import storage
import tuning

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "bin"
WORK = ROOT / "build" / "bench"
TRAINING = ("exchange", "gram", "scan", "walk", "return")  # from columns in memory to retrodictions
SAME = 1e-8  # of the largest value: what counts as the same numbers
AS_PEERS = ("--lags", 5, "--ridge", 1, "--scale-halflife", 0, "--clip", 0, "--calendar", "off")
TINY, SMALL, MEDIUM, LARGE, WIDE = (400, 3), (2500, 20), (10000, 50), (20000, 100), (2500, 1000)


# ---- Running things ------------------------------------------------------------------------------

def run(command):
    """Seconds and standard output of a command that must succeed."""
    began = time.perf_counter()
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"bench: exit code {done.returncode}: {' '.join(str(word) for word in command)}")
    return seconds, done.stdout


def data(size, full=False, monthly=0):
    """The wide CSV of (rows, variables), made once; prices of four decimals, or of full precision."""
    rows, variables = size
    path = WORK / f"{rows}x{variables}{'-full' if full else ''}{f'-{monthly}m' if monthly else ''}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        panel.write_csv(part, rows, variables, "%r" if full else "%.4f", monthly=monthly)
        part.rename(path)
    return path


def train(size, ranks, *options, monthly=0, model=AS_PEERS):
    """Runs pulse-train, with the features of the peers or other options for the model; returns its
    summary with `wall` seconds of the whole process added."""
    out = WORK / "out"
    last = panel.FIRST_DAY + size[0] - 1
    path = data(size, monthly=monthly)
    seconds, _ = run(["mpirun", "-n", ranks, BIN / "pulse-train", "--data", path, "--output", out,
                      "--end-date", last, *model, "--combine", "select", "--interval", "gaussian",
                      "--no-progress", *options])
    summary = json.loads((out / "summary.json").read_text())
    summary["wall"] = seconds
    summary["training"] = sum(summary["timings"][stage] for stage in TRAINING)
    return summary


def share_kernels():
    """Gives the peers the OpenBLAS kernels that ours chooses: OpenBLAS alone takes slow ones for a processor that
    it does not know."""
    arithmetic = train(SMALL, 1)["arithmetic"]
    os.environ["OPENBLAS_CORETYPE"] = re.search(r"(\S+) MAX_THREADS", arithmetic).group(1)
    print(f"all with the kernels of {arithmetic}\n")


def retrodictions():
    """Ours on the scaled values, from the results of the last run."""
    with h5py.File(WORK / "out" / "results.h5") as h5:
        return ((h5["predictions/predicted"][:] - h5["predictions/persistence"][:])
                / h5["model/scale"][:])


def peer(name, size):
    """Runs a peer; returns what it prints with `wall`, and its retrodictions."""
    out = WORK / f"{name}.npy"
    seconds, text = run([sys.executable, ROOT / "bench" / "peers.py", name, data(size), out])
    return {**json.loads(text), "wall": seconds}, np.load(out)


def difference(ours, theirs):
    """Largest difference as a share of the largest value; infinite where only one has a number."""
    if ours.shape != theirs.shape or (np.isnan(ours) != np.isnan(theirs)).any():
        return math.inf
    return float(np.nanmax(np.abs(ours - theirs)) / np.nanmax(np.abs(theirs)))


# ---- A shared machine ----------------------------------------------------------------------------

def busy_seconds():
    """Seconds all processors have worked since boot, time taken away by a hypervisor included."""
    fields = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields[:3]) + sum(fields[5:8])) / os.sysconf("SC_CLK_TCK")


def own_seconds():
    """Processor seconds of this process and the children it has waited for."""
    return sum(os.times()[:4])


class Others:
    """How much of the machine was taken by others since this was made."""

    def __init__(self):
        self.began, self.busy, self.own = time.perf_counter(), busy_seconds(), own_seconds()

    def share(self):
        used = busy_seconds() - self.busy - (own_seconds() - self.own)
        return max(0.0, used / ((time.perf_counter() - self.began) * os.cpu_count()))


class Patience:
    """Waits until others leave the machine alone, a minute in all at most."""

    def __init__(self, seconds=60.0):
        self.left = seconds

    def wait(self):
        while self.left > 0:
            others = Others()
            time.sleep(0.2)
            if others.share() < 0.1:
                return
            self.left -= 0.2


PATIENCE = Patience()


# ---- The table -----------------------------------------------------------------------------------

class Table:
    """Rows are printed as they come."""
    form = "{:<56} {:>11} {:>11} {:>9} {:>9}  {:<5} {}"

    def __init__(self):
        self.rows = []
        print(self.form.format("check", "ours", "other", "ratio", "target", "", "same numbers"))

    def add(self, check, ours, other, ratio, target=None, at_most=False, unit="s", apart=None, **more):
        """`target`: what the ratio must reach, or stay below; None where nothing was promised.
        `apart`: difference() of the two, None where there is nothing to compare."""
        same = apart is None or apart <= SAME
        reached = target is None or (ratio <= target if at_most else ratio >= target)
        verdict = "MISS" if not (same and reached) else "" if target is None else "ok"
        self.rows.append({"check": check, "ours": ours, "other": other, "unit": unit, "ratio": ratio,
                          "target": target, "at_most": at_most, "verdict": verdict,
                          "difference": apart, **more})
        print(self.form.format(
            check, self.show(ours, unit), self.show(other, unit), f"{ratio:.3g}",
            "" if target is None else f"{'<=' if at_most else '>='} {target:g}", verdict,
            "" if apart is None else f"{'yes' if same else 'NO'}, {apart:.0e}"), flush=True)

    @staticmethod
    def show(value, unit):
        if value is None:
            return ""
        return f"{1e3 * value:.3g} ms" if unit == "s" and value < 0.1 else f"{value:.3g} {unit}".strip()


def warm_memory():
    """Takes memory and gives it back, so that the next program does not wait for a hypervisor: hosts that reclaim
    what is free in a virtual machine provide it anew page by page, at 3 ms/MB where this was written, which is ten
    times what the kernel needs to clear it."""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    size = min(3 << 30, int(fields["MemAvailable"].split()[0]) << 9)  # a half of what is there, at most
    child = os.fork()  # whose memory is not counted as that of the programs which this one starts
    if child == 0:
        with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
            memory.madvise(mmap.MADV_HUGEPAGE)
            for at in range(0, size, mmap.PAGESIZE):
                memory[at] = 1
        os._exit(0)
    os.waitpid(child, 0)


def in_turn(times, *programs):
    """Runs the programs one after the other, `times` rounds; a list of results per program."""
    results = [[] for _ in programs]
    for _ in range(times):
        PATIENCE.wait()
        for program, result in zip(programs, results):
            warm_memory()
            result.append(program())
    return results


def ratio(over, under):
    return statistics.median(a / b for a, b in zip(over, under))


def slope(sizes, seconds):
    """Exponent of growth: least squares on logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


# ---- The checks ----------------------------------------------------------------------------------

def check_walk(table, turns):
    """One core: the engine's walk against one LAPACK Cholesky per window, and against dgemm."""
    targets = {101: 1.3, 251: 3, 501: 4.5, 1001: 7}
    _, text = run([BIN / "bench" / "bench_walk", turns])
    results = [json.loads(line) for line in text.splitlines()]
    for r in results:
        table.add(f"walk, d = {r['d']}: LAPACK per window", statistics.median(r["ours"]),
                  statistics.median(r["reference"]), ratio(r["reference"], r["ours"]), targets[r["d"]],
                  apart=r["difference"])
    for r in results:
        rates = [r["operations"] / seconds for seconds in r["ours"]]
        table.add(f"walk, d = {r['d']}: share of dgemm", statistics.median(rates) / 1e9,
                  statistics.median(r["dgemm"]) / 1e9, ratio(rates, r["dgemm"]),
                  0.6 if r["d"] >= 501 else None, unit="GFLOP/s")


def check_sparse(table, turns):
    """Two ranks, twenty monthly variables that are released on days of their own: solved by their rows,
    against one Cholesky per window, and against as many variables that are all daily."""
    size, monthly = (5000, 60), 20
    numbers = {}

    def ours(*options):
        def once():
            seconds = train(size, 2, *options, monthly=monthly)["training"]
            numbers[options] = retrodictions()
            return seconds
        return once

    rows, windows, daily = in_turn(min(turns, 3), ours(), ours("--refit"),
                                   lambda: train(size, 2)["training"])
    apart = difference(numbers[()], numbers["--refit",])
    table.add(f"training {size}, {monthly} monthly: LAPACK per window", statistics.median(rows),
              statistics.median(windows), ratio(windows, rows), 10, apart=apart)
    table.add(f"training {size}, {monthly} monthly, other: all daily", statistics.median(rows),
              statistics.median(daily), ratio(rows, daily), 1.5, at_most=True)


def check_wide(table, turns):
    """A panel of twice as many features as rows on two ranks, against NumPy by the rows on two threads."""
    numbers = {}

    def ours():
        seconds = train(WIDE, 2)["training"]
        numbers["ours"] = retrodictions()
        return seconds

    def other():
        out = WORK / "kernel.npy"
        _, text = run([sys.executable, ROOT / "bench" / "kernel.py", data(WIDE), out])
        numbers["other"] = np.load(out)
        return json.loads(text)["seconds"]

    mine, theirs = in_turn(min(turns, 3), ours, other)
    table.add(f"training {WIDE}, 5001 features: NumPy, kernel form", statistics.median(mine),
              statistics.median(theirs), ratio(theirs, mine), 1 / 1.3,
              apart=difference(numbers["ours"], numbers["other"]))


def against_numpy(table, turns, size, targets):
    names = list(targets)
    reference = {}

    def ours():
        summary = train(size, 2)
        reference["ours"] = retrodictions()
        return summary["training"]

    def other(name):
        def once():
            result, numbers = peer(name, size)
            reference[name] = numbers
            return result["seconds"]
        return once

    ours(), [other(name)() for name in names]  # warms up the file cache
    seconds, *theirs = in_turn(turns, ours, *[other(name) for name in names])
    for name, spent in zip(names, theirs):
        label = {"numpy_cholesky": "NumPy, incremental Cholesky", "numpy_woodbury": "NumPy, Woodbury",
                 "numpy_innovations": "NumPy, same algorithm"}[name]
        table.add(f"training {size}: {label}", statistics.median(seconds), statistics.median(spent),
                  ratio(spent, seconds), targets[name],
                  apart=difference(reference["ours"], reference[name]))


def check_numpy(table, turns):
    """Training on two ranks against NumPy on two processes."""
    against_numpy(table, turns, MEDIUM,
                  {"numpy_cholesky": 3, "numpy_innovations": 1.5, "numpy_woodbury": None})
    against_numpy(table, turns, LARGE,
                  {"numpy_cholesky": 4, "numpy_innovations": 1.5, "numpy_woodbury": None})


def check_default(table, turns):
    """The default features and penalties, nine candidates, against NumPy with the same blocks; and
    against the five lags and five penalties that were the default before."""
    earlier = (*AS_PEERS, "--ridge", "10,100,1000,10000,100000")
    for size in (MEDIUM, LARGE):
        numbers = {}

        def ours(size=size, numbers=numbers):
            seconds = train(size, 2, model=())["training"]
            numbers["ours"] = retrodictions()
            return seconds

        def other(size=size, numbers=numbers):
            out = WORK / "blocks.npy"
            _, text = run([sys.executable, ROOT / "bench" / "blocks.py", data(size), out])
            numbers["other"] = np.load(out)
            return json.loads(text)["seconds"]

        mine, blocks, lags = in_turn(turns, ours, other,
                                     lambda size=size: train(size, 2, model=earlier)["training"])
        table.add(f"training {size}, default: NumPy, same algorithm", statistics.median(mine),
                  statistics.median(blocks), ratio(blocks, mine),
                  apart=difference(numbers["ours"], numbers["other"]))
        table.add(f"training {size}, default, other: 5 lags, 5 penalties", statistics.median(mine),
                  statistics.median(lags), ratio(mine, lags), 0.6 if size == LARGE else None, at_most=True)


def check_dask(table, turns):
    """Two ranks against Dask with two workers and scikit-learn refitting per window."""
    for size, training, whole in ((SMALL, None, None), (MEDIUM, None, None), (LARGE, 120, 70)):
        PATIENCE.wait()
        theirs, numbers = peer("dask_sklearn", size)
        [runs] = in_turn(turns, lambda size=size: train(size, 2))
        apart = difference(retrodictions(), numbers)
        seconds = statistics.median(r["training"] for r in runs)
        wall = statistics.median(r["wall"] for r in runs)
        table.add(f"training {size}: Dask + scikit-learn", seconds, theirs["seconds"],
                  theirs["seconds"] / seconds, training, apart=apart)
        table.add(f"whole process {size}: Dask + scikit-learn", wall, theirs["wall"],
                  theirs["wall"] / wall, whole, apart=apart)


def check_ranks(table, turns):
    """One rank against two."""
    numbers = {}

    def on(ranks):
        def once():
            seconds = train(LARGE, ranks)["training"]
            numbers[ranks] = retrodictions()
            return seconds
        return once

    two, one = in_turn(turns, on(2), on(1))
    same = np.array_equal(numbers[1].view(np.int64), numbers[2].view(np.int64))
    table.add(f"training {LARGE}: 2 ranks, other: 1", statistics.median(two), statistics.median(one),
              ratio(one, two), 1.8, apart=0.0 if same else math.inf)


def check_daily(table, turns):
    """Refitting every day against every 30 days."""
    for size in (MEDIUM, LARGE):
        daily, monthly = in_turn(turns, lambda: train(size, 2, "--batch-size-days", 1),
                                 lambda: train(size, 2))
        for label, of, target in (("training", "training", 1.3), ("whole process", "wall", None)):
            a, b = [r[of] for r in daily], [r[of] for r in monthly]
            table.add(f"{label} {size}: every day, other: 30", statistics.median(a),
                      statistics.median(b), ratio(a, b), target, at_most=True)


def against_reader(table, turns, label, path, target, read):
    """Reading a wide file, against `read`, which gives its numbers as rows × columns."""
    values = WORK / "values.f64"

    def ours():
        return json.loads(run([BIN / "bench" / "bench_read", path])[1])["seconds"]

    def other():
        began = time.perf_counter()
        numbers = read()
        return time.perf_counter() - began, numbers

    run([BIN / "bench" / "bench_read", path, values])
    mine, theirs = in_turn(max(turns, 5), ours, other)
    numbers = theirs[0][1]
    apart = difference(np.fromfile(values).reshape(numbers.shape[::-1]).T, numbers)
    values.unlink()
    theirs = [seconds for seconds, _ in theirs]
    table.add(label, statistics.median(mine), statistics.median(theirs), ratio(theirs, mine), target,
              apart=apart, bytes=path.stat().st_size)


def against_pandas(table, turns, label, path, target, **options):
    import pandas as pd
    against_reader(table, turns, label, path, target,
                   lambda: pd.read_csv(path, parse_dates=["date"], index_col="date",
                                       **options).to_numpy())


COLD_PANDAS = """
import sys, time, pandas as pd
began = time.perf_counter()
pd.read_csv(sys.argv[1], parse_dates=["date"], index_col="date")
print(time.perf_counter() - began)
"""


def cold_against_pandas(table, turns, label, path):
    """The first read of a fresh process, on both sides."""
    mine, theirs = in_turn(max(turns, 5),
                           lambda: json.loads(run([BIN / "bench" / "bench_read", path])[1])["cold"],
                           lambda: float(run([sys.executable, "-c", COLD_PANDAS, path])[1]))
    table.add(label, statistics.median(mine), statistics.median(theirs), ratio(theirs, mine), None)


def check_csv(table, turns):
    """Reading a wide CSV into columns in memory, one process, against pandas.read_csv: both warm; the
    first read of a process; and pandas when asked to be exact, as Pulse is."""
    full = data(LARGE, full=True)
    against_pandas(table, turns, f"reading {LARGE} CSV, 4 decimals: pandas", data(LARGE), 5)
    against_pandas(table, turns, f"reading {LARGE} CSV, all digits: pandas", full, 5)
    cold_against_pandas(table, turns, f"reading {LARGE} CSV, 4 decimals, cold: pandas", data(LARGE))
    cold_against_pandas(table, turns, f"reading {LARGE} CSV, all digits, cold: pandas", full)
    against_pandas(table, turns, f"reading {LARGE} CSV, all digits: pandas, exact", full, None,
                   float_precision="round_trip")


def check_hdf5(table, turns):
    hdf5.check_hdf5(table, turns, sys.modules[__name__])


def check_parquet(table, turns):
    storage.check_parquet(table, turns, sys.modules[__name__])


def check_s3(table, turns):
    storage.check_s3(table, turns, sys.modules[__name__])


def check_small(table, turns):
    """A small run as a whole process, mpirun included."""
    [walls] = in_turn(2 * turns + 1, lambda: train(SMALL, 2)["wall"])
    wall = statistics.median(walls)
    table.add(f"whole process {SMALL}, 2 ranks", wall, 0.3, wall / 0.3, 1, at_most=True)


def check_memory(table, _turns):
    """Peak memory of the largest rank against what --dry-run announced."""
    for size, ranks in ((LARGE, 1), (LARGE, 2), (MEDIUM, 2)):
        last = panel.FIRST_DAY + size[0] - 1
        _, plan = run(["mpirun", "-n", ranks, BIN / "pulse-train", "--data", data(size), "--end-date",
                       last, *AS_PEERS, "--combine", "select", "--interval", "gaussian",
                       "--dry-run"])
        announced = max(float(mb) for mb in re.findall(r"^ *\d+ .* (\d+) MB", plan, re.MULTILINE))
        peak = train(size, ranks)["peak_rss_bytes"] / 1e6
        table.add(f"memory {size}, {ranks} ranks: announced", peak, announced, peak / announced, 1.5,
                  at_most=True, unit="MB")


def check_linear(table, turns):
    """Growth of the time with the rows."""
    rows = [5000, 10000, 20000, 40000]
    seconds = in_turn(turns, *[lambda r=r: train((r, 50), 2)["training"] for r in rows])
    exponents = [slope(rows, turn) for turn in zip(*seconds)]
    table.add(f"training, exponent of {rows[0]} to {rows[-1]} rows", statistics.median(seconds[-1]),
              statistics.median(seconds[0]), statistics.median(exponents), 1.1, at_most=True)


def check_checkpoint(table, turns):
    """What checkpoints cost, as processor time of one rank, thread and all: by default, where a run of
    this length saves nothing, and where all is saved at once. And what is left of a run of which nine
    tenths were saved. Five penalties, as by default."""
    more = ("--ridge", "10,100,1000,10000")
    saved = WORK / "out" / ".checkpoint"

    def cost(*options):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        train(LARGE, 1, *more, *options)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    none, default, eager = in_turn(turns, lambda: cost("--no-checkpoint"), lambda: cost(),
                                   lambda: cost("--checkpoint-seconds", 0))
    for label, costs, most in (("saved each minute", default, 1.03), ("all saved at once", eager, None)):
        table.add(f"processor {LARGE}: {label}, other: not", statistics.median(costs),
                  statistics.median(none), ratio(costs, none), most, at_most=True)

    def resumed():
        """A whole run that keeps what it saved; the last tenth of that goes, and all results."""
        train(LARGE, 1, *more, "--checkpoint-seconds", 0, "--keep-checkpoint")
        numbers["full"] = retrodictions()
        files = sorted(saved.glob("*.spans"))
        first = [int(file.name.split("-")[1]) for file in files]
        end = int(files[-1].name.split("-")[2]) + 1
        for file, span in zip(files, first):
            if file == files[-1] or end - span <= (end - first[0]) / 10:
                file.unlink()
        seconds = train(LARGE, 1, *more)["training"]
        numbers["resumed"] = retrodictions()
        return seconds

    numbers = {}
    rest, full = in_turn(turns, resumed,
                         lambda: train(LARGE, 1, *more, "--no-checkpoint")["training"])
    same = np.array_equal(numbers["full"].view(np.int64), numbers["resumed"].view(np.int64))
    table.add(f"training {LARGE}: 9 of 10 resumed, other: none", statistics.median(rest),
              statistics.median(full), ratio(rest, full), 0.25, at_most=True,
              apart=0.0 if same else math.inf)


def check_horizons(table, turns):
    """Three and five horizons with the default model, as a multiple of what one takes."""
    def ahead(horizons):
        return lambda: train(LARGE, 2, "--horizon", horizons, model=())["training"]

    one, three, five = in_turn(turns, ahead("1"), ahead("1,5,21"), ahead("1,2,5,10,21"))
    for label, spent, most in (("three horizons", three, 2.2), ("five horizons", five, 2.7)):
        table.add(f"training {LARGE}: {label}, other: one", statistics.median(spent),
                  statistics.median(one), ratio(spent, one), most, at_most=True)


def check_histories(table, turns):
    """The last 60 windows alone, and all with a half-life of 24, as a multiple of what all alike take."""
    def known(history):
        return lambda: train(LARGE, 2, "--history", history, model=())["training"]

    everything, last, fading = in_turn(turns, known("expanding"), known("rolling:60"), known("halflife:24"))
    for label, spent, most in (("rolling:60", last, 3), ("halflife:24", fading, 6)):
        table.add(f"training {LARGE}: {label}, other: expanding", statistics.median(spent),
                  statistics.median(everything), ratio(spent, everything), most, at_most=True)


def check_nightly(table, turns):
    """A month more: what a run with the default model that keeps its spans needs for 21 rows after those of the
    last one, and where a value of the middle was revised beside that. The first run that is compared with takes
    nothing; all begin with what yesterday's left."""
    rows, variables = LARGE
    saved, yesterday = WORK / "out" / ".checkpoint", WORK / "yesterday"
    keep = ("--keep-checkpoint", "--checkpoint-seconds", 0)
    revised = WORK / "revised.csv"
    lines = data(LARGE).read_text().splitlines(keepends=True)
    cells = lines[rows // 2].split(",")
    cells[5] = f"{float(cells[5]) + 1:.4f}"
    revised.write_text("".join([*lines[:rows // 2], ",".join(cells), *lines[rows // 2 + 1:]]))

    def last_of(count):
        return ("--end-date", panel.FIRST_DAY + count - 1)

    shutil.rmtree(WORK / "out", ignore_errors=True)
    train(LARGE, 2, *keep, *last_of(rows - 21), model=())
    shutil.rmtree(yesterday, ignore_errors=True)
    shutil.copytree(saved, yesterday)
    numbers = {}

    def night(name, *options):
        shutil.rmtree(WORK / "out", ignore_errors=True)
        shutil.copytree(yesterday, saved)
        summary = train(LARGE, 2, *options, model=())
        numbers[name] = retrodictions()
        return summary

    appended, redone, full, full_revised = in_turn(
        turns, lambda: night("appended", *keep), lambda: night("redone", *keep, "--data", revised),
        lambda: night("full", "--no-checkpoint"),
        lambda: night("full, revised", "--no-checkpoint", "--data", revised))
    shutil.rmtree(saved)  # the last night has left it, and other runs would go on from it
    for label, ours, other, names, most in (
            ("21 rows more", appended, full, ("appended", "full"), 0.12),
            ("and one in the middle revised", redone, full_revised, ("redone", "full, revised"), None)):
        same = np.array_equal(*(numbers[name].view(np.int64) for name in names))
        for what, key in (("training", "training"), ("whole process", "wall")):
            mine, theirs = ([turn[key] for turn in runs] for runs in (ours, other))
            table.add(f"{what} {LARGE}: {label}, other: all", statistics.median(mine), statistics.median(theirs),
                      ratio(mine, theirs), most if key == "training" else None, at_most=True,
                      apart=0.0 if same else math.inf)


def check_tune(table, turns):
    """64 trials and the default: trials an hour of two workers beside a process a trial, two at a time; and one worker
    beside 65 times what training and judging take, and one start."""
    study = WORK / "study"
    trials, found = {}, {}

    def ours(workers=2):
        tuning.begin(study, data(SMALL), panel.FIRST_DAY + SMALL[0] - 1)
        seconds = tuning.work(BIN, study, workers)
        trials.update(tuning.summaries(study))
        return seconds

    def other():
        began = time.perf_counter()
        found.update(tuning.one_by_one(BIN, trials, WORK / "one-by-one"))
        return time.perf_counter() - began

    def alone():
        summary = train(SMALL, 1, model=())
        return len(trials) * sum(summary["timings"][stage] for stage in (*TRAINING, "judge")) + summary["wall"]

    def processor(program):
        def once():
            began = own_seconds()
            return program(), own_seconds() - began
        return once

    ours()
    together, processes, one, starts = in_turn(min(turns, 3), processor(ours), processor(other), lambda: ours(1), alone)
    apart = difference(*(np.array(tuning.numbers(runs)) for runs in (trials, found)))
    for what, column in (("trials an hour", 0), ("trials a processor hour", 1)):
        rates = [[3600 * len(trials) / spent[column] for spent in program] for program in (together, processes)]
        table.add(f"{what} {SMALL}: a process a trial", *map(statistics.median, rates), ratio(*rates), 5, unit="",
                  apart=apart)
    table.add(f"{len(trials)} trials {SMALL}, other: training, a start", statistics.median(one),
              statistics.median(starts), ratio(one, starts), 1, at_most=True)


    check_penalties(table, turns)


def check_penalties(table, turns):
    """A study of six sets of penalties, which share a walk, beside a study of each: seconds that trials note."""
    folder = WORK / "penalties"

    def spent(studies):
        return sum(summary["trial"]["vcpu_seconds"] for study in studies for summary in tuning.summaries(study).values())

    def run(*names):
        def once():
            tuning.begin_penalties(folder, data(MEDIUM), panel.FIRST_DAY + MEDIUM[0] - 1)
            for name in names:
                tuning.work(BIN, folder / name, 1)
            return spent(folder / name for name in names)
        return once

    shared, apart = in_turn(min(turns, 3), run("all"), run(*(f"set{i}" for i in range(6))))
    table.add(f"six sets of penalties {MEDIUM}: a walk each", statistics.median(shared), statistics.median(apart),
              ratio(shared, apart), 1, at_most=True)


def check_trials(table, turns):
    """1,000 trials of a tiny panel on two ranks, and their leaderboard."""
    study = WORK / "tiny-study"

    def trials():
        more = "  batch-size-days: 20\n  min-history: 60\n"
        tuning.begin(study, data(TINY), panel.FIRST_DAY + TINY[0] - 1, 1000, more)
        return tuning.measure(["mpirun", "-n", 2, BIN / "pulse-tune", "run", study, "--no-progress"])

    ran, shown = in_turn(min(turns, 3), trials, lambda: tuning.measure([BIN / "pulse-tune", "show", study]))
    seconds, _, peak = map(statistics.median, zip(*ran))
    _, show, _ = map(statistics.median, zip(*shown))
    table.add("1001 tiny trials, 2 ranks", seconds, 60, seconds / 60, 1, at_most=True)
    table.add("1001 tiny trials, 2 ranks: memory", peak / 1e6, 100, peak / 1e8, 1, at_most=True, unit="MB")
    table.add("processor of pulse-tune show, 1001 trials", show, None, show)


def check_luck(table, _turns):
    """200 studies of 30 runs whose truth is known: how often a test at 10 % calls equal runs better, and how often the
    confidence set of 90 % holds the best. No times."""
    for label, windows, better, memory in (("", 120, 0, 0), (", 60 windows", 60, 0, 0), (", with memory", 120, 0, 0.2)):
        rejected, _ = luck.simulate(BIN, WORK / "luck", windows, better, memory)
        table.add(f"30 equal runs{label}: one called better", rejected, 0.1, rejected / 0.1, 1.6, at_most=True, unit="")
        table.add(f"30 equal runs{label}: and not too rarely", rejected, 0.1, rejected / 0.1, 0.4, unit="")
    for better in (0.02, 0.04):
        found, held = luck.simulate(BIN, WORK / "luck", 120, better)
        table.add(f"one better by {better / 2:.0%}: it is in the set", held, 0.9, held / 0.9, 0.85 / 0.9, unit="")
        table.add(f"one better by {better / 2:.0%}: found", found, None, found, unit="")


def check_scaling(table, turns):
    scaling.check_scaling(table, turns, sys.modules[__name__])


def check_quality(_table, _turns):
    """How good the numbers are beside others': a table of its own, no times."""
    print()
    (WORK / "quality.json").write_text(json.dumps(quality.quality(BIN), indent=1) + "\n")
    print()


CHECKS = {"walk": check_walk, "sparse": check_sparse, "wide": check_wide, "numpy": check_numpy, "default": check_default,
          "dask": check_dask, "ranks": check_ranks, "daily": check_daily, "csv": check_csv, "hdf5": check_hdf5,
          "parquet": check_parquet, "s3": check_s3, "small": check_small, "memory": check_memory,
          "linear": check_linear, "checkpoint": check_checkpoint, "horizons": check_horizons, "histories": check_histories,
          "nightly": check_nightly, "tune": check_tune, "trials": check_trials, "luck": check_luck, "scaling": check_scaling,
          "quality": check_quality}


def main():
    parser = argparse.ArgumentParser(prog="dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="checks to run (all)")
    parser.add_argument("--quick", action="store_true", help="two turns instead of seven")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in CHECKS:
            parser.error(f"no check named {name!r}; there are {' '.join(CHECKS)}")
    if os.geteuid() == 0:  # Open MPI refuses to run as root unless allowed twice
        os.environ["OMPI_ALLOW_RUN_AS_ROOT"] = os.environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    WORK.mkdir(parents=True, exist_ok=True)
    share_kernels()
    table = Table()
    others = Others()
    for name in arguments.names or CHECKS:
        CHECKS[name](table, 2 if arguments.quick else 7)
    share = others.share()
    missed = sum(row["verdict"] == "MISS" for row in table.rows)
    (WORK / "results.json").write_text(json.dumps(
        {"processors": os.cpu_count(), "taken_by_others": share, "rows": table.rows}, indent=1) + "\n")
    print(f"\n{len(table.rows)} rows, {missed} missed; details in build/bench/results.json")
    if share > 0.05:
        print(f"Others took {100 * share:.0f} % of the machine meanwhile: do not trust the times.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
