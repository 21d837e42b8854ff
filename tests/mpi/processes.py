"""What the tests share that watch processes from outside: their ranks, their end, a small disk."""
import ctypes
import os
import pathlib
import subprocess
import time

import jobs


def as_root():
    if os.geteuid() != 0:
        raise jobs.Skip("needs root")


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


def finish(job, within):
    """Waits so many seconds for the end; as jobs.run."""
    try:
        out, err = job.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        job.kill()
        raise
    return subprocess.CompletedProcess(job.args, job.returncode, out, err)


def ranks_of(job, count):
    """Process ids of the ranks that mpirun started, in the order of their ranks."""
    give_up = time.monotonic() + 30
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
        assert time.monotonic() < give_up, found
        time.sleep(0.05)


def alive(pids):
    """Those that still run; a dead one may wait for its parent."""
    left = []
    for pid in pids:
        try:
            state = pathlib.Path("/proc", str(pid), "stat").read_text(encoding="utf-8")
        except OSError:
            continue
        if state.rpartition(")")[2].split()[0] not in "ZX":
            left.append(pid)
    return left


def check_gone(pids):
    """They have half a minute from the end of mpirun."""
    give_up = time.monotonic() + 30
    while alive(pids):
        assert time.monotonic() < give_up, f"{alive(pids)} of {pids} live on"
        time.sleep(0.05)
