"""What the S3 tests share: the server, a bucket and a proxy of one's own, our programs before it."""
import contextlib
import os
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "mpi"))
import jobs  # noqa: E402

import ceph  # noqa: E402
import swift  # noqa: E402

try:
    import boto3
    import botocore.config
    import fault_proxy
except ImportError as reason:
    boto3, missing = None, reason

PART = 5 << 20  # the smallest part of a multipart upload but the last
HIDDEN = (swift.SECRET, ceph.SECRET, "AWS4-HMAC-SHA256", "Signature=")  # in no output of ours


@contextlib.contextmanager
def server():
    """State of the server that ctest's fixture started; without one a server of our own."""
    directory = os.environ.get("PULSE_S3_STATE")
    found = swift.state(directory) if directory else None
    if found:
        yield found
        return
    own = os.path.abspath("swift")
    try:
        found = swift.start(own, os.getpid())
    except swift.CannotRun as why:
        raise jobs.Skip(why) from None
    try:
        yield found
    finally:
        swift.stop(own)


def client(port, key=swift.KEY, secret=swift.SECRET, region=swift.REGION):
    """boto3, path style; it does not try again on its own."""
    return boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id=key,
        aws_secret_access_key=secret, region_name=region,
        config=botocore.config.Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"},
                                      proxies={}))


class Bucket:
    """A bucket, boto3 right before the server, and a proxy that our programs talk to."""

    key, secret, region = swift.KEY, swift.SECRET, swift.REGION

    def __init__(self, state, proxy, bucket):
        self.state, self.proxy, self.bucket = state, proxy, bucket
        self.boto = client(state["port"], self.key, self.secret, self.region)
        self.boto.create_bucket(Bucket=bucket)
        self.env = self.environment()

    def environment(self, **more):
        env = {k: v for k, v in jobs.environment().items()
               if not k.startswith("AWS_") and k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}
        env.update(AWS_ACCESS_KEY_ID=self.key, AWS_SECRET_ACCESS_KEY=self.secret,
                   AWS_REGION=self.region, AWS_ENDPOINT_URL_S3=self.proxy.url,
                   AWS_EC2_METADATA_DISABLED="true", HOME=os.getcwd(), XDG_CACHE_HOME=os.path.abspath("cache"))
        env.update(more)
        return {k: v for k, v in env.items() if v is not None}

    def uri(self, key=""):
        return f"s3://{self.bucket}/{key}"

    # -- with boto3, past the proxy

    def put(self, key, body):
        self.boto.put_object(Bucket=self.bucket, Key=key, Body=body)

    def get(self, key):
        return self.boto.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix=""):
        pages = self.boto.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def uploads(self):
        """Multipart uploads that were begun and neither completed nor aborted."""
        return self.boto.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])

    # -- with our programs, through the proxy

    def data(self, *arguments, env=None, timeout=300):
        """pulse-data, run to its end."""
        done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              errors="surrogateescape", timeout=timeout, env=env or self.env)
        return watched(done)

    def done(self, *arguments, **more):
        """It ends well and says nothing on standard error; its standard output."""
        done = self.data(*arguments, **more)
        jobs.expect(done, 0)
        return done.stdout

    def refused(self, code, *arguments, says=(), **more):
        """It ends with this code and one line that says these words (and nothing else)."""
        done = self.data(*arguments, **more)
        jobs.expect(done, code, *([says] if isinstance(says, str) else says))
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert len(errors) == 1, f"{len(errors)} error lines\n{done.stderr}"
        assert len(errors[0]) < 600, done.stderr
        return done

    def report(self, *arguments):
        """pulse-report, run to its end."""
        return watched(jobs.run(*arguments, env=self.env,
                                executable=os.path.join(jobs.binaries(), "pulse-report")))

    def train(self, *arguments, env=None, **more):
        return watched(jobs.run(*arguments, env=env or self.env, **more))


def watched(done):
    """No secret was printed."""
    for text in (done.stdout, done.stderr):
        for word in HIDDEN:
            assert word not in text, f"{word!r} was printed\n{text}"
    return done


@contextlib.contextmanager
def own_bucket(**options):
    """A Bucket of one's own. `options` are the proxy's."""
    if boto3 is None:
        raise jobs.Skip(f"{missing} (./dev setup test)")
    with server() as state, fault_proxy.Proxy(state["port"], **options) as proxy:
        case = re.sub("[^a-z0-9]+", "-", sys.argv[1] if len(sys.argv) > 1 else "all")[-40:].strip("-")
        yield Bucket(state, proxy, f"{case}-{os.urandom(4).hex()}")


def noise(size, seed=1):
    """Bytes that do not repeat, the same ones each time."""
    return random.Random(seed).randbytes(size)


def write(path, body):
    pathlib.Path(path).write_bytes(body)
    return path


def read(path):
    return pathlib.Path(path).read_bytes()


def files(directory="."):
    """Paths of all files under a directory but the server's and the cache's, hidden ones as well."""
    found = []
    for where, directories, names in os.walk(directory):
        directories[:] = [d for d in directories if os.path.relpath(os.path.join(where, d), directory)
                          not in ("swift", "ceph", "cache")]
        found += [os.path.relpath(os.path.join(where, name), directory) for name in names]
    return sorted(found)
