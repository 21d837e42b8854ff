"""Takes jobs through their states: dependencies, places, containers, time limits, attempts.

How a container runs is the runner's business: `runner.start(job, node)` gives a process with poll(),
which is its exit code or None, terminate() and kill(); `runner.close(job)` frees what an attempt held.
"""
import threading
import time
import traceback

import job as jobs

TICK = 0.05
OUT_OF_TIME = "Job attempt duration exceeded timeout"
HOST_LOST = "Host EC2 (instance {}) terminated."
TOO_LARGE = "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job resource requirement (vCPU/memory/GPU) is higher" \
    " than that can be met by the CE(s) attached to the job queue: {}"
NO_ROOM = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - {:g} vCPUs asked for, {:g} free"


# vCPUs and MiB of the instances that tests name; the system keeps some memory for itself.
INSTANCES = {"c6i.large": (2, 4096), "c6i.xlarge": (4, 8192), "c6i.2xlarge": (8, 16384), "c6i.4xlarge": (16, 32768),
             "m6i.xlarge": (4, 16384), "m6i.2xlarge": (8, 32768)}
KEPT = 0.06


def misfit(job, resources):
    """Why an environment can never run a job, or an empty string."""
    if job.vcpus() > resources.get("maxvCpus", 0):
        return f"{job.vcpus():g} vCPUs, of at most {resources.get('maxvCpus', 0)}"
    if job.multi and resources["type"] != "EC2":
        return f"several nodes on {resources['type']}"
    known = [INSTANCES[name] for name in resources.get("instanceTypes", ()) if name in INSTANCES]
    if known and len(known) == len(resources["instanceTypes"]):
        for container in job.containers.values():
            vcpus, memory = (jobs.requirement(container, kind) for kind in ("VCPU", "MEMORY"))
            if not any(vcpus <= n and memory <= m * (1 - KEPT) for n, m in known):
                return f"{vcpus:g} vCPUs and {memory:g} MiB on one of {', '.join(resources['instanceTypes'])}"
    return ""


class Scheduler:
    """`settings`: hold, no job leaves RUNNABLE; start_seconds in STARTING; kill_seconds from SIGTERM to SIGKILL."""

    def __init__(self, batch, runner, settings):
        self.batch, self.runner, self.settings = batch, runner, settings
        self.ending = threading.Event()
        self.marks = {}  # job id: what is under way for its attempt
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ending.wait(TICK):
            with self.batch.lock:
                for job in list(self.batch.jobs.values()):
                    if job.status not in jobs.FINAL:
                        self.guarded(job)

    def guarded(self, job):
        try:
            self.step(job)
        except Exception as failure:  # a fault of the double must not look like a job that hangs
            traceback.print_exc()
            job.move("FAILED", f"the double failed: {failure!r}")

    def close(self):
        self.ending.set()
        self.thread.join()
        for job in self.batch.jobs.values():
            for node in job.nodes.values():
                if node.process and node.process.poll() is None:
                    node.process.kill()
            if job.nodes:
                self.runner.close(job)

    def step(self, job):
        if job.children:
            self.step_array(job)
            return
        {"SUBMITTED": self.step_submitted, "PENDING": self.step_pending, "RUNNABLE": self.step_runnable,
         "STARTING": self.step_starting, "RUNNING": self.step_running}[job.status](job)

    # ---- Before it runs --------------------------------------------------------------------------

    def dependencies(self, job):
        """The jobs that must succeed first; those of an array's parent hold for its children."""
        found = []
        for one in (job.parent or job).request.get("dependsOn", []):
            if one.get("type") == "SEQUENTIAL":
                if job.parent and job.index > 0:
                    found.append(job.parent.children[job.index - 1])
            elif one.get("type") == "N_TO_N":
                if job.parent:
                    other = self.batch.jobs[one["jobId"]]
                    found.append(other.children[job.index] if other.children else other)
            else:
                found.append(self.batch.jobs[one["jobId"]])
        return found

    def step_submitted(self, job):
        job.move("PENDING" if self.dependencies(job) else "RUNNABLE")

    def step_pending(self, job):
        states = [other.status for other in self.dependencies(job)]
        if "FAILED" in states:
            job.move("FAILED", "Dependent Job failed")
        elif all(state == "SUCCEEDED" for state in states):
            job.move("RUNNABLE")

    def step_array(self, job):
        states = [child.status for child in job.children]
        if job.status == "SUBMITTED" and any(state != "SUBMITTED" for state in states):
            job.move("PENDING")  # and stays so while its children run
        if all(state in jobs.FINAL for state in states):
            failed = "FAILED" in states
            job.move("FAILED" if failed else "SUCCEEDED", job.stop_reason or
                     ("Array Child Job failed" if failed else None))

    def environments(self, job):
        """Those that a job of this queue may come to."""
        arns = [one["computeEnvironment"] for one in job.queue["computeEnvironmentOrder"]]
        return [e for e in self.batch.environments.values() if e["computeEnvironmentArn"] in arns
                and e["state"] == "ENABLED" and e["status"] == "VALID"]

    def step_runnable(self, job):
        if self.settings["hold"]:
            return
        wrong = [misfit(job, e.get("computeResources", {})) for e in self.environments(job)]
        most = sum(e.get("computeResources", {}).get("maxvCpus", 0) for e in self.environments(job))
        used = sum(other.vcpus() for other in self.batch.jobs.values() if other.queue is job.queue
                   and other.status in ("STARTING", "RUNNING") and not other.children)
        if not wrong:
            job.status_reason = "ACTION_REQUIRED - no compute environment of the queue is ENABLED and VALID"
        elif all(wrong):
            job.status_reason = TOO_LARGE.format("; ".join(wrong))
        elif job.vcpus() > most - used:
            job.status_reason = NO_ROOM.format(job.vcpus(), most - used)
        elif not self.batch.consumables.take(job):
            job.status_reason = None  # Batch says nothing of it
        else:
            job.move("STARTING")
            job.nodes = {i: jobs.Node(job, i) for i in job.containers}
            self.marks[job.id] = {"from": time.monotonic(), "over": None, "reason": None}

    # ---- While it runs ---------------------------------------------------------------------------

    def start(self, job, node):
        node.process = self.runner.start(job, node)
        node.started, node.status = jobs.now_ms(), "RUNNING"

    def step_starting(self, job):
        """The main node comes first; the others when it is up, in an order of their own."""
        mark = self.marks[job.id]
        if job.stop_reason:
            self.finish(job, job.stop_reason, again=False)
        elif time.monotonic() >= mark["from"] + self.settings["start_seconds"]:
            self.start(job, job.nodes[job.main])
            job.move("RUNNING")
            job.started = job.nodes[job.main].started
            mark["from"] = time.monotonic()
            for index in sorted(job.nodes, reverse=True):
                if index != job.main:
                    self.start(job, job.nodes[index])

    def step_running(self, job):
        mark = self.marks[job.id]
        for node in job.nodes.values():
            self.look_at(job, node)
        if job.nodes[job.main].stopped and not mark["over"]:
            self.end(job, None)
        if not mark["over"]:
            limit = (job.timeout or {}).get("attemptDurationSeconds")
            limit = limit and limit * self.settings["time_scale"]
            if job.stop_reason:
                self.end(job, job.stop_reason)
            elif limit and time.monotonic() > mark["from"] + limit:
                self.end(job, OUT_OF_TIME)
        if mark["over"]:
            self.see_out(job, mark)

    @staticmethod
    def look_at(job, node):
        code = None if node.stopped else node.process.poll()
        if code is None:
            return
        node.exit_code, node.stopped = code, jobs.now_ms()
        node.status = "FAILED" if code else "SUCCEEDED"
        node.status_reason = jobs.DONE
        lost = getattr(node.process, "lost", None)
        if lost:
            node.exit_code, node.status, node.status_reason = None, "FAILED", HOST_LOST.format(lost)
        node.reason = getattr(node.process, "reason", None)

    def end(self, job, reason):
        """Asks what still runs to end."""
        self.marks[job.id].update(over=time.monotonic(), reason=reason)
        for node in job.nodes.values():
            if not node.stopped:
                node.process.terminate()

    def see_out(self, job, mark):
        """Once all containers are gone, which SIGKILL sees to, the attempt is over."""
        left = [node for node in job.nodes.values() if not node.stopped]
        if left and time.monotonic() > mark["over"] + self.settings["kill_seconds"]:
            for node in left:
                node.process.kill()
        elif not left:
            self.finish(job, mark["reason"], again=mark["reason"] is None)

    def finish(self, job, reason, again):
        main = job.nodes[job.main]
        said = reason or main.status_reason or jobs.DONE
        job.close_attempt(said)
        self.runner.close(job)
        self.batch.consumables.release(job)
        del self.marks[job.id]
        if reason is None and main.status == "SUCCEEDED":
            job.move("SUCCEEDED", said)
        elif again and job.tried_again(said):
            job.move("RUNNABLE", said)
        else:
            job.move("FAILED", said)
