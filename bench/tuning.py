"""A study of 64 trials, and the same trials as one runs them without pulse-tune: a process a trial, two at a time."""
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

SPACE = """\
options:
  data: {data}
  end-date: {last}
{more}search:
  features: [lag1, "lag1,ewma4", "lag1,ewma4,ewma16", lag1+lag2]
  learning-rate: {{min: 0.01, max: 1, log: true}}
  caution: {{min: 0, max: 3, step: 0.5}}
strategy: random
trials: {trials}
seed: 7
"""


def begin(study, data, last, trials=64, more=""):
    """A study that nothing was run of. `more`: options, a line each."""
    shutil.rmtree(study, ignore_errors=True)
    study.mkdir(parents=True)
    (study / "space.yaml").write_text(SPACE.format(data=data, last=last, trials=trials, more=more))


def begin_penalties(folder, data, last):
    """A study of six sets of penalties, and six studies of one of them each. Nothing was run of them."""
    sets = [[100, 1000, 10000], [100], [1000], [10000], [100, 10000], [30, 300, 3000]]
    shutil.rmtree(folder, ignore_errors=True)
    for name, searched in [("all", sets), *((f"set{i}", [one]) for i, one in enumerate(sets))]:
        (folder / name).mkdir(parents=True)
        fixed = "" if name == "all" else f"  ridge: {searched[0]}\n"
        rest = f"  ridge: {json.dumps(searched)}\n" if name == "all" else ""
        (folder / name / "space.yaml").write_text(
            f"options:\n  data: {data}\n  end-date: {last}\n{fixed}search:\n{rest}  caution: [1, 2]\n")


def work(binaries, study, workers):
    """Seconds that so many workers take for all trials."""
    began = time.perf_counter()
    running = [subprocess.Popen([str(binaries / "pulse-tune"), "run", str(study), "--no-progress"],
                                stdout=subprocess.DEVNULL) for _ in range(workers)]
    if any([worker.wait() for worker in running]):
        raise RuntimeError("a worker failed")
    return time.perf_counter() - began


MEASURE = """
import os, subprocess, sys, time
began = time.perf_counter()
running = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(running.pid, 0)
print(os.waitstatus_to_exitcode(status), time.perf_counter() - began, usage.ru_utime + usage.ru_stime,
      1024 * usage.ru_maxrss)
"""


def measure(command):
    """Seconds of a command that must succeed, those of the processor, and the bytes of its largest process. A small
    process starts it: Linux counts for a program how large the one has ever been that started it, and this one holds
    what other checks have read."""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", MEASURE, *(str(word) for word in command)], text=True,
                          stdout=subprocess.PIPE, check=True)
    code, seconds, processor, peak = map(float, done.stdout.split())
    if code != 0:
        raise RuntimeError(f"{command[-1]} failed")
    return seconds, processor, peak


def summaries(study):
    """summary.json of each trial that was run, by digest."""
    return {path.parent.name: json.loads(path.read_text()) for path in study.glob("trials/*/summary.json")}


def one_by_one(binaries, trials, out):
    """Runs pulse-train once for each trial; their summaries by digest."""
    def train(digest):
        subprocess.run([str(binaries / "pulse-train"), *trials[digest]["trial"]["words"], "--output", str(out / digest),
                        "--no-progress", "--no-report", "--no-checkpoint"], check=True, stdout=subprocess.DEVNULL)

    shutil.rmtree(out, ignore_errors=True)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, trials))
    return {digest: json.loads((out / digest / "summary.json").read_text()) for digest in trials}


def numbers(trials):
    """What an optimiser would learn of each trial, and more: skill and coverage of every variable, in one list."""
    return [value for digest in sorted(trials) for name in sorted(trials[digest]["metrics"])
            for key, value in sorted(trials[digest]["metrics"][name].items()) if isinstance(value, (int, float))]
