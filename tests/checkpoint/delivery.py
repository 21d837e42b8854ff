#!/usr/bin/python3
"""delivery.py [CASE…]: results replace those of an earlier run as one thing, whenever the run is ended.

The programs are in the directory PULSE_BIN.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import h5py
import numpy as np

from support import RESULTS, jobs, pathlib, rng
from processes import wait_alone

SMALL = ("--no-progress", "--no-checkpoint", "--min-history", 100)


def panel(rows=300, variables=3):
    frame = jobs.panel(rows, variables, 5)
    return ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), *SMALL, "--output", "o")


def fingerprints(directory="o"):
    """Of each file that can be opened by the name that everybody knows."""
    found = {}
    for name in RESULTS:
        path = pathlib.Path(directory, name)
        if not path.exists():
            continue
        if name == "results.h5":
            with h5py.File(path) as file:
                found[name] = file.attrs["fingerprint"].decode()
        elif name == "summary.json":
            found[name] = json.loads(path.read_text(encoding="utf-8"))["fingerprint"]
        else:
            found[name] = re.search('<meta name="fingerprint" content="([0-9a-f]{32})">',
                                    path.read_text(encoding="utf-8")).group(1)
    return found


def preloaded(name, **more):
    library = os.path.join(jobs.binaries(), "tests", name)
    return dict(jobs.environment(), LD_PRELOAD=library, **more)


def run(*words, **more):
    return jobs.run(*words, **more)


def report(*words):
    return jobs.run(*words, executable=os.path.join(jobs.binaries(), "pulse-report"))


def one_run(found, names):
    """All these files, and of one run; its fingerprint."""
    assert sorted(found) == sorted(names) and len(set(found.values())) <= 1, found
    return next(iter(found.values()), None)


def made(options, *more):
    jobs.expect(run(*options, *more), 0)
    return one_run(fingerprints(), RESULTS)


def killed_everywhere(options, names, before, env=None, **more):
    """Kills a run before each of its calls that change names, over what `before` makes; the fingerprints
    and the names that are there after each, until a run gets through."""
    seen = []
    for at in range(1, 200):
        before()
        done = run(*options, *names, env=preloaded("die_at_call.so", PULSE_TEST_DIE_AT=str(at), **(env or {})), **more)
        if done.returncode == 0:
            return seen
        assert done.returncode == -signal.SIGKILL, done
        seen.append(fingerprints())
    raise AssertionError("no run gets through")


def delivery__killed_anywhere_over_older_results_all_old_or_all_new():
    options = panel()
    new = made(options, "--ridge", 10)
    old = made(options)
    assert old != new
    shutil.copytree("o", "kept")

    def restore():
        shutil.rmtree("o")
        shutil.copytree("kept", "o")

    seen = [one_run(found, RESULTS) for found in killed_everywhere(options, ("--ridge", 10), restore)]
    print(f"{len(seen)} kills, {seen.count(old)} with the old results")
    assert len(seen) >= 20 and set(seen) == {old, new}
    assert seen == sorted(seen, key=lambda which: which == new), "there is one step from old to new"
    assert sorted(os.listdir("o")) == RESULTS


def delivery__killed_anywhere_without_older_results_all_or_nothing():
    options = panel()
    seen = killed_everywhere(options, (), lambda: shutil.rmtree("o", ignore_errors=True))
    for found in seen:
        one_run(found, RESULTS if found else ())
    assert {len(found) for found in seen} == {0, 3}


def delivery__killed_again_and_again_the_next_run_tidies_up():
    """Over what other killed runs have left; a report that comes and goes."""
    random = rng(8)
    options = panel()
    old = made(options)
    for i in range(50):
        words = random.choice(((), ("--ridge", 10), ("--no-report",), ("--ridge", 10, "--no-report")))
        env = preloaded("die_at_call.so", PULSE_TEST_DIE_AT=str(random.randint(1, 30)))
        done = run(*options, *words, env=env)
        assert done.returncode in (0, -signal.SIGKILL), done
        found = fingerprints()
        which = one_run(found, RESULTS if "report.html" in found else RESULTS[1:])
        jobs.expect(report("o", "--output", "page.html"), 0)
        old = which or old
        if i % 10 == 9:
            made(options)
            assert sorted(os.listdir("o")) == RESULTS, os.listdir("o")


def delivery__stopped_and_signalled_all_old_or_all_new():
    """With ranks too: SIGTERM and SIGKILL at any time; SIGSTOP, and a look at what is there meanwhile."""
    random = rng(4)
    options = panel(600, 8)
    old, new = made(options), made(options, "--ridge", 10)
    began = time.monotonic()
    jobs.expect(run(*options), 0)
    longest = time.monotonic() - began
    for i in range(24):
        words, ranks = random.choice(((), ("--ridge", 10))), random.choice((0, 0, 2))
        job = subprocess.Popen(jobs.command(*options, *words, ranks=ranks), env=jobs.environment(),
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(random.uniform(0.3, 1.05) * longest)
        if i % 3 == 0 and not ranks:  # these would go on
            job.send_signal(signal.SIGSTOP)
            assert one_run(fingerprints(), RESULTS) in (old, new)
        job.send_signal(random.choice((signal.SIGTERM, signal.SIGKILL)))
        job.send_signal(signal.SIGCONT)
        job.wait(300)
        wait_alone()  # ranks whose mpirun was killed
        assert one_run(fingerprints(), RESULTS) in (old, new)
    made(options)
    assert sorted(os.listdir("o")) == RESULTS, os.listdir("o")


def delivery__a_run_that_fails_late_leaves_the_old_whole():
    options = panel()
    old = made(options)
    jobs.expect(run(*options, "--ridge", 10, "--output-file", "gone/s.json"), 3, "gone/s.json")
    assert one_run(fingerprints(), RESULTS) == old and sorted(os.listdir("o")) == RESULTS


def delivery__without_links_the_files_are_renamed():
    options = panel()
    made(options)
    jobs.expect(run(*options, "--ridge", 10, env=preloaded("no_links.so")), 0)
    one_run(fingerprints(), RESULTS)
    assert sorted(os.listdir("o")) == RESULTS
    jobs.expect(run(*options, "--no-report", env=preloaded("no_links.so")), 0)
    assert sorted(os.listdir("o")) == RESULTS[1:]


def delivery__names_that_are_links_elsewhere_become_files():
    """A user's link is replaced, not followed, as ever."""
    options = panel()
    made(options)
    os.mkdir("disk")
    os.rename("o/results.h5", "disk/results.h5")
    os.symlink("../disk/results.h5", "o/results.h5")
    before = pathlib.Path("disk/results.h5").read_bytes()
    made(options, "--ridge", 10)
    assert not os.path.islink("o/results.h5") and pathlib.Path("disk/results.h5").read_bytes() == before


def delivery__readers_refuse_a_mix_and_name_it():
    options = panel()
    first = made(options)
    shutil.copytree("o", "first")
    second = made(options, "--ridge", 10)
    assert report("o").returncode == 0
    for name in ("summary.json", "results.h5"):
        mixed = f"mixed-{name}"
        shutil.copytree("o", mixed)
        shutil.copy(f"first/{name}", mixed)
        os.remove(f"{mixed}/report.html")
        jobs.expect(report(mixed), 2, first, second, "mixed", "train again")
        assert not os.path.exists(f"{mixed}/report.html")
    summary = json.loads(pathlib.Path("o/summary.json").read_text(encoding="utf-8"))
    del summary["fingerprint"]
    pathlib.Path("o/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    jobs.expect(report("o"), 2, second, "no")


def delivery__the_fingerprint_is_of_the_numbers():
    """The same for the same numbers, on any number of ranks and under any name; else another."""
    options = panel()
    first = made(options)
    for ranks in (1, 2, 3, 5):
        jobs.expect(run(*options, ranks=ranks), 0)
        assert one_run(fingerprints(), RESULTS) == first
    os.rename("a.csv", "b.csv")
    again = ("--data", "b.csv", *options[2:])
    assert made(again) == first
    others = [made(again, *words) for words in (("--caution", 0.5), ("--ridge", 10), ("--batch-size-days", 20))]
    text = pathlib.Path("b.csv").read_text(encoding="utf-8")
    pathlib.Path("b.csv").write_text(re.sub(r"(\d)\n$", lambda m: str((int(m.group(1)) + 1) % 10) + "\n", text),
                                     encoding="utf-8")
    others.append(made(again))
    assert len({first, *others}) == 5, others


def delivery__the_fingerprint_is_of_effective_options():
    """What follows from the data or is the default may be said or not: in particular as a run's own summary says it."""
    options = panel()
    first = made(options)
    os.rename("o/summary.json", "again.json")
    assert made(("--config", "again.json", "--output", "o")) == first
    summary = json.loads(pathlib.Path("again.json").read_text(encoding="utf-8"))
    names, config = summary["config"]["variables"], summary["config"]
    start, last = config["start_date"], summary["calendar"]["last"]
    for words in (["--start-date", start], ["--variables", *names], ["--targets", *names],
                  ["--transform", *(f"{name}=diff" for name in names)], ["--decimal", "point"],
                  ["--batch-limit", str(summary["batches"]["total"])],
                  ["--calendar", "on" if config["calendar_columns"] else "off"]):
        assert made((*options, *words)) == first, words
    later = [made((*options, "--end-date", day)) for day in ("2050-01-01", "2051-01-01")]
    assert later[0] == later[1], "no window ends later for that"
    others = [made((*options, *words)) for words in (
        ["--variables", *names[1:]], ["--variables", *reversed(names)], ["--targets", *names[1:]],
        ["--transform", f"{names[1]}=level"], ["--transform", f"{names[0]}=level"], ["--batch-limit", str(summary["batches"]["total"] - 1)],
        ["--calendar", "off" if config["calendar_columns"] else "on"],
        ["--start-date", str(np.datetime64(start) - 1)], ["--end-date", str(np.datetime64(last) - 1)])]
    assert len({first, *others}) == 1 + len(others), others


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
