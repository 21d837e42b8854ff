"""What storage costs: Parquet against DuckDB, S3 against curl, the cache. bench/run.py calls these;
`table`, `in_turn` and the rest are its own."""
import contextlib
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import socketserver
import statistics
import subprocess
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
BIN, WORK = ROOT / "build" / "bin", ROOT / "build" / "bench"
DUCKDB = ROOT / "build" / "duckdb"  # where the tests have it too
OBJECT = WORK / "object"
GIB = 1 << 30
CONNECTIONS = 8

# A process that reads and sums every column: "cold" the first time, "seconds" the second.
QUERY = """
import { DuckDBInstance } from '@duckdb/node-api';
const c = await (await DuckDBInstance.create(':memory:')).connect();
const [what, path, columns] = process.argv.slice(2);
const names = Array.from({length: Number(columns)}, (_, i) => 'v' + i);
await c.run('set threads = 1');
if (what === 'write') {
  const price = "round(100 + 10 * random(), 4)", full = "100 + 10 * random()";
  await c.run('select setseed(0.5)');
  await c.run(`copy (select timestamp '1900-01-01' + interval (i) hour as date, ` +
    names.map(n => (path.includes('full') ? full : price) + ' as ' + n).join(', ') +
    ` from range(1000000) t(i)) to '${path}' (format parquet, compression zstd)`);
} else {
  const sums = `select count(date) as n, ` + names.map(n => `sum(${n}) as ${n}`).join(', ') + ` from '${path}'`;
  let spent = [], rows;
  for (let i = 0; i < 2; i++) {
    const began = performance.now();
    rows = (await c.runAndReadAll(sums)).getRowObjectsJson();
    spent.push((performance.now() - began) / 1000);
  }
  console.log(JSON.stringify({cold: spent[0], seconds: spent[1], sums: names.map(n => Number(rows[0][n]))}));
}
"""


def duckdb(*arguments):
    """What the query program prints; None where DuckDB cannot be had."""
    if not (DUCKDB / "node_modules" / "@duckdb" / "node-api").exists():
        if shutil.which("npm") is None:
            return None
        DUCKDB.mkdir(parents=True, exist_ok=True)
        if subprocess.run(["npm", "install", "--silent", "--prefix", DUCKDB, "@duckdb/node-api"], check=False,
                          stdout=subprocess.DEVNULL).returncode != 0:
            return None
    (DUCKDB / "bench.mjs").write_text(QUERY)
    return subprocess.run(["node", DUCKDB / "bench.mjs", *map(str, arguments)], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def one_core(command):
    """The first of the cores that this process may use, for both sides."""
    return ["taskset", "-c", str(min(os.sched_getaffinity(0))), *command]


def check_parquet(table, turns, tools):
    """10⁷ doubles, zstd, ten columns: every value into memory on one core. DuckDB sums what it reads, since
    it hands nothing over otherwise."""
    for label, name in (("4 decimals", "prices.parquet"), ("all digits", "full.parquet")):
        path, values = WORK / name, WORK / "values.f64"
        if not path.exists() and duckdb("write", path, 10) is None:
            print("Parquet: there is no npm to fetch DuckDB with")
            return

        def ours():
            return json.loads(tools.run(one_core([BIN / "bench" / "bench_read", path]))[1])["seconds"]

        def other():
            return json.loads(duckdb("read", path, 10))

        tools.run([BIN / "bench" / "bench_read", path, values])
        sums = np.fromfile(values).reshape(10, -1).sum(axis=1)
        values.unlink()
        mine, theirs = tools.in_turn(max(turns, 5), ours, other)
        apart = tools.difference(sums, np.array(theirs[0]["sums"]))
        theirs = [t["seconds"] for t in theirs]
        table.add(f"reading 10^7 doubles, Parquet, {label}: DuckDB", statistics.median(mine),
                  statistics.median(theirs), tools.ratio(theirs, mine), 1, apart=apart, bytes=path.stat().st_size)


# ---- S3 ------------------------------------------------------------------------------------------

class Objects(socketserver.StreamRequestHandler):
    """A bucket of one object, by sendfile: as fast as loopback is, so that what is timed is the client.
    It looks at no signature."""
    disable_nagle_algorithm = True  # as servers have it: else each body's last bytes wait

    def handle(self):
        with open(OBJECT, "rb") as file:
            while line := self.rfile.readline():
                wanted = None
                while (header := self.rfile.readline()) not in (b"\r\n", b""):
                    wanted = re.match(rb"(?i)range: *bytes=(\d+)-(\d+)", header) or wanted
                self.answer(file, line.startswith(b"GET"), wanted)

    def answer(self, file, body, wanted):
        size = os.fstat(file.fileno()).st_size
        first, last = (int(wanted[1]), min(int(wanted[2]), size - 1)) if wanted else (0, size - 1)
        span = f"Content-Range: bytes {first}-{last}/{size}\r\n" if wanted else ""
        self.wfile.write(f"HTTP/1.1 {'206 Partial Content' if wanted else '200 OK'}\r\n{span}"
                         f"Content-Length: {last - first + 1}\r\n"  # the ETag is one of an upload in parts:
                         f'ETag: "{size:032x}-128"\r\n\r\n'.encode())  # no MD5 to compare with
        while body and first <= last:
            first += os.sendfile(self.connection.fileno(), file.fileno(), first, last - first + 1)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def serve(port):
    with Server(("127.0.0.1", 0), Objects) as server:
        port.send(server.server_address[1])
        server.serve_forever()


@contextlib.contextmanager
def server():
    """The port of a server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def make_object():
    OBJECT.parent.mkdir(parents=True, exist_ok=True)
    if not OBJECT.exists() or OBJECT.stat().st_size != GIB:
        block = os.urandom(GIB // 64)
        with open(OBJECT, "wb") as file:
            for i in range(64):
                file.write(block[i:] + block[:i])


def timed(command, to=subprocess.DEVNULL, **more):
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=to, **more)
    return time.perf_counter() - began


def with_curl(port):
    """One curl, a share of the object by each connection."""
    share, command = GIB // CONNECTIONS, ["curl", "-Z", "--parallel-immediate", "--parallel-max", str(CONNECTIONS)]
    for i in range(CONNECTIONS):
        command += [*(["--next"] if i else []), "-sf", "-o", "/dev/null", "-r", f"{i * share}-{(i + 1) * share - 1}",
                    f"http://127.0.0.1:{port}/bench/object"]
    return timed(command, stderr=subprocess.DEVNULL)


def check_s3(table, turns, tools):
    """1 GiB by `pulse-data get`, from loopback to nowhere, against curl; and what the cache costs when it is
    filled, and saves when it is full."""
    make_object()
    cache = WORK / "cache"
    with server() as port:
        env = {**os.environ, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "bench",
               "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
        get = [BIN / "pulse-data", "get", "s3://bench/object", "-", "--s3-concurrency", str(CONNECTIONS)]

        def cold():
            shutil.rmtree(cache, ignore_errors=True)
            return timed([*get, "--cache-dir", cache], env=env)

        with subprocess.Popen([*get, "--no-cache"], env=env, stdout=subprocess.PIPE) as process:
            same = subprocess.run(["cmp", "-", OBJECT], stdin=process.stdout, check=False).returncode == 0
        direct, curl, filling, full = tools.in_turn(
            turns, lambda: timed([*get, "--no-cache"], env=env), lambda: with_curl(port), cold,
            lambda: timed([*get, "--cache-dir", cache], env=env))
    shutil.rmtree(cache, ignore_errors=True)
    for label, mine, theirs, target, apart in (
            (f"1 GiB of S3, {CONNECTIONS} connections: curl", direct, curl, 0.9, 0.0 if same else float("inf")),
            ("1 GiB of S3, filling the cache, other: no cache", filling, direct, 0.588, None),
            ("1 GiB of S3 from the cache, other: no cache", full, direct, None, None)):
        table.add(label, statistics.median(mine), statistics.median(theirs), tools.ratio(theirs, mine), target,
                  apart=apart)
