#!/usr/bin/python3
"""boards.py [CASE…]: the leaderboard is what NumPy makes of the trials, and no winner is luck."""
import csv
import json
import os
import pathlib
import shlex
import shutil
import sys

import h5py
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "evaluate"))
import evaluate  # noqa: E402
from support import jobs, space, study, trials, tune  # noqa: E402


def show(name, *words):
    tune("show", name, "--json", "said.json", *words)
    return json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))


def walks(rows, variables, seed, lag=0):
    """Random walks; with a lag each is moved by the change of another that many rows ago."""
    print(f"walks of {rows} rows, {variables} variables, seed {seed}, lag {lag}")
    rng = np.random.default_rng(seed)
    change = rng.standard_normal((rows, variables))
    for t in range(lag, rows):
        if lag:
            change[t] += 0.5 * np.roll(change[t - lag], 1)
    days = pd.bdate_range("2001-01-02", periods=rows).rename("date")
    return pd.DataFrame(change.cumsum(0) + 500, days, [f"v{i:02d}" for i in range(variables)])


def search(name, frame, lines, trials=20, more=""):
    jobs.write(frame, "panel.csv")
    pathlib.Path("end").write_text(jobs.last_day(frame), encoding="utf-8")
    return space(name, f"options:\n  data: panel.csv\n  end-date: {jobs.last_day(frame)}\nsearch:\n{lines}"
                 f"strategy: random\ntrials: {trials}\n{more}")


ALL = ("  features: [lag1, \"lag1,ewma4\", lag3, lag1+lag2+lag3]\n  learning-rate: {min: 0.01, max: 1, log: true}\n"
       "  caution: {min: 0, max: 2, step: 0.5}\n")


# ---- The numbers --------------------------------------------------------------------------------


def board__agrees_with_numpy_on_the_same_draws():
    study(trials=9)
    tune("run", "study", "--no-progress")
    said = show("study", "--draws")
    done = said["trials"]
    assert said["done"] == len(done) == 10 and [t["state"] for t in done] == ["done"] * 10
    for trial in done:  # evaluate.py reads results.h5
        os.makedirs(trial["digest"])
        shutil.copy(f"study/trials/{trial['digest']}/losses.h5", f"{trial['digest']}/results.h5")
    windows, names, _, _, losses, skills = evaluate.compare([t["digest"] for t in done])
    assert (said["windows"], said["variables"]) == (len(windows), len(names))
    index = np.array(said["bootstrap"]["index"])
    unit = losses[-1].mean()
    base = [t["digest"] for t in done].index(said["default"])
    others = [i for i in range(10) if i != base]
    p, t = evaluate.superior(losses[base] - losses[others], index)
    evaluate.check_close([said["superior_predictive_ability"][k] for k in ("lower", "consistent", "upper")], p, "SPA")
    _, sure = evaluate.superior(losses[-1] - losses[:-1], index)
    members = evaluate.confidence_set(losses[:-1], index)
    for i, trial in enumerate(done):
        gain = (losses[-1] - losses[i]).mean() / unit
        evaluate.check_close(trial["losses"], losses[i], "losses")
        evaluate.check_close(trial["skill"], np.nanmean(skills[i]), "skill")
        evaluate.check_close(trial["over_persistence"], gain, "gain")
        evaluate.check_close(trial["over_persistence_error"], gain / sure[i], "error")
        evaluate.check_close(trial["set_p"], members[i], "confidence set")
        over = (losses[base] - losses[i]).mean() / unit
        evaluate.check_close(trial["over_default"], over, "gain over the default")
        if i != base:
            evaluate.check_close(trial["over_default_error"], over / t[others.index(i)], "its error")
    order = [t["skill"] for t in done]
    assert order == sorted(order, reverse=True) and said["winner"] == done[0]["digest"]
    before = np.cumsum(losses[:-1], axis=1) - losses[:-1]
    chosen = [min([base, *range(10)], key=lambda r, w=w: (before[r, w], r != base)) for w in range(len(windows))]
    past = losses[base] - losses[chosen, np.arange(len(windows))]
    _, sure = evaluate.superior(past[None], index)
    evaluate.check_close(said["choosing_by_the_past"]["over_default"], past.mean() / unit, "choosing by the past")
    evaluate.check_close(said["choosing_by_the_past"]["over_default_error"], past.mean() / unit / sure[0], "its error")


def board__the_best_by_any_objective_is_tested_itself():
    """Of many trials the one of the largest gain beats the default; what is best by another score may do so or not."""
    jobs.expect(jobs.run("synth", "--rows", 2500, "--variables", 12, "--seed", 1, "panel.csv",
                         executable=os.path.join(jobs.binaries(), "pulse-data")), 0)
    apart = 0
    for objective in ("skill", "worst_skill", "hit", "interval_score_95"):
        space("study", "options: {data: panel.csv, end-date: 2009-09-14, lags: 5, scale-halflife: 2}\nsearch:\n"
              "  features: [lag1, \"lag1,ewma4\", \"lag1,ewma4,ewma16\"]\n  caution: [0, 1, 3]\n  scale-halflife: [2, 33]\n"
              f"objective: {objective}\n")
        tune("run", "study", "--no-progress")
        said = show("study", "--draws")
        losses = np.array([trial["losses"] for trial in said["trials"]])
        digests = [trial["digest"] for trial in said["trials"]]
        base = digests.index(said["default"])
        assert said["winner"] == digests[0]
        if base == 0:
            assert said["winner_p"] is None and not said["beats_default"]
            continue
        gain = losses[base] - np.delete(losses, base, axis=0)
        scale = gain.std(1, ddof=1) / np.sqrt(gain.shape[1])
        t = gain.mean(1) / scale
        centre = np.where(t >= -np.sqrt(2 * np.log(np.log(gain.shape[1]))), gain.mean(1), 0)
        drawn = evaluate.draw_means(gain, np.array(said["bootstrap"]["index"]))
        most = np.maximum(0, ((drawn - centre[:, None]) / scale[:, None]).max(0))
        evaluate.check_close(said["winner_p"], (most >= max(0, t[0])).mean(), "p of the best")
        test = said["superior_predictive_ability"]["consistent"]
        assert said["winner_p"] >= test and said["beats_default"] == (said["winner_p"] <= 0.1 and t[0] > 0)
        if test <= 0.1 and not said["beats_default"]:
            assert "but not surely the best by" in said["conclusions"][0], said["conclusions"]
        apart += said["winner_p"] > test
    assert apart > 0, "no objective had another winner: choose other data"


def board__has_all_forms():
    study(trials=4)
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8")
    space("study", text.replace("search:\n", "search:\n  burn-in: [20, 5000]\n"))
    assert "No trial is done yet" in tune("show", "study")
    tune("run", "study", "--no-progress")
    text = tune("show", "study", "--html", "page.html", "--csv", "table.csv")
    said = json.loads(tune("show", "study", "--json", "-"))
    with open("table.csv", encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert [r["digest"] for r in table] == [t["digest"] for t in said["trials"]]
    assert [r["state"] for r in table] == [t["state"] for t in said["trials"]] and said["failed"] > 0
    assert all(("burn-in" in r["reason"]) == (r["state"] == "failed") for r in table)
    page = pathlib.Path("page.html").read_text(encoding="utf-8")
    for sentence in said["conclusions"]:
        assert sentence in text, sentence
    for trial in said["trials"]:
        assert f"{trial['options']}\n" in text or f"{trial['options']}: " in text, trial
        assert trial["options"] in page
    assert page.count("<figure>") == said["done"] and "<script" in page
    keys = ("skill", "over_persistence_error", "over_default", "over_default_error", "set_p", "hit", "vcpu_seconds")
    rows = evaluate.Reader("page.html").sections["trials"]["rows"]
    assert [[cell[1] for cell in row if cell[0] is None] for row in rows] == [
        [t["options"], t["state"], t["reason"] or ""] for t in said["trials"]]
    assert [[float(cell[0]) for cell in row if cell[0]] for row in rows] == [
        [t[key] for key in keys if t.get(key) is not None] for t in said["trials"]]
    assert tune("show", "study", "--csv", "-").splitlines()[0].startswith("rank,trial,state,score")
    assert "more; --top 5" in tune("show", "study", "--top", 1)


def board__is_written_over_nothing_of_its_own():
    study(trials=1)
    before = pathlib.Path("study/space.yaml").read_bytes()
    for words, says in ((("--json", "-", "--csv", "-"), "are one stream"), (("--csv", "x", "--html", "x"), "are one file, x"),
                        (("--json", "study/space.yaml"), "the space")):
        tune("show", "study", *words, code=2, says=says)
    assert pathlib.Path("study/space.yaml").read_bytes() == before and not os.path.exists("x")


def board__waits_for_the_default_and_shows_what_is_left():
    study(trials=6, more="limits: {trials: 3}\n")
    tune("run", "study", "--no-progress")
    said = show("study")
    assert said["done"] == 3 and said["left"] == 4
    assert sorted(t["state"] for t in said["trials"]) == ["done"] * 3 + ["waiting"] * 4
    shutil.rmtree(f"study/trials/{said['default']}" if said["default"] else "study/leases")
    assert "default is not done yet" in tune("show", "study")
    tune("best", "study", code=2, says="default is not done yet")


def board__trials_of_an_earlier_space_count():
    study(trials=3)
    tune("run", "study", "--no-progress")
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8")
    space("study", text.replace("seed: 3", "seed: 5"))
    tune("run", "study", "--no-progress")
    said = show("study")
    assert said["done"] == 7 == len(trials("study")), "the default is the same"


def board__says_why_the_default_failed():
    study()
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    space("study", text.replace("min-history: 60", "min-history: 9999") + "search:\n  min-history: [60, 80]\n")
    assert "1 of them failed; 3 of 3 done" in tune("run", "study")
    assert "The default failed: nothing can be compared" in tune("show", "study")
    tune("best", "study", code=2, says=("the default failed: no window was trained", "--retry-failed"))
    assert "--min-history=" in tune("best", "study", "--hindsight")
    tune("best", "study", "--hindsight", "--train", "--write", "best.json", code=2, says="one of --train, --write and --json")


def board__a_trial_whose_windows_all_failed_is_a_failed_one():
    """Two equal variables: a penalty of 0 has no solution in any window, and keeps no other trial from its score."""
    frame = jobs.panel(300, 3, seed=4)
    frame["twin"] = frame["v01"]
    study(frame=frame)
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    space("study", text + "search:\n  ridge: [0, 100]\n  caution: [1, 2]\n")
    for ranks in (0, 2):
        said = tune("run", "study", *(["--retry-failed"] if ranks else []), "--no-progress", ranks=ranks)
        assert "2 of them failed; 5 of 5 done" in said, said
    said = show("study")
    failed = [t for t in said["trials"] if t["state"] == "failed"]
    assert said["done"] == 3 and said["failed"] == len(failed) == 2, said
    assert all("no window was trained: the system of" in t["reason"] and "ridge 0" in t["reason"] for t in failed), failed
    assert "3 trials done, 2 failed" in tune("show", "study")
    tune("best", "study")


def board__names_a_trial_that_shares_nothing_with_the_others():
    study(trials=3)
    tune("run", "study")
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8")
    space("study", text.replace("batch-size-days: 20", "batch-size-days: 15"))
    tune("run", "study")
    for _ in range(4):
        done = jobs.run("show", "study", executable=os.path.join(jobs.binaries(), "pulse-tune"))
        jobs.expect(done, 2, "cannot be compared with the others", "no trained window of the same days", "remove study/trials/")
        shutil.rmtree(done.stderr.split()[-1])
    assert "4 trials done" in tune("show", "study")
    study(trials=3)
    space("apart", text.split("search:")[0] + "search:\n  variables: [v00, v01]\n")
    tune("run", "apart")
    done = jobs.run("best", "apart", executable=os.path.join(jobs.binaries(), "pulse-tune"))
    jobs.expect(done, 2, "(--variables=v0", "share no variable", "remove apart/trials/")


def best__and_run_say_it_as_json():
    study(trials=2, more="limits: {trials: 2}\n")
    first = json.loads(tune("run", "study", "--json", "--no-progress", ranks=2))
    assert first.pop("seconds") > 0 and first == {"study": "study", "run": 2, "run_failed": 0, "finished": 2, "trials": 3,
                                                  "limit": "trials", "exhausted": False}, first
    study(trials=2)
    assert json.loads(tune("run", "study", "--json"))["limit"] is None
    said = json.loads(tune("best", "study", "--json"))
    trials_now = show("study")
    assert (said["digest"], said["done"], said["beats_default"]) == (trials_now["default"], 3, False), said
    assert said["conclusions"] == trials_now["conclusions"] and said["options"] == "default" and said["k"] == 0, said
    assert tune("best", "study") == f"pulse-train {' '.join(said['words'])} --output results\n"
    assert shlex.split(tune("best", "study", "--output", "it's mine"))[-2:] == ["--output", "it's mine"]


def best__notes_a_study_whatever_it_is_called():
    """A name with a comma is one tag."""
    name = study("spring, second", trials=1)
    tune("run", name, "--no-progress")
    tune("best", name, "--train", "--output", "whole")
    tune("best", name, "--write", "best.json")
    jobs.expect(jobs.run("--config", "best.json", "--output", "again", "--no-progress"), 0)
    for out in ("whole", "again"):
        tags = jobs.summary(out)["run"]["tags"]
        assert tags["study"] == name and tags["study_trials"] == "2", tags


def board__other_objectives_order_otherwise():
    for objective, key, reverse in (("worst_skill", "worst_skill", True), ("hit", "hit", True),
                                    ("interval_score_95", "score", False)):
        study(trials=5, more=f"objective: {objective}\n")
        tune("run", "study", "--no-progress")
        scores = [t[key] for t in show("study")["trials"]]
        assert scores == sorted(scores, reverse=reverse), (objective, scores)


# ---- What is concluded --------------------------------------------------------------------------


def conclusion__of_random_walks_nothing_beats_the_default():
    search("study", walks(900, 4, seed=11), ALL)
    tune("run", "study", "--no-progress")
    text = tune("show", "study")
    assert "Nothing beats the default, given that 21 trials were tried" in text and "Keep the default" in text, text
    said = show("study")
    assert not said["beats_default"] and said["superior_predictive_ability"]["consistent"] > 0.1
    best = tune("best", "study")
    assert best == (f"pulse-train --data=panel.csv --end-date={pathlib.Path('end').read_text(encoding='utf-8')} "
                    "--output results\n"), best


def conclusion__planted_lags_are_found_and_the_holdout_agrees():
    frame = walks(1500, 4, seed=12, lag=3)
    search("study", frame, ALL, more=f"holdout_from: {frame.index[1100]:%Y-%m-%d}\n")
    out = tune("run", "study", "--no-progress")
    assert "21 of 21 done" in out
    said = show("study")
    winner = said["trials"][0]
    assert said["beats_default"] and "lag3" in winner["options"] and winner["digest"] == said["winner"], winner
    holdout = said["holdout"]
    with h5py.File(f"study/holdout/{list(trials('study', 'holdout'))[0]}/losses.h5") as file:
        own = file["windows"]["start"] >= frame.index[1100].value  # nanoseconds
        assert holdout["windows"] == own.sum() > 10 and not own.all(), holdout
    assert holdout["winner_skill"] > holdout["default_skill"] and holdout["p"] < 0.05, holdout
    last = f"{frame.index[1099]:%Y-%m-%d}"
    for summary in trials("study").values():
        assert summary["config"]["end_date"] <= last, "no trial has seen the holdout"
    assert len(trials("study", "holdout")) == 2
    tune("run", "study", "--no-progress")
    assert len(trials("study", "holdout")) == 2
    best = tune("best", "study")
    assert f"--end-date={jobs.last_day(frame)}" in best and "lag3" in best, best
    tune("best", "study", "--train", "--output", "whole")
    summary = jobs.summary("whole")
    tags = summary["run"]["tags"]
    assert tags["study"] == "study" and tags["study_trials"] == "21" and len(tags["study_digest"]) == 32, tags
    assert "lag3" in summary["config"]["features"] and summary["config"]["end_date"] == jobs.last_day(frame)
    done = jobs.run("whole=whole", f"holdout=study/holdout/{list(trials('study', 'holdout'))[0]}",
                    f"other=study/holdout/{list(trials('study', 'holdout'))[1]}", "--json", "both.json",
                    executable=os.path.join(jobs.binaries(), "pulse-evaluate"))
    jobs.expect(done, 0)
    runs = json.loads(pathlib.Path("both.json").read_text(encoding="utf-8"))["runs"]
    assert runs[0]["losses"] in (runs[1]["losses"], runs[2]["losses"]), "the holdout's run is the whole one"


def conclusion__a_holdout_without_a_score_says_why():
    """It said that run would score it, which had."""
    frame = walks(400, 2, seed=12)
    frame.iloc[:, 0] += 1000 - frame.iloc[:, 0].min()
    frame.iloc[390, 0] = -1
    for name, first, words in (("none", frame.index[399], "no window with scores begins there; choose an earlier date"),
                               ("failed", frame.index[350], "over the whole period the default failed: v00: logdiff of -1")):
        search(name, frame, "  caution: [0, 1]\n", trials=1, more=f"holdout_from: {first:%Y-%m-%d}\n")
        if name == "failed":
            path = pathlib.Path(name, "space.yaml")
            text = path.read_text(encoding="utf-8").replace("search:", "  transform: v00=logdiff\nsearch:")
            path.write_text(text, encoding="utf-8")
        tune("run", name, "--no-progress")
        said = show(name)
        assert said["holdout"] is None and f" has no score: {words}" in said["conclusions"][-1], said["conclusions"]


def conclusion__a_study_of_one_trial_keeps_the_default():
    study(trials=1)
    tune("run", "study", "--no-progress")
    said = show("study")
    assert said["done"] == 2
    space("alone", pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
          + "search:\n  caution: [1]\n")
    tune("run", "alone", "--no-progress")
    said = show("alone")
    assert said["done"] == 1 and said["winner"] == said["default"] and not said["beats_default"], said
    assert tune("best", "alone").startswith("pulse-train --data=panel.csv")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
