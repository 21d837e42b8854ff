#!/usr/bin/python3
"""panels.py [CASE…]: what pulse-data prepare writes is what pandas makes of the same sources."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd

from support import back, data, error, holes, jobs, prepare, same

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
from arrays import arrays, check_same  # noqa: E402


def sources():
    """A wide file out of order, a directory of datasets, a long panel: and what they are together."""
    wide = holes(jobs.panel(300, 4, seed=1))
    jobs.write(wide.sample(frac=1, random_state=7), "wide.csv")
    series = holes(jobs.panel(280, 3, seed=2, start="2001-03-01").add_prefix("s_"), seed=4)
    jobs.write_long(series, "sets")
    long = holes(jobs.panel(200, 2, seed=3, start="2000-12-04").add_prefix("l_"), seed=5)
    melted = long.reset_index().melt("date", var_name="ticker", value_name="close").sort_values("date", kind="stable")
    melted.to_csv("long.csv", index=False)
    return ["wide.csv", "sets", "long.csv"], wide.join(series, how="outer").join(long, how="outer").dropna(how="all")


def prepare__sources_of_all_kinds_become_the_panel_that_pandas_joins():
    words, wanted = sources()
    for output in "panel.csv", "panel.h5", "panel.pkl", "panel.parquet", "panel.csv.gz":
        prepare(*words, output=output)
        same(back(output), wanted)
    data("convert", "wide.csv", "wide.h5")
    prepare("wide.h5", *words[1:])
    same(back(), wanted)


def prepare__a_run_on_the_panel_has_the_bits_of_a_run_on_the_source():
    jobs.write(jobs.monthly(holes(jobs.panel(420, 4, seed=8), 0.02), ["v03"]), "raw.csv")
    prepare("raw.csv", output="panel.parquet")
    for name in "raw.csv", "panel.parquet":
        jobs.expect(jobs.run("--data", name, "--min-history", 100, "--output", name + ".out",
                             "--end-date", "2002-08-01"), 0)
    check_same({k: v for k, v in arrays("raw.csv.out/results.h5").items() if "timing" not in k},
               {k: v for k, v in arrays("panel.parquet.out/results.h5").items() if "timing" not in k})


def prepare__sources_may_share_variables():
    old, new = jobs.panel(100, 2, seed=1), jobs.panel(120, 2, seed=1)
    new.iloc[90:95] += 1
    new = new.iloc[80:]
    jobs.write(old, "old.csv"), jobs.write(new, "new.csv")
    said = prepare("old.csv", "new.csv")[1]
    differ = int((old != new.reindex(old.index)).where(new.reindex(old.index).notna()).fillna(False).to_numpy().sum())
    assert f"{differ} values of 2 variables" in said and differ > 0, said
    same(back(), new.combine_first(old))
    prepare("old.csv", "new.csv", "--duplicates", "first")
    same(back(), old.combine_first(new))


def prepare__days_variables_and_period_are_chosen():
    frame = jobs.panel(60, 3, seed=1)
    frame.index = pd.date_range("2001-01-01", periods=60, name="date")
    frame = holes(frame, 0.3)
    jobs.write(frame, "raw.csv")
    for words, wanted in ((["--days", "any"], frame.dropna(how="all")),
                          (["--days", "weekdays"], frame[frame.index.dayofweek < 5].dropna(how="all")),
                          (["--days", "all"], frame.dropna()), (["--days", "v01"], frame.dropna(subset=["v01"])),
                          (["--variables", "v02,v00"], frame[["v00", "v02"]].dropna(how="all")),
                          (["--start-date", "2001-01-10", "--end-date", "2001-02-01"],
                           frame["2001-01-10":"2001-02-01"].dropna(how="all"))):
        said = prepare("raw.csv", *words)[1]
        same(back(), wanted)
        left_out = len(frame.dropna(how="all")) - len(wanted)
        assert "--days" not in words or left_out == 0 or f"{left_out} days that have values" in said, said


def prepare__a_variable_with_a_comma_in_its_name_is_chosen_as_in_training():
    frame = jobs.panel(420, 3, seed=1)
    frame.columns = ["a,b", "a", "b"]
    frame.to_csv("raw.csv")
    for words, wanted in ((["--variables", r"a\,b"], ["a,b"]), (["--variables", r"a\,b,b"], ["a,b", "b"]),
                          (["--variables=a,b"], ["a", "b"]), (["--variables", "b", "--variables=,a,"], ["a", "b"])):
        prepare("raw.csv", *words)
        same(back(), frame[wanted])
        said = jobs.run("--data", "raw.csv", *words, "--dry-run", "--json", "--end-date", "2002-01-01").stdout
        assert json.loads(said)["model"]["variables"] == len(wanted), said
    for words in (["--variables", ","], ["--variables", ""]):
        assert "--variables '': expected at least one value" in error("raw.csv", *words)


def prepare__derived_values_that_are_no_numbers_are_counted():
    pd.DataFrame({"a": [1.0, 2, 3, np.nan], "b": [1, 0.0, 0, 0], "c": [np.nan, np.nan, np.nan, 1]},
                 index=pd.date_range("2020-01-01", periods=4, name="date")).to_csv("raw.csv")
    for how, says in (("a / b", "2 values are not finite and left out, from 2020-01-02 on"),
                      ("ln(b - 1)", "4 values are not finite and left out, from 2020-01-01 on"),
                      ("ln(a - 2.5)", "2 values are not finite"), ("a + c", "no value, as on no day all its variables")):
        err = prepare("raw.csv", "--derive", f"x = {how}")[1]
        assert f"--derive x = {how}: {says}" in err and err.count("warning") == 1, err
    for how in ("a + b", "c - 1"):
        assert "warning" not in prepare("raw.csv", "--derive", f"x = {how}")[1]


def prepare__derived_variables_are_those_of_pandas():
    frame = holes(jobs.panel(90, 3, seed=6)).rename(columns={"v02": "odd name-1"})
    frame.iloc[4, 0] = 0
    jobs.write(frame, "raw.csv")
    made = {"d": ("v00 - v01", lambda f: f.v00 - f.v01), "r": ("v00/v01*2 - -1", lambda f: f.v00 / f.v01 * 2 + 1),
            "p": ("(v00 + `odd name-1`) * (1e-2 + .5)", lambda f: (f.v00 + f["odd name-1"]) * (1e-2 + .5)),
            "l": ("ln(v01) - exp(v00 / 1000) + sqrt(abs(-v00))",
                  lambda f: np.log(f.v01) - np.exp(f.v00 / 1000) + np.sqrt(np.abs(f.v00))),
            "i": ("1 / v00", lambda f: (1 / f.v00).replace(np.inf, np.nan)), "t": ("d * 2", lambda f: f.d * 2)}
    prepare("raw.csv", *(f"--derive={name} = {how}" for name, (how, _) in made.items()), output="panel.pkl")
    frame = frame.dropna(how="all")
    for name, (_, how) in made.items():
        frame[name] = how(frame)
    found = back("panel.pkl")  # CSV has no infinite numbers
    assert list(found) == list(frame) and np.isnan(found["i"].iloc[4])
    for name in frame:  # the functions of two libraries may differ in a last bit
        np.testing.assert_allclose(found[name], frame[name], rtol=1e-15)


def prepare__small_panels():
    days = pd.bdate_range("2001-01-02", periods=3, name="date")
    for frame in (pd.DataFrame({"a": [1.5]}, days[:1]), pd.DataFrame({"a": [np.nan, 2.0, np.nan]}, days),
                  pd.DataFrame({"a": [-1.0, 0.0, np.nan], "b": [np.nan, np.nan, 4.0]}, days)):
        jobs.write(frame, "raw.csv")
        for output in "panel.csv", "panel.parquet", "panel.h5", "panel.pkl":
            pathlib.Path(output).unlink(missing_ok=True)
            prepare("raw.csv", output=output)
            prepare("raw.csv", output=output)  # beside the last one
            same(back(output), frame.dropna(how="all"))


def prepare__closed_standard_streams_do_not_end_up_in_the_panel():
    """The nameless file of values would have their descriptors, and what is printed stand among the values."""
    jobs.write(jobs.panel(300, 3, seed=6), "raw.csv")
    prepare("raw.csv")
    wanted = pathlib.Path("panel.csv").read_bytes()
    program = os.path.join(jobs.binaries(), "pulse-data")
    for closed in ">&-", "<&- >&-", "<&- >&- 2>&-", "2>&-":
        pathlib.Path("panel.csv").unlink(missing_ok=True)
        done = subprocess.run(["sh", "-c", f'exec "$0" prepare raw.csv --output panel.csv {closed}', program],
                              capture_output=True, timeout=300, check=False)
        if ">&-" in closed.replace("2>&-", ""):  # as on a full one: what it says is lost
            assert done.returncode == 3 and (b"error: " in done.stderr or "2>&-" in closed), (closed, done)
        else:
            assert done.returncode == 0, (closed, done)
        assert not os.path.exists("panel.csv") or pathlib.Path("panel.csv").read_bytes() == wanted, closed


def prepare__what_cannot_be_is_said():
    frame = jobs.panel(30, 2, seed=1)
    jobs.write(frame, "raw.csv")
    jobs.write(frame * np.nan, "nothing.csv")
    pathlib.Path("empty.csv").write_text("date,a\n", encoding="utf-8")
    pathlib.Path("bad.csv").write_text("date,a\n2001-01-01,1\n2001-01-02,closed\n", encoding="utf-8")
    pathlib.Path("mixed.csv").write_text("time,a\n1577836800,1\n1577923200000,2\n", encoding="utf-8")
    for words, code, said in (
            (["mixed.csv", "--time-unit", "ms"], 2, "times in the first weeks of 1970 and then none before 2020-01-02"),
            ([], 2, "which SOURCE?"), (["none.csv"], 2, "none.csv"), (["nothing.csv"], 2, "nothing.csv"),
            (["empty.csv"], 2, "empty.csv"),
            (["bad.csv"], 2, "'closed' in column 'a' is no number"),
            (["raw.csv", "--variables", "v00,v07"], 2, "--variables v07: no source has it (found: v00, v01)"),
            (["raw.csv", "--days", "v07"], 2, "--days v07: expected any, weekdays, all or the name of a variable"),
            (["raw.csv", "--derive", "x v00"], 2, "expected NAME = EXPRESSION, and ="),
            (["raw.csv", "--derive", "x = (v00"], 2, "expected an operator or ) at its end"),
            (["raw.csv", "--derive", "x = v00 v01"], 2, "expected an operator before v01"),
            (["raw.csv", "--derive", "x = log(v00)"], 2, "expected ln, exp, sqrt or abs before (v00)"),
            (["raw.csv", "--derive", "x = " + "(" * 100 + "v00" + ")" * 100], 2, "fewer than 64"),
            (["raw.csv", "--derive", "x = v0O"], 2, "no source has the variable 'v0O'; is 'v00' meant?"),
            (["raw.csv", "--derive", "x = v00 ^ 2"], 2, "no power (write a * a)"),
            (["raw.csv", "--derive", "x = my name"], 2, "before name; a name that is no word stands in back-quotes"),
            (["raw.csv", "--derive", "x = c"], 2, "no source has the variable 'c' (variables: v00, "),
            (["raw.csv", "--derive", "x = x"], 2, "'x' is made of itself"),
            (["raw.csv", "--derive", "x = y", "--derive", "y = v00"], 2, "'y' is derived after 'x'"),
            (["raw.csv", "--derive", "x = y", "--derive", "y = x"], 2, "'y' is made of 'x' in turn"),
            (["raw.csv", "--variables", "v00", "--derive", "x = v01"], 2, "'v01' is not among --variables"),
            (["raw.csv", "--variables", "v00,x", "--derive", "x = v00"], 2, "it is derived, and in the panel"),
            (["raw.csv", "--variables", "w"], 2, "no source has it (found: v00, v01"),
            (["raw.csv", "--derive", "date = v01"], 2, "a variable is called 'date'"),
            (["raw.csv", "--derive", "v00 = v01"], 2, "there is a variable 'v00' already"),
            (["raw.csv", "--require", "misssing<=1"], 2, "--require misssing<=1: expected last_row"),
            (["raw.csv", "--require", "missing<=x"], 2, "expected FIGURE>=X, FIGURE<=X or FIGURE=X..Y"),
            (["raw.csv", "--require", "rows(v00)>=1"], 2, "expected FIGURE or FIGURE(VARIABLE)"),
            (["raw.csv", "--require", "gap(v07)<=1"], 2, "the panel has no variable 'v07'"),
            (["raw.csv", "--start-date", "2050-01-01"], 2, "nothing is observed in the period"),
            (["raw.csv", "--start-date", "2002-01-01", "--end-date", "2001-01-01"], 2,
             "--start-date is after --end-date"),
            (["raw.csv", "--against", "none.parquet"], 2, "none.parquet"),
            (["raw.csv", "--jump", "-1"], 2, "--jump -1")):
        line = error(*words, code=code)
        assert said in line and not os.path.exists("panel.csv"), (words, line)
    assert "panel.doc: its extension is of no known format" in error("raw.csv", output="panel.doc")
    assert "raw.csv is a source" in error("raw.csv", output="./raw.csv")
    assert "--json and a source are one file" in error("raw.csv", "--json", "./raw.csv")
    assert "--output and --html are one file" in error("raw.csv", "--html", "./panel.csv", output="panel.csv")
    said = prepare("raw.csv", output="no/such/panel.csv", code=2)
    assert said[0] == "" and "creating no/such/panel.csv: No such file" in said[1], said  # before anything is read
    assert "--output FILE is missing" in data("prepare", "raw.csv", code=2)[1]


def prepare__a_full_disk_is_an_error_and_the_old_panel_stays():
    jobs.write(jobs.panel(30, 2, seed=1), "raw.csv")
    prepare("raw.csv")
    before = pathlib.Path("panel.csv").read_bytes()
    wide = pd.DataFrame(np.ones((400, 2000)), pd.bdate_range("2001-01-02", periods=400, name="date"),
                        [f"w{i}" for i in range(2000)])
    jobs.write(wide, "wide.csv")

    def little():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, 2 << 20))

    line = error("wide.csv", code=3, preexec_fn=little)
    assert "the panel needs more than the" in line and "set TMPDIR" in line, line
    assert pathlib.Path("panel.csv").read_bytes() == before
    prepare("wide.csv", output="wide.parquet")
    same(back("wide.parquet"), wide)


def prepare__a_killed_one_leaves_the_old_panel_or_the_new():
    for name, seed in ("a.csv", 1), ("b.csv", 2):
        jobs.write(jobs.panel(2000, 40, seed=seed), name)
    prepare("a.csv", output="a.parquet"), prepare("b.csv", output="b.parquet")
    whole = {pathlib.Path(name).read_bytes() for name in ("a.parquet", "b.parquet")}
    prepare("a.csv", output="panel.parquet")
    for delay in 0.02, 0.05, 0.1, 0.2, 0.3:
        with subprocess.Popen(jobs.command("prepare", "b.csv", "--output", "panel.parquet",
                                           executable=os.path.join(jobs.binaries(), "pulse-data")),
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as one:
            time.sleep(delay)
            one.kill()
        assert pathlib.Path("panel.parquet").read_bytes() in whole
    prepare("b.csv", output="panel.parquet")
    assert pathlib.Path("panel.parquet").read_bytes() == pathlib.Path("b.parquet").read_bytes()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
