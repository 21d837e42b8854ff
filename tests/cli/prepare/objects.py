#!/usr/bin/python3
"""objects.py [CASE…]: pulse-data prepare from S3 to S3 is what it is on disk."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2] / "s3"))
from support import jobs, own_bucket  # noqa: E402


def make_sources(s3):
    jobs.write(jobs.panel(120, 3, seed=1), "raw.csv")
    jobs.write_long(jobs.panel(110, 2, seed=2).add_prefix("s_"), "sets")
    s3.done("put", "raw.csv", s3.uri("raw.csv"))
    s3.done("put", "-r", "sets", s3.uri("sets/"))


def s3_prepare__objects_become_the_panel_that_files_become():
    with own_bucket() as s3:
        make_sources(s3)
        words = ["--derive", "d = v00 - v01", "--require", "rows>=100"]
        s3.done("prepare", "raw.csv", "sets", "--output", "panel.parquet", *words)
        for _ in range(2):
            s3.done("prepare", s3.uri("raw.csv"), s3.uri("sets/"), "--output", s3.uri("out/panel.parquet"), *words,
                    "--json", s3.uri("out/q.json"), "--html", s3.uri("out/q.html"))
        s3.done("get", "-r", s3.uri("out/"), "got/")
        assert pathlib.Path("got/panel.parquet").read_bytes() == pathlib.Path("panel.parquet").read_bytes()
        said = json.loads(pathlib.Path("got/q.json").read_text(encoding="utf-8"))
        assert said["revisions"]["against"] == s3.uri("out/panel.parquet") and said["revisions"]["changed_from"] is None
        assert pathlib.Path("got/q.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def s3_prepare__a_gate_that_is_not_met_leaves_the_object():
    with own_bucket() as s3:
        make_sources(s3)
        uri = s3.uri("out/panel.parquet")
        s3.done("prepare", s3.uri("raw.csv"), "--output", uri)
        before = s3.boto.head_object(Bucket=s3.bucket, Key="out/panel.parquet")["ETag"]
        failed = s3.data("prepare", s3.uri("raw.csv"), s3.uri("sets/"), "--output", uri, "--require", "variables<=4")
        assert failed.returncode == 4 and "gate not met: variables<=4: it is 5, short by 1" in failed.stderr, failed
        assert s3.boto.head_object(Bucket=s3.bucket, Key="out/panel.parquet")["ETag"] == before
        none = s3.data("prepare", s3.uri("none.csv"), "--output", uri)
        assert none.returncode == 2 and s3.uri("none.csv") in none.stderr, none


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
