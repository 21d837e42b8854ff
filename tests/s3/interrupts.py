#!/usr/bin/python3
"""interrupts.py CASE: runs that are ended while they deliver to S3: what they say is so, and nothing is left."""
import os
import signal
import subprocess
import sys

import fault_proxy as fp
from support import jobs, noise, own_bucket, write
from processes import ranks_of

NAMES = ["report.html", "results.h5", "summary.json"]


def started(s3, ranks, amid, of):
    """A run, of which `amid(job)` is called before the first put that is `of` these."""
    begun = []
    s3.proxy.fail("put", fp.after(lambda: amid(begun[0])), where=of)
    frame = jobs.panel(600, 4, seed=9)
    words = ("--data", jobs.write(frame, "panel.csv"), "--end-date", jobs.last_day(frame), "--no-progress")
    os.makedirs("tmp", exist_ok=True)
    begun.append(subprocess.Popen(jobs.command(*words, "--output", s3.uri("results"), ranks=ranks),
                                  env=s3.environment(TMPDIR=os.path.abspath("tmp")), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    return begun[0]


def terminate(job):
    job.send_signal(signal.SIGTERM)


def ended(job):
    out, err = job.communicate(timeout=300)
    return subprocess.CompletedProcess(job.args, job.returncode, out, err)


def is_summary(request):
    return request.path.endswith("results/summary.json")


def left():
    return [name for name in os.listdir("tmp") if name.startswith("pulse-train-")]


def s3_interrupts__amid_the_last_upload_all_is_delivered():
    """The server has all of it when the signal comes: saying that nothing was written would be wrong."""
    with own_bucket() as s3:
        done = ended(started(s3, 0, terminate, is_summary))
        assert sum(bool(r.fault) for r in s3.proxy.requests("put")) == 1, done
        assert done.returncode == 0, done
        # Where server and machine are slow, the seconds after a signal do not suffice to tidy up, which it says.
        assert all("the results are complete, but" in line for line in done.stderr.splitlines()), done
        assert s3.keys("results/") == [f"results/{name}" for name in NAMES] and left() == []


def s3_interrupts__before_the_last_upload_the_message_claims_nothing_wrong():
    with own_bucket() as s3:
        done = ended(started(s3, 0, terminate, lambda request: "results/results." in request.path))
        assert done.returncode == 143 and "nothing was written" not in done.stderr, done
        assert "results/summary.json" not in s3.keys()


def s3_interrupts__a_rank_that_dies_leaves_no_directory():
    with own_bucket() as s3:
        done = ended(started(s3, 2, lambda job: os.kill(ranks_of(job, 2)[1], signal.SIGKILL), is_summary))
        assert done.returncode != 0 and left() == [], (done, left())


def s3_interrupts__a_put_that_is_ended_between_parts_leaves_no_upload():
    write("large.bin", noise(40 << 20))
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        with own_bucket() as s3:
            begun = []
            s3.proxy.fail("part", fp.after(lambda: begun[0].send_signal(number)))
            words = [os.path.join(jobs.binaries(), "pulse-data"), "put", "--s3-concurrency", "1", "large.bin", s3.uri("k")]
            begun.append(subprocess.Popen(words, env=s3.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            done = ended(begun[0])
            jobs.expect(done, code, signal.Signals(number).name)
            assert done.stderr.count("error: ") == 1 and "parts of the broken upload" not in done.stderr, done
            assert s3.proxy.count("part") < 5 and s3.proxy.count("abort") == 1
            assert s3.uploads() == [] and s3.keys() == []


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
