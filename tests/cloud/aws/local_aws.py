"""The local AWS as tests use it: starts the server, seeds it, scripts its faults, reads what it was asked.

    with LocalAWS("aws", run="puppet") as aws:
        aws.fail("SubmitJob", "lost")
        ...                              # a program under test with env=aws.env()
        aws.requests("SubmitJob")        # each a dict: params, status, error, fault …

`run="puppet"`: jobs pass through all states, but their containers do only what `say` and `finish`
ask for. `run="process"`: their commands run here, by pulse-node or another `entrypoint`.
"""
import contextlib
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

PYTHON = "/usr/bin/python3"
SERVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "server.py")
REGION = "us-east-1"
QUEUE, DEFINITION, MULTINODE = ("pulse-retrodiction-job-queue", "pulse-retrodiction-training",
                                "pulse-retrodiction-training-multinode")
ENVIRONMENT, SPOT = "pulse-retrodiction-compute-env", "pulse-retrodiction-spot"
FINAL = ("SUCCEEDED", "FAILED")


def environment(name, kind="EC2", vcpus=64, **more):
    """Parameters of CreateComputeEnvironment."""
    resources = {"type": kind, "maxvCpus": vcpus, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    if not kind.startswith("FARGATE"):
        resources.update(minvCpus=0, instanceTypes=["c6i.4xlarge"], instanceRole="ecsInstanceRole")
    return {"computeEnvironmentName": name, "type": "MANAGED", "state": "ENABLED",
            "computeResources": {**resources, **more}}


def queue(name, *environments):
    return {"jobQueueName": name, "state": "ENABLED", "priority": 1, "computeEnvironmentOrder": [
        {"order": i + 1, "computeEnvironment": e} for i, e in enumerate(environments)]}


def container(command=(), vcpus=4, memory=8192, **more):
    return {"image": "pulse-retrodiction:latest", "command": list(command), **more, "resourceRequirements": [
        {"type": "VCPU", "value": str(vcpus)}, {"type": "MEMORY", "value": str(memory)}]}


def definition(name, **more):
    return {"jobDefinitionName": name, "type": "container", "containerProperties": container(), **more}


def multinode(name, nodes=2, targets="0:", **more):
    return {"jobDefinitionName": name, "type": "multinode", "nodeProperties": {
        "numNodes": nodes, "mainNode": 0,
        "nodeRangeProperties": [{"targetNodes": targets, "container": container()}]}, **more}


DEFAULTS = (("CreateComputeEnvironment", environment(ENVIRONMENT)),
            ("CreateJobQueue", queue(QUEUE, ENVIRONMENT)),
            ("RegisterJobDefinition", definition(DEFINITION)),
            ("RegisterJobDefinition", multinode(MULTINODE)))


class LocalAWS:
    """A server of one's own. `keys`: (key, secret) that an S3 server beside it knows; `variables`: of
    containers; `programs`: where pulse-node is; `keep`: what containers wrote stays below `state`."""

    def __init__(self, state, run="process", entrypoint=None, programs=None, keys=None, variables=None,
                 keep=False, seed=DEFAULTS):
        self.state, self.run, self.entrypoint = os.path.abspath(state), run, entrypoint
        self.programs = programs or os.environ.get("PULSE_BIN", "build/bin")
        self.keys, self.variables, self.keep, self.seeds = keys, variables or {}, keep, seed
        self.process = self.access = None

    # ---- Start and stop --------------------------------------------------------------------------

    def start(self):
        os.makedirs(self.state, exist_ok=True)
        command = [PYTHON, SERVER, "--state", self.state, "--run", self.run, "--programs", self.programs]
        command += ["--keep"] * self.keep
        for name, value in self.variables.items():
            command += ["--env", f"{name}={value}"]
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        if self.keys:
            command.append("--fixed-keys")
            env["PULSE_FIXED_KEYS"] = " ".join(self.keys)
        if self.entrypoint:
            command += ["--entrypoint", json.dumps(self.entrypoint)]
        with open(os.path.join(self.state, "server.log"), "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            env=env, text=True, start_new_session=True)
        if not self.process.stdout.readline():
            self.process.wait()
            with open(os.path.join(self.state, "server.log"), encoding="utf-8") as log:
                raise RuntimeError(f"the local AWS did not start:\n{log.read()}")
        with open(os.path.join(self.state, "access.json"), encoding="utf-8") as file:
            self.access = json.load(file)
        for operation, params in self.seeds:
            self.create(operation, params)
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(300)
            self.process.stdout.close()
            self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()

    # ---- For the programs under test -------------------------------------------------------------

    @property
    def url(self):
        return self.access["url"]

    def env(self, base=None, **more):
        """Variables for a client: nothing of AWS but what leads here. A value None takes one out."""
        env = {k: v for k, v in (os.environ if base is None else base).items()
               if not k.startswith("AWS_") and k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
        env.update(AWS_ACCESS_KEY_ID=self.access["AccessKeyId"], AWS_SECRET_ACCESS_KEY=self.access["SecretAccessKey"],
                   AWS_REGION=REGION, AWS_ENDPOINT_URL=self.url, AWS_EC2_METADATA_DISABLED="true",
                   HOME=self.state)
        env.update(more)
        return {k: v for k, v in env.items() if v is not None}

    def client(self, service="batch", **credentials):
        """boto3's client, which does not try again on its own."""
        import boto3
        import botocore.config
        given = {"aws_access_key_id": self.access["AccessKeyId"],
                 "aws_secret_access_key": self.access["SecretAccessKey"], **credentials}
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, **given,
                            config=botocore.config.Config(retries={"max_attempts": 0}, proxies={}))

    # ---- What the test asks for ---------------------------------------------------------------------

    def admin(self, verb, **asked):
        request = urllib.request.Request(f"{self.url}/admin/{verb}", json.dumps(asked).encode(),
                                         {"X-Admin": self.access["admin"]})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=300) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as no:
            raise ValueError(no.read().decode()) from None

    def create(self, operation, params):
        return self.admin("create", operation=operation, params=params)

    def change(self, what, name, **fields):
        """what: queue, environment or definition (by name:revision)."""
        self.admin("change", what=what, name=name, fields=fields)

    def settings(self, **values):
        """hold, start_seconds, kill_seconds, time_scale, log_delay, empty_pages, credentials_seconds."""
        self.admin("settings", **values)

    def fail(self, operation, kind, times=1, **more):
        """See faults.py for the kinds; times -1 is for ever."""
        self.admin("fail", operation=operation, kind=kind, times=times, **more)

    def heal(self):
        self.admin("heal")

    def patch(self, job, **fields):
        """What DescribeJobs shows is overlaid: patch(id, status="FAILED", statusReason="…")."""
        self.admin("patch", job=job, fields=fields)

    def vanish(self, job, gone=True):
        self.admin("patch", job=job, vanished=gone)

    def say(self, job, *lines, **more):
        """A puppet's output; node=N for another than the main node, timestamp in ms."""
        self.admin("say", job=job, lines=list(lines), **more)

    def finish(self, job, code=0, **more):
        """A puppet ends; reason= the container's, lost= the instance's name, node=N."""
        self.admin("finish", job=job, code=code, **more)

    def lose(self, job, instance="i-0123456789abcdef0", **more):
        """A node's instance is gone with all that ran there; node=N."""
        self.admin("lose", job=job, instance=instance, **more)

    def log(self, stream, *lines, **more):
        self.admin("log", stream=stream, lines=list(lines), **more)

    def expire(self):
        """Ends all session credentials."""
        self.admin("expire")

    def session(self, seconds=3600):
        """Session credentials, as STS gives them: AccessKeyId, SecretAccessKey, Token, Expiration."""
        return self.admin("session", seconds=seconds)

    # ---- What it was asked, and what became of it ------------------------------------------------

    def requests(self, operation=None):
        with contextlib.suppress(FileNotFoundError):
            with open(os.path.join(self.state, "requests.jsonl"), encoding="utf-8") as file:
                found = [json.loads(line) for line in file]
            return [one for one in found if operation in (None, one["operation"])]
        return []

    def show(self):
        """jobs (id: details), logs (group: stream: lines), secrets."""
        return self.admin("show")

    def jobs(self):
        return self.show()["jobs"]

    def wait(self, job, *states, attempt=None, seconds=300):
        """Until the job is in one of these states (or at its end), in this attempt (from 1); its details."""
        end = time.monotonic() + seconds
        while True:
            found = self.jobs()[job]
            ended = found["status"] in FINAL
            if found["status"] in (states or FINAL) and attempt in (None, len(found["attempts"]) + (not ended)):
                return found
            if time.monotonic() > end or ended:
                raise AssertionError(f"job {job} is {found['status']} ({found.get('statusReason')}), not {states}")
            time.sleep(0.05)
