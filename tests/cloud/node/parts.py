#!/usr/bin/python3
"""parts.py [CASE…]: large results of nodes that share no disk: a part of each, and results.h5 that ties them."""
import json
import os
import pathlib
import re
import subprocess
import sys

import h5py

from nodes import Nodes, fp, hosts, jobs, need_ssh, panel_in, raw, three

OPTIONS = ("--no-progress", "--min-history", 100)
PART = re.compile(r"results\.[0-9a-f]{16}\.00[0-2]\.h5")


def everything(path):
    """{name: (type, shape, attributes, bytes)} of every dataset, read from another directory."""
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = (item.dtype, item.shape, {x: item.attrs[x] for x in ("description", "units")}, raw(item))
    before = os.getcwd()
    path = os.path.abspath(path)
    os.chdir("/")
    try:
        with h5py.File(path) as file:
            file.visititems(take)
            return dict(file.attrs), found
    finally:
        os.chdir(before)


def virtual(path):
    """The datasets that point to parts."""
    found = set()
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.add(name)
                        if isinstance(item, h5py.Dataset) and item.is_virtual else None)
    return found


def fetch(s3, prefix, directory):
    """All that lies under a prefix; the parts, which the summary lists with their sizes."""
    s3.done("get", "-r", s3.uri(prefix + "/"), directory)
    names = sorted(os.listdir(directory))
    parts = [name for name in names if PART.fullmatch(name)]
    assert names == sorted(["report.html", "results.h5", "summary.json", *parts]), names
    listed = json.loads(pathlib.Path(directory, "summary.json").read_text(encoding="utf-8"))["results"]
    assert listed == {"file": "results.h5", "report": "report.html", "parts": [
        {"file": name, "bytes": os.path.getsize(f"{directory}/{name}")} for name in parts]}, listed
    return parts


def train(cluster, s3, data, prefix, *options, attempt):
    Nodes(cluster, s3, "--data", s3.uri(data), "--output", s3.uri(prefix), *options, attempt=attempt).end(
        {0: 0, 1: 0, 2: 0}, 90)


def errors(nodes):
    """Of the ranks."""
    return [line for line in nodes.log(0).splitlines() if "] error: " in line]


def right(*options):
    """The results of one node, whole."""
    jobs.expect(jobs.run("--output", "right", *options, ranks=2), 0)
    return everything("right/results.h5")


def report(*arguments):
    done = subprocess.run([os.path.join(jobs.binaries(), "pulse-report"), *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return pathlib.Path(arguments[-1]).read_bytes()


def node_parts__hold_the_same_bits_and_make_the_same_report():
    """Datasets of many sizes, so that each node's variables lie between the others'; windows of a day too."""
    need_ssh()
    with three() as (cluster, s3):
        frame = jobs.panel(300, 8, seed=6)
        frame.iloc[:120, [0, 3, 5]] = float("nan")
        jobs.write_long(frame, "sets")
        for name in os.listdir("sets"):
            s3.put(f"sets/{name}", pathlib.Path("sets", name).read_bytes())
        for attempt, windows in enumerate((30, 1), 1):
            options = (*OPTIONS, "--end-date", jobs.last_day(frame), "--batch-size-days", windows)
            one = right("--data", "sets", *options)
            here = f"got{windows}"
            train(cluster, s3, "sets", here, "--whole-results", "0", *options, attempt=attempt)
            parts = fetch(s3, here, here)
            assert len(parts) == 3 and everything(f"{here}/results.h5") == one
            tied = virtual(f"{here}/results.h5")
            assert "predictions/actual" in tied and "model/coefficients" not in tied, tied
            assert ("trust/alpha" in tied) == ("model/weights" in tied) == (windows == 1), tied
            page = pathlib.Path(here, "report.html").read_bytes()
            assert report(here, "--output", "beside.html") == page
            s3.report(s3.uri(here), "--output", "fetched.html")
            assert pathlib.Path("fetched.html").read_bytes() == page
            pathlib.Path("right/summary.json").write_bytes(pathlib.Path(here, "summary.json").read_bytes())
            assert report("right", "--output", "whole.html") == page


def node_parts__of_older_runs_do_not_stay():
    """More nodes than variables, over the parts of other runs; at last one file instead."""
    need_ssh()
    with three() as (cluster, s3):
        last_day = panel_in(s3, 400, 2, seed=7)
        options = (*OPTIONS, "--end-date", last_day)
        one = right("--data", "panel.csv", *options)
        s3.put("out/results.0123456789abcdef.007.h5", b"of a run that was killed")
        s3.put("out/results.of-mine.h5", b"a user's own")
        seen = set()
        for attempt in (1, 2):
            train(cluster, s3, "panel.csv", "out", "--whole-results", "0", *options, attempt=attempt)
            s3.boto.delete_object(Bucket=s3.bucket, Key="out/results.of-mine.h5")
            parts = fetch(s3, "out", f"got{attempt}")
            assert len(parts) == 2 and not seen & set(parts), parts
            seen.update(parts)
            assert everything(f"got{attempt}/results.h5") == one
        train(cluster, s3, "panel.csv", "out", *options, attempt=3)
        assert fetch(s3, "out", "whole") == [] and everything("whole/results.h5") == one


def node_parts__that_cannot_be_uploaded_leave_nothing():
    """What an older run has left stays as it was."""
    need_ssh()
    with three() as (cluster, s3):
        last_day = panel_in(s3, 400, 5, seed=8)
        old = {"out/results.h5": b"old", "out/summary.json": b"{}", "out/results.0123456789abcdef.001.h5": b"part"}
        for key, body in old.items():
            s3.put(key, body)
        s3.proxy.fail("put initiate", fp.error(403, "AccessDenied"), times=10**6,
                      where=lambda r: r.path.endswith(".001.h5"))
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", s3.uri("out"), "--whole-results", "0",
                      "--no-checkpoint", *OPTIONS, "--end-date", last_day)
        nodes.end({0: 3, 1: 0, 2: 0}, 90)
        said = errors(nodes)
        assert len(said) == 1 and ".001.h5" in said[0], nodes.logs()
        assert {key: s3.get(key) for key in s3.keys("out/")} == old, s3.keys("out/")


def node_parts__are_not_for_directories_that_nodes_do_not_share():
    need_ssh()
    with three() as (cluster, s3):
        panel_in(s3, 300, 3, seed=9)
        nodes = Nodes(cluster, s3, "--data", s3.uri("panel.csv"), "--output", "/tmp/got", "--whole-results", "0",
                      "--s3-output-file", s3.uri("out/summary.json"), *OPTIONS)
        nodes.end({0: 2, 1: 0, 2: 0}, 90)
        said = errors(nodes)
        assert len(said) == 1 and "s3://BUCKET/PREFIX or a directory that all nodes share" in said[0], nodes.logs()
        assert s3.keys("out/") == [] and os.listdir(cluster[0].path("/tmp/got")) == [], s3.keys("out/")


def node_parts__ask_each_disk_for_what_it_will_hold():
    """A disk of the main node that is too small for all, and one of another that is too small for its part."""
    need_ssh()
    with three() as (cluster, s3):
        last_day = panel_in(s3, 3000, 24, seed=10)
        options = ("--data", s3.uri("panel.csv"), "--output", s3.uri("out"), "--end-date", last_day,
                   "--no-checkpoint", "--no-cache", *OPTIONS)
        for host, size in zip(cluster, ("4500k", "100m", "1m")):
            hosts.call("nsenter", f"--mount=/proc/{host.pid}/ns/mnt", "sh", "-c",
                       f"mkdir -m 1777 /run/mpi && mkdir /run/disk && mount -t tmpfs -o size={size},mode=1777 tmpfs /run/disk")

        def run(attempt, *more):
            return Nodes(cluster, s3, *options, *more, attempt=attempt, env={
                "TMPDIR": "/run/disk", "OMPI_MCA_orte_tmpdir_base": "/run/mpi"})  # mpirun's own need megabytes

        def refused(nodes, *words):
            nodes.end({0: 3, 1: 0, 2: 0}, 60)
            said = errors(nodes)
            assert len(said) == 1 and all(word in said[0] for word in ("the disk has", *words)), nodes.logs()
            assert s3.keys("out/") == [], s3.keys("out/")
        refused(run(1), "--output /run/disk")
        refused(run(2, "--whole-results", "1M"), " of node-2: ")
        hosts.call("nsenter", f"--mount=/proc/{cluster[2].pid}/ns/mnt", "mount", "-o", "remount,size=4500k", "/run/disk")
        run(3, "--whole-results", "1M").end({0: 0, 1: 0, 2: 0}, 60)
        assert len(fetch(s3, "out", "got")) == 3
        assert [os.listdir(host.path("/run/disk")) for host in cluster] == [[], [], []]


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
