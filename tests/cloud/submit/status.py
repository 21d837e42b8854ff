#!/usr/bin/python3
"""status.py [CASE…]: pulse-status says the fate of jobs, follows their logs to the end, and says why they wait."""
import fcntl
import json
import os
import pty
import re
import select
import struct
import sys
import termios
import time

import programs
from programs import QUICK, cloud, jobs, local_aws


def follow(c, *ids, **more):
    """pulse-status that follows these jobs and their logs."""
    return c.start("pulse-status", "--job-id", *ids, "--monitor", "--show-logs", *QUICK, **more)


def asked(c, operation, count=1):
    """So many requests have been answered."""
    return lambda: c.count(operation) >= count


# ---- Fates -------------------------------------------------------------------------------------------

def status__exit_codes_say_the_fate():
    with cloud() as c:
        good, bad, out, ended, late = (c.job(n) for n in ("good", "bad", "out", "ended", "late"))
        assert "RUNNING" in c.status("--job-id", good).stdout
        c.aws.finish(good)
        c.aws.finish(bad, 3, reason="OutOfMemoryError: Container killed due to memory usage")
        c.aws.patch(out, status="FAILED", statusReason="Job attempt duration exceeded timeout")
        c.aws.create("TerminateJob", {"jobId": ended, "reason": "enough"})
        c.aws.finish(late, 1, lost="i-12345")
        for job in (good, bad, ended, late):
            c.aws.wait(job)
        for job, code, words in ((good, 0, "SUCCEEDED"), (bad, 1, "exit code 3; OutOfMemoryError"), (out, 4, "timeout"),
                                 (ended, 5, "enough"), (late, 1, "i-12345"), ("nobody", 3, "not found")):
            assert words in c.status(job, code=code).stdout
            assert words in c.status(job, "--monitor", *QUICK, code=code).stdout
        assert c.status(good, bad, out, code=1) and c.status(good, out, bad, code=4)


def status__refuses_bad_command_lines():
    with cloud() as c:
        for words, says in (("", "which job"), ("--job-id", "needs a value"), ("--what", "--what"),
                            ("a --poll-interval 0", "--poll-interval"), ("a --tail -1", "--tail"),
                            ("list --job-id a", "list"), ("list --job-status DONE", "DONE")):
            c.status(*words.split(), code=2, says=[says])
        c.status("a", code=3, env={"AWS_SECRET_ACCESS_KEY": "wrong"}, says=["InvalidSignatureException", "secret key"])
        assert not c.aws.jobs()


def status__a_new_job_that_does_not_show_yet_is_waited_for():
    with cloud() as c:
        job = c.job()
        c.aws.fail("DescribeJobs", "empty", times=2)
        assert "RUNNING" in c.status(job).stdout
        c.aws.fail("DescribeJobs", "empty", times=3)
        process = follow(c, job)
        c.until(process, asked(c, "DescribeJobs", 7))
        c.aws.finish(job)
        c.end(process, 0)


def status__a_job_that_vanishes_ends_the_monitor():
    with cloud() as c:
        job = c.job()
        process = follow(c, job)
        c.until(process, asked(c, "DescribeJobs", 2))
        c.aws.vanish(job)
        assert f"{job} " in c.end(process, 3).stdout


def status__a_hundred_and_one_jobs_are_asked_for_in_two_requests():
    with cloud() as c:
        c.aws.settings(hold=True)
        ids = [c.made(f"j{i}") for i in range(101)]
        for operation in ("DescribeJobQueues", "DescribeComputeEnvironments"):
            c.aws.fail(operation, "deny", times=-1)
        found = json.loads(c.status("--json", "--job-id", *ids).stdout)
        assert [one["jobId"] for one in found] == ids
        assert [len(r["params"]["jobs"]) for r in c.aws.requests("DescribeJobs")] == [100, 1]


def status__what_batch_leaves_out_is_done_without():
    with cloud() as c:
        job, many = c.job(), c.nodes()
        for fields in (["startedAt"], ["container"], ["attempts", "createdAt", "jobQueue"], ["nodeProperties"],
                       ["nodeDetails", "networkInterfaces"], ["retryStrategy", "statusReason", "jobArn", "jobName"]):
            c.aws.fail("DescribeJobs", "strip", times=3, fields=fields)
            assert c.status(job, many, "--show-logs").stdout.count("RUNNING") >= 2, fields
            c.aws.heal()
        c.aws.fail("DescribeJobs", "strip", times=-1, fields=["status"])
        assert c.status(job, code=3).stdout.startswith(f"{job}  not found in us-east-1: check the id")


# ---- Storms ------------------------------------------------------------------------------------------

def status__storms_do_not_end_the_monitor():
    with cloud() as c:
        job = c.job()
        process = follow(c, job)
        c.until(process, asked(c, "DescribeJobs"))
        c.aws.fail("DescribeJobs", "error", times=3, status=429, code="TooManyRequestsException", message="slow down")
        c.aws.fail("DescribeJobs", "error", times=2, status=500, code="ServerException", message="oh", where="__type")
        c.aws.fail("DescribeJobs", "garbage", body="<html>")
        c.aws.fail("DescribeJobs", "garbage", body='{"jobs": 3}')
        c.aws.fail("DescribeJobs", "reset")
        c.aws.fail("DescribeJobs", "cut")
        c.aws.fail("GetLogEvents", "error", times=2, status=400, code="ThrottlingException", message="Rate exceeded",
                   where="__type")
        c.aws.fail("GetLogEvents", "garbage", body="")
        c.until(process, asked(c, "DescribeJobs", 12))
        c.aws.say(job, "still here")
        c.aws.finish(job)
        assert c.end(process, 0).stdout.count("still here\n") == 1


def status__an_outage_ends_it_as_a_temporary_failure():
    with cloud() as c:
        job = c.job()
        c.aws.fail("DescribeJobs", "error", times=-1, status=503, code="", message="")
        c.status(job, "--monitor", *QUICK, code=75, says=["503", "try again"], env={"AWS_MAX_ATTEMPTS": "2"})


def follow_with_session(c, job):
    """The same with a container's credentials."""
    token = c.aws.show()["secrets"][-2]
    return follow(c, job, env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None,
                               "AWS_CONTAINER_CREDENTIALS_FULL_URI": c.aws.url + "/v2/credentials/job",
                               "AWS_CONTAINER_AUTHORIZATION_TOKEN": token})


def status__credentials_near_their_end_are_not_fetched_for_each_request():
    with cloud() as c:
        job = c.job()
        c.aws.settings(credentials_seconds=600)  # which is near
        process = follow_with_session(c, job)
        c.until(process, asked(c, "DescribeJobs", 5))
        c.aws.finish(job)
        c.end(process, 0)
        assert c.count("GetCredentials") == 1


def status__credentials_that_expire_are_fetched_anew():
    with cloud() as c:
        job = c.job()
        process = follow_with_session(c, job)
        c.until(process, asked(c, "DescribeJobs", 2))
        c.aws.expire()
        seen = c.count("DescribeJobs")
        c.until(process, asked(c, "DescribeJobs", seen + 3))
        c.aws.finish(job)
        c.end(process, 0)
        assert c.count("GetCredentials") == 2
        said = [r.get("error") for r in c.aws.requests()]
        assert "ExpiredTokenException" in said, said  # whichever request came first: 400 of logs, 403 of Batch


def status__a_clock_that_is_off_is_corrected():
    with cloud() as c:
        job = c.job()
        c.aws.fail("DescribeJobs", "error", status=403, code="InvalidSignatureException",
                   message="Signature expired: 20261124T000000Z is now earlier than 20261124T001000Z")
        assert "RUNNING" in c.status(job).stdout and c.count("DescribeJobs") == 2


# ---- Logs --------------------------------------------------------------------------------------------

def status__logs_of_all_nodes_are_followed_to_the_end():
    with cloud() as c:
        c.aws.settings(log_delay=0.6)
        job = c.nodes(3)
        process = follow(c, job)
        for round_of in range(3):
            for node in range(3):
                c.aws.say(job, f"node {node} says {round_of}", node=node)
            time.sleep(0.4)
        c.aws.settings(empty_pages=5)
        c.aws.say(job, "the last word")
        c.aws.finish(job)
        done = c.end(process, 0)
        for node in range(3):
            for round_of in range(3):
                assert done.stdout.count(f"[node {node}] node {node} says {round_of}\n") == 1, done.stdout
        assert done.stdout.count("[node 0] the last word\n") == 1 and re.search(rf"{job} SUCCEEDED after .*, 3 nodes", done.stdout)


def status__late_lines_are_drained_after_the_end():
    with cloud() as c:
        c.aws.settings(log_delay=2.5)
        job = c.job()
        c.aws.say(job, "why it failed")
        c.aws.finish(job, 1)
        c.aws.wait(job)
        done = c.end(follow(c, job), 1)
        assert "FAILED" in done.stdout and done.stdout.count("why it failed\n") == 1


def status__logs_that_are_not_there_do_not_hide_the_reason():
    with cloud() as c:
        job = c.job()
        c.aws.finish(job, 1, reason="CannotPullContainerError: no such image")
        c.aws.wait(job)
        for fault in ({"kind": "error", "status": 400, "code": "ResourceNotFoundException", "message": "none"},
                      {"kind": "deny"}):
            c.aws.fail("GetLogEvents", times=-1, **fault)
            assert "CannotPullContainerError" in c.status(job, "--show-logs", code=1).stdout
            assert "CannotPullContainerError" in c.end(follow(c, job), 1).stdout
            c.aws.heal()


def status__every_attempt_has_its_log():
    with cloud() as c:
        retry = {"attempts": 2, "evaluateOnExit": [{"onExitCode": "75", "action": "RETRY"}]}
        for job in (c.job("one", retryStrategy=retry), c.nodes(2, retryStrategy=retry)):
            process = follow(c, job)
            c.aws.say(job, "the first time")
            seen = c.count("GetLogEvents")
            c.until(process, asked(c, "GetLogEvents", seen + 3))
            c.aws.finish(job, 75, lost=None, reason="busy")
            c.until(process, lambda job=job: len(c.aws.jobs()[job]["attempts"]) == 1
                    and c.aws.jobs()[job]["status"] == "RUNNING")
            c.aws.say(job, "the second time")
            c.aws.finish(job)
            done = c.end(process, 0).stdout
            assert done.count("the first time\n") == 1 and done.count("the second time\n") == 1, done
            assert re.search(r"\[(node 0, )?attempt 2\] the second time", done) and "attempt 2 of 2" in done, done


def status__tail_begins_near_the_end_and_follows():
    with cloud() as c:
        job = c.job()
        c.aws.say(job, *(f"line {i}." for i in range(50)))
        assert c.status(job, "--show-logs", "--tail", "3").stdout.endswith("line 47.\nline 48.\nline 49.\n")
        process = c.start("pulse-status", job, "--monitor", "--show-logs", "--tail", "2", *QUICK)
        c.until(process, asked(c, "GetLogEvents", 3))
        c.aws.say(job, "line 50.")
        c.aws.finish(job)
        assert re.findall(r"^line \d+\.", c.end(process, 0).stdout, re.M) == ["line 48.", "line 49.", "line 50."]


def status__many_pages_of_a_log_come_whole():
    with cloud() as c:
        job = c.job()
        lines = [f"{i:06d} " + "x" * 300 for i in range(12000)]
        for i in range(0, 12000, 2000):
            c.aws.say(job, *lines[i:i + 2000])
        c.aws.settings(empty_pages=3)
        found = c.status(job, "--show-logs").stdout.splitlines()
        assert found[-12000:] == lines and c.count("GetLogEvents") > 5


def status__log_lines_do_not_drive_the_terminal():
    with cloud() as c:
        job = c.job()
        c.aws.say(job, "a\x1b[2Jb\x07c\u0000d\r\n", "e\x9b2Jf", "tab\tand ü and \u202e", "two\nlines")
        out = c.status(job, "--show-logs").stdout
        assert "\x1b" not in out and "\x07" not in out and "a\\x1b[2Jb\\x07c" in out and "tab\tand ü" in out
        assert "two lines\n" in out and "\x9b" not in out and "e\\u009b2Jf" in out and "\u202e" not in out and "\\u202e" in out


def status__names_do_not_drive_the_terminal():
    with cloud() as c:
        job = c.job()
        c.aws.patch(job, jobName="a\x1b[2J\x9b2J\nb\u202e", createdAt=2**63 - 1)
        for words in (job,), ("list",):
            out = c.status(*words).stdout
            assert "a\\x1b[2J\\u009b2J\\nb\\u202e" in out and not set(out) & set("\x1b\x9b\u202e"), out


# ---- Several nodes, arrays ---------------------------------------------------------------------------

def status__nodes_are_shown_with_address_and_end():
    with cloud() as c:
        job = c.nodes(2)
        c.aws.finish(job, 9, node=1)
        end = time.monotonic() + 300
        while "2 nodes: 1 RUNNING, 1 FAILED" not in (out := c.status(job).stdout):
            assert time.monotonic() < end, out
        assert "node 0   RUNNING at 10.77.0.10, the main node" in out
        assert re.search(r"node 1 +FAILED at 10\.77\.0\.11, exit code 9", out), out
        child = json.loads(c.status(f"{job}#1", "--json", code=1).stdout)[0]
        assert child["jobId"] == f"{job}#1" and child["exitCode"] == 9


def status__arrays_are_counted_and_their_children_shown():
    with cloud() as c:
        job = c.made("array", arrayProperties={"size": 3})
        for i in range(3):
            c.aws.wait(f"{job}:{i}", "RUNNING")
        c.aws.say(f"{job}:1", "from the second")
        c.aws.say(f"{job}:2", "from the third")
        c.aws.finish(f"{job}:2", 4)
        c.aws.wait(f"{job}:2")
        out = c.status(job, "--show-logs").stdout
        assert "3 children: 2 RUNNING, 1 FAILED" in out and "child 2   FAILED, exit code 4" in out, out
        assert "[child 2] from the third\n" in out and "from the second" not in out
        assert "[child 1] from the second\n" in c.status(f"{job}:1", "--show-logs").stdout
        assert "exit code 4" in c.status(f"{job}:2", code=1).stdout


# ---- Why it waits ------------------------------------------------------------------------------------

def status__says_why_a_job_waits():
    with cloud() as c:
        c.aws.settings(hold=True)
        ids = [c.made(f"j{i}") for i in range(3)]
        for job in ids:
            c.aws.wait(job, "RUNNABLE")
        assert "starting instances" in c.status(ids[0]).stdout
        assert "number 3 of those that wait" in c.status(ids[2]).stdout
        c.aws.patch(ids[0], statusReason="CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none left")
        assert "no instances free" in c.status(ids[0]).stdout
        made = local_aws.environment(local_aws.ENVIRONMENT)["computeResources"]
        c.aws.change("environment", local_aws.ENVIRONMENT, computeResources={**made, "desiredvCpus": 64})
        assert "all the 64 vCPUs" in c.status(ids[1]).stdout
        for words in ("UNDETERMINED - no idea", "ACTION_REQUIRED - service role"):
            c.aws.patch(ids[1], statusReason=words)
            assert words in c.status(ids[1]).stdout


def status__what_can_never_be_placed_ends_with_six():
    with cloud() as c:
        c.aws.settings(hold=True)
        job = c.made("one")
        c.aws.wait(job, "RUNNABLE")
        c.aws.patch(job, statusReason="MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large")
        assert "JOB_RESOURCE_REQUIREMENT" in c.status(job, code=6).stdout
        assert "cannot be placed" in c.status(job, "--monitor", *QUICK, code=6).stdout
        c.aws.patch(job, statusReason=None)
        c.aws.change("environment", local_aws.ENVIRONMENT, state="DISABLED")
        assert "DISABLED" in c.status(job, code=6).stdout
        c.aws.fail("DescribeJobQueues", "deny", times=-1)
        assert "waits" in c.status(job).stdout


# ---- Other commands ----------------------------------------------------------------------------------

def status__terminate_ends_jobs_and_says_why():
    with cloud() as c:
        one, two = c.job("one"), c.nodes(2)
        c.status(one, "nobody", "--terminate", code=3, says=["1 of these 2"])
        assert c.count("TerminateJob") == 0
        c.status("--job-id", one, two, "--terminate", "--reason", "too dear", "--monitor", *QUICK, code=5)
        for job in (one, two):
            assert c.aws.jobs()[job]["statusReason"] == "Terminated by pulse-status: too dear"


def status__a_new_job_can_be_ended_before_it_shows():
    with cloud() as c:
        job = c.job()
        c.aws.fail("DescribeJobs", "empty", times=2)
        assert job in c.status(job, "--terminate").stdout
        c.aws.wait(job)
        assert c.aws.jobs()[job]["status"] == "FAILED"
        c.aws.fail("DescribeJobs", "empty", times=3)
        c.status(job, "--terminate", code=3, says=["knows only 0 of these 1 jobs"])


def status__lists_a_queue():
    with cloud() as c:
        one, two = c.job("alpha"), c.job("beta")
        c.aws.finish(one)
        c.aws.wait(one)
        lines = c.status("list").stdout.splitlines()
        assert [line.split()[0] for line in lines] == [two, one] and lines[0].endswith("beta")
        assert c.status("list", "--job-status", "SUCCEEDED").stdout.split()[0] == one
        assert [job["jobId"] for job in json.loads(c.status("list", "--json").stdout)] == [two, one]
        c.status("list", "--job-queue", "none", code=3, says=["none"])


def status__json_is_an_object_a_line_when_following():
    with cloud() as c:
        job = c.job()
        process = c.start("pulse-status", job, "--monitor", "--show-logs", "--json", *QUICK)
        c.until(process, asked(c, "GetLogEvents", 2))
        c.aws.say(job, "a line")
        c.aws.finish(job, 2)
        found = [json.loads(line) for line in c.end(process, 1).stdout.splitlines()]
        states = [one["status"] for one in found if "status" in one]
        assert states == ["RUNNING", "FAILED"] and [o["log"]["text"] for o in found if "log" in o] == ["a line"]
        last = [one for one in found if "status" in one][-1]
        assert last["fate"] == "failed" and last["exitCode"] == 2
        assert last["logs"][0]["link"].startswith("https://us-east-1.console.aws.amazon.com/cloudwatch/")


def status__interrupted_it_leaves_the_job_alone():
    with cloud() as c:
        job = c.job()
        process = follow(c, job)
        c.until(process, asked(c, "DescribeJobs", 2))
        programs.interrupt(process)
        c.end(process, 130, "interrupted", job)
        assert c.aws.jobs()[job]["status"] == "RUNNING"


def status__a_terminal_is_refreshed_in_place():
    with cloud() as c:
        job = c.nodes(2)
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
        process = programs.subprocess.Popen(
            [os.path.join(jobs.binaries(), "pulse-status"), job, "--monitor", "--show-logs", *QUICK], stdout=slave,
            stderr=slave, stdin=slave, env=c.environment())
        os.close(slave)
        c.until(process, asked(c, "DescribeJobs", 6))
        c.aws.say(job, "a word")
        c.aws.finish(job)
        seen, end = b"", time.monotonic() + 300
        while process.poll() is None or select.select([master], [], [], 0.2)[0]:
            assert time.monotonic() < end
            try:
                seen += os.read(master, 65536)
            except OSError:
                break
        os.close(master)
        assert process.wait() == 0
        text = seen.decode().replace("\r\n", "\n")
        assert len(re.findall(r"\x1b\[\d+A\r?\x1b\[J", text)) >= 3, text
        screen = text[text.rindex("\x1b[J"):]
        assert "SUCCEEDED" in screen and "node 1" in screen and text.count("[node 0] a word\n") == 1
        assert all(len(line) <= 60 for line in screen.splitlines()), screen


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
