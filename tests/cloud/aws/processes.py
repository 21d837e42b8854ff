"""Runs containers: a single node's as a process tree here, several nodes' on hosts of their own.

The environment is that of a container in Batch: nothing of ours but PATH, the job's variables,
those of Batch, the way to credentials. Standard output and error go to the log stream, in pieces
of 16 KiB at most, as Docker's log drivers do.
"""
import hmac
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import urllib.parse

import relay

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import hosts  # noqa: E402

PYTHON = "/usr/bin/python3"
CONTAINER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "container.py")
PIECE = 16 << 10
INSIDE = "/run/pulse"  # where hosts see the programs


def batch_variables(job, node):
    """What Batch says to a container."""
    order = job.queue["computeEnvironmentOrder"][0]["computeEnvironment"]
    found = {"AWS_BATCH_JOB_ID": job.id, "AWS_BATCH_JOB_ATTEMPT": str(node.attempt),
             "AWS_BATCH_CE_NAME": order.rpartition("/")[2], "AWS_BATCH_JQ_NAME": job.queue["jobQueueName"]}
    if job.parent:
        found.update(AWS_BATCH_JOB_ARRAY_INDEX=str(job.index), AWS_BATCH_JOB_ARRAY_SIZE=str(job.parent.size))
    if job.multi:
        found.update(AWS_BATCH_JOB_ID=f"{job.id}#{node.index}", AWS_BATCH_JOB_NODE_INDEX=str(node.index),
                     AWS_BATCH_JOB_MAIN_NODE_INDEX=str(job.main), AWS_BATCH_JOB_NUM_NODES=str(job.count))
        if node.index != job.main:
            found["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = job.nodes[job.main].address
    return found


class Running:
    """A container that runs: what the scheduler asks of a process."""

    def __init__(self, popen, say):
        self.popen, self.reason, self.lost = popen, None, None
        self.reader = threading.Thread(target=self.read, args=(say,), daemon=True)
        self.reader.start()

    def read(self, say):
        with self.popen.stdout as pipe:
            while True:
                line = pipe.readline(PIECE)
                if not line:
                    return
                say(line.rstrip(b"\n").decode(errors="replace"))

    def poll(self):
        """Known only when all it wrote is in the log."""
        code = self.popen.poll()
        if code is None:
            return None
        self.reader.join(5)
        if code == 127 and not self.reason:
            self.reason = "CannotStartContainerError: the entry point cannot be started"
        return code if code >= 0 else 128 - code

    def terminate(self):
        self.popen.send_signal(signal.SIGTERM)

    def kill(self):
        self.popen.send_signal(signal.SIGUSR1)

    def lose(self, instance):
        self.lost = instance
        self.kill()


class OnHost(Running):
    """Signals go past nsenter to the command; killing and losing take the host."""

    def __init__(self, host, popen, say):
        super().__init__(popen, say)
        self.host = host

    def terminate(self):
        self.host.signal(self.popen, signal.SIGTERM)

    def kill(self):
        self.host.kill()


class NotStarted:
    """What could not run: ended from the beginning."""

    lost = None

    def __init__(self, reason):
        self.reason = f"CannotStartContainerError: {reason}"

    def poll(self):
        return 127

    def terminate(self):
        """Nothing runs."""

    kill = terminate


class Field:
    """The hosts of one attempt of a multi-node job, and the relays that make servers reachable from them."""

    def __init__(self, cloud, job, programs, variables):
        self.cluster = hosts.Cluster(job.count, {programs: INSIDE} if os.path.isdir(programs) else {})
        self.relays, self.variables = [], dict(variables)
        try:
            for name, value in self.variables.items():
                url = urllib.parse.urlsplit(value)
                if name.startswith("AWS_ENDPOINT_URL") and url.hostname == "127.0.0.1":
                    port = self.relay(relay.listen(self.cluster.address, 0), url.port)
                    self.variables[name] = f"http://{self.cluster.address}:{port}"
            for host in self.cluster.hosts:
                hosts.call("nsenter", f"--net=/proc/{host.pid}/ns/net", "ip", "addr", "add",
                           f"{relay.ECS_ADDRESS}/32", "dev", "lo")
                self.relay(relay.listen(relay.ECS_ADDRESS, 80, host.pid), urllib.parse.urlsplit(cloud.url).port)
        except BaseException:
            self.down()
            raise

    def relay(self, listener, port):
        self.relays.append(relay.Relay(listener, port))
        return listener.getsockname()[1]

    def down(self):
        self.cluster.down()
        for one in self.relays:
            one.close()


class Processes:
    """The runner. `arguments`: entrypoint, env, programs, keep (see server.py)."""

    def __init__(self, cloud, arguments):
        self.cloud = cloud
        self.programs = os.path.abspath(arguments.programs)
        self.entrypoint = arguments.entrypoint or [os.path.join(self.programs, "pulse-node")]
        self.keep = arguments.keep
        self.variables = {"AWS_ENDPOINT_URL": cloud.url, "AWS_REGION": cloud.region,
                          "AWS_EC2_METADATA_DISABLED": "true",
                          **dict(one.partition("=")[::2] for one in arguments.env)}
        self.fields, self.folders, self.key = {}, {}, os.urandom(32)

    def environment(self, job, node, variables):
        found = {"PATH": f"{self.programs}:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **variables}
        found.update({one["name"]: one.get("value", "") for one in node.container.get("environment", [])
                      if "name" in one})
        # What Secrets Manager would hand over: a value for each ARN, the same to all containers.
        found.update({one["name"]: hmac.new(self.key, one["valueFrom"].encode(), "sha256").hexdigest()
                      for one in node.container.get("secrets", [])})
        return {**found, **batch_variables(job, node)}

    def start(self, job, node):
        def say(line):
            self.cloud.logs.add(node.group, node.stream, line)

        try:
            return self.start_on_host(job, node, say) if job.multi else self.start_here(job, node, say)
        except (OSError, hosts.CannotRun) as no:
            return NotStarted(no)

    def start_here(self, job, node, say):
        folder = os.path.join(self.cloud.state, "containers", node.stream.rpartition("/")[2])
        os.makedirs(os.path.join(folder, "tmp"), mode=0o700)
        self.folders.setdefault(job.id, []).append(folder)
        env = self.environment(job, node, self.variables)
        env.update(HOME=folder, TMPDIR=os.path.join(folder, "tmp"),
                   AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{self.cloud.url}/v2/credentials/",
                   AWS_CONTAINER_AUTHORIZATION_TOKEN=self.cloud.job_token)
        if os.geteuid() == 0:  # an image has a user of its own; a process of this machine has not
            env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
        command = [PYTHON, CONTAINER, *self.entrypoint, *node.container["command"]]
        return Running(subprocess.Popen(command, env=env, cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT), say)

    def start_on_host(self, job, node, say):
        if job.id not in self.fields:
            self.fields[job.id] = Field(self.cloud, job, self.programs, self.variables)
        field = self.fields[job.id]
        host = field.cluster[node.index]
        node.address = host.address
        env = self.environment(job, node, field.variables)
        env["PATH"] = env["PATH"].replace(self.programs, INSIDE, 1)
        env["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = f"/v2/credentials/{self.cloud.job_token}"
        entry = [word.replace(self.programs, INSIDE, 1) if word.startswith(self.programs + "/") else word
                 for word in self.entrypoint]
        return OnHost(host, host.popen([*entry, *node.container["command"]], env, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT), say)

    def left_behind(self, job, field):
        """Copies what the nodes' disks hold to where a test can read it."""
        for host in field.cluster.hosts:
            for folder in ("/tmp", "/var/tmp", "/dev/shm", "/run/home"):
                with_links = os.path.join(self.cloud.state, "left", job.id, str(host.index), folder[1:])
                if os.path.isdir(host.path(folder)):
                    shutil.copytree(host.path(folder), with_links, symlinks=True, dirs_exist_ok=True)

    def close(self, job):
        field = self.fields.pop(job.id, None)
        if field:
            if self.keep:
                self.left_behind(job, field)
            field.down()
        for folder in () if self.keep else self.folders.pop(job.id, ()):
            shutil.rmtree(folder, ignore_errors=True)

    def shut(self):
        for field in self.fields.values():
            field.down()
