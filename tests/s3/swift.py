#!/usr/bin/python3
"""swift.py start|stop DIR: OpenStack Swift with its S3 API on loopback, all of it in DIR.

Swift is an object store in production use which checks signatures, ranges, ETags and multipart
uploads in its own way: what our S3 client says is judged by software that is not ours. `start`
returns when the server answers; DIR/state.json then says where. A supervisor stops the servers at
`stop`, and when the process that asked for them (ctest, or PULSE_S3_OWNER) is gone. 77: it cannot run here, and why.
"""
import collections
import contextlib
import ctypes
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
KEY, SECRET, REGION = "test:tester", "Sw1ft/Secret+0123456789abcdef", "us-east-1"
SERVERS = ("account", "container", "object", "proxy")
PROGRAMS = ("memcached", *(f"swift-{name}-server" for name in SERVERS))
PYTHON = "/usr/bin/python3"
# Ends the servers with their supervisor, however it ends.
PR_SET_PDEATHSIG = 1

# Middleware in the order requests pass it.
PIPELINE = {
    "catch_errors": "",
    "gatekeeper": "",
    "proxy-logging": "",
    "cache": "memcache_servers = 127.0.0.1:{memcached}\n",
    "listing_formats": "",
    "bulk": "max_failed_extractions = 0\n",
    "s3api": f"location = {REGION}\ns3_acl = false\ndns_compliant_bucket_names = true\n"
             "allow_multipart_uploads = true\nmin_segment_size = 5242880\n",
    "tempauth": f"user_{KEY.replace(':', '_')} = {{secret}} .admin\n",
    "slo": "",
    "dlo": "",
    "symlink": "",
}
EGGS = {"proxy-logging": "proxy_logging", "cache": "memcache"}


class CannotRun(Exception):
    """Why there can be no server on this machine."""


# ---- Whether it can run here --------------------------------------------------------------------


def has_attributes(directory):
    """Swift keeps what it knows of an object in user attributes of the file."""
    try:
        with tempfile.NamedTemporaryFile(dir=directory) as file:
            os.setxattr(file.name, "user.test", b"1")
        return True
    except OSError:
        return False


def root_of(directory):
    """A new directory for the disks: here, or where the file system has what Swift needs."""
    for parent in (directory, tempfile.gettempdir(), "/var/tmp"):
        if has_attributes(parent):
            return tempfile.mkdtemp(prefix="pulse-swift-", dir=parent)
    raise CannotRun(f"no user attributes (xattr) on the file systems of {directory} and /var/tmp")


def user():
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise CannotRun(f"user {os.geteuid()} has no name, which Swift asks for") from None


def check_programs(programs=PROGRAMS, setup="test"):
    search = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in programs if not shutil.which(name, path=search)]
    if missing:
        raise CannotRun(f"not installed: {' '.join(missing)} (./dev setup {setup})")
    os.environ["PATH"] = search


# ---- Configuration ------------------------------------------------------------------------------


def free_ports(names):
    """A free port for each name; all are held until all are known, so that they differ."""
    with contextlib.ExitStack() as held:
        ports = {}
        for name in names:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports[name] = one.getsockname()[1]
        return ports


def server_text(root, name, ports):
    text = ("[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 0\nuser = {user}\n"
            "swift_dir = {root}/etc\ndevices = {root}/disks\nmount_check = false\n"
            "log_level = {level}\nlog_address = {root}/no-syslog\n"
            # Its second or half of one is too short on a busy machine: an object that the container server did not
            # hear of in time would never be listed.
            "conn_timeout = 60\nnode_timeout = 120\ncontainer_update_timeout = 120\n").format(
                port=ports[name], user=user(), root=root,
                level="INFO" if name == "proxy" else "WARNING")
    if name != "proxy":
        return text + (f"[pipeline:main]\npipeline = {name}-server\n[app:{name}-server]\n"
                       f"use = egg:swift#{name}\nrecon_cache_path = {root}/cache\n")
    text += f"[pipeline:main]\npipeline = {' '.join(PIPELINE)} proxy-server\n"
    text += "[app:proxy-server]\nuse = egg:swift#proxy\n"
    text += "allow_account_management = true\naccount_autocreate = true\n"
    # Else a server that comes up after the proxy's tenth look is not looked at again for a minute.
    text += "error_suppression_limit = 1000000000\n"
    for filtering, settings in PIPELINE.items():
        text += f"[filter:{filtering}]\nuse = egg:swift#{EGGS.get(filtering, filtering)}\n"
        text += settings.format(secret=SECRET, **ports)
    return text


RINGS = """
import sys
from swift.common.ring.builder import RingBuilder
for name, port in zip(sys.argv[2::2], map(int, sys.argv[3::2])):
    ring = RingBuilder(4, 1, 0)
    ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1",
                  "weight": 1.0, "replication_ip": "127.0.0.1", "replication_port": port, "meta": ""})
    ring.rebalance(seed=1)
    ring.get_ring().save(f"{sys.argv[1]}/{name}.ring.gz")
"""


def configure(root, ports):
    for name in ("etc", "log", "cache", "disks/d1"):
        os.makedirs(os.path.join(root, name))
    salt = os.urandom(8).hex()
    texts = {"swift.conf": f"[swift-hash]\nswift_hash_path_suffix = {salt}\n"
                           f"swift_hash_path_prefix = {salt}\n"
                           "[storage-policy:0]\nname = one\ndefault = yes\n"}
    texts.update({f"{name}-server.conf": server_text(root, name, ports) for name in SERVERS})
    for name, text in texts.items():
        with open(os.path.join(root, "etc", name), "w", encoding="utf-8") as file:
            file.write(text)
    # Swift's library may belong to another Python than the one that runs the tests.
    where = [str(word) for name in SERVERS[:3] for word in (name, ports[name])]
    subprocess.run([PYTHON, "-c", RINGS, os.path.join(root, "etc"), *where], check=True)


# ---- Servers ------------------------------------------------------------------------------------


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def launch(root, name, command):
    with open(os.path.join(root, "log", f"{name}.log"), "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                cwd=root, preexec_fn=die_with_parent)


def launch_all(root, ports):
    running = {"memcached": launch(root, "memcached", [
        "memcached", "-u", user(), "-l", "127.0.0.1", "-p", str(ports["memcached"]), "-U", "0",
        "-m", "32"])}
    for name in SERVERS:
        running[name] = launch(root, name, [f"swift-{name}-server",
                                            os.path.join(root, "etc", f"{name}-server.conf"), "-v"])
    return running


def answers(ports):
    """Whether a token is given and the account (hence proxy and account server) answers with it."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", ports["proxy"], timeout=5)
        connection.request("GET", "/auth/v1.0", headers={"X-Auth-User": KEY, "X-Auth-Key": SECRET})
        reply = connection.getresponse()
        reply.read()
        path = "/" + reply.getheader("X-Storage-Url").split("/", 3)[3]
        connection.request("PUT", path + "/ready", headers={
            "X-Auth-Token": reply.getheader("X-Auth-Token"), "Content-Length": "0"})
        reply = connection.getresponse()
        reply.read()
        connection.close()
        return reply.status in (201, 202)
    except (OSError, http.client.HTTPException, AttributeError):
        return False


def log_tail(root, name):
    with open(os.path.join(root, "log", f"{name}.log"), encoding="utf-8", errors="replace") as file:
        return "".join(collections.deque(file, 5))


def wait_until_ready(root, ports, running, seconds=150):
    end = time.monotonic() + seconds
    while not answers(ports):
        for name, process in running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended:\n{log_tail(root, name)}")
        if time.monotonic() > end:
            raise RuntimeError(f"no answer in {seconds} s:\n{log_tail(root, 'proxy')}")
        time.sleep(0.1)


def end_all(running):
    """At once: nothing of what they hold is kept."""
    for process in running.values():
        process.kill()
    for process in running.values():
        process.wait()


def start_servers(root):
    """Starts them; anew on other ports when somebody else took one in between."""
    for attempt in range(3):
        ports = free_ports((*SERVERS, "memcached"))
        configure(root, ports)
        running = launch_all(root, ports)
        try:
            wait_until_ready(root, ports, running)
            return ports, running
        except RuntimeError as failure:
            end_all(running)
            if attempt == 2 or "in use" not in str(failure):
                raise
            shutil.rmtree(root)
            os.mkdir(root)
    raise AssertionError


# ---- Supervisor ---------------------------------------------------------------------------------


def write_state(directory, state):
    path = os.path.join(directory, "state.json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(path + ".new", path)


def alive(pid):
    try:
        os.kill(pid, 0)
        return True
    except ProcessLookupError:
        return False
    except PermissionError:
        return True


def supervise(directory, owner, say):
    """Runs the servers until asked to end, or until `owner` is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    root, running = root_of(directory), {}
    try:
        ports, running = start_servers(root)
        write_state(directory, {"pid": os.getpid(), "root": root, "port": ports["proxy"]})
        say("ready")
        while alive(owner) and all(p.poll() is None for p in running.values()):
            time.sleep(0.5)
    finally:
        end_all(running)
        shutil.rmtree(root, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.remove(os.path.join(directory, "state.json"))


def detach(directory, owner, pipe):
    """In the child: on its own from here, all it prints goes to a file."""
    os.setsid()
    with open(os.path.join(directory, "supervisor.log"), "wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)

    def say(word):
        nonlocal pipe
        if pipe is not None:
            os.write(pipe, word.encode())
            os.close(pipe)
            pipe = None
    try:
        supervise(directory, owner, say)
    except CannotRun as reason:
        say(f"skipped: {reason}")
    except Exception as failure:  # whatever it is, the one who waits must hear it
        say(f"failed: {failure}")


def start(directory, owner):
    """Starts the servers and waits for them; returns the state. CannotRun, RuntimeError."""
    check_programs()
    stop(directory)
    os.makedirs(directory, exist_ok=True)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.close(reading)
        detach(os.path.abspath(directory), owner, writing)
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        said = pipe.read()
    if said.startswith("skipped: "):
        raise CannotRun(said[len("skipped: "):])
    if said != "ready":
        raise RuntimeError(said or "the supervisor died; see supervisor.log")
    return state(directory)


def state(directory):
    """What `start` wrote; None when no server runs there."""
    try:
        with open(os.path.join(directory, "state.json"), encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return None
    return found if is_supervisor(found["pid"]) else None


def is_supervisor(pid):
    """Whether that process is one of ours, and not another that has its number now."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"python" in file.read()
    except OSError:
        return False


def stop(directory):
    found = state(directory)
    if not found:
        return
    os.kill(found["pid"], signal.SIGTERM)
    end = time.monotonic() + 60
    while os.path.exists(os.path.join(directory, "state.json")) and time.monotonic() < end:
        time.sleep(0.05)


def requests(root, bucket):
    """(method, path with query, status) of each request for a bucket, by the server's own log."""
    pattern = re.compile(r" (GET|HEAD|PUT|POST|DELETE) (\S+) HTTP/1\.[01] (\d+) ")
    found = []
    with open(os.path.join(root, "log", "proxy.log"), encoding="utf-8", errors="replace") as file:
        for line in file:
            match = pattern.search(line)
            if match and re.match(rf"/(v1/[^/]+/)?{re.escape(bucket)}(\+segments)?([/?]|$)", match[2]):
                found.append((match[1], match[2], int(match[3])))
    return found


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__)
    if sys.argv[1] == "stop":
        stop(sys.argv[2])
        return 0
    try:
        found = start(sys.argv[2], int(os.environ.get("PULSE_S3_OWNER", os.getppid())))
    except CannotRun as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except RuntimeError as failure:
        print(failure)
        return 1
    print(f"http://127.0.0.1:{found['port']} (log: {found['root']}/log)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
