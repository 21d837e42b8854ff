#!/usr/bin/python3
"""single.py [CASE…]: pulse-node on one node: ranks, output, signals, exit codes, specifications."""
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from nodes import arrays, check_same, fp, jobs, signal, single, stand_in, waited
from support import own_bucket

OPTIONS = ("--no-progress", "--min-history", 100)


def panel(name="panel.csv", rows=400):
    frame = jobs.panel(rows, 5, seed=4)
    return jobs.write(frame, name), (*OPTIONS, "--end-date", jobs.last_day(frame))


def node_single__same_bits_as_mpirun():
    data, options = panel()
    jobs.expect(jobs.run("--data", data, "--output", "right", *options, ranks=2), 0)
    done = single("pulse-train", "--data", data, "--output", "got", *options, env={"PULSE_RANKS": "3"})
    jobs.expect(done, 0)
    check_same(arrays("right/results.h5"), arrays("got/results.h5"))
    assert jobs.summary("got")["ranks"] == 3
    assert all(line.startswith("[0:0] ") for line in done.stdout.splitlines()), done.stdout


def node_single__ranks_are_the_cpus_it_may_use():
    programs = stand_in('echo "of $OMPI_COMM_WORLD_SIZE"\n')
    cpu = min(os.sched_getaffinity(0))
    done = subprocess.run(["taskset", "-c", str(cpu), os.path.join(programs, "pulse-node"), "--x"],
                          capture_output=True, text=True, env=jobs.environment(), check=False)
    assert (done.returncode, done.stdout) == (0, "[0:0] of 1\n"), done


def node_single__exit_codes_are_those_of_the_ranks():
    programs = stand_in('exit "$1"\n')
    for code in (1, 75, 143):
        assert single(code, programs=programs, env={"PULSE_RANKS": "2"}).returncode == code
    done = single("--data", "absent.csv", "--output", "o")
    assert done.returncode == 2 and "absent.csv" in done.stderr, done
    jobs.expect(single("--data", "x", env={"PULSE_RANKS": "many"}), 2, "PULSE_RANKS=many")
    jobs.expect(single(), 2, "--help")


def node_single__what_mpirun_wants_is_looked_for_before():
    programs = stand_in("touch ran\n")
    jobs.expect(single("x", programs=programs, env={"PULSE_RANKS": "2", "TMPDIR": "/proc/1"}), 3, "/proc/1", "TMPDIR")
    if os.geteuid() == 0:
        for missing in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"):
            jobs.expect(single("x", programs=programs, env={"PULSE_RANKS": "2", missing: ""}), 2, f"{missing}=1")
    assert not os.path.exists("ran")


def node_single__memory_for_ranks_to_share_is_looked_for_before():
    programs = stand_in("touch ran\n")
    def among(size, ranks):
        there = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size="$0" none /dev/shm && exec "$@"', size]
        return subprocess.run([*there, os.path.join(programs, "pulse-node"), "x"], capture_output=True, text=True,
                              env=dict(jobs.environment(), PULSE_RANKS=str(ranks)), check=False)
    may = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/dev/shm"], capture_output=True, check=False)
    if may.returncode:
        raise jobs.Skip("no right to mount")
    jobs.expect(among("1m", 2), 3, "/dev/shm has 1.0 MiB free", "sharedMemorySize", "--shm-size")
    assert not os.path.exists("ran")
    for size, ranks in (("1m", 1), ("8m", 2)):
        assert among(size, ranks).returncode == 0 and os.path.exists("ran")


def node_single__ranks_that_share_cpus_wait_without_keeping_them():
    programs = stand_in('echo "yield=$OMPI_MCA_mpi_yield_when_idle"\n')
    cpu = min(os.sched_getaffinity(0))
    for ranks, theirs, said in ((1, None, "yield="), (2, None, "yield=1"), (2, "0", "yield=0")):
        env = dict(jobs.environment(), PULSE_RANKS=str(ranks))
        del env["OMPI_MCA_mpi_yield_when_idle"]
        env |= {"OMPI_MCA_mpi_yield_when_idle": theirs} if theirs else {}
        done = subprocess.run(["taskset", "-c", str(cpu), os.path.join(programs, "pulse-node"), "x"],
                              capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0 and [line[6:] for line in done.stdout.splitlines()] == [said] * ranks, done
        assert ("2 ranks share 1 CPU" in done.stderr) == (ranks == 2), done.stderr


def node_single__killed_rank_is_a_temporary_failure():
    programs = stand_in('[ "$OMPI_COMM_WORLD_RANK" = 0 ] && kill -9 $$\nsleep 60\n')
    jobs.expect(single("x", programs=programs, env={"PULSE_RANKS": "2"}), 75, "rank", "137")


def node_single__sigterm_leaves_time_to_save():
    programs = stand_in('trap "echo saving; sleep 3; echo saved; exit 143" TERM\necho ready\n'
                        "while :; do sleep 0.1; done\n")
    with open("out", "w", encoding="utf-8") as out:
        process = subprocess.Popen([os.path.join(programs, "pulse-node"), "x"], stdout=out, stderr=out,
                                   env=dict(jobs.environment(), PULSE_RANKS="2"))
    text = lambda: open("out", encoding="utf-8").read()
    assert waited(lambda: text().count("ready") == 2), text()
    process.send_signal(signal.SIGTERM)
    assert process.wait(300) == 143, text()
    for rank in (0, 1):
        assert f"[0:{rank}] saved\n" in text(), text()


def node_single__sigterm_before_there_are_ranks_is_not_lost():
    """They are asked as soon as mpirun has started them, not killed when the time to save is over."""
    os.mkdir("slow")
    pathlib.Path("slow/mpirun").write_text("#!/usr/bin/python3\nimport os, sys, time\nprint('started', flush=True)\n"
                                           f"time.sleep(2)\nos.execv({shutil.which('mpirun')!r}, sys.argv)\n",
                                           encoding="ascii")
    os.chmod("slow/mpirun", 0o755)
    programs = stand_in("exec sleep 60\n")
    env = dict(jobs.environment(), PULSE_RANKS="2", PATH=f"{os.path.abspath('slow')}:{os.environ['PATH']}")
    with open("out", "w", encoding="utf-8") as out:
        process = subprocess.Popen([os.path.join(programs, "pulse-node"), "x"], stdout=out, stderr=out, env=env)
    text = lambda: open("out", encoding="utf-8").read()
    assert waited(lambda: "started" in text()), text()
    process.send_signal(signal.SIGTERM)
    assert process.wait(300) == 143, text()


def node_single__leaves_no_process():
    """Neither mpirun's ranks nor what these started, however stubborn."""
    programs = stand_in('trap "" TERM HUP\n(trap "" TERM HUP; setsid sleep 77.5) &\necho ready\nexit 3\n')
    done = single("x", programs=programs, env={"PULSE_RANKS": "2"})
    assert done.returncode == 3, done
    left = subprocess.run(["pgrep", "-f", "sleep 77.5"], capture_output=True, text=True, check=False)
    assert left.stdout == "", left.stdout


def node_single__chatty_rank_is_held_back():
    programs = stand_in('[ "$OMPI_COMM_WORLD_RANK" = 0 ] && n=3000 || n=5\n'
                        'i=0; while [ $i -lt $n ]; do i=$((i+1)); echo "line number $i of very many"; done\n')
    done = single("x", programs=programs, env={"PULSE_RANKS": "2"})
    lines = [line for line in done.stdout.splitlines() if line.startswith("[0:0] line")]
    dropped = [int(n) for n in re.findall(r"\[0:0\] … (\d+) lines dropped", done.stdout + done.stderr)]
    assert 200 <= len(lines) < 3000 and len(lines) + sum(dropped) == 3000, (len(lines), dropped)
    assert done.stdout.count("[0:1] line") == 5, done.stdout


def node_single__log_that_takes_nothing_holds_up_no_rank():
    programs = stand_in('i=0; while [ $i -lt 400 ]; do i=$((i+1)); printf "%01000d\\n" $i; sleep 0.001; done\n'
                        "exit 3\n")
    reading, writing = os.pipe()
    process = subprocess.Popen([os.path.join(programs, "pulse-node"), "x"], stdout=writing,
                               env=dict(jobs.environment(), PULSE_RANKS="1"))
    os.close(writing)
    assert process.wait(300) == 3  # nobody has read
    os.close(reading)


def node_single__dry_run_asks_for_options_and_runs_nothing():
    programs = stand_in('case " $* " in *" --check-options "*) exit 0 ;; esac\ntouch ran\n')
    done = single("--dry-run", "pulse-train", "--data", "d", programs=programs, env={"PULSE_RANKS": "5"})
    assert done.returncode == 0 and "-n 5 " in done.stdout and done.stdout.endswith("--data d\n"), done
    assert not os.path.exists("ran")
    batch = {"AWS_BATCH_JOB_ID": "j#1", "AWS_BATCH_JOB_NUM_NODES": "3", "AWS_BATCH_JOB_NODE_INDEX": "1"}
    done = single("--dry-run", "--output", "s3://b/p", programs=programs, env=batch)
    assert done.returncode == 0 and "s3://b/p/rendezvous/j/1" in done.stdout, done
    jobs.expect(single("--dry-run", "--output", "p", programs=programs, env=batch), 2, "PULSE_RENDEZVOUS")
    jobs.expect(single("--dry-run", "--data", "d", programs=stand_in("exit 9\n", "failing")), 75, "ended with 9")


def node_single__other_programs_are_one_process():
    panel()
    done = single("--on-success", "mark=well=done", "pulse-data", "convert", "panel.csv", "panel.parquet")
    assert (done.returncode, open("mark", encoding="utf-8").read()) == (0, "well=done"), done
    assert os.path.exists("panel.parquet")
    jobs.expect(single("--on-success", "other=x", "pulse-data", "convert", "none.csv", "b.parquet"), 2, "none.csv")
    jobs.expect(single("--on-success", "other", "pulse-data", "info", "panel.csv"), 2, "URI=TEXT")
    jobs.expect(single("pulse-data"), 2, "no command")
    jobs.expect(single("pulse-data", "info", "panel.csv", env={
        "AWS_BATCH_JOB_ID": "x", "AWS_BATCH_JOB_NODE_INDEX": "0", "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0",
        "AWS_BATCH_JOB_NUM_NODES": "2"}), 2, "pulse-data runs on one node")
    assert not os.path.exists("other")
    done = single("--dry-run", "pulse-data", "info", "panel.csv")
    assert done.stdout.endswith("/pulse-data info panel.csv\n") and "ranks" not in done.stdout


def node_single__other_programs_get_signals():
    programs = stand_in("true")
    path = pathlib.Path(programs, "pulse-data")
    path.write_text("#!/bin/sh\ntrap 'echo asked >asked; exit 9' TERM\ntouch there\nwhile :; do sleep 0.1; done\n",
                    encoding="ascii")
    path.chmod(0o755)
    node = subprocess.Popen([f"{programs}/pulse-node", "--on-success", "mark=x", "pulse-data", "info"])
    assert waited(lambda: os.path.exists("there"))
    node.terminate()
    assert node.wait(timeout=300) == 143 and os.path.exists("asked") and not os.path.exists("mark")


def node_single__specification_must_have_its_digest():
    programs = stand_in('for word; do echo "<$word>"; done\n')
    with own_bucket() as s3:
        words = json.dumps(["--data", "a b", "ü $HOME", ""])
        s3.put("spec.json", words.encode())
        digest = hashlib.sha256(words.encode()).hexdigest()
        env = {**s3.env, "PULSE_RANKS": "1"}
        done = single("--spec", f"{s3.uri('spec.json')}#sha256={digest}", "--last", programs=programs, env=env)
        assert done.stdout == "".join(f"[0:0] <{w}>\n" for w in ("--data", "a b", "ü $HOME", "", "--last"))
        other = hashlib.sha256(b"other").hexdigest()
        jobs.expect(single("--spec", f"{s3.uri('spec.json')}#sha256={other}", env=env), 2, "changed", digest)
        jobs.expect(single("--spec", s3.uri("spec.json"), env=env), 2, "#sha256=")
        jobs.expect(single("--spec", f"{s3.uri('none')}#sha256={other}", env=env), 2, s3.uri("none"))
        s3.put("big.json", b" " * (1 << 20) + b"[]")
        jobs.expect(single("--spec", f"{s3.uri('big.json')}#sha256={other}", env=env), 2, "1048576")
        s3.put("odd.json", b'["a", 1]')
        digest = hashlib.sha256(b'["a", 1]').hexdigest()
        jobs.expect(single("--spec", f"{s3.uri('odd.json')}#sha256={digest}", env=env), 2, "array")
        s3.proxy.fail("", fp.error(403, "AccessDenied"), times=100)
        jobs.expect(single("--spec", f"{s3.uri('spec.json')}#sha256={digest}", env=env), 3, "AccessDenied")


def node_single__asks_s3_as_the_program_does():
    """Of several nodes the first announces itself in S3: as its options say, also those of a specification."""
    with own_bucket() as s3:
        words = json.dumps(["--data", "d", "--output", s3.uri("out"), "--no-sign-request"])
        s3.put("spec.json", words.encode())
        digest = hashlib.sha256(words.encode()).hexdigest()
        env = {**s3.env, "PULSE_RANKS": "1", "AWS_BATCH_JOB_ID": "j#0", "AWS_BATCH_JOB_ATTEMPT": "1",
               "AWS_BATCH_JOB_NUM_NODES": "2", "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0", "AWS_BATCH_JOB_NODE_INDEX": "0",
               "PULSE_RENDEZVOUS_SECRET": "0123456789abcdef" * 4, "PULSE_RENDEZVOUS_SECONDS": "30"}
        s3.proxy.fail("put", fp.public(s3.key, s3.secret, s3.region), times=999)
        for given in ("--spec", f"{s3.uri('spec.json')}#sha256={digest}"), json.loads(words):
            jobs.expect(single(*given, env=env), 3, "leave out --no-sign-request", "rendezvous/j/1")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
