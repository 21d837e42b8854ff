#!/usr/bin/python3
"""infra.py CASE…: what cloud/aws would make in an account, without an account.

PULSE_LINT is a directory for what npm brings, PULSE_BIN that of the programs."""
import email
import json
import os
import re
import shutil
import subprocess

import definitions
import terraform
from terraform import MODULES, Skip, cases, default, instances, load, texts

NAME = "pulse-retrodiction"
# What a training job does to objects, and nothing else.
READS = {"s3:ListBucket", "s3:GetObject"}
WRITES = READS | {"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
# Actions that IAM lets nobody narrow to a resource.
RESOURCELESS = re.compile(r"ecr:GetAuthorizationToken|batch:(Describe|List)\w+|batch:GetJobQueueSnapshot")


def filled(module, text):
    """An expression's text with the defaults of variables in it."""
    return re.sub(r"\$\{var\.(\w+)\}", lambda hole: str(default(module, hole[1])), text)


# ---- The files as a whole -----------------------------------------------------------------------


def infra__terraform_names_what_the_provider_knows():
    faults = list(terraform.schema_faults(*map(load, ["", *MODULES])))
    assert not faults, faults


def infra__a_wrong_argument_is_found():
    module = load("s3")
    bucket = instances(module, "aws_s3_bucket")["main"]
    bucket["acl_of_old"] = "private"
    block = instances(module, "aws_s3_bucket_public_access_block")["main"]
    del block["bucket"]
    faults = "\n".join(terraform.schema_faults(module))
    assert "aws_s3_bucket.main: no argument or block acl_of_old" in faults, faults
    assert "aws_s3_bucket_public_access_block.main: bucket is missing" in faults, faults


def infra__everything_named_is_declared_and_used():
    for name in ["", *MODULES]:
        module = load(name)
        known, named = terraform.declared(module), terraform.references(module)
        short = {".".join(it.split(".")[:2]) if it.startswith("module.") else it for it in named}
        assert short <= known, (name, short - known)
        unused = {it for it in known - short if it.startswith(("var.", "local.", "data."))}
        assert not unused, (name, unused)
        for kind in ("variable", "output"):
            for it, (body,) in module.get(kind, {}).items():
                assert body.get("description"), f"{name}: {kind} {it} is not described"


def infra__modules_are_given_what_they_ask_for():
    root = load()
    outputs = {name: set(load(name)["output"]) for name in MODULES}
    assert sorted(root["module"]) == sorted(MODULES)
    for name, (call,) in root["module"].items():
        variables = load(name)["variable"]
        given = set(call) - {"source"}
        needed = {it for it, (body,) in variables.items() if "default" not in body}
        assert call["source"] == f"./{name}"
        assert needed <= given <= set(variables), (name, needed - given, given - set(variables))
    for reference in terraform.references(root):
        if reference.startswith("module."):
            _, name, output = reference.split(".")
            assert output in outputs[name], reference


def infra__defaults_are_the_same_everywhere():
    root = load()
    for name in MODULES:
        for it, (body,) in load(name)["variable"].items():
            if it in root["variable"] and "default" in body:
                assert body["default"] == default(root, it), f"{name}: {it}"


def infra__terraform_is_formatted():
    if shutil.which("terraform") is None:
        raise Skip("there is no terraform to ask")
    done = subprocess.run(["terraform", "fmt", "-recursive", "-check", "-diff", str(terraform.AWS)], text=True,
                          capture_output=True, check=False, timeout=60,
                          env=dict(os.environ, TF_CLI_CONFIG_FILE=os.devnull))
    assert done.returncode == 0, done.stdout + done.stderr


def infra__provider_is_the_one_of_the_schema():
    text = (terraform.AWS / ".terraform.lock.hcl").read_text(encoding="utf-8")
    with open(terraform.__file__, encoding="utf-8") as file:
        version = re.search(r"of provider ([\d.]+)", file.read())[1]
    assert f'version     = "{version}"' in text and 'constraints = "~> 6.0"' in text, text


def infra__each_folder_says_what_it_makes():
    paid = {"aws_secretsmanager_secret": "secret", "aws_nat_gateway": "nat gateway", "aws_vpc_endpoint": "endpoint", "aws_eip": "address",
            "aws_s3_bucket": "bucket", "aws_batch_compute_environment": "instances",
            "aws_cloudwatch_log_group": "logs", "aws_ecr_repository": "image", "aws_scheduler_schedule": "schedule",
            "aws_sns_topic": "topic"}
    for name in ["", *MODULES]:
        module = load(name)
        text = (terraform.AWS / name / "README.md").read_text(encoding="utf-8")
        for it in [*module["variable"], *module["output"]]:
            assert f"`{it}`" in text, f"{name}/README.md does not mention {it}"
        cost = text[text.index("## What it costs"):].lower()
        for type_, word in paid.items():
            assert type_ not in module.get("resource", {}) or word in cost, f"{name}/README.md: cost of {type_}"


# ---- Names --------------------------------------------------------------------------------------


def infra__names_are_the_submitters_defaults():
    batch = load("batch")
    assert default(batch, "name") == default(load(), "name") == NAME
    queue = instances(batch, "aws_batch_job_queue")["main"]
    assert filled(batch, queue["name"]) == "pulse-retrodiction-job-queue"
    single, multi = (definitions.definition(kind)["jobDefinitionName"] for kind in ("single", "multinode"))
    assert (single, multi) == ("pulse-retrodiction-training", single + "-multinode")
    values = batch["locals"][0]
    (resource,) = instances(batch, "aws_batch_job_definition").values()
    assert resource["for_each"] == "${local.definitions}"
    assert values["definitions"].keys() == definitions.FILES.keys()
    for kind, made in values["definitions"].items():
        assert made.startswith(f"${{merge(local.{kind}, {{"), made
    # The default of var.name instead of itself leaves the files' names.
    assert values["own_name"] == NAME
    assert resource["name"] == "${replace(each.value.jobDefinitionName, local.own_name, var.name)}"


def infra__submitter_says_the_same_names():
    program = os.path.join(os.environ["PULSE_BIN"], "pulse-submit")
    if not os.path.exists(program):
        raise Skip("pulse-submit is not built")
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    for name in ("pulse-retrodiction-job-queue", "pulse-retrodiction-training"):
        assert name in re.sub(r"\s+", " ", text), f"pulse-submit --help does not say {name}"


def infra__log_group_is_the_definitions():
    groups = {definitions.container(kind)["logConfiguration"]["options"]["awslogs-group"] for kind in definitions.FILES}
    assert groups == {"/aws/batch/pulse-retrodiction"}
    batch = load("batch")
    group = instances(batch, "aws_cloudwatch_log_group")["jobs"]
    assert group["name"] == "${replace(local.log_group, local.own_name, var.name)}" and group["retention_in_days"]
    values = batch["locals"][0]
    assert "awslogs-group = aws_cloudwatch_log_group.jobs.name" in values["containers"]
    for kind, made in values["definitions"].items():
        assert f"local.containers.{kind}" in made, kind


# ---- Job definitions ----------------------------------------------------------------------------


def infra__definitions_are_accepted_by_batch():
    for kind in definitions.FILES:
        whole = definitions.definition(kind)
        assert definitions.register_problem(whole) == "", definitions.register_problem(whole)
        assert whole["timeout"]["attemptDurationSeconds"] >= 60
        assert not [it for it in definitions.container(kind)["environment"] if it["name"].startswith("AWS_BATCH")]
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", whole["jobDefinitionName"])


def infra__a_wrong_definition_is_refused():
    for change in ({"type": "multi"}, {"image": "x"}, {"retryStrategy": {"attempts": "3"}}, {"jobDefinitionName": None}):
        assert definitions.register_problem({**definitions.definition("single"), **change}) != "", change


def infra__definitions_retry_only_what_may_succeed():
    for kind in definitions.FILES:
        rules = definitions.definition(kind)["retryStrategy"]["evaluateOnExit"]
        assert rules == [{"onExitCode": "75", "action": "RETRY"},
                         *({"onReason": fault, "action": "RETRY"} for fault in (
                             "Cannot*", "DockerTimeoutError*", "ResourceInitializationError*")),
                         {"onStatusReason": "Essential container*", "action": "EXIT"}], rules


def infra__multinode_definition_takes_any_number_of_nodes():
    nodes = definitions.definition("multinode")["nodeProperties"]
    assert [it["targetNodes"] for it in nodes["nodeRangeProperties"]] == ["0:"] and nodes["mainNode"] == 0
    single, multi = (definitions.container(kind) for kind in ("single", "multinode"))
    options = [it["logConfiguration"]["options"].pop("awslogs-stream-prefix") for it in (single, multi)]
    assert options[0] != options[1], "streams show which kind a job was"
    both = {"AWS_REGION", "AWS_EC2_METADATA_DISABLED", "XDG_CACHE_HOME"}
    assert {it["name"] for it in multi.pop("environment")} == both | {"PULSE_RENDEZVOUS"}
    assert {it["name"] for it in single.pop("environment")} == both
    assert [it["name"] for it in multi.pop("secrets")] == ["PULSE_RENDEZVOUS_SECRET"]
    assert single == multi, "else it is one container"


def infra__definitions_fit_every_instance():
    batch = load("batch")
    for kind in definitions.FILES:
        vcpus, mib = definitions.needs(kind)
        for list_ in ("instance_types", "spot_instance_types"):
            for instance in default(batch, list_):
                has = definitions.offers(instance)
                assert vcpus <= has[0] and mib <= has[1], f"{instance} offers {has}, {kind} wants {vcpus, mib}"
        assert vcpus <= default(batch, "max_vcpus")


def infra__every_placeholder_in_the_definitions_is_filled():
    given = set(load("batch")["locals"][0]["filled"])
    holes = [set(definitions.HOLE.findall(definitions.text(kind))) for kind in definitions.FILES]
    assert holes[0] | holes[1] == given == set(definitions.EXAMPLES)


def infra__what_nodes_share_expires():
    prefixes = default(load("s3"), "scratch_prefixes")
    environment = {it["name"]: it["value"] for it in definitions.container("multinode")["environment"]}
    bucket = definitions.EXAMPLES["RESULTS_BUCKET"]
    # pulse-node puts rendezvous/JOB/ATTEMPT/ below it.
    assert environment["PULSE_RENDEZVOUS"] == f"s3://{bucket}" and "rendezvous/" in prefixes


# ---- Where jobs run -----------------------------------------------------------------------------


def infra__default_queue_takes_multi_node_jobs():
    batch = load("batch")
    environments = instances(batch, "aws_batch_compute_environment")
    (order,) = instances(batch, "aws_batch_job_queue")["main"]["compute_environment_order"]
    assert order["compute_environment"] == "${aws_batch_compute_environment.on_demand.arn}"
    (resources,) = environments["on_demand"]["compute_resources"]
    assert resources["type"] == "EC2" and resources["subnets"] == ["${var.subnet_ids[0]}"]
    assert resources["placement_group"] == "${aws_placement_group.cluster.name}"
    assert instances(batch, "aws_placement_group")["cluster"]["strategy"] == "cluster"
    (spot,) = environments["spot"]["compute_resources"]
    assert spot["type"] == "SPOT" and "placement_group" not in spot
    for resources in (resources, spot):
        assert resources["min_vcpus"] == 0, "an idle environment costs nothing"
        assert resources["security_group_ids"] == "${var.security_group_ids}"


def infra__nodes_reach_each_other_and_nobody_reaches_them():
    vpc = load("vpc")
    nodes = "${aws_security_group.nodes.id}"
    assert not [body for body in instances(vpc, "aws_security_group").values() if {"ingress", "egress"} & set(body)]
    inward = instances(vpc, "aws_vpc_security_group_ingress_rule")
    for name, rule in inward.items():
        assert not {"cidr_ipv4", "cidr_ipv6", "prefix_list_id"} & set(rule), f"{name} lets addresses in"
        assert rule["referenced_security_group_id"] == nodes, name
    (own,) = [rule for rule in inward.values() if rule["security_group_id"] == nodes]
    assert own["ip_protocol"] == "-1" and "from_port" not in own, "MPI and sshd use any port"
    for name, rule in instances(vpc, "aws_vpc_security_group_egress_rule").items():
        among = rule.get("referenced_security_group_id") == nodes and rule["ip_protocol"] == "-1"
        assert among or (rule["from_port"], rule["to_port"]) == (443, 443), f"{name} lets too much out"
    assert vpc["output"]["security_group_id"][0]["value"] == nodes
    closed = instances(vpc, "aws_default_security_group")["closed"]
    assert set(closed) == {"vpc_id"}, "the default group has no rules"


def infra__nodes_are_in_private_subnets():
    vpc = load("vpc")
    for name, subnet in instances(vpc, "aws_subnet").items():
        assert not subnet.get("map_public_ip_on_launch"), name
    assert vpc["output"]["private_subnet_ids"][0]["value"] == "${aws_subnet.private[*].id}"
    worldly = [route for route in texts(instances(vpc, "aws_route_table")["private"]) if "internet_gateway" in route]
    assert not worldly and instances(vpc, "aws_vpc_endpoint")["s3"]["vpc_endpoint_type"] == "Gateway"
    for type_ in ("aws_nat_gateway", "aws_internet_gateway", "aws_eip"):
        (body,) = instances(vpc, type_).values()
        assert body["count"] == "${local.nat}", f"{type_} is there without being asked for"


def boot_script():
    """The script that instances run at boot, out of their user data."""
    whole = email.message_from_string((terraform.AWS / "batch/instance.mime").read_text(encoding="ascii"))
    (part,) = whole.get_payload()
    assert whole.get_content_type() == "multipart/mixed" and part.get_content_type() == "text/cloud-boothook"
    return part.get_payload()


def infra__instances_hide_their_own_role_from_containers():
    (template,) = instances(load("batch"), "aws_launch_template").values()
    (metadata,) = template["metadata_options"]
    assert metadata["http_tokens"] == "required" and metadata["http_put_response_hop_limit"] == 1
    assert template["block_device_mappings"][0]["ebs"][0]["encrypted"] is True
    # Those of single-node jobs are on the instance's network: there no hop is counted.
    assert template["user_data"] == '${base64encode(file("${path.module}/instance.mime"))}'
    assert "ECS_AWSVPC_BLOCK_IMDS=true" in boot_script()
    for kind in definitions.FILES:
        user = definitions.container(kind)["user"]
        assert re.fullmatch("[1-9][0-9]*:[1-9][0-9]*", user), "root may ask the metadata service"


def infra__at_boot_only_root_keeps_the_way_to_the_metadata_service():
    """The script as it is run, with what it calls noted instead: twice gives the same."""
    home = os.path.abspath("boot")
    shutil.rmtree(home, ignore_errors=True)  # of an earlier run
    os.makedirs(f"{home}/bin")
    for name in ("iptables", "ip6tables"):
        path = os.path.join(home, "bin", name)
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nif [ "$1" = -C ]; then shift; grep -qx -e "$(basename $0) -I $*" {home}/rules; '
                       f'else echo "$(basename $0) $*" >>{home}/rules; fi\n')
        os.chmod(path, 0o755)
    open(f"{home}/rules", "w", encoding="ascii").close()
    script = boot_script().replace("/etc/ecs", f"{home}/ecs")
    for _ in range(2):
        subprocess.run(["bash", "-ec", script], check=True, env={"PATH": f"{home}/bin:/usr/bin:/bin"})
    with open(f"{home}/ecs/ecs.config", encoding="ascii") as file:
        assert file.read() == "ECS_AWSVPC_BLOCK_IMDS=true\n"
    with open(f"{home}/rules", encoding="ascii") as file:
        assert file.read().splitlines() == [
            f"{command} -I OUTPUT -d {address} -m owner ! --uid-owner 0 -j REJECT"
            for command, address in (("iptables", "169.254.169.254"), ("ip6tables", "fd00:ec2::254"))]


def infra__containers_write_to_scratch_alone():
    for kind in definitions.FILES:
        container = definitions.container(kind)
        assert container["readonlyRootFilesystem"] is True
        (volume,), (mount,) = container["volumes"], container["mountPoints"]
        assert mount == {"sourceVolume": volume["name"], "containerPath": "/tmp", "readOnly": False}
        assert "host" not in volume, "a directory of the instance would outlive the job"
        variables = {it["name"]: it["value"] for it in container["environment"]}
        assert variables["XDG_CACHE_HOME"].startswith("/tmp/") and "TMPDIR" not in variables


def infra__what_batch_starts_is_tagged():
    (template,) = instances(load("batch"), "aws_launch_template").values()
    (tags,) = template["dynamic"]["tag_specifications"]
    assert tags["for_each"] == '${toset(["instance", "volume"])}'
    assert tags["content"][0]["tags"] == "${merge(var.tags, { Project = var.name })}"


def infra__a_tag_of_the_repository_is_one_image():
    batch = load("batch")
    assert instances(batch, "aws_ecr_repository")["main"]["image_tag_mutability"] == "IMMUTABLE"
    with open(terraform.TREE / "CMakeLists.txt", encoding="utf-8") as file:
        version = re.search(r"project\(\w+ VERSION ([\d.]+)", file.read())[1]
    assert default(batch, "image_tag") == version


def infra__the_way_to_s3_leads_to_no_other_account():
    vpc = load("vpc")
    assert instances(vpc, "aws_vpc_endpoint")["s3"]["policy"] == "${data.aws_iam_policy_document.s3.json}"
    own, foreign = statements(vpc, "s3")
    assert own["condition"] == [{"test": "StringEquals", "variable": "aws:ResourceAccount",
                                 "values": ["${data.aws_caller_identity.current.account_id}"]}]
    assert set(own["actions"]) >= WRITES and foreign["actions"] == ["s3:GetObject"], "others' are read at most"


# ---- What the nodes of a job know each other by -------------------------------------------------


def infra__only_jobs_come_by_the_secret_of_nodes():
    batch = load("batch")
    (secret,) = definitions.container("multinode")["secrets"]
    assert secret == {"name": "PULSE_RENDEZVOUS_SECRET", "valueFrom": definitions.EXAMPLES["RENDEZVOUS_SECRET_ARN"]}
    assert batch["locals"][0]["filled"]["RENDEZVOUS_SECRET_ARN"] == "${aws_secretsmanager_secret.rendezvous.arn}"
    readers = {name for name in instances(batch, "aws_iam_policy_document", "data")
               for statement in statements(batch, name) if "secretsmanager:GetSecretValue" in statement["actions"]}
    assert readers == {"execution"}, "the agent hands it to containers; nobody else reads it"
    # Neither a file nor Terraform's state holds it.
    version = instances(batch, "aws_secretsmanager_secret_version")["rendezvous"]
    assert version["secret_string_wo"].startswith("${ephemeral.") and "secret_string" not in version
    assert instances(load("vpc"), "aws_vpc_endpoint")["service"]["for_each"] == "${toset(local.services)}"
    assert '"secretsmanager"' in load("vpc")["locals"][0]["services"]


def infra__submitters_do_not_touch_what_nodes_say():
    (denied,) = [it for it in statements(load("batch"), "submit") if it.get("effect") == "Deny"]
    assert set(denied["actions"]) == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
    assert denied["resources"] == ["${var.results_bucket_arn}/rendezvous/*", "${var.results_bucket_arn}/*/rendezvous/*"]


# ---- Who may do what ----------------------------------------------------------------------------


def statements(module, name):
    return instances(module, "aws_iam_policy_document", "data")[name]["statement"]


def infra__roles_are_assumed_by_their_services():
    batch = load("batch")
    wanted = {"job": ("by_tasks", "ecs-tasks.amazonaws.com"), "execution": ("by_tasks", "ecs-tasks.amazonaws.com"),
              "instance": ("by_instances", "ec2.amazonaws.com")}
    roles = instances(batch, "aws_iam_role")
    assert set(roles) == set(wanted)
    for role, (document, service) in wanted.items():
        assert roles[role]["assume_role_policy"] == f"${{data.aws_iam_policy_document.{document}.json}}"
        (statement,) = statements(batch, document)
        assert statement["principals"] == [{"type": "Service", "identifiers": [service]}]
    filled_in = batch["locals"][0]["filled"]
    assert filled_in["JOB_ROLE_ARN"] == "${aws_iam_role.job.arn}"
    assert filled_in["EXECUTION_ROLE_ARN"] == "${aws_iam_role.execution.arn}"


def infra__the_nightly_workflow_is_off_by_default():
    root, nightly = load(), load("nightly")
    for variable in "workflow", "failure_email":
        assert default(root, variable) is default(nightly, variable) is None
    switches = nightly["locals"][0]
    assert switches["scheduled"] == "${var.workflow == null ? 0 : 1}"
    assert switches["notified"] == "${var.failure_email == null ? 0 : 1}"
    for type_, bodies in nightly["resource"].items():
        for body, in bodies.values():
            assert body["count"] in ("${local.scheduled}", "${local.notified}"), type_


def infra__the_schedule_may_start_its_job_alone():
    nightly = load("nightly")
    (statement,) = statements(nightly, "scheduler")
    assert statement["actions"] == ["batch:SubmitJob"]
    assert "${aws_batch_job_definition.client[0].arn_prefix}:*" in statement["resources"]
    assert {it["assume_role_policy"] for it in instances(nightly, "aws_iam_role").values()} == {
        "${data.aws_iam_policy_document.by_tasks.json}", "${data.aws_iam_policy_document.by_scheduler.json}"}
    assert statements(nightly, "by_scheduler")[0]["principals"][0]["identifiers"] == ["scheduler.amazonaws.com"]
    (publish,) = statements(nightly, "publish")
    assert publish["actions"] == ["sns:Publish"] and publish["condition"][0]["variable"] == "aws:SourceArn"


def infra__job_role_reads_data_and_writes_results_only():
    for statement in statements(load("batch"), "job"):
        for resource in statement["resources"]:
            bucket = re.fullmatch(r"\$\{var\.(data|results)_bucket_arn\}(/\*)?", resource)
            assert bucket, resource
            assert set(statement["actions"]) <= (READS if bucket[1] == "data" else WRITES), statement
            assert bool(bucket[2]) == ("s3:ListBucket" not in statement["actions"]), statement


def infra__no_policy_allows_everything():
    for name in MODULES:
        module = load(name)
        for document, body in instances(module, "aws_iam_policy_document", "data").items():
            for statement in body["statement"]:
                if statement.get("effect", "Allow") != "Allow":
                    continue
                # All of this account's, by a condition that the case of the way to S3 looks at.
                if statement.get("sid") == "OwnBuckets" and "condition" in statement:
                    continue
                assert not [action for action in statement["actions"] if "*" in action], (document, statement)
                if statement.get("resources") == ["*"]:
                    assert all(RESOURCELESS.fullmatch(action) for action in statement["actions"]), (document, statement)


def infra__buckets_are_closed_encrypted_and_kept():
    s3 = load("s3")
    everywhere = "${local.buckets}"
    assert set(s3["locals"][0]["buckets"]) == {"data", "results"}
    for type_ in ("aws_s3_bucket", "aws_s3_bucket_public_access_block", "aws_s3_bucket_ownership_controls",
                  "aws_s3_bucket_server_side_encryption_configuration", "aws_s3_bucket_versioning",
                  "aws_s3_bucket_policy", "aws_s3_bucket_lifecycle_configuration"):
        assert instances(s3, type_)["main"]["for_each"] == everywhere, type_
    block = instances(s3, "aws_s3_bucket_public_access_block")["main"]
    assert [value for key, value in block.items() if key not in ("bucket", "for_each")] == [True] * 4
    assert instances(s3, "aws_s3_bucket_versioning")["main"]["versioning_configuration"][0]["status"] == "Enabled"
    (tls,) = statements(s3, "tls_only")
    assert tls["effect"] == "Deny" and tls["actions"] == ["s3:*"] and len(tls["resources"]) == 2
    assert tls["condition"] == [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]
    assert instances(s3, "aws_s3_bucket_policy")["main"]["policy"] == (
        "${data.aws_iam_policy_document.tls_only[each.key].json}")


def infra__left_overs_in_buckets_expire():
    lifecycle = instances(load("s3"), "aws_s3_bucket_lifecycle_configuration")["main"]
    rules = {rule["id"]: rule for rule in lifecycle["rule"]}
    assert rules["incomplete-uploads"]["abort_incomplete_multipart_upload"][0]["days_after_initiation"] <= 7
    assert rules["old-versions"]["noncurrent_version_expiration"] == [{"noncurrent_days": "${var.noncurrent_days}"}]
    (scratch,) = lifecycle["dynamic"]["rule"]
    assert scratch["for_each"] == '${each.key == "results" ? var.scratch_prefixes : []}'
    assert scratch["content"][0]["expiration"] == [{"days": "${var.scratch_days}"}]
    assert all(rule["status"] == "Enabled" for rule in rules.values())


if __name__ == "__main__":
    cases.main(globals())
