#!/usr/bin/python3
"""properties.py CASE: what pulse-train's results must say about data whose truth is known.

coverage   random walks: nothing to find, so trust covers 1/2 and intervals cover what they promise
panels     the same in panels of four
gusts      walks whose variance changes and whose tails are heavy: nothing to find either
recovery   a known linear law: its coefficients come back, and a driver is worth having
synth      the same for data by pulse-data synth
cuts       no look-ahead: what comes after a row changes nothing before it
real, currencies, yields  market data: skill, coverage, interval scores (exit code 77 without the data)
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

import panels as made
import reference
from compare import PLAIN, program, train

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
        with open(os.path.join(output, "summary.json"), encoding="utf-8") as file:
            r = {"summary": json.load(file)["metrics"]}
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


def shares(r, level):
    """The share of rows inside the intervals, of each variable."""
    return totals(r, f"inside_{level}") / totals(r, "interval_rows")


def noise(rng, count, variables):
    return rng.standard_normal((count, variables))


def gusty_noise(rng, count, variables):
    """GARCH(1, 1) with Student's t of five degrees of freedom."""
    shocks = rng.standard_t(5, (count, variables)) / np.sqrt(5 / 3)
    variance = np.ones(variables)
    for shock in shocks:
        shock *= np.sqrt(variance)
        variance = 0.02 + 0.08 * shock ** 2 + 0.9 * variance
    return shocks


def walks(a, seeds, variables, make, *options):
    """Runs on seeded random walks over 3000 days: skills, adjusted p-values and whether trust covers 1/2,
    of each; checks that intervals cover what they promise."""
    covered, skills, p_values, inside = [], [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in seeds:
            walk = 100 + np.cumsum(make(np.random.default_rng(seed), 3000, variables), axis=0)
            data, end = write_panel(scratch, walk, list("abcd")[:variables])
            r = results(a, data, "--end-date", end, *options)
            covered.append((r["trust/lower_95"] <= 0.5) & (0.5 <= r["trust/upper_95"]))
            skills.append(skill(r))
            p_values.append([m["dm_p_adjusted"] for m in r["summary"].values()])
            inside.append([shares(r, level) for level in (80, 95)])
    for k, level in enumerate((0.80, 0.95)):
        off = np.abs(np.array(inside)[:, k] - level).max()
        check(off <= 0.01, f"{level:.0%} intervals cover within {off:.2%} of it")
    return np.array(skills), np.array(p_values, float), np.array(covered)


def coverage(a):
    """40 random walks, each on its own, default options."""
    skills, _, covered = walks(a, range(1, 41), 1, noise)
    # Of 40 intervals 38 are expected to cover; fewer than 33 has probability 7e-4.
    check(covered.sum() >= 33, f"trust intervals that cover 1/2: {covered.sum()} of 40")
    check(skills.min() > -0.002, f"worst skill {skills.min():.3%}, above -0.2 %")


def panels(a):
    """40 panels of 4 random walks: more to be misled by."""
    skills, _, covered = walks(a, range(1000, 1040), 4, noise)
    # Of 160 intervals 152 are expected to cover; fewer than 141 (88 %) has probability 5e-5.
    check(covered.mean() >= 0.88, f"trust intervals that cover 1/2: {covered.mean():.1%} of 160")
    worst = skills.mean(axis=1).min()
    check(worst > -0.002, f"worst skill of a panel {worst:.3%}, above -0.2 %")
    share = (skills > -0.002).mean()
    check(share >= 0.98, f"skill above -0.2 %: {share:.1%} of walks")
    check(skills.min() > -0.004, f"worst skill {skills.min():.3%}, above -0.4 %")
    check(abs(skills.mean()) < 0.001, f"mean skill {skills.mean():.3%}, within 0.1 % of none")


def gusts(a):
    """40 random walks of which each has calm and stormy years: there is still nothing to find."""
    skills, p_values, _ = walks(a, range(40), 1, gusty_noise)
    check(-0.0008 <= skills.mean() <= 0.0002, f"mean skill {skills.mean():.4%}, from -0.08 to 0.02 %")
    quiet = (np.nan_to_num(p_values, nan=1.0) >= 0.05).all(axis=1).sum()
    check(quiet >= 38, f"no skill is claimed on {quiet} of 40")


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
        options = ["--end-date", end, "--lags", str(lags), "--ridge", "0.1", *PLAIN.split()]
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
                   "--end-date", days.iloc[-1], "--lags", str(law["lags"]), "--ridge", "0.1", *PLAIN.split()]
        r = with_and_without(a, data, options, names[source], names[target], 0.03)
    check(r["variables"] == names, "variables in the file's order")
    compare_coefficients(r, truth * scale[None, None, :] / scale[None, :, None])


def cuts(a):
    """Panels cut after a random row: all that was said of the rows before it stays as it is."""
    rng = np.random.default_rng(11)
    for panel, options in (("mixed", "--transform diff price=logdiff stationary=level --ridge 10,1000"),
                           ("jumps", "--history rolling:6 --min-history 100"),
                           ("releases", "--calendar on --min-history 60 --interval gaussian")):
        with tempfile.TemporaryDirectory() as scratch:
            data = os.path.join(scratch, "panel.csv")
            arguments = ["--end-date", "2012-12-31", *options.split()]
            made.write(panel, data)
            whole = reference.prepare(reference.read_wide(data), reference.parse_options(arguments))
            full = results(a, data, *arguments)
            frame, count = pd.read_csv(data, dtype=str), len(full["calendar"])
            for rows in rng.integers(count // 2, count, 3):
                last = np.datetime64(int(full["calendar"][rows - 1]), "ns").astype("datetime64[D]")
                frame[frame["date"] <= str(last)].to_csv(data, index=False)
                part = reference.prepare(reference.read_wide(data), reference.parse_options(arguments))
                same = [v.enters and v.dense for v in part.variables] == [
                    v.enters and v.dense for v in whole.variables]
                if same:  # else a variable is taken for a sparse one, which is decided over all rows
                    compare_cut(full, results(a, data, *arguments), int(rows), panel)


def compare_cut(full, part, rows, panel):
    worst = 0.0
    for name in ("predicted", "persistence", "lower_80", "upper_80", "lower_95", "upper_95"):
        one, other = full["predictions/" + name][:rows], part["predictions/" + name]
        if one.shape != other.shape or (np.isnan(one) != np.isnan(other)).any():
            worst = np.inf
            continue
        size = np.nanmedian(np.abs(full["predictions/actual"]), axis=0) + np.nan_to_num(full["model/scale"])
        worst = max(worst, np.nanmax(np.abs(one - other) / size))
    check(worst < 1e-9, f"{panel} cut after row {rows}: what was said before differs by {worst:.0e}")


def look_up(a, *path):
    """The market data's file, where it is there."""
    file = os.path.join(a.data or "", *path)
    if not os.path.exists(file):
        print("the market data are not here")
        sys.exit(77)
    return file


def check_figures(r, mean, worst, scores, far):
    """Skill, coverage (all the time and over any five years) and interval scores of a panel."""
    skills = skill(r)
    check(skills.mean() >= mean, f"mean skill {skills.mean():.3%}, at least {mean:.2%}")
    check(skills.min() >= worst, f"worst skill {skills.min():.3%}, at least {worst:.2%}")
    years = r["calendar"].astype("datetime64[ns]").astype("datetime64[Y]").astype(int)
    actual = r["predictions/actual"]
    change = totals(r, "persistence_sum_abs_error") / totals(r, "n")
    for level, most, away in zip((80, 95), scores, (0.016, 0.012)):
        share = shares(r, level)
        check(np.abs(share - level / 100).max() <= far,
              f"{level} % intervals cover {share.min():.2%} to {share.max():.2%}")
        score = np.mean(totals(r, f"sum_interval_score_{level}") / totals(r, "interval_rows") / change)
        check(score <= most, f"mean {level} % interval score {score:.3f} of the mean change, at most {most}")
        lower, upper = (r[f"predictions/{side}_{level}"] for side in ("lower", "upper"))
        scored = ~np.isnan(lower) & ~np.isnan(actual)
        inside = scored & (lower <= actual) & (actual <= upper)
        off = 0.0
        for first in range(years[scored.any(axis=1)].min(), years[-1] - 3):
            rows = (years >= first) & (years < first + 5)
            n = scored[rows].sum(axis=0)
            off = max(off, np.abs(inside[rows].sum(axis=0)[n > 500] / n[n > 500] - level / 100).max())
        check(off <= away, f"in any five years off by at most {off:.2%}")


def real(a):
    """14 daily series, 1999 to 2016."""
    logs = ["spx_close", "nasdaq_close", "wti_spot", "brent_spot"]
    r = results(a, look_up(a, "real", "wide.csv"), "--end-date", "2016-12-30",
                "--transform", *(x + "=logdiff" for x in logs))
    check_figures(r, 0.037, -0.0025, (4.77, 7.26), 0.002)
    for name, least in (("spx_volume", 0.25), ("brent_spot", 0.087), ("us_3m_yield", 0.09)):
        found = skill(r)[r["variables"].index(name)]
        check(found >= least, f"{name}: skill {found:.2%}, at least {least:.1%}")


def currencies(a):
    """18 exchange rates, 1999 to 2025."""
    r = results(a, look_up(a, "panels", "fx18.csv"), "--end-date", "2025-12-31", "--transform", "logdiff")
    check_figures(r, 0.0044, -0.002, (4.81, 7.12), 0.0025)


def yields(a):
    """US yields, oil and the dollar, 1990 to 1998."""
    logs = ["dcoilbrenteu", "dcoilwtico", "dtwexb"]
    r = results(a, look_up(a, "panels", "us1990.csv"), "--end-date", "1998-12-31",
                "--transform", *(x + "=logdiff" for x in logs))
    check_figures(r, 0.017, -0.0005, (5.02, 7.82), 0.0025)


CASES = dict(coverage=coverage, panels=panels, gusts=gusts, recovery=recovery, synth=synth, cuts=cuts,
             real=real, currencies=currencies, yields=yields)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("case", choices=CASES)
    p.add_argument("--bin-dir")
    p.add_argument("--ranks", type=int)
    p.add_argument("--data", help="the directory of market data")
    a = p.parse_args()
    CASES[a.case](a)
    return 0 if all(CHECKS) else 1


if __name__ == "__main__":
    sys.exit(main())
