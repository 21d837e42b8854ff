#!/usr/bin/python3
"""dockerfile.py CASE…: the recipe of the image, read. `./dev image` carries it out."""
import re
import subprocess

from terraform import TREE, cases, tools

RECIPE = TREE / "cloud/docker/Dockerfile"


def stages():
    """[[(instruction, its text)]], a list for each FROM."""
    text = re.sub(r"^#.*\n", "", RECIPE.read_text(encoding="utf-8"), flags=re.M).replace("\\\n", " ")
    found = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        instruction, rest = line.split(None, 1)
        if instruction == "FROM":
            found.append([])
        found[-1].append((instruction, rest))
    return found


def all_of(stage, instruction):
    return [rest for it, rest in stage if it == instruction]


def packages_of(stage):
    (run,) = [rest for rest in all_of(stage, "RUN") if "apt-get install" in rest]
    words = re.search(r"apt-get install (.*?)&&", run)[1].split()
    return {word for word in words if not word.startswith("-")}


def listed(text, name):
    """The words of a shell variable's value over several lines."""
    return set(re.search(rf"^{name}='([^']*)'", text, re.M)[1].split())


def dockerfile__lint_finds_nothing():
    home = tools()
    done = subprocess.run([str(home / "node_modules/.bin/dockerfilelint"), str(RECIPE)], capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 0 and "Issues: None" in done.stdout, done.stdout + done.stderr


def dockerfile__both_stages_are_debian_12():
    assert [stage[0][1] for stage in stages()] == ["debian:12-slim AS build", "debian:12-slim"]


def dockerfile__final_image_runs_pulse_node_as_a_user():
    _, final = stages()
    user = all_of(final, "USER")
    assert user == ["pulse"] and "useradd" in all_of(final, "RUN")[0]
    assert all_of(final, "ENTRYPOINT") == ['["/usr/bin/pulse-node"]']
    assert len(all_of(final, "HEALTHCHECK")) == 1
    last = [it for it, _ in final]
    assert last.index("USER") > max(i for i, it in enumerate(last) if it == "RUN"), "what is installed is root's"
    assert not all_of(final, "COPY") and not all_of(final, "ADD"), "only the package brings files"


def dockerfile__keys_made_by_the_installation_go_in_the_same_layer():
    _, final = stages()
    assert [rest for rest in all_of(final, "RUN") if "openssh-server" in rest and "rm -rf" in rest
            and "/etc/ssh/ssh_host_*" in rest]


def dockerfile__packages_are_those_the_deb_asks_for_and_tests_run_with():
    build, final = stages()
    assert all_of(build, "RUN")[0] == "./dev setup build", "what builds here builds there"
    cmake = (TREE / "CMakeLists.txt").read_text(encoding="utf-8")
    asked = set()
    for field in ("DEPENDS", "RECOMMENDS"):
        value = re.search(rf"set\(CPACK_DEBIAN_PACKAGE_{field} \"?([^\")]+)", cmake)[1]
        asked |= {it.strip() for it in value.split(",")}
    assert packages_of(final) == asked | {"/package/*.deb"}
    dev = (TREE / "dev").read_text(encoding="utf-8")
    here = listed(dev, "demo_packages") | listed(dev, "test_packages")
    assert asked <= here, f"tests run without {asked - here}"


def dockerfile__context_holds_what_is_built_and_no_more():
    rules = [line for line in (TREE / ".dockerignore").read_text(encoding="utf-8").split("\n")
             if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    cmake = (TREE / "CMakeLists.txt").read_text(encoding="utf-8")
    parts = set(re.findall(r"^add_subdirectory\((\w+)\)", cmake, re.M))
    parts |= set(re.search(r"foreach\(part ([\w ]+)\)", cmake)[1].split())
    assert parts and let_in == parts | {"CMakeLists.txt", "CMakePresets.json", "CHANGELOG.md", "dev"}, (parts, let_in)


if __name__ == "__main__":
    cases.main(globals())
