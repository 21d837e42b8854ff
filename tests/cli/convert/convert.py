#!/usr/bin/python3
"""convert.py [CASE…]: pulse-data convert from and to every format, read back by others."""
import json
import os
import pathlib
import pty
import re
import signal
import stat
import subprocess
import sys

import h5py
import numpy as np
import pandas as pd

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "mpi"))
import jobs  # noqa: E402
from npm import duckdb  # noqa: E402
from processes import Tmpfs, finish, go_on, stopping, wait_stopped  # noqa: E402


def data(*arguments, code=0):
    done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), *map(str, arguments)],
                          capture_output=True, timeout=300, check=False)
    assert done.returncode == code, (arguments, done.returncode, done.stderr)
    return done.stdout, done.stderr.decode()


def frame(rows, seed=5):
    """A table of every kind, with missing cells and the values that formats get wrong."""
    rng = np.random.default_rng(seed)
    real = rng.standard_normal(rows) * 10.0 ** rng.integers(-300, 300, rows)
    real[::7] = np.nan
    real[1:4] = [-0.0, 5e-324, 1.7976931348623157e308][:max(0, min(3, rows - 1))]
    words = np.array(["plain", "with, comma", 'with "quotes"', "ünïcode €", "two\nlines"])
    return pd.DataFrame({
        "date": pd.bdate_range("1995-01-02", periods=rows),
        "real": real,
        "whole": rng.integers(-2**52, 2**52, rows),
        "late": np.where(np.arange(rows) < rows // 2, np.nan, np.arange(rows) / 8),
        "word": words[rng.integers(0, len(words), rows)],
        "flag": rng.random(rows) < 0.5})


def written(rows=1000, name="in.csv", **options):
    f = frame(rows, **options)
    f.to_csv(name, index=False, float_format="%.17g")
    return f


def same(a, b):
    """The same columns, in any order of them, bit for bit."""
    assert sorted(a.columns) == sorted(b.columns), (list(a), list(b))
    for name in a.columns:
        x, y = a[name].to_numpy(), b[name].to_numpy()
        if x.dtype.kind == "f":
            y = y.astype(float)
            good = np.array_equal(x.view(np.int64)[~np.isnan(x)], y.view(np.int64)[~np.isnan(y)])
        else:
            good = np.array_equal(x, y)
        assert good and len(x) == len(y), name


def convert__pickles_are_read_by_pandas():
    f = written()
    data("convert", "in.csv", "out.pkl")
    back = pd.DataFrame(pd.read_pickle("out.pkl"))
    back["date"] = pd.to_datetime(back["date"])
    same(f, back)


def convert__hdf5_is_read_by_h5py():
    f = written()
    data("convert", "in.csv", "out.h5")
    with h5py.File("out.h5") as h:
        assert h["data/date"].attrs["units"] in (b"nanoseconds since 1970-01-01", "nanoseconds since 1970-01-01")  # as xarray wants it
        back = pd.DataFrame({name: h["data"][name][()] for name in h["data"]})
    assert list(back) == list(f), list(back)  # in their order
    assert [back[name].dtype for name in ("whole", "flag", "real")] == ["i8", "bool", "f8"]
    back["date"] = pd.to_datetime(back["date"])
    back["word"] = [w.decode() for w in back["word"]]
    back["whole"], back["flag"] = back["whole"].astype(int), back["flag"] == 1
    same(f, back)


def convert__hdf5_is_decoded_by_xarray():
    try:
        import h5netcdf  # noqa: F401
        import xarray as xr
    except ImportError as why:
        raise jobs.Skip(f"no xarray: {why}") from None
    f = written()
    data("convert", "in.csv", "out.h5")
    with xr.open_dataset("out.h5", group="data", engine="h5netcdf", phony_dims="sort") as back:
        np.testing.assert_array_equal(back["date"].values, f["date"].to_numpy())
        np.testing.assert_array_equal(back["real"].values, f["real"].to_numpy())


def convert__hdf5_integers_beside_missing_ones_are_doubles():
    """Whenever the first missing one comes: what was written before it is kept, and so is the order."""
    random = np.random.default_rng(8)
    rows = 150_000
    f = pd.DataFrame({"date": pd.date_range("1700-01-01", periods=rows, freq="h"),
                      "early": random.integers(-2**40, 2**40, rows).astype(float),
                      "all": random.integers(-2**62, 2**62, rows),
                      "late": random.integers(-2**40, 2**40, rows).astype(float),
                      "when": pd.date_range("1990-01-01", periods=rows, freq="s"),
                      "flag": pd.Series(random.random(rows) < 0.5, dtype="boolean")})
    f.loc[3, "early"] = f.loc[rows - 2, "late"] = np.nan
    f.loc[9, "when"], f.loc[70_000, "flag"] = pd.NaT, pd.NA
    f.astype({"early": "Int64", "late": "Int64"}).to_csv("in.csv", index=False)
    data("convert", "in.csv", "out.h5")
    with h5py.File("out.h5") as h:
        assert list(h["data"]) == list(f)
        for name in ("early", "late", "all"):
            np.testing.assert_array_equal(h["data"][name][:], f[name].to_numpy())
        assert h["data/all"].dtype == "i8" and h["data/late"].dtype == "f8"
        flags = h["data/flag"][:]
        assert np.array_equal(flags, f["flag"].to_numpy("f8", na_value=np.nan), equal_nan=True)
        assert pd.Series(pd.to_datetime(h["data/when"][:])).equals(f["when"])
    want = data("cat", "in.csv")[0].replace(b",true\n", b",1\n").replace(b",false\n", b",0\n")
    assert data("cat", "out.h5")[0] == want


def convert__csv_is_read_by_pandas():
    f = written()
    data("convert", "in.csv", "out.parquet", "--row-group-rows", "77")
    data("convert", "out.parquet", "out.csv")
    same(f, pd.read_csv("out.csv", parse_dates=["date"], float_precision="round_trip"))


def convert__every_format_from_every_format():
    written(300)
    want = data("cat", "in.csv")[0]
    for first in ("parquet", "pkl", "csv", "h5"):
        data("convert", "in.csv", f"a.{first}")
        for second in ("parquet", "pkl", "csv", "h5"):
            data("convert", f"a.{first}", f"b.{second}")
            assert data("cat", f"b.{second}")[0] == want, (first, second)


def convert__training_is_the_same_from_each():
    subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), "synth", "p.csv", "--rows", "900", "--variables", "5",
                    "--seed", "3"], check=True, stdout=subprocess.DEVNULL)
    results = {}
    for extension in ("csv", "parquet", "h5", "pkl"):
        if extension != "csv":
            data("convert", "p.csv", f"p.{extension}")
        subprocess.run([os.path.join(jobs.binaries(), "pulse-train"), "--data", f"p.{extension}", "--output", extension,
                        "--variables", "spx_close", "us_10y_yield", "vix_close", "--end-date", "2004-01-01"],
                       check=True, stdout=subprocess.DEVNULL)
        results[extension] = pathlib.Path(extension, "results.h5").read_bytes()
    assert len(set(results.values())) == 1, {k: hash(v) for k, v in results.items()}


def convert__edges():
    for rows in (0, 1, 2):
        f = written(rows, "edge.csv")
        data("convert", "edge.csv", "edge.parquet")
        assert data("cat", "edge.parquet")[0].count(b"\n") >= len(f) + 1
    pathlib.Path("missing.csv").write_text("date,a,b\n2020-01-01,,\n2020-01-02,,\n")
    data("convert", "missing.csv", "missing.parquet")
    assert data("cat", "missing.parquet")[0].count(b"\n") == 3


def convert__refusals_leave_nothing():
    written(50)
    for to, code in (("out.xyz", 2), ("no/such/dir/out.parquet", 2)):
        assert data("convert", "in.csv", to, code=code)[1].startswith("error: ")
    assert "no such file" in data("convert", "none.csv", "out.parquet", code=2)[1].lower()
    pathlib.Path("slash.csv").write_text("date,a/b\n2020-01-01,1\n")
    assert "HDF5 has no name" in data("convert", "slash.csv", "out.h5", code=2)[1]
    assert data("convert", "in.csv", code=2)[1].count("\n") == 1
    left = sorted(p.name for p in pathlib.Path(".").iterdir())
    assert left == ["in.csv", "slash.csv"], left


def convert__a_terminal_sees_how_far_it_is():
    line = "2001-01-01," + ",".join(str(i / 7) for i in range(1, 13)) + "\n"
    with open("in.csv", "w", encoding="utf-8") as f:
        f.write("date," + ",".join(f"v{i}" for i in range(12)) + "\n")
        for _ in range(40):
            f.write(line * 5000)
    here, there = pty.openpty()
    with subprocess.Popen([os.path.join(jobs.binaries(), "pulse-data"), "convert", "in.csv", "out.h5"],
                          stderr=there) as process:
        os.close(there)
        shown = b""
        try:
            while block := os.read(here, 4096):
                shown += block
        except OSError:  # how a terminal ends whose other side is closed
            pass
    os.close(here)
    assert process.returncode == 0, shown
    shares = re.findall(rb"\rconverting +(\d+) %, [0-9.]+ (?:s|min) left\x1b\[K", shown)
    assert shares and [int(x) for x in shares] == sorted(map(int, shares)), shown
    assert shown.endswith(b"\r\x1b[K"), shown  # nothing of it stays


def convert__one_year_of_twenty_reads_little():
    years = [pd.bdate_range(f"{year}-01-02", periods=250) for year in range(1995, 2015)]
    times = np.concatenate([np.add.outer(days.to_numpy(), np.arange(24).astype("timedelta64[h]")).ravel()
                            for days in years])
    values = np.random.default_rng(1).standard_normal((len(times), 6)).cumsum(axis=0)
    pd.DataFrame(values, times, list("abcdef")).to_csv("long.csv", index_label="date")
    data("convert", "long.csv", "long.parquet", "--row-group-rows", str(250 * 24))
    read = {}
    for name in ("long.parquet", "long.csv"):
        subprocess.run([os.path.join(jobs.binaries(), "pulse-train"), "--data", name, "--output", name + ".out",
                        "--start-date", "2003-01-01", "--end-date", "2003-12-31", "--min-history", "50", "--log-level",
                        "error"], check=True, stdout=subprocess.DEVNULL)
        read[name] = json.loads(pathlib.Path(name + ".out/summary.json").read_text())["io"]["bytes_read"]
    assert read["long.parquet"] < 0.1 * os.path.getsize("long.parquet"), read
    assert pathlib.Path("long.parquet.out/results.h5").read_bytes() == pathlib.Path("long.csv.out/results.h5").read_bytes()


def convert__parquet_is_read_by_duckdb():
    f = written(1000)
    f["real"] += 0.0  # its JSON has no -0
    for method in ("zstd", "snappy", "none"):
        data("convert", "in.csv", "out.parquet", "--row-group-rows", "300", "--compression", method)
        rows, groups = duckdb(
            "select * from 'out.parquet'",
            "select row_group_id g, row_group_num_rows n, stats_min_value a, stats_max_value b, stats_null_count m, "
            "compression c from parquet_metadata('out.parquet') where path_in_schema = 'late' order by g")
        back = pd.DataFrame(rows)
        back["date"] = pd.to_datetime(back["date"])
        back["whole"] = back["whole"].astype(int)
        for name in ("real", "late"):
            back[name] = back[name].astype(float)
        same(f, back)
        assert [int(g["n"]) for g in groups] == [300, 300, 300, 100]
        assert {g["c"] for g in groups} == {"UNCOMPRESSED" if method == "none" else method.upper()}
        for k, g in enumerate(groups):
            part = f["late"].iloc[300 * k:300 * (k + 1)]
            assert int(g["m"]) == part.isna().sum()
            if part.notna().any():
                assert (float(g["a"]), float(g["b"])) == (part.min(), part.max()), g


def convert__parquet_of_duckdb_is_read():
    duckdb("copy (select (timestamp '2001-01-01' + interval (i) day) as date, cast(i as double) / 10 as x, "
           "case when i % 5 = 0 then null else i end as y, 'w' || (i % 3) as w from range(2000) t(i)) "
           "to 'duck.parquet' (format parquet, row_group_size 600, compression zstd)")
    table = pd.read_csv(pd.io.common.BytesIO(data("cat", "duck.parquet")[0]))
    i = np.arange(2000)
    assert np.array_equal(table["x"], i / 10) and list(table["w"]) == [f"w{k % 3}" for k in i]
    assert np.array_equal(table["y"].isna(), i % 5 == 0) and table["date"].iloc[-1] == "2006-06-23T00:00:00"


def convert__a_file_is_not_written_onto_itself():
    written(50)
    before = pathlib.Path("in.csv").read_bytes()
    os.symlink("in.csv", "link.csv")
    os.link("in.csv", "hard.csv")
    data("convert", "in.csv", "in.h5")
    for source, target in (("in.csv", "in.csv"), ("in.csv", "./in.csv"), ("in.csv", "link.csv"), ("hard.csv", "in.csv"),
                           ("link.csv", "hard.csv"), ("in.h5", os.path.abspath("in.h5")), ("in.h5#/data", "in.h5")):
        err = data("convert", source, target, code=2)[1]
        assert target in err and err.count("\n") == 1, err
    assert pathlib.Path("in.csv").read_bytes() == before and os.path.islink("link.csv")
    data("convert", "in.csv", "in.csv.gz")


def drained(*arguments, code=0):
    """What a command writes into the pipe, which stays one."""
    with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE) as reader:
        data(*arguments, code=code)
        return reader.communicate(timeout=300)[0]


def convert__pipes_and_links_stay_what_they_are():
    """/dev/null as well, which root would have replaced by a file."""
    written(50)
    data("convert", "in.csv", "out.csv")
    wanted = pathlib.Path("out.csv").read_bytes()
    os.mkfifo("pipe")
    os.symlink("pipe", "pipe.csv"), os.symlink("pipe", "pipe.parquet"), os.symlink("pipe", "pipe.h5")
    os.symlink("out.csv", "link.csv"), os.symlink("none", "lost.csv"), os.mkdir("folder.csv")
    for words in ("convert", "in.csv", "pipe.csv"), ("get", "out.csv", "pipe"):
        assert drained(*words) == wanted, words
    pathlib.Path("piped.parquet").write_bytes(drained("convert", "in.csv", "pipe.parquet"))
    assert data("cat", "piped.parquet")[0] == data("cat", "in.csv")[0]
    assert drained("prepare", "in.csv", "--output", "pipe.csv").startswith(b"date,")
    for words in ("synth", "pipe.h5"), ("convert", "in.csv", "pipe.h5"), ("prepare", "in.csv", "--output", "pipe.h5"):
        assert "HDF5 needs a file" in data(*words, code=3)[1]  # nobody reads the pipe
    pathlib.Path("out.csv").write_text("old", encoding="utf-8")
    data("convert", "in.csv", "link.csv")
    assert pathlib.Path("out.csv").read_bytes() == wanted
    assert "leads nowhere" in data("convert", "in.csv", "lost.csv", code=3)[1]
    assert "is a directory" in data("convert", "in.csv", "folder.csv", code=2)[1]
    for name in ("pipe.csv", "pipe.parquet", "pipe.h5", "link.csv", "lost.csv"):
        assert os.path.islink(name), name
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def convert__standard_output_by_its_name_is_written_to():
    written(50)
    data("convert", "in.csv", "out.csv")
    wanted = pathlib.Path("out.csv").read_bytes()
    os.symlink("/dev/stdout", "stdout.csv")
    assert data("convert", "in.csv", "stdout.csv")[0] == wanted
    for redirection in ">", ">>":
        words = ["sh", "-c", f'"$0" convert in.csv stdout.csv {redirection} all.csv', f"{jobs.binaries()}/pulse-data"]
        subprocess.run(words, timeout=300, check=True)
    assert pathlib.Path("all.csv").read_bytes() == 2 * wanted


def convert__a_full_disk_below_hdf5_is_an_error_that_leaves_nothing():
    """The library crashes at its end over a file that it could not close."""
    written(3000)
    frame(3000)[["date", "real", "late"]].to_csv("numbers.csv", index=False)
    ends = set()
    for size in 8, 16, 32, 64, 96, 160:
        with Tmpfs(f"{size}k") as disk:
            for words in (("convert", "in.csv", f"{disk}/a.h5"), ("prepare", "numbers.csv", "--output", f"{disk}/a.h5"),
                          ("synth", f"{disk}/a.h5", "--rows", "300")):
                done = subprocess.run([os.path.join(jobs.binaries(), "pulse-data"), *words], capture_output=True,
                                      timeout=300, check=False, text=True)
                assert done.returncode in (0, 3), (size, words, done)
                assert done.returncode == 0 or done.stderr.count("\n") == 1, (size, words, done)
                assert not [name for name in os.listdir(disk) if name.startswith(".")], os.listdir(disk)
                ends.add((words[0], done.returncode))
                for name in os.listdir(disk):
                    os.unlink(f"{disk}/{name}")
        os.rmdir("disk")
    assert {(command, 3) for command in ("convert", "prepare", "synth")} <= ends, ends


def convert__a_signal_leaves_no_hidden_file_and_gives_its_code():
    written(300)
    data("convert", "in.csv", "out.csv")
    before = pathlib.Path("out.csv").read_bytes()
    for words in (("convert", "in.csv", "out.csv"), ("prepare", "in.csv", "--output", "out.csv"),
                  ("get", "in.csv", "out.csv"), ("synth", "out.csv")):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            job = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-data"), *words], env=stopping(1, "out.csv"),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            wait_stopped(job.pid)
            assert [name for name in os.listdir() if name.startswith(".out.csv.")], words
            job.send_signal(number)
            go_on([job.pid])
            jobs.expect(finish(job), code, signal.Signals(number).name)
            assert not [name for name in os.listdir() if name.startswith(".")], (words, os.listdir())
            assert pathlib.Path("out.csv").read_bytes() == before, words


def convert__what_killed_processes_left_of_an_output_goes_and_nothing_else():
    written(20)
    os.mkdir("out")
    gone = subprocess.Popen(["true"])
    gone.wait()
    day = 86400
    for name, age in ((f".a.csv.{gone.pid}-0.tmp", day), (f".a.csv.{gone.pid}-1.tmp", 0), (f".b.csv.{gone.pid}-0.tmp", day),
                      (f".a.csv.{os.getpid()}-0.tmp", day), (f".a.csv.{gone.pid}-0.tmp.txt", day), (".a.csv", day)):
        pathlib.Path("out", name).write_text("half", encoding="utf-8")
        os.utime(f"out/{name}", (os.stat("in.csv").st_mtime - age,) * 2)
    before = set(os.listdir("out"))
    os.symlink("out/a.csv", "link.csv")
    data("convert", "in.csv", "out/a.csv")
    assert before - set(os.listdir("out")) == {f".a.csv.{gone.pid}-0.tmp"}, os.listdir("out")
    for command in (("convert", "in.csv", "link.csv"), ("prepare", "in.csv", "-v", "real", "-o", "out/a.csv"),
                    ("synth", "out/a.csv", "--rows", 50)):
        pathlib.Path(f"out/.a.csv.{gone.pid}-0.tmp").write_text("half", encoding="utf-8")
        os.utime(f"out/.a.csv.{gone.pid}-0.tmp", (0, 0))
        data(*command)
        assert before - set(os.listdir("out")) == {f".a.csv.{gone.pid}-0.tmp"}, (command, os.listdir("out"))


def convert__two_columns_of_one_name_are_kept_or_refused():
    pathlib.Path("in.csv").write_text("date,a,b,a\n2020-01-01,1,2,3\n")
    pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]).to_pickle("in.pkl")
    assert data("cat", "in.csv")[0] == b"date,a,b,a\n2020-01-01T00:00:00,1,2,3\n"
    assert data("cat", "in.pkl")[0].split() == [b"a,a", b"1,2"]
    for source in ("in.csv", "in.pkl"):
        for target in ("out.parquet", "out.h5", "out.pkl"):
            assert "'a'" in data("convert", source, target, code=2)[1] and not os.path.exists(target)
        data("convert", source, "out.csv")


def convert__matrices_of_results_are_tables():
    days = np.arange(5) * 86400 * 10**9 + 1577836800 * 10**9
    with h5py.File("results.h5", "w") as f:
        f["calendar"], f["variables"] = days, np.array([b"aa", b"b"])
        f["calendar"].attrs["units"] = "ns since 1970-01-01 UTC"
        f["predictions/predicted"] = np.arange(10.0).reshape(5, 2)
        f["horizons/5/predictions/predicted"] = -np.arange(10.0).reshape(5, 2)
        f["metrics/n"] = np.arange(6).reshape(3, 2)
        f["windows"] = np.array([(1, 2)], dtype=[("start", "i8"), ("rows", "i8")])
    for path, sign in (("/predictions/predicted", 1), ("/horizons/5/predictions/predicted", -1)):
        uri = f"results.h5#{path}"
        rows = data("cat", uri)[0].decode().split()
        assert rows[:2] == ["date,aa,b", f"2020-01-01T00:00:00,{'0' if sign > 0 else '-0'},{sign}"], rows
        assert data("info", uri)[0].startswith(f"{uri}: 2 variables, 5 rows".encode())
        data("convert", uri, "out.parquet")
        assert data("cat", "out.parquet")[0].decode().split() == rows
    for command in (("cat", "results.h5"), ("convert", "results.h5", "out.csv")):
        err = data(*command, code=2)[1]
        assert "/windows" in err and "/predictions/predicted" in err and "/horizons/5/predictions/predicted" in err, err
    data("cat", "results.h5#/metrics/n", code=2)


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
