#!/usr/bin/python3
"""about.py [CASE…]: what a run says of itself: JSON, name and tags, versions, digests of the data, the log.

The programs are in the directory PULSE_BIN.
"""
import json
import os
import pathlib
import re
import socket
import sys

import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from arrays import arrays, check_same  # noqa: E402

STAGES = ("load", "panel", "exchange", "gram", "scan", "walk", "drivers", "return", "judge", "results")


def panel(rows=500, variables=3, seed=3):
    frame = jobs.panel(rows, variables, seed)
    return ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--no-progress", "--no-report")


def train(*words, ranks=0, code=0, says=()):
    done = jobs.run(*words, ranks=ranks)
    jobs.expect(done, code, *says)
    return done


def about__json_is_the_summary_and_nothing_else():
    for ranks in (0, 3):
        done = train(*panel(), "--json", "--output", "results", ranks=ranks)
        assert json.loads(done.stdout) == jobs.summary("results")


def about__json_of_the_dry_run_is_the_plan():
    options = panel()
    plan = json.loads(train(*options, "--json", "--dry-run", "--horizon", "1,5", "--output", "none", ranks=2).stdout)
    assert not os.path.exists("none") and plan["dry_run"] is True and plan["horizon"] == [1, 5]
    train(*options, "--horizon", "1,5", "--output", "results", ranks=2)
    said = jobs.summary("results")
    assert plan["calendar"] == {key: said["calendar"][key] for key in ("rows", "first", "last")}
    assert plan["windows"]["total"] == said["batches"]["total"]
    assert plan["windows"]["to_train"] == said["batches"]["completed"]
    assert plan["model"]["features"] == said["calendar"]["features"]
    assert [rank["rank"] for rank in plan["per_rank"]] == [0, 1] and plan["ranks"] == 2
    assert sum(rank["spans"] for rank in plan["per_rank"]) == plan["spans"]
    words = train(*options, "--dry-run", "--horizon", "1,5").stdout
    assert f"{plan['windows']['to_train']} to train" in words and "nothing was computed" in words


def about__columns_beside_those_that_are_read_are_counted():
    """A file is one variable: what else it holds is left out, but not without a word."""
    program = os.path.join(jobs.binaries(), "pulse-data")
    frame = jobs.panel(400, 3, 3)
    os.mkdir("sets")
    bars = frame[["v00"]].rename(columns={"v00": "close"}).assign(open=1.5, volume=7, source="made up")
    bars.to_csv("sets/v00.csv", index_label="date")
    jobs.expect(jobs.run("convert", "sets/v00.csv", "bars.h5", executable=program), 0)
    os.rename("bars.h5", "sets/v01.h5")
    bars[["open", "close"]].to_pickle("sets/v02.pkl")
    frame[["v02"]].to_csv("sets/v03.csv", index_label="date")
    words = ("--data", "sets", "--end-date", jobs.last_day(frame), "--no-progress", "--no-report", "--output", "results")
    said = "sets: 5 other columns of numbers in its files are not read"
    for ranks in (0, 2, 3, 5):
        done = train(*words, ranks=ranks)
        assert done.stderr.count(said) == 1 and sum(said in one for one in jobs.summary("results")["warnings"]) == 1, done
    for command in (("info", "sets"), ("prepare", "sets", "--output", "panel.csv")):
        done = jobs.run(*command, executable=program)
        jobs.expect(done, 0)
        assert done.stderr.count(said) == 1, done
    done = train("--data", "panel.csv", *words[2:])
    assert "other columns" not in done.stderr and jobs.summary("results")["warnings"] == []


def about__rows_after_today_are_counted_and_how_to_take_them():
    """What an absent --end-date leaves out is said once, by all ranks together; a given one is meant."""
    last = pd.Timestamp.now("UTC").tz_localize(None).normalize() + pd.offsets.BDay(40)
    frame = jobs.panel(500, 3, 3)
    frame.index = pd.bdate_range(end=last, periods=500).rename("date")
    frame.iloc[-10:, 2] = np.nan
    frame.iloc[-3:, 0] = np.nan
    today = pd.Timestamp.now("UTC").strftime("%Y-%m-%d")
    later = frame.index[frame.index > today]
    frame.to_csv("a.csv")
    jobs.expect(jobs.run("convert", "a.csv", "a.parquet", "--row-group-rows", "10",
                         executable=os.path.join(jobs.binaries(), "pulse-data")), 0)
    os.mkdir("sets")
    for name in frame:
        frame[[name]].dropna().to_csv(f"sets/{name}.csv", index_label="date")
    more = ("--no-progress", "--no-report", "--output", "results")
    said = f"{len(later)} rows after today are left out, {later[0]:%Y-%m-%d} to {last:%Y-%m-%d}; --end-date"
    for data, ranks in (("a.csv", 0), ("a.csv", 3), ("a.parquet", 2), ("sets", 2)):
        done = train("--data", data, *more, ranks=ranks)
        assert done.stderr.count(said) == 1, (data, done.stderr)
        assert [said in one for one in jobs.summary("results")["warnings"]] == [True], done
        plan = train("--data", data, *more, "--dry-run", "--json", ranks=ranks)
        assert plan.stderr.count(said) == 1 and said in json.loads(plan.stdout)["warnings"][0], plan
    for end in (today, f"{last:%Y-%m-%d}"):
        done = train("--data", "a.csv", *more, "--end-date", end)
        assert "after today" not in done.stderr and jobs.summary("results")["warnings"] == [], done
    train("--data", "a.csv", "--start-date", f"{last:%Y-%m-%d}", code=2, says=("after today", "--end-date"))


def about__name_and_tags_are_in_the_summary_and_repeated():
    options = panel()
    train(*options, "--name", "Nachtlauf 日本", "--tag", "team=macro", "--tag", "x=a=b", "--output", "one")
    said = jobs.summary("one")
    assert said["run"]["name"] == "Nachtlauf 日本" and said["run"]["tags"] == {"team": "macro", "x": "a=b"}
    train("--config", "one/summary.json", "--no-progress", "--no-report", "--output", "two", ranks=3)
    again = jobs.summary("two")
    assert again["run"] == said["run"] and again["data"] == said["data"]
    check_same(arrays("one/results.h5"), arrays("two/results.h5"))
    train(*options, "--output", "bare")
    bare = jobs.summary("bare")
    assert "name" not in bare["run"] and bare["run"]["tags"] == {} and bare["fingerprint"] == said["fingerprint"]
    for tag in ("macro", "=x"):
        jobs.expect(jobs.run(*options, "--tag", tag, "--output", "none"), 2, "--tag", "KEY=VALUE")


def about__versions_and_host_are_in_the_summary():
    train(*panel())
    run = jobs.summary("results")["run"]
    assert run["host"] == socket.gethostname()
    versions = run["versions"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", versions["pulse"]) and re.fullmatch(r"1\.\d+\.\d+", versions["hdf5"]), versions
    assert versions["mpi"].startswith("Open MPI v") and versions["blas"].startswith("OpenBLAS "), versions


def about__data_digests_say_what_has_changed():
    options = panel()
    train(*options, "--output", "one")
    text = pathlib.Path("a.csv").read_text(encoding="utf-8").splitlines()
    cells = text[-1].split(",")
    cells[2] = "7.25"
    pathlib.Path("a.csv").write_text("\n".join([*text[:-1], ",".join(cells)]) + "\n", encoding="utf-8")
    train(*options, "--output", "two", "--lags", 2)
    one, two = jobs.summary("one")["data"], jobs.summary("two")["data"]
    assert one["digest"] != two["digest"]
    assert [name for name in one["variables"] if one["variables"][name] != two["variables"][name]] == ["v01"]
    train(*options, "--output", "three", ranks=3)
    assert jobs.summary("three")["data"] == two


def about__log_tells_the_run():
    train(*panel(), "--log-dir", "logs", "--name", "nightly", ranks=2)
    lines = pathlib.Path("logs/pulse-train.log").read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"(debug|info|warning) \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines), lines
    text = "\n".join(lines)
    for words in (f"pulse-train {jobs.summary('results')['run']['versions']['pulse']} on {socket.gethostname()}: 2 ranks",
                  "Open MPI v", "OpenBLAS ", "data a.csv, results results, run nightly", "read 3 variables, 500 rows from ",
                  "plan: ", jobs.summary("results")["data"]["digest"], "with exit code 0",
                  *(f"stage {name}: " for name in STAGES)):
        assert words in text, (words, text)
    assert lines[-1].endswith("with exit code 0")
    done = train(*panel(), "--log-level", "debug")
    assert "stage walk: " in done.stderr and "plan: " in done.stderr
    done = train(*panel())
    assert "stage walk" not in done.stderr


def about__log_of_a_failure_has_the_error_and_the_end():
    train("--data", "gone.csv", "--log-dir", "logs", code=2, says=["gone.csv"])
    lines = pathlib.Path("logs/pulse-train.log").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("error ") and "gone.csv" in line for line in lines), lines
    assert lines[-1].endswith("with exit code 2"), lines


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
