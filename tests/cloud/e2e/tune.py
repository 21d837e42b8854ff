#!/usr/bin/python3
"""tune.py [CASE…]: a study in S3, run by an array of workers in Batch, and by workers here that are killed."""
import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time

import e2e
from e2e import call, cloud, done, fault_proxy, jobs

SPACE = """\
options:
  data: s3://{bucket}/datasets/panel.csv
  start-date: 2001-01-02
  end-date: 2002-06-01
  min-history: 100
search:
  features: [lag1, "lag1,ewma4", lag1+lag2]
  burn-in: [24, 30, 5000]
  caution: [0, 1]
strategy: grid
"""
STUDY = "studies/spring"


def study(here, text=SPACE):
    """Puts the study into S3; its URI."""
    here.s3.put_object(Bucket=here.bucket, Key=f"{STUDY}/space.yaml", Body=text.format(bucket=here.bucket).encode())
    return f"s3://{here.bucket}/{STUDY}"


def show(here, uri):
    return json.loads(done(here, "pulse-tune", "show", uri, "--json", "-"))


def check_whole(here, uri):
    """All 19 trials have a result, the six with too long a burn-in their reason."""
    said = show(here, uri)
    assert (said["done"], said["failed"], said["left"]) == (13, 6, 0), said["conclusions"]
    assert all("burn-in" in t["reason"] for t in said["trials"] if t["state"] == "failed")
    leases = here.s3.list_objects_v2(Bucket=here.bucket, Prefix=f"{STUDY}/leases/").get("Contents", [])
    assert not leases, leases
    return said


def tune_e2e__an_array_of_workers_runs_the_study():
    with cloud() as (here, _):
        uri = study(here)
        said = json.loads(done(here, "pulse-tune", "submit", uri, "--parallel", 5, "--json"))
        assert said["workers"] == 5 and said["request"]["arrayProperties"] == {"size": 5}
        command = said["request"]["containerOverrides"]["command"]
        assert command == ["pulse-tune", "run", uri, "--no-progress"], command
        done(here, "pulse-status", "--job-id", said["job_id"], "--monitor", "--poll-interval", 0.5)
        assert here.aws.jobs()[said["job_id"]]["status"] == "SUCCEEDED", e2e.log_of(here)
        first = check_whole(here, uri)
        again = json.loads(done(here, "pulse-tune", "submit", uri, "--json"))
        assert "arrayProperties" not in again["request"], "one worker is a plain job"
        done(here, "pulse-status", "--job-id", again["job_id"], "--monitor", "--poll-interval", 0.5)
        assert check_whole(here, uri)["trials"] == first["trials"]


def hold_trials(here):
    """Puts of what trials come to have no answer until the event that is returned is set."""
    free = threading.Event()

    @fault_proxy.named("held")
    async def hold(exchange):
        while not free.is_set():
            await asyncio.sleep(0.05)
        await exchange.forward()
    here.between.fail("put", hold, times=10**6, where=lambda request: "/trials/" in request.path)
    return free


def wait_for_trials(here, n):
    """Until so many trials wait: each worker is at one of its own."""
    end = time.monotonic() + 300
    while len({r.path.split("/trials/")[1].split("/")[0] for r in here.between.requests("put") if "/trials/" in r.path}) < n:
        assert time.monotonic() < end, e2e.log_of(here)
        time.sleep(0.1)


def tune_e2e__an_array_survives_the_loss_of_a_worker():
    with cloud(between=fault_proxy.Proxy) as (here, _):
        uri = study(here)
        free = hold_trials(here)
        said = json.loads(done(here, "pulse-tune", "submit", uri, "--parallel", 5, "--json"))
        lost = f"{said['job_id']}:2"
        wait_for_trials(here, 5)
        here.aws.lose(lost)
        here.aws.wait(lost, "RUNNING", attempt=2)
        free.set()
        done(here, "pulse-status", "--job-id", said["job_id"], "--monitor", "--poll-interval", 0.5, timeout=240)
        found = here.aws.jobs()
        assert found[said["job_id"]]["status"] == "SUCCEEDED", e2e.log_of(here)
        assert found[lost]["attempts"][0]["statusReason"].startswith("Host EC2"), found[lost]
        check_whole(here, uri)


def tune_e2e__endpoint_url_is_batch_s_where_the_environment_says_where_s3_is():
    with cloud(run="puppet") as (here, _):
        uri = study(here)
        del here.env["AWS_ENDPOINT_URL"]
        done(here, "pulse-tune", "submit", uri, "--endpoint-url", here.aws.url)
        assert len(here.aws.jobs()) == 1


def tune_e2e__what_cannot_work_is_not_submitted():
    with cloud() as (here, _):
        uri = study(here, SPACE.replace("s3://{bucket}/datasets/", ""))
        assert "put the data into S3" in call(here, "pulse-tune", "submit", uri).stderr
        uri = study(here, SPACE.replace("panel.csv", "absent.csv"))
        found = call(here, "pulse-tune", "submit", uri)
        assert found.returncode == 2 and "absent.csv" in found.stderr, found.stderr
        uri = study(here, SPACE.replace("lag1+lag2", "log1"))
        found = call(here, "pulse-tune", "submit", uri)
        assert found.returncode == 2 and "line 7" in found.stderr, found.stderr
        found = call(here, "pulse-tune", "submit", study(here), "--job-queue", "nowhere")
        assert found.returncode == 2 and "nowhere" in found.stderr, found.stderr
        assert "S3 alone" in call(here, "pulse-tune", "submit", ".").stderr
        assert not here.aws.jobs()


def tune_e2e__a_lost_worker_s_lease_expires():
    with cloud() as (here, _):
        uri = study(here)
        env = dict(here.env, PULSE_CLAIM_SECONDS="1")
        command = [os.path.join(jobs.binaries(), "pulse-tune"), "run", uri, "--no-progress"]
        for _ in range(3):
            with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as it:
                time.sleep(1)
                it.send_signal(signal.SIGKILL)
        running = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        said = [it.communicate(timeout=240)[0] for it in running]
        assert [it.returncode for it in running] == [0, 0], said
        time.sleep(6)  # a worker that was killed after a family's last trial left a lease for so long
        done(here, "pulse-tune", "run", uri, "--no-progress")
        check_whole(here, uri)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
