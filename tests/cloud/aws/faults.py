"""What goes wrong as a test scripted it: whom it befalls, how often, and what is answered then.

A fault is a dict: `operation` ("SubmitJob", or "*"), `kind`, `times` (1; -1 for ever), `skip` (0), and
what the kind asks for. Kinds that act before the operation is done:
  error      status, code, message, where ("header", "code", "Code", "__type"), retry_after
  reset      the connection is closed without an answer
  deny       AccessDenied in the words of IAM
after it is done:
  lost       the connection is closed without an answer: the job exists
  late_error like error: the job exists
  garbage    200 (or status) with `body` instead of the answer
  cut        the answer with its end missing
  empty      the lists in the answer are empty
  strip      the fields named `fields` are taken out of the answer at any depth
  slow       the answer comes after `seconds`
"""
import json
import threading

BEFORE = ("error", "reset", "deny")
KINDS = (*BEFORE, "lost", "late_error", "garbage", "cut", "empty", "strip", "slow")


def stripped(value, fields):
    if isinstance(value, dict):
        return {k: stripped(v, fields) for k, v in value.items() if k not in fields}
    if isinstance(value, list):
        return [stripped(v, fields) for v in value]
    return value


def emptied(answer):
    return {k: [] if isinstance(v, list) else v for k, v in answer.items() if k != "nextToken"}


def denial(service, operation, account, region):
    return (f"User: arn:aws:iam::{account}:user/tester is not authorized to perform: {service}:{operation}"
            f" on resource: arn:aws:{service}:{region}:{account}:* because no identity-based policy allows the"
            f" {service}:{operation} action")


def error_answer(status, code, message, where="header", retry_after=None):
    """(status, headers, body) of an error; the code goes where AWS's services put it."""
    headers, body = {}, {"Message" if where == "Code" else "message": message}
    if where == "header":
        headers["x-amzn-ErrorType"] = f"{code}:http://internal.amazon.com/coral/com.amazonaws/"
    else:
        body[where] = f"com.amazonaws.service#{code}" if where == "__type" else code
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return status, headers, json.dumps(body).encode()


class Script:
    """The faults still to come, in the order they were given."""

    def __init__(self):
        self.lock = threading.Lock()
        self.faults = []

    def add(self, fault):
        if fault.get("kind") not in KINDS or not isinstance(fault.get("operation"), str):
            raise ValueError(f"no such fault: {fault}")
        with self.lock:
            self.faults.append({"times": 1, "skip": 0, **fault})

    def heal(self):
        with self.lock:
            self.faults.clear()

    def next(self, operation):
        """The fault that befalls this request, or None; counts it."""
        with self.lock:
            for fault in self.faults:
                if fault["operation"] not in ("*", operation) or not fault["times"]:
                    continue
                if fault["skip"]:
                    fault["skip"] -= 1
                    continue
                fault["times"] -= 1
                return fault
        return None
