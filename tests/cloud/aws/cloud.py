#!/usr/bin/python3
"""cloud.py [demo]: the cloud on one machine, to try its path by hand or to see it walked.

A test double of AWS Batch and CloudWatch Logs and a real S3 server, on loopback, for as long as this
runs. Nothing in it is AWS: no bill, and no promise that AWS does the same.
"""
import glob
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import local_aws
from one_machine import BUCKET, one_machine, swift
from processes import hosts

BIN = os.path.join("build", "bin")
STATE = os.path.join("build", "local-cloud")  # build/cloud is where cloud/ is built
PLACE = "demo"  # files of whoever walks the path; git does not see them
MARKET = "market.csv"
DATA = f"s3://{BUCKET}/datasets/market.csv"
SINCE = "2000-01-01"
GIVEN = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3",
         "AWS_EC2_METADATA_DISABLED")
HINT = f"""Bucket {BUCKET} is empty, and queue {local_aws.QUEUE} waits for jobs. The path:
  pulse-data synth --rows 1500 --variables 8 --seed 1 {MARKET}
  pulse-data put {MARKET} s3://{BUCKET}/datasets/
  pulse-submit --data {DATA} --start-date {SINCE} \\
      --output s3://{BUCKET}/results/one/ --mode single --vcpus 2 --monitor --poll-interval 2 --show-logs
  pulse-submit --data {DATA} --start-date {SINCE} \\
      --output s3://{BUCKET}/results/three/ --mode multi --nodes 3 --vcpus 2
  pulse-status list
  pulse-status ID --monitor --poll-interval 2 --show-logs
  pulse-data ls -l s3://{BUCKET}/results/
  pulse-data get s3://{BUCKET}/results/one/results.h5 one.h5
or see it walked: ./dev cloud demo"""


def environment(here):
    env = {**os.environ, **here.env}
    env["PATH"] = f"{os.path.abspath(BIN)}:{env['PATH']}"
    return env


# ---- By hand ------------------------------------------------------------------------------------


def shell(here):
    """A shell with the way to the cloud in its environment; without a terminal, the way is printed."""
    env = environment(here)
    print("A test double of AWS Batch and Logs, and an S3 server, run on this machine until you leave.")
    print(HINT)
    if sys.stdin.isatty():
        print("This shell knows the way there; `exit` or Ctrl-D ends it, and the cloud.", flush=True)
        # Ctrl-C is for what runs in the shell
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        subprocess.run([os.environ.get("SHELL", "/bin/sh"), "-i"], env=env, cwd=PLACE, check=False,
                       preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        signal.signal(signal.SIGINT, before)
        return 0
    print("Programs find it by these; Ctrl-C ends it:")
    for name in GIVEN:
        print(f"export {name}={shlex.quote(env[name])}")
    sys.stdout.flush()
    while True:
        time.sleep(3600)


# ---- The demo -----------------------------------------------------------------------------------


class Failed(Exception):
    """A step of the demo went wrong."""


def step(here, *words):
    """Shows a command, then runs it."""
    print("$ " + " ".join(map(shlex.quote, words)), flush=True)
    code = subprocess.run(words, env=environment(here), cwd=PLACE, stdin=subprocess.DEVNULL,
                          check=False).returncode
    if code:
        raise Failed(f"{words[0]} ended with exit code {code}")


def submit(here, results, *words):
    """Submits; the job's id, out of the file that pulse-submit writes."""
    pattern = os.path.join(PLACE, "batch_job_*.json")
    before = set(glob.glob(pattern))
    step(here, "pulse-submit", "--data", DATA, "--start-date", SINCE, "--output", f"s3://{BUCKET}/results/{results}/",
         "--vcpus", "2", *words)
    made, = set(glob.glob(pattern)) - before
    with open(made, encoding="utf-8") as file:
        return json.load(file)["job_id"]


def equal(one, other):
    """Whether both results hold the same arrays, bit for bit."""
    sys.path.insert(0, os.path.join("tests", "mpi"))
    from arrays import arrays
    first, second = (arrays(os.path.join(PLACE, f"{name}.h5")) for name in (one, other))
    return first == second


def fetch(here, results):
    step(here, "pulse-data", "ls", "-l", f"s3://{BUCKET}/results/{results}/")
    step(here, "pulse-data", "get", f"s3://{BUCKET}/results/{results}/results.h5", f"{results}.h5")


def demo(here):
    print("Data goes to S3:")
    step(here, "pulse-data", "synth", "--rows", "1500", "--variables", "8", "--seed", "1", MARKET)
    step(here, "pulse-data", "put", MARKET, f"s3://{BUCKET}/datasets/")
    print("\nA job on one node, followed to its end:")
    submit(here, "one", "--mode", "single", "--monitor", "--poll-interval", "2", "--show-logs")
    fetch(here, "one")
    try:
        hosts.check()
    except hosts.CannotRun as why:
        print(f"\nA job on several nodes is left out: {why}")
        return 0
    print("\nThe same on three nodes, each with a network, a disk and processes of its own:")
    job = submit(here, "three", "--mode", "multi", "--nodes", "3")
    step(here, "pulse-status", "--job-id", job, "--monitor", "--poll-interval", "2", "--show-logs")
    fetch(here, "three")
    print("\nThe same bits from one node and three:", "yes" if equal("one", "three") else "no")
    return 0


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
    if sys.argv[1:] not in ([], ["demo"]):
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    shutil.rmtree(STATE, ignore_errors=True)
    for folder in (STATE, PLACE):
        os.makedirs(folder, exist_ok=True)
    try:
        with one_machine(STATE, programs=BIN) as here:
            return demo(here) if sys.argv[1:] else shell(here)
    except KeyboardInterrupt:
        return 130
    except (swift.CannotRun, Failed) as no:
        print(f"dev cloud: {no}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
