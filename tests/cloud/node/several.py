#!/usr/bin/python3
"""several.py [CASE…]: pulse-node on three hosts: the same bits, and every fault ends in time."""
import contextlib
import json
import os
import pathlib
import shutil
import sys
import time

from nodes import ENDS, JOB, Nodes, arrays, card, check_same, fp, jobs, need_ssh, panel_in, sealed, signal, stand_in, \
    swift, three, waited

OPTIONS = ("--no-progress", "--min-history", 100)
# Ranks that run until they are asked to end, and then take a moment to save.
PATIENT = 'trap "echo saved; exit 143" TERM\necho ready\nwhile :; do sleep 0.1; done\n'


def data(s3, rows=400, variables=5):
    return (*OPTIONS, "--end-date", panel_in(s3, rows, variables, seed=6))


def ready(nodes, ranks=6):
    assert waited(lambda: nodes.log(0).count("] ready\n") == ranks), nodes.logs()


def fetched(s3, prefix="out"):
    """The arrays of results.h5 in the bucket; the results are all there is."""
    wanted = [f"{prefix}/{name}" for name in ("report.html", "results.h5", "summary.json")]
    assert s3.keys(prefix + "/") == wanted, s3.keys()
    pathlib.Path("got.h5").write_bytes(s3.get(f"{prefix}/results.h5"))
    return arrays("got.h5")


def node_hosts__train_to_the_same_bits():
    """Nodes that share no disk, data and results in S3, many slices of variables."""
    need_ssh()
    with three() as (cluster, s3):
        options = data(s3)
        jobs.expect(jobs.run("--data", "panel.csv", "--output", "right", *options, ranks=2), 0)
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", s3.uri("out"), *options)
        nodes.end({0: 0, 1: 0, 2: 0}, 90)
        check_same(arrays("right/results.h5"), fetched(s3))
        summary = json.loads(s3.get("out/summary.json"))
        assert (summary["ranks"], summary["nodes"]) == (6, 3), summary


def node_hosts__sharing_a_directory_write_there_together():
    need_ssh()
    os.mkdir("shared")
    os.chmod("shared", 0o777)
    with three(directories={os.path.abspath("shared"): "/run/shared"}) as (cluster, s3):
        options = data(s3)
        jobs.expect(jobs.run("--data", "panel.csv", "--output", "right", *options, ranks=2), 0)
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", "/run/shared/got",
                      "--s3-output-file", s3.uri("out/summary.json"), *options)
        nodes.end({0: 0, 1: 0, 2: 0}, 90)
        check_same(arrays("right/results.h5"), arrays("shared/got/results.h5"))
        found = sorted(os.listdir("shared/got"))
        assert found == ["report.html", "results.h5", "summary.json"], found
        assert s3.keys("out/") == ["out/summary.json"], s3.keys()


def node_hosts__sharing_no_directory_leave_the_results_on_the_first():
    need_ssh()
    with three() as (cluster, s3):
        options = data(s3)
        jobs.expect(jobs.run("--data", "panel.csv", "--output", "right", *options, ranks=2), 0)
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", "/tmp/got",
                      "--s3-output-file", s3.uri("out/summary.json"), *options)
        nodes.end({0: 0, 1: 0, 2: 0}, 90)
        assert "do not share it" in nodes.log(0), nodes.logs()
        check_same(arrays("right/results.h5"), arrays(cluster[0].path("/tmp/got/results.h5")))


def node_hosts__killed_one_ends_the_job():
    """With 75, and nothing is in the bucket; not even a part."""
    need_ssh()
    with three() as (cluster, s3):
        options = data(s3, 1200, 20)
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", s3.uri("out"), *options,
                      "--lags", 20, "--batch-size-days", 1, "--refit")  # for minutes
        assert waited(lambda: any(p.startswith("/run/pulse/pulse-train ")
                                  for p in cluster[2].processes().values())), nodes.logs()
        time.sleep(1)
        cluster[2].kill()
        nodes.end({0: 75, 1: 0})
        assert len(nodes.errors()) >= 1 and f"node 2 ({cluster[2].address})" in nodes.errors()[-1], nodes.logs()
        assert "out/summary.json" not in s3.keys("out/") and s3.uploads() == [], s3.keys()


def node_hosts__killed_before_it_is_reached_is_not_waited_for():
    need_ssh()
    with three() as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[1])
        nodes.says(2, "waiting for the main node")
        cluster[2].kill()
        nodes.start(cluster[1])
        nodes.end({0: 75, 1: 0})
        assert f"node 2 ({cluster[2].address})" in nodes.errors()[0], nodes.logs()


def node_hosts__attempts_after_a_lost_node_are_right():
    need_ssh()
    with three() as (cluster, s3):
        options = data(s3)
        jobs.expect(jobs.run("--data", "panel.csv", "--output", "right", *options, ranks=2), 0)
        words = ("--data", s3.uri("panel.csv"), "--output", s3.uri("out"), *options)
        first = Nodes(cluster, s3, *words, absent=[1], env={"PULSE_RENDEZVOUS_SECONDS": "2"})
        first.end({0: 75, 2: 0})
        Nodes(cluster, s3, *words, attempt=2).end({0: 0, 1: 0, 2: 0}, 90)
        for key in s3.keys("out/rendezvous/"):  # how the first let the others know that it was over
            s3.boto.delete_object(Bucket=s3.bucket, Key=key)
        check_same(arrays("right/results.h5"), fetched(s3))


def node_hosts__cut_link_ends_the_job():
    need_ssh()
    programs = stand_in(PATIENT)
    with three(programs) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        cluster[1].cut()
        nodes.end({0: 75, 1: 0, 2: 0})
        assert f"node 1 ({cluster[1].address})" in nodes.errors()[-1], nodes.logs()


def node_hosts__missing_one_is_named():
    need_ssh()
    with three() as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[2], env={"PULSE_RENDEZVOUS_SECONDS": "4"})
        nodes.end({0: 75, 1: 0})
        assert len(nodes.errors()) == 1 and "node 2 of 3" in nodes.errors()[0], nodes.logs()


def node_hosts__main_that_never_comes_is_waited_for_no_longer():
    need_ssh()
    with three() as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[0], env={"PULSE_RENDEZVOUS_SECONDS": "4"})
        nodes.end({1: 75, 2: 75})
        assert cluster[0].address in nodes.errors(1)[0], nodes.logs()


def node_hosts__stranger_s_key_is_refused():
    """Someone else answers at the address of a node: its host key is not the one announced."""
    need_ssh()
    with three() as (cluster, s3):
        announced, swapped = f"out/rendezvous/{JOB}/1/node-1.json", []
        s3.proxy.fail("head get", fp.error(404, "NoSuchKey"), times=10**6,
                      where=lambda r: r.path.endswith("node-1.json") and not swapped)
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        assert waited(lambda: announced in s3.keys("out/")), nodes.logs()
        found = card(s3, "node-1.json")
        kind, text = found["key"].split()
        found["key"] = f"{kind} {text[:30]}{'A' if text[30] != 'A' else 'B'}{text[31:]}"
        s3.put(announced, sealed("node-1.json", json.dumps(found)))
        swapped.append(announced)
        nodes.end({0: 75, 1: 0, 2: 0})
        assert len(nodes.errors()) == 1 and "node 1" in nodes.errors()[0] and "ssh" in nodes.errors()[0], \
            nodes.logs()


def node_hosts__node_infos_of_another_make_are_refused():
    need_ssh()
    with three() as (cluster, s3):
        s3.put(f"out/rendezvous/{JOB}/1/node-2.json",
               sealed("node-2.json", '{"node": 2, "key": "ssh-ed25519 A\\nevil"}'))
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[2])
        nodes.end({0: 2, 1: 0})
        assert "node-2.json" in nodes.errors()[0], nodes.logs()


def node_hosts__other_images_are_refused():
    need_ssh()
    programs = stand_in(PATIENT)
    with three(programs) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[2])
        other = pathlib.Path(cluster[2].path("/tmp/other"))
        shutil.copytree(programs, other)
        with open(other / "pulse-train", "a", encoding="ascii") as script:
            script.write("# newer\n")
        nodes.start(cluster[2], "/tmp/other/pulse-node")
        assert waited(lambda: all(p.poll() is not None for p in nodes.processes.values())), nodes.logs()
        assert nodes.processes[0].returncode == 2 and "image" in nodes.errors()[0], nodes.logs()


def node_hosts__terminated_main_lets_all_ranks_save():
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})
        for tag in ("[0:0]", "[0:1]", "[1:2]", "[1:3]", "[2:4]", "[2:5]"):
            assert f"{tag} saved\n" in nodes.log(0), nodes.logs()


def node_hosts__terminated_other_lets_all_ranks_save():
    """An instance is taken away: all save while it is still there; the job may be tried again."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        nodes.signal(1, signal.SIGTERM)
        nodes.end({0: 75, 1: 0, 2: 0})
        assert len(nodes.ranks_that_say("saved")) == 6, nodes.logs()


def node_hosts__a_node_that_hangs_ends_the_job():
    """Its kernel and its connections live; it says nothing any more."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        nodes.suspend(1)
        try:
            nodes.end({0: 75, 2: 0})
        finally:
            nodes.resume(1)
        nodes.end({1: 0})
        assert f"node 1 ({cluster[1].address})" in nodes.errors()[-1], nodes.logs()


def letters_to(host, address):
    """The main node's pipe to the ssh that carries its letters to this address."""
    for pid, command in host.processes().items():
        if command.startswith("ssh ") and command.endswith(f"{address} beat"):
            return open(host.path(f"/proc/{pid}/fd/0"), "wb", buffering=0)
    raise AssertionError(f"no heartbeat to {address} in {host.processes()}")


def node_hosts__terminated_other_is_gone_before_batch_kills_it():
    """Its ranks do not listen and the main node only goes on with its letters: Batch kills it after 30 s."""
    need_ssh()
    with three(stand_in('trap "" TERM\necho ready\nwhile :; do sleep 0.1; done\n')) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        with letters_to(cluster[0], cluster[1].address) as letters:
            nodes.suspend(0)
            nodes.signal(1, signal.SIGTERM)
            end = time.monotonic() + ENDS
            with contextlib.suppress(BrokenPipeError):  # it leaves, and then its process ends
                while nodes.processes[1].poll() is None and time.monotonic() < end:
                    letters.write(b"b")
                    time.sleep(0.5)
        nodes.end({1: 143})
        nodes.resume(0)
        nodes.end({0: 75, 2: 0})


def node_hosts__killed_main_takes_all_with_it():
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        cluster[0].kill()
        nodes.end({1: 0, 2: 0})


def node_hosts__terminated_while_waiting_all_leave():
    need_ssh()
    with three() as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[2])
        nodes.says(0, "waiting for the others")
        nodes.says(1, "waiting for the main node")
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0})


def node_hosts__s3_away_is_waited_for():
    need_ssh()
    with three(stand_in("echo done\n")) as (cluster, s3):
        away = lambda until: s3.proxy.fail("", fp.error(503, "SlowDown"), times=10**6,
                                           where=lambda r: time.monotonic() < until)
        away(time.monotonic() + 20)
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        nodes.end({0: 0, 1: 0, 2: 0})
        assert nodes.log(0).count("] done\n") == 6, nodes.logs()
        assert s3.keys("out/") == [], s3.keys()


def node_hosts__no_secret_is_seen():
    """Not in an argument list nor in a file while it runs, nor in what is left; keys leave with it."""
    need_ssh()
    script = '[ -n "$AWS_SECRET_ACCESS_KEY" ] && echo "has credentials"\n' + PATIENT
    with three(stand_in(script)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        assert nodes.log(0).count("has credentials") == 6, nodes.logs()
        keys = 0
        for host in cluster:
            for command in host.processes().values():
                assert swift.SECRET not in command, command
            for folder, _, names in os.walk(host.path("/tmp")):
                for path in (pathlib.Path(folder, name) for name in names):
                    if path.is_file():
                        text = path.read_bytes()
                        assert swift.SECRET.encode() not in text, path
                        assert b"PRIVATE KEY" not in text, path
            for path in pathlib.Path(host.path("/tmp")).glob("pulse-node.*"):
                assert path.stat().st_mode & 0o777 == 0o700, path
            held = [link for link in host.path("/proc").glob("[0-9]*/fd/*")
                    if os.path.islink(link) and "memfd:pulse-key" in os.readlink(link)]
            keys += bool(held)  # in memory that has no name
            for link in held:
                assert link.stat().st_mode & 0o777 == 0o600, link
        assert keys == 3, keys
        for key in s3.keys("out/"):
            assert b"PRIVATE" not in s3.get(key), key
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})
        assert swift.SECRET not in nodes.logs()
        assert s3.keys("out/") == [], s3.keys()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
