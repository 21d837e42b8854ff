#!/usr/bin/python3
"""train.py [CASE…]: what a user of pulse-train sees, above all when something is wrong.

The programs are in the directory PULSE_BIN.
"""
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from processes import Tmpfs, as_nobody, as_root, check_gone, finish, ranks_of  # noqa: E402

# A walk of some seconds: refits of 186 features in each of 570 windows, for thirty candidates.
LONG = ("--refit", "--no-progress", "--ridge", "1,2,3,4,5,6,7,8,9,10")


def sample(rows=400, variables=3, seed=1):
    """A panel in sample.csv, and the options that go with it."""
    frame = jobs.panel(rows, variables, seed)
    return frame, ("--data", jobs.write(frame, "sample.csv"), "--end-date", jobs.last_day(frame))


def rewrite(change):
    """Passes the text of sample.csv through a function."""
    path = pathlib.Path("sample.csv")
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def files(directory):
    """Everything in a directory, hidden files as well, but what an interrupted run goes on from."""
    found = sorted(os.listdir(directory)) if os.path.isdir(directory) else []
    return [name for name in found if name != ".checkpoint"]


def check_nothing_written(directory="results"):
    assert files(directory) == [], files(directory)


def refused(*arguments, code=2, words=(), **more):
    """The run fails with this code and one line that says these words, and writes nothing."""
    done = jobs.run(*arguments, **more)
    jobs.expect(done, code, *words)
    check_nothing_written()
    return done


def checked(*arguments, code=0, **more):
    """The run ends with this code and without an error line."""
    done = jobs.run(*arguments, **more)
    jobs.expect(done, code)
    return done


# ---- The command line ---------------------------------------------------------------------------


def train__help_and_version_end_with_0():
    for option in ("--help", "-h"):
        done = checked(option)
        for word in ("--data", "--history", "rolling:N", "Examples:", "Exit codes:"):
            assert word in done.stdout, f"{word} is missing\n{done.stdout}"
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert done.stderr == ""
    done = checked("--version")
    assert done.stdout.startswith("pulse-train ") and done.stdout.count("\n") == 1
    check_nothing_written()


def train__bad_options_name_the_choices():
    _, options = sample()
    for words, said in ((("--combine", "mean"), ("--combine mean", "average or select")),
                        (("--interval", "wide"), ("--interval wide", "adaptive or gaussian")),
                        (("--trust", "no"), ("--trust no", "direction or persistence")),
                        (("--history", "all"), ("expanding", "rolling:N", "halflife:H")),
                        (("--transform", "v00=log"), ("level", "diff", "logdiff")),
                        (("--log-level", "loud"), ("debug", "info", "warning", "error")),
                        (("--calendar", "yes"), ("--calendar yes", "auto", "on", "off")),
                        (("--lags", "0"), ("--lags 0", "whole number")),
                        (("--lags", "257"), ("--lags 257", "256")),
                        (("--blocks", "0"), ("--blocks 0", "whole number")),
                        (("--scale-halflife", "-1"), ("--scale-halflife -1",)),
                        (("--clip", "nan"), ("--clip nan",)),
                        (("--caution", "-0.5"), ("--caution -0.5",)),
                        (("--interval-halflife", "0"), ("--interval-halflife 0",)),
                        (("--ridge", "-3"), ("--ridge -3",)),
                        (("--start-date", "2001-13-01"), ("2001-13-01", "date")),
                        (("--variables", ""), ("--variables",)),
                        (("--ridge", ","), ("--ridge",)),
                        (("stray",), ("stray", "--help"))):
        refused(*options, *words, words=said)


def train__bad_features_are_named_by_their_word():
    _, options = sample()
    for features, said in (("", "''"), ("mean4", "'mean4'"), ("lag1,", "''"), ("lag1++lag2", "''"),
                           ("lag1,ewma", "'ewma' has no half-life"), ("lag", "'lag' has no whole lag"),
                           ("lag0", "'lag0'"), ("lag1.5", "'lag1.5'"), ("lag-1", "'lag-1'"), ("lag1e9", "'lag1e9'"),
                           ("lag1,ewma0.5", "'ewma0.5'"), ("ewma4x", "'ewma4x'"), ("ewmanan", "'ewmanan'"),
                           ("ewma2000000", "'ewma2000000'"), ("lag1 ,ewma4", "'lag1 '"),
                           ("lag1,ewma4+lag1", "'lag1' is named twice"), ("ewma4,ewma4.0", "'ewma4.0' is named twice"),
                           ("+".join(f"lag{k}" for k in range(1, 258)), "'lag257'")):
        refused(*options, "--features", features, words=("--features", said))
    for both in (("--lags", 5, "--features", "lag1"), ("--features", "lag1", "--lags", 5)):
        refused(*options, *both, words=("--lags", "--features", "one of them"))


def train__bad_targets_are_named():
    frame, options = sample()
    frame.loc[frame.index[10:], "v01"] = np.nan
    jobs.write(frame, "sample.csv")
    refused(*options, "--targets", "v00", "v0x", words=("--targets v0x", "sample.csv", "3 variables"))
    refused(*options, "--variables", "v00", "v01", "--targets", "v02", words=("--targets v02", "2 variables"))
    refused(*options, "--targets", "v00", "v00", words=("--targets", "v00", "twice"))
    refused(*options, "--targets", "", words=("--targets",))
    refused(*options, "--targets", "v01", words=("--targets v01", "burn-in"))
    done = jobs.run(*options, "--targets", "v00", "v01", "--output", "some")
    jobs.expect(done, 0)
    assert "v01 never enters" in done.stderr and "v00" in jobs.summary("some")["metrics"], done.stderr


def train__unknown_option_is_one_line():
    _, options = sample()
    for words, named in ((("--lag-count", 3), "--lag-count"), (("-z",), "z"), (("--lags",), "--lags")):
        done = refused(*options, *words, words=(named, "--help"))
        assert done.stderr.count("\n") == 1, done.stderr


def train__no_data_option_says_so():
    refused(words=("--data", "--help"))


def train__reversed_dates_are_refused():
    refused("--data", "nothing.csv", "--start-date", "2005-01-02", "--end-date", "2005-01-01",
            words=("2005-01-02", "2005-01-01"))


def train__unknown_variable_suggests_the_nearest():
    frame, options = sample()
    frame.columns = ["spx_close", "vix_close", "gdp"]
    jobs.write(frame, "sample.csv")
    refused(*options, "--variables", "spx_clsoe", words=("spx_clsoe", "did you mean spx_close"))
    refused(*options, "--variables", "gdp", "vic_close", words=("vic_close", "did you mean vix_close"))
    refused(*options, "--variables", "gdp", "--transform", "vix_close=level", words=("--transform of vix_close", "--variables"))
    refused(*options, "--transform", "gpd=logdiff", words=("gpd", "did you mean gdp"))
    directory = jobs.write_long(frame, "datasets")
    refused("--data", directory, "--variables", "vix_clos", words=("datasets", "vix_close"))


def train__a_column_without_numbers_is_no_unknown_variable():
    frame, options = sample()
    frame["note"], frame["empty"] = "x", None
    jobs.write(frame, "sample.csv")
    for option in ("--variables", "note"), ("--transform", "empty=diff"):
        said = refused(*options, *option, words=(f"column {option[1].split('=')[0]} is no variable", "pulse-data info")).stderr
        assert "did you mean" not in said


def train__dry_run_prints_the_plan_and_writes_nothing():
    frame, options = sample()
    before = files(".")
    done = checked(*options, "--dry-run", "--output", "plan/results")
    for word in ("period", jobs.last_day(frame), "windows", "3 variables x 3 families + 6 = 15 features",
                 "9 candidates", "expanding",
                 "memory", "nothing was computed"):
        assert word in done.stdout, f"{word} is missing\n{done.stdout}"
    assert files(".") == before


# ---- The data -----------------------------------------------------------------------------------


def train__missing_file_is_named():
    refused("--data", "gone.csv", words=("gone.csv", "No such file"))
    refused("--data", "gone/deep", words=("gone/deep",))


def train__empty_directory_is_named():
    os.mkdir("datasets")
    refused("--data", "datasets", words=("datasets",))


def train__unreadable_file_is_named():
    _, options = sample()
    os.chmod("sample.csv", 0)
    if os.geteuid() == 0:
        done = as_nobody(jobs.command(*options, "--output", "results"))
    else:
        done = jobs.run(*options)
    jobs.expect(done, 2, "sample.csv", "Permission denied")
    check_nothing_written()


def train__no_data_in_the_period_is_refused():
    _, options = sample()
    refused(*options[:2], "--start-date", "1990-01-01", "--end-date", "1991-12-31",
            words=("sample.csv", "1990-01-01", "1991-12-31"))


def train__no_data_in_the_first_windows_is_refused():
    _, options = sample()
    refused(*options, "--start-date", "1999-01-01", "--batch-limit", 5,
            words=("first 5 windows", "--batch-limit"))


def train__truncated_last_row_is_refused():
    _, options = sample()
    rewrite(lambda text: text[:text.rindex(",")])
    refused(*options, words=("sample.csv", "line 401"))


def train__empty_file_is_refused():
    _, options = sample()
    rewrite(lambda text: "")
    refused(*options, words=("sample.csv", "empty"))


def train__header_alone_is_refused():
    _, options = sample()
    rewrite(lambda text: text.splitlines()[0] + "\n")
    refused(*options, words=("sample.csv", "observed"))


def train__one_row_is_fewer_than_the_burn_in():
    _, options = sample()
    rewrite(lambda text: "\n".join(text.splitlines()[:2]) + "\n")
    refused(*options, words=("sample.csv", "24", "--burn-in"))


def train__fewer_rows_than_the_burn_in_are_refused():
    _, options = sample(rows=24)  # one difference too few
    done = refused(*options, words=("sample.csv", "24", "--burn-in"))
    for name in ("v00", "v01", "v02"):
        assert f"{name} never enters" in done.stderr, done.stderr


def train__many_that_never_enter_are_counted():
    frame = jobs.panel(400, 3, 7)
    for j in range(9):
        frame[f"few{j}"] = np.where(np.arange(len(frame)) < 10, np.arange(len(frame)), np.nan)
    jobs.write(frame, "sample.csv")
    done = checked("--data", "sample.csv", "--end-date", jobs.last_day(frame))
    lines = [line for line in done.stderr.splitlines() if "never enter" in line]
    assert len(lines) == 6 and "4 more variables never enter" in lines[-1], done.stderr
    assert sum("never enters" in line for line in done.stdout.splitlines()) == 9


def train__missing_values_alone_are_refused():
    frame, options = sample()
    frame[:] = np.nan
    jobs.write(frame, "sample.csv")
    refused(*options, words=("sample.csv", "observed"))


def train__words_for_missing_are_missing():
    _, options = sample()
    lines = pathlib.Path("sample.csv").read_text(encoding="utf-8").splitlines()
    for at, word in enumerate((".", "NA", "NaN", "null", "", "inf", "-inf")):
        day, _, second, third = lines[100 + at].split(",")
        lines[100 + at] = ",".join((day, word, second, third))
    rewrite(lambda text: "\n".join(lines) + "\n")
    checked(*options)
    with h5py.File("results/results.h5") as file:
        actual = file["predictions/actual"][:]
    assert np.isnan(actual[99:106, 0]).all()
    assert np.isnan(actual).sum() == 7


def train__text_in_a_cell_names_file_line_and_column():
    _, options = sample()
    rewrite(lambda text: text.replace("\n2001-03-01,", "\n2001-03-01,abc"))
    refused(*options, words=("sample.csv", "abc", "v00", "line 44"))


def train__impossible_date_names_file_and_line():
    _, options = sample()
    rewrite(lambda text: text.replace("\n2001-03-01,", "\n2001-02-30,"))
    refused(*options, words=("sample.csv", "2001-02-30", "line 44"))


def train__logdiff_of_a_negative_value_names_variable_and_date():
    frame, options = sample()
    frame.loc["2002-02-26", "v01"] = -0.5
    jobs.write(frame, "sample.csv")
    for words in (("logdiff",), ("v01=logdiff",)):
        refused(*options, "--transform", *words, words=("v01", "2002-02-26", "-0.5"))
    checked(*options, "--transform", "v00=logdiff")


def train__repeated_dates_give_one_warning_a_variable():
    _, options = sample()
    lines = pathlib.Path("sample.csv").read_text(encoding="utf-8").splitlines()
    rewrite(lambda text: text + "\n".join(lines[50:52]) + "\n")
    done = checked(*options)
    assert len(jobs.own_lines(done)) == 3, done.stderr
    assert "v02: 2 values" in done.stderr, done.stderr
    said = jobs.summary("results")["warnings"]
    assert len(said) == 3 and all("overruled" in text for text in said), said


def train__repeated_dates_of_many_variables_are_counted():
    """Bars of an hour in a hundred columns are no hundred lines."""
    _, options = sample(variables=9)
    lines = pathlib.Path("sample.csv").read_text(encoding="utf-8").splitlines()
    rewrite(lambda text: text + "\n".join(lines[50:52]) + "\n")
    for ranks in (0, 3):
        done = checked(*options, "--no-progress", ranks=ranks)
        assert done.stderr.count("overruled") == 6, done.stderr
        said = jobs.summary("results")["warnings"]
        assert len(said) == 6 and "v04: 2 values" in said[4], said
        assert said[5].startswith("8 values of 4 more variables overruled"), said


def train__variable_that_never_enters_is_a_warning():
    frame, options = sample()
    frame.iloc[20:, 1] = np.nan
    jobs.write(frame, "sample.csv")
    done = checked(*options)
    assert "v01 never enters" in done.stderr
    assert "never enters" in next(line for line in done.stdout.splitlines() if "v01" in line)
    said = jobs.summary("results")
    assert any("v01" in text for text in said["warnings"])
    assert said["metrics"]["v01"]["enters"] is False
    assert said["forecast"]["v01"]["value"] is None
    assert said["variables"]["trust_scores"]["v01"] is None
    with h5py.File("results/results.h5") as file:
        assert np.isnan(file["predictions/predicted"][:, 1]).all()
        assert np.isnan(file["model/coefficients"][:, :, 1]).all()
        assert np.isnan(file["trust/mean"][:, 1]).all()
        assert not np.isnan(file["predictions/actual"][:20, 1]).any()
        assert not np.isnan(file["predictions/predicted"][-30:, 0]).any()


def train__prices_whose_intervals_reach_below_zero_are_a_warning():
    """The advice is logdiff; variables that were below 0 themselves are not meant."""
    frame = jobs.panel(500, 4, 8)
    steps = np.random.default_rng(8).normal(scale=0.5, size=(500, 2)).cumsum(axis=0)
    frame["v01"], frame["v02"] = np.exp(steps[:, 0] - steps[:, 0].max()), steps[:, 1] - steps[:, 1].mean()
    options = ("--data", jobs.write(frame, "sample.csv"), "--end-date", jobs.last_day(frame))
    said = []
    for ranks in (0, 3):
        done = checked(*options, ranks=ranks)
        said.append(jobs.summary("results")["warnings"])
        with h5py.File("results/results.h5") as file:
            below = (file["predictions/lower_95"][:] < 0).sum(axis=0)
        assert below[1] > 0 and below[2] > 0, below
        assert f"though no value does: v01 on {below[1]} rows; " in done.stderr, done.stderr
    assert said[0] == said[1] and len(said[0]) == 1 and "logdiff" in said[0][0], said
    checked(*options, "--transform", "v01=logdiff")
    assert jobs.summary("results")["warnings"] == []


def train__names_and_paths_need_not_be_ascii():
    frame, options = sample()
    frame["v02"] = frame["v00"] + frame["v01"]
    frame.columns = ["日経平均株価指数の終値系列" * 4, "šťastný_průměr_€", "日経平均株価指数の終値系列" * 4 + "二"]
    jobs.write(frame, "sample.csv")
    done = checked(*options, "--output", "výsledky")
    done.stdout.encode("utf-8")  # a cut character would be a lone surrogate here
    said = jobs.summary("výsledky")
    assert list(said["metrics"]) == list(frame.columns)
    checked(*options, "--output", "failing", "--lags", 1, "--ridge", 0, "--transform", "level", code=4)
    said = jobs.summary("failing")
    assert len(said["errors"]) >= said["batches"]["failed"] > 0
    with h5py.File("failing/results.h5") as file:
        for window in file["windows"][:]:
            window["reason"].decode("utf-8")


def train__bytes_that_are_no_text_never_cost_a_result():
    """Either refused before the work, or stated in summary.json somehow."""
    sample()
    os.mkdir(b"dossi\xe9r")
    shutil.copy("sample.csv", b"dossi\xe9r/sample.csv")
    end = ("--end-date", "2002-06-30")
    done = jobs.run("--data", os.fsdecode(b"dossi\xe9r/sample.csv"), *end)
    assert done.returncode == 0, done.stderr
    assert list(jobs.summary("results")["metrics"]) == ["v00", "v01", "v02"]
    data = pathlib.Path("sample.csv").read_bytes().replace(b"v01", b"v\xe9", 1)
    pathlib.Path("latin.csv").write_bytes(data)
    done = jobs.run("--data", "latin.csv", *end, "--output", "latin")
    if done.returncode == 0:
        assert len(jobs.summary("latin")["metrics"]) == 3, "a variable got lost"
    else:
        jobs.expect(done, 2, "latin.csv")
        check_nothing_written("latin")


# ---- Results ------------------------------------------------------------------------------------


def train__summary_has_the_keys_of_the_original_and_no_nan():
    frame, options = sample(variables=4)
    frame.iloc[20:, 1] = np.nan
    frame.iloc[:, 2] = 7.0
    jobs.write(frame, "sample.csv")
    checked(*options)
    said = jobs.summary("results")  # raises on NaN and Infinity
    for key in ("batches", "variables", "performance", "errors", "schema_version", "config", "ranks",
                "nodes", "timings", "metrics", "trust", "forecast", "io"):
        assert key in said, key
    assert set(said["batches"]) == {"total", "completed", "failed", "skipped", "success_rate"}
    assert set(said["variables"]) == {"total", "trust_scores"}
    assert set(said["performance"]) == {"duration_seconds", "speedup_factor",
                                        "estimated_sequential_time"}
    assert set(said["io"]) >= {"bytes_read", "requests", "cache_hits", "retries"}
    assert said["errors"] == []
    assert said["variables"]["total"] == 4
    assert said["batches"]["total"] == sum(said["batches"][k]
                                           for k in ("completed", "failed", "skipped"))
    assert said["io"]["bytes_read"] >= os.path.getsize("sample.csv")
    assert said["config"]["features"] == "lag1,ewma4,ewma16" and said["config"]["ridge"] == [1e2, 1e3, 1e4]
    names = list(frame.columns)
    for part in (said["metrics"], said["trust"], said["forecast"], said["variables"]["trust_scores"]):
        assert list(part) == names


def train__results_describe_themselves():
    frame, options = sample()
    checked(*options)
    lonely = []

    def note(name, item):
        if isinstance(item, h5py.Dataset) and not (item.attrs.get("units")
                                                   and item.attrs.get("description")):
            lonely.append(name)

    with h5py.File("results/results.h5") as file:
        file.visititems(note)
        assert not lonely, lonely
        assert [name.decode() for name in file["variables"][:]] == list(frame.columns)
        assert file["model/features"][0] == b"const"
        assert [name.decode() for name in file["model/features"][1:]] == [
            *(f"calendar.{day}" for day in ("tue", "wed", "thu", "fri", "gap")),
            *(f"{v}.{family}" for family in ("lag1", "ewma4", "ewma16") for v in frame.columns)]
        days = frame.index.values.astype("datetime64[ns]").astype(np.int64)
        assert (file["calendar"][:] == days).all()
        assert np.array_equal(file["predictions/actual"][:], frame.to_numpy())
        assert (file["windows"]["status"] == 1).sum() > 0


def train__table_is_narrow_and_sorted_by_skill():
    frame, options = sample(rows=900, variables=7)
    names = list(frame.columns)
    names[2] = "a_very_long_name_of_a_variable_that_does_not_fit_anywhere"
    frame.columns = names
    frame.iloc[30:, 4] *= 1e9  # huge values, huge errors
    frame.iloc[20:, 5] = np.nan
    frame.iloc[:, 6] = 5.0
    jobs.write(frame, "sample.csv")
    done = checked(*options, "--combine", "select", "--ridge", "0.001")
    lines = done.stdout.splitlines()
    table = lines[1:lines.index("")]
    assert len(table) == 7, done.stdout
    for line in lines[:lines.index("")]:
        assert len(line) <= 80, f"{len(line)} columns: {line}"
    said = jobs.summary("results")["metrics"]
    skills = [said[line.split()[0]]["skill"] for line in table if ".." not in line]
    known = [skill for skill in skills if skill is not None]
    assert known == sorted(known, reverse=True) and len(known) >= 4, done.stdout
    assert skills[:len(known)] == known, "those without a skill come last"


def train__output_file_is_the_summary():
    _, options = sample()
    os.mkdir("elsewhere")
    checked(*options, "--output-file", "elsewhere/said.json")
    with open("elsewhere/said.json", encoding="utf-8") as file:
        assert json.load(file) == jobs.summary("results")
    assert files("elsewhere") == ["said.json"]
    done = checked(*options, "--output-file", "-")
    assert json.loads(done.stdout) == jobs.summary("results") and not os.path.exists("-")


def train__output_file_that_cannot_be_is_refused_before_the_work():
    _, options = sample()
    refused(*options, "--output-file", "gone/said.json", code=3, words=("gone/said.json",))


def train__output_directories_are_made():
    _, options = sample()
    checked(*options, "--output", "a/b/c")
    assert files("a/b/c") == ["report.html", "results.h5", "summary.json"]


def train__log_goes_to_its_directory():
    _, options = sample()
    checked(*options, "--log-dir", "logs", "--min-history", 5000, "--log-level", "error")
    assert "no window was trained" in pathlib.Path("logs/pulse-train.log").read_text(encoding="utf-8")


def train__nothing_trained_is_a_warning():
    _, options = sample()
    done = checked(*options, "--min-history", 5000)
    assert "warning" in done.stderr and "--min-history" in done.stderr
    said = jobs.summary("results")
    assert said["batches"]["completed"] == 0
    assert said["batches"]["success_rate"] is None
    assert said["batches"]["skipped"] == said["batches"]["total"]


def train__windows_without_a_solution_end_with_4():
    frame, options = sample()
    frame["v02"] = frame["v00"]
    jobs.write(frame, "sample.csv")
    done = checked(*options, "--ridge", "0,10", "--calendar", "off", code=4)
    said = jobs.summary("results")
    failed = said["batches"]["failed"]
    assert failed > 0 and said["batches"]["completed"] == 0
    errors = [text for text in said["errors"] if text.startswith("batch_")]
    assert len(errors) == failed
    assert "--ridge" in errors[0] and "v00" in errors[0]
    assert f"{failed} failed" in done.stdout
    assert errors[0] in done.stderr and "errors in summary.json" in done.stderr
    with h5py.File("results/results.h5") as file:
        windows = file["windows"][:]
        assert (windows["status"] == 2).sum() == failed
        assert all(b"ridge" in window["reason"] for window in windows if window["status"] == 2)
        assert np.isnan(file["predictions/predicted"][:]).all()
    checked(*options, "--ridge", "10", "--calendar", "off")  # the same panel with a penalty


# ---- Storage ------------------------------------------------------------------------------------


def train__output_that_is_a_file_is_refused():
    _, options = sample()
    jobs.expect(jobs.run(*options, "--output", "sample.csv"), 3, "sample.csv")
    jobs.expect(jobs.run(*options, "--output", "sample.csv/deep"), 3, "sample.csv/deep")


def train__output_name_taken_by_a_directory_is_refused():
    _, options = sample()
    for name in ("results.h5", "summary.json"):
        os.makedirs(f"out-{name}/{name}")
        jobs.expect(jobs.run(*options, "--output", f"out-{name}"), 3, name)
        assert files(f"out-{name}") == [name]


def train__output_that_may_not_be_written_is_refused():
    _, options = sample()
    os.mkdir("results", 0o755)
    if os.geteuid() == 0:
        done = as_nobody(jobs.command(*options))
    else:
        os.chmod("results", 0o555)
        done = jobs.run(*options)
    jobs.expect(done, 3, "results", "Permission denied")
    check_nothing_written()


def train__a_log_that_may_not_be_written_is_refused():
    _, options = sample()
    for name in ("logs", "."):
        jobs.expect(as_nobody(jobs.command(*options, "--output", "session/out", "--log-dir", name)), 3, "log",
                    "Permission denied")


def train__too_small_a_disk_is_refused_before_the_work():
    _, options = sample()
    with Tmpfs("600k") as disk:
        jobs.expect(jobs.run(*options, "--output", f"{disk}/results"), 3, "disk/results", "MB",
                    "--output")
        check_nothing_written("disk/results")


def start_long(*more, rows=12000, variables=60, ranks=0, output="results"):
    """A run of some seconds, given back when all checks are behind it."""
    frame, options = sample(rows, variables)
    job = subprocess.Popen(jobs.command(*options, *LONG, "--output", output, *more, ranks=ranks),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=jobs.environment())
    give_up = time.monotonic() + 300
    while not os.path.isdir(output):
        assert job.poll() is None and time.monotonic() < give_up, job.communicate()
        time.sleep(0.01)
    time.sleep(0.5)
    assert job.poll() is None, "the walk is over too soon for this test"
    return frame, job


def fill(disk, left):
    """Leaves so many bytes of the disk."""
    with open(f"{disk}/filler", "wb") as filler:
        try:
            while True:
                filler.write(bytes(1 << 16))
                filler.flush()
        except OSError:
            pass
        filler.truncate(os.stat(f"{disk}/filler").st_size - left)


def disk_that_fills(left, *words):
    with Tmpfs("120m") as disk:
        _, job = start_long(output=f"{disk}/results")
        for name in ("results.h5", "summary.json"):
            pathlib.Path(f"{disk}/results/{name}").write_text("old", encoding="utf-8")
        fill(disk, left)
        jobs.expect(finish(job), 3, "results.h5", *words)
        assert files(f"{disk}/results") == ["results.h5", "summary.json"], files(f"{disk}/results")
        for name in ("results.h5", "summary.json"):
            assert pathlib.Path(f"{disk}/results/{name}").read_text(encoding="utf-8") == "old"


def train__disk_that_fills_during_the_work_leaves_nothing():
    disk_that_fills(0)


def train__disk_too_small_for_all_columns_is_reported_before_the_first():
    disk_that_fills(6 << 20, "no space for its")


def limited(options, megabytes, ranks=0):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (megabytes << 20, megabytes << 20))

    return jobs.run(*options, "--no-progress", ranks=ranks, preexec_fn=limit)


def train__failed_write_leaves_nothing():
    _, options = sample(4000, 40)
    jobs.expect(limited(options, 5), 3, "results.h5")
    check_nothing_written()


def train__failed_write_of_many_ranks_leaves_nothing():
    _, options = sample(4000, 40)
    done = limited(options, 9, ranks=3)  # Open MPI keeps files of a few MB itself
    jobs.expect(done, 3, "results.h5")
    check_nothing_written()


def train__a_limit_that_many_datasets_pass_ends_many_ranks_too():
    """A quota, here of the process: HDF5 waits for ever where one of many ranks cannot write what it knows of
    datasets."""
    _, options = sample(400, 200)
    options = (*options, "--batch-size-days", 60, "--ridge", 1, "--horizon", "1,2,3,4,5,6,7,8,9,10")
    jobs.expect(limited(options, 16, ranks=3), 3, "results.h5")
    check_nothing_written()


def train__a_report_is_made_without_proc():
    """While results.h5 is on its way it has no name that lasts, and is not read by a link of /proc for that."""
    as_root()
    if "asan" in jobs.binaries():
        raise jobs.Skip("the sanitizer needs /proc")
    _, options = sample()
    done = jobs.run(*options, executable=["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$0" "$@"',
                                          jobs.program()])
    if "unshare: " in done.stderr or "mount: " in done.stderr:
        raise jobs.Skip(done.stderr)
    jobs.expect(done, 0)
    assert jobs.own_lines(done) == [] and files("results") == ["report.html", "results.h5", "summary.json"], done
    assert pathlib.Path("results/report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


def train__old_result_survives_a_run_that_fails():
    _, options = sample()
    checked(*options)
    before = {name: pathlib.Path("results", name).read_bytes() for name in files("results")}
    jobs.expect(jobs.run(*options, "--variables", "v77"), 2, "v77")
    _, options = sample(4000, 40)
    jobs.expect(limited(options, 5), 3, "results.h5")
    after = {name: pathlib.Path("results", name).read_bytes() for name in files("results")}
    assert before == after


# ---- Death --------------------------------------------------------------------------------------


def check_interrupted(done, code, number):
    """The exit code; and a rank says by what. mpirun then sends SIGTERM to the others, who may say so."""
    shown = f"exit code {done.returncode}, expected {code}\n{done.stderr}"
    assert done.returncode == code, shown
    errors = [line for line in jobs.own_lines(done) if line.startswith("error: ")]
    assert any(signal.Signals(number).name in line for line in errors), shown
    assert all("interrupted by" in line for line in errors), shown


def check_rerun(frame):
    """The same directory takes a later run."""
    checked("--data", "sample.csv", "--end-date", jobs.last_day(frame), "--batch-limit", 60)
    assert files("results") == ["report.html", "results.h5", "summary.json"]


def train__rank_that_is_killed_ends_the_job():
    for rank in (0, 2):
        shutil.rmtree("results", ignore_errors=True)
        frame, job = start_long(ranks=3)
        pids = ranks_of(job, 3)
        os.kill(pids[rank], signal.SIGKILL)
        done = finish(job)
        assert done.returncode != 0
        assert not set(files("results")) & {"results.h5", "summary.json"}
        check_gone(pids)
        check_rerun(frame)


def train__signal_to_a_single_process_gives_its_code():
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        frame, job = start_long()
        job.send_signal(number)
        jobs.expect(finish(job), code, signal.Signals(number).name)
        check_nothing_written()
        shutil.rmtree("results")
    check_rerun(frame)


def train__signal_to_one_rank_gives_its_code():
    for number, code, rank in ((signal.SIGTERM, 143, 1), (signal.SIGINT, 130, 0)):
        frame, job = start_long(ranks=3)
        pids = ranks_of(job, 3)
        os.kill(pids[rank], number)
        check_interrupted(finish(job), code, number)
        check_gone(pids)
        # mpirun kills the other ranks a second after its own signal: behind a busy disk rank 0 may get no further.
        assert all(name.startswith(".results.") for name in files("results")), files("results")
        check_rerun(frame)
        shutil.rmtree("results")


def train__signal_to_mpirun_ends_the_job():
    _, job = start_long(ranks=2)
    pids = ranks_of(job, 2)
    job.send_signal(signal.SIGTERM)
    assert finish(job).returncode != 0
    check_gone(pids)
    assert not set(files("results")) & {"results.h5", "summary.json"}


def train__signal_while_writing_leaves_all_or_nothing():
    frame, options = sample(6000, 30)
    before = None
    for _ in range(4):
        job = subprocess.Popen(jobs.command(*options, "--batch-size-days", 3), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=jobs.environment())
        while job.poll() is None and not list(pathlib.Path("results").rglob(".results.h5.*")):
            time.sleep(0.001)
        job.send_signal(signal.SIGTERM)
        done = finish(job)
        if done.returncode == 143:
            assert files("results") == (before or []), files("results")
        else:
            assert done.returncode == 0, done.stderr
            before = ["report.html", "results.h5", "summary.json"]
            assert files("results") == before, files("results")


def train__results_may_go_to_a_closed_pipe():
    """Nobody reads the table: the results are there all the same."""
    _, options = sample()
    with open("/dev/full", "w", encoding="utf-8") as full:
        job = subprocess.run(jobs.command(*options), stdout=full, stderr=subprocess.PIPE, text=True,
                             env=jobs.environment(), timeout=300, check=False)
    assert job.returncode in (0, 3), job.stderr
    assert files("results") == ["report.html", "results.h5", "summary.json"]


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
