#!/usr/bin/python3
"""applies.py [CASE…]: the list of faults fits the tree: each can still be put in, and names tests that there are."""
import json
import os
import pathlib
import re
import subprocess
import sys

import faults

sys.path.insert(0, str(faults.ROOT / "tests" / "check"))
from cases import main  # noqa: E402


def mutants__every_fault_still_applies():
    wrong = []
    for fault in faults.read_list():
        path = faults.ROOT / fault.file
        try:
            faults.with_fault(fault, path.read_text(encoding="utf-8") if path.is_file() else "")
        except ValueError as why:
            wrong.append(str(why))
    assert not wrong, "\n".join(wrong)


def mutants__every_fault_names_tests_that_there_are():
    build = pathlib.Path(os.environ["PULSE_BIN"]).parent
    listed = subprocess.run(["ctest", "--test-dir", str(build), "--show-only=json-v1"], check=True, capture_output=True)
    names = [test["name"] for test in json.loads(listed.stdout)["tests"]]
    wrong = [f"{fault.where}: {fault.name}: no test is named {fault.tests}" for fault in faults.read_list()
             if not any(re.search(fault.tests, name) for name in names)]
    assert not wrong, "\n".join(wrong)


def mutants__every_folder_has_faults():
    """So that the list grows with the tree."""
    found = {str(pathlib.Path(fault.file).parent) for fault in faults.read_list()}
    wanted = [*(f"engine/{name}" for name in ("plan", "math", "mpi", "panel", "fit", "judge", "checkpoint", "results",
                                              "report", "run")),
              "io/base", "io/cli", "io/prepare", "submit", "submit/flow", "cloud/node"]
    missing = [name for name in wanted if name not in found]
    assert not missing and any(name.startswith("io/store") for name in found) \
        and any(name.startswith("io/data") for name in found), missing


if __name__ == "__main__":
    main(globals())
