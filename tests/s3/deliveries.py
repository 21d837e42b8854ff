#!/usr/bin/python3
"""deliveries.py [CASE…]: results in S3 replace those of an earlier run as one thing, whenever the run is ended."""
import io
import json
import os
import re
import signal
import subprocess
import sys

import fault_proxy as fp
from support import PART, jobs, noise, own_bucket

NAMES = ["report.html", "results.h5", "summary.json"]
SMALL = ("--no-progress", "--no-checkpoint", "--min-history", 100)


def panel(s3):
    frame = jobs.panel(300, 3, 5)
    return ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), *SMALL,
            "--output", s3.uri("results"))


def found(s3):
    """The fingerprint that summary.json has and all files that it names; None where there is no summary."""
    import h5py
    keys = s3.keys("results/")
    if "results/summary.json" not in keys:
        return None
    summary = json.loads(s3.get("results/summary.json"))
    with h5py.File(io.BytesIO(s3.get(f"results/{summary['results']['file']}"))) as file:
        seen = {summary["fingerprint"], file.attrs["fingerprint"].decode()}
    page = s3.get(f"results/{summary['results']['report']}").decode()
    seen.add(re.search('<meta name="fingerprint" content="([0-9a-f]{32})">', page).group(1))
    assert len(seen) == 1, seen
    return seen.pop()


def made(s3, *words):
    """By a run that is left alone: under the names that everybody knows, and nothing else is left."""
    s3.proxy.heal()
    jobs.expect(s3.train(*words), 0)
    assert s3.keys("results/") == [f"results/{name}" for name in NAMES], s3.keys()
    assert s3.uploads() == []
    return found(s3)


def is_delivery(request):
    return "/results/" in request.path and "/.claims/" not in request.path


def ended_at(s3, words, skip, number, when):
    """A run that gets a signal around its request number `skip` of the delivery; how it ended."""
    job = None

    async def fault(exchange):
        if when == "after":
            await exchange.forward()
        os.kill(job.pid, number)
        if when == "instead":
            fp.reset(exchange.writer)
        if exchange.reply is None:
            await exchange.forward()
    fault.name = f"signal {number} {when}"
    s3.proxy.heal()
    s3.proxy.fail("put delete", fault, skip=skip, where=is_delivery)
    os.makedirs("tmp", exist_ok=True)
    job = subprocess.Popen(jobs.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           text=True, env=s3.environment(PULSE_CLAIM_SECONDS="1", TMPDIR=os.path.abspath("tmp")))
    out, err = job.communicate(timeout=300)
    reached = any(r.fault for r in s3.proxy.requests("put delete"))
    return subprocess.CompletedProcess(job.args, job.returncode, out, err), reached


def over_older_results(number, when):
    """Old until one request, new from it on; of the report, of pulse-report, and of what is left."""
    with own_bucket() as s3:
        words = panel(s3)
        new = made(s3, *words, "--ridge", 10)
        old = made(s3, *words)
        seen, skip = [], 0
        while True:
            done, reached = ended_at(s3, (*words, "--ridge", 10), skip, number, when)
            if not reached:
                break
            seen.append(found(s3))
            jobs.expect(s3.report(s3.uri("results"), "--output", "page.html"), 0)
            if number == signal.SIGTERM:
                assert done.returncode in (0, 143), done
                assert (done.returncode == 0) == (seen[-1] == new), "it says what is so"
            assert made(s3, *words) == old
            skip += 1
        print(f"{len(seen)} deliveries ended, {seen.count(old)} with the old results")
        assert len(seen) >= 8 and set(seen) == {old, new}
        assert seen == sorted(seen, key=lambda which: which == new), seen


def s3_deliveries__killed_before_any_request_all_old_or_all_new():
    over_older_results(signal.SIGKILL, "instead")


def s3_deliveries__killed_after_any_request_all_old_or_all_new():
    over_older_results(signal.SIGKILL, "after")


def s3_deliveries__signalled_before_any_request_all_old_or_all_new():
    over_older_results(signal.SIGTERM, "before")


def s3_deliveries__signalled_after_any_request_all_old_or_all_new():
    over_older_results(signal.SIGTERM, "after")


def s3_deliveries__lost_answers_and_refusals_all_old_or_all_new():
    """Of each request: it fails for good, or all its answers are lost."""
    with own_bucket() as s3:
        words = panel(s3)
        new = made(s3, *words, "--ridge", 10)
        old = made(s3, *words)
        for fault in (fp.error(403, "AccessDenied"), fp.lost):
            seen = []
            for skip in range(20):
                s3.proxy.heal()
                s3.proxy.fail("put delete", fault, skip=skip, times=10**6, where=is_delivery)
                s3.train(*words, "--ridge", 10, env=s3.environment(AWS_MAX_ATTEMPTS="2"))
                if not any(r.fault for r in s3.proxy.requests("put delete")):
                    break
                seen.append(found(s3))
                assert made(s3, *words) == old
            assert len(seen) >= 5 and set(seen) == {old, new}, seen


def s3_deliveries__without_the_right_to_copy_they_keep_their_names():
    with own_bucket() as s3:
        words = panel(s3)
        made(s3, *words)
        s3.proxy.heal()
        s3.proxy.fail("put", fp.error(403, "AccessDenied"), times=10**6,
                      where=lambda r: r.path.endswith("results/results.h5"))
        jobs.expect(s3.train(*words, "--ridge", 10), 0)
        keys = [key.removeprefix("results/") for key in s3.keys("results/")]
        assert [re.sub(r"\.[0-9a-f]{16}", "", key) for key in keys] == NAMES and keys[0] != NAMES[0], keys
        fingerprint = found(s3)
        first = s3.get(f"results/{keys[0]}")
        jobs.expect(s3.report(s3.uri("results")), 0)
        assert s3.get(f"results/{keys[0]}") == first and len(s3.keys("results/")) == 3
        s3.done("get", "-r", s3.uri("results/"), "here")
        jobs.expect(s3.report("here"), 0)
        assert made(s3, *words, "--ridge", 10) == fingerprint


def s3_deliveries__uploads_that_killed_runs_left_open_are_aborted():
    """Those of runs alone: a user's own below the prefix go on."""
    with own_bucket() as s3:
        words = panel(s3)
        keys = ("results.0123456789abcdef.h5", "results.0123456789abcdef.001.h5", "results.h5", ".checkpoint/a.spans",
                "mine.h5", "deep/results.h5")
        for key in keys:
            key = f"results/{key}"
            upload = s3.boto.create_multipart_upload(Bucket=s3.bucket, Key=key)["UploadId"]
            s3.boto.upload_part(Bucket=s3.bucket, Key=key, UploadId=upload, PartNumber=1, Body=noise(PART))
        jobs.expect(s3.train(*words), 0)
        left = sorted(upload["Key"] for upload in s3.uploads())
        assert left == ["results/deep/results.h5", "results/mine.h5"], left


def s3_deliveries__a_prefix_may_have_odd_characters():
    """What is copied is named in a header."""
    with own_bucket() as s3:
        words = (*panel(s3)[:-1], s3.uri("results/a b+c=é%20/d"))
        for _ in range(2):
            jobs.expect(s3.train(*words), 0)
            assert s3.keys("results/") == [f"results/a b+c=é%20/d/{name}" for name in NAMES], s3.keys()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
