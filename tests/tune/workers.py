#!/usr/bin/python3
"""workers.py [CASE…]: trials are run once each, whoever runs them and whatever happens, and are what pulse-train says."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

from support import files, jobs, plan, space, study, trials, tune
from processes import go_on, stopping, until, wait_stopped


def run_one(name, *more, **how):
    return tune("run", name, "--no-progress", *more, **how)


# ---- What a trial is ----------------------------------------------------------------------------


def trial__is_what_pulse_train_says():
    """All sums of losses.h5, at all horizons, are those of results.h5, bit by bit; the summary too."""
    study(trials=4, more="")
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8")
    space("study", text.replace("  min-history: 60\n", "  min-history: 60\n  horizon: [1, 3]\n"))
    assert "0 of them failed; 5 of 5 done" in run_one("study")
    for digest, summary in trials("study").items():
        words = summary["trial"]["words"]
        done = jobs.run(*words, "--output", digest, "--no-progress", "--no-report")
        jobs.expect(done, 0)
        whole = jobs.summary(digest)
        assert summary["fingerprint"] == whole["fingerprint"] and summary["metrics"] == whole["metrics"]
        with h5py.File(f"study/trials/{digest}/losses.h5") as ours, h5py.File(f"{digest}/results.h5") as theirs:
            assert set(ours) == {"variables", "windows", "metrics", "horizons"}, list(ours)
            for group in ("metrics", "horizons/3/metrics"):
                assert len(ours[group]) == 10
                for name, values in ours[group].items():
                    assert np.array_equal(values[:], theirs[group][name][:]), name
            for field in ("start", "end", "status", "rows"):
                assert np.array_equal(ours["windows"][field], theirs["windows"][field])
        again = jobs.run("--config", f"study/trials/{digest}/summary.json", "--output", "again", "--no-progress",
                         "--no-report")
        jobs.expect(again, 0)
        assert jobs.summary("again")["metrics"] == whole["metrics"], "a trial's summary is a configuration"


def trial__is_read_by_pulse_evaluate():
    study(trials=2)
    run_one("study")
    first, second = sorted(trials("study"))[:2]
    words = trials("study")[first]["trial"]["words"]
    jobs.expect(jobs.run(*words, "--output", "whole", "--no-progress", "--no-report"), 0)
    evaluate = os.path.join(jobs.binaries(), "pulse-evaluate")
    done = jobs.run(f"trial=study/trials/{first}", "whole=whole", f"other=study/trials/{second}/", "--json", "said.json",
                    executable=evaluate)
    jobs.expect(done, 0)
    runs = json.loads(pathlib.Path("said.json").read_text(encoding="utf-8"))["runs"]
    assert runs[0]["losses"] == runs[1]["losses"] and runs[0]["hit"] == runs[1]["hit"]


def trial__has_a_table_and_no_page():
    """Of what a trial keeps the table says what there is; a page or predictions take the run that it is not."""
    study(trials=1)
    run_one("study")
    report = os.path.join(jobs.binaries(), "pulse-report")
    for digest, summary in trials("study").items():
        where, batches = f"study/trials/{digest}", summary["batches"]
        done = jobs.run("table", where, executable=report)
        jobs.expect(done, 0)
        assert done.stdout.split("\n\n")[1] == (
            f"windows: {batches['completed']} trained, 0 failed, {batches['skipped']} skipped\n"
            f"results: {where}/summary.json, {where}/losses.h5\n"), done.stdout
        for words in [where], ["export", where]:
            jobs.expect(jobs.run(*words, executable=report), 2, f"{where}: a trial of pulse-tune", "pulse-tune best")


def trial__has_the_same_bits_on_any_ranks():
    study("alone", trials=5)
    run_one("alone")
    expected = files("alone")
    assert len(expected) == 6
    for ranks in (2, 3, 5):
        study(f"on{ranks}", trials=5)
        run_one(f"on{ranks}", ranks=ranks)
        assert files(f"on{ranks}") == expected, ranks


def trial__of_sparse_variables_and_one_window():
    frame = jobs.monthly(jobs.panel(300, 3, seed=8), ["v01"])
    study("sparse", trials=3, frame=frame)
    run_one("sparse")
    run_one(study("sparse2", trials=3), ranks=3)
    assert files("sparse") == files("sparse2")
    text = pathlib.Path("sparse/space.yaml").read_text(encoding="utf-8")
    space("one", text.replace("batch-size-days: 20", "batch-size-days: 100000\n  history: expanding")
          .replace("min-history: 60", "min-history: 0"))
    out = run_one("one")
    assert "4 of them failed" in out or "0 of them failed" in out, out


def trial__that_cannot_be_run_is_a_result():
    """A burn-in that is longer than the data: it fails, with its reason, and nothing else does."""
    study()
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    space("some", text + "search:\n  burn-in: [20, 5000]\n  caution: [0, 3]\n")
    assert "5 trials run here" in (out := run_one("some")) and "2 of them failed; 5 of 5 done" in out, out
    failed = {d: s["trial"] for d, s in trials("some").items() if s["trial"]["state"] == "failed"}
    assert len(failed) == 2 and all("burn-in" in t["reason"] for t in failed.values()), failed
    assert "0 trials run here" in run_one("some")
    assert "2 trials run here" in run_one("some", "--retry-failed")
    assert len(files("some")) == 3


def failing(name):
    """A study of two families that both fail, beside the default one, that was run once."""
    study()
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    space(name, text + "search:\n  burn-in: [5000, 6000]\n")
    assert "2 of them failed; 3 of 3 done" in run_one(name)


def trial__that_failed_is_run_again_once_by_all_workers_of_an_array():
    failing("some")
    for job, ran in (("spring:0", 2), ("spring:1", 0), ("summer:0", 2), ("summer:0", 0)):
        env = jobs.environment() | {"AWS_BATCH_JOB_ID": job, "AWS_BATCH_JOB_ATTEMPT": "1"}
        assert f"{ran} trials run here" in run_one("some", "--retry-failed", env=env), job
    assert "2 trials run here" in run_one("some", "--retry-failed"), "a command of its own"


def trial__that_failed_is_run_again_once_by_workers_side_by_side():
    """The first one stands still before it puts what it found; meanwhile the second one runs the other trial."""
    failing("some")
    command = [os.path.join(jobs.binaries(), "pulse-tune"), "run", "some", "--no-progress", "--retry-failed"]
    before = {digest: one["trial"]["command"] for digest, one in trials("some").items()}
    changed = lambda: sum(one["trial"]["command"] != before[digest] for digest, one in trials("some").items())
    with subprocess.Popen(command, env=stopping(1, "summary.json"), stdout=subprocess.PIPE, text=True) as first:
        wait_stopped(first.pid)
        with subprocess.Popen(command, env=jobs.environment(), stdout=subprocess.PIPE, text=True) as second:
            until(lambda: changed() == 1, second)
            go_on([first.pid])
            assert "1 trials run here" in second.communicate()[0]
        assert "1 trials run here" in first.communicate()[0] and changed() == 2


# ---- Who runs what ------------------------------------------------------------------------------


def worker__does_what_is_left():
    study(trials=5)
    run_one("study")
    before = {path: path.stat().st_mtime_ns for path in pathlib.Path("study").glob("trials/*/*")}
    assert "0 trials run here" in run_one("study")
    study(trials=12)
    assert "7 trials run here" in run_one("study")
    assert all(path.stat().st_mtime_ns == at for path, at in before.items())
    assert {t["digest"] for t in plan("study")["list"]} == set(trials("study"))


def worker__a_study_that_lies_in_its_data_is_none_of_them():
    frame = jobs.panel(300, 2, seed=4)
    os.makedirs("data")
    for name in frame:
        jobs.write(frame[[name]].rename(columns={name: "value"}), f"data/historical_{name}.csv")
    for study in "data/studies/one", "data":
        space(study, f"options: {{data: {'./data/' if study == 'data' else 'data'}, end-date: {jobs.last_day(frame)}, "
              "min-history: 100}\nsearch: {caution: [0, 1]}\n")
        assert "2 trials run here" in run_one(study)
        assert "0 trials run here" in run_one(study) and len(trials(study)) == 2
    assert "0 trials run here" in run_one("data/studies/one")
    jobs.write((frame + 1)[["v00"]].rename(columns={"v00": "value"}), "data/historical_v00.csv")
    assert "2 trials run here" in run_one("data")


def worker__runs_damaged_trials_again():
    study(trials=3)
    run_one("study")
    whole = files("study")
    damaged = sorted(whole)
    os.truncate(f"study/trials/{damaged[0]}/losses.h5", 100)
    os.truncate(f"study/trials/{damaged[1]}/summary.json", 0)
    os.remove(f"study/trials/{damaged[2]}/losses.h5")
    assert "3 trials run here" in run_one("study")
    assert files("study") == whole
    where = f"study/trials/{damaged[0]}"
    pathlib.Path(where, "losses.h5").write_bytes(bytes(len(whole[damaged[0]])))
    for command in "show", "best":
        tune(command, "study", code=2, says=(f"remove {where}", "pulse-tune run study"))
    shutil.rmtree(where)
    assert "1 trials run here" in run_one("study")
    assert files("study") == whole


def worker__leaves_what_another_has():
    """Several at once: each trial is run by one of them."""
    study("together", trials=40)
    study("alone", trials=40)
    executable = os.path.join(jobs.binaries(), "pulse-tune")
    running = [subprocess.Popen([executable, "run", "together", "--no-progress"], env=jobs.environment(), text=True,
                                stdout=subprocess.PIPE) for _ in range(3)]
    said = [it.communicate(timeout=300)[0] for it in running]
    assert all(it.returncode == 0 for it in running)
    assert sum(int(text.split()[0]) for text in said) == 41, said
    run_one("alone")
    assert files("together") == files("alone")
    assert not os.listdir("together/leases")


def worker__without_standard_input_runs_too():
    """As a service may start it: the first file that is opened has number 0 then."""
    study(trials=3)
    executable = os.path.join(jobs.binaries(), "pulse-tune")
    done = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", executable, "run", "study", "--no-progress"], text=True,
                          env=jobs.environment(), stdout=subprocess.PIPE, timeout=300, check=False)
    assert done.returncode == 0 and "4 trials run here" in done.stdout, done
    assert not os.listdir("study/leases")


def worker__runs_trials_again_that_do_not_say_their_options():
    """Nobody would know how to repeat them; no program stumbles over what stands there instead."""
    study(trials=7)
    run_one("study")
    whole = files("study")
    odd = ({"words": ["x"]}, {"words": [3]}, {"words": [None, "--lags"]}, {"words": "--lags=1"}, {"words": None}, {"options": None},
           {"options": 7}, {"options": ["a"]})
    for digest, change in zip(sorted(whole), odd):
        path = pathlib.Path(f"study/trials/{digest}/summary.json")
        summary = jobs.summary(path.parent)
        summary["trial"] |= change
        path.write_text(json.dumps(summary), encoding="utf-8")
    assert "0 trials done, 0 failed, 8 left" in tune("show", "study")
    tune("best", "study", "--hindsight", code=2, says="not done yet")
    assert "8 trials run here" in run_one("study")
    assert files("study") == whole
    assert "8 trials done" in tune("show", "study")


def worker__stops_at_limits():
    study(trials=30, more="limits: {trials: 7}\n")
    out = run_one("study")
    assert "limit on trials is met" in out and len(trials("study")) == 7, out
    study(trials=30, more="limits: {hours: 0}\n")
    assert "limit on hours is met" in run_one("study")
    study(trials=30, more="limits: {vcpu_hours: 1e-9}\n")
    assert "limit on vcpu_hours is met" in run_one("study")
    assert len(trials("study")) == 7


def worker__none_runs_more_trials_than_the_limit_of_all():
    """The first one stands still before it puts what it found; meanwhile the second one runs the others, and waits."""
    study(more="limits: {trials: 4}\n")
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8")
    start, end = text.split("search:")
    space("study", f"{start}search:\n  burn-in: {list(range(25, 45))}\n  caution: [1]\n" + end[end.index("limits"):])
    command = [os.path.join(jobs.binaries(), "pulse-tune"), "run", "study", "--no-progress"]
    with subprocess.Popen(command, env=stopping(1, "summary.json"), stdout=subprocess.PIPE, text=True) as first:
        wait_stopped(first.pid)
        with subprocess.Popen(command, env=jobs.environment(), stdout=subprocess.PIPE, text=True) as second:
            deadline = time.monotonic() + 60
            while len(trials("study")) < 3 and second.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(0.3)
            go_on([first.pid])
            said = first.communicate()[0], second.communicate()[0]
    assert sorted(int(text.split()[0]) for text in said) == [1, 3], said
    assert all("the limit on trials is met" in text and "4 of 21 done" in text for text in said), said
    assert set(trials("study")) == {trial["digest"] for trial in plan("study")["list"][:4]}


def worker__started_together_run_the_first_trials_of_the_limit():
    """Those that have been run before count too, wherever in the list they stand."""
    wide = "search:\n  burn-in: {list}\n  caution: {{min: 0, max: 2, step: 0.5}}\nstrategy: random\ntrials: 60\n"
    study()
    start = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    space("study", start + wide.format(list=list(range(25, 35))))
    listed = [trial["digest"] for trial in plan("study")["list"]]
    run_one("study")
    for digest in set(listed) - set(listed[40:44]):
        shutil.rmtree(f"study/trials/{digest}")
    space("study", start + wide.format(list=list(range(25, 35))) + "limits: {trials: 15}\n")
    running = [subprocess.Popen([os.path.join(jobs.binaries(), "pulse-tune"), "run", "study", "--no-progress"],
                                env=jobs.environment(), stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [it.communicate(timeout=300)[0] for it in running]
    assert sum(int(text.split()[0]) for text in said) == 11, said
    assert set(trials("study")) == {*listed[:11], *listed[40:44]}


def worker__a_limit_ends_it_within_a_family():
    """After one of 31 trials that share a walk, which notes what all of that walk has cost."""
    study()
    start = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    searched = "search:\n  learning-rate: {min: 0.01, max: 1, log: true}\nstrategy: random\ntrials: 30\n"
    space("study", start + searched + "limits: {vcpu_hours: 1e-9}\n")
    assert "1 of 31 done" in (said := run_one("study", ranks=2)) and "limit on vcpu_hours is met" in said, said
    first, = trials("study").values()
    space("study", start + searched)
    assert "30 trials run here" in run_one("study")
    spent = sorted(one["trial"]["vcpu_seconds"] for one in trials("study").values())
    assert first["trial"]["vcpu_seconds"] > 2 * spent[15], (first["trial"]["vcpu_seconds"], spent)


def kill_some(name, draw):
    """Workers of a study, one or three at once on some ranks each, of which each is killed before its n-th change of a
    directory, as long as it has so many to make; how many were."""
    running = []
    for _ in range(draw.choice((1, 1, 3))):
        mortal = ["env", f"LD_PRELOAD={os.path.join(jobs.binaries(), 'tests', 'die_at_call.so')}", f"PULSE_TEST_DIE_AT={draw.randint(1, 9)}",
                  os.path.join(jobs.binaries(), "pulse-tune")]
        command = jobs.command("run", name, "--no-progress", executable=mortal, ranks=draw.choice((0, 0, 2, 3)))
        running.append(subprocess.Popen(command, env=jobs.environment(), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL))
    return sum(it.wait(timeout=200) != 0 for it in running)


def list_leaderboard(name):
    """All that the leaderboard says but what trials cost."""
    said = json.loads(tune("show", name, "--json", "-"))
    for trial in said["trials"]:
        trial.pop("vcpu_seconds")
    return said["trials"], said["conclusions"]


def worker__killed_at_20_moments_goes_on():
    """One or all, resumed with other numbers of workers and ranks: the same trials, bit by bit, none of them twice, and
    the same leaderboard."""
    study("calm", trials=150)
    study("rough", trials=150)
    run_one("calm")
    draw, killed, seen = random.Random(6), 0, {}
    for _ in range(20):
        killed += kill_some("rough", draw)
        now = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in pathlib.Path("rough").glob("trials/*/*.json")}
        assert seen.items() <= now.items(), "a trial was run twice"
        seen = now
    assert killed >= 20 and seen, (killed, len(seen))
    print(killed, len(seen))
    run_one("rough")
    assert all((path.stat().st_ino, path.stat().st_mtime_ns) == then for path, then in seen.items())
    assert files("rough") == files("calm")
    assert list_leaderboard("rough") == list_leaderboard("calm")


@contextlib.contextmanager
def at_work():
    """A worker of the study that has done a trial."""
    executable = os.path.join(jobs.binaries(), "pulse-tune")
    with subprocess.Popen([executable, "run", "study", "--no-progress"], env=jobs.environment(), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as it:
        deadline = time.monotonic() + 300
        while not list(pathlib.Path("study").glob("trials/*/summary.json")) and time.monotonic() < deadline:
            time.sleep(0.002)
        yield it


def worker__data_that_are_replaced_meanwhile_end_it():
    """Trials are named after the data as they were: what is loaded later must be the same."""
    frame = jobs.panel(3000, 12, seed=2)
    study(frame=frame)
    text = pathlib.Path("study/space.yaml").read_text(encoding="utf-8").split("search:")[0]
    pairs = ", ".join(f"[v{i:02d}, v{j:02d}]" for i in range(12) for j in range(i))
    for name in ("study", "calm"):
        space(name, f"{text}search:\n  variables: [{pairs}]\n")
    run_one("calm")
    jobs.write(frame + 1, "other.csv")
    with at_work() as it:
        os.replace("other.csv", "panel.csv")
        errors = it.communicate(timeout=300)[1]
    assert it.returncode == 75 and "error: study: the data have changed since this worker began" in errors, (it.returncode, errors)
    done, calm = files("study"), files("calm")
    assert done and len(done) < len(calm) and done.items() <= calm.items(), "no trial is of other data than it says"
    assert "67 trials run here" in run_one("study")


def worker__saves_on_sigterm_and_says_143():
    frame = jobs.panel(3000, 12, seed=2)
    study(trials=200, frame=frame)
    with at_work() as it:
        it.send_signal(signal.SIGTERM)
        errors = it.communicate(timeout=300)[1]
    assert it.returncode == 143, (it.returncode, errors)
    assert "the same command goes on from what was saved in study" in errors, errors
    assert 0 < len(trials("study")) < 201


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
