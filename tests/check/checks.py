#!/usr/bin/python3
"""checks.py CASE…: what layers.py and words.py find, and do not find, in small made-up trees; and that the tree is clean.
And that a benchmark measures a program and not itself."""
import os
import pathlib
import subprocess
import sys
import tempfile

import cases

TOLD, PLACE = "to" + "ld", "pl" + "ace"  # put together, so that words.py does not find them here
TREE = pathlib.Path(__file__).resolve().parents[2]


def run(check, *options, tree=TREE):
    """(exit code, lines)"""
    done = subprocess.run([sys.executable, TREE / "tests/check" / check, *options], cwd=tree, text=True,
                          capture_output=True, timeout=300, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def found(check, files, *options):
    """The lines of a check of a tree that holds these files."""
    with tempfile.TemporaryDirectory(prefix="pulse-checks-") as tree:
        for path, text in {"CMakeLists.txt": "", "dev": "", **files}.items():
            where = pathlib.Path(tree, path)
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_text(text, encoding="utf-8")
        code, lines = run(check, *options, tree=tree)
    assert code == (len(lines) > (30 if check == "words.py" else 0)), (code, lines)
    return lines


def one(fault, files, *options):
    """Exactly one line, which begins like this."""
    lines = found("layers.py", files, *options)
    assert len(lines) == 1 and lines[0].startswith(fault), lines


def include(*headers):
    return "".join(f'#include "{header}"\n' for header in headers)


def layers__the_tree_has_no_fault():
    code, lines = run("layers.py")
    assert code == 0, "\n".join(lines)


def layers__what_is_allowed_is_no_fault():
    allowed = {
        "io/base/a.h": "", "io/base/a.c": include("base/a.h") + "static int fail(void)\n{\n}\n",
        "io/store/b.h": include("base/a.h"), "io/store/b.c": "static int fail(void)\n{\n}\n/* static int fail(void) */\n",
        "engine/mpi/comm.c": include("base/a.h") + "#include <mpi.h>\nint x = MPI_COMM_WORLD;\n",
        "engine/plan/c.c": "static int fail_it(void)\n{\n}\nstatic int x = fail(1);\n" + 'char *t = "SP' + 'EC...";\n',
        **{f"engine/fit/f{i}.h": "" for i in range(45)}, **{f"tests/fuzz/corpus/csv/{i}": "" for i in range(60)}}
    assert found("layers.py", allowed) == []


def layers__includes_follow_the_table():
    one('io/base/a.c:1: "store/b.h" is not of a folder that io/base may use',
        {"io/base/a.c": include("store/b.h"), "io/store/b.h": ""})
    one('io/attic/a.c:1: io/attic has no row', {"io/attic/a.c": include("base/b.h"), "io/base/b.h": ""})
    one("io/data/csv/a.c:1: <curl/curl.h> may be included by", {"io/data/csv/a.c": "#include <curl/curl.h>\n"})


def layers__includes_carry_their_folder():
    one('io/base/a.c:2: "b.h" is no path', {"io/base/a.c": "\n" + include("b.h"), "io/base/b.h": ""})
    one('io/base/a.c:1: "base/gone.h" is no path', {"io/base/a.c": include("base/gone.h")})


def layers__words_stay_in_their_folders():
    one("engine/fit/a.c:1: MPI_COMM_WORLD may be used by", {"engine/fit/a.c": "int x = MPI_COMM_WORLD;\n"})
    one("io/base/a.c:1: MPI_Send may be used by", {"io/base/a.c": "int x = MPI_Send();\n"})


def layers__unfinished_work_and_absent_documents_are_faults():
    one("tests/a.py:1: TO" + "DO", {"tests/a.py": "# TO" + "DO\n"})
    one("engine/fit/a.c:2: cites a document", {"engine/fit/a.c": "int x;\n/* SP" + "EC, section 3 */\n"})
    one("tests/a.py:1: cites a document", {"tests/a.py": "# see SP" + "EC.md\n"})


def layers__large_folders_are_faults():
    one("engine/fit:1: 46 files", {f"engine/fit/f{i}.h": "" for i in range(46)})


def layers__static_functions_of_one_word_stand_in_two_files():
    twice = {f"io/{folder}/x.c": "static const char *\nfail(int a)\n{\n}\n" for folder in ("base", "store")}
    assert found("layers.py", twice) == []
    lines = found("layers.py", {**twice, "bench/x.c": "\nstatic void fail(void);\n\nstatic void fail(void)\n{\n}\n"})
    assert [line.split(": ")[0] for line in lines] == ["io/base/x.c:2", "io/store/x.c:2", "bench/x.c:2"], lines
    assert "fail() is static in 3 files" in lines[0], lines


def layers__circles_of_files_are_faults():
    files = {"io/base/a.h": include("base/b.h"), "io/base/b.c": include("base/b.h", "base/c.h"), "io/base/b.h": "",
             "io/base/c.h": include("base/d.h"), "io/base/d.c": include("base/b.h"), "io/base/d.h": ""}
    one("io/base/b.c:2: circle of files: io/base/b → io/base/c → io/base/d → io/base/b", files)
    del files["io/base/d.c"]
    assert found("layers.py", files) == []


def words__few_lines_are_printed_and_many_are_a_fault():
    lines = found("words.py", {"io/base/a.c": f"int {TOLD}_of;\nint a;\n",
                               "engine/README.md": f"One {PLACE}.\nA workplace, a ballroom, a teller.\n"})
    assert lines == [f"engine/README.md:1: One {PLACE}.", f"io/base/a.c:1: int {TOLD}_of;"], lines
    assert len(found("words.py", {"tests/a.py": 30 * f"{TOLD}\n"})) == 30
    assert "31 lines" in found("words.py", {"tests/a.py": 31 * f"{TOLD}\n"})[-1]


def bench__memory_of_a_program_is_not_that_of_who_starts_it():
    sys.path.insert(0, str(TREE / "bench"))
    import tuning
    held = bytearray(200 << 20)
    assert tuning.measure(["true"])[2] < len(held) / 4
    del held  # Linux knows how much it once was
    seconds, processor, peak = tuning.measure([sys.executable, "-c", "bytearray(100 << 20)"])
    assert 100 << 20 < peak < 200 << 20 and processor > 0 and seconds > 0, (seconds, processor, peak)


if __name__ == "__main__":
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    cases.main(globals())
