"""Readers of Parquet that npm has: DuckDB and polars. Both skip where they cannot be had."""
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "check"))
import jobs  # noqa: E402
from fetched import fetch  # noqa: E402

QUERY = """
import { DuckDBInstance } from '@duckdb/node-api';
const c = await (await DuckDBInstance.create(':memory:')).connect();
for (const q of process.argv.slice(2))
  console.log(JSON.stringify((await c.runAndReadAll(q)).getRowObjectsJson()));
"""
POLARS = """
import { createRequire } from 'module';
const pl = createRequire(import.meta.url)('nodejs-polars');
const frame = pl.readParquet(process.argv[2]);
const types = Object.fromEntries(frame.columns.map(name => [name, String(frame.getColumn(name).dtype)]));
console.log(JSON.stringify({types, rows: frame.height, sum: frame.getColumn('yhat').sum(), ids:
  frame.getColumn('unique_id').unique().sort().toArray()}));
"""


def home_of(variable, *packages):
    """The directory that holds them, fetched if need be; `variable` of the environment names it."""
    home = os.environ[variable]
    reason = fetch(home, ["install", "--ignore-scripts", "--prefix", ".", *packages], seconds=60)
    if reason is not None:
        raise jobs.Skip(reason)
    return home


def node(home, script, *arguments):
    """Lines of JSON that a script prints."""
    with open(home + "/script.mjs", "w", encoding="utf-8") as file:
        file.write(script)
    done = subprocess.run(["node", home + "/script.mjs", *arguments], capture_output=True, text=True, timeout=120,
                          check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def duckdb(*queries):
    """Answers of DuckDB, a list of rows each."""
    return node(home_of("PULSE_DUCKDB", "@duckdb/node-api"), QUERY, *queries)


def polars(path):
    """What polars finds in a predictions.parquet."""
    return node(home_of("PULSE_POLARS", "nodejs-polars", "nodejs-polars-linux-x64-gnu"), POLARS, path)[0]
