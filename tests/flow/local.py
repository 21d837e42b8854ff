#!/usr/bin/python3
"""local.py [CASE…]: pulse-flow run does what is not done, stops what follows a failure, and goes on from there."""
import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import flows
from flows import FLOW, STEPS, error, flow, run, write
from flows import jobs
from processes import as_nobody

DONE, SKIPPED = dict.fromkeys(STEPS, "done"), dict.fromkeys(STEPS, "skipped")


def begin(rows=420):
    flows.data(rows)
    write()


def begin_slow(rows=3000):
    """With a training that takes seconds, so that what comes meanwhile does not depend on how fast it is."""
    flows.data(rows)
    slow = "lags: 40\n      refit: true\n      batch_size_days: 1"
    write(FLOW.replace("features: [lag1, ewma4]", slow).replace("end_date: 2003-06-01", "end_date: 2040-01-01"))


def outputs():
    """Digests of what steps have written, but for what holds times."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(pathlib.Path("out").rglob("*"))
            if path.name in ("panel.parquet", "champion") or path.name.startswith("evaluation-")}


def predictions():
    import h5py
    path, = pathlib.Path("out/train").glob("*/results.h5")
    with h5py.File(path) as file:
        return {name: file[name][()].tobytes() for name in ("predictions/predicted", "forecast/value") if name in file}


def run__a_second_time_skips_all():
    begin()
    assert run() == DONE
    before = outputs()
    assert run() == SKIPPED and outputs() == before
    champion = pathlib.Path("out/champion").read_text(encoding="utf-8")
    assert champion.startswith("out/train/") and os.path.exists(f"{champion}/summary.json")
    record = json.loads(pathlib.Path("out/flow.json").read_text(encoding="utf-8"))
    assert [step["name"] for step in record["steps"]] == STEPS and record["workflow"] == "nightly"


def run__without_standard_streams_its_steps_have_theirs():
    begin()
    words = ["sh", "-c", 'exec "$0" run nightly.yaml <&- >&- 2>&-', flows.program()]
    done = subprocess.run(words, env=jobs.environment(), timeout=300, check=False)
    assert done.returncode == 3, done  # its table cannot be printed
    assert run() == SKIPPED


def run__results_that_may_not_be_written_are_refused():
    begin()
    for folder in "out", "out/flow":
        jobs.expect(as_nobody([flows.program(), "run", "nightly.yaml"]), 3, "out", "Permission denied")
        os.makedirs(folder, exist_ok=True)


def run__shows_what_steps_print_and_a_table():
    begin()
    done = flow("run", "nightly.yaml")
    assert "\ntrain: " in done.stderr and "evaluate: " in done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:5]] == [[name, "done"] for name in STEPS]


def run__a_changed_option_redoes_its_step_and_those_behind_it():
    begin()
    run()
    write(FLOW.replace("ewma4", "ewma8"))
    assert run() == {**DONE, "panel": "skipped"}
    write()
    assert run() == {**SKIPPED, "report": "done"}, "what is named by its key is still there"
    write(FLOW.replace("skill>=-1", "skill>=-2"))
    assert run() == {**SKIPPED, "evaluate": "done"}


def run__changed_data_redo_all():
    begin()
    run()
    first = outputs()
    flows.data(seed=6)
    assert run() == DONE
    flows.data()
    assert run()["panel"] == "done", "the panel of these data was written over"
    assert outputs()["out/panel.parquet"] == first["out/panel.parquet"]


def run__data_that_a_step_reads_itself_count():
    flows.data(300)
    write("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-train\n"
          "    options: {data: raw.csv, end_date: 2002-01-01, min_history: 100}\n    resources: {vcpus: 1}\n")
    assert run() == {"one": "done"} and run() == {"one": "skipped"}
    flows.data(300, seed=6)
    assert run() == {"one": "done"}


def run__data_that_a_file_of_options_names_count():
    flows.data(300)
    pathlib.Path("base.yaml").write_text("data: raw.csv\nend_date: 2002-01-01\nmin_history: 100\n", encoding="utf-8")
    write("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-train\n"
          "    options: {config: base.yaml}\n    resources: {vcpus: 1}\n")
    assert run() == {"one": "done"} and run() == {"one": "skipped"}
    flows.data(300, seed=6)
    assert run() == {"one": "done"}
    summary, = pathlib.Path("out/one").glob(json.loads(flow("check", "nightly.yaml", "--json").stdout)["steps"][0]["key"])
    shutil.copy(summary / "summary.json", "again.json")
    write(pathlib.Path("nightly.yaml").read_text(encoding="utf-8").replace("base.yaml", "again.json"))
    assert run() == {"one": "done"} and run() == {"one": "skipped"}
    flows.data(300, seed=7)
    assert run() == {"one": "done"}


def run__the_panel_that_revisions_are_counted_against_counts():
    flows.data(30)
    shutil.copy("raw.csv", "last.csv")
    write("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-data prepare raw.csv\n"
          "    options: {output: out/panel.csv, against: last.csv}\n")
    assert run() == {"one": "done"} and run() == {"one": "skipped"}
    jobs.write(jobs.panel(29, 3, 5), "last.csv")
    assert run() == {"one": "done"}
    write(pathlib.Path("nightly.yaml").read_text(encoding="utf-8").replace("last.csv", "none"))
    assert run() == {"one": "done"} and run() == {"one": "skipped"}


def run__data_in_folders_of_a_directory_count():
    write("name: a\nresults: ds/out\nsteps:\n  one:\n    run: pulse-data convert raw.csv ds/out/panel.parquet\n"
          "    inputs: ds\n")
    flows.data(30)

    def part(year, value):
        os.makedirs(f"ds/year={year}/month=1", exist_ok=True)
        pathlib.Path(f"ds/year={year}/month=1/part-0.csv").write_text(f"date,a\n{year}-01-03,{value}\n", encoding="utf-8")
    for year, value in (2000, 1), (2000, 2), (2001, 2):
        part(year, value)
        assert run() == {"one": "done"}, (year, value)
        assert run() == {"one": "skipped"}, "results that lie in the data are none"
    shutil.rmtree("ds/year=2001")
    assert run() == {"one": "done"}


def run__data_in_folders_count_however_deep_they_lie():
    flows.data(30)
    deep = pathlib.Path("ds", *"abcdefghijklmnop")
    deep.mkdir(parents=True)
    os.symlink(deep.parent.resolve(), deep / "up")
    os.symlink("..", "ds/a/top")
    for words in "inputs: ds", "inputs: ds/":
        write(f"name: a\nresults: out\nsteps:\n  one:\n    run: pulse-data convert raw.csv out/a.csv\n    {words}\n")
        for text in "one", "two":
            (deep / "note.txt").write_text(text, encoding="utf-8")
            assert run() == {"one": "done"}, (words, text)
            assert run() == {"one": "skipped"}
    shutil.rmtree("ds")
    write("name: a\nresults: ./out\nsteps:\n  one: {run: pulse-data convert raw.csv out/a.csv, inputs: out/}\n")
    (pathlib.Path("out") / "note.txt").write_text("one", encoding="utf-8")
    assert run() == {"one": "done"} and run() == {"one": "skipped"}, "the record that lies there is none of the data"


def run__what_steps_write_into_a_directory_counts_for_those_that_read_it():
    def source(path, value):
        pathlib.Path(path).write_text(f"date,value\n2020-01-01,1\n2020-01-02,{value}\n", encoding="utf-8")
    write("name: a\nresults: out\nsteps:\n  two: {run: pulse-data prepare rates/, options: {output: out/p.csv}}\n"
          "  one: {run: pulse-data convert a.csv rates/historical_a.csv}\n")
    source("a.csv", 2)
    both = {"one": "done", "two": "done"}
    skipped = {"one": "skipped", "two": "skipped"}
    assert run() == both and run() == skipped, "the directory was not there before"
    source("a.csv", 3)
    assert run() == both and run() == skipped
    assert pathlib.Path("out/p.csv").read_text(encoding="utf-8").split()[-1] == "2020-01-02,3"
    source("rates/historical_b.csv", 4)
    assert run() == {**skipped, "two": "done"} and run() == skipped


def run__what_later_steps_write_into_a_directory_redoes_none_that_read_it():
    """Also under names that their keys are part of, of which those of other options stay."""
    for name, value in ("a", 2), ("b", 3):
        pathlib.Path(f"{name}.csv").write_text(f"date,value\n2020-01-01,1\n2020-01-02,{value}\n", encoding="utf-8")
    os.makedirs("rates")
    shutil.copy("a.csv", "rates/historical_a.csv")
    text = ("name: a\nresults: out\nsteps:\n"
            "  one: {run: pulse-data prepare rates/, options: {output: out/p.csv, start_date: 2019-01-01}}\n"
            "  two: {run: 'pulse-data convert b.csv rates/old/b-${key}.csv', after: one}\n"
            "  six: {run: 'pulse-data convert ${two} ${two}-${key}.csv', outputs: '${two}-${key}.csv'}\n")
    names = ["one", "two", "six"]
    write(text)
    assert run() == dict.fromkeys(names, "done") and run() == dict.fromkeys(names, "skipped")
    write(text.replace("2019-01-01", "2020-01-01"))
    assert run() == dict.fromkeys(names, "done") and run() == dict.fromkeys(names, "skipped")
    assert len(os.listdir("rates/old")) == 4
    shutil.copy("a.csv", "rates/old/b-0123456789abcdeg.csv")
    assert run() == dict.fromkeys(names, "done"), "that is no key"


def run__a_new_day_takes_the_spans_that_are_unchanged():
    begin(700)
    write(FLOW.replace("min_history: 100", "min_history: 100\n      checkpoint: ${results}/checkpoint\n"
                       "      keep_checkpoint: true").replace("end_date: 2003-06-01", "end_date: 2005-01-01"))
    run()
    flows.data(701)
    assert run() == DONE
    summary, = {path for path in pathlib.Path("out/train").glob("*/summary.json")
                if json.loads(path.read_text(encoding="utf-8"))["resumed"]["spans"] > 0}
    assert str(summary.parent) == pathlib.Path("out/champion").read_text(encoding="utf-8")


def run__an_output_that_is_gone_is_made_again():
    begin()
    run()
    os.remove("out/panel.parquet")
    assert run() == DONE
    for path in pathlib.Path("out/train").iterdir():
        shutil.rmtree(path)
    assert run() == {**DONE, "panel": "skipped"}


def run__a_step_whose_input_was_replaced_meanwhile_is_done_again():
    """It was marked as of the content before; who put that back got the results of the other."""
    content = []
    for seed in (5, 6):
        flows.data(300, seed)
        content.append(pathlib.Path("raw.csv").read_bytes())
    pathlib.Path("raw.csv").write_bytes(content[0])
    jobs.write(jobs.panel(3000, 12, 5), "long.csv")
    write("name: a\nresults: out\nsteps:\n  slow:\n    run: pulse-train\n    options: {data: long.csv, lags: 40, refit: true,"
          " batch_size_days: 1, end_date: 2040-01-01}\n    resources: {vcpus: 1}\n"
          "  one: {run: 'pulse-data convert raw.csv out/one.csv', after: slow}\n")
    with start() as it:
        wait_for("running", "slow")
        pathlib.Path("raw.csv").write_bytes(content[1])
        said = json.loads(it.communicate(timeout=300)[0])["steps"][1]
    assert said["state"] == "done" and "has changed meanwhile: the next command does it again" in said["why"], said
    made = pathlib.Path("out/one.csv").read_bytes()
    pathlib.Path("raw.csv").write_bytes(content[0])
    assert run() == {"slow": "skipped", "one": "done"} and pathlib.Path("out/one.csv").read_bytes() != made
    assert run() == {"slow": "skipped", "one": "skipped"}


def run__an_output_that_a_step_has_not_made_is_said():
    flows.data(30)
    write("name: a\nresults: out\nsteps:\n"
          "  one: {run: pulse-data convert raw.csv out/a.csv, outputs: out/b.csv}\n"
          "  two: {run: 'pulse-data convert ${one} out/c.csv'}\n")
    for _ in range(2):
        said = flow("run", "nightly.yaml", "--quiet").stdout.splitlines()
        assert said[1].split()[:2] == ["one", "done"], said
        assert said[1].endswith("out/b.csv is not there: the next command does it again") and "out/" not in said[2], said


def run__dry_run_shows_keys_and_changes_nothing():
    begin()
    said = flow("run", "nightly.yaml", "--dry-run").stdout.splitlines()
    assert [line.split()[0] for line in said] == STEPS and all("would be run" in line for line in said)
    assert not os.path.exists("out")
    run()
    again = flow("run", "nightly.yaml", "-n").stdout.splitlines()
    assert all("is done" in line for line in again)
    assert [line.split()[1] for line in again] == [line.split()[1] for line in said]
    said = json.loads(flow("run", "nightly.yaml", "-n", "--json").stdout)
    assert said["mode"] == "dry run" and said["steps"][1]["command"][0] == "pulse-train"


def run__dry_run_shows_commands_that_a_shell_takes():
    flows.data(300)
    os.rename("raw.csv", "raw data.csv")
    write("name: a\nresults: out\nsteps:\n  one: {run: [pulse-data, convert, raw data.csv, 'out/it''s $a.csv']}\n"
          "  two: {run: pulse-train, options: {data: '${one}', end_date: 2040-01-01, min_history: 100, name: a b}, "
          "resources: {vcpus: 1}}\n  six: {run: 'pulse-evaluate a=${two}', options: {require: skill>=-1}}\n")
    plan = flow("run", "nightly.yaml", "--dry-run").stdout.splitlines()
    os.mkdir("out")
    for line in plan:
        command = line.split("would be run:  ")[1]
        done = subprocess.run(["sh", "-c", os.path.join(jobs.binaries(), command)], env=jobs.environment(), check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stderr)
    assert sorted(os.listdir("out")) == ["it's $a.csv", "two"] and "=-1" not in os.listdir()


def run__names_in_lists_may_hold_commas():
    """As in a file for --config: they were taken for several names."""
    frame = jobs.panel(300, 3, 5).rename(columns={"v00": "a,b"})
    jobs.write(frame, "raw.csv")
    write("name: a\nresults: out\nsteps:\n  one:\n    run: pulse-data prepare raw.csv\n"
          "    options: {output: out/panel.csv, variables: ['a,b', v01]}\n"
          "  two:\n    run: pulse-train\n    options: {data: '${one}', end_date: 2040-01-01, min_history: 100, variables: [v01, 'a,b'],\n"
          "      transform: {'a,b': level, v01: diff}, ridge: ['1,2', 3], tag: ['note=x, y', k=v], output: out/two}\n"
          "    resources: {vcpus: 1}\n")
    flow("run", "nightly.yaml", "--quiet")
    said = jobs.summary("out/two")
    assert said["config"]["transform"] == {"v01": "diff", "a,b": "level"} and said["config"]["ridge"] == [1, 2, 3], said["config"]
    assert said["config"]["tag"] == ["note=x, y", "k=v"], said["config"]


def run__a_failed_step_stops_those_behind_it_with_its_name():
    begin()
    pathlib.Path("raw.csv").write_text("date,a\nnonsense\n", encoding="utf-8")
    done = flow("run", "nightly.yaml", "--json", "--quiet", code=2)
    steps = {step["name"]: step for step in json.loads(done.stdout)["steps"]}
    assert steps["panel"]["state"] == "failed" and "raw.csv" in steps["panel"]["why"], steps["panel"]
    for name in STEPS[1:]:
        assert (steps[name]["state"], steps[name]["why"]) == ("not run", "panel failed")
    line, = done.stderr.splitlines()
    assert line.startswith("error: step panel: exit code 2: ") and "raw.csv" in line
    flows.data()
    assert run() == DONE


def run__steps_beside_a_failed_one_are_done():
    begin()
    write(FLOW.replace("skill>=-1", "skill>=0.99"))
    assert run(4) == {**DONE, "evaluate": "failed"}
    assert not os.path.exists("out/champion"), "a gate that is not met promotes nothing"
    assert run(4) == {**SKIPPED, "evaluate": "failed"}
    assert "gate not met: skill>=0.99" in error("run", "nightly.yaml", "--quiet", code=4)


def run__a_challenger_is_judged_beside_the_champion():
    begin()
    run()
    champion = pathlib.Path("out/champion").read_text(encoding="utf-8")
    write(FLOW.replace("ewma4", "ewma16").replace("skill>=-1", "skill>=0.9"))
    assert run(4)["evaluate"] == "failed"
    assert pathlib.Path("out/champion").read_text(encoding="utf-8") == champion
    write(FLOW.replace("ewma4", "ewma16"))
    assert run() == {**SKIPPED, "evaluate": "done"}
    assert pathlib.Path("out/champion").read_text(encoding="utf-8") not in ("", champion)
    report = max(pathlib.Path("out").glob("evaluation-*.json"), key=os.path.getmtime)
    assert '"champion"' in report.read_text(encoding="utf-8")


def run__a_champion_whose_results_are_gone_is_said_with_what_to_do():
    begin()
    run()
    shutil.rmtree(pathlib.Path("out/champion").read_text(encoding="utf-8"))
    assert run()["evaluate"] == "done", "they are made again"
    shutil.rmtree(pathlib.Path("out/champion").read_text(encoding="utf-8"))
    write(FLOW.replace("ewma4", "ewma16"))
    said = error("run", "nightly.yaml")
    assert "line 17: step evaluate: the champion's results, out/train/" in said and "remove out/champion" in said, said
    os.remove("out/champion")
    assert run() == {**DONE, "panel": "skipped"}


def run__independent_steps_run_at_once_within_the_cores():
    flows.data(1500)
    steps = "".join(f"  s{i}: {{run: pulse-train, options: {{data: raw.csv, end_date: 2006-01-01}}, "
                    "resources: {vcpus: 1}}\n" for i in range(3))
    write("name: a\nresults: out\nsteps:\n" + steps)

    def overlaps(cores):
        said = json.loads(flow("run", "nightly.yaml", "--json", "-q", "--cores", cores).stdout)["steps"]
        shutil.rmtree("out")
        times = sorted((step["began"], step["ended"]) for step in said)
        return sum(later[0] < earlier[1] for earlier, later in zip(times, times[1:]))
    assert overlaps(1) == 0
    assert overlaps(3) == 2


def start(*words, **more):
    return subprocess.Popen([flows.program(), "run", "nightly.yaml", "--json", "--quiet", *words],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**jobs.environment(), **more})


def wait_for(state, name, seconds=300):
    """Until the record says so."""
    for _ in range(seconds * 50):
        try:
            record = json.loads(pathlib.Path("out/flow.json").read_text(encoding="utf-8"))
            if any(step["name"] == name and step["state"] == state for step in record["steps"]):
                return
        except FileNotFoundError:
            pass
        time.sleep(0.02)
    raise AssertionError(f"{name} was never {state}")


def children_of(pid):
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has ended
            found += map(int, path.read_text(encoding="utf-8").split())
    return found


def kill(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.kill(pid, signal.SIGKILL)


def run__signals_stop_steps_and_are_reported():
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        shutil.rmtree("out", ignore_errors=True)
        begin_slow()
        process = start()
        wait_for("running", "train")
        process.send_signal(number)
        said, wrong = process.communicate(timeout=200)
        assert process.returncode == code, (process.returncode, wrong)
        assert flows.states(said)["train"] == "stopped" and "the same command goes on" in wrong, (said, wrong)
    begin()
    assert run()["evaluate"] == "done"


def status(*words, code=0):
    return json.loads(flow("status", "nightly.yaml", "--json", *words, code=code).stdout.splitlines()[-1]
                      if words else flow("status", "nightly.yaml", "--json", code=code).stdout)


def status__shows_steps_before_during_and_after():
    begin_slow(900)
    assert flows.states(json.dumps(status())) == dict.fromkeys(STEPS, "waiting")
    said = flow("status", "nightly.yaml").stdout.splitlines()
    assert said[0].split() == ["step", "state", "time", "vCPU", "h"] and said[2].endswith("waits for panel")
    process = start()
    wait_for("running", "train")
    during = flow("status", "nightly.yaml").stdout
    assert "waits for train" in during
    seen = flow("status", "nightly.yaml", "--monitor", "--poll-interval", "0.2").stdout
    process.communicate(timeout=200)
    assert process.returncode == 0 and seen.splitlines()[-2].split()[:2] == ["evaluate", "done"], seen
    assert all(step["vcpu_hours"] > 0 for step in status()["steps"])


def status__ends_with_1_where_a_step_failed():
    begin()
    write(FLOW.replace("skill>=-1", "skill>=0.99"))
    run(4)
    said = {step["name"]: step for step in status(code=1)["steps"]}
    assert said["evaluate"]["why"].startswith("exit code 4: gate not met")


def status__steps_of_a_killed_command_are_stopped():
    begin_slow()
    process = start()
    wait_for("running", "train")
    process.kill()
    process.wait(timeout=200)
    process.stdout.close()
    process.stderr.close()
    while flow("cancel", "nightly.yaml", "--json").stdout.startswith('{"here": true'):
        pass
    said = {step["name"]: step["state"] for step in status(code=1)["steps"]}
    assert said["train"] == "stopped" and said["panel"] == "done", said


def status__what_could_not_be_printed_is_an_error():
    flows.data(30)
    write("name: a\nresults: out\nsteps:\n  one: {run: pulse-data convert raw.csv out/a.csv}\n")
    for words in (["check"], ["check", "--json"], ["run", "--quiet"], ["run", "--quiet", "--json"], ["run", "-n"],
                  ["status"], ["status", "--json"], ["cancel"]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([flows.program(), words[0], "nightly.yaml", *words[1:]], stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=jobs.environment(), check=False)
        assert done.returncode == 3 and "writing to standard output" in done.stderr, (words, done)


def cancel__ends_steps_here():
    begin_slow()
    process = start()
    wait_for("running", "train")
    assert json.loads(flow("cancel", "nightly.yaml", "--json").stdout) == {"here": True, "jobs": 0}
    process.communicate(timeout=200)
    assert process.returncode == 143
    assert json.loads(flow("cancel", "nightly.yaml", "--json").stdout) == {"here": False, "jobs": 0}


def cancel__a_command_is_seen_whatever_the_directory_of_temporary_files():
    begin_slow()
    for name in "one", "two":
        os.mkdir(name)
    process = start(TMPDIR=os.path.abspath("one"))
    wait_for("running", "train")
    other = {"TMPDIR": os.path.abspath("two")}
    assert flows.states(flow("status", "nightly.yaml", "--json", env=other).stdout)["train"] == "running"
    second = start(**other)
    time.sleep(1)
    assert second.poll() is None, "it waits for the first"
    second.terminate()
    second.communicate(timeout=200)
    assert second.returncode == 143
    assert json.loads(flow("cancel", "nightly.yaml", "--json", env=other).stdout)["here"]
    process.communicate(timeout=200)
    assert process.returncode == 143
    assert not os.path.exists("out/.flow.lock") and os.listdir("one") == os.listdir("two") == []


def status__another_user_may_only_read():
    if os.geteuid() != 0:
        return
    begin_slow()
    process = start()
    wait_for("running", "train")
    os.chmod(".", 0o755)

    def as_nobody(*words):
        return subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", flows.program(), *words],
                              capture_output=True, text=True, env=jobs.environment(), check=False)
    seen = as_nobody("status", "nightly.yaml", "--json")
    refused = as_nobody("cancel", "nightly.yaml")
    process.terminate()
    process.communicate(timeout=200)
    if "ermission denied" in seen.stderr:
        return  # the tests' directory is closed to others
    assert seen.returncode == 0 and flows.states(seen.stdout)["train"] == "running", seen
    assert refused.returncode == 2 and "another user's" in refused.stderr, refused


def run__a_killed_step_is_a_failed_one():
    begin_slow()
    process = start()
    wait_for("running", "train")
    kill(children_of(process.pid))
    said, wrong = process.communicate(timeout=200)
    steps = {step["name"]: step for step in json.loads(said)["steps"]}
    assert process.returncode == 137 and steps["train"]["why"].startswith("exit code 137"), wrong
    assert steps["evaluate"]["why"] == "train failed"
    begin()
    assert run()["train"] == "done"


def run__two_at_once_do_not_meet():
    begin(4000)
    first, second = start(), start()
    results = [process.communicate(timeout=200)[0] for process in (first, second)]
    codes = {first.returncode, second.returncode}
    assert codes <= {0, 75} and 0 in codes, codes  # 75: the first took longer than the second waits
    if codes == {0}:
        assert sorted(set(flows.states(said).values()) == {"skipped"} for said in results) == [False, True]


def run__ten_random_kills_end_in_the_same_state():
    begin(1500)
    assert run() == DONE
    wanted, numbers = outputs(), predictions()
    seed = int.from_bytes(os.urandom(4), "big")
    print(f"seed {seed}")
    rng = random.Random(seed)
    shutil.rmtree("out")
    for _ in range(10):
        process = start()
        time.sleep(rng.uniform(0.05, 1.5))
        kill([process.pid] if rng.random() < 0.5 else children_of(process.pid)[:1])
        process.communicate(timeout=200)
        if rng.random() < 0.3:
            flow("cancel", "nightly.yaml")  # a step that is left behind would write into the next one's results
            shutil.rmtree("out", ignore_errors=True)
    assert set(run().values()) <= {"done", "skipped"}
    assert outputs() == wanted and predictions() == numbers
    assert run() == SKIPPED


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
