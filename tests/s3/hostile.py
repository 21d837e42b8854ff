#!/usr/bin/python3
"""hostile.py [CASE…]: whatever an S3 endpoint answers, no command crashes, waits without end, or says that it is done
when it is not. TABLE has the behaviours; each case takes some commands through all of it that they meet."""
import asyncio
import concurrent.futures
import functools
import json
import os
import re
import subprocess
import sys

import fault_proxy as fp
from endpoint import Endpoint, document, element, listed
from forged import PAGE, body, header, set_body, set_header
from support import files, jobs, noise, read, write

BUCKET = "bucket"
BIG = noise((16 << 20) + 5)
LONG = noise((8 << 20) + 4000, 2)  # a block of a read and a bit


# ---- Behaviours ---------------------------------------------------------------------------------


def raw(text, forever=False, pause=0.0):
    """These bytes are the answer, and the connection ends; or they come again and again."""
    @fp.named("raw")
    async def fault(exchange):
        exchange.writer.write(text[0] if forever else text)
        while forever:
            await exchange.writer.drain()
            await asyncio.sleep(pause)
            exchange.writer.write(text[1])
        await exchange.writer.drain()
        exchange.writer.close()
        raise fp.Gone
    return fault


def says(status, *headers, text=b""):
    """The server is not asked; this is the answer."""
    @fp.named(f"says {status}")
    async def fault(exchange):
        exchange.reply = fp.Reply(status, "Odd", list(headers), text)
    return fault


def status(number):
    """What the server says, under another status."""
    def alter(reply):
        reply.status = number
    return fp.change(alter)


def document_error(code, message="made up", number=200):
    return says(number, ("Content-Type", "application/xml"),
                text=document("Error", element("Code", code), f"<Message>{message}</Message>"))


def more(text, token):
    return text.replace(b"<IsTruncated>false<", b"<IsTruncated>true<").replace(
        b"</ListBucketResult>", b"<NextContinuationToken>" + token + b"</NextContinuationToken></ListBucketResult>")


def add(*children):
    """Further elements in a listing."""
    return lambda text: text.replace(b"</ListBucketResult>", "".join(children).encode() + b"</ListBucketResult>")


def sizes(number):
    return lambda text: re.sub(rb"<Size>\d+<", b"<Size>%s<" % str(number).encode(), text)


@fp.named("endless folders")
async def endless_folders(exchange):
    """Every prefix has another one below it."""
    reply = await exchange.forward()
    prefix = re.search(r"prefix=([^&]*)", exchange.request.target)[1].replace("%2F", "/")
    set_body(reply, document("ListBucketResult", element("IsTruncated", "false"), listed(prefix + "a.csv", 5),
                             listed(prefix + "x/"), listed(prefix + "y/")))


@fp.named("same folder")
async def same_folder(exchange):
    """A prefix lies below itself."""
    reply = await exchange.forward()
    prefix = re.search(r"prefix=([^&]*)", exchange.request.target)[1].replace("%2F", "/")
    set_body(reply, document("ListBucketResult", element("IsTruncated", "false"), listed(prefix)))


LAUGHS = (b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "' + b"ha" * 500 + b'">' + b"".join(
    b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 50) for i in range(8)) + b"]>")
ELSEWHERE = b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><ListBucketResult'
ESCAPES = "\x1b]0;owned\x07\u009b2J\u202eevil\u2066\nerror: forged"

# Kinds of requests; what is done to them; the exit codes that may follow, and what the error then says.
AGAIN, REFUSED, EITHER = (75,), (3,), (3, 75)
# What nobody can know to be a lie.
BELIEVED = ("folders without end", "a folder below itself")
TABLE = {
    # -- HTTP
    "no HTTP": ("", raw(b"SSH-2.0-OpenSSH_9.2\r\n"), REFUSED),
    "a status of letters": ("", raw(b"HTTP/1.1 abc OK\r\n\r\n"), REFUSED),
    "a status line alone": ("", raw(b"HTTP/1.1 200 OK\r\n"), EITHER),
    "nothing": ("", raw(b""), AGAIN),
    "bytes of all values": ("", raw(bytes(range(256)) * 40), REFUSED),
    "a version to come": ("", raw(b"HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n"), REFUSED),
    "a TLS alert": ("", raw(b"\x15\x03\x01\x00\x02\x02\x28"), REFUSED),
    "a head without end": ("", raw((b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"y" * 4000 + b"\r\n"), True), AGAIN),
    "a header line without end": ("", raw((b"HTTP/1.1 200 OK\r\nX-More: ", b"y" * 4000), True), AGAIN),
    "lengths that contradict": ("", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"), EITHER),
    "a length below 0": ("", raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), EITHER),
    "a length of letters": ("", raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"), EITHER),
    "a length beyond numbers": ("", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc"), EITHER),
    "chunks of letters": ("", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"), EITHER),
    "a chunk of all memory": ("", raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc"), EITHER),
    "packed in a way unknown": ("", raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"), EITHER),
    "control characters in headers": ("", raw(b"HTTP/1.1 200 \x1b[31mOK\r\nETag: \"\x1b]0;t\x07\"\r\nX\0Y: z\r\n"
                                              b"Content-Length: 0\r\n\r\n"), EITHER),
    "reset": ("", fp.reset_before, AGAIN),
    "cut in the body": ("list get", fp.short_body, AGAIN),
    # -- statuses
    "a page of a portal": ("", fp.plain(200, PAGE), EITHER),
    "an empty 200": ("", says(200), EITHER),
    "204 to all": ("", says(204), EITHER),
    "206 to all": ("", says(206, text=b"abc"), EITHER),
    "304 to all": ("", says(304), EITHER),
    "401 to all": ("", says(401, ("WWW-Authenticate", "Basic")), REFUSED),
    "403 to all": ("", fp.error(403, "AccessDenied"), REFUSED),
    "404 without a document": ("list head get put initiate", says(404), (2, 3)),
    "no such bucket": ("", fp.error(404, "NoSuchBucket"), REFUSED),
    "405 to all": ("", says(405), REFUSED),
    "412 to all": ("get head", fp.error(412, "PreconditionFailed"), (3,)),
    "416 to all": ("get", fp.error(416, "InvalidRange"), (2, 3)),
    "418 to all": ("", says(418), REFUSED),
    "429 to all": ("", says(429, ("Retry-After", "0")), AGAIN),
    "500 to all": ("", says(500), AGAIN),
    "501 to all": ("", fp.error(501, "NotImplemented"), REFUSED),
    "999 to all": ("", says(999), EITHER),
    "200 with an error inside": ("list get put part complete initiate", document_error("InternalError"), EITHER),
    "200 with another error inside": ("list put part complete initiate", document_error("AccessDenied"), EITHER),
    "a wait of letters asked for": ("list head get put", says(503, ("Retry-After", "abc"), ("X-A", "b")), AGAIN),
    # -- ways elsewhere
    "a redirect to itself": ("", says(307, ("Location", "/")), REFUSED),
    "a redirect to a file": ("", says(302, ("Location", "file:///etc/passwd")), REFUSED),
    "a region that moves on": ("", says(301, ("x-amz-bucket-region", "eu-west-1")), EITHER),
    "a region of controls": ("", says(400, ("x-amz-bucket-region", "eu/\x1b[31m@evil:1/../")), EITHER),
    "the clock of 1970": ("", fp.error(403, "RequestTimeTooSkewed", ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")), REFUSED),
    "a clock of letters": ("", fp.error(403, "RequestTimeTooSkewed", ("Date", "soon")), REFUSED),
    "an expired token": ("", fp.error(400, "ExpiredToken"), REFUSED),
    # -- error documents
    "an error of controls": ("list get put", document_error("Odd", ESCAPES.replace("\x1b", "").replace("\x07", ""), 400), REFUSED),
    "an error without end": ("list get put", document_error("Odd", "m" * 200000, 400), REFUSED),
    "an error that laughs": ("list get put", says(400, text=LAUGHS + b"<Error><Code>&i;</Code></Error>"), REFUSED),
    "an error of another tongue": ("list get put", says(400, text=b"<Error><Code>\xff\xfe\xc3</Code></Error>"), REFUSED),
    # -- listings
    "a listing of a page": ("list", body(lambda text: PAGE), AGAIN),
    "a listing that is cut": ("list", body(lambda text: text[:len(text) // 2]), AGAIN),
    "a listing that laughs": ("list", body(lambda text: LAUGHS + b"<ListBucketResult><Contents><Key>&i;</Key></Contents>"
                                           b"</ListBucketResult>"), AGAIN),
    "a listing from elsewhere": ("list", body(lambda text: text.replace(b"<ListBucketResult", ELSEWHERE, 1)
                                              .replace(b"</Key>", b"&x;</Key>")), AGAIN),
    "a listing of depth": ("list", body(lambda text: b"<ListBucketResult>" + b"<a>" * 100000), AGAIN),
    "a listing in UTF-16": ("list", body(lambda text: text.decode().replace("UTF-8", "UTF-16").encode("utf-16")), AGAIN),
    "a listing in no encoding": ("list", body(lambda text: text.replace(b"UTF-8", b"KOI-99")), AGAIN),
    "keys without names": ("list", body(lambda text: re.sub(rb"<Key>[^<]*</Key>", b"", text)), AGAIN),
    "keys without sizes": ("list", body(lambda text: re.sub(rb"<Size>\d+</Size>", b"", text)), AGAIN),
    "sizes below 0": ("list", body(sizes(-1)), AGAIN),
    "sizes beyond numbers": ("list", body(sizes(10**30)), AGAIN),
    "a key without end": ("list", body(add(listed("k" * (1 << 20), 1))), AGAIN),
    "more keys than a page has": ("list", body(add(*(listed(f"d/k{i}", 1) for i in range(20000)))), AGAIN),
    "the same token": ("list", body(lambda text: more(text, b"same")), REFUSED),
    "no token": ("list", body(lambda text: text.replace(b"<IsTruncated>false", b"<IsTruncated>true")), REFUSED),
    "neither more nor not": ("list", body(lambda text: text.replace(b"<IsTruncated>false", b"<IsTruncated>si")), AGAIN),
    "a token, and no word of more": ("list", body(lambda text: re.sub(
        rb"<IsTruncated>.*?</IsTruncated>", b"<NextContinuationToken>x</NextContinuationToken>", text)), REFUSED),
    "folders without end": ("list", endless_folders, (0, 2, 75)),
    "a folder below itself": ("list", same_folder, (0, 2, 3, 75)),
    "keys of another prefix": ("list", body(add(listed("other", 3), listed("/etc/passwd", 3))), (0, 3)),
    "keys that lead out": ("list", body(add(listed("d/../../out", 3), listed("d/e/../../../out", 3))), (0, 3)),
    "keys of controls": ("list", body(add(listed("d/%1B%5B31mred%00%0Aerror:%20forged", 3))), (0, 2, 3)),
    "keys of no UTF-8": ("list", body(add(listed("d/%FF%FE", 3))), (0, 2, 3)),
    "keys that come twice": ("list", body(lambda text: text.replace(b"</ListBucketResult>", b"".join(
        re.findall(rb"<Contents>.*?</Contents>", text)) + b"</ListBucketResult>")), (0, 2, 3)),
    # -- objects read
    "no ETag": ("head", header("ETag", None), AGAIN),
    "an ETag without end": ("head", header("ETag", '"' + "e" * 5000 + '"'), AGAIN),
    "an ETag of controls": ("head", header("ETag", '"\x1b]0;t\x07"'), (0, 2, 3, 75)),
    "no length": ("head", header("Content-Length", ""), EITHER),
    "a length of exabytes": ("head", header("Content-Length", str(2**62)), EITHER),
    "a length of terabytes": ("head", header("Content-Length", str(2**42)), EITHER),
    "shorter than the head said": ("get", body(lambda text: text[:len(text) // 2]), AGAIN),
    "longer than asked for": ("get", body(lambda text: text + b"more"), AGAIN),
    "other bytes": ("get", body(lambda text: bytes(255 - byte for byte in text)), EITHER),
    "whole objects for ranges": ("get", status(200), REFUSED),
    "another range": ("get", header("Content-Range", "bytes 7-9/10"), AGAIN),
    "no range": ("get", header("Content-Range", None), AGAIN),
    "a checksum of letters": ("head", header("x-amz-checksum-crc32", "!!!!"), (0, 3, 75)),
    "a wrong checksum": ("head", header("x-amz-checksum-crc32", "AAAAAA=="), EITHER),
    # -- objects written
    "no ETag of what is stored": ("put part", header("ETag", None), AGAIN),
    "another ETag of what is stored": ("put part", header("ETag", '"0123456789abcdef0123456789abcdef"'), AGAIN),
    "an ETag that is markup": ("part", header("ETag", '"</ETag><Part>"'), EITHER),
    "an upload without a name": ("initiate", body(lambda text: re.sub(rb"<UploadId>.*</UploadId>", b"", text)), REFUSED),
    "an upload's name without end": ("initiate", body(lambda text: text.replace(b"upload-", b"u" * 5000)), EITHER),
    "an upload's name of controls": ("initiate", body(lambda text: text.replace(b"upload-", b"&#10;&#13;?&amp;/../")), AGAIN),
    "completions that are lost": ("complete", fp.lost, AGAIN),
    "a completion that did not happen": ("complete", fp.plain(200, b""), AGAIN),
    "a completion with an error": ("complete", document_error("InternalError"), AGAIN),
    "an upload that is gone": ("complete part", fp.error(404, "NoSuchUpload"), AGAIN),
    "a deletion with a page": ("delete", fp.plain(200, PAGE), AGAIN),
}
# Each takes 20 s: a transfer that brings nothing for so long is given up.
SLOW = {
    "no answer": ("", fp.hang),
    "a body that stops": ("list get", fp.stall),
    "a byte a second": ("", raw((b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"), True, 1)),
    "a header a second": ("", raw((b"HTTP/1.1 200 OK\r\n", b"X-More: y\r\n"), True, 1)),
    "100 Continue without end": ("", raw((b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100), True, 0.01)),
    "a connection that is not read": ("put part", fp.hang),
}


# ---- Commands -----------------------------------------------------------------------------------


@functools.cache
def panel():
    return jobs.panel(160, 3, 5)


class Scene:
    """An endpoint and a directory of one's own, with the objects and files that commands work on."""

    def __init__(self, endpoint, directory):
        self.endpoint, self.directory = endpoint, directory
        frame = panel()
        self.csv = frame.to_csv(date_format="%Y-%m-%d").encode()
        self.end = jobs.last_day(frame)
        self.columns = {name: frame[[name]].rename(columns={name: "value"}).to_csv(date_format="%Y-%m-%d").encode()
                        for name in frame}

    def path(self, name):
        return os.path.join(self.directory, name)

    def reset(self):
        endpoint = self.endpoint
        endpoint.heal()
        for state in (endpoint.objects, endpoint.uploads, endpoint.times, endpoint.tags):
            state.clear()
        for key, what in {"d/a.csv": self.csv, "d/long": LONG, "d/e/b": b"bb", "results/old": b"o"}.items():
            endpoint.put(BUCKET, key, what)
        for name, what in self.columns.items():
            endpoint.put(BUCKET, f"set/historical_{name}.csv", what)
        subprocess.run(["rm", "-rf", self.directory], check=True)
        os.makedirs(self.path("tmp"))
        write(self.path("small"), b"small")
        write(self.path("big"), BIG)
        write(self.path("panel.csv"), self.csv)

    def environment(self, attempts):
        env = {k: v for k, v in jobs.environment().items()
               if not k.startswith("AWS_") and k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
        env.update(AWS_ACCESS_KEY_ID="key", AWS_SECRET_ACCESS_KEY="hidden/secret", AWS_REGION="us-east-1",
                   AWS_ENDPOINT_URL_S3=self.endpoint.url, AWS_EC2_METADATA_DISABLED="true", AWS_MAX_ATTEMPTS=str(attempts),
                   HOME=self.directory, XDG_CACHE_HOME=self.path("cache"), TMPDIR=self.path("tmp"), PULSE_CLAIM_SECONDS="1")
        return env

    def command(self, words):
        program, *words = [word.format(b=f"s3://{BUCKET}/") for word in words]
        if program == "pulse-train":
            words += ["--end-date", self.end, "--min-history", "60", "--ridge", "10", "--no-progress", "--no-report"]
        return [os.path.join(jobs.binaries(), program), *words]

    def run(self, words, attempts=2):
        return subprocess.run(self.command(words), env=self.environment(attempts),
                              stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300, cwd=self.directory)

    def object(self, key):
        return self.endpoint.objects.get((BUCKET, key))


def lines(done):
    return done.stdout.decode("utf-8", "surrogateescape").splitlines()


def has(name, content):
    return lambda scene, done: os.path.exists(scene.path(name)) and read(scene.path(name)) == content(scene)


def got_all(scene, done):
    """What was listed of the true objects is there; nothing lies outside of the target."""
    there = {name: read(scene.path(f"back/{name}")) for name in files(scene.path("back"))}
    return there.get("a.csv") == scene.csv and there.get("long") == LONG and there.get("e/b") == b"bb" and \
        set(files(scene.directory)) <= {"small", "big", "panel.csv", *(f"back/{name}" for name in there)}


def is_trained(scene, done):
    with open(scene.path("out/summary.json"), encoding="utf-8") as file:
        return json.load(file)["fingerprint"] == FINGERPRINT["from"]


def is_delivered(scene, done):
    summary = json.loads(scene.object("results/summary.json") or "{}")
    results = scene.object("results/" + summary.get("results", {}).get("file", "?"))
    return summary.get("fingerprint") == FINGERPRINT["to"] and results is not None and \
        summary["fingerprint"].encode() in results


FINGERPRINT = {}  # of what is right, by the direction
COMMANDS = {
    "ls": (("pulse-data", "ls", "-l", "{b}d/"), lambda scene, done: {line.split(None, 1)[1] for line in lines(done)} >=
           {"a.csv", "long", "e/"}),
    "ls -r": (("pulse-data", "ls", "-r", "{b}d/"), lambda scene, done: {"a.csv", "long", "e/b"} <= set(lines(done))),
    "get": (("pulse-data", "get", "{b}d/long", "back"), has("back", lambda scene: LONG)),
    "get -r": (("pulse-data", "get", "-r", "{b}d/", "back"), got_all),
    "cat": (("pulse-data", "cat", "{b}d/a.csv"), lambda scene, done: len(lines(done)) == 161),
    "info": (("pulse-data", "info", "{b}d/a.csv"), lambda scene, done: b"3 variables, 160 rows" in done.stdout),
    "info of a directory": (("pulse-data", "info", "{b}set/"), lambda scene, done: b"3 variables" in done.stdout),
    "convert": (("pulse-data", "convert", "{b}d/a.csv", "here.parquet"),
                lambda scene, done: read(scene.path("here.parquet"))[-4:] == b"PAR1"),
    "convert to": (("pulse-data", "convert", "panel.csv", "{b}c.parquet"),
                   lambda scene, done: (scene.object("c.parquet") or b"")[-4:] == b"PAR1"),
    "put": (("pulse-data", "put", "small", "{b}new"), lambda scene, done: scene.object("new") == b"small"),
    "put in parts": (("pulse-data", "put", "big", "{b}new"), lambda scene, done: scene.object("new") == BIG),
    "rm": (("pulse-data", "rm", "{b}d/a.csv"), lambda scene, done: scene.object("d/a.csv") is None),
    "rm -r": (("pulse-data", "rm", "-r", "{b}d/"), lambda scene, done: scene.endpoint.keys(BUCKET, "d/") == []),
    "train from": (("pulse-train", "--data", "{b}set/", "--output", "out"), is_trained),
    "train from a file": (("pulse-train", "--data", "{b}d/a.csv", "--output", "out"), is_trained),
    "train to": (("pulse-train", "--data", "panel.csv", "--output", "{b}results"), is_delivered),
}


def learn(scene, command):
    """A run that meets no lies: what is right, and the kinds of its requests."""
    scene.reset()
    words, is_true = COMMANDS[command]
    done = scene.run(words)
    assert done.returncode == 0, done
    if command.startswith("train"):
        text = scene.object("results/summary.json") if command == "train to" else read(scene.path("out/summary.json"))
        FINGERPRINT["to" if command == "train to" else "from"] = json.loads(text)["fingerprint"]
    assert is_true(scene, done), done
    return {request.kind for request in scene.endpoint.requests()}


def look(done, name, command):
    """It ended by itself, with one clear line where it failed, and nothing that drives a terminal."""
    shown = f"{command}, {name}: {done}"
    errors = done.stderr.decode("utf-8", "surrogateescape")
    own = [line for line in errors.split("\n") if line.startswith("error: ")]
    assert 0 <= done.returncode < 126, shown
    assert len(own) == (done.returncode != 0) and all(10 < len(line) < 1200 for line in own), shown
    for c in errors + done.stdout.decode("utf-8", "surrogateescape"):
        assert c in "\n\t" or c.isprintable() or "\ud800" <= c <= "\udfff" and command == "cat", (c, shown)
    assert "hidden/secret" not in errors and "ERROR: " not in errors, shown


def may_end_with(command, kind, codes):
    """Without what it does not need, a command goes on: rm does not read what it removes, and a run that may not see
    others' leases, or remove old objects, warns and delivers."""
    unneeded = kind == "head" and command == "rm" or kind in ("list", "delete") and command == "train to"
    return (*codes, 0, 75) if unneeded else codes


def try_all(*commands):
    """The table's behaviours, each from the first request on and for ever."""
    tried, wrong = 0, []
    with Endpoint() as endpoint:
        scene = Scene(endpoint, os.path.abspath("scene"))
        for command in commands:
            kinds = learn(scene, command)
            for name, (kind, fault, codes) in TABLE.items():
                if kind and not kinds & set(kind.split()):
                    continue
                scene.reset()
                endpoint.fail(kind, fault, times=10**9)
                try:
                    done = scene.run(COMMANDS[command][0])
                    look(done, name, command)
                    tried += 1
                    met = any(request.fault for request in endpoint.requests())
                    may = may_end_with(command, kind, codes) if met else (0,)
                    assert done.returncode in may, f"{command}, {name}: one of {may} expected: {done}"
                    assert done.returncode != 0 or name in BELIEVED or COMMANDS[command][1](scene, done), \
                        f"{command}, {name}: no success: {done}"
                except (AssertionError, subprocess.TimeoutExpired, OSError) as why:
                    wrong.append(str(why)[:700])
    print(f"{tried} answers, {len(TABLE)} behaviours")
    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong)


def s3_hostile__keys_are_listed():
    try_all("ls", "ls -r")


def s3_hostile__objects_are_copied_here():
    try_all("get", "get -r")


def s3_hostile__objects_are_copied_there():
    try_all("put", "put in parts")


def s3_hostile__objects_are_removed():
    try_all("rm", "rm -r")


def s3_hostile__tables_are_looked_at():
    try_all("info", "info of a directory", "cat")


def s3_hostile__tables_are_converted():
    try_all("convert", "convert to")


def s3_hostile__training_reads_datasets():
    try_all("train from")


def s3_hostile__training_reads_a_file():
    try_all("train from a file")


def s3_hostile__training_delivers():
    try_all("train to")


def s3_hostile__waits_end():
    """All at the same time, since most of it is waiting."""
    def wait(task):
        command, name = task
        with Endpoint() as endpoint:
            scene = Scene(endpoint, os.path.abspath(f"scene {command} {name}"))
            scene.reset()
            endpoint.fail(SLOW[name][0], SLOW[name][1], times=10**9)
            try:
                done = scene.run(COMMANDS[command][0], attempts=1)
                look(done, name, command)
                assert done.returncode == 75 or done.returncode == 0 and COMMANDS[command][1](scene, done), \
                    f"{command}, {name}: {done}"
            except (AssertionError, subprocess.TimeoutExpired, OSError) as why:
                return str(why)[:700]
        return None
    with Endpoint() as endpoint:
        for command in ("train from", "train to"):
            learn(Scene(endpoint, os.path.abspath("scene")), command)
    tasks = [(command, name) for command in ("ls", "get", "put", "put in parts", "rm", "cat", "train from", "train to")
             for name in SLOW]
    with concurrent.futures.ThreadPoolExecutor(len(tasks)) as pool:
        wrong = [why for why in pool.map(wait, tasks) if why]
    assert not wrong, f"{len(wrong)} of {len(tasks)} are wrong:\n" + "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
