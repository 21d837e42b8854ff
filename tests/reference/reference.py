#!/usr/bin/python3
"""Retrodiction training in plain NumPy: what pulse-train has to compute, and nothing clever.

Every window is refitted from its own history, weights are applied directly, nothing is updated
incrementally. It is slow, and it is the definition the fast engine is compared with.
"""
import argparse
import datetime
import re
import sys
from collections import namedtuple
from types import SimpleNamespace

import numpy as np
import pandas as pd
from scipy.linalg import cho_solve
from scipy.signal import lfilter
from scipy.stats import beta as beta_distribution
from scipy.stats import norm

TIME_COLUMNS = ("timestamp", "date", "time", "datetime", "DATE", "observation_date")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LEVELS = (80, 95)
TARGET = (0.2, 0.05)  # the share that should fall outside
NORMAL = (1.2815515655446004, 1.959963984540054)
FIRST_QUANTILE = (1.28, 2.1)
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


def parse_features(text):
    """Blocks, each a list of families: ("lag", 2) or ("ewma", 4.0)."""
    blocks = []
    for block in text.split(","):
        families = [re.fullmatch(r"(lag|ewma)([0-9.]+)", family) for family in block.split("+")]
        if None in families:
            sys.exit(f"--features: '{block}' is not lagK or ewmaH")
        blocks.append([(m[1], int(m[2]) if m[1] == "lag" else float(m[2])) for m in families])
    return blocks


def parse_options(arguments):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--data")
    p.add_argument("--variables", nargs="+")
    p.add_argument("--targets", nargs="+")
    p.add_argument("--start-date")
    p.add_argument("--end-date")
    p.add_argument("--batch-size-days", type=int, default=30)
    p.add_argument("--batch-limit", type=int)
    p.add_argument("--min-history", type=int, default=250)
    p.add_argument("--history", default="expanding")
    p.add_argument("--transform", nargs="+", default=["diff"])
    features = p.add_mutually_exclusive_group()
    features.add_argument("--features", default="lag1,ewma4,ewma16")
    features.add_argument("--lags", type=int)
    p.add_argument("--calendar", choices=("auto", "on", "off"), default="auto")
    p.add_argument("--scale-halflife", type=float, default=33.0)
    p.add_argument("--clip", type=float, default=5.0)
    p.add_argument("--ridge", default="100,1000,10000")
    p.add_argument("--burn-in", type=int, default=24)
    p.add_argument("--horizon", default="1")
    p.add_argument("--combine", choices=("average", "select"), default="average")
    p.add_argument("--learning-rate", type=float, default=0.15)
    p.add_argument("--caution", type=float, default=1.0)
    p.add_argument("--interval", choices=("adaptive", "gaussian"), default="adaptive")
    p.add_argument("--interval-halflife", type=float, default=11.0)
    p.add_argument("--trust", choices=("direction", "persistence"), default="direction")
    p.add_argument("--trust-decay", type=float, default=1.0)
    o = p.parse_args(arguments)
    if o.lags:
        o.features = "+".join(f"lag{k}" for k in range(1, o.lags + 1))
    o.blocks = parse_features(o.features)
    o.families = [family for block in o.blocks for family in block]
    o.longest = max([1] + [k for kind, k in o.families if kind == "lag"])
    o.ridge = sorted({float(x) for x in o.ridge.split(",")})
    o.horizon = sorted({int(h) for h in o.horizon.split(",")})
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


# ---- rows and windows ----------------------------------------------------------------------------

def calendar_and_windows(panel, o):
    """The days with an observation, the chosen columns on them, and the windows."""
    names = o.variables or list(panel.names)
    column = [list(panel.names).index(name) for name in names]
    values = np.where(np.isfinite(panel.values[:, column]), panel.values[:, column], np.nan)
    frame = pd.DataFrame(values).groupby(np.asarray(panel.days)).last()  # the last observation wins
    frame = frame.dropna(how="all")
    start = day_of(o.start_date) if o.start_date else int(frame.index[0])
    end = day_of(o.end_date or datetime.datetime.utcnow().date().isoformat())
    frame = frame[(frame.index >= start) & (frame.index <= end)]
    if len(frame) == 0:
        sys.exit("no observation in the period")
    size = o.batch_size_days
    count = (int(frame.index[-1]) - start) // size + 1  # the last window holds the last row
    count = min(count, o.batch_limit) if o.batch_limit else count
    first_day = start + size * np.arange(count)
    last_day = np.minimum(first_day + size - 1, end)
    frame = frame[frame.index <= last_day[-1]]
    if len(frame) == 0:
        sys.exit("no observation in the period")
    days = frame.index.to_numpy(np.int64)
    return names, days, frame.to_numpy(), first_day, last_day, (days - start) // size


def known_weight(history, w, window_of, h):
    """The same where a row counts once the value h steps ahead of it is known before the window."""
    first = np.searchsorted(window_of, w)
    return history_weight(history, w, window_of) * (np.arange(len(window_of)) + h <= first)


def history_weight(history, w, window_of):
    """The weight of every row in the history of window w."""
    kind, number = history
    age = w - window_of
    if kind == "rolling":
        return ((age >= 1) & (age <= number)).astype(float)
    if kind == "halflife":
        return np.where(age >= 1, 2.0 ** (-np.maximum(age, 0) / number), 0.0)
    return (age >= 1).astype(float)


def plan_windows(window_of, W, o):
    """Which windows are trained and which skipped, and why."""
    usable = np.arange(len(window_of)) >= o.longest
    status, reason = np.full(W, TRAINED), [""] * W
    for w in range(W):
        if not (window_of == w).any():
            status[w], reason[w] = SKIPPED, "no rows"
        elif (usable & (history_weight(o.history, w, window_of) > 0)).sum() < o.min_history:
            status[w], reason[w] = SKIPPED, "too little history"
    return status, reason


# ---- from values to features ---------------------------------------------------------------------

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
                        burn_in=burn_in, enters=fresh.sum() >= burn_in, scale=np.nan, centre=np.nan)
    if v.enters:
        burn = np.flatnonzero(fresh)[:burn_in]
        sizes = x[:burn[-1] + 1][seen[:burn[-1] + 1]]
        sizes = np.maximum(1, np.abs(np.log(sizes))) if kind == "logdiff" else np.abs(sizes)
        deviation = np.std(z[burn])
        v.scale = 1.0 if deviation <= burn_in * 2.0 ** -52 * sizes.max() else deviation
        v.centre = np.mean(z[burn]) if kind == "level" else 0.0
        past = rows > burn[-1]
        v.past, v.released = past, past & fresh  # released: the rows on which there is news
        v.z = np.where(past, (z - v.centre) / v.scale, 0.0)
        v.dense = 5 * v.released.sum() >= 4 * past.sum()
    return v


def running_scale(v, o):
    """Adds sigma, known before each row and one row more for the forecast, and u, in units of it."""
    clip = o.clip or np.inf
    T = len(v.z)
    v.sigma = np.ones(T + 1)
    if v.kind == "level":
        v.u = v.z
        return
    if not o.scale_halflife:
        v.u = np.clip(v.z, -clip, clip)
        return
    g = 2.0 ** (-1 / o.scale_halflife)
    v.u = np.zeros(T)
    variance, total, count = 1.0, float(v.burn_in), v.burn_in
    for t in range(T):
        v.sigma[t] = sigma = np.sqrt(max(variance, 0.01 * total / count))
        if v.released[t]:
            v.u[t] = np.clip(v.z[t] / sigma, -clip, clip)
            variance = g * variance + (1 - g) * min(v.z[t] ** 2, (clip * sigma) ** 2)
            total += v.z[t] ** 2
            count += 1
    v.sigma[T] = np.sqrt(max(variance, 0.01 * total / count))


def look_ahead(v, h, o):
    """The variable as horizon h sees it from each row: the value h steps ahead of the row before, the
    scaled way there, and what the model learns of it. NaN and nothing fresh beyond the end."""
    T = len(v.z)
    beyond = np.full(min(h - 1, T), np.nan)
    ahead = SimpleNamespace(**vars(v))
    ahead.h, ahead.root = h, 1.0 if v.kind == "level" else np.sqrt(h)
    ahead.x = np.append(v.x[h - 1:], beyond)
    ahead.fresh = np.append(v.fresh[h - 1:], beyond == 0)
    ahead.there = np.arange(T) + h <= T
    ahead.z = np.zeros(T)
    for s in range(T - h + 1):
        ahead.z[s] = v.z[s + h - 1] if v.kind == "level" else v.z[s:s + h].sum()
    ahead.released = v.past & ahead.fresh
    clip = o.clip or np.inf
    ahead.u = ahead.z if v.kind == "level" else np.clip(ahead.z / (v.sigma[:-1] * ahead.root), -clip, clip)
    ahead.u = np.where(v.past, ahead.u, 0.0)
    return ahead


def persistence(v, prev):
    return (prev - v.centre) / v.scale if v.kind == "level" else 0.0 * prev


def to_units(v, prev, scaled, same=False):
    """Back from the scaled axis; where it is the `same` as persistence that is prev, to the bit."""
    if v.kind == "level":
        return np.where(same, prev, v.centre + v.scale * scaled)
    return prev * np.exp(v.scale * scaled) if v.kind == "logdiff" else prev + v.scale * scaled


def family_columns(kind, number, U):
    """One family's column of each variable; one row more than U, for the forecast."""
    T, E = U.shape
    before = np.vstack([np.zeros((1, E)), U])  # u of the row before
    if kind == "lag":
        return np.vstack([np.zeros((number - 1, E)), before])[:T + 1]
    r = 2.0 ** (-1 / number)
    return np.sqrt((1 + r) / (1 - r)) * lfilter([1 - r], [1, -r], before, axis=0)


def calendar_columns(days, known, o):
    """Columns of the weekday and of the days since the row before, and their names; one row more, for
    the forecast. `known`: rows that are there before anything is predicted."""
    steps = np.diff(days[:known])
    auto = len(steps) > 0 and np.median(steps) <= 2
    if o.calendar == "off" or o.calendar == "auto" and not auto:
        return np.zeros((len(days) + 1, 0)), []
    weekday = (days + 3) % 7  # Monday is 0
    usual = [k for k in range(7) if known and 10 * (weekday[:known] == k).sum() >= known]
    following = days[-1] + 1
    while usual and (following + 3) % 7 not in usual:
        following += 1
    days = np.append(days, following)
    weekday = (days + 3) % 7
    columns = [2 * ((weekday == k) - 1 / len(usual)) for k in usual[1:]]
    since = np.diff(days, prepend=days[0] - 1)
    columns.append(2 * (np.minimum(since, 5) - 1.4))
    return np.array(columns).T, [f"calendar.{WEEKDAYS[k]}" for k in usual[1:]] + ["calendar.gap"]


def features(entered, days, known, o):
    """Row t holds [1, calendar, block 1, block 2, …]; the columns' names, and each block's last one."""
    U = np.array([v.u for v in entered]).T
    calendar, names = calendar_columns(days, known, o)
    X = [np.ones((len(days) + 1, 1)), calendar] + [family_columns(*f, U) for f in o.families]
    names = ["const"] + names + [f"{v.name}.{kind}{number:g}" for kind, number in o.families
                                 for v in entered]
    head = 1 + calendar.shape[1]
    sizes = [head + len(entered) * n for n in np.cumsum([len(block) for block in o.blocks])]
    return np.hstack(X), names, sizes


# ---- fitting -------------------------------------------------------------------------------------

def has_solution(A):
    """Whether a factorisation keeps its pivots well above the rounding of what they came from."""
    try:
        L = np.linalg.cholesky(A)
    except np.linalg.LinAlgError:
        return False
    return np.isfinite(L).all() and (np.diag(L) ** 2 > len(A) * 2.0 ** -42 * np.diag(A)).all()


def fit(X, Y, weight, ridge, sizes):
    """Coefficients of each candidate (C x d x targets), blocks ascending and in them the penalties.
    NaN where a penalty has no solution for all the features."""
    d = X.shape[1]
    coefficients = np.zeros((len(sizes), len(ridge), d, Y.shape[1]))
    P = X.T @ (X * weight[:, None])
    Q = X.T @ (Y * weight[:, None])
    for i, penalty in enumerate(ridge if len(X) else []):
        A = P + np.diag(np.append(0.0, np.full(d - 1, penalty)))
        if not has_solution(A):
            coefficients[:, i] = np.nan
            continue
        for b, size in enumerate(sizes):
            L = np.linalg.cholesky(A[:size, :size])
            coefficients[b, i, :size] = cho_solve((L, True), Q[:size])
    return coefficients.reshape(-1, d, Y.shape[1])


def make_systems(entered, targets, o):
    """(targets, Y, rows to train on, rows to predict) of each system, of variables as one horizon sees
    them; the dense one comes first."""
    T = len(entered[0].z)
    usable = np.arange(T) >= o.longest
    there = entered[0].there
    dense = [e for e in targets if entered[e].dense]
    past = np.any([entered[e].past for e in dense], axis=0) if dense else np.zeros(T, bool)
    groups = [(dense, usable & there, usable & past)] + [
        ([e], usable & entered[e].released, usable & entered[e].released)
        for e in targets if not entered[e].dense]
    return [(members, np.array([entered[e].u for e in members]).reshape(len(members), T).T, train, predict)
            for members, train, predict in groups]


def fit_systems(systems, X, weight, o, sizes, wanted):
    """The coefficients of the wanted systems, by their position in the list."""
    solved = {}
    for i, (_, Y, train, _) in enumerate(systems):
        if wanted(i):
            rows = train & (weight > 0)
            solved[i] = fit(X[:-1][rows], Y[rows], weight[rows], o.ridge, sizes)
    return solved


def walk(horizons, targets, X, sizes, status, reason, window_of, o):
    """Each horizon's and candidate's retrodictions (H x C x T x E, by the row they are made from) on the
    scaled axis, and the final coefficients. `horizons`: the entered variables as each sees them.
    Windows that cannot be solved become failed."""
    systems = [make_systems(entered, targets, o) for entered in horizons]
    C, T, E = len(sizes) * len(o.ridge), len(window_of), len(horizons[0])
    predicted = np.full((len(horizons), C, T, E), np.nan)
    for w in np.flatnonzero(status == TRAINED):
        rows = np.flatnonzero(window_of == w)
        # What is predicted beyond the end is never judged, but its window fails with the others.
        solved = [fit_systems(s, X, known_weight(o.history, w, window_of, h), o, sizes,
                              lambda i, s=s: s[i][3][rows].any()) for h, s in zip(o.horizon, systems)]
        if any(np.isnan(B).any() for of_one in solved for B in of_one.values()):
            status[w], reason[w] = FAILED, "a system cannot be solved"
            continue
        for j, entered in enumerate(horizons):
            for i, B in solved[j].items():
                for k, e in enumerate(systems[j][i][0]):
                    v = entered[e]
                    chosen = rows[systems[j][i][3][rows] & v.past[rows] & v.there[rows]]
                    predicted[j][:, chosen, e] = v.root * v.sigma[chosen] * (B[:, :, k] @ X[chosen].T)

    final = np.full((len(horizons), C, X.shape[1], E), np.nan)
    for j, h in enumerate(o.horizon):
        weight = known_weight(o.history, window_of[-1] + 1, window_of, h)
        solved = fit_systems(systems[j], X, weight, o, sizes, lambda i, s=systems[j]: len(s[i][0]) > 0)
        for i, B in solved.items():
            final[j][:, :, systems[j][i][0]] = B
    return predicted, final


# ---- judging -------------------------------------------------------------------------------------

def softmin(S, rate, s2):
    weight = np.exp(-rate * (S - S.min()) / (2 * s2))
    return weight / weight.sum()


def settled(y, y_p):
    """What is persistence up to rounding is persistence."""
    return np.where(np.abs(y - y_p) <= 1e-10 * np.maximum(1, np.abs(y_p)), y_p, y)


class Combination:
    """What is known of one variable's candidates after the windows seen so far."""

    def __init__(self, C, h, o):
        self.C = C
        self.rate, self.caution = o.learning_rate / h, o.caution * (1 + np.log2(h)) * h
        self.select = o.combine == "select"
        self.S, self.N = np.zeros(C + (not self.select)), 0
        self.c = self.q = 0.0

    def prepare(self):
        """Weights, weights of the direction, and slope for the next window."""
        if self.select:
            best = max(i for i in range(self.C) if self.S[i] <= (1 + 1e-10) * self.S.min())
            self.weights = self.lean = np.eye(self.C)[best]
            self.b = 1.0
            return
        s2 = max(self.S.min() / max(self.N, 1), 1e-12)
        self.weights = softmin(self.S, self.rate, s2)
        self.lean = softmin(self.S[:self.C], self.rate, s2)
        self.b = 0.0
        if self.c > 0 and self.q > 0:
            self.b = float(np.clip(self.c / self.q - self.caution * s2 / self.c, 0, 1))

    def candidates(self, predicted, y_p):
        predicted = settled(predicted, y_p)
        return predicted if self.select else np.vstack([predicted, y_p])

    def retrodict(self, predicted, y_p):
        """The combined retrodiction, the mean it shrinks, and the direction."""
        mean = self.weights @ self.candidates(predicted, y_p)
        return (settled(y_p + self.b * (mean - y_p), y_p), mean,
                self.lean @ (settled(predicted, y_p) - y_p))

    def learn(self, z, predicted, y_p, mean):
        """The scored rows of a trained window."""
        self.S = self.S + ((z - self.candidates(predicted, y_p)) ** 2).sum(axis=1)
        self.N += len(z)
        self.c += ((z - y_p) * (mean - y_p)).sum()
        self.q += ((mean - y_p) ** 2).sum()


def combine(v, predicted, status, window_of, o):
    """Retrodiction and direction (T, NaN where there is none), weights and slope of each window, and
    the combination after the last one."""
    T, W, C = len(window_of), len(status), len(predicted)
    now = Combination(C, v.h, o)
    y, lean = np.full(T, np.nan), np.full(T, np.nan)
    weights, slope = np.full((W, len(now.S)), np.nan), np.full(W, np.nan)
    waiting = []  # windows whose values are not all known yet
    for w in np.flatnonzero(status == TRAINED):
        while waiting and waiting[0][0] + v.h - 1 < np.searchsorted(window_of, w):
            now.learn(*waiting.pop(0)[1])
        now.prepare()
        weights[w], slope[w] = now.weights, now.b
        rows = np.flatnonzero((window_of == w) & ~np.isnan(predicted[0]))
        y_p = persistence(v, v.prev[rows])
        y[rows], mean, lean[rows] = now.retrodict(predicted[:, rows], y_p)
        f = v.fresh[rows]  # the scored rows
        last = np.flatnonzero(window_of == w)[-1]
        waiting.append((last, (v.z[rows][f], predicted[:, rows][:, f], y_p[f], mean[f])))
    while waiting and waiting[0][0] + v.h - 1 < T:
        now.learn(*waiting.pop(0)[1])
    now.prepare()
    return y, lean, weights, slope, now


def adaptive_half_widths(v, y, o):
    """Half-widths of each row and of the forecast (T + 1 x levels), row by row: an error counts once the
    value it is of is known, beside the bounds that were given then."""
    T, h = len(y), v.h
    half = np.full((T + 1, len(LEVELS)), np.nan)
    g = 2.0 ** (-1 / (max(o.interval_halflife, 3 * h) if h > 1 else o.interval_halflife))
    quantile = list(FIRST_QUANTILE)
    variance, total, count = 1.0, float(v.burn_in), v.burn_in
    y_p = persistence(v, v.prev)
    given = {}
    for t in range(T + 1):
        if t - h in given:
            e, outside = given.pop(t - h)
            for k, one in enumerate(outside):
                quantile[k] *= np.exp(0.05 / np.sqrt(h) * (one - TARGET[k]))
            e = e / np.sqrt(h)
            variance = g * variance + (1 - g) * e ** 2
            total += e ** 2
            count += 1
        sigma = np.sqrt(h) * np.sqrt(max(variance, 0.01 * total / count))
        if t == T:
            half[T] = [q * sigma for q in quantile]
            break
        has_prediction = not np.isnan(y[t])
        if has_prediction:
            half[t] = [q * sigma for q in quantile]
        if v.released[t]:
            e = v.z[t] - (y[t] if has_prediction else y_p[t])
            given[t] = e, [abs(e) > q * sigma for q in quantile] if has_prediction else []
    return half


def gaussian_half_widths(v, y, status, window_of):
    """The same from all known errors of the trained windows before, as if they were normal."""
    half = np.full((len(y) + 1, len(LEVELS)), np.nan)
    total, count = 0.0, 0
    waiting = []
    for w in np.append(np.flatnonzero(status == TRAINED), len(status)):
        rows = np.append(window_of, len(status)) == w
        while waiting and waiting[0][0] + v.h - 1 < np.flatnonzero(rows)[0]:
            e = waiting.pop(0)[1]
            total += (e ** 2).sum()
            count += len(e)
        if total > 0:
            half[rows] = np.sqrt(total / count) * np.array(NORMAL)
        e = (v.z - y)[rows[:-1] & v.fresh & ~np.isnan(y)]
        waiting.append((np.flatnonzero(rows)[-1], e))
    return half


def score_window(v, rows, r, at, w, j, lean, trust):
    """Writes a window's metrics; the differences of squared errors, trust's successes and failures.
    `rows` are those that predictions are made from."""
    x, prev = v.x[rows], v.prev[rows]
    ahead = rows + v.h - 1
    error, error_p = (np.abs(x - r[at + "predictions/" + name][ahead, j])
                      for name in ("predicted", "persistence"))
    moves = x != prev
    hits = moves & (np.sign(lean[rows]) == np.sign(x - prev))
    found = dict(n=len(rows), sum_abs_error=error.sum(), sum_squared_error=(error ** 2).sum(),
                 persistence_sum_abs_error=error_p.sum(),
                 persistence_sum_squared_error=(error_p ** 2).sum(), hits=hits.sum(), moves=moves.sum())
    for level, share in zip(LEVELS, TARGET):
        lower, upper = (r[f"{at}predictions/{side}_{level}"][ahead, j] for side in ("lower", "upper"))
        found[f"inside_{level}"] = ((lower <= x) & (x <= upper)).sum()
        miss = np.maximum(lower - x, 0) + np.maximum(x - upper, 0)
        found[f"sum_interval_score_{level}"] = np.nansum(upper - lower + 2 / share * miss)
        found["interval_rows"] = (~np.isnan(lower)).sum()
    for name, value in found.items():
        r[at + "metrics/" + name][w, j] = value
    success, failure = ((hits, moves & ~hits) if trust == "direction" else
                        (error < error_p, error > error_p))
    return error_p ** 2 - error ** 2, success.sum(), failure.sum()


def judge_variable(v, j, predicted, final_predicted, status, window_of, r, at, o):
    """Walks one variable as a horizon sees it (column j of the results below `at`) through the windows;
    its total metrics."""
    T = len(v.z)
    y, lean, r[at + "model/weights"][:, :, j], r[at + "model/shrinkage"][:, j], final = combine(
        v, predicted, status, window_of, o)
    half = (adaptive_half_widths(v, y, o) if o.interval == "adaptive" else
            gaussian_half_widths(v, y, status, window_of))
    there, y_p = ~np.isnan(y), persistence(v, v.prev)

    def store(name, values):
        """From the row that predictions are made from to the one that they are of."""
        r[at + "predictions/" + name][v.h - 1:, j] = values[:max(T - v.h + 1, 0)]

    store("predicted", to_units(v, v.prev, y, y == y_p))
    store("persistence", np.where(there, v.prev, np.nan))
    for k, level in enumerate(LEVELS):
        store(f"lower_{level}", to_units(v, v.prev, y - half[:-1, k]))
        store(f"upper_{level}", to_units(v, v.prev, y + half[:-1, k]))

    delta, alpha, beta = [np.zeros(0)], 1.0, 1.0
    for w in range(len(status)):
        if status[w] == TRAINED:
            rows = np.flatnonzero((window_of == w) & there & v.fresh)
            difference, success, failure = score_window(v, rows, r, at, w, j, lean, o.trust)
            delta.append(difference)
            alpha = 1 + o.trust_decay * (alpha - 1) + success
            beta = 1 + o.trust_decay * (beta - 1) + failure
        r[at + "trust/alpha"][w, j], r[at + "trust/beta"][w, j] = alpha, beta
        r[at + "trust/mean"][w, j] = alpha / (alpha + beta)
    r[at + "trust/lower_95"][j], r[at + "trust/upper_95"][j] = beta_distribution.ppf(
        [0.025, 0.975], alpha, beta)

    r[at + "model/final_weights"][:, j], r[at + "model/final_shrinkage"][j] = final.weights, final.b
    y_p = persistence(v, v.newest)
    ahead = final.retrodict(final_predicted[:, None], np.array([y_p]))[0][0]
    r[at + "forecast/value"][j] = to_units(v, v.newest, ahead, ahead == y_p)
    for k, level in enumerate(LEVELS):
        r[f"{at}forecast/lower_{level}"][j] = to_units(v, v.newest, ahead - half[-1, k])
        r[f"{at}forecast/upper_{level}"][j] = to_units(v, v.newest, ahead + half[-1, k])
    scored = there & v.fresh
    squared = [((v.z - p)[scored] ** 2).sum() for p in (y, persistence(v, v.prev))]
    return total_metrics(j, {name[len(at):]: a for name, a in r.items() if name.startswith(at + "metrics/")},
                         np.concatenate(delta), squared, v.h)


def long_run_variance(delta, h):
    """Of differences whose errors overlap: Newey and West's weights over h - 1 lags."""
    off = delta - delta.mean()
    total = (off ** 2).sum()
    for k in range(1, min(h, len(off))):
        total += 2 * (1 - k / h) * (off[k:] * off[:-k]).sum()
    return total / (len(delta) - 1)


def total_metrics(j, r, delta, squared, h):
    """One variable over all trained windows. `squared`: sums of squares on the scaled axis."""
    s = {name[8:]: r[name][:, j].sum() for name in r if name.startswith("metrics/")}
    with np.errstate(invalid="ignore", divide="ignore"):
        n = s["n"]
        statistic = np.nan
        if n >= 2 and long_run_variance(delta, h) > 0:
            statistic = np.mean(delta) / np.sqrt(long_run_variance(delta, h) / n)
        worst = s["persistence_sum_squared_error"]
        return dict(
            n=n, mae=s["sum_abs_error"] / n, rmse=np.sqrt(s["sum_squared_error"] / n),
            persistence_mae=s["persistence_sum_abs_error"] / n,
            persistence_rmse=np.sqrt(s["persistence_sum_squared_error"] / n),
            skill=1 - s["sum_squared_error"] / worst if worst > 0 else np.nan,
            skill_scaled=1 - squared[0] / squared[1] if squared[1] > 0 else np.nan,
            hit_rate=s["hits"] / s["moves"],
            coverage_80=s["inside_80"] / s["interval_rows"],
            coverage_95=s["inside_95"] / s["interval_rows"],
            interval_score_80=s["sum_interval_score_80"] / s["interval_rows"],
            interval_score_95=s["sum_interval_score_95"] / s["interval_rows"],
            dm_statistic=statistic, dm_p_value=norm.sf(statistic))


def adjust(p):
    """Benjamini and Hochberg's step-up over all that is a number."""
    p = np.asarray(p, float)
    out = np.full(p.shape, np.nan)
    where = np.flatnonzero(~np.isnan(p))
    order = where[np.argsort(p.flat[where], kind="stable")]
    least = 1.0
    for rank in range(len(order), 0, -1):
        least = min(least, p.flat[order[rank - 1]] * len(order) / rank)
        out.flat[order[rank - 1]] = least
    return out


# ---- all of it -----------------------------------------------------------------------------------

Prepared = namedtuple("Prepared", "names days values first_day last_day window_of status reason variables"
                                  " columns entered targets X features sizes")


def prepare(panel, o):
    """All that is there before anything is fitted. `columns`: of the variables that enter; `targets`:
    those of them, by their position among `entered`, that are predicted."""
    names, days, values, first_day, last_day, window_of = calendar_and_windows(panel, o)
    status, reason = plan_windows(window_of, len(first_day), o)
    variables = [transform(values[:, j], o.transforms.get(name, o.default_transform), o.burn_in, name)
                 for j, name in enumerate(names)]
    columns = [j for j, v in enumerate(variables) if v.enters]
    entered = [variables[j] for j in columns]
    if not entered:
        sys.exit("no variable enters")
    for v in entered:
        running_scale(v, o)
    trained = np.flatnonzero(status == TRAINED)
    known = np.searchsorted(window_of, trained[0]) if len(trained) else len(days)
    X, feature_names, sizes = features(entered, days, known, o)
    targets = [e for e, v in enumerate(entered) if o.targets is None or v.name in o.targets]
    return Prepared(names, days, values, first_day, last_day, window_of, status, reason, variables,
                    columns, entered, targets, X, feature_names, sizes)


def empty_results(p, o):
    """Everything of results.h5 by its path, as it is where nothing is predicted."""
    T, V, W, C = len(p.days), len(p.names), len(p.status), len(p.sizes) * len(o.ridge)
    blocks = ["+".join(f"{kind}{number:g}" for kind, number in block) for block in o.blocks]
    labels = [f"{','.join(blocks[:b + 1])} ridge={x:g}" for b in range(len(blocks)) for x in o.ridge]
    labels += ["persistence"] * (o.combine == "average")
    shapes = [((T, V), "predictions/ predicted persistence lower_80 upper_80 lower_95 upper_95"),
              ((W, V), "trust/ alpha beta mean"), ((V,), "trust/ lower_95 upper_95"),
              ((V,), "forecast/ value lower_80 upper_80 lower_95 upper_95")]  # of which several may be equal
    r = {"calendar": p.days * DAY, "variables": p.names}
    r["windows"] = dict(
        id=[f"batch_{w:04d}" for w in range(W)], start=p.first_day * DAY, end=p.last_day * DAY,
        first_row=np.searchsorted(p.window_of, np.arange(W)),
        rows=np.bincount(p.window_of, minlength=W), status=p.status, reason=p.reason)
    for shape, text in shapes:
        folder, *leaves = text.split()
        for leaf in leaves:
            r[folder + leaf] = np.full(shape, np.nan)
    r["predictions/actual"] = p.values
    for name in ("n", "sum_abs_error", "sum_squared_error", "persistence_sum_abs_error",
                 "persistence_sum_squared_error", "hits", "moves", "interval_rows", "inside_80",
                 "inside_95", "sum_interval_score_80", "sum_interval_score_95"):
        r["metrics/" + name] = np.zeros((W, V), float if "sum" in name else int)
    r["model/ridge"] = np.array(o.ridge)
    r["model/features"], r["model/candidates"] = p.features, labels
    r["model/coefficients"] = np.full((C, p.X.shape[1], V), np.nan)
    r["model/scale"] = np.array([v.scale for v in p.variables])
    r["model/centre"] = np.array([v.centre for v in p.variables])
    r["model/weights"] = np.full((W, len(labels), V), np.nan)
    r["model/shrinkage"] = np.full((W, V), np.nan)
    r["model/final_weights"] = np.full((len(labels), V), np.nan)
    r["model/final_shrinkage"] = np.full(V, np.nan)
    return r


def below(h, o):
    """Where the results of a horizon are."""
    return "" if h == o.horizon[0] else f"horizons/{h}/"


def run(panel, o):
    """Everything of results.h5 by its path, and "summary/…" by variable name."""
    p = prepare(panel, o)
    r = empty_results(p, o)
    same = ("calendar", "variables", "windows")
    r.update({below(h, o) + name: np.copy(a) if isinstance(a, np.ndarray) else a for h in o.horizon[1:]
              for name, a in list(r.items()) if name not in same and not name.startswith("horizons/")})
    horizons = [[look_ahead(v, h, o) for v in p.entered] for h in o.horizon]
    predicted, final = walk(horizons, p.targets, p.X, p.sizes, p.status, p.reason, p.window_of, o)
    for h, entered, of_rows, of_end in zip(o.horizon, horizons, predicted, final):
        at = below(h, o)
        r[at + "model/coefficients"][:, :, p.columns] = of_end
        next_row = np.einsum("cdv,d->cv", of_end, p.X[-1])
        metrics = {}
        for e in p.targets:
            j, v = p.columns[e], entered[e]
            metrics[v.name] = judge_variable(v, j, of_rows[:, :, e], v.root * v.sigma[-1] * next_row[:, e],
                                             p.status, p.window_of, r, at, o)
        for m, p_value in zip(metrics.values(), adjust([m["dm_p_value"] for m in metrics.values()])):
            m["dm_p_adjusted"] = p_value
        r.update({f"{at}summary/{name}": m for name, m in metrics.items()})
    return r


def main():
    o = parse_options(sys.argv[1:])
    r = run(read_wide(o.data), o)
    status = r["windows"]["status"]
    print(f"{len(r['calendar'])} rows, {len(status)} windows: {(status == TRAINED).sum()} trained, "
          f"{(status == SKIPPED).sum()} skipped, {(status == FAILED).sum()} failed")
    print(f"{'':24}{'n':>6}{'skill %':>9}{'scaled':>9}{'hits':>8}{'in 80':>8}{'in 95':>8}{'DM':>8}"
          f"{'p adj':>8}{'trust':>8}{'forecast':>14}")
    for j, name in enumerate(r["variables"]):
        m = r.get("summary/" + name)
        if m is None:
            print(f"{name:24} is not predicted")
            continue
        print(f"{name:24}{m['n']:6d}{100 * m['skill']:9.3f}{100 * m['skill_scaled']:9.3f}"
              f"{m['hit_rate']:8.4f}{100 * m['coverage_80']:8.2f}{100 * m['coverage_95']:8.2f}"
              f"{m['dm_statistic']:8.2f}{m['dm_p_adjusted']:8.4f}"
              f"{r['trust/mean'][-1, j]:8.4f}{r['forecast/value'][j]:14.6g}")


if __name__ == "__main__":
    main()
