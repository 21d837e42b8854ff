"""What the tests of pulse-node share: programs to run instead of pulse-train, nodes of a job."""
import contextlib
import hmac
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

for folder in ("cloud", "s3", "mpi"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / folder))
import fault_proxy as fp  # noqa: E402
import hosts  # noqa: E402
import jobs  # noqa: E402
import swift  # noqa: E402
from arrays import arrays, check_same, raw  # noqa: E402, F401
from support import Bucket, server  # noqa: E402

JOB = "0badf00d-0000-4000-8000-000000000000"
SECRET = "of-this-job-alone-0123456789abcdef"
ENDS = 240  # seconds until which a job ends is slow, and after which it hangs


def stand_in(script, name="programs"):
    """A directory with pulse-node and, instead of pulse-train, a shell script."""
    os.mkdir(name)
    shutil.copy(os.path.join(jobs.binaries(), "pulse-node"), name)
    path = pathlib.Path(name, "pulse-train")
    path.write_text("#!/bin/sh\n" + script, encoding="ascii")
    path.chmod(0o755)
    os.chmod(name, 0o755)
    return os.path.abspath(name)


def for_real_ranks(env):
    """LeakSanitizer itself crashes now and then at the end of ranks that pulse-node has started."""
    return dict(env, ASAN_OPTIONS=env.get("ASAN_OPTIONS", "") + ":detect_leaks=0")


def single(*arguments, programs=None, env=None, **more):
    """pulse-node on this machine, run to its end."""
    env = dict(jobs.environment(), **(env or {}))
    return subprocess.run([os.path.join(programs or jobs.binaries(), "pulse-node"), *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=300, env=env if programs else for_real_ranks(env), **more)


def waited(condition, seconds=ENDS):
    """Whether it comes true within this time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def panel_in(s3, rows, variables, seed):
    """A panel as panel.csv in the bucket and on disk; its last day."""
    frame = jobs.panel(rows, variables, seed=seed)
    jobs.write(frame, "panel.csv")
    s3.put("panel.csv", pathlib.Path("panel.csv").read_bytes())
    return jobs.last_day(frame)


def sealed(name, text, attempt=1, job=JOB, secret=SECRET):
    """What pulse-node puts into an object of this name: what it says, signed."""
    signed = hmac.new(secret.encode(), f"{job}\n{attempt}\n{name}\n{text}".encode(), "sha256").hexdigest()
    return json.dumps({"text": text, "hmac": signed}).encode()


def card(s3, name, attempt=1, prefix="out"):
    """What a node announced."""
    return json.loads(json.loads(s3.get(f"{prefix}/rendezvous/{JOB}/{attempt}/{name}"))["text"])


class Nodes:
    """A job of several nodes: a pulse-node on each host. `logs` are what they wrote so far."""

    def __init__(self, cluster, s3, *arguments, attempt=1, absent=(), env=None):
        self.cluster, self.s3, self.processes, self.attempt = cluster, s3, {}, attempt
        self.arguments, self.more = list(map(str, arguments)), env or {}
        for host in cluster:
            if host.index not in absent:
                self.start(host)

    def start(self, host, program="/run/pulse/pulse-node"):
        with open(f"log.{self.attempt}.{host.index}", "w", encoding="utf-8") as log:
            self.processes[host.index] = host.popen(
                [program, "pulse-train", *self.arguments], self.environment(host),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def environment(self, host):
        wanted = ("PATH", "OMP_", "OPENBLAS_", "OMPI_", "ASAN_", "LSAN_", "UBSAN_", "LC_ALL")
        env = {k: v for k, v in jobs.environment().items() if k.startswith(wanted)}
        env.update({k: v for k, v in self.s3.env.items() if k.startswith("AWS_")})
        env.update(AWS_BATCH_JOB_ID=f"{JOB}#{host.index}", AWS_BATCH_JOB_ATTEMPT=str(self.attempt),
                   AWS_BATCH_JOB_NUM_NODES=str(len(self.cluster)), AWS_BATCH_JOB_MAIN_NODE_INDEX="0",
                   AWS_BATCH_JOB_NODE_INDEX=str(host.index), PULSE_RANKS="2",
                   PULSE_RENDEZVOUS_SECONDS="200", PULSE_RENDEZVOUS_SECRET=SECRET, OMPI_MCA_mpi_yield_when_idle="1")
        if not host.path("/run/pulse/pulse-train").read_bytes().startswith(b"#!"):
            env = for_real_ranks(env)
        if host.index:
            env["AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"] = self.cluster[0].address
        return {**env, **self.more}

    def log(self, index):
        return pathlib.Path(f"log.{self.attempt}.{index}").read_text(encoding="utf-8")

    def logs(self):
        return "\n".join(f"--- node {i}:\n{self.log(i)}" for i in self.processes)

    def ranks_that_say(self, word):
        """"node:rank" of each, once: mpirun sends a rank that is just ending another signal."""
        return set(re.findall(rf"^\[(\d+:\d+)\] {word}$", self.log(0), re.MULTILINE))

    def says(self, index, words, seconds=ENDS):
        """Waits until a node has said this."""
        assert waited(lambda: words in self.log(index), seconds), f"no {words!r} in\n{self.logs()}"

    def signal(self, index, number):
        """To the pulse-node of a node."""
        self.cluster[index].signal(self.processes[index], number)

    def suspend(self, index):
        self.signal(index, signal.SIGSTOP)

    def resume(self, index):
        """nsenter has suspended itself with its child, and wakes it."""
        self.processes[index].send_signal(signal.SIGCONT)

    def end(self, codes, seconds=ENDS):
        """All end with these codes {node: code} in time, and leave no process and no file."""
        assert waited(lambda: all(self.processes[i].poll() is not None for i in codes), seconds), \
            f"still there: { {h.index: h.processes() for h in self.cluster} }\n{self.logs()}"
        found = {i: self.processes[i].returncode for i in codes}
        assert found == codes, f"exit codes {found}, expected {codes}\n{self.logs()}"
        for index in codes:
            host = self.cluster[index]
            assert waited(lambda h=host: not h.processes()), (index, host.processes(), self.logs())
            left = [name for name in os.listdir(host.path("/tmp")) if name.startswith(("pulse", "ompi"))]
            assert left == [], (index, left)

    def errors(self, index=0):
        return [line for line in self.log(index).splitlines() if line.startswith("error: ")]


@contextlib.contextmanager
def three(programs=None, directories=None):
    """Three hosts, a bucket, and S3 behind a proxy that the hosts reach: (cluster, Bucket)."""
    where = {programs or jobs.binaries(): "/run/pulse", **(directories or {})}
    try:
        with server() as state, hosts.cluster(3, where) as cluster, \
                fp.Proxy(state["port"], address=cluster.address) as proxy:
            yield cluster, Bucket(state, proxy, f"nodes-{os.urandom(4).hex()}")
    except hosts.CannotRun as why:
        raise jobs.Skip(why) from None


def need_ssh():
    search = os.environ.get("PATH", "") + ":/usr/sbin"
    missing = [name for name in ("sshd", "ssh", "ssh-keygen") if not shutil.which(name, path=search)]
    if missing:
        raise jobs.Skip(f"not installed: {' '.join(missing)} (./dev setup test)")


__all__ = ["ENDS", "JOB", "Nodes", "SECRET", "arrays", "card", "fp", "hosts", "jobs", "need_ssh", "raw", "sealed",
           "server", "signal", "single", "stand_in", "swift", "three", "waited"]
