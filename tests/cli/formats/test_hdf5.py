"""HDF5 files that would read other files, lie about their sizes, or make the library crash: one line,
code 2, soon, in a bounded memory, and nothing of what they are after."""
import os
import resource
import signal
import struct
import subprocess
import time
import zlib

import h5py
import numpy as np
import pandas as pd

from support import Skip, cat, data, main, refused, run, soon

DAYS = np.arange(400) * 86400 * 10**9 + 1420070400 * 10**9
SECRET = b"0123456789abcdef" * 400
SANITIZED = "asan" in os.environ["PULSE_BIN"]


def refused_everywhere(path, *says):
    """By every command that reads; nothing is printed but the error, and by info what pandas or h5py could do."""
    for command in (("cat", path), ("info", path), ("head", path), ("convert", path, "out.csv")):
        out, err = data(*command, code=2)
        assert out == "" or (command[0] == "info" and out.startswith("this writes what can be read")), (command, out)
        for part in (path, *says):
            assert part in err, (command, part, err)
    out, err = run("pulse-train", "--data", path, "--output", "out", code=2)
    assert err.count("\n") == 1 and all(part in err for part in (path, *says)), err
    assert not os.path.exists("out.csv") and not os.path.exists("out")


def secret():
    """A file whose bytes are times and numbers to whoever reads them."""
    with open("secret", "wb") as f:
        f.write(SECRET)
    return os.path.abspath("secret")


def with_external(path, name, stored, size):
    """`name` of a frame lies in the file `stored`."""
    with h5py.File(path, "w") as f:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_external(os.fsencode(stored), 0, size * 8)
        for other in ("date", "value"):
            if other == name:
                kind = h5py.h5t.NATIVE_INT64 if name == "date" else h5py.h5t.NATIVE_DOUBLE
                h5py.h5d.create(f.id, name.encode(), kind, h5py.h5s.create_simple((size,)), plist)
            else:
                f[other] = DAYS[:size] if other == "date" else np.arange(float(size))


def hdf5__external_storage_leaks_nothing():
    for stored in (secret(), "/etc/passwd"):
        for name in ("date", "value"):
            with_external("x.h5", name, stored, 100)
            refused_everywhere("x.h5", name, "external files")


def hdf5__virtual_datasets_and_external_links_are_refused():
    with h5py.File("other.h5", "w") as f:
        f["date"], f["value"] = DAYS, np.arange(400.0)
    with h5py.File("virtual.h5", "w") as f:
        f["date"] = DAYS
        layout = h5py.VirtualLayout((400,), "f8")
        layout[:] = h5py.VirtualSource("other.h5", "value", (400,))
        f.create_virtual_dataset("value", layout)
    refused_everywhere("virtual.h5", "value", "virtual dataset")
    with h5py.File("external.h5", "w") as f:
        f["date"] = DAYS
        f["value"] = h5py.ExternalLink("other.h5", "/value")
    refused_everywhere("external.h5", "value", "external link")
    with h5py.File("deep.h5", "w") as f:
        f["a/b/date"] = DAYS
        f["a/b/value"] = h5py.ExternalLink("other.h5", "/value")
    refused_everywhere("deep.h5", "/a/b/value", "external link")


def hdf5__soft_links_are_not_followed():
    with h5py.File("other.h5", "w") as f:
        f["date"], f["value"] = DAYS, np.arange(400.0)
    with h5py.File("soft.h5", "w") as f:
        f["g/date"], f["g/x"] = DAYS, np.arange(400.0)
        f["g/y"] = h5py.SoftLink("/g/x")
        f["h"] = h5py.SoftLink("/g")
        f["none"] = h5py.SoftLink("/nowhere")
    assert list(cat("soft.h5")) == ["date", "x"]
    refused("cat", "soft.h5#/h", says=("soft.h5", "/h"))
    with h5py.File("through.h5", "w") as f:
        f["outside"] = h5py.ExternalLink("other.h5", "/")
        f["g/date"] = DAYS
        f["g/value"] = h5py.SoftLink("/outside/value")
    refused_everywhere("through.h5", "outside", "external link")


def hdf5__user_defined_links_are_refused():
    with h5py.File("link.h5", "w") as f:
        f["date"] = DAYS
        f["value"] = h5py.ExternalLink("other.h5", "/value")
    with open("link.h5", "rb") as f:
        whole = f.read()
    at = whole.index(b"value")  # of a link message: …, type of link, length of name, name
    assert whole[at - 2:at] == b"\x40\x05", whole[at - 8:at]
    with open("link.h5", "wb") as f:
        f.write(whole[:at - 2] + b"\x60" + whole[at - 1:])
    refused_everywhere("link.h5", "value", "user-defined link")


def hdf5__filters_of_others_are_refused():
    made = pd.DataFrame({"x": np.arange(400.0)}, index=pd.to_datetime(DAYS))
    for library, number in (("blosc", "32001"), ("bzip2", "307"), ("lzo", "305")):
        made.to_hdf("x.h5", key="data", mode="w", format="table", complib=library, complevel=5)
        with h5py.File("x.h5") as f:
            if f["data/table"].id.get_create_plist().get_nfilters() == 0:
                raise Skip(f"PyTables has no {library}")
        refused_everywhere("x.h5", "filter " + number)


def limited(*command, seconds, memory):
    """Ends with code 2 and one line (a header may be out by then), in time and in so many bytes."""
    with subprocess.Popen([os.path.join(os.environ["PULSE_BIN"], command[0]), *command[1:]],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          preexec_fn=None if SANITIZED else soon(seconds)) as process:
        out, err = process.communicate(timeout=300)
    assert process.returncode == 2 and err.count("\n") == 1 and out.count("\n") < 2, (command, out, err)
    if not SANITIZED:
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        assert peak < memory, (command, peak)
    return err


def hdf5__sizes_that_lie_are_refused_at_once():
    rows = 2 * 10**9
    with h5py.File("chunks.h5", "w") as f:
        for name, kind in (("date", "i8"), ("value", "f8")):
            f.create_dataset(name, (rows,), kind, chunks=(1024,), compression="gzip")
    with h5py.File("whole.h5", "w") as f:
        for name, kind in (("date", "i8"), ("value", "f8")):
            f.create_dataset(name, (rows,), kind)
    with h5py.File("wide.h5", "w") as f:
        f["date"] = DAYS
        f.create_dataset("values", (400, rows), "f8", chunks=(1, 1024))
    with h5py.File("rows.h5", "w") as f:
        f.create_dataset("data", (rows,), [("date", "i8"), ("value", "f8")], chunks=(1024,))
    for path in ("chunks.h5", "whole.h5", "wide.h5", "rows.h5"):
        assert os.path.getsize(path) < 20000
        for command in ("cat", "info", "head"):
            assert "larger than the file can hold" in limited("pulse-data", command, path, seconds=5,
                                                              memory=200 << 20), path


def hdf5__chunks_that_unpack_without_end_are_refused():
    zeros = zlib.compressobj(1)
    bomb = b"".join(zeros.compress(bytes(1 << 20)) for _ in range(800)) + zeros.flush()
    with h5py.File("bomb.h5", "w") as f:
        f["date"] = DAYS
        value = f.create_dataset("value", (400,), "f8", chunks=(400,), compression="gzip")
        value.id.write_direct_chunk((0,), bomb)
    print(len(bomb), "bytes that want to be 800 MiB")
    if SANITIZED:
        raise Skip("memory has no bounds under the sanitizer")
    for command in ("cat", "head"):
        limited("pulse-data", command, "bomb.h5", seconds=20, memory=700 << 20)


def crasher():
    """A text of variable length that claims to be longer than any memory: HDF5 1.10 does not check."""
    with h5py.File("crash.h5", "w") as f:
        f["date"], f["value"] = DAYS, np.arange(400.0)
        f.create_dataset("word", data=[f"word {i}" for i in range(400)], dtype=h5py.string_dtype())
    with open("crash.h5", "rb") as f:
        whole = bytearray(f.read())
    heap = whole.index(b"GCOL")
    struct.pack_into("<Q", whole, heap + 16 + 8, 0xff0000000000)  # of its first text
    with open("crash.h5", "wb") as f:
        f.write(whole)


def hdf5__a_crash_of_the_library_is_one_line():
    crasher()
    for command in (("cat", "crash.h5"), ("convert", "crash.h5", "out.parquet"), ("head", "crash.h5")):
        refused(*command, says="crash.h5")
    assert not os.path.exists("out.parquet")
    os.mkdir("d")
    os.rename("crash.h5", "d/historical_value.h5")
    assert os.listdir(".") == ["d"], os.listdir(".")  # no core, nothing half done


def crash_of_times():
    """The same where training has to read it."""
    crasher()
    with h5py.File("times.h5", "w") as f:
        f.create_dataset("date", data=[str(d)[:10] for d in DAYS.view("M8[ns]")],
                         dtype=h5py.string_dtype())
        f["value"] = np.arange(400.0)
    with open("times.h5", "rb") as f:
        whole = bytearray(f.read())
    struct.pack_into("<Q", whole, whole.index(b"GCOL") + 24, 0xff0000000000)
    with open("times.h5", "wb") as f:
        f.write(whole)


def hdf5__a_crash_under_mpi_ends_all_ranks_with_one_line():
    crash_of_times()
    for ranks in (1, 3):
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks),
             os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data", "times.h5", "--output",
             "out", "--min-history", "50"], capture_output=True, text=True, timeout=300, check=False)
        lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert done.returncode == 2 and len(lines) == 1 and "times.h5" in lines[0], done
        assert "signal" not in done.stderr.lower() or "HDF5 library" in lines[0], done.stderr
        assert not os.path.exists("out")


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8") as f:
                fields = f.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid:
            found.append(int(name))
    return found


def hdf5__a_killed_program_leaves_no_child():
    made = pd.DataFrame(np.random.default_rng(1).normal(size=(300000, 8)),
                        index=pd.date_range("1990", periods=300000, freq="h"),
                        columns=[f"c{i}" for i in range(8)])
    with h5py.File("x.h5", "w") as f:
        f["date"], f["values"], f["columns"] = made.index.asi8, made.to_numpy(), list(made.columns)
    with subprocess.Popen([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "cat", "x.h5"],
                          stdout=subprocess.PIPE) as process:
        assert process.stdout.read(1000)  # it is at it, and waits until we read on
        children = children_of(process.pid)
        assert len(children) == 1, children
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(300):
        if not os.path.exists(f"/proc/{children[0]}"):
            return
        time.sleep(0.1)
    raise AssertionError("the child is still there")


main(globals())
