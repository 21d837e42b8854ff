#!/usr/bin/python3
"""running.py [CASE…]: jobs that really run: their commands, variables, logs, hosts and ends.

The entry point is the shell here, so what is seen is the double and not pulse-node.
"""
import contextlib
import pathlib
import sys
import time

from support import LocalAWS, described, hosts, jobs, local_aws, submit

SHELL = ["/bin/sh", "-c"]


@contextlib.contextmanager
def running(**more):
    with LocalAWS("aws", entrypoint=SHELL, **more) as aws:
        yield aws, aws.client()


def lines(aws, details):
    """What a container wrote."""
    return aws.show()["logs"]["/aws/batch/job"].get(details["container"]["logStreamName"], [])


def multinode(aws, batch, script, nodes=3, **more):
    """Submits a job whose nodes run this; Skip where there can be no hosts."""
    try:
        hosts.check()
        hosts.cluster(1).__enter__().down()
    except hosts.CannotRun as why:
        raise jobs.Skip(why) from None
    job = submit(batch, definition=local_aws.MULTINODE, nodeOverrides={
        "numNodes": nodes, "nodePropertyOverrides": [
            {"targetNodes": "0:", "containerOverrides": {"command": [script]}}]}, **more)
    return job


def local_aws__a_job_runs_with_the_variables_of_batch():
    with running(variables={"FOO": "bar baz"}) as (aws, batch):
        job = submit(batch, containerOverrides={"command": ["env; echo err >&2; exit 3"],
                                                "environment": [{"name": "MINE", "value": "1"}]})
        found = aws.wait(job)
        assert found["container"]["exitCode"] == 3 and found["status"] == "FAILED", found
        said = lines(aws, found)
        for line in (f"AWS_BATCH_JOB_ID={job}", "AWS_BATCH_JOB_ATTEMPT=1", "MINE=1", "FOO=bar baz", "err",
                     f"AWS_BATCH_JQ_NAME={local_aws.QUEUE}", f"AWS_BATCH_CE_NAME={local_aws.ENVIRONMENT}",
                     f"AWS_ENDPOINT_URL={aws.url}"):
            assert line in said, (line, said)
        assert not any(name in "".join(said) for name in ("AWS_SECRET", "NODE_INDEX", "ARRAY")), said
        array = submit(batch, "array", arrayProperties={"size": 2}, containerOverrides={
            "command": ["echo $AWS_BATCH_JOB_ARRAY_INDEX of $AWS_BATCH_JOB_ARRAY_SIZE"]})
        assert aws.wait(array)["status"] == "SUCCEEDED"
        assert lines(aws, described(batch, f"{array}:1")) == ["1 of 2"]
        assert not list(pathlib.Path("aws/containers").iterdir())


def local_aws__credentials_reach_the_container():
    with running() as (aws, batch):
        job = submit(batch, containerOverrides={"command": [
            "exec /usr/bin/python3 -c 'import boto3; print(boto3.client(\"batch\", region_name=\"us-east-1\","
            " endpoint_url=\"'$AWS_ENDPOINT_URL'\").describe_job_queues()[\"jobQueues\"][0][\"state\"])'"]})
        found = aws.wait(job)
        assert lines(aws, found) == ["ENABLED"], lines(aws, found)
        key, asked = aws.access["AccessKeyId"], aws.requests("DescribeJobQueues")
        assert asked[0]["status"] == 200 and asked[0]["key"] != key, asked


def local_aws__what_a_container_leaves_running_ends_with_it():
    with running() as (aws, batch):
        pid = pathlib.Path("pid").absolute()
        job = submit(batch, containerOverrides={"command": [
            f"setsid sh -c 'echo $$ >{pid}; exec sleep 1000' & while [ ! -s {pid} ]; do sleep 0.01; done"]})
        assert aws.wait(job)["status"] == "SUCCEEDED"
        assert not pathlib.Path("/proc", pid.read_text().strip()).exists()


def local_aws__nothing_outlives_the_server():
    with running() as (aws, batch):
        pid = pathlib.Path("pid").absolute()
        submit(batch, containerOverrides={"command": [f"setsid sleep 1000 & echo $! >{pid}; wait"]})
        while not pid.exists() or not pid.read_text():
            time.sleep(0.05)
        aws.process.kill()
        end = time.monotonic() + 300
        while pathlib.Path("/proc", pid.read_text().strip()).exists():
            assert time.monotonic() < end
            time.sleep(0.05)


def local_aws__timeouts_are_sigterm_then_sigkill():
    with running() as (aws, batch):
        aws.settings(time_scale=0.01, kill_seconds=0.5)
        polite, stubborn = (submit(batch, name, timeout={"attemptDurationSeconds": 60}, retryStrategy={"attempts": 2},
                                   containerOverrides={"command": [command]}) for name, command in (
            ("polite", "trap 'echo saved; exit 9' TERM; while :; do sleep 0.05; done"),
            ("stubborn", "trap '' TERM; while :; do sleep 0.05; done")))
        found = aws.wait(polite)
        assert found["container"]["exitCode"] == 9 and lines(aws, found) == ["saved"], found
        assert found["statusReason"] == "Job attempt duration exceeded timeout" and len(found["attempts"]) == 1
        assert aws.wait(stubborn)["container"]["exitCode"] == 137


def local_aws__an_attempt_that_failed_is_followed_by_another():
    with running() as (aws, batch):
        job = submit(batch, retryStrategy={"attempts": 3, "evaluateOnExit": [
            {"action": "RETRY", "onExitCode": "75"}, {"action": "EXIT", "onReason": "*"}]},
            containerOverrides={"command": ["echo $AWS_BATCH_JOB_ATTEMPT; [ $AWS_BATCH_JOB_ATTEMPT = 2 ] || exit 75"]})
        found = aws.wait(job)
        assert found["status"] == "SUCCEEDED", found
        assert [lines(aws, one) for one in found["attempts"]] == [["1"], ["2"]]
        job = submit(batch, "none", containerOverrides={"command": ["exec /nowhere"]})
        assert aws.wait(job)["container"]["exitCode"] == 127


def local_aws__nodes_have_hosts_of_their_own():
    script = ("echo $AWS_BATCH_JOB_ID $AWS_BATCH_JOB_NODE_INDEX/$AWS_BATCH_JOB_NUM_NODES at $(hostname)"
              " main ${AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS-none} user $(id -un) disk $(ls /tmp | wc -l);"
              " touch /tmp/mine; [ $AWS_BATCH_JOB_NODE_INDEX != 0 ] && exec sleep 1000;"
              " python3 -c 'import boto3; boto3.client(\"batch\", endpoint_url=\"'$AWS_ENDPOINT_URL'\","
              " region_name=\"us-east-1\").describe_job_queues()'; sleep 1; exit 5")
    with running() as (aws, batch):
        job = multinode(aws, batch, script)
        found = aws.wait(job)
        shown = described(batch, *(f"{job}#{i}" for i in range(3)))
        said = [lines(aws, one) for one in shown]
        main = shown[0]["container"]["networkInterfaces"][0]["privateIpv4Address"]
        for i, one in enumerate(said):
            assert one == [f"{job}#{i} {i}/3 at node-{i} main {main if i else 'none'} user pulse disk 0"], said
        assert found["status"] == "FAILED" and found["attempts"][0]["container"]["exitCode"] == 5
        assert shown[2]["container"]["exitCode"] == 143, shown[2]
        assert [r["status"] for r in aws.requests("DescribeJobQueues")] == [200]


def local_aws__a_node_that_dies_ends_nothing_but_itself():
    script = "[ $AWS_BATCH_JOB_NODE_INDEX = 0 ] && sleep 1 || exec sleep 1000"
    with running() as (aws, batch):
        job = multinode(aws, batch, script, retryStrategy={"attempts": 2})
        aws.wait(job, "RUNNING")
        aws.lose(job, node=1)
        assert aws.wait(job)["status"] == "SUCCEEDED"
        assert described(batch, f"{job}#1")["statusReason"].startswith("Host EC2 (instance i-")
        job = multinode(aws, batch, "[ $AWS_BATCH_JOB_ATTEMPT = 2 ] || exec sleep 1000", retryStrategy={"attempts": 2})
        aws.wait(job, "RUNNING")
        aws.lose(job, node=0)
        found = aws.wait(job)
        assert found["status"] == "SUCCEEDED" and len(found["attempts"]) == 2, found


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
