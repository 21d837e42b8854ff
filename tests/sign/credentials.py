#!/usr/bin/python3
"""credentials.py BIN CASE: where credentials are found, against files and servers made here."""
import contextlib
import hashlib
import http.server
import os
import stat
import subprocess
import sys
import tempfile
import threading

SECRET = "s3cret/Secret+With=Odd"
LATER = "2099-01-01T00:00:00Z"


def run(home, code=0, **environment):
    """(source, key id, digest, region), or the message of a failure; secrets are in neither."""
    base = {"PATH": os.environ["PATH"], "HOME": home, "AWS_EC2_METADATA_DISABLED": "true"}
    for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
        if name in os.environ:
            base[name] = os.environ[name]
    base.update(environment)
    done = subprocess.run([sys.argv[1] + "/show_credentials"], env=base, capture_output=True, text=True, timeout=300,
                          check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert SECRET not in done.stdout + done.stderr
    return done.stdout.strip().split("|") if code == 0 else done.stderr


def found(result, key, secret=SECRET, token="", region=""):
    assert result[1] == key, result
    assert result[2] == hashlib.sha256(f"{secret}|{token}".encode()).hexdigest(), result
    assert result[3] == region, result


@contextlib.contextmanager
def folder(**files):
    with tempfile.TemporaryDirectory() as home:
        os.mkdir(home + "/.aws")
        for name, text in files.items():
            with open(f"{home}/.aws/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        yield home


@contextlib.contextmanager
def server(answer):
    """An HTTP server whose answers are answer(method, path, headers, body) → (status, text)."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def reply(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, text = answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())
        do_GET = do_PUT = do_POST = reply

        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as s:
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{s.server_address[1]}"
        s.shutdown()


def credentials__of_the_environment_come_first():
    with folder(credentials="[default]\naws_access_key_id=FILE\naws_secret_access_key=x\n") as home:
        found(run(home, AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_SESSION_TOKEN="t",
                  AWS_DEFAULT_REGION="eu-west-3"), "ENV", token="t", region="eu-west-3")
        found(run(home, AWS_ACCESS_KEY_ID="ENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_SECURITY_TOKEN="old"), "ENV", token="old")


def credentials__files_of_profiles():
    files = dict(credentials=f"# c\n[default]\naws_access_key_id = D\r\naws_secret_access_key={SECRET}\r\n\n[ two ]\n"
                             f"aws_access_key_id=T\naws_secret_access_key = {SECRET}\naws_session_token = tok==\n",
                 config=f"[default]\nregion = ap-south-1\ns3 =\n  region = no\n[profile  three]\nregion=us-west-2\n"
                        f"aws_access_key_id=C\naws_secret_access_key={SECRET}\n")
    with folder(**files) as home:
        found(run(home), "D", region="ap-south-1")
        found(run(home, AWS_PROFILE="two"), "T", token="tok==")
        found(run(home, AWS_PROFILE="three"), "C", region="us-west-2")
        assert "four" in run(home, code=3, AWS_PROFILE="four")


def credentials__botocore_finds_the_same():
    try:
        import botocore.session
    except ImportError:
        sys.exit(77)
    files = dict(credentials=f"[default]\naws_access_key_id = D\naws_secret_access_key={SECRET}\n"
                             f"[two]\naws_access_key_id=T;x\naws_secret_access_key = {SECRET}\n"
                             f"[old]\naws_access_key_id=S\naws_secret_access_key={SECRET}\naws_security_token=tok\n",
                 config=f"[profile three]\nregion = us-west-2\naws_access_key_id = C # no comment\n"
                        f"aws_secret_access_key={SECRET}\n[default]\naws_session_token = of others\n[profile two]\n"
                        f"aws_session_token = of others\naws_access_key_id = O\n")
    with folder(**files) as home:
        for profile in ("default", "two", "three", "old"):
            os.environ.update(AWS_SHARED_CREDENTIALS_FILE=home + "/.aws/credentials",
                              AWS_CONFIG_FILE=home + "/.aws/config")
            theirs = botocore.session.Session(profile=profile).get_credentials()
            found(run(home, AWS_PROFILE=profile, AWS_REGION="r"), theirs.access_key, theirs.secret_key,
                  theirs.token or "", "r")


def credentials__of_a_process():
    with folder(config="[profile p]\ncredential_process = \"{}/with blank.sh\" one \"two three\"\n") as home:
        script = home + "/with blank.sh"
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\n[ $# = 2 ] && [ \"$2\" = 'two three' ] || exit 1\necho '{{\"Version\":1,"
                       f"\"AccessKeyId\":\"P\",\"SecretAccessKey\":\"{SECRET}\",\"SessionToken\":\"t\","
                       f"\"Expiration\":\"{LATER}\"}}'\n")
        os.chmod(script, stat.S_IRWXU)
        path = home + "/.aws/config"
        with open(path, encoding="utf-8") as file:
            text = file.read().format(home)
        for command, message in ((text, None), ("[profile p]\ncredential_process = false\n", "failed"),
                                 ("[profile p]\ncredential_process = echo []\n", "no JSON"),
                                 ("[profile p]\ncredential_process = /no/such\n", "failed")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(command)
            if message is None:
                found(run(home, AWS_PROFILE="p"), "P", token="t")
            else:
                assert message in run(home, code=3, AWS_PROFILE="p")


def sts(method, _path, headers, body):
    assert method == "POST" and "Version=2011-06-15" in body
    if "AssumeRoleWithWebIdentity" in body:
        good = "WebIdentityToken=web%2Ftoken&" in body + "&" and "Authorization" not in headers
    else:
        good = "ExternalId=e%20x" in body and "Credential=B/" in headers.get("Authorization", "")
    if not good or "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr" not in body:
        return 403, "<ErrorResponse/>"
    return 200, (f"<R><Result><Credentials><AccessKeyId>R</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>"
                 f"<SessionToken>a&amp;b</SessionToken><Expiration>{LATER}</Expiration></Credentials></Result></R>")


def credentials__of_a_role():
    config = ("[profile r]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = b\nexternal_id = e x\n"
              "[profile b]\naws_access_key_id = B\naws_secret_access_key = y\n"
              "[profile loop]\nrole_arn = arn\nsource_profile = pool\n[profile pool]\nrole_arn = arn\n"
              "source_profile = loop\n")
    with folder(config=config) as home, server(sts) as url:
        found(run(home, AWS_PROFILE="r", AWS_ENDPOINT_URL_STS=url), "R", token="a&b")
        assert "more than" in run(home, code=3, AWS_PROFILE="loop", AWS_ENDPOINT_URL_STS=url)


def credentials__of_a_web_identity():
    with folder(token="web/token\n") as home, server(sts) as url:
        role = dict(AWS_ROLE_ARN="arn:aws:iam::1:role/r", AWS_ENDPOINT_URL_STS=url)
        found(run(home, AWS_WEB_IDENTITY_TOKEN_FILE=home + "/.aws/token", **role), "R", token="a&b")
        assert "/none: No such file" in run(home, code=3, AWS_WEB_IDENTITY_TOKEN_FILE=home + "/none", **role)
        assert "AWS_ROLE_ARN is not" in run(home, code=3, AWS_WEB_IDENTITY_TOKEN_FILE=home + "/.aws/token")


def credentials__of_a_container():
    def agent(_method, path, headers, _body):
        if path != "/creds" or headers.get("Authorization") != "from-file":
            return 401, "no"
        return 200, f'{{"AccessKeyId":"K","SecretAccessKey":"{SECRET}","Token":"t","Expiration":"{LATER}"}}'
    with folder(token="from-file", broken="a\r\nX: y") as home, server(agent) as url:
        full = dict(AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/creds")
        token = home + "/.aws/token"
        found(run(home, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token, AWS_CONTAINER_AUTHORIZATION_TOKEN="other",
                  **full), "K", token="t")
        assert "401" in run(home, code=3, AWS_CONTAINER_AUTHORIZATION_TOKEN="other", **full)
        assert "/none: No such file" in run(home, code=3, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=home + "/none", **full)
        assert "line's end" in run(home, code=3, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=home + "/.aws/broken", **full)
        for uri in ("http://10.0.0.1/creds", "http://127.0.0.1.example.com/creds", "ftp://127.0.0.1/"):
            assert "plain http" in run(home, code=3, AWS_CONTAINER_CREDENTIALS_FULL_URI=uri)
        # What stands before an @ is a user, and the host behind it any machine.
        asked = lambda host: run(home, code=3, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token,
                                 AWS_CONTAINER_CREDENTIALS_FULL_URI=url.replace("127.0.0.1", host) + "/creds")
        for host in ("127.0.0.1:x@127.0.0.1", "127.0.0.1:80@127.0.0.1", "localhost:@127.0.0.1", "x@127.0.0.1",
                     "127.0.0.1@127.0.0.1", "[::1]:1@127.0.0.1"):
            assert "plain http" in asked(host), host


def credentials__of_an_instance():
    def metadata(method, path, headers, _body):
        if path == "/latest/api/token":
            return (200, "session") if method == "PUT" and headers["X-aws-ec2-metadata-token-ttl-seconds"] else (405, "")
        if headers.get("X-aws-ec2-metadata-token") != "session":
            return 401, ""
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, "role-name"
        return 200, f'{{"AccessKeyId":"I","SecretAccessKey":"{SECRET}","Token":"t","Expiration":"{LATER}"}}'
    with folder() as home, server(metadata) as url:
        for endpoint in url, url + "/", url + "//":
            found(run(home, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=endpoint), "I", token="t")
        assert "no AWS credentials" in run(home, code=3, AWS_EC2_METADATA_SERVICE_ENDPOINT=url)


def credentials__of_containers_and_instances_go_past_proxies():
    seen = []

    def answer(_method, path, _headers, _body):
        if path == "/latest/api/token":
            return 200, "session"
        if path.endswith("security-credentials/"):
            return 200, "role-name"
        return 200, f'{{"AccessKeyId":"K","SecretAccessKey":"{SECRET}","Token":"t","Expiration":"{LATER}"}}'

    def proxy(method, path, _headers, _body):
        seen.append((method, path))
        return 502, ""
    with folder() as home, server(answer) as url, server(proxy) as other:
        through = {name: other for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
        found(run(home, AWS_CONTAINER_CREDENTIALS_FULL_URI=url + "/creds", **through), "K", token="t")
        found(run(home, AWS_EC2_METADATA_DISABLED="false", AWS_EC2_METADATA_SERVICE_ENDPOINT=url, **through), "K",
              token="t")
        assert seen == []


if __name__ == "__main__":
    globals()[sys.argv[2]]()
