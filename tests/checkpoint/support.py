"""What the checkpoint tests share: a panel, its undisturbed results, runs that are ended in between."""
import importlib.util
import os
import pathlib
import random
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mpi"))
import jobs  # noqa: E402
import ranks  # noqa: E402

# What a run leaves, and nothing else.
RESULTS = ["report.html", "results.h5", "summary.json"]
# Spans are saved when they are finished.
EAGER = ("--checkpoint-seconds", 0, "--no-progress")


def data(rows=2000, variables=8, seed=1, name="a.csv"):
    """A panel with monthly variables in a file, and the options that go with it."""
    frame = jobs.monthly(jobs.panel(rows, variables, seed), ["v01", "v02"], 3)
    return ("--data", jobs.write(frame, name), "--end-date", jobs.last_day(frame))


def long_data():
    """The same for a run of half a second, to be caught in the middle of."""
    return (*data(3000, 32), "--ridge", "1,2,3,4,5,6,7,8,9,10")


def outcome(output):
    """All of a run's results that must not depend on how it came to them."""
    found = ranks.contents(f"{output}/results.h5")
    said = jobs.summary(output)
    found["summary.json"] = {key: said[key] for key in said
                             if key not in (*ranks.OF_THE_RUN, "resumed")}
    return found


def resumed(output):
    return jobs.summary(output)["resumed"]["spans"]


def undisturbed(options, output="right"):
    jobs.expect(jobs.run(*options, "--no-checkpoint", "--no-progress", "--output", output), 0)
    assert sorted(os.listdir(output)) == RESULTS, os.listdir(output)
    assert resumed(output) == 0
    return outcome(output)


def same(right, output, what):
    ranks.check_same(right, outcome(output), what)


def packs(directory="results/.checkpoint"):
    """Files of finished spans."""
    return sorted(pathlib.Path(directory).glob("*.spans"))


def interrupted(options, output="results", count=3, **more):
    """What a run leaves that is killed late in its walk: all it has saved but for one rank's last."""
    keep = (*EAGER, "--keep-checkpoint", "--output", output)
    jobs.expect(jobs.run(*options, *keep, ranks=count, **more), 0)
    for name in RESULTS:
        os.remove(f"{output}/{name}")
    found = packs(f"{output}/.checkpoint")
    assert len(found) >= count, found
    found[len(found) // 2].unlink()


def start(options, output="results", count=0, **more):
    """A run that saves whatever is finished."""
    return subprocess.Popen(jobs.command(*options, *EAGER, "--output", output, ranks=count),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            **{"env": jobs.environment(), **more})


def goes_on(options, right, what, output="results", count=0, least=1, words=()):
    """The same command ends well, with the right bits, from what was saved, and leaves nothing."""
    done = jobs.run(*options, "--no-progress", "--output", output, ranks=count)
    jobs.expect(done, 0)
    for word in words:
        assert word in done.stderr, f"{word!r} is not said\n{done.stderr}"
    same(right, output, what)
    assert resumed(output) >= least, f"{what}: {resumed(output)} spans resumed\n{done.stderr}"
    assert ("resumed: " in done.stderr) == (resumed(output) > 0), done.stderr
    assert sorted(os.listdir(output)) == RESULTS, os.listdir(output)
    return done


def rng(seed):
    print(f"seed {seed}")
    return random.Random(seed)


def s3_bucket():
    """The S3 tests' bucket and proxy (their module is named as ours)."""
    where = pathlib.Path(__file__).resolve().parents[1] / "s3"
    sys.path.insert(0, str(where))
    spec = importlib.util.spec_from_file_location("s3_support", where / "support.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.own_bucket
