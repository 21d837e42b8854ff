"""A Batch job: what was asked, where it stands, and how DescribeJobs and ListJobs show it."""
import copy
import re
import time
import uuid

from logs import DEFAULT_GROUP

FINAL = ("SUCCEEDED", "FAILED")
DONE = "Essential container in task exited"


def now_ms():
    return int(time.time() * 1000)


def node_range(text, count):
    """The nodes that "0:3", "1:", ":2" or "0" names."""
    first, colon, last = text.partition(":")
    begin = int(first or 0)
    return range(begin, (int(last) if last else count - 1 if colon else begin) + 1)


def requirement(container, kind):
    """What a container asks of this kind, as a number; the older fields count if the newer say nothing."""
    for one in container.get("resourceRequirements", []):
        if one["type"] == kind:
            return float(one["value"])
    return float(container.get({"VCPU": "vcpus", "MEMORY": "memory"}[kind], 0))


def overridden(container, overrides):
    """A definition's container with a job's overrides."""
    merged = copy.deepcopy(container)
    for name in ("command", "instanceType", "vcpus", "memory"):
        if name in overrides:
            merged[name] = overrides[name]
    for name, key in (("environment", "name"), ("resourceRequirements", "type")):
        both = {one[key]: one for one in merged.get(name, [])}
        both.update({one[key]: one for one in overrides.get(name, [])})
        merged[name] = list(both.values())
    return merged


def substituted(command, parameters):
    """Ref::name is the parameter's value; an unknown one stays as it is."""
    return [parameters.get(word[5:], word) if word.startswith("Ref::") else word for word in command]


class Node:
    """One container of the attempt that runs, or ran last."""

    def __init__(self, job, index):
        container = job.containers[index]
        task = uuid.uuid4().hex
        log = container.get("logConfiguration", {}).get("options", {})
        prefix = log.get("awslogs-stream-prefix", job.definition["jobDefinitionName"])
        self.index, self.container = index, container
        self.attempt = len(job.attempts) + 1
        self.group = log.get("awslogs-group", DEFAULT_GROUP)
        self.stream = f"{prefix}/default/{task}"
        self.task = f"{job.arn_of('ecs', 'task/AWSBatch-cluster/' + task)}"
        self.instance = job.arn_of("ecs", "container-instance/AWSBatch-cluster/" + uuid.uuid4().hex)
        self.process = None
        self.status, self.status_reason = "RUNNABLE", None
        self.exit_code = self.reason = self.started = self.stopped = None
        self.address = None

    def shown(self, full):
        shown = copy.deepcopy(self.container) if full else {}
        shown["networkInterfaces"] = []
        if self.started or self.stopped:
            shown.update(containerInstanceArn=self.instance, taskArn=self.task, logStreamName=self.stream)
        if self.address:
            shown["networkInterfaces"] = [{"attachmentId": str(uuid.uuid5(uuid.NAMESPACE_OID, self.task)),
                                           "privateIpv4Address": self.address}]
        if self.exit_code is not None:
            shown["exitCode"] = self.exit_code
        if self.reason:
            shown["reason"] = self.reason
        return shown


class Job:
    def __init__(self, request, definition, queue, arn_of, index=None, parent=None):
        self.arn_of, self.request, self.definition, self.queue = arn_of, request, definition, queue
        self.parent, self.index = parent, index
        self.id = f"{parent.id}:{index}" if parent else str(uuid.uuid4())
        self.name, self.arn = request["jobName"], arn_of("batch", "job/" + self.id)
        self.status, self.status_reason = "SUBMITTED", None
        self.created, self.started, self.stopped = now_ms(), None, None
        self.ready = None  # when it became RUNNABLE
        self.attempts, self.nodes, self.children = [], {}, []
        self.size = None if parent else request.get("arrayProperties", {}).get("size")
        self.stop_reason = self.stopped_how = None  # of TerminateJob or CancelJob, once called
        self.patch, self.vanished = {}, False
        self.shows_index = "noindex" not in request.get("tags", {})  # other doubles leave a child's out
        self.retry = request.get("retryStrategy") or definition.get("retryStrategy") or {"attempts": 1}
        self.timeout = request.get("timeout") or definition.get("timeout")
        self.resolve()

    def resolve(self):
        """The containers, one per node."""
        properties = self.definition.get("nodeProperties")
        parameters = {**self.definition.get("parameters", {}), **self.request.get("parameters", {})}
        self.main, self.count = 0, 1
        if properties:
            overrides = self.request.get("nodeOverrides", {})
            self.main, self.count = properties["mainNode"], overrides.get("numNodes", properties["numNodes"])
            found = {}
            for group in properties["nodeRangeProperties"]:
                found.update({i: group["container"] for i in node_range(group["targetNodes"], self.count)})
            for group in overrides.get("nodePropertyOverrides", []):
                for i in node_range(group["targetNodes"], self.count):
                    found[i] = overridden(found[i], group.get("containerOverrides", {}))
        else:
            found = {0: overridden(self.definition["containerProperties"],
                                   self.request.get("containerOverrides", {}))}
        self.containers = {i: {**c, "command": substituted(c.get("command", []), parameters)}
                           for i, c in sorted(found.items()) if i < self.count}

    @property
    def multi(self):
        return "nodeProperties" in self.definition

    def vcpus(self):
        return sum(requirement(c, "VCPU") for c in self.containers.values())

    def move(self, status, reason=None):
        self.status = status
        self.status_reason = reason
        if status in FINAL:
            self.stopped = now_ms()
        if status == "RUNNABLE":
            self.ready = now_ms()

    # ---- As shown -------------------------------------------------------------------------------

    def base(self):
        shown = {"jobArn": self.arn, "jobName": self.name, "jobId": self.id, "jobQueue": self.queue["jobQueueArn"],
                 "status": self.status, "createdAt": self.created, "attempts": copy.deepcopy(self.attempts),
                 "retryStrategy": self.retry, "dependsOn": self.request.get("dependsOn", []),
                 "jobDefinition": self.definition["jobDefinitionArn"],
                 "parameters": self.request.get("parameters", {}), "tags": self.request.get("tags", {}),
                 "propagateTags": self.request.get("propagateTags", False), "platformCapabilities": ["EC2"],
                 "isCancelled": self.stopped_how == "cancelled", "isTerminated": self.stopped_how == "terminated"}
        for name, value in (("statusReason", self.status_reason), ("startedAt", self.started),
                            ("stoppedAt", self.stopped), ("timeout", self.timeout)):
            if value:
                shown[name] = value
        return shown

    def details(self):
        shown = self.base()
        if self.size:
            summary = {s: 0 for s in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", *FINAL)}
            for child in self.children:
                summary[child.status] += 1
            shown["arrayProperties"] = {"size": self.size, "statusSummary": summary}
        elif self.parent and self.shows_index:
            shown["arrayProperties"] = {"index": self.index}
        if self.multi:
            shown["nodeProperties"] = {"numNodes": self.count, "mainNode": self.main, "nodeRangeProperties": [
                {"targetNodes": str(i), "container": c} for i, c in self.containers.items()]}
        elif 0 in self.nodes:
            shown["container"] = self.nodes[0].shown(True)
        else:
            shown["container"] = {**self.containers[0], "networkInterfaces": []}
        return {**shown, **self.patch}

    def node_details(self, index):
        """The child id#index of a multi-node job."""
        node = self.nodes.get(index)
        shown = {**self.base(), "jobId": f"{self.id}#{index}", "jobArn": f"{self.arn}#{index}", "attempts": [],
                 "nodeDetails": {"nodeIndex": index, "isMainNode": index == self.main}}
        for name in ("startedAt", "stoppedAt", "statusReason"):
            shown.pop(name, None)
        if not node:
            return {**shown, "container": {**self.containers[index], "networkInterfaces": []}}
        shown.update(status=node.status, container=node.shown(True))
        for name, value in (("startedAt", node.started), ("stoppedAt", node.stopped),
                            ("statusReason", node.status_reason)):
            if value:
                shown[name] = value
        return shown

    def summary(self, details, index=None):
        """As ListJobs shows it."""
        shown = {k: details[k] for k in ("jobArn", "jobId", "jobName", "createdAt", "status", "statusReason",
                                         "startedAt", "stoppedAt", "jobDefinition") if k in details}
        container = {k: details.get("container", {})[k] for k in ("exitCode", "reason")
                     if k in details.get("container", {})}
        if container:
            shown["container"] = container
        if "arrayProperties" in details:
            shown["arrayProperties"] = {k: v for k, v in details["arrayProperties"].items() if k != "statusSummary"}
        if self.multi:
            shown["nodeProperties"] = {"numNodes": self.count}
            if index is not None:
                shown["nodeProperties"].update(nodeIndex=index, isMainNode=index == self.main)
        return shown

    # ---- What becomes of an attempt --------------------------------------------------------------

    def close_attempt(self, status_reason):
        """Puts the attempt that ended on record: the main node's container."""
        main = self.nodes[self.main]
        attempt = {"container": main.shown(False), "statusReason": status_reason}
        for name, value in (("startedAt", main.started), ("stoppedAt", main.stopped)):
            if value:
                attempt[name] = value
        self.attempts.append(attempt)

    def tried_again(self, status_reason):
        """Whether Batch would try a failed attempt again: no rule that fits means yes."""
        if len(self.attempts) >= self.retry.get("attempts", 1):
            return False
        main = self.nodes[self.main]
        seen = {"onExitCode": "" if main.exit_code is None else str(main.exit_code),
                "onReason": main.reason or "", "onStatusReason": status_reason or ""}
        for rule in self.retry.get("evaluateOnExit", []):
            if all(fits(rule[name], value) for name, value in seen.items() if name in rule):
                return rule["action"].upper() == "RETRY"
        return True


def fits(pattern, text):
    """A rule's glob: a star may stand at its end only."""
    if pattern.endswith("*"):
        return text.lower().startswith(pattern[:-1].lower())
    return text.lower() == pattern.lower()


def plain_name(text, limit=128):
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,%d}" % (limit - 1), text))
