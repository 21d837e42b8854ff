#!/usr/bin/python3
"""readme.py CASE…: what the documents name is there: files, programs, options.

PULSE_BIN is the directory of the programs."""
import glob
import os
import pathlib
import re
import subprocess

import cases

TREE = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("engine", "io", "submit", "cloud", "tests", "bench")
# Options of programs that are not ours.
FOREIGN = {"--oversubscribe": "mpirun", "--install": "cmake", "--preset": "cmake", "--build": "cmake",
           "--quick": "bench", "--no-install-recommends": "apt-get", "--rm": "docker", "--entrypoint": "docker",
           "--shm-size": "docker", "--username": "docker", "--password-stdin": "docker", "--cli-input-json": "aws"}


def read(path):
    return pathlib.Path(path).read_text(encoding="utf-8")


def pages():
    """Every page of prose of the project."""
    found = glob.glob(str(TREE / "*.md"))
    for top in TOPS:
        found += glob.glob(str(TREE / top / "**/*.md"), recursive=True)
    return found


def prose():
    return "\n".join(map(read, pages()))


def said(*words):
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], words[0]), *words[1:], "--help"], text=True,
                          capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def programs():
    return [os.path.basename(path) for path in glob.glob(os.path.join(os.environ["PULSE_BIN"], "pulse-*"))]


def commands(program):
    block = re.search(r"^Commands:\n((?:.+\n)+)", said(program), re.M)
    return re.findall(r"^  ([a-z]+) ", block[1], re.M) if block else []


def readme__links_lead_somewhere():
    links = 0
    for page in pages():
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", read(page)):
            if "://" not in target:
                links += 1
                assert os.path.exists(os.path.join(os.path.dirname(page), target)), f"{page}: {target}"
    assert links > 5


def readme__files_it_names_are_there():
    text = prose()
    named = {it.rstrip("/.") for it in re.findall(rf"(?<![\w/.-])((?:{'|'.join(TOPS)})/[\w./-]*)", text)}
    assert named
    missing = [it for it in named if not (TREE / it).exists()]
    assert not missing, missing


def readme__programs_and_commands_it_names_are_there():
    text = prose()
    known = programs()
    named = set(re.findall(r"(?<![\w/-])(?:build/bin/)?(pulse-(?:train|report|data|submit|status|node))\b", text))
    assert named and named <= set(known), named - set(known)
    for program in known:
        has = commands(program)
        if has:
            used = set(re.findall(rf"^ +\$ (?:build/bin/)?{program} ([a-z]+) ", text, re.M))
            used |= set(re.findall(rf"`{program} ([a-z]+)[ `]", text))
            assert used <= set(has), (program, used - set(has))


def readme__options_it_names_are_there():
    known = set(FOREIGN)
    for program in programs():
        for words in [[program], *([program, it] for it in commands(program))]:
            known |= set(re.findall(r"(?<!\S)(--[a-z0-9-]+)", said(*words)))
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", prose()))
    assert len(named) > 20
    assert named <= known, named - known


def readme__verbs_of_dev_it_names_are_there():
    dev = read(TREE / "dev")
    verbs = set(re.findall(r"^([a-z]+)\) ", dev[dev.index("case $command in"):], re.M))
    named = set(re.findall(r"\./dev ([a-z]+)", prose()))
    usage = set(re.findall(r"^  ([a-z]+) ", dev[:dev.index("\nEND")], re.M))
    assert {"demo", "test"} <= named <= verbs, named - verbs
    assert usage == verbs, usage ^ verbs


if __name__ == "__main__":
    cases.main(globals())
