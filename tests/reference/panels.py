#!/usr/bin/python3
"""Small seeded panels, each made to reach certain branches; written as wide CSV files.

Values are continuous random numbers, so that no count hangs on a tie (except in `ticks`).
"""
import sys

import numpy as np
import pandas as pd


def business_days(start, count):
    return pd.bdate_range(start, periods=count)


def driven_walks(rng, count, variables, strength=0.25):
    """Random walks, each moved by the other's last change: something to find, and noise."""
    change = rng.standard_normal((count, variables))
    for t in range(1, count):
        change[t] += strength * np.roll(change[t - 1], 1) - 0.1 * change[t - 1]
    return np.cumsum(change * rng.uniform(0.3, 3.0, variables), axis=0) + rng.uniform(-50, 50, variables)


def holes(rng, series, share):
    series[rng.random(len(series)) < share] = np.nan


def releases(days, values, chosen):
    """The values on the chosen days only."""
    return pd.Series(values, days).where(days.isin(chosen)).to_numpy()


def mixed():
    """Every kind of variable, weekend releases, holidays, an empty stretch, repeated dates."""
    rng = np.random.default_rng(101)
    weekdays = business_days("2001-01-02", 1500)
    weekdays = weekdays[rng.random(len(weekdays)) > 0.02]  # holidays
    weekdays = weekdays[(weekdays < "2004-03-05") | (weekdays > "2004-06-20")]  # nothing at all
    months = pd.date_range("2001-01-31", weekdays[-1], freq="M")  # many of them on a weekend
    days = weekdays.union(months)
    on_weekday = np.asarray(days.isin(weekdays))
    count = len(days)
    walk = driven_walks(rng, count, 4)
    columns = {
        "rate": walk[:, 0],
        "price": 80 * np.exp(0.01 * (walk[:, 1] - walk[0, 1])),
        "stationary": np.zeros(count),
        "late": walk[:, 2],
        "holey": walk[:, 3],
        "constant": np.full(count, 3.25),
        "volume": np.exp(20 + 0.3 * rng.standard_normal(count)),
    }
    noise = rng.standard_normal(count)
    for t in range(1, count):
        columns["stationary"][t] = 0.9 * columns["stationary"][t - 1] + noise[t] + 0.3 * (
            walk[t - 1, 0] - walk[max(t - 2, 0), 0])
    for name in columns:
        columns[name][~on_weekday] = np.nan
    columns["late"][:520] = np.nan
    columns["stationary"][:9] = np.nan
    columns["price"][:2] = np.nan
    holes(rng, columns["holey"], 0.12)
    holes(rng, columns["volume"], 0.03)

    first = pd.Series(days).groupby(days.to_period("M")).first()
    quarter = first[first.dt.month.isin((2, 5, 8, 11))]
    slow = np.cumsum(rng.standard_normal((count, 5)), axis=0)
    columns["monthly_a"] = releases(days, slow[:, 0], months)
    columns["monthly_b"] = releases(days, 100 + slow[:, 1], months)
    columns["monthly_c"] = releases(days, slow[:, 2] + walk[:, 0], first)
    columns["quarterly"] = releases(days, slow[:, 3], quarter)
    columns["rare"] = releases(days, slow[:, 4], days[200::200])
    return repeated(rng, pd.DataFrame(columns, days))


def repeated(rng, frame):
    """Shuffles the rows; some dates come again, with values that win and holes that do not."""
    wrong = frame.iloc[rng.choice(len(frame), 7, replace=False)]
    frame = pd.concat([wrong * 1.5 + 1, frame.sample(frac=1, random_state=5)])
    blank = frame.iloc[-4:].copy()
    blank.iloc[:, 0] = np.nan
    return pd.concat([frame, blank])


def walks():
    """Five dense variables with something to find."""
    rng = np.random.default_rng(102)
    days = business_days("2003-05-06", 1100)
    return pd.DataFrame(driven_walks(rng, len(days), 5), days, list("abcde"))


def short():
    """Few rows and two variables, for windows of a day."""
    rng = np.random.default_rng(103)
    days = business_days("2010-02-01", 420)
    walk = driven_walks(rng, len(days), 2, 0.5)
    holes(rng, walk[:, 1], 0.05)
    return pd.DataFrame(walk, days, ["x", "y"])


def twins():
    """b repeats a exactly: without a penalty no window can be solved."""
    frame = walks()[["a", "c"]].iloc[:700].copy()
    frame.insert(1, "b", frame["a"])
    return frame


def thawing():
    """`late` starts late and `frozen` stands still for long: exact zeros, unsolvable unpenalised."""
    rng = np.random.default_rng(104)
    days = business_days("2005-01-03", 1000)
    walk = driven_walks(rng, len(days), 3)
    walk[:245, 1] = np.nan  # so that its burn-in ends a few rows into a window of 90 days
    walk[450:850, 2] = walk[450, 2]
    return pd.DataFrame(walk, days, ["early", "late", "frozen"])


def constants():
    """One variable never moves: scale 1, and a feature that is exactly 0."""
    frame = walks()[["a", "b"]].iloc[:600].copy()
    frame["still"] = 7.5
    return frame


def fixed():
    """A rate that is 0.1 but for two months, steps of 0.1, and others that know neither."""
    frame = walks()[["a", "b"]].iloc[:600].copy()
    frame["rate"] = 0.1
    frame.iloc[400:440, 2] = 0.35
    frame["steps"] = 50 + 0.1 * np.arange(600)
    frame.iloc[500:, 3] += 1
    return frame


def ticks():
    """Values in ticks: many days without a move."""
    rng = np.random.default_rng(105)
    days = business_days("2008-01-01", 900)
    frame = pd.DataFrame(0.05 * np.round(driven_walks(rng, len(days), 3) / 0.8), days, ["p", "q", "r"])
    return frame + 100


def growth():
    """Positive series on very different scales, gaps in all of them at different times."""
    rng = np.random.default_rng(106)
    days = business_days("1998-01-05", 1300)
    walk = driven_walks(rng, len(days), 4)
    values = np.exp(0.004 * (walk - walk[0])) * [1.3e-6, 1.7, 1.1e4, 1.9e11]
    for column in values.T:
        at = rng.integers(300, 1100)
        column[at:at + 40] = np.nan
        holes(rng, column, 0.02)
    return pd.DataFrame(values, days, ["tiny", "one", "large", "huge"])


def monthly():
    """Two daily variables and monthly ones only: releases are all there is on most rows."""
    rng = np.random.default_rng(107)
    days = business_days("1990-01-01", 2400)
    walk = driven_walks(rng, len(days), 2)
    first = pd.Series(days).groupby(days.to_period("M")).first()
    frame = pd.DataFrame(walk, days, ["driver", "other"])
    for name, shift in (("jobs", 0), ("prices", 0), ("sales", 7)):
        total = np.cumsum(rng.standard_normal(len(days))) + 2 * np.roll(walk[:, 0], 1)
        frame[name] = releases(days, total, first + pd.offsets.BDay(shift))
    frame.iloc[:800, frame.columns.get_loc("prices")] = np.nan
    return frame


def calming():
    """Ever smaller moves on weekdays; then as many rows as days, and steady moves."""
    rng = np.random.default_rng(108)
    weekdays = business_days("2012-01-02", 420)
    days = weekdays.union(pd.date_range(weekdays[-1], periods=240))
    size = np.exp(-0.02 * np.minimum(np.arange(len(days)), len(weekdays)))[:, None]
    change = size * rng.standard_normal((len(days), 2))
    change[1:, 1] += 0.3 * change[:-1, 0]
    return pd.DataFrame(np.cumsum(change, axis=0), days, ["u", "v"])


def gusty():
    """Eleven walks that are calm and stormy together; the first moves the second."""
    rng = np.random.default_rng(111)
    days = business_days("2002-01-01", 900)
    storm = np.zeros(len(days))
    for t in range(1, len(days)):
        storm[t] = 0.97 * storm[t - 1] + 0.15 * rng.standard_normal()
    change = np.exp(storm)[:, None] * rng.standard_normal((len(days), 11))
    change[1:, 1] += 0.5 * change[:-1, 0]
    return pd.DataFrame(np.cumsum(change, axis=0), days, list("abcdefghijk"))


def jumps():
    """Three walks of which one jumps far at times, and is still for long before the last jump."""
    rng = np.random.default_rng(112)
    days = business_days("2006-01-02", 900)
    change = rng.standard_normal((len(days), 3))
    change[1:, 0] += 0.4 * change[:-1, 1]
    at = rng.choice(np.arange(100, 600), 12, replace=False)
    change[at, 1] *= rng.uniform(20, 400, len(at))
    change[650:800, 1] *= 1e-3
    change[800, 1] = 50.0
    walk = np.cumsum(change, axis=0)
    holes(rng, walk[:, 2], 0.1)
    return pd.DataFrame(walk, days, ["calm", "jumpy", "holey"])


def ended():
    """Two walks of which one has ended long ago."""
    rng = np.random.default_rng(118)
    days = business_days("2009-01-05", 900)
    walk = driven_walks(rng, len(days), 2)
    walk[250:, 1] = np.nan
    return pd.DataFrame(walk, days, ["x", "ended"])


def leap():
    """A level leaps far in the middle of a month and stands still: beside its square, month after month, less is left
    of a small penalty."""
    rng = np.random.default_rng(117)
    days = business_days("2003-03-03", 900)
    walk = driven_walks(rng, len(days), 3)
    walk[300:, 1] = 1e6
    walk[:, 2] = releases(days, walk[:, 2], days[days.to_series().dt.day.diff().lt(0)])
    return pd.DataFrame(walk, days, ["a", "leaps", "monthly"])


def wide():
    """More variables than a chunk of targets has, and with eight families more features than rows; two
    start late, four are released every tenth day."""
    rng = np.random.default_rng(114)
    days = business_days("2015-01-01", 340)
    walk = driven_walks(rng, len(days), 130, 0.5)
    walk[:130, 7] = walk[:201, 90] = np.nan
    holes(rng, walk[:, 3], 0.05)
    for k in (5, 60, 61, 128):
        walk[np.arange(len(days)) % 10 != k % 3, k] = np.nan
    return pd.DataFrame(walk, days, [f"v{k:03}" for k in range(130)])


def releases_only():
    """Two variables that are released on Wednesdays, one of them with holes; now and then on a Saturday."""
    rng = np.random.default_rng(113)
    days = pd.date_range("2004-01-07", periods=300, freq="W-WED")
    days = pd.DatetimeIndex([day + pd.Timedelta(days=3) if k % 29 == 28 else day
                             for k, day in enumerate(days)])
    walk = driven_walks(rng, len(days), 2, 0.4)
    holes(rng, walk[:, 1], 0.05)
    return pd.DataFrame(walk, days, ["stocks", "claims"])


PANELS = dict(mixed=mixed, walks=walks, short=short, twins=twins, thawing=thawing,
              constants=constants, fixed=fixed, ticks=ticks, growth=growth, monthly=monthly, calming=calming,
              gusty=gusty, jumps=jumps, leap=leap, ended=ended,
              releases=releases_only, wide=wide)


def write(name, path):
    PANELS[name]().to_csv(path, index_label="date", float_format=lambda x: repr(float(x)))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in PANELS:
        sys.exit(f"usage: panels.py {{{','.join(PANELS)}}} FILE.csv")
    write(sys.argv[1], sys.argv[2])
