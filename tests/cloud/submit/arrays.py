#!/usr/bin/python3
"""arrays.py [CASE…]: what pulse-status says of arrays, of many nodes, and of jobs that wait for others."""
import json
import math
import sys


from canned import MAIN, OTHER, Canned, array, child, detail
from programs import QUICK, jobs

KILLED = {"exitCode": 137, "reason": "OutOfMemoryError: killed", "logStreamName": "pulse/default/0123456789abcdef"}
OVERTIME = "Job attempt duration exceeded timeout"


def failed(index, **more):
    return child(index, "FAILED", **{"statusReason": "Essential container in task exited", "container": KILLED, **more})


def lines_on_screen(text):
    return sum(max(1, math.ceil(len(line) / 80)) for line in text.splitlines())


# ---- Failed children ---------------------------------------------------------------------------------

def arrays__a_failed_child_beyond_the_first_hundred_is_found():
    for size, index in (150, 149), (101, 100), (1000, 512):
        with Canned(array(size, SUCCEEDED=size - 1, FAILED=1),
                    *(failed(i) if i == index else child(i) for i in range(size))) as c:
            out = c.status("--job-id", MAIN, code=1).stdout
            assert f"child {index} FAILED, exit code 137" in out and "OutOfMemoryError" in out, out
            assert KILLED["logStreamName"] in out and f"{size - 1} SUCCEEDED, 1 FAILED" in out, out
            part, = json.loads(c.status("--json", "--job-id", MAIN, code=1).stdout)[0]["parts"]
            assert (part["index"], part["exitCode"], part["log"]) == (index, 137, KILLED["logStreamName"]), part


def arrays__ten_thousand_children_take_few_requests_and_one_screen():
    bad = {17: failed(17), 4711: child(4711, "FAILED", statusReason="Host EC2 (instance i-0ab) terminated."),
           9999: failed(9999, container={"exitCode": 2})}
    with Canned(array(10000, SUCCEEDED=9997, FAILED=3), *(bad.get(i) or child(i) for i in range(10000))) as c:
        out = c.status("--job-id", MAIN, code=1).stdout
        assert c.count() <= 12, c.count()
        assert lines_on_screen(out) <= 24 and all(len(line) <= 80 for line in out.splitlines() if "because" not in line), out
        assert "child 17  FAILED" in out and "child 4711 FAILED, Host EC2" in out and "child 9999 FAILED" in out, out
    everything = [failed(i) for i in range(10000)]
    with Canned(array(10000, FAILED=10000), *everything) as c:
        out = c.status("--job-id", MAIN, code=1).stdout
        assert c.count() <= 12 and lines_on_screen(out) <= 24 and "10000 FAILED" in out, out
        assert len(json.loads(c.status("--json", MAIN, code=1).stdout)[0]["parts"]) == 10000


def arrays__children_are_described_where_they_cannot_be_listed():
    with Canned(array(150, SUCCEEDED=149, FAILED=1), *(failed(i) if i == 120 else child(i) for i in range(150)),
                replies={"listjobs": {"status": 404, "body": {"message": "none"}}}) as c:
        assert "child 120 FAILED, exit code 137" in c.status(MAIN, code=1).stdout
        assert c.count("describejobs") == 3


def arrays__a_child_s_own_reason_is_shown():
    for reason in "Host EC2 (instance i-0abc) terminated.", "Task failed to start", "Dependent Job failed":
        with Canned(array(2, SUCCEEDED=1, FAILED=1), child(0), child(1, "FAILED", statusReason=reason)) as c:
            assert f"child 1   FAILED, {reason}" in c.status("--job-id", MAIN, code=1).stdout
            assert json.loads(c.status("--json", MAIN, code=1).stdout)[0]["parts"][0]["statusReason"] == reason


def arrays__the_index_is_the_id_s_where_it_is_missing():
    bare = {k: v for k, v in failed(7).items() if k != "arrayProperties"}
    with Canned(array(9, SUCCEEDED=8, FAILED=1), *(child(i) for i in range(7)), bare) as c:
        assert "child 7   FAILED, exit code 137" in c.status(MAIN, code=1).stdout
        assert "exit code 137" in c.status(f"{MAIN}:7", code=1).stdout


def arrays__what_failed_is_named_while_others_run():
    with Canned(array(400, "PENDING", RUNNING=399, FAILED=1), *(failed(i) if i == 333 else child(i, "RUNNING")
                                                               for i in range(400))) as c:
        out = c.status(MAIN).stdout
        assert "child 333 FAILED, exit code 137" in out and "running" in out, out
        process = c.start("pulse-status", MAIN, "--monitor", *QUICK)
        while c.count("describejobs") < 8:
            assert process.poll() is None
        listed = c.count("listjobs")
        c.jobs[MAIN] = array(400, SUCCEEDED=399, FAILED=1)
        said = process.communicate(timeout=300)[0]
        assert process.returncode == 1 and f"{MAIN}:333 FAILED, exit code 137" in said, said
        assert listed == 2, "listed again although no more have failed"


# ---- Fates -------------------------------------------------------------------------------------------

def arrays__a_parent_whose_children_run_reads_running():
    for counts, says in (({"RUNNING": 3}, "running"), ({"STARTING": 1, "RUNNABLE": 2}, "running"),
                         ({"SUBMITTED": 3}, "PENDING")):
        state = next(iter(counts))
        with Canned(array(3, "PENDING", **counts), *(child(i, state) for i in range(3))) as c:
            out = c.status(MAIN).stdout
            assert f"\n  {says}" in out, out
            found = json.loads(c.status("--json", MAIN).stdout)[0]
            assert found["status"] == "PENDING" and found["state"] == says, found


def arrays__the_fate_of_the_failed_is_the_array_s():
    late = [child(i, "FAILED", statusReason=OVERTIME) for i in range(3)]
    ended = [child(i, "FAILED", statusReason="enough", isTerminated=True) for i in range(3)]
    for children, code in ((late, 4), ([child(0), *late[1:]], 4), ([failed(0), *late[1:]], 1), (ended, 5)):
        with Canned(array(3, FAILED=3), *children) as c:
            c.status(MAIN, code=code)
    many = [child(i, "FAILED", statusReason=OVERTIME) for i in range(1500)]
    with Canned(array(1500, FAILED=1500), *many) as c:
        assert "timed out" in c.status(MAIN, "--monitor", *QUICK, code=4).stdout
        c.jobs[f"{MAIN}:1499"] = failed(1499)
        c.status(MAIN, code=1)


def arrays__failed_nodes_come_first():
    count = 300
    nodes = [detail(f"{MAIN}#{i}", "RUNNING", nodeDetails={"nodeIndex": i, "isMainNode": i == 0}) for i in range(count)]
    for i in 250, 299:
        nodes[i].update(status="FAILED", container=KILLED)
    with Canned(detail(nodeProperties={"numNodes": count, "mainNode": 0, "nodeRangeProperties": []}), *nodes) as c:
        out = c.status(MAIN).stdout
        assert "300 nodes: 298 RUNNING, 2 FAILED" in out and lines_on_screen(out) <= 24, out
        assert 0 < out.index("node 250 FAILED") < out.index("node 299 FAILED") < out.index("node 0   RUNNING"), out


# ---- Dependencies ------------------------------------------------------------------------------------

def waiting(**more):
    return detail(status="PENDING", dependsOn=[{"jobId": OTHER, **more}])


def arrays__a_pending_job_names_what_it_waits_for():
    for other, says in ((detail(OTHER, "RUNNING"), "which is RUNNING"), (detail(OTHER, "FAILED"), "which has FAILED"),
                        ({**array(40, "PENDING", RUNNING=30, SUCCEEDED=10), "jobId": OTHER}, "10 of 40")):
        with Canned(waiting(), other) as c:
            out = c.status(MAIN).stdout
            assert f"waits: for job {OTHER}" in out and says in out, out
            assert OTHER in json.loads(c.status("--json", MAIN).stdout)[0]["why"][0]


def arrays__what_a_job_no_longer_waits_for_is_not_named():
    with Canned(detail(status="PENDING", dependsOn=[{"jobId": OTHER}, {"jobId": "gone"}]), detail(OTHER, "SUCCEEDED")) as c:
        out = c.status(MAIN).stdout
        assert OTHER not in out and "waits: for job gone, which Batch does not know" in out, out


def arrays__dependencies_by_child_say_so():
    for depends, says in (({"jobId": OTHER, "type": "N_TO_N"}, "child of the same index"),
                          ({"type": "SEQUENTIAL"}, "one after the other")):
        parent = {**array(2, "PENDING", PENDING=2), "dependsOn": [depends]}
        with Canned(parent, child(0, "PENDING"), child(1, "PENDING"), detail(OTHER)) as c:
            assert says in c.status(MAIN).stdout


def arrays__why_the_children_of_an_array_wait_is_said():
    for reason, says, code in (("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none", "no instances free", 0),
                               ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - large", "cannot be placed", 6)):
        with Canned(array(2, "PENDING", RUNNABLE=2), *(child(i, "RUNNABLE", statusReason=reason) for i in range(2))) as c:
            out = c.status(MAIN, code=code).stdout
            assert "waits:" in out and says in out, out


def arrays__why_the_children_of_a_large_array_wait_is_said():
    for reason, says, code in (("CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - none", "no instances free", 0),
                               ("MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - large", "cannot be placed", 6)):
        children = [child(i, "RUNNABLE", statusReason=reason) for i in range(150)]
        with Canned(array(150, "PENDING", RUNNABLE=150), *children) as c:
            out = c.status(MAIN, code=code).stdout
            assert "waits:" in out and says in out and c.count("listjobs") == 1, out


def arrays__a_job_that_failed_with_another_names_it():
    other = detail(OTHER, "FAILED", statusReason="Essential container in task exited", container={"exitCode": 3})
    mine = detail(status="FAILED", statusReason="Dependent Job failed", dependsOn=[{"jobId": OTHER}, {"jobId": "done"}])
    with Canned(mine, other, detail("done", "SUCCEEDED")) as c:
        for words in (), ("--monitor", *QUICK):
            out = c.status(MAIN, *words, code=1).stdout
            assert f"because: job {OTHER}" in out and "exit code 3" in out and "done" not in out, out
    mine.update(attempts=[{"container": {"exitCode": 1}}], container={"exitCode": 1})
    with Canned(mine, other) as c:  # it ran: no other's failure
        assert "because" not in c.status(MAIN, code=1).stdout


# ---- Ending ------------------------------------------------------------------------------------------

def arrays__an_empty_answer_to_an_end_is_success():
    for body in "", " \n", {}:
        with Canned(detail(), replies={"terminatejob": {"body": body}}) as c:
            assert "is being terminated" in c.status("--terminate", "--job-id", MAIN).stdout
            assert c.count("terminatejob") == 1
    with Canned(detail(), replies={"terminatejob": {"body": "<html>"}}) as c:
        c.status("--terminate", "--job-id", MAIN, code=75, says=["no JSON"], env={"AWS_MAX_ATTEMPTS": "1"})


def arrays__children_and_nodes_can_be_ended_by_their_ids():
    with Canned(child(3, "RUNNING"), detail(f"{MAIN}#1"), replies={"terminatejob": {"body": ""}}) as c:
        c.status("--terminate", f"{MAIN}:3", f"{MAIN}#1")
        assert [one["jobId"] for one in c.sent("terminatejob")] == [f"{MAIN}:3", f"{MAIN}#1"]


def arrays__options_may_stand_before_ids():
    with Canned(detail(), detail(OTHER)) as c:
        for words in (("--json", MAIN), ("--show-logs", MAIN, OTHER), ("--poll-interval", "1", "--json", MAIN)):
            assert MAIN in c.status(*words).stdout, words


if __name__ == "__main__":

    sys.exit(jobs.main(globals()))
