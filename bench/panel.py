"""Made-up daily data as a wide CSV, and in NumPy what a model of lags needs: scaled changes, windows, features."""
import numpy as np

LAGS = 5
BURN_IN = 24
WINDOW_DAYS = 30
MIN_HISTORY = 250
FIRST_DAY = np.datetime64("1960-01-01")


def write_csv(path, rows, variables, digits="%.4f", seed=1, monthly=0):
    """Prices of `variables` series on `rows` days in a row, with a little memory in their changes;
    `digits`: a format, %r for all that a double has. The last `monthly` of them are released every 30
    days only, each on days of its own."""
    rng = np.random.default_rng(seed)
    changes = rng.standard_normal((rows, variables))
    for t in range(1, rows):
        changes[t] += 0.1 * np.roll(changes[t - 1], 1)
    prices = 10000 + np.cumsum(changes, axis=0)
    names = ",".join(f"v{v:03d}" for v in range(variables))
    days = FIRST_DAY + np.arange(rows)
    with open(path, "w", encoding="ascii") as out:
        out.write(f"date,{names}\n")
        line = ",".join([digits] * variables)
        for t, (day, row) in enumerate(zip(days, prices.tolist())):
            cells = (line % tuple(row)).split(",")
            for k in range(monthly):
                if t % 30 != k % 30:
                    cells[variables - monthly + k] = ""
            out.write(f"{day},{','.join(cells)}\n")


def scaled_changes(values):
    """ẑ of a panel without gaps: changes over the standard deviation of the first 24 of them, 0 up to
    the burn-in's last row. Returns (ẑ, scale)."""
    z = np.zeros_like(values)
    z[1:] = np.diff(values, axis=0)
    scale = z[1:1 + BURN_IN].std(axis=0)
    scale[scale == 0] = 1
    z /= scale
    z[:1 + BURN_IN] = 0
    return z, scale


def features(z):
    """X: row t is [1, ẑ(t−1), …, ẑ(t−p)]; rows before p are 0."""
    rows, variables = z.shape
    x = np.zeros((rows, 1 + LAGS * variables))
    x[LAGS:, 0] = 1
    for lag in range(1, LAGS + 1):
        x[LAGS:, 1 + (lag - 1) * variables:1 + lag * variables] = z[LAGS - lag:rows - lag]
    return x


def trained_windows(days, window_days=WINDOW_DAYS, first_usable=LAGS):
    """[(first row, end row)] of the windows that are trained; `days` ascending day numbers. Rows are
    learned from where they have all their features: from `first_usable` on."""
    count = (days[-1] - days[0]) // window_days + 1
    starts = days[0] + window_days * np.arange(count + 1)
    edges = np.searchsorted(days, starts)
    return [(int(a), int(b)) for a, b in zip(edges[:-1], edges[1:])
            if b > a and a - first_usable >= MIN_HISTORY]


def read_csv(path):
    """(days, values) of a wide CSV."""
    import pandas as pd
    frame = pd.read_csv(path, parse_dates=["date"], index_col="date")
    days = frame.index.values.astype("datetime64[D]").astype(np.int64)
    return days, np.ascontiguousarray(frame.to_numpy(dtype=float))
