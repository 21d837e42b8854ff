"""What the tests of formats share: running the programs, cat's output as columns, samples."""
import csv
import io
import os
import resource
import subprocess
import sys
import tempfile

SKIPPED = 77
if os.geteuid() == 0:
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")


class Skip(Exception):
    pass


def soon(seconds):
    """For preexec_fn: so much time of a processor, and no more; how busy the machine is does not count."""
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def run(program, *arguments, code=0, seconds=60):
    """Standard output and error of a program in PULSE_BIN, both as text."""
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], program), *map(str, arguments)],
                          capture_output=True, timeout=300, check=False, preexec_fn=soon(seconds))
    out, err = done.stdout.decode(errors="surrogateescape"), done.stderr.decode()
    assert done.returncode == code, (arguments, done.returncode, err)
    return out, err


def data(*arguments, code=0, seconds=60, warns=""):
    """A success says nothing on standard error but, in one line, what is to be warned about."""
    out, err = run("pulse-data", *arguments, code=code, seconds=seconds)
    assert (code == 0 and not warns) == (err == "") and err.count("\n") <= 1 and warns in err, err
    return out, err


def refused(*arguments, says=(), seconds=60):
    """Ends with code 2 and one line that says all these."""
    err = data(*arguments, code=2, seconds=seconds)[1]
    for part in (says,) if isinstance(says, str) else says:
        assert part in err, (part, err)


def cat(path, *options, warns=""):
    """column → its cells as text."""
    rows = list(csv.reader(io.StringIO(data("cat", path, *options, warns=warns)[0], newline="")))
    return {name: [row[i] if row else "" for row in rows[1:]] for i, name in enumerate(rows[0])}


def samples(*parts):
    path = os.path.join(os.environ.get("PULSE_SAMPLES", ""), *parts)
    if not os.path.exists(path):
        raise Skip(f"there is no {path}")
    return path


def main(cases):
    """Runs the case named on the command line in a fresh directory."""
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            cases[sys.argv[1]]()
        except Skip as why:
            print(f"skipped: {why}")
            sys.exit(SKIPPED)
        finally:
            os.chdir("/")
