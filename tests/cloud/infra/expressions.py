#!/usr/bin/python3
"""expressions.py CASE…: what the expressions in cloud/aws come to, as terraform works them out.

PULSE_LINT is a directory for what npm brings."""
import json

import definitions
from evaluate import resources
from terraform import cases, texts


def expressions__of_every_module_can_be_worked_out():
    for name, variables in (("vpc", {}), ("vpc", {"egress": "endpoints", "zones": 6}), ("s3", {}), ("batch", {}),
                            ("batch", {"efa": True, "image": "example/pulse:1"})):
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
    for kind, request in registered(image=definitions.EXAMPLES["IMAGE"], results_bucket="a-bucket").items():
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
