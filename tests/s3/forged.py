#!/usr/bin/python3
"""forged.py CASE: answers that look well and are not S3's (a portal's page, a broken proxy, a hostile
server). They count as none: another attempt is made, and what stays wrong ends in an error."""
import re
import sys
import urllib.parse

import fault_proxy as fp
from support import files, jobs, noise, own_bucket, read, write

SMALL = noise(3000)
BIG = noise((16 << 20) + 5)
PAGE = b"<!DOCTYPE html><html><body>Welcome to the hotel. <br> Please log in</body></html>"


def set_body(reply, body):
    reply.body = body
    set_header(reply, "Content-Length", str(len(body)))


def set_header(reply, name, value):
    """None: the answer has no such header."""
    reply.headers = [(n, v) for n, v in reply.headers if n.lower() != name.lower()]
    if value is not None:
        reply.headers.append((name, value))


def body(alter):
    """The fault that passes the answer's body through a function."""
    return fp.change(lambda reply: set_body(reply, alter(reply.body)))


def header(name, value):
    return fp.change(lambda reply: set_header(reply, name, value))


def quick(s3):
    return s3.environment(AWS_MAX_ATTEMPTS="2")


def filled(s3, n=40):
    for i in range(n):
        s3.put(f"set/historical_v{i:03}.csv", b"date,value\n2000-01-03,1\n")
    return [f"historical_v{i:03}.csv" for i in range(n)]


# ---- Listings -----------------------------------------------------------------------------------

NO_LISTINGS = {
    "cut": lambda text: text[:len(text) // 2],
    "empty": lambda text: b"",
    "a page": lambda text: PAGE,
    "another document": lambda text: b"<ListAllMyBucketsResult></ListAllMyBucketsResult>",
    "JSON": lambda text: b'{"keys": []}',
    "no names": lambda text: re.sub(rb"<Key>[^<]*</Key>", b"", text),
    "cut in a key": lambda text: text[:text.rindex(b"</Key>") - 3],
    "sizes below 0": lambda text: re.sub(rb"<Size>[^<]*</Size>", b"<Size>-5</Size>", text),
    "sizes without end": lambda text: re.sub(rb"<Size>[^<]*</Size>", b"<Size>9223372036854775807</Size>", text),
    "neither more nor not": lambda text: re.sub(rb"<IsTruncated>[^<]*<", b"<IsTruncated>perhaps<", text),
}


def s3_forged__listings_that_are_none_are_asked_for_again():
    with own_bucket() as s3:
        names = filled(s3)
        for what, alter in NO_LISTINGS.items():
            s3.proxy.heal()
            s3.proxy.fail("list", body(alter))
            assert s3.done("ls", s3.uri("set/")).split() == names, what
            assert sum(bool(r.fault) for r in s3.proxy.requests("list")) == 1, what


def s3_forged__listings_that_stay_none_are_temporary_failures():
    with own_bucket() as s3:
        filled(s3)
        for what, alter in NO_LISTINGS.items():
            s3.proxy.heal()
            s3.proxy.fail("list", body(alter), times=1000)
            for words in (("ls", s3.uri("set/")), ("get", "-r", s3.uri("set/"), "here"), ("info", s3.uri("set/")),
                          ("rm", "-r", s3.uri("set/"))):
                done = s3.refused(75, *words, env=quick(s3), says="again")
                assert done.stdout == "", (what, done)
            done = s3.train("--data", s3.uri("set/"), "--dry-run", env=quick(s3))
            jobs.expect(done, 75, "again")
        assert files() == [] and len(s3.keys()) == 40


def more(token):
    """A listing that says that there is more, and how to ask for it."""
    def alter(text):
        said = b"" if token() is None else b"<NextContinuationToken>" + token().encode() + b"</NextContinuationToken>"
        return re.sub(rb"<IsTruncated>false</IsTruncated>", b"<IsTruncated>true</IsTruncated>" + said, text)
    return alter


def s3_forged__listings_without_an_end_are_errors():
    count = iter(range(10**9))
    no_keys = lambda text: re.sub(rb"<Contents>.*</Contents>", b"", text, flags=re.S)
    fresh = more(lambda: f"t{next(count)}")
    with own_bucket() as s3:
        filled(s3, 3)
        for what, alter, says in (("the same token", more(lambda: "abc"), "end"), ("a new token", fresh, "end"),
                                  ("no keys", lambda text: no_keys(fresh(text)), "end"),
                                  ("no token", more(lambda: None), "breaks off")):
            s3.proxy.heal()
            # The server itself knows no such tokens: it is asked for the first page each time.
            s3.proxy.fail("list", first_page(alter), times=10**6, skip=1)
            done = s3.refused(3, "ls", s3.uri("set/"), says=says)
            assert done.stdout == "" and s3.proxy.count("list") <= 110, (what, s3.proxy.count("list"))


def first_page(alter):
    @fp.named("first page")
    async def fault(exchange):
        request = exchange.request
        if "continuation-token" not in request.target:
            first_page.reply = await exchange.forward()
            first_page.original = first_page.reply.body
        else:
            exchange.reply = fp.Reply(200, "OK", [("Content-Type", "application/xml")], b"")
        set_body(exchange.reply, alter(first_page.original))
    return fault


ODD = ("d/x/../../../outside/file", "d/../y", "d/./y", "d//y", "d/x//y", "d/x/..", "d/x/./y", "/etc/passwd", "other")


def listing(*keys):
    return ("<ListBucketResult><IsTruncated>false</IsTruncated>" + "".join(
        f"<Contents><Key>{key}</Key><Size>3000</Size></Contents>" for key in keys) + "</ListBucketResult>").encode()


def s3_forged__keys_are_decoded_where_the_listing_says_that_they_are_encoded():
    """Not every server that is asked to encode them does so."""
    names = ["50%.csv", "50%25.csv", "a b.csv", "a+b.csv"]
    plain = lambda text: urllib.parse.unquote(text.decode()).replace("<EncodingType>url</EncodingType>", "").encode()
    with own_bucket() as s3:
        for name in names:
            s3.put(f"set/{name}", b"date,value\n2000-01-03,1\n")
        assert s3.done("ls", s3.uri("set/")).splitlines() == names
        s3.proxy.fail("list", body(plain), times=99)
        assert s3.done("ls", s3.uri("set/")).splitlines() == names
        s3.done("get", "-r", s3.uri("set/"), "here")
        assert sorted(files("here")) == names


def s3_forged__keys_lead_out_of_no_directory():
    with own_bucket() as s3:
        s3.put("d/good", SMALL)
        for key in ODD:
            s3.proxy.heal()
            s3.proxy.fail("list", fp.plain(200, listing(key, "d/good")), times=100)
            done = s3.data("get", "-r", s3.uri("d/"), "deep/down/target")
            jobs.expect(done, 0)
            assert files() == ["deep/down/target/good"] and read("deep/down/target/good") == SMALL, (key, files())
            assert done.stderr.count("left out") == 1 and key in done.stderr, done.stderr


def s3_forged__odd_keys_are_named_and_rm_says_what_it_left():
    with own_bucket() as s3:
        odd = ("d//y", "d/x//y", "d/./y", "d/x/../z")
        for key in (*odd, "d/good", "d/x/good", "d/"):
            s3.put(key, SMALL if key != "d/" else b"")
        there = set(s3.keys())  # the server may refuse some
        for words, code in ((("ls", "-r", s3.uri("d/")), 0), (("get", "-r", s3.uri("d/"), "here"), 0),
                            (("rm", "-r", s3.uri("d/")), 3)):
            done = s3.data(*words)
            assert done.returncode == code, done
            assert done.stderr.count("left out") == len(there & set(odd)), done.stderr
        assert files() == ["here/good", "here/x/good"]
        assert set(s3.keys()) == there - {"d/good", "d/x/good"}
        assert "are left" in done.stderr, done.stderr


# ---- Writing ------------------------------------------------------------------------------------

UNSTORED = (fp.plain(200, PAGE), fp.plain(200, b""), header("ETag", None), header("ETag", ""),
            header("ETag", '"0123456789abcdef0123456789abcdef"'))


def s3_forged__what_is_not_confirmed_is_sent_again():
    with own_bucket() as s3:
        for kind, bytes_ in (("put", SMALL), ("part", BIG)):
            write("here", bytes_)
            for fault in UNSTORED:
                s3.proxy.heal()
                s3.proxy.fail(kind, fault)
                s3.done("put", "here", s3.uri("x"))
                assert s3.get("x") == bytes_ and s3.uploads() == []
                assert sum(bool(r.fault) for r in s3.proxy.requests()) == 1
                s3.boto.delete_object(Bucket=s3.bucket, Key="x")


def s3_forged__what_stays_unconfirmed_is_no_success():
    with own_bucket() as s3:
        for kind, bytes_ in (("put", SMALL), ("part", BIG)):
            write("here", bytes_)
            for fault in UNSTORED:
                s3.proxy.heal()
                s3.proxy.fail(kind, fault, times=1000)
                s3.refused(75, "put", "here", s3.uri("x"), env=quick(s3), says="again")
                assert s3.uploads() == []


def s3_forged__a_portal_stores_deletes_and_lists_nothing():
    with own_bucket() as s3:
        s3.put("x", SMALL)
        write("here", SMALL)
        s3.proxy.fail("", fp.plain(200, PAGE), times=10**6)
        for words in (("put", "here", s3.uri("y")), ("rm", s3.uri("x")), ("ls", s3.uri()), ("get", s3.uri("x"), "z")):
            done = s3.data(*words, env=quick(s3))
            assert done.returncode in (3, 75) and done.stdout == "", (words, done)
        assert files() == ["here"] and s3.keys() == ["x"]


def s3_forged__with_a_key_of_ones_own_etags_are_no_sums():
    def of_kms(reply):
        set_header(reply, "ETag", '"0123456789abcdef0123456789abcdef"')
        set_header(reply, "x-amz-server-side-encryption", "aws:kms")
    with own_bucket() as s3:
        write("here", SMALL)
        s3.proxy.fail("put", fp.change(of_kms))
        s3.done("put", "here", s3.uri("x"))
        assert s3.proxy.count("put") == 1


def no_etag(text):
    """As Ceph's gateway answers a completion."""
    return re.sub(rb"<ETag>[^<]*</ETag>", b"<ETag></ETag>", text)


def s3_forged__a_completion_without_an_etag_is_looked_up():
    with own_bucket() as s3:
        write("here", BIG)
        for alter in (no_etag, lambda text: b"", lambda text: PAGE):
            s3.proxy.heal()
            s3.proxy.fail("complete", body(alter), times=1000)
            s3.done("put", "here", s3.uri("x"))
            assert s3.get("x") == BIG and s3.uploads() == []


def s3_forged__a_completion_that_did_not_happen_is_no_success():
    """An older object of the same size and number of parts stays, and is not taken for the new one."""
    with own_bucket() as s3:
        old = noise(len(BIG), 9)
        write("here", old)
        s3.done("put", "here", s3.uri("x"))
        write("here", BIG)
        for fault in (fp.plain(200, b""), fp.plain(200, PAGE)):
            s3.proxy.heal()
            s3.proxy.fail("complete", fault, times=1000)
            s3.refused(75, "put", "here", s3.uri("x"), env=quick(s3), says="confirm")
            assert s3.get("x") == old and s3.uploads() == []


# ---- Reading ------------------------------------------------------------------------------------

def other_range(reply):
    first, last, size = map(int, re.match(r"bytes (\d+)-(\d+)/(\d+)", dict(
        (n.lower(), v) for n, v in reply.headers)["content-range"]).groups())
    return first, last, size


RANGES = {
    "from the beginning": lambda first, last, size: f"bytes 0-{last - first}/{size}" if first else f"bytes 1-{last + 1}/{size}",
    "later": lambda first, last, size: f"bytes {first + 1}-{last + 1}/{size + 1}",
    "longer": lambda first, last, size: f"bytes {first}-{last + 7}/{size + 7}",
    "none": lambda first, last, size: None,
    "no range": lambda first, last, size: "bytes */*",
    "of huge numbers": lambda first, last, size: "bytes 9223372036854775807-9223372036854775807/1",
    "beyond numbers": lambda first, last, size: "bytes 99999999999999999999999-99999999999999999999999/1",
}


def s3_forged__other_ranges_than_asked_for_are_fetched_again():
    with own_bucket() as s3:
        s3.put("big", BIG)
        s3.done("get", s3.uri("big"), "back", "--no-cache")
        asked = s3.proxy.count("get")
        for what, make in RANGES.items():
            s3.proxy.heal()
            s3.proxy.fail("get", fp.change(lambda reply, make=make: set_header(
                reply, "Content-Range", make(*other_range(reply)))), skip=1)
            s3.done("get", s3.uri("big"), "back", "--no-cache")
            assert read("back") == BIG, what
            assert sum(bool(r.fault) for r in s3.proxy.requests()) == 1, what
            assert s3.proxy.count("get") == asked + 1, what
        s3.proxy.heal()
        s3.proxy.fail("get", header("Content-Range", "bytes 5-9/10"), times=1000)
        s3.refused(75, "get", s3.uri("big"), "again", "--no-cache", env=quick(s3), says="other bytes")
        assert files() == ["back"]


def shorter(reply):
    """Fewer bytes than were asked for; head and Content-Range agree on how many."""
    first, last, size = other_range(reply)
    short = (last - first) // 3
    set_header(reply, "Content-Range", f"bytes {first}-{first + short - 1}/{size}")
    set_body(reply, reply.body[:short])


def s3_forged__what_a_shorter_range_lacks_is_fetched():
    with own_bucket() as s3:
        for key, bytes_, skip in (("small", SMALL, 0), ("big", BIG, 1)):
            s3.put(key, bytes_)
            s3.proxy.heal()
            s3.proxy.fail("get", fp.change(shorter), skip=skip)
            # Checksums would find it too.
            s3.done("get", s3.uri(key), "back", "--no-cache",
                    env=s3.environment(AWS_RESPONSE_CHECKSUM_VALIDATION="when_required"))
            assert read("back") == bytes_, key
            assert sum(bool(r.fault) for r in s3.proxy.requests()) == 1, key


def s3_forged__sizes_that_no_object_has_are_refused():
    with own_bucket() as s3:
        s3.put("x.csv", b"date,a\n2000-01-03,1\n")
        for size in (2**63 - 1, 2**63, 2**64 - 1, 2**62, 10**30, -1, "ten", 2**63 - (8 << 20)):
            s3.proxy.heal()
            s3.proxy.fail("head", header("Content-Length", str(size)), times=1000)
            for words in (("get", s3.uri("x.csv"), "back"), ("cat", s3.uri("x.csv")), ("info", s3.uri("x.csv"))):
                done = s3.data(*words, env=quick(s3))
                assert done.returncode in (3, 75) and done.stdout == "", (size, words, done)
        assert files() == []


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
