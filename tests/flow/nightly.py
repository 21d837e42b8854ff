#!/usr/bin/python3
"""nightly.py [CASE…]: the workflow of submit/WORKFLOWS.md on this machine, night after night."""
import json
import pathlib
import sys

import flows
from flows import flow, jobs, run, write

STEPS = ["panel", "train", "evaluate"]
DONE, SKIPPED = dict.fromkeys(STEPS, "done"), dict.fromkeys(STEPS, "skipped")


def begin(**more):
    night = flows.Night(**more)
    write(flows.every_night("."))
    return night


def champion():
    return pathlib.Path("nightly/champion").read_text(encoding="utf-8").strip()


def resumed():
    """Spans that the champion took from the checkpoint."""
    return json.loads(pathlib.Path(champion(), "summary.json").read_text(encoding="utf-8"))["resumed"]["spans"]


def quality():
    return json.loads(pathlib.Path("nightly/quality.json").read_text(encoding="utf-8"))


def nightly__the_file_of_the_document_is_checked():
    begin().write()
    said = [line.split()[0] for line in flow("check", "nightly.yaml").stdout.splitlines()]
    assert said == STEPS
    text = pathlib.Path("nightly.yaml").read_text(encoding="utf-8")
    for old, new, words in (("gone<=0", "gonne<=0", "--require gonne<=0: expected last_row"),
                            ("derive: slope =", "derive: slope +", "expected NAME = EXPRESSION"),
                            ("html: ${results}/quality", "htm1: x", "htm1")):
        write(text.replace(old, new))
        wrong = flows.error("check", "nightly.yaml")
        line = text[:text.index(old)].count("\n") + 1
        assert words in wrong and f"line {line}:" in wrong, wrong


def nightly__a_second_time_all_is_skipped_and_a_new_day_takes_spans():
    night = begin()
    night.write(without=1)
    assert run() == DONE and run() == SKIPPED
    first = champion()
    night.write()
    assert run() == DONE and champion() != first and resumed() > 0
    news = quality()["revisions"]
    assert (news["new_rows"], news["changed_from"]) == (1, None), news


def nightly__a_revised_past_says_from_when():
    night = begin()
    night.write()
    run()
    day = night.revise(500)
    night.write()
    done = flow("run", "nightly.yaml")
    assert f"since ./nightly/panel.parquet: 0 new rows; values before them: 1 revised, 0 lost, 0 late, from {day} on" \
        in done.stdout + done.stderr, done.stderr
    assert quality()["revisions"]["changed_from"] == day and resumed() > 0
    assert f"the past was revised since ./nightly/checkpoint was saved, first on {day} in v01: training is done again" \
        in done.stderr, done.stderr


def nightly__a_broken_source_stops_at_its_gate():
    night = begin()
    night.write()
    run()
    before = {path: pathlib.Path("nightly", path).read_bytes() for path in ("panel.parquet", "champion")}
    night.write(without=60)
    done = flow("run", "nightly.yaml", "--json", "--quiet", code=4)
    steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
    assert steps["panel"]["exit_code"] == 4 and steps["panel"]["why"].startswith("exit code 4: gate not met: l"), steps
    assert {steps[name]["why"] for name in STEPS[1:]} == {"panel failed"}
    assert all(pathlib.Path("nightly", path).read_bytes() == old for path, old in before.items())
    night.write()
    assert set(run().values()) <= {"done", "skipped"} and quality()["met"]
    assert all(pathlib.Path("nightly", path).read_bytes() == old for path, old in before.items())


def nightly__always_does_a_step_and_not_those_behind_it():
    night = begin()
    night.write()
    text = flows.every_night(".").replace("  panel:\n", "  panel:\n    always: true\n")
    write(text)
    assert run() == DONE and run() == {**SKIPPED, "panel": "done"} and run() == {**SKIPPED, "panel": "done"}
    said = flow("run", "nightly.yaml", "--dry-run").stdout.splitlines()
    assert ["would be run" in line for line in said] == [True, False, False], said
    night.write(without=1)
    assert run() == DONE
    write(text.replace("always: true", "always: perhaps"))
    assert "line 7: always" in flows.error("check", "nightly.yaml")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
