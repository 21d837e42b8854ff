#!/usr/bin/python3
"""ranks.py [CASE…]: pulse-train gives the same bits on any number of ranks and any layout of data.

The programs are in the directory PULSE_BIN.
"""
import os
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

import jobs
from arrays import arrays, check_same

# In sanitizer builds, where a process takes seconds to end, PULSE_TEST_RANKS says fewer.
RANKS = tuple(map(int, os.environ.get("PULSE_TEST_RANKS", "1 2 3 5 8").split()))
# What summary.json says of the run and not of the data.
OF_THE_RUN = ("performance", "ranks", "nodes", "timings", "io", "peak_rss_bytes", "config")


def contents(path):
    """Every dataset of results.h5, and every attribute."""
    found = dict(arrays(path))

    def note(name, item):
        for key, value in item.attrs.items():
            found[name, key] = str(value)

    with h5py.File(path, "r") as file:
        file.visititems(note)
    return found


def outcome(data, *options, ranks=0, code=0):
    """Trains, and returns all that must not depend on the ranks."""
    output = f"results-{len(os.listdir())}"
    done = jobs.run("--data", data, "--output", output, "--no-progress", *options, ranks=ranks)
    assert done.returncode == code, f"exit code {done.returncode} on {ranks} ranks\n{done.stderr}"
    assert not [line for line in jobs.own_lines(done) if line.startswith("error: ") or " no report.html" in line], done.stderr
    found = contents(f"{output}/results.h5")
    said = jobs.summary(output)
    assert said["ranks"] == max(ranks, 1)
    found["summary.json"] = {key: said[key] for key in said if key not in OF_THE_RUN}
    return found


def check_ranks(data, *options, code=0, ranks=RANKS):
    first = outcome(data, *options, ranks=ranks[0], code=code)
    for count in ranks[1:]:
        check_same(first, outcome(data, *options, ranks=count, code=code), f"{count} ranks")
    return first


def values(found, name):
    """A dataset of float64 that `contents` has read."""
    kind, shape, data = found[name]
    assert kind == "float64"
    return np.frombuffer(data).reshape(shape)


def until(frame):
    return ("--end-date", jobs.last_day(frame))


def mixed(seed, rows=700):
    """Dense, monthly (two calendars of release), late and holey variables."""
    frame = jobs.panel(rows, 7, seed)
    frame = jobs.monthly(frame, ["v01", "v04"], 3)
    frame = jobs.monthly(frame, ["v05"], 11)
    frame.iloc[:200, 2] = np.nan
    frame.iloc[np.random.default_rng(seed).random(rows) < 0.1, 3] = np.nan
    return frame


# ---- Any number of ranks ------------------------------------------------------------------------


def mpi__expanding_history_gives_the_same_bits():
    frame = jobs.panel(900, 6, 1)
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame))
    assert np.isfinite(values(first, "predictions/predicted")[-100:]).all()


def mpi__without_mpirun_it_gives_the_same_bits():
    frame = mixed(2)
    data = jobs.write(frame, "a.csv")
    plain = outcome(data, *until(frame))
    check_same(plain, outcome(data, *until(frame), ranks=1), "one rank under mpirun")
    check_same(plain, outcome(data, *until(frame)), "a second time")
    check_same(plain, outcome(data, *until(frame), ranks=2), "two ranks")


def mpi__rolling_history_gives_the_same_bits():
    frame = mixed(3)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--history", "rolling:14",
                "--min-history", 100)


def mpi__rolling_spans_whose_rows_decide_all_are_refitted():
    """Fewer rows than features and hardly a penalty: what leaves takes all that is known of a direction with it, so
    that the pivots are rounding. Then the bits are those of --refit, and else not quite."""
    frame = jobs.panel(500, 4, 41)
    path = jobs.write(frame, "a.csv")
    same = []
    for ridge in ("1e-7", "300"):
        options = (*until(frame), "--lags", 30, "--history", "rolling:3", "--min-history", 50, "--ridge", ridge)
        first, refit = outcome(path, *options, ranks=2), outcome(path, *options, "--refit", ranks=2)
        same.append(first["predictions/predicted"] == refit["predictions/predicted"])
        ours, theirs = (values(found, "predictions/predicted") for found in (first, refit))
        assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)
    assert same == [True, False], same


def mpi__rolling_sums_forget_what_was_far_too_large():
    """A slip of the pen among levels, 10⁹ beside 10²: once no history has it, windows are those of a refit again."""
    frame = jobs.panel(900, 4, 43)
    frame.iloc[560, 1] = 1e9
    path = jobs.write(frame, "a.csv")
    options = (*until(frame), "--transform", "level", "--history", "rolling:6", "--min-history", 100, "--combine",
               "select", "--ridge", 100)
    ours = values(check_ranks(path, *options), "predictions/predicted")
    refit = values(outcome(path, *options, "--refit", ranks=2), "predictions/predicted")
    assert np.allclose(ours[720:], refit[720:], rtol=1e-9, atol=1e-9, equal_nan=True)
    assert np.isfinite(ours[720:]).all()


def mpi__halflife_gives_the_same_bits():
    frame = mixed(4)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--history", "halflife:7.5", "--lags", 3)


def mpi__refit_gives_the_same_bits():
    frame = mixed(5)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--refit", "--ridge", "1,50")


def mpi__sparse_variables_give_the_same_bits():
    frame = jobs.monthly(jobs.panel(1500, 6, 6), ["v00", "v02", "v03", "v05"])
    frame = jobs.monthly(frame, ["v03"], 42)
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--lags", 2)
    assert first["summary.json"]["calendar"]["systems"] > 1
    assert np.isfinite(values(first, "predictions/predicted")[:, 0]).sum() > 20


def mpi__many_calendars_give_the_same_bits():
    """Sparse systems solved by their rows, more than there are ranks; the refit agrees with them."""
    frame = jobs.panel(1200, 9, 16)
    for v in range(1, 8):
        frame = jobs.monthly(frame, [f"v{v:02d}"], 100 + v)
    path = jobs.write(frame, "a.csv")
    first = check_ranks(path, *until(frame), "--lags", 3, "--ridge", "2,200")
    assert first["summary.json"]["calendar"]["systems"] == 8
    refit = outcome(path, *until(frame), "--lags", 3, "--ridge", "2,200", "--refit", ranks=2)
    for name in ("predictions/predicted", "model/coefficients", "forecast/value"):
        ours, theirs = values(first, name), values(refit, name)
        assert np.allclose(ours, theirs, rtol=1e-10, atol=1e-10, equal_nan=True), name


def mpi__select_and_gaussian_give_the_same_bits():
    frame = mixed(7)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--combine", "select", "--interval",
                "gaussian", "--trust", "persistence", "--trust-decay", 0.95)


def mpi__mixed_transforms_give_the_same_bits():
    frame = mixed(8)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--transform", "level", "v00=logdiff",
                "v01=diff", "--ridge", "0.5")


def mpi__windows_of_a_day_give_the_same_bits():
    frame = jobs.panel(420, 3, 9)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--batch-size-days", 1)


def mpi__wide_systems_give_the_same_bits():
    """More features than a block of any kernel, more rows than one block of products."""
    frame = jobs.panel(800, 45, 10)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--ridge", "10,1000", "--lags", 7)


def check_by_rows(frame, *options):
    """All ranks solve the panel by its rows; the refit by its features agrees with them."""
    path = jobs.write(frame, "a.csv")
    first = check_ranks(path, *until(frame), *options)
    refit = outcome(path, *until(frame), *options, "--refit", ranks=2)
    for name in first:
        if isinstance(name, str) and re.match("(horizons/.*)?(predictions|model|forecast|drivers|metrics)/", name) \
                and first[name][0] == "float64":
            ours, theirs = values(first, name), values(refit, name)
            assert np.allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True), name


def mpi__more_features_than_rows_give_the_same_bits():
    """Two chunks of targets; late, holey and monthly variables among them."""
    frame = jobs.panel(330, 134, 31)
    frame.iloc[:120, 2] = np.nan
    frame.iloc[np.random.default_rng(31).random(330) < 0.1, 3] = np.nan
    frame = jobs.monthly(frame, ["v04", "v50"], 3)
    jobs.write(frame, "a.csv")
    plan = jobs.run("--data", "a.csv", *until(frame), "--lags", 8, "--ridge", "20,700", "--min-history", 100, "--dry-run")
    assert "solved by its rows" in plan.stdout, plan.stdout
    check_by_rows(frame, "--lags", 8, "--ridge", "20,700", "--min-history", 100)


def mpi__more_features_than_rows_with_horizons_give_the_same_bits():
    frame = jobs.panel(310, 45, 32)
    check_by_rows(frame, "--features", "lag1,lag2+lag3+lag4+lag5," + "+".join(f"ewma{2 + k}" for k in range(18)),
                  "--ridge", "90", "--min-history", 90, "--horizon", "1,5,21", "--batch-size-days", 11)


def mpi__features_without_limit_where_rows_are_few():
    """More than 30000, which an expanding history of few rows alone can have."""
    frame = jobs.panel(300, 1000, 33)
    path = jobs.write(frame, "a.csv")
    lags = ("--features", ",".join(["+".join(f"lag{k}" for k in range(1, 32))]), "--ridge", 500)
    few = ("--targets", "v00", "v07", "v999", "--min-history", 100)
    check_ranks(path, *until(frame), *lags, *few, ranks=(1, 3))
    done = jobs.run("--data", path, "--output", "none", *until(frame), *lags, *few, "--history", "rolling:5", ranks=2)
    assert done.returncode == 2
    assert [line for line in jobs.own_lines(done) if "31006 features, more than 30000" in line], done.stderr


def mpi__more_ranks_than_spans_and_variables():
    frame = jobs.panel(300, 2, 11)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--batch-size-days", 200,
                "--min-history", 50, "--lags", 1)


def mpi__kernels_are_those_of_the_processor_and_the_users_choice_stands():
    """OpenBLAS takes Prescott's for a processor that it does not know, and says so as its name."""
    flags = set(re.search("^flags.*", Path("/proc/cpuinfo").read_text(), re.M).group().split())
    frame = mixed(3)
    data = jobs.write(frame, "a.csv")
    for chosen in (None, "Prescott", "Nehalem"):
        env = {name: value for name, value in jobs.environment().items() if name != "OPENBLAS_CORETYPE"}
        env |= {"OPENBLAS_CORETYPE": chosen} if chosen else {}
        jobs.expect(jobs.run("--data", data, "--output", "results", *until(frame), env=env), 0)
        arithmetic = jobs.summary("results")["arithmetic"]
        assert arithmetic.startswith("OpenBLAS"), arithmetic
        if chosen:
            assert chosen in arithmetic, arithmetic
        elif "avx2" in flags and "fma" in flags:
            assert "Prescott" not in arithmetic, arithmetic


def mpi__ranks_without_a_span_have_the_lags_and_the_rolling_history_of_the_final_fit():
    """The last rank fits the final model, and here it has no span: what that needs comes from other ranks."""
    frame = jobs.panel(240, 2, 30)  # two spans: with three ranks and more the last has none
    data = jobs.write(frame, "a.csv")
    for options in (("--lags", 5), ("--lags", 5, "--history", "rolling:1"), ("--history", "rolling:1")):
        first = check_ranks(data, *until(frame), "--batch-size-days", 200, "--min-history", 50, *options)
        assert np.isfinite(values(first, "forecast/value")).all(), options


def mpi__horizons_give_the_same_bits():
    """Every history; the base of a rank's first span lies in the rows of the one before it."""
    frame = mixed(31)
    data = jobs.write(frame, "a.csv")
    for more in ((), ("--lags", 2, "--targets", "v00", "v02", "--horizon", "4,90"),
                 ("--history", "halflife:7.5"), ("--history", "rolling:14", "--min-history", 100),
                 ("--batch-size-days", 1, "--min-history", 500), ("--features", "lag2+ewma3")):
        check_ranks(data, *until(frame), "--horizon", "1,5,21", *more)


def mpi__more_horizons_than_rows():
    frame = jobs.panel(40, 2, 22)
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--min-history", 2, "--burn-in", 4,
                        "--horizon", "1,39,250")
    assert np.isnan(values(first, "horizons/250/predictions/predicted")).all()
    assert np.isfinite(values(first, "horizons/250/forecast/value")).all()  # persistence: nothing was learned


def mpi__one_variable():
    frame = jobs.panel(500, 1, 12)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame))


def mpi__joined_families_give_the_same_bits():
    """Lags that leave some out beside averages: their sums of products are plain ones."""
    frame = mixed(25)
    data = jobs.write(frame, "a.csv")
    for features in ("lag1,lag3+ewma5,ewma40", "ewma2.5+ewma10", "lag2+lag1,lag7"):
        check_ranks(data, *until(frame), "--features", features)


def mpi__one_block_of_lags_is_what_lags_says():
    frame = mixed(26)
    data = jobs.write(frame, "a.csv")
    first = check_ranks(data, *until(frame), "--features", "lag1+lag2+lag3")
    check_same(first, outcome(data, *until(frame), "--lags", 3), "--lags 3")


def mpi__first_blocks_keep_their_bits():
    """Candidates of the first blocks alone: as beside the others, and but for rounding those of the first features."""
    frame = mixed(28)
    data = jobs.write(frame, "a.csv")
    shared = (*until(frame), "--horizon", "1,5")
    for more in ((), ("--history", "rolling:14", "--min-history", 100), ("--history", "halflife:9"), ("--refit",)):
        whole = values(outcome(data, *shared, *more), "model/coefficients")
        for blocks, features in ((1, "lag1"), (2, "lag1,ewma4")):
            first = check_ranks(data, *shared, *more, "--blocks", blocks)
            coefficients = values(first, "model/coefficients")
            assert len(coefficients) == 3 * blocks and coefficients.tobytes() == whole[:3 * blocks].tobytes(), (more, blocks)
            alone = outcome(data, *shared, *more, "--features", features)
            for dataset in ("predictions/predicted", "horizons/5/predictions/upper_80", "forecast/value"):
                assert np.allclose(values(first, dataset), values(alone, dataset), rtol=1e-9, atol=1e-9,
                                   equal_nan=True), (more, blocks, dataset)
            assert first["model/candidates"] == alone["model/candidates"]
    check_same(outcome(data, *until(frame)), outcome(data, *until(frame), "--blocks", 9), "more than there are")


def mpi__targets_give_the_same_bits():
    """Dense, monthly and late ones are predicted; the others are features, and have none of the results."""
    frame = mixed(27)
    data, targets = jobs.write(frame, "a.csv"), ("v00", "v01", "v02", "v05")
    first = check_ranks(data, *until(frame), "--targets", *targets)
    whole = outcome(data, *until(frame))
    assert list(first["summary.json"]["metrics"]) == list(targets)
    for v, name in enumerate(frame):
        for dataset in ("predictions/predicted", "predictions/upper_80"):
            ours, all_of_them = values(first, dataset)[:, v], values(whole, dataset)[:, v]
            if name in targets:
                assert np.allclose(ours, all_of_them, rtol=1e-9, atol=1e-9, equal_nan=True), (name, dataset)
            else:
                assert np.isnan(ours).all(), (name, dataset)
        assert values(first, "model/scale")[v] == values(whole, "model/scale")[v], name


def mpi__calendar_gives_the_same_bits():
    """Days off so that the gap says more than the weekday; in data that are monthly, only where it is asked for."""
    frame = mixed(28)
    frame = frame[np.random.default_rng(28).random(len(frame)) < 0.96]
    data = jobs.write(frame, "a.csv")
    first = check_ranks(data, *until(frame))
    on = outcome(data, *until(frame), "--calendar", "on")
    for found in (first, on):  # of the option, which is another one
        del found["summary.json"]["fingerprint"]
    check_same(first, on, "on")
    names = [name.decode() for name in h5py.File("results-1/results.h5")["model/features"][:6]]
    assert names == ["const", *(f"calendar.{day}" for day in ("tue", "wed", "thu", "fri", "gap"))], names
    off = outcome(data, *until(frame), "--calendar", "off")
    assert (values(first, "predictions/predicted") != values(off, "predictions/predicted")).any()
    sparse = jobs.panel(500, 3, 28)
    sparse.index = pd.date_range("1970-01-01", periods=len(sparse), freq="MS", name="date")
    path = jobs.write(sparse, "b.csv")
    for choice, columns in (("auto", 0), ("on", 7)):
        found = check_ranks(path, "--end-date", "2012-01-01", "--calendar", choice, ranks=RANKS[::2])
        shape = found["model/coefficients"][1]
        assert shape[1] == 1 + columns + 9, shape


def mpi__features_of_nothing_scaled_or_clipped_give_the_same_bits():
    frame = mixed(29)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--scale-halflife", 0, "--clip", 0,
                "--calendar", "off", "--caution", 0, "--learning-rate", 1)


def mpi__valgrind_finds_no_fault():
    """No read of what was never written: the one kind of fault that the sanitizers do not see."""
    debian = "/usr/share/openmpi/openmpi-valgrind.supp"
    ours = os.path.join(os.path.dirname(__file__), "..", "check", "ompi.valgrind.supp")
    frame = mixed(12, 450)
    data = jobs.write(frame, "a.csv")
    valgrind = ["valgrind", "-q", "--error-exitcode=99", f"--suppressions={debian}",
                f"--suppressions={ours}", jobs.program()]
    done = jobs.run("--data", data, "--output", "r", *until(frame), "--min-history", 100, ranks=2,
                    executable=valgrind, timeout=170)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr}"


def mpi__one_row():
    frame = jobs.panel(1, 2, 13)
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--transform", "level",
                        "--burn-in", 1, "--lags", 1, "--min-history", 0)
    assert values(first, "predictions/actual").shape == (1, 2)


def mpi__fewer_rows_than_lags():
    frame = jobs.panel(6, 2, 14)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--burn-in", 2, "--lags", 9,
                "--min-history", 0)


def mpi__windows_that_fail_give_the_same_bits():
    frame = jobs.panel(600, 4, 15)
    frame["v03"] = frame["v01"]
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--ridge", "0,10", "--calendar", "off",
                        code=4)
    assert first["summary.json"]["batches"]["failed"] > 0


def mpi__windows_that_fail_at_first_give_the_same_bits():
    """Twins that part later: some windows have no solution, those after them have one."""
    frame = jobs.panel(800, 3, 16)
    frame.loc[frame.index[:500], "v02"] = frame["v00"].iloc[:500]
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame), "--ridge", "0", "--calendar", "off", code=4)
    batches = first["summary.json"]["batches"]
    assert batches["failed"] > 0 and batches["completed"] > 0


def mpi__variable_that_never_enters_gives_the_same_bits():
    frame = jobs.panel(500, 5, 17)
    frame.iloc[10:, 0] = np.nan
    frame.iloc[:, 3] = np.nan
    first = check_ranks(jobs.write(frame, "a.csv"), *until(frame))
    assert np.isnan(values(first, "predictions/predicted")[:, 0]).all()


def mpi__cut_period_gives_the_same_bits():
    frame = mixed(18)
    check_ranks(jobs.write(frame, "a.csv"), "--start-date", "2001-05-05", "--end-date",
                "2003-04-04", "--batch-limit", 20, "--batch-size-days", 17, "--min-history", 99)


def mpi__nothing_trained_gives_the_same_bits():
    frame = jobs.panel(100, 3, 19)
    check_ranks(jobs.write(frame, "a.csv"), *until(frame))


# ---- Any layout of the data ---------------------------------------------------------------------


def mpi__directory_of_datasets_gives_the_same_as_a_wide_file():
    frame = mixed(21)
    wide = outcome(jobs.write(frame, "a.csv"), *until(frame))
    directory = jobs.write_long(frame, "datasets")
    for ranks in RANKS:
        check_same(wide, outcome(directory, *until(frame), ranks=ranks), f"{ranks} ranks")


def mpi__order_of_rows_does_not_matter():
    frame = mixed(22)
    sorted_rows = outcome(jobs.write(frame, "a.csv"), *until(frame))
    mixed_rows = jobs.write(frame.sample(frac=1, random_state=22), "b.csv")
    for ranks in RANKS:
        check_same(sorted_rows, outcome(mixed_rows, *until(frame), ranks=ranks), f"{ranks} ranks")


def mpi__order_of_columns_does_not_matter_to_named_variables():
    frame = mixed(23)
    names = ("--variables", "v03", "v00", "v01", "v06", "v02")
    straight = outcome(jobs.write(frame, "a.csv"), *until(frame), *names)
    shuffled = jobs.write(frame[["v06", "v02", "v05", "v00", "v04", "v03", "v01"]], "b.csv")
    for ranks in RANKS:
        check_same(straight, outcome(shuffled, *until(frame), *names, ranks=ranks), f"{ranks} ranks")


def mpi__of_repeated_dates_the_last_wins_whatever_the_ranks():
    frame = jobs.panel(1200, 3, 24)
    wrong = frame.iloc[50:1100:105] + 1000
    with open(jobs.write(wrong, "b.csv"), encoding="utf-8") as file:
        early = file.read()
    with open(jobs.write(frame, "a.csv"), encoding="utf-8") as file:
        late = file.readlines()
    with open("b.csv", "w", encoding="utf-8") as file:
        file.write(early + "".join(late[1:]))
    right = outcome("a.csv", *until(frame))
    right["summary.json"]["warnings"] = [f"v0{v}: 10 values overruled by a later one of the same date" for v in range(3)]
    for ranks in RANKS:
        check_same(right, outcome("b.csv", *until(frame), ranks=ranks), f"{ranks} ranks")


# ---- Errors of many ranks -----------------------------------------------------------------------


def mpi__error_of_one_rank_ends_all_with_one_message():
    frame = jobs.panel(400, 3, 31)
    text = frame.astype(object)
    text.iloc[390, 1] = "about 300"
    jobs.write(text, "a.csv")
    for ranks in RANKS:
        done = jobs.run("--data", "a.csv", "--output", "results", ranks=ranks)
        jobs.expect(done, 2, "a.csv", "v01", "392", "about 300")
        assert not os.path.exists("results/summary.json")


def mpi__bad_value_is_named_once_by_its_owner():
    frame = jobs.panel(400, 8, 32)
    frame.iloc[200, 6] = -1
    data = jobs.write(frame, "a.csv")
    for ranks in RANKS[1:]:
        done = jobs.run("--data", data, "--transform", "logdiff", ranks=ranks)
        jobs.expect(done, 2, "v06", frame.index[200].strftime("%Y-%m-%d"))


def mpi__bad_option_is_reported_once():
    done = jobs.run("--data", "a.csv", "--combine", "mean", ranks=3)
    jobs.expect(done, 2, "average or select")


def mpi__bad_features_and_targets_are_reported_once():
    frame = jobs.panel(400, 4, 37)
    data = jobs.write(frame, "a.csv")
    for ranks in RANKS[1:3]:
        jobs.expect(jobs.run("--data", data, "--features", "lag1,mean4", ranks=ranks), 2, "--features", "'mean4'")
        jobs.expect(jobs.run("--data", data, "--lags", 0, ranks=ranks), 2, "--lags 0")
        jobs.expect(jobs.run("--data", data, "--targets", "v02", "v04", ranks=ranks), 2, "--targets v04", "a.csv")
    assert not os.path.exists("results/results.h5")


def mpi__ranks_started_with_different_options_end_with_one_message():
    frame = jobs.panel(400, 3, 36)
    common = ("--data", jobs.write(frame, "a.csv"), "--output", "results", *until(frame), "--no-progress")
    for option, first, second in (("--burn-in", 20, 24), ("--lags", 5, 3), ("--features", "lag1,ewma4", "lag1+ewma4"),
                                  ("--targets", "v00", "v01"), ("--clip", 5, 6), ("--output", "results", "other"),
                                  ("--checkpoint-seconds", 1, 2)):
        one, other = (list(map(str, (*common, option, value))) for value in (first, second))
        done = jobs.run(*other, executable=[jobs.program(), *one, ":", "-n", "1", jobs.program()], ranks=1)
        jobs.expect(done, 2, "ranks", "different options")
        assert not os.path.exists("results/results.h5"), option


def mpi__help_and_version_are_printed_once():
    for option, word in (("--help", "--batch-size-days"), ("--version", "pulse-train ")):
        done = jobs.run(option, ranks=3)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count(word) == 1, done.stdout
    assert not os.path.exists("results")


def mpi__dry_run_shows_every_rank():
    frame = jobs.panel(400, 3, 33)
    done = jobs.run("--data", jobs.write(frame, "a.csv"), *until(frame), "--dry-run", ranks=3)
    assert done.returncode == 0, done.stderr
    assert "3 ranks" in done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    shown = [row[0] for row in rows if len(row) == 8 and row[0].isdigit()]
    assert shown == ["0", "1", "2"], done.stdout
    assert not os.path.exists("results")


def check_announced(options, ranks):
    """The megabytes that the dry run announces for a rank, the most of all; and what the run needs, not much more."""
    plan = jobs.run(*options, "--dry-run", ranks=ranks).stdout
    announced = max(int(mb) for mb in re.findall(r"^ *\d+ .* (\d+) MB", plan, re.MULTILINE))
    jobs.expect(jobs.run(*options, "--output", "results", ranks=ranks), 0)
    peak = jobs.summary("results")["peak_rss_bytes"] / 1e6
    assert peak < 1.25 * announced + 20, f"{options}, {ranks} ranks: {peak:.0f} MB, announced {announced}"
    return announced, peak


def mpi__dry_run_announces_the_memory_of_the_final_fit():
    """Many penalties of many variables: their coefficients are more than all that is walked with."""
    frame = jobs.panel(320, 500, 35)
    options = ("--data", jobs.write(frame, "a.csv"), *until(frame), "--lags", 1, "--ridge",
               ",".join(str(10 * k) for k in range(1, 31)), "--batch-size-days", 60, "--no-progress")
    for ranks in (1, 2):
        check_announced(options, ranks)


def mpi__dry_run_announces_the_memory_of_every_model():
    frame = jobs.panel(1200, 200, 38)
    base = ("--data", jobs.write(frame, "a.csv"), *until(frame), "--batch-size-days", 60, "--no-progress")
    for options in ((), ("--features", "lag1,lag3,ewma10", "--ridge", 100), ("--lags", 3, "--history", "rolling:20"),
                    ("--targets", "v00", "v01", "v150", "v199")):
        announced, peak = check_announced((*base, *options), 2)
        assert announced < 1.25 * peak + 20, f"{options}: {peak:.0f} MB, announced {announced}"


def mpi__dry_run_announces_many_windows_and_the_report():
    """Daily windows: neither what is written of each nor the page of all takes more than was announced."""
    frame = jobs.panel(3000, 40, 39)
    options = ("--data", jobs.write(frame, "a.csv"), *until(frame), "--batch-size-days", 1, "--horizon", "1,5",
               "--lags", 1, "--ridge", "100,1000", "--no-progress")
    announced, peak = check_announced(options, 1)
    assert 0.8 * announced < peak < 1.2 * announced, f"{peak:.0f} MB, announced {announced}"


# ---- Parts of the engine on several ranks -------------------------------------------------------


def unit_on_ranks(case):
    """What ranks_unit prints on each number of ranks."""
    executable = os.path.join(jobs.binaries(), "tests", "ranks_unit")
    said = {}
    for ranks in RANKS:
        done = jobs.run(case, ranks=ranks, executable=executable)
        assert done.returncode == 0, f"{ranks} ranks:\n{done.stdout}{done.stderr}"
        said[ranks] = done.stdout
    return said


def mpi__scan_of_badly_conditioned_sums_gives_the_same_bits():
    said = unit_on_ranks("scan")
    assert len(set(said.values())) == 1, said


def mpi__exchange_brings_every_number_there_and_back():
    unit_on_ranks("exchange")


def mpi__the_gravest_error_of_the_lowest_rank_reaches_all():
    unit_on_ranks("agree")


def mpi__ranks_that_wait_for_a_delivery_sleep():
    unit_on_ranks("rest")


def mpi__ends_do_not_wait_for_acknowledgements():
    unit_on_ranks("launcher")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
