#!/usr/bin/python3
"""e2e.py [CASE…]: from data in S3 to results in S3 through Batch, as a user walks it, with our programs only.

The cloud is tests/cloud/aws and Swift; jobs run by pulse-node, several nodes on hosts of their own.
"""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve()
for folder in (HERE.parents[2] / "s3", HERE.parents[2] / "mpi", HERE.parents[1], HERE.parents[1] / "aws"):
    sys.path.insert(0, str(folder))
import hosts  # noqa: E402
import jobs  # noqa: E402

try:
    import fault_proxy
    from arrays import arrays, check_same
    from one_machine import one_machine, swift
except ImportError as reason:
    print(f"skipped: {reason} (./dev setup test)")
    sys.exit(jobs.SKIPPED)

NODES, VCPUS = 3, 2


@contextlib.contextmanager
def cloud(names=None, rows=420, variables=6, **more):
    """The cloud with a panel in its bucket; (cloud, options of the training). `names`: of its variables."""
    try:
        with one_machine("cloud", f"e2e-{os.urandom(4).hex()}", programs=jobs.binaries(), **more) as here:
            frame = jobs.panel(rows, len(names) if names else variables, seed=5)
            frame.columns = names or frame.columns
            jobs.write(frame, "panel.csv")
            done(here, "pulse-data", "put", "panel.csv", f"s3://{here.bucket}/datasets/panel.csv")
            yield here, ("--data", f"s3://{here.bucket}/datasets/panel.csv", "--start-date", "2001-01-02",
                         "--end-date", jobs.last_day(frame), "--min-history", "100")
    except swift.CannotRun as why:
        raise jobs.Skip(why) from None


def several_nodes():
    """Skip where there can be no hosts."""
    try:
        hosts.check()
        hosts.Cluster(1).down()
    except hosts.CannotRun as why:
        raise jobs.Skip(why) from None


def call(here, program, *words, timeout=300):
    return subprocess.run([os.path.join(jobs.binaries(), program), *map(str, words)], env=here.env, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False)


def done(here, program, *words, **more):
    """It ends well; its standard output."""
    found = call(here, program, *words, **more)
    assert found.returncode == 0, f"{program}: {found.returncode}\n{found.stdout}{found.stderr}"
    return found.stdout


def log_of(here):
    return "\n".join(f"{stream}: {line}" for streams in here.aws.show()["logs"].values()
                     for stream, lines in streams.items() for line in lines)


def submit(here, options, name, *more):
    """pulse-submit; the id that it prints."""
    said = done(here, "pulse-submit", *options, "--output", f"s3://{here.bucket}/{name}/", "--vcpus", VCPUS,
                "--memory", 2048, "--json", *more)
    return json.loads(said)["job_id"]


def submit_multi(here, options, name, *more):
    return submit(here, options, name, "--mode", "multi", "--nodes", NODES, *more)


def follow(here, job):
    """pulse-status to the job's end; its exit code, and all that it printed."""
    found = call(here, "pulse-status", "--job-id", job, "--monitor", "--poll-interval", 1, "--show-logs")
    return found.returncode, found.stdout + found.stderr


def succeeds(here, job):
    """What it printed of a job that ends well."""
    code, said = follow(here, job)
    assert code == 0, f"{code}\n{said}\n{log_of(here)}"
    return said


def results(here, name):
    """Every array of the results in S3; what is there is whole."""
    keys = here.keys(f"{name}/")
    assert f"{name}/summary.json" in keys, keys
    os.makedirs(name)
    for key in keys:
        done(here, "pulse-data", "get", f"s3://{here.bucket}/{key}", f"{name}/{os.path.basename(key)}")
    return arrays(f"{name}/results.h5")


def by_mpirun(here, options):
    """The same training by mpirun on this machine, by the BLAS kernels that a container chooses."""
    env = {k: v for k, v in {**jobs.environment(), **here.env}.items() if not k.startswith("OPENBLAS_")}
    env["OPENBLAS_NUM_THREADS"] = "1"
    jobs.expect(jobs.run(*options, "--output", f"s3://{here.bucket}/plain/", "--no-progress", ranks=2, env=env), 0)
    return results(here, "plain")


def cloud_e2e__a_single_job_trains_as_mpirun_does():
    with cloud() as (here, options):
        right = by_mpirun(here, options)
        job = submit(here, options, "single", "--mode", "single")
        said = succeeds(here, job)
        assert "windows: " in said and f"s3://{here.bucket}/single/summary.json" in said, said
        check_same(right, results(here, "single"))
        # a log may be asked for before there is one
        wrong = [r for r in here.aws.requests() if r.get("error") not in (None, "ResourceNotFoundException")]
        assert wrong == [], wrong


def cloud_e2e__a_command_too_long_for_batch_arrives_whole():
    names = [f"variable-{i:02d}-{'x' * 220}" for i in range(40)]
    with cloud(names) as (here, options):
        job = submit(here, (*options, "--variables", *names), "single", "--mode", "single")
        said = succeeds(here, job)
        assert f"s3://{here.bucket}/single/summary.json" in said, said
        command = here.aws.jobs()[job]["container"]["command"]
        assert "#sha256=" in command[-1] and len(" ".join(command)) < 1000, command
        done(here, "pulse-data", "get", f"s3://{here.bucket}/single/summary.json", "summary.json")
        summary = json.loads(pathlib.Path("summary.json").read_text(encoding="utf-8"))
        assert summary["variables"]["total"] == len(names), summary["variables"]["total"]


def cloud_e2e__several_nodes_train_as_one_does():
    several_nodes()
    with cloud() as (here, options):
        right = by_mpirun(here, options)
        job = submit_multi(here, options, "multi")
        said = succeeds(here, job)
        assert f"s3://{here.bucket}/multi/summary.json" in said, said
        check_same(right, results(here, "multi"))
        summary = json.loads(pathlib.Path("multi/summary.json").read_text(encoding="utf-8"))
        assert (summary["nodes"], summary["ranks"]) == (NODES, NODES * VCPUS), summary


# Some seconds of training, each span saved when it is finished.
LONG = ("--batch-size-days", 5, "--lags", 12, "--checkpoint-seconds", 0)


def has_saved(here, name):
    """Waits for the first spans in the checkpoint."""
    end = time.monotonic() + 300
    while not any(key.endswith(".spans") for key in here.keys(f"{name}/.checkpoint/")):
        assert time.monotonic() < end, log_of(here)


def lose_in_the_middle(here, job, name, **node):
    """The instance of a node is gone once the first attempt has saved something."""
    has_saved(here, name)
    here.aws.lose(job, **node)
    here.aws.wait(job, "RUNNING", attempt=2)


def resumed(here, job, name, right, attempts):
    """It ends well, in so many attempts, from what those before had saved, of which nothing is left."""
    succeeds(here, job)
    assert len(here.aws.jobs()[job]["attempts"]) == attempts, here.aws.jobs()[job]
    check_same(right, results(here, name))
    summary = json.loads(pathlib.Path(name, "summary.json").read_text(encoding="utf-8"))
    assert summary["resumed"]["spans"] > 0, summary["resumed"]
    assert "spans are taken from" in log_of(here), log_of(here)
    assert [key for key in here.keys(f"{name}/") if "/." in key] == [], here.keys(f"{name}/")


def cloud_e2e__a_single_job_tried_again_goes_on_with_the_same_bits():
    with cloud(rows=2500, variables=30) as (here, options):
        options = (*options, *LONG)
        right = by_mpirun(here, options)
        job = submit(here, options, "single", "--mode", "single")
        lose_in_the_middle(here, job, "single")
        assert here.aws.jobs()[job]["attempts"][0]["statusReason"].startswith("Host EC2")
        resumed(here, job, "single", right, 2)


def cloud_e2e__several_nodes_tried_again_go_on_with_the_same_bits():
    """A node is lost, which the main one reports to Batch by 75; in the next attempt the main one itself."""
    several_nodes()
    with cloud(rows=2500, variables=30) as (here, options):
        options = (*options, *LONG)
        right = by_mpirun(here, options)
        job = submit_multi(here, options, "multi")
        lose_in_the_middle(here, job, "multi", node=2)
        here.aws.lose(job, node=0)
        here.aws.wait(job, "RUNNING", attempt=3)
        ended = here.aws.jobs()[job]["attempts"]
        assert ended[0]["container"]["exitCode"] == 75, ended
        assert ended[1]["statusReason"].startswith("Host EC2"), ended
        resumed(here, job, "multi", right, 3)


def cloud_e2e__s3_away_for_20_s_costs_attempts_at_most():
    with cloud(rows=2500, variables=30, between=fault_proxy.Proxy) as (here, options):
        options = (*options, *LONG)
        right = by_mpirun(here, options)
        job = submit(here, options, "single", "--mode", "single", "--retry-attempts", 6)
        has_saved(here, "single")
        back = time.monotonic() + 20
        here.between.fail("", fault_proxy.error(503, "SlowDown"), times=10**6, where=lambda _: time.monotonic() < back)
        succeeds(here, job)
        assert time.monotonic() > back and any(r.fault for r in here.between.requests())
        ended = [attempt["container"].get("exitCode") for attempt in here.aws.jobs()[job]["attempts"]]
        assert set(ended[:-1]) <= {75} and ended[-1] == 0, ended
        check_same(right, results(here, "single"))


# ---- Secrets --------------------------------------------------------------------------------------


class CommandLines:
    """Samples the command lines of all processes until the end of the block."""

    def __init__(self):
        self.found, self.ending = set(), threading.Event()

    def look(self):
        while not self.ending.is_set():
            for entry in pathlib.Path("/proc").iterdir():
                if entry.name.isdigit():
                    with contextlib.suppress(OSError):
                        self.found.add((entry / "cmdline").read_bytes())
            time.sleep(0.02)

    def __enter__(self):
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()


def files_below(directory):
    """(path, bytes) of each file but the record that the double keeps of its own keys, and Swift's disks."""
    for path in sorted(pathlib.Path(directory).rglob("*")):
        inside = path.relative_to(directory).parts
        if path.is_file() and not path.is_symlink() and path.name != "access.json" and inside[:2] != ("cloud", "s3"):
            yield str(path), path.read_bytes()


def left_by(here, job, said, lines):
    """(where, bytes) of everything that a run leaves behind."""
    yield from files_below(".")
    yield from ((f"argument list {line[:80]}", line) for line in lines.found)
    yield "the job's logs", log_of(here).encode()
    yield "what our programs said", said.encode()
    yield "the job's description", json.dumps(here.aws.jobs()[job]).encode()
    for key in here.keys():
        yield f"object {key}", here.s3.get_object(Bucket=here.bucket, Key=key)["Body"].read()


def no_secret(here, job, said, lines):
    secrets = [word.encode() for word in here.aws.show()["secrets"]]
    assert len(secrets) > 3, "no session was issued"
    looked_at = 0
    for where, content in left_by(here, job, said, lines):
        looked_at += 1
        for word in secrets:
            assert word not in content, f"a secret is in {where}"
        assert not re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY", content), f"a private key is in {where}"
    print(f"{len(secrets)} secrets in none of {looked_at} files, objects, logs and argument lists")
    assert looked_at > 20


def cloud_e2e__a_single_job_leaves_no_secret():
    with cloud(keep=True) as (here, options), CommandLines() as lines:
        job = submit(here, options, "single", "--mode", "single")
        said = succeeds(here, job)
        lines.__exit__()
        assert any(b"pulse-train" in line for line in lines.found)
        no_secret(here, job, said, lines)


def cloud_e2e__several_nodes_leave_no_secret():
    several_nodes()
    with cloud(keep=True) as (here, options), CommandLines() as lines:
        job = submit_multi(here, options, "multi")
        _, said = follow(here, job)
        assert "node 2 of 3" in said, said
        lines.__exit__()
        assert any(b"sshd" in line for line in lines.found)
        no_secret(here, job, said, lines)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
