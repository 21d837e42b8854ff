"""The list of faults, and how each is put into a source.

A file NAME.faults holds faults one after the other:

    === name
    costs: what a user would suffer
    file: the source, below the root
    tests: a regular expression of the ctests that must notice
    --- old
    text that stands in the source once
    --- new
    what stands there with the fault
"""
import dataclasses
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FIELDS = ("costs", "file", "tests")


@dataclasses.dataclass
class Fault:
    name: str
    where: str  # the list and the line, for messages
    costs: str
    file: str
    tests: str
    old: str
    new: str


def parse_fault(name, where, text):
    head, *parts = text.split("--- old\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines() if line)
    if len(parts) != 1 or parts[0].count("--- new\n") != 1 or sorted(fields) != sorted(FIELDS):
        raise ValueError(f"{where}: {name} is not: {', '.join(FIELDS)}, --- old, --- new")
    old, new = parts[0].split("--- new\n")
    return Fault(name, where, **fields, old=old.strip("\n"), new=new.strip("\n"))


def read_list():
    """Every fault, in the order of files and lines."""
    found = []
    for path in sorted(HERE.glob("*.faults")):
        line = 1
        _, *parts = ("\n" + path.read_text(encoding="utf-8")).split("\n=== ")
        for part in parts:
            name, _, text = part.partition("\n")
            found.append(parse_fault(name.strip(), f"{path.name}:{line}", text + "\n"))
            line += part.count("\n") + 1
    names = [fault.name for fault in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"named twice: {', '.join(sorted(twice))}")
    return found


def with_fault(fault, text):
    """The source with the fault in it; ValueError where it cannot be put there any more."""
    times = text.count(fault.old) if fault.old else 0
    if times != 1 or fault.old == fault.new:
        raise ValueError(f"{fault.where}: {fault.name}: its old text stands in {fault.file} {times} times, not once: "
                         "find where it stands today")
    return text.replace(fault.old, fault.new)
