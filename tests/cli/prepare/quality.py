#!/usr/bin/python3
"""quality.py [CASE…]: the figures of pulse-data prepare are those of pandas; gates and revisions do what they say."""
import json
import os
import pathlib
import re
import sys

import numpy as np
import pandas as pd

from support import back, error, holes, jobs, prepare, quality


def figures(frame, jump):
    """By definition, variable after variable."""
    found = {}
    for name in frame:
        x = frame[name].dropna()
        change, steps = x.diff().iloc[1:], x.index.to_series().diff().dt.days.fillna(0)
        sizes = change.abs()
        deviation = 1.4826 * sizes.shift(1).rolling(250, min_periods=24).median()
        share = (sizes / deviation)[(deviation > 0) & (sizes > jump * deviation)]
        still = (change == 0).to_numpy()[::-1]
        found[name] = {
            "values": len(x), "first": str(x.index[0].date()), "last": str(x.index[-1].date()),
            "missing": frame.loc[x.index[0]:, name].isna().mean(), "gap": int(steps.max()),
            "stale": (frame.index[-1] - x.index[-1]).days,
            "unchanged": int(still.argmin()) if not still.all() else len(still),
            "jumps": len(share), "jump": float(share.max()) if len(share) else 0.0,
            "jump_day": str(share.idxmax().date()) if len(share) else None}
    return found


def prepare__figures_are_those_of_pandas():
    frame = holes(jobs.panel(700, 5, seed=2), 0.15)
    rng = np.random.default_rng(5)
    for column in range(4):
        frame.iloc[rng.integers(100, 600, 3), column] += 40
    frame.iloc[650:, 1] = frame.iloc[649, 1] = 3.25
    frame.iloc[640:, 2] = np.nan
    frame.iloc[:300, 3] = np.nan
    frame["v04"] = np.round(frame["v04"] / 50)  # most changes are 0
    frame = frame.dropna(how="all")
    jobs.write(frame, "raw.csv")
    for jump in 10, 4.5:
        found, wanted = quality("raw.csv", "--jump", jump), figures(frame, jump)
        for name, figure in wanted.items():
            for key, value in figure.items():
                got = found["of"][name][key]
                good = abs(got - value) <= 1e-12 * abs(value) if isinstance(value, float) else got == value
                assert good, (jump, name, key, got, value)
    assert found["rows"] == len(frame) and sum(one["jumps"] for one in found["variables"]) > 5
    assert found["calendar_gap"] == frame.index.to_series().diff().dt.days.max()


def prepare__gates_stop_a_panel_by_their_words():
    frame = holes(jobs.panel(200, 3, seed=1), 0.05)
    jobs.write(frame, "raw.csv")
    as_of = ["--as-of", (frame.index[-1] + pd.Timedelta(days=5)).date()]
    prepare("raw.csv", *as_of, "--require", "last_row>=-5d", "--require", "missing<=20%", "--require", "rows=150..250")
    before = pathlib.Path("panel.csv").read_bytes()
    jobs.write(frame.iloc[:100], "raw.csv")
    share = frame.iloc[:100].isna().mean()
    for gate, value, of, short in (("last_row>=-3d", -(frame.index[-1] - frame.index[99]).days - 5, None, None),
                                   ("missing<=0.01", share.max(), share.idxmax(), share.max() - 0.01),
                                   ("missing(v01)<=1%", share["v01"], "v01", share["v01"] - 0.01),
                                   ("rows>=150", 100, None, 50),
                                   ("lost<=0", frame.iloc[100:].notna().sum().sum(), None, None)):
        line = error("raw.csv", *as_of, "--require", gate, "--json", "q.json", "--html", "q.html", code=4)
        wanted = f"error: gate not met: {gate}: it is {value:.6g}{f' ({of})' if of else ''}, short by "
        assert line.startswith(wanted) and (short is None or line.endswith(f"{short:.6g}")), (line, wanted)
        said = json.loads(pathlib.Path("q.json").read_text(encoding="utf-8"))
        assert said["met"] is False and said["gates"][0]["gate"] == gate and not said["gates"][0]["met"]
        assert "a gate is not met" in pathlib.Path("q.html").read_text(encoding="utf-8")
        assert pathlib.Path("panel.csv").read_bytes() == before, gate
    done = prepare("raw.csv", *as_of, "--require", "rows>=150", "--require", "variables>=5", "--require", "gap<=90d",
                   code=4)
    assert [line[:30] for line in done[1].splitlines()] == [
        "error: gate not met: rows>=150", "error: gate not met: variables"]


def prepare__a_damaged_last_panel_is_named_with_what_to_do():
    jobs.write(jobs.panel(30, 2, seed=1), "raw.csv")
    pathlib.Path("panel.parquet").write_text("PAR1", encoding="utf-8")
    program = os.path.join(jobs.binaries(), "pulse-data")
    done = jobs.run("prepare", "raw.csv", "--output", "panel.parquet", executable=program)
    assert done.returncode == 2 and "panel.parquet, the last panel" in done.stderr and "--against" in done.stderr, done
    done = jobs.run("prepare", "raw.csv", "--output", "panel.parquet", "--against", "none", executable=program)
    assert done.returncode == 0, done


def prepare__revisions_are_those_of_pandas():
    old = holes(jobs.panel(200, 4, seed=1), 0.1).dropna(how="all")
    jobs.write(old, "raw.csv")
    assert quality("raw.csv", output="panel.parquet")["revisions"] is None
    new = jobs.panel(203, 4, seed=1).rename(columns={"v03": "w03"})
    new = holes(new, 0.1, seed=9)
    new.iloc[50, 0] += 1
    new.iloc[70:73, 1] -= 1
    new = new.dropna(how="all")
    jobs.write(new, "raw.csv")
    found = quality("raw.csv", output="panel.parquet")
    both = old.index.union(new.index)
    a, b = old.reindex(both), new.reindex(both)
    before = both <= old.index[-1]
    first, counted = [], dict.fromkeys(("revised", "lost", "late"), 0)
    for name in "v00", "v01", "v02":
        x, y = a[name][before], b[name][before]
        kinds = {"revised": (x != y) & x.notna() & y.notna(), "lost": x.notna() & y.isna(),
                 "late": x.isna() & y.notna()}
        for kind, where in kinds.items():
            assert found["of"][name][kind] == where.sum(), (name, kind, found["of"][name], where.sum())
            counted[kind] += where.sum()
        any_ = kinds["revised"] | kinds["lost"] | kinds["late"]
        wanted = str(any_[any_].index[0].date()) if any_.any() else None
        assert found["of"][name]["changed_from"] == wanted, name
        first += [wanted] * any_.any()
    assert min(counted.values()) > 2, counted
    news = found["revisions"]
    assert (news["new_rows"], news["gone"], news["new_variables"]) == (
        (new.index > old.index[-1]).sum(), ["v03"], 1), news
    assert news["changed_from"] == min(first) and news["last"] == str(old.index[-1].date())
    again = quality("raw.csv", output="panel.parquet")
    assert again["revisions"]["changed_from"] is None and again["revisions"]["new_rows"] == 0
    other = quality("raw.csv", "--against", "none", output="panel.parquet")
    assert other["revisions"] is None
    said = prepare("raw.csv", "--against", "panel.parquet", output="other.h5")[0]
    assert "since panel.parquet: 0 new rows; no value before them is another" in said, said


def prepare__dry_run_writes_nothing_and_says_all():
    jobs.write(jobs.panel(40, 2, seed=1), "raw.csv")
    said = prepare("raw.csv", "--dry-run", "--json", "q.json", "--html", "q.html", "--require", "rows>=50", code=4)
    assert said[0].startswith("panel.csv: 2 variables, 40 rows, 2001-01-02 to 2001-02-26, weekdays\nfrom raw.csv: "), \
        said
    assert sorted(os.listdir()) == ["raw.csv"]
    assert json.loads(prepare("raw.csv", "--dry-run", "--json", "-")[0])["rows"] == 40


def prepare__the_page_shows_variables_and_escapes_names():
    frame = holes(jobs.panel(150, 2, seed=1)).rename(columns={"v01": "a<b>&c"})
    jobs.write(frame, "raw.csv")
    prepare("raw.csv", "--html", "q.html", "--require", "missing(a<b>&c)<=100%")
    page = pathlib.Path("q.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>") and "<h1>panel.csv.</h1>" in page and "a<b>" not in page
    assert len(re.findall(r"<th scope=\"row\">(v00|a&lt;b&gt;&amp;c)</th>", page)) == 2
    assert back().shape == frame.dropna(how="all").shape


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
