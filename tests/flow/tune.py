#!/usr/bin/python3
"""tune.py [CASE…]: a study as a step: prepare, tune, train with what it recommends, evaluate."""
import json
import os
import pathlib
import signal
import sys

import flows
from flows import error, flow, jobs, run, write
from local import children_of, start, wait_for

FLOW = """\
name: nightly
results: out
steps:
  panel:
    run: pulse-data convert raw.csv out/panel.parquet
  tune:
    run: pulse-tune run study
    inputs: ["${panel}"]
    resources: {workers: 3}
  best:
    run: pulse-tune best ${tune}
    options: {write: "${results}/best-${key}.json"}
  train:
    run: pulse-train
    options: {data: "${panel}", config: "${best}"}
    resources: {vcpus: 2}
  evaluate:
    run: pulse-evaluate new=${train} champion=${champion}
    options: {require: "skill>=-1"}
    promote: true
"""
SPACE = """\
options:
  data: out/panel.parquet
  end-date: 2003-06-01
  min-history: 100
  tag: [who=me]
search:
  features: [lag1, "lag1,ewma4", lag1+lag2]
  caution: [0, 1]
"""
STEPS = ["panel", "tune", "best", "train", "evaluate"]
DONE, SKIPPED = dict.fromkeys(STEPS, "done"), dict.fromkeys(STEPS, "skipped")


def begin(rows=420):
    os.makedirs("study", exist_ok=True)
    write(SPACE, "study/space.yaml")
    flows.data(rows)
    write(FLOW)


def trials():
    return set(os.listdir("study/trials"))


def summary():
    champion = pathlib.Path("out/champion").read_text(encoding="utf-8")
    return json.loads(pathlib.Path(champion, "summary.json").read_text(encoding="utf-8"))


def tune__the_best_of_a_study_is_trained_and_all_is_skipped_then():
    begin()
    said = [line.split()[-2:] for line in flow("check", "nightly.yaml").stdout.splitlines()]
    assert said == [["at", "once"], ["after", "panel"], ["after", "tune"], ["panel,", "best"], ["after", "train"]], said
    assert run(0, "--cores", 3) == DONE and len(trials()) == 7
    tags = summary()["run"]["tags"]
    assert tags["study"] == "study" and tags["study_trials"] == "7" and tags["who"] == "me", tags
    best, = pathlib.Path("out").glob("best-*.json")
    said = jobs.run("best", "study", executable=os.path.join(jobs.binaries(), "pulse-tune")).stdout
    options = json.loads(best.read_text(encoding="utf-8"))
    assert {f"--{name}={value}" for name, value in options.items() if name != "tag"} <= set(said.split()), (options, said)
    assert run() == SKIPPED


def tune__another_space_or_other_data_are_another_study():
    begin()
    assert run() == DONE
    before = trials()
    write(SPACE.replace("caution: [0, 1]", "caution: [0, 1, 2]"), "study/space.yaml")
    assert run() == {**DONE, "panel": "skipped"} and len(trials()) == 10 and before < trials()
    flows.data(seed=6)
    write(SPACE, "study/space.yaml")
    assert run() == DONE and len(trials()) == 17
    assert summary()["run"]["tags"]["study_trials"] == "7", "those of the data as they are, not of most trials"
    os.rename("study/trials", "elsewhere")
    assert run() == {**DONE, "panel": "skipped"}


def tune__data_that_the_space_names_count():
    begin()
    write(SPACE.replace("out/panel.parquet", "raw.csv"), "study/space.yaml")
    write("name: a\nresults: out\nsteps:\n  one: {run: pulse-tune run study}\n")
    assert run() == {"one": "done"} and run() == {"one": "skipped"}
    flows.data(seed=6)
    assert run() == {"one": "done"} and len(trials()) == 14
    write("name: a\nresults: out\nsteps:\n  best: {run: pulse-tune best study, options: {write: out/best.json}}\n")
    assert run() == {"best": "done"} and run() == {"best": "skipped"}
    flows.data()
    assert run() == {"best": "done"}
    os.remove("raw.csv")
    assert "line 4: raw.csv is not there to be read, and no step writes it" in error("run", "nightly.yaml")
    flows.data()
    write(FLOW.replace('    inputs: ["${panel}"]\n', ""))
    write(SPACE.replace("out/panel", "./out/panel"), "study/space.yaml")
    said = {line.split()[0]: line for line in flow("check", "nightly.yaml").stdout.splitlines()}
    assert said["tune"].endswith("after panel"), said


def tune__a_killed_worker_fails_its_step_and_the_same_command_goes_on():
    begin()
    jobs.write(jobs.panel(5000, 30, seed=5), "raw.csv")
    write(SPACE.replace("2003-06-01", "2019-06-01").replace("min-history: 100", "min-history: 100\n  batch-size-days: 2")
          .replace("lag1+lag2]", "lag1+lag2, lag1+lag2+lag3, lag1+lag2+lag3+lag4+lag5]"), "study/space.yaml")
    process = start("--cores", "3")
    wait_for("running", "tune")
    workers = children_of(process.pid)
    assert len(workers) == 3, workers
    os.kill(workers[1], signal.SIGKILL)
    said, _ = process.communicate(timeout=200)
    steps = {step["name"]: step for step in json.loads(said)["steps"]}
    assert process.returncode == 137 and steps["tune"]["state"] == "failed", steps["tune"]
    assert {steps[name]["why"] for name in STEPS[2:]} == {"tune failed"}
    assert run() == {**DONE, "panel": "skipped"} and run() == SKIPPED


def tune__a_trial_that_fails_is_a_result():
    begin()
    write(SPACE.replace("caution: [0, 1]", "burn-in: [24, 5000]"), "study/space.yaml")
    assert run() == DONE


def tune__what_is_wrong_is_said_with_the_line():
    begin()
    for old, new, words in (("vcpus: 2", "workers: 2", "line 14: train: workers are for steps of pulse-tune run"),
                            ("workers: 3", "workers: 0", "line 9: workers: 0: expected a whole number, 1 to 10000"),
                            ("run study", "run elsewhere", "line 7: elsewhere/space.yaml is not there to be read")):
        write(FLOW.replace(old, new))
        assert words in error("check", "nightly.yaml"), error("check", "nightly.yaml")


def tune__options_in_a_file_count():
    flows.data(300)
    write("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-train\n"
          "    options: {data: raw.csv, config: run.yaml}\n    resources: {vcpus: 1}\n")
    assert "run.yaml: No such file" in error("run", "nightly.yaml")
    for end in "2002-01-01", "2002-01-02":
        write(f"end-date: {end}\nmin-history: 100\n", "run.yaml")
        assert run() == {"one": "done"} and run() == {"one": "skipped"}


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
