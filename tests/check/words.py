"""Words that this project does not use: prints each line that has one, and fails if there are many.

Run at the root of the tree. The field says predicted, capacity and location; some lines are left where a quotation or
plain English needs the word.
"""
import re
import sys

from sources import ENDINGS, files, read

MOST = 30  # lines
# Put together here so that this file does not find itself.
WORDS = re.compile("to" + r"ld|te" + r"ll(s)?\b|\bro" + r"om\b|\bpl" + r"ace\b")
ROOT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")


def text_of(path):
    try:
        return read(path)
    except FileNotFoundError:
        return ""


def main():
    lines = [f"{path}:{number}: {line.strip()}" for path in (*files((*ENDINGS, ".md", ".awk", ".bash", ".js")), *ROOT)
             for number, line in enumerate(text_of(path).split("\n"), 1) if WORDS.search(line)]
    for line in lines:
        print(line)
    if len(lines) > MOST:
        print(f"words: {len(lines)} lines have a word that this project does not use; at most {MOST} may")
    return 1 if len(lines) > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
