#!/usr/bin/python3
"""submit.py [CASE…]: pulse-submit sends what Batch takes, once, and only what can run."""
import contextlib
import hashlib
import http.server
import json
import os
import pathlib
import re
import sys
import threading

import programs
from canned import Canned
from job import fits
from programs import QUICK, cloud, jobs, local_aws, record


def request_of(aws):
    return aws.requests("SubmitJob")[-1]["params"]


def words_of(request):
    return request["containerOverrides"]["command"]


# ---- The request -------------------------------------------------------------------------------------

def submit__sends_what_batch_takes():
    with cloud() as c:
        c.submit("--job-name-prefix", "my job/1", "--tags", "team=macro", "who=x=y", "--memory", "8000", "--vcpus", "2",
                 "--retry-attempts", "5", "--job-timeout", "600", "--lags=3")
        sent, job = request_of(c.aws), c.only_job()
        assert sent["jobName"].startswith("my-job-1-") and sent["jobQueue"] == local_aws.QUEUE
        assert sent["jobDefinition"] == local_aws.DEFINITION and "nodeOverrides" not in sent
        assert words_of(sent) == ["pulse-train", *programs.TRAIN, "--lags=3"]
        asked = {r["type"]: r["value"] for r in sent["containerOverrides"]["resourceRequirements"]}
        assert asked == {"VCPU": "2", "MEMORY": "8000"}
        env = {e["name"]: e["value"] for e in sent["containerOverrides"]["environment"]}
        assert env == {"PULSE_RANKS": "2", "AWS_DEFAULT_REGION": local_aws.REGION}
        assert sent["timeout"] == {"attemptDurationSeconds": 600} and sent["propagateTags"] is True
        assert sent["tags"] == {"team": "macro", "who": "x=y"}
        rules = sent["retryStrategy"]
        assert rules["attempts"] == 5
        assert rules["evaluateOnExit"][-1] == {"action": "EXIT", "onStatusReason": "Essential container*"}
        assert {"action": "RETRY", "onExitCode": "75"} in rules["evaluateOnExit"]
        found = record()
        assert found["job_id"] == job["jobId"] and found["request"] == sent and found["mode"] == "single"


def tried_again(rules, status_reason, reason="", code=None):
    """What Batch makes of an attempt that ended so: no rule that fits means yes."""
    seen = {"onExitCode": "" if code is None else str(code), "onReason": reason, "onStatusReason": status_reason}
    for rule in rules:
        if all(fits(rule[name], value) for name, value in seen.items() if name in rule):
            return rule["action"] == "RETRY"
    return True


def submit__faults_of_the_infrastructure_are_tried_again():
    done, unstarted = "Essential container in task exited", "Task failed to start"
    faults = [f"{name}: timed out" for name in (
        "DockerTimeoutError", "CannotInspectContainerError", "CannotPullContainerError", "CannotStartContainerError",
        "ResourceInitializationError")]
    again = [(done, "", 75), ("Host EC2 (instance i-0ab) terminated.", ""), (unstarted, ""),
             *((status, reason) for status in (done, unstarted) for reason in faults), (faults[-1], "")]
    with Canned() as c:
        sent = json.loads(c.submit("--dry-run").stdout)["retryStrategy"]["evaluateOnExit"]
    folder = pathlib.Path(__file__).resolve().parents[3] / "cloud/aws/batch"
    made = [json.loads((folder / f"batch_job_definition{kind}.json").read_text(encoding="utf-8"))
            ["retryStrategy"]["evaluateOnExit"] for kind in ("", "_multinode")]
    for rules in (sent, *made):
        assert len(rules) <= 5 and all(tried_again(rules, *ending) for ending in again), rules
        for ending in (done, "", 1), (done, "", 2), (done, "OutOfMemoryError: Container killed", 137), (done, "", 139):
            assert not tried_again(rules, *ending), ending


def submit__sends_the_model_that_was_asked_for():
    with cloud() as c:
        model = ["--features", "lag1,ewma4+ewma16", "--calendar=on", "--targets", "a", "b", "--clip", "0"]
        c.submit(*model)
        assert words_of(request_of(c.aws)) == ["pulse-train", *programs.TRAIN, *model]


def submit__several_nodes_are_node_overrides_alone():
    with cloud() as c:
        c.submit("--nodes", 3)
        sent = request_of(c.aws)
        assert "containerOverrides" not in sent and sent["jobDefinition"] == local_aws.MULTINODE
        assert sent["nodeOverrides"]["numNodes"] == 3
        group, = sent["nodeOverrides"]["nodePropertyOverrides"]
        assert group["targetNodes"] == "0:" and group["containerOverrides"]["command"][0] == "pulse-train"
        c.aws.wait(c.only_job()["jobId"], "RUNNING")


def submit__dry_run_prints_the_request_and_sends_nothing():
    with cloud() as c:
        done = c.submit("--dry-run", "--nodes", "2", "--depends-on", "b", "a")
        assert "2 nodes" in done.stderr and c.aws.requests() == [] and not [p for p in os.listdir() if p != "aws"]
        said = json.loads(done.stdout)
        assert said.pop("dependsOn") == [{"jobId": "b"}, {"jobId": "a"}]
        c.aws.create("SubmitJob", said)
        whole = json.loads(c.submit("--dry-run", "--json").stdout)
        assert "one node" in whole["why"] and whole["request"]["jobName"] == whole["job_name"]


def submit__dask_threads_are_ranks_of_a_node():
    with cloud() as c:
        for options, ranks in ((["--use-dask"], "2"), (["--use-dask", "--dask-threads", "3"], "3"),
                               (["--dask-threads", "3"], "4")):
            said = json.loads(c.submit("--dry-run", *options).stdout)
            assert said["containerOverrides"]["environment"][0] == {"name": "PULSE_RANKS", "value": ranks}


def submit__buckets_are_named_as_the_original_did():
    with cloud() as c:
        done = c.run("pulse-submit", 0, "--s3-data-bucket", "d", "--s3-results-bucket", "r", "--variables", "a",
                     "--start-date", "2020-05-01", "--aws-region", "us-east-1", "--dry-run")
        assert words_of(json.loads(done.stdout)) == [
            "pulse-train", "--s3-data-bucket", "d", "--s3-results-bucket", "r", "--variables", "a", "--start-date",
            "2020-05-01", "--aws-region", "us-east-1"]


def submit__the_number_of_nodes_follows_from_work_and_memory():
    with cloud() as c:
        many = ["--variables", *(f"v{i}" for i in range(600)), "--start-date", "2000-01-01", "--end-date", "2024-12-31"]
        base = ["--data", "s3://d/x.parquet", "--output", "s3://r/x", "--dry-run", "--json", *many]

        def plan(*options):
            found = json.loads(c.run("pulse-submit", 0, *base, *options).stdout)
            overrides = found["request"].get("nodeOverrides", {"numNodes": 1})
            assert overrides["numNodes"] == found["nodes"] and (found["mode"] == "multi") == (found["nodes"] > 1)
            return found
        one = plan("--memory", "60000")
        assert one["nodes"] == 1 and "one node" in one["why"]
        several = plan("--memory", "60000", "--target-hours", "0.001")
        assert several["nodes"] > 1 and "--target-hours" in several["why"], several["why"]
        squeezed = plan("--memory", "1700", "--max-nodes", "100")
        assert squeezed["nodes"] > 1 and "GiB" in squeezed["why"], squeezed["why"]
        assert plan("--memory", "60000", "--mode", "multi")["nodes"] == 2
        assert plan("--memory", "1700", "--mode", "single")["nodes"] == 1
        c.run("pulse-submit", 2, *base, "--memory", "500", "--max-nodes", "2", says=["GiB", "--memory"])

        def need(*options):
            gib, seconds = re.search(r"need about ([0-9.]+) of its .* GiB and about ([0-9.]+) s",
                                     plan("--memory", "60000", *options)["why"]).groups()
            return float(gib), float(seconds)
        default, lags, few, penalty = (need(*options) for options in (
            (), ("--lags", "5"), ("--targets", "v1", "v2"), ("--ridge", "100,1000,10000,100000")))
        assert lags > default > few and penalty > default, (lags, default, few, penalty)


class Bucket(http.server.BaseHTTPRequestHandler):
    """Takes objects, and keeps them; lists three datasets and a note."""
    objects = {}

    def do_PUT(self):
        body = self.objects[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.reply(b"", ETag=f'"{hashlib.md5(body).hexdigest()}"')

    def do_GET(self):
        keys = "".join(f"<Contents><Key>datasets/{name}</Key><Size>1</Size></Contents>"
                       for name in ("README.txt", "historical_a.csv", "historical_b.h5", "historical_c.parquet"))
        self.reply(f"<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>".encode())

    def do_HEAD(self):
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def reply(self, body, **headers):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def bucket():
    """The variables that lead to it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.server_address[1]}"}
        server.shutdown()


def submit__variables_that_are_not_named_are_counted_in_s3():
    with cloud() as c, bucket() as env:
        data = ["--data", "s3://data/datasets/", "--output", "s3://results/run/"]
        c.run("pulse-submit", 0, *data, env=env)
        assert "one node: 4 ranks need" in record()["why"], record()["why"]


def submit__long_specifications_go_to_s3_and_are_named_by_their_digest():
    with cloud() as c, bucket() as env:
        names = [f"a_variable_with_a_long_name_{i:04}" for i in range(400)]
        c.run("pulse-submit", 0, "--data", "s3://data/all.parquet", "--output", "s3://results/run/", "--no-preflight",
              "--variables", *names, env=env)
        command = words_of(request_of(c.aws))
        assert command[0] == "--spec" and len(command) == 2
        uri, _, digest = command[1].partition("#sha256=")
        (path, body), = Bucket.objects.items()
        assert uri == f"s3:/{path}" and digest == hashlib.sha256(body).hexdigest()
        assert json.loads(body) == ["--data", "s3://data/all.parquet", "--output", "s3://results/run/", "--variables", *names]


def submit__refuses_bad_command_lines():
    with cloud() as c:
        for words, says in (("--job-timeout 59", "--job-timeout 59"), ("--vcpus 0", "--vcpus"),
                            ("--retry-attempts 11", "1 to 10"), ("--mode both", "auto, single or multi"),
                            ("--mode single --nodes 3", "leave one out"), ("--lags zero", "--lags"),
                            ("--no-such-option", "--no-such-option"), ("--json=1", "takes no value"),
                            ("--job-queue", "needs a value"), ("--vcpus 2 stray", "stray"), ("--tags nothing", "KEY=VALUE"),
                            ("--depends-on b@d", "b@d"), ("--show-logs", "--monitor"),
                            ("--start-date 2024-01-01 --end-date 2023-01-01", "after"),
                            ("--lags 20000", "--lags 20000"), ("--features lag1,mean4", "'mean4'"),
                            ("--lags 5 --features lag1", "one of them"), ("--calendar maybe", "auto, on or off"),
                            ("--lags 256 --variables " + " ".join(f"v{i}" for i in range(118)), "30000 features")):
            c.submit(*words.split(), code=2, says=[says])
        c.run("pulse-submit", 2, "--data", "s3://d/x", says=["--s3-results-bucket"])
        c.run("pulse-submit", 2, "--output", "s3://d/x", says=["--data"])
        c.submit(code=2, env={"AWS_REGION": None}, says=["--aws-region"])
        assert c.aws.requests() == []


# ---- Never twice -------------------------------------------------------------------------------------

def submit__an_answer_that_is_lost_makes_no_second_job():
    with cloud() as c:
        for fault in ({"kind": "lost"}, {"kind": "cut"}, {"kind": "garbage", "body": "<html>oh</html>"},
                      {"kind": "garbage", "body": "[]"}, {"kind": "strip", "fields": ["jobId"]},
                      {"kind": "garbage", "body": '{"jobId": "a\\u001b[2J$(b)", "jobName": "c"}'},
                      {"kind": "late_error", "status": 500, "code": "ServerException", "message": "oh"},
                      {"kind": "late_error", "status": 503, "code": "", "message": ""}):
            c.aws.fail("SubmitJob", **fault)
            before, sent = set(c.aws.jobs()), c.count("SubmitJob")
            said = json.loads(c.submit("--json", "--again").stdout)["job_id"]
            assert set(c.aws.jobs()) - before == {said} and c.count("SubmitJob") == sent + 1, fault


def submit__what_never_arrived_is_sent_again():
    with cloud() as c:
        c.aws.fail("SubmitJob", "reset")
        c.submit()
        assert c.count("SubmitJob") == 2 and c.only_job()
        sent = [r["params"] for r in c.aws.requests("SubmitJob")]
        assert sent[0] == sent[1]


def submit__says_when_it_cannot_know_whether_there_is_a_job():
    with cloud() as c:
        c.aws.fail("SubmitJob", "lost")
        c.aws.fail("ListJobs", "deny", times=-1)
        done = c.submit(code=75, says=["cannot be looked up", "pulse-retrodiction-"])
        assert c.only_job()["jobName"] in done.stderr and c.count("SubmitJob") == 1


def submit__storms_are_waited_out():
    with cloud() as c:
        for status, code in ((429, "TooManyRequestsException"), (429, "TooManyRequestsException"),
                             (500, "ServerException"), (503, "")):
            c.aws.fail("DescribeJobQueues", "error", status=status, code=code, message="slow down")
        c.aws.fail("SubmitJob", "error", times=3, status=429, code="TooManyRequestsException", message="slow down")
        c.submit()
        assert c.count("SubmitJob") == 4 and c.count("DescribeJobQueues") == 5 and c.only_job()


def submit__an_outage_ends_in_an_error():
    with cloud() as c:
        c.aws.fail("*", "error", times=-1, status=500, code="ServerException", message="oh")
        c.submit(code=75, says=["ServerException", "try again"], env={"AWS_MAX_ATTEMPTS": "3"})
        assert not c.aws.jobs()


def submit__codes_of_errors_are_found_wherever_they_stand():
    with cloud() as c:
        for where in ("header", "code", "Code", "__type"):
            c.aws.fail("SubmitJob", "error", status=400, code="ClientException", message="no such thing", where=where)
            c.submit(code=3, says=["SubmitJob", "400 ClientException", "no such thing"])
        assert not c.aws.jobs()


def submit__the_same_under_way_is_not_submitted_twice():
    with cloud() as c:
        c.submit()
        first = c.only_job()["jobId"]
        c.submit(code=2, says=[first, "--again"])
        c.submit("--again")
        c.submit("--lags", "4")
        assert len(c.aws.jobs()) == 3
        for job in c.aws.jobs():
            c.aws.wait(job, "RUNNING")
            c.aws.finish(job)
            c.aws.wait(job)
        c.submit()
        assert len(c.aws.jobs()) == 4


def submit__records_that_cannot_be_written_lose_no_job():
    with cloud() as c:
        done = c.submit(cwd="/proc")
        assert "submitted" in done.stdout and "submitted all the same" in done.stderr and c.only_job()


# ---- Looking first -----------------------------------------------------------------------------------

def not_submitted(c, *words, options=()):
    c.submit(*options, code=2, says=[*words, "nothing was submitted"])
    assert not c.aws.jobs()


def submit__what_can_never_run_is_not_submitted():
    name = local_aws.ENVIRONMENT
    with cloud() as c:
        def with_environment(*words, options=(), state="ENABLED", status="VALID", reason="", **resources):
            made = local_aws.environment(name, **resources)["computeResources"]
            c.aws.change("environment", name, computeResources=made, state=state, status=status, statusReason=reason)
            not_submitted(c, name, *words, options=options)
        not_submitted(c, "no job queue nobody", "--job-queue", options=["--job-queue", "nobody"])
        not_submitted(c, "no active job definition nothing", options=["--job-definition", "nothing"])
        with_environment("DISABLED", state="DISABLED")
        with_environment("no role", status="INVALID", reason="no role")
        with_environment("at most 8 vCPUs", "ask for 12", vcpus=8, options=["--nodes", "3"])
        with_environment("Spot", kind="SPOT", options=["--nodes", "2"])
        with_environment("Fargate", kind="FARGATE", options=["--nodes", "2"])
        with_environment("m6i.xlarge", "16384", instanceTypes=["m6i.xlarge", "c6i.xlarge"],
                         options=["--memory", "16384"])
        with_environment("m6i", "asks for 129", vcpus=1000, instanceTypes=["m6i"], options=["--vcpus", "129"])
        c.aws.change("environment", name, **local_aws.environment(name))
        c.aws.change("queue", local_aws.QUEUE, status="INVALID", statusReason="broken")
        not_submitted(c, "broken")
        c.aws.change("queue", local_aws.QUEUE, state="DISABLED", status="VALID")
        not_submitted(c, "DISABLED")


def submit__closed_ranges_and_wrong_types_are_found():
    with cloud() as c:
        c.aws.create("RegisterJobDefinition", local_aws.multinode("closed", targets="0:1"))
        not_submitted(c, "exactly 2 nodes", '"0:"', options=["--nodes", "3", "--job-definition", "closed"])
        not_submitted(c, "of type container", "multi-node",
                      options=["--nodes", "3", "--job-definition", local_aws.DEFINITION])


def submit__what_may_not_be_looked_at_is_a_warning():
    with cloud() as c:
        for operation in ("DescribeJobQueues", "DescribeJobDefinitions", "ListJobs"):
            c.aws.fail(operation, "deny", times=-1)
        done = c.submit()
        for what in "the job queue was", "the job definition was", "the data were":
            assert f"{what} not checked" in done.stderr, done.stderr
        assert c.only_job()


def submit__no_preflight_leaves_the_decision_to_batch():
    with cloud() as c:
        c.aws.change("queue", local_aws.QUEUE, state="DISABLED")
        c.submit("--no-preflight", code=3, says=["not in ENABLED state"])
        assert c.count("DescribeJobQueues") == 0


# ---- Following ---------------------------------------------------------------------------------------

def submit__monitor_ends_as_the_job_did():
    with cloud() as c:
        for code, ended in ((0, 0), (3, 1)):
            process = c.start("pulse-submit", *programs.TRAIN, "--again", "--monitor", "--show-logs", *QUICK)
            c.until(process, lambda: any(j["status"] == "RUNNING" for j in c.aws.jobs().values()))
            job, = [j["jobId"] for j in c.aws.jobs().values() if j["status"] == "RUNNING"]
            c.aws.say(job, "rows are read", "done")
            c.aws.finish(job, code)
            done = c.end(process, ended)
            assert "rows are read\ndone\n" in done.stdout and f"{job} {'FAILED' if code else 'SUCCEEDED'}" in done.stdout


def submit__interrupted_it_says_what_may_be_left():
    with cloud() as c:
        c.aws.fail("SubmitJob", "slow", seconds=3)
        process = c.start("pulse-submit", *programs.TRAIN)
        c.until(process, lambda: c.aws.jobs())
        programs.interrupt(process)
        done = c.end(process, 130, "interrupted", "there may be a job")
        assert c.only_job()["jobName"] in done.stderr


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
