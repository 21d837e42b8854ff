"""Who may include, name or say what: the architecture as a table, checked against the sources.

Run at the root of the tree. Each fault is a line `file:line: what`; exit code 1 if there is any.
"""
import os
import re
import sys

# A row a folder: the other folders whose headers its files may include. No row is in a circle.
BASE, STORE = "io/base", "io/store"
MAY_INCLUDE = {
    "io/base": [],
    "io/store": [BASE],
    "io/data/common": [BASE, STORE],
    "io/data/pickle": [BASE, STORE, "io/data/common"],
    "io/data/csv": [BASE, STORE, "io/data/common"],
    "io/data/hdf5": [BASE, STORE, "io/data/common", "io/data/pickle"],
    "io/data/parquet": [BASE, STORE, "io/data/common"],
    "io/data": [BASE, STORE, "io/data/common", "io/data/csv", "io/data/hdf5", "io/data/parquet", "io/data/pickle"],
    "io/cli": [BASE, STORE, "io/data", "io/data/common", "io/data/csv", "io/data/hdf5"],
    "engine/plan": [BASE, STORE, "io/data/common"],
    "engine/math": [BASE],
    "engine/mpi": [BASE],
    "engine/panel": [BASE, "io/data", "engine/plan", "engine/mpi"],
    "engine/fit": [BASE, "engine/plan", "engine/math", "engine/mpi", "engine/panel"],
    "engine/judge": [BASE, "engine/plan", "engine/math", "engine/panel"],
    "engine/checkpoint": [BASE, STORE, "engine/plan", "engine/mpi", "engine/fit"],
    "engine/results": [BASE, STORE, "engine/plan", "engine/mpi", "engine/fit", "engine/judge"],
    "engine/report": [BASE, STORE, "engine/math", "engine/results"],
    "engine/run": [BASE, STORE, "engine/plan", "engine/mpi", "engine/panel", "engine/fit", "engine/judge",
                   "engine/checkpoint", "engine/results", "engine/report"],
    "submit": [BASE, STORE, "engine/plan"],
    "cloud/node": [BASE, STORE],
}
# Where includes begin: "fit/walk.h" is engine/fit/walk.h, "submit/job.h" itself.
ROOTS = ("engine/", "io/", "cloud/", "")
# <Header> pattern → the only files that may include it (regular expressions on paths), among
# cloud, engine, io and submit.
ONLY_IN = [
    (r"curl/", r"io/store/http\.c"),
    (r"openssl/", r"io/store/.*|submit/.*"),
    (r"mpi\.h", r"engine/.*"),
    (r"(lapacke|cblas)\.h", r"engine/.*"),
]
# Headers that the build makes out of other files.
MADE = ["engine/report/assets.h"]
# Word in code (comments and strings left out) → the only files that may use it.
WORD_ONLY_IN = [
    (r"\bMPI_COMM_WORLD\b", r"engine/mpi/comm\.c"),
    (r"\bMPI_[A-Z]\w*", r"engine/.*"),
]
# Put together here so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")

PRODUCT = ("cloud/", "engine/", "io/", "submit/")
SOURCES = (".c", ".h", ".py", ".sh", ".cmake", ".txt", ".tf", ".mjs")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def files():
    for top in ("engine", "io", "submit", "tests", "bench", "cloud", ".ci"):
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith(SOURCES) or (top == ".ci"):
                    yield os.path.join(folder, name).replace(os.sep, "/")
    yield from ("CMakeLists.txt", "dev")


def bare(text):
    """C without comments and the insides of strings, line numbers kept."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return token.sub(lambda m: '""' + "\n" * m.group().count("\n"), text)


def plain(pattern):
    """A path pattern of the tables as a reader would write it."""
    return pattern.replace(".*", "*").replace("\\", "").replace("|", " or ")


def resolve(header):
    """The file that an include in quotes names, or None."""
    return next((root + header for root in ROOTS
                 if root + header in MADE or os.path.exists(root + header)), None)


def include_fault(path, mark, header):
    """What is wrong with this include, or None."""
    if mark == "<":
        wrong = next((where for pattern, where in ONLY_IN
                      if re.match(pattern, header) and not re.fullmatch(where, path)), None)
        return wrong and f"<{header}> may be included by {plain(wrong)} only"
    target = resolve(header) if "/" in header else None
    if target is None:
        return f'"{header}" is no path from engine/, io/, cloud/ or the top: includes carry their folder'
    me, it = os.path.dirname(path), os.path.dirname(target)
    if me not in MAY_INCLUDE:
        return f"{me} has no row in MAY_INCLUDE of tests/check/layers.py"
    if me != it and it not in MAY_INCLUDE[me]:
        return f'"{header}" is not of a folder that {me} may use'
    return None


def faults(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        word = UNFINISHED.search(line)
        if word:
            yield number, f"{word.group()}: finish it, or write down why not"
    if not (path.startswith(PRODUCT) and path.endswith((".c", ".h"))):
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            what = include_fault(path, *found.groups())
            if what:
                yield number, what
    for number, line in enumerate(bare(text).split("\n"), 1):
        for pattern, where in WORD_ONLY_IN:
            word = re.search(pattern, line)
            if word and not re.fullmatch(where, path):
                yield number, f"{word.group()} may be used by {plain(where)} only"
                break


def main():
    bad = 0
    for path in files():
        with open(path, encoding="utf-8", errors="replace") as source:
            for number, what in faults(path, source.read()):
                print(f"{path}:{number}: {what}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
