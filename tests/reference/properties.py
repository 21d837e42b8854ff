#!/usr/bin/python3
"""properties.py CASE: what pulse-train's results must say about data whose truth is known.

coverage   random walks: nothing to find, so trust covers 1/2 and intervals cover what they promise
panels     the same in panels of four
recovery   a known linear law: its coefficients come back, and a driver is worth having
synth      the same for data by pulse-data synth
real       daily market data: the numbers of the specification (exit code 77 without the data)
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
import pandas as pd

from compare import program, train

CHECKS = []


def check(good, text):
    CHECKS.append(bool(good))
    print(("ok    " if good else "WRONG ") + text)


def results(a, data, *options):
    """Runs pulse-train; its arrays by path, variables by position."""
    with tempfile.TemporaryDirectory() as scratch:
        output = os.path.join(scratch, "out")
        code, said = train(["--data", data, *options], output, a.bin_dir, a.ranks)
        if code:
            sys.exit(f"pulse-train ended with {code}:\n{said}")
        r = {}
        with h5py.File(os.path.join(output, "results.h5")) as f:
            f.visititems(lambda name, item: r.update({name: item[()]})
                         if isinstance(item, h5py.Dataset) else None)
    r["variables"] = [x.decode() if isinstance(x, bytes) else x for x in r["variables"]]
    return r


def totals(r, name):
    return np.nansum(r["metrics/" + name], axis=0)


def skill(r):
    return 1 - totals(r, "sum_squared_error") / totals(r, "persistence_sum_squared_error")


def write_panel(directory, values, names):
    path = os.path.join(directory, "panel.csv")
    days = pd.bdate_range("2000-01-03", periods=len(values))
    pd.DataFrame(values, days, names).to_csv(path, index_label="date")
    return path, days[-1].date().isoformat()


def walks(a, seeds, variables, *options):
    """Runs on seeded random walks over 3000 days: skills and whether trust covers 1/2, of each."""
    covered, skills, counts = [], [], np.zeros(3)
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            rng = np.random.default_rng(seed)
            walk = 100 + np.cumsum(rng.standard_normal((3000, variables)), axis=0)
            data, end = write_panel(scratch, walk, list("abcd")[:variables])
            r = results(a, data, "--end-date", end, *options)
            covered.append((r["trust/lower_95"] <= 0.5) & (0.5 <= r["trust/upper_95"]))
            skills.append(skill(r))
            counts += [totals(r, x).sum() for x in ("interval_rows", "inside_80", "inside_95")]
    for k, level in ((1, 0.80), (2, 0.95)):
        share = counts[k] / counts[0]
        check(abs(share - level) <= 0.015, f"{level:.0%} intervals cover {share:.2%}")
    return np.array(skills), np.array(covered)


def coverage(a):
    """40 random walks, each on its own, default options."""
    skills, covered = walks(a, range(1, 41), 1)
    # Of 40 intervals 38 are expected to cover; fewer than 33 has probability 7e-4.
    check(covered.sum() >= 33, f"trust intervals that cover 1/2: {covered.sum()} of 40")
    check(skills.min() > -0.002, f"worst skill {skills.min():.3%}, above -0.2 %")


def panels(a):
    """40 panels of 4 random walks: more to be misled by."""
    skills, covered = walks(a, range(1000, 1040), 4, "--lags", "2")
    # Of 160 intervals 152 are expected to cover; fewer than 141 (88 %) has probability 5e-5.
    check(covered.mean() >= 0.88, f"trust intervals that cover 1/2: {covered.mean():.1%} of 160")
    # A clean walk still costs a little: 0.04 % on average, rarely more than 0.15 %.
    worst = skills.mean(axis=1).min()
    check(worst > -0.002, f"worst skill of a panel {worst:.3%}, above -0.2 %")
    share = (skills > -0.002).mean()
    check(share >= 0.98, f"skill above -0.2 %: {share:.1%} of walks")
    check(skills.min() > -0.004, f"worst skill {skills.min():.3%}, above -0.4 %")
    check(abs(skills.mean()) < 0.001, f"mean skill {skills.mean():.3%}, within 0.1 % of none")


def compare_coefficients(r, truth):
    """Final coefficients, back on original changes, against truth[lag, source, target]."""
    lags, V, _ = truth.shape
    scale = r["model/scale"]
    B = r["model/coefficients"][0][1:].reshape(lags, V, V)
    found = B * scale[None, None, :] / scale[None, :, None]
    # Standard errors of least squares on the same changes, right for a volatility that varies.
    change = np.diff(r["predictions/actual"], axis=0)
    X = np.hstack([np.ones((len(change) - lags, 1))]
                  + [change[lags - 1 - lag:len(change) - 1 - lag] for lag in range(lags)])
    Y = change[lags:]
    inverse = np.linalg.inv(X.T @ X)
    squares = (Y - X @ (inverse @ X.T @ Y)) ** 2
    error = [np.sqrt(np.diag(inverse @ (X.T * e) @ X @ inverse))[1:] for e in squares.T]
    z = (found - truth) / np.array(error).T.reshape(lags, V, V)
    off = np.abs(z)
    check(off.max() < 5, f"{z.size} coefficients within 5 standard errors: worst {off.max():.2f}")
    check((off < 2).mean() > 0.88, f"within 2 standard errors: {(off < 2).mean():.1%}")
    check(0.7 < z.std() < 1.3, f"spread of the errors in standard errors: {z.std():.2f}")
    return found


def with_and_without(a, data, options, source, target, least):
    """A run on everything; the target's skill must be higher by `least` than without the source."""
    r = results(a, data, *options)
    others = [name for name in r["variables"] if name != source]
    without = results(a, data, *options, "--variables", *others)
    both = [skill(x)[x["variables"].index(target)] for x in (r, without)]
    check(both[0] > both[1] + least,
          f"skill of {target}: {both[0]:.1%} with its driver {source}, {both[1]:.1%} without")
    return r


def recovery(a):
    """Changes follow a second-order law whose coefficients differ widely in scale."""
    rng = np.random.default_rng(7)
    count, names, lags = 5000, list("abcdef"), 2
    V = len(names)
    units = 10.0 ** rng.uniform(-2, 3, V)
    truth = np.where(rng.random((lags, V, V)) < 0.3, rng.uniform(-0.25, 0.25, (lags, V, V)), 0.0)
    truth[0, 0, 1] = 0.8  # a drives b
    change = rng.standard_normal((count, V))
    for t in range(lags, count):
        change[t] += sum(change[t - 1 - lag] @ truth[lag] for lag in range(lags))
    truth = truth * units[None, None, :] / units[None, :, None]
    with tempfile.TemporaryDirectory() as scratch:
        values = np.cumsum(change * units, axis=0)
        data, end = write_panel(scratch, values, names)
        options = ["--end-date", end, "--lags", str(lags), "--ridge", "0.1"]
        r = with_and_without(a, data, options, "a", "b", 0.2)
    found = compare_coefficients(r, truth)
    check(abs(found[0, 0, 1] / truth[0, 0, 1] - 1) < 0.1,
          f"a moves b by {found[0, 0, 1]:.4g} where {truth[0, 0, 1]:.4g} is true")


def synth(a):
    """A panel of pulse-data synth, from the day on which its late variable starts."""
    with tempfile.TemporaryDirectory() as scratch:
        data = os.path.join(scratch, "panel.csv")
        subprocess.run([program("pulse-data", a.bin_dir), "synth", data, "--rows", "20000", "--variables",
                        "12", "--sparse", "0", "--gaps", "0", "--seed", "7", "--lags", "2"], check=True)
        with open(os.path.join(scratch, "panel.truth.json")) as file:
            law = json.load(file)
        names = [v["name"] for v in law["variables"]]
        scale = np.array([v["scale"] for v in law["variables"]])
        truth = np.zeros((law["lags"], len(names), len(names)))
        for link in law["coefficients"]:
            truth[link["lag"] - 1, names.index(link["source"]), names.index(link["target"])] = link["value"]
        own = np.eye(len(names), dtype=bool)
        _, source, target = np.unravel_index(np.abs(np.where(own, 0, truth)).argmax(), truth.shape)
        days = pd.read_csv(data, usecols=["date"])["date"]
        options = ["--start-date", days[max(v["first_row"] for v in law["variables"])],
                   "--end-date", days.iloc[-1], "--lags", str(law["lags"]), "--ridge", "0.1"]
        r = with_and_without(a, data, options, names[source], names[target], 0.03)
    check(r["variables"] == names, "variables in the file's order")
    compare_coefficients(r, truth * scale[None, None, :] / scale[None, :, None])


def real(a):
    """The specification's figures for 14 daily series, 1999 to 2016."""
    if not a.data or not os.path.exists(a.data):
        print("the real data are not here")
        sys.exit(77)
    logs = ["spx_close", "nasdaq_close", "wti_spot", "brent_spot"]
    r = results(a, a.data, "--end-date", "2016-12-30", "--transform", *(x + "=logdiff" for x in logs))
    j = r["variables"].index("brent_spot")
    check(abs(skill(r)[j] - 0.061) <= 0.0005, f"brent_spot: skill {skill(r)[j]:.3%}")
    hits = totals(r, "hits")[j] / totals(r, "moves")[j]
    check(abs(hits - 0.587) <= 0.0005, f"brent_spot: hit rate {hits:.4f}")
    check(skill(r).min() > -0.0015, f"worst skill {skill(r).min():.3%}")
    for level, low, high in ((80, 79.7, 80.3), (95, 94.8, 95.0)):
        share = np.round(100 * totals(r, f"inside_{level}") / totals(r, "interval_rows"), 1)
        check(low <= share.min() and share.max() <= high,
              f"{level} % intervals cover {share.min()} to {share.max()} %")


CASES = dict(coverage=coverage, panels=panels, recovery=recovery, synth=synth, real=real)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("case", choices=CASES)
    p.add_argument("--bin-dir")
    p.add_argument("--ranks", type=int)
    p.add_argument("--data", help="the real data, a wide CSV file")
    a = p.parse_args()
    CASES[a.case](a)
    return 0 if all(CHECKS) else 1


if __name__ == "__main__":
    sys.exit(main())
