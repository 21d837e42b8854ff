#!/usr/bin/python3
"""slurm.py [CASE…]: pulse-train under Slurm: as many ranks as were asked for, signals, requeued jobs."""
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


def waited(condition, seconds=300, every=0.2):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
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
        if not waited(lambda: os.path.exists(f"{self.home}/munge.sock")):
            raise jobs.Skip("munged does not start here")
        self.daemon("slurmctld", "-D")
        self.daemon("slurmd", "-D", "-N", "n1")
        self.daemon("slurmd", "-D", "-N", "n2")
        if not waited(lambda: self.ask("sinfo", "-h", "-o", "%D %t").split() == ["2", "idle"]):
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
                              timeout=300).stdout

    def run(self, *words):
        return subprocess.run(words, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              timeout=300)

    def submit(self, script, *options):
        """The id of a job that runs this script; its output goes to log.ID."""
        pathlib.Path("script.sh").write_text("#!/bin/sh\n" + script, encoding="ascii")
        done = self.run("sbatch", "--parsable", "--open-mode=append", "--output=log.%j", *options, "script.sh")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def state(self, job):
        return self.ask("scontrol", "-o", "show", "job", job)

    def ended(self, job, seconds=300):
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


def ranks_of(job, count):
    """Process ids of a job's ranks, once all are there."""
    wanted = f"SLURM_JOB_ID={job}".encode()

    def found():
        pids = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                if os.path.samefile(f"/proc/{entry}/exe", jobs.program()) and \
                        wanted in pathlib.Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                    pids.append(int(entry))
        return pids

    assert waited(lambda: len(found()) == count), log(job)
    return found()


def wake(pid, number):
    """A stopped process that was sent this signal goes on. Slurm itself may wake it; then it may be gone."""
    with contextlib.suppress(OSError):
        status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd:", "ShdPnd:"))]
        if any(mask >> number - 1 & 1 for mask in masks):
            os.kill(pid, signal.SIGCONT)


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


def slurm__tasks_without_pmix_hear_what_works():
    with slurm() as cluster:
        options = prepared(600, 6)
        for plugin in ("none", "pmi2"):
            done = cluster.run("srun", f"--mpi={plugin}", "-N1", "-n", "3", jobs.program(), "--output", "out", *options)
            jobs.expect(done, 2, "3 tasks", "srun --mpi=pmix -n 3 pulse-train")
            assert not os.path.exists("out")
        done = cluster.run("srun", "--mpi=none", "-N1", "-n", "1", jobs.program(), "--output", "out", *options)
        jobs.expect(done, 0)
        check_same(arrays("right/results.h5"), arrays("out/results.h5"))
        jobs.expect(cluster.run("srun", "--mpi=pmix", "-N1", "-n", "3", jobs.program(), "--data", "none.csv"), 2, "none.csv")


def slurm__script_that_leaves_its_tasks_unused_is_warned():
    with slurm() as cluster:
        options = prepared(600, 6)
        job = cluster.submit(f"exec {jobs.program()} --output out {quoted(*options)}\n", "-n", "4")
        assert "JobState=COMPLETED" in cluster.ended(job), log(job)
        assert "this Slurm job has 4 tasks" in log(job) and "on 1 rank" in log(job), log(job)
        check_same(arrays("right/results.h5"), arrays("out/results.h5"))


def slurm__signal_before_the_time_limit_saves_and_the_requeued_job_goes_on():
    """Slurm sends it when it likes, up to a minute before: the ranks stand still until it is there."""
    script = """srun --mpi=pmix -N1 -n 2 {} --output out --checkpoint-seconds 0 {}
code=$?
echo "ended with $code"
case $code in 75 | 143) scontrol requeue "$SLURM_JOB_ID" ;; esac
exit $code
"""
    with slurm() as cluster:
        options = (*prepared(6000, 32), "--ridge", "1,2,3,4,5,6,7,8,9,10")
        jobs.expect(jobs.run("--output", "right", *options, ranks=2), 0)
        job = cluster.submit(script.format(jobs.program(), quoted(*options)), "-N1", "-n", "2", "--requeue", "--time=1",
                             "--signal=TERM@10")
        assert waited(lambda: len(list(pathlib.Path().glob("out/.checkpoint/*.spans"))) > 1, every=0.005), log(job)
        ranks = ranks_of(job, 2)
        for rank in ranks:
            os.kill(rank, signal.SIGSTOP)

        def ended():
            for rank in ranks:
                wake(rank, signal.SIGTERM)
            return "ended with 143" in log(job)

        assert waited(ended), log(job)
        assert "error: interrupted by SIGTERM" in log(job) and "out/.checkpoint" in log(job), log(job)
        assert waited(lambda: "Restarts=1" in cluster.state(job)), cluster.state(job)
        cluster.ask("scontrol", "update", f"JobId={job}", "StartTime=now", "TimeLimit=5")
        assert "JobState=COMPLETED" in cluster.ended(job), log(job)
        assert "resumed: " in log(job) and "ended with 0" in log(job), log(job)
        check_same(arrays("right/results.h5"), arrays("out/results.h5"))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(jobs.main(globals()))
