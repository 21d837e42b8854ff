#!/usr/bin/python3
"""control.py [CASE…]: the double's control plane answers boto3 as Batch and CloudWatch Logs do."""
import json
import sys
import urllib.error
import urllib.request

import botocore.session
import one_machine
from support import described, jobs, local_aws, puppets, refused, submit
from botocore.exceptions import ClientError, HTTPClientError


def forged(request, **_):
    """What was signed is not what is sent."""
    request.body = request.body.replace(b"one", b"two")


def local_aws__checks_signatures_tokens_and_scopes():
    with puppets() as (aws, batch):
        batch.describe_job_queues()
        key = aws.access["AccessKeyId"]
        refused("InvalidSignatureException", "signature", aws.client(aws_secret_access_key="no").describe_job_queues)
        refused("UnrecognizedClientException", "token", aws.client(aws_access_key_id="AKIANOBODY").describe_job_queues)
        refused("UnrecognizedClientException", "token", aws.client(aws_session_token="no").describe_job_queues)
        got = aws.session()
        session = aws.client(aws_access_key_id=got["AccessKeyId"], aws_secret_access_key=got["SecretAccessKey"],
                             aws_session_token=got["Token"])
        session.describe_job_queues()
        aws.expire()
        refused("ExpiredTokenException", "expired", session.describe_job_queues)
        batch.describe_job_queues()
        batch.meta.events.register("before-send.batch.*", forged)
        refused("InvalidSignatureException", "signature", batch.describe_jobs, jobs=["one"])
        assert [r["status"] for r in aws.requests() if r["key"] == key] == [200, 200]


def local_aws__checks_bodies_against_the_model_and_beyond():
    with puppets() as (aws, _):
        loose = botocore.session.get_session().create_client(
            "batch", endpoint_url=aws.url, region_name=local_aws.REGION,
            aws_access_key_id=aws.access["AccessKeyId"], aws_secret_access_key=aws.access["SecretAccessKey"],
            config=botocore.config.Config(parameter_validation=False, retries={"max_attempts": 0}))
        good = {"jobName": "a", "jobQueue": local_aws.QUEUE, "jobDefinition": local_aws.DEFINITION}
        for more, words in (
                ({"jobName": None}, "jobName"),
                ({"jobName": "a b"}, "pattern"),
                ({"jobName": "a" * 129}, "pattern"),
                ({"timeout": {"attemptDurationSeconds": 59}}, "60"),
                ({"retryStrategy": {"attempts": 11}}, "between 1 and 10"),
                ({"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "STOP", "onReason": "*"}]}}, "STOP"),
                ({"retryStrategy": {"attempts": 2, "evaluateOnExit": [{"action": "EXIT", "onReason": "*x"}]}}, "star"),
                ({"arrayProperties": {"size": 1}}, "between 2 and 10000"),
                ({"arrayProperties": {"size": 2}, "dependsOn": [{"type": "SEQUENTIAL", "jobId": "x"}]}, "SEQUENTIAL"),
                ({"dependsOn": [{"jobId": "none"}]}, "does not exist"),
                ({"containerOverrides": {"environment": [{"name": "AWS_BATCH_X", "value": "1"}]}}, "AWS_BATCH"),
                ({"containerOverrides": {"command": ["x" * 8200]}}, "8192"),
                ({"containerOverrides": {"environment": [{"name": "x" * 31000}]}}, "30720"),
                ({"nodeOverrides": {"numNodes": 2}}, "multi-node"),
                ({"jobDefinition": local_aws.MULTINODE, "containerOverrides": {}}, "nodeOverrides"),
                ({"tags": {str(i): "x" for i in range(51)}}, "50"),
                ({"jobQueue": "none"}, "does not exist"),
                ({"jobDefinition": "none:3"}, "not active")):
            asked = {k: v for k, v in {**good, **more}.items() if v is not None}
            refused("ClientException", words, loose.submit_job, **asked)
        assert aws.jobs() == {}
        refused("ClientException", "at most 100", loose.describe_jobs, jobs=["x"] * 101)
        refused("ClientException", "exactly one", loose.list_jobs)
        assert all(r["status"] == 400 and r["message"] for r in aws.requests())


def local_aws__only_open_ranges_take_another_number_of_nodes():
    with puppets() as (aws, batch):
        for name, targets, fits in (("open", "0:", True), ("closed", "0:1", False)):
            batch.register_job_definition(**local_aws.multinode(name, targets=targets))
            submit(batch, definition=name, nodeOverrides={"numNodes": 2})
            if fits:
                submit(batch, definition=name, nodeOverrides={"numNodes": 3, "nodePropertyOverrides": [
                    {"targetNodes": "0:", "containerOverrides": {"command": ["x"]}}]})
            else:
                refused("ClientException", "open", submit, batch=batch, definition=name,
                        nodeOverrides={"numNodes": 3})
        refused("ClientException", "outside", submit, batch=batch, definition="open", nodeOverrides={
            "numNodes": 3, "nodePropertyOverrides": [{"targetNodes": "0:3"}]})
        refused("ClientException", "Fargate", batch.register_job_definition, platformCapabilities=["FARGATE"],
                **local_aws.multinode("fargate"))


def local_aws__a_single_job_passes_through_its_states():
    with puppets() as (aws, batch):
        aws.settings(hold=True)
        job = submit(batch, containerOverrides={"command": ["train"], "environment": [{"name": "A", "value": "1"}],
                                                "resourceRequirements": [{"type": "VCPU", "value": "8"}]})
        aws.wait(job, "RUNNABLE")
        before = described(batch, job)
        assert "startedAt" not in before and "logStreamName" not in before["container"], before
        aws.settings(hold=False, start_seconds=0.3)
        aws.wait(job, "STARTING")
        assert "startedAt" not in described(batch, job)
        aws.wait(job, "RUNNING")
        during = described(batch, job)
        assert during["startedAt"] and during["attempts"] == [] and "exitCode" not in during["container"]
        assert during["container"]["command"] == ["train"]
        assert {"type": "VCPU", "value": "8"} in during["container"]["resourceRequirements"]
        aws.say(job, "hello")
        aws.finish(job, 3, reason="it says why")
        aws.wait(job)
        after = described(batch, job)
        container = after["attempts"][0]["container"]
        assert after["status"] == "FAILED" and after["statusReason"] == "Essential container in task exited"
        assert (container["exitCode"], container["reason"]) == (3, "it says why"), after
        assert container["logStreamName"] == after["container"]["logStreamName"]
        events = aws.client("logs").get_log_events(logGroupName="/aws/batch/job", startFromHead=True,
                                                   logStreamName=container["logStreamName"])
        assert [e["message"] for e in events["events"]] == ["hello"]


def local_aws__multi_node_parents_have_no_container():
    with puppets() as (aws, batch):
        job = submit(batch, definition=local_aws.MULTINODE, nodeOverrides={"numNodes": 3})
        aws.wait(job, "RUNNING")
        parent, main, other = described(batch, job, f"{job}#0", f"{job}#2")
        assert "container" not in parent and parent["nodeProperties"]["numNodes"] == 3, parent
        assert main["nodeDetails"] == {"nodeIndex": 0, "isMainNode": True}
        assert other["nodeDetails"] == {"nodeIndex": 2, "isMainNode": False}
        assert other["container"]["networkInterfaces"][0]["privateIpv4Address"].startswith("10.")
        assert main["container"]["logStreamName"] != other["container"]["logStreamName"]
        listed = batch.list_jobs(multiNodeJobId=job)["jobSummaryList"]
        assert [one["jobId"] for one in listed] == [f"{job}#{i}" for i in range(3)], listed
        aws.finish(job, 9, node=1)
        assert aws.wait(job, "RUNNING")["status"] == "RUNNING"
        aws.finish(job, 0, node=0)
        aws.wait(job)
        parent, other = described(batch, job, f"{job}#2")
        assert parent["status"] == "SUCCEEDED" and parent["attempts"][0]["container"]["exitCode"] == 0
        assert other["container"]["exitCode"] == 143, other
        assert batch.describe_jobs(jobs=[f"{job}#3", f"{job}:0", "none"])["jobs"] == []


def local_aws__arrays_and_dependencies_keep_their_order():
    with puppets() as (aws, batch):
        first = submit(batch, "first", arrayProperties={"size": 2}, dependsOn=[{"type": "SEQUENTIAL"}])
        second = submit(batch, "second", arrayProperties={"size": 2},
                        dependsOn=[{"jobId": first, "type": "N_TO_N"}])
        third = submit(batch, "third", dependsOn=[{"jobId": second}])
        aws.wait(f"{first}:0", "RUNNING")
        assert described(batch, f"{first}:1", f"{second}:0")[0]["status"] == "PENDING"
        assert described(batch, first)["arrayProperties"]["statusSummary"]["RUNNING"] == 1
        aws.finish(f"{first}:0")
        aws.wait(f"{second}:0", "RUNNING")
        aws.wait(f"{first}:1", "RUNNING")
        listed = batch.list_jobs(arrayJobId=first, jobStatus="RUNNING")["jobSummaryList"]
        assert [one["arrayProperties"]["index"] for one in listed] == [1], listed
        aws.finish(f"{first}:1")
        aws.wait(first)
        aws.finish(f"{second}:0")
        aws.wait(f"{second}:1", "RUNNING")
        aws.finish(f"{second}:1", 1)
        assert aws.wait(second)["status"] == "FAILED"
        assert aws.wait(third)["statusReason"] == "Dependent Job failed"


def local_aws__ends_are_answered_without_a_body():
    with puppets() as (aws, batch):
        for call in batch.terminate_job, batch.cancel_job:
            found = call(jobId=submit(batch), reason="enough")["ResponseMetadata"]
            assert found["HTTPStatusCode"] == 200 and found["HTTPHeaders"]["content-length"] == "0", found
        assert aws.requests("CancelJob")


def local_aws__parents_of_arrays_are_pending_until_their_children_have_ended():
    with puppets() as (aws, batch):
        array = submit(batch, arrayProperties={"size": 3}, tags={"noindex": "1"})
        waiting = submit(batch, "then", dependsOn=[{"jobId": array}])
        last = submit(batch, "last", dependsOn=[{"jobId": waiting}])
        for i in range(3):
            aws.wait(f"{array}:{i}", "RUNNING")
            assert described(batch, array)["status"] == "PENDING"
        assert "arrayProperties" not in described(batch, f"{array}:1")
        for i in range(3):
            aws.finish(f"{array}:{i}", int(i == 1))
        assert aws.wait(array)["statusReason"] == "Array Child Job failed"
        for job in waiting, last:
            found = aws.wait(job)
            assert (found["statusReason"], found["attempts"]) == ("Dependent Job failed", []), found
            assert "startedAt" not in found


def local_aws__consumable_resources_bound_how_many_run():
    with puppets() as (aws, batch):
        aws.create("CreateConsumableResource", {"consumableResourceName": "licence", "totalQuantity": 2})
        wanted = {"consumableResourceList": [{"consumableResource": "licence", "quantity": 1}]}
        array = aws.create("SubmitJob", {"jobName": "a", "jobQueue": local_aws.QUEUE, "arrayProperties": {"size": 3},
                                         "jobDefinition": local_aws.DEFINITION,
                                         "consumableResourcePropertiesOverride": wanted})["jobId"]
        for i in range(2):
            aws.wait(f"{array}:{i}", "RUNNING")
        free = {"consumableResource": "licence"}
        assert aws.create("DescribeConsumableResource", free)["availableQuantity"] == 0
        assert described(batch, f"{array}:2")["status"] == "RUNNABLE"
        aws.finish(f"{array}:0")
        aws.wait(f"{array}:2", "RUNNING")
        for i in 1, 2:
            aws.finish(f"{array}:{i}")
        aws.wait(array)
        assert aws.create("DescribeConsumableResource", free)["availableQuantity"] == 2


def local_aws__attempts_follow_evaluate_on_exit():
    rules = [{"action": "RETRY", "onExitCode": "75"}, {"action": "RETRY", "onStatusReason": "Host EC2*"},
             {"action": "EXIT", "onReason": "*"}]
    with puppets() as (aws, batch):
        job = submit(batch, retryStrategy={"attempts": 4, "evaluateOnExit": rules})
        for attempt, ending in enumerate(({"code": 75}, {"lost": "i-0abc"}, {"code": 1}), 1):
            aws.wait(job, "RUNNING", attempt=attempt)
            aws.finish(job, **ending)
        found = aws.wait(job)
        reasons = [one["statusReason"] for one in found["attempts"]]
        assert found["status"] == "FAILED" and reasons[1] == "Host EC2 (instance i-0abc) terminated.", found
        assert [one["container"].get("exitCode") for one in found["attempts"]] == [75, None, 1], found
        assert len({one["container"]["logStreamName"] for one in found["attempts"]}) == 3
        job = submit(batch, retryStrategy={"attempts": 2, "evaluateOnExit": rules[:1]})  # no rule fits: again
        for attempt in (1, 2):
            aws.wait(job, "RUNNING", attempt=attempt)
            aws.finish(job, 1)
        assert len(aws.wait(job)["attempts"]) == 2


def local_aws__cancel_and_terminate_reach_as_far_as_they_do():
    with puppets() as (aws, batch):
        running = submit(batch)
        aws.wait(running, "RUNNING")
        batch.cancel_job(jobId=running, reason="no")
        assert aws.wait(running, "RUNNING")["status"] == "RUNNING"
        batch.terminate_job(jobId=running, reason="enough")
        found = aws.wait(running)
        assert found["statusReason"] == "enough" and found["container"]["exitCode"] == 143 and found["isTerminated"]
        aws.settings(hold=True)
        waiting = submit(batch, retryStrategy={"attempts": 3})
        aws.wait(waiting, "RUNNABLE")
        batch.cancel_job(jobId=waiting, reason="no")
        found = aws.wait(waiting)
        assert found["statusReason"] == "no" and found["isCancelled"] and found["attempts"] == []
        batch.terminate_job(jobId="none", reason="x")


def local_aws__timeouts_end_the_whole_job_without_retry():
    with puppets() as (aws, batch):
        aws.settings(time_scale=0.005)
        job = submit(batch, definition=local_aws.MULTINODE, timeout={"attemptDurationSeconds": 60},
                     retryStrategy={"attempts": 3})
        found = aws.wait(job)
        assert found["statusReason"] == "Job attempt duration exceeded timeout" and len(found["attempts"]) == 1
        assert {n["container"]["exitCode"] for n in described(batch, f"{job}#0", f"{job}#1")} == {143}


def local_aws__jobs_too_large_wait_and_say_why():
    with puppets() as (aws, batch):
        large = submit(batch, containerOverrides={"resourceRequirements": [{"type": "VCPU", "value": "96"}]})
        small = submit(batch)
        aws.wait(small, "RUNNING")
        found = described(batch, large)
        assert found["status"] == "RUNNABLE" and "MISCONFIGURATION:JOB_RESOURCE" in found["statusReason"], found
        heavy = submit(batch, containerOverrides={"resourceRequirements": [{"type": "MEMORY", "value": "32768"}]})
        while "statusReason" not in described(batch, heavy):
            aws.wait(heavy, "RUNNABLE", "SUBMITTED")
        assert "32768 MiB" in described(batch, heavy)["statusReason"], described(batch, heavy)
        front = aws.admin("create", operation="GetJobQueueSnapshot", params={"jobQueue": local_aws.QUEUE})
        assert [one["jobArn"].rpartition("/")[2] for one in front["frontOfQueue"]["jobs"]] == [large, heavy], front
        aws.change("queue", local_aws.QUEUE, state="DISABLED")
        refused("ClientException", "ENABLED", submit, batch=batch)
        aws.change("environment", local_aws.ENVIRONMENT, status="INVALID", statusReason="CLIENT_ERROR - no role")
        shown = batch.describe_compute_environments(computeEnvironments=[local_aws.ENVIRONMENT])
        assert shown["computeEnvironments"][0]["statusReason"] == "CLIENT_ERROR - no role"


def local_aws__the_project_s_definitions_are_taken():
    with puppets() as (aws, batch):
        aws.change("environment", local_aws.ENVIRONMENT, state="DISABLED")
        for one in one_machine.definitions("bucket"):
            made = batch.register_job_definition(**one)
            assert made["revision"] == 2, made
            shown = batch.describe_job_definitions(jobDefinitionName=one["jobDefinitionName"], status="ACTIVE")
            assert [d["revision"] for d in shown["jobDefinitions"]] == [2, 1], shown
            job = submit(batch, definition=one["jobDefinitionName"])
            found = described(batch, job)
            assert found["jobDefinition"] == made["jobDefinitionArn"] and found["retryStrategy"]["attempts"] > 1
            while "statusReason" not in described(batch, job):
                aws.wait(job, "RUNNABLE", "SUBMITTED")
            assert "ACTION_REQUIRED" in described(batch, job)["statusReason"]


def local_aws__jobs_are_listed_by_status_name_and_page():
    with puppets() as (aws, batch):
        aws.settings(hold=True)
        ids = [submit(batch, f"job-{i % 2}-x") for i in range(5)]
        aws.wait(ids[-1], "RUNNABLE")
        assert batch.list_jobs(jobQueue=local_aws.QUEUE)["jobSummaryList"] == []
        pages = batch.get_paginator("list_jobs").paginate(
            jobQueue=local_aws.QUEUE, jobStatus="RUNNABLE", PaginationConfig={"PageSize": 2})
        assert [one["jobId"] for page in pages for one in page["jobSummaryList"]] == ids[::-1]
        for value, count in (("job-0-x", 3), ("JOB-1*", 2), ("job-1", 0)):
            found = batch.list_jobs(jobQueue=local_aws.QUEUE, filters=[{"name": "JOB_NAME", "values": [value]}])
            assert len(found["jobSummaryList"]) == count, (value, found)


def local_aws__log_tokens_end_where_the_stream_does():
    with puppets() as (aws, _):
        logs = aws.client("logs")
        where = {"logGroupName": "/aws/batch/job", "logStreamName": "s"}
        refused("ResourceNotFoundException", "stream", logs.get_log_events, **where)
        aws.log("s", *map(str, range(5)))
        page = logs.get_log_events(**where, startFromHead=True, limit=3)
        assert [e["message"] for e in page["events"]] == ["0", "1", "2"]
        aws.settings(empty_pages=2)
        seen = []
        for _ in range(3):
            token = page["nextForwardToken"]
            page = logs.get_log_events(**where, startFromHead=True, nextToken=token)
            assert page["nextForwardToken"] != token
            seen.append([e["message"] for e in page["events"]])
        assert seen == [[], [], ["3", "4"]], seen
        last = logs.get_log_events(**where, startFromHead=True, nextToken=page["nextForwardToken"])
        assert last["events"] == [] and last["nextForwardToken"] == page["nextForwardToken"]
        aws.log("s", "5")
        page = logs.get_log_events(**where, startFromHead=True, nextToken=page["nextForwardToken"])
        assert [e["message"] for e in page["events"]] == ["5"]
        tail = logs.get_log_events(**where, limit=2)
        assert [e["message"] for e in tail["events"]] == ["4", "5"]
        before = logs.get_log_events(**where, nextToken=tail["nextBackwardToken"], limit=10)
        assert [e["message"] for e in before["events"]] == ["0", "1", "2", "3"]
        refused("InvalidParameterException", "startFromHead", logs.get_log_events, **where,
                nextToken=page["nextForwardToken"])
        assert [s["logStreamName"] for s in logs.describe_log_streams(logGroupName="/aws/batch/job")["logStreams"]] \
            == ["s"]
        aws.settings(log_delay=60)
        aws.log("late", "x")
        refused("ResourceNotFoundException", "stream", logs.get_log_events, **{**where, "logStreamName": "late"})


def local_aws__faults_come_as_scripted():
    with puppets() as (aws, batch):
        aws.fail("SubmitJob", "lost")
        try:
            submit(batch)
            raise AssertionError("an answer came")
        except HTTPClientError:
            assert len(aws.jobs()) == 1
        aws.fail("SubmitJob", "reset")
        aws.fail("SubmitJob", "late_error", status=500, code="ServerException", skip=1)
        for code, kept in ((HTTPClientError, 1), (None, 2), (ClientError, 3)):
            try:
                submit(batch)
                assert code is None
            except (HTTPClientError, ClientError) as no:
                assert code and isinstance(no, code), no
            assert len(aws.jobs()) == kept
        for where in ("header", "code", "Code", "__type"):
            aws.fail("DescribeJobs", "error", status=429, code="TooManyRequestsException", where=where)
            refused("TooManyRequestsException", "scripted" if where != "Code" else "", batch.describe_jobs, jobs=["x"])
        aws.fail("DescribeJobs", "deny")
        refused("AccessDeniedException", "not authorized to perform: batch:DescribeJobs", batch.describe_jobs,
                jobs=["x"])
        job = next(iter(aws.jobs()))
        aws.wait(job, "RUNNING")
        aws.fail("DescribeJobs", "empty", times=2)
        aws.fail("DescribeJobs", "strip", fields=["startedAt"])
        assert [len(batch.describe_jobs(jobs=[job])["jobs"]) for _ in range(2)] == [0, 0]
        assert "startedAt" not in described(batch, job) and "startedAt" in described(batch, job)
        aws.patch(job, statusReason="overlaid")
        assert described(batch, job)["statusReason"] == "overlaid"
        aws.vanish(job)
        assert batch.describe_jobs(jobs=[job])["jobs"] == []
        assert [r["fault"] for r in aws.requests("SubmitJob")] == ["lost", "reset", None, "late_error"]


def local_aws__container_credentials_are_sessions_that_end():
    with puppets() as (aws, _):
        def asked(token):
            request = urllib.request.Request(aws.url + "/v2/credentials/job", headers={"Authorization": token})
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=300) as reply:
                return json.load(reply)

        try:
            asked("no")
            raise AssertionError("given to anybody")
        except urllib.error.HTTPError as no:
            assert no.code == 403
        one, two = (asked(aws.show()["secrets"][-2]) for _ in range(2))
        assert one["Token"] != two["Token"] and one["Expiration"].endswith("Z")
        for got in (one, two):
            aws.client(aws_access_key_id=got["AccessKeyId"], aws_secret_access_key=got["SecretAccessKey"],
                       aws_session_token=got["Token"]).describe_job_queues()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
