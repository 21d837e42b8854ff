#!/usr/bin/python3
"""N hosts on this machine, each with what an instance of a cloud has of its own.

    hosts.py up DIR N | run DIR K [NAME=VALUE…] COMMAND… | kill DIR K | link DIR K up|down | down DIR

A host has its own network and address, host name, processes, IPC, /tmp, /run, /dev/shm and home
directory (all empty at first), and a user that is not root. A bridge joins the hosts; this machine
is on it too, at Cluster.address, so that a server listening there is reached from them. They live as
long as the process that made them, whatever ends it, and leave nothing behind. In Python:

    with hosts.cluster(3, {"build/bin": "/run/pulse"}) as cluster:
        process = cluster[1].popen(["hostname"], {"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE)
        cluster[1].cut()

CannotRun, exit code 77: without root, or where namespaces and bridges are not to be had.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

SKIPPED = 77
PYTHON = "/usr/bin/python3"
PROGRAMS = ("ip", "mount", "nsenter", "unshare")
USER, UID = "pulse", 10001  # of the hosts, and of the image
NAMESPACES = ("net", "uts", "ipc", "mnt", "pid_for_children")


class CannotRun(Exception):
    """Why there can be no hosts on this machine."""


def call(*command):
    """CannotRun with what it said, unless it succeeds."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def check():
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=search)]
    if missing:
        raise CannotRun(f"not installed: {' '.join(missing)} (./dev setup test)")
    if os.geteuid() != 0:
        raise CannotRun("only root may make namespaces with a bridge")
    os.environ["PATH"] = search


# ---- The first process of a namespace -----------------------------------------------------------


def mount_private(directories, name, addresses):
    """Disks of its own; `directories`: here → there, seen on both."""
    call("mount", "--make-rprivate", "/")
    call("mount", "-t", "proc", "proc", "/proc")
    held = [(os.open(here, os.O_PATH), there) for here, there in directories.items()]
    for folder, mode in (("/run", "755"), ("/tmp", "1777"), ("/var/tmp", "1777"), ("/dev/shm", "1777")):
        call("mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", folder)
    for folder, there in held:
        os.makedirs(there, exist_ok=True)
        subprocess.run(["mount", "--bind", f"/proc/self/fd/{folder}", there], check=True, pass_fds=[folder])
    os.makedirs(f"/run/home/{USER}", mode=0o755)
    os.chown(f"/run/home/{USER}", UID, UID)
    known = {"hosts": "127.0.0.1 localhost\n" + "".join(f"{a} {n}\n" for n, a in addresses.items()),
             "passwd": pathlib.Path("/etc/passwd").read_text(encoding="utf-8")
             + f"{USER}:x:{UID}:{UID}::/run/home/{USER}:/bin/sh\n",
             "group": pathlib.Path("/etc/group").read_text(encoding="utf-8") + f"{USER}:x:{UID}:\n",
             "hostname": name + "\n"}
    for file, text in known.items():
        pathlib.Path("/run", file).write_text(text, encoding="utf-8")
        if os.path.exists(f"/etc/{file}"):
            call("mount", "--bind", f"/run/{file}", f"/etc/{file}")


def stay():
    """Until standard input ends, that is, our maker; reaps those that are left to us."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    os.read(0, 1)


def first_process(settings):
    if "name" in settings:
        name = settings["name"].encode()
        if ctypes.CDLL(None, use_errno=True).sethostname(name, len(name)) != 0:
            raise CannotRun(f"sethostname: {os.strerror(ctypes.get_errno())}")
        mount_private(settings["directories"], settings["name"], settings["addresses"])
    stay()


def begin(options, settings):
    """A process in new namespaces, ready. `options` are those of unshare."""
    process = subprocess.Popen(["unshare", *options, PYTHON, os.path.abspath(__file__), "first",
                                json.dumps(settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, cwd="/", start_new_session=True)
    if process.stdout.readline() != "ready\n":
        said = process.communicate()[1].strip().splitlines()
        raise CannotRun(said[-1] if said else "a namespace did not come up")
    return process


def end(process):
    process.kill()
    process.communicate()


# ---- Hosts --------------------------------------------------------------------------------------


class Host:
    """One of them. `pid` is of a process in its namespaces, seen from here."""

    def __init__(self, pid, index, name, address, switch):
        self.pid, self.index, self.name, self.address, self.switch = pid, index, name, address, switch

    def popen(self, argv, env, user=True, directory="/tmp", **more):
        """A subprocess.Popen of `argv` there, with this environment and no other; as root unless
        `user`. Signals for the command go through `signal`, not through the Popen."""
        enter = ["nsenter", *(f"--{kind}=/proc/{self.pid}/ns/{file}" for kind, file in zip(
            ("net", "uts", "ipc", "mount", "pid"), NAMESPACES)), f"--wdns={directory}"]
        if user:
            enter += [f"--setuid={UID}", f"--setgid={UID}"]
            env = {"HOME": f"/run/home/{USER}", "USER": USER, **env}
        return subprocess.Popen([shutil.which(enter[0]), *enter[1:], *argv], env=env, **more)

    def signal(self, process, number):
        """Sends a signal to the command of a Popen (nsenter is in between)."""
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        for child in children.read_text(encoding="ascii").split():
            os.kill(int(child), number)

    def path(self, inside):
        """Where a file of the host is seen from here."""
        return pathlib.Path(f"/proc/{self.pid}/root", inside.lstrip("/"))

    def processes(self):
        """{pid there: command line} of what runs but its first process; none on a host that is lost."""
        found = {}
        if not self.path("/proc").exists():
            return found
        for entry in self.path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and entry.name != "1":
                    text = (entry / "cmdline").read_bytes()
                    if text:  # none: a zombie
                        found[int(entry.name)] = text.replace(b"\0", b" ").decode(errors="replace").strip()
        return found

    def kill(self):
        """The instance is lost: every process of it gets SIGKILL."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def cut(self, up=False):
        """Its cable is pulled (or put back)."""
        call("nsenter", f"--net=/proc/{self.switch}/ns/net", "ip", "link", "set", f"p{self.index}",
             "up" if up else "down")


class Cluster:
    """Hosts 0 … N-1 by index. `address` is this machine's on their network, `network` the network."""

    def __init__(self, n, directories=None, name="node"):
        check()
        self.running, self.hosts, self.cable = [], [], None
        self.directories = {os.path.abspath(here): there for here, there in (directories or {}).items()}
        try:
            self._switch()
            names = {f"{name}-{k}": f"{self.prefix}.{10 + k}" for k in range(n)}
            for k, (one, address) in enumerate(names.items()):
                self._host(k, one, address, names)
        except BaseException:
            self.down()
            raise

    def _switch(self):
        switch = begin(["--net"], {})
        self.running.append(switch)
        self.switch = switch.pid
        for attempt in range(20):  # a network that nobody else has taken: 198.18.0.0/15 is for tests
            number = random.SystemRandom().randrange(512)
            self.prefix = f"198.{18 + number // 256}.{number % 256}"
            try:
                call("ip", "link", "add", f"pulse{number}", "type", "veth", "peer", "name", "up",
                     "netns", str(switch.pid))
                self.cable = f"pulse{number}"
                break
            except CannotRun as why:
                if attempt == 19 or "exists" not in str(why):
                    raise
        self.address, self.network = f"{self.prefix}.1", f"{self.prefix}.0/24"
        call("ip", "addr", "add", f"{self.address}/24", "dev", self.cable)
        call("ip", "link", "set", self.cable, "up")
        for words in ("link add br0 type bridge", "link set br0 up", "link set dev up master br0 up"):
            self._inside(switch.pid, *words.split())

    @staticmethod
    def _inside(pid, *words):
        call("nsenter", f"--net=/proc/{pid}/ns/net", "ip", *words)

    def _host(self, k, name, address, addresses):
        process = begin(["--net", "--uts", "--ipc", "--mount", "--pid", "--fork", "--kill-child"],
                        {"name": name, "directories": self.directories, "addresses": addresses})
        self.running.append(process)
        pid = process.pid
        self._inside(self.switch, "link", "add", f"p{k}", "type", "veth", "peer", "name", "eth0", "netns",
                     str(pid))
        self._inside(self.switch, "link", "set", f"p{k}", "master", "br0", "up")
        self._inside(pid, "link", "set", "lo", "up")
        self._inside(pid, "addr", "add", f"{address}/24", "dev", "eth0")
        self._inside(pid, "link", "set", "eth0", "up")
        self.hosts.append(Host(pid, k, name, address, self.switch))

    def __getitem__(self, index):
        return self.hosts[index]

    def __len__(self):
        return len(self.hosts)

    def down(self):
        """Ends every process of every host; their network goes with them."""
        for process in reversed(self.running):
            end(process)
        self.running.clear()
        if self.cable:  # the kernel would remove it too, but later
            subprocess.run(["ip", "link", "del", self.cable], stderr=subprocess.DEVNULL, check=False)


@contextlib.contextmanager
def cluster(n, directories=None, name="node"):
    """`directories`: {here: where the hosts see it, below /run or /tmp}. All else they see as it is."""
    made = Cluster(n, directories, name)
    try:
        yield made
    finally:
        made.down()


# ---- From the command line ----------------------------------------------------------------------


def up(directory, n):
    """The hosts live in a process of their own until `down`."""
    os.makedirs(directory, exist_ok=True)
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:
            said = pipe.read()
        if said != "ready":
            raise CannotRun(said or "the hosts did not come up")
        return
    os.close(reading)
    os.setsid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with cluster(n) as made:
            state = {"pid": os.getpid(), "address": made.address, "hosts": [vars(h) for h in made.hosts]}
            pathlib.Path(directory, "hosts.json").write_text(json.dumps(state), encoding="utf-8")
            os.write(writing, b"ready")
            os.close(writing)
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            while True:
                signal.pause()
    except CannotRun as why:
        os.write(writing, str(why).encode())
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.remove(os.path.join(directory, "hosts.json"))
        os._exit(0)


def down(directory, state):
    os.kill(state["pid"], signal.SIGTERM)
    while os.path.exists(os.path.join(directory, "hosts.json")):
        time.sleep(0.05)


def run(host, words):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    while words and "=" in words[0]:
        key, _, value = words.pop(0).partition("=")
        env[key] = value
    return host.popen(words, env).wait()


def main(verb, directory, *words):
    if verb == "up":
        up(directory, int(words[0]))
        return 0
    state = json.loads(pathlib.Path(directory, "hosts.json").read_text(encoding="utf-8"))
    if verb == "down":
        down(directory, state)
        return 0
    host = Host(**state["hosts"][int(words[0])])
    if verb == "run":
        return run(host, list(words[1:]))
    if verb == "kill":
        host.kill()
    elif verb == "link" and words[1] in ("up", "down"):
        host.cut(up=words[1] == "up")
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "first":
        first_process(json.loads(sys.argv[2]))
    elif len(sys.argv) < 3:
        sys.exit(__doc__)
    else:
        try:
            sys.exit(main(*sys.argv[1:]))
        except CannotRun as reason:
            print(f"skipped: {reason}")
            sys.exit(SKIPPED)
