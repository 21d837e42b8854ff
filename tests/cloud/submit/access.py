#!/usr/bin/python3
"""access.py [CASE…]: servers and credentials are found as the AWS CLI finds them."""
import calendar
import hashlib
import json
import os
import pathlib
import signal
import sys
import time

from canned import MAIN, TRAIN, Canned, detail, events, proxy, refusal, write
from programs import jobs

NO_KEYS = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
LOGGED = {"container": {"logStreamName": "s"}}


# ---- Servers -----------------------------------------------------------------------------------------

def host_asked(program="pulse-status", words=("--job-id", MAIN), **env):
    """The host that the first request goes to."""
    with Canned() as c, proxy() as (url, seen):
        process = c.start(program, *words, env={"AWS_ENDPOINT_URL": None, "https_proxy": url, "AWS_MAX_ATTEMPTS": "1",
                                                **env})
        out, err = process.communicate(timeout=300)
        assert seen, out + err
        return seen[0].split()[1].removesuffix(":443")


def access__hosts_are_those_of_the_partition():
    for region, host in (("eu-central-1", "batch.eu-central-1.amazonaws.com"),
                         ("cn-north-1", "batch.cn-north-1.amazonaws.com.cn"),
                         ("us-gov-west-1", "batch.us-gov-west-1.amazonaws.com"),
                         ("eusc-de-east-1", "batch.eusc-de-east-1.amazonaws.eu"),
                         ("us-iso-east-1", "batch.us-iso-east-1.c2s.ic.gov"),
                         ("us-isob-east-1", "batch.us-isob-east-1.sc2s.sgov.gov")):
        assert host_asked(AWS_REGION=region) == host


def access__fips_and_dual_stack_have_hosts_of_their_own():
    fips, dual = {"AWS_USE_FIPS_ENDPOINT": "true"}, {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
    info = "pulse-data", ("info", "s3://bucket/a.parquet")
    for program, region, env, host in (
            ("batch", "us-east-1", fips, "fips.batch.us-east-1.amazonaws.com"),
            ("batch", "us-gov-west-1", fips, "batch.us-gov-west-1.amazonaws.com"),
            ("batch", "us-east-1", dual, "batch.us-east-1.api.aws"),
            ("batch", "us-east-1", {**fips, **dual}, "batch-fips.us-east-1.api.aws"),
            ("s3", "us-east-1", fips, "bucket.s3-fips.us-east-1.amazonaws.com"),
            ("s3", "eu-west-1", dual, "bucket.s3.dualstack.eu-west-1.amazonaws.com")):
        asked = host_asked(*(info if program == "s3" else ()), AWS_REGION=region, **env)
        assert asked == host, (asked, host)
    write(".aws/config", "[default]\nuse_fips_endpoint = true\n")
    assert host_asked() == "fips.batch.us-east-1.amazonaws.com"


def access__the_region_that_an_option_names_is_that_of_the_keys_too():
    write(".aws/config", "[profile r]\nrole_arn = arn:aws-cn:iam::111122223333:role/x\nsource_profile = r\n"
          "aws_access_key_id = AKIAK\naws_secret_access_key = s\n")
    role_of = {"AWS_PROFILE": "r", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "AWS_REGION": None}
    for program, words in (("pulse-status", (MAIN,)), ("pulse-data", ("ls", "s3://bucket/x/")),
                           ("pulse-submit", (*TRAIN, "--no-preflight"))):
        assert host_asked(program, (*words, "--aws-region", "cn-north-1"), **role_of) == "sts.cn-north-1.amazonaws.com.cn"


def access__endpoints_of_variables_and_profiles():
    with Canned(detail(**LOGGED), replies={"getlogevents": [events("hello"), events()]}) as c:
        batch = {"AWS_ENDPOINT_URL": None, "AWS_ENDPOINT_URL_BATCH": c.url, "AWS_MAX_ATTEMPTS": "1"}
        assert "hello" in c.status(MAIN, "--show-logs", env={**batch, "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": c.url}).stdout
        for text in (f"[default]\nendpoint_url = {c.url}\n", f"[profile default]\nendpoint_url={c.url}\n",
                     f"[profile default]\nservices = here\n[services here]\ns3 =\n  endpoint_url = http://no.invalid\n"
                     f"batch =\n  endpoint_url = {c.url}\ncloudwatch_logs =\n  endpoint_url = {c.url}\n"):
            write(".aws/config", text)
            seen = c.count()
            c.status(MAIN, "--show-logs", env={"AWS_ENDPOINT_URL": None})
            assert c.count() >= seen + 2, text
        ignoring = {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}
        assert host_asked(**ignoring) == "batch.us-east-1.amazonaws.com"


def access__a_profile_names_its_authorities():
    write(".aws/config", "[default]\nca_bundle = /nowhere/ca.pem\n")
    with Canned() as c:
        done = c.run("pulse-status", 3, MAIN, says=["/nowhere/ca.pem"], env={
            "AWS_ENDPOINT_URL": c.url.replace("http:", "https:"), "AWS_MAX_ATTEMPTS": "1"})
        assert not done.stdout


def access__buckets_that_are_no_names_of_hosts_are_asked_for_by_path():
    for bucket in "Upper", "under_score", "with.dot", "a" * 64:
        assert host_asked("pulse-data", ("info", f"s3://{bucket}/a.parquet")) == "s3.us-east-1.amazonaws.com", bucket
    with Canned() as c:
        c.run("pulse-data", 2, "info", "s3://name--use1-az4--x-s3/a.parquet", says=["directory bucket", "general purpose"],
              env={"AWS_ENDPOINT_URL": None})


def access__a_proxy_that_refuses_is_no_temporary_failure():
    write(".aws/config", "[profile r]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = r\n"
          "aws_access_key_id = AKIAK\naws_secret_access_key = s\n")
    role_of = {"AWS_PROFILE": "r", "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    programs = (("pulse-data", ("ls", "s3://bucket/x/"), {}), ("pulse-status", (MAIN,), {}), ("pulse-status", (MAIN,), role_of),
                ("pulse-submit", (*TRAIN, "--no-preflight"), {}))
    with Canned() as c:
        for status, code, says in ((407, 3, "user and password in https_proxy"), (403, 3, "no_proxy"),
                                   (429, 75, "try again later"), (503, 75, "try again later")):
            with proxy(status) as (url, seen):
                for program, words, more in programs:
                    env = {"AWS_ENDPOINT_URL": None, "https_proxy": url, "AWS_MAX_ATTEMPTS": "2", **more}
                    c.run(program, code, *words, env=env, says=[says, str(status)])
                assert len(seen) == len(programs) + 1 or code == 75, seen  # a submission looks for its like first
        # The second is a name that no resolver takes for one.
        for url in "gopher://127.0.0.1:1", "http://a..b:3128", "http://who:hush@127.0.0.1:99999":
            for program, words, more in programs:
                env = {"AWS_ENDPOINT_URL": None, "https_proxy": url, "AWS_MAX_ATTEMPTS": "2", **more}
                done = c.run(program, 3, *words, env=env, says=["proxy", "no_proxy"])
                assert "hush" not in done.stderr


def access__a_host_that_there_is_not_is_no_temporary_failure():
    with Canned(detail()) as c:
        # No resolver takes it for a name, so none is asked.
        for program, words in (("pulse-data", ("ls", "s3://bucket/x/")), ("pulse-status", (MAIN,)),
                               ("pulse-submit", (*TRAIN, "--no-preflight")), ("pulse-train", TRAIN)):
            done = c.run(program, 3, *words, env={"AWS_ENDPOINT_URL": "http://a..b"}, says=["a..b", "AWS_REGION", "--endpoint-url"])
            assert " times" not in done.stderr and "attempt" not in done.stderr
        write(".aws/config", f"[profile r]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = k\n[profile k]\n{KEYS}")
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "r", "AWS_ENDPOINT_URL_STS": "http://a..b"}, says=["AWS_REGION"])


# ---- Answers -----------------------------------------------------------------------------------------

def access__throttling_goes_by_many_names():
    for code in ("ThrottledException", "RequestThrottledException", "EC2ThrottledException", "LimitExceededException",
                 "BandwidthLimitExceeded", "PriorRequestNotComplete", "ProvisionedThroughputExceededException",
                 "TransactionInProgressException", "RequestThrottled"):
        with Canned(detail(), replies={"describejobs": [refusal(code), {"body": {"jobs": [detail()]}}]}) as c:
            assert "RUNNING" in c.status(MAIN).stdout and c.count("describejobs") == 2


def access__a_wrong_region_is_told_from_a_wrong_key():
    for code, message, says in (
            ("InvalidSignatureException", "Credential should be scoped to a valid region. ", "the region is wrong"),
            ("InvalidSignatureException", "The request signature we calculated does not match", "secret key is wrong"),
            ("UnrecognizedClientException", "The security token included in the request is invalid", "not known there")):
        with Canned(replies={"describejobs": refusal(code, message, 403)}) as c:
            c.status(MAIN, code=3, says=[says])


# ---- Credentials -------------------------------------------------------------------------------------

def access__a_process_s_words_are_quoted_as_in_a_shell():
    write("a b/cred.json", json.dumps({"Version": 1, "AccessKeyId": "AKIAP", "SecretAccessKey": "s"}))
    with Canned(detail()) as c:
        for words in ('/usr/bin/env X="a b" cat "a b/cred.json"', "cat 'a b/cred.json'", r"cat a\ b/cred.json",
                      "cat 'a b'/\"cred\".json", r'sh -c "cat \"a b/cred.json\""', "  cat   a' 'b/cred.json  "):
            write(".aws/config", f"[default]\ncredential_process = {words}\n")
            c.status(MAIN, env=NO_KEYS)


def access__what_cannot_be_read_or_run_is_named():
    nobody = {**NO_KEYS, "AWS_PROFILE": None}
    with Canned(detail()) as c:
        c.status(MAIN, code=3, env=nobody, says=["in ~/.aws, of a web identity"])
        for variable in "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE":
            for path, why in (("there/not", "No such file"), (".", "Is a directory")):
                c.status(MAIN, code=3, env={**nobody, variable: path}, says=[f"({path}: {why}"])
            c.status(MAIN, code=3, env={**nobody, variable: "/dev/null"}, says=["in ~/.aws, of a web identity"])
        pathlib.Path(".aws").mkdir(exist_ok=True)
        pathlib.Path(".aws/credentials").write_text("[default]\n" + KEYS, encoding="utf-16")
        c.status(MAIN, code=3, env=nobody, says=[".aws/credentials: no text"])
        c.status(MAIN, code=3, env={**nobody, "AWS_PROFILE": "x"}, says=["'x'", ".aws/credentials: no text"])
        os.remove(".aws/credentials")
        write(".aws/config", "[profile r]\nrole_arn = x\nsource_profile = k\n[profile k]\ncredential_process = false\n")
        c.status(MAIN, code=3, env={**nobody, "AWS_PROFILE": "r"}, says=["profile 'k'", "run it by hand"])
        assert not c.asked


def access__a_process_that_hangs_ends_with_us():
    write(".aws/config", '[default]\ncredential_process = sh -c "echo $$ >pid; exec sleep 600"\n')
    with Canned(detail()) as c:
        for program, words in (("pulse-status", (MAIN,)), ("pulse-data", ("ls", "s3://bucket/x/")), ("pulse-train", TRAIN)):
            for number in signal.SIGTERM, signal.SIGINT:
                process = c.start(program, *words, env=NO_KEYS)
                while not os.path.exists("pid") or os.path.getsize("pid") == 0:
                    time.sleep(0.05)
                process.send_signal(number)
                _, err = process.communicate(timeout=60)
                assert process.returncode == 128 + number and "interrupted" in err, (program, process.returncode, err)
                with open("pid", encoding="utf-8") as file:
                    assert not os.path.exists(f"/proc/{file.read().strip()}")
                os.remove("pid")


def role(c, source, **env):
    write(".aws/config", f"[profile r]\nrole_arn = arn:aws:iam::111122223333:role/x\n{source}\n")
    return {**NO_KEYS, "AWS_PROFILE": "r", **env}


ASSUMED = {"body": "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>AKIAR</AccessKeyId><SecretAccessKey>s"
           "</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration></Credentials>"
           "</AssumeRoleResult></AssumeRoleResponse>"}
AGENT = {"body": {"AccessKeyId": "AKIAC", "SecretAccessKey": "x", "Token": "t", "Expiration": "2040-01-01T00:00:00Z"}}


def access__a_role_s_source_may_be_the_machine():
    with Canned(detail(), replies={"creds": AGENT, "assumerole": ASSUMED}) as c:
        c.status(MAIN, env=role(c, "credential_source = EcsContainer", AWS_CONTAINER_CREDENTIALS_FULL_URI=c.url + "/creds"))
        assert c.keys[-2:] == ["AKIAC", "AKIAR"], c.keys
        c.status(MAIN, env={**role(c, "credential_source=Environment"), "AWS_ACCESS_KEY_ID": "AKIAE",
                            "AWS_SECRET_ACCESS_KEY": "s", "AWS_PROFILE": "r"})
        c.status(MAIN, code=3, env=role(c, "credential_source = Mainframe"), says=["Mainframe", "EcsContainer"])
        c.status(MAIN, code=3, env=role(c, "credential_source = EcsContainer"), says=["EcsContainer"])


def access__a_profile_s_token_file_is_a_source_too():
    write("token", "web token\n")
    with Canned(detail(), replies={"assumerolewithwebidentity": ASSUMED}) as c:
        c.status(MAIN, env=role(c, "web_identity_token_file = token"))
        assert "WebIdentityToken=web%20token" in c.sent("AssumeRoleWithWebIdentity")[0] and c.keys == ["AKIAR"]
        c.status(MAIN, code=3, env=role(c, "web_identity_token_file = none"), says=["the token none: No such file"])


def access__a_token_that_is_not_there_is_no_absent_object():
    write("flow.yaml", "name: n\nresults: s3://bucket/n\nsteps: {a: {run: pulse-data convert s3://bucket/a s3://bucket/n/b.csv}}\n")
    token = {**NO_KEYS, "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/x", "AWS_WEB_IDENTITY_TOKEN_FILE": "none"}
    with Canned() as c:
        for command in ("status", "cancel", "run", "submit"):
            c.run("pulse-flow", 3, command, "flow.yaml", env=token, says=["the token none: No such file"])


def access__sts_errors_are_said_in_its_own_words():
    no = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User u may not assume x</Message></Error></ErrorResponse>"
    with Canned(replies={"creds": AGENT, "assumerole": {"status": 403, "body": no}}) as c:
        c.status(MAIN, code=3, says=["AccessDenied", "User u may not assume x", "trust policy"], env=role(
            c, "credential_source = EcsContainer", AWS_CONTAINER_CREDENTIALS_FULL_URI=c.url + "/creds"))


def sts_refusal(code, message="no", status=400):
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    return {"status": status, "body": body}


KEYS = "aws_access_key_id = AKIAK\naws_secret_access_key = s\n"
BY_KEYS = f"[profile r]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = k\n[profile k]\n{KEYS}"


def with_profile(c, text, name="r", code=0, **more):
    write(".aws/config", text)
    return c.status(MAIN, code=code, env={**NO_KEYS, "AWS_PROFILE": name}, **more)


def access__half_an_answer_of_sts_has_no_keys():
    half = {"body": ASSUMED["body"].replace("</AssumeRoleResult></AssumeRoleResponse>", "")}
    with Canned(detail(), replies={"assumerole": half}) as c:
        with_profile(c, BY_KEYS, code=3, says=["the answer of AWS STS cannot be read"])
        assert c.keys == ["AKIAK"], c.keys


def access__what_sts_cannot_do_now_is_asked_again():
    for code in "Throttling", "RequestLimitExceeded", "IDPCommunicationError":
        with Canned(detail(), replies={"assumerole": [sts_refusal(code), ASSUMED]}) as c:
            with_profile(c, BY_KEYS)
            assert c.keys == ["AKIAK", "AKIAK", "AKIAR"], c.keys
    with Canned(replies={"assumerole": sts_refusal("Throttling")}) as c:
        with_profile(c, BY_KEYS, code=75, says=["Throttling", "try again later"])
    for code in "SignatureDoesNotMatch", "RequestExpired":
        late = sts_refusal(code, "Signature expired: 20261130T000000Z is now earlier than 20261130T010000Z", 403)
        with Canned(detail(), replies={"assumerole": [late, ASSUMED]}) as c:
            with_profile(c, BY_KEYS)
        with Canned(replies={"assumerole": late}) as c:
            with_profile(c, BY_KEYS, code=3, says=["Signature expired"])
            assert c.count("assumerole") == 2
    with Canned(replies={"assumerole": sts_refusal("ExpiredTokenException")}) as c:
        with_profile(c, BY_KEYS, code=3, says=["log in again"])


def access__sts_s_words_are_read_as_they_are_meant():
    said = sts_refusal("AccessDenied", "not &quot;r&quot; &amp;lt; &lt;r&gt; it&apos;s", 403)
    with Canned(replies={"assumerole": said}) as c:
        with_profile(c, BY_KEYS, code=3, says=["""not "r" &lt; <r> it's""", "AccessDenied"])


def access__an_instance_s_service_that_is_busy_is_asked_again():
    found = {"token": {"body": "t"}, "security-credentials": {"body": "role"}, "role": AGENT}
    broken = {"body": {"Code": "AssumeRoleUnauthorizedAccess", "Message": "EC2 cannot assume the role r"}}
    for name in found:
        with Canned(detail(), replies={**found, name: [{"status": 503}, found[name]]}) as c:
            here = {**NO_KEYS, "AWS_EC2_METADATA_DISABLED": None, "AWS_EC2_METADATA_SERVICE_ENDPOINT": c.url}
            c.status(MAIN, env=here)
            assert c.keys == ["AKIAC"], c.keys
            c.replies[name] = {"status": 503}
            c.status(MAIN, code=75, env=here, says=["metadata service", "try again later"])
            c.replies.update({**found, "role": broken})
            c.status(MAIN, code=3, env=here, says=["EC2 cannot assume the role r"])


def access__a_role_that_wants_a_device_says_what_to_do():
    with Canned(detail(), replies={"assumerole": [sts_refusal("AccessDenied", status=403), ASSUMED]}) as c:
        text = BY_KEYS.replace("source_profile", "mfa_serial = arn:aws:iam::1:mfa/me\nsource_profile")
        with_profile(c, text, code=3, says=["mfa_serial", "aws configure export-credentials --profile r", "AccessDenied"])
        with_profile(c, text)  # a device is not wanted of everybody


def access__a_profile_of_aws_login_says_what_to_do():
    with Canned(detail()) as c:
        text = "[profile r]\nlogin_session = arn:aws:iam::111122223333:user/me\nregion = us-east-1\n"
        with_profile(c, text, code=3, says=["aws login", "export-credentials --profile r"])
        with_profile(c, text + KEYS)
        with_profile(c, text + "[profile q]\nrole_arn = x\nsource_profile = r\n", "q", code=3, says=["'r'", "aws login"])
        assert c.keys == ["AKIAK"], c.keys


def access__keys_of_a_source_come_before_its_role():
    with Canned(detail(), replies={"assumerole": ASSUMED}) as c:
        with_profile(c, f"{BY_KEYS}role_arn = arn:aws:iam::111122223333:role/y\nsource_profile = k\n")
        assert c.keys == ["AKIAK", "AKIAR"], c.keys
        with_profile(c, "[profile r]\nrole_arn = x\nsource_profile = none\n", code=3, says=["'none'", "is in neither"])


def access__half_of_a_pair_of_keys_is_no_reason_to_take_others():
    write(".aws/credentials", f"[default]\n{KEYS}[half]\naws_access_key_id = AKIAH\n")
    with Canned(detail()) as c:
        c.status(MAIN, code=3, env={"AWS_SECRET_ACCESS_KEY": None}, says=["AWS_SECRET_ACCESS_KEY is not"])
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "half"}, says=["'half'", "no aws_secret_access_key"])
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "none"}, says=["AWS_PROFILE names 'none'"])
        assert not c.asked


def access__profiles_are_named_and_written_as_for_the_cli():
    write(".aws/config", f"[profile 'a b'] # mine\n{KEYS}region = eu-west-1\n")
    with Canned(detail()) as c:
        for variable in "AWS_PROFILE", "AWS_DEFAULT_PROFILE":
            c.status(MAIN, env={**NO_KEYS, variable: "a b", "AWS_REGION": None})
        assert c.regions == {"batch": {"eu-west-1"}} and c.keys == ["AKIAK"] * 2, c.regions
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_DEFAULT_PROFILE": "none"}, says=["AWS_DEFAULT_PROFILE names 'none'"])
    for style, host in ("path", "s3.us-east-1.amazonaws.com"), ("virtual", "bucket.s3.us-east-1.amazonaws.com"):
        write(".aws/config", f"[default]\ns3 =\n# how\n  addressing_style = {style}\n")
        assert host_asked("pulse-data", ("info", "s3://bucket/a.parquet")) == host


def access__files_are_read_however_they_are_laid_out():
    keys = "aws_access_key_id = AKIAL\naws_secret_access_key = s\n"
    with Canned(detail()) as c:
        for text in (keys.replace("aws_", "    aws_"), keys.replace("aws_", "\t\taws_"), keys.replace(" = ", ": "),
                     keys.replace("aws_s", "  # mine\n\n aws_s").replace("aws_a", "  aws_a"),
                     "s3 =\n  addressing_style = path\n  aws_access_key_id = AKIANOT\n" + keys,
                     "  s3 =\n    addressing_style = path\n    aws_access_key_id = AKIANOT\n" + keys.replace("aws_", "  aws_")):
            for begin in "[default]\n", "\ufeff[default]\n", " [default]\r\n":
                write(".aws/credentials", begin + text)
                c.status(MAIN, env=NO_KEYS)
                assert c.keys[-1] == "AKIAL", (begin, text)
        write("elsewhere/keys", f"[default]\n{keys.replace('AKIAL', 'AKIAE')}")
        write("elsewhere/config", f"[default]\n  batch_of = x\n  services = s\n[services s]\n  batch =\n    endpoint_url = {c.url}\n")
        c.status(MAIN, env={**NO_KEYS, "AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere/keys", "AWS_CONFIG_FILE": "~/elsewhere/config",
                            "AWS_ENDPOINT_URL": None})
        assert c.keys[-1] == "AKIAE", c.keys


SESSION = ("[profile q]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = R\n[sso-session corp]\n"
           "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n")
LEGACY = ("[profile q]\nsso_account_id = 111122223333\nsso_role_name = R\nsso_start_url = https://x.awsapps.com/start\n"
          "sso_region = eu-west-1\n")
SIGNED_ON = {"body": {"roleCredentials": {"accessKeyId": "AKIAS", "secretAccessKey": "s", "sessionToken": "t",
                                          "expiration": 2208988800000}}}


def cached(name, expires="2040-01-01T00:00:00Z", **more):
    path = f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"
    write(path, json.dumps({"accessToken": "bearer", "expiresAt": expires, "region": "eu-west-1", **more}))
    return pathlib.Path(path)


def access__single_sign_on_is_read_from_the_cache():
    for text, name, login in (SESSION, "corp", "--sso-session corp"), (LEGACY, "https://x.awsapps.com/start", "--profile q"):
        write(".aws/config", text)
        cached(name)
        with Canned(detail(), replies={"credentials": SIGNED_ON}) as c:
            c.status(MAIN, env={**NO_KEYS, "AWS_PROFILE": "q"})
            assert c.count("credentials") == 1 and c.keys == ["AKIAS"], c.keys
            cached(name, "2020-01-01T00:00:00Z")
            c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "q"}, says=[f"aws sso login {login}"])
            assert c.count("credentials") == 1
    busy = refusal("TooManyRequestsException", "slow down", 429)
    cached("https://x.awsapps.com/start")
    with Canned(detail(), replies={"credentials": [busy, SIGNED_ON]}) as c:
        c.status(MAIN, env={**NO_KEYS, "AWS_PROFILE": "q"})


def renewable(left=-60, registered=3600):
    """A token of a session that may be renewed; seconds that it and its client are good for."""
    at = lambda seconds: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
    return cached("corp", at(left), refreshToken="again", clientId="us", clientSecret="hush", startUrl="https://x",
                  registrationExpiresAt=at(registered))


def access__a_sign_on_s_token_is_renewed_where_its_session_allows_it():
    write(".aws/config", SESSION)
    named = {**NO_KEYS, "AWS_PROFILE": "q"}
    renewed = {"body": {"accessToken": "fresh", "expiresIn": 28800, "refreshToken": "next", "tokenType": "Bearer"}}
    asked = {"grantType": "refresh_token", "clientId": "us", "clientSecret": "hush", "refreshToken": "again"}
    for left in -60, 600:
        path = renewable(left)
        with Canned(detail(), replies={"credentials": SIGNED_ON, "token": [renewed, refusal("no")]}) as c:
            for _ in range(2):
                c.status(MAIN, env=named)
            assert c.sent("token") == [asked] and c.bearers == ["fresh"] * 2, (c.asked, c.bearers)
        kept = json.loads(path.read_text())
        assert (kept["accessToken"], kept["refreshToken"], kept["clientSecret"]) == ("fresh", "next", "hush"), kept
        assert 28700 < calendar.timegm(time.strptime(kept["expiresAt"], "%Y-%m-%dT%H:%M:%SZ")) - time.time() <= 28800
        assert path.stat().st_mode & 0o777 == 0o600 and len(os.listdir(path.parent)) == 1
    # Several at once: one of them renews.
    renewable()
    with Canned(detail(), replies={"credentials": SIGNED_ON, "token": [renewed, refusal("no")]}) as c:
        started = [c.start("pulse-status", MAIN, env=named) for _ in range(6)]
        assert [one.communicate(timeout=300) and one.returncode for one in started] == [0] * 6
        assert c.count("token") == 1, c.asked


def access__a_token_that_is_not_renewed_serves_to_its_end():
    write(".aws/config", SESSION)
    named, login = {**NO_KEYS, "AWS_PROFILE": "q"}, ["aws sso login --sso-session corp"]
    refused = {"status": 400, "body": {"error": "invalid_grant", "error_description": "Invalid refresh token provided"}}
    for left, registered, reply, code, says in ((-60, 3600, refused, 3, login), (-60, -1, None, 3, login), (600, 3600, refused, 0, []),
                                                (-60, 3600, refusal("x", status=503), 75, ["503"]), (600, -1, None, 0, [])):
        path = renewable(left, registered)
        before = path.read_bytes()
        with Canned(detail(), replies={"credentials": SIGNED_ON, **({"token": reply} if reply else {})}) as c:
            done = c.status(MAIN, code=code, env=named, says=says)
            assert (c.count("token") > 0) == bool(reply) and "hush" not in done.stdout + done.stderr, c.asked
        assert path.read_bytes() == before and len(os.listdir(path.parent)) == 1


def access__without_a_sign_on_the_error_says_how():
    write(".aws/config", SESSION + "[profile bad]\nsso_session = none\nsso_account_id = 1\nsso_role_name = R\n")
    with Canned(replies={"credentials": refusal("UnauthorizedException", "Session token not found", 401)}) as c:
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "q"}, says=["aws sso login --sso-session corp"])
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "bad"}, says=["sso-session none"])
        cached("corp")
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "q"}, says=["aws sso login --sso-session corp"])


def access__a_sign_on_without_account_and_role_leaves_the_profile_s_keys():
    write(".aws/config", "[profile q]\nsso_session = corp\n[sso-session corp]\nsso_start_url = u\nsso_region = eu-west-1\n")
    with Canned(detail()) as c:
        c.status(MAIN, code=3, env={**NO_KEYS, "AWS_PROFILE": "q"}, says=["sso_account_id"])
        write(".aws/credentials", "[q]\naws_access_key_id = AKIAL\naws_secret_access_key = s\n")
        c.status(MAIN, env={**NO_KEYS, "AWS_PROFILE": "q"})
        assert c.keys == ["AKIAL"], c.keys


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
