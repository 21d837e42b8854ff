#!/usr/bin/python3
"""studies.py [CASE…]: a study in S3 that goes away at some moment goes on where it was, and comes to the same."""
import asyncio
import json
import os
import sys

import fault_proxy as fp
from support import jobs, own_bucket

SPACE = """\
options: {{data: {data}, end-date: {end}, min-history: 100}}
search: {{features: [lag1, lag2], caution: [0, 1]}}
"""
WAYS = (fp.error(503, "SlowDown"), fp.reset_before, fp.lost)
MOMENTS = 12


class Study:
    """A study of two families and five trials, and what tunes it. A request is asked once."""

    def __init__(self, s3, name):
        self.s3, self.name = s3, name
        frame = jobs.panel(300, 3, seed=9)
        if not os.path.exists("panel.csv"):
            jobs.write(frame, "panel.csv")
        s3.put(f"{name}/space.yaml", SPACE.format(data="panel.csv", end=jobs.last_day(frame)))
        s3.proxy.heal()

    def tune(self, command, *words, ranks=0, **env):
        return jobs.run(command, self.s3.uri(self.name), *words, ranks=ranks,
                        env=self.s3.environment(AWS_MAX_ATTEMPTS="1", **env),
                        executable=os.path.join(jobs.binaries(), "pulse-tune"))

    def work(self, ranks=0):
        return self.tune("run", "--no-progress", ranks=ranks)

    def goes_away(self, after):
        """From this request on, in one of the ways in which it can."""
        self.s3.proxy.fail("", WAYS[after % len(WAYS)], times=10**6, skip=after)

    def done(self):
        """When each trial that is whole was put, and what it is."""
        listed = self.s3.boto.list_objects_v2(Bucket=self.s3.bucket, Prefix=f"{self.name}/trials/").get("Contents", [])
        objects = {o["Key"].removeprefix(f"{self.name}/trials/"): (o["ETag"], o["LastModified"]) for o in listed}
        return {key.split("/")[0]: (seen, objects[key.replace("summary.json", "losses.h5")])
                for key, seen in objects.items() if key.endswith("summary.json")}

    def board(self):
        """The leaderboard without what trials cost."""
        done = self.tune("show", "--json", "-")
        jobs.expect(done, 0)
        said = json.loads(done.stdout)
        return {key: value for key, value in said.items() if key not in ("study", "trials", "vcpu_hours")}, [
            {key: value for key, value in trial.items() if "seconds" not in key} for trial in said["trials"]]


def moments(count):
    return sorted({i * count // MOMENTS for i in range(MOMENTS)})


def s3_studies__a_worker_that_lost_s3_goes_on_with_other_ranks():
    """Nothing that was done is done again; the leaderboard is that of a study that nothing befell."""
    with own_bucket() as s3:
        whole = Study(s3, "whole")
        jobs.expect(whole.work(), 0)
        count, expected = s3.proxy.count(), whole.board()
        assert len(whole.done()) == 5 and count > MOMENTS, count
        for i, after in enumerate(moments(count)):
            print(f"S3 goes away after {after} of {count} requests")
            study = Study(s3, f"study{after}")
            study.goes_away(after)
            away = study.work(ranks=(0, 2, 3)[i % 3])
            s3.proxy.heal()
            before = study.done()
            if len(before) < 5:
                jobs.expect(away, 75, "s3://")
            again = study.work(ranks=(3, 0, 2)[i % 3])
            jobs.expect(again, 0)
            assert f"{5 - len(before)} trials run here" in again.stdout, (after, again.stdout)
            after_all = study.done()
            assert len(after_all) == 5 and {key: after_all[key] for key in before} == before, after
            assert study.board() == expected, after
            assert s3.keys(f"study{after}/leases/") == [], after


def s3_studies__a_lease_that_was_released_hurries_nobody():
    """The time that a release may take is no limit for what comes after it: here the next family's lease takes longer."""
    @fp.named("slow")
    async def slow(exchange):
        await asyncio.sleep(11)
        await exchange.forward()

    with own_bucket() as s3:
        study = Study(s3, "study")
        s3.proxy.fail("put", slow, skip=1, where=lambda request: "/leases/" in request.path)
        jobs.expect(study.work(), 0)
        assert len(study.done()) == 5 and s3.proxy.count("put") > 5
        assert [r.fault for r in s3.proxy.requests("put")].count("slow") == 1


def s3_studies__show_and_best_say_that_s3_is_away():
    """At each of their requests: one line, exit code 75, nothing on standard output that looks like an answer."""
    with own_bucket() as s3:
        study = Study(s3, "study")
        jobs.expect(study.work(), 0)
        for words in (("show",), ("show", "--json", "-"), ("best",)):
            whole = study.tune(*words)
            jobs.expect(whole, 0)
            s3.proxy.heal()
            assert study.tune(*words).stdout == whole.stdout, "what is kept here changes nothing"
            for after in moments(s3.proxy.count()):
                s3.proxy.heal()
                study.goes_away(after)
                away = study.tune(*words)
                jobs.expect(away, 75, "s3://")
                assert away.stdout == "", (words, after, away.stdout)
            s3.proxy.heal()
            assert study.tune(*words).stdout == whole.stdout, words


def s3_studies__what_best_trains_is_where_the_command_says():
    """The proxy is not there: who asks AWS fails."""
    with own_bucket() as s3:
        study = Study(s3, "study")
        jobs.expect(study.work(), 0)
        jobs.expect(study.tune("best", "--train", "--output", s3.uri("best"), "--endpoint-url", s3.proxy.url, "--aws-region",
                               s3.region, AWS_ENDPOINT_URL_S3=None, AWS_REGION=None, https_proxy="http://127.0.0.1:9"), 0)
        assert "best/results.h5" in s3.keys("best/")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
