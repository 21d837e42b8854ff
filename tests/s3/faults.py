#!/usr/bin/python3
"""faults.py [CASE…]: whatever goes wrong on the way, the right bytes come or one clear line does.

Between the program and the server stands a proxy that goes wrong as asked (fault_proxy.py).
"""
import base64
import datetime
import gzip
import hashlib
import json
import os
import sys
import time
import zlib

import fault_proxy as fp
from support import files, jobs, noise, own_bucket, read, swift, write

SMALL, BIG = noise(300000, 1), noise(40 << 20, 2)  # one request; some of 8 MiB


def fetched(s3, key, body, **more):
    """get ends well with these bytes, past the cache."""
    s3.done("get", s3.uri(key), "back", env=s3.environment(XDG_CACHE_HOME="none", HOME="none"), **more)
    assert read("back") == body
    os.remove("back")
    assert files() == [], files()


def recovers(fault, times=1, kind="get"):
    """A small and a large object arrive all the same."""
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.put("big", BIG)
        for key, body in (("small", SMALL), ("big", BIG)):
            s3.proxy.heal()
            s3.proxy.fail(kind, fault, times=times)
            fetched(s3, key, body)
            hit = [r for r in s3.proxy.requests() if r.fault]
            assert len(hit) == times, s3.proxy.requests()


def s3_faults__server_errors_are_tried_again():
    recovers(fp.error(500, "InternalError"), times=2)
    recovers(fp.error(503, "SlowDown"), times=2, kind="get head")


def s3_faults__other_people_s_error_pages_are_tried_again():
    recovers(fp.plain(502))
    recovers(fp.error(429, "TooManyRequests"))


def s3_faults__broken_connections_are_tried_again():
    recovers(fp.reset_before)
    recovers(fp.close_before, kind="head")
    recovers(fp.lost)


def s3_faults__short_bodies_go_on_where_they_stopped():
    for fault in (fp.short_body, fp.reset_in_body):
        with own_bucket() as s3:
            s3.put("big", BIG)
            s3.proxy.fail("get", fault)
            fetched(s3, "big", BIG)
            got = s3.proxy.bytes("get")
            assert got <= len(BIG) * 1.02, f"{got} bytes were sent for {len(BIG)}"


def s3_faults__slow_bodies_are_waited_for():
    recovers(fp.trickle(100000, 0.02))


def s3_faults__stalls_are_noticed():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("get", fp.stall)
        started = time.monotonic()
        fetched(s3, "small", SMALL)
        assert time.monotonic() - started < 60


def s3_faults__retry_after_is_honoured():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("get", fp.error(503, "SlowDown", ("Retry-After", "2")))
        started = time.monotonic()
        fetched(s3, "small", SMALL)
        assert time.monotonic() - started >= 2


def s3_faults__outages_end_in_temporary_failure():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        write("here", SMALL)
        env = s3.environment(AWS_MAX_ATTEMPTS="3")
        for kind, words in (("get", ("get", s3.uri("small"), "back")), ("head", ("get", s3.uri("small"), "back")),
                            ("put", ("put", "here", s3.uri("x"))), ("list", ("ls", s3.uri())),
                            ("delete", ("rm", s3.uri("small")))):
            for fault in (fp.error(503, "SlowDown"), fp.reset_before):
                s3.proxy.heal()
                s3.proxy.fail(kind, fault, times=1000)
                s3.refused(75, *words, env=env, says="again")
                # a connection kept from before that breaks at once is tried anew by curl itself
                assert 3 <= s3.proxy.count(kind) <= 6, s3.proxy.requests()
        assert files() == ["here"] and s3.keys() == ["small"]


def s3_faults__an_outage_is_no_storm():
    with own_bucket() as s3:
        s3.put("big", BIG)
        s3.proxy.fail("get", fp.error(503, "SlowDown"), times=100000)
        s3.refused(75, "get", s3.uri("big"), "back", "--s3-concurrency", 32,
                   env=s3.environment(AWS_MAX_ATTEMPTS="4"), says="SlowDown")
        assert s3.proxy.count("get") <= 5 * 4, s3.proxy.count("get")
        assert files() == []


def s3_faults__refusals_are_not_tried_again():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        for status, code in ((403, "AccessDenied"), (400, "InvalidRequest"), (405, "MethodNotAllowed")):
            s3.proxy.heal()
            s3.proxy.fail("get", fp.error(status, code), times=100)
            s3.refused(3, "get", s3.uri("small"), "back", says=(code, s3.uri("small")))
            assert s3.proxy.count("get") == 1
        assert files() == []


def s3_faults__refusals_say_what_to_do():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        for status, code, says in (
                (403, "InvalidObjectState", "restore-object"), (400, "KMS.DisabledException", "key of KMS"),
                (403, "AccountProblem", "change what it names"), (403, "AccessDenied", "ask for the permission"),
                (403, "RequestTimeTooSkewed", "set it"),
                (307, "TemporaryRedirect", "AWS_REGION"), (403, "QuotaExceeded", "no space left")):
            s3.proxy.heal()
            s3.proxy.fail("get", fp.error(status, code), times=100)
            s3.refused(3, "get", s3.uri("small"), "back", says=(code, says))
        s3.proxy.heal()
        s3.proxy.fail("get head", fp.error(301, "", ("Location", "https://who:hush@elsewhere.example:9000/b/small")),
                      times=100)
        done = s3.data("get", s3.uri("small"), "back")
        assert done.returncode == 3 and "it sends to https://elsewhere.example:9000" in done.stderr, done.stderr
        assert "hush" not in done.stderr and files() == []


def s3_faults__others_at_the_same_object_are_waited_for():
    for code, status in ("OperationAborted", 409), ("ConditionalRequestConflict", 409), ("KMS.ThrottlingException", 400):
        sent(fp.error(status, code), "put", SMALL)


def s3_faults__changed_objects_are_noticed():
    with own_bucket() as s3:
        s3.put("big", BIG)
        s3.proxy.fail("get", fp.after(lambda: s3.put("big", BIG[::-1])))
        s3.refused(75, "get", s3.uri("big"), "back", says=(s3.uri("big"), "changed"))
        assert files() == []


def s3_faults__changed_objects_are_noticed_where_if_match_is_not_known():
    """A server or a proxy that ignores it sends the bytes of what is there now."""
    with own_bucket() as s3:
        s3.put("big", BIG)
        s3.proxy.fail("get", fp.change(lambda reply: set_etag(reply, lambda etag: '"0123456789abcdef"')), skip=1)
        s3.refused(75, "get", s3.uri("big"), "back", says=(s3.uri("big"), "changed"))
        assert files() == []
        s3.proxy.fail("get", fp.change(lambda reply: set_etag(reply, lambda etag: "W/" + etag)), times=99)
        s3.done("get", s3.uri("big"), "back")
        assert read("back") == BIG


def set_etag(reply, alter):
    reply.headers = [(name, alter(value) if name.lower() == "etag" else value) for name, value in reply.headers]


def s3_faults__clocks_are_set_by_the_answer():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.put("empty", b"")
        for offset in (-7200, 86400 * 400):
            for key, body in (("small", SMALL), ("empty", b"")):
                s3.proxy.heal()
                s3.proxy.fail("", fp.clock(offset, swift.KEY, swift.SECRET, swift.REGION), times=100)
                fetched(s3, key, body)
        write("here", BIG)
        s3.done("put", "here", s3.uri("x"))
        assert s3.get("x") == BIG


def s3_faults__clocks_may_jump_while_many_requests_are_out():
    with own_bucket() as s3:
        s3.put("big", BIG)
        s3.proxy.fail("", fp.clock(7200, swift.KEY, swift.SECRET, swift.REGION), times=100, skip=1)
        fetched(s3, "big", BIG)


class Session:
    """Credentials for a while, as a container's agent hands them out."""

    def __init__(self):
        self.number = self.served = 0
        self.renewing = True

    def token(self):
        return f"session-token-{self.number}"

    def page(self):
        self.served += 1
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200))
        return json.dumps({"AccessKeyId": swift.KEY, "SecretAccessKey": swift.SECRET,
                           "Token": self.token() if self.renewing else "session-token-old",
                           "Expiration": expires})

    def expire(self):
        self.number += 1


def session_environment(s3):
    return s3.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None, XDG_CACHE_HOME="none", HOME="none",
                          AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{s3.proxy.url}/-/credentials")


def s3_faults__expired_tokens_are_renewed():
    session = Session()
    with own_bucket(pages={"/-/credentials": session.page}) as s3:
        s3.put("big", BIG)
        for skip in (0, 1, 3):  # on HEAD, on the first GET, amid the others
            s3.proxy.heal()
            session.served = 0
            s3.proxy.fail("head get", expiring(session, skip), times=1000)
            s3.done("get", s3.uri("big"), "back", env=session_environment(s3))
            assert read("back") == BIG and session.served == 2, (skip, session.served)


def expiring(session, after):
    """Tokens are checked; the first one ends after so many requests."""
    seen = []
    check = fp.token(session.token)

    @fp.named("expiring")
    async def fault(exchange):
        if len(seen) == after:
            session.expire()
        seen.append(1)
        await check(exchange)
    return fault


def s3_faults__tokens_are_as_long_as_they_are():
    token = "session-token-" + 5000 * "x"
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("", fp.token(lambda: token), times=1000)
        s3.done("get", s3.uri("small"), "back", env=s3.environment(AWS_SESSION_TOKEN=token))
        assert read("back") == SMALL


def s3_faults__tokens_that_stay_expired_are_refused():
    session = Session()
    session.renewing = False
    with own_bucket(pages={"/-/credentials": session.page}) as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("", fp.token(session.token), times=1000)
        done = s3.refused(3, "get", s3.uri("small"), "back", env=session_environment(s3), says="token")
        assert "session-token" not in done.stderr + done.stdout
        env = s3.environment(AWS_SESSION_TOKEN="session-token-old")
        done = s3.refused(3, "get", s3.uri("small"), "back", env=env, says="token")
        assert "session-token" not in done.stderr + done.stdout and files() == []


def s3_faults__tokens_expire_amid_other_faults():
    session = Session()
    with own_bucket(pages={"/-/credentials": session.page}) as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("get", fp.error(503, "SlowDown"))
        s3.proxy.fail("head get", expiring(session, 1), times=1000)
        s3.done("get", s3.uri("small"), "back", env=session_environment(s3))
        assert read("back") == SMALL


# ---- Wrong bytes --------------------------------------------------------------------------------


def table(rows):
    """Daily rows of 40 variables as CSV, some 250 bytes each."""
    days = (datetime.date(1890, 1, 1) + datetime.timedelta(i) for i in range(rows))
    lines = ["date," + ",".join(f"v{c}" for c in range(40))]
    lines += [f"{day}," + ",".join(f"{(i * 7919 + c * 31) % 9973 / 1000:.3f}" for c in range(40))
              for i, day in enumerate(days)]
    return ("\n".join(lines) + "\n").encode()


@fp.change
def other_digit(reply):
    """A number is another one: still a table."""
    at = reply.body.index(b".", len(reply.body) // 2) + 1
    reply.body = reply.body[:at] + bytes([reply.body[at] ^ 1]) + reply.body[at + 1:]


def s3_faults__wrong_bytes_are_fetched_again():
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.put("big", BIG)
        for key, body, asked in (("small", SMALL, 2), ("big", BIG, 10)):  # all of it: which part is wrong, who knows
            s3.proxy.heal()
            s3.proxy.fail("get", fp.flip)
            fetched(s3, key, body)
            assert s3.proxy.count("get") == asked, s3.proxy.requests()


def s3_faults__bytes_that_stay_wrong_are_refused():
    with own_bucket() as s3:
        write("old", b"old")
        for key, body in (("small", SMALL), ("big", BIG)):
            s3.put(key, body)
            s3.proxy.heal()
            s3.proxy.fail("get", fp.flip, times=1000)
            s3.refused(75, "get", s3.uri(key), "old", env=s3.environment(AWS_MAX_ATTEMPTS="3"),
                       says=(s3.uri(key), "MD5"))
            assert files() == ["old"] and read("old") == b"old"
            s3.proxy.heal()
            s3.done("get", s3.uri(key), "back")  # nothing wrong was left in the cache
            assert read("back") == body
            os.remove("back")


def s3_faults__wrong_bytes_reach_no_reader():
    with own_bucket() as s3:
        body = table(300)
        s3.put("v.csv", body)
        env = s3.environment(AWS_MAX_ATTEMPTS="2")
        right = s3.data("cat", write("v.csv", body)).stdout
        options = ("--end-date", "1890-09-30", "--variables", "v0", "v1", "--output", "out")
        s3.proxy.fail("get", other_digit)
        assert s3.done("cat", s3.uri("v.csv")) == right
        s3.proxy.heal()
        s3.proxy.fail("get", other_digit, times=1000)
        env["XDG_CACHE_HOME"] = os.path.abspath("cache/2")
        done = s3.refused(75, "cat", s3.uri("v.csv"), env=env, says=(s3.uri("v.csv"), "MD5"))
        assert done.stdout == ""
        done = s3.train("--data", s3.uri("v.csv"), *options, env=env)
        jobs.expect(done, 75, s3.uri("v.csv"), "MD5")
        assert files() == ["v.csv"], files()


def s3_faults__wrong_bytes_of_a_long_table_are_noticed():
    """It has several blocks, which are used before the last shows that one is wrong."""
    with own_bucket() as s3:
        body = table(40000)
        assert len(body) > 9 << 20
        s3.put("v.csv", body)
        s3.put("packed.csv.gz", gzip.compress(body, 1))
        s3.done("convert", s3.uri("v.csv"), "right.parquet")
        s3.done("convert", s3.uri("packed.csv.gz"), "packed.parquet")
        env = s3.environment(XDG_CACHE_HOME=os.path.abspath("cache/2"))
        s3.proxy.fail("get", other_digit, where=lambda r: r.range == "bytes=0-8388607")
        s3.refused(75, "convert", s3.uri("v.csv"), "back.parquet", env=env, says=(s3.uri("v.csv"), "MD5"))
        assert files() == ["packed.parquet", "right.parquet"]
        s3.done("convert", s3.uri("v.csv"), "back.parquet", env=env)
        assert read("back.parquet") == read("right.parquet") == read("packed.parquet")


def s3_faults__checksums_of_every_kind_are_compared():
    """As AWS gives them: of "123456789" the CRCs are published as their check values."""
    digits = b"123456789"
    kinds = {"crc64nvme": bytes.fromhex("AE8B14860A799888"), "crc32c": bytes.fromhex("E3069283"),
             "crc32": zlib.crc32(digits).to_bytes(4, "big"), "sha1": hashlib.sha1(digits).digest(),
             "sha256": hashlib.sha256(digits).digest()}
    long_crc = zlib.crc32(BIG).to_bytes(4, "big")
    with own_bucket() as s3:
        s3.put("digits", digits)
        s3.put("big", BIG)
        cases = [("digits", digits, kind, value) for kind, value in kinds.items()]
        for key, body, kind, value in [*cases, ("big", BIG, "crc32", long_crc)]:
            for given, fault in ((value, None), (value, fp.flip), (value[::-1], None)):
                s3.proxy.heal()
                s3.proxy.fail("head", telling(("x-amz-server-side-encryption", "aws:kms"),
                                              (f"x-amz-checksum-{kind}", base64.b64encode(given).decode())))
                if fault:
                    s3.proxy.fail("get", fault)
                if given == value:
                    fetched(s3, key, body)
                else:
                    s3.refused(75, "get", s3.uri(key), "back", env=s3.environment(AWS_MAX_ATTEMPTS="2"),
                               says=kind.upper().replace("CRC", "CRC-").replace("SHA", "SHA-").replace("64", "64/"))
            assert all(r.headers["x-amz-checksum-mode"] == "ENABLED" for r in s3.proxy.requests("head"))


def telling(*headers):
    """The answer has these headers too."""
    @fp.change
    def change(reply):
        reply.headers += headers
    return change


def s3_faults__what_is_no_checksum_is_not_compared():
    wrong = base64.b64encode(bytes(4)).decode()
    kms = ("x-amz-server-side-encryption", "aws:kms")
    for headers in ([kms, ("x-amz-checksum-crc32", wrong + "-3")],
                    [kms, ("x-amz-checksum-crc32", wrong), ("x-amz-checksum-type", "COMPOSITE")],
                    [("x-amz-server-side-encryption-customer-algorithm", "AES256")]):
        with own_bucket() as s3:
            s3.put("small", SMALL)
            s3.proxy.fail("head", telling(*headers))
            s3.proxy.fail("get", fp.flip)
            s3.done("get", s3.uri("small"), "back", "--no-cache")
            assert read("back") != SMALL and s3.proxy.count("get") == 1, headers
    with own_bucket() as s3:
        s3.put("small", SMALL)
        s3.proxy.fail("get", fp.flip)
        s3.done("get", s3.uri("small"), "back", "--no-cache",
                env=s3.environment(AWS_RESPONSE_CHECKSUM_VALIDATION="when_required"))
        assert s3.proxy.count("get") == 1


# ---- Writing ------------------------------------------------------------------------------------


def sent(fault, kind, body, times=1, **more):
    """put ends well, and the server holds these bytes; the requests that were made."""
    with own_bucket() as s3:
        write("here", body)
        s3.proxy.fail(kind, fault, times=times, **more)
        s3.done("put", "here", s3.uri("x"))
        assert s3.get("x") == body and s3.uploads() == []
        assert any(r.fault for r in s3.proxy.requests()), s3.proxy.requests()
        return s3.proxy.requests()


def s3_faults__small_uploads_are_tried_again():
    for fault in (fp.error(503, "SlowDown"), fp.reset_before, fp.lost, fp.flip_upload):
        sent(fault, "put", SMALL)


def s3_faults__parts_are_tried_again():
    for fault in (fp.error(500, "InternalError"), fp.reset_before, fp.lost, fp.flip_upload):
        requests = sent(fault, "part", BIG, skip=1)
        assert sum(r.kind == "part" for r in requests) == 6, requests


def s3_faults__a_server_may_work_long_at_completing():
    requests = sent(fp.after(lambda: time.sleep(23)), "complete", BIG)
    assert sum(r.kind == "complete" for r in requests) == 1, requests


def s3_faults__beginning_and_completing_are_tried_again():
    for fault in (fp.error(503, "SlowDown"), fp.reset_before, fp.lost):
        sent(fault, "complete", BIG)
    for fault in (fp.error(503, "SlowDown"), fp.reset_before):
        sent(fault, "initiate", BIG)
    # It says 200 at once and sends blanks while it works; what became of it stands behind them.
    late = b' \r\n\t<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>no</Message></Error>'
    requests = sent(fp.plain(200, late), "complete", BIG)
    assert [r.kind for r in requests].count("complete") == 2 and "head" not in [r.kind for r in requests], requests


@fp.named("gone")
async def gone(exchange):
    """The completion never came to be, nor its answer; and then the upload is not there any more."""
    exchange.reply = fp.error_reply(404, "NoSuchUpload")


def s3_faults__a_completion_whose_answer_was_lost_is_looked_up():
    """libcurl repeats by itself what went out on a connection that had been kept and breaks: we see one answer,
    which says that there is no such upload, in one way or another."""
    for answer in (gone, fp.plain(404)):
        with own_bucket() as s3:
            write("here", BIG)
            s3.proxy.fail("complete", fp.lost)
            s3.proxy.fail("complete", answer, times=99)
            s3.done("put", "here", s3.uri("x"))
            assert s3.get("x") == BIG and s3.proxy.count("complete") == 2, s3.proxy.requests()


def s3_faults__an_older_object_is_not_taken_for_an_upload_that_vanished():
    """Another of another size, or of the same size and other parts: the upload has failed."""
    for old in (b"old", noise(len(BIG), 3)):
        with own_bucket() as s3:
            write("here", old)
            s3.done("put", "here", s3.uri("x"))
            write("here", BIG)
            s3.proxy.heal()
            s3.proxy.fail("complete", fp.error(503, "SlowDown"))  # a lost connection is repeated by libcurl itself, unseen
            s3.proxy.fail("complete", gone, times=99)
            s3.refused(75, "put", "here", s3.uri("x"), says="try again")
            assert s3.get("x") == old and s3.proxy.count("complete") == 2


def s3_faults__without_md5_an_upload_is_ours_only_if_its_completion_was_repeated():
    """With a key of KMS the ETag of another object of this size looks like ours."""
    old = noise(len(BIG), 3)
    for repeated in (False, True):
        with own_bucket() as s3:
            write("here", old)
            s3.done("put", "here", s3.uri("x"))
            write("here", BIG)
            s3.proxy.heal()
            s3.proxy.fail("head", telling(("x-amz-server-side-encryption", "aws:kms")), times=99)
            if repeated:
                s3.proxy.fail("complete", fp.lost)
            s3.proxy.fail("complete", gone, times=99)
            if repeated:
                s3.done("put", "here", s3.uri("x"))
            else:
                s3.refused(75, "put", "here", s3.uri("x"), says="try again")
            assert s3.get("x") == (BIG if repeated else old)


def s3_faults__errors_within_a_200_are_errors():
    sent(fp.error(200, "InternalError"), "complete", BIG)
    with own_bucket() as s3:
        write("here", BIG)
        s3.proxy.fail("complete", fp.error(200, "InvalidPart"), times=100)
        s3.refused(3, "put", "here", s3.uri("x"), says="InvalidPart")
        assert s3.keys() == [] and s3.uploads() == []


def s3_faults__broken_uploads_leave_nothing():
    with own_bucket() as s3:
        write("here", BIG)
        env = s3.environment(AWS_MAX_ATTEMPTS="2")
        for kind, fault, code in (("part", fp.error(403, "AccessDenied"), 3),
                                  ("part", fp.error(503, "SlowDown"), 75),
                                  ("part", fp.reset_before, 75),
                                  ("part", fp.flip_upload, 75),
                                  ("complete", fp.error(403, "AccessDenied"), 3),
                                  ("complete", fp.reset_before, 75),
                                  ("complete", fp.error(200, "InternalError"), 75)):
            s3.proxy.heal()
            s3.proxy.fail(kind, fault, times=100, skip=1 if kind == "part" else 0)
            s3.refused(code, "put", "here", s3.uri("x"), env=env, says=s3.uri("x"))
            assert s3.keys() == [] and s3.uploads() == [], (kind, fault.name)


def s3_faults__a_broken_upload_keeps_the_old_object():
    with own_bucket() as s3:
        write("here", BIG)
        s3.put("x", b"old")
        s3.proxy.fail("part", fp.error(403, "AccessDenied"), skip=3, times=100)
        s3.refused(3, "put", "here", s3.uri("x"), says="AccessDenied")
        assert s3.get("x") == b"old" and s3.uploads() == []
        s3.proxy.heal()
        s3.proxy.fail("abort", fp.error(403, "AccessDenied"), times=100)
        s3.proxy.fail("part", fp.error(403, "AccessDenied"), times=100)
        done = s3.refused(3, "put", "here", s3.uri("x"), says="AccessDenied")
        assert "incomplete uploads" in done.stderr, done.stderr


def s3_faults__a_broken_download_keeps_the_old_file():
    with own_bucket() as s3:
        s3.put("big", BIG)
        write("back", b"old")
        s3.proxy.fail("get", fp.error(403, "AccessDenied"), skip=2, times=100)
        s3.refused(3, "get", s3.uri("big"), "back", says="AccessDenied")
        assert read("back") == b"old" and files() == ["back"], files()


def s3_faults__removing_twice_is_no_error():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        s3.proxy.fail("delete", fp.lost)
        s3.done("rm", s3.uri("x"))
        assert s3.keys() == []


def s3_faults__one_in_ten_at_random_harms_nothing():
    with own_bucket() as s3:
        s3.proxy.fail_randomly(0.1, seed=11)
        write("here", BIG)
        for i in range(6):
            s3.done("put", "here", s3.uri(f"x{i}"))
            s3.done("get", s3.uri(f"x{i}"), "back")
            assert read("back") == BIG
        assert len(s3.done("ls", s3.uri()).splitlines()) == 6
        assert sum(bool(r.fault) for r in s3.proxy.requests()) > 3
        assert s3.uploads() == [] or any(r.fault == "lost" and r.kind == "initiate"
                                         for r in s3.proxy.requests())


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
