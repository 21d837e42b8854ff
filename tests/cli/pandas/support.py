"""What the tests of frames by pandas share: frames, running pulse-data, comparing."""
import csv
import io
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

PROGRAM = os.path.abspath(sys.argv[1])
SAMPLES = os.path.abspath(sys.argv[2])
SKIPPED = 77


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (arguments, done.returncode, done.stdout[:500], done.stderr)
    return done.stdout, done.stderr


def fails(*arguments, says=""):
    """The command ends with code 2, no row, and one line on standard error that says so."""
    out, err = run(*arguments, code=2)
    assert out.count("\n") <= 1 and err.count("\n") == 1 and err.startswith("error: "), (out, err)
    assert says in err, (says, err)


def head(path, *options):
    """pulse-data's rows: (names, instants, one list of floats a row)."""
    rows = list(csv.reader(io.StringIO(run("head", path, "-n", 100000, *options)[0])))
    cells = [[float(x) if x else np.nan for x in row[1:]] for row in rows[1:]]
    return rows[0][1:], [row[0] for row in rows[1:]], cells


def check(path, frame, times, names=None, options=()):
    """The file shows exactly the columns of `frame`, all numbers, at `times`."""
    found, instants, cells = head(path, *options)
    assert found == list(names or frame.columns), (path, found)
    assert [pd.Timestamp(t) for t in instants] == list(times), path
    want = frame.to_numpy(dtype=float)
    want[~np.isfinite(want)] = np.nan
    np.testing.assert_array_equal(np.array(cells).reshape(want.shape), want, err_msg=str(path))


def numbers(rows=300, seed=7):
    """Columns of four types, with holes, and dates for them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "spx_close": random.normal(2000, 50, rows), "volume": random.integers(0, 2**40, rows),
        "vix": random.normal(20, 3, rows).astype("f4"), "rate": random.normal(2, 1, rows),
        "small": random.integers(-100, 100, rows).astype("i2")})
    frame.loc[random.random(rows) < 0.1, "rate"] = np.nan
    frame.loc[3, "rate"] = np.inf
    return frame, pd.date_range("2015-01-02", periods=rows, freq="B")


def main(cases):
    """Runs the case named on the command line in a fresh directory."""
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        code = cases[sys.argv[3]]()
        os.chdir("/")
    sys.exit(code or 0)
