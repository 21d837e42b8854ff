"""Terraform files as Python sees them: parsed by npm's hcl2json, and the provider's schema out of npm's
provider-aws, a package made of it. Both are fetched once into the build directory."""
import copy
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
sys.path.insert(0, str(TREE / "tests/check"))
import cases  # noqa: E402
from cases import Skip  # noqa: E402
from fetched import fetch  # noqa: E402

AWS = TREE / "cloud/aws"
MODULES = ["vpc", "s3", "batch", "nightly"]
PACKAGES = ["@cdktf/hcl2json@0.21.0", "dockerfilelint@1.8.0"]
PROVIDER = "@cdktf/provider-aws@21.22.1"  # of provider 6.25.0


@functools.cache
def tools():
    """The directory with what npm brought."""
    home = pathlib.Path(os.environ["PULSE_LINT"])
    reason = fetch(home, ["install", "--prefix", ".", *PACKAGES], ["pack", PROVIDER])
    if reason is not None:
        raise Skip(reason)
    return home


def merge(into, more):
    for key, value in more.items():
        if key in into and isinstance(value, dict):
            merge(into[key], value)
        elif key in into:
            into[key] = into[key] + value
        else:
            into[key] = value


@functools.cache
def parsed():
    """file → its contents as hcl2json writes them, of all files; kept, since node takes its time to start."""
    files = sorted(map(str, AWS.glob("**/*.tf")))
    digest = hashlib.sha256(b"".join(pathlib.Path(file).read_bytes() for file in files)).hexdigest()
    kept = tools() / f"parsed-{digest}.json"
    if not kept.exists():
        done = subprocess.run(["node", str(HERE / "parse.mjs"), *files], cwd=tools(), capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        own = kept.with_suffix(f".{os.getpid()}")
        own.write_text(done.stdout, encoding="utf-8")
        own.rename(kept)
    return json.loads(kept.read_text(encoding="utf-8"))


def load(name=""):
    """All files of cloud/aws/NAME as one: kind → … → [body]; the caller's own, to be changed at will."""
    whole = {}
    for file, contents in parsed().items():
        if pathlib.Path(file).parent == AWS / name:
            merge(whole, copy.deepcopy(contents))
    assert whole, f"no Terraform in {AWS / name}"
    return whole


def instances(module, type_, kind="resource"):
    """name → body of every resource (or data source) of a type."""
    return {name: bodies[0] for name, bodies in module.get(kind, {}).get(type_, {}).items()}


def texts(value):
    """Every string in a parsed value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def default(module, variable):
    return module["variable"][variable][0].get("default")


# ---- The provider's schema ----------------------------------------------------------------------

INTERFACE = re.compile(r"export interface (\w+)[^{]*\{\n(.*?)\n\}", re.S)
ARGUMENT = re.compile(r"#(\w+) \w+#\w+\}.*?readonly \w+(\??): ([^;]*);", re.S)
META = {"count", "for_each", "depends_on", "provider", "lifecycle", "dynamic"}


def folder(kind, type_):
    return ("data-" if kind == "data" else "") + (type_ if kind == "data" else type_[4:]).replace("_", "-")


def schemas(wanted):
    """(kind, type) → interface → argument → (required, its type), for those the provider has."""
    names = {f"package/lib/{folder(*which)}/index.d.ts": which for which in wanted}
    found = {}
    archive = next(tools().glob("cdktf-provider-aws-*.tgz"))
    with tarfile.open(archive) as package:
        for member in package:
            if member.name in names:
                text = package.extractfile(member).read().decode()
                found[names[member.name]] = {
                    name: {a: (not optional, kind) for a, optional, kind in ARGUMENT.findall(body)}
                    for name, body in INTERFACE.findall(text)}
    return found


def body_faults(where, schema, interface, body):
    """What the provider would say of a block: unknown arguments and missing ones."""
    known = schema[interface]
    present = set(body)
    inner = [(name, value) for name, value in body.items() if name not in META]
    for name, blocks in body.get("dynamic", {}).items():
        present.add(name)
        inner += [(name, block.get("content", [])) for block in blocks]
    for name, value in inner:
        if name not in known:
            yield f"{where}: no argument or block {name}"
            continue
        nested = re.sub(r"\[\].*| \|.*", "", known[name][1]).strip()
        if nested in schema and isinstance(value, list):
            for block in value:
                yield from body_faults(f"{where}.{name}", schema, nested, block)
    for name, (required, _) in known.items():
        if required and name not in present:
            yield f"{where}: {name} is missing"


def schema_faults(*modules):
    bodies = [(kind, type_, name, body[0]) for module in modules for kind in ("resource", "data")
              for type_, by_name in module.get(kind, {}).items() for name, body in by_name.items()]
    known = schemas({(kind, type_) for kind, type_, _, _ in bodies})
    for kind, type_, name, body in bodies:
        where = f"{kind} {type_}.{name}"
        schema = known.get((kind, type_))
        if schema is None:
            yield f"{where}: the provider has no such type"
        else:
            yield from body_faults(where, schema, next(i for i in schema if i.endswith("Config")), body)


# ---- References ---------------------------------------------------------------------------------

REFERENCE = re.compile(r"(?<![\w.\"])((?:var|local|module)\.\w+(?:\.\w+)?|(?:data\.|ephemeral\.)?aws_\w+\.\w+)")


def declared(module):
    names = {f"var.{v}" for v in module.get("variable", {})} | {f"module.{m}" for m in module.get("module", {})}
    names |= {f"local.{key}" for block in module.get("locals", []) for key in block}
    names |= {f"{type_}.{name}" for type_, by in module.get("resource", {}).items() for name in by}
    return names | {f"{kind}.{type_}.{name}" for kind in ("data", "ephemeral")
                    for type_, by in module.get(kind, {}).items() for name in by}


def references(module):
    """What its expressions name, a module's output with its module: module.vpc.vpc_id."""
    found = set()
    for text in texts({kind: part for kind, part in module.items() if kind != "variable"}):
        for hole in re.findall(r"[$%]\{(.*)\}", text, re.S):
            for name in REFERENCE.findall(hole):
                kind = name.split(".")[0]
                found.add(name if kind in ("module", "data", "ephemeral") or kind.startswith("aws_") else ".".join(name.split(".")[:2]))
    return found
