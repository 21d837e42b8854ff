#!/usr/bin/python3
"""crash.py [CASE…]: killed at any moment, whoever it is, a run goes on and its results are the same.

The programs are in the directory PULSE_BIN.
"""
import contextlib
import os
import signal
import subprocess
import sys
import time

from support import (RESULTS, jobs, long_data, outcome, packs, pathlib, ranks, resumed, rng, s3_bucket, start,
                     undisturbed)
from processes import check_gone, finish, go_on, ranks_of, stopping, wait_stopped


def moments(random, longest):
    """Seconds after the start: anywhere, from before main to the last rename."""
    return random.uniform(0.02, longest)


def environment(env=None):
    """Whoever is killed leaves what MPI and uploads keep in temporary directories: here, in ours."""
    os.makedirs("temporary", exist_ok=True)
    return dict(env or jobs.environment(), TMPDIR=os.path.abspath("temporary"))


def mpi_has_started(pid):
    """Whether MPI_Init has come to its last step, the choice of collective operations."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return "/mca_coll_" in pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")
    return False


def kill_one(job, count, random, after):
    """kill -9 of one rank, or of the process; says whether it was in time. The others end as well."""
    time.sleep(after)
    if count == 0:
        job.kill()
        return finish(job).returncode != 0
    if job.poll() is not None:
        return False
    try:
        pids = ranks_of(job, count)
    except AssertionError:  # it was over before all were there to choose from
        return False
    victim = random.choice(pids)
    starting = not mpi_has_started(victim)
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim, 9)
    check_gone(pids)  # by themselves: mpirun still lives
    try:
        return finish(job).returncode != 0
    except subprocess.TimeoutExpired:
        assert starting, "mpirun lives on"
        return True  # it can lock itself up where a rank dies while MPI starts


def crash_until_done(options, random, counts, longest, kills):
    """Runs, killed again and again on changing numbers of ranks, until one of them gets through.
    Returns how many were killed."""
    killed = 0
    while killed < kills:
        count = random.choice(counts)
        if not kill_one(start(options, count=count, env=environment()), count, random, moments(random, longest)):
            break
        killed += 1
        if os.path.exists("results/summary.json"):  # it had nothing left to do but to tidy up
            break
    return killed


def last_run(options, right, random, counts):
    """Whatever is there, the last run goes on from it."""
    saved = len(packs())
    there = os.path.exists("results/summary.json")
    done = jobs.run(*options, "--no-progress", "--output", "results", ranks=random.choice(counts))
    jobs.expect(done, 0)
    ranks.check_same(right, outcome("results"), "after crashes")
    assert sorted(os.listdir("results")) == RESULTS, os.listdir("results")
    assert there or (resumed("results") > 0) == (saved > 0), done.stderr
    for name in RESULTS:
        os.remove(f"results/{name}")


def crashes(seed, kills, counts, longest):
    random = rng(seed)
    options = long_data()
    right = undisturbed(options)
    done = 0
    while done < kills:
        done += crash_until_done(options, random, counts, longest, min(5, kills - done))
        last_run(options, right, random, counts)
    print(f"{done} kills")


def crash__any_moment_the_same_bits():
    crashes(21, 30, (0,), 0.7)


def crash__any_moment_any_rank_the_same_bits():
    crashes(22, 12, (1, 2, 3), 1.2)


def noted_run():
    """A run into results, and what it did to files: [["sync", PATH], ["rename", FROM, TO], ["read", PATH], …]."""
    preload = os.path.join(jobs.binaries(), "tests", "note_syncs.so")
    notes = pathlib.Path("notes").absolute()
    env = dict(jobs.environment(), LD_PRELOAD=preload, PULSE_TEST_SYNCS=str(notes))
    frame = jobs.panel(400, 3, 8)
    jobs.expect(jobs.run("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--no-progress",
                         "--no-checkpoint", "--output", "results", env=env), 0)
    return [line.split() for line in notes.read_text(encoding="utf-8").splitlines()]


def crash__results_are_read_before_they_are_renamed():
    """HDF5 cannot open a file, by a link of /proc neither, while its name changes: a finished run said 'no report.html'
    once in hundreds."""
    said = noted_run()
    reads = [i for i, words in enumerate(said) if words[0] == "read"]
    renamed = [i for i, words in enumerate(said) if words[0] == "rename" and words[2].endswith("/results.h5")]
    assert len(renamed) == 1 and reads and max(reads) < renamed[0], said
    assert {said[i][1] for i in reads} == {said[renamed[0]][1]}, said


def crash__a_power_cut_leaves_each_result_old_or_whole():
    """A file is on disk before it gets its name, in a private directory; the names that show the old ones are on disk
    before they show the new ones, and these before the old ones go."""
    said, directory = noted_run(), os.path.abspath("results")
    renames = [i for i, words in enumerate(said) if words[0] == "rename" and words[2].endswith(tuple(RESULTS))]
    assert sorted(os.path.basename(said[i][2]) for i in renames) == RESULTS, said
    for i in renames:
        temporary = os.path.abspath(said[i][1])
        assert ["sync", temporary] in said[:i], f"{temporary} was renamed before it was on disk\n{said}"
        private = os.path.dirname(os.path.abspath(said[i][2]))
        assert private.startswith(f"{directory}/.results.")
        assert said[i + 1] == ["sync", private], f"the name of {said[i][2]} is not on disk\n{said}"
    assert said[renames[-1] + 2:].count(["sync", directory]) >= 2, said


def crash__any_moment_before_s3_the_same_bits():
    own_bucket = s3_bucket()
    random = rng(23)
    options = long_data()
    right = undisturbed(options)
    with own_bucket() as s3:
        output = f"s3://{s3.bucket}/results"
        killed = 0
        while killed < 8:
            count = random.choice((0, 2))
            job = start(options, output, count=count, env=environment(s3.env))
            if not kill_one(job, count, random, moments(random, 2)):
                break
            killed += 1
        done = s3.train(*options, "--no-progress", "--output", output)
        jobs.expect(done, 0)
        assert s3.keys("results/") == [f"results/{name}" for name in RESULTS], s3.keys()
        os.mkdir("got")
        for name in RESULTS:
            pathlib.Path("got", name).write_bytes(s3.get(f"results/{name}"))
        ranks.check_same(right, outcome("got"), f"after {killed} crashes")


def crash__a_signal_before_s3_leaves_no_directory():
    """Results for S3 are made in a directory of their own, which goes when they will not be made."""
    own_bucket = s3_bucket()
    options = long_data()
    for count in (0, 2):
        with own_bucket() as s3:
            job = start((*options, "--progress-file", "progress"), f"s3://{s3.bucket}/results", count=count,
                        env=stopping(2, "progress", **environment(s3.env)))
            pid = ranks_of(job, count)[0] if count else job.pid
            wait_stopped(pid)
            assert list(pathlib.Path("temporary").glob("pulse-train-*"))
            os.kill(pid, signal.SIGTERM)
            go_on([pid])
            assert finish(job).returncode == 143
        assert not list(pathlib.Path("temporary").glob("pulse-train-*")), f"{count} ranks"


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
