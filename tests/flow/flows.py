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


def every_night(location, results="nightly", nodes=1):
    """The file of submit/WORKFLOWS.md under "Every night", of data in `location`, made small: so many nodes, any skill; the
    last row may be nine days ago, for tests that run while a day ends."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "submit/WORKFLOWS.md").read_text(encoding="utf-8")
    block = text.split("\n## Every night\n\n")[1].split("\n\n")[0]
    text = "\n".join(line[4:] for line in block.splitlines()) + "\n"
    for old, new in (("s3://market-data/nightly", f"{location}/{results}"), ("s3://market-data", location),
                     (", nodes: 2", f", nodes: {nodes}"),
                     ("vcpus: 8, memory: 30000", "vcpus: 2, memory: 2048"), ("memory: 4096", "memory: 1024"),
                     ("skill>=0.01", "skill>=-1"), ("champion:0.002", "champion:1"),
                     ("last_row>=-3d", "last_row>=-9d")):
        assert old in text, old
        text = text.replace(old, new)
    return text


class Night:
    """Data up to today, of which a night has all but some last days: market.csv, rates/."""

    def __init__(self, rows=700, variables=4):
        import pandas as pd
        frame = jobs.panel(rows, variables + 2, seed=5)
        frame.index = pd.bdate_range(end=pd.Timestamp.now("UTC").date(), periods=rows, name="date")
        frame.columns = [*frame.columns[:-2], "us_10y_yield", "us_2y_yield"]
        self.frame = frame

    def write(self, without=0):
        """Files in datasets/; their names."""
        os.makedirs("datasets/rates", exist_ok=True)
        known = self.frame.iloc[:len(self.frame) - without]
        jobs.write(known.iloc[:, :-2], "datasets/market.csv")
        for name in known.columns[-2:]:
            jobs.write(known[[name]].rename(columns={name: "value"}), f"datasets/rates/historical_{name}.csv")
        return ["market.csv", *(f"rates/historical_{name}.csv" for name in known.columns[-2:])]

    def revise(self, row):
        """The date of a value that is another one now."""
        self.frame.iloc[row, 1] += 0.5
        return str(self.frame.index[row].date())
