"""Simulated studies whose truth is known: how often pulse-evaluate calls luck what is luck.

A study is 30 runs over windows of which they have a part in common, the first of them the baseline. Seeds are fixed:
the shares are the same each time.
"""
import json
import subprocess

import h5py
import numpy as np

STUDIES, RUNS, ROWS = 200, 30, 30  # rows of a window: the default of --batch-size-days on a calendar without gaps
COMMON, OWN = 0.3, 0.1  # how much losses vary from window to window: of all runs, and of each


def call(*words):
    return subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE, text=True).stdout


class Results:
    """The results of 30 runs in directories below `work`; a study is other squared errors in them."""

    def __init__(self, binaries, work, windows):
        self.work, self.evaluate = work, binaries / "pulse-evaluate"
        work.mkdir(parents=True, exist_ok=True)
        call(binaries / "pulse-data", "synth", "--rows", ROWS * windows, "--variables", 1, "--seed", 1, work / "one.csv")
        last = (work / "one.csv").read_text().splitlines()[-1].split(",")[0]
        call(binaries / "pulse-train", "--data", work / "one.csv", "--output", work / "run", "--end-date", last,
             "--min-history", 0, "--no-progress", "--no-report", "--no-checkpoint")
        for k in range(RUNS):
            (work / f"{k:02}").mkdir(exist_ok=True)
            for name in ("summary.json", "results.h5"):
                (work / f"{k:02}" / name).write_bytes((work / "run" / name).read_bytes())
        with h5py.File(work / "run" / "results.h5") as file:
            self.rows = file["metrics/n"][:, 0]
            self.position = file["metrics/sum_squared_error"].id.get_offset()

    def put(self, losses):
        for k, own in enumerate(losses):
            with open(self.work / f"{k:02}" / "results.h5", "r+b") as file:
                file.seek(self.position)
                file.write((own * self.rows).astype("<f8").tobytes())

    def compare(self):
        return json.loads(call(self.evaluate, *[f"{k:02}={self.work / f'{k:02}'}" for k in range(RUNS)],
                               "--baseline", "00", "--json", "-"))


def simulate(binaries, work, windows, better=0.0, memory=0.0):
    """Of 200 studies the share in which the test for superior predictive ability rejects at 10 %, and the share in which
    the second run, whose mean loss is `better` less, is in the confidence set. `memory`: the correlation of what a run
    has of its own with the window before."""
    results = Results(binaries, work, windows)
    draw = np.random.default_rng([windows, round(1000 * better), round(1000 * memory)])
    rejected = held = 0
    for _ in range(STUDIES):
        own = draw.standard_normal((RUNS, len(results.rows)))
        for w in range(1, own.shape[1]):
            own[:, w] = memory * own[:, w - 1] + np.sqrt(1 - memory ** 2) * own[:, w]
        losses = 2 + COMMON * draw.standard_normal(len(results.rows)) + OWN * own
        losses[1] -= better
        results.put(losses)
        said = results.compare()
        rejected += said["superior_predictive_ability"]["consistent"] < 0.1
        held += said["runs"][1]["in_confidence_set"]
    return rejected / STUDIES, held / STUDIES
