#!/usr/bin/python3
"""flow.py [CASE…]: pulse-flow submit and run work on the same workflow, whoever is killed on the way."""
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import e2e
from e2e import call, cloud, done, jobs, swift
from arrays import check_same

FLOW = """\
name: nightly
results: s3://BUCKET/NAME
steps:
  panel:
    run: pulse-data convert s3://BUCKET/datasets/panel.csv s3://BUCKET/NAME/panel.parquet
    resources: {memory: 1024}
  train:
    run: pulse-train
    options:
      data: ${panel}
      start_date: 2001-01-02
      end_date: 2002-06-01
      min_history: 100
    resources: {vcpus: 2, memory: 2048}
  evaluate:
    run: pulse-evaluate new=${train} champion=${champion}
    options:
      json: ${results}/evaluation.json
      require: ["skill>=-1", "no_worse_than=champion:1"]
    resources: {memory: 1024}
    promote: true
"""
STEPS = ["panel", "train", "evaluate"]


def write(here, text=FLOW, name="nightly"):
    pathlib.Path(f"{name}.yaml").write_text(text.replace("BUCKET", here.bucket).replace("NAME", name), encoding="utf-8")


def flow(here, *words, code=0, name="nightly", timeout=300):
    """What pulse-flow prints as JSON; its standard error of an error."""
    found = call(here, "pulse-flow", words[0], f"{name}.yaml", *words[1:], "--json", timeout=timeout)
    assert code in (found.returncode, None), f"{words}: {found.returncode}\n{found.stdout}{found.stderr}\n{e2e.log_of(here)}"
    return json.loads(found.stdout.splitlines()[-1] if "--monitor" in words else found.stdout) if found.stdout \
        else found.stderr


def states(said):
    return {step["name"]: "skipped" if step["reused"] else step["state"] for step in said["steps"]}


def to_the_end(here, code=0):
    return flow(here, "status", "--monitor", "--poll-interval", 0.5, code=code)


def jobs_by_step(here):
    """step → its jobs, by their names."""
    found = {}
    for job in here.aws.jobs().values():
        found.setdefault(job["jobName"].split("-")[1], []).append(job)
    return found


def champion(here, name="nightly"):
    return here.s3.get_object(Bucket=here.bucket, Key=f"{name}/champion")["Body"].read().decode()


def get(here, folder, key):
    os.makedirs(folder, exist_ok=True)
    done(here, "pulse-data", "get", key, f"{folder}/")


def flow_e2e__submitted_and_run_it_gives_the_same_bits_once():
    with cloud() as (here, _):
        write(here)
        flow(here, "submit")
        assert states(to_the_end(here)) == dict.fromkeys(STEPS, "done")
        found = jobs_by_step(here)
        assert {step: len(those) for step, those in found.items()} == dict.fromkeys(STEPS, 1)
        for step, before in (("train", "panel"), ("evaluate", "train")):
            assert [d["jobId"] for d in found[step][0]["dependsOn"]] == [found[before][0]["jobId"]]
        assert found["panel"][0]["container"]["command"][0] == "--on-success"
        for command in "submit", "run":
            assert states(flow(here, command)) == dict.fromkeys(STEPS, "skipped"), command
        assert len(here.aws.jobs()) == 3
        write(here, name="local")
        assert states(flow(here, "run", "--quiet", name="local")) == dict.fromkeys(STEPS, "done")
        for name in "nightly", "local":
            get(here, name, f"{champion(here, name)}/results.h5")
            get(here, name, f"s3://{here.bucket}/{name}/panel.parquet")
        check_same(e2e.arrays("nightly/results.h5"), e2e.arrays("local/results.h5"))
        assert pathlib.Path("nightly/panel.parquet").read_bytes() == pathlib.Path("local/panel.parquet").read_bytes()


def flow_e2e__a_failed_step_fails_those_behind_it_and_the_same_command_goes_on():
    with cloud() as (here, _):
        write(here)
        good = here.s3.get_object(Bucket=here.bucket, Key="datasets/panel.csv")["Body"].read()
        here.s3.put_object(Bucket=here.bucket, Key="datasets/panel.csv", Body=b"date,a\nnonsense\n")
        flow(here, "submit")
        steps = {step["name"]: step for step in to_the_end(here, code=1)["steps"]}
        assert steps["panel"]["state"] == "failed" and steps["panel"]["exit_code"] == 2, steps
        assert {(steps[s]["state"], steps[s]["why"]) for s in STEPS[1:]} == {("not run", "panel failed")}, steps
        here.s3.put_object(Bucket=here.bucket, Key="datasets/panel.csv", Body=good)
        flow(here, "submit")
        assert states(to_the_end(here)) == dict.fromkeys(STEPS, "done")
        assert {step: len(those) for step, those in jobs_by_step(here).items()} == dict.fromkeys(STEPS, 2)
        write(here, FLOW.replace("skill>=-1", "skill>=0.99"))
        before = champion(here)
        flow(here, "submit")
        steps = {step["name"]: step for step in to_the_end(here, code=1)["steps"]}
        assert steps["evaluate"]["exit_code"] == 4 and champion(here) == before


def flow_e2e__nothing_is_submitted_twice():
    with cloud(run="puppet") as (here, _):
        write(here)
        here.aws.fail("SubmitJob", "lost", times=2)
        flow(here, "submit")
        assert {step: len(those) for step, those in jobs_by_step(here).items()} == dict.fromkeys(STEPS, 1)
        assert set(states(flow(here, "submit")).values()) <= {"waiting", "running"}
        assert len(here.aws.jobs()) == 3
        assert "under way" in flow(here, "run", code=2)
        write(here, FLOW.replace("min_history: 100", "min_history: 120"))
        assert "of other options or inputs, is under way" in flow(here, "submit", code=2)
        write(here)
        assert flow(here, "cancel")["jobs"] == 3
        assert states(to_the_end(here, code=1)) == dict.fromkeys(STEPS, "stopped")


def flow_e2e__a_new_job_that_does_not_show_yet_is_not_taken_for_gone():
    with cloud(run="puppet") as (here, _):
        write(here)
        flow(here, "submit")
        here.aws.fail("DescribeJobs", "empty", times=2)
        assert set(states(flow(here, "status")).values()) <= {"waiting", "running"}
        here.aws.fail("DescribeJobs", "empty", times=2)
        here.aws.fail("ListJobs", "empty", times=1)
        flow(here, "submit")
        assert {step: len(those) for step, those in jobs_by_step(here).items()} == dict.fromkeys(STEPS, 1)
        here.aws.fail("DescribeJobs", "empty", times=2)
        assert flow(here, "cancel")["jobs"] == 3


def flow_e2e__steps_reach_s3_as_the_command_does():
    with cloud(run="puppet") as (here, _):
        write(here)
        url = here.env.pop("AWS_ENDPOINT_URL_S3")
        for name in "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION":
            here.env.pop(name, None)
        here.env.update(https_proxy="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")  # nothing is there: nobody reaches AWS
        for given in None, "":
            here.env |= {} if given is None else {"AWS_ENDPOINT_URL_S3": given}
            said = flow(here, "run", "--quiet", "--endpoint-url", url, "--aws-region", swift.REGION)
            assert states(said) == dict.fromkeys(STEPS, "done" if given is None else "skipped"), said


def flow_e2e__an_outage_does_not_end_the_monitor():
    with cloud(run="puppet") as (here, _):
        here.env["AWS_MAX_ATTEMPTS"] = "2"
        write(here)
        flow(here, "submit")
        follow = [os.path.join(jobs.binaries(), "pulse-flow"), "status", "nightly.yaml", "--monitor", "--poll-interval", "0.2"]
        with subprocess.Popen(follow, env=here.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            here.aws.fail("DescribeJobs", "error", times=6, status=503, code="", message="")
            for job in list(here.aws.jobs()):
                here.aws.wait(job, "RUNNING")
                here.aws.finish(job)
            said = process.communicate(timeout=300)[1]
        assert process.returncode == 0 and said.count("503") == said.count("looked at again") > 0, (process.returncode, said)
        here.aws.fail("DescribeJobs", "error", times=-1, status=503, code="", message="")
        flow(here, "submit", code=75)


def flow_e2e__ten_killed_clients_leave_one_job_a_step():
    with cloud(run="puppet") as (here, _):
        write(here)
        seed = int.from_bytes(os.urandom(4), "big")
        print(f"seed {seed}")
        rng = random.Random(seed)
        for _ in range(10):
            client = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-flow"), "submit", "nightly.yaml"],
                                      env=here.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.1, 1.2))
            client.send_signal(rng.choice([signal.SIGKILL, signal.SIGINT]))
            client.wait(timeout=300)
        for _ in range(5):
            if call(here, "pulse-flow", "submit", "nightly.yaml").returncode == 0:
                break
        found = jobs_by_step(here)
        assert {step: len(those) for step, those in found.items()} == dict.fromkeys(STEPS, 1), found


SLOW = FLOW.replace("end_date: 2002-06-01", "end_date: 2040-01-01\n      lags: 40\n      refit: true\n"
                    "      batch_size_days: 1\n      no_checkpoint: true")


@contextlib.contextmanager
def running(here):
    """A pulse-flow run with its training under way; None in the end."""
    write(here, SLOW)
    process = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-flow"), "run", "nightly.yaml", "--quiet"],
                               env=here.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if states(flow(here, "status"))["train"] == "running":
                break
            time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=300)


def flow_e2e__a_killed_command_here_is_stopped():
    with cloud(rows=3000) as (here, _):
        with running(here) as process:
            os.mkdir("other")
            here.env["TMPDIR"] = os.path.abspath("other")
            assert states(flow(here, "status"))["train"] == "running", "whatever TMPDIR is"
            process.kill()
            process.wait(timeout=300)
        said = to_the_end(here, code=1)
        assert states(said) == {"panel": "done", "train": "stopped", "evaluate": "waiting"}, said


def flow_e2e__a_command_here_is_cancelled_whatever_tmpdir_is():
    with cloud(rows=3000) as (here, _), running(here) as process:
        os.mkdir("other")
        here.env["TMPDIR"] = os.path.abspath("other")
        assert flow(here, "cancel") == {"here": True, "jobs": 0}
        assert process.wait(timeout=300) == 143


def flow_e2e__a_command_elsewhere_is_stopped_once_its_lease_has_expired():
    with cloud(rows=3000) as (here, _):
        with running(here) as process:
            process.kill()
            process.wait(timeout=300)
        to_the_end(here, code=1)
        owner = {"host": "elsewhere", "boot": "b", "pids": "p", "pid": 7, "pid_began": 7, "renew_seconds": 3}
        here.s3.put_object(Bucket=here.bucket, Key="nightly/flow/.claims/0123456789abcdef", Body=json.dumps(owner).encode())
        assert states(flow(here, "status"))["train"] == "running"
        found = call(here, "pulse-flow", "cancel", "nightly.yaml")
        assert found.returncode == 75 and "pid 7 on elsewhere" in found.stderr and "cancel it there" in found.stderr, found
        assert states(to_the_end(here, code=1))["train"] == "stopped"


def flow_e2e__a_step_on_several_nodes_leaves_one_mark():
    e2e.several_nodes()
    with cloud() as (here, _):
        write(here, FLOW.replace("vcpus: 2,", "vcpus: 2, nodes: 3,"))
        flow(here, "submit")
        assert states(to_the_end(here)) == dict.fromkeys(STEPS, "done"), e2e.log_of(here)
        assert states(flow(here, "run")) == dict.fromkeys(STEPS, "skipped")


def flow_e2e__a_job_submits_a_workflow_that_lies_in_s3():
    with cloud() as (here, _):
        write(here)
        uri = f"s3://{here.bucket}/nightly.yaml"
        done(here, "pulse-data", "put", "nightly.yaml", uri)
        here.aws.create("SubmitJob", {
            "jobName": "clock", "jobQueue": "pulse-retrodiction-job-queue",
            "jobDefinition": "pulse-retrodiction-training", "containerOverrides": {
                "command": ["pulse-flow", "submit", uri, "--endpoint-url", here.aws.url],
                "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}]}})
        clock, = here.aws.jobs()
        here.aws.wait(clock, "SUCCEEDED", "FAILED")
        assert here.aws.jobs()[clock]["status"] == "SUCCEEDED", e2e.log_of(here)
        assert states(to_the_end(here)) == dict.fromkeys(STEPS, "done")


def flow_e2e__dry_run_prints_requests_that_batch_takes():
    with cloud(run="puppet") as (here, _):
        write(here, FLOW.replace("vcpus: 2,", "vcpus: 2, nodes: 3,").replace("    promote", "    queue: other\n    promote"))
        requests = flow(here, "submit", "--dry-run")
        assert here.aws.jobs() == {} and len(requests) == 3
        assert requests[2]["jobQueue"] == "other" and requests[1]["nodeOverrides"]["numNodes"] == 3
        assert requests[1]["dependsOn"] == [{"jobId": "panel"}] and "dependsOn" not in requests[0]
        for request in requests[:2]:
            request.pop("dependsOn", None)
            here.aws.create("SubmitJob", request)
        write(here, FLOW.replace("s3://BUCKET/NAME/panel.parquet", "panel.parquet"))
        assert "line 5: panel.parquet would be a path in the job's container" in flow(here, "submit", code=2)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
