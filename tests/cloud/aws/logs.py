"""CloudWatch Logs: groups, streams and events, read as GetLogEvents hands them out."""
import bisect
import re
import threading
import time

from model import Refused

PAGE_EVENTS = 10000
PAGE_BYTES = 1 << 20
EVENT_OVERHEAD = 26  # bytes that the service counts per event
DEFAULT_GROUP = "/aws/batch/job"


def now_ms():
    return int(time.time() * 1000)


class Stream:
    def __init__(self, delay):
        self.created = now_ms()
        self.visible = time.monotonic() + delay
        self.events = []  # (timestamp, message, ingestion time), in the order of timestamps

    def add(self, message, timestamp=None):
        stamp = now_ms() if timestamp is None else timestamp
        at = bisect.bisect_right(self.events, stamp, key=lambda event: event[0])
        self.events.insert(at, (stamp, message, now_ms()))

    def show(self, name, arn):
        shown = {"logStreamName": name, "creationTime": self.created, "arn": f"{arn}:log-stream:{name}",
                 "storedBytes": 0}
        if self.events:
            shown.update(firstEventTimestamp=self.events[0][0], lastEventTimestamp=self.events[-1][0],
                         lastIngestionTime=self.events[-1][2])
        return shown


def page_of(events, from_head):
    """As many as one answer holds, from the one end or the other."""
    size, count = 0, 0
    for event in events if from_head else reversed(events):
        size += len(event[1].encode()) + EVENT_OVERHEAD
        if count and size > PAGE_BYTES:
            break
        count += 1
    return slice(0, count) if from_head else slice(len(events) - count, len(events))


class Logs:
    """`settings`: log_delay, seconds before a new stream is there; empty_pages, answers without events to come."""

    def __init__(self, settings, arn):
        self.lock = threading.RLock()
        self.settings, self.arn = settings, arn
        self.groups = {DEFAULT_GROUP: {}}

    def add(self, group, stream, message, timestamp=None):
        with self.lock:
            streams = self.groups.setdefault(group, {})
            if stream not in streams:
                streams[stream] = Stream(self.settings["log_delay"])
            streams[stream].add(message, timestamp)

    def find(self, group, stream):
        if group not in self.groups:
            raise Refused(400, "ResourceNotFoundException", "The specified log group does not exist.")
        found = self.groups[group].get(stream)
        if not found or time.monotonic() < found.visible:
            raise Refused(400, "ResourceNotFoundException", "The specified log stream does not exist.")
        return found

    def get_log_events(self, params):
        with self.lock:
            stream = self.find(params["logGroupName"], params["logStreamName"])
            head = params.get("startFromHead", False)
            events = stream.events
            first, last = (bisect.bisect_left(events, bound, key=lambda e: e[0])
                           for bound in (params.get("startTime", 0), params.get("endTime", 1 << 62)))
            turn = 0
            token = params.get("nextToken")
            if token:
                read = re.fullmatch(r"([fb])/(\d{20})(\d{8})/s", token)
                if not read:
                    raise Refused(400, "InvalidParameterException", "The specified nextToken is invalid.")
                if (read[1] == "f") != head:
                    raise Refused(400, "InvalidParameterException",
                                  "a forward token asks for startFromHead true, a backward token for false")
                turn = int(read[3])
                if head:
                    first = min(int(read[2]), last)
                else:
                    last = min(int(read[2]), last)
            if self.settings["empty_pages"] > 0:
                self.settings["empty_pages"] -= 1
                return self.answer([], first if head else last, first if head else last, turn + 1)
            limited = page_of(events[first:last], head)
            begin, end = first + limited.start, first + limited.stop
            if end - begin > params.get("limit", PAGE_EVENTS):
                begin, end = ((begin, begin + params["limit"]) if head else (end - params["limit"], end))
            return self.answer(events[begin:end], begin, end, turn)

    @staticmethod
    def answer(events, begin, end, turn):
        """An end that has not moved gives the token that was sent; `turn` numbers empty pages."""
        return {"events": [{"timestamp": t, "message": m, "ingestionTime": i} for t, m, i in events],
                "nextForwardToken": f"f/{end:020d}{turn:08d}/s", "nextBackwardToken": f"b/{begin:020d}{turn:08d}/s"}

    def describe_log_streams(self, params):
        with self.lock:
            group = params["logGroupName"]
            if group not in self.groups:
                raise Refused(400, "ResourceNotFoundException", "The specified log group does not exist.")
            names = sorted(name for name, stream in self.groups[group].items()
                           if name.startswith(params.get("logStreamNamePrefix", ""))
                           and time.monotonic() >= stream.visible)
            if params.get("orderBy") == "LastEventTime":
                names.sort(key=lambda name: self.groups[group][name].events[-1][0])
            if params.get("descending"):
                names.reverse()
            begin, limit = int(params.get("nextToken", 0)), params.get("limit", 50)
            arn = f"{self.arn}:log-group:{group}"
            answer = {"logStreams": [self.groups[group][name].show(name, arn)
                                     for name in names[begin:begin + limit]]}
            if begin + limit < len(names):
                answer["nextToken"] = str(begin + limit)
            return answer

    def describe_log_groups(self, params):
        with self.lock:
            names = sorted(n for n in self.groups if n.startswith(params.get("logGroupNamePrefix", "")))
            return {"logGroups": [{"logGroupName": name, "arn": f"{self.arn}:log-group:{name}:*"}
                                  for name in names]}

    def create_log_group(self, params):
        with self.lock:
            if params["logGroupName"] in self.groups:
                raise Refused(400, "ResourceAlreadyExistsException", "The specified log group already exists")
            self.groups[params["logGroupName"]] = {}
            return {}

    def dump(self):
        with self.lock:
            return {group: {name: [e[1] for e in stream.events] for name, stream in streams.items()}
                    for group, streams in self.groups.items()}
