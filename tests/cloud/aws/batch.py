"""Batch's control plane: queues, environments, definitions, jobs, and what each operation answers."""
import threading

import job as jobs
import rules
from consumables import Consumables
from model import Refused

PAGE = 100
WAITING = ("SUBMITTED", "PENDING", "RUNNABLE")


def paged(found, params, size=PAGE):
    begin = int(params.get("nextToken") or 0)
    end = begin + min(params.get("maxResults") or size, size)
    return found[begin:end], {"nextToken": str(end)} if end < len(found) else {}


class Batch:
    """All of it under one lock, which the scheduler takes as well."""

    def __init__(self, account, region):
        self.lock = threading.RLock()
        self.account, self.region = account, region
        self.consumables = Consumables(self.arn)
        self.environments, self.queues, self.definitions, self.jobs = {}, {}, {}, {}

    def arn(self, service, rest):
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"

    # ---- Environments, queues and definitions ----------------------------------------------------

    def create_compute_environment(self, params):
        name = params["computeEnvironmentName"]
        rules.name(name, "Compute environment name")
        if name in self.environments:
            rules.refuse("Object already exists")
        resources = params.get("computeResources", {})
        if params["type"] == "MANAGED" and not resources:
            rules.refuse("a managed environment needs computeResources")
        arn = self.arn("batch", f"compute-environment/{name}")
        self.environments[name] = {"state": "ENABLED", "tags": {}, "containerOrchestrationType": "ECS", **params,
                                   "computeEnvironmentArn": arn, "status": "VALID",
                                   "statusReason": "ComputeEnvironment Healthy",
                                   "ecsClusterArn": self.arn("ecs", f"cluster/AWSBatch-{name}")}
        return {"computeEnvironmentName": name, "computeEnvironmentArn": arn}

    def create_job_queue(self, params):
        name = params["jobQueueName"]
        rules.name(name, "Job queue name")
        if name in self.queues:
            rules.refuse("Object already exists")
        order = [{**one, "computeEnvironment": self.named(self.environments, one["computeEnvironment"],
                                                          "ComputeEnvironment")["computeEnvironmentArn"]}
                 for one in params["computeEnvironmentOrder"]]
        arn = self.arn("batch", f"job-queue/{name}")
        self.queues[name] = {"state": "ENABLED", "tags": {}, **params, "computeEnvironmentOrder": order,
                             "jobQueueArn": arn, "status": "VALID", "statusReason": "JobQueue Healthy"}
        return {"jobQueueName": name, "jobQueueArn": arn}

    @staticmethod
    def named(things, text, what):
        """By name or ARN."""
        found = things.get(text.rpartition("/")[2] if text.startswith("arn:") else text)
        if not found:
            rules.refuse(f"{what} {text} does not exist")
        return found

    @staticmethod
    def some(things, wanted):
        if wanted is None:
            return list(things.values())
        names = [text.rpartition("/")[2] if text.startswith("arn:") else text for text in wanted]
        return [things[name] for name in names if name in things]

    def describe_compute_environments(self, params):
        found, more = paged(self.some(self.environments, params.get("computeEnvironments")), params)
        return {"computeEnvironments": found, **more}

    def describe_job_queues(self, params):
        found, more = paged(self.some(self.queues, params.get("jobQueues")), params)
        return {"jobQueues": found, **more}

    def register_job_definition(self, params):
        rules.definition(params)
        name = params["jobDefinitionName"]
        revision = 1 + max([d["revision"] for d in self.definitions.values() if d["jobDefinitionName"] == name],
                           default=0)
        arn = self.arn("batch", f"job-definition/{name}:{revision}")
        self.definitions[f"{name}:{revision}"] = {
            "parameters": {}, "tags": {}, "propagateTags": False, "containerOrchestrationType": "ECS", **params,
            "jobDefinitionArn": arn, "revision": revision, "status": "ACTIVE"}
        return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}

    def deregister_job_definition(self, params):
        found = self.definition(params["jobDefinition"])
        found["status"] = "INACTIVE"
        return {}

    def describe_job_definitions(self, params):
        found = sorted(self.definitions.values(), key=lambda d: -d["revision"])
        if params.get("jobDefinitions") is not None:
            wanted = {text.rpartition("/")[2] for text in params["jobDefinitions"]}
            found = [d for d in found if f"{d['jobDefinitionName']}:{d['revision']}" in wanted
                     or d["jobDefinitionName"] in wanted]
        if "jobDefinitionName" in params:
            found = [d for d in found if d["jobDefinitionName"] == params["jobDefinitionName"]]
        if "status" in params:
            found = [d for d in found if d["status"] == params["status"]]
        found, more = paged(found, params)
        return {"jobDefinitions": found, **more}

    def definition(self, text):
        """By name (its newest active revision), name:revision or ARN."""
        name, colon, revision = text.rpartition("/")[2].partition(":")
        found = [d for d in self.definitions.values() if d["jobDefinitionName"] == name
                 and d["status"] == "ACTIVE" and (not colon or str(d["revision"]) == revision)]
        if not found:
            rules.refuse(f"Job definition {text} does not exist or is not active")
        return max(found, key=lambda d: d["revision"])

    # ---- Jobs ------------------------------------------------------------------------------------

    def submit_job(self, params):
        queue = self.named(self.queues, params["jobQueue"], "JobQueue")
        definition = self.definition(params["jobDefinition"])
        rules.submission(params, definition)
        if queue["state"] != "ENABLED":
            rules.refuse(f"Job queue {queue['jobQueueName']} is not in ENABLED state")
        for one in params.get("dependsOn", []):
            if one.get("jobId") and one["jobId"] not in self.jobs:
                rules.refuse(f"Job {one['jobId']} that this one depends on does not exist")
        made = jobs.Job(params, definition, queue, self.arn)
        self.consumables.check(made)
        self.jobs[made.id] = made
        for i in range(made.size or 0):
            child = jobs.Job(params, definition, queue, self.arn, i, made)
            made.children.append(child)
            self.jobs[child.id] = child
        return {"jobArn": made.arn, "jobName": made.name, "jobId": made.id}

    def find(self, text):
        """(job, node index or None) of an id or ARN; None where there is none."""
        name, sharp, index = text.rpartition("/")[2].partition("#")
        found = self.jobs.get(name)
        if not found or found.vanished:
            return None
        if not sharp:
            return found, None
        if not found.multi or not index.isdigit() or int(index) >= found.count:
            return None
        return found, int(index)

    def shown(self, text):
        found = self.find(text)
        if not found:
            return None
        return found[0].details() if found[1] is None else found[0].node_details(found[1])

    def describe_jobs(self, params):
        if len(params["jobs"]) > rules.MAX_IDS:
            rules.refuse(f"at most {rules.MAX_IDS} jobs at a time")
        shown = [self.shown(text) for text in dict.fromkeys(params["jobs"])]
        return {"jobs": [one for one in shown if one]}

    def list_jobs(self, params):
        given = [key for key in ("jobQueue", "arrayJobId", "multiNodeJobId") if key in params]
        if len(given) != 1:
            rules.refuse("exactly one of jobQueue, arrayJobId and multiNodeJobId is asked for")
        status, wanted = params.get("jobStatus", "RUNNING"), params.get("filters")
        if given == ["jobQueue"]:
            queue = self.named(self.queues, params["jobQueue"], "JobQueue")
            found = [(j.summary(j.details())) for j in self.jobs.values()
                     if j.queue is queue and not j.parent and not j.vanished]
            # of one millisecond the later comes first
            found = sorted(reversed(found), key=lambda one: -one["createdAt"])
        else:
            parent = self.find(params[given[0]])
            if not parent:
                rules.refuse(f"Job {params[given[0]]} does not exist")
            found, wanted = self.children(parent[0]), None
        if wanted:
            found = [one for one in found if all(self.passes(one, f) for f in wanted)]
        else:
            found = [one for one in found if one["status"] == status]
        found, more = paged(found, params)
        return {"jobSummaryList": found, **more}

    @staticmethod
    def children(parent):
        if parent.multi:
            return [parent.summary(parent.node_details(i), i) for i in range(parent.count)]
        return [child.summary(child.details()) for child in parent.children]

    @staticmethod
    def passes(summary, one):
        """A filter; names and definitions by their start where it ends in a star."""
        name, values = one.get("name"), one.get("values", [])
        if name == "JOB_NAME":
            return any(jobs.fits(v, summary["jobName"]) for v in values)
        if name == "JOB_DEFINITION":
            return any(jobs.fits(v, summary["jobDefinition"].rpartition("/")[2]) or
                       v == summary["jobDefinition"] for v in values)
        if name in ("BEFORE_CREATED_AT", "AFTER_CREATED_AT") and values and values[0].isdigit():
            before = summary["createdAt"] < int(values[0])
            return before if name == "BEFORE_CREATED_AT" else not before
        return rules.refuse(f"no such filter: {one}")

    def cancel_job(self, params):
        """Does nothing, and says nothing, once a job is STARTING."""
        return self.stop(params, lambda one: one.status in WAITING, "cancelled")

    def terminate_job(self, params):
        return self.stop(params, lambda one: one.status not in jobs.FINAL, "terminated")

    def stop(self, params, which, how):
        """An array's parent follows its children, a running job its containers; an unknown id is passed over. The
        answer has no body."""
        found = self.find(params["jobId"])
        for one in (found[0], *found[0].children) if found else ():
            if which(one):
                one.stop_reason, one.stopped_how = params["reason"], how
                if one.status in WAITING and not one.children:
                    one.move("FAILED", params["reason"])
        return None

    def create_consumable_resource(self, params):
        return self.consumables.create(params)

    def describe_consumable_resource(self, params):
        return self.consumables.describe(params)

    def delete_consumable_resource(self, params):
        return self.consumables.delete(params)

    def get_job_queue_snapshot(self, params):
        queue = self.named(self.queues, params["jobQueue"], "JobQueue")
        waiting = sorted((j for j in self.jobs.values() if j.queue is queue and j.details()["status"] == "RUNNABLE"),
                         key=lambda j: j.ready or j.created)
        return {"frontOfQueue": {"jobs": [{"jobArn": j.arn, "earliestTimeAtPosition": j.ready or j.created}
                                          for j in waiting[:PAGE]], "lastUpdatedAt": jobs.now_ms()}}

    def call(self, operation, params):
        method = getattr(self, "".join("_" + c.lower() if c.isupper() else c for c in operation)[1:], None)
        if not method or operation not in OPERATIONS:
            raise Refused(404, "UnknownOperationException", f"{operation} is not one this double does")
        with self.lock:
            return method(params)


OPERATIONS = ("CancelJob CreateComputeEnvironment CreateConsumableResource CreateJobQueue DeleteConsumableResource"
              " DeregisterJobDefinition DescribeComputeEnvironments DescribeConsumableResource"
              " DescribeJobDefinitions DescribeJobQueues DescribeJobs GetJobQueueSnapshot ListJobs"
              " RegisterJobDefinition SubmitJob TerminateJob").split()
