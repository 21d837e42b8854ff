#!/usr/bin/python3
"""train.py [CASE…]: pulse-train from S3 to S3: the same bits as on disk, no byte fetched in vain."""
import gzip
import json
import os
import pathlib
import sys

import numpy as np

import fault_proxy as fp
from support import jobs, own_bucket, read, write
from arrays import arrays, check_same  # after support, which knows where

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli" / "parquet"))
import writer  # noqa: E402

OPTIONS = ("--no-progress", "--min-history", 100)


def long_datasets(s3, rows=500, variables=7, prefix="sets"):
    """A dataset a variable, on disk and in the bucket; (the options that go with it, bytes of all)."""
    frame = jobs.panel(rows, variables, seed=3)
    jobs.write_long(frame, "near")
    size = 0
    for name in os.listdir("near"):
        body = pathlib.Path("near", name).read_bytes()
        s3.put(f"{prefix}/{name}", body)
        size += len(body)
    return (*OPTIONS, "--end-date", jobs.last_day(frame)), size


def local_results(s3, options, data="near"):
    jobs.expect(s3.train("--data", data, "--output", "local", *options), 0)
    return arrays("local/results.h5")


def fetch_results(s3, prefix="results"):
    """results.h5 and summary.json, and beside them nothing but the report, are there."""
    names = ("report.html", "results.h5", "summary.json")
    assert s3.keys(prefix + "/") == [f"{prefix}/{name}" for name in names], s3.keys()
    write("got.h5", s3.get(f"{prefix}/results.h5"))
    return arrays("got.h5"), json.loads(s3.get(f"{prefix}/summary.json"))


def ranks():
    return [n for n in map(int, os.environ.get("PULSE_TEST_RANKS", "1 3").split()) if n in (1, 3)]


def s3_train__a_public_file_of_options_needs_no_credentials():
    with own_bucket() as s3:
        jobs.write(jobs.panel(300, 3, seed=3), "panel.csv")
        s3.put("run.yaml", b"data: panel.csv\nmin-history: 100\nno-progress: true\n")
        s3.proxy.fail("", fp.public(s3.key, s3.secret, s3.region), times=999)
        nobody = {**s3.environment(AWS_EC2_METADATA_DISABLED="true", HOME=os.getcwd()), "AWS_ACCESS_KEY_ID": "",
                  "AWS_SECRET_ACCESS_KEY": ""}
        words = "--config", s3.uri("run.yaml"), "--output", "results"
        jobs.expect(s3.train(*words, env=nobody), 3, "no AWS credentials")
        jobs.expect(s3.train(*words, "--no-sign-request", env=nobody), 0)


def s3_train__ranks_read_one_content_of_an_object():
    """It is replaced at each request in turn: the results are those of the old one or of the new one, or there are none."""
    for form in "csv", "parquet":
        with own_bucket() as s3:
            old, new = jobs.panel(600, 3, seed=3), jobs.panel(600, 3, seed=4)
            right, bodies = [], []
            for i, frame in enumerate((old, new)):
                jobs.write(frame, f"{i}.csv")
                s3.data("convert", f"{i}.csv", f"{i}.{form}", "--row-group-rows", "100") if form != "csv" else None
                bodies.append(pathlib.Path(f"{i}.{form}").read_bytes())
                options = (*OPTIONS, "--end-date", jobs.last_day(old), "--no-cache", "--no-report")
                jobs.expect(s3.train("--data", f"{i}.{form}", "--output", f"right{i}", *options), 0)
                right.append(arrays(f"right{i}/results.h5")["predictions/actual"][-1])
            assert right[0] != right[1]
            codes = []
            for at in range(8):
                s3.put(f"p.{form}", bodies[0])
                s3.proxy.heal()
                s3.proxy.fail("get" if at % 2 else "head", fp.after(lambda: s3.put(f"p.{form}", bodies[1])), skip=at // 2)
                done = s3.train("--data", s3.uri(f"p.{form}"), "--output", f"got{at}", *options, ranks=3)
                assert done.returncode in (0, 75), done
                if done.returncode == 75:
                    assert "changed while it was being read" in done.stderr, done.stderr
                else:
                    assert arrays(f"got{at}/results.h5")["predictions/actual"][-1] in right, (form, at)
                codes.append(done.returncode)
            assert 75 in codes and 0 in codes, codes


def s3_train__results_are_those_from_disk():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        right = local_results(s3, options)
        for n in ranks():
            done = s3.train("--data", s3.uri("sets"), "--output", s3.uri(f"results{n}"), *options,
                            "--cache-dir", f"cache/{n}", ranks=n)
            jobs.expect(done, 0)
            check_same(right, fetch_results(s3, f"results{n}")[0])
        assert s3.uploads() == []


def s3_train__predictions_are_delivered_and_exported():
    with own_bucket() as s3:
        options, _ = long_datasets(s3, rows=300, variables=2)
        jobs.expect(s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), "--predictions", *options), 0)
        names = [f"results/{name}" for name in ("predictions.parquet", "report.html", "results.h5", "summary.json")]
        assert s3.keys("results/") == names, s3.keys()
        jobs.expect(s3.report("export", s3.uri("results"), "--output", s3.uri("again.parquet")), 0)
        assert s3.get("again.parquet") == s3.get("results/predictions.parquet")
        done = s3.report("export", s3.uri("results"), "--csv", "--output", "-")
        assert done.stdout.startswith("unique_id,ds,cutoff,h,y,yhat,"), done.stdout[:200]
        table = s3.report("table", s3.uri("results"))
        assert f"results: {s3.uri('results')}/summary.json" in table.stdout, table.stdout
        jobs.expect(s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), *options), 0)
        assert s3.keys("results/") == names[1:], s3.keys()


def s3_train__report_is_made_again_where_the_results_are():
    with own_bucket() as s3:
        options, _ = long_datasets(s3, rows=400, variables=3)
        jobs.expect(s3.train("--data", "near", "--output", s3.uri("results"), *options), 0)
        first = s3.get("results/report.html")
        assert first.startswith(b"<!DOCTYPE html>") and first.endswith(b"</html>\n")
        s3.boto.delete_object(Bucket=s3.bucket, Key="results/report.html")
        jobs.expect(s3.report(s3.uri("results/")), 0)
        assert s3.get("results/report.html") == first
        jobs.expect(s3.report(s3.uri("results"), "--output", "here.html"), 0)
        assert pathlib.Path("here.html").read_bytes() == first
        jobs.expect(s3.report(s3.uri("nothing")), 2, "summary.json")
        jobs.expect(s3.train("--data", "near", "--output", s3.uri("results"), "--no-report", *options), 0)
        assert s3.keys("results/") == ["results/results.h5", "results/summary.json"]


def s3_train__wide_files_give_the_same_bits():
    with own_bucket() as s3:
        frame = jobs.panel(400, 5, seed=8)
        jobs.write(frame, "panel.csv")
        s3.put("panel.csv", pathlib.Path("panel.csv").read_bytes())
        options = (*OPTIONS, "--end-date", jobs.last_day(frame))
        right = local_results(s3, options, "panel.csv")
        jobs.expect(s3.train("--data", s3.uri("panel.csv"), "--output", "far", *options, ranks=3), 0)
        check_same(right, arrays("far/results.h5"))


def s3_train__each_byte_is_fetched_once():
    with own_bucket() as s3:
        options, size = long_datasets(s3)
        done = s3.train("--data", s3.uri("sets"), "--output", "far", *options, "--no-cache", ranks=3)
        jobs.expect(done, 0)
        taken = {}
        for request in s3.proxy.requests("get"):
            taken.setdefault(request.path, []).append(request.range)
        assert len(taken) == 7, taken
        for path, ranges in taken.items():
            assert len(ranges) == len(set(ranges)), (path, ranges)
        got = s3.proxy.bytes("get")
        assert got <= size * 1.05, f"{got} bytes were fetched of {size}"


def s3_train__parquet_fetches_the_chunks_it_needs():
    """Of three variables and three years of twenty, whatever the ranks: each chunk once, by one rank."""
    with own_bucket() as s3:
        path = years("years.parquet")
        s3.put(path, pathlib.Path(path).read_bytes())
        options = (*OPTIONS, "--variables", "v6", "v1", "v3", "--start-date", "2004-01-01", "--end-date", "2006-12-20")
        right = local_results(s3, options, path)
        chunk = 24 * 365 * 8  # bytes of a column in a row group, uncompressed
        needed = 3 * (3 + 1) * chunk
        footer = os.path.getsize(path) - 20 * 9 * chunk
        for n in ranks():
            s3.proxy.heal()
            done = s3.train("--data", s3.uri(path), "--output", f"far{n}", *options, "--no-cache", ranks=n)
            jobs.expect(done, 0)
            check_same(right, arrays(f"far{n}/results.h5"))
            got = s3.proxy.bytes("get")
            print(n, got, needed, footer)
            assert needed <= got <= 1.05 * needed + (n + 1) * max(footer, 64 << 10), (n, got, needed, footer)


def s3_train__wide_packed_files_and_pickles_are_fetched_once():
    """By one rank, which keeps what it looked at to read it; the others have nothing of them to read."""
    with own_bucket() as s3:
        frame = jobs.panel(400, 5, seed=8)
        options = (*OPTIONS, "--end-date", jobs.last_day(frame))
        jobs.write(frame, "panel.csv")
        right = local_results(s3, options, "panel.csv")
        for name in ("panel.csv.gz", "panel.pkl"):
            s3.done("convert", "panel.csv", name)
            s3.put(name, read(name))
            s3.proxy.heal()
            done = s3.train("--data", s3.uri(name), "--output", "far", *options, "--no-cache", ranks=3)
            jobs.expect(done, 0)
            check_same(right, arrays("far/results.h5"))
            got = s3.proxy.bytes("get")
            assert got <= 1.05 * len(read(name)), (name, got, len(read(name)))


def s3_train__long_panels_give_the_bits_of_wide_files():
    with own_bucket() as s3:
        frame = jobs.panel(400, 5, seed=8)
        options = (*OPTIONS, "--end-date", jobs.last_day(frame))
        jobs.write(frame, "panel.csv")
        right = local_results(s3, options, "panel.csv")
        for name in ("long.csv", "long.parquet"):
            s3.done("convert", "panel.csv", s3.uri(name), "--long")
            done = s3.train("--data", s3.uri(name), "--output", "far", *options, ranks=3)
            jobs.expect(done, 0)
            check_same(right, arrays("far/results.h5"))
        s3.done("convert", s3.uri("long.parquet"), s3.uri("wide.csv"), "--wide")
        assert s3.done("cat", s3.uri("wide.csv")).split("\n")[1:] == s3.done("cat", "panel.csv").split("\n")[1:]


def s3_train__packed_datasets_are_fetched_once():
    """By one rank each: what a packed file holds is read in one go."""
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        right, size = local_results(s3, options), 0
        for i, name in enumerate(sorted(os.listdir("near"))):
            body = pathlib.Path("near", name).read_bytes()
            packed = gzip.compress(body) if i % 2 else gzip.compress(body[:99]) + gzip.compress(body[99:])
            s3.put(f"packed/{name}.gz", packed)
            size += len(packed)
        s3.proxy.heal()
        done = s3.train("--data", s3.uri("packed"), "--output", "far", *options, "--no-cache", ranks=3)
        jobs.expect(done, 0)
        check_same(right, arrays("far/results.h5"))
        assert s3.proxy.bytes("get") <= size * 1.05, (s3.proxy.bytes("get"), size)


def s3_train__a_second_run_reads_the_cache():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        words = ("--data", s3.uri("sets"), *options)
        jobs.expect(s3.train(*words, "--output", "far1", ranks=3), 0)
        s3.proxy.heal()
        jobs.expect(s3.train(*words, "--output", "far2"), 0)
        assert s3.proxy.count("get") == 0, s3.proxy.requests("get")
        check_same(arrays("far1/results.h5"), arrays("far2/results.h5"))
        counted = jobs.summary("far2")["io"]
        assert counted["cache_hits"] >= 7 and counted["requests"] == s3.proxy.count(), counted


def s3_train__random_faults_change_no_bit():
    with own_bucket() as s3:
        options, _ = long_datasets(s3, variables=20)
        right = local_results(s3, options)
        for share, seed in ((0.01, 21), (0.1, 22)):
            s3.proxy.heal()
            s3.proxy.fail_randomly(share, seed)
            done = s3.train("--data", s3.uri("sets"), "--output", s3.uri(f"r{seed}"), *options,
                            "--no-cache", ranks=3)
            jobs.expect(done, 0)
            check_same(right, fetch_results(s3, f"r{seed}")[0])
        assert any(r.fault for r in s3.proxy.requests())


def years(path):
    """Twenty years of hours in eight columns, a row group a year."""
    rng = np.random.default_rng(5)
    hours = 24 * 365
    stamps = np.datetime64("1996-01-01", "us") + np.arange(20 * hours) * np.timedelta64(1, "h")
    columns = [writer.Column("date", writer.INT64, stamps.astype("i8").tolist(), {6: 10},
                             bounds=True)] + [
        writer.Column(f"v{i}", writer.DOUBLE, (300 + rng.standard_normal(len(stamps)).cumsum()).tolist())
        for i in range(8)]
    writer.write(path, columns, group_rows=hours)
    return path


def s3_train__a_year_of_twenty_fetches_a_tenth():
    with own_bucket() as s3:
        years("years.parquet")
        size = os.path.getsize("years.parquet")
        s3.put("years.parquet", pathlib.Path("years.parquet").read_bytes())
        options = (*OPTIONS, "--start-date", "2008-01-01", "--end-date", "2008-12-27")
        right = local_results(s3, options, "years.parquet")
        done = s3.train("--data", s3.uri("years.parquet"), "--output", "far", *options, "--no-cache")
        jobs.expect(done, 0)
        check_same(right, arrays("far/results.h5"))
        got = s3.proxy.bytes("get")
        assert got < size * 0.08, f"{got} bytes were fetched of {size}"


def s3_train__results_come_whole_or_not_at_all():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        at_summary = lambda r: r.path.endswith("summary.json")
        at_results = lambda r: "/results." in r.path
        for fault, where, code in ((fp.error(403, "AccessDenied"), at_summary, 3),
                                   (fp.error(403, "AccessDenied"), at_results, 3),
                                   (fp.error(503, "SlowDown"), at_results, 75)):
            s3.proxy.heal()
            s3.proxy.fail("put initiate part complete", fault, times=1000, where=where)
            done = s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), *options, ranks=3,
                            env=s3.environment(AWS_MAX_ATTEMPTS="2"))
            jobs.expect(done, code, s3.uri("results"))
            assert "results/summary.json" not in s3.keys(), s3.keys()
            assert not [key for key in s3.keys() if "/.claims/" in key], s3.keys()
            assert s3.uploads() == []


def s3_train__what_may_not_be_written_is_reported_first():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        s3.proxy.fail("put", fp.error(403, "AccessDenied"), times=1000)
        done = s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), *options, ranks=2)
        jobs.expect(done, 3, "AccessDenied", s3.uri("results"))
        s3.proxy.heal()
        done = s3.train("--data", s3.uri("sets"), "--output", f"s3://{s3.bucket}-none/r", *options)
        jobs.expect(done, 3, f"s3://{s3.bucket}-none", "bucket")


def s3_train__missing_data_is_bad_input():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        for data, code in ((s3.uri("nothing"), 2), (s3.uri("nothing.csv"), 2), (f"s3://{s3.bucket}-none/x", 3)):
            done = s3.train("--data", data, "--output", s3.uri("results"), *options, ranks=2)
            jobs.expect(done, code, data if code == 2 else f"s3://{s3.bucket}-none")
        done = s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), "--variables", "v00",
                        "absent", *options, ranks=2)
        jobs.expect(done, 2, "absent")
        assert s3.keys("results") == []


def s3_train__outages_end_every_rank():
    with own_bucket() as s3:
        options, _ = long_datasets(s3)
        s3.proxy.fail("get", fp.error(503, "SlowDown"), times=10**6, where=lambda r: "v03" in r.path)
        done = s3.train("--data", s3.uri("sets"), "--output", s3.uri("results"), *options, ranks=3,
                        env=s3.environment(AWS_MAX_ATTEMPTS="2"))
        jobs.expect(done, 75, "v03")
        assert s3.keys("results") == []


def s3_train__buckets_are_named_as_the_original_did():
    with own_bucket() as s3:
        options, _ = long_datasets(s3, prefix="datasets")
        right = local_results(s3, options)
        done = s3.train("--s3-data-bucket", s3.bucket, "--s3-results-bucket", s3.bucket,
                        "--s3-output-file", s3.uri("summaries/one.json"), "--aws-region", "us-east-1",
                        *options)
        jobs.expect(done, 0)
        found, summary = fetch_results(s3)
        check_same(right, found)
        assert json.loads(s3.get("summaries/one.json")) == summary


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
