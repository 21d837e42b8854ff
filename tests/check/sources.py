"""The sources of the tree, as the checks read them. Run the checks at the root of the tree."""
import os
import re

TOPS = ("engine", "io", "submit", "tests", "bench", "cloud", ".ci")
PRODUCT = ("cloud/", "engine/", "io/", "submit/")
ENDINGS = (".c", ".h", ".py", ".sh", ".cmake", ".txt", ".tf", ".mjs")
TOKEN = re.compile(r'(?P<comment>/\*.*?\*/|//[^\n]*)|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def folders():
    """(path, names of its files) of each folder but what fuzzing keeps."""
    for top in TOPS:
        for folder, below, names in os.walk(top):
            below[:] = sorted(name for name in below if name not in ("corpus", "__pycache__"))
            yield folder.replace(os.sep, "/"), sorted(names)


def files(endings=ENDINGS):
    """Paths of all sources."""
    for folder, names in folders():
        for name in names:
            if name.endswith(endings) or folder == ".ci":
                yield f"{folder}/{name}"
    yield from ("CMakeLists.txt", "dev")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as source:
        return source.read()


def code_of(text):
    """C without comments and the insides of strings, line numbers kept."""
    return TOKEN.sub(lambda m: '""' + "\n" * m.group().count("\n"), text)


def comments_of(text):
    """C without the insides of strings, comments kept."""
    return TOKEN.sub(lambda m: m.group() if m["comment"] else '""', text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1
