#!/usr/bin/python3
"""slurm.py [CASE…]: pulse-train under Slurm: as many ranks as were asked for."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from arrays import arrays, check_same  # noqa: E402

DAEMONS = ("munged", "slurmctld", "slurmd")
CONFIGURATION = """ClusterName=pulse
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={home}/munge.sock,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={home}/state
SlurmdSpoolDir={home}/spool.%n
SlurmctldPidFile={home}/slurmctld.pid
SlurmdPidFile={home}/slurmd.%n.pid
SlurmctldLogFile={home}/slurmctld.log
SlurmdLogFile={home}/slurmd.%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmdParameters=config_overrides
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={first} CPUs=4 State=UNKNOWN
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={second} CPUs=4 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(n):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def waited(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


class Slurm:
    """A controller and two nodes of four CPUs on this machine. `home`: a directory of its own."""

    def __init__(self, home):
        search = os.environ["PATH"] + ":/usr/sbin:/sbin"
        missing = [name for name in (*DAEMONS, "srun", "sbatch") if not shutil.which(name, path=search)]
        if missing:
            raise jobs.Skip(f"not installed: {' '.join(missing)} (apt-get install slurm-wlm munge)")
        if os.geteuid() != 0:
            raise jobs.Skip("only root may start Slurm's daemons")
        self.home, self.running = home, []
        self.env = dict(jobs.environment(), PATH=search, SLURM_CONF=f"{home}/slurm.conf")

    def start(self):
        port, first, second = free_ports(3)
        for name in ("state", "spool.n1", "spool.n2"):
            os.makedirs(f"{self.home}/{name}")
        key = pathlib.Path(self.home, "munge.key")
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        pathlib.Path(self.home, "slurm.conf").write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], home=self.home, port=port, first=first, second=second),
            encoding="ascii")
        self.daemon("munged", "--foreground", "--force", f"--socket={self.home}/munge.sock", f"--key-file={key}",
                    f"--pid-file={self.home}/munged.pid", f"--log-file={self.home}/munged.log",
                    f"--seed-file={self.home}/seed")
        if not waited(lambda: os.path.exists(f"{self.home}/munge.sock"), 10):
            raise jobs.Skip("munged does not start here")
        self.daemon("slurmctld", "-D")
        self.daemon("slurmd", "-D", "-N", "n1")
        self.daemon("slurmd", "-D", "-N", "n2")
        if not waited(lambda: self.ask("sinfo", "-h", "-o", "%D %t").split() == ["2", "idle"], 40):
            raise jobs.Skip("Slurm does not start here: " + pathlib.Path(self.home, "slurmctld.out").read_text("utf-8")[-500:])

    def daemon(self, name, *words):
        with open(f"{self.home}/{name}.out", "ab") as log:
            self.running.append(subprocess.Popen([name, *words], env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=log, cwd=self.home))

    def stop(self):
        for job in self.ask("squeue", "-h", "-o", "%i").split():
            self.ask("scancel", job)
        waited(lambda: not self.ask("squeue", "-h", "-o", "%i"), 15)
        for process in reversed(self.running):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()

    def ask(self, *words):
        return subprocess.run(words, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=60).stdout

    def run(self, *words):
        return subprocess.run(words, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=120)

    def submit(self, script, *options):
        """The id of a job that runs this script; its output goes to log.ID."""
        pathlib.Path("script.sh").write_text("#!/bin/sh\n" + script, encoding="ascii")
        done = self.run("sbatch", "--parsable", "--open-mode=append", "--output=log.%j", *options, "script.sh")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def state(self, job):
        return self.ask("scontrol", "-o", "show", "job", job)

    def ended(self, job, seconds=120):
        assert waited(lambda: any(f"JobState={it}" in self.state(job) for it in (
            "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")), seconds), self.state(job) + log(job)
        return self.state(job)


def log(job):
    path = pathlib.Path(f"log.{job}")
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@contextlib.contextmanager
def slurm():
    one = Slurm(os.path.abspath("slurm"))
    os.mkdir("slurm")
    try:
        one.start()
        yield one
    finally:
        one.stop()


def prepared(rows, variables):
    """The options of a run, and its results by mpirun on two ranks in `right`."""
    frame = jobs.panel(rows, variables, seed=3)
    jobs.write(frame, "panel.csv")
    options = ("--data", "panel.csv", "--no-progress", "--end-date", jobs.last_day(frame))
    jobs.expect(jobs.run("--output", "right", *options, ranks=2), 0)
    return options


def quoted(*words):
    return " ".join(map(str, words))


def slurm__srun_with_pmix_makes_one_run_of_its_ranks():
    with slurm() as cluster:
        options = prepared(600, 6)
        done = cluster.run("srun", "--mpi=pmix", "-N1", "-n", "3", jobs.program(), "--output", "out", *options)
        assert done.returncode == 0 and "on 3 ranks" in done.stdout, done.stdout + done.stderr
        check_same(arrays("right/results.h5"), arrays("out/results.h5"))


def slurm__mpirun_takes_its_ranks_from_a_batch_job():
    with slurm() as cluster:
        options = prepared(600, 6)
        job = cluster.submit(f"exec mpirun {jobs.program()} --output out {quoted(*options)}\n", "-N", "2", "-n", "4")
        assert "JobState=COMPLETED" in cluster.ended(job), log(job)
        assert "on 4 ranks" in log(job), log(job)
        check_same(arrays("right/results.h5"), arrays("out/results.h5"))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(jobs.main(globals()))
