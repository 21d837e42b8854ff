#!/usr/bin/python3
"""evaluate.py [CASE…]: pulse-evaluate compares runs as NumPy does on the same draws, and says what is wrong.

The programs are in the directory PULSE_BIN.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd
from scipy.stats import norm

for _beside in ("mpi", "report"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / _beside))
import jobs  # noqa: E402
from page_reader import Reader  # noqa: E402
from processes import check_gone, finish, go_on, stopping, until, wait_stopped  # noqa: E402

COUNTS = {"rows": "n", "squared": "sum_squared_error", "persistence": "persistence_sum_squared_error", "hits": "hits",
          "moves": "moves", "interval": "interval_rows", "in80": "inside_80", "in95": "inside_95",
          "is80": "sum_interval_score_80", "is95": "sum_interval_score_95"}


def evaluate(*words, code=0):
    """Runs pulse-evaluate; standard output, or the one error line."""
    done = jobs.run(*words, executable=os.path.join(jobs.binaries(), "pulse-evaluate"))
    shown = f"exit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    assert done.returncode == code, shown
    assert (done.stderr != "") == (code != 0), shown
    return done.stderr if code else done.stdout


def train(name, frame, *options):
    data = jobs.write(frame, f"{name}.csv")
    done = jobs.run("--data", data, "--output", name, "--no-progress", "--no-report", "--end-date", jobs.last_day(frame),
                    *options)
    assert done.returncode == 0, done.stderr
    return f"{name}={name}"


def market(seed=5, rows=900):
    """Dense, monthly and late variables."""
    frame = jobs.monthly(jobs.panel(rows, 6, seed), ["v04"], 3)
    frame.iloc[:300, 2] = np.nan
    return frame


# ---- The same in NumPy --------------------------------------------------------------------------

class Run:
    """Sums by window (start, end) and variable."""

    def __init__(self, path):
        with h5py.File(f"{path}/results.h5") as file:
            windows = file["windows"][:]
            self.names = [name.decode() for name in file["variables"][:]]
            self.windows = [(w["start"], w["end"]) for w in windows]
            self.trained = windows["status"] == 0
            self.sums = {key: file[f"metrics/{name}"][:].astype(float) for key, name in COUNTS.items()}

    def take(self, windows, names):
        rows, columns = [self.windows.index(w) for w in windows], [self.names.index(n) for n in names]
        return {key: value[np.ix_(rows, columns)] for key, value in self.sums.items()}


def compare(paths, first="1970-01-01", last="2200-01-01"):
    """What runs share, their losses (runs and persistence × windows), and skills (runs × variables)."""
    runs = [Run(path) for path in paths]
    period = [pd.Timestamp(day).value for day in (first, last)]
    windows = [w for w, trained in zip(runs[0].windows, runs[0].trained) if trained
               and w[0] >= period[0] and w[1] <= period[1]
               and all(w in r.windows and r.trained[r.windows.index(w)] for r in runs)]
    names = [name for name in runs[0].names if all(name in r.names for r in runs)]
    taken = [run.take(windows, names) for run in runs]
    even = np.all([t["rows"] == taken[0]["rows"] for t in taken], axis=0) & (taken[0]["rows"] > 0)
    windows, taken, even = ([w for w, any_ in zip(windows, even.any(1)) if any_],
                            [{key: value[even.any(1)] for key, value in t.items()} for t in taken], even[even.any(1)])
    taken = [{key: np.where(even, value, 0) for key, value in t.items()} for t in taken]
    total = taken[0]["persistence"].sum(0)
    unit = np.divide(total, taken[0]["rows"].sum(0), out=np.zeros_like(total), where=total > 0)
    use = even & (unit > 0)
    share = np.where(use, 1 / np.where(unit > 0, unit, 1), 0) / np.maximum(use.sum(1), 1)[:, None]
    losses = [(t["squared"] * share).sum(1) for t in taken] + [(taken[0]["persistence"] * share).sum(1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        skills = [np.where(total > 0, 1 - t["squared"].sum(0) / total, np.nan) for t in taken]
    return windows, names, taken, unit, np.array(losses), np.array(skills)


def draw_means(x, index):
    """Means over the draws (series × draws), as far from the series' own as those of independent values are."""
    n = x.shape[1]
    i = np.arange(1, n)
    share = 1 - 1 / n - 2 / n * ((1 - i / n) * (1 - 1 / np.sqrt(n)) ** i).sum()
    own = x.mean(1, keepdims=True)
    return own + (x[:, index].mean(2) - own) / np.sqrt(share)


def confidence_set(loss, index):
    """p-values of Hansen, Lunde and Nason's T_max."""
    drawn = draw_means(loss, index)
    left, p, most = list(range(len(loss))), np.ones(len(loss)), 0
    while len(left) > 1:
        d = loss[left].mean(1) - loss[left].mean()
        off = drawn[left] - drawn[left].mean(0) - d[:, None]
        scale = np.sqrt((off ** 2).mean(1))
        t = d / scale
        most = max(most, ((off / scale[:, None]).max(0) >= t.max()).mean())
        p[left[t.argmax()]] = most
        del left[t.argmax()]
    return p


def superior(gain, index):
    """Hansen's lower, consistent and upper p-values, and the statistic of each gain."""
    n, mean, drawn = gain.shape[1], gain.mean(1), draw_means(gain, index)
    scale = gain.std(1, ddof=1) / np.sqrt(n)
    t = mean / scale
    g = [np.maximum(mean, 0), np.where(t >= -np.sqrt(2 * np.log(np.log(n))), mean, 0), mean]
    p = [(np.maximum(0, ((drawn - x[:, None]) / scale[:, None]).max(0)) >= max(0, t.max())).mean() for x in g]
    return p, mean / np.sqrt(((drawn - mean[:, None]) ** 2).mean(1))


def check_close(said, expected, what):
    expected = [None if np.isnan(x) else x for x in np.atleast_1d(expected)]
    said = said if isinstance(said, list) else [said]
    assert len(said) == len(expected), what
    for a, b in zip(said, expected):
        assert (a is None) == (b is None) and (a is None or abs(a - b) <= 1e-9 * max(1, abs(b))), (what, a, b)


def check_against_numpy(paths, *words, baseline="persistence", **period):
    """Everything that the JSON says of the runs."""
    evaluate(*[f"{path}={path}" for path in paths], "--json", "said.json", *words)
    said = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))
    windows, names, taken, unit, losses, skills = compare(paths, **period)
    assert said["variables"] == names and len(said["windows"]) == len(windows)
    index = np.array(said["bootstrap"]["index"])
    assert index.shape == (2000, len(windows))
    base = len(paths) if baseline == "persistence" else paths.index(baseline)
    others = [r for r in range(len(paths)) if r != base]
    p, t = superior(losses[base] - losses[others], index)
    check_close([said["superior_predictive_ability"][k] for k in ("lower", "consistent", "upper")], p, "SPA")
    members = confidence_set(losses[:-1], index)
    for r, run in enumerate(said["runs"]):
        check_close(run["losses"], losses[r], "losses")
        if r == len(paths):
            continue
        sums = {key: value.sum() for key, value in taken[r].items()}
        scored = (taken[r]["interval"].sum(0) > 0) & (unit > 0)
        for level in ("80", "95"):
            own = taken[r][f"is{level}"].sum(0)[scored] / taken[r]["interval"].sum(0)[scored] / np.sqrt(unit[scored])
            check_close(run[f"interval_score_{level}"], own.mean(), "interval score")
            check_close(run[f"coverage_{level}"], sums[f"in{level}"] / sums["interval"], "coverage")
        check_close(run["skill"], np.nanmean(skills[r]), "skill")
        check_close(run["worst_skill"], np.nanmin(skills[r]), "worst skill")
        assert run["worst_variable"] == names[np.nanargmin(skills[r])]
        check_close(list(run["skill_by_variable"].values()), skills[r], "skill by variable")
        check_close(run["hit"], sums["hits"] / sums["moves"], "hit rate")
        check_close(run["set_p"], members[r], "confidence set")
        assert run["in_confidence_set"] == (members[r] >= 0.1)
        if r != base:
            check_close(run["dm_p"], norm.sf(t[others.index(r)]), "Diebold and Mariano")
    return said


# ---- The promise --------------------------------------------------------------------------------


def compare__agrees_with_numpy_on_the_same_draws():
    frame = market()
    train("a", frame)
    train("b", frame, "--ridge", 1000)
    train("c", frame, "--lags", 3)
    check_against_numpy(["a", "b", "c"])
    check_against_numpy(["a", "b", "c"], "--baseline", "b", baseline="b")
    check_against_numpy(["c", "a"], "--from", "2002-06-01", "--to", "2003-12-31", "--seed", 9, first="2002-06-01",
                        last="2003-12-31")


def compare__what_runs_do_not_share_is_left_out():
    """Other variables, windows that one run skips, and rows that one scores and the other does not."""
    frame = market(7)
    train("a", frame)
    train("b", frame.drop(columns="v01"), "--min-history", 400, "--burn-in", 60)
    said = check_against_numpy(["a", "b"])
    assert "v01" not in said["variables"] and said["pairs_left_out"] > 0
    assert "left out" in evaluate("a=a", "b=b")


def compare__runs_of_other_data_are_named():
    frame = market()
    other = frame * 100
    revised = frame.copy()
    revised.iloc[600, 0] += 1
    words = [train(name, data, *options) for name, data, options in (
        ("a", frame, ()), ("b", frame, ("--transform", "level", "--lags", "2")), ("other", other, ()), ("revised", revised, ()))]
    assert "other data" not in evaluate(*words[:2])
    for word, pairs in (words[2], lambda all_of_them, n: n == all_of_them), (words[3], lambda _, n: 1 <= n <= 2):
        said = json.loads(evaluate(words[0], word, "--json", "-"))
        assert pairs(said["pairs"], said["pairs_of_other_data"]), said["pairs_of_other_data"]
        line, = [line for line in evaluate(words[0], word, "--html", "page.html").splitlines() if line.startswith("other data")]
        assert line.startswith(f"other data: {said['pairs_of_other_data']} of {said['pairs']} pairs"), line
        assert "persistence's errors differ" in pathlib.Path("page.html").read_text(encoding="utf-8")


def compare__years_and_variables_are_shown():
    frame = market()
    train("a", frame)
    text = evaluate("a=a", "--by", "year", "--by", "variable", "--csv", "a.csv")
    assert not any(line.endswith(" ") for line in text.split("\n")), text
    table = pd.read_csv("a.csv")
    for year in (2002, 2003):
        assert f"\n{year} " in text, text
    for name in frame.columns:
        assert f"\n{name} " in text, text
    with h5py.File("a/results.h5") as file:
        rows = dict(zip(frame.columns, file["metrics/n"][:].sum(0)))
    whole = table[table.year == "all"].set_index("variable")
    assert dict(whole.rows) == rows
    assert (table[table.year != "all"].groupby("variable").rows.sum() == whole.rows).all()


def compare__columns_stand_below_the_names_of_their_runs():
    train("a", market().rename(columns=lambda name: f"{name} of a name that is wide"))
    wide = "a name that is wider than its numbers"
    text = evaluate(f"{wide}=a", "Zürich=a", "b=a", "--by", "year", "--by", "variable")
    for table in text.split("\nskill by ")[1:]:
        lines = table.split("\n\n")[0].rstrip("\n").split("\n")
        head = "skill by " + lines[0]
        ends = [head.rindex(name) + len(name) for name in (wide, "Zürich", "b")]
        for line in lines[1:]:
            assert [at.end() for at in re.finditer(r"%| -(?= |$)", line)] == ends, (head, line)
    head, line = text.split("\n")[:2]
    assert line.startswith(wide) and line.index("%") + 1 == head.index("skill") + len("skill"), (head, line)


def compare__horizons_that_all_runs_have_are_shown():
    """Skill at each, computed anew from results.h5."""
    frame = jobs.panel(900, 4, seed=5)
    train("a", frame, "--horizon", "1,5,10")
    train("b", frame, "--horizon", "1,3,5", "--lags", 1)
    text = evaluate("a=a", "b=b", "--by", "horizon", "--json", "said.json")
    said = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))["skill_by_horizon"]
    assert list(said) == ["1", "5"], said
    for steps, skills in said.items():
        for run in "ab":
            with h5py.File(f"{run}/results.h5") as file:
                sums = file["metrics" if steps == "1" else f"horizons/{steps}/metrics"]
                own, other = (sums[name][:].sum(0) for name in ("sum_squared_error", "persistence_sum_squared_error"))
            check_close(skills[run], np.mean(1 - own / other), (steps, run))
    assert "skill by rows ahead" in text and f"{100 * said['5']['b']:.2f}%" in text, text
    assert evaluate("a=a", "b=b", "--by", "variable").count("rows ahead") == 0
    evaluate("a=a", "b=b", "--csv", "said.csv", "--html", "page.html")
    table = pd.read_csv("said.csv")
    assert list(table.horizon.unique()) == [1, 5] and set(table.run) == {"a", "b"}
    assert not table.duplicated(["run", "variable", "year", "horizon"]).any()
    whole = table[table.year == "all"].groupby(["horizon", "run"]).skill.mean()
    for steps, skills in said.items():
        for run in "ab":
            check_close(whole[int(steps), run], skills[run], ("CSV", steps, run))
    years = table[table.year != "all"].groupby(["horizon", "run", "variable"]).rows.sum()
    assert years.equals(table[table.year == "all"].groupby(["horizon", "run", "variable"]).rows.sum())
    page = pathlib.Path("page.html").read_text(encoding="utf-8").split('id="horizons"')[1].split("</section>")[0]
    assert page.count(">5<") == 1 and f"{100 * said['5']['b']:.2f}" in page.replace("&nbsp;", " "), page
    evaluate("a=a", "--csv", "one.csv", "--html", "one.html")
    assert list(pd.read_csv("one.csv").horizon.unique()) == [1, 5, 10]


def compare__runs_are_compared_at_a_horizon_of_all():
    """Errors one row ahead are not those of five: whatever comes first, the same verdict."""
    frame = jobs.panel(900, 3, seed=6)
    train("near", frame, "--horizon", "1,5,9")
    train("far", frame, "--horizon", "5,9")
    train("alone", frame, "--horizon", "5")
    said = []
    for runs in (("near=near", "far=far"), ("far=far", "near=near"), ("near=alone", "far=far")):
        words = beside(*runs, "--csv", "said.csv", "--html", "page.html", "--json", "said.json")
        assert ("5 rows, the nearest horizon of all" in words.stderr) == ("near=near" in runs), words.stderr
        table = pd.read_csv("said.csv")
        assert list(table[table.year == "all"].iloc[:6].horizon) == [5] * 6, table
        shared = 'id="horizons"' in pathlib.Path("page.html").read_text(encoding="utf-8")
        assert shared == ("near=near" in runs), "more than one horizon is shared"
        found = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))
        said.append({run["name"]: (run["skill"], run["dm_p"]) for run in found["runs"]})
    assert said[0] == said[1] == said[2] and len(said[0]) == 3, said
    assert beside("near=near", "far=far").stdout == beside("near=alone", "far=far").stdout
    train("next", frame)
    jobs.expect(jobs.run("near=next", "far=far", executable=os.path.join(jobs.binaries(), "pulse-evaluate")), 2,
                "near predicts 1 and far 5 rows ahead", "--horizon")


def beside(*words):
    """pulse-evaluate, which may warn."""
    done = jobs.run(*words, executable=os.path.join(jobs.binaries(), "pulse-evaluate"))
    assert done.returncode == 0, done.stderr
    return done


def compare__names_and_tags_are_shown():
    """In the head of the text, in JSON, and escaped on the page; runs without them are not listed."""
    frame = market()
    train("a", frame, "--name", "nightly <1>", "--tag", "desk=rates", "--tag", "owner=me & you")
    train("b", frame, "--lags", 1)
    train("c", frame, "--ridge", 10, "--tag", "only=tags")
    text = evaluate("first=a", "b=b", "c=c", "--json", "said.json", "--html", "page.html")
    assert text.startswith("first: nightly <1>; desk=rates, owner=me & you\nc: only=tags\n\nrun "), text
    runs = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))["runs"]
    assert [run["run"] for run in runs] == [
        {"name": "nightly <1>", "tags": {"desk": "rates", "owner": "me & you"}}, {"name": None, "tags": {}},
        {"name": None, "tags": {"only": "tags"}}, None], [run["run"] for run in runs]
    page = pathlib.Path("page.html").read_text(encoding="utf-8")
    assert "<b>first</b>: nightly &lt;1&gt;; desk=rates, owner=me &amp; you" in page and "<b>b</b>:" not in page
    assert evaluate("b=b").startswith("run ")


def compare__page_shows_every_run_and_variable():
    frame = market()
    train("a", frame)
    train("b", frame, "--ridge", 10)
    os.rename("b", "<b> & co")
    evaluate("a=a", "<i>=<b> & co", "--html", "page.html")
    page = pathlib.Path("page.html").read_text(encoding="utf-8")
    assert "&lt;i&gt;" in page and "<i>" not in page
    assert page.count("<figure>") == 2 and all(name in page for name in frame.columns)
    assert 'href="http' not in page and 'src="' not in page


def compare__page_has_the_numbers_of_json():
    """Every run in every table, every year, horizon and variable; what is shown is what is said exactly."""
    train("a", market(), "--horizon", "1,5")
    train("b", market(), "--horizon", "1,5", "--ridge", 10)
    said = json.loads(evaluate("a=a", "b=b", "--html", "page.html", "--json", "-"))
    page = Reader("page.html")
    assert page.faults == []

    def exact(section):
        return {row[0][1]: [float(cell[0]) for cell in row[1:] if cell[0] is not None]
                for row in page.sections[section]["rows"]}

    keys = ("skill", "worst_skill", "hit", "coverage_80", "coverage_95", "interval_score_80", "interval_score_95", "dm_p")
    runs = {run["name"]: run for run in said["runs"] if run["name"] in "ab"}
    assert exact("runs") == {name: [run[key] for key in keys] for name, run in runs.items()}
    assert exact("years") == {year: list(skills.values()) for year, skills in said["skill_by_year"].items()}
    assert exact("horizons") == {step: list(skills.values()) for step, skills in said["skill_by_horizon"].items()}
    skills = np.mean(list(exact("variables").values()), axis=0)
    assert list(exact("variables")) == said["variables"]
    np.testing.assert_allclose(skills, [runs[name]["skill"] for name in "ab"], rtol=1e-12)
    for section in ("runs", "years", "horizons", "variables"):
        for row in page.sections[section]["rows"]:
            for value, shown in (cell for cell in row[1:] if cell[0] is not None and not cell[1].startswith("<")):
                number = shown.replace("\u2212", "-").rstrip("\u00a0 %")
                share = 100 if shown.endswith("%") else 1
                apart = abs(float(number) - share * float(value))
                assert apart <= 0.501 * 10.0 ** -len(number.split(".")[1]), (section, row)


def compare__the_same_again_is_the_same():
    train("a", market())
    for name in ("one.json", "two.json"):
        evaluate("a=a", "--json", name)
    assert pathlib.Path("one.json").read_bytes() == pathlib.Path("two.json").read_bytes()
    evaluate("a=a", "--json", "three.json", "--seed", 2)
    assert pathlib.Path("one.json").read_bytes() != pathlib.Path("three.json").read_bytes()


def compare__minus_prints_a_form_alone():
    train("a", market())
    assert json.loads(evaluate("a=a", "--json", "-"))["baseline"] == "persistence"
    assert evaluate("a=a", "--csv", "-").startswith("run,variable,year,")


# ---- Gates --------------------------------------------------------------------------------------


def compare__gates_that_are_met_end_with_0_and_others_with_4():
    frame = market()
    train("a", frame)
    train("b", frame, "--ridge", 1e6)
    evaluate("a=a", "b=b", "--require", "skill>=0", "--require", "coverage_95=0.8..1", "--require", "windows>=2",
             "--require", "no_worse_than=b")
    said = evaluate("b=b", "a=a", "--require", "skill<=1", "--require", "no_worse_than=a", "--require", "hit>=0.99",
                    code=4)
    lines = said.splitlines()
    assert len(lines) == 2 and "no_worse_than=a" in lines[0] and "hit>=0.99" in lines[1] and "short by" in said, said
    evaluate("b=b", "a=a", "--require", "no_worse_than=a:1")


def compare__bad_gates_say_what_was_expected():
    train("a", market())
    for gate in ("skil>=0", "skill>0", "skill>=x", "skill", "coverage_95=0.9", "coverage_95=1..0", "no_worse_than",
                 "no_worse_than=", "no_worse_than=a:-1", "skill>=nan", ""):
        assert "--require" in evaluate("a=a", "--require", gate, code=2), gate
    assert "b" in evaluate("a=a", "--require", "no_worse_than=b", code=2)


# ---- Edges and failures -------------------------------------------------------------------------


def compare__one_window_is_scored_and_not_tested():
    frame = market()
    train("a", frame, "--batch-size-days", 3000, "--min-history", 1, "--start-date", "2000-01-01")
    train("b", frame)
    one = evaluate("b=b", "--from", "2003-01-01", "--to", "2003-02-28")
    assert "compared on 1 windows" in one and "too few windows" in one, one


def compare__windows_without_a_scored_row_are_none():
    """Of a monthly target in windows of ten days: in two of three nothing is predicted, and nothing is lost."""
    frame = market()
    options = ("--targets", "v04", "--batch-size-days", 10, "--combine", "select")
    train("a", frame, *options)
    train("b", frame, *options, "--ridge", 10)
    check_against_numpy(["a", "b"])
    said = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))
    assert all(len(run["losses"]) == said["pairs"] == len(said["windows"]) < 45 for run in said["runs"])
    assert f"compared on {said['pairs']} windows and 1 variables" in evaluate("a=a", "b=b")
    said = evaluate("a=a", "b=b", "--from", said["windows"][-1]["start"])
    assert "compared on 1 windows" in said and "too few windows" in said, said


def compare__one_run_twice_cannot_be_distinguished():
    train("a", market())
    evaluate("a=a", "again=a", "--baseline", "a", "--json", "said.json")
    said = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))
    assert all(run["set_p"] == 1 for run in said["runs"][:2])
    assert said["runs"][1]["dm_statistic"] is None
    train("other", market(), "--lags", 30, "--ridge", "0.001")
    evaluate("other=other", "a=a", "again=a", "third=a", "--json", "said.json")
    said = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))
    assert said["runs"][0]["set_p"] < 1 and all(run["set_p"] == 1 for run in said["runs"][1:4])


def compare__runs_that_share_nothing_are_an_error():
    frame = market()
    train("a", frame)
    train("b", frame, "--batch-size-days", 29)
    train("c", frame.rename(columns=str.upper))
    assert "--batch-size-days" in evaluate("a=a", "b=b", code=2)
    assert "share no variable" in evaluate("a=a", "c=c", code=2)
    assert "no trained window" in evaluate("a=a", "--from", "2050-01-01", code=2)


def compare__bad_command_lines_are_one_line():
    train("a", market())
    for words, says in (((), "NAME=RUN"), (("a",), "NAME=RUN"), (("=a",), "NAME=RUN"), (("a=",), "NAME=RUN"),
                        (("a=a", "a=a"), "called a"), (("persistence=a",), "persistence"),
                        (("a=a", "--baseline", "b"), "--baseline b"), (("a=a", "--by", "yaer"), "year"),
                        (("a=a", "--from", "2003-01-01", "--to", "2002-01-01"), "--from"),
                        (("a=a", "--seed", "-1"), "--seed"), (("a=a", "--bseline", "a"), "bseline")):
        said = evaluate(*words, code=2)
        assert len(said.splitlines()) == 1 and says in said, (words, said)


def compare__outputs_are_each_of_their_own():
    """And none is written over what a run has; devices take all."""
    train("a", market())
    before = {path: path.read_bytes() for path in pathlib.Path("a").iterdir()}
    os.symlink("a", "link")
    for words, says in ((("--json", "-", "--csv", "-"), "--json and --csv are one stream, -"),
                        (("--csv", "x", "--html", "./x"), "--csv and --html are one file, ./x"),
                        (("--json", "a/summary.json"), "what a run has"), (("--html", "link/results.h5"), "what a run has")):
        assert says in (said := evaluate("a=./a", *words, code=2)) and len(said.splitlines()) == 1, said
    assert not os.path.exists("x") and before == {path: path.read_bytes() for path in pathlib.Path("a").iterdir()}
    evaluate("a=a", "--json", "/dev/null", "--csv", "/dev/null", "--html", "a/page.html")


def compare__damaged_results_are_one_error():
    train("a", market())
    assert "summary.json" in evaluate("b=nowhere", code=2)
    shutil.copytree("a", "b")
    path = pathlib.Path("b/results.h5")
    whole = path.read_bytes()
    for at in (100, len(whole) // 2):
        path.write_bytes(whole[:at])
        assert "results.h5" in evaluate("a=a", "b=b", code=2)
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        del file["metrics/hits"]
    assert "/metrics/hits" in evaluate("b=b", code=2)
    os.remove("b/summary.json")
    assert "summary.json" in evaluate("b=b", code=2)


def compare__directory_that_is_not_there_is_2():
    train("a", market())
    assert "no/such" in evaluate("a=a", "--html", "no/such/page.html", code=2)


def evaluate__a_signal_ends_the_process_that_compares_too():
    train("a", market())
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        job = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-evaluate"), "a=a", "--json", "out.json"],
                               env=stopping(1, "out.json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children = pathlib.Path(f"/proc/{job.pid}/task/{job.pid}/children")
        until(lambda: children.read_text(encoding="utf-8").split(), job)
        child = int(children.read_text(encoding="utf-8"))
        wait_stopped(child)
        job.send_signal(number)
        status = pathlib.Path(f"/proc/{child}/status")
        until(lambda: re.search(r"^ShdPnd:\s*0*[1-9a-f]", status.read_text(encoding="utf-8"), re.M), job)  # passed on
        go_on([child])
        jobs.expect(finish(job), code, signal.Signals(number).name)
        check_gone([child])
        assert not [name for name in os.listdir() if "out.json" in name], os.listdir()


def evaluate__a_process_that_was_ended_is_no_fault_of_the_results():
    """One that prints for nobody ends as others do; one that is killed, as where memory runs out, may be started again."""
    train("a", market())
    program = os.path.join(jobs.binaries(), "pulse-evaluate")
    for json_of in ["a=a", "--json", "-"], ["a=a"]:
        ends = os.pipe()
        with subprocess.Popen([program, *json_of], stdout=ends[1], stderr=subprocess.PIPE, text=True,
                              env=jobs.environment()) as job:
            os.close(ends[0])
            os.close(ends[1])
            assert job.stderr.read() == "" and job.wait() == -signal.SIGPIPE, job.returncode
    for number, says in (signal.SIGKILL, "memory"), (signal.SIGHUP, "signal 1"), (signal.SIGABRT, "did not survive"):
        job = subprocess.Popen([program, "a=a", "--json", "out.json"], env=stopping(1, "out.json"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        children = pathlib.Path(f"/proc/{job.pid}/task/{job.pid}/children")
        until(lambda: children.read_text(encoding="utf-8").split(), job)
        child = int(children.read_text(encoding="utf-8"))
        wait_stopped(child)
        os.kill(child, number)
        go_on([child])
        jobs.expect(finish(job), 2 if number == signal.SIGABRT else 75, "a run's results.h5", says)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
