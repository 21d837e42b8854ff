#!/usr/bin/python3
"""tails.py [CASE…]: logs that may not be read, that are elsewhere, whose position is forgotten."""
import sys

from canned import MAIN, OTHER, Canned, array, child, cluster, detail, events, refusal
from programs import QUICK, cloud, jobs


def logged(stream, job=MAIN, status="RUNNING", **more):
    return detail(job, status, container={"logStreamName": stream, **more})


def by_stream(**replies):
    """Replies of GetLogEvents by the stream's name."""
    return lambda params: replies[params["logStreamName"]]


# ---- Errors ------------------------------------------------------------------------------------------

def tails__one_log_s_error_does_not_silence_the_others():
    for fault in (refusal("AccessDeniedException"), refusal("ServiceUnavailableException", status=503),
                  {"body": "<html>"}):
        replies = {"getlogevents": by_stream(one=fault, two=events("the second speaks"))}
        with Canned(logged("one"), logged("two", OTHER), replies=replies) as c:
            done = c.status(MAIN, OTHER, "--show-logs", env={"AWS_MAX_ATTEMPTS": "1"})
            assert "the second speaks" in done.stdout, done.stdout
            assert done.stderr.count("the log one is asked for again") == 1, done.stderr


def tails__a_log_with_an_error_is_left_alone_for_a_while_and_asked_again_at_the_end():
    refused = [refusal("AccessDeniedException"), events("at last"), events()]
    with Canned(logged("one"), replies={"getlogevents": refused}) as c:
        process = c.start("pulse-status", MAIN, "--monitor", "--show-logs", *QUICK)
        while c.count("describejobs") < 6:
            assert process.poll() is None
        assert c.count("getlogevents") == 1, "asked again at once"
        c.jobs[MAIN] = logged("one", status="SUCCEEDED")
        out, err = process.communicate(timeout=300)
        assert process.returncode == 0 and out.count("at last\n") == 1 and err.count("warning") == 1, out + err


def tails__a_stream_that_is_not_there_yet_is_no_error():
    with Canned(logged("one"), replies={"getlogevents": refusal("ResourceNotFoundException")}) as c:
        assert "warning" not in c.status(MAIN, "--show-logs").stderr


# ---- Positions ---------------------------------------------------------------------------------------

def tails__an_expired_position_begins_again_after_the_last_line():
    with cloud() as c:
        job = c.job()
        c.aws.say(job, "one", "two")
        process = c.start("pulse-status", job, "--monitor", "--show-logs", *QUICK)
        c.until(process, lambda: c.count("GetLogEvents") >= 3)
        for words in ("three",), ("four", "five"):
            c.aws.say(job, *words)
            c.aws.fail("GetLogEvents", "error", status=400, code="InvalidParameterException", where="__type",
                       message="The specified nextToken is invalid.")
            seen = c.count("GetLogEvents")
            c.until(process, lambda seen=seen: c.count("GetLogEvents") >= seen + 4)
        c.aws.finish(job)
        said = [line for line in c.end(process, 0).stdout.splitlines() if line in "one two three four five".split()]
        assert said == ["one", "two", "three", "four", "five"], said
        again = [r["params"] for r in c.aws.requests("GetLogEvents") if "startTime" in r["params"]]
        assert len(again) == 2 and all(one["startFromHead"] and "nextToken" not in one for one in again), again


def tails__lines_of_the_same_moment_are_shown_once():
    same = {"events": [{"timestamp": 5, "message": f"m{i}"} for i in range(3)], "nextBackwardToken": "b/1"}
    more = {**same, "events": [*same["events"], {"timestamp": 5, "message": "m3"}, {"timestamp": 6, "message": "m4"}]}
    replies = [{"body": {**same, "nextForwardToken": "f/1"}}, refusal("InvalidParameterException"),
               {"body": {**more, "nextForwardToken": "f/2"}}, {"body": {**same, "events": [], "nextForwardToken": "f/2"}}]
    with Canned(logged("one"), replies={"getlogevents": replies}) as c:
        out = c.status(MAIN, "--show-logs").stdout
        assert [line for line in out.splitlines() if line.startswith("m")] == [f"m{i}" for i in range(5)], out
        assert c.sent("GetLogEvents")[2]["startTime"] == 5


def tails__other_wrong_parameters_are_an_error():
    with Canned(logged("one"), replies={"getlogevents": refusal("InvalidParameterException", "no such thing")}) as c:
        assert "no such thing" in c.status(MAIN, "--show-logs").stderr and c.count("getlogevents") == 1


# ---- Where they are ----------------------------------------------------------------------------------

def options(group, region):
    return {"logDriver": "awslogs", "options": {"awslogs-group": group, "awslogs-region": region}}


def tails__group_and_region_are_the_definition_s():
    plain = logged("s", logConfiguration=options("/mine", "eu-west-3"))
    ecs = detail(ecsProperties={"taskProperties": [{"containers": [
        {"name": "main", "logStreamName": "s", "logConfiguration": options("/mine", "eu-west-3")}]}]})
    node = detail(nodeProperties={"numNodes": 1, "mainNode": 0, "nodeRangeProperties": [
        {"targetNodes": "0:", "container": {"logConfiguration": options("/mine", "eu-west-3")}}]})
    for job in plain, ecs, node:
        with Canned(job, detail(f"{MAIN}#0", nodeDetails={"nodeIndex": 0, "isMainNode": True},
                                container={"logStreamName": "s"}), replies={"getlogevents": events("x")}) as c:
            out = c.status(MAIN, "--show-logs").stdout
            assert "https://eu-west-3.console.aws.amazon.com/" in out and "log-group/$252Fmine/" in out, out
            assert {one["logGroupName"] for one in c.sent("GetLogEvents")} == {"/mine"}
            assert c.regions["logs"] == {"eu-west-3"} and c.regions["batch"] == {"us-east-1"}, c.regions


def tails__a_region_that_is_none_is_in_no_link():
    for region in "\x1b[31m\n", "evil.example/", "eu west", "..":
        with Canned(logged("s", logConfiguration=options("/mine", region)), replies={"getlogevents": events("x")}) as c:
            out = c.status(MAIN, "--show-logs").stdout
            assert "https://us-east-1.console.aws.amazon.com/" in out and region not in out, out
            assert c.regions["logs"] == {"us-east-1"}


def tails__links_lead_to_the_console_of_the_partition():
    for region, host in (("us-gov-west-1", "console.amazonaws-us-gov.com/cloudwatch/home?region=us-gov-west-1"),
                         ("cn-north-1", "cn-north-1.console.amazonaws.cn/"),
                         ("eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu/"),
                         ("eu-central-1", "eu-central-1.console.aws.amazon.com/")):
        with Canned(logged("s")) as c:
            assert f"https://{host}" in c.status(MAIN, "--show-logs", env={"AWS_REGION": region}).stdout


# ---- Arrays ------------------------------------------------------------------------------------------

def tails__of_an_array_failed_and_named_children_are_tailed():
    children = [child(i, "FAILED" if i in (2, 5) else "RUNNING", container={"logStreamName": f"s{i}"})
                for i in range(200)]
    replies = {"getlogevents": lambda params: events(f"of {params['logStreamName']}")}
    with Canned(array(200, "PENDING", RUNNING=198, FAILED=2), *children, replies=replies) as c:
        out = c.status(MAIN, "--show-logs").stdout
        assert "[child 2] of s2" in out and "[child 5] of s5" in out, out
        assert {one["logStreamName"] for one in c.sent("GetLogEvents")} == {"s2", "s5"}
        out = c.status(MAIN, f"{MAIN}:7", "--show-logs", code=0).stdout
        assert "child 7] of s7" in out and "child 2] of s2" in out and "s8" not in out, out


def tails__of_a_thousand_failures_the_first_few_are_tailed():
    children = [child(i, "FAILED", container={"logStreamName": f"s{i}", "exitCode": 1}) for i in range(1000)]
    with Canned(array(1000, FAILED=1000), *children) as c:
        c.status(MAIN, "--show-logs", code=1)
        assert 5 < len({one["logStreamName"] for one in c.sent("GetLogEvents")}) < 40


def failed(reason, exit_reason="", code=None, **more):
    container = {**({"reason": exit_reason} if exit_reason else {}), **({} if code is None else {"exitCode": code})}
    return {"status": "FAILED", "statusReason": reason, "startedAt": 1795900001000, "stoppedAt": 1795900101000,
            "container": container, "attempts": [{"container": container, "statusReason": reason}], **more}


def tails__a_failure_says_what_to_do():
    exited, unstarted = "Essential container in task exited", "Task failed to start"
    pull = "CannotPullContainerError: Error response from daemon: "
    init = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    for reason, said, code, advice in (
            (exited, "OutOfMemoryError: Container killed due to memory usage", 137, "--memory"),
            (exited, "", 2, "see its log"), (exited, "", 3, "see its log"),
            (unstarted, pull + "manifest for x/y:z not found: manifest unknown", None, "no such image"),
            (unstarted, pull + "pull access denied for x/y, repository does not exist", None, "ecr:GetAuthorizationToken"),
            (unstarted, pull + "Get https://x/: net/http: request canceled while waiting for connection", None, "ecr.dkr"),
            (unstarted, pull + "write /var/lib/docker/x: no space left on device", None, "disk_gib"),
            (unstarted, pull + "no matching manifest for linux/arm64", None, "other processors"),
            (unstarted, init + "unable to retrieve ecr registry auth: RequestError: send request failed", None, "ecr.dkr"),
            (unstarted, init + "unable to retrieve secret from asm: AccessDeniedException", None, "GetSecretValue"),
            (unstarted, "CannotStartContainerError: failed to initialize logging driver: ResourceNotFoundException: The specified "
             "log group does not exist.", None, "make the log group"),
            (unstarted, 'CannotStartContainerError: exec: "pulse-node": executable file not found in $PATH', 127, "no such program"),
            (unstarted, "DockerTimeoutError: Could not transition to started; timed out", None, "submit it again"),
            ("Host EC2 (instance i-0123) terminated.", "", None, "--retry-attempts"),
            ("ECS was unable to assume the role 'arn:x' that was provided for this task.", "", None, "ecs-tasks.amazonaws.com"),
            ("Timeout waiting for network interface provisioning to complete.", "", None, "free addresses")):
        with Canned(detail(**failed(reason, said, code))) as c:
            out = c.status(MAIN, code=1).stdout
            assert advice in out and ("because: " in out) == (code not in (2, 3)), out
    with Canned(detail(**failed("Job attempt duration exceeded timeout"))) as c:
        assert "--job-timeout" in c.status(MAIN, code=4).stdout
    with Canned(detail(**failed("Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"))) as c:
        assert "more instance types" in c.status(MAIN, code=6).stdout
    # Of an array's children each thing once, and nothing of what its program said itself or somebody ended.
    killed = failed(exited, "OutOfMemoryError: Container killed due to memory usage", 137)
    with Canned(array(3, FAILED=2, SUCCEEDED=1), child(0, **killed), child(1), child(2, **killed)) as c:
        assert c.status(MAIN, code=1).stdout.count("--memory") == 1
    with Canned(detail(**failed("Host EC2 (instance i-0) terminated.", isTerminated=True))) as c:
        assert "because" not in c.status(MAIN, code=5).stdout


def tails__what_is_not_found_and_what_cannot_be_placed_say_what_to_do():
    with Canned() as c:
        assert "not found in us-east-1: check the id, --aws-region" in c.status(MAIN, code=3).stdout
    for reason, advice in ("JOB_RESOURCE_REQUIREMENT", "submit it with less"), ("SERVICE_ROLE_PERMISSIONS", "it starts by itself"):
        with Canned(detail(status="RUNNABLE", statusReason=f"MISCONFIGURATION:{reason} - x"), replies=cluster()) as c:
            out = c.status(MAIN, code=6).stdout
            assert advice in out and "--terminate" in out, out
    for queue, environment, says, code in (({"status": "DELETING"}, {}, "name another with --job-queue", 6),
                                           ({}, {"status": "DELETED"}, "give the queue another", 6), ({}, {}, "quota of vCPUs", 0)):
        replies = cluster(queue=queue)
        replies["describecomputeenvironments"]["body"]["computeEnvironments"][0].update(environment)
        with Canned(detail(status="RUNNABLE"), replies=replies) as c:
            out = c.status(MAIN, code=code).stdout
            assert says in out and "()" not in out, out


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
