#!/usr/bin/python3
"""predictions.py [CASE…]: predictions.parquet, pulse-report export and table, and matrices of results.h5 by pulse-data.

The programs are in the directory PULSE_BIN.
"""
import io
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from npm import duckdb, polars  # noqa: E402
from processes import Tmpfs, as_nobody, finish, go_on, stopping, wait_stopped  # noqa: E402
from results import trained  # noqa: E402

COLUMNS = ["unique_id", "ds", "cutoff", "h", "y", "yhat", "yhat-lo-80", "yhat-hi-80", "yhat-lo-95", "yhat-hi-95",
           "persistence"]
SETS = dict(zip(COLUMNS[4:], ("actual", "predicted", "lower_80", "upper_80", "lower_95", "upper_95", "persistence")))


def tool(name, *arguments, code=0, says=()):
    """Standard output; on failure one line that says these words."""
    done = subprocess.run([os.path.join(jobs.binaries(), name), *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    if code:
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1, done.stderr
        for words in says:
            assert words in done.stderr, (words, done.stderr)
    return done.stdout


def exported(form, results="results"):
    return tool("pulse-report", "export", results, f"--{form}", "--output", "-")


def table_of(text):
    table = pd.read_csv(io.StringIO(text), parse_dates=["ds", "cutoff"], float_precision="round_trip")
    assert list(table.columns) == COLUMNS
    return table


def expected(horizons, results="results"):
    """The same by h5py and pandas."""
    parts = []
    with h5py.File(f"{results}/results.h5") as file:
        days, names = pd.to_datetime(file["calendar"][:]), file["variables"].asstr()[:]
        for v, name in enumerate(names):
            for j, h in enumerate(horizons):
                at = f"horizons/{h}/" if j else ""
                part = pd.DataFrame({column: file[f"{at}predictions/{set_}"][:, v] for column, set_ in SETS.items()})
                part.insert(0, "h", h)
                part.insert(0, "cutoff", pd.Series(days).shift(h))
                part.insert(0, "ds", days)
                part.insert(0, "unique_id", name)
                parts.append(part[part["yhat"].notna() & part["cutoff"].notna()])
    return pd.concat(parts, ignore_index=True)


def check_table(table, right):
    assert list(table["unique_id"]) == list(right["unique_id"]) and list(table["h"]) == list(right["h"])
    assert (table["ds"].to_numpy() == right["ds"].to_numpy()).all()
    assert (table["cutoff"].to_numpy() == right["cutoff"].to_numpy()).all()
    for name in SETS:
        assert np.array_equal(table[name].to_numpy(float), right[name].to_numpy(float), equal_nan=True), name


def predictions__rows_are_those_of_results():
    trained("--horizon", "1,5")
    right = expected((1, 5))
    assert set(right["h"]) == {1, 5} and len(right) > 1000
    check_table(table_of(exported("csv")), right)
    rows = pd.DataFrame(json.loads(exported("json")))
    assert list(rows.columns) == COLUMNS
    check_table(rows.assign(ds=pd.to_datetime(rows["ds"]), cutoff=pd.to_datetime(rows["cutoff"])), right)


def predictions__errors_are_those_of_the_summary():
    trained("--horizon", "1,3")
    table = table_of(exported("csv")).dropna(subset=["y"])
    said = jobs.summary("results")
    for (name, h), rows in table.groupby(["unique_id", "h"]):
        metrics = (said if h == 1 else said["horizons"][str(h)])["metrics"][name]
        rows = rows.tail(metrics["n"])
        assert np.isclose((rows["y"] - rows["yhat"]).abs().mean(), metrics["mae"], rtol=1e-9), (name, h)
        inside = (rows["y"] >= rows["yhat-lo-95"]) & (rows["y"] <= rows["yhat-hi-95"])
        assert abs(inside.mean() - metrics["coverage_95"]) < 0.02, (name, h)


def predictions__are_in_the_layout_of_evaluation_tools():
    """What utilsforecast.evaluation.evaluate asks of a table: its three columns and their types; MODEL-lo-LEVEL and
    MODEL-hi-LEVEL for every level; one row a series, cutoff and date. Then scores by series are a groupby."""
    trained("--horizon", "1,5", "--predictions")
    rows, types = duckdb("select * from 'results/predictions.parquet' where y is not null",
                         "select column_name n, column_type t from (describe from 'results/predictions.parquet')")
    types, table = {row["n"]: row["t"] for row in types}, pd.DataFrame(rows)
    assert types["unique_id"] == "VARCHAR" and types["ds"].startswith("TIMESTAMP") and types["cutoff"] == types["ds"]
    bounds = {name for name in types if re.search(r"-(lo|hi)-\d+$", name)}
    assert bounds == {f"yhat-{side}-{level}" for side in ("lo", "hi") for level in (80, 95)}, bounds
    models = set(types) - bounds - {"unique_id", "ds", "cutoff", "h", "y"}
    assert models == {"yhat", "persistence"} and {types[name] for name in (*models, *bounds, "y")} == {"DOUBLE"}, types
    assert not table.duplicated(["unique_id", "cutoff", "ds"]).any()
    assert (pd.to_datetime(table["cutoff"]) < pd.to_datetime(table["ds"])).all()
    said = jobs.summary("results")["metrics"]
    for name, own in table[table["h"].astype(int) == 1].groupby("unique_id"):
        own = own.tail(said[name]["n"])
        for model, key in (("yhat", "mae"), ("persistence", "persistence_mae")):
            assert np.isclose((own["y"] - own[model]).abs().mean(), said[name][key], rtol=1e-9), (name, model)


def predictions__duckdb_reads_them():
    trained("--horizon", "1,5", "--predictions")
    rows, types = duckdb("select * from 'results/predictions.parquet'",
                         "select column_name n, column_type t from (describe from 'results/predictions.parquet')")
    assert {row["n"]: row["t"] for row in types} == {
        "unique_id": "VARCHAR", "ds": "TIMESTAMP_NS", "cutoff": "TIMESTAMP_NS", "h": "BIGINT",
        **{name: "DOUBLE" for name in SETS}}, types
    table = pd.DataFrame(rows)
    assert list(table.columns) == COLUMNS
    check_table(table.assign(ds=pd.to_datetime(table["ds"]), cutoff=pd.to_datetime(table["cutoff"]),
                             h=table["h"].astype(int)), expected((1, 5)))
    tool("pulse-report", "export", "results", "--output", "again.parquet")
    assert pathlib.Path("again.parquet").read_bytes() == pathlib.Path("results/predictions.parquet").read_bytes()


def predictions__polars_reads_them():
    trained("--predictions")
    found, right = polars("results/predictions.parquet"), expected((1,))
    assert found["rows"] == len(right) and found["ids"] == sorted(set(right["unique_id"]))
    assert np.isclose(found["sum"], right["yhat"].sum(), rtol=1e-12)
    types = found["types"]
    assert list(types) == COLUMNS and {types[name] for name in SETS} == {"DataType(Float64)"}, types
    assert types["h"] == "DataType(Int64)" and "Datetime" in types["ds"] and "String" in types["unique_id"], types


def predictions__are_the_same_on_any_ranks():
    seen = set()
    for ranks in (0, 2, 3, 5):
        trained("--predictions", "--horizon", "1,5", ranks=ranks, output=f"r{ranks}")
        seen.add(pathlib.Path(f"r{ranks}/predictions.parquet").read_bytes())
        assert jobs.summary(f"r{ranks}")["results"]["predictions"] == "predictions.parquet"
    assert len(seen) == 1


def predictions__of_an_earlier_run_do_not_stay():
    trained("--predictions")
    assert sorted(os.listdir("results"))[0] == "predictions.parquet"
    trained()
    assert "predictions.parquet" not in os.listdir("results")


def predictions__of_few_rows_and_names_of_any_kind():
    trained(rows=300, variables=2, rename={"v00": 'Größe 日本"x'})
    right = expected((1,))
    check_table(table_of(exported("csv")), right)
    assert json.loads(exported("json"))[0]["unique_id"] == 'Größe 日本"x'
    trained("--min-history", "100000", "--predictions")
    assert exported("csv") == ",".join(COLUMNS) + "\n" and json.loads(exported("json")) == []


def predictions__go_where_they_are_asked_for():
    trained()
    assert tool("pulse-report", "export", "results", "--csv") == "results/predictions.csv\n"
    assert tool("pulse-report", "export", "results", "--json", "-o", "x.json") == "x.json\n"
    for form in "csv", "json":
        tool("pulse-report", "export", "results", "-o", f"named.{form}")
        assert pathlib.Path(f"named.{form}").read_text(encoding="utf-8") == exported(form)
    tool("pulse-report", "export", "results", "--parquet", "-o", "said.csv")
    assert pathlib.Path("said.csv").read_bytes().startswith(b"PAR1")
    for name in "x.xlsx", "x.csv.gz", "x.feather", "a.csv/x.txt":  # which would hold Parquet without a word
        tool("pulse-report", "export", "results", "-o", name, code=2, says=[name])
    tool("pulse-report", "export", "results", "--csv", "-o", "x.csv.gz", code=2, says=["not packed"])
    os.mkdir("a.b")
    tool("pulse-report", "export", "results", "-o", "a.b/NAMED.CSV")
    assert pathlib.Path("a.b/NAMED.CSV").read_text(encoding="utf-8") == exported("csv")
    tool("pulse-report", "export", "results", "-o", "a.b/named")
    assert pathlib.Path("a.b/named").read_bytes().startswith(b"PAR1") and not os.path.exists("x.xlsx")
    assert pathlib.Path("results/predictions.csv").read_text(encoding="utf-8") == exported("csv")
    assert pathlib.Path("x.json").read_text(encoding="utf-8") == exported("json")
    tool("pulse-report", "export", "results", "-o", "gone/x.parquet", code=2, says=["gone/"])
    tool("pulse-report", "export", "nowhere", code=2, says=["nowhere/summary.json"])
    for file in "results/results.h5", "results/summary.json":
        tool("pulse-report", "export", file, code=2, says=[f"{file}: is a file; name the directory"])
    tool("pulse-report", "export", code=2, says=["RESULTS is missing"])
    tool("pulse-report", "export", "results", "--csv", "--json", code=2, says=["one of --parquet, --csv and --json"])
    whole = pathlib.Path("results/results.h5").read_bytes()
    pathlib.Path("results/results.h5").write_bytes(whole[:len(whole) // 2])
    tool("pulse-report", "export", "results", "-o", "half.parquet", code=2, says=["results/results.h5"])
    assert not os.path.exists("half.parquet")


def predictions__table_is_printed_again():
    frame = jobs.panel(500, 3, 5)
    for options in ((), ("--horizon", "5"), ("--horizon", "1,2,3,4,5,6,7", "--no-report"), ("--predictions",)):
        done = jobs.run("--data", jobs.write(frame, "sample.csv"), "--end-date", jobs.last_day(frame), "--no-progress",
                        *options, ranks=2)
        jobs.expect(done, 0)
        assert tool("pulse-report", "table", "results") == done.stdout
    tool("pulse-report", "table", "nowhere", code=2, says=["nowhere/summary.json"])
    os.mkdir("other")
    for text in "{}", "[]", '{"metrics": {}}', '{"metrics": [1], "calendar": {"rows": 3}}':  # JSON of others
        pathlib.Path("other/summary.json").write_text(text, encoding="utf-8")
        for command in ["table"], ["export"], []:
            tool("pulse-report", *command, "other", code=2, says=["other/summary.json", "not the summary of a run"])


def predictions__table_counts_empty_windows():
    """Windows are too early or empty; which of the two says whether more history or other data would help."""
    frame = jobs.panel(500, 2, 5)
    frame = frame[(frame.index < "2002-02-01") | (frame.index > "2002-09-01")]
    done = jobs.run("--data", jobs.write(frame, "sample.csv"), "--end-date", jobs.last_day(frame), "--no-progress")
    jobs.expect(done, 0)
    with h5py.File("results/results.h5") as file:
        windows = file["windows"][:]
    skipped, empty = (windows["status"] == 1).sum(), (windows["rows"] == 0).sum()
    assert skipped > empty > 5
    assert f"{skipped} skipped ({skipped - empty} too early, {empty} empty)\n" in done.stdout, done.stdout


def predictions__matrices_are_read_by_pulse_data():
    frame = trained("--horizon", "1,5")
    for path in ("predictions/predicted", "horizons/5/predictions/upper_95"):
        where = f"results/results.h5#/{path}"
        table = pd.read_csv(io.StringIO(tool("pulse-data", "cat", where)), index_col="date", parse_dates=True,
                            float_precision="round_trip")
        with h5py.File("results/results.h5") as file:
            assert np.array_equal(table.to_numpy(), file[path][:], equal_nan=True)
        assert list(table.columns) == list(frame.columns) and list(table.index) == list(frame.index)
        said = json.loads(tool("pulse-data", "info", where, "--json"))
        assert [v["name"] for v in said["variables"]] == list(frame.columns)
        tool("pulse-data", "convert", where, "out.csv")
        assert pathlib.Path("out.csv").read_text(encoding="utf-8") == tool("pulse-data", "cat", where)
    for command in (("info", "results/results.h5"), ("convert", "results/results.h5", "x.parquet")):
        tool("pulse-data", *command, code=2, says=["results/results.h5#/", "/predictions/"])
    assert not os.path.exists("x.parquet")


def predictions__a_signal_leaves_nothing_of_a_report_or_table():
    trained()
    before = sorted(os.listdir("."))
    for words in ["results", "--output", "out.csv"], ["export", "results", "--csv", "--output", "out.csv"]:
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            job = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-report"), *words], env=stopping(1, "out.csv"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            wait_stopped(job.pid)
            assert len(os.listdir(".")) == len(before) + 1, words
            job.send_signal(number)
            go_on([job.pid])
            jobs.expect(finish(job), code, signal.Signals(number).name)
            assert sorted(os.listdir(".")) == before, (words, os.listdir("."))


def predictions__outputs_that_may_not_be_written_end_with_3():
    """With every program but pulse-train; a directory that is not there is a name that was mistyped."""
    trained()
    pathlib.Path("space.yaml").write_text("options: {data: sample.csv}\nsearch: {caution: [0, 1]}\n", encoding="utf-8")
    for words in (["pulse-data", "convert", "sample.csv", "{}b.parquet"], ["pulse-data", "synth", "{}b.csv"],
                  ["pulse-data", "synth", "{}b.h5"], ["pulse-data", "get", "sample.csv", "{}b.csv"],
                  ["pulse-data", "prepare", "sample.csv", "--output", "{}b.csv"],
                  ["pulse-data", "prepare", "sample.csv", "--output", "session/b.csv", "--json", "{}b.json"],
                  ["pulse-report", "results", "--output", "{}b.html"],
                  ["pulse-report", "export", "results", "--output", "{}b.csv"],
                  ["pulse-evaluate", "a=results", "--json", "{}b.json"]):
        program = os.path.join(jobs.binaries(), words[0])
        done = as_nobody([program, *(word.format("") for word in words[1:])])
        jobs.expect(done, 3, "Permission denied")
        done = as_nobody([program, *(word.format("no/such/") for word in words[1:])])
        jobs.expect(done, 2, "No such file")
    jobs.expect(as_nobody([os.path.join(jobs.binaries(), "pulse-tune"), "run", "."]), 3, "Permission denied")


def predictions__a_report_is_made_in_tmpdir():
    trained()
    program = os.path.join(jobs.binaries(), "pulse-report")
    jobs.expect(jobs.run("results", executable=program, env=dict(jobs.environment(), TMPDIR="")), 0)
    done = jobs.run("results", executable=program, env=dict(jobs.environment(), TMPDIR="/no/such"))
    jobs.expect(done, 3, "a temporary file in /no/such", "set TMPDIR")


def limited():
    """Files of at most so many bytes, and the signal at its default, as a shell's `ulimit -f` leaves it."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def predictions__what_has_no_space_is_said_with_its_name_and_reason():
    trained()
    commands = [("pulse-report", "results", "--output", "{}/out.html"),
                ("pulse-report", "export", "results", "--csv", "--output", "{}/out.csv"),
                ("pulse-report", "export", "results", "--json", "--output", "{}/out.json"),
                ("pulse-data", "get", "results/results.h5", "{}/out.h5"),
                ("pulse-data", "synth", "{}/out.csv", "--rows", "2000"),
                ("pulse-data", "convert", "sample.csv", "{}/out.parquet", "--compression", "none"),
                ("pulse-data", "convert", "sample.csv", "{}/out.h5")]
    for words in commands:
        program = os.path.join(jobs.binaries(), words[0])
        done = jobs.run(*(word.format(".") for word in words[1:]), executable=program, preexec_fn=limited)
        jobs.expect(done, 3, "the disk full?" if words[-1].endswith(".h5") and words[1] == "convert" else "File too large")
        assert not [name for name in os.listdir() if "out." in name], (words, os.listdir())
    with Tmpfs("16k") as disk:
        for words in commands:
            done = jobs.run(*(word.format(disk) for word in words[1:]), executable=os.path.join(jobs.binaries(), words[0]))
            if words[1] != "convert":
                jobs.expect(done, 3, "out.", "No space left")
            assert done.returncode == 3 and "TMPDIR" not in done.stderr and os.listdir(disk) == [], (words, done)


if __name__ == "__main__":
    sys.exit(jobs.main({name: it for name, it in globals().items() if not name.startswith("results__")}))
