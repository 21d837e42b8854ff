#!/usr/bin/python3
"""config.py [CASE…]: pulse-train --config takes options from a file, and repeats a run from its summary.json.

The programs are in the directory PULSE_BIN.
"""
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from arrays import arrays, check_same  # noqa: E402


def write(text, name="run.yaml"):
    pathlib.Path(name).write_text(text, encoding="utf-8")
    return name


def train(*words, ranks=0):
    done = jobs.run(*words, "--no-progress", "--no-report", ranks=ranks)
    assert done.returncode == 0, done.stdout + done.stderr


def refused(*words):
    """The one error line."""
    done = jobs.run(*words)
    jobs.expect(done, 2, "--config")
    return next(line for line in jobs.own_lines(done) if line.startswith("error: "))


def panel():
    frame = jobs.panel(600, 4, 3)
    return jobs.write(frame, "a.csv"), jobs.last_day(frame)


def check_results(first, second):
    check_same(dict(arrays(f"{first}/results.h5")), dict(arrays(f"{second}/results.h5")), second)


# ---- The promise --------------------------------------------------------------------------------


def config__yaml_is_the_same_as_the_command_line():
    data, last = panel()
    write(f"# nightly\ndata: {data}\nend_date: {last}\nridge: [10, 1000]\nfeatures: 'lag1,ewma4'\nrefit: true\nclip: null\n"
          "variables: [v00, v02]\ntransform: {v00: level, v02: diff}\nkeep-checkpoint: false\ntime-unit: ~\n")
    train("--config", "run.yaml", "--output", "one")
    train("--data", data, "--end-date", last, "--ridge", "10,1000", "--features", "lag1,ewma4", "--refit", "--variables", "v00",
          "v02", "--transform", "v00=level", "v02=diff", "--output", "two")
    check_results("one", "two")
    one, two = jobs.summary("one")["config"], jobs.summary("two")["config"]
    assert one | {"output": ""} == two | {"output": ""}


def config__a_run_is_repeated_from_its_summary():
    data, last = panel()
    plain = ("--data", data, "--end-date", last)
    for n, options in enumerate(((), ("--batch-size-days", 7, "--batch-limit", 40, "--history", "rolling:9"),
                                 ("--variables", "v01", "v03", "--transform", "level", "v03=diff", "--combine", "select",
                                  "--interval", "gaussian", "--calendar", "off"),
                                 ("--targets", "v02", "--lags", 2, "--ridge", "1e-3,7.25", "--trust", "persistence"))):
        train(*plain, *options, "--output", f"first{n}")
        train("--config", f"first{n}/summary.json", "--output", f"again{n}", ranks=2)
        check_results(f"first{n}", f"again{n}")


def config__blocks_are_repeated_and_all_of_them_are_all_of_others():
    data, last = panel()
    train("--data", data, "--end-date", last, "--blocks", 2, "--output", "two")
    train("--config", "two/summary.json", "--output", "again")
    check_results("two", "again")
    assert jobs.summary("again")["config"]["blocks"] == 2
    train("--data", data, "--end-date", last, "--blocks", 3, "--output", "all")
    train("--config", "all/summary.json", "--features", "lag1,ewma4,ewma16,ewma64", "--output", "more")
    assert jobs.summary("more")["config"]["blocks"] is None and dict(arrays("more/results.h5"))["model/fitted_candidates"][1] == (12,)


def config__names_with_commas_are_elements_of_a_list():
    """Of a list and of a mapping; so is what a summary says of them."""
    frame = jobs.panel(600, 4, 3).rename(columns={"v00": "a,b", "v01": ",\\,"})
    data, last = jobs.write(frame, "a.csv"), jobs.last_day(frame)
    write(f"data: {data}\nend-date: {last}\nvariables: ['a,b', v02, ',\\,']\ntransform: {{'a,b': level, v02: diff}}\n"
          "targets: ['a,b', v02]\ntag: ['note=x, y', k=v]\n")
    train("--config", "run.yaml", "--output", "one")
    assert jobs.summary("one")["run"]["tags"] == {"note": "x, y", "k": "v"}
    train("--data", data, "--end-date", last, "--variables", "a\\,b", "v02", "\\,\\\\,", "--transform", "a\\,b=level", "--targets",
          "a\\,b,v02", "--output", "two")
    check_results("one", "two")
    train("--config", "one/summary.json", "--output", "again")
    check_results("one", "again")
    assert jobs.summary("again")["run"]["tags"] == jobs.summary("one")["run"]["tags"]


def config__the_command_line_goes_before_the_file():
    data, last = panel()
    write(f"data: nowhere.csv\nend-date: {last}\nridge: 5\nfeatures: lag1\nvariables: [v00]\n")
    train("--config=run.yaml", "-d", data, "--ridge", 7, "--lags", 2, "--variables", "v01", "v02", "--output", "one")
    train("--data", data, "--end-date", last, "--ridge", 7, "--lags", 2, "--variables", "v01", "v02", "--output", "two")
    check_results("one", "two")


# ---- Files that are none ------------------------------------------------------------------------


def config__bad_files_are_one_line_with_its_number():
    for text, words in (("data: a.csv\nrigde: 1\n", ("line 2", "rigde", "ridge")), ("[1", ("line",)), ("- a\n", ("long options",)),
                        ("help: true\n", ("line 1: help is for the command line alone",)),
                        ("", ("long options",)), ("just text", ("long options",)), ("{a: 1}: 2\n", ("line 1",)),
                        ("refit: perhaps\n", ("refit", "true or false")), ("ridge: [[1]]\n", ("line 1", "commas")),
                        ("missing: ['a,b']\n", ("a,b", "without commas")), ("config: other.yaml\n", ("config",)),
                        ("\ta: b", ("line 1",)), ("x" * 100 + ": 1\n", ("long option",)), ("a: &a [*a]\n", ("a is no option",)),
                        ("ridge: &r [*r]\n", ("line 1",)), ("%YAML 9\n---\n", ("line",)), ("start_date: 2000-01-01\nridge: 1\nstart-date: 2001-01-01\n", ("line 3", "start-date stands here twice")),
                        ("ridge: 1\n---\nridge: 2\n", ("line 2", "a second document")),
                        ("{ridge: 1} 2\n", ("line 1",)), ("ridge: 1\n...\n}\n", ("line 3",)), ("a\0b: 1", ("line",)),
                        ("[" * 5000, ("line",)), ("[" * 300000, ("line 1", "brackets")),
                        ('{"config": ' + '{"a": ' * 100000, ("line 1", "brackets"))):
        said = refused("--config", write(text))
        assert all(word in said for word in words), (text[:40], said)


def config__an_empty_text_is_no_value():
    """It is most often a shell's variable that is not set; the default for it would be a silent one."""
    data, _ = panel()
    for option in ("output", "name", "ridge", "start-date", "endpoint-url", "output-file"):
        said = refused("--config", write(f"{option}: ''\n"), "--data", data)
        assert said.startswith(f"error: --config run.yaml: --{option} '': expected "), said
        said = jobs.run("--data", data, f"--{option}", "")
        assert said.returncode == 2 and f"error: --{option} '': expected " in said.stderr, said
    done = jobs.run("--config", write("ridge: []\ntransform: {}\nname: ~\nmissing: ''\n"), "--data", data, "--dry-run")
    assert done.returncode == 0, done
    for value in ("[a, b]", "{a: b}", "{date}"):
        assert "line 1: output: expected one text" in refused("--config", write(f"output: {value}\n"), "--data", data)
    assert "rigde is no option" in refused("--config", write("rigde:\n"), "--data", data)
    assert "line 1: a text with a zero byte" in refused("--config", write('name: "a\\0b"\n'), "--data", data)


def config__sets_are_the_same_in_any_order():
    data, last = panel()
    for n, (targets, transforms) in enumerate((("v03,v01", "[v02=level, v00=level]"), ("v01,v03", "[v00=level, v02=level]"))):
        write(f"data: {data}\nend-date: {last}\ntargets: '{targets}'\ntransform: {transforms}\ncheckpoint: saved\n"
              "keep-checkpoint: true\n")
        train("--config", "run.yaml", "--output", f"run{n}")
    assert jobs.summary("run1")["resumed"] and jobs.summary("run0")["fingerprint"] == jobs.summary("run1")["fingerprint"]


def config__bad_values_are_named_by_their_option():
    """And by the file, where it is the file's."""
    said = refused("--config", write("ridge: [1, x]\n"), "--data", "a.csv")
    assert said.startswith("error: --config run.yaml: --ridge x: expected penalties"), said
    for words in (("--ridge", "x"), ("--rigde", "1")):
        done = jobs.run("--config", write("ridge: [1, 2]\n"), "--data", "a.csv", *words)
        jobs.expect(done, 2, f"error: {words[0]}")
    said = refused("--config", write("help: true\n"))
    assert said.endswith("line 1: help is for the command line alone"), said


def config__files_that_cannot_be_read_say_so():
    assert "No such file" in refused("--config", "nowhere.yaml")
    assert "no file" in refused("--config", ".")
    assert "no file" in refused("--config", "/dev/zero")
    with open("large.yaml", "wb") as file:
        os.truncate(file.fileno(), 65 << 20)
    assert "64 MiB" in refused("--config", "large.yaml")
    assert "--config" in refused("--config")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
