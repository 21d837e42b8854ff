#!/usr/bin/python3
"""leases.py [CASE…]: a prefix is one run's at a time; the dead hold nothing, and what is lost is reported."""
import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import fault_proxy as fp
from support import files, jobs, own_bucket

NAMES = ("report.html", "results.h5", "summary.json")
ELSEWHERE = {"host": "elsewhere", "boot": "another", "pids": "pid:[1]", "pid": 77, "pid_began": 5,
             "batch_job": "", "batch_attempt": 0, "since": 1700000000, "renew_seconds": 60, "ended": False}


def options(rows=1500, variables=12):
    """A panel on disk."""
    frame = jobs.panel(rows, variables, seed=9)
    return ("--data", jobs.write(frame, "panel.csv"), "--end-date", jobs.last_day(frame),
            "--no-progress", "--checkpoint-seconds", 0, "--ridge", "1,2,3,4,5,6,7,8,9,10")


def leases(s3):
    return s3.keys("results/.claims/")


def lease(s3):
    """What the only lease says; None where there is none."""
    found = leases(s3)
    assert len(found) <= 1, found
    try:
        return json.loads(s3.get(found[0])) if found else None
    except s3.boto.exceptions.NoSuchKey:
        return None


def plant(s3, name="feedfeedfeedfeed", **more):
    s3.put(f"results/.claims/{name}", json.dumps({**ELSEWHERE, **more}))


def is_lease(request):
    return "/.claims/" in request.path or ".claims%2F" in request.target


def start(s3, words, count=0, **more):
    env = s3.environment(**more)
    return subprocess.Popen(jobs.command(*words, "--output", s3.uri("results"), ranks=count), env=env,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(job):
    out, err = job.communicate(timeout=300)
    return subprocess.CompletedProcess(job.args, job.returncode, out, err)


@contextlib.contextmanager
def held(s3, words, count=0, **more):
    """A run that has the prefix, with what its lease says; its first rank is suspended, having seen nobody else's."""
    s3.proxy.heal()
    said, stopped = {}, threading.Event()

    @fp.named("stopped")
    async def stop(exchange):
        said.update(await asyncio.get_running_loop().run_in_executor(None, lease, s3))
        await exchange.forward()
        os.kill(said["pid"], signal.SIGSTOP)
        stopped.set()
    s3.proxy.fail("list", stop, where=is_lease)
    job = start(s3, words, count, **more)
    while not stopped.wait(0.2):
        assert job.poll() is None, job.communicate()
    try:
        yield job, said
    finally:
        if job.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(said["pid"], signal.SIGCONT)
            if sys.exc_info()[0]:
                job.kill()


def go_on(said):
    os.kill(said["pid"], signal.SIGCONT)


def run(s3, words, count=0, **more):
    return s3.train(*words, "--output", s3.uri("results"), ranks=count, env=s3.environment(**more))


def whole(s3):
    assert s3.keys("results/") == [f"results/{name}" for name in NAMES], s3.keys()


# ---- One at a time ------------------------------------------------------------------------------


def refused_while_another_runs(count):
    with own_bucket() as s3:
        words = options(500, 4)
        with held(s3, words, count) as (job, said):
            done = run(s3, words, count)
            jobs.expect(done, 75, f"--output {s3.uri('results')}", "another run is at work",
                        f"pid {said['pid']} on {os.uname().nodename}", "since 2", "choose another prefix", "expires in 2")
            assert lease(s3) == said
            assert s3.done("ls", s3.uri("results/")) == "", "hidden from who lists results"
            go_on(said)
            jobs.expect(finish(job), 0)
        whole(s3)


def s3_leases__a_second_run_is_refused_while_the_first_runs():
    refused_while_another_runs(0)


def s3_leases__a_second_job_of_ranks_is_refused_while_the_first_runs():
    refused_while_another_runs(3)


def s3_leases__of_those_that_start_at_once_one_runs_after_the_other():
    """Three that all put their leases before any looks: all give way, and then one gets it."""
    with own_bucket() as s3:
        words = options(800, 6)
        barrier = threading.Barrier(3)
        s3.proxy.fail("list", fp.after(lambda: barrier.wait(200)), times=3, where=is_lease)
        started = [start(s3, words) for _ in range(3)]
        ended = [finish(job) for job in started]
        codes = sorted(done.returncode for done in ended)
        assert codes[0] == 0 and set(codes) <= {0, 75}, [done.stderr for done in ended]
        puts = [re.sub(r"\.[0-9a-f]{16}", "", r.path.rsplit("/", 1)[1]) for r in s3.proxy.requests("put") if not is_lease(r)
                and ".checkpoint" not in r.path]
        order = ["results.h5", "report.html", "summary.json"] * 2  # under names of its own first
        assert puts == order * codes.count(0), puts
        assert len([r for r in s3.proxy.requests("list") if r.fault]) == 3 and not barrier.broken
        assert len([r for r in s3.proxy.requests("put") if is_lease(r)]) > 3, "all three gave way"
        whole(s3)


# ---- The dead -----------------------------------------------------------------------------------


def at_once(s3, done, *words):
    """Taken over, with a line that says why, by the first lease it put."""
    jobs.expect(done, 0)
    lines = [line for line in done.stderr.splitlines() if "is taken over" in line]
    assert len(lines) == 1 and all(word in lines[0] for word in words), done.stderr
    whole(s3)


def puts_of_leases(s3):
    return len({r.path for r in s3.proxy.requests("put") if is_lease(r)})


def s3_leases__a_killed_run_holds_nothing_on_its_host():
    """Though nobody has waited for the process yet."""
    with own_bucket() as s3:
        words = options()
        with held(s3, words) as (job, said):
            job.kill()
            s3.proxy.heal()
            at_once(s3, run(s3, words), f"pid {said['pid']} on", "its process has ended")
            assert puts_of_leases(s3) == 1
        job.communicate()


def s3_leases__killed_ranks_hold_nothing_on_their_host():
    with own_bucket() as s3:
        words = options()
        with held(s3, words, 3) as (job, said):
            os.kill(said["pid"], signal.SIGKILL)
            job.communicate()
            at_once(s3, run(s3, words, 3), "its process has ended")


def dated(offset, key=""):
    """Listings in which objects (whose key holds `key`) were written so many seconds later."""
    def alter(reply):
        def shift(match):
            when = time.mktime(time.strptime(match[2], "%Y-%m-%dT%H:%M:%S.000Z")) - time.timezone + offset
            return match[1] + time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(when))
        reply.body = re.sub(r"(<Key>[^<]*" + key + r"[^<]*</Key>.*?<LastModified>)([^<]*)", shift,
                            reply.body.decode(), flags=re.S).encode()
        reply.headers = [(n, v) for n, v in reply.headers if n.lower() != "content-length"]
    return fp.change(alter)


def s3_leases__from_elsewhere_are_believed_while_they_are_fresh():
    """By the server's clock, whatever ours says: all its dates are a day old."""
    with own_bucket() as s3:
        words = options(500, 4)
        plant(s3)
        s3.proxy.fail("list", dated(-86400), times=1000, where=is_lease)
        done = run(s3, words)
        jobs.expect(done, 75, "pid 77 on elsewhere", "since 2023-11-14T22:13:20Z")
        assert s3.keys("results/") == ["results/.claims/feedfeedfeedfeed"]
        assert puts_of_leases(s3) == 1, "a name for all tries"


def heard_of(done, listed, before):
    """The age in the message is that of the listing: as old, and no older than the case has run since."""
    age = int(re.search(r"not renewed for (\d+) s", done.stderr)[1])
    assert listed <= age <= listed + time.time() - before + 2, done.stderr


def s3_leases__that_say_nothing_hold_as_long_as_others():
    with own_bucket() as s3:
        words = options(500, 4)
        before = time.time()
        s3.put("results/.claims/x", b"\0{no lease")
        jobs.expect(run(s3, words), 75, "an unknown process")
        s3.proxy.fail("list", dated(-310, "x"), times=1000, where=is_lease)
        done = run(s3, words)
        at_once(s3, done)
        heard_of(done, 310, before)


def s3_leases__from_elsewhere_lapse_when_they_are_not_renewed():
    with own_bucket() as s3:
        words = options(500, 4)
        before = time.time()
        plant(s3)
        plant(s3, "ended", ended=True)
        s3.proxy.fail("list", dated(-310, "feed"), times=1000, where=is_lease)
        done = run(s3, words)
        at_once(s3, done, "pid 77 on elsewhere")
        heard_of(done, 310, before)


def s3_leases__of_an_earlier_attempt_of_the_job_are_dead():
    """A retry of AWS Batch on another host need not wait; a node says its index behind the job's id."""
    with own_bucket() as s3:
        words = options(500, 4)
        plant(s3, batch_job="6c1c1c1c-job", batch_attempt=1)
        batch = {"AWS_BATCH_JOB_ID": "6c1c1c1c-job#0", "AWS_BATCH_JOB_ATTEMPT": "2"}
        at_once(s3, run(s3, words, 3, **batch), "AWS Batch job 6c1c1c1c-job, attempt 1", "earlier attempt")
        plant(s3, batch_job="6c1c1c1c-job", batch_attempt=3)
        jobs.expect(run(s3, words, **batch), 75, "AWS Batch job 6c1c1c1c-job, attempt 3")


# ---- Keeping it ---------------------------------------------------------------------------------


def s3_leases__are_renewed_while_results_are_uploaded():
    with own_bucket() as s3:
        words = options(500, 4)
        s3.proxy.fail("put", fp.after(lambda: time.sleep(3.5)), where=lambda r: "/results." in r.path)
        began = time.monotonic()
        jobs.expect(run(s3, words, PULSE_CLAIM_SECONDS="1"), 0)
        renewed = [r for r in s3.proxy.requests("put") if is_lease(r)]
        assert 3 <= len(renewed) <= 5 + time.monotonic() - began and len({r.path for r in renewed}) == 1, renewed
        whole(s3)


def s3_leases__that_were_taken_meanwhile_end_the_run():
    """The lease is gone and another's is there: nothing of ours is written, nothing kept."""
    with own_bucket() as s3:
        words = options(500, 4)
        for count in (0, 3):
            with held(s3, words, count) as (job, said):
                s3.boto.delete_object(Bucket=s3.bucket, Key=leases(s3)[0])
                plant(s3)
                go_on(said)
                jobs.expect(finish(job), 75, f"--output {s3.uri('results')}", "was lost", "nothing was written")
            there = [key for key in s3.keys("results/") if not key.startswith("results/.checkpoint/")]
            assert there == ["results/.claims/feedfeedfeedfeed"], there
            assert files(os.environ["TMPDIR"]) == [], files(os.environ["TMPDIR"])
            s3.boto.delete_object(Bucket=s3.bucket, Key="results/.claims/feedfeedfeedfeed")


def s3_leases__taken_amid_the_delivery_end_it():
    """Another takes the prefix over while results.h5 goes up: the summary, which would name ours as whole, does not."""
    with own_bucket() as s3:
        def take_over():
            s3.boto.delete_object(Bucket=s3.bucket, Key=leases(s3)[0])
            plant(s3)
        words = options(500, 4)
        s3.proxy.fail("put", fp.after(take_over), where=lambda r: "/results." in r.path)
        jobs.expect(run(s3, words), 75, f"--output {s3.uri('results')}", "was lost")
        assert s3.proxy.count("put") > 0 and "results/summary.json" not in s3.keys(), s3.keys()
        assert leases(s3) == ["results/.claims/feedfeedfeedfeed"]


def s3_leases__renewed_too_late_are_given_up():
    """Suspended for longer than the lease holds, while another, who has not swept yet, takes over."""
    with own_bucket() as s3:
        words = options()
        with held(s3, words, PULSE_CLAIM_SECONDS="1") as (job, said):
            time.sleep(6)
            plant(s3)
            go_on(said)
            jobs.expect(finish(job), 75, "was lost")
        assert leases(s3) == ["results/.claims/feedfeedfeedfeed"]
        assert not [key for key in s3.keys("results/") if key.endswith(NAMES)]


# ---- The end ------------------------------------------------------------------------------------


def s3_leases__go_with_a_signal():
    with own_bucket() as s3:
        words = options()
        for number, code, count in ((signal.SIGTERM, 143, 0), (signal.SIGINT, 130, 0), (signal.SIGTERM, 143, 3)):
            with held(s3, words, count) as (job, said):
                os.kill(said["pid"], number)
                go_on(said)
                done = finish(job)
            jobs.expect(done, code, "interrupted")
            assert leases(s3) == [], s3.keys()


def s3_leases__are_none_of_a_dry_run():
    with own_bucket() as s3:
        jobs.expect(run(s3, (*options(500, 4), "--dry-run")), 0)
        assert s3.keys() == [] and s3.proxy.count("put delete") == 0


# ---- Of the workers of a study ------------------------------------------------------------------

SPACE = """\
options: {{data: {data}, end-date: {end}, min-history: 100}}
search: {{caution: [0, 0.5, 1]}}
"""


@contextlib.contextmanager
def study():
    """A study of one family of three trials in S3: the server, and what tunes with so many ranks."""
    with own_bucket() as s3:
        frame = jobs.panel(500, 4, seed=9)
        s3.put("study/space.yaml", SPACE.format(data=jobs.write(frame, "panel.csv"), end=jobs.last_day(frame)))

        def tune(count):
            return jobs.run("run", s3.uri("study"), "--no-progress", ranks=count, env=s3.environment(),
                            executable=os.path.join(jobs.binaries(), "pulse-tune"))
        yield s3, tune


def done_trials(s3):
    return [key for key in s3.keys("study/trials/") if key.endswith("summary.json")]


def s3_leases__that_a_worker_lost_cost_it_a_family_and_no_more():
    for count in (0, 3):
        with study() as (s3, tune):
            def lose():
                s3.boto.delete_object(Bucket=s3.bucket, Key=s3.keys("study/leases/")[0])
            s3.proxy.fail("put", fp.after(lose), where=lambda r: r.path.endswith("losses.h5"))
            done = tune(count)
            jobs.expect(done, 0)
            lines = [line for line in jobs.own_lines(done) if "the lease was lost" in line]
            assert len(lines) == 1 and s3.uri("study/leases/") in lines[0], done.stderr
            assert len(done_trials(s3)) == 3 and s3.keys("study/leases/") == [], s3.keys()


def s3_leases__of_families_that_are_finished_go_with_the_next_worker():
    """A worker that is killed after its last trial leaves one that nobody would ask for again."""
    with study() as (s3, tune):
        s3.proxy.fail("put", fp.after(lambda: family.extend(s3.keys("study/leases/"))),
                      where=lambda r: r.path.endswith("losses.h5"))
        family = []
        jobs.expect(tune(0), 0)
        s3.put(f"{os.path.dirname(family[0])}/feedfeedfeedfeed", json.dumps({**ELSEWHERE, "ended": True}))
        jobs.expect(tune(2), 0)
        assert s3.keys("study/leases/") == [] and len(done_trials(s3)) == 3, s3.keys()


# ---- Permissions --------------------------------------------------------------------------------


def s3_leases__that_may_not_be_listed_are_warned_about():
    """Credentials that may only put: the run goes on, and nothing of the lease stays."""
    with own_bucket() as s3:
        words = (*options(500, 4), "--no-checkpoint")
        s3.proxy.fail("list", fp.error(403, "AccessDenied"), times=1000)
        done = run(s3, words, 3)
        jobs.expect(done, 0)
        lines = [line for line in jobs.own_lines(done) if "another run" in line]
        assert len(lines) == 1 and "AccessDenied" in lines[0] and s3.uri("results") in lines[0], done.stderr
        whole(s3)


def s3_leases__that_may_not_be_deleted_say_that_they_have_ended():
    with own_bucket() as s3:
        words = (*options(500, 4), "--no-checkpoint")
        for runs in (1, 2):
            s3.proxy.heal()
            s3.proxy.fail("delete", fp.error(403, "AccessDenied"), times=1000)
            done = run(s3, words)
            jobs.expect(done, 0)
            assert jobs.own_lines(done) == [], done.stderr
            assert puts_of_leases(s3) == 1
            assert len(leases(s3)) == runs
            assert all(json.loads(s3.get(key))["ended"] for key in leases(s3))
        jobs.expect(run(s3, words), 0)


def s3_leases__that_cannot_be_listed_for_now_are_a_temporary_failure():
    with own_bucket() as s3:
        words = options(500, 4)
        s3.proxy.fail("list", fp.error(503, "SlowDown"), times=1000, where=is_lease)
        done = run(s3, words, 3, AWS_MAX_ATTEMPTS="2")
        jobs.expect(done, 75, "SlowDown")
        assert s3.keys() == []


# ---- Checkpoints --------------------------------------------------------------------------------


def s3_leases__a_checkpoint_of_two_outputs_harms_neither():
    """Two runs of the same numbers that share one: the first to end removes what both saved."""
    with own_bucket() as s3:
        words = (*options(500, 4), "--checkpoint", s3.uri("saved"))
        with held(s3, words) as (job, said):
            jobs.expect(s3.train(*words, "--output", s3.uri("other")), 0)
            go_on(said)
            jobs.expect(finish(job), 0)
        whole(s3)
        assert s3.keys("saved/") == []
        assert s3.get("results/results.h5") == s3.get("other/results.h5")


def s3_leases__what_is_replaced_while_it_is_read_is_read_again():
    """The lease of a run that renews it, and the record of a workflow."""
    with own_bucket() as s3:
        words = options(300, 3)
        plant(s3, ended=True)
        s3.proxy.fail("get", fp.after(lambda: plant(s3, ended=True, since=1700000001)), where=is_lease)
        jobs.expect(finish(start(s3, words)), 0)
        with open("flow.yaml", "w", encoding="utf-8") as file:
            file.write(f"name: a\nresults: {s3.uri('flow')}\nsteps:\n"
                       "  one: {run: 'pulse-data convert panel.csv ${results}/${key}.csv'}\n")
        flow = os.path.join(jobs.binaries(), "pulse-flow")
        jobs.expect(jobs.run("run", "flow.yaml", "--quiet", executable=flow, env=s3.env), 0)
        record = s3.get("flow/flow.json")
        s3.proxy.fail("get", fp.after(lambda: s3.put("flow/flow.json", record + b"\n")),
                      where=lambda request: request.path.endswith("/flow.json"))
        said = jobs.run("status", "flow.yaml", executable=flow, env=s3.env)
        jobs.expect(said, 0)
        assert "done" in said.stdout, said.stdout


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
