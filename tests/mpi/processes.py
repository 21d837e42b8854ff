"""What the tests share that watch processes from outside: their ranks, their end, a small disk."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time

import jobs


def as_root():
    if os.geteuid() != 0:
        raise jobs.Skip("needs root")


def as_nobody(command):
    """The command as a user without rights, in this directory: of root's own nothing is refused."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    if drop and not shutil.which("setpriv"):
        raise jobs.Skip("there is no setpriv")
    if subprocess.run([*drop, "test", "-x", jobs.program()], check=False).returncode != 0:
        raise jobs.Skip("other users cannot reach the program")
    os.makedirs("session", exist_ok=True)
    os.chmod("session", 0o777)
    os.chmod(".", 0o755 if drop else 0o555)
    env = dict(jobs.environment(), TMPDIR=os.path.abspath("session"))
    return subprocess.run([*drop, *command], text=True, capture_output=True, env=env, timeout=300, check=False)


class Tmpfs:
    """A small file system of our own at `disk`, seen by this process and its children only."""

    def __init__(self, size):
        self.size = size

    def __enter__(self):
        as_root()
        os.mkdir("disk")
        new_mounts, private, recursive = 0x20000, 1 << 18, 1 << 14
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(new_mounts) != 0 or libc.mount(b"none", b"/", None, private | recursive, None):
            raise jobs.Skip("no mount namespace of our own: " + os.strerror(ctypes.get_errno()))
        options = f"size={self.size}".encode()
        if libc.mount(b"none", b"disk", b"tmpfs", 0, options) != 0:
            raise jobs.Skip("no tmpfs: " + os.strerror(ctypes.get_errno()))
        return "disk"

    def __exit__(self, *_):
        subprocess.run(["umount", "disk"], check=False)


def finish(job, within=300):
    """Waits so many seconds for the end; as jobs.run."""
    try:
        out, err = job.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        job.kill()
        raise
    return subprocess.CompletedProcess(job.args, job.returncode, out, err)


def until(happened, job=None):
    """Waits for it, while the job runs."""
    give_up = time.monotonic() + 300
    while not happened():
        assert job is None or job.poll() is None, job.communicate()
        assert time.monotonic() < give_up, "it did not come to that"
        time.sleep(0.01)


def ranks_of(job, count):
    """Process ids of the ranks that mpirun started, in the order of their ranks."""
    give_up = time.monotonic() + 300
    while True:
        found = {}
        for entry in os.listdir("/proc"):
            try:
                status = pathlib.Path("/proc", entry, "stat").read_text(encoding="utf-8")
                if int(status.rpartition(")")[2].split()[1]) == job.pid:
                    environ = pathlib.Path("/proc", entry, "environ").read_bytes().split(b"\0")
                    rank = [v for v in environ if v.startswith(b"OMPI_COMM_WORLD_RANK=")]
                    found[int(rank[0].partition(b"=")[2])] = int(entry)
            except (OSError, ValueError, IndexError):
                continue
        if len(found) == count:
            return [found[rank] for rank in range(count)]
        assert job.poll() is None and time.monotonic() < give_up, (job.returncode, found)
        time.sleep(0.05)


def state_of(pid):
    """As ps shows it: R, S, T where it is stopped; X where it is gone."""
    try:
        return pathlib.Path("/proc", str(pid), "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def alive(pids):
    """Those that still run; a dead one may wait for its parent."""
    return [pid for pid in pids if state_of(pid) not in "ZX"]


def works_here(entry):
    try:
        return os.path.samefile(f"/proc/{entry}/cwd", ".") and int(entry) != os.getpid() and state_of(entry) not in "ZX"
    except (OSError, ValueError):
        return False


def wait_alone():
    """Until no process but ours works in this directory: ranks outlive an mpirun that is killed."""
    until(lambda: not any(works_here(entry) for entry in os.listdir("/proc")))


def stopping(at, name, *preloaded, **more):
    """The environment in which a process stops itself just before its at-th call that gives a file a name with
    this in it: caught in the middle, however fast or slow it and we are. `preloaded`: of tests/checkpoint, too; `more`:
    variables."""
    libraries = [os.path.join(jobs.binaries(), "tests", library) for library in ("die_at_call.so", *preloaded)]
    sanitizer = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"  # these come before its own library
    return {**jobs.environment(), **more, "LD_PRELOAD": ":".join(libraries), "ASAN_OPTIONS": sanitizer,
            "PULSE_TEST_STOP_AT": str(at), "PULSE_TEST_CALLS": name}


def wait_stopped(*pids):
    give_up = time.monotonic() + 300
    while not all(state_of(pid) == "T" for pid in pids):
        assert alive(pids) == list(pids) and time.monotonic() < give_up, [state_of(pid) for pid in pids]
        time.sleep(0.01)


def go_on(pids):
    """Those that are still there."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def check_gone(pids):
    """They have two minutes from the end of mpirun."""
    give_up = time.monotonic() + 300
    while alive(pids):
        assert time.monotonic() < give_up, f"{alive(pids)} of {pids} live on"
        time.sleep(0.05)
