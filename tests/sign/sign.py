#!/usr/bin/python3
"""sign.py BIN CASE: our signatures against AWS's published examples and botocore's signer."""
import calendar
import random
import subprocess
import sys
import time
import urllib.parse

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def sign(requests):
    """(canonical request, string to sign, Authorization's value) of each."""
    text = ""
    for r in requests:
        text += "\n".join([r["key"], r["secret"], r["token"] or "-", r["region"], r["service"], str(r["time"]),
                           r["method"], r["host"], r["path"], r["query"] or "-", r["digest"],
                           str(len(r["headers"])), *r["headers"]]) + "\n"
    out = subprocess.run([sys.argv[1] + "/sign_table"], input=text.encode(), capture_output=True, check=True).stdout
    fields = []
    while out:
        length, _, rest = out.partition(b"\n")
        fields.append(rest[:int(length)].decode())
        out = rest[int(length) + 1:]
    return [(a, b, c.partition(": ")[2]) for a, b, c in zip(fields[::3], fields[1::3], fields[2::3])]


def example(method, path, query, headers, digest, signature, bucket_host="examplebucket.s3.amazonaws.com"):
    """One of the four that the S3 documentation works through."""
    request = dict(key="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token=None,
                   region="us-east-1", service="s3", time=calendar.timegm((2013, 5, 24, 0, 0, 0)), method=method,
                   host=bucket_host, path=path, query=query, digest=digest, headers=headers)
    got = sign([request])[0]
    assert got[2].endswith("Signature=" + signature), got
    return got


def sigv4__published_examples_of_s3():
    canonical, to_sign, _ = example(
        "GET", "/test.txt", None, ["Range: bytes=0-9"], EMPTY,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    assert canonical == ("GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
                         f"x-amz-content-sha256:{EMPTY}\nx-amz-date:20130524T000000Z\n\n"
                         f"host;range;x-amz-content-sha256;x-amz-date\n{EMPTY}"), canonical
    assert to_sign == ("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                       "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"), to_sign
    example("PUT", "/test%24file.text", None,
            ["Date: Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class: REDUCED_REDUNDANCY"],
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    example("GET", "/", "lifecycle", [], EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    example("GET", "/", "max-keys=2&prefix=J", [], EMPTY,
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")


# AWS's signature test suite: name, method, path, query, headers, signature.
SUITE = [
    ("get-vanilla", "GET", "/", None, [], "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", [],
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    ("post-vanilla", "POST", "/", None, [], "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
]


def sigv4__published_test_suite():
    common = dict(key="AKIDEXAMPLE", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token=None, region="us-east-1",
                  service="service", time=calendar.timegm((2015, 8, 30, 12, 36, 0)), host="example.amazonaws.com",
                  digest=EMPTY)
    for name, method, path, query, headers, signature in SUITE:
        got = sign([dict(common, method=method, path=path, query=query, headers=headers)])[0]
        assert got[2].endswith("Signature=" + signature), (name, got)
    canonical, to_sign, _ = sign([dict(common, method="GET", path="/", query=None, headers=[])])[0]
    assert canonical == ("GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
                         + EMPTY), canonical
    assert to_sign == ("AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
                       "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"), to_sign


def random_request(rng, service):
    def text(letters, most):
        return "".join(rng.choice(letters) for _ in range(rng.randint(1, most)))
    odd = "abcXYZ019-._~ +%/=&?#é€$@:,"
    plain = "abcdefghijklmnopqrstuvwxyz0123456789"
    path = "/" + urllib.parse.quote("/".join(text(odd, 8) for _ in range(rng.randint(0, 4))), safe="/~")
    if service != "s3" and rng.random() < 0.3:
        path += rng.choice(["/", "//", "/./", "/../", "/a/../b", "//x//y/"])
    if service != "s3" and path.rpartition("/")[2] in (".", ".."):
        path += "x"  # whether a slash is left of these is not written anywhere
    pairs = [(text(odd, 5), rng.choice(["", text(odd, 8)])) for _ in range(rng.randint(0, 5))]
    query = "&".join(urllib.parse.quote(k, safe="~") + "=" + urllib.parse.quote(v, safe="~") for k, v in pairs)
    names = rng.sample(["Content-Type", "X-Amz-Meta-A", "Range", "If-Match", "My-Header", "x-amz-target"],
                       rng.randint(0, 4))
    headers = [f"{name}: {rng.choice(['', '  '])}{text(plain + '   ;,', 12).strip() or 'x'}" for name in names]
    return dict(key=text(plain, 20), secret=text(odd.replace("é", "e").replace("€", "e"), 40),
                token=rng.choice([None, text(plain, 300), text(plain, 300) * 20]), region="eu-central-1", service=service,
                time=rng.randint(0, 2**31), method=rng.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
                host=rng.choice(["example.com", "127.0.0.1:18080", "b.s3.eu-central-1.amazonaws.com"]), path=path,
                query=query, digest="".join(rng.choice("0123456789abcdef") for _ in range(64)), headers=headers)


def by_botocore(r, stamp):
    """The three stages as botocore's signer has them, on a request that it believes to be of that time."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    signer = (S3SigV4Auth if r["service"] == "s3" else SigV4Auth)(
        Credentials(r["key"], r["secret"], r["token"]), r["service"], r["region"])
    url = "http://" + r["host"] + r["path"] + ("?" + r["query"] if r["query"] else "")
    request = AWSRequest(r["method"], url, headers=dict(h.split(": ", 1) for h in r["headers"]))
    request.context["timestamp"] = stamp
    request.headers["X-Amz-Date"] = stamp
    request.headers["Host"] = r["host"]
    if r["token"]:
        request.headers["X-Amz-Security-Token"] = r["token"]
    if r["service"] == "s3":
        request.headers["X-Amz-Content-SHA256"] = r["digest"]
    signer.payload = lambda _request: r["digest"]
    canonical = signer.canonical_request(request)
    to_sign = signer.string_to_sign(request, canonical)
    return canonical, to_sign, signer.signature(to_sign, request)


def sigv4__botocore_signs_the_same():
    try:
        import botocore  # noqa: F401
    except ImportError:
        print("botocore is not here")
        sys.exit(77)
    seed = 4
    rng = random.Random(seed)
    requests = [random_request(rng, service) for service in ("s3", "batch", "sts") for _ in range(200)]
    for r, (canonical, to_sign, authorization) in zip(requests, sign(requests)):
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(r["time"]))
        want = by_botocore(r, stamp)
        assert canonical == want[0], (r, canonical, want[0])
        assert to_sign == want[1], (r, to_sign, want[1])
        assert authorization.endswith("Signature=" + want[2]), (r, authorization, want[2])
    print(f"{len(requests)} requests, seed {seed}")


if __name__ == "__main__":
    globals()[sys.argv[2]]()
