"""What the tests of the double share."""
import contextlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import hosts  # noqa: E402,F401
import jobs  # noqa: E402

try:
    from botocore.exceptions import ClientError
    import local_aws
    from local_aws import LocalAWS
except ImportError as reason:
    print(f"skipped: {reason} (./dev setup test)")
    sys.exit(77)


@contextlib.contextmanager
def puppets(**more):
    with LocalAWS("aws", run="puppet", **more) as aws:
        yield aws, aws.client()


def refused(code, words, call, **arguments):
    """The call ends with this code and says these words."""
    try:
        call(**arguments)
    except ClientError as no:
        found = no.response["Error"]
        assert found["Code"] == code and words.lower() in found["Message"].lower(), found
        return
    raise AssertionError(f"not refused: {arguments}")


def submit(batch, name="one", definition=local_aws.DEFINITION, **more):
    return batch.submit_job(jobName=name, jobQueue=local_aws.QUEUE, jobDefinition=definition, **more)["jobId"]


def described(batch, *ids):
    found = batch.describe_jobs(jobs=list(ids))["jobs"]
    assert len(found) == len(ids), found
    return found[0] if len(ids) == 1 else found
