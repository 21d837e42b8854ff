"""How good the numbers are: skill and interval score of Pulse beside what one would use instead.

    ./dev bench quality                 or: quality.py [--bin-dir DIR] [--data DIR] [PANEL…]

Pulse runs with its default options. The others are walked forward over the same windows: before each
one they are fitted on all rows before it, then each of its rows is predicted from the rows before that
row. All are scored on the rows that Pulse was scored on.

persistence    the last value; intervals from all errors so far, as if they were normal
RidgeCV        scikit-learn's, five lags of all variables, a penalty for each variable by leave-one-out
VAR            least squares, one to five lags by Schwarz's criterion
Theta          simple exponential smoothing with half the trend as drift (Assimakopoulos, Nikolopoulos 2000)
RiskMetrics    the last value; normal intervals from squared changes with a decay of 0.94
The intervals of RidgeCV, VAR and Theta are made of their errors as those of persistence are.
Pulse's lines for 5 and 21 rows ahead are of the same run; their scores are in mean changes of so many rows.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.dont_write_bytecode = True

import h5py
import numpy as np
import pandas as pd
from scipy.signal import lfilter

ROOT = Path(__file__).resolve().parent.parent
LAGS = 5
FURTHER = (5, 21)  # rows ahead beside the next one
PENALTIES = np.logspace(0, 5, 11)
SMOOTHINGS = np.append(np.arange(0.1, 1.0, 0.1), [0.95, 1.0])
DECAY = 0.94
LEVELS = {80: (0.2, 1.2815515655446004), 95: (0.05, 1.959963984540054)}  # share outside, normal quantile
PANELS = {  # name: (file below the directory of market data, transforms)
    "us14": ("real/wide.csv", "spx_close=logdiff nasdaq_close=logdiff wti_spot=logdiff brent_spot=logdiff"),
    "fx18": ("panels/fx18.csv", "logdiff"),
    "us1990": ("panels/us1990.csv", "dcoilbrenteu=logdiff dcoilwtico=logdiff dtwexb=logdiff"),
}
SYNTHETIC = {f"synth-{seed}": seed for seed in (1, 2, 3)}


# ---- Pulse ---------------------------------------------------------------------------------------

class Run:
    """What Pulse did: the panel as it saw it, its windows, and its predictions with their bounds."""

    def __init__(self, path, transforms, below=""):
        with h5py.File(path) as f:
            self.names = [name.decode() for name in f["variables"][:]]
            windows = f["windows"][:]
            self.windows = [(int(w["first_row"]), int(w["first_row"] + w["rows"]))
                            for w in windows if w["status"] == 0]
            self.actual, self.predicted, self.prev = (
                f[below + "predictions/" + name][:] for name in ("actual", "predicted", "persistence"))
            self.bounds = {level: tuple(f[f"{below}predictions/{side}_{level}"][:]
                                        for side in ("lower", "upper")) for level in LEVELS}
        kinds = dict(spec.rpartition("=")[::2] for spec in transforms.split())
        self.log = np.array([kinds.get(name, kinds.get("", "diff")) == "logdiff" for name in self.names])
        self.scored = ~np.isnan(self.actual) & ~np.isnan(self.predicted)


def train(data, transforms, bin_dir, scratch):
    """Runs pulse-train with its default options, and further horizons."""
    command = ["mpirun", "--oversubscribe", "-n", "2", bin_dir / "pulse-train", "--data", data,
               "--output", scratch, "--no-progress", "--horizon", ",".join(map(str, (1, *FURTHER))),
               *(["--transform", *transforms.split()] if transforms else [])]
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"quality: pulse-train ended with {done.returncode}: {done.stderr.strip()}")
    return Run(scratch / "results.h5", transforms)


# ---- The others ----------------------------------------------------------------------------------

def changes(run):
    """Levels (logarithms where Pulse takes them), the last one known carried on, and their changes;
    0 where there is no new value, and before the first one."""
    filled = pd.DataFrame(run.actual).ffill().bfill().to_numpy()
    level = np.where(run.log, np.log(np.where(run.log, filled, 1.0)), filled)
    return level, np.diff(level, axis=0, prepend=level[:1])


def lagged(z, lags):
    """Row t: the changes of the rows t−1 … t−lags."""
    x = np.zeros((len(z), lags * z.shape[1]))
    for lag in range(1, lags + 1):
        x[lag:, (lag - 1) * z.shape[1]:lag * z.shape[1]] = z[:-lag]
    return x


def walk(run, z, predict):
    """predict(history's end, window's end) gives changes of the window's rows; elsewhere they are 0."""
    predicted = np.zeros_like(z)
    for first, end in run.windows:
        predicted[first:end] = predict(first, end)
    return predicted


def ridge_cv(run):
    from sklearn.linear_model import RidgeCV
    _, z = changes(run)
    x = lagged(z, LAGS)

    def predict(first, end):
        scale = z[LAGS:first].std(axis=0)
        scale[scale == 0] = 1.0
        of_features = np.tile(scale, LAGS)
        model = RidgeCV(alphas=PENALTIES, alpha_per_target=True)
        model.fit(x[LAGS:first] / of_features, z[LAGS:first] / scale)
        return model.predict(x[first:end] / of_features) * scale

    return walk(run, z, predict)


def var(run):
    _, z = changes(run)
    x = np.hstack([np.ones((len(z), 1)), lagged(z, LAGS)])
    V = z.shape[1]

    def predict(first, end):
        n = first - LAGS
        best = None
        for lags in range(1, LAGS + 1):
            used = slice(0, 1 + lags * V)
            past = x[LAGS:first, used]
            B = np.linalg.lstsq(past.T @ past, past.T @ z[LAGS:first], rcond=None)[0]
            rest = z[LAGS:first] - past @ B
            _, size = np.linalg.slogdet(rest.T @ rest / n + 1e-300 * np.eye(V))
            criterion = size + np.log(n) / n * lags * V * V
            if best is None or criterion < best[0]:
                best = criterion, B, used
        return x[first:end, best[2]] @ best[1]

    return walk(run, z, predict)


def theta(run):
    """The smoothing and the trend of each variable are chosen on the rows before the window."""
    level, z = changes(run)
    start = level[:1]
    smooth = []  # before each row, of each smoothing
    for a in SMOOTHINGS:
        s = lfilter([a], [1, a - 1], level - start, axis=0) + start
        smooth.append(np.vstack([start, s[:-1]]))
    smooth = np.array(smooth)
    squares = np.cumsum((level - smooth) ** 2, axis=1)
    rows = np.arange(len(level))

    def predict(first, end):
        best = squares[:, first - 1].argmin(axis=0)
        a, columns = SMOOTHINGS[best], np.arange(z.shape[1])
        time = rows[:first] - rows[:first].mean()
        slope = time @ level[:first] / (time @ time)
        n = rows[first:end, None]
        drift = slope / 2 * (1 - (1 - a) ** n) / a
        return smooth[best, first:end, columns].T + drift - level[first - 1:end - 1]

    return walk(run, z, predict)


def nothing(run):
    return np.zeros_like(run.actual)


def normal_widths(run, error):
    """Half-widths over their normal quantile: from all errors before the window."""
    fresh = ~np.isnan(run.actual)
    squares = np.vstack([np.zeros(error.shape[1]), np.cumsum(np.where(fresh, error, 0) ** 2, axis=0)])
    count = np.vstack([np.zeros(error.shape[1]), np.cumsum(fresh, axis=0)])
    width = np.full_like(error, np.nan)
    for first, end in run.windows:
        width[first:end] = np.sqrt(squares[first] / np.maximum(count[first], 1))
    return width


def risk_metrics_widths(run, error):
    """The same from squared errors that fade row by row."""
    fresh = ~np.isnan(run.actual)
    width = np.full_like(error, np.nan)
    for j in range(error.shape[1]):
        rows = np.flatnonzero(fresh[:, j])
        e = error[rows, j]
        first = np.mean(e[:25] ** 2)
        after, _ = lfilter([1 - DECAY], [1, -DECAY], e ** 2, zi=[DECAY * first])
        width[rows, j] = np.sqrt(np.append(first, after[:-1]))
    return width


OTHERS = {"persistence": (nothing, normal_widths), "RidgeCV": (ridge_cv, normal_widths),
          "VAR": (var, normal_widths), "Theta": (theta, normal_widths),
          "RiskMetrics": (nothing, risk_metrics_widths)}


def results_of(run, name):
    """Predictions and bounds of one of the others, in original units."""
    change, widths = OTHERS[name]
    predicted = change(run)
    width = widths(run, changes(run)[1] - predicted)

    def to_units(x):
        return np.where(run.log, run.prev * np.exp(np.where(run.log, x, 0.0)), run.prev + x)

    return to_units(predicted), {level: (to_units(predicted - q * width), to_units(predicted + q * width))
                            for level, (_, q) in LEVELS.items()}


# ---- Scores --------------------------------------------------------------------------------------

def score(run, predicted, bounds):
    """Of each variable: skill; and of each level the mean interval score in mean changes, and the share
    inside."""
    def total(x):
        return np.where(run.scored, x, 0.0).sum(axis=0)

    change = total(np.abs(run.actual - run.prev))
    out = {"skill": 1 - total((run.actual - predicted) ** 2) / total((run.actual - run.prev) ** 2)}
    for level, (share, _) in LEVELS.items():
        lower, upper = bounds[level]
        outside = np.maximum(lower - run.actual, 0) + np.maximum(run.actual - upper, 0)
        out[f"score_{level}"] = total(upper - lower + 2 / share * outside) / change
        inside = (lower <= run.actual) & (run.actual <= upper)
        out[f"inside_{level}"] = total(inside) / run.scored.sum(axis=0)
    return out


HEAD = "{:<10} {:<12} {:>11} {:>8} {:>10} {:>10} {:>10} {:>8} {:>8}"
LINE = "{:<10} {:<12} {:>11.3f} {:>8.3f} {:>10.3f} {:>10.3f} {:>10} {:>8.2f} {:>8.2f}"


def show(panel, name, found, ours):
    """A line of the table. Ahead: of how many variables Pulse has the better skill, and 95 % score."""
    ahead = "" if found is ours else "{}, {}".format(
        (ours["skill"] > found["skill"]).sum(), (ours["score_95"] < found["score_95"]).sum())
    print(LINE.format(panel, name, 100 * found["skill"].mean(), 100 * found["skill"].min(),
                      found["score_80"].mean(), found["score_95"].mean(), ahead,
                      100 * found["inside_80"].mean(), 100 * found["inside_95"].mean()), flush=True)


def compare(panel, data, transforms, bin_dir, scratch):
    """All lines of a panel; the scores of each, by name."""
    run = train(data, transforms, bin_dir, scratch)
    ours = score(run, run.predicted, run.bounds)
    found = {"Pulse": ours, **{name: score(run, *results_of(run, name)) for name in OTHERS}}
    for h in FURTHER:
        ahead = Run(scratch / "results.h5", transforms, f"horizons/{h}/")
        found[f"{h} ahead"] = score(ahead, ahead.predicted, ahead.bounds)
    for name, scores in found.items():
        show(panel, name, scores, scores if name.endswith(" ahead") else ours)
    return {name: {key: value.tolist() for key, value in scores.items()} for name, scores in found.items()}


def synthetic(panel, bin_dir, scratch):
    """The path of a made-up market without monthly variables."""
    path = scratch / f"{panel}.csv"
    subprocess.run([bin_dir / "pulse-data", "synth", "--rows", "2500", "--variables", "12", "--sparse", "0",
                    "--seed", str(SYNTHETIC[panel]), path], check=True, stdout=subprocess.DEVNULL)
    return path


def quality(bin_dir=ROOT / "build" / "bin", market_data=ROOT.parent / "shared" / "data", panels=()):
    """Prints the table; everything in it, variable by variable, by panel and name."""
    there = [name for name, (file, _) in PANELS.items() if (market_data / file).exists()]
    if not there:
        print("The market data are not here: made-up markets by pulse-data synth are used instead.")
    print(HEAD.format("panel", "", "mean skill %", "worst", "score 80", "score 95", "ahead of", "in 80", "in 95"))
    found = {}
    for panel in panels or there or SYNTHETIC:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = Path(scratch)
            data, transforms = ((market_data / PANELS[panel][0], PANELS[panel][1]) if panel in PANELS else
                                (synthetic(panel, bin_dir, scratch), ""))
            found[panel] = compare(panel, data, transforms, bin_dir, scratch)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("panels", nargs="*", metavar="PANEL", help=" ".join([*PANELS, *SYNTHETIC]))
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "build" / "bin")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--json", type=Path, help="where all scores go")
    a = parser.parse_args()
    if os.geteuid() == 0:  # Open MPI refuses to run as root unless allowed twice
        os.environ["OMPI_ALLOW_RUN_AS_ROOT"] = os.environ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    found = quality(a.bin_dir, a.data, a.panels)
    if a.json:
        a.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
