"""The cost model of engine/SCALING.md beside what runs take. bench/run.py calls this; `table` and
`tools` are its own.

Compared are seconds of the processor, of the rank that had most of it, waiting left out: they hardly
depend on how many ranks share a core, nor on who else is at work.
"""
import json
import os
import pathlib
import resource
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN, WORK = ROOT / "build" / "bin", ROOT / "build" / "bench"

# A part of the model, and the stages of a run that it stands for.
PARTS = {"read": ("load", "panel"), "exchange": ("exchange",), "scan": ("scan",),
         "walk": ("gram", "walk", "drivers"), "return": ("return",), "judge": ("judge",), "results": ("results",)}
FIT = [((2500, 20), 1, ()), ((10000, 50), 1, ()), ((20000, 100), 1, ()), ((6000, 150), 1, ())]
UNSEEN = [((15000, 80), 1, ()), ((40000, 30), 1, ()), ((4000, 250), 1, ()),
          ((10000, 50), 1, ("--lags", 5)), ((10000, 50), 1, ("--horizon", "1,5,21")),
          ((10000, 50), 1, ("--history", "rolling:60")), ((10000, 50), 1, ("--ridge", "1000")),
          ((10000, 50), 1, ("--batch-size-days", 1))]
RANKS = [((20000, 100), ranks, ()) for ranks in (2, 4, 8)] + [((10000, 50), ranks, ()) for ranks in (2, 4, 8)]


def command(tools, size, ranks, options):
    last = tools.panel.FIRST_DAY + size[0] - 1
    return ["mpirun", "--oversubscribe", "-n", ranks, BIN / "pulse-train", "--data", tools.data(size), "--end-date",
            last, "--output", WORK / "out", "--no-progress", "--no-checkpoint", *options]


def predict(tools, size, ranks, options):
    """The model's parts; the final fit and the tests are of the walk there, the report is of what is beside the stages."""
    text = tools.run([*command(tools, size, 1, options), "--dry-run", "--json", "--ranks", ranks])[1]
    said = json.loads(text)
    parts = said["machines"][0]["parts"]
    return {**parts, "walk": parts["walk"] + parts["last"], "start": parts["start"] + parts["report"]}, said["dgemm_rate"]


def measure(tools, size, ranks, options):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    tools.run(command(tools, size, ranks, options))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    processor = json.loads((WORK / "out" / "summary.json").read_text())["timings"]["processor"]
    parts = {part: sum(processor[stage] for stage in stages) for part, stages in PARTS.items()}
    return {**parts, "start": whole - sum(parts.values())} if ranks == 1 else parts


def middle(turns):
    return {part: statistics.median(turn[part] for turn in turns) for part in turns[0]}


def check_scaling(table, turns, tools):
    """Predicted over measured: of the shapes that the constants are from, of others, of more ranks."""
    print("messages of two ranks:", tools.run(["mpirun", "-n", 2, BIN / "bench" / "bench_messages"])[1].strip())
    rows = []
    for kind, runs in (("fit", FIT), ("unseen", UNSEEN), ("ranks", RANKS)):
        for size, ranks, options in runs:
            measured = middle([measure(tools, size, ranks, options) for _ in range(min(turns, 3))])
            model, rate = predict(tools, size, ranks, options)
            predicted = {part: model[part] for part in measured}
            rows.append({"kind": kind, "size": size, "ranks": ranks, "options": options, "measured": measured,
                         "predicted": predicted, "dgemm_rate": rate})
            both = sum(predicted.values()), sum(measured.values())
            label = " ".join(map(str, options))
            table.add(f"model {size}, {ranks} ranks{label and ', '}{label}: measured", *both, both[0] / both[1])
    show(rows)
    (WORK / "scaling.json").write_text(json.dumps(rows, indent=1) + "\n")


def show(rows):
    """Predicted over measured, part by part."""
    parts = [*PARTS, "start"]
    print("\n" + f"{'predicted / measured':40}" + "".join(f"{part:>10}" for part in parts))
    for row in rows:
        label = f"{row['size']}, {row['ranks']} ranks {' '.join(map(str, row['options']))}"
        print(f"{label:40}" + "".join(
            f"{row['predicted'][part] / row['measured'][part]:10.2f}" if part in row["measured"] else " " * 10
            for part in parts))
    print()
