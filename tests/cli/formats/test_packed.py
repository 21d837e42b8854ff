"""CSV and pickle files packed with gzip, zstd, bzip2, xz or zip: read and written like unpacked ones, on any number
of ranks, in little memory; broken ones and bombs are refused."""
import bz2
import gzip
import io
import json
import lzma
import os
import pickle
import resource
import subprocess
import tarfile
import time
import zipfile

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

ASAN = "asan" in os.environ["PULSE_BIN"]


def zstd(content, *options):
    """Debian's own program packs."""
    return subprocess.run(["zstd", "-q", "-c", *options], input=content, capture_output=True,
                          check=True).stdout


def members(content):
    """A stream of several members, one of them empty; the first cut falls within a row."""
    cut = len(content) // 3 + 5
    return [content[:cut], b"", content[cut:2 * cut], content[2 * cut:]]


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    return path


class Pipe(io.RawIOBase):
    """What cannot be sought in: sums and lengths of a zip archive then stand behind the data."""

    def __init__(self, to):
        super().__init__()
        self.to = to

    def writable(self):
        return True

    def write(self, piece):
        return self.to.write(piece)


def zipped(content, *names, method=zipfile.ZIP_DEFLATED, pipe=False):
    to = io.BytesIO()
    with zipfile.ZipFile(Pipe(to) if pipe else to, "w", method) as archive:
        for name in names or ("inner.csv",):
            with archive.open(name, "w") as f:
                f.write(content)
    return to.getvalue()


def packed(path, content):
    """Every way of packing it: the paths."""
    return [write(path + ".gz", gzip.compress(content)),
            write("members/" + path + ".gz", b"".join(map(gzip.compress, members(content)))),
            write("padded/" + path + ".gz", b"".join(gzip.compress(x) + bytes(700) for x in members(content)) + bytes(1 << 17)),
            write(path + ".zst", zstd(content)),
            write("frames/" + path + ".ZST", b"".join(zstd(x, "-19") for x in members(content))),
            write(path + ".bz2", bz2.compress(content)),
            write("members/" + path + ".bz2", b"".join(map(bz2.compress, members(content)))),
            write(path + ".xz", lzma.compress(content)),
            write("members/" + path + ".xz", b"".join(map(lzma.compress, members(content))) + bytes(8)),
            write(path + ".zip", zipped(content)),
            write("stored/" + path + ".zip", zipped(content, method=zipfile.ZIP_STORED)),
            write("pipe/" + path + ".Zip", zipped(content, pipe=True))]


def frame(rows=4000, columns=4):
    random = np.random.default_rng(9)
    made = pd.DataFrame({f"v{i}": random.normal(size=rows).cumsum() for i in range(columns)},
                        pd.date_range("2001-01-01", periods=rows, name="date"))
    made.iloc[7, 1] = np.nan
    return made


def packed__csv_is_read_like_plain():
    frame().to_csv("x.csv")
    with open("x.csv", "rb") as f:
        content = f.read()
    wanted = {command: data(command, "x.csv")[0] for command in ("cat", "head", "info")}
    for path in packed("x.csv", content):
        for command, out in wanted.items():
            assert data(command, path)[0].replace(path, "x.csv") == out, (command, path)


def packed__pickles_are_read_like_plain():
    frame().to_pickle("x.pkl")
    with open("x.pkl", "rb") as f:
        content = f.read()
    for path in packed("x.pkl", content):
        for command in ("cat", "head", "info"):
            assert data(command, path)[0].replace(path, "x.pkl") == data(command, "x.pkl")[0], path


def packed__what_is_written_others_unpack():
    frame().to_csv("x.csv")
    for end in (".csv", ".pkl"):
        data("convert", "x.csv", "plain" + end)
        with open("plain" + end, "rb") as f:
            plain = f.read()
        for packing, unpack in ((".gz", ["gzip", "-dc"]), (".zst", ["zstd", "-qdc"]),
                                (".bz2", ["bzip2", "-dc"]), (".xz", ["xz", "-dc"])):
            path = "out" + end + packing
            data("convert", "x.csv", path)
            assert subprocess.run([*unpack, path], capture_output=True, check=True).stdout == plain
            assert os.path.getsize(path) < len(plain) * 0.8
            data("convert", path, "back.parquet")
            assert cat("back.parquet") == cat("plain" + end), path
    refused("convert", "x.csv", "out.csv.zip", says=("read, not written", ".xz"))
    pd.testing.assert_frame_equal(
        pd.read_csv("out.csv.gz", index_col=0, parse_dates=True), frame(), check_freq=False)


def train(path, out, ranks):
    done = subprocess.run(
        ["mpirun", "--oversubscribe", "-n", str(ranks),
         os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data", path, "--output", out,
         "--end-date", "2003-12-31", "--no-progress", "--log-level", "error"],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    with open(out + "/summary.json", encoding="utf-8") as f:
        said = json.load(f)
    return {key: said[key] for key in ("metrics", "trust", "forecast")}


def packed__training_is_the_same_on_any_ranks():
    made = frame(900)
    made.to_csv("x.csv")
    wanted = train("x.csv", "plain", 1)
    with open("x.csv", "rb") as f:
        paths = packed("x.csv", f.read())
    for name in made:
        made[[name]].to_csv(f"historical_{name}.csv")
        with open(f"historical_{name}.csv", "rb") as f:
            packed(f"historical_{name}.csv", f.read())
        os.makedirs("long", exist_ok=True)
        end = ".zst" if name == "v2" else ".gz"
        os.rename(f"historical_{name}.csv{end}", f"long/historical_{name}.csv{end}")
    for i, (path, ranks) in enumerate(((paths[0], 3), (paths[3], 2), ("long", 1), ("long", 3))):
        assert train(path, f"out{i}", ranks) == wanted, path


def packed__two_packings_of_one_variable_are_refused():
    for end, content in ((".csv", b"date,v\n2001-01-01,1\n"),
                         (".csv.gz", gzip.compress(b"date,v\n2001-01-01,2\n"))):
        write("d/historical_a" + end, content)
    refused("info", "d", says=("historical_a.csv", "historical_a.csv.gz", "remove one"))


def packed__lines_are_counted_in_what_was_unpacked():
    text = "date,a\n" + "2001-01-01,1\n" * 60000 + "2001-01-01,x\n" + "2001-01-01,1\n" * 10
    write("x.csv.gz", gzip.compress(text.encode()))
    refused("head", "x.csv.gz", "-n", 100000, says=("x.csv.gz", "line 60002", "'x'"))


def packed__cut_or_changed_anywhere_is_an_error():
    frame(300).to_csv("x.csv")
    with open("x.csv", "rb") as f:
        content = f.read()
    for end, whole in ((".gz", gzip.compress(content)), (".zst", zstd(content, "--check")),
                       (".bz2", bz2.compress(content)), (".xz", lzma.compress(content))):
        for at in (0, 1, 3, 10, len(whole) // 2, len(whole) - 1):
            refused("cat", write("cut.csv" + end, whole[:at]), says="cut.csv" + end)
            refused("info", "cut.csv" + end, says="cut.csv" + end)
        for at in (len(whole) // 2, len(whole) - 2):
            flipped = bytearray(whole)
            flipped[at] ^= 0x55
            refused("cat", write("flip.csv" + end, bytes(flipped)), says="flip.csv" + end)
        refused("cat", write("tail.csv" + end, whole + b"what is this"), says="tail.csv" + end)


def packed__bytes_of_something_else_behind_the_end_are_called_so():
    content = frame(20, 2).to_csv(index=False).encode()
    for path, whole, unpack in (("x.csv.gz", gzip.compress(content), "gzip"), ("x.csv.bz2", bz2.compress(content), "bzip2"),
                                ("x.csv.zst", zstd(content), "zstd")):
        for more in (b"\n", b"hello", b"\xff" * 70):
            for zeros in (0, 1, 512) if unpack == "gzip" else (0,):
                write(path, whole + b"\0" * zeros + more)
                refused("info", path, says=("bytes of something else stand behind its end", f"{unpack} -dc FILE"))
        assert subprocess.run([unpack, "-dc", path], capture_output=True, check=False).stdout == content, "the advice works"
        write(path, whole + whole[:1])
        refused("info", path, says="it ends too early")


def packed__archives_of_one_file_are_read_and_no_others():
    frame(300).to_csv("x.csv")
    with open("x.csv", "rb") as f:
        content = f.read()
    for pipe in (False, True):
        whole = zipped(content, pipe=pipe)
        for at in (0, 1, 4, 29, 33, len(whole) // 2):
            refused("cat", write("cut.csv.zip", whole[:at]), says="cut.csv.zip")
        for at in (0, 8, len(whole) // 2):
            flipped = bytearray(whole)
            flipped[at] ^= 0x55
            refused("cat", write("flip.csv.zip", bytes(flipped)), says="flip.csv.zip")
        refused("info", write("two.csv.zip", zipped(content, "a.csv", "b.csv", pipe=pipe)), says="more than one file")
    refused("info", write("none.csv.zip", zipped(b"")[-22:]), says="no zip file")
    locked = bytearray(zipped(content))
    locked[6] |= 1
    refused("info", write("locked.csv.zip", bytes(locked)), says="encrypted")
    refused("info", write("bzip.csv.zip", zipped(content, method=zipfile.ZIP_BZIP2)), says="deflate")
    refused("info", write("empty.csv.zip", zipped(b"")), says="the file is empty")
    frame(300).to_csv("by_pandas.csv.zip")
    assert cat("by_pandas.csv.zip") == cat("x.csv")


def packed__names_that_lie_are_reported():
    frame(10).to_csv("x.csv")
    with open("x.csv", "rb") as f:
        content = f.read()
    refused("info", write("plain.csv.gz", content), says=("no gzip file", "plain.csv.gz"))
    refused("info", write("gzip.csv.zst", gzip.compress(content)), says="no zstd file")
    refused("info", write("bare.csv", gzip.compress(content)), says=("bare.csv", "gzip", ".gz"))
    refused("info", write("bare.csv", zipped(content)), says=("bare.csv", "zip", ".zip"))
    refused("info", write("x.parquet.gz", gzip.compress(content)), says=(".gz", ".parquet"))


def bombs():
    """(path, text that grows a thousandfold or more): rows, empty lines, one endless row, zeros."""
    piece = {"rows": b"2001-01-01,1\n", "lines": b"\n", "row": b"1,", "zeros": b"\0"}
    for name, text in piece.items():
        begin = b"date,a\n" if name != "row" else b""
        block = text * ((4 << 20) // len(text))
        content = begin + block * 10
        yield write(name + ".csv.gz", gzip.compress(content, 6))
        yield write(name + ".csv.zst", zstd(content, "-3"))
        if name == "rows":
            yield write(name + ".csv.bz2", bz2.compress(content))
        yield write(name + ".csv.xz", lzma.compress(content, preset=0))
        yield write(name + ".csv.zip", zipped(content))


def packed__a_folder_of_one_file_is_that_file_and_of_several_each_can_be_had():
    content = frame(50).to_csv(index=False).encode()
    os.mkdir("d")
    write("d/a.csv", content)
    with zipfile.ZipFile("x.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write("d")
        archive.write("d/a.csv")
    assert cat("x.csv.zip") == cat("d/a.csv")
    refused("info", write("two.csv.zip", zipped(content, "a.csv", "b.csv")), says="unzip -p FILE 'a.csv' |")
    refused("info", write("two.csv.zip", zipped(content, "it's.csv", "b.csv")), says="unzip -p FILE 'NAME.csv' |")


def finder(files, litter, pipe, wide=False):
    """As the Finder of macOS packs: beside each file what else it knows of it, in archives whose sums stand behind."""
    to = io.BytesIO()
    with zipfile.ZipFile(Pipe(to) if pipe else to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("d/"), b"")
        for name, content in [("d/.DS_Store", litter), *files.items()]:
            for path, written in ((name, content), ("__MACOSX/d/._" + name.split("/")[-1], litter)):
                with archive.open(path, "w", force_zip64=wide) as f:
                    f.write(written)
    return to.getvalue()


def packed__what_the_finder_puts_beside_a_file_is_passed():
    content = frame(2000).to_csv(index=False).encode()
    write("a.csv", content)
    for pipe, wide in ((False, False), (True, False), (True, True)):
        for litter in (b"", b"\0\5\x16\7" + bytes(116), np.random.default_rng(1).bytes(200000)):
            whole = finder({"d/a.csv": content}, litter, pipe, wide)
            assert cat(write("x.csv.zip", whole)) == cat("a.csv"), (pipe, wide, len(litter))
            refused("cat", write("cut.csv.zip", whole[:whole.rindex(b"__MACOSX", 0, whole.index(b"PK\1\2")) + 9]),
                    says="cut.csv.zip")
        two = finder({"d/a.csv": content, "d/b.csv": content}, b"\0", pipe, wide)
        refused("cat", write("two.csv.zip", two), says="unzip -p FILE 'd/a.csv' |")
        refused("cat", write("none.csv.zip", finder({}, b"\0", pipe, wide)), says="no file is in it")
        refused("cat", write("bomb.csv.zip", finder({"d/a.csv": content}, bytes(20 << 20), pipe, wide)),
                says="lies beside its file")


def packed__what_other_programs_write_is_called_so():
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"):
            archive.writestr(name, "<a/>\n" * 50)
    sheet = book.getvalue()
    for path in ("x.xlsx", "X.XLSX", "x.xls", "x.ods", "x.csv", "x.csv.zip", "x.tsv", "x.pkl"):
        refused("info", write(path, sheet), says=(path, "workbook of Excel", "save its sheet as CSV", "read_excel"))
        run("pulse-train", "--data", path, "--output", "out", code=2)
    refused("info", write("x.csv.zip", zipped(sheet, "x.xlsx")), says="workbook of Excel")
    refused("info", write("x.csv.gz", gzip.compress(sheet)), says="workbook of Excel")
    refused("info", write("x.zip", zipped(b"date,a\n")), says=("does not say what is packed", "x.csv.zip"))
    refused("info", write("x.json", b"[]"), says=("JSON", "read_json"))
    refused("info", write("x.csv", b' [{"date": "2020-01-01"}]'), says=("JSON", "read_json"))
    for page in (b"<!DOCTYPE html><html>404, not found", b"\n<html>\n<p>Sign in, please</p>\n</html>\n"):
        refused("info", write("x.csv", page), says="a web page; it may say in a browser why")
    with tarfile.open("x.tar.gz", "w:gz") as archive:
        archive.add("x.json")
    refused("info", "x.tar.gz", says="tar -xOf FILE NAME.csv |")
    os.rename("x.tar.gz", "x.csv.gz")
    refused("info", "x.csv.gz", says=("archive of tar", "tar -xOf FILE NAME.csv |"))
    frame(50).to_csv("x.csv", index=False)
    data("convert", "x.csv", "x.parquet")
    os.rename("x.parquet", "x.csv")
    refused("info", "x.csv", says="Parquet; put .parquet at the end")


def packed__what_is_of_another_format_than_its_name_says():
    """A download that failed, or a file that was renamed; and no column that is called as a format begins."""
    frame(50).to_csv("ok.csv", index=False)
    for extension in ("parquet", "pkl", "h5"):
        data("convert", "ok.csv", "ok." + extension)
    content = {name: open(name, "rb").read() for name in ("ok.csv", "ok.parquet", "ok.pkl", "ok.h5")}
    array = io.BytesIO()
    np.save(array, np.arange(3.0))
    matlab = b"%-116s" % b"MATLAB 5.0 MAT-file, Platform: GLNXA64, Created on: Mon Jan  6 10:00:00 2020" + bytes(200)
    for path in ("x.parquet", "x.h5", "x.pkl", "x.csv"):
        mine = "ok" + path[1:]
        for begin, says in ((content["ok.parquet"], "Parquet; put .parquet at the end of its name"),
                            (content["ok.h5"], "HDF5; put .h5 at the end of its name"),
                            (b"<!DOCTYPE html><html>Sign in", "a web page; it may say in a browser why"),
                            (b"ARROW1\0\0" + bytes(99), "a file of Arrow; make CSV of it"),
                            (array.getvalue(), "arrays of NumPy"), (b"SQLite format 3\0" + bytes(99), "sqlite3 -header -csv"),
                            (matlab, "a file of MATLAB"), (matlab.replace(b"5.0", b"7.3"), "call it NEW.h5 if it was saved with -v7.3")):
            if begin != content[mine]:
                refused("info", write(path, begin), says=says)
    for path in ("x.parquet", "x.h5"):
        refused("info", write(path, content["ok.csv"]), says="text; if it is CSV put .csv at the end of its name")
        refused("info", write(path, content["ok.pkl"]), says="a pickle; put .pkl at the end of its name")
        refused("info", write(path, gzip.compress(content["ok" + path[1:]])), says="packed as a whole; unpack it")
        refused("info", write(path, content["ok" + path[1:]][:-9]), says="truncated")
    for path, says in (("x.npz", "arrays of NumPy"), ("x.mat", "-v7.3"), ("x.sqlite", "sqlite3 -header -csv")):
        refused("info", write(path, b""), says=says)
    write("x.csv", b"ORCL,date\n1,2020-01-01\n2,2020-01-02\n")
    data("info", "x.csv")


def packed__bombs_are_refused_soon_and_in_little_memory():
    program = os.path.join(os.environ["PULSE_BIN"], "pulse-data")
    for path in bombs():
        assert os.path.getsize(path) < 1 << 20
        for command in ("cat", "info") + (("convert",) if "rows" in path else ()):
            begun = time.monotonic()
            done = subprocess.run(
                [program, command, path] + (["out.parquet"] if command == "convert" else []),
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300,
                check=False, preexec_fn=None if ASAN else
                lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29)))
            spent = time.monotonic() - begun
            print(command, path, f"{spent:.2f} s", done.stderr.strip())
            assert done.returncode == 2 and done.stderr.count("\n") == 1, (command, path, done)
            assert path in done.stderr and not os.path.exists("out.parquet"), (command, path, done)


main(globals())
