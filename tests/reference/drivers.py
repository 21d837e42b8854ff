#!/usr/bin/python3
"""drivers.py CASE: the drivers' F-tests against their definition, and against a known truth.

A fit is made with a variable's features and one without them, each by least squares on the rows
themselves (a penalty is more rows); SciPy has the F distribution, and the adjustment is spelt out.
truth: precision and recall on data by pulse-data synth, whose coefficients are known.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np
from scipy.stats import f as f_distribution

import panels
import reference
from compare import FAILED, program, train
from properties import CHECKS, check

CASES = {  # name: (panel, options, methods that must occur)
    "drivers_of_daily_data": ("walks", "--end-date 2007-12-31", {1}),
    "drivers_of_lags": ("walks", "--end-date 2007-12-31 --lags 5 --calendar off", {1}),
    "drivers_of_joined_families": ("walks", "--end-date 2007-12-31 --features lag1+ewma6,lag3", {1}),
    "drivers_of_sparse_variables": ("monthly", "--end-date 1999-06-30 --features lag1,ewma5", {1, 2}),
    "drivers_of_few_releases": ("monthly", "--end-date 1999-06-30 --lags 9 --ridge 0,30,300", {1, 2}),
    "drivers_of_levels": ("walks", "--end-date 2007-12-31 --transform level --lags 3", {1}),
    "drivers_of_targets": ("mixed", "--end-date 2006-12-31 --targets rate late monthly_a --variables rate"
                                    " price holey late monthly_a", {0, 1}),
    "drivers_by_refitting": ("mixed", "--end-date 2006-12-31 --refit --lags 2 --variables rate price"
                                      " holey late monthly_a", {1}),
    "drivers_of_the_last_windows": ("mixed", "--end-date 2006-10-20 --history rolling:12"
                                             " --min-history 120 --variables rate price late", {1}),
    "drivers_of_many_are_deflated": ("gusty", "--end-date 2005-12-31 --scale-halflife 0 --clip 0", {1}),
    "drivers_of_twins_take_a_penalty": ("twins", "--end-date 2005-12-31 --ridge 2,20", {2}),
    "drivers_of_constants_take_a_penalty": ("constants", "--end-date 2005-06-30 --ridge 0,1", {2}),
    "drivers_without_a_penalty_to_take": ("twins", "--end-date 2005-12-31 --ridge 0", {0}),
    "drivers_are_not_tested_under_weights": ("mixed", "--end-date 2006-12-31 --history halflife:6.5"
                                                      " --lags 3", {0}),
    "drivers_where_a_variable_never_enters": ("mixed", "--end-date 2001-09-30 --min-history 50 --lags 1"
                                                       " --variables rate late price", {0, 1}),
}
LEAST_OWN, LEAST_LEFT = 1e-6, 1e-9


def penalty_rows(d, calendar, ridge):
    """A penalty as rows of the fit that say 0. The calendar has one always: days since the row before
    may follow from the weekday, and that is no reason to doubt a variable."""
    penalty = np.full(d, ridge)
    penalty[1:1 + calendar] = max(ridge, 1.0)
    return np.sqrt(np.diag(penalty))[1:][penalty[1:] > 0]


def rest(X, y, more):
    """Sum of squares that the best coefficients leave, the penalty's included."""
    rows, target = np.vstack([X, more]), np.append(y, np.zeros(len(more)))
    left = target - rows @ np.linalg.lstsq(rows, target, rcond=None)[0]
    return left @ left


def condition(X, more, head, ridge):
    """Whether the fit is well conditioned; the residual degrees of freedom."""
    rows = np.vstack([X, more])
    if np.linalg.matrix_rank(rows) < X.shape[1]:
        return False, 0
    inverse = np.linalg.pinv(rows)
    own = (inverse ** 2).sum(axis=1) * (rows ** 2).sum(axis=0)
    freedom = len(X) - (np.trace(X @ inverse[:, :len(X)]) if ridge else X.shape[1])
    return own[head:].max() * LEAST_OWN <= 1 and freedom >= 1, freedom


def tests_of_system(X, Y, E, o):
    """F, p, partial R² (sources × targets), the method, its penalty and degrees of freedom. The last
    columns of X are the families' features, each of the E sources; before them is the calendar."""
    families, d = len(o.families), X.shape[1]
    head = d - families * E
    found = np.full((3, E, Y.shape[1]), np.nan)
    for ridge in [0.0] + [x for x in o.ridge if x > 0]:
        more = penalty_rows(d, head - 1, ridge)
        good, freedom = condition(X, more, head, ridge)
        if good:
            break
    else:
        return found, 0, np.nan, np.nan
    for k in range(Y.shape[1]):
        full = rest(X, Y[:, k], more)
        if not full > LEAST_LEFT * (Y[:, k] @ Y[:, k]):
            continue
        for e in range(E):
            kept = np.ones(d, bool)
            kept[head + e::E] = False
            less = rest(X[:, kept], Y[:, k], more[:, kept])
            F = (less - full) / families / (full / freedom)
            found[:, e, k] = F, f_distribution.sf(F, families, freedom), (less - full) / less
    return found, 1 + (ridge > 0), ridge, freedom


def expected(path, o):
    """All of /drivers, from the data."""
    prepared = reference.prepare(reference.read_wide(path), o)
    names, window_of = prepared.names, prepared.window_of
    entered = [reference.look_ahead(variable, 1, o) for variable in prepared.entered]
    columns, X = np.array(prepared.columns), prepared.X[:-1]
    weight = reference.history_weight(o.history, window_of[-1] + 1, window_of)
    V, families = len(names), len(o.families)
    r = {x: np.full((V, V), np.nan) for x in ("f", "p_value", "partial_r2")}
    r.update(method=np.zeros(V, int), ridge=np.full(V, np.nan), freedom=np.full(V, np.nan))
    for members, Y, train, _ in reference.make_systems(entered, prepared.targets, o):
        if not members or o.history[0] == "halflife":
            continue
        rows, group = train & (weight > 0), columns[members]
        found, *of_target = tests_of_system(X[rows], Y[rows], len(entered), o)
        for name, matrix in zip(("f", "p_value", "partial_r2"), found):
            r[name][np.ix_(columns, group)] = matrix
        for name, value in zip(("method", "ridge", "freedom"), of_target):
            r[name][group] = value
    inflation = 1.0
    if (~np.isnan(r["f"])).sum() >= 100:
        inflation = max(1.0, np.nanmedian(r["f"] / f_distribution.median(families, r["freedom"])))
    r["p_adjusted"] = reference.adjust(f_distribution.sf(r["f"] / inflation, families, r["freedom"]))
    return names, r, inflation


def compare(ours, theirs, name):
    """Largest relative difference; what is not there must be missing in both."""
    if not np.array_equal(np.isnan(ours), np.isnan(theirs)):
        return np.inf
    both = ~np.isnan(ours)
    if name == "method":
        return float((ours != theirs).any())
    floor = 1e-3 if name in ("f", "partial_r2") else 1e-280  # of two sums that nearly cancel
    size = np.maximum(np.abs(ours[both]), floor)
    return float(np.max(np.abs(ours[both] - theirs[both]) / size, initial=0))


def definition(a):
    panel, options, methods = CASES[a.case]
    with tempfile.TemporaryDirectory() as scratch:
        data = os.path.join(scratch, "panel.csv")
        panels.write(panel, data)
        arguments = ["--data", data, *options.split()]
        code, said = train(arguments, scratch, a.bin_dir)
        check(code in (0, FAILED), f"exit code {code} {said if code not in (0, FAILED) else ''}")
        o = reference.parse_options([x for x in arguments if x != "--refit"])
        names, wanted, inflation = expected(data, o)
        with h5py.File(os.path.join(scratch, "results.h5")) as f:
            found = {name: f["drivers/" + name][()] for name in wanted}
        with open(os.path.join(scratch, "summary.json"), encoding="utf-8") as f:
            summary = json.load(f)["drivers"]
    check(abs(summary["inflation"] / inflation - 1) < 1e-9, f"inflation {inflation:.3f}")
    check((inflation > 1.2) == (panel == "gusty"), "inflation where all variances change together")
    check(set(found["method"]) == methods, f"methods {sorted(set(found['method']))}")
    for name in wanted:
        limit = 1e-8 if name.startswith("p_") else 1e-9  # far out a tail is steeper than its F
        worst = compare(wanted[name], found[name], name)
        check(worst <= limit, f"drivers/{name}: largest difference {worst:.1e}")
    listed(names, found, summary)


def listed(names, found, summary):
    """The summary's list is the head of the matrices."""
    p = found["p_value"]
    check(summary["tests"] == (~np.isnan(p)).sum(), f"{summary['tests']} tests")
    check(summary["significant"] == (found["p_adjusted"] <= 0.05).sum(),
          f"{summary['significant']} of them significant")
    order = sorted(((p[i], -found["f"][i], i) for i in np.ndindex(p.shape)
                    if found["p_adjusted"][i] <= 0.05))[:20]
    same = [(names[s], names[t]) for _, _, (s, t) in order]
    listed = [(x["source"], x["target"]) for x in summary["strongest"]]
    check(same == listed, "the strongest are listed in order")
    check([x["f"] for x in summary["strongest"]] == [found["f"][i] for _, _, i in order],
          "with their F")


def truth(a):
    """20 daily variables over ten years, three seeds: which pairs have a coefficient is known."""
    right = claimed = there = 0
    for seed in (1, 2, 3):
        with tempfile.TemporaryDirectory() as scratch:
            data = os.path.join(scratch, "market.csv")
            subprocess.run([program("pulse-data", a.bin_dir), "synth", "--rows", "2500", "--variables",
                            "20", "--seed", str(seed), data], check=True, stdout=subprocess.DEVNULL)
            code, said = train(["--data", data, "--end-date", "2009-09-30", "--lags", "5"], scratch, a.bin_dir)
            check(code == 0, f"seed {seed}: exit code {code} {said if code else ''}")
            with open(os.path.join(scratch, "market.truth.json"), encoding="utf-8") as f:
                law = json.load(f)
            with h5py.File(os.path.join(scratch, "results.h5")) as f:
                p = f["drivers/p_adjusted"][()]
        daily = [j for j, v in enumerate(law["variables"]) if v["kind"] == "daily"]
        known = np.zeros(p.shape, bool)
        names = [v["name"] for v in law["variables"]]
        for c in law["coefficients"]:
            known[names.index(c["source"]), names.index(c["target"])] = True
        pairs = np.ix_(daily, daily)
        found = p[pairs] <= 0.05
        right += (found & known[pairs]).sum()
        claimed += found.sum()
        there += known[pairs].sum()
    print(f"{there} true drivers, {claimed} found, {right} of them true")
    check(right / claimed >= 0.9, f"precision {right / claimed:.3f}")
    check(right / there >= 0.7, f"recall {right / there:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case")
    parser.add_argument("--bin-dir")
    a = parser.parse_args()
    truth(a) if a.case == "truth" else definition(a)
    return 0 if CHECKS and all(CHECKS) else 1


if __name__ == "__main__":
    sys.exit(main())
