#!/usr/bin/python3
"""alone.py [CASE…]: one process is a world of its own, and never starts MPI; several that no launcher connects
hear that.

The programs are in the directory PULSE_BIN.
"""
import os
import shutil
import subprocess
import sys

import jobs
from arrays import arrays, check_same


def without_mpi():
    """An environment in which MPI cannot start."""
    return dict(jobs.environment(), OMPI_MCA_pml="no_such_component")


def prepared(rows=400, variables=3):
    frame = jobs.panel(rows, variables, seed=41)
    return ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--no-progress")


def environment_of(**variables):
    """As a launcher leaves it."""
    return dict(without_mpi(), **{name: str(value) for name, value in variables.items()})


# ---- One process -------------------------------------------------------------------------------


def alone__two_ranks_do_start_mpi():
    """Or the cases below would show nothing."""
    done = jobs.run(*prepared(), "--output", "out", ranks=2, env=without_mpi())
    assert done.returncode != 0 and not jobs.own_lines(done), done.stderr  # what mpirun says comes garbled at times


def alone__a_run_starts_no_mpi():
    options = prepared()
    for ranks in (0, 1):
        jobs.expect(jobs.run(*options, "--output", f"out{ranks}", ranks=ranks, env=without_mpi()), 0)
        assert jobs.summary(f"out{ranks}")["ranks"] == 1
    jobs.expect(jobs.run(*options, "--output", "two", ranks=2), 0)
    for ranks in (0, 1):
        check_same(arrays("two/results.h5"), arrays(f"out{ranks}/results.h5"), str(ranks))
    with open("two/results.h5", "rb") as two, open("out0/results.h5", "rb") as one:
        assert two.read() == one.read(), "results.h5 is not the same file"


def alone__a_dry_run_starts_no_mpi():
    done = jobs.run(*prepared(), "--dry-run", env=without_mpi())
    jobs.expect(done, 0)
    assert "1 rank" in done.stdout, done.stdout


def alone__refused_files_start_no_mpi():
    with open("text.csv", "w", encoding="ascii") as file:
        file.write("date,a\n2020-01-01,2\n2020-01-02,about 3\n")
    jobs.expect(jobs.run("--data", "text.csv", env=without_mpi()), 2, "text.csv", "about 3")
    jobs.expect(jobs.run("--data", "none.csv", env=without_mpi()), 2, "none.csv")


def alone__what_needs_no_mpi_starts_none_under_mpirun():
    """Two ranks: refused command lines end with one message, and help is printed."""
    for options, words in ((("--data", "a.csv", "--combine", "mean"), ("average or select",)),
                           (("--no-such-option",), ("--no-such-option",)), ((), ("--data",))):
        jobs.expect(jobs.run(*options, ranks=2, env=without_mpi()), 2, *words)
    for option, word in (("--help", "--batch-size-days"), ("--version", "pulse-train ")):
        done = jobs.run(option, ranks=2, env=without_mpi())
        assert done.returncode == 0 and done.stdout.count(word) == 1, done.stdout + done.stderr


def alone__many_ends_without_a_crash():
    """Open MPI's own threads crashed one end in a hundred."""
    options = prepared(120)
    for i in range(60):
        jobs.expect(jobs.run(*options, "--dry-run"), 0)
        jobs.expect(jobs.run(*options, "--data", "none.csv"), 2, "none.csv")


# ---- Several processes, each alone -------------------------------------------------------------


def check_refused(done, *words):
    jobs.expect(done, 2, *words)
    assert not os.path.exists("out"), "something was done"


def alone__srun_without_pmix_is_refused():
    options = (*prepared(), "--output", "out")
    env = environment_of(SLURM_JOB_ID=7, SLURM_NTASKS=4, SLURM_STEP_ID=0, SLURM_STEP_NUM_TASKS=4, SLURM_STEP_NUM_NODES=1,
                         SLURM_PROCID=0)
    check_refused(jobs.run(*options, env=env), "4 tasks", "srun --mpi=pmix -n 4")
    check_refused(jobs.run(*options, "--dry-run", env=env), "4 tasks")
    check_refused(jobs.run(*options, env=dict(env, PMI_SIZE="4", PMI_RANK="0")), "srun --mpi=pmix -n 4")
    silent = jobs.run(*options, env=dict(env, SLURM_PROCID="2"))
    assert silent.returncode == 2 and silent.stderr == silent.stdout == "", silent.stderr
    jobs.expect(jobs.run(*options, env=dict(env, SLURM_STEP_NUM_TASKS="1")), 0)


def alone__script_of_a_batch_job_is_warned():
    """Its tasks are not used, which may be meant."""
    options = (*prepared(), "--dry-run")
    done = jobs.run(*options, env=environment_of(SLURM_JOB_ID=7, SLURM_NTASKS=4, SLURM_PROCID=0))
    jobs.expect(done, 0)
    assert [line for line in jobs.own_lines(done) if "4 tasks" in line and "srun --mpi=pmix" in line], done.stderr
    done = jobs.run(*options, env=environment_of(SLURM_JOB_ID=7, SLURM_NTASKS=1, SLURM_PROCID=0))
    jobs.expect(done, 0)
    assert not jobs.own_lines(done), done.stderr


def alone__ranks_that_share_processors_say_so():
    options = (*prepared(), "--dry-run")
    env = jobs.environment()
    del env["OMPI_MCA_mpi_yield_when_idle"]
    ranks = (os.cpu_count() or 1) + 1
    if ranks > 9:
        raise jobs.Skip(f"{ranks} ranks would be started")
    said = f"{ranks} ranks share {ranks - 1} processor"
    assert said in jobs.run(*options, ranks=ranks, env=env).stderr
    assert said not in jobs.run(*options, ranks=ranks - 1, env=env).stderr


def alone__mpiexec_of_another_mpi_is_refused():
    options = (*prepared(), "--output", "out")
    check_refused(jobs.run(*options, env=environment_of(PMI_SIZE=3, PMI_RANK=0)), "3 processes", "mpirun.openmpi -n 3")
    jobs.expect(jobs.run(*options, env=environment_of(PMI_SIZE=1, PMI_RANK=0)), 0)


def alone__mpich_itself_is_refused():
    if not shutil.which("mpiexec.hydra"):
        raise jobs.Skip("not installed: mpiexec.hydra (apt-get install mpich)")
    done = subprocess.run(["mpiexec.hydra", "-n", "3", *jobs.command(*prepared(), "--output", "out")], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, env=jobs.environment(), timeout=300, check=False)
    check_refused(done, "3 processes", "mpirun.openmpi -n 3")


def alone__mpirun_that_connects_nobody_is_refused():
    """As when an mpirun of another version starts the program: it says how many, and MPI finds one."""
    env = dict(jobs.environment(), OMPI_COMM_WORLD_SIZE="3", OMPI_COMM_WORLD_RANK="0")
    check_refused(jobs.run(*prepared(), "--output", "out", env=env), "3 processes", "mpirun.openmpi -n 3")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
