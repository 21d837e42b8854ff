"""What the tests of pulse-flow share: a small workflow in the current directory, and ways to run it."""
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mpi"))
import jobs  # noqa: E402

FLOW = """\
name: nightly
results: out
steps:
  panel:
    run: pulse-data convert raw.csv out/panel.parquet
  train:
    run: pulse-train
    options:
      data: ${panel}
      end_date: 2003-06-01
      min_history: 100
      features: [lag1, ewma4]
    resources: {vcpus: 2, memory: 2048}
  report:
    run: pulse-report ${train}
    outputs: ["${train}/report.html"]
  evaluate:
    run: pulse-evaluate new=${train} champion=${champion}
    options:
      json: ${results}/evaluation-${key}.json
      require: ["skill>=-1", "no_worse_than=champion:1"]
    promote: true
"""
STEPS = ["panel", "train", "report", "evaluate"]


def write(text=FLOW, path="nightly.yaml"):
    pathlib.Path(path).write_text(text, encoding="utf-8")


def data(rows=420, seed=5):
    jobs.write(jobs.panel(rows, 3, seed), "raw.csv")


def program():
    return os.path.join(jobs.binaries(), "pulse-flow")


def flow(*words, code=0, env=None):
    """Runs pulse-flow; the result."""
    done = jobs.run(*words, executable=program(), env=env)
    assert done.returncode == code, f"exit code {done.returncode}, expected {code}\n{done.stdout}{done.stderr}"
    return done


def error(*words, code=2):
    """The one error line."""
    line, = [line for line in flow(*words, code=code).stderr.splitlines() if line.startswith("error: ")]
    return line


def states(said):
    """name → state of what --json printed."""
    return {step["name"]: "skipped" if step["reused"] else step["state"] for step in json.loads(said)["steps"]}


def run(code=0, *words, env=None):
    """name → state after pulse-flow run."""
    return states(flow("run", "nightly.yaml", "--json", "--quiet", *words, code=code, env=env).stdout)
