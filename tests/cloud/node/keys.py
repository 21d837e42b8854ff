#!/usr/bin/python3
"""keys.py [CASE…]: who knocks at a node's sshd without its job's key, or with it for something else."""
import json
import os
import pathlib
import re
import subprocess
import sys

from nodes import JOB, Nodes, jobs, need_ssh, signal, stand_in, three, waited
from several import PATIENT, ready

REFUSED = "Permission denied (publickey)"


def new_key():
    """Both halves of a key like those that a main node makes."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "new"], check=True,
                   stdin=subprocess.DEVNULL)
    return [pathlib.Path("new" + end).read_text(encoding="ascii").strip() for end in ("", ".pub")]


def main_s_key(cluster):
    """The private user key of the attempt that runs."""
    (found,) = cluster[0].path("/tmp").glob("pulse-node.*/user_key")
    return found.read_text(encoding="ascii")


class Stranger:
    """Somebody on the network, with root's rights on a host of theirs, who takes any host key."""

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
        said = process.communicate(timeout=60)[0]
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

        card = f"out/rendezvous/{JOB}/2/node-1.json"
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), attempt=2, absent=[0])
        assert waited(lambda: card in s3.keys("out/"), 60), nodes.logs()
        stranger = Stranger(cluster[2], json.loads(s3.get(card)))
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
        s3.put(f"out/rendezvous/{JOB}/1/main.json", json.dumps(main).encode())
        nodes = Nodes(cluster, s3, "--output", s3.uri("out"), absent=[0])
        for host in (cluster[1], cluster[2]):
            assert waited(lambda h=host: list(h.path("/tmp").glob("pulse-node.*/socket")), 60), nodes.logs()
        nodes.start(cluster[0])
        nodes.end({0: 75, 1: 0, 2: 0})
        (error,) = nodes.errors()
        assert re.search(r"node [12] \(.*another main node's key", error), nodes.logs()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
