#!/usr/bin/python3
"""tuned.py [CASE…]: a workflow with a study in it: an array of workers as a step, which others wait for."""
import json
import sys

import e2e
from e2e import call, cloud, fault_proxy, jobs
from arrays import check_same
from flow import champion, flow, get, jobs_by_step, states, to_the_end, write
from tune import hold_trials, wait_for_trials

FLOW = """\
name: nightly
results: s3://BUCKET/NAME
steps:
  panel:
    run: pulse-data convert s3://BUCKET/datasets/panel.csv s3://BUCKET/NAME/panel.parquet
    resources: {memory: 1024}
  tune:
    run: pulse-tune run s3://BUCKET/NAME/study
    inputs: ["${panel}"]
    resources: {workers: 3, memory: 1024}
  best:
    run: pulse-tune best ${tune}
    options: {write: "${results}/best.json"}
    resources: {memory: 1024}
  train:
    run: pulse-train
    options: {data: "${panel}", config: "${best}"}
    resources: {vcpus: 2, memory: 2048}
  evaluate:
    run: pulse-evaluate new=${train} champion=${champion}
    options: {require: "skill>=-1"}
    resources: {memory: 1024}
    promote: true
"""
SPACE = """\
options:
  data: s3://BUCKET/NAME/panel.parquet
  start-date: 2001-01-02
  end-date: 2002-06-01
  min-history: 100
search:
  features: [lag1, "lag1,ewma4", lag1+lag2]
  caution: [0, 1]
"""
STEPS = ["panel", "tune", "best", "train", "evaluate"]
DONE, SKIPPED = dict.fromkeys(STEPS, "done"), dict.fromkeys(STEPS, "skipped")
ONE = dict.fromkeys(STEPS, 1)


def begin(here, name="nightly", text=FLOW, space=SPACE):
    write(here, text, name)
    space = space.replace("BUCKET", here.bucket).replace("NAME", name)
    here.s3.put_object(Bucket=here.bucket, Key=f"{name}/study/space.yaml", Body=space.encode())


def step_of(said, name):
    return next(step for step in said["steps"] if step["name"] == name)


def count_jobs(here):
    return {step: len(those) for step, those in jobs_by_step(here).items()}


def parents(here):
    """The jobs of the steps, without an array's children."""
    return {job["jobName"].split("-")[1]: job for key, job in here.aws.jobs().items() if ":" not in key}


def tuned_e2e__an_array_is_a_step_and_run_gives_the_same_bits():
    with cloud() as (here, _):
        begin(here)
        flow(here, "submit")
        said = to_the_end(here)
        assert states(said) == DONE, e2e.log_of(here)
        assert step_of(said, "tune")["array"] == {"workers": 3, "running": 0, "done": 3, "failed": 0}, said
        assert step_of(said, "tune")["vcpu_hours"] > 0
        found = parents(here)
        assert found["tune"]["arrayProperties"]["size"] == 3 and "arrayProperties" not in found["train"]
        assert [d["jobId"] for d in found["best"]["dependsOn"]] == [found["tune"]["jobId"]]
        for command in "submit", "run":
            assert states(flow(here, command)) == SKIPPED, command
        begin(here, "local")
        assert states(flow(here, "run", "--quiet", "--cores", 3, name="local")) == DONE
        for name in "nightly", "local":
            get(here, name, f"{champion(here, name)}/results.h5")
            get(here, name, f"s3://{here.bucket}/{name}/best.json")
        check_same(e2e.arrays("nightly/results.h5"), e2e.arrays("local/results.h5"))
        options = [json.loads(open(f"{name}/best.json", encoding="utf-8").read()) for name in ("nightly", "local")]
        for one in options:
            assert one.pop("tag").split(",")[1] == "study_trials=7" and one.pop("data")
        assert options[0] == options[1]


def tuned_e2e__a_lost_worker_is_made_up_for_and_nothing_is_submitted_twice():
    with cloud(between=fault_proxy.Proxy) as (here, _):
        begin(here)
        free = hold_trials(here)
        here.aws.fail("SubmitJob", "lost", times=2)
        flow(here, "submit")
        wait_for_trials(here, 3)
        assert parents(here).keys() == ONE.keys()
        tune = step_of(flow(here, "status"), "tune")
        assert tune["state"] == "running" and tune["array"]["running"] == 3 and tune["array"]["done"] == 0, tune
        table = call(here, "pulse-flow", "status", "nightly.yaml").stdout
        assert "0 of 3 workers done, 3 running, 0 failed" in table and "waits for tune" in table, table
        flow(here, "submit")
        assert "under way" in flow(here, "run", code=2)
        lost = f"{parents(here)['tune']['jobId']}:1"
        here.aws.lose(lost)
        here.aws.wait(lost, "RUNNING", attempt=2)
        free.set()
        assert states(to_the_end(here)) == DONE, e2e.log_of(here)
        assert len([key for key in here.aws.jobs() if ":" not in key]) == len(STEPS)
        assert states(flow(here, "submit")) == SKIPPED


def tuned_e2e__a_failed_array_says_why_and_the_same_command_goes_on():
    with cloud() as (here, _):
        begin(here, space=SPACE.replace("caution: [0, 1]", "caution: [0, x]"))
        flow(here, "submit")
        said = to_the_end(here, code=1)
        tune = step_of(said, "tune")
        assert tune["state"] == "failed" and tune["exit_code"] == 2 and tune["array"]["failed"] == 3, tune
        assert "line 8" in tune["why"] and tune["why"].startswith("exit code 2: "), tune
        assert {step_of(said, name)["why"] for name in STEPS[2:]} == {"tune failed"}, said
        begin(here)
        flow(here, "submit")
        assert states(to_the_end(here)) == DONE, e2e.log_of(here)


def tuned_e2e__dry_run_prints_requests_that_batch_takes():
    with cloud(run="puppet") as (here, _):
        begin(here)
        requests = {r["jobName"].split("-")[1]: r for r in flow(here, "submit", "--dry-run")}
        assert list(requests) == STEPS and here.aws.jobs() == {}
        assert requests["tune"]["arrayProperties"] == {"size": 3}
        command = requests["tune"]["containerOverrides"]["command"]
        assert command[0] == "--on-success" and command[1].startswith(f"s3://{here.bucket}/nightly/flow/tune="), command
        for request in requests.values():
            request.pop("dependsOn", None)
            here.aws.create("SubmitJob", request)
        assert len([key for key in here.aws.jobs() if ":" not in key]) == len(STEPS)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
