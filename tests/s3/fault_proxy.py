"""An HTTP proxy before an S3 server that goes wrong as asked: errors, resets, short and slow bodies.

    with Proxy(port) as proxy:
        proxy.fail("get", error(503, "SlowDown"), times=2)
        ...                      # a client uses http://127.0.0.1:{proxy.port}
        proxy.count("get")

It runs in a thread of the test. The head of a request goes on as it came, Host too, since that is
what the client signed. A fault is a function of (exchange) that may answer itself, or change how
the answer is sent; `fail` says which requests it befalls, `fail_randomly` a share of all, by seed.
"""
import asyncio
import dataclasses
import email.utils
import random
import re
import socket
import ssl
import struct
import threading
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

MAX_HEAD = 64 << 10


@dataclasses.dataclass
class Request:
    """One request as the client sent it, and what became of it."""
    method: str
    target: str  # path and query as they came
    headers: dict  # names in lower case
    head: list = dataclasses.field(repr=False, default_factory=list)  # (name, value) as they came
    body: bytes = dataclasses.field(repr=False, default=b"")
    kind: str = ""
    fault: str = ""  # the name of the fault that befell it
    status: int = 0  # as sent to the client; 0: none was
    sent: int = 0  # bytes of the answer's body
    range: str = ""

    @property
    def path(self):
        return urllib.parse.unquote(self.target.split("?")[0])


@dataclasses.dataclass
class Reply:
    status: int
    reason: str
    headers: list  # (name, value)
    body: bytes = dataclasses.field(repr=False, default=b"")


@dataclasses.dataclass
class Exchange:
    """What a fault works on. Without `reply` the server has not been asked yet."""
    request: Request
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    reply: Reply = None
    forward: object = None  # async: asks the server


class Gone(Exception):
    """The connection has been ended, on purpose or by the client."""


def kind_of(method, target):
    """get, head, put, delete, list, initiate, part, complete, abort, uploads, other."""
    path, _, query = target.partition("?")
    asked = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    in_bucket = path.count("/") > 1 and not path.endswith("/") or path.count("/") > 2
    if "uploads" in asked:
        return "initiate" if method == "POST" else "uploads"
    if "uploadId" in asked:
        return {"PUT": "part", "POST": "complete", "DELETE": "abort"}.get(method, "other")
    if method == "GET" and not in_bucket:
        return "list"
    if in_bucket and method in ("GET", "HEAD", "PUT", "DELETE"):
        return method.lower()
    return "other"


# ---- Faults -------------------------------------------------------------------------------------


def named(name):
    def name_it(function):
        function.name = name
        return function
    return name_it


def error_reply(status, code, headers=(), message="made up by the test"):
    body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}'
            "</Message><RequestId>0</RequestId></Error>").encode()
    return Reply(status, code, [("Content-Type", "application/xml"), *headers], body)


def reset(writer):
    """Ends the connection with RST and not with FIN."""
    connection = writer.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise Gone


def error(status, code, *headers):
    """The server is not asked; S3's error document is the answer. `headers`: (name, value)."""
    @named(f"error {status} {code}")
    async def fault(exchange):
        exchange.reply = error_reply(status, code, headers)
    return fault


def plain(status, body=b"<html>Bad gateway</html>"):
    """An answer that is not S3's: a load balancer's page."""
    @named(f"plain {status}")
    async def fault(exchange):
        exchange.reply = Reply(status, "Odd", [("Content-Type", "text/html")], body)
    return fault


@named("reset before")
async def reset_before(exchange):
    """The connection breaks before there is an answer; the server has not been asked."""
    reset(exchange.writer)


@named("close before")
async def close_before(exchange):
    """The server closes an idle connection just as the request comes."""
    exchange.writer.close()
    raise Gone


@named("lost")
async def lost(exchange):
    """The server did what was asked, but its answer is lost."""
    await exchange.forward()
    reset(exchange.writer)


async def send_part(exchange, share, chunk=0, pause=0.0):
    """The head, which promises the whole body, and this share of it."""
    reply = await exchange.forward()
    body = reply.body[:int(len(reply.body) * share)]
    exchange.request.status = reply.status
    exchange.writer.write(head_bytes(reply))
    for start in range(0, len(body), chunk or len(body) or 1):
        piece = body[start:start + (chunk or len(body))]
        exchange.writer.write(piece)
        exchange.request.sent += len(piece)
        await exchange.writer.drain()
        await asyncio.sleep(pause)


@named("reset in body")
async def reset_in_body(exchange):
    await send_part(exchange, 0.5)
    await asyncio.sleep(0.02)  # what was written leaves before the RST throws it away
    reset(exchange.writer)


@named("short body")
async def short_body(exchange):
    """Half of what Content-Length promised, then an orderly end."""
    await send_part(exchange, 0.5)
    exchange.writer.close()
    raise Gone


@named("stall")
async def stall(exchange):
    """Half of the body, then nothing, until the client leaves."""
    await send_part(exchange, 0.5)
    await exchange.reader.read()
    raise Gone


@named("hang")
async def hang(exchange):
    """No answer, until the client leaves."""
    await exchange.reader.read()
    raise Gone


def trickle(chunk, pause):
    """The whole body in small pieces with pauses between."""
    @named("trickle")
    async def fault(exchange):
        await send_part(exchange, 1, chunk, pause)
        raise Done
    return fault


class Done(Exception):
    """The fault has sent the answer itself; the connection stays."""


@named("flip")
async def flip(exchange):
    """One bit of the answer's body is wrong."""
    reply = await exchange.forward()
    middle = len(reply.body) // 2
    reply.body = reply.body[:middle] + bytes([reply.body[middle] ^ 1]) + reply.body[middle + 1:]


@named("flip upload")
async def flip_upload(exchange):
    """One bit of the request's body is wrong when the server gets it."""
    body = exchange.request.body
    middle = len(body) // 2
    exchange.request.body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1:]
    await exchange.forward()


def after(action):
    """`action()` is called, and then the server is asked as always."""
    @named("after")
    async def fault(exchange):
        await asyncio.get_running_loop().run_in_executor(None, action)
        await exchange.forward()
    return fault


def change(alter):
    """The server is asked as always, then `alter(reply)`."""
    @named("change")
    async def fault(exchange):
        alter(await exchange.forward())
    return fault


TRANSIENT = (error(500, "InternalError"), error(503, "SlowDown"), reset_before, lost, reset_in_body,
             short_body)

# ---- Signatures ---------------------------------------------------------------------------------


class Signer(botocore.auth.S3SigV4Auth):
    """botocore's signature of a request as it came: by its own date and its own list of headers."""

    def __init__(self, key, secret, region, names=None):
        super().__init__(botocore.credentials.Credentials(key, secret), "s3", region)
        self.names = names

    def headers_to_sign(self, request):
        headers = super().headers_to_sign(request)
        for name in set(headers):
            if self.names is not None and name.lower() not in self.names:
                del headers[name]
        return headers


AUTHORIZATION = re.compile(r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)"
                           r"/s3/aws4_request, ?SignedHeaders=(?P<names>[^,]+), ?Signature=(?P<sig>\w+)")


def signature(request, key, secret, host):
    """(the client's, the right one) of a request's Authorization header."""
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if not match:
        return None, ""
    signer = Signer(key, secret, match["region"], match["names"].split(";"))
    copy = botocore.awsrequest.AWSRequest(request.method, f"http://{host}{request.target}",
                                          headers=dict(request.headers))
    del copy.headers["authorization"]
    copy.context["timestamp"] = request.headers["x-amz-date"]
    text = signer.string_to_sign(copy, signer.canonical_request(copy))
    return match["sig"], signer.signature(text, copy)


def sign_anew(request, key, secret, region, host):
    """Signs for the server as of now, instead of the client's signature."""
    signer = Signer(key, secret, region, {"host", "x-amz-date", "x-amz-content-sha256"})
    sha = request.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    copy = botocore.awsrequest.AWSRequest(request.method, f"http://{host}{request.target}",
                                          headers={"Host": host, "x-amz-content-sha256": sha})
    copy.context["timestamp"] = stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copy.headers["x-amz-date"] = stamp
    text = signer.string_to_sign(copy, signer.canonical_request(copy))
    scope = f"{key}/{stamp[:8]}/{region}/s3/aws4_request"
    names = "host;x-amz-content-sha256;x-amz-date"
    new = {"x-amz-date": stamp, "x-amz-content-sha256": sha, "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, "
           f"SignedHeaders={names}, Signature={signer.signature(text, copy)}"}
    request.head = [(n, v) for n, v in request.head if n.lower() not in new] + list(new.items())


def clock(offset, key, secret, region):
    """A server whose clock is `offset` seconds ahead: what is dated otherwise it refuses, and says
    its time. What is dated well it takes if the signature is right."""
    @named("clock")
    async def fault(exchange):
        request = exchange.request
        now = time.time() + offset
        stamp = request.headers.get("x-amz-date", "19700101T000000Z")
        dated = time.mktime(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - time.timezone
        date = [("Date", email.utils.formatdate(now, usegmt=True))]
        theirs, right = signature(request, key, secret, request.headers["host"])
        if abs(dated - now) > 900:
            exchange.reply = error_reply(403, "RequestTimeTooSkewed", date)
        elif theirs != right:
            exchange.reply = error_reply(403, "SignatureDoesNotMatch", date)
        else:
            sign_anew(request, key, secret, region, request.headers["host"])
            request.fault = ""
            await exchange.forward()
    return fault


def public(key, secret, region):
    """Data for everybody: what is unsigned the server is asked, but for writing, and what is signed is refused, as where
    nobody has keys."""
    @named("public")
    async def fault(exchange):
        request = exchange.request
        signed = {"authorization", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token"} & set(request.headers)
        if signed or request.method not in ("GET", "HEAD"):
            exchange.reply = error_reply(403, "AccessDenied")
        else:
            sign_anew(request, key, secret, region, request.headers["host"])
            request.fault = ""
            await exchange.forward()
    return fault


def token(valid):
    """Sessions: whose token is not what `valid()` says gets the answer that it has expired."""
    @named("token")
    async def fault(exchange):
        request = exchange.request
        if request.headers.get("x-amz-security-token") != valid():
            exchange.reply = error_reply(400, "ExpiredToken")
        else:
            request.fault = ""
            await exchange.forward()
    return fault


# ---- Proxy --------------------------------------------------------------------------------------


async def read_head(reader):
    """(first line, [(name, value)]); None at the end of the connection."""
    try:
        text = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = text.decode("latin-1").split("\r\n")[:-2]
    return lines[0], [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]


async def read_body(reader, headers, method=""):
    """A body by its length or its chunks; else (in answers) to the end of the connection."""
    found = {name.lower(): value for name, value in headers}
    if "chunked" in found.get("transfer-encoding", ""):
        body = b""
        while size := int((await reader.readline()).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    if "content-length" in found:
        return await reader.readexactly(int(found["content-length"]))
    return await reader.read() if not method else b""


def head_bytes(reply):
    """An answer's head, which says how long the body is unless it says so itself already."""
    headers = [(n, v) for n, v in reply.headers
               if n.lower() not in ("connection", "transfer-encoding")]
    if not any(n.lower() == "content-length" for n, _ in headers) and reply.status != 204:
        headers.append(("Content-Length", str(len(reply.body))))
    lines = [f"HTTP/1.1 {reply.status} {reply.reason}", *(f"{n}: {v}" for n, v in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Proxy:
    """See above. `pages`: path → function of no arguments that returns the text to answer with,
    for what is not S3 (credentials of a container). `certificate`: (PEM file, key file) for TLS.
    `address`, `listen`: where it listens, and at which port; 0: any."""

    def __init__(self, port, pages=None, certificate=None, address="127.0.0.1", listen=0):
        self.server_port, self.address, self.listen = port, address, listen
        self.pages = pages or {}
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*certificate)
        self.log = []
        self.rules = []
        self.lock = threading.Lock()
        self.random = None

    # -- what a test says and asks

    def fail(self, kind, fault, times=1, skip=0, where=None):
        """The next `times` requests of this kind ("" any; "get put": one of these) meet the fault,
        after `skip` that do not; `where`: a function of the request which must say yes as well."""
        with self.lock:
            self.rules.append({"kinds": kind.split(), "fault": fault, "times": times, "skip": skip,
                               "where": where})

    def fail_randomly(self, share, seed, faults=TRANSIENT):
        print(f"random faults, {share:.1%} of the requests, seed {seed}")
        with self.lock:
            self.random = (random.Random(seed), share, faults)

    def heal(self):
        """No more faults; what was counted is forgotten."""
        with self.lock:
            self.rules, self.random, self.log = [], None, []

    def requests(self, kind=""):
        with self.lock:
            return [r for r in self.log if not kind or r.kind in kind.split()]

    def count(self, kind=""):
        return len(self.requests(kind))

    def bytes(self, kind=""):
        """Bytes of bodies sent to clients."""
        return sum(r.sent for r in self.requests(kind))

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.address}:{self.port}"

    # -- the thread

    def __enter__(self):
        ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(ready)), daemon=True)
        self.thread.start()
        if not ready.wait(60):
            raise RuntimeError("the proxy does not start")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.ending.set)
        self.thread.join(10)

    async def serve(self, ready):
        self.loop, self.ending = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.connection, self.address, self.listen, limit=MAX_HEAD,
                                            ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self.ending.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def connection(self, reader, writer):
        try:
            while request := await self.receive(reader, writer):
                await self.exchange(Exchange(request, reader, writer))
        except (Gone, OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def receive(self, reader, writer):
        head = await read_head(reader)
        if head is None:
            return None
        method, target, _ = head[0].split(" ")
        request = Request(method, target, {n.lower(): v for n, v in head[1]}, head[1],
                          kind=kind_of(method, target))
        request.range = request.headers.get("range", "")
        if request.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.body = await read_body(reader, head[1], method)
        return request

    def choose(self, request):
        """The fault for this request, or None; and the request is in the log."""
        with self.lock:
            self.log.append(request)
            for rule in self.rules:
                if rule["times"] <= 0 or rule["kinds"] and request.kind not in rule["kinds"] or \
                        rule["where"] and not rule["where"](request):
                    continue
                if rule["skip"] > 0:
                    rule["skip"] -= 1
                    continue
                rule["times"] -= 1
                return rule["fault"]
            if self.random and self.random[0].random() < self.random[1]:
                return self.random[0].choice(self.random[2])
        return None

    async def exchange(self, exchange):
        request = exchange.request
        page = self.pages.get(request.path)
        if page:
            exchange.reply = Reply(200, "OK", [("Content-Type", "application/json")], page().encode())
        else:
            fault = self.choose(request)
            exchange.forward = lambda: self.ask(exchange)
            try:
                if fault:
                    request.fault = fault.name
                    await fault(exchange)
                else:
                    await self.ask(exchange)
            except Done:
                return
        await self.answer(exchange)

    async def answer(self, exchange):
        reply, request = exchange.reply, exchange.request
        request.status = reply.status
        exchange.writer.write(head_bytes(reply))
        if request.method != "HEAD":
            exchange.writer.write(reply.body)
            request.sent = len(reply.body)
        await exchange.writer.drain()

    async def ask(self, exchange):
        """Sends the request on as it came, and reads the whole answer."""
        request = exchange.request
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port, limit=MAX_HEAD)
        try:
            headers = [(n, v) for n, v in request.head if n.lower() not in ("connection", "expect")]
            lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers),
                     "Connection: close"]
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body)
            await writer.drain()
            first, headers = await read_head(reader)
            _, status, reason = (first + " ").split(" ", 2)
            body = b""
            if request.method != "HEAD" and status not in ("204", "304"):
                body = await read_body(reader, headers)
            exchange.reply = Reply(int(status), reason.strip(), headers, body)
        finally:
            writer.close()
        return exchange.reply
