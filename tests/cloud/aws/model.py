"""What AWS's own service models, as botocore carries them, say of a request.

botocore's validator checks names, types, what is required and minima; enums, patterns and maxima
are checked here. What the models of 2022 do not know yet and a client may use is added to them.
"""
import re

import botocore.loaders
import botocore.model
import botocore.validate

import newer

NEWER_ENUMS = {"CRAllocationStrategy": ["SPOT_PRICE_CAPACITY_OPTIMIZED"]}
SNAPSHOT = {
    "GetJobQueueSnapshotRequest": {"type": "structure", "required": ["jobQueue"],
                                   "members": {"jobQueue": {"shape": "String"}}},
    "GetJobQueueSnapshotResponse": {"type": "structure",
                                    "members": {"frontOfQueue": {"shape": "FrontOfQueueDetail"}}},
    "FrontOfQueueDetail": {"type": "structure", "members": {
        "jobs": {"shape": "FrontOfQueueJobSummaryList"}, "lastUpdatedAt": {"shape": "Long"}}},
    "FrontOfQueueJobSummaryList": {"type": "list", "member": {"shape": "FrontOfQueueJobSummary"}},
    "FrontOfQueueJobSummary": {"type": "structure", "members": {
        "jobArn": {"shape": "String"}, "earliestTimeAtPosition": {"shape": "Long"}}},
}


class Refused(Exception):
    """An error as the service would answer it."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def load(name):
    model = botocore.loaders.Loader().load_service_model(name, "service-2")
    if name == "batch" and "GetJobQueueSnapshot" not in model["operations"]:
        model["shapes"].update(SNAPSHOT)
        model["operations"]["GetJobQueueSnapshot"] = {
            "name": "GetJobQueueSnapshot",
            "http": {"method": "POST", "requestUri": "/v1/getjobqueuesnapshot"},
            "input": {"shape": "GetJobQueueSnapshotRequest"},
            "output": {"shape": "GetJobQueueSnapshotResponse"}, "errors": []}
    if name == "batch":
        newer.extend(model)
    for shape, more in NEWER_ENUMS.items():
        if shape in model["shapes"]:
            known = model["shapes"][shape]["enum"]
            known += [value for value in more if value not in known]
    return botocore.model.ServiceModel(model, name)


def size_problem(shape, value, path):
    limit = shape.metadata.get("max")
    if limit is None or isinstance(value, bool):
        return []
    size = value if isinstance(value, (int, float)) else len(value)
    return [f"{path}: {size} is more than {limit}"] if size > limit else []


def problems(shape, value, path=""):
    """What the validator of botocore passes over: enums, patterns, maxima."""
    found = size_problem(shape, value, path)
    if getattr(shape, "enum", None) and value not in shape.enum:
        found.append(f"{path}: {value!r} is none of {', '.join(shape.enum)}")
    pattern = shape.metadata.get("pattern")
    if pattern and shape.type_name == "string" and not re.fullmatch(pattern, value):
        found.append(f"{path}: {value!r} does not match {pattern}")
    if shape.type_name == "structure":
        for name, inner in value.items():
            found += problems(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for i, inner in enumerate(value):
            found += problems(shape.member, inner, f"{path}[{i}]")
    elif shape.type_name == "map":
        for key, inner in value.items():
            found += problems(shape.key, key, f"{path} key") + problems(shape.value, inner, f"{path}[{key!r}]")
    return found


class Service:
    """One service's operations, found by path (REST) or target, and its check of parameters."""

    def __init__(self, name):
        self.name = name
        self.model = load(name)
        self.paths = {}
        for operation in map(self.model.operation_model, self.model.operation_names):
            if self.model.metadata["protocol"] == "rest-json":
                self.paths[operation.http["method"], operation.http["requestUri"]] = operation.name

    def check(self, operation, params):
        """A line that says all that is wrong with the parameters; empty if nothing is."""
        shape = self.model.operation_model(operation).input_shape
        report = botocore.validate.ParamValidator().validate(params, shape)
        if report.has_errors():
            return "; ".join(report.generate_report().split("\n"))
        return "; ".join(problems(shape, params, operation))

    def register_problem(self, request):
        """Of a job definition, say one in a file: what RegisterJobDefinition would refuse."""
        return self.check("RegisterJobDefinition", request)
