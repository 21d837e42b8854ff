#!/usr/bin/python3
"""keys.py [CASE…]: who knocks at a node's sshd without its job's key, or with it for something else."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from nodes import JOB, SECRET, Nodes, card, jobs, need_ssh, sealed, signal, stand_in, three, waited
from several import PATIENT, ready

REFUSED = "Permission denied (publickey)"


def new_key():
    """Both halves of a key like those that a main node makes."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "new"], check=True,
                   stdin=subprocess.DEVNULL)
    return [pathlib.Path("new" + end).read_text(encoding="ascii").strip() for end in ("", ".pub")]


def main_s_key(cluster):
    """The private user key of the attempt that runs: nowhere but in the memory of its pulse-node."""
    left = [path for path in cluster[0].path("/tmp").glob("pulse-node.*/*") if b"PRIVATE KEY" in read_plain(path)]
    assert not left, left
    (found,) = {text for link in cluster[0].path("/proc").glob("[0-9]*/fd/*") if "memfd:pulse-key" in os.readlink(link)
                for text in [pathlib.Path(link).read_text(encoding="ascii")]}
    return found


def read_plain(path):
    """Bytes of a file; none of a socket or directory."""
    return path.read_bytes() if path.is_file() else b""


class Stranger:
    """Somebody on a host, with root's rights there, who takes any host key. On the main node's host:
    from elsewhere nobody hears anything."""

    def __init__(self, host, card):
        self.host, self.card = host, card

    def holds(self, name, key):
        """Writes a private key to the stranger's own disk."""
        path = self.host.path(f"/tmp/{name}")
        path.write_text(key.strip() + "\n", encoding="ascii")
        path.chmod(0o600)

    def says(self, key, *words, user="pulse", options=()):
        """(exit code, all that ssh and the other side say) of ssh with this key at the node's sshd."""
        process = self.host.popen(
            ["ssh", "-F", "none", "-p", str(self.card["port"]), *([] if key is None else ["-i", f"/tmp/{key}"]),
             *(word for option in (
                 "BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes",
                 "IdentityAgent=none", "LogLevel=ERROR", "ConnectTimeout=20", *options) for word in ("-o", option)),
             *words[:1], f"{user}@{self.card['address']}", *words[1:]],
            {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, user=False, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = process.communicate(timeout=300)[0]
        assert "not accessible" not in said, said
        return process.returncode, said

    def stays_outside(self, key, *words, says=REFUSED, **more):
        code, said = self.says(key, *words, **more)
        assert code != 0 and says in said and "Usage" not in said, (key, words, more, code, said)


def node_keys__only_the_job_s_own_key_opens_a_node_and_only_for_its_ranks():
    """Not that of an earlier attempt, not a new one, none, no password; and all the while the job runs on."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        first = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(first)
        old = main_s_key(cluster)
        first.signal(0, signal.SIGTERM)
        first.end({0: 143, 1: 0, 2: 0})

        announced = f"out/rendezvous/{JOB}/2/node-1.json"
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), attempt=2, absent=[0])
        assert waited(lambda: announced in s3.keys("out/")), nodes.logs()
        stranger = Stranger(cluster[0], card(s3, "node-1.json", attempt=2))
        nodes.start(cluster[0])
        ready(nodes)
        for name, key in (("old", old), ("right", main_s_key(cluster)), ("new", new_key()[0])):
            stranger.holds(name, key)

        for key in ("old", "new", None):
            stranger.stays_outside(key, "-T", "beat")
        for method in ("none", "password", "keyboard-interactive"):
            stranger.stays_outside("new", "-T", "beat", options=(f"PreferredAuthentications={method}", "BatchMode=no"))
        stranger.stays_outside("old", "-T", "beat", user="root")
        stranger.stays_outside("right", "-T", "beat", user="nobody-of-that-name")
        for user in ("root", "daemon"):  # they exist; the door belongs to another
            stranger.stays_outside("right", "-T", "orted", "--help", user=user, says="")

        # The right key: nothing but orted, and no way through.
        only = "this key may start orted and nothing else"
        for words in (["id"], ["sh", "-c", "id"], ["/bin/orted"], []):
            stranger.stays_outside("right", "-T", *words, says=only)
        for words in ("orted; id", "orted $(id)", "orted >/tmp/got"):
            stranger.stays_outside("right", "-T", words, says="a command line that only a shell could read was refused")
        stranger.stays_outside("right", "-tt", "id", says="PTY allocation request failed")
        stranger.stays_outside("right", "-s", "sftp", says="subsystem request failed")
        stranger.stays_outside("right", "-Wlocalhost:22", says="stdio forwarding failed")
        code, said = stranger.says("right", "-T", "orted", "--help")
        assert "Usage: orted" in said, (code, said)

        assert all(process.poll() is None for process in nodes.processes.values()), nodes.logs()
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})
        assert len(nodes.ranks_that_say("saved")) == 6, nodes.logs()


def node_keys__main_whose_key_did_not_go_through_s3_is_refused():
    """Two of them for one job, say. It ends at once, with one line, and the others leave."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        main = {"node": 0, "address": "", "network": "", "port": 0, "slots": 2, "image": "", "key": new_key()[1]}
        s3.put(f"out/rendezvous/{JOB}/1/main.json", sealed("main.json", json.dumps(main)))
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[0])
        for host in (cluster[1], cluster[2]):
            assert waited(lambda h=host: list(h.path("/tmp").glob("pulse-node.*/socket"))), nodes.logs()
        nodes.start(cluster[0])
        nodes.end({0: 75, 1: 0, 2: 0})
        (error,) = nodes.errors()
        assert re.search(r"node [12] \(.*another main node's key", error), nodes.logs()


def node_keys__forged_rendezvous_opens_nothing():
    """Who may write there, and has not the secret, gets neither in nor in the way: objects that are
    plain, signed with another secret, or taken from another attempt; and the call that all is over."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        first = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[0, 2])
        first.says(1, "waiting for the main node")
        old = s3.get(f"out/rendezvous/{JOB}/1/node-1.json")
        first.signal(1, signal.SIGTERM)
        first.end({1: 143})

        secret, public = new_key()
        main = json.dumps({"node": 0, "address": "", "network": "", "port": 0, "slots": 2, "image": "", "key": public})
        node = json.dumps({"node": 2, "address": cluster.address, "network": cluster.network, "port": 22, "slots": 2,
                           "image": "", "key": public})
        forged = {"main.json": [main.encode(), sealed("main.json", main, 2, secret="x" * 40),
                                sealed("main.json", main, 1), sealed("node-0.json", main, 2)],
                  "node-1.json": [old], "node-2.json": [node.encode(), sealed("node-2.json", node, 2, secret="y" * 40)],
                  "end": [b"", sealed("end", "", 2, secret="z" * 40), sealed("end", "", 1)]}
        for name, texts in forged.items():
            s3.put(f"out/rendezvous/{JOB}/2/{name}", texts[0])
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), attempt=2, absent=[0, 2])
        nodes.says(1, "main.json is not signed")
        for name, texts in forged.items():
            for text in texts if name != "node-1.json" else ():
                s3.put(f"out/rendezvous/{JOB}/2/{name}", text)
                time.sleep(0.7)
        assert not list(cluster[1].path("/tmp").glob("pulse-node.*/authorized_keys")), nodes.logs()
        nodes.start(cluster[0])
        nodes.says(0, "node-2.json is not signed")
        nodes.start(cluster[2])
        ready(nodes)
        host = Stranger(cluster[0], card(s3, "node-1.json", attempt=2))
        host.holds("forger", secret)
        host.stays_outside("forger", "-T", "beat")
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})


def node_keys__without_a_secret_no_nodes_meet():
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        for secret, says in (("", "PULSE_RENDEZVOUS_SECRET"), ("hunter2", "PULSE_RENDEZVOUS_SECRET has 7 characters")):
            nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[2], env={"PULSE_RENDEZVOUS_SECRET": secret})
            nodes.end({0: 2, 1: 2})
            for index in (0, 1):
                assert says in nodes.errors(index)[0] and "hunter2" not in nodes.log(index), nodes.logs()
        assert s3.keys("out/") == []


def node_keys__secret_is_in_no_process_and_no_log():
    need_ssh()
    with three(stand_in("env\n" + PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        for host in cluster:
            for pid in host.processes():
                assert SECRET.encode() not in host.path(f"/proc/{pid}/environ").read_bytes(), host.processes()[pid]
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})
        assert SECRET not in nodes.logs() and "RENDEZVOUS_SECRET" not in nodes.log(0), nodes.logs()


def node_keys__strangers_cannot_hold_the_door_shut():
    """Connections that say nothing, more than a node has sshds for, from another host than the main node's."""
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[0])
        for name in ("node-1.json", "node-2.json"):
            assert waited(lambda n=name: f"out/rendezvous/{JOB}/1/{n}" in s3.keys("out/")), nodes.logs()
        door = card(s3, "node-1.json")
        idle = cluster[2].popen(
            [sys.executable, "-c", "import socket, sys, time\n"
             f"held = [socket.create_connection(('{door['address']}', {door['port']})) for _ in range(60)]\n"
             "print('held', flush=True)\ntime.sleep(600)"],
            {"PATH": os.environ["PATH"]}, user=False, stdout=subprocess.PIPE, text=True)
        nodes.start(cluster[0])
        ready(nodes)
        sshds = [words for words in cluster[1].processes().values() if "sshd" in words and "-i" in words]
        assert len(sshds) < 8, sshds
        cluster[2].signal(idle, signal.SIGKILL)
        idle.communicate(timeout=300)
        nodes.signal(0, signal.SIGTERM)
        nodes.end({0: 143, 1: 0, 2: 0})


def node_keys__killed_node_leaves_no_key():
    need_ssh()
    with three(stand_in(PATIENT)) as (cluster, s3):
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"))
        ready(nodes)
        for index in (0, 1):
            nodes.signal(index, signal.SIGKILL)
        assert waited(lambda: all(process.poll() is not None for process in nodes.processes.values())), nodes.logs()
        for host in cluster:
            for path in host.path("/tmp").glob("**/*"):
                assert b"PRIVATE KEY" not in read_plain(path), path


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
