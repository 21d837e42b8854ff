#!/usr/bin/python3
"""Retrodiction training in plain NumPy: what pulse-train has to compute, and nothing clever.

Every window is refitted from its own history, weights are applied directly, nothing is updated
incrementally. It is slow, and it is the definition the fast engine is compared with.
"""
import argparse
import datetime
import re
import sys
from collections import deque, namedtuple
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.linalg import cho_solve
from scipy.stats import beta as beta_distribution
from scipy.stats import norm

TIME_COLUMNS = ("timestamp", "date", "time", "datetime", "DATE", "observation_date")
LEVELS = (80, 95)
TARGET = (0.2, 0.05)  # the share that should fall outside
NORMAL = (1.2815515655446004, 1.959963984540054)
TRAINED, SKIPPED, FAILED = 0, 1, 2
DAY = 86_400_000_000_000  # nanoseconds

Panel = namedtuple("Panel", "days names values")  # days since 1970, any order; rows x names


def read_wide(path):
    frame = pd.read_csv(path, na_values=[".", "NA", "NaN", "null", ""],
                        float_precision="round_trip")
    time = next(name for name in frame.columns if name in TIME_COLUMNS)
    days = pd.to_datetime(frame.pop(time)).to_numpy("datetime64[D]").astype(np.int64)
    return Panel(days, list(frame.columns), frame.to_numpy(float))


def day_of(text):
    return int(np.datetime64(text, "D").astype(np.int64))


def parse_options(arguments):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data")
    p.add_argument("--variables", nargs="+")
    p.add_argument("--start-date")
    p.add_argument("--end-date")
    p.add_argument("--batch-size-days", type=int, default=30)
    p.add_argument("--batch-limit", type=int)
    p.add_argument("--min-history", type=int, default=250)
    p.add_argument("--history", default="expanding")
    p.add_argument("--transform", nargs="+", default=["diff"])
    p.add_argument("--lags", type=int, default=5)
    p.add_argument("--ridge", default="10,100,1000,10000,100000")
    p.add_argument("--burn-in", type=int, default=24)
    p.add_argument("--combine", choices=("average", "select"), default="average")
    p.add_argument("--learning-rate", type=float, default=0.3)
    p.add_argument("--interval", choices=("adaptive", "gaussian"), default="adaptive")
    p.add_argument("--interval-halflife", type=float, default=1.0)
    p.add_argument("--trust", choices=("direction", "persistence"), default="direction")
    p.add_argument("--trust-decay", type=float, default=1.0)
    o = p.parse_args(arguments)
    o.ridge = sorted({float(x) for x in o.ridge.split(",")})
    kind, _, number = o.history.partition(":")
    o.history = (kind, float(number) if number else None)
    o.default_transform, o.transforms = "diff", {}
    for spec in re.split("[, ]", " ".join(o.transform)):
        name, equals, value = spec.rpartition("=")
        if equals:
            o.transforms[name] = value
        else:
            o.default_transform = value
    return o


# ---- rows, windows, features ---------------------------------------------------------------------

def calendar_and_windows(panel, o):
    """The days with an observation, the chosen columns on them, and the windows."""
    names = o.variables or list(panel.names)
    column = [list(panel.names).index(name) for name in names]
    values = np.where(np.isfinite(panel.values[:, column]), panel.values[:, column], np.nan)
    frame = pd.DataFrame(values).groupby(np.asarray(panel.days)).last()  # the last observation wins
    frame = frame.dropna(how="all")
    start = day_of(o.start_date) if o.start_date else int(frame.index[0])
    end = day_of(o.end_date or datetime.datetime.utcnow().date().isoformat())
    size = o.batch_size_days
    count = -(-(end - start + 1) // size)
    count = min(count, o.batch_limit) if o.batch_limit else count
    first_day = start + size * np.arange(count)
    last_day = np.minimum(first_day + size - 1, end)
    frame = frame[(frame.index >= start) & (frame.index <= last_day[-1])]
    days = frame.index.to_numpy(np.int64)
    if len(days) == 0:
        sys.exit("no observation in the period")
    return names, days, frame.to_numpy(), first_day, last_day, (days - start) // size


def transform(x, kind, burn_in, name):
    """One variable on the calendar: what is fresh, prev, the scaled series, and its scale."""
    rows = np.arange(len(x))
    seen = ~np.isnan(x)
    if kind == "logdiff" and (x[seen] <= 0).any():
        sys.exit(f"{name}: logdiff of a value that is not positive")
    newest = np.maximum.accumulate(np.where(seen, rows, -1))
    last = np.where(newest >= 0, x[newest], np.nan)  # the newest observation, this row included
    prev = np.append(np.nan, last[:-1])
    fresh = seen if kind == "level" else seen & ~np.isnan(prev)
    if kind == "level":
        z = np.where(np.isnan(last), 0.0, last)
    else:
        step = np.log(x) - np.log(prev) if kind == "logdiff" else x - prev
        z = np.where(fresh, step, 0.0)
    v = SimpleNamespace(name=name, kind=kind, x=x, prev=prev, fresh=fresh, newest=last[-1],
                        enters=fresh.sum() >= burn_in, scale=np.nan, centre=np.nan)
    if v.enters:
        burn = np.flatnonzero(fresh)[:burn_in]
        v.scale = np.std(z[burn]) or 1.0
        v.centre = np.mean(z[burn]) if kind == "level" else 0.0
        v.past = rows > burn[-1]
        v.z = np.where(v.past, (z - v.centre) / v.scale, 0.0)
        v.dense = 5 * (fresh & v.past).sum() >= 4 * v.past.sum()
    return v


def persistence(v, prev):
    return (prev - v.centre) / v.scale if v.kind == "level" else 0.0 * prev


def to_units(v, prev, scaled, same=False):
    """Back from the scaled axis; where it is the `same` as persistence that is prev, to the bit."""
    if v.kind == "level":
        return np.where(same, prev, v.centre + v.scale * scaled)
    return prev * np.exp(v.scale * scaled) if v.kind == "logdiff" else prev + v.scale * scaled


def features(Z, p):
    """Row t holds [1, Z(t-1), ..., Z(t-p)]; one row more than Z, for the forecast."""
    T, E = Z.shape
    X = np.zeros((T + 1, 1 + p * E))
    X[:, 0] = 1.0
    for lag in range(1, p + 1):
        X[lag:, 1 + (lag - 1) * E:1 + lag * E] = Z[:T + 1 - lag]
    return X


# ---- fitting -------------------------------------------------------------------------------------

def fit(X, Y, weight, ridge):
    """Coefficients for each ridge value (L x d x targets); NaN where there is no solution."""
    d = X.shape[1]
    if len(X) == 0:
        return np.zeros((len(ridge), d, Y.shape[1]))
    P = X.T @ (X * weight[:, None])
    Q = X.T @ (Y * weight[:, None])
    coefficients = np.full((len(ridge), *Q.shape), np.nan)
    for i, penalty in enumerate(ridge):
        A = P + np.diag(np.append(0.0, np.full(d - 1, penalty)))
        try:
            L = np.linalg.cholesky(A)
        except np.linalg.LinAlgError:
            continue
        if np.isfinite(L).all() and (np.diag(L) ** 2 > d * 2.0 ** -52 * np.diag(A)).all():
            coefficients[i] = cho_solve((L, True), Q)
    return coefficients


def history_weight(history, w, window_of):
    """The weight of every row in the history of window w."""
    kind, number = history
    age = w - window_of
    if kind == "rolling":
        return ((age >= 1) & (age <= number)).astype(float)
    if kind == "halflife":
        return np.where(age >= 1, 2.0 ** (-np.maximum(age, 0) / number), 0.0)
    return (age >= 1).astype(float)


def fit_systems(systems, X, weight, ridge, wanted):
    """The coefficients of the wanted systems, by their position in the list."""
    solved = {}
    for i, (_, Y, usable, _) in enumerate(systems):
        if wanted(i):
            rows = usable & (weight > 0)
            solved[i] = fit(X[:-1][rows], Y[rows], weight[rows], ridge)
    return solved


def walk(entered, X, o, window_of, W):
    """Statuses, each ridge value's retrodictions (L x T x E), and the final coefficients."""
    T = len(window_of)
    usable = np.arange(T) >= o.lags
    systems = []  # targets, Y, rows to train on, rows to retrodict; the dense system comes first
    dense = [e for e, v in enumerate(entered) if v.dense]
    past = np.any([entered[e].past for e in dense], axis=0) if dense else np.zeros(T, bool)
    for targets, train, wanted_rows in [(dense, usable, usable & past)] + [
            ([e], usable & v.fresh & v.past, usable & v.fresh & v.past)
            for e, v in enumerate(entered) if not v.dense]:
        Y = np.array([entered[e].z for e in targets]).reshape(len(targets), T).T
        systems.append((targets, Y, train, wanted_rows))

    status, reason = np.full(W, TRAINED), [""] * W
    predicted = np.full((len(o.ridge), T, len(entered)), np.nan)
    for w in range(W):
        rows = np.flatnonzero(window_of == w)
        weight = history_weight(o.history, w, window_of)
        if len(rows) == 0:
            status[w], reason[w] = SKIPPED, "no rows"
            continue
        if (usable & (weight > 0)).sum() < o.min_history:
            status[w], reason[w] = SKIPPED, "too little history"
            continue
        solved = fit_systems(systems, X, weight, o.ridge, lambda i: systems[i][3][rows].any())
        if any(np.isnan(B).any() for B in solved.values()):
            status[w], reason[w] = FAILED, "a system cannot be solved"
            continue
        for i, B in solved.items():
            for k, e in enumerate(systems[i][0]):
                wanted_rows = rows[systems[i][3][rows] & entered[e].past[rows]]
                predicted[:, wanted_rows, e] = B[:, :, k] @ X[wanted_rows].T

    final = np.full((len(o.ridge), X.shape[1], len(entered)), np.nan)
    weight = history_weight(o.history, window_of[-1] + 1, window_of)
    solved = fit_systems(systems, X, weight, o.ridge, lambda i: len(systems[i][0]) > 0)
    for i, B in solved.items():
        final[:, :, systems[i][0]] = B
    return status, reason, predicted, final


# ---- judging -------------------------------------------------------------------------------------

def softmin(S, rate, s2):
    weight = np.exp(-rate * (S - S.min()) / (2 * s2))
    return weight / weight.sum()


def settled(y, y_p):
    """What is persistence up to rounding is persistence."""
    return np.where(np.abs(y - y_p) <= 1e-10 * np.maximum(1, np.abs(y_p)), y_p, y)


class Judge:
    """What is known of one variable's candidates after the windows seen so far."""

    def __init__(self, o):
        self.o, self.L = o, len(o.ridge)
        self.select = o.combine == "select"
        self.S, self.N = np.zeros(self.L + (not self.select)), 0
        self.slope = [0.0, 0.0]
        self.A = self.M = 0.0
        self.decay = 1.0 if o.interval == "gaussian" else 2.0 ** (-1 / o.interval_halflife)
        self.recent = deque(maxlen=36)
        self.a = list(TARGET)
        self.alpha = self.beta = 1.0

    def prepare(self):
        """Weights, lean, shrinkage, sigma and half-widths for the next window."""
        if self.select:
            best = max(i for i in range(self.L) if self.S[i] <= (1 + 1e-10) * self.S.min())
            self.weights = self.lean = np.eye(self.L)[best]
            self.b = 1.0
        else:
            s2 = max(self.S.min() / max(self.N, 1), 1e-12)
            self.weights = softmin(self.S, self.o.learning_rate, s2)
            self.lean = softmin(self.S[:self.L], self.o.learning_rate, s2)
            self.b = float(np.clip(self.slope[0] / self.slope[1], 0, 1)) if self.slope[1] else 0.0
        self.sigma = np.sqrt(self.A / self.M) if self.M > 0 and self.A > 0 else np.nan
        ratios = np.concatenate([np.zeros(0), *self.recent])
        if self.o.interval == "adaptive" and len(ratios) >= 100:
            quantile = [np.quantile(ratios, np.clip(1 - a, 0.5, 1)) for a in self.a]
        else:
            quantile = NORMAL
        self.half = self.sigma * np.array(quantile)

    def retrodict(self, predicted, y_p):
        """The combined retrodiction, the mean it shrinks, and the direction."""
        predicted = settled(predicted, y_p)
        candidates = predicted if self.select else np.vstack([predicted, y_p])
        mean = self.weights @ candidates
        return (settled(y_p + self.b * (mean - y_p), y_p), mean, self.lean @ (predicted - y_p))

    def learn(self, z, predicted, y_p, y, mean, inside, successes, failures):
        """The scored rows of a trained window."""
        predicted = settled(predicted, y_p)
        candidates = predicted if self.select else np.vstack([predicted, y_p])
        self.S = self.S + ((z - candidates) ** 2).sum(axis=1)
        self.N += len(z)
        self.slope[0] += ((z - y_p) * (mean - y_p)).sum()
        self.slope[1] += ((mean - y_p) ** 2).sum()
        if len(z) and not np.isnan(self.sigma):
            self.recent.append(np.abs(z - y) / self.sigma)
            for k in range(2):
                self.a[k] += 0.02 * (TARGET[k] - np.mean(~inside[k]))
        self.A = self.decay * self.A + ((z - y) ** 2).sum()
        self.M = self.decay * self.M + len(z)
        self.alpha = 1 + self.o.trust_decay * (self.alpha - 1) + successes
        self.beta = 1 + self.o.trust_decay * (self.beta - 1) + failures


def judge_variable(v, j, predicted, final_predicted, status, window_of, r, o):
    """Walks one variable (column j of the results) through the windows."""
    judge, deltas = Judge(o), []
    for w in range(len(status)):
        if status[w] == TRAINED:
            judge.prepare()
            r["model/weights"][w, :, j] = judge.weights
            r["model/shrinkage"][w, j] = judge.b
            rows = np.flatnonzero((window_of == w) & ~np.isnan(predicted[0]))
            prev, y_p = v.prev[rows], persistence(v, v.prev[rows])
            y, mean, lean = judge.retrodict(predicted[:, rows], y_p)
            r["predictions/predicted"][rows, j] = x_hat = to_units(v, prev, y, y == y_p)
            r["predictions/persistence"][rows, j] = prev
            bound = [[to_units(v, prev, y - h), to_units(v, prev, y + h)] for h in judge.half]
            for k, level in enumerate(LEVELS):
                r[f"model/half_width_{level}"][w, j] = judge.half[k]
                r[f"predictions/lower_{level}"][rows, j] = bound[k][0]
                r[f"predictions/upper_{level}"][rows, j] = bound[k][1]

            f = v.fresh[rows]  # the scored rows
            x, prev = v.x[rows][f], prev[f]
            e, e_p = np.abs(x - x_hat[f]), np.abs(x - prev)
            inside = [(lower[f] <= x) & (x <= upper[f]) for lower, upper in bound]
            moves = x != prev
            hits = moves & (np.sign(lean[f]) == np.sign(x - prev))
            success, failure = (hits, moves & ~hits) if o.trust == "direction" else (e < e_p, e > e_p)
            judge.learn(v.z[rows][f], predicted[:, rows][:, f], y_p[f], y[f], mean[f], inside,
                        success.sum(), failure.sum())
            deltas.append(e_p ** 2 - e ** 2)
            for name, value in dict(
                    n=f.sum(), sum_abs_error=e.sum(), sum_squared_error=(e ** 2).sum(),
                    persistence_sum_abs_error=e_p.sum(),
                    persistence_sum_squared_error=(e_p ** 2).sum(), hits=hits.sum(),
                    moves=moves.sum(), interval_rows=0 if np.isnan(judge.sigma) else f.sum(),
                    inside_80=inside[0].sum(), inside_95=inside[1].sum()).items():
                r["metrics/" + name][w, j] = value
        r["trust/alpha"][w, j] = judge.alpha
        r["trust/beta"][w, j] = judge.beta
        r["trust/mean"][w, j] = judge.alpha / (judge.alpha + judge.beta)
    r["trust/lower_95"][j], r["trust/upper_95"][j] = beta_distribution.ppf(
        [0.025, 0.975], judge.alpha, judge.beta)

    judge.prepare()
    r["model/final_weights"][:, j] = judge.weights
    r["model/final_shrinkage"][j] = judge.b
    r["model/final_sigma"][j] = judge.sigma
    y_p = persistence(v, v.newest)
    y = judge.retrodict(final_predicted[:, None], np.array([y_p]))[0][0]
    r["forecast/value"][j] = to_units(v, v.newest, y, y == y_p)
    for k, level in enumerate(LEVELS):
        r[f"model/final_half_width_{level}"][j] = judge.half[k]
        r[f"forecast/lower_{level}"][j] = to_units(v, v.newest, y - judge.half[k])
        r[f"forecast/upper_{level}"][j] = to_units(v, v.newest, y + judge.half[k])
    return np.concatenate([np.zeros(0), *deltas])


def total_metrics(j, r, delta):
    """One variable over all trained windows."""
    s = {name[8:]: r[name][:, j].sum() for name in r if name.startswith("metrics/")}
    with np.errstate(invalid="ignore", divide="ignore"):
        n = s["n"]
        statistic = np.nan
        if n >= 2 and np.var(delta, ddof=1) > 0:
            statistic = np.mean(delta) / np.sqrt(np.var(delta, ddof=1) / n)
        worst = s["persistence_sum_squared_error"]
        return dict(
            n=n, mae=s["sum_abs_error"] / n, rmse=np.sqrt(s["sum_squared_error"] / n),
            persistence_mae=s["persistence_sum_abs_error"] / n,
            persistence_rmse=np.sqrt(s["persistence_sum_squared_error"] / n),
            skill=1 - s["sum_squared_error"] / worst if worst > 0 else np.nan,
            hit_rate=s["hits"] / s["moves"],
            coverage_80=s["inside_80"] / s["interval_rows"],
            coverage_95=s["inside_95"] / s["interval_rows"],
            dm_statistic=statistic, dm_p_value=norm.sf(statistic))


# ---- all of it -----------------------------------------------------------------------------------

def run(panel, o):
    """Everything of results.h5 by its path, and "summary/…" by variable name."""
    names, days, values, first_day, last_day, window_of = calendar_and_windows(panel, o)
    T, V, W = len(days), len(names), len(first_day)
    variables = [transform(values[:, j], o.transforms.get(name, o.default_transform), o.burn_in, name)
                 for j, name in enumerate(names)]
    columns = [j for j, v in enumerate(variables) if v.enters]
    entered = [variables[j] for j in columns]
    if not entered:
        sys.exit("no variable enters")
    X = features(np.array([v.z for v in entered]).T, o.lags)
    status, reason, predicted, final = walk(entered, X, o, window_of, W)

    labels = [f"ridge={x:g}" for x in o.ridge] + ["persistence"] * (o.combine == "average")
    nan = lambda *shape: np.full(shape, np.nan)  # noqa: E731
    r = {"calendar": days * DAY, "variables": names}
    r["windows"] = dict(
        id=[f"batch_{w:04d}" for w in range(W)], start=first_day * DAY, end=last_day * DAY,
        first_row=np.searchsorted(window_of, np.arange(W)),
        rows=np.bincount(window_of, minlength=W), status=status, reason=reason)
    for name in ("predicted", "persistence", "lower_80", "upper_80", "lower_95", "upper_95"):
        r["predictions/" + name] = nan(T, V)
    r["predictions/actual"] = values
    for name in ("n", "sum_abs_error", "sum_squared_error", "persistence_sum_abs_error",
                 "persistence_sum_squared_error", "hits", "moves", "interval_rows", "inside_80",
                 "inside_95"):
        r["metrics/" + name] = np.zeros((W, V), float if "error" in name else int)
    for name in ("trust/alpha", "trust/beta", "trust/mean", "model/shrinkage",
                 "model/half_width_80", "model/half_width_95"):
        r[name] = nan(W, V)
    for name in ("trust/lower_95", "trust/upper_95", "model/final_shrinkage", "model/final_sigma",
                 "model/final_half_width_80", "model/final_half_width_95", "forecast/value",
                 "forecast/lower_80", "forecast/upper_80", "forecast/lower_95", "forecast/upper_95"):
        r[name] = nan(V)
    r["model/ridge"] = np.array(o.ridge)
    r["model/features"] = ["const"] + [f"{v.name}.lag{lag}" for lag in range(1, o.lags + 1)
                                       for v in entered]
    r["model/candidates"] = labels
    r["model/coefficients"] = nan(len(o.ridge), X.shape[1], V)
    r["model/coefficients"][:, :, columns] = final
    r["model/scale"] = np.array([v.scale for v in variables])
    r["model/centre"] = np.array([v.centre for v in variables])
    r["model/weights"] = nan(W, len(labels), V)
    r["model/final_weights"] = nan(len(labels), V)

    next_row = np.einsum("ldv,d->lv", final, X[T])
    for e, j in enumerate(columns):
        delta = judge_variable(entered[e], j, predicted[:, :, e], next_row[:, e], status, window_of, r, o)
        r["summary/" + names[j]] = total_metrics(j, r, delta)
    return r


def main():
    o = parse_options(sys.argv[1:])
    r = run(read_wide(o.data), o)
    status = r["windows"]["status"]
    print(f"{len(r['calendar'])} rows, {len(status)} windows: {(status == TRAINED).sum()} trained, "
          f"{(status == SKIPPED).sum()} skipped, {(status == FAILED).sum()} failed")
    print(f"{'':24}{'n':>6}{'skill %':>9}{'hits':>8}{'in 80':>8}{'in 95':>8}{'DM':>8}{'trust':>8}"
          f"{'forecast':>14}")
    for j, name in enumerate(r["variables"]):
        m = r.get("summary/" + name)
        if m is None:
            print(f"{name:24} never enters")
            continue
        print(f"{name:24}{m['n']:6d}{100 * m['skill']:9.3f}{m['hit_rate']:8.4f}"
              f"{100 * m['coverage_80']:8.2f}{100 * m['coverage_95']:8.2f}{m['dm_statistic']:8.2f}"
              f"{r['trust/mean'][-1, j]:8.4f}{r['forecast/value'][j]:14.6g}")


if __name__ == "__main__":
    main()
