#!/usr/bin/python3
"""leftovers.py [CASE…]: what runs that were killed have left on a machine, the next one removes; and nothing else."""
import contextlib
import mmap
import os
import signal
import socket
import subprocess
import sys
import time

import fault_proxy as fp
from endpoint import Endpoint
from hostile import Scene
from support import files, jobs, read, write

TRAIN = ("pulse-train", "--data", "panel.csv", "--output", "{b}results")
CONVERT = ("pulse-data", "convert", "panel.csv", "{b}results/results.parquet")
REPORT = ("pulse-report", "{b}results/", "--output", "page.html")


@contextlib.contextmanager
def scene():
    with Endpoint() as endpoint:
        one = Scene(endpoint, os.path.abspath("scene"))
        one.reset()
        yield one


def started(one, words):
    return subprocess.Popen(one.command(words), env=one.environment(2), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, cwd=one.directory)


def stopped_amid(one, words, kind, name):
    """A process that is suspended while it waits for the answer to a request for such an object."""
    job, seen = None, []

    @fp.named("stopped")
    async def fault(exchange):
        os.kill(job.pid, signal.SIGSTOP)
        seen.append(exchange.request.path)
        await exchange.forward()
    one.endpoint.heal()
    one.endpoint.fail(kind, fault, where=lambda request: name in request.path)
    job = started(one, words)
    end = time.monotonic() + 300
    while not seen:
        assert job.poll() is None and time.monotonic() < end, (job.poll(), one.endpoint.requests())
        time.sleep(0.01)
    return job


def ended(job, number):
    job.send_signal(number)
    job.send_signal(signal.SIGCONT)
    return job.wait(300)


def directories(one, stem):
    return sorted(name for name in os.listdir(one.path("tmp")) if name.startswith(stem + "-"))


def others(one, stem):
    """What a user may have there under such names."""
    for name, mode, file in ((f"{stem}-backup", 0o700, "results.h5"), (f"{stem}-1-abcdef", 0o755, "results.h5"),
                             (f"{stem}-2-abcdef", 0o700, "mine.h5"), (f"{stem}-3-abc", 0o700, "results.h5")):
        os.mkdir(one.path("tmp/" + name))
        write(one.path(f"tmp/{name}/{file}"), b"mine")
        os.chmod(one.path("tmp/" + name), mode)
    os.mkdir(one.path("elsewhere"), 0o700)
    write(one.path("elsewhere/results.h5"), b"mine")
    os.symlink(one.path("elsewhere"), one.path(f"tmp/{stem}-4-abcdef"))
    return sorted([*directories(one, stem)]), files(one.directory)


def removes_what_is_dead(one, words, kind, stem):
    theirs, kept = others(one, stem)
    dead = stopped_amid(one, words, kind, "results/results")
    left = set(directories(one, stem)) - set(theirs)
    assert len(left) == 1, left
    assert ended(dead, signal.SIGKILL) == -signal.SIGKILL and set(directories(one, stem)) == left | set(theirs)
    alive = stopped_amid(one, words, kind, "results/results")
    of_alive = set(directories(one, stem)) - set(theirs)
    assert len(of_alive) == 1 and not of_alive & left, (of_alive, left)
    one.endpoint.heal()
    third = one.run(words)
    assert set(directories(one, stem)) == of_alive | set(theirs), directories(one, stem)
    assert ended(alive, signal.SIGCONT) in (0, 75)  # who is suspended for long may lose its lease
    assert directories(one, stem) == theirs
    assert set(kept) <= set(files(one.directory)) and read(one.path("elsewhere/results.h5")) == b"mine"
    return third


def s3_leftovers__directories_of_killed_runs_go():
    with scene() as one:
        done = removes_what_is_dead(one, TRAIN, "put", "pulse-train")
        assert done.returncode in (0, 75), done  # the suspended one has the lease, for a while


def s3_leftovers__copies_of_killed_reports_go():
    with scene() as one:
        done = one.run(TRAIN)
        assert done.returncode == 0, done
        done = removes_what_is_dead(one, REPORT, "get", "pulse-report")
        assert done.returncode == 0, done


def s3_leftovers__tables_of_killed_conversions_go():
    with scene() as one:
        done = removes_what_is_dead(one, CONVERT, "put", "pulse-convert")
        assert done.returncode == 0, done


def s3_leftovers__shared_memory_of_killed_ranks_goes():
    host, user, old = socket.gethostname(), os.geteuid(), time.time() - 100
    if not os.access("/dev/shm", os.W_OK):
        raise jobs.Skip("no /dev/shm to write to")
    name = f"/dev/shm/vader_segment.{host}.{user}.{os.getpid():x}test"
    stay = [f"{name}.mapped", f"{name}.young", f"/dev/shm/vader_segment.other.{user}.{os.getpid():x}test"]
    frame = jobs.panel(160, 3, 5)
    words = ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--min-history", 60, "--no-progress",
             "--no-report", "--output", "out")
    try:
        for path in (f"{name}.dead", *stay):
            write(path, bytes(4096))
            if not path.endswith("young"):
                os.utime(path, (old, old))
        with open(f"{name}.mapped", "r+b") as file, mmap.mmap(file.fileno(), 0):
            jobs.expect(jobs.run(*words, ranks=0), 0)
            assert os.path.exists(f"{name}.dead"), "a process alone looks at none"
            jobs.expect(jobs.run(*words, ranks=2), 0)
            assert not os.path.exists(f"{name}.dead") and all(map(os.path.exists, stay))
    finally:
        for path in (f"{name}.dead", *stay):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
