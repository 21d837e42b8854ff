"""What a test says to the double beside AWS's own interface: POST /admin/VERB with JSON and the admin token."""
import hmac
import json

from logs import DEFAULT_GROUP
from model import Refused


class Wrong(Exception):
    """The test asks for what there is not."""


def node_of(cloud, asked):
    job = cloud.batch.jobs[asked["job"]]
    return job, job.nodes.get(asked.get("node", job.main))


def fail(cloud, asked):
    cloud.script.add(asked)


def heal(cloud, _):
    cloud.script.heal()


def settings(cloud, asked):
    unknown = set(asked) - set(cloud.settings)
    if unknown:
        raise Wrong(f"no such setting: {unknown}")
    cloud.settings.update(asked)


def patch(cloud, asked):
    """Lays fields over what DescribeJobs and ListJobs show of a job, or takes it out of sight."""
    job = cloud.batch.jobs[asked["job"]]
    job.vanished = asked.get("vanished", job.vanished)
    job.patch.update(asked.get("fields", {}))


def change(cloud, asked):
    """Fields of a queue, an environment or a definition."""
    things = {"queue": cloud.batch.queues, "environment": cloud.batch.environments,
              "definition": cloud.batch.definitions}[asked["what"]]
    things[asked["name"]].update(asked["fields"])


def create(cloud, asked):
    """An operation of Batch without a signature, its parameters checked all the same."""
    wrong = cloud.services["batch"].check(asked["operation"], asked["params"])
    if wrong:
        raise Wrong(wrong)
    return cloud.batch.call(asked["operation"], asked["params"])


def say(cloud, asked):
    """Lines in the log of a container."""
    _, node = node_of(cloud, asked)
    for line in asked["lines"]:
        cloud.logs.add(node.group, node.stream, line, asked.get("timestamp"))


def finish(cloud, asked):
    """Ends a puppet: its exit code, the container's reason, or the name of the instance that was lost."""
    _, node = node_of(cloud, asked)
    node.process.reason, node.process.lost = asked.get("reason"), asked.get("lost")
    node.process.code = asked.get("code", 0)


def lose(cloud, asked):
    """The instance of a node that runs here is lost."""
    _, node = node_of(cloud, asked)
    node.process.lose(asked["instance"])


def log(cloud, asked):
    """Events in any stream; an empty list still makes the group."""
    group = asked.get("group", DEFAULT_GROUP)
    cloud.logs.groups.setdefault(group, {})
    for message in asked["lines"]:
        cloud.logs.add(group, asked["stream"], message, asked.get("timestamp"))


def expire(cloud, _):
    cloud.keys.expire()


def session(cloud, asked):
    return cloud.keys.issue(asked["seconds"])


def show(cloud, _):
    """Everything there is, for assertions and for what is left on record after a test."""
    return {"jobs": {job.id: job.details() for job in cloud.batch.jobs.values()}, "logs": cloud.logs.dump(),
            "secrets": [*cloud.keys.secrets(), cloud.job_token, cloud.admin_token]}


VERBS = {verb.__name__: verb for verb in (fail, heal, settings, patch, change, create, say, finish, lose, log, expire,
                                          session, show)}


def answer(cloud, verb, headers, body):
    if not hmac.compare_digest((headers.get("X-Admin") or "").encode(), cloud.admin_token.encode()):
        return 403, {}, b'{"wrong": "the admin token is in access.json"}'
    try:
        with cloud.batch.lock:
            found = VERBS[verb](cloud, json.loads(body or b"{}")) or {}
        return 200, {}, json.dumps(found).encode()
    except (Wrong, Refused, KeyError, ValueError, AttributeError) as no:
        return 400, {}, json.dumps({"wrong": f"{verb}: {no!r}"}).encode()
