#!/usr/bin/python3
"""server.py [CASE…]: the server and the proxy the S3 tests stand on do what those tests believe.

boto3 alone is the client here, so a fault of ours cannot hide in both ends.
"""
import socket
import sys
import time

from support import PART, client, jobs, noise, own_bucket, swift

import fault_proxy as fp
from botocore.exceptions import BotoCoreError, ClientError
from http.client import HTTPException


def code_of(call, **arguments):
    """(HTTP status, S3's code) with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as failure:
        return (failure.response["ResponseMetadata"]["HTTPStatusCode"],
                failure.response["Error"]["Code"])
    raise AssertionError("it was not refused")


def breaks(call, **arguments):
    """Whether the call ends in an error of the connection."""
    try:
        reply = call(**arguments)
        if "Body" in reply:
            reply["Body"].read()
    except (BotoCoreError, HTTPException, OSError):
        return True
    return False


def s3_server__checks_signatures_regions_and_hashes():
    with own_bucket() as s3:
        s3.put("a", b"abc")
        assert s3.get("a") == b"abc"
        port = s3.state["port"]
        for wrong, said in ((client(port, secret="no"), (403, "SignatureDoesNotMatch")),
                            (client(port, key="test:nobody"), (403, "SignatureDoesNotMatch"))):
            found = code_of(wrong.get_object, Bucket=s3.bucket, Key="a")
            assert found == said, (found, said)
        found = code_of(s3.boto.put_object, Bucket=s3.bucket, Key="b", Body=b"abc",
                        ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
        assert found == (400, "BadDigest"), found
        # boto3 reads the right region out of the refusal
        client(s3.proxy.port, region="eu-west-1").get_object(Bucket=s3.bucket, Key="a")
        assert [r.status for r in s3.proxy.requests()] == [400, 200], s3.proxy.requests()


def s3_server__pins_versions_and_lists_in_pages():
    with own_bucket() as s3:
        s3.put("a", b"abcdef")
        first = s3.boto.get_object(Bucket=s3.bucket, Key="a", Range="bytes=-2")
        assert first["Body"].read() == b"ef" and first["ContentRange"] == "bytes 4-5/6"
        s3.put("a", b"ghijkl")
        found = code_of(s3.boto.get_object, Bucket=s3.bucket, Key="a", IfMatch=first["ETag"])
        assert found[0] == 412, found
        s3.put("b", b"")
        page = s3.boto.list_objects_v2(Bucket=s3.bucket, MaxKeys=1)
        assert page["IsTruncated"] and page["NextContinuationToken"]
        assert s3.keys() == ["a", "b"]


def s3_server__keeps_multipart_uploads_until_they_end():
    with own_bucket() as s3:
        upload = s3.boto.create_multipart_upload(Bucket=s3.bucket, Key="big")["UploadId"]
        where = {"Bucket": s3.bucket, "Key": "big", "UploadId": upload}
        parts = [s3.boto.upload_part(**where, PartNumber=n, Body=noise(PART if n < 2 else 10, n))
                 for n in (1, 2)]
        assert [u["UploadId"] for u in s3.uploads()] == [upload] and s3.keys() == []
        s3.boto.complete_multipart_upload(**where, MultipartUpload={"Parts": [
            {"PartNumber": n, "ETag": part["ETag"]} for n, part in enumerate(parts, 1)]})
        assert s3.uploads() == []
        assert s3.get("big") == noise(PART, 1) + noise(10, 2)


def s3_server__logs_every_request():
    with own_bucket() as s3:
        for _ in range(3):
            s3.put("a key", b"abc")
        s3.boto.head_object(Bucket=s3.bucket, Key="a key")
        end = time.monotonic() + 60
        while len(swift.requests(s3.state["root"], s3.bucket)) < 5 and time.monotonic() < end:
            time.sleep(0.05)
        found = swift.requests(s3.state["root"], s3.bucket)
        assert [f[0] for f in found] == ["PUT", "PUT", "PUT", "PUT", "HEAD"], found
        assert all(f[2] == 200 for f in found), found


def s3_proxy__passes_on_what_it_has_no_fault_for():
    with own_bucket() as s3:
        boto = client(s3.proxy.port)
        body = noise(300000)
        boto.put_object(Bucket=s3.bucket, Key="odd key+%/ü", Body=body)
        assert boto.get_object(Bucket=s3.bucket, Key="odd key+%/ü")["Body"].read() == body
        assert boto.head_object(Bucket=s3.bucket, Key="odd key+%/ü")["ContentLength"] == len(body)
        boto.list_objects_v2(Bucket=s3.bucket)
        boto.delete_object(Bucket=s3.bucket, Key="odd key+%/ü")
        upload = boto.create_multipart_upload(Bucket=s3.bucket, Key="m")["UploadId"]
        boto.upload_part(Bucket=s3.bucket, Key="m", UploadId=upload, PartNumber=1, Body=b"x")
        boto.abort_multipart_upload(Bucket=s3.bucket, Key="m", UploadId=upload)
        boto.list_multipart_uploads(Bucket=s3.bucket)
        kinds = [r.kind for r in s3.proxy.requests()]
        assert kinds == ["put", "get", "head", "list", "delete", "initiate", "part", "abort",
                         "uploads"], kinds
        assert s3.proxy.bytes("get") == len(body) and s3.proxy.bytes("head") == 0


def s3_proxy__answers_in_the_server_s_stead():
    with own_bucket() as s3:
        s3.put("a", b"abc")
        boto = client(s3.proxy.port)
        s3.proxy.fail("get", fp.error(503, "SlowDown", ("Retry-After", "1")), times=2, skip=1)
        get = {"Bucket": s3.bucket, "Key": "a"}
        assert boto.get_object(**get)["Body"].read() == b"abc"
        for _ in range(2):
            assert code_of(boto.get_object, **get) == (503, "SlowDown")
        assert boto.get_object(**get)["Body"].read() == b"abc"
        assert [r.status for r in s3.proxy.requests()] == [200, 503, 503, 200]
        assert len([r for r in s3.proxy.requests() if r.fault]) == 2


def s3_proxy__breaks_connections_where_it_should():
    with own_bucket() as s3:
        body = noise(400000)
        s3.put("a", body)
        boto = client(s3.proxy.port)
        for fault in (fp.reset_before, fp.close_before, fp.lost, fp.reset_in_body, fp.short_body):
            s3.proxy.heal()
            s3.proxy.fail("get", fault)
            assert breaks(boto.get_object, Bucket=s3.bucket, Key="a"), fault.name
            assert boto.get_object(Bucket=s3.bucket, Key="a")["Body"].read() == body
        s3.proxy.fail("put", fp.lost)
        assert breaks(boto.put_object, Bucket=s3.bucket, Key="b", Body=b"done")
        assert s3.get("b") == b"done"
        s3.proxy.fail("put", fp.reset_before)
        assert breaks(boto.put_object, Bucket=s3.bucket, Key="c", Body=b"not done")
        assert s3.keys() == ["a", "b"]


def s3_proxy__sends_wrong_bytes_and_slow_ones():
    with own_bucket() as s3:
        s3.put("a", bytes(1000))
        boto = client(s3.proxy.port)
        get = {"Bucket": s3.bucket, "Key": "a"}
        s3.proxy.fail("get", fp.flip)
        wrong = boto.get_object(**get)["Body"].read()
        assert len(wrong) == 1000 and sum(wrong) == 1
        s3.proxy.fail("get", fp.trickle(100, 0.01))
        started = time.monotonic()
        assert boto.get_object(**get)["Body"].read() == bytes(1000)
        assert time.monotonic() - started >= 0.09  # nine pauses of ten milliseconds
        s3.proxy.fail("get", fp.stall)
        with socket.create_connection(("127.0.0.1", s3.proxy.port), timeout=3) as raw:
            url = boto.generate_presigned_url("get_object", Params=get).split("/", 3)[3]
            raw.sendall(f"GET /{url} HTTP/1.1\r\nHost: 127.0.0.1:{s3.proxy.port}\r\n\r\n".encode())
            got = b""
            try:
                while True:
                    got += raw.recv(65536)
            except TimeoutError:
                pass
        assert b"Content-Length:" in got and got.endswith(bytes(400)), got
        s3.proxy.fail("put", fp.flip_upload)
        found = code_of(boto.put_object, Bucket=s3.bucket, Key="b", Body=b"abc")
        assert found[0] == 400 and s3.keys() == ["a"], found


def s3_proxy__keeps_another_clock_and_checks_signatures_by_it():
    with own_bucket() as s3:
        s3.put("a", b"abc")
        get = {"Bucket": s3.bucket, "Key": "a"}
        good, bad = client(s3.proxy.port), client(s3.proxy.port, secret="no")
        s3.proxy.fail("", fp.clock(0, swift.KEY, swift.SECRET, swift.REGION), times=3)
        assert good.get_object(**get)["Body"].read() == b"abc"
        assert good.list_objects_v2(Bucket=s3.bucket, Prefix="a b/+")["KeyCount"] == 0
        assert code_of(bad.get_object, **get) == (403, "SignatureDoesNotMatch")
        s3.proxy.fail("", fp.clock(7200, swift.KEY, swift.SECRET, swift.REGION))
        assert code_of(good.get_object, **get) == (403, "RequestTimeTooSkewed")


def s3_proxy__asks_for_the_session_token_of_the_hour():
    with own_bucket() as s3:
        s3.put("a", b"abc")
        s3.proxy.fail("", fp.token(lambda: "tok"), times=9)
        boto = client(s3.proxy.port)
        get = {"Bucket": s3.bucket, "Key": "a"}
        assert code_of(boto.get_object, **get) == (400, "ExpiredToken")
        boto._request_signer._credentials.token = "tok"
        assert boto.get_object(**get)["Body"].read() == b"abc"


def s3_proxy__random_faults_repeat_with_their_seed():
    with own_bucket() as s3:
        s3.put("a", noise(100))
        boto = client(s3.proxy.port)
        seen = []
        for _ in range(2):
            s3.proxy.heal()
            s3.proxy.fail_randomly(0.3, seed=7, faults=(fp.error(500, "InternalError"), fp.short_body))
            for _ in range(40):
                try:
                    boto.get_object(Bucket=s3.bucket, Key="a")["Body"].read()
                except (ClientError, BotoCoreError, HTTPException):
                    pass
            seen.append([r.fault for r in s3.proxy.requests()])
        assert seen[0] == seen[1] and 4 < sum(bool(f) for f in seen[0]) < 20, seen[0]


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
