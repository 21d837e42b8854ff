#!/usr/bin/python3
"""mutants.py BUILD [NAME…]: puts one fault after the other into a copy of the tree, and says which no test notices.

BUILD is the directory for the copy and its build; NAME a regular expression of faults. Each fault is tried with the
tests that it names. Without any fault these tests must pass. Ends with 1 where more than 3 in 100 faults survive, or
the list itself is wrong.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

import faults

MOST_SURVIVORS = 0.03


def copy_tree(to):
    """What git knows of; a file that did not change keeps its time, so that it is not built again."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=faults.ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\n")
    names = [name for name in names if name and (faults.ROOT / name).is_file()]
    for name in names:
        content, copy = (faults.ROOT / name).read_bytes(), to / name
        if not copy.is_file() or copy.read_bytes() != content:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(content)
            copy.chmod((faults.ROOT / name).stat().st_mode)
    known = set(names)
    for path in [path for path in to.rglob("*") if path.is_file() and str(path.relative_to(to)) not in known]:
        path.unlink()


class Tree:
    """The copy, its build, and the tests that it has."""

    def __init__(self, directory):
        self.source, self.build = directory / "source", directory / "build"
        self.source.mkdir(parents=True, exist_ok=True)
        copy_tree(self.source)
        self.run("cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
        self.run("ninja", "-C", self.build)
        listed = json.loads(self.run("ctest", "--test-dir", self.build, "--show-only=json-v1"))
        self.tests = {test["name"]: test.get("command", [""])[0] for test in listed["tests"]}

    def run(self, *words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise RuntimeError(f"{words[0]} failed\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done.stdout

    def named(self, regex):
        return [name for name in self.tests if re.search(regex, name)]

    def make(self, names):
        """Builds what these tests run."""
        wanted, own = set(), set(self.tests.values())
        for name in names:
            program = pathlib.Path(self.tests[name])
            if program.is_relative_to(self.build):
                wanted.add(str(program.relative_to(self.build)))
            else:  # a script: it may start any of them
                wanted.update(str(path.relative_to(self.build)) for folder in ("bin", "bin/tests")
                              for path in (self.build / folder).iterdir() if path.is_file() and str(path) not in own)
        self.run("ninja", "-C", self.build, *sorted(wanted))

    def test(self, names, jobs):
        """{name: "Passed", "Failed" or "Skipped"}"""
        report = self.build / "mutants.xml"
        report.unlink(missing_ok=True)
        regex = "^(" + "|".join(map(re.escape, names)) + ")$"
        # The S3 server that cases share runs from the first to the last of all.
        subprocess.run(["ctest", "--test-dir", str(self.build), "-R", regex, "-FA", "swift", "-j", str(jobs),
                        "--output-junit", str(report)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        found = {}
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            status = case.get("status")
            found[case.get("name")] = {"run": "Passed", "notrun": "Skipped"}.get(status, "Failed")
        return found

    def fixture(self, verb):
        """The S3 server would end with the ctest that starts it: it is ours, which start several."""
        os.environ["PULSE_S3_OWNER"] = str(os.getpid())
        subprocess.run(["ctest", "--test-dir", str(self.build), "-R", f"^s3_fixture__{verb}$", "-FA", "swift"],
                       stdin=subprocess.DEVNULL, capture_output=True, check=False)


def try_fault(tree, fault, sound):
    """What became of a fault: (word, what to say)."""
    path = tree.source / fault.file
    before = path.read_text(encoding="utf-8")
    names = [name for name in tree.named(fault.tests) if name in sound]
    if not names:
        return "not tried", "its tests do not run here"
    try:
        path.write_text(faults.with_fault(fault, before), encoding="utf-8")
        tree.make(names)
        failed = [name for name, result in tree.test(names, 2).items() if result == "Failed"]
    except (RuntimeError, ValueError) as why:
        return "wrong", f"{fault.where}: does not apply or build: {why}"
    finally:
        path.write_text(before, encoding="utf-8")
    return ("killed", failed[0]) if failed else ("SURVIVES", fault.costs)


def find_sound(tree, chosen):
    """The tests of these faults that pass without one; those that fail are said."""
    names = sorted({name for fault in chosen for name in tree.named(fault.tests)})
    results = tree.test(names, 3)
    for name, result in results.items():
        if result == "Failed":
            print(f"fails without a fault: {name}", flush=True)
    return {name for name, result in results.items() if result == "Passed"}


def try_all(tree, chosen):
    counts = {}
    sound = find_sound(tree, chosen)
    print(f"{len(chosen)} faults, {len(sound)} tests that pass without one", flush=True)
    for fault in chosen:
        began = time.monotonic()
        word, what = try_fault(tree, fault, sound)
        counts[word] = counts.get(word, 0) + 1
        print(f"{word:9} {fault.name}: {what} ({time.monotonic() - began:.0f} s)", flush=True)
    return counts


def main(directory, *patterns):
    chosen = [fault for fault in faults.read_list()
              if not patterns or any(re.search(pattern, fault.name) for pattern in patterns)]
    if not chosen:
        sys.exit(f"mutants: no fault is named {' or '.join(patterns)}")
    tree = Tree(pathlib.Path(directory).resolve())
    tree.fixture("start")
    try:
        counts = try_all(tree, chosen)
    finally:
        tree.fixture("stop")
    survive, tried = counts.get("SURVIVES", 0), counts.get("SURVIVES", 0) + counts.get("killed", 0)
    print(", ".join(f"{n} {word}" for word, n in counts.items()))
    sys.exit(1 if "wrong" in counts or survive > MOST_SURVIVORS * tried else 0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    main(*sys.argv[1:])
