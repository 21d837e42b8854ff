#!/usr/bin/python3
"""nightly.py [CASE…]: the workflow of submit/WORKFLOWS.md as jobs of Batch, night after night."""
import json
import pathlib
import sys
import time

import e2e
from e2e import cloud, done, jobs
from arrays import check_same
from flow import champion, flow, get, jobs_by_step, states, to_the_end

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "flow"))
import flows  # noqa: E402
from local_aws import queue, SPOT, environment  # noqa: E402

STEPS = ["panel", "train", "evaluate"]
DONE, SKIPPED = dict.fromkeys(STEPS, "done"), dict.fromkeys(STEPS, "skipped")


def begin(here, **more):
    here.aws.create("CreateComputeEnvironment", environment(SPOT, "SPOT"))
    here.aws.create("CreateJobQueue", queue("pulse-retrodiction-spot-job-queue", SPOT))
    flows.write(flows.every_night(f"s3://{here.bucket}"))
    return flows.Night(**more)


def put(here, night, **more):
    for name in night.write(**more):
        done(here, "pulse-data", "put", f"datasets/{name}", f"s3://{here.bucket}/datasets/{name}")


def read(here, key):
    return here.s3.get_object(Bucket=here.bucket, Key=key)["Body"].read()


def quality(here):
    return json.loads(read(here, "nightly/quality.json"))


def resumed(here):
    """Spans that the champion took from the checkpoint."""
    key = champion(here).strip().removeprefix(f"s3://{here.bucket}/")
    return json.loads(read(here, f"{key}/summary.json"))["resumed"]["spans"]


def wait_for_spans(here):
    """Until the first are saved."""
    end = time.monotonic() + 300
    while not any(key.endswith(".spans") for key in here.keys("nightly/checkpoint/")):
        assert time.monotonic() < end, e2e.log_of(here)


def one_night(here, code=0):
    flow(here, "submit")
    return to_the_end(here, code=code)


def nightly_e2e__skips_takes_spans_says_from_when_and_stops_at_gates():
    with cloud() as (here, _):
        night = begin(here)
        put(here, night, without=1)
        assert states(one_night(here)) == DONE, e2e.log_of(here)
        panel, = jobs_by_step(here)["panel"]
        assert panel["jobQueue"].endswith("pulse-retrodiction-spot-job-queue"), panel
        for command in "submit", "run":
            assert states(flow(here, command)) == SKIPPED, command
        text = pathlib.Path("nightly.yaml").read_text(encoding="utf-8")
        flows.write(text.replace("  panel:\n", "  panel:\n    always: true\n"))
        assert states(one_night(here)) == DONE
        counts = {step: len(those) for step, those in jobs_by_step(here).items()}
        assert counts == {"panel": 2, "train": 1, "evaluate": 1}, counts
        flows.write(text)
        first = champion(here)
        put(here, night)
        assert states(one_night(here)) == DONE and champion(here) != first and resumed(here) > 0
        assert quality(here)["revisions"]["new_rows"] == 1 and quality(here)["revisions"]["changed_from"] is None
        day = night.revise(500)
        put(here, night)
        assert states(one_night(here)) == DONE and resumed(here) > 0
        assert quality(here)["revisions"]["changed_from"] == day
        log = e2e.log_of(here)
        assert f"1 revised, 0 lost, 0 late, from {day} on" in log and f"first on {day} in v01" in log, log
        before = champion(here), read(here, "nightly/panel.parquet")
        put(here, night, without=60)
        steps = {step["name"]: step for step in one_night(here, code=1)["steps"]}
        assert steps["panel"]["exit_code"] == 4 and steps["panel"]["state"] == "failed", steps
        assert steps["panel"]["why"].startswith("exit code 4: gate not met: l"), steps["panel"]
        assert {steps[name]["why"] for name in STEPS[1:]} == {"panel failed"}, steps
        assert (champion(here), read(here, "nightly/panel.parquet")) == before
        put(here, night)
        assert set(states(one_night(here)).values()) <= {"done", "skipped"} and quality(here)["met"]


def nightly_e2e__a_lost_instance_goes_on_and_run_gives_the_same_bits():
    with cloud() as (here, _):
        night = begin(here, rows=2500, variables=30)
        text = flows.every_night(f"s3://{here.bucket}").replace(
            "keep_checkpoint: true", "keep_checkpoint: true\n"
            "      batch_size_days: 5\n      lags: 12\n      checkpoint_seconds: 0")
        flows.write(text)
        put(here, night)
        flow(here, "submit")
        train, = jobs_by_step(here)["train"]
        here.aws.wait(train["jobId"], "RUNNING")
        wait_for_spans(here)
        here.aws.lose(train["jobId"])
        here.aws.wait(train["jobId"], "RUNNING", attempt=2)
        assert states(to_the_end(here)) == DONE, e2e.log_of(here)
        assert resumed(here) > 0
        flows.write(text.replace("/nightly", "/local"), "local.yaml")
        assert states(flow(here, "run", "--quiet", name="local", timeout=300)) == DONE
        for name in "nightly", "local":
            get(here, name, f"{champion(here, name).strip()}/results.h5")
        check_same(e2e.arrays("nightly/results.h5"), e2e.arrays("local/results.h5"))
        assert read(here, "nightly/panel.parquet") == read(here, "local/panel.parquet")


def nightly_e2e__a_training_on_two_nodes_is_a_step_and_has_the_bits_of_one_machine():
    e2e.several_nodes()
    with cloud() as (here, _):
        night = begin(here)
        flows.write(flows.every_night(f"s3://{here.bucket}", nodes=2))
        put(here, night, without=1)
        assert states(one_night(here)) == DONE, e2e.log_of(here)
        train, = jobs_by_step(here)["train"]
        assert train["nodeProperties"]["numNodes"] == 2 and "multinode" in train["jobDefinition"], train
        for command in "submit", "run":
            assert states(flow(here, command)) == SKIPPED, command
        put(here, night)
        assert states(one_night(here)) == DONE and resumed(here) > 0
        flows.write(flows.every_night(f"s3://{here.bucket}", "local", nodes=2), "local.yaml")
        assert states(flow(here, "run", "--quiet", name="local", timeout=300)) == DONE
        for name in "nightly", "local":
            get(here, name, f"{champion(here, name).strip()}/results.h5")
        check_same(e2e.arrays("nightly/results.h5"), e2e.arrays("local/results.h5"))


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
