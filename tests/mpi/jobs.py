"""What the tests that run pulse-train share: seeded panels, and jobs with and without mpirun."""
import contextlib
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback

SKIPPED = 77  # the exit code ctest shows as "skipped"


class Skip(Exception):
    """Raised with the reason why a case cannot run here."""


def binaries():
    return os.environ["PULSE_BIN"]


def program():
    return os.path.join(binaries(), "pulse-train")


def environment():
    """One BLAS thread; mpirun as root where we are; no core shared by force among parallel jobs, nor kept by a rank
    that waits."""
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", LC_ALL="C.UTF-8",
               OMPI_MCA_hwloc_base_binding_policy="none", OMPI_MCA_rmaps_base_oversubscribe="1",
               OMPI_MCA_mpi_yield_when_idle="1")
    if os.geteuid() == 0:
        env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return env


def command(*arguments, ranks=0, executable=None):
    """The command line on so many ranks; 0 is without mpirun. `executable` is a path, or a list."""
    launcher = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks else []
    started = executable if isinstance(executable, list) else [executable or program()]
    return [*launcher, *started, *map(str, arguments)]


def run(*arguments, ranks=0, executable=None, timeout=300, env=None, **more):
    """Runs to the end; standard output and error as text."""
    return subprocess.run(command(*arguments, ranks=ranks, executable=executable), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          timeout=timeout, env=environment() if env is None else env, check=False,
                          errors="surrogateescape", **more)


def own_lines(done):
    """The lines on standard error that are the program's, not mpirun's."""
    return [line for line in done.stderr.splitlines() if line.startswith(("error: ", "warning "))]


def expect(done, code, *words):
    """The exit code; and one error line that holds all the words (none: no error line at all)."""
    shown = f"exit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    assert done.returncode == code, shown
    errors = [line for line in own_lines(done) if line.startswith("error: ")]
    assert len(errors) == bool(words), f"{len(errors)} error lines\n{shown}"
    for word in words:
        assert word in errors[0], f"the error does not say {word!r}\n{shown}"


def panel(rows, variables, seed, start="2001-01-02"):
    """Random walks on business days, each moved by the last change of another."""
    # Here, since half of the cases do without, and it takes longer than many of them.
    import numpy as np
    import pandas as pd
    print(f"panel of {rows} rows, {variables} variables, seed {seed}")
    rng = np.random.default_rng(seed)
    change = rng.standard_normal((rows, variables))
    for t in range(1, rows):
        change[t] += 0.3 * np.roll(change[t - 1], 1)
    days = pd.bdate_range(start, periods=rows).rename("date")
    return pd.DataFrame(change.cumsum(axis=0) + 300, days, [f"v{i:02d}" for i in range(variables)])


def monthly(frame, names, offset=0):
    """These columns only on every 21st row."""
    frame = frame.copy()
    frame.loc[[row % 21 != offset % 21 for row in range(len(frame))], names] = float("nan")
    return frame


def write(frame, path):
    frame.to_csv(path, date_format="%Y-%m-%d")
    return path


def write_long(frame, directory):
    """A dataset per column, observed rows only."""
    os.mkdir(directory)
    for name in frame:
        series = frame[name].dropna().rename("value")
        series.to_csv(os.path.join(directory, f"historical_{name}.csv"), date_format="%Y-%m-%d")
    return directory


def last_day(frame):
    return frame.index[-1].strftime("%Y-%m-%d")


def summary(directory):
    def refuse(token):
        raise ValueError(f"{token} in summary.json")

    with open(os.path.join(directory, "summary.json"), encoding="utf-8") as file:
        return json.load(file, parse_constant=refuse)


@contextlib.contextmanager
def workspace():
    """A temporary directory, made the current one, and one for what programs leave when they are
    killed; both gone afterwards."""
    before, temporary = os.getcwd(), os.environ.get("TMPDIR", "/tmp")
    with tempfile.TemporaryDirectory(prefix="pulse-test-") as directory, \
            tempfile.TemporaryDirectory(prefix="pulse-left-") as left:
        os.chdir(directory)
        os.environ["TMPDIR"] = left
        try:
            yield directory
        finally:
            os.chdir(before)
            os.environ["TMPDIR"] = temporary


def main(cases):
    """Runs the cases that the command line names, each in a directory of its own."""
    known = {name: case for name, case in cases.items()
             if inspect.isfunction(case) and "__" in name and not name.startswith("_")}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through all that cleans up
    names = sys.argv[1:] or list(known)
    worst = 0
    for name in names:
        if name not in known:
            sys.exit(f"there is no case {name}")
        try:
            with workspace():
                known[name]()
            print(f"{name}: passed")
        except Skip as reason:
            print(f"{name}: skipped: {reason}")
            worst = worst or SKIPPED
        except (AssertionError, ValueError, KeyError, OSError, subprocess.SubprocessError):
            traceback.print_exc()
            print(f"{name}: FAILED")
            worst = 1
    return worst
