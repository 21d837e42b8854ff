"""Who may include, name or say what: the architecture as a table, checked against the sources.

Run at the root of the tree. Each fault is a line `file:line: what`; exit code 1 if there is any.
Files that include each other in a circle are a fault too, a file being NAME.c with NAME.h.
"""
import os
import re
import sys

from sources import PRODUCT, code_of, comments_of, files, folders, line_of, read

# A row a folder: the other folders whose headers its files may include. No row is in a circle.
BASE, STORE = "io/base", "io/store"
MAY_INCLUDE = {
    "io/base": [],
    "io/config": [BASE],
    "io/page": [BASE],
    "io/store/common": [BASE],
    "io/store/aws": [BASE, "io/store/common"],
    "io/store/s3": [BASE, "io/store/common", "io/store/aws"],
    "io/store": [BASE, "io/store/common", "io/store/aws", "io/store/s3"],
    "io/data/common": [BASE, STORE],
    "io/data/pickle": [BASE, STORE, "io/data/common"],
    "io/data/csv": [BASE, STORE, "io/data/common"],
    "io/data/hdf5/chunks": [BASE],
    "io/data/hdf5/cf": [BASE, "io/data/common"],
    "io/data/hdf5/guard": [BASE, STORE, "io/data/common"],
    "io/data/hdf5": [BASE, STORE, "io/data/common", "io/data/pickle", "io/data/hdf5/chunks", "io/data/hdf5/cf", "io/data/hdf5/guard"],
    "io/data/parquet": [BASE, STORE, "io/data/common", "io/data/pickle"],
    "io/data": [BASE, STORE, "io/data/common", "io/data/csv", "io/data/hdf5", "io/data/parquet", "io/data/pickle"],
    "io/cli": [BASE, STORE, "io/data", "io/data/common", "io/data/csv", "io/data/hdf5"],
    "io/prepare": [BASE, STORE, "io/config", "io/data", "io/data/common", "io/cli", "io/page"],
    "engine/plan": [BASE, STORE, "io/config", "io/data/common", "engine/math"],
    "engine/math": [BASE],
    "engine/mpi": [BASE],
    "engine/panel": [BASE, "io/data", "engine/plan", "engine/mpi"],
    "engine/fit": [BASE, "engine/plan", "engine/math", "engine/mpi", "engine/panel"],
    "engine/kernel": [BASE, "engine/plan", "engine/math", "engine/mpi", "engine/panel", "engine/fit"],
    "engine/judge": [BASE, "engine/plan", "engine/math", "engine/panel"],
    "engine/checkpoint": [BASE, STORE, "engine/plan", "engine/mpi", "engine/fit"],
    "engine/results": [BASE, STORE, "io/data/hdf5", "engine/plan", "engine/mpi", "engine/fit", "engine/judge"],
    "engine/report": [BASE, STORE, "io/page", "engine/math", "engine/results"],
    "engine/export": [BASE, STORE, "io/data", "io/data/common", "engine/results", "engine/report"],
    "engine/evaluate": [BASE, STORE, "io/page", "io/config", "io/data/csv", "engine/math", "engine/report"],
    "engine/run": [BASE, STORE, "engine/plan", "engine/math", "engine/mpi", "engine/panel", "engine/fit", "engine/kernel",
                   "engine/judge", "engine/checkpoint", "engine/results", "engine/export", "engine/report"],
    "engine/tune/space": [BASE, STORE, "io/config", "engine/plan"],
    "engine/tune": [BASE, STORE, "io/page", "io/store/aws", "io/config", "io/data", "io/data/csv", "io/data/hdf5", "engine/plan", "engine/math", "engine/mpi",
                    "engine/panel", "engine/fit", "engine/judge", "engine/results", "engine/report", "engine/evaluate",
                    "engine/run", "engine/tune/space", "submit"],
    "submit": [BASE, STORE, "io/store/aws", "io/data", "engine/plan"],
    "submit/flow": [BASE, STORE, "io/config", "io/store/aws", "engine/plan", "submit"],
    "cloud/node": [BASE, STORE, "io/store/aws"],
}
# Where includes begin: "fit/walk.h" is engine/fit/walk.h, "submit/job.h" itself.
ROOTS = ("engine/", "io/", "cloud/", "")
# <Header> pattern → the only files that may include it (regular expressions on paths), among
# cloud, engine, io and submit.
ONLY_IN = [
    (r"curl/", r"io/store/aws/http(\.c|_transfer\.[ch])"),
    (r"openssl/", r"io/store/.*|submit/.*|cloud/node/seal.c"),
    (r"mpi\.h", r"engine/.*"),
    (r"(lapacke|cblas)\.h", r"engine/.*"),
]
# Headers that the build makes out of other files.
MADE = ["io/page/assets.h"]
# Word in code (comments and strings left out) → the only files that may use it.
WORD_ONLY_IN = [
    (r"\bMPI_COMM_WORLD\b", r"engine/mpi/comm\.c"),
    (r"\bMPI_[A-Z]\w*", r"engine/.*"),
]
# Put together here so that this file does not find itself.
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
ABSENT = re.compile(r"\bSP" + r"EC\b(?!\.\.\.)")  # a document that is not in the tree; SPEC... is an argument
MOST_FILES = 45  # of a folder
MOST_NAMESAKES = 2  # .c files with a static function of the same name, if that is one word
STATIC = re.compile(r"^static\b[^;={}()]*?\b([A-Za-z0-9]+)\s*\((?!\*)", re.M)

PRODUCT = ("cloud/", "engine/", "io/", "submit/")
SOURCES = (".c", ".h", ".py", ".sh", ".cmake", ".txt", ".tf", ".mjs")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


# ---- Faults of one file --------------------------------------------------------------------------


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
    """(line, what) of each fault of a single file."""
    is_c = path.endswith((".c", ".h"))
    for number, line in enumerate(text.split("\n"), 1):
        word = UNFINISHED.search(line)
        if word:
            yield number, f"{word.group()}: finish it, or write down why not"
    for number, line in enumerate((comments_of(text) if is_c else text).split("\n"), 1):
        if ABSENT.search(line):
            yield number, "cites a document that is not in the tree: name a section of engine/DEFINITIONS.md"
    if not (path.startswith(PRODUCT) and is_c):
        return
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if found:
            what = include_fault(path, *found.groups())
            if what:
                yield number, what
    for number, line in enumerate(code_of(text).split("\n"), 1):
        for pattern, where in WORD_ONLY_IN:
            word = re.search(pattern, line)
            if word and not re.fullmatch(where, path):
                yield number, f"{word.group()} may be used by {plain(where)} only"
                break


# ---- Faults of several files --------------------------------------------------------------------


def large_folders():
    for folder, names in folders():
        if len(names) > MOST_FILES:
            yield f"{folder}:1: {len(names)} files; a folder holds at most {MOST_FILES}"


def namesakes(texts):
    """Static functions of one word that stand in several files, which look alike in a profile, gdb and grep."""
    found = {}
    for path, text in texts.items():
        if path.endswith(".c"):
            code = code_of(text)
            for it in STATIC.finditer(code):
                found.setdefault(it[1], {}).setdefault(path, f"{path}:{line_of(code, it.start(1))}")
    for name, where in sorted(found.items()):
        if len(where) > MOST_NAMESAKES:
            for line in where.values():
                yield f"{line}: {name}() is static in {len(where)} files: name it by verb and object"


def include_graph(texts):
    """File without ending → {file without ending that it includes: where}, of the product."""
    graph = {}
    for path, text in texts.items():
        if path.startswith(PRODUCT) and path.endswith((".c", ".h")):
            node = os.path.splitext(path)[0]
            edges = graph.setdefault(node, {})
            for number, line in enumerate(text.split("\n"), 1):
                found = INCLUDE.match(line)
                target = found and found[1] == '"' and resolve(found[2])
                if target and os.path.splitext(target)[0] != node:
                    edges.setdefault(os.path.splitext(target)[0], f"{path}:{number}")
    return graph


def way(graph, start, goal):
    """The shortest list of nodes from one to the other along at least one edge, or None."""
    before, ahead = {}, [start]
    for node in ahead:
        for following in graph.get(node, ()):
            if following not in before:
                before[following] = node
                ahead.append(following)
    if goal not in before:
        return None
    nodes = [goal]
    while len(nodes) == 1 or nodes[-1] != start:
        nodes.append(before[nodes[-1]])
    return nodes[::-1]


def circles(graph):
    """One circle for each set of nodes that reach each other."""
    seen = set()
    for node in sorted(graph):
        round_trip = None if node in seen else way(graph, node, node)
        if round_trip:
            seen |= {other for other in graph if way(graph, node, other) and way(graph, other, node)}
            yield round_trip


def circle_faults(texts):
    graph = include_graph(texts)
    for nodes in circles(graph):
        yield f"{graph[nodes[0]][nodes[1]]}: circle of files: {' → '.join(nodes)}"
    for nodes in circles({folder: dict.fromkeys(others) for folder, others in MAY_INCLUDE.items()}):
        yield f"tests/check/layers.py:1: circle in MAY_INCLUDE: {' → '.join(nodes)}"


def main():
    texts = {path: read(path) for path in files()}
    lines = [f"{path}:{number}: {what}" for path, text in texts.items() for number, what in faults(path, text)]
    lines += [*large_folders(), *namesakes(texts), *circle_faults(texts)]
    for line in lines:
        print(line)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
