"""The two job definitions of cloud/aws/batch, and what an instance has for a job."""
import json
import re
import sys

import terraform

sys.path.insert(0, str(terraform.TREE / "tests/cloud/aws"))
import model  # noqa: E402

FILES = {"single": "batch_job_definition.json", "multinode": "batch_job_definition_multinode.json"}
HOLE = re.compile(r"\$\{(\w+)\}")
EXAMPLES = {"IMAGE": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/pulse-retrodiction:0.2.0",
            "JOB_ROLE_ARN": "arn:aws:iam::123456789012:role/pulse-retrodiction-job",
            "EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/pulse-retrodiction-execution",
            "RENDEZVOUS_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:pulse-rendezvous-Ab1Cd2",
            "AWS_REGION": "eu-west-1", "RESULTS_BUCKET": "pulse-retrodiction-results-123456789012"}
# vCPUs and GiB as EC2 sells them: 4 GiB per vCPU in the m families, 8 in the r ones, 2 in the c ones.
SIZES = {"xlarge": 4, "2xlarge": 8, "4xlarge": 16}
GIB_PER_VCPU = {"c": 2, "m": 4, "r": 8}


def text(kind):
    return (terraform.AWS / "batch" / FILES[kind]).read_text(encoding="utf-8")


def definition(kind):
    """As it is registered, with examples in the places that Terraform or envsubst fills."""
    return json.loads(HOLE.sub(lambda hole: EXAMPLES[hole[1]], text(kind)))


def container(kind):
    whole = definition(kind)
    if kind == "single":
        return whole["containerProperties"]
    (only,) = whole["nodeProperties"]["nodeRangeProperties"]
    return only["container"]


def needs(kind):
    """(vCPUs, MiB) that the definition asks for."""
    wanted = {need["type"]: int(need["value"]) for need in container(kind)["resourceRequirements"]}
    return wanted["VCPU"], wanted["MEMORY"]


def offers(instance_type):
    """(vCPUs, MiB) that a job may have of an instance: a tenth of the memory is the system's and the agent's."""
    family, size = instance_type.split(".")
    vcpus = SIZES[size]
    return vcpus, int(vcpus * GIB_PER_VCPU[family[0]] * 1024 * 0.9)


def register_problem(request):
    """What RegisterJobDefinition would refuse of a request; empty if nothing."""
    return model.Service("batch").register_problem(request)
