#!/usr/bin/python3
"""families.py [CASE…]: trials that share a walk come to what runs of their own say, bit by bit."""
import pathlib
import sys

import h5py
import numpy as np

from support import files, jobs, plan, space, study, trials, tune

HEAD = "options:\n  data: {data}\n  end-date: {end}\n  batch-size-days: 30\n  min-history: 80\n{more}search:\n"
PENALTIES = "  ridge: [[10, 1000], 10, [10, 100, 1000], 100, 1000, 20000]\n"


def penalties(name, more="", search=PENALTIES, data="panel.csv"):
    """A study whose trials have parts of the same penalties."""
    end = pathlib.Path("end").read_text(encoding="utf-8")
    return space(name, HEAD.format(data=data, end=end, more=more) + search)


def run(name, ranks=0, failed=0):
    said = tune("run", name, "--no-progress", ranks=ranks)
    assert f" {failed} of them failed" in said, said


def compare_with_runs(name):
    """Each trial beside pulse-train with its options: all sums, at all horizons, and the summary."""
    for digest, summary in trials(name).items():
        done = jobs.run(*summary["trial"]["words"], "--output", digest, "--no-progress", "--no-report")
        assert done.returncode in (0, 4), done.stderr
        whole = jobs.summary(digest)
        for key in ("fingerprint", "metrics"):
            assert summary[key] == whole[key], (summary["trial"]["options"], key)
        assert summary["batches"].items() <= whole["batches"].items(), summary["trial"]["options"]
        with h5py.File(f"{name}/trials/{digest}/losses.h5") as ours, h5py.File(f"{digest}/results.h5") as theirs:
            for group in ["metrics"] + [f"horizons/{h}/metrics" for h in ours.get("horizons", ())]:
                for field, values in ours[group].items():
                    assert np.array_equal(values[:], theirs[group][field][:]), (summary["trial"]["options"], field)


def sharing(name):
    return sorted(s["trial"]["walk_trials"] for s in trials(name).values())


def penalties__are_as_in_a_run_of_their_own():
    """Under every history, two blocks, two horizons; the same files on any number of ranks."""
    study()
    for kind in ("expanding", "rolling:5", "halflife:6"):
        name = kind.split(":", maxsplit=1)[0]
        more = f"  history: {kind}\n  features: \"lag1,ewma4\"\n  horizon: [1, 3]\n  burn-in: 20\n"
        planned = plan(penalties(name, more))
        assert planned["walks"] == 1 and planned["trials"] == 7, planned
        run(name)
        compare_with_runs(name)
        assert sharing(name) == [7] * 7
        for ranks in (2, 3, 5):
            run(penalties(f"{name}{ranks}", more), ranks=ranks)
            assert files(f"{name}{ranks}") == files(name), (kind, ranks)


BLOCKS = "  blocks: [1, 2, 3]\n  ridge: [[10, 1000], 10]\n  caution: [0, 1]\n"


def blocks__are_as_in_a_run_of_their_own():
    """Under every history, two horizons; the first so many of the same features, and two spellings of all of them."""
    study()
    for kind in ("expanding", "rolling:5", "halflife:6"):
        name = f"blocks-{kind[:7]}"
        more = f"  history: {kind}\n  features: \"lag1,ewma4,ewma16\"\n  horizon: [1, 3]\n"
        planned = plan(penalties(name, more, BLOCKS))
        assert planned["walks"] == 1 and planned["trials"] == 13, planned
        run(name)
        compare_with_runs(name)
        assert sharing(name) == [13] * 13
        run(penalties(f"{name}-2", more, BLOCKS), ranks=3)
        assert files(f"{name}-2") == files(name), kind
    same = plan(penalties("same", "  features: \"lag1,ewma4,ewma16\"\n", "  blocks: [3, 2]\n"))
    assert [t["options"] for t in same["list"]] == ["default", "--blocks=2"], same
    run(penalties("alone", "  features: \"lag1,ewma4,ewma16\"\n", "  blocks: [1]\n  ridge: [10]\n"))
    compare_with_runs("alone")


def check_sparse_and_wide(search, count, wide, failed=0):
    """Systems that are solved by their rows, of `count` trials and of a panel of more features than rows, where
    so many trials have no solution."""
    study(frame=jobs.monthly(jobs.panel(400, 4, seed=8), ["v01", "v03"]))
    run(penalties("sparse", search=search))
    compare_with_runs("sparse")
    assert sharing("sparse") == [count] * count
    jobs.write(jobs.panel(160, 170, seed=9), "wide.csv")
    wide += "  features: [\"lag1,lag2,ewma4,ewma8,ewma16,ewma2\"]\n"
    run(penalties("wide", search=wide, data="wide.csv"), ranks=2, failed=failed)
    compare_with_runs("wide")


def blocks__of_sparse_variables_and_wide_panels():
    """They are so whichever blocks have candidates."""
    check_sparse_and_wide(BLOCKS, 13, "  blocks: {min: 1, max: 6, step: 2}\n")


def blocks__without_a_solution_take_no_other_along():
    """Two lags of two equal variables: what fails with the second block may not fail with the first alone."""
    frame = jobs.panel(300, 3, seed=5)
    frame["twin"] = frame["v01"]
    study(frame=frame)
    search = "  blocks: [1, 2]\n  ridge: [0, 100]\n  features: [\"lag1,lag2\"]\n"
    run(penalties("twins", search=search), ranks=2, failed=2)
    compare_with_runs("twins")


def penalties__of_sparse_variables_and_wide_panels():
    """How is decided by the penalties."""
    check_sparse_and_wide(PENALTIES, 7, "  ridge: [[10, 1000], 1e-9, [10, 100, 1000]]\n", failed=1)


def penalties__without_a_solution_take_no_other_along():
    """Two equal variables: 0 has no solution, and who has it fails in all its windows; the others do not."""
    frame = jobs.panel(300, 3, seed=5)
    frame["twin"] = frame["v01"]
    study(frame=frame)
    for kind in ("expanding", "rolling:5"):
        name = f"twins-{kind[:7]}"
        assert plan(penalties(name, f"  history: {kind}\n", "  ridge: [[0, 100], 100, [100, 1000], 0]\n"))["walks"] == 1
        run(name, ranks=2, failed=2)
        windows = {s["trial"]["options"]: s["trial"]["windows_failed"] for s in trials(name).values()}
        assert windows["--ridge=0"] > 0 and windows["--ridge=100"] == windows["--ridge=100,1000"] == 0, windows
        compare_with_runs(name)
        assert sharing(name) == [1] * 5, "each went on its own in the end"


def penalties__too_many_make_another_family():
    """Eight together; a trial with more of them shares with its equals. More trials leave families as they are."""
    study()
    many = ",".join(str(10 * k) for k in range(1, 11))
    search = f"  ridge: [1, 2, 3, 4, 5, 6, \"{many}\", [1, 5]]\n  caution: [0, 1]\n"
    families = [t["walk"] for t in plan(penalties("many", search=search))["list"]]
    assert families == [0] * 11 + [1] * 2 + [2] * 2 + [0] * 2, families
    run("many")
    compare_with_runs("many")
    drawn = "  ridge: {min: 1, max: 1e5, log: true}\nstrategy: random\nseed: 2\ntrials: "
    few, more = (plan(penalties(f"drawn{n}", search=f"{drawn}{n}\n"))["list"] for n in (20, 40))
    assert [t["walk"] for t in more[:21]] == [t["walk"] for t in few] and more[-1]["walk"] > few[-1]["walk"]


def penalties__that_were_left_are_run_alone():
    """A trial that is lost is run again, beside what is there, to the same bits."""
    study()
    run(penalties("study"))
    before = files("study")
    for lost in list(before)[::2]:
        pathlib.Path("study/trials", lost, "losses.h5").unlink()
        pathlib.Path("study/trials", lost, "summary.json").unlink()
    said = tune("run", "study", "--no-progress")
    assert "4 trials run here" in said and files("study") == before, said


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
