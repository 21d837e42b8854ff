"""Who may ask: keys, session tokens with an end, and the check of every signature by botocore's signer."""
import base64
import datetime
import hmac
import os
import threading
import time
from http.client import HTTPMessage

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from model import Refused

SKEW = 300  # seconds
UNKNOWN = "The security token included in the request is invalid."


def random_secret(size=30):
    return base64.b64encode(os.urandom(size)).decode()


class Keys:
    """Access keys. `fixed` is one pair for all who are given credentials, as an S3 server may ask for."""

    def __init__(self, fixed=None):
        self.lock = threading.Lock()
        self.fixed = fixed
        key, secret = fixed or ("AKIA" + os.urandom(8).hex().upper(), random_secret())
        self.user = {"AccessKeyId": key, "SecretAccessKey": secret}
        self.known = {(key, None): (secret, None)}  # (key, token): (secret, its end)

    def issue(self, seconds):
        """A new session: what the container credentials endpoint and STS hand out."""
        key, secret = self.fixed or ("ASIA" + os.urandom(8).hex().upper(), random_secret())
        token, end = random_secret(90), time.time() + seconds
        with self.lock:
            self.known[key, token] = (secret, end)
        stamp = datetime.datetime.fromtimestamp(end, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"AccessKeyId": key, "SecretAccessKey": secret, "Token": token, "Expiration": stamp}

    def expire(self):
        """Ends every session there is."""
        with self.lock:
            self.known = {k: (secret, end and 0) for k, (secret, end) in self.known.items()}

    def secret(self, key, token):
        with self.lock:
            found = self.known.get((key, token))
        if not found:
            raise Refused(403, "UnrecognizedClientException", UNKNOWN)
        if found[1] is not None and time.time() > found[1]:
            raise Refused(403, "ExpiredTokenException",
                          "The security token included in the request is expired")
        return found[0]

    def secrets(self):
        """Every word that no log, argument or file may hold."""
        with self.lock:
            return sorted({word for (_, token), (secret, _) in self.known.items() for word in (secret, token)
                           if word})


def fields_of(authorization):
    if not authorization.startswith("AWS4-HMAC-SHA256 "):
        raise Refused(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    try:
        fields = dict(part.strip().split("=", 1) for part in authorization[17:].split(","))
        return fields["Credential"].split("/"), fields["SignedHeaders"].split(";"), fields["Signature"]
    except (ValueError, KeyError):
        raise Refused(400, "IncompleteSignatureException", f"cannot be read: {authorization[:40]}") from None


def check_date(headers, day):
    try:
        when = datetime.datetime.strptime(headers["X-Amz-Date"] or "", "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Refused(403, "IncompleteSignatureException", "X-Amz-Date is missing or wrong") from None
    if not headers["X-Amz-Date"].startswith(day):
        raise Refused(403, "InvalidSignatureException", "the date is not that of the scope")
    if abs((datetime.datetime.utcnow() - when).total_seconds()) > SKEW:
        raise Refused(403, "InvalidSignatureException", f"Signature expired or not yet current: {when}")


def message(headers, names):
    picked = HTTPMessage()
    for name in names:
        picked[name] = headers[name]
    return picked


def verify(keys, service, region, method, target, headers, body):
    """The key that signed; Refused if none did. No secret and no signature gets into a message."""
    credential, signed, signature = fields_of(headers.get("Authorization", ""))
    if len(credential) != 5:
        raise Refused(400, "IncompleteSignatureException", "the scope has not five parts")
    key, day, where, what, term = credential
    token = headers.get("X-Amz-Security-Token")
    secret = keys.secret(key, token)
    check_date(headers, day)
    if (where, what, term) != (region, service, "aws4_request"):
        raise Refused(403, "InvalidSignatureException",
                      f"Credential should be scoped to {region}/{service}/aws4_request, not {where}/{what}/{term}")
    must = {"host", "x-amz-date"} | ({"x-amz-security-token"} if token else set())
    if "x-amz-target" in {name.lower() for name in headers.keys()}:
        must.add("x-amz-target")
    if signed != sorted(signed) or not must <= set(signed):
        raise Refused(403, "InvalidSignatureException", f"SignedHeaders are not sorted, or lack one of {sorted(must)}")
    if any(headers[name] is None for name in signed):
        raise Refused(403, "InvalidSignatureException", "a signed header is not there")
    request = AWSRequest(method=method, url=f"http://{headers['Host']}{target}", data=body,
                         headers={name: headers[name] for name in signed})
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(key, secret), service, region)
    # the signer's own steps but add_auth, which would put in a date and headers of its own
    signer.headers_to_sign = lambda _: message(headers, signed)
    right = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    if not hmac.compare_digest(right, signature):
        raise Refused(403, "InvalidSignatureException", "The request signature we calculated does not match the"
                      " signature you provided.")
    return key
