#!/usr/bin/python3
"""gateway.py [CASE…]: the object store is Ceph's gateway, which answers some requests in a way of its own."""
import contextlib
import json
import os
import signal
import sys

import ceph
import fault_proxy
import leases
import swift
from support import Bucket, PART, files, jobs, noise, read, write
from train import OPTIONS, fetch_results, local_results
from arrays import check_same  # after support, which knows where

BIG = noise((16 << 20) + 5)


class CephBucket(Bucket):
    key, secret, region = ceph.KEY, ceph.SECRET, ceph.REGION


@contextlib.contextmanager
def own_bucket():
    try:
        with ceph.gateway() as port, fault_proxy.Proxy(port) as proxy:
            yield CephBucket({"port": port}, proxy, "bucket-" + os.urandom(4).hex())
    except swift.CannotRun as why:
        raise jobs.Skip(why) from None


def s3_ceph__files_go_and_come_back():
    with own_bucket() as s3:
        keys = {"big": BIG, "small": noise(3000), "d/empty": b"", "d/e/a b+c=é%20&.csv": b"date,a\n2000-01-03,1\n"}
        for key, body in keys.items():
            s3.done("put", write("here", body), s3.uri(key))
            assert s3.get(key) == body, key
        assert s3.uploads() == [] and sorted(keys) == s3.keys()
        said = dict(reversed(line.split(None, 1)) for line in s3.done("ls", "-r", "-l", s3.uri()).splitlines())
        assert said == {key: str(len(body)) for key, body in keys.items()}, said
        os.remove("here")
        s3.done("get", "-r", s3.uri(), "back", "--no-cache")
        assert files("back") == sorted(keys) and all(read(f"back/{key}") == body for key, body in keys.items())
        assert s3.done("cat", s3.uri("d/e/a b+c=é%20&.csv")) == "date,a\n2000-01-03T00:00:00,1\n"
        s3.done("rm", s3.uri("small"))
        s3.done("rm", "-r", s3.uri("d/"))
        assert s3.keys() == ["big"]


def s3_ceph__an_upload_in_parts_is_whole_though_the_answer_has_no_etag():
    with own_bucket() as s3:
        answers = []
        s3.proxy.fail("complete", fault_proxy.change(lambda reply: answers.append(reply.body)), times=100)
        s3.done("put", write("here", BIG), s3.uri("x"))
        assert len(answers) == 1 and b"<ETag></ETag>" in answers[0], answers
        assert s3.get("x") == BIG and s3.uploads() == []
        # What boto3 sends in parts of another size is read, too, and replaced.
        upload = s3.boto.create_multipart_upload(Bucket=s3.bucket, Key="x")["UploadId"]
        other = noise(2 * PART + 7, 5)
        tags = [s3.boto.upload_part(Bucket=s3.bucket, Key="x", UploadId=upload, PartNumber=i + 1,
                                    Body=other[i * PART:(i + 1) * PART])["ETag"] for i in range(3)]
        s3.boto.complete_multipart_upload(Bucket=s3.bucket, Key="x", UploadId=upload, MultipartUpload={
            "Parts": [{"ETag": tag, "PartNumber": i + 1} for i, tag in enumerate(tags)]})
        s3.done("get", s3.uri("x"), "back", "--no-cache")
        assert read("back") == other
        s3.done("put", "here", s3.uri("x"))
        assert s3.get("x") == BIG


def s3_ceph__training_reads_and_writes_the_bits_of_a_disk():
    with own_bucket() as s3:
        frame = jobs.panel(4500, 60, seed=8)
        jobs.write(frame, "panel.csv")
        options = (*OPTIONS, "--end-date", jobs.last_day(frame))
        right = local_results(s3, options, "panel.csv")
        s3.done("put", "panel.csv", s3.uri("panel.csv"))
        for n in (0, 2):
            done = s3.train("--data", s3.uri("panel.csv"), "--output", s3.uri("results"), *options, ranks=n)
            jobs.expect(done, 0)
            check_same(right, fetch_results(s3)[0])
            assert s3.uploads() == []
        assert os.path.getsize("got.h5") > 16 << 20, "results in parts"
        jobs.expect(s3.report(s3.uri("results"), "--output", "page.html"), 0)


def s3_ceph__a_prefix_is_one_run_s_and_is_resumed():
    with own_bucket() as s3:
        words = leases.options()
        with leases.held(s3, words, PULSE_CLAIM_SECONDS="2") as (job, said):
            second = leases.finish(leases.start(s3, words))
            jobs.expect(second, 75, "another run is at work there", str(said["pid"]))
            os.kill(said["pid"], signal.SIGTERM)
            leases.go_on(said)
            assert leases.finish(job).returncode == 143
        assert leases.leases(s3) == []
        jobs.expect(leases.finish(leases.start(s3, words)), 0)
        names = [f"results/{name}" for name in leases.NAMES]
        assert s3.keys("results/") == names and s3.uploads() == []
        assert json.loads(s3.get("results/summary.json"))["batches"]["total"] > 0


def s3_ceph__what_it_refuses_is_said():
    with own_bucket() as s3:
        s3.put("x", b"1")
        s3.refused(3, "ls", s3.uri(), env=s3.environment(AWS_SECRET_ACCESS_KEY="wrong"), says="SignatureDoesNotMatch")
        s3.refused(3, "ls", s3.uri(), env=s3.environment(AWS_ACCESS_KEY_ID="nobody"), says="InvalidAccessKeyId")
        s3.refused(3, "ls", "s3://no-such-bucket/", says="no such bucket")
        s3.refused(2, "get", s3.uri("absent"), "here", says="absent")
        s3.refused(2, "ls", s3.uri("nothing/"), says="nothing/")
        s3.refused(2, "rm", s3.uri("absent"), says="absent")
        assert files() == []


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
