"""Who may include, name or say what: the architecture as a table, checked against the sources.

Run at the root of the tree. Each fault is a line `file:line: what`; exit code 1 if there is any.
"""
import os
import re
import sys

# The engine's stages in the order data flows; none includes a later one's header. A folder is one
# stage.
STAGES = ["options_store", "options", "options_settle", "options_parse", "plan", "load", "panel",
          "systems", "exchange", "gram", "scan", "sums", "walk", "dual", "drivers", "drivers_all", "sparse", "record", "identity",
          "checkpoint", "saver", "progress_file", "combine", "interval", "score", "trust", "judge",
           "holder", "claim", "output", "results", "results_file", "results_gather", "results_parts", "results_disk", "results_drivers",
           "summary", "report", "estimate", "dryrun", "train", "train_checkpoint", "train_prepare",
           "train_drivers", "train_walk", "train_timings", "train_judge", "train_deliver"]
# Tools of every stage, which themselves include no stage; main knows them all.
TOOLS = ["beta", "comm", "la", "part_name", "parts", "rows", "timeline"]

# Path prefix of the including file → prefixes of "quoted" headers it may include ("" means one of
# its own directory). The first prefix that fits decides.
MAY_INCLUDE = [
    ("io/base/", ["base/", ""]),
    ("io/store/", ["base/", "store/", ""]),
    ("io/data/", ["base/", "store/", "data/", ""]),
    ("io/cli/", ["base/", "store/", "data/", "cli/"]),
    ("io/", ["base/", "store/", "data/", ""]),
    ("engine/report/", ["base/", "store/", "beta.h", "part_name.h", ""]),
    ("engine/", ["base/", "store/", "data/", "report/report.h", ""]),
    ("submit/", ["base/", "store/", "options.h", "plan.h", "estimate.h", ""]),
    ("cloud/", ["base/", "store/", ""]),
]
# <Header> pattern → the only files that may include it (regular expressions on paths), among
# cloud, engine, io and submit.
ONLY_IN = [
    (r"curl/", r"io/store/http\.c"),
    (r"openssl/", r"io/store/.*|submit/.*"),
    (r"mpi\.h", r"engine/.*|io/data/h5_parallel\.[ch]"),
    (r"(lapacke|cblas)\.h", r"engine/.*"),
]
# Headers that the build makes out of other files.
MADE = ["assets.h"]
# Word in code (comments and strings left out) → the only files that may use it.
WORD_ONLY_IN = [
    (r"\bMPI_COMM_WORLD\b", r"engine/comm\.c"),
    (r"\bMPI_[A-Z]\w*", r"engine/.*|io/data/h5_parallel\.[ch]"),
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


def stage_of(path):
    """The stage of a file of the engine: its folder, or its name."""
    return path.removeprefix("engine/").split("/")[0].rsplit(".", 1)[0]


def stage_fault(path, header):
    """What is wrong with an engine file including an engine header, or None."""
    me, it = stage_of(path), stage_of(header)
    for name in (me, it):
        if name != "main" and name not in STAGES + TOOLS:
            return f"'{name}' has no place in STAGES or TOOLS of tests/check/layers.py"
    if me in ("main", it) or it in TOOLS or me.split("_")[0] == it.split("_")[0]:
        return None  # files of one stage, results.c and results_file.c, know each other
    if it == "main" or me in TOOLS:
        return f"{me} must not know the stage '{it}'"
    if STAGES.index(it) > STAGES.index(me):
        return f"stage '{me}' includes the later stage '{it}'"
    return None


def include_faults(path, mark, header):
    if mark == "<":
        for pattern, where in ONLY_IN:
            if re.match(pattern, header) and not re.fullmatch(where, path):
                yield f"<{header}> may be included by {plain(where)} only"
        return
    allowed = next((may for prefix, may in MAY_INCLUDE if path.startswith(prefix)), None)
    own = "/" not in header and (header in MADE or
                                 os.path.exists(os.path.join(os.path.dirname(path), header)))
    if not (own and "" in allowed) and not any(p and header.startswith(p) for p in allowed):
        yield f'"{header}" is not of a layer this file may use'
    elif path.startswith("engine/") and not header.startswith(("base/", "store/", "data/")):
        folder = os.path.dirname(path) if own else "engine"
        fault = stage_fault(path, f"{folder}/{header}")
        if fault:
            yield fault


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
            for what in include_faults(path, *found.groups()):
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
