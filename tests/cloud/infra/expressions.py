#!/usr/bin/python3
"""expressions.py CASE…: what the expressions in cloud/aws come to, as terraform works them out.

PULSE_LINT is a directory for what npm brings."""
import json
import re

import definitions
import terraform
from evaluate import resources
from terraform import cases, texts


IMAGE = "example/pulse@sha256:" + 64 * "0"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"


def expressions__of_every_module_can_be_worked_out():
    for name, variables in (("vpc", {}), ("vpc", {"egress": "endpoints", "zones": 6}), ("s3", {}), ("batch", {}),
                            ("s3", {"kms_key_arn": KEY}), ("batch", {"efa": True, "image": IMAGE, "kms_key_arn": KEY}),
                            ("batch", {"shares": {"team": 1}, "runnable_limit_minutes": 30})):
        assert len(resources(name, **variables)) > 5, name


def registered(**variables):
    """kind → what would be sent to Batch for each definition."""
    found = resources("batch", **variables)
    requests = {}
    for kind, properties in (("single", "container_properties"), ("multinode", "node_properties")):
        made = found[f"aws_batch_job_definition.training.{kind}"]
        (retry,), (timeout,) = made["retry_strategy"], made["timeout"]
        rules = [{"action": rule["action"], "onExitCode": rule["on_exit_code"], "onReason": rule["on_reason"],
                  "onStatusReason": rule["on_status_reason"]} for rule in retry["dynamic evaluate_on_exit"]]
        requests[kind] = {
            "jobDefinitionName": made["name"], "type": made["type"], "propagateTags": made["propagate_tags"],
            "platformCapabilities": made["platform_capabilities"],
            "timeout": {"attemptDurationSeconds": timeout["attempt_duration_seconds"]},
            "retryStrategy": {"attempts": retry["attempts"],
                              "evaluateOnExit": [{key: it for key, it in rule.items() if it} for rule in rules]},
            {"single": "containerProperties", "multinode": "nodeProperties"}[kind]: json.loads(made[properties])}
    return requests


def expressions__make_of_the_definitions_what_batch_accepts():
    for efa in (False, True):
        for kind, request in registered(efa=efa).items():
            problem = definitions.register_problem(request)
            assert problem == "", (kind, efa, problem)


def expressions__leave_the_definitions_as_the_files_say():
    for kind, request in registered(image=IMAGE, results_bucket="a-bucket").items():
        file = definitions.definition(kind)
        assert request.keys() == file.keys()
        for key in ("jobDefinitionName", "type", "propagateTags", "platformCapabilities", "timeout", "retryStrategy"):
            assert request[key] == file[key], (kind, key)
        assert len(list(texts(request))) == len(list(texts(file))), kind
        made, asked = (it["containerProperties"] if kind == "single" else
                       it["nodeProperties"]["nodeRangeProperties"][0]["container"] for it in (request, file))
        made["logConfiguration"]["options"].pop("awslogs-group")
        asked["logConfiguration"]["options"].pop("awslogs-group")
        assert made["logConfiguration"] == asked["logConfiguration"], kind


def expressions__give_the_adapter_to_multi_node_jobs_alone_and_when_asked():
    with_it, without = registered(efa=True), registered(efa=False)
    assert with_it["single"] == without["single"]
    containers = [it["multinode"]["nodeProperties"]["nodeRangeProperties"][0]["container"] for it in (with_it, without)]
    assert "devices" not in containers[1]["linuxParameters"] and "ulimits" not in containers[1]
    assert containers[0]["linuxParameters"].pop("devices") and containers[0].pop("ulimits")
    assert containers[0] == containers[1]


def expressions__shares_and_limits_are_there_when_asked_for():
    queues = ("aws_batch_job_queue.main", "aws_batch_job_queue.spot")
    plain, asked = (resources("batch", **it) for it in ({}, {"shares": {"a": 1, "b": 2}, "runnable_limit_minutes": 30}))
    for queue in queues:
        assert plain[queue]["dynamic job_state_time_limit_action"] == []
        actions = asked[queue]["dynamic job_state_time_limit_action"]
        assert len(actions) == 3 and {it["max_time_seconds"] for it in actions} == {1800}
        assert {(it["action"], it["state"]) for it in actions} == {("CANCEL", "RUNNABLE")}
    (policy,) = asked["aws_batch_scheduling_policy.shares"]["fair_share_policy"]
    assert policy["dynamic share_distribution"] == [{"share_identifier": "a", "weight_factor": 1},
                                                    {"share_identifier": "b", "weight_factor": 2}]


def expressions__a_key_of_ones_own_encrypts_all():
    for module, where in (("s3", "aws_s3_bucket_server_side_encryption_configuration.main.data"),
                          ("s3", "aws_s3_bucket_server_side_encryption_configuration.main.results"),
                          ("batch", "aws_cloudwatch_log_group.jobs"), ("batch", "aws_secretsmanager_secret.rendezvous"),
                          ("batch", "aws_ecr_repository.main"), ("batch", "aws_launch_template.node")):
        with_it, without = (resources(module, **it)[where] for it in ({"kms_key_arn": KEY}, {}))
        assert KEY in list(texts(with_it)) and KEY not in list(texts(without)), where
    users = {name for name, made in resources("batch", kms_key_arn=KEY).items()
             if [it["sid"] for it in made.get("dynamic statement", ())] == ["UseKey"]}
    assert users == {f"aws_iam_policy_document.{it}" for it in ("job", "execution", "submit")}


def expressions__example_is_accepted():
    given = dict(re.findall(r"^(\w+) += (.*)$", (terraform.AWS / "example.tfvars").read_text(encoding="utf-8"), re.M))
    assert given and given.keys() <= terraform.load()["variable"].keys(), given
    for module in terraform.MODULES:
        known = terraform.load(module)["variable"]
        resources(module, **{name: json.loads(re.sub(r"(\w+) =", r'"\1":', value)) for name, value in given.items()
                             if name in known})


def expressions__what_cannot_be_is_refused():
    for module, wrong in (("batch", {"image": "example/pulse:latest"}), ("batch", {"image_tag": "latest"}),
                          ("batch", {"name": "Not A Bucket"}), ("batch", {"max_vcpus": 0}), ("batch", {"instance_types": []}),
                          ("batch", {"log_retention_days": 31}), ("batch", {"disk_gib": 8}),
                          ("batch", {"kms_key_arn": "alias/mine"}), ("batch", {"shares": {"a": 0}}),
                          ("batch", {"runnable_limit_minutes": 1}), ("s3", {"scratch_days": 0}),
                          ("s3", {"scratch_prefixes": ["/"]}), ("vpc", {"foreign_objects": ["bucket"]})):
        try:
            resources(module, **wrong)
        except AssertionError as refused:
            assert next(iter(wrong)) in str(refused), (module, wrong, refused)
        else:
            raise AssertionError(f"{module}: {wrong} was taken")


def expressions__take_another_name_everywhere():
    found = resources("batch", name="staging")
    named = {it: value.get("name") or value.get("name_prefix") for it, value in found.items()
             if it.startswith("aws_") and ("name" in value or "name_prefix" in value)}
    assert named["aws_batch_job_queue.main"] == "staging-job-queue"
    assert named["aws_batch_job_definition.training.multinode"] == "staging-training-multinode"
    assert named["aws_cloudwatch_log_group.jobs"] == "/aws/batch/staging"
    for it, name in named.items():
        assert "pulse-retrodiction" not in name, it


if __name__ == "__main__":
    cases.main(globals())
