#!/usr/bin/python3
"""file.py [CASE…]: a workflow's file is checked before anything starts; what is wrong is one line with its number."""
import os
import sys

import flows
from flows import FLOW, error, flow, write
from flows import jobs

HEAD = "name: a\nresults: out\nsteps:\n"


def refused(text, *words):
    """The file is refused, in one line that holds all the words; nothing was made."""
    write(text)
    for command in ("check", "run"):
        said = error(command, "nightly.yaml")
        for word in ("nightly.yaml, line ", *words):
            assert word in said, (word, said)
    assert not os.path.exists("out") or os.listdir("out") == []


def step(lines):
    return HEAD + "  one:\n" + "".join(f"    {line}\n" for line in lines.split("\n"))


def file__a_good_one_shows_what_waits_for_what():
    flows.data()
    write()
    said = flow("check", "nightly.yaml").stdout.splitlines()
    assert [line.split()[0] for line in said] == flows.STEPS
    assert said[0].endswith("begins at once") and said[2].endswith("after train") and said[3].endswith("after train")


def file__keys_and_types():
    refused("steps: [", "line 2")
    refused("", "line 1: it is empty")
    refused("[a]", "line 1", "expected keys with values")
    refused("name: a\nsteps: {}\n", "results: where")
    refused(HEAD, "line 3: steps: expected keys with values")
    refused("nam: a\n", "line 1: nam: unknown key; did you mean name?")
    refused(FLOW + "---\nname: b\n", "line 23: a second document begins; a file has one")
    refused("name: a\nname: b\n", "line 2: name stands here twice")
    refused("name: a/b\n", "line 1: name: a/b: expected letters")
    refused("name: a\nresults: a=b\n", "line 2: results:")
    for wrong in "s3:/b/p", "s3:b", "s3:", "s3a://b/p", "gs://b/p":
        refused(f"name: a\nresults: '{wrong}'\n", f"line 2: results: {wrong}: expected s3://BUCKET/PREFIX")
    refused("name: a\nresults: {a: b}\n", "line 2: results: expected a text")
    refused("name: a\nprice: much\n", "line 2: price: much")
    refused(step("run: pulse-train\nresources: {vcpus: 0}"), "line 6: vcpus: 0: expected a whole number, 1 to 1024")
    refused(step("run: pulse-train\nresources: {cpus: 1}"), "line 6: cpus: unknown key; did you mean vcpus?")
    refused(step("run: pulse-report x\nresources: {nodes: 2}"), "pulse-report runs on one node")
    refused(step("run: pulse-train\npromote: true"), "promote is for steps of pulse-evaluate")
    refused(step("run: pulse-train\npromote: 1"), "line 6: promote: expected true or false")
    refused(step("options: {data: x}"), "run is missing")
    refused('name: "a\\0b"\n', "line 1: a text with a zero byte")


def file__programs_and_options():
    flows.data()
    refused(step("run: rm -rf /"), "line 5: run: -rf: an option stands under options")
    refused(step("run: bash x"), "line 5: run: bash: expected pulse-data")
    refused(step("run: pulse-data"), "line 5: run: pulse-data needs a command")
    refused(step("run: pulse-data convrt a b"), "line 5", "no command 'convrt'; did you mean convert?")
    refused(step("run: pulse-data convert raw.csv"), "line 5: step one: from what, to what?")
    refused(FLOW.replace("features", "featurs"), "line 12", "--featurs", "did you mean --features?")
    refused(FLOW.replace("min_history: 100", "min_history: many"), "line 11", "--min-history many: expected")
    refused(FLOW.replace("skill>=-1", "skil>=-1"), "line 21", "skil>=-1")
    refused(FLOW.replace("features:", "min-history: 90\n      features:"), "line 12: min-history stands here twice")
    refused(FLOW.replace("json:", "jso:"), "line 20: jso: write it as json")
    refused(FLOW.replace("require:", "req:"), "line 21: req: write it as require")
    refused(FLOW.replace("features: [", "outp: ["), "line 12: outp: write it as output")
    refused(FLOW.replace("features: [", "check_options: ["), "line 12: check-options: a step would do nothing")


def file__a_file_is_the_same_however_it_is_written():
    flows.data(30)
    here = os.getcwd()
    for writes, reads in (("out/a.csv", "${results}/a.csv"), ("${results}/a.csv", "./out//a.csv"),
                          (f"{here}/out/a.csv", "out/a.csv"), ("./out/./a.csv", f"{here}//out/a.csv"),
                          ("${results}/a.h5", "out/a.h5#/prices"), ("s3://b/a.csv", "s3://b/a.csv")):
        text = (f"{HEAD}  two: {{run: 'pulse-data convert {reads} b.csv'}}\n"
                f"  one: {{run: 'pulse-data convert raw.csv {writes}'}}\n")
        write(text)
        said = flow("check", "nightly.yaml").stdout.splitlines()
        assert said[0].endswith("begins at once") and said[1].split()[-2:] == ["after", "one"], (writes, reads, said)
        if "#" not in reads:
            refused(text.replace("b.csv", reads).replace(f"convert {reads}", "convert raw.csv"), "writes it too")
    write(f"{HEAD}  two: {{run: pulse-data convert raw.csv b.csv, inputs: out/one/x/summary.json}}\n"
          "  one: {run: 'pulse-data convert raw.csv ${results}/one/'}\n")
    assert flow("check", "nightly.yaml").stdout.splitlines()[1].endswith("after one"), "it lies in what one writes"
    refused(f"{HEAD}  a: {{run: 'pulse-data convert out/b.csv a.csv'}}\n"
            "  b: {run: 'pulse-data convert ./a.csv ${results}/b.csv'}\n", "in a circle")


def file__all_files_that_options_name_are_known():
    """A summary beside the results, and what is shown of a study: who reads one waits for who writes it."""
    flows.data(30)
    os.mkdir("st")
    write("default: {data: raw.csv, end-date: 2003-06-01}\nsearch:\n  ridge: [10, 20]\n", "st/space.yaml")
    for writer, file in (("pulse-train, options: {data: raw.csv, output-file: last.json}", "last.json"),
                         ("pulse-train, options: {data: raw.csv, s3_output_file: s3://b/last.json}", "s3://b/last.json"),
                         ("pulse-tune show st, options: {csv: trials.csv}", "trials.csv")):
        reads = f"inputs: {file}" if file.endswith(".csv") else f"options: {{data: raw.csv, config: {file}}}"
        write(f"{HEAD}  two: {{run: {'pulse-train' if reads[0] == 'o' else 'pulse-data info raw.csv'}, {reads}}}\n"
              f"  one: {{run: {writer}}}\n  run: {{run: pulse-tune run st}}\n")
        said = {words[0]: " ".join(words[3:]) for words in map(str.split, flow("check", "nightly.yaml").stdout.splitlines())}
        assert said["two"] == "after one" and said["one"] == ("after run" if "tune" in writer else "begins at once"), (file, said)


def file__what_pulse_flow_keeps_itself_is_no_output():
    """A quality.json of that name was replaced by the record, and the step called done."""
    flows.data(30)
    for name in ("flow.json", "champion", "./flow/", ".flow.lock"):
        refused(f"{HEAD}  one: {{run: pulse-data prepare raw.csv, options: {{output: b.csv, json: 'out/{name}'}}}}\n",
                "pulse-flow keeps its own there")


def file__a_directory_waits_for_what_is_written_into_it():
    os.makedirs("ds")
    flows.data(30)

    def waits(*steps, results="out"):
        write(f"name: a\nresults: {results}\nsteps:\n" + "".join(f"  {step}\n" for step in steps))
        said = [line.split() for line in flow("check", "nightly.yaml").stdout.splitlines()]
        return {words[0]: " ".join(words[3:]) for words in said}
    reads = "two: {run: pulse-data prepare ./ds, options: {output: out/p.csv}}"
    assert waits(reads, "one: {run: pulse-data convert raw.csv ds//a.csv}") == {"one": "begins at once", "two": "after one"}
    assert waits(reads, "one: {run: 'pulse-data convert ${two} ds/b.csv'}") == {"two": "begins at once", "one": "after two"}
    assert waits(reads, "one: {run: pulse-data convert raw.csv ds/out/b.csv}", results="ds/out")["two"] == "begins at once"
    assert waits(reads, "one: {run: pulse-data convert raw.csv ds/x/b.csv}", results="ds")["two"] == "after one"
    both = waits("one: {run: pulse-data prepare ds, options: {output: ds/a.csv}}",
                 "two: {run: pulse-data prepare ds, options: {output: ds/b.csv}}")
    assert both == {"two": "begins at once", "one": "after two"}, both
    train = "train: {run: pulse-train, options: {data: raw.csv}}"
    assert waits(train, "report: {run: 'pulse-report ${train}', outputs: ['${train}/report.html']}",
                 "evaluate: {run: 'pulse-evaluate a=${train}'}")["evaluate"] == "after train"


def file__data_that_a_file_of_options_names():
    flows.data()

    def train(options):
        return (HEAD + f"  b: {{run: pulse-train, options: {options}}}\n"
                "  a: {run: pulse-data convert raw.csv out/a.csv}\n  c: {run: pulse-report raw.csv, outputs: c.json}\n")
    with open("base.yaml", "w", encoding="utf-8") as file:
        file.write("data: ./out/a.csv\nend_date: 2002-01-01\n")
    write(train("{config: base.yaml}"))
    said = {line.split()[0]: line for line in flow("check", "nightly.yaml").stdout.splitlines()}
    assert said["b"].endswith("after a"), said
    with open("bucket.yaml", "w", encoding="utf-8") as file:
        file.write("s3_data_bucket: b\ns3_data_prefix: p/raw.csv\nend_date: 2002-01-01\n")
    write(train("{config: bucket.yaml}").replace("raw.csv out/a.csv", "raw.csv s3://b/p/raw.csv"))
    said = {line.split()[0]: line for line in flow("check", "nightly.yaml").stdout.splitlines()}
    assert said["b"].endswith("after a"), said
    with open("base.yaml", "w", encoding="utf-8") as file:
        file.write("data: gone.csv\nend_date: 2002-01-01\n")
    refused(train("{config: base.yaml}"), "line 4: gone.csv is not there to be read")
    refused(train("{config: c.json, end_date: 2002-01-01}"), "line 4: step b: --data is missing")
    write(train("{config: c.json, data: raw.csv, end_date: 2002-01-01}"))
    flow("check", "nightly.yaml")
    refused(train("{config: absent.yaml}"), "line 4", "absent.yaml")


def file__steps_that_wait_for_what_there_is_not():
    refused(step("run: pulse-report x\nafter: two"), "line 6: two: no step is called so")
    refused(step("run: pulse-report ${two}"), "line 5: two: no step is called so")
    refused(step("run: pulse-report ${one}"), "line 5: step one waits for itself")
    refused(step("run: pulse-report ${one"), "line 5", "expected ${STEP}")
    refused(HEAD + "  a: {run: pulse-report x}\n  b: {run: 'pulse-report ${a}'}\n",
            "line 5: ${a}: that step has no outputs")
    refused(HEAD + "  a: {run: pulse-report x, after: c}\n  b: {run: pulse-report x, after: a}\n"
            "  c: {run: pulse-report x, after: b}\n", "wait for each other in a circle", " waits for ")
    refused(HEAD + "  a: {run: pulse-data convert x y.csv}\n  b: {run: pulse-data convert z y.csv}\n",
            "y.csv: step b writes it too")
    refused(HEAD + "  a: {run: pulse-data convert missing.csv y.csv}\n",
            "line 4: missing.csv is not there to be read, and no step writes it")
    for name in "champion", "results", "key", "flow":
        refused(HEAD + f"  {name}: {{run: pulse-report x}}\n", f"line 4: {name}: pulse-flow uses that name itself")


def file__aliases_and_sizes():
    refused("name: a\nresults: out\nsteps: &a\n  one: *a\n", "line 4: one: unknown key")
    refused(step("run: pulse-train\noptions: &o\n  data: [*o]"), "data: expected a text")
    refused("# " + "x" * (1 << 20) + "\n" + FLOW, "line 1: a workflow has at most 1024 KiB")
    refused(HEAD + "".join(f"  s{i}: {{run: pulse-report x}}\n" for i in range(201)), "line 204: more than 200 steps")
    doubled = "".join(f"  s{i}: {{run: 'pulse-data convert ${{s{i - 1}}} ${{s{i - 1}}}${{s{i - 1}}}.csv'}}\n"
                      for i in range(1, 60))
    refused(HEAD + "  s0: {run: pulse-data convert a.csv some/file.csv}\n" + doubled, "longer than 16 KiB")


def file__one_that_is_not_there():
    assert "absent.yaml" in error("check", "absent.yaml")
    assert "FILE is missing" in error("check")
    assert "one FILE only" in error("run", "a", "b")
    assert "no command 'rn'" in error("rn")


def file__programs_check_their_options_and_do_nothing_else():
    flows.data()
    for words in (["pulse-data", "convert", "--check-options", "raw.csv", "a.parquet"],
                  ["pulse-train", "--data", "raw.csv", "--check-options"],
                  ["pulse-report", "--check-options", "x"], ["pulse-evaluate", "a=b", "--check-options"],
                  ["pulse-flow", "run", "--check-options", "x"],
                  ["pulse-submit", "--check-options", "--data", "s3://a/b", "--output", "s3://c/d"]):
        done = jobs.run(*words[1:], executable=os.path.join(jobs.binaries(), words[0]))
        assert (done.returncode, done.stderr, done.stdout.split()[0]) == (0, "", words[0]), done
    assert os.listdir() == ["raw.csv"]
    done = jobs.run("--check-options", "--lags", "-1", "--data", "x")
    jobs.expect(done, 2, "--lags -1")
    submit = os.path.join(jobs.binaries(), "pulse-submit")
    jobs.expect(jobs.run("--check-options", "--data", "s3://a/b", executable=submit), 2, "lost with the container")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
