#!/usr/bin/python3
"""server.py --state DIR [--port N]: a local AWS for tests: Batch, CloudWatch Logs, container credentials.

A test double, no emulator: what it does not do it refuses. It listens on loopback only, prints its
URL, and writes DIR/access.json (mode 0600) with the keys it accepts and DIR/requests.jsonl with a
line per request. Jobs run as --run says: `process` runs them here, `puppet` leaves them to the test.
"""
import argparse
import ctypes
import hmac
import json
import os
import signal
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import admin
import faults
import model
import signature
from batch import OPERATIONS, Batch
from logs import Logs
from model import Refused
from processes import Processes
from puppets import Puppets
from rules import MAX_PAYLOAD
from scheduler import Scheduler

ACCOUNT, REGION = "123456789012", "us-east-1"
MAX_BODY = 1 << 20
PR_SET_PDEATHSIG = 1
CREDENTIALS = "/v2/credentials/"
SETTINGS = {"hold": False, "start_seconds": 0.0, "kill_seconds": 30.0, "time_scale": 1.0, "log_delay": 0.0,
            "empty_pages": 0, "credentials_seconds": 3600.0}
LOGS = {"GetLogEvents": "get_log_events", "DescribeLogStreams": "describe_log_streams",
        "DescribeLogGroups": "describe_log_groups", "CreateLogGroup": "create_log_group"}


class Broken(Exception):
    """The connection is to be closed without an answer."""


class Cloud:
    """All state there is, and the way of a request through it."""

    def __init__(self, state, fixed=None):
        self.state, self.region, self.account = state, REGION, ACCOUNT
        self.settings = dict(SETTINGS)
        self.keys, self.script = signature.Keys(fixed), faults.Script()
        self.batch = Batch(ACCOUNT, REGION)
        self.logs = Logs(self.settings, self.batch.arn("logs", "").rstrip(":"))
        self.services = {name: model.Service(name) for name in ("batch", "logs")}
        self.admin_token, self.job_token = os.urandom(24).hex(), os.urandom(24).hex()
        self.log_lock = threading.Lock()
        self.scheduler = self.runner = None
        self.url = None

    def run(self, runner):
        self.runner = runner
        self.scheduler = Scheduler(self.batch, runner, self.settings)

    def log(self, entry):
        line = json.dumps(entry) + "\n"
        with self.log_lock, open(os.path.join(self.state, "requests.jsonl"), "a", encoding="utf-8") as file:
            file.write(line)

    # ---- One request -----------------------------------------------------------------------------

    def operation(self, method, path, headers):
        """(service, operation); the service is known even where the operation is not."""
        target = headers.get("X-Amz-Target")
        if path == "/" and target:
            prefix, _, name = target.partition(".")
            return "logs", name if prefix == "Logs_20140328" and name in LOGS else None
        name = self.services["batch"].paths.get((method, path))
        return "batch", name if name in OPERATIONS else None

    def parameters(self, service, name, body):
        if name == "SubmitJob" and len(body) > MAX_PAYLOAD:
            raise Refused(400, "ClientException", f"the request is longer than {MAX_PAYLOAD} bytes")
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            raise Refused(400, "SerializationException", "the body is not JSON") from None
        wrong = self.services[service].check(name, params)
        if wrong:
            raise Refused(400, {"batch": "ClientException"}.get(service, "InvalidParameterException"), wrong)
        return params

    def perform(self, service, name, params):
        if service == "logs":
            return getattr(self.logs, LOGS[name])(params)
        return self.batch.call(name, params)

    def before(self, fault, service, name):
        if fault["kind"] == "reset":
            raise Broken
        if fault["kind"] == "deny":
            raise Refused(400 if service == "logs" else 403, "AccessDeniedException",
                          faults.denial(service, name, ACCOUNT, REGION))

    def after(self, fault, answer):
        """(status, headers, body) instead of the answer."""
        kind = fault["kind"]
        if kind == "lost":
            raise Broken
        if kind == "garbage":
            return fault.get("status", 200), {}, fault.get("body", "<html>not what you think</html>").encode()
        if kind == "empty":
            answer = faults.emptied(answer)
        if kind == "strip":
            answer = faults.stripped(answer, fault["fields"])
        if kind == "slow":
            time.sleep(fault["seconds"])
        body = b"" if answer is None else json.dumps(answer).encode()
        return 200, {}, body[:len(body) // 2] if kind == "cut" else body

    @staticmethod
    def scripted_error(fault):
        return faults.error_answer(fault["status"], fault["code"], fault.get("message", "scripted by the test"),
                                   fault.get("where", "header"), fault.get("retry_after"))

    def answer(self, method, target, headers, body):
        """(status, headers, body); Broken. Logged with its parameters, valid or not."""
        service, name = self.operation(method, target.split("?")[0], headers)
        fault = self.script.next(name) if name else None
        entry = {"time": time.time(), "service": service, "operation": name, "target": target,
                 "fault": fault and fault["kind"], "status": 0, "error": None, "message": None, "key": None,
                 "params": None, "agent": headers.get("User-Agent")}
        try:
            entry["key"] = signature.verify(self.keys, service, REGION, method, target, headers, body)
            if not name:
                raise Refused(404, "UnknownOperationException", f"{method} {target}: not done by this double")
            params = entry["params"] = self.parameters(service, name, body)
            found = self.faulty(fault, service, name, params)
        except Refused as no:
            status = 400 if service == "logs" and no.status == 403 else no.status
            entry.update(error=no.code, message=no.message)
            found = faults.error_answer(status, no.code, no.message, "__type" if service == "logs" else "header")
        except Broken:
            self.log(entry)
            raise
        entry["status"] = found[0]
        self.log(entry)
        return found

    def faulty(self, fault, service, name, params):
        if fault and fault["kind"] == "error":
            return self.scripted_error(fault)
        if fault and fault["kind"] in faults.BEFORE:
            self.before(fault, service, name)
        answer = self.perform(service, name, params)
        if fault and fault["kind"] == "late_error":
            return self.scripted_error(fault)
        return self.after(fault or {"kind": ""}, answer)

    def credentials(self, target, headers):
        """As the ECS agent gives them: a new session each time, to the one who knows the token or the path."""
        given = headers.get("Authorization") or target.split("?")[0][len(CREDENTIALS):]
        right = hmac.compare_digest(given.encode(), self.job_token.encode())
        fault = self.script.next("GetCredentials")
        entry = {"time": time.time(), "service": "credentials", "operation": "GetCredentials",
                 "target": CREDENTIALS, "status": 200 if right else 403,
                 "fault": fault and fault["kind"], "params": None}
        self.log(entry)
        if fault and fault["kind"] == "error":
            return self.scripted_error(fault)
        if fault:
            self.before(fault, "ecs", "GetCredentials")
        if not right:
            return 403, {}, b'{"code": "AccessDenied", "message": "wrong authorization token"}'
        issued = self.keys.issue(self.settings["credentials_seconds"])
        return 200, {}, json.dumps({"RoleArn": self.batch.arn("iam", "role/job"), **issued}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud = None

    def handle_request(self):
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_BODY:
            self.close_connection = True
            return self.reply(413, {}, b"{}")
        body = self.rfile.read(length)
        try:
            if self.path.startswith(CREDENTIALS):
                return self.reply(*self.cloud.credentials(self.path, self.headers))
            if self.path.startswith("/admin/"):
                return self.reply(*admin.answer(self.cloud, urllib.parse.unquote(self.path[7:]), self.headers, body))
            return self.reply(*self.cloud.answer(self.command, self.path, self.headers, body))
        except Broken:
            self.close_connection = True
            return None

    do_GET = do_POST = do_PUT = do_DELETE = handle_request

    def reply(self, status, headers, body):
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("x-amzn-RequestId", os.urandom(16).hex())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_):
        """requests.jsonl has it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def write_access(cloud):
    path = os.path.join(cloud.state, "access.json")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump({"url": cloud.url, "pid": os.getpid(), "admin": cloud.admin_token, **cloud.keys.user}, file)


def make_runner(cloud, arguments):
    if arguments.run == "puppet":
        return Puppets()
    return Processes(cloud, arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--state", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--run", choices=("process", "puppet"), default="process")
    parser.add_argument("--programs", default="build/bin", help="the directory that images hold our programs in")
    parser.add_argument("--entrypoint", type=json.loads, metavar="JSON",
                        help="list of words that a container's command follows; pulse-node of --programs")
    parser.add_argument("--keep", action="store_true", help="keep what containers leave on their disks")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                        help="a variable of every container, such as AWS_ENDPOINT_URL_S3")
    parser.add_argument("--fixed-keys", action="store_true",
                        help="PULSE_FIXED_KEYS holds KEY SECRET, the pair an S3 server beside this one knows")
    arguments = parser.parse_args()
    os.makedirs(arguments.state, exist_ok=True)
    fixed = os.environ.pop("PULSE_FIXED_KEYS").split() if arguments.fixed_keys else None
    cloud = Handler.cloud = Cloud(os.path.abspath(arguments.state), fixed)
    server = Server(("127.0.0.1", arguments.port), Handler)
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # no server outlives its test
    cloud.run(make_runner(cloud, arguments))
    write_access(cloud)
    print(cloud.url, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        cloud.scheduler.close()
        cloud.runner.shut()


if __name__ == "__main__":
    main()
