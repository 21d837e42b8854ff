#!/usr/bin/python3
"""beta.py BETA_TABLE: compares our beta quantiles with SciPy's.

The program reads lines "p alpha beta" and prints a quantile for each. Quantiles are compared to a
relative 1e-9 of their distance from the nearer end of [0, 1], which is as exact as a double near 1.
"""
import subprocess
import sys

import numpy as np
from scipy.stats import beta

LEVELS = (0.025, 0.975, 0.5, 0.1, 0.9, 1e-3, 1e-6, 1 - 1e-6)


def table():
    """Rows of p, alpha, beta from 1 to 1e6: whole counts, fractions, and the corners."""
    rng = np.random.default_rng(2022)
    shapes = 10 ** rng.uniform(0, 6, (400, 2))
    shapes[::2] = np.round(shapes[::2])
    corners = [(a, b) for a in (1, 1.5, 2, 1000, 1e6) for b in (1, 1.5, 2, 1000, 1e6)]
    return np.array([(p, a, b) for a, b in corners + shapes.tolist() for p in LEVELS])


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: beta.py BETA_TABLE")
    rows = table()
    lines = "".join(f"{p:.17g} {a:.17g} {b:.17g}\n" for p, a, b in rows)
    done = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, timeout=300)
    theirs = np.array(done.stdout.split(), float)
    if done.returncode or len(theirs) != len(rows):
        print(f"exit code {done.returncode}, {len(theirs)} quantiles of {len(rows)}\n{done.stderr}")
        return 1
    ours = beta.ppf(*rows.T)
    limit = 1e-9 * np.minimum(ours, 1 - ours) + 4 * np.spacing(ours)
    wrong = np.flatnonzero(~(np.abs(theirs - ours) <= limit))
    for i in wrong[:20]:
        print(f"p={rows[i, 0]:.17g} alpha={rows[i, 1]:.17g} beta={rows[i, 2]:.17g}: "
              f"expected {ours[i]:.17g}, got {theirs[i]:.17g}")
    print(f"{len(rows)} quantiles, {len(wrong)} differ")
    return 1 if len(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
