"""Ceph's object gateway (RadosGW) on loopback, objects in memory: a second S3 server in production use.

    with ceph.gateway() as port: ...

One monitor, one storage daemon and the gateway, started anew by each case in some 15 s and gone with
it; nothing is written outside the current directory."""
import contextlib
import ctypes
import http.client
import os
import shutil
import signal
import subprocess
import time
import uuid

import swift

KEY, SECRET, REGION = "ceph-key", "Ceph/Secret+0123456789abcdef", "us-east-1"
PROGRAMS = ("ceph", "ceph-authtool", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin")
CAPABILITIES = {
    "mon.": "--cap mon",
    "client.admin": "--cap mon --cap osd --cap mgr",
    "client.rgw.a": "--cap mon --cap osd --cap mgr",
    "osd.0": "--cap mon --cap osd --cap mgr",
}
CONFIGURATION = """[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{v2}/0,v1:127.0.0.1:{v1}/0]
mon initial members = a
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon data = {root}/mon
mon data avail crit = 0
osd data = {root}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd memory target = 939524096
run dir = {root}/run
admin socket = {root}/run/$name.asok
log file = {root}/log/$name.log
keyring = {root}/keyring
auth allow insecure global id reclaim = false
public addr = 127.0.0.1
cluster addr = 127.0.0.1
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{s3}
rgw data = {root}/rgw
rgw thread pool size = 16
"""


class Cluster:
    def __init__(self, root):
        self.root, self.running = os.path.abspath(root), {}
        self.ports = swift.free_ports(("v1", "v2", "s3"))
        self.fsid = str(uuid.uuid4())
        for name in ("osd", "rgw", "run", "log"):
            os.makedirs(os.path.join(self.root, name))
        self.env = dict(os.environ, CEPH_CONF=os.path.join(self.root, "ceph.conf"))
        with open(self.env["CEPH_CONF"], "w", encoding="utf-8") as file:
            file.write(CONFIGURATION.format(root=self.root, fsid=self.fsid, **self.ports))

    def path(self, name):
        return os.path.join(self.root, name)

    def call(self, *words, check=True, timeout=60):
        """A tool, run to its end; what it prints is shown where it fails."""
        done = subprocess.run(words, env=self.env, cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)} ends with {done.returncode}: {done.stderr[-2000:]}")
        return done

    def launch(self, name, *words):
        def die_with_parent():
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)
        with open(self.path(f"log/{name}.out"), "wb") as log:
            self.running[name] = subprocess.Popen(words, env=self.env, cwd=self.root, stdin=subprocess.DEVNULL, stdout=log,
                                                  stderr=log, preexec_fn=die_with_parent)

    def wait(self, what, ready, seconds=60):
        end = time.monotonic() + seconds
        while not ready():
            for name, process in self.running.items():
                if process.poll() is not None:
                    with open(self.path(f"log/{name}.out"), encoding="utf-8", errors="replace") as log:
                        raise RuntimeError(f"{name} ended: {log.read()[-2000:]}")
            if time.monotonic() > end:
                raise RuntimeError(f"Ceph's {what} does not answer in {seconds} s")
            time.sleep(0.2)

    def says(self, *words, says=""):
        try:
            done = self.call(*words, check=False, timeout=5)
        except subprocess.TimeoutExpired:
            return False
        return done.returncode == 0 and says in done.stdout

    def start_monitor(self):
        for name, capabilities in CAPABILITIES.items():
            caps = [word for cap in capabilities.split("--cap ")[1:] for word in ("--cap", cap.strip(), "allow *")]
            new = [] if os.path.exists(self.path("keyring")) else ["--create-keyring"]
            self.call("ceph-authtool", self.path("keyring"), *new, "--gen-key", "-n", name, *caps)
        addresses = f"[v2:127.0.0.1:{self.ports['v2']},v1:127.0.0.1:{self.ports['v1']}]"
        self.call("monmaptool", "--create", "--addv", "a", addresses, "--fsid", self.fsid, self.path("monmap"))
        self.call("ceph-mon", "--mkfs", "-i", "a", "--monmap", self.path("monmap"), "--keyring", self.path("keyring"))
        self.launch("mon", "ceph-mon", "-f", "-i", "a")
        self.wait("monitor", lambda: self.says("ceph", "mon", "stat"))

    def start_storage(self):
        number = str(uuid.uuid4())
        self.call("ceph", "osd", "new", number)
        self.call("ceph-osd", "--mkfs", "-i", "0", "--osd-uuid", number)
        self.launch("osd", "ceph-osd", "-f", "-i", "0")
        self.wait("storage daemon", lambda: self.says("ceph", "osd", "stat", says="1 up"))

    def answers(self):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.ports["s3"], timeout=5)
            connection.request("GET", "/")
            connection.getresponse().read()
            connection.close()
            return True
        except (OSError, http.client.HTTPException):
            return False

    def start_gateway(self):
        self.launch("rgw", "radosgw", "-f", "-n", "client.rgw.a")
        self.wait("gateway", self.answers, 120)
        self.call("radosgw-admin", "user", "create", "--uid=pulse", "--display-name=pulse", f"--access-key={KEY}",
                  f"--secret-key={SECRET}")

    def end(self):
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.wait()


@contextlib.contextmanager
def gateway(root="ceph"):
    """The port it answers at. swift.CannotRun, RuntimeError."""
    swift.check_programs(PROGRAMS, "ceph")
    cluster = Cluster(root)
    try:
        cluster.start_monitor()
        cluster.start_storage()
        cluster.start_gateway()
        yield cluster.ports["s3"]
    finally:
        cluster.end()
        shutil.rmtree(root, ignore_errors=True)
