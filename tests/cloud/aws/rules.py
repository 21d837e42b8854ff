"""What Batch asks of requests that its model does not say: the user guide's limits, one refusal each."""
import json

import job as jobs
from model import Refused

MAX_PAYLOAD = 30 << 10
MAX_OVERRIDES = 8192
MAX_IDS = 100
PAIRS_OF_FARGATE = {0.25: (512, 2048), 0.5: (1024, 4096), 1: (2048, 8192), 2: (4096, 16384), 4: (8192, 30720),
                    8: (16384, 61440), 16: (32768, 122880)}


def refuse(text):
    raise Refused(400, "ClientException", f"Error executing request, Exception : {text}")


def name(text, what):
    if not jobs.plain_name(text):
        refuse(f"{what} should match valid pattern: ^[A-Za-z0-9][A-Za-z0-9_-]{{0,127}}$, not {text!r}")


def retry(strategy):
    if not 1 <= strategy.get("attempts", 1) <= 10:
        refuse("RetryStrategy.attempts must be between 1 and 10")
    rules = strategy.get("evaluateOnExit", [])
    if len(rules) > 5:
        refuse("at most 5 EvaluateOnExit conditions")
    if rules and "attempts" not in strategy:
        refuse("evaluateOnExit needs attempts")
    for rule in rules:
        conditions = [k for k in ("onStatusReason", "onReason", "onExitCode") if k in rule]
        if not conditions:
            refuse("an EvaluateOnExit needs a condition")
        for condition in conditions:
            if "*" in rule[condition][:-1] or len(rule[condition]) > 512:
                refuse(f"{condition}: {rule[condition]!r}: a star may stand at the end only")
        code = rule.get("onExitCode", "0").rstrip("*")
        if code and not code.isdigit():
            refuse(f"onExitCode: {rule['onExitCode']!r} is no number")


def timeout(value):
    if value.get("attemptDurationSeconds", 60) < 60:
        refuse("Job timeout attemptDurationSeconds must be at least 60 seconds")


def environment(container):
    for pair in container.get("environment", []):
        if pair.get("name", "").startswith("AWS_BATCH"):
            refuse(f"Environment variable {pair['name']} may not start with AWS_BATCH")


def overrides(request):
    for key in ("containerOverrides", "nodeOverrides"):
        if len(json.dumps(request.get(key, {}), separators=(",", ":"))) > MAX_OVERRIDES:
            refuse(f"{key} is longer than {MAX_OVERRIDES} characters")
    environment(request.get("containerOverrides", {}))
    for group in request.get("nodeOverrides", {}).get("nodePropertyOverrides", []):
        environment(group.get("containerOverrides", {}))


def node_overrides(asked, properties):
    """numNodes may differ from the definition's only where its last range is open."""
    count = asked.get("numNodes", properties["numNodes"])
    ranges = [group["targetNodes"] for group in properties["nodeRangeProperties"]]
    if count != properties["numNodes"] and not any(text.endswith(":") for text in ranges):
        refuse("numNodes may be overridden only if the job definition's node range is open, as in 0:")
    if not properties["mainNode"] < count:
        refuse(f"numNodes {count} leaves no node {properties['mainNode']}, which is the main one")
    for group in asked.get("nodePropertyOverrides", []):
        nodes = jobs.node_range(group["targetNodes"], count)
        if nodes.start >= count or nodes.stop > count:
            refuse(f"targetNodes {group['targetNodes']} is outside of {count} nodes")


def submission(request, definition):
    """All but what depends on other jobs."""
    name(request["jobName"], "Job name")
    retry(request.get("retryStrategy", {}))
    timeout(request.get("timeout", {}))
    overrides(request)
    multi = "nodeProperties" in definition
    if multi and "containerOverrides" in request:
        refuse("Container overrides should not be set for multi-node parallel jobs; use nodeOverrides")
    if not multi and "nodeOverrides" in request:
        refuse("Node overrides should only be set for multi-node parallel jobs")
    if multi:
        node_overrides(request.get("nodeOverrides", {}), definition["nodeProperties"])
    if "arrayProperties" in request:
        if multi:
            refuse("a multi-node parallel job cannot be an array")
        if not 2 <= request["arrayProperties"].get("size", 0) <= 10000:
            refuse("array size must be between 2 and 10000")
    dependencies(request)


def dependencies(request):
    found = request.get("dependsOn", [])
    if len(found) > 20:
        refuse("a job can depend on at most 20 others")
    for one in found:
        kind = one.get("type")
        if kind and "arrayProperties" not in request:
            refuse(f"{kind} is for array jobs")
        if kind == "SEQUENTIAL" and "jobId" in one:
            refuse("SEQUENTIAL takes no job id")
        if kind != "SEQUENTIAL" and not one.get("jobId"):
            refuse("a dependency needs a job id")


def container(properties, capabilities, what):
    if not properties.get("image"):
        refuse(f"{what} needs an image")
    vcpus, memory = (jobs.requirement(properties, kind) for kind in ("VCPU", "MEMORY"))
    if vcpus <= 0 or memory < 4:
        refuse(f"{what} needs VCPU and MEMORY in resourceRequirements, MEMORY of 4 MiB or more")
    if "FARGATE" in capabilities:
        low, high = PAIRS_OF_FARGATE.get(vcpus, (1, 0))
        if not low <= memory <= high or not properties.get("executionRoleArn"):
            refuse(f"{what}: Fargate has no {vcpus:g} vCPU with {memory:g} MiB, or executionRoleArn is missing")
    elif vcpus != int(vcpus):
        refuse(f"{what}: on EC2 vCPUs are whole")
    environment(properties)


def node_properties(properties):
    count, seen = properties["numNodes"], []
    if not 0 <= properties["mainNode"] < count:
        refuse("mainNode is none of the nodes")
    if len(properties["nodeRangeProperties"]) > 5:
        refuse("at most 5 node groups")
    for group in properties["nodeRangeProperties"]:
        if "container" not in group:
            refuse("a node range needs a container")
        container(group["container"], (), f"nodes {group['targetNodes']}")
        seen += jobs.node_range(group["targetNodes"], count)
    if sorted(set(seen)) != list(range(count)):
        refuse("the node ranges must cover all nodes and no others")


def definition(request):
    name(request["jobDefinitionName"], "Job definition name")
    retry(request.get("retryStrategy", {}))
    timeout(request.get("timeout", {}))
    capabilities = request.get("platformCapabilities", ["EC2"])
    multi = request["type"] == "multinode"
    wanted, other = ("nodeProperties", "containerProperties") if multi else ("containerProperties", "nodeProperties")
    if wanted not in request or other in request:
        refuse(f"a definition of type {request['type']} has {wanted}, and no {other}")
    if multi and "FARGATE" in capabilities:
        refuse("multi-node parallel jobs do not run on Fargate")
    if multi:
        node_properties(request["nodeProperties"])
    else:
        container(request["containerProperties"], capabilities, "the container")
