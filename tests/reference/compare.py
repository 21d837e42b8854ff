#!/usr/bin/python3
"""Runs pulse-train on small panels and compares all it wrote with reference.py.

compare.py --list            names the cases
compare.py --case NAME …     runs these (default: all); --ranks R under mpirun
The programs are found by --bin-dir, or PULSE_BIN (the program itself or its directory).
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile

import h5py
import numpy as np

import panels
import reference

MIXED = "--transform diff price=logdiff stationary=level monthly_b=logdiff"
PLAIN = "--scale-halflife 0 --clip 0 --calendar off"  # lags of scaled changes and nothing else
CASES = {  # name: (panel, options)
    "defaults": ("mixed", f"--end-date 2006-12-31 {MIXED}"),
    "defaults_of_walks": ("walks", "--end-date 2007-12-31"),
    "defaults_of_jumps": ("jumps", "--end-date 2009-12-31"),
    "one_ridge_one_lag": ("walks", f"--end-date 2007-12-31 --ridge 1 --lags 1 {PLAIN}"),
    "five_lags": ("mixed", f"--end-date 2006-12-31 --lags 5 --ridge 10,1000 {PLAIN} {MIXED}"),
    "averages_alone": ("walks", "--end-date 2006-12-31 --features ewma3,ewma40.5 --ridge 30 --min-history 100"),
    "joined_families": ("walks", "--end-date 2006-12-31 --features lag2+ewma8,lag1+lag4 --ridge 10,1000"
                                 " --calendar off"),
    "many_blocks": ("short", "--end-date 2011-09-30 --features lag1,lag2,lag3,ewma5,ewma20 --ridge 5,50"
                             " --min-history 80 --batch-size-days 10"),
    "slow_average": ("growth", "--end-date 2002-12-31 --transform logdiff --features ewma500,lag1"
                               " --ridge 100 --scale-halflife 250.5"),
    "scale_without_clip": ("jumps", "--end-date 2009-12-31 --clip 0 --scale-halflife 8 --ridge 10,1000"),
    "clip_without_scale": ("jumps", "--end-date 2009-12-31 --clip 2.5 --scale-halflife 0 --ridge 10,1000"),
    "calendar_of_every_day": ("calming", "--end-date 2014-06-30 --calendar on --min-history 60 --ridge 10"),
    "calendar_of_releases": ("releases", "--end-date 2009-12-31 --min-history 60 --ridge 1,30"),
    "calendar_of_releases_on": ("releases", "--end-date 2009-12-31 --min-history 60 --ridge 1,30"
                                            " --calendar on --lags 1"),
    "calendar_of_nothing": ("walks", "--end-date 2004-12-31 --min-history 0 --burn-in 6 --calendar on"
                                     " --ridge 10 --start-date 2003-05-01 --batch-size-days 5"),
    "targets": ("mixed", f"--end-date 2005-06-30 --targets price monthly_a rate {MIXED}"),
    "targets_that_are_sparse": ("monthly", "--end-date 1999-06-30 --targets jobs --lags 2 --ridge 30"),
    "no_caution": ("walks", "--end-date 2007-12-31 --caution 0 --learning-rate 1"),
    "much_caution": ("walks", "--end-date 2007-12-31 --caution 9.5 --ridge 3,30"),
    "rolling": ("mixed", f"--end-date 2006-10-20 --history rolling:12 --min-history 120 {MIXED}"),
    "rolling_without_a_release": ("mixed", "--end-date 2006-10-20 --history rolling:2 --min-history 30"
                                           " --lags 1 --burn-in 8 --ridge 3,30"),
    "halflife": ("mixed", f"--end-date 2006-12-31 --history halflife:6.5 --burn-in 12 {MIXED}"),
    "select": ("mixed", f"--end-date 2006-12-31 --combine select {MIXED}"),
    "gaussian": ("growth", "--end-date 2003-01-31 --transform logdiff --interval gaussian"),
    "trust_persistence_decay": ("walks", "--end-date 2007-12-31 --trust persistence --trust-decay 0.97"
                                         " --interval-halflife 4 --learning-rate 0.05"),
    "intervals_too_narrow": ("walks", "--end-date 2007-12-31 --batch-size-days 4 --interval-halflife 0.2"
                                      " --ridge 10,1000"),
    "intervals_too_wide": ("calming", "--end-date 2014-06-30 --batch-size-days 3 --interval-halflife 200"
                                      " --lags 1 --min-history 60"),
    "level": ("walks", "--end-date 2007-12-31 --transform level --lags 2 --ridge 0.5,5,50"),
    "level_with_averages": ("walks", "--end-date 2007-12-31 --transform level c=diff --ridge 0.5,50"),
    "level_sparse": ("monthly", "--end-date 1999-06-30 --transform level driver=diff --lags 2"
                                " --burn-in 30 --batch-size-days 60"),
    "sparse_by_features": ("mixed", f"--end-date 2004-12-31 --ridge 0.5,100 {MIXED}"),
    "daily_refit": ("short", "--end-date 2011-09-30 --batch-size-days 1 --min-history 60 --burn-in 10"
                             " --ridge 20"),
    "as_many_windows_as_rows": ("calming", "--start-date 2013-09-01 --end-date 2014-03-31 --batch-size-days 1 --min-history 60"
                                           " --lags 1 --burn-in 8 --ridge 10"),
    "daily_refit_halflife": ("short", "--end-date 2011-09-30 --batch-size-days 1 --min-history 60"
                                      " --history halflife:50 --ridge 5,500 --trust-decay 0.995"),
    "weighs_nothing_any_more": ("ended", "--end-date 2012-06-15 --batch-size-days 1 --min-history 60 --burn-in 10"
                                         " --history halflife:0.5 --lags 1 --ridge 5,500"),
    "weekly": ("growth", "--end-date 2002-12-31 --batch-size-days 7 --transform logdiff tiny=diff huge=level"
                         " --trust-decay 0.9 --interval-halflife 6"),
    "windows_of_400_days": ("walks", "--end-date 2007-12-31 --batch-size-days 400 --min-history 100"),
    "batch_limit": ("monthly", "--end-date 1999-06-30 --batch-limit 60 --min-history 500"),
    "no_min_history": ("walks", "--end-date 2005-12-31 --min-history 0 --burn-in 6 --ridge 100,1,100"),
    "unsolvable_at_first": ("thawing", "--variables early late --end-date 2008-12-31 --ridge 0"
                                       " --batch-size-days 90 --min-history 20 --lags 2"
                                       " --calendar off"),
    "unsolvable_in_between": ("thawing", "--variables frozen early --end-date 2008-10-31 --ridge 0,40"
                                         " --history rolling:2 --batch-size-days 90 --min-history 100"
                                         " --lags 2 --calendar off"),
    "unsolvable_blocks": ("thawing", "--variables frozen early --end-date 2008-10-31 --ridge 0,40"
                                     " --history rolling:2 --batch-size-days 90 --min-history 100"
                                     " --features lag1+lag2,lag3 --calendar off --scale-halflife 0"),
    "unsolvable_calendar": ("walks", "--end-date 2007-12-31 --ridge 0"),  # no day is missing
    "unsolvable_but_not_needed": ("walks", "--variables a b --end-date 2006-12-31 --ridge 0 --lags 1"
                                           " --min-history 1 --burn-in 46 --calendar off"),
    "unsolvable_twins": ("twins", "--end-date 2005-12-31 --ridge 0 --lags 5 --calendar off"),
    "unsolvable_within_a_span": ("leap", "--end-date 2006-08-11 --transform level --min-history 60 --burn-in 10 --lags 2"
                                         " --ridge 30,1e4"),
    "unsolvable_constant": ("constants", "--end-date 2005-06-30 --ridge 0,1 --calendar off"),
    "twins_with_a_penalty": ("twins", "--end-date 2005-12-31 --ridge 2,20"),
    "constant": ("constants", "--end-date 2005-06-30 --transform diff still=level"),
    "constant_but_for_rounding": ("fixed", "--end-date 2005-06-30 --transform level steps=diff"),
    "shorter_than_its_lags": ("walks", "--end-date 2003-06-20 --lags 40 --burn-in 3 --min-history 1"),
    "one_variable": ("walks", "--variables c --end-date 2007-12-31 --min-history 40"),
    "cut_period": ("mixed", "--variables monthly_c price holey rate late --start-date 2002-03-09"
                            " --end-date 2005-05-15 --batch-size-days 21 --min-history 200 --burn-in 15"),
    "before_and_after_the_data": ("short", "--start-date 2009-06-01 --end-date 2013-02-03"
                                           " --history halflife:8 --min-history 100 --lags 1"),
    "until_today": ("short", "--min-history 100 --history rolling:9"),
    "ticks": ("ticks", "--end-date 2011-06-30"),
    "horizons": ("mixed", f"--end-date 2006-12-31 --horizon 1,2,5,21 {MIXED}"),
    "horizons_select": ("mixed", f"--end-date 2006-06-30 --horizon 21,5,2,1 --combine select {MIXED}"),
    "horizons_rolling": ("mixed", f"--end-date 2006-06-30 --history rolling:12 --min-history 120"
                                  f" --horizon 1,2,5,21 {MIXED}"),
    "horizons_rolling_select": ("mixed", f"--end-date 2004-12-31 --history rolling:8 --min-history 100"
                                         f" --horizon 1,2,5,21 --combine select {MIXED}"),
    "horizons_halflife": ("mixed", f"--end-date 2006-06-30 --history halflife:6.5 --burn-in 12"
                                   f" --horizon 1,2,5,21 {MIXED}"),
    "horizons_halflife_select": ("mixed", f"--end-date 2004-12-31 --history halflife:20 --horizon 1,2,5,21"
                                          f" --batch-size-days 7 --combine select {MIXED}"),
    "horizons_without_the_next_row": ("mixed", f"--end-date 2005-12-31 --horizon 7,40 --interval gaussian"
                                               f" --trust persistence --trust-decay 0.97 {MIXED}"),
    "horizons_of_lags": ("walks", "--end-date 2007-12-31 --horizon 1,3,10 --lags 3 --ridge 10,1000"),
    "horizons_of_plain_sums": ("walks", "--end-date 2006-12-31 --horizon 2,5 --features lag2+ewma8,lag1+lag4"),
    "horizons_by_features": ("mixed", f"--end-date 2004-12-31 --ridge 0.5,100 --horizon 1,5 --targets price"
                                      f" monthly_a rate late {MIXED}"),
    "horizons_of_level": ("walks", "--end-date 2007-12-31 --transform level c=diff --ridge 0.5,50 --horizon 1,5,21"),
    "horizons_of_growth": ("growth", "--end-date 2003-01-31 --transform logdiff --horizon 1,5,21 --caution 0"),
    "horizons_every_day": ("short", "--end-date 2011-09-30 --batch-size-days 1 --min-history 60 --burn-in 10"
                                    " --ridge 20 --horizon 1,2,21"),
    "horizons_whose_rows_weigh_nothing": ("short", "--end-date 2011-09-30 --batch-size-days 1 --min-history 10"
                                                   " --burn-in 10 --history halflife:0.05 --ridge 20"
                                                   " --horizon 1,120"),
    "horizons_beyond_a_window": ("short", "--end-date 2011-09-30 --batch-size-days 5 --min-history 30 --burn-in 10"
                                          " --ridge 5,50 --horizon 1,120,250"),
    "horizons_beyond_a_rolling_history": ("mixed", f"--end-date 2003-12-31 --history rolling:2 --min-history 30"
                                                   f" --burn-in 10 --horizon 250,2 {MIXED}"),
    "horizons_unsolvable": ("thawing", "--variables frozen early --end-date 2008-10-31 --ridge 0,40"
                                       " --history rolling:2 --batch-size-days 90 --min-history 100"
                                       " --lags 2 --calendar off --horizon 1,5"),
    "wide": ("wide", "--end-date 2016-06-30 --min-history 120 --lags 8 --ridge 50,500"),
    "wide_blocks": ("wide", "--end-date 2016-06-30 --min-history 100 --combine select --ridge 200 --targets v000 v003"
                            " v007 v061 v128 v129 --batch-size-days 5"
                            " --features lag1,lag2+lag3+lag4,ewma2+ewma4+ewma8+ewma16"),
    "wide_horizons": ("wide", "--end-date 2016-06-30 --min-history 120 --horizon 1,5,21 --ridge 100,3000"
                              " --targets v000 v003 v007 v061 v128 v129 --features lag1+lag2+lag3+lag4,ewma2+ewma4+ewma8+ewma16"),
    "wide_levels": ("wide", "--end-date 2016-06-30 --min-history 60 --transform level --ridge 900 --lags 8"
                            " --horizon 2 --targets v001 v090 v060"),
    "nothing_trained": ("short", "--end-date 2011-09-30 --min-history 100000"),
}

TOLERANCE = 1e-9
FAILED = 4  # exit code where windows failed
SUMMARY_KEYS = {  # ours: theirs
    key: key for key in ("n mae rmse persistence_mae persistence_rmse skill skill_scaled hit_rate"
                         " coverage_80 coverage_95 interval_score_80 interval_score_95 dm_statistic"
                         " dm_p_value dm_p_adjusted").split()}


def program(name, bin_dir=None):
    """The path of a program of ours."""
    where = bin_dir or os.environ.get("PULSE_BIN") or ""
    return where if os.path.isfile(where) else os.path.join(where, name)


def environment():
    return dict(os.environ, OPENBLAS_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1",
                OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


def train(arguments, output, bin_dir=None, ranks=None):
    """Runs pulse-train; its exit code and what it said."""
    command = [program("pulse-train", bin_dir), *arguments, "--output", output, "--log-level", "error"]
    if ranks:
        command = ["mpirun", "--oversubscribe", "-n", str(ranks), *command]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def of_main(name):
    """A path of results.h5 as it is called for the main horizon."""
    return re.sub("^horizons/[0-9]+/", "", name)


class Comparison:
    """Collects differences, each with its position and both values."""

    def __init__(self, r):
        self.r, self.differences, self.compared = r, [], 0
        self.names = r["variables"]

    def say(self, text):
        self.differences.append(text)

    def equal(self, what, ours, theirs):
        self.compared += 1
        if list(ours) != list(theirs):
            self.say(f"{what}: expected {list(ours)}, got {list(theirs)}")

    def position(self, name, index):
        """Which window or day, and which variable, an index of an array means."""
        parts, shape = [], self.r[name].shape
        name = of_main(name)
        for axis, i in enumerate(index):
            last = axis == len(index) - 1
            if last and shape[axis] == len(self.names):
                parts.append(f"variable {self.names[i]}")
            elif name.startswith("predictions/"):
                day = np.datetime64(int(self.r["calendar"][i]), "ns").astype("datetime64[D]")
                window = np.searchsorted(self.r["windows"]["first_row"], i, side="right") - 1
                parts.append(f"row {i} ({day}, window {window})")
            else:
                axis_name = {"model/coefficients": ("candidate", "feature"),
                             "model/final_weights": ("candidate",),
                             "model/weights": ("window", "candidate")}.get(name, ("window",))[axis]
                parts.append(f"{axis_name} {i}")
        return ", ".join(parts)

    def scale(self, name, ours):
        """The size by which differences of each column (variable) are measured."""
        name = of_main(name)
        folder, _, leaf = name.partition("/")
        columns = np.abs(ours.reshape(-1, ours.shape[-1])).T
        if folder in ("predictions", "forecast"):  # a level, moved by changes
            level = [np.nanmedian(c) if (c >= 0).any() else 0.0 for c in columns]
            return np.fmax(level, np.nan_to_num(self.r["model/scale"]))
        if name == "model/coefficients":
            return np.array([np.nanmax(c) if (c >= 0).any() else 0.0 for c in columns])
        if "error" in leaf or "interval_score" in leaf:  # differences of values
            return np.nan_to_num(self.r["model/scale"] ** (2 if "squared" in leaf else 1))
        shares = folder == "trust" or "weights" in leaf or "shrinkage" in leaf
        return np.full(ours.shape[-1], float(shares))

    def array(self, name, theirs):
        ours, path, name = np.asarray(self.r[name]), name, of_main(name)
        self.compared += 1
        if ours.shape != theirs.shape:
            return self.say(f"{path}: expected shape {ours.shape}, got {theirs.shape}")
        if ours.dtype.kind in "iu":
            wrong = ours != theirs
        elif name in ("predictions/actual", "predictions/persistence"):  # copies of the input
            wrong = ~((ours == theirs) | np.isnan(ours) & np.isnan(theirs))
        else:
            limit = TOLERANCE * np.fmax(np.fmax(np.abs(ours), np.abs(theirs)), self.scale(name, ours))
            with np.errstate(invalid="ignore"):
                wrong = (np.isnan(ours) != np.isnan(theirs)) | (np.abs(ours - theirs) > limit)
        if name.startswith("metrics/"):  # a variable that never enters has 0 or NaN
            wrong[:, np.isnan(self.r["model/scale"])] = False
        places = np.argwhere(wrong)
        for index in map(tuple, places[:3]):
            self.say(f"{path} at {self.position(path, index)}: expected {ours[index]!r}, got {theirs[index]!r}")
        if len(places) > 3:
            self.say(f"{path}: {len(places) - 3} more")

    def further(self):
        """Where the arrays of the horizons beside the main one are."""
        found = {re.match("horizons/[0-9]+/", name)[0] for name in self.r if name.startswith("horizons/")}
        return sorted(found, key=lambda at: int(at.split("/")[1]))

    def number(self, what, ours, theirs, scale):
        """One number of the summary; JSON has null where there is none."""
        self.compared += 1
        theirs = math.nan if theirs is None else float(theirs)
        if math.isnan(ours) and math.isnan(theirs):
            return
        if not abs(ours - theirs) <= TOLERANCE * max(abs(ours), abs(theirs), scale):
            self.say(f"{what}: expected {ours!r}, got {theirs!r}")


    def doubt(self, at, j):
        """How far rounding of the errors can move a Diebold-Mariano statistic, in tolerances."""
        actual, predicted, prev = (self.r[at + "predictions/" + x][:, j]
                              for x in ("actual", "predicted", "persistence"))
        delta = (actual - prev) ** 2 - (actual - predicted) ** 2
        delta = delta[~np.isnan(delta)]
        if len(delta) < 2 or delta.std() == 0:
            return 1
        rounding = 1e-14 * np.nanmax(np.abs(actual)) * np.sqrt(np.nanmean((actual - prev) ** 2))
        return max(1, rounding * np.sqrt(len(delta)) / delta.std() / TOLERANCE)


def text(values):
    return [x.decode() if isinstance(x, bytes) else str(x) for x in values]


def compare_results(c, path):
    with h5py.File(path) as f:
        c.equal("calendar", c.r["calendar"], f["calendar"][:])
        c.equal("variables", c.names, text(f["variables"][:]))
        ours, theirs = c.r["windows"], f["windows"][:]
        c.equal("windows/id", ours["id"], text(theirs["id"]))
        for field in ("start", "end", "rows", "status"):
            c.equal("windows/" + field, ours[field], theirs[field])
        held = ours["rows"] > 0
        if len(theirs) == len(held):
            c.equal("windows/first_row", ours["first_row"][held], theirs["first_row"][held])
        for w, (mine, other) in enumerate(zip(ours["reason"], text(theirs["reason"]))):
            if (mine == "") != (other == "") or (mine == "no rows" and "no rows" not in other):
                c.say(f"windows/reason of window {w}: expected {mine!r}, got {other!r}")
        for name in ("model/features", "model/candidates"):
            c.equal(name, c.r[name], text(f[name][:]))
        for name in sorted(c.r):
            if "/" in name and of_main(name) not in ("model/features", "model/candidates") \
                    and "summary/" not in name:
                if name not in f:
                    c.say(f"{name} is not in results.h5")
                else:
                    c.array(name, f[name][()])
        bare = []
        f.visititems(lambda name, item: bare.append(name) if isinstance(item, h5py.Dataset) and not {
            "description", "units"} <= set(item.attrs) else None)
        if bare:
            c.say("without attributes description and units: " + " ".join(bare))


def compare_summary(c, path):
    with open(path) as file:
        summary = json.load(file)
    status = np.asarray(c.r["windows"]["status"])
    trained = int((status == reference.TRAINED).sum())
    for key, value in dict(total=len(status), completed=trained,
                           failed=int((status == reference.FAILED).sum()),
                           skipped=int((status == reference.SKIPPED).sum())).items():
        c.number(f"batches.{key}", value, summary["batches"][key], 0)
    c.number("variables.total", len(c.names), summary["variables"]["total"], 0)
    for j, name in enumerate(c.names):
        if "summary/" + name in c.r:
            c.number(f"trust_scores.{name}", c.r["trust/mean"][-1, j],
                     summary["variables"]["trust_scores"][name], 1)
    compare_horizon(c, "", summary)
    c.equal("horizons", [at.split("/")[1] for at in c.further()], sorted(summary["horizons"], key=int))
    for at in c.further():
        compare_horizon(c, at, summary["horizons"][at.split("/")[1]])


def compare_horizon(c, at, summary):
    """The sections of the summary that there are for each horizon; `at`: where its arrays are."""
    doubts = [c.doubt(at, j) for j, name in enumerate(c.names) if at + "summary/" + name in c.r]
    doubt = max(doubts, default=1)  # an adjusted p-value can be any other's
    for j, name in enumerate(c.names):
        metrics = c.r.get(at + "summary/" + name)
        if metrics is None:
            continue
        for key, value in metrics.items():
            in_units = "mae" in key or "rmse" in key or "interval_score" in key
            scale = c.r["model/scale"][j] if in_units else doubt if "dm" in key else 1
            c.number(f"{at}metrics.{name}.{key}", float(value),
                     summary["metrics"][name][SUMMARY_KEYS[key]], scale)
        for key in ("alpha", "beta", "mean"):
            c.number(f"{at}trust.{name}.{key}", c.r[at + "trust/" + key][-1, j],
                     summary["trust"][name][key], 1)
        for key in ("lower_95", "upper_95"):
            c.number(f"{at}trust.{name}.{key}", c.r[at + "trust/" + key][j], summary["trust"][name][key], 1)
        for key in ("value", "lower_80", "upper_80", "lower_95", "upper_95"):
            c.number(f"{at}forecast.{name}.{key}", c.r[at + "forecast/" + key][j],
                     summary["forecast"][name][key], c.r["model/scale"][j])


def run_case(name, bin_dir, ranks):
    panel, options = CASES[name]
    with tempfile.TemporaryDirectory() as scratch:
        data, output = os.path.join(scratch, panel + ".csv"), os.path.join(scratch, "out")
        panels.write(panel, data)
        arguments = ["--data", data, *options.split()]
        o = reference.parse_options(arguments)
        r = reference.run(reference.read_wide(data), o)
        c = Comparison(r)
        code, said = train(arguments, output, bin_dir, ranks)
        status = r["windows"]["status"]
        predicted = ["summary/" + name in r for name in r["variables"]]
        failed = (status == reference.FAILED).any() or np.isnan(r["model/coefficients"][:, :, predicted]).any()
        right = FAILED if failed else 0
        if code != right:
            c.say(f"exit code {code} where {right} is right:\n{said}")
        if code in (0, FAILED) and os.path.exists(os.path.join(output, "results.h5")):
            compare_results(c, os.path.join(output, "results.h5"))
            compare_summary(c, os.path.join(output, "summary.json"))
        elif code in (0, FAILED):
            c.say("there is no results.h5")
    counts = [int((status == k).sum()) for k in (reference.TRAINED, reference.SKIPPED, reference.FAILED)]
    print(f"{name}: {counts[0]} trained, {counts[1]} skipped, {counts[2]} failed; "
          f"{c.compared} compared, {len(c.differences)} differ")
    for line in c.differences[:60]:
        print("  " + line)
    return not c.differences


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--list", action="store_true")
    p.add_argument("--case", nargs="+", choices=CASES, default=list(CASES), metavar="NAME")
    p.add_argument("--bin-dir")
    p.add_argument("--ranks", type=int)
    a = p.parse_args()
    if a.list:
        print("\n".join(CASES))
        return 0
    good = [run_case(name, a.bin_dir, a.ranks) for name in a.case]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
