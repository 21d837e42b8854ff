#!/usr/bin/python3
"""spaces.py [CASE…]: space.yaml, and which trials it gives."""
import os
import pathlib
import sys

import numpy as np

from support import jobs, plan, refuse, space, study, tune

HEAD = "options:\n  data: panel.csv\nsearch:\n"


# ---- Which trials -------------------------------------------------------------------------------


def space__a_grid_has_every_combination():
    study()
    space("grid", HEAD + "  caution: [0, 1, 2]\n  transform: [diff, level]\n  burn-in: {min: 20, max: 40, step: 10}\n")
    said = plan("grid")
    own = [trial["options"] for trial in said["list"]]
    assert own[0] == "default" and len(own) == len(set(own))
    # caution 1, diff and a burn-in of 24 are the defaults; none of the grid's 18 points is all of them
    assert said["trials"] == 1 + 3 * 2 * 3, own
    assert own[1] == "--caution=0 --transform=diff --burn-in=20" and own[-1].endswith("level --burn-in=40"), own


def space__points_fill_the_range_evenly():
    study()
    space("even", HEAD + "  learning-rate: {min: 0.001, max: 10, log: true}\n  caution: {min: 0, max: 3}\n"
          "strategy: random\ntrials: 256\n")
    words = [trial["options"].split() for trial in plan("even")["list"][1:]]
    rate = np.log10([float(w[0].split("=")[1]) for w in words])
    caution = np.array([float(w[1].split("=")[1]) for w in words])
    for x, low, high in ((rate, -3, 1), (caution, 0, 3)):
        x = np.sort((x - low) / (high - low))
        assert 0 <= x[0] and x[-1] <= 1
        # far closer than 256 independent draws would be, whose distance is about 0.054
        assert np.abs(x - (np.arange(256) + 0.5) / 256).max() < 0.02, np.abs(x - (np.arange(256) + 0.5) / 256).max()
    assert abs(np.corrcoef(rate, caution)[0, 1]) < 0.1


def space__narrow_ranges_have_as_many_values_as_wide_ones():
    """Of four digits two were left below 1: a hundred values at most, and one above the range."""
    study()
    space("narrow", HEAD + "  trust-decay: {min: 0.9991, max: 0.99999}\nstrategy: random\ntrials: 200\n")
    said = plan("narrow")
    values = {float(trial["options"].split("=")[1]) for trial in said["list"][1:]}
    assert len(values) == 200 and min(values) >= 0.9991 and max(values) <= 0.99999, (len(values), min(values), max(values))
    space("none", HEAD + "  caution: {min: 0.25, max: 0.25}\nstrategy: random\ntrials: 9\n")
    assert [trial["options"] for trial in plan("none")["list"]] == ["default", "--caution=0.25"]


def space__ranges_of_whole_numbers_are_whole():
    """Of --lags as well, which is not stored as a number."""
    study()
    space("whole", HEAD + "  lags: {min: 1, max: 20, log: true}\n  burn-in: {min: 10, max: 12}\nstrategy: random\ntrials: 20\n")
    said = plan("whole")["list"][1:]
    lags = {int(trial["options"].split()[0].removeprefix("--lags=")) for trial in said}
    assert len(lags) > 5 and lags <= set(range(1, 21)), said
    refuse(HEAD + "  lags: {min: 1, max: 3.5, step: 0.5}\n", "line 4", "whole numbers")


def space__options_with_readers_of_their_own_go_together():
    """--ridge and --history and --transform: none of them is the other."""
    study()
    space("both", HEAD + "  ridge: [1, 10]\n  history: [expanding, 'rolling:9']\n  transform: [diff, v00=level]\n")
    assert plan("both")["trials"] == 9, plan("both")


def space__other_seeds_are_other_points():
    first, again, other = (plan(study(name, seed=seed))["list"] for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert first == again
    assert [t["options"] for t in first] != [t["options"] for t in other]


def space__more_trials_leave_the_first_ones():
    few, many = plan(study(trials=100))["list"], plan(study(trials=200))["list"]
    key = [(t["k"], t["digest"], t["options"]) for t in many]
    assert len(many) == 201 and [(t["k"], t["digest"], t["options"]) for t in few] == key[:101]
    assert len({digest for _, digest, _ in key}) == 201


def space__two_spellings_are_one_trial():
    study()
    space("a", HEAD + "  ridge: [[100, 1000], \"1000,100\", \"1e3,1e2\", 5]\n")
    space("b", HEAD + "  lags: [2, 3]\n")
    space("c", HEAD + "  features: [lag1+lag2, \"lag1+lag2+lag3\", \"lag1,ewma4,ewma16\"]\n")
    a, b, c = plan("a"), plan("b"), plan("c")
    assert a["trials"] == 3 and a["exhausted"], a
    digests = [[t["digest"] for t in said["list"]] for said in (b, c)]
    assert digests[0] == digests[1], "lags are features, and the default is one"
    space("d", HEAD + "  transform: [[v00=level, v01=logdiff], [v01=logdiff, v00=level], \"v00=diff,v01=logdiff,v00=level\"]\n")
    d = plan("d")
    assert d["trials"] == 2 and d["exhausted"], d


def space__duplicates_that_are_drawn_are_replaced():
    study()
    space("few", HEAD + "  caution: [0, 1, 2, 3]\n  combine: [average, select]\nstrategy: random\ntrials: 7\n")
    said = plan("few")
    assert said["trials"] == 8 and not said["exhausted"], said
    space("few", HEAD + "  caution: [0, 1, 2, 3]\n  combine: [average, select]\nstrategy: random\ntrials: 50\n")
    said = plan("few")
    assert said["trials"] == 8 and said["exhausted"], said
    assert "no more different trials" in tune("plan", "few")


def space__data_and_period_are_part_of_a_trial():
    first = plan(study())
    copied = pathlib.Path("panel.csv").read_bytes()
    pathlib.Path("panel.csv").write_bytes(copied)
    assert plan(study())["list"] == first["list"], "a copy has the same content"
    pathlib.Path("panel.csv").write_bytes(copied.replace(b"300.", b"301.", 1))
    other = plan(study())
    assert other["data"] != first["data"]
    assert not {t["digest"] for t in other["list"]} & {t["digest"] for t in first["list"]}
    os.mkdir("panel")
    pathlib.Path("panel/historical_a.csv").write_text("time,value\n2001-01-01,1\n2001-01-02,2\n", encoding="utf-8")


def space__trials_that_differ_in_judging_and_penalties_share_a_walk():
    study()
    space("judged", HEAD + "  learning-rate: [0.1, 0.2]\n  caution: [0, 2]\n  trust: [direction, persistence]\n"
          "  interval: [adaptive, gaussian]\n")
    assert plan("judged")["walks"] == 1
    space("penalised", HEAD + "  ridge: [1, 10, [1, 100]]\n  caution: [0, 2]\n")
    assert plan("penalised")["walks"] == 1
    space("fitted", HEAD + "  features: [lag2, ewma4]\n  caution: [0, 2]\n")
    assert plan("fitted")["walks"] == 3


def space__names_with_commas_are_elements_of_a_list():
    frame = jobs.panel(300, 3, seed=4).rename(columns={"v00": "a,b"})
    jobs.write(frame, "commas.csv")
    head = HEAD.replace("panel", "commas")
    space("commas", head + "  variables: [['a,b', v01], [v01, v02]]\n")
    own = [trial["options"] for trial in plan("commas")["list"]]
    assert own[1:] == ["'--variables=a\\,b,v01'", "--variables=v01,v02"], own
    tune("run", "commas", "--no-progress")
    assert "3 trials done, 0 failed" in tune("show", "commas")


def space__a_trial_replaces_what_is_fixed():
    study()
    space("own", "options:\n  data: panel.csv\n  ridge: [1, 2]\n  lags: 2\nsearch:\n  ridge: [5]\n  features: [lag1]\n")
    own = plan("own")["list"]
    assert own[1]["options"] == "--ridge=5 --features=lag1", own


def plan__says_what_it_costs():
    study(trials=30)
    text = tune("plan", "study", "--price", 0.5)
    assert "30 more, drawn with seed 3" in text and "at 0.5 an hour" in text and "nothing was run" in text, text
    assert "and 11 more; --all lists them" in text and "more; --all" not in tune("plan", "study", "--all")
    said = plan("study")
    assert abs(sum(t["vcpu_seconds"] for t in said["list"]) / 3600 - said["vcpu_hours"]) < 1e-6
    assert not os.path.exists("study/trials")


# ---- Bad files ----------------------------------------------------------------------------------


def bad__options_are_named_with_their_line():
    study()
    refuse("options:\n  data: panel.csv\n  lagz: 3\nsearch: {ridge: [1]}\n", "line 3", "lagz", "did you mean lags")
    refuse("options:\n  data: panel.csv\n  lags: x\nsearch: {ridge: [1]}\n", "line 3", "--lags x", "whole number")
    refuse("options:\n  data: panel.csv\n  output: x\nsearch: {ridge: [1]}\n", "line 3", "output is for the study")
    refuse(HEAD + "  ridges: [1]\n", "line 4", "ridges is no option", "did you mean ridge?")
    refuse(HEAD + "  horizon: [1, 5]\n", "line 4", "horizon cannot be searched over")
    refuse(HEAD + "  ridge: [1, -5]\n", "line 4", "--ridge -5", "0 or more")
    refuse(HEAD + "  ridge: 5\n", "line 4", "list of values, or a range")
    refuse(HEAD + "  refit: [maybe]\n", "line 4", "true or false")
    refuse(HEAD + "  lags: [1]\n  features: [lag1]\n", "line 5", "say the same thing")
    refuse("search: {ridge: [1]}\n", "options is missing")
    refuse("options: {data: panel.csv}\n", "search is missing")
    refuse("options: {lags: 1}\nsearch: {ridge: [1]}\n", "--data is missing")
    refuse(HEAD + "  ridge: [1]\nsead: 1\n", "line 5", "sead is no key")
    refuse(HEAD + "  ridge: [1]\nseed: 1\nseed: 2\n", "line 6", "second time")


def bad__ranges_are_named_with_their_line():
    study()
    tail = "strategy: random\ntrials: 3\n"
    refuse(HEAD + "  ridge: []\n", "line 4", "list is empty")
    refuse(HEAD + "  caution: {min: 3, max: 1}\n" + tail, "line 4", "range is empty")
    refuse(HEAD + "  caution: {min: 3}\n" + tail, "line 4", "needs max")
    refuse(HEAD + "  caution: {min: x, max: 1}\n" + tail, "line 4", "min: expected a number")
    refuse(HEAD + "  caution: {min: 0, max: 1, log: true}\n" + tail, "line 4", "above 0")
    refuse(HEAD + "  caution: {min: 0, max: 1, steps: 3}\n" + tail, "line 4", "min, max, step and log")
    refuse(HEAD + "  caution: {min: 0, max: 1, step: -1}\n" + tail, "line 4", "step")
    refuse(HEAD + "  caution: {min: -1, max: 1}\n" + tail, "line 4", "--caution -1")
    refuse(HEAD + "  burn-in: {min: 1.5, max: 3}\n" + tail, "line 4", "whole numbers")
    refuse(HEAD + "  caution: {min: 0, max: 1}\n", "grid needs")
    refuse(HEAD + "  caution: {min: 0, max: 1}\nstrategy: random\n", "needs trials")
    refuse(HEAD + "  caution: {min: 0, max: 1, step: 0.00001}\n", "more than 10000 points")
    refuse(HEAD + "  caution: [1]\nstrategy: bayes\n", "line 5", "grid or random")
    refuse(HEAD + "  caution: [1]\nobjective: luck\n", "line 5", "worst_skill")
    refuse(HEAD + "  caution: [1]\nholdout_from: soon\n", "line 5", "a date")
    refuse(HEAD + "  caution: [1]\nholdout_from: 2200-01-01\n", "line 5", "which ends on")
    dated = HEAD.replace("search", "  end-date: 2000-06-30\nsearch")
    refuse(dated + "  caution: [1]\nholdout_from: 2000-07-01\n", "line 6", "which ends on 2000-06-30")
    space("last", dated + "  caution: [1]\nholdout_from: 2000-06-30\n")
    tune("plan", "last", code=2, says="is observed")  # a day is enough; the data begin later
    refuse(HEAD + "  caution: [1]\nlimits: {days: 1}\n", "line 5", "vcpu_hours")
    refuse(HEAD + "  caution: [1]\nlimits: {hours: many}\n", "line 5", "hours")
    refuse(HEAD + "  caution: [1]\nlimits: {hours: 1, hours: 2}\n", "line 5", "hours is here a second time")
    refuse(HEAD + "  caution: {min: 0, min: 1, max: 2}\n" + tail, "line 4", "min is here a second time")
    refuse(HEAD + "  caution: [1]\ntrials: 0\n", "line 5", "trials")


def bad__files_are_one_line():
    study()
    refuse("", "options and search")
    refuse("[1, 2]", "options and search")
    refuse("a: [b\n", "line 2")
    refuse(HEAD.replace("search", "  ridge: 1\n  ridge: 2\nsearch") + "  caution: [1]\n", "line 4", "ridge stands here twice")
    refuse("options: {data: panel.csv}\nsearch: &a\n  caution: *a\n", "line 3", "min, max, step and log")
    refuse(HEAD + "  ridge: &a [*a]\n", "line 4", "not a list")
    os.truncate("bad/space.yaml", 1 << 30)
    tune("plan", "bad", code=2, says="larger than 1024 KiB")
    tune("plan", "nowhere", code=2, says="nowhere/space.yaml")
    space("bad", HEAD.replace("panel", "absent") + "  ridge: [1]\n")
    for command in ("plan", "run"):
        tune(command, "bad", code=2, says="absent.csv")
    refuse(HEAD.replace("panel.csv", "'-'") + "  ridge: [1]\n", "write a file")


def bad__command_lines_say_what_is_meant():
    study()
    tune(code=2, says="no command")
    tune("rnu", code=2, says="no command 'rnu'")
    tune("plam", "study", code=2, says="did you mean plan")
    tune("plan", code=2, says="which study")
    tune("plan", "study", "study", code=2, says="one study only")
    tune("plan", "study", "--prize", 3, code=2, says="--price")
    tune("run", "study", "--retry", "x", code=2, says="one study only")
    for words in ((), ("plan",), ("run",)):
        assert "Usage: pulse-tune" in tune(*words, "--help")
    assert tune("--version").startswith("pulse-tune ")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
