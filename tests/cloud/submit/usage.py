#!/usr/bin/python3
"""usage.py [CASE…]: what pulse-submit, pulse-status and pulse-node print, refuse and end with."""
import json
import sys

import programs
from canned import MAIN, OTHER, TRAIN, Canned, array, cluster, detail, events, refusal
from programs import QUICK, jobs


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def logged(status="RUNNING"):
    return detail(status=status, container={"logStreamName": "s"})


# ---- JSON --------------------------------------------------------------------------------------------

def usage__json_is_one_value_or_an_object_a_line():
    known = [{"body": {"jobs": [logged()]}}, {"body": {"jobs": [logged("SUCCEEDED")]}}]
    with Canned(replies={**cluster(), "describejobs": known, "getlogevents": [events("said"), events()]}) as c:
        found = lines(c.submit("--json", "--monitor", "--show-logs", *QUICK).stdout)
        assert found[0]["job_id"] == MAIN and found[-1]["status"] == "SUCCEEDED", found
        assert [one["log"]["text"] for one in found if "log" in one] == ["said"]
        assert json.loads(c.submit("--json", "--again").stdout)["job_id"] == MAIN
        assert json.loads(c.submit("--json", "--dry-run").stdout)["request"]["jobName"]


def usage__json_of_one_look_too():
    with Canned(logged(), detail(OTHER), replies={"getlogevents": [events("said"), events()], "terminatejob": {"body": ""}}) as c:
        assert len(json.loads(c.status("--json", MAIN, OTHER).stdout)) == 2
        found = lines(c.status("--json", "--show-logs", MAIN, OTHER).stdout)
        assert [one.get("jobId") for one in found] == [MAIN, OTHER, None] and found[2]["log"]["text"] == "said"
        ended = json.loads(c.status("--json", "--terminate", MAIN).stdout)
        assert ended == [{"jobId": MAIN, "ending": True}]
        c.jobs[MAIN] = logged("FAILED")
        found = lines(c.status("--json", "--terminate", "--monitor", *QUICK, MAIN, code=1).stdout)
        assert found[0]["ending"] and found[-1]["fate"] == "failed", found


# ---- Limits ------------------------------------------------------------------------------------------

def usage__tags_are_measured_in_characters():
    with Canned(replies=cluster()) as c:
        for key, value in (("ü" * 128, "é" * 256), ("k", ""), ("日本", "語" * 256)):
            c.submit("--tags", f"{key}={value}")
            assert c.sent("SubmitJob")[-1]["tags"] == {key: value}
        for tag in "k" * 129 + "=v", "ü" * 129 + "=v", "k=" + "é" * 257, "=v", "aws:x=1", "AWS:x=1", "k":
            c.submit("--tags", tag, code=2, says=["--tags"])


def usage__no_first_day_is_made_up():
    with Canned(replies=cluster()) as c:
        sent = json.loads(c.submit("--dry-run").stdout)
        assert sent["containerOverrides"]["command"] == ["pulse-train", *TRAIN]
        assert "the first date found" in c.run("pulse-submit", 0, "--help").stdout


# ---- Ends --------------------------------------------------------------------------------------------

def usage__a_state_time_limit_ends_with_six():
    reason = "Canceled by JobStateTimeLimit action due to reason: "
    for more in "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT", "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY":
        with Canned(detail(status="FAILED", statusReason=reason + more, isCancelled=True)) as c:
            assert more in c.status(MAIN, code=6).stdout
            assert "cannot be placed" in c.status(MAIN, "--monitor", *QUICK, code=6).stdout
    with Canned(detail(status="FAILED", statusReason="no longer wanted", isCancelled=True)) as c:
        c.status(MAIN, code=5)


# ---- What to do --------------------------------------------------------------------------------------

def ended(code=1, **container):
    return detail(status="FAILED", statusReason="Essential container in task exited", container={"exitCode": code, **container})


def usage__exit_codes_of_containers_are_explained():
    for code, says in ((137, "want of memory"), (139, "crashed"), (143, "ended from outside"), (75, "submit it again"),
                       (127, "no such program"), (4, "windows failed")):
        with Canned(ended(code)) as c:
            assert f"exit code {code} (" in c.status(MAIN, code=1).stdout and says in c.status(MAIN, code=1).stdout
    for said in {"statusReason": "Host EC2 (instance i-0ab) terminated."}, {"container": {"exitCode": 137, "reason": "killed"}}:
        with Canned({**ended(137), **said}) as c:  # it says better why
            assert "memory" not in c.status(MAIN, code=1).stdout
    with Canned(ended(1)) as c:
        assert "exit code 1\n" in c.status(MAIN, code=1).stdout


def usage__attempts_say_what_their_containers_said():
    killed = {"container": {"exitCode": 137, "reason": "OutOfMemoryError: killed"}, "statusReason": "Essential container in task exited"}
    with Canned(detail(attempts=[killed], retryStrategy={"attempts": 3})) as c:
        assert "attempt 1 ended with exit code 137: Essential container in task exited; OutOfMemoryError" in c.status(MAIN).stdout
    lost = "Host EC2 (instance i-0ab) terminated."
    waiting = detail(status="RUNNABLE", statusReason=lost, attempts=[{"container": {}, "statusReason": lost}])
    with Canned(waiting, replies=cluster()) as c:  # that is over
        out = c.status(MAIN).stdout
        assert out.count(lost) == 1 and "waits: Batch is starting instances" in out, out


def usage__a_clock_that_stays_off_is_no_wrong_key():
    for code, message in (("InvalidSignatureException", "Signature expired: 20261130T000000Z is now earlier than 20261130T001000Z"),
                          ("RequestExpired", "Request has expired.")):
        with Canned(replies={"describejobs": refusal(code, message, 403)}) as c:
            done = c.status(MAIN, code=3, says=["the clock of this machine is off"])
            assert "secret key" not in done.stderr


def usage__a_job_may_be_named_by_its_arn():
    arn = f"arn:aws:batch:eu-west-1:111122223333:job/{MAIN}"
    with Canned(detail()) as c:
        for words in (arn,), (arn, MAIN), ("--job-id", arn, "--aws-region", "eu-west-1"):
            c.status(*words)
            assert c.sent("describejobs")[-1] == {"jobs": [MAIN]} and c.regions == {"batch": {"eu-west-1"}}, c.asked
        c.status(arn, "--aws-region", "us-east-1", code=2, says=["eu-west-1"])
        c.status(arn, arn.replace("eu-west-1", "us-east-1"), code=2, says=["one region"])


def usage__a_log_that_is_not_there_is_said_once_the_job_has_ended():
    gone = {"getlogevents": refusal("ResourceNotFoundException", "The specified log stream does not exist.")}
    with Canned(ended(1, logStreamName="s/default/1"), replies=gone) as c:
        assert "knows no stream s/default/1" in c.status(MAIN, "--show-logs", code=1).stderr
        assert "knows no stream" not in c.status(MAIN, code=1).stderr
    with Canned(detail(status="FAILED", statusReason="Task failed to start")) as c:
        assert "has no log" in c.status(MAIN, "--show-logs", code=1).stderr
        assert "has no log" in c.status(MAIN, "--show-logs", "--monitor", *QUICK, code=1).stderr
    with Canned(detail(container={"logStreamName": "s"}), replies=gone) as c:
        assert not c.status(MAIN, "--show-logs").stderr


def usage__answers_that_are_not_of_aws_are_said_to_be_none():
    for status in 302, 403, 404:
        with Canned(replies={"describejobs": {"status": status, "body": "<html>Forbidden</html>"}}) as c:
            c.status(MAIN, code=3, says=[f"answers {status}", "check --endpoint-url"])


def usage__a_list_that_does_not_end_is_no_list():
    more = {"listjobs": lambda params: {"body": {"jobSummaryList": [], "nextToken": "t"}}}
    with Canned(replies=more) as c:
        c.status("list", "--job-status", "RUNNING", code=75, says=["does not end"])
    with Canned(replies={**cluster(), **more}) as c:
        c.submit(code=75, says=["does not end"])
        assert not c.sent("SubmitJob")


def usage__interrupted_it_says_that_the_job_goes_on():
    with Canned(detail(), replies=cluster()) as c:
        for words in (), ("--json",):
            process = c.start("pulse-submit", *TRAIN, "--monitor", "--again", *QUICK, *words)
            seen = c.count("describejobs")
            while c.count("describejobs") < seen + 2:
                assert process.poll() is None
            programs.interrupt(process)
            err = process.communicate(timeout=300)[1]
            assert process.returncode == 130 and "the job goes on" in err and MAIN in err, err


def usage__no_password_of_a_proxy_is_said():
    for proxy in "http://who:hush@127.0.0.1:1", "who:hush@127.0.0.1:1", "odd://who:hush@127.0.0.1:1":
        with Canned(array(2, FAILED=2)) as c:
            process = c.start("pulse-status", MAIN, env={"https_proxy": proxy, "AWS_MAX_ATTEMPTS": "1",
                                                         "AWS_ENDPOINT_URL": "https://batch.invalid"})
            out, err = process.communicate(timeout=300)
            assert process.returncode in (3, 75) and "hush" not in out + err, err


def usage__a_misspelt_option_starts_no_training():
    with Canned() as c:
        for word in "--dryrun", "--dry_run", "--specs":
            c.run("pulse-node", 2, word, says=[word, "did you mean"])


def usage__words_that_are_no_utf_8_are_refused_and_long_ones_cut_between_characters():
    odd = b"\xff".decode("utf-8", "surrogateescape")
    with Canned(detail(), replies={"terminatejob": {"body": ""}}) as c:
        for words in ((odd,), ("list", "--job-queue", odd), (MAIN, "--terminate", "--reason", odd)):
            c.status(*words, code=2, says=["UTF-8" if len(words) > 1 else "no id of a job"])
        assert not c.asked
        c.status(MAIN, "--terminate", "--reason", "x" + "\u00fc" * 1000)
        said, = c.sent("TerminateJob")
        assert said["reason"].endswith(": x" + "\u00fc" * 449), said


def usage__whatever_runs_the_container_says_how_it_ended():
    """Of several containers by the first that failed; the ends of earlier attempts too."""
    def ended(*codes):
        return [{"name": f"c{i}", "exitCode": code, "reason": ""} for i, code in enumerate(codes)]
    pods = {"eksProperties": {"podProperties": {"containers": ended(0, 2)}},
            "eksAttempts": [{"containers": ended(75), "statusReason": "pod was evicted"}, {"containers": ended(0, 2)}]}
    tasks = {"ecsProperties": {"taskProperties": [{"containers": ended(0, 2)}]}, "attempts": [
        {"taskProperties": [{"containers": ended(75)}], "statusReason": "pod was evicted"},
        {"taskProperties": [{"containers": ended(0, 2)}]}]}
    for more in pods, tasks, {**pods, "eksProperties": None}:
        with Canned(detail(status="FAILED", statusReason="it failed", retryStrategy={"attempts": 3}, **more)) as c:
            out = c.status(MAIN, code=1).stdout
            assert "attempt 2 of 3" in out and "exit code 2" in out and "attempt 1 ended with exit code 75: pod was evicted" in out, out
            said, = json.loads(c.status(MAIN, "--json", code=1).stdout)
            assert said["exitCode"] == 2 and said["attempts"] == 2, said


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
