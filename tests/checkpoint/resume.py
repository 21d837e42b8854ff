#!/usr/bin/python3
"""resume.py [CASE…]: what was saved is used when it fits, and only then; and who may save where.

The programs are in the directory PULSE_BIN.
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import time

from support import (EAGER, RESULTS, data, goes_on, interrupted, jobs, long_data, outcome, packs, resumed, rng,
                     same, start, undisturbed)
from processes import Tmpfs, check_gone, finish, go_on, ranks_of, stopping, until, wait_stopped

PLACE = "results/.checkpoint"


def warnings(done):
    return [line for line in jobs.own_lines(done) if line.startswith("warning ")]


# ---- What is used -------------------------------------------------------------------------------


def resume__any_number_of_ranks_goes_on():
    options = data()
    right = undisturbed(options)
    interrupted(options)
    shutil.copytree(PLACE, "saved")
    for count in (1, 2, 5):
        shutil.copytree("saved", PLACE, dirs_exist_ok=True)
        goes_on(options, right, f"{count} ranks", count=count, least=8)


def resume__every_kind_of_history_goes_on():
    for more in (("--history", "halflife:9"), ("--history", "rolling:30"), ("--refit", ),
                 ("--horizon", "1,5,21"), ("--horizon", "3,8", "--history", "halflife:9"),
                 ("--batch-size-days", 1, "--span-windows", 90)):
        options = (*data(1500, 8), *more)
        right = undisturbed(options)
        interrupted(options)
        goes_on(options, right, more, count=2, least=3)


def resume__every_model_goes_on():
    """Averages begin with the panel, whatever spans are there already; targets are some of the variables."""
    for more in (("--features", "lag1,lag3+ewma5,ewma40"), ("--lags", 3, "--calendar", "off"),
                 ("--targets", "v00", "v02", "v05", "--calendar", "on")):
        options = (*data(1500, 8), *more)
        right = undisturbed(options)
        interrupted(options)
        goes_on(options, right, more, count=3, least=3)


def resume__windows_that_failed_are_remembered():
    frame = jobs.panel(1500, 6, 4)
    frame["v03"] = frame["v01"]
    options = ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--ridge",
               "0,10", "--calendar", "off", "--no-progress")
    assert jobs.run(*options, "--no-checkpoint", "--output", "right").returncode == 4
    first = jobs.run(*options, "--keep-checkpoint", "--output", "results")
    assert first.returncode == 4, first.stderr
    again = jobs.run(*options, "--output", "results", ranks=2)
    assert again.returncode == 4 and resumed("results") > 3, again.stderr
    assert jobs.summary("right")["batches"]["failed"] > 0
    same(outcome("right"), "results", "with failed windows")


def resume__judging_may_change():
    """How candidates are judged is no part of what is saved: it is done anew."""
    options = data()
    jobs.expect(jobs.run(*options, "--output", "results", "--keep-checkpoint"), 0)
    judged = (*options, "--combine", "select", "--trust-decay", 0.9, "--learning-rate", 0.3, "--caution", 0,
              "--interval-halflife", 22)
    right = undisturbed(judged)
    goes_on(judged, right, "judged differently")


def resume__tomorrow_s_default_end_date_is_no_change():
    """Days without data after the last row change no number: windows of them change no span."""
    options = data()[:2]
    today, later = (*options, "--end-date", "2019-12-30"), (*options, "--end-date", "2020-04-01")
    right = undisturbed(later)
    interrupted(today)
    goes_on(later, right, "later")


def resume__the_same_values_in_another_file_are_no_change():
    options = data()
    right = undisturbed(options)
    interrupted(options)
    done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), "convert", "a.csv",
                           "b.parquet"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    goes_on(("--data", "b.parquet", *options[2:]), right, "Parquet")


def resume__a_directory_of_one_s_own_is_used_and_left_empty():
    options = (*data(), "--checkpoint", "there/deep")
    right = undisturbed(options[:4])
    jobs.expect(jobs.run(*options, "--output", "results", "--keep-checkpoint"), 0)
    assert packs("there/deep") and sorted(os.listdir("results")) == RESULTS
    pathlib.Path("there/deep/mine.txt").write_text("not theirs", encoding="utf-8")
    goes_on(options, right, "a directory of one's own", count=2)
    assert os.listdir("there/deep") == ["mine.txt"]


def resume__what_is_kept_is_whole():
    options = data()
    jobs.expect(jobs.run(*options, "--output", "results", "--keep-checkpoint", ranks=2), 0)
    right = outcome("results")
    done = jobs.run(*options, "--output", "results", "--progress-file", "p.json")
    jobs.expect(done, 0)
    same(right, "results", "all of it saved")
    said = json.loads(pathlib.Path("p.json").read_text(encoding="utf-8"))
    assert said["spans_total"] == said["spans_resumed"] == resumed("results") > 10, said
    assert f"resumed: {resumed('results')} of {resumed('results')} spans" in done.stderr


def resume__no_checkpoint_saves_and_uses_nothing():
    options = data()
    interrupted(options)
    before = packs()
    jobs.expect(jobs.run(*options, "--no-checkpoint", "--output", "results"), 0)
    assert resumed("results") == 0 and packs() == before
    jobs.expect(jobs.run(*options, "--no-checkpoint", "--keep-checkpoint"), 2, "--no-checkpoint",
                "--keep-checkpoint")


def resume__a_short_run_writes_nothing():
    """Until the first minute is over there is no checkpoint to pay for."""
    options = data()
    job = subprocess.Popen(jobs.command(*options, "--output", "results", "--no-progress"),
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           env=jobs.environment())
    seen = set()
    while job.poll() is None:
        seen.update(os.listdir("results") if os.path.isdir("results") else ())
        time.sleep(0.001)
    assert job.communicate()[1] == "" and ".checkpoint" not in seen, seen


# ---- What is not used ---------------------------------------------------------------------------


def afresh(options, *words):
    right = undisturbed(options, f"right-{len(os.listdir())}")
    done = goes_on(options, right, words, least=0)
    assert resumed("results") == 0
    said = warnings(done)
    assert len(said) == 1 and "afresh" in said[0], said
    for word in words:
        assert word in said[0], f"{word!r} is not said: {said[0]}"


def resume__a_changed_option_starts_afresh_and_is_named():
    options = data(1000, 6)
    interrupted(options)
    shutil.copytree(PLACE, "saved")
    for more, words in ((("--lags", 4), ('--features was "lag1,ewma4,ewma16", now "lag1+lag2+lag3+lag4"',)),
                        (("--features", "lag1,ewma4+ewma16"), ('now "lag1,ewma4+ewma16"',)),
                        (("--calendar", "off"), ("calendar columns was 5, now 0",)),
                        (("--scale-halflife", 20), ("--scale-halflife was 33.0, now 20.0",)),
                        (("--clip", 0), ("--clip was 5.0, now 0.0",)),
                        (("--targets", "v02", "v04"), ('--targets was [], now ["v02","v04"]',)),
                        (("--ridge", "3,30"), ("--ridge", "30.0")),
                        (("--horizon", "1,5"), ("--horizon was [1], now [1,5]",)),
                        (("--history", "rolling:40"), ("--history", "expanding", "rolling:40")),
                        (("--start-date", "2001-03-01"), ("--start-date", "2001-03-01")),
                        (("--transform", "v03=level"), ("transform of v03",)),
                        (("--variables", *[f"v{i:02d}" for i in range(5)]),
                         ("number of variables was 6, now 5",))):
        shutil.copytree("saved", PLACE, dirs_exist_ok=True)
        afresh((*options, *more), *words)


def resume__another_processor_starts_afresh():
    """The kernels that OpenBLAS chooses give other last bits. Both are named here: on a processor that it does
    not know it chooses Prescott by itself."""
    options = data()
    interrupted(options, env=dict(jobs.environment(), OPENBLAS_CORETYPE="Prescott"))
    done = jobs.run(*options, "--output", "results", "--no-progress",
                    env=dict(jobs.environment(), OPENBLAS_CORETYPE="Nehalem"))
    jobs.expect(done, 0)
    assert resumed("results") == 0
    assert "arithmetic" in done.stderr and "afresh" in done.stderr, done.stderr


# ---- Damage -------------------------------------------------------------------------------------


def flip(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << at % 8
    path.write_bytes(content)


def resume__damage_is_named_and_only_what_is_damaged_is_done_again():
    random = rng(11)
    options = data()
    right = undisturbed(options)
    interrupted(options, count=5)
    shutil.copytree(PLACE, "saved")
    for count in (1, 1, 3):
        shutil.copytree("saved", PLACE, dirs_exist_ok=True)
        victim = random.choice(packs())
        head = random.randrange(3) == 0
        flip(victim, random.randrange(56) if head else random.randrange(200, victim.stat().st_size))
        done = goes_on(options, right, victim.name, count=count, words=(victim.name, "damaged"))
        assert len(warnings(done)) == 1, done.stderr


def resume__cut_empty_and_foreign_files_are_distinguished():
    options = data()
    right = undisturbed(options)
    interrupted(options, count=5)
    found = packs()
    found[0].write_bytes(found[0].read_bytes()[:-1])
    found[1].write_bytes(b"")
    run, first, _, content = found[2].name.split("-")
    found[2].rename(found[2].with_name(f"{run}-{first}-{10**18}-{content}"))
    pathlib.Path(PLACE, "notes.txt").write_text("mine", encoding="utf-8")
    pathlib.Path(PLACE, ".x.spans.1-0.tmp").write_bytes(b"half")
    done = jobs.run(*options, "--output", "results", "--no-progress", ranks=2)
    jobs.expect(done, 0)
    same(right, "results", "cut files")
    assert "damaged" in done.stderr and resumed("results") > 5, done.stderr
    assert os.listdir(PLACE) == ["notes.txt"]


def resume__a_damaged_description_is_named_and_spans_are_used():
    options = data()
    right = undisturbed(options)
    for change in (lambda text: text[:-40], lambda text: text.replace("5", "6")):
        interrupted(options)
        path = pathlib.Path(PLACE, "checkpoint.json")
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        goes_on(options, right, "description", words=("the spans are used all the same",))


def resume__a_file_is_no_checkpoint():
    options = (*data(), "--checkpoint", "file")
    pathlib.Path("file").write_text("mine", encoding="utf-8")
    right = undisturbed(options[:4])
    done = jobs.run(*options, *EAGER, "--keep-checkpoint", "--output", "results")
    jobs.expect(done, 0)
    assert "file" in done.stderr and "training goes on" in done.stderr, done.stderr
    same(right, "results", "no directory")
    assert pathlib.Path("file").read_text(encoding="utf-8") == "mine"


def resume__a_full_disk_is_warned_about_and_training_goes_on():
    options = data()
    right = undisturbed(options)
    with Tmpfs("300k") as disk:
        for count in (1, 3):
            done = jobs.run(*options, *EAGER, "--keep-checkpoint", "--checkpoint", f"{disk}/c", "--output", "results",
                            ranks=count)
            jobs.expect(done, 0)
            said = [line for line in warnings(done) if "training goes on" in line]
            assert len(said) == 1 and "disk/c" in said[0], done.stderr
            same(right, "results", "full disk")
            jobs.expect(jobs.run(*options, *EAGER, "--checkpoint", f"{disk}/c", "--output", "results", ranks=count), 0)
            assert not os.path.exists(f"{disk}/c"), os.listdir(f"{disk}/c")


def resume__a_checkpoint_never_takes_the_space_of_the_results():
    """What is inside the output stops growing where the results would not fit any more."""
    options = data(2500, 30)
    undisturbed(options)
    size = sum(path.stat().st_size for path in pathlib.Path("right").iterdir())
    with Tmpfs(f"{int(1.4 * size) >> 10}k") as disk:
        done = jobs.run(*options, *EAGER, "--keep-checkpoint", "--output", f"{disk}/results")
        jobs.expect(done, 0)  # all spans were to be saved, however few had been when the walk was over
        assert "cannot hold the results" in done.stderr, done.stderr


# ---- Two at once --------------------------------------------------------------------------------


def resume__a_second_run_with_the_same_output_is_refused():
    options = long_data()
    right = undisturbed(options)
    job = start(options, env=stopping(1, ".spans"))
    wait_stopped(job.pid)
    try:
        for count in (0, 2):
            done = jobs.run(*options, "--output", "results", ranks=count)
            jobs.expect(done, 75, "--output results", "another run")
    finally:
        job.send_signal(signal.SIGCONT)
    assert finish(job).returncode == 0
    same(right, "results", "the first of two")
    jobs.expect(jobs.run(*options, "--output", "results"), 0)


def resume__without_locks_each_file_is_of_one_run():
    """Where a file system knows no locks two runs meet; the last one to finish stays, whole."""
    preload = os.path.join(jobs.binaries(), "tests", "no_flock.so")
    env = dict(jobs.environment(), LD_PRELOAD=preload, HDF5_USE_FILE_LOCKING="FALSE")
    options, others = data(6000, 30), data(1500, 8, 2, "b.csv")
    right, other = undisturbed(options), undisturbed(others, "other")
    job = start(options, env=stopping(1, "results.h5", "no_flock.so", **env))
    wait_stopped(job.pid)
    try:
        jobs.expect(jobs.run(*others, "--output", "results", env=env), 0)
        same(other, "results", "the second")
    finally:
        job.send_signal(signal.SIGCONT)
    assert finish(job).returncode == 0
    same(right, "results", "the first")


# ---- Signals ------------------------------------------------------------------------------------


def resume__a_signal_saves_and_gives_its_code():
    """Without --checkpoint-seconds: nothing was saved before the signal came."""
    options = long_data()
    right = undisturbed(options)
    for number, code in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        job = subprocess.Popen(jobs.command(*options, "--output", "results", "--progress-file", "progress"),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=stopping(2, "progress", PULSE_TEST_STOP_AGAIN="1"))
        wait_stopped(job.pid)
        while progress(*pathlib.Path().glob(".progress.*.tmp"))["spans_done"] < 1:
            time.sleep(1.1)  # it says how far it is at the end of the first span after a second
            go_on([job.pid])
            wait_stopped(job.pid)
        assert not packs()
        job.send_signal(number)
        go_on([job.pid])
        done = finish(job)
        jobs.expect(done, code, signal.Signals(number).name, PLACE)
        assert packs() and not os.path.exists("results/results.h5")
        goes_on(options, right, signal.Signals(number).name, count=2)
        shutil.rmtree("results")


def resume__a_span_that_takes_too_long_is_dropped():
    """One span of all windows, refitted in each: nobody waits for its end, and nothing was saved."""
    options = (*data(9000, 60), "--refit", "--batch-size-days", 3, "--span-windows", 100000, "--ridge",
               "1,2,3,4,5,6,7,8,9,10")
    job = subprocess.Popen(jobs.command(*options, "--output", "results", "--progress-file", "p"),
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           env=jobs.environment())
    until(lambda: os.path.exists("p") and progress("p")["stage"] == "train", job)
    time.sleep(0.5)  # of the minutes that it would take
    job.send_signal(signal.SIGTERM)
    jobs.expect(finish(job), 143, "SIGTERM", "nothing was written")
    assert os.listdir("results") == []


def progress(path):
    return json.loads(pathlib.Path(path).read_text(encoding="utf-8"))


def saved():
    """Spans in all files, as each file's name says which is its first and its last."""
    firsts_and_lasts = [path.name.split("-")[1:3] for path in packs()]
    return sum(int(last) - int(first) + 1 for first, last in firsts_and_lasts)


def resume__a_signal_to_one_rank_or_to_mpirun_saves_what_all_have():
    options = long_data()
    right = undisturbed(options)
    for whom in ("rank", "mpirun"):
        job = start(options, count=3, env={**stopping(1, ".spans"), "PULSE_TEST_RANK": "1"})
        pids = ranks_of(job, 3)
        wait_stopped(pids[1])
        until(lambda: saved() >= 4, job)  # the others go on until they need it
        os.kill(pids[1] if whom == "rank" else job.pid, signal.SIGTERM)
        go_on(pids)
        done = finish(job)
        if whom == "rank":
            assert done.returncode == 143, done.stderr
        assert done.returncode != 0
        check_gone(pids)
        if not os.path.exists("results/summary.json"):  # mpirun lets them work on for a second
            goes_on(options, right, whom, count=2, least=4)
        same(right, "results", whom)
        shutil.rmtree("results")


# ---- Progress -----------------------------------------------------------------------------------


def resume__the_progress_file_says_how_far_all_ranks_are():
    options = data()
    for count in (0, 3):
        done = jobs.run(*options, *EAGER, "--output", "results", "--progress-file", "p.json",
                        ranks=count)
        jobs.expect(done, 0)
        said = progress("p.json")
        assert said["stage"] == "done" and said["ranks"] == max(count, 1), said
        assert said["spans_done"] == said["spans_total"] > 10 and said["share"] == 1, said
        assert said["eta_seconds"] == 0 < said["elapsed_seconds"], said
        assert sorted(os.listdir()) == ["a.csv", "p.json", "results"]
    jobs.expect(jobs.run(*data(300, 120), "--lags", 256, "--history", "rolling:5", "--output", "results",
                         "--progress-file", "p.json"), 2, "features")
    assert progress("p.json")["stage"] == "failed"


def resume__a_progress_file_that_cannot_be_is_a_warning():
    options = data(600, 4)
    done = jobs.run(*options, "--output", "results", "--progress-file", "no/such/p.json", ranks=2)
    jobs.expect(done, 0)
    assert len(warnings(done)) == 1 and "no/such/p.json" in warnings(done)[0], done.stderr


def resume__a_progress_file_that_is_a_pipe_or_device_stays_one():
    """A pipe that nobody reads would make the run wait, or end it."""
    options = data(600, 4)
    os.mkfifo("pipe")
    os.mkdir("folder")
    os.symlink("p.json", "link")
    pathlib.Path("p.json").write_text("old", encoding="utf-8")
    names = [("pipe", 1), ("folder", 1), ("link", 0)]
    with contextlib.suppress(PermissionError):
        os.mknod("null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
        open("null", "w", encoding="utf-8").close()  # a mount may forbid it
        names.append(("null", 0))
    for name, warns in names:
        done = jobs.run(*options, "--output", "results", "--progress-file", name)
        jobs.expect(done, 0)
        assert len(warnings(done)) == warns, done.stderr
    assert stat.S_ISFIFO(os.stat("pipe").st_mode) and os.path.isdir("folder") and os.path.islink("link")
    assert len(names) == 3 or stat.S_ISCHR(os.stat("null").st_mode)
    assert progress("p.json")["stage"] == "done"


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
