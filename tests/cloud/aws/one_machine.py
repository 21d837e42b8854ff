"""The cloud on one machine: a real S3 server (OpenStack Swift) and the local AWS that share a key.

Jobs find both; the job definitions are those of cloud/aws/batch, filled in.
"""
import contextlib
import importlib.util
import json
import os
import pathlib

import local_aws
import signature

TREE = pathlib.Path(__file__).resolve().parents[3]

BUCKET = "pulse-retrodiction"
DEFINITIONS = TREE / "cloud" / "aws" / "batch"
FILES = ("batch_job_definition.json", "batch_job_definition_multinode.json")


def load_swift():
    """By its path: Debian has a package of this name, and the folder others of ours."""
    spec = importlib.util.spec_from_file_location("pulse_swift", TREE / "tests" / "s3" / "swift.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


swift = load_swift()


def definitions(bucket):
    """RegisterJobDefinition's parameters for single-node and multi-node jobs."""
    filling = {"IMAGE": "pulse-retrodiction:local", "AWS_REGION": local_aws.REGION, "RESULTS_BUCKET": bucket,
               "DATA_BUCKET": bucket, "JOB_ROLE_ARN": "arn:aws:iam::123456789012:role/pulse-job",
               "RENDEZVOUS_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pulse-rendezvous",
               "EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/pulse-execution"}
    for name in FILES:
        text = (DEFINITIONS / name).read_text(encoding="utf-8")
        for word, value in filling.items():
            text = text.replace("${%s}" % word, value)
        yield json.loads(text)


def seed(bucket):
    return [*local_aws.DEFAULTS[:2], *(("RegisterJobDefinition", one) for one in definitions(bucket))]


@contextlib.contextmanager
def s3_server(directory):
    """The port of a server: the one that a fixture of ctest's started, or one of our own."""
    shared = os.environ.get("PULSE_S3_STATE")
    found = swift.state(shared) if shared else None
    if found:
        yield found["port"]
        return
    # Who has the key may submit jobs, which run as this user.
    swift.SECRET = signature.random_secret()
    try:
        yield swift.start(directory, os.getpid())["port"]
    finally:
        swift.stop(directory)


def buckets(port, *names):
    """boto3 before the server, with these buckets made."""
    import boto3
    import botocore.config
    client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=swift.KEY,
                          aws_secret_access_key=swift.SECRET, region_name=swift.REGION,
                          config=botocore.config.Config(s3={"addressing_style": "path"}, proxies={}))
    for name in names:
        client.create_bucket(Bucket=name)
    return client


class OneMachine:
    """`aws`: LocalAWS; `s3`: boto3's client; `env`: for our programs; `between`: see one_machine."""

    def __init__(self, aws, s3, port, bucket, between):
        self.aws, self.s3, self.bucket, self.between = aws, s3, bucket, between
        self.env = aws.env(AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{port}", HOME=os.environ.get("HOME", "/"))

    def keys(self, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]


@contextlib.contextmanager
def one_machine(directory, bucket=BUCKET, between=contextlib.nullcontext, **more):
    """All of it below a directory, until the end of the block. swift.CannotRun. `more` is LocalAWS's.
    between(port): a context whose `url` jobs see instead of the S3 server's."""
    variables = {"OMPI_MCA_hwloc_base_binding_policy": "none", "OMPI_MCA_mpi_yield_when_idle": "1",
                 "OPENBLAS_NUM_THREADS": "1", **more.pop("variables", {})}
    with s3_server(os.path.join(directory, "s3")) as port, between(port) as door:
        s3 = buckets(port, bucket)
        variables["AWS_ENDPOINT_URL_S3"] = getattr(door, "url", f"http://127.0.0.1:{port}")
        with local_aws.LocalAWS(os.path.join(directory, "aws"), keys=(swift.KEY, swift.SECRET),
                                variables=variables, seed=seed(bucket), **more) as aws:
            yield OneMachine(aws, s3, port, bucket, door)
