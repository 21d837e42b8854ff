"""What the tests of pulse-data share: running it, in a directory of one's own."""
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.abspath(sys.argv[1])
SAMPLES = os.path.abspath(sys.argv[2])
SKIPPED = 77


def run(*arguments, code=0):
    """Runs pulse-data, checks its exit code, returns (stdout, stderr)."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def fails(*arguments, says):
    """The command ends with code 2 and one line on standard error that says so."""
    out, err = run(*arguments, code=2)
    assert out == "", out
    assert err.count("\n") == 1 and err.startswith("error: "), err
    for part in says if isinstance(says, tuple) else (says,):
        assert part in err, (part, err)


def main(cases):
    """Runs the case named on the command line in a fresh directory."""
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        code = cases[sys.argv[3]]()
        os.chdir("/")
    sys.exit(code or 0)
