"""What botocore's model of Batch of 2022 does not know yet: shapes, operations, members of shapes that it has."""

SHAPES = {
    "ConsumableResourceRequirement": {"type": "structure", "members": {
        "consumableResource": {"shape": "String"}, "quantity": {"shape": "Long"}}},
    "ConsumableResourceList": {"type": "list", "member": {"shape": "ConsumableResourceRequirement"}},
    "ConsumableResourceProperties": {"type": "structure", "members": {
        "consumableResourceList": {"shape": "ConsumableResourceList"}}},
    "CreateConsumableResourceRequest": {"type": "structure", "required": ["consumableResourceName"], "members": {
        "consumableResourceName": {"shape": "String"}, "totalQuantity": {"shape": "Long"},
        "resourceType": {"shape": "String"}, "tags": {"shape": "TagrisTagsMap"}}},
    "NamedConsumableResourceRequest": {"type": "structure", "required": ["consumableResource"], "members": {
        "consumableResource": {"shape": "String"}}}}
INPUTS = {"CreateConsumableResource": "CreateConsumableResourceRequest",
          "DescribeConsumableResource": "NamedConsumableResourceRequest",
          "DeleteConsumableResource": "NamedConsumableResourceRequest"}
MEMBERS = {"SubmitJobRequest": "consumableResourcePropertiesOverride",
           "RegisterJobDefinitionRequest": "consumableResourceProperties"}


def extend(model):
    """Adds all that to a service model, unless it is there."""
    if "CreateConsumableResource" in model["operations"]:
        return
    model["shapes"].update(SHAPES)
    for operation, shape in INPUTS.items():
        model["operations"][operation] = {
            "name": operation, "http": {"method": "POST", "requestUri": f"/v1/{operation.lower()}"},
            "input": {"shape": shape}, "errors": []}
    for shape, member in MEMBERS.items():
        model["shapes"][shape]["members"][member] = {"shape": "ConsumableResourceProperties"}
