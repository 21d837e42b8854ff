"""Standard input as a file ("-"): any format, packed or not, through every command and by any number of
ranks as the file itself; nothing is left behind."""
import hashlib
import os
import subprocess

import h5py
import numpy as np
import pandas as pd

from support import data, main

PROGRAM = os.path.join(os.environ["PULSE_BIN"], "pulse-data")


def make():
    random = np.random.default_rng(4)
    frame = pd.DataFrame({f"v{i}": random.normal(size=300).cumsum().round(4) + 50 for i in range(3)},
                         pd.bdate_range("2020-01-01", periods=300, name="date"))
    frame.to_csv("x.csv")
    for end in (".parquet", ".h5", ".pkl", ".csv.gz", ".csv.xz"):
        data("convert", "x.csv", "x" + end)


def piped(path, *arguments, code=0):
    os.makedirs("tmp", exist_ok=True)
    with open(path, "rb") as f:  # through cat, so that it is a pipe
        cat = subprocess.Popen(["cat"], stdin=f, stdout=subprocess.PIPE)
        done = subprocess.run([PROGRAM, *map(str, arguments)], stdin=cat.stdout, capture_output=True, text=True,
                              timeout=300, env={**os.environ, "TMPDIR": "tmp"}, check=False)
        cat.stdout.close()
        cat.wait()
    assert done.returncode == code, (path, arguments, done.stderr)
    assert os.listdir("tmp") == [], os.listdir("tmp")
    return done.stdout if code == 0 else done.stderr


def pipes__every_format_is_read_as_from_a_file():
    make()
    for path in ("x.csv", "x.parquet", "x.h5", "x.pkl", "x.csv.gz", "x.csv.xz"):
        for command in (("cat",), ("head",), ("info",)):
            assert piped(path, *command, "-").replace("-:", "x:", 1) == \
                data(*command, path)[0].replace(path + ":", "x:", 1), (command, path)
        piped(path, "convert", "-", "out.csv")
        assert data("cat", "out.csv")[0] == data("cat", path)[0], path
        os.remove("out.csv")


def pipes__redirections_and_substitutions_are_files_too():
    make()
    for line in (f"{PROGRAM} cat - < x.csv", f"{PROGRAM} cat <(cat x.csv)", f"cat x.csv | {PROGRAM} cat /dev/stdin"):
        out = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout
        assert out == data("cat", "x.csv")[0], line


def pipes__what_is_wrong_with_one_is_said():
    for text, says in (("", "the file is empty"), ("date,a\n2020-01-01,1\n2020-01-02,x\n", "-, line 3: 'x' in column 'a'")):
        with open("bad", "w", encoding="utf-8") as f:
            f.write(text)
        assert says in piped("bad", "info", "-", code=2)
    done = subprocess.run([PROGRAM, "info", "-"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    done = subprocess.run(["bash", "-c", f"{PROGRAM} info - <&-"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done


def pipes__training_is_the_same_on_any_ranks():
    make()
    seen = set()
    for i, (path, ranks) in enumerate((("x.csv", 0), ("x.csv", 1), ("x.csv", 3), ("x.csv.gz", 2), ("x.parquet", 3),
                                       ("x.h5", 2))):
        with open(path, "rb") as f:
            subprocess.run(["mpirun", "--oversubscribe", "-n", str(max(ranks, 1)),
                            os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data", "-" if ranks else path,
                            "--output", f"out{i}", "--no-report", "--no-checkpoint", "--no-progress", "--min-history",
                            "60", "--burn-in", "10", "--end-date", "2022-01-01"], stdin=f, capture_output=True, check=True)
        with h5py.File(f"out{i}/results.h5") as f:
            seen.add(hashlib.md5(f["predictions/predicted"][()].tobytes()).hexdigest())
    assert len(seen) == 1, seen


main(globals())
