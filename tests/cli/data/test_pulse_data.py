"""pulse-data synth, info and head."""
import io
import json
import os
import pty
import subprocess

import h5py
import numpy as np
import pandas as pd

from support import PROGRAM, fails, main, run


def frame(path):
    return pd.read_csv(path, index_col="date", parse_dates=["date"], float_precision="round_trip")


def h5_frame(path):
    with h5py.File(path) as f:
        g = f["data"]
        assert g["date"].attrs["units"] == "nanoseconds since 1970-01-01"
        return pd.DataFrame(g["values"][:], columns=[c.decode() for c in g["columns"][:]],
                            index=pd.DatetimeIndex(g["date"][:].astype("datetime64[ns]"), name="date"))


def head_frame(*arguments):
    return frame(io.StringIO(run("head", *arguments)[0]))


# ---- synth ---------------------------------------------------------------------------------------

def synth__same_seed_makes_the_same_bytes():
    for name in ("a.csv", "b.csv", "a.h5", "b.h5"):
        run("synth", name, "--rows", 300, "--variables", 9, "--seed", 5)
    run("synth", "c.csv", "--rows", 300, "--variables", 9, "--seed", 6)
    read = lambda name: open(name, "rb").read()
    assert read("a.csv") == read("b.csv")
    assert read("a.h5") == read("b.h5")
    assert read("a.csv") != read("c.csv")
    assert read("a.truth.json") == read("b.truth.json")


def synth__every_format_holds_the_same_values():
    options = ("--rows", 400, "--variables", 9)
    run("synth", "a.csv", *options)
    run("synth", "a.h5", *options)
    run("synth", "long", *options)
    run("synth", "long5/", *options, "--format", "dir-h5")
    csv = frame("a.csv")
    pd.testing.assert_frame_equal(csv, h5_frame("a.h5"), check_exact=True, check_freq=False)
    assert len(os.listdir("long")) == len(os.listdir("long5")) == 9
    for name in csv:
        wanted = csv[name].dropna()
        long = pd.read_csv(f"long/historical_{name}.csv", parse_dates=["timestamp"],
                           float_precision="round_trip")
        assert list(long.columns) == ["timestamp", "value"]
        assert (long.value.values == wanted.values).all()
        assert (long.timestamp.values == wanted.index.values).all()
        with h5py.File(f"long5/historical_{name}.h5") as f:
            assert (f["data/value"][:] == wanted.values).all()
            assert (f["data/timestamp"][:] == wanted.index.values.astype("datetime64[ns]").astype("i8")).all()


def synth__panel_has_the_shape_of_a_market():
    run("synth", "a.csv", "--rows", 2500, "--variables", 12, "--sparse", 2)
    csv = frame("a.csv")
    truth = json.load(open("a.truth.json"))
    assert csv.shape == (2500, 12)
    assert csv.index[0] == pd.Timestamp("2000-01-03")
    assert csv.index.is_monotonic_increasing and csv.index.is_unique
    assert (csv.index.dayofweek < 5).all()
    assert not any((day.month, day.day) in ((7, 4), (12, 25), (1, 1)) for day in csv.index)
    kinds = {v["name"]: v["kind"] for v in truth["variables"]}
    assert list(kinds) == list(csv.columns)
    assert sorted(kinds.values()) == ["daily"] * 10 + ["monthly", "quarterly"]
    monthly = csv["cpi_yoy"].dropna()
    assert (monthly.index.to_period("M").value_counts() == 1).all() and (monthly.index.day >= 12).all()
    assert set(csv["gdp_growth"].dropna().index) <= set(monthly.index)
    late = [v for v in truth["variables"] if v["first_row"] > 0]
    assert len(late) == 1 and csv[late[0]["name"]].first_valid_index() >= csv.index[late[0]["first_row"]]
    daily = csv[[n for n in csv if kinds[n] == "daily" and n != late[0]["name"]]]
    assert 0 < daily.isna().mean().mean() < 0.01 and (daily.isna().sum() > 0).all()
    assert (csv.min() > 0).all()
    big = daily.diff().abs().rolling(60).mean()
    assert (big.max() / big.min() > 2).all(), "volatility changes"


def synth__true_coefficients_can_be_recovered():
    run("synth", "a.csv", "--rows", 20000, "--variables", 6, "--sparse", 0, "--lags", 2, "--gaps", 0,
        "--start-date", "1900-01-01")
    truth = json.load(open("a.truth.json"))
    names = [v["name"] for v in truth["variables"]]
    first = max(v["first_row"] for v in truth["variables"])
    z = frame("a.csv").diff().values[first + 1:] / [v["scale"] for v in truth["variables"]]
    x = np.hstack([z[1:-1], z[:-2]])
    found = np.linalg.lstsq(x, z[2:], rcond=None)[0]
    wanted = np.zeros((12, 6))
    for link in truth["coefficients"]:
        row = (link["lag"] - 1) * 6 + names.index(link["source"])
        wanted[row, names.index(link["target"])] = link["value"]
    assert np.count_nonzero(wanted) >= 12
    assert np.abs(found - wanted).max() < 0.06, np.abs(found - wanted).max()
    companion = np.vstack([np.hstack([wanted[:6].T, wanted[6:].T]), np.eye(6, 12)])
    assert np.abs(np.linalg.eigvals(companion)).max() < 1


def synth__random_walks_have_nothing_to_find():
    run("synth", "a.csv", "--random-walk", "--rows", 3000, "--sparse", 0)
    assert json.load(open("a.truth.json"))["coefficients"] == []
    z = frame("a.csv").diff()
    for lag in (1, 2):
        for name in z:
            assert (z.corrwith(z[name].shift(lag)).abs() < 0.12).all()


def synth__model_does_not_depend_on_the_rows():
    run("synth", "a.csv", "--rows", 100, "--seed", 3)
    run("synth", "b.csv", "--rows", 80, "--seed", 3)
    links = lambda name: json.load(open(name))["coefficients"]
    assert links("a.truth.json") == links("b.truth.json")


def synth__odd_sizes_work():
    for rows, variables in ((1, 1), (1, 40), (3, 4)):
        run("synth", "a.csv", "--rows", rows, "--variables", variables)
        assert frame("a.csv").shape == (rows, variables)
        run("synth", "a.h5", "--rows", rows, "--variables", variables)
        assert h5_frame("a.h5").shape == (rows, variables)
    run("synth", "a.csv", "--variables", 60, "--sparse", 60, "--rows", 30)
    assert "var_0050" in frame("a.csv").columns


def synth__numbers_are_the_shortest_that_read_back():
    run("synth", "a.csv", "--rows", 200)
    for line in open("a.csv").read().splitlines()[1:]:
        for cell in line.split(",")[1:]:
            assert cell == "" or float(cell) == float(repr(float(cell))) and len(cell) <= len(repr(float(cell)))


def synth__leaves_nothing_behind_but_its_files():
    run("synth", "a.csv", "--rows", 10)
    assert sorted(os.listdir()) == ["a.csv", "a.truth.json"]
    fails("synth", "no/such/dir/a.csv", says="no/such/dir/a.csv")
    os.mkdir("b.csv")
    fails("synth", "b.csv", says="b.csv")
    assert sorted(os.listdir()) == ["a.csv", "a.truth.json", "b.csv"]


def synth__says_what_it_wrote_and_what_comes_next():
    out, _ = run("synth", "a.csv", "--rows", 10, "--variables", 3)
    assert out.count("\n") == 1
    for part in ("wrote a.csv", "10 rows", "3 variables", "a.truth.json", "pulse-train --data a.csv"):
        assert part in out, out
    out, _ = run("synth", "b.csv", "--rows", 10, "--start-date", "2100-01-01")
    assert "--end-date 2100-01-15" in out, out


# ---- info and head ---------------------------------------------------------------------------------

def info__agrees_with_pandas_for_every_format():
    run("synth", "a.csv", "--rows", 500)
    run("synth", "a.h5", "--rows", 500)
    run("synth", "long", "--rows", 500)
    csv = frame("a.csv")
    for data in ("a.csv", "a.h5", "long"):
        found = json.loads(run("info", data, "--json")[0])
        assert found["wide"] == (data != "long")
        assert found["rows"] == 500
        by_name = {v["name"]: v for v in found["variables"]}
        assert set(by_name) == set(csv.columns)
        for name, v in by_name.items():
            seen = csv[name].dropna()
            assert v["rows"] == len(seen) and v["missing"] == 500 - len(seen)
            assert v["first"] == seen.index[0].isoformat() and v["last"] == seen.index[-1].isoformat()
            assert abs(v["missing_percent"] - 100 * csv[name].isna().mean()) < 1e-4
        table = run("info", data)[0].splitlines()
        assert len(table) == 4 + len(csv.columns)
        assert table[1].split()[:2] == ["variable", "rows"]


def info__empty_columns_are_left_out_by_name_and_empty_files_have_no_dates():
    open("a.csv", "w").write("date,a,b\n2000-01-03,1,\n")
    found = json.loads(run("info", "a.csv", "--json")[0])
    assert [variable["name"] for variable in found["variables"]] == ["a"] and found["left_out"] == ["b"]
    assert "b" in run("info", "a.csv")[0].split("left out")[-1]
    open("h.csv", "w").write("date,a\n")
    assert json.loads(run("info", "h.csv", "--json")[0])["rows"] == 0
    assert "-" in run("info", "h.csv")[0]


def head__prints_what_pandas_reads():
    run("synth", "a.csv", "--rows", 50)
    run("synth", "a.h5", "--rows", 50)
    csv = frame("a.csv")
    for data in ("a.csv", "a.h5"):
        assert len(head_frame(data)) == 10
        assert run("head", data, "-n", 0)[0] == "date," + ",".join(csv.columns) + "\n"
        for n in (1, 7, 50, 1000):
            found = head_frame(data, "-n", n)
            assert list(found.columns) == list(csv.columns)
            pd.testing.assert_frame_equal(found, csv.head(n).astype(found.dtypes), check_exact=True)
    one = head_frame("a.csv", "--variable", "vix_close", "-n", 50)
    assert (one["vix_close"].dropna().values == csv["vix_close"].dropna().values).all()


def head__reads_large_files_only_as_far_as_needed_and_whole():
    run("synth", "a.csv", "--rows", 30000, "--variables", 30)
    csv = frame("a.csv")
    pd.testing.assert_frame_equal(head_frame("a.csv", "-n", 30000), csv, check_exact=True)


def head__keeps_every_digit_of_numbers_and_times():
    open("a.csv", "w").write('date,"x, y",b\n2016-12-30T16:00:00.000000001Z,0.1,1e-300\n'
                             "2016-12-30 01:00:00+01:00,0.30000000000000004,\n")
    out = run("head", "a.csv")[0]
    assert out == ('date,"x, y",b\n2016-12-30T16:00:00.000000001,0.1,1e-300\n'
                   "2016-12-30T01:00:00,0.30000000000000004,\n"), out  # as the clock of its offset shows it


def on_a_terminal(*words):
    """What a command writes to a terminal."""
    here, there = pty.openpty()
    with subprocess.Popen([PROGRAM, *words], stdout=there, stdin=subprocess.DEVNULL) as process:
        os.close(there)
        shown = b""
        try:
            while block := os.read(here, 4096):
                shown += block
        except OSError:  # how a terminal ends whose other side is closed
            pass
    os.close(here)
    assert process.returncode == 0, shown
    return shown.decode().replace("\r\n", "\n")


def head__what_a_terminal_shows_is_escaped_and_what_a_pipe_gets_is_not():
    odd = "a\x1b[31mb\x9bc\u202ed"
    frame = pd.DataFrame({odd: [1.0, 2.0], "plain": [3.0, 4.0]}, index=pd.date_range("2000-01-03", periods=2, name="date"))
    frame.to_csv("odd.csv")
    words = frame.assign(word=["x\x1b]0;t\x07y", "two\nlines, ü"])
    words.to_csv("words.csv")
    escaped = "a\\x1b[31mb\\u009bc\\u202ed"
    assert on_a_terminal("head", "odd.csv").splitlines()[0] == f"date,{escaped},plain"
    shown = on_a_terminal("cat", "words.csv").splitlines()
    assert shown[0] == f"date,{escaped},plain,word" and len(shown) == 3, shown
    assert shown[1].endswith(',"x\\x1b]0;t\\x07y"') and shown[2].endswith(',"two\\nlines, ü"'), shown
    for command, file in (("head", "odd.csv"), ("cat", "words.csv")):
        assert run(command, file)[0].startswith(f"date,{odd},plain"), command


def head__a_directory_needs_a_variable():
    run("synth", "long", "--rows", 20, "--variables", 3)
    fails("head", "long", says=("--variable", "spx_close"))
    fails("head", "long", "--variable", "nope", says="no variable 'nope'")
    assert head_frame("long", "--variable", "spx_close", "-n", 3).shape == (3, 1)


# ---- the command line -------------------------------------------------------------------------------

def cli__help_teaches_and_version_is_printed():
    for arguments in ((), ("info",), ("head",), ("synth",)):
        out, _ = run(*arguments, "--help")
        assert "Examples:" in out and "pulse-data " in out, out
        assert run(*arguments, "--version")[0].startswith("pulse-data ")


def cli__bad_command_lines_end_with_2():
    for arguments in ((), ("frobnicate",), ("info",), ("info", "a", "b"), ("head", "a", "-n", "x"),
                      ("head", "a", "-n", "-1"), ("synth",), ("synth", "a.doc"), ("synth", "a.csv", "--rows", "0"),
                      ("synth", "a.csv", "--rows", "1e3"), ("synth", "a.csv", "--format", "xls"),
                      ("synth", "a.csv", "--sparse", "99"), ("synth", "a.csv", "--start-date", "then"),
                      ("synth", "a.csv", "--gaps", "x"), ("info", "--nonsense")):
        fails(*arguments, says="--help")
    fails("info", "--nonsense", says=("--nonsense", "pulse-data info --help"))
    fails("head", "a", "-n", "x", says=("--lines x", "a number of rows"))
    fails("head", "a", "--variable", says="--variable")
    assert os.listdir() == []


def cli__a_misspelt_file_gets_the_nearest_name_beside_it():
    os.mkdir("sets")
    for name in ("sets/market.csv", "sets/markets.csv", "sets/panel.parquet", "sets/.hidden.csv"):
        open(name, "w").write("date,a\n2000-01-03,1\n")
    for path, near in (("sets/market.cvs", "sets/market.csv"), ("sets/panel.parqet", "sets/panel.parquet"),
                       ("sets/maket.csv", "sets/market.csv")):
        fails("info", path, says=f"opening {path}: No such file or directory; did you mean {near}?")
        fails("head", path, says=f"did you mean {near}?")
    os.chdir("sets")
    fails("info", "panels.parquet", says="did you mean panel.parquet?")
    for path in ("hidden.csv", "other.csv", "nowhere/market.csv", "x"):
        fails("info", path, says=f"opening {path}: No such file or directory\n")


def cli__bad_data_is_one_line_with_location_and_remedy():
    fails("info", "absent.csv", says=("absent.csv", "No such file"))
    os.mkdir("empty")
    fails("info", "empty", says="holds no files")
    open("a.csv", "w").write("date,a\n2000-01-03,1\n2000-01-04,x\n")
    out, err = run("info", "a.csv", code=2)
    assert out == "this reads it, if it means that: pulse-data info a.csv --missing 'x'\n", out
    assert err.count("\n") == 1 and "a.csv, line 3" in err, err
    fails("synth", "b.csv", "--rows", 100000, says="beyond the year 2261")
    open("evil.csv", "w").write("date,a\x1b[31m\n2000-01-03,1\nnow\x07,2\n")
    fails("info", "evil.csv", says="line 3")


def cli__a_full_disk_ends_with_3():
    out = os.open("/dev/full", os.O_WRONLY)
    run("synth", "a.csv", "--rows", 1000)
    for arguments in (("info", "a.csv"), ("head", "a.csv", "-n", "1000")):
        done = subprocess.run([PROGRAM, *arguments], stdout=out, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 3 and done.stderr.startswith("error: "), done
    os.close(out)


def cli__a_closed_standard_output_is_an_error_and_a_closed_input_is_empty():
    run("synth", "a.csv", "--rows", 1000)
    content = open("a.csv", "rb").read()
    for arguments in ("info a.csv", "cat a.csv", "get a.csv -", "synth b.csv"):
        done = subprocess.run(["sh", "-c", f'exec "$0" {arguments} <&- >&-', PROGRAM], stderr=subprocess.PIPE, text=True)
        assert done.returncode == 3 and done.stderr.startswith("error: "), done
    assert open("a.csv", "rb").read() == content


def cli__secrets_of_an_endpoint_or_proxy_are_not_shown():
    clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
    clean.update(AWS_ACCESS_KEY_ID="AKIAX", AWS_SECRET_ACCESS_KEY="x", AWS_REGION="eu-central-1", AWS_MAX_ATTEMPTS="1",
                 AWS_EC2_METADATA_DISABLED="true", HOME=os.getcwd())
    host = "127.0.0.1:9"
    endpoints = [(f"http://user:S3cretPw@{host}", f"http://{host}:"), (f"https://{host}?Token=S3cretPw", f"https://{host}:"),
                 (f"http://u:S3cr/S3cretPw@{host}", "http://...:"), (f"http://{host}/a?Token=x@S3cretPw", "http://...:"),
                 ("http://u:S3cretPw", "http://...:"), (f"{host}:u:S3cretPw", "...:"), (f"u:S3cretPw@{host}", f"{host}:"),
                 (f"http://{host}/S3cretPw", f"http://{host}:"), (f"http://u:S3cr S3cretPw@{host}", f"http://{host}:")]
    for url, shown in endpoints:
        status = os.path.join(os.path.dirname(PROGRAM), "pulse-status")
        for words, env in (([PROGRAM, "ls", "s3://b/"], {"AWS_ENDPOINT_URL": url}), ([status, "list", "--endpoint-url", url], {}),
                           ([PROGRAM, "ls", "s3://b/", "--endpoint-url", url], {})):
            done = subprocess.run(words, capture_output=True, text=True, env={**clean, **env})
            assert done.returncode == 2 and f"endpoint {shown}" in done.stderr, (url, done)
            assert "S3cr" not in done.stderr and done.stderr.count("\n") == 1, done
    for proxy in (f"http://u:S3cretPw@{host}", f"http://u:S3cr S3cretPw@{host}", f"{host}:u:S3cretPw", f"foo://u:S3cretPw@{host}",
                  f"http://u:S3cr/S3cretPw@{host}", f"http://u:S3cretPw@{host}:{'9' * 300}", f"u:S3cretPw'S3cretPw@{host} x"):
        done = subprocess.run([PROGRAM, "ls", "s3://b/", "--endpoint-url", "http://10.255.255.1"], capture_output=True,
                              text=True, env={**clean, "http_proxy": proxy})
        assert done.returncode in (3, 75) and "S3cr" not in done.stderr, (proxy, done)


main(globals())
