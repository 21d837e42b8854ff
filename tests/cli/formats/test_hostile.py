"""Pickles that mean harm or hold none of their promises: an error of one line within a second of a
processor, in a bounded memory."""
import gzip
import os
import pickle
import resource
import struct
import subprocess

from support import main, soon


def children_seconds():
    """Of a processor, not of the clock: other tests run beside this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def refused(path, *says, seconds=1.0 if "asan" not in os.environ["PULSE_BIN"] else 30.0):
    """cat, info and head end with code 2 and one line, soon, in 1 GiB."""
    for command in ("cat", "info", "head"):
        begun = children_seconds()
        done = subprocess.run(
            [os.path.join(os.environ["PULSE_BIN"], "pulse-data"), command, path],
            capture_output=True, text=True, timeout=300, check=False,
            preexec_fn=None if "asan" in os.environ["PULSE_BIN"] else
            lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
        spent = children_seconds() - begun
        assert done.returncode == 2 and done.stderr.count("\n") == 1, (command, done)
        assert spent < seconds, (command, spent)
        for part in says:
            assert part in done.stderr, (part, done.stderr)


def write(path, content):
    with open(path, "wb") as f:
        f.write(content)
    return path


def hostile__calls_are_never_made():
    class Harm:
        def __init__(self, what, *arguments):
            self.call = what, arguments

        def __reduce__(self):
            return self.call
    for i, harm in enumerate((Harm(os.system, "touch harmed"), Harm(eval, "open('harmed','w')"),
                              Harm(exec, "open('harmed','w')"), Harm(os.mkdir, "harmed"),
                              Harm(subprocess.check_output, ["touch", "harmed"]))):
        for protocol in range(6):
            path = write(f"{i}_{protocol}.pkl", pickle.dumps({"timestamp": [harm]}, protocol))
            refused(path, path, "not read")
    assert not os.path.exists("harmed")


def hostile__a_dotted_name_reaches_nothing():
    for module, name in (("pandas", "io.common.os.system"), ("numpy", "dtype.__class__"),
                         ("builtins", "bytes.fromhex")):
        body = b"\x80\x04" + b"".join(b"\x8c" + bytes([len(x)]) + x.encode() for x in (module, name))
        refused(write("x.pkl", body + b"\x93\x8c\x01x\x85R."), name)


def hostile__what_holds_itself_is_no_table():
    loop = []
    loop.append(loop)
    table = {}
    table["timestamp"] = [table]
    both = {"timestamp": ["2015-01-02"], "value": loop}
    records = [{"timestamp": "2015-01-02", "value": 1.0}]
    records[0]["all"] = records
    for i, thing in enumerate((loop, table, both)):
        for protocol in range(6):
            done = subprocess.run(
                [os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info",
                 write(f"{i}.pkl", pickle.dumps(thing, protocol))],
                capture_output=True, text=True, timeout=300, check=False, preexec_fn=soon(5))
            assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    # Beside columns that are good, what holds itself is left out.
    done = subprocess.run(
        [os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "cat",
         write("records.pkl", pickle.dumps(records, 4))],
        capture_output=True, text=True, timeout=300, check=False, preexec_fn=soon(5))
    assert done.stdout == "timestamp,value\n2015-01-02,1\n", done


def hostile__billions_by_reference_are_refused():
    """Each list holds the one before ten times: 10^9 values of some 100 bytes."""
    deep = ["x"]
    for _ in range(9):
        deep = [deep] * 10
    refused(write("x.pkl", pickle.dumps({"timestamp": deep, "value": deep}, 4)), "x.pkl")
    # 256 columns of 1024 rows each refer to one text of 8 MiB: 2 TiB.
    text = "y" * (8 << 20)
    column = [text] * (1 << 10)
    path = write("wide.pkl", pickle.dumps({str(i): column for i in range(1 << 8)}, 4))
    refused(path, path, seconds=20)  # to copy them takes minutes


def hostile__lengths_that_lie():
    for opcode, width in ((b"\x8d", "<Q"), (b"X", "<I"), (b"\x8e", "<Q"), (b"B", "<I"),
                          (b"\x8b", "<I"), (b"\x95", "<Q"), (b"\x96", "<Q")):
        size = 2**63 - 1 if width == "<Q" else 2**31 - 1
        refused(write("x.pkl", b"\x80\x05" + opcode + struct.pack(width, size) + b"abc."), "x.pkl")
    refused(write("memo.pkl", b"\x80\x04]r\xff\xff\xff\xff."), "memo.pkl")


def hostile__deep_groups():
    refused(write("x.pkl", b"(" * 10**5 + b"."), "deep")
    refused(write("y.pkl", b"]" * 10**5 + b"a" * (10**5 - 1) + b"."), "y.pkl")


def hostile__a_bomb_in_a_stored_record():
    os.makedirs("store/data/datasets/x")
    os.makedirs("store/data/ab/abcd")
    with open("store/data/datasets/x/d_items.json", "w", encoding="utf-8") as f:
        f.write('["abcd"]')
    inner = b"\x80\x04B" + struct.pack("<I", 10**8)
    with gzip.open("store/data/ab/abcd/latest.data", "wb", compresslevel=9) as f:
        f.write(inner)
        for _ in range(10):
            f.write(bytes(10**7))
        f.write(b".")
    assert os.path.getsize("store/data/ab/abcd/latest.data") < 10**6 + 10**5
    refused("store", "abcd", "grows beyond")


main(globals())
