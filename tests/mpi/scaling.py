#!/usr/bin/python3
"""scaling.py [CASE…]: what --dry-run --ranks N says of a run on N ranks, beside such a run.

The programs are in the directory PULSE_BIN; PULSE_COUNTER is a library that counts messages.
"""
import json
import os
import pathlib
import re
import sys

import jobs

PARTS = {"read", "exchange", "scan", "walk", "last", "return", "judge", "results", "report", "start"}


def panel(rows=700, variables=7):
    frame = jobs.panel(rows, variables, 5)
    return ("--data", jobs.write(frame, "a.csv"), "--end-date", jobs.last_day(frame), "--no-progress", "--no-report")


def outlook(*options, ranks, on=0):
    done = jobs.run(*options, "--dry-run", "--ranks", ranks, "--json", "--output", "none", ranks=on)
    jobs.expect(done, 0)
    assert not os.path.exists("none")
    return json.loads(done.stdout)


def count(*options, ranks):
    """Messages and bytes that all ranks send."""
    counts = pathlib.Path(f"counts-{len(os.listdir())}")
    counts.mkdir()
    env = {**jobs.environment(), "LD_PRELOAD": os.environ["PULSE_COUNTER"], "PULSE_COUNT": str(counts.resolve())}
    jobs.expect(jobs.run(*options, "--no-checkpoint", "--output", "results", ranks=ranks, env=env), 0)
    found = [tuple(map(int, path.read_text().split())) for path in counts.iterdir()]
    assert len(found) == ranks, found
    return tuple(map(sum, zip(*found)))


def scaling__messages_are_those_of_a_run():
    if not os.environ.get("PULSE_COUNTER"):
        raise jobs.Skip("a sanitizer wants to be loaded first")
    options = panel()
    for ranks in (2, 3, 8):
        loaded = count(*options, "--dry-run", ranks=ranks)  # parts of the file go to those who own its columns
        for more in ((), ("--lags", 3), ("--horizon", "1,5"), ("--history", "halflife:6"), ("--history", "rolling:8"),
                     ("--refit",), ("--calendar", "off")):
            plan = outlook(*options, *more, ranks=ranks)
            seen = tuple(a - b for a, b in zip(count(*options, *more, ranks=ranks), loaded))
            assert (plan["messages"], plan["bytes_sent"]) == seen, (more, ranks, seen, plan)


def scaling__memory_is_what_those_ranks_announce():
    if not os.environ.get("PULSE_COUNTER"):
        raise jobs.Skip("a sanitizer's own memory would be announced too")
    options = panel(3000, 40)
    for ranks in (2, 3):
        done = jobs.run(*options, "--dry-run", "--json", ranks=ranks)
        jobs.expect(done, 0)
        theirs = [rank["memory_bytes"] for rank in json.loads(done.stdout)["per_rank"]]
        said = outlook(*options, ranks=ranks)["memory_bytes"]
        spare = 64 << 20  # what is taken for a process, of which a rank that is there has measured less
        assert 0.8 * max(theirs) < said["most"] < 1.2 * max(theirs) + spare, (said, theirs)
        assert 0.8 * sum(theirs) < said["all"] < 1.2 * sum(theirs) + ranks * spare, (said, theirs)


def scaling__outlook_is_the_same_from_any_ranks():
    options = panel()
    one, three = outlook(*options, ranks=64), outlook(*options, ranks=64, on=3)
    for plan in (one, three):
        assert plan["ranks"] == 64 and plan["dry_run"] is True and plan["dgemm_rate"] > 0
        assert [machine["machine"] for machine in plan["machines"]] == ["c7i.48xlarge", "hpc7a.96xlarge"]
        for machine in plan["machines"]:
            assert set(machine["parts"]) == PARTS and min(machine["parts"].values()) >= 0
            assert abs(sum(machine["parts"].values()) - machine["seconds"]) < 1e-4 * machine["seconds"]
            assert 1 <= machine["useful_ranks"] <= max(plan["spans"], 7) and machine["longest_part"] in PARTS
        del plan["machines"], plan["dgemm_rate"]
    assert one == three


def scaling__one_rank_sends_nothing_and_many_get_more_nodes():
    options = panel()
    one, many = outlook(*options, ranks=1), outlook(*options, ranks=1024)
    assert one["messages"] == one["bytes_sent"] == 0 and [machine["nodes"] for machine in one["machines"]] == [1, 1]
    assert [machine["nodes"] for machine in many["machines"]] == [11, 6]
    assert many["memory_bytes"]["all"] > many["memory_bytes"]["most"] * 100


def scaling__words_say_where_it_ends():
    done = jobs.run(*panel(), "--dry-run", "--ranks", 64)
    jobs.expect(done, 0)
    text = done.stdout
    for pattern in (r"^spans +\d+ on 64 ranks$", r"^memory +\d+ MB a rank at most, \d+ MB in all$",
                    r"^messages +\d+, [0-9.]+ MB in all$", r"^seconds +c7i.48xlarge +hpc7a.96xlarge$",
                    *(rf"^{part} +[0-9.]+ +[0-9.]+$" for part in sorted(PARTS) + ["all"]),
                    r"^c7i.48xlarge: more than \d+ ranks? hardly help; of the [0-9.]+ s there \w+ takes [0-9.]+ s$",
                    r"^nothing was computed$"):
        assert re.search(pattern, text, re.MULTILINE), (pattern, text)


def scaling__edges_have_an_outlook():
    """One variable, one window, nothing to train, more features than rows, ranks without number."""
    frame = jobs.panel(40, 1, 1)
    one = ("--data", jobs.write(frame, "one.csv"), "--end-date", jobs.last_day(frame))
    for options in (one, (*one, "--batch-limit", 2), (*panel(300, 4), "--min-history", 10000),
                    (*panel(300, 4), "--horizon", "1,250"), (*panel(260, 420), "--min-history", 100)):
        for ranks in (1, 2, 65536):
            plan = outlook(*options, ranks=ranks)
            assert all(machine["seconds"] > 0 for machine in plan["machines"]), plan


def scaling__bad_ranks_are_refused():
    options = panel()
    for value, words in (("0", ["--ranks"]), ("-3", ["--ranks"]), ("65537", ["--ranks", "65536"]), ("x", ["--ranks", "x"]),
                         ("2.5", ["--ranks"])):
        jobs.expect(jobs.run(*options, "--dry-run", "--ranks", value), 2, *words)
    jobs.expect(jobs.run(*options, "--ranks", 8), 2, "--ranks", "--dry-run", "mpirun -n 8")
    assert not os.path.exists("results")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
