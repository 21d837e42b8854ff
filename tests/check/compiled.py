"""Of the files named on standard input, those that a compile_commands.json compiles."""
import json
import os
import sys

with open(sys.argv[1], encoding="utf-8") as database:
    compiled = {os.path.relpath(os.path.join(entry["directory"], entry["file"]))
                for entry in json.load(database)}
for line in sys.stdin:
    if line.strip() in compiled:
        print(line.strip())
