"""Batch's consumable resources: how many jobs may hold a licence, or whatever else, at a time."""
import rules


class Consumables:
    """`arn`: of a kind and the rest of a name."""

    def __init__(self, arn):
        self.arn, self.found, self.held = arn, {}, {}  # held: job id → what its attempt holds

    def named(self, text):
        name = text.rpartition("/")[2] if text.startswith("arn:") else text
        if name not in self.found:
            rules.refuse(f"Consumable resource {text} does not exist")
        return self.found[name]

    def create(self, params):
        name = params["consumableResourceName"]
        rules.name(name, "Consumable resource name")
        if name in self.found:
            rules.refuse("Object already exists")
        kind = params.get("resourceType", "REPLENISHABLE")
        if kind not in ("REPLENISHABLE", "NON_REPLENISHABLE"):
            rules.refuse(f"no such resource type: {kind}")
        made = {"consumableResourceName": name, "consumableResourceArn": self.arn("batch", f"consumable-resource/{name}")}
        total = params.get("totalQuantity", 0)
        self.found[name] = {**made, "totalQuantity": total, "inUseQuantity": 0, "availableQuantity": total,
                            "resourceType": kind, "tags": params.get("tags", {})}
        return made

    def describe(self, params):
        return dict(self.named(params["consumableResource"]))

    def delete(self, params):
        del self.found[self.named(params["consumableResource"])["consumableResourceName"]]
        return {}

    # ---- Jobs

    @staticmethod
    def wanted(job):
        own = job.request.get("consumableResourcePropertiesOverride") or job.definition.get("consumableResourceProperties")
        return (own or {}).get("consumableResourceList", [])

    def check(self, job):
        """Refuses a job that asks for what is not there."""
        for one in self.wanted(job):
            self.named(one["consumableResource"])

    def take(self, job):
        """Whether all that a job asks for was free: then it holds it."""
        wanted = [(self.named(one["consumableResource"]), one["quantity"]) for one in self.wanted(job)]
        if any(resource["availableQuantity"] < quantity for resource, quantity in wanted):
            return False
        self.add(wanted, 1)
        self.held[job.id] = wanted
        return True

    def release(self, job):
        """What is used up stays so."""
        self.add([(resource, quantity) for resource, quantity in self.held.pop(job.id, [])
                  if resource["resourceType"] == "REPLENISHABLE"], -1)

    @staticmethod
    def add(wanted, sign):
        for resource, quantity in wanted:
            resource["inUseQuantity"] += sign * quantity
            resource["availableQuantity"] -= sign * quantity
