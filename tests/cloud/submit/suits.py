#!/usr/bin/python3
"""suits.py [CASE…]: pulse-submit finds before it submits what can never run, and lets pass what can."""
import sys

from canned import ACCOUNT, MAIN, OTHER, QUEUE, TRAIN, Canned, array, cluster, detail
from programs import jobs

FARGATE = {"type": "FARGATE", "instanceTypes": []}
ON_FARGATE = {"platformCapabilities": ["FARGATE"]}


def submits(*words, code=0, says=(), warns=None, depends=(), replies=None, **described):
    """What SubmitJob receives; None where nothing is submitted."""
    with Canned(*depends, replies={**cluster(**described), **(replies or {})}) as c:
        done = c.submit(*words, code=code, says=says)
        if warns is not None:
            assert warns in done.stderr, done.stderr
        sent = c.sent("SubmitJob")
        assert len(sent) == (code == 0), sent
        return sent[0] if sent else None


# ---- Instances ---------------------------------------------------------------------------------------

def suits__families_are_as_large_as_they_are():
    for family, vcpus in (("m6i", 128), ("c7i", 192), ("r6a", 192), ("m5", 96), ("c8i", 384)):
        submits("--vcpus", vcpus, "--memory", 100000, resources={"instanceTypes": [family]})
        submits("--vcpus", vcpus + 1, "--memory", 100000, code=2, says=["largest instance", f"{vcpus} vCPUs"],
                resources={"instanceTypes": [family]})


def suits__what_is_not_known_is_a_warning():
    for types in ["x2idn"], ["optimal"], ["m5", "z1d"]:
        submits("--vcpus", 128, warns="it is not known whether", resources={"instanceTypes": types})
        submits(resources={"instanceTypes": types})


def suits__fargate_takes_certain_sizes():
    for vcpus, memory in (1, 2048), (2, 5120), (4, 14336), (8, 20480), (16, 122880):
        submits("--vcpus", vcpus, "--memory", memory, resources=FARGATE, definition=ON_FARGATE)
    for vcpus, memory in (3, 5000), (4, 5000), (4, 31744), (8, 17408), (32, 122880):
        submits("--vcpus", vcpus, "--memory", memory, code=2, says=["Fargate has"], resources=FARGATE,
                definition=ON_FARGATE)


def runnable(resources, queue=None, state="ENABLED", status="VALID", code=0, **asked):
    """What pulse-status says of a job that waits there."""
    values = {"VCPU": "4", "MEMORY": "8192", **asked}
    known = cluster(queue=queue, resources=resources)
    known["describecomputeenvironments"]["body"]["computeEnvironments"][0].update(state=state, status=status)
    wanted = [{"type": name, "value": value} for name, value in values.items()]
    with Canned(detail(status="RUNNABLE", container={"resourceRequirements": wanted}), replies=known) as c:
        return c.status(MAIN, code=code).stdout


def suits__what_batch_has_taken_is_of_a_size_that_fargate_has():
    assert "starting instances" in runnable(FARGATE, VCPU="0.25", MEMORY="512")


def suits__what_is_being_changed_is_waited_for():
    for status in "CREATING", "UPDATING":
        assert f"ce: it is {status}" in runnable({}, status=status)
        assert f"{QUEUE} is {status}" in runnable({}, queue={"status": status})
        submits(warns=f"is {status}", queue={"status": status})
    for status in "INVALID", "DELETING", "DELETED":
        assert status in runnable({}, status=status, code=6)
        assert status in runnable({}, queue={"status": status}, code=6)
        submits(code=2, says=[status], queue={"status": status})


def suits__a_queue_that_is_disabled_goes_on_with_what_it_has():
    assert "takes no new jobs, and goes on" in runnable({}, queue={"state": "DISABLED"})
    submits(code=2, says=["takes no jobs: enable it"], queue={"state": "DISABLED"})
    assert "enable it" in runnable({}, state="DISABLED", code=6)


def suits__definition_and_environment_are_of_one_platform():
    submits(code=2, says=["the job definition is for Fargate"], definition=ON_FARGATE)
    submits(code=2, says=["the job definition is for EC2"], resources=FARGATE)
    submits(definition={"platformCapabilities": ["EC2"]})


# ---- What is under way -------------------------------------------------------------------------------

def pages(job):
    """ListJobs: empty pages, and the job on the third."""
    def reply(params):
        page = int(params.get("nextToken") or 0)
        return {"body": {"jobSummaryList": [job], **{}} if page == 2 else
                {"jobSummaryList": [], "nextToken": str(page + 1)}}
    return reply


def suits__a_job_on_a_later_page_of_the_list_is_found():
    """A page may be empty and yet not the last: filters are applied after the pages are cut."""
    one = {"jobId": OTHER, "jobName": "x", "status": "RUNNING", "createdAt": 1795900000000}
    submits(code=2, says=[OTHER, "--again"], replies={"listjobs": pages(one)})


# ---- Definitions -------------------------------------------------------------------------------------

def suits__a_definition_is_found_by_every_name():
    for name in ("mine", "mine:3", f"{ACCOUNT}:job-definition/mine", f"{ACCOUNT}:job-definition/mine:3"):
        with Canned(replies=cluster()) as c:
            c.submit("--job-definition", name)
            asked, = c.sent("DescribeJobDefinitions")
            assert asked.get("jobDefinitionName") == "mine" or asked.get("jobDefinitions") == [name], asked
            assert ("jobDefinitions" in asked) == name.endswith(":3") and c.sent("SubmitJob")[0]["jobDefinition"] == name


def suits__the_newest_revision_may_be_on_a_later_page():
    def revisions(*numbers):
        """The old ones take less than the job wants."""
        found, = cluster()["describejobdefinitions"]["body"]["jobDefinitions"]
        return [{**found, "revision": n, **({} if n == 900 else {"type": "multinode"})} for n in numbers]

    def page(params):
        at = int(params.get("nextToken", 0))
        return {"body": {"jobDefinitions": revisions(*((), (1, 2), (899, 900))[at]), **({"nextToken": str(at + 1)} if at < 2 else {})}}

    submits(replies={"describejobdefinitions": page})
    endless = {"body": {"jobDefinitions": [], "nextToken": "more"}}
    submits(code=75, says=["does not end"], replies={"describejobdefinitions": endless})
    submits(replies={"describejobdefinitions": {"body": {"jobDefinitions": revisions(900), "nextToken": ""}}})


def suits__ecs_properties_are_refused_with_a_sentence():
    made = {"taskProperties": [{"containers": [{"name": "main", "image": "x"}]}]}
    submits(code=2, says=["ecsProperties", "containerProperties"], definition={"ecsProperties": made})
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", "ecsProperties": made}]}
    submits("--nodes", 2, code=2, says=["ecsProperties"], definition={"type": "multinode", "nodeProperties": nodes})


def pods(*containers):
    return {"containerProperties": None, "eksProperties": {"podProperties": {"containers": list(containers)}}}


def suits__eks_properties_have_overrides_of_their_own():
    sent = submits("--vcpus", 8, definition=pods({"name": "p", "image": "x"}))
    one, = sent["eksPropertiesOverride"]["podProperties"]["containers"]
    assert "containerOverrides" not in sent and one["args"][0] == "pulse-train", sent
    assert one["resources"]["limits"] == {"cpu": "8", "memory": "14336Mi"} and one["env"], one
    submits(code=2, says=["eksProperties"], definition=pods({"image": "x"}, {"image": "y"}))
    nodes = {"numNodes": 2, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:", **pods({"image": "x"})}]}
    submits("--nodes", 2, code=2, says=["eksProperties"], definition={"type": "multinode", "nodeProperties": nodes})


def suits__no_definition_is_made_for_zero_nodes():
    for nodes in (None, {}, {"nodeRangeProperties": []}, {"numNodes": 0, "nodeRangeProperties": []}):
        submits("--nodes", 2, definition={"type": "multinode", "nodeProperties": nodes})
    closed = {"numNodes": 4, "mainNode": 0, "nodeRangeProperties": [{"targetNodes": "0:3", "container": {}}]}
    submits("--nodes", 2, code=2, says=["exactly 4 nodes"], definition={"type": "multinode", "nodeProperties": closed})


# ---- Queues ------------------------------------------------------------------------------------------

def suits__fair_queues_take_a_share():
    fair = {"schedulingPolicyArn": f"{ACCOUNT}:scheduling-policy/fair"}
    sent = submits("--share-identifier", "quant", queue=fair)
    assert (sent["shareIdentifier"], sent["schedulingPriorityOverride"]) == ("quant", 0), sent
    sent = submits("--share-identifier", "quant", queue=fair, definition={"schedulingPriority": 7})
    assert "schedulingPriorityOverride" not in sent
    sent = submits("--share-identifier", "quant", "--scheduling-priority", 50, queue=fair)
    assert sent["schedulingPriorityOverride"] == 50
    submits(code=2, says=["--share-identifier"], queue=fair)


def suits__other_queues_take_none():
    submits("--share-identifier", "quant", code=2, says=["leave it out"])
    submits("--scheduling-priority", 3, code=2, says=["--share-identifier"])
    for words in ("--share-identifier", "a b"), ("--share-identifier", ""), ("--scheduling-priority", "10000"):
        submits(*words, code=2, says=[words[0]])


def suits__a_dependency_that_has_failed_is_an_error():
    submits("--depends-on", OTHER, code=2, says=[OTHER, "has FAILED"], depends=[detail(OTHER, "FAILED")])
    submits("--depends-on", MAIN, code=2, says=[MAIN, "has FAILED"], depends=[array(3, FAILED=1, SUCCEEDED=2)])
    for status in "SUCCEEDED", "RUNNING", "PENDING":
        submits("--depends-on", OTHER, depends=[detail(OTHER, status)])
    submits("--depends-on", OTHER, warns="Batch does not know this job")


# ---- Data --------------------------------------------------------------------------------------------

CSV = "date,a,b\n2024-01-02,1,2\n"
LIST = '<?xml version="1.0"?><ListBucketResult><Name>data</Name><IsTruncated>false</IsTruncated>{}</ListBucketResult>'


def listed(*keys):
    found = "".join(f"<Contents><Key>{key}</Key><Size>9</Size><ETag>x</ETag></Contents>" for key in keys)
    return {"body": LIST.format(found), "headers": {"Content-Type": "application/xml"}}


def s3_error(status, code):
    return {"status": status, "body": f"<Error><Code>{code}</Code><Message>no</Message></Error>"}


def suits__data_that_are_not_there_are_an_error():
    absent = {"all.parquet": s3_error(404, "NoSuchKey"), "data": listed()}
    submits(code=2, says=["s3://data/all.parquet"], replies=absent)
    submits("--no-preflight", replies=absent)
    submits(code=2, says=["NoSuchBucket"], replies={"all.parquet": s3_error(404, "NoSuchBucket"), "data": s3_error(
        404, "NoSuchBucket")})
    submits("--data", "s3://data/none/", code=2, says=["s3://data/none"], replies={"data": listed()})


def suits__data_are_looked_for_where_an_option_says_s3_is():
    """A variable that is empty says nothing; the proxy is not there, so nobody reaches AWS."""
    with Canned(replies={**cluster(), "all.parquet": s3_error(404, "NoSuchKey"), "data": listed()}) as c:
        c.run("pulse-submit", 2, *TRAIN, "--endpoint-url", c.url, says=["s3://data/all.parquet", "neither an object"], env={
            "AWS_ENDPOINT_URL": None, "AWS_ENDPOINT_URL_S3": "", "https_proxy": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"})


def suits__variables_that_are_not_there_are_an_error():
    folder = {"data": listed("sets/a.csv", "sets/historical_b.parquet"), "sets": listed()}
    submits("--data", "s3://data/sets/", replies=folder)
    with Canned(replies={**cluster(), **folder}) as c:
        c.run("pulse-submit", 2, "--data", "s3://data/sets/", "--output", "s3://r/run/", "--variables", "a", "bb",
              says=["no variable bb", "did you mean b?"])


def suits__data_are_looked_at_as_the_options_say():
    """What pulse-train reads is no reason to refuse."""
    text = "seen;when;a;b\n" + "".join(f"2020-02-{d:02};2020-01-{d:02};1,{d};2,{d}\n" for d in range(1, 29))
    held = {"odd.csv": {"status": 206, "body": text, "headers": {
        "ETag": '"x"', "Content-Range": f"bytes 0-{len(text) - 1}/{len(text)}"}}, "data": listed("odd.csv")}
    submits("--data", "s3://data/odd.csv", code=2, says=["--time"], replies=held)
    submits("--data", "s3://data/odd.csv", "--time", "when", "--value", "a,b", replies=held)
    with Canned(replies={**cluster(), **held}) as c:
        c.run("pulse-submit", 2, "--data", "s3://data/odd.csv", "--output", "s3://r/run/", "--time", "when", "--variables", "seen",
              says=["column seen is no variable"])


def suits__data_that_may_not_be_looked_at_are_a_warning():
    for reply in s3_error(403, "AccessDenied"), {"status": 404, "body": "{}"}, s3_error(501, "NotImplemented"):
        submits(warns="the data were not checked", replies={"all.parquet": reply, "data": reply})


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
