#!/usr/bin/python3
"""objects.py [CASE…]: pulse-data before a real S3 server, its doings checked with boto3."""
import json
import os
import socket
import sys
import threading

import fault_proxy as fp
from support import files, jobs, noise, own_bucket, read, swift, write

ODD = ["with space", "a+b", "100%25 sure%", "ünï/cödé ☃", "dir/../up", "./dot", "a//b", "~tilde-_.",
       "quote'\"<&>", "semi;colon,=@:$!*()", "q?a=b#c", "back\\slash", "[x]{y}|^`"]
BIG = 70 << 20


def s3_objects__odd_keys_come_and_go():
    with own_bucket() as s3:
        for i, key in enumerate(ODD):
            body = noise(1000 + i, i)
            write("here", body)
            s3.done("put", "here", s3.uri(key))
            assert s3.get(key) == body, key
            s3.done("get", s3.uri(key), "back")
            assert read("back") == body, key
        assert sorted(s3.keys()) == sorted(ODD), s3.keys()
        s3.done("rm", *map(s3.uri, ODD))
        assert s3.keys() == [], s3.keys()
        assert all(r.status < 300 for r in s3.proxy.requests()), s3.proxy.requests()


def s3_objects__what_boto3_wrote_under_odd_keys_is_read():
    with own_bucket() as s3:
        for i, key in enumerate(ODD):
            s3.put(key, noise(1000, i))
            assert s3.done("get", s3.uri(key), "back") == "" and read("back") == noise(1000, i), key
        listed = s3.done("ls", f"s3://{s3.bucket}").splitlines()
        right = sorted({k.split("/")[0] + ("/" if "/" in k else "") for k in ODD if k[0] != "."})
        assert sorted(listed) == right, (listed, right)
        assert s3.done("ls", s3.uri("ünï")).splitlines() == ["cödé ☃"]


def s3_objects__sizes_from_nothing_to_some_blocks():
    with own_bucket() as s3:
        for size in (0, 1, 5 << 20, (8 << 20) - 1, 8 << 20, (8 << 20) + 1, 16 << 20):
            body = noise(size)
            write("here", body)
            s3.done("put", "here", s3.uri("x"))
            assert s3.get("x") == body, size
            s3.done("get", s3.uri("x"), "back")
            assert read("back") == body, size
        assert s3.proxy.count("initiate") == 0


def s3_objects__blocks_come_while_those_before_are_read():
    """Each is asked for once, in order, each of the two times that cat goes through a file, and gone on
    with where it broke off; who wants but the first rows gets no more than is on its way. The end, where a
    footer would be, is looked at first."""
    block, digits = 8 << 20, "".join(str(byte % 10) for byte in noise(1 << 20))
    columns = 250
    with own_bucket() as s3:
        rows = (f"2015-01-01T{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}Z,"
                + ",".join("1" + digits[i * 61 + k * 14:i * 61 + k * 14 + 14] for k in range(columns)) + "\n"
                for i in range(11000))
        write("v.csv", ("date," + ",".join(f"v{k}" for k in range(columns)) + "\n" + "".join(rows)).encode())
        s3.done("put", "v.csv", s3.uri("v.csv"))
        size = os.path.getsize("v.csv")
        assert 5 * block < size < 6 * block
        few = ("--no-cache", "--s3-concurrency", "2")
        s3.proxy.fail("get", fp.reset_in_body, where=lambda r: r.range == f"bytes={2 * block}-{3 * block - 1}")
        assert s3.done("cat", s3.uri("v.csv"), *few) == s3.done("cat", "v.csv")
        first = [int(r.range[len("bytes="):].split("-")[0]) for r in s3.proxy.requests("get")]
        assert [at for at in first if at and at % block == 0] == 2 * [i * block for i in range(1, 6)], first
        assert first.index(size - (16 << 10)) < first.index(block), first
        assert sum(2 * block < at < 5 * block and at % block > 0 for at in first) == 1, first
        s3.proxy.heal()
        assert s3.done("head", s3.uri("v.csv"), *few) == s3.done("head", "v.csv")
        assert s3.proxy.bytes("get") <= 3 * block + (1 << 20), s3.proxy.bytes("get")


def s3_objects__large_files_go_in_parts():
    with own_bucket() as s3:
        body = noise(BIG)
        write("here", body)
        s3.done("put", "here", s3.uri("dir/"))
        assert s3.keys() == ["dir/here"] and s3.uploads() == []
        assert s3.proxy.count("part") > 4 and s3.proxy.count("complete") == 1
        assert s3.get("dir/here") == body
        os.mkdir("back")
        s3.done("get", s3.uri("dir/here"), "back")
        assert read("back/here") == body
        got = s3.proxy.bytes("get")
        assert BIG <= got <= BIG * 1.01, got


def s3_objects__thousands_are_listed():
    with own_bucket() as s3:
        names = [f"n{i:04d}" for i in range(2500)]
        threads = [threading.Thread(target=lambda k=k: [s3.put(f"many/{n}", b"x") for n in names[k::8]])
                   for k in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert s3.done("ls", s3.uri("many/")).splitlines() == names
        assert s3.proxy.count("list") >= 3
        found = json.loads(s3.done("ls", "--json", s3.uri("many")))
        assert [f["name"] for f in found] == names and all(f["bytes"] == 1 for f in found)


def s3_objects__listing_shows_one_level():
    with own_bucket() as s3:
        for key in ("top", "d/a", "d/b", "d/e/f", "d/.hidden", "dd/x"):
            s3.put(key, key.encode())
        assert s3.done("ls", s3.uri()).splitlines() == ["d/", "dd/", "top"]
        assert s3.done("ls", s3.uri("d")).splitlines() == ["a", "b", "e/"]
        assert s3.done("ls", "-l", s3.uri("d/")).split() == ["3", "a", "3", "b", "-", "e/"]
        s3.done("rm", "-r", s3.uri("d/e"))
        assert "d/e/f" not in s3.keys() and len(s3.keys()) == 5


def s3_objects__whole_trees_come_and_go():
    with own_bucket() as s3:
        names = ["a", "d/b", "d/e/f é", "d/e/.hidden", ".h/x"]
        for name in names:
            os.makedirs(os.path.dirname("tree/" + name), exist_ok=True)
            write("tree/" + name, name.encode())
        seen = names[:3]
        said = s3.data("put", "-r", "--dry-run", "tree", s3.uri("t")).stderr
        assert said.count("would copy") == 3 and s3.keys() == [], said
        jobs.expect(s3.data("put", "-r", "tree", "tree/a", s3.uri("t")), 0)
        assert s3.keys() == ["t/" + name for name in seen]
        assert s3.done("ls", "-r", s3.uri("t")).splitlines() == seen
        assert s3.done("ls", "-lr", s3.uri("t/d")).split() == ["3", "b", "8", "e/f", "é"]
        said = s3.data("get", "-rn", s3.uri("t/"), "back").stderr
        assert said.count("would copy") == 3 and not os.path.exists("back"), said
        jobs.expect(s3.data("get", "-r", s3.uri("t/"), "back/here"), 0)
        assert files("back/here") == seen and read("back/here/d/e/f é") == names[2].encode()
        said = s3.data("rm", "-rn", s3.uri("t/d")).stderr
        assert said.count("would remove") == 2 and len(s3.keys()) == 3, said
        jobs.expect(s3.data("rm", "-r", s3.uri("t/d")), 0)
        assert s3.keys() == ["t/a"]
        s3.refused(2, "get", "-r", s3.uri("t/"), "-", says="standard output")


def s3_objects__wrong_keys_are_refused():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        write("here", b"abc")
        secret = "another+Secret/key"
        for env in (s3.environment(AWS_SECRET_ACCESS_KEY=secret),
                    s3.environment(AWS_ACCESS_KEY_ID="test:nobody", AWS_SECRET_ACCESS_KEY=secret)):
            for words in (("get", s3.uri("x"), "back"), ("put", "here", s3.uri("y")),
                          ("ls", s3.uri()), ("rm", s3.uri("x")), ("head", s3.uri("x") + ".csv")):
                done = s3.refused(3, *words, env=env, says="credentials")
                assert secret not in done.stdout + done.stderr
        assert files() == ["here"] and s3.keys() == ["x"]


def s3_objects__without_credentials_it_says_where_it_looked():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        env = s3.environment(AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
        s3.refused(3, "get", s3.uri("x"), "back", env=env, says="AWS_ACCESS_KEY_ID")
        assert s3.proxy.count() == 0 and files() == []


def s3_objects__missing_ones_are_bad_input():
    with own_bucket() as s3:
        s3.put("d/x", b"abc")
        write("here", b"abc")
        s3.refused(2, "get", s3.uri("d/y"), "back", says=s3.uri("d/y"))
        s3.refused(2, "get", s3.uri("d/y.csv"), "-", says="d/y.csv")
        s3.refused(2, "head", s3.uri("d/y.csv"), says="d/y.csv")
        s3.refused(2, "ls", s3.uri("nothing/"), says="nothing")
        s3.refused(2, "put", "absent", s3.uri("z"), says="absent")
        assert files() == ["here"] and s3.keys() == ["d/x"]


def s3_objects__missing_buckets_are_named():
    with own_bucket() as s3:
        write("here", b"abc")
        none = f"s3://{s3.bucket}-none"
        for words in (("get", none + "/x", "back"), ("put", "here", none + "/x"), ("ls", none),
                      ("ls", none + "/d/"), ("rm", none + "/x")):
            s3.refused(3, *words, says=(none, "bucket"))
        for words in (("get", "s3://", "back"), ("get", f"s3://{s3.bucket}", "back"), ("ls", "s3:///x")):
            s3.refused(2, *words, says="s3://")
        assert files() == ["here"]


def s3_objects__nobody_listening_is_temporary():
    with own_bucket() as s3:
        port = swift.free_ports(["nobody"])["nobody"]
        env = s3.environment(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}", AWS_MAX_ATTEMPTS="2")
        s3.refused(75, "get", s3.uri("x"), "back", env=env, says="127.0.0.1")
        assert files() == []


def s3_objects__region_is_learned_from_the_server():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        env = s3.environment(AWS_REGION="eu-west-1")
        s3.done("get", s3.uri("x"), "back", env=env)
        assert read("back") == b"abc"
        write("here", noise(BIG // 3))
        s3.done("put", "here", s3.uri("y"), env=env)
        assert s3.get("y") == noise(BIG // 3)


def s3_objects__regions_that_would_break_a_request_are_refused():
    """They become part of a header line. Servers other than AWS have regions with names of all kinds."""
    with own_bucket() as s3:
        s3.put("x", b"abc")
        for region in ("us-east-1\n", "r\r\nx-more: 1", "us east", " us-east-1", "a/b", "\xe9u"):
            s3.refused(2, "get", s3.uri("x"), "back", env=s3.environment(AWS_REGION=region), says="is no AWS region")
            s3.refused(2, "get", s3.uri("x"), "back", "--aws-region", region, says="is no AWS region")
        assert s3.proxy.count() == 0 and files() == []
        named = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>a&#10;x-more: 1</Region></Error>"
        s3.proxy.fail("", fp.plain(400, named), times=99)
        s3.refused(3, "get", s3.uri("x"), "back", env=s3.environment(AWS_REGION="RegionOne"), says="AuthorizationHeaderMalformed")
        assert not [r for r in s3.proxy.requests() if "x-more" in r.headers]


def s3_objects__redirects_name_the_region():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        here = ("x-amz-bucket-region", swift.REGION)
        for status, code in ((301, "PermanentRedirect"), (400, "AuthorizationHeaderMalformed")):
            wrong = lambda r: "/eu-west-1/" in r.headers["authorization"]
            s3.proxy.heal()
            s3.proxy.fail("", fp.error(status, code, here), times=99, where=wrong)
            s3.done("get", s3.uri("x"), "back", env=s3.environment(AWS_REGION="eu-west-1"))
            assert read("back") == b"abc" and s3.proxy.requests()[0].status == status
            os.remove("back")


def s3_objects__a_region_is_learned_by_those_who_try_once():
    with own_bucket() as s3:
        s3.put("x", b"abc")
        env = s3.environment(AWS_REGION="eu-west-1", AWS_MAX_ATTEMPTS="1")
        assert s3.done("get", s3.uri("x"), "-", env=env) == "abc"
        s3.proxy.heal()
        regions = iter(["eu-west-2", "eu-west-3"] * 20)
        s3.proxy.fail("", fp.change(lambda reply: (setattr(reply, "status", 301), reply.headers.append(
            ("x-amz-bucket-region", next(regions))))), times=99)
        s3.refused(3, "get", s3.uri("x"), "back", env=s3.environment(), says="301")
        assert s3.proxy.count() < 12, s3.proxy.count()


def sends_to(host, status=301):
    """S3's answer from another region that names the bucket's host, and no more."""
    @fp.named(f"sends to {host}")
    async def fault(exchange):
        exchange.reply = fp.Reply(status, "Moved", [("Content-Type", "application/xml")], (
            f"<Error><Code>PermanentRedirect</Code><Message>use the endpoint</Message><Endpoint>{host}</Endpoint></Error>"
        ).encode())
    return fault


def s3_objects__hosts_that_redirects_name_have_a_region():
    hosts = ("{}.s3.{}.amazonaws.com", "s3-{1}.amazonaws.com", "s3.dualstack.{1}.amazonaws.com",
             "{}.s3-fips.{}.amazonaws.com")
    other = ("{}.s3.{}.amazonaws.com.evil.example", "evil.example/{}.s3.{}.amazonaws.com", "other.s3.{1}.amazonaws.com",
             "s3.amazonaws.com", "s3.{1}.amazonaws.com.cn", "s3-accelerate.amazonaws.com", "")
    with own_bucket() as s3:
        s3.put("x", b"abc")
        env = s3.environment(AWS_REGION="eu-west-1")
        for host in (*hosts, *other):
            wrong = lambda r: "/eu-west-1/" in r.headers["authorization"]
            s3.proxy.heal()
            s3.proxy.fail("", sends_to(host.format(s3.bucket, swift.REGION), 307 if "fips" in host else 301), times=99,
                          where=wrong)
            if host in hosts:
                assert s3.done("get", s3.uri("x"), "-", env=env) == "abc", host
            else:
                s3.refused(3, "get", s3.uri("x"), "-", env=env, says=("PermanentRedirect", "AWS_REGION"))


def s3_objects__the_requester_pays_where_that_is_said():
    with own_bucket() as s3:
        s3.put("set/x.csv", b"date,value\n2000-01-03,1\n")
        unpaid = lambda r: r.headers.get("x-amz-request-payer") != "requester" or \
            "x-amz-request-payer" not in r.headers["authorization"]
        s3.proxy.fail("", fp.error(403, "AccessDenied"), times=999, where=unpaid)
        for words in (("ls", s3.uri("set/")), ("info", s3.uri("set/x.csv"))):
            s3.refused(3, *words, says=("AccessDenied", "--request-payer requester"))
            s3.done(*words, "--request-payer", "requester")
            s3.done(*words, env=s3.environment(AWS_REQUEST_PAYER="requester"))
            s3.refused(2, *words, env=s3.environment(AWS_REQUEST_PAYER="me"), says=("AWS_REQUEST_PAYER=me", "requester"))
        write("here", noise(BIG // 3))
        s3.done("put", "here", s3.uri("y"), "--request-payer=requester")
        s3.refused(2, "ls", s3.uri(), "--request-payer", "owner", says="requester")
        # S3 says no more than no: who pays already gets no such advice.
        s3.proxy.heal()
        s3.proxy.fail("", fp.error(403, "AccessDenied"), times=999)
        done = s3.refused(3, "ls", s3.uri("set/"), "--request-payer", "requester", says="ask for the permission")
        assert "Pays" not in done.stderr


def s3_objects__public_data_need_no_credentials():
    with own_bucket() as s3:
        s3.put("set/x.csv", b"date,value\n2000-01-03,1\n")
        s3.put("large", noise(BIG))
        s3.proxy.fail("", fp.public(swift.KEY, swift.SECRET, swift.REGION), times=999)
        nobody = {**s3.environment(AWS_EC2_METADATA_DISABLED="true", HOME=os.getcwd()), "AWS_ACCESS_KEY_ID": "",
                  "AWS_SECRET_ACCESS_KEY": ""}
        for words, says in ((("ls", s3.uri("set/")), "x.csv"), (("cat", s3.uri("set/x.csv")), "2000-01-03"),
                            (("info", s3.uri("set/")), "x")):
            assert says in s3.done(*words, "--no-sign-request", env=nobody), words
            s3.refused(3, *words, env=nobody, says="no AWS credentials")
            s3.refused(3, *words, says=("AccessDenied", *(() if words[1].endswith("/") else ("s3:ListBucket",))))
        s3.done("get", s3.uri("large"), "back", "--no-sign-request", "--no-cache", env=nobody)
        assert read("back") == noise(BIG)
        write("here", b"abc")
        s3.refused(3, "put", "here", s3.uri("y"), "--no-sign-request", env=nobody, says=("not public", "--no-sign-request"))


def s3_objects__datasets_are_looked_at_where_they_lie():
    with own_bucket() as s3:
        frame = jobs.panel(300, 3, seed=4)
        jobs.write(frame, "panel.csv")
        s3.done("put", "panel.csv", s3.uri("sets/"))
        for words in (("head", "-n", 4), ("cat",), ("info", "--json")):
            near = s3.done(*words, "panel.csv")
            far = s3.done(*words, s3.uri("sets/panel.csv"))
            assert far.replace(s3.uri("sets/"), "") == near, (words, near, far)
        assert s3.done("get", s3.uri("sets/panel.csv"), "-") == read("panel.csv").decode()


def make_certificate(name):
    """cert.pem and key.pem of this name: "IP:…" or "DNS:…"."""
    key = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
           "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2", "-subj", f"/CN={name.partition(':')[2]}",
           "-addext", f"subjectAltName={name}"]
    jobs.subprocess.run(key, check=True, capture_output=True)


def s3_objects__servers_may_be_written_in_many_ways():
    """What is signed is what libcurl sends: it spells hosts and ports in its own way."""
    with own_bucket() as s3:
        s3.put("x", b"abc")
        port = s3.proxy.port
        for url in f"HTTP://127.1:{port}", f"http://0x7f000001:{port}/", f"http://LocalHost:{port}":
            assert s3.done("get", s3.uri("x"), "-", env=s3.environment(AWS_ENDPOINT_URL_S3=url)) == "abc", url
        s3.proxy.heal()
    make_certificate("IP:127.0.0.9")
    for port, certificate in (80, None), (443, ("cert.pem", "key.pem")):
        try:
            with socket.socket() as free:
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                free.bind(("127.0.0.9", port))
        except OSError as why:
            raise jobs.Skip(f"port {port}: {why}") from None
        with own_bucket(certificate=certificate, address="127.0.0.9", listen=port) as s3:
            s3.put("x", b"abc")
            scheme = "http" if certificate is None else "https"
            for text in f":{port}", f":0{port}/", "", ":":
                env = s3.environment(AWS_ENDPOINT_URL_S3=f"{scheme}://127.0.0.9{text}", AWS_CA_BUNDLE=os.path.abspath("cert.pem"))
                assert s3.done("get", s3.uri("x"), "-", env=env) == "abc", text
                assert s3.proxy.requests()[0].headers["host"] == "127.0.0.9"


def s3_objects__tls_is_verified():
    make_certificate("IP:127.0.0.1")
    with own_bucket(certificate=("cert.pem", "key.pem")) as s3:
        s3.put("x", b"abc")
        s3.refused(3, "get", s3.uri("x"), "back", says="certificate")
        assert s3.proxy.count() == 0, "something was sent to a server that is not trusted"
        s3.done("get", s3.uri("x"), "back",
                env=s3.environment(AWS_CA_BUNDLE=os.path.abspath("cert.pem")))
        assert read("back") == b"abc"


def s3_objects__a_trusted_certificate_is_of_the_host_that_is_asked():
    for name in ("DNS:elsewhere.example", "IP:127.0.0.2"):
        make_certificate(name)
        with own_bucket(certificate=("cert.pem", "key.pem")) as s3:
            s3.put("x", b"abc")
            s3.refused(3, "get", s3.uri("x"), "back", says="certificate",
                       env=s3.environment(AWS_CA_BUNDLE=os.path.abspath("cert.pem")))
            assert s3.proxy.count() == 0, "something was sent to a server of another name"


def s3_objects__redirects_send_nothing_to_another_host():
    """A session's token is for the server that was asked, and for no other that it names."""
    with own_bucket() as s3, fp.Proxy(s3.state["port"], address="127.0.0.2") as other:
        s3.put("x", b"abc")
        write("here", b"def")
        env = s3.environment(AWS_SESSION_TOKEN="a token", AWS_MAX_ATTEMPTS="2")
        for status in (301, 302, 303, 307, 308):
            for kind, words in (("get head", ("get", s3.uri("x"), "back")), ("put", ("put", "here", s3.uri("y")))):
                s3.proxy.heal()
                s3.proxy.fail(kind, fp.error(status, "Redirect", ("Location", f"{other.url}/{s3.bucket}/x")), times=99)
                s3.refused(3, *words, says=str(status), env=env)
        assert other.count() == 0, other.requests()
        assert files() == ["here"] and s3.keys() == ["x"]


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
