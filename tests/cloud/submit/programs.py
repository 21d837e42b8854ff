"""What the tests of pulse-submit and pulse-status share: our programs before the local AWS, whose every
request the double checks against botocore's models and signer."""
import contextlib
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "aws"))
from support import jobs, local_aws, LocalAWS  # noqa: E402,F401

TRAIN = ["--data", "s3://data/all.parquet", "--output", "s3://results/run/", "--variables", "a", "b", "c"]
QUICK = ["--poll-interval", "0.2"]


class Cloud:
    def __init__(self, aws):
        self.aws, self.said = aws, []
        self.env = aws.env(jobs.environment())

    def environment(self, **more):
        return {k: v for k, v in {**self.env, **more}.items() if v is not None}

    def start(self, program, *arguments, env=None, **more):
        return subprocess.Popen([os.path.join(jobs.binaries(), program), *map(str, arguments)], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=self.environment(**(env or {})), errors="surrogateescape", **more)

    def end(self, process, code, *words, timeout=300):
        """It ends with this code, and one error line that says these words (none: no error line)."""
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"it does not end\n{out}{err}") from None
        self.said += [out, err]
        done = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        jobs.expect(done, code, *words)
        return done

    def run(self, program, code, *arguments, says=(), env=None, **more):
        return self.end(self.start(program, *arguments, env=env, **more), code, *says)

    def submit(self, *arguments, code=0, **more):
        return self.run("pulse-submit", code, *TRAIN, *arguments, **more)

    def status(self, *arguments, code=0, **more):
        return self.run("pulse-status", code, *arguments, **more)

    # ---- What became of it

    def only_job(self):
        found = self.aws.jobs()
        assert len(found) == 1, list(found)
        return next(iter(found.values()))

    def count(self, operation):
        return len(self.aws.requests(operation))

    def made(self, name="one", definition=local_aws.DEFINITION, **more):
        """The id of a job that the test itself submits."""
        return self.aws.create("SubmitJob", {"jobName": name, "jobQueue": local_aws.QUEUE, "jobDefinition": definition,
                                             **more})["jobId"]

    def job(self, name="one", **more):
        """The same, running."""
        made = self.made(name, **more)
        self.aws.wait(made, "RUNNING")
        return made

    def nodes(self, count=3, name="many", **more):
        return self.job(name, definition=local_aws.MULTINODE, nodeOverrides={"numNodes": count}, **more)

    def until(self, process, wait):
        """Waits for what the program does; fails when it ends before."""
        end = time.monotonic() + 300
        while not wait():
            assert process.poll() is None and time.monotonic() < end, "it did not come to that"
            time.sleep(0.02)

    def no_secret_was_said(self):
        found = "\n".join(self.said)
        for path in glob.glob("**/*", recursive=True):
            if os.path.isfile(path) and not path.startswith("aws/"):
                found += pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
        secrets = [*self.aws.show()["secrets"], "AWS4-HMAC-SHA256", "Signature="]
        assert not [word for word in secrets if word in found], "a secret was said"


@contextlib.contextmanager
def cloud(**more):
    shutil.rmtree("aws", ignore_errors=True)  # of a cloud before this one
    with LocalAWS("aws", run="puppet", **more) as aws:
        made = Cloud(aws)
        yield made
        made.no_secret_was_said()
        refused = [r for r in aws.requests() if "does not fit the model" in str(r.get("error"))]
        assert not refused, refused


def record():
    found = glob.glob("batch_job_*.json")
    assert len(found) == 1, found
    return json.loads(pathlib.Path(found[0]).read_text(encoding="utf-8"))


def interrupt(process):
    process.send_signal(signal.SIGINT)
