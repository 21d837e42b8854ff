"""What Terraform makes of a module's expressions, worked out by terraform itself without a provider.

Every resource becomes an output with the same arguments; what other resources would say is a word."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import terraform

# Another resource's attribute; a splat and the zones are lists.
ATTRIBUTE = re.compile(r"(?:data\.|ephemeral\.)?(aws_\w+)\.\w+(\[[^\]]*\])?((?:\.\w+)+)")
META = ("count", "for_each", "depends_on", "lifecycle", "provider", "dynamic")
FIRST = {"count.index": "0", "each.key": '"results"', "each.value": '"example"', "path.module": "path.root"}


def word(match):
    type_, index, attribute = match.groups()
    text = json.dumps(type_.replace("aws_", "") + attribute.replace(".", "-"))
    return f"[{text}, {text}]" if index == "[*]" or attribute == ".names" else text


def bare(text, first=None):
    """An expression that asks no other resource; `first` says what a count or for_each stands for."""
    def hole(match):
        one = re.sub(r"\bone\(([\w.]+)\[\*\]([\w.]+)\)", r"\1[0]\2", match[0])  # of a resource that is made once or not
        inner = ATTRIBUTE.sub(word, one)
        for name, value in (first or FIRST).items():
            inner = re.sub(rf"(?<![\w.]){re.escape(name)}\b", value, inner)
        return inner
    return re.sub(r"\$\{.*\}", hole, text, flags=re.S)


def inside(text):
    """What stands for a value within another expression: one without its ${}, or text in quotes."""
    whole = re.fullmatch(r"\$\{(.*)\}", text, re.S)
    return whole[1] if whole else f'"{text}"'


def repeated(name, block, first):
    """A dynamic block as a list of what its content would be."""
    fields = ", ".join(f"{key} = {inside(bare(value, first))}" for key, value in block["content"][0].items()
                       if isinstance(value, str))
    return f"${{[for {name} in [for key, it in {inside(bare(block['for_each'], first))} : {{ key = key, value = it }}] : {{ {fields} }}]}}"


def expression(body, first=None):
    if isinstance(body, str):
        return bare(body, first)
    if isinstance(body, list):
        return [expression(it, first) for it in body]
    if isinstance(body, dict):
        plain = {key: expression(value, first) for key, value in body.items() if key not in META}
        for name, blocks in body.get("dynamic", {}).items():
            plain[f"dynamic {name}"] = repeated(name, blocks[0], first)
        return plain
    return body


def copies(module, body):
    """Key → its arguments, of a resource that is made for each key of a local's map; else "" → its own."""
    local = re.fullmatch(r"\$\{local\.(\w+)\}", str(body.get("for_each")))
    keys = [key for block in module.get("locals", []) if local for key in block.get(local[1], {})]
    if not keys:
        return {"": expression(body)}
    return {f"-{key}": expression(body, {**FIRST, "each.key": json.dumps(key),
                                         "each.value": f"local.{local[1]}.{key}"}) for key in keys}


def resources(name, /, **variables):
    """"type.name", or "type.name.key", → its arguments' values, of the module cloud/aws/NAME with these variables."""
    if shutil.which("terraform") is None:
        raise terraform.Skip("there is no terraform to ask")
    module = terraform.load(name)
    outputs = {f"{type_}-{it}{key}": {"value": one} for kind in ("resource", "data")
               for type_, by in module.get(kind, {}).items() for it, (body,) in by.items()
               for key, one in copies(module, body).items()}
    for it, (body,) in module["variable"].items():
        if "default" not in body and it not in variables:
            variables[it] = (["a-1", "a-2"] if "list" in body["type"] else
                             "{}" if it == "container" else f"a-{it}")  # that one is JSON
    config = {"locals": expression(module.get("locals", [])), "output": outputs}
    with tempfile.TemporaryDirectory() as directory:
        here = pathlib.Path(directory)
        for file in [*(terraform.AWS / name).glob("*.json"), *(terraform.AWS / name).glob("*.mime"), terraform.AWS / name / "variables.tf"]:
            shutil.copy(file, here)
        (here / "main.tf.json").write_text(json.dumps(config), encoding="utf-8")
        (here / "terraform.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
        for words in (["init"], ["apply", "-auto-approve"], ["output", "-json"]):
            done = subprocess.run(["terraform", *words, "-no-color"], cwd=directory, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=120, check=False,
                                  env=dict(os.environ, TF_CLI_CONFIG_FILE=os.devnull, CHECKPOINT_DISABLE="1",
                                           TF_IN_AUTOMATION="1", TF_INPUT="0"))
            assert done.returncode == 0, done.stdout + done.stderr
    return {it.replace("-", "."): output["value"] for it, output in json.loads(done.stdout).items()}
