"""Replies of AWS by the dozen, as a test lists them: for what our double has no state for. Each request is checked
against botocore's model of its service."""
import contextlib
import http.server
import json
import os
import pathlib
import subprocess
import threading

import programs  # noqa: F401  (finds the double's modules)
from support import jobs
import model

MAIN = "5f0e3c1a-0a1b-4c2d-8e3f-102030405060"
OTHER = "7a9b2d4e-1111-4222-8333-a0b0c0d0e0f0"
ACCOUNT = "arn:aws:batch:us-east-1:111122223333"
QUEUE = "pulse-retrodiction-job-queue"
TRAIN = ["--data", "s3://data/all.parquet", "--output", "s3://results/run/", "--variables", "a", "b"]


def detail(job=MAIN, status="RUNNING", **more):
    """What DescribeJobs says of a job."""
    return {"jobId": job, "jobName": "trial", "jobArn": f"{ACCOUNT}:job/{job}", "jobQueue": f"{ACCOUNT}:job-queue/{QUEUE}",
            "jobDefinition": f"{ACCOUNT}:job-definition/pulse-retrodiction-training:1", "status": status,
            "createdAt": 1795900000000, "attempts": [], **more}


def array(size, status="FAILED", **counts):
    """An array's parent."""
    more = {"statusReason": "Array Child Job failed"} if status == "FAILED" else {}
    return detail(status=status, arrayProperties={"size": size, "statusSummary": counts}, **more)


def child(index, status="SUCCEEDED", parent=MAIN, **more):
    return detail(f"{parent}:{index}", status, arrayProperties={"index": index}, **more)


def events(*lines, token="f/1"):
    return {"body": {"events": [{"timestamp": 1000 + i, "message": line} for i, line in enumerate(lines)],
                     "nextForwardToken": token, "nextBackwardToken": "b/1"}}


def refusal(code, message="no", status=400):
    return {"status": status, "body": {"__type": code, "message": message}}


def environment(**resources):
    return {"computeEnvironmentName": "ce", "computeEnvironmentArn": f"{ACCOUNT}:compute-environment/ce",
            "state": "ENABLED", "status": "VALID", "type": "MANAGED",
            "computeResources": {"type": "EC2", "maxvCpus": 4000, "instanceTypes": ["m6i.4xlarge"], **resources}}


def cluster(queue=None, resources=None, definition=None):
    """Replies of a queue, its environment and a definition; and of a submission that is taken."""
    container = {"image": "x", "resourceRequirements": [{"type": "VCPU", "value": "4"},
                                                        {"type": "MEMORY", "value": "14336"}]}
    return {"describejobqueues": {"body": {"jobQueues": [
                {"jobQueueName": QUEUE, "jobQueueArn": f"{ACCOUNT}:job-queue/{QUEUE}", "state": "ENABLED",
                 "status": "VALID", "priority": 1, "computeEnvironmentOrder": [
                     {"order": 1, "computeEnvironment": f"{ACCOUNT}:compute-environment/ce"}], **(queue or {})}]}},
            "describecomputeenvironments": {"body": {"computeEnvironments": [environment(**(resources or {}))]}},
            "describejobdefinitions": {"body": {"jobDefinitions": [
                {"jobDefinitionName": "pulse-retrodiction-training", "revision": 1, "status": "ACTIVE",
                 "jobDefinitionArn": f"{ACCOUNT}:job-definition/pulse-retrodiction-training:1", "type": "container",
                 "containerProperties": container, **(definition or {})}]}},
            "listjobs": {"body": {"jobSummaryList": []}},
            "submitjob": {"body": {"jobId": MAIN, "jobName": "x", "jobArn": f"{ACCOUNT}:job/{MAIN}"}}}


class Canned:
    """`jobs`: what DescribeJobs knows, by id. `replies`: {operation in small letters: a reply or a list of them, of
    which the last repeats, or a function of the parameters}; a reply: status, headers, body (JSON or text)."""

    def __init__(self, *known, replies=None):
        self.jobs = {one["jobId"]: one for one in known}
        self.replies, self.asked, self.wrong = dict(replies or {}), [], []
        self.regions = {}  # service: the regions that requests were signed for
        self.keys = []  # with which key each was signed
        self.bearers = []  # the tokens of sign-ons that were shown
        self.models = {name: model.Service(name) for name in ("batch", "logs")}
        self.url = self.server = None

    def sent(self, operation):
        return [params for name, params in self.asked if name == operation.lower()]

    def count(self, *operations):
        return sum(len(self.sent(one)) for one in operations) if operations else len(self.asked)

    # ---- The server

    def check(self, target, path, params):
        service = "logs" if target else "batch"
        name = target.rpartition(".")[2] if target else self.models["batch"].paths.get(("POST", path))
        wrong = self.models[service].check(name, params) if name else None
        if wrong:
            self.wrong.append(f"{name}: {wrong}")

    def reply(self, name, params):
        found = self.replies.get(name)
        if isinstance(found, list):
            found = found[min(len(self.sent(name)), len(found)) - 1]
        if callable(found):
            found = found(params)
        if found is None and name == "describejobs":
            return {"body": {"jobs": [self.jobs[i] for i in params["jobs"] if i in self.jobs]}}
        if found is None and name == "listjobs" and "arrayJobId" in params:
            return self.children(params)
        if found is None and name == "getlogevents":
            return events()
        return found or {"status": 404, "body": {"message": f"no reply for {name}"}}

    def children(self, params):
        """A page of an array's children in a state."""
        found = [one for one in self.jobs.values() if one["jobId"].startswith(params["arrayJobId"] + ":")
                 and one["status"] == params.get("jobStatus", "RUNNING")]
        begin = int(params.get("nextToken") or 0)
        kept = ("jobId", "jobName", "status", "statusReason", "createdAt", "arrayProperties", "container")
        body = {"jobSummaryList": [{k: one[k] for k in kept if k in one} for one in found[begin:begin + 1000]]}
        if len(found) > begin + 1000:
            body["nextToken"] = str(begin + 1000)
        return {"body": body}

    def __enter__(self):
        canned = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                """Nobody reads it."""

            def answer(self):
                text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
                target, path = self.headers.get("X-Amz-Target"), self.path.partition("?")[0]
                name = (target.rpartition(".")[2] if target else path.rstrip("/").rpartition("/")[2]).lower()
                params = json.loads(text) if text.startswith("{") else text
                if text.startswith("Action="):
                    name = text[7:].partition("&")[0].lower()
                elif isinstance(params, dict):
                    canned.check(target, path, params)
                canned.asked.append((name, params))
                scope = self.headers.get("Authorization", "").partition("Credential=")[2].split("/")
                if "x-amz-sso_bearer_token" in self.headers:
                    canned.bearers.append(self.headers["x-amz-sso_bearer_token"])
                if len(scope) > 3:
                    canned.regions.setdefault(scope[3], set()).add(scope[2])
                    canned.keys.append(scope[0])
                found = canned.reply(name, params)
                body = found.get("body", {})
                body = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(found.get("status", 200))
                for key, value in found.get("headers", {}).items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_HEAD = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        return self

    def __exit__(self, kind, *_):
        self.server.shutdown()
        assert kind or not self.wrong, self.wrong

    # ---- Our programs

    def start(self, program, *arguments, env=None):
        made = {"PATH": os.environ["PATH"], "HOME": os.getcwd(), "LC_ALL": "C.UTF-8", "AWS_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_ENDPOINT_URL": self.url, **{k: os.environ[k] for k in os.environ if k.endswith("SAN_OPTIONS")},
                **(env or {})}
        return subprocess.Popen([os.path.join(jobs.binaries(), program), *map(str, arguments)], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env={k: v for k, v in made.items() if v is not None}, errors="replace")

    def run(self, program, code, *arguments, says=(), **more):
        process = self.start(program, *arguments, **more)
        out, err = process.communicate(timeout=300)
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        jobs.expect(done, code, *says)
        return done

    def status(self, *arguments, code=0, **more):
        return self.run("pulse-status", code, *arguments, **more)

    def submit(self, *arguments, code=0, **more):
        return self.run("pulse-submit", code, *TRAIN, *arguments, **more)


def write(name, text):
    path = pathlib.Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def proxy(status=502):
    """(url, lines): a proxy that notes what it is asked for, and refuses."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            """Nobody reads it."""

        def refuse(self):
            seen.append(f"{self.requestline} {self.headers}")
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_CONNECT = do_GET = do_POST = do_PUT = refuse

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
