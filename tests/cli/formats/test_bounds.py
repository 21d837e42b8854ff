"""cat reads batch by batch: what it holds does not grow with the file."""
import gzip
import hashlib
import os
import subprocess

from support import Skip, main

ROWS = 1_500_000


def peak_of(path):
    """Most memory that cat held (bytes), and a hash of what it printed."""
    command = [os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "cat", path]
    if "asan" in command[0]:
        raise Skip("the sanitizer's own memory hides what is measured")
    digest = hashlib.sha256()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        while block := process.stdout.read(1 << 20):
            digest.update(block)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return usage.ru_maxrss * 1024, digest.hexdigest()


def bounds__a_large_csv_needs_little_memory():
    digest = hashlib.sha256()
    with open("x.csv", "w", encoding="utf-8") as f:
        for at in range(-1, ROWS, 1000):
            text = "n,text\n" if at < 0 else \
                "".join(f"{i},word {i * 7919 % ROWS}\n" for i in range(at - 999, at + 1))
            f.write(text)
            digest.update(text.encode())
    size = os.path.getsize("x.csv")
    peak, printed = peak_of("x.csv")
    print(size, peak)
    assert printed == digest.hexdigest()
    assert size > 25 << 20 and peak < 24 << 20, (size, peak)


def bounds__a_large_packed_csv_needs_little_memory():
    digest = hashlib.sha256()
    with gzip.open("x.csv.gz", "wb", 1) as f:
        for at in range(-1, ROWS, 1000):
            text = b"n,text\n" if at < 0 else b"".join(
                b"%d,word %d\n" % (i, i * 7919 % ROWS) for i in range(at - 999, at + 1))
            f.write(text)
            digest.update(text)
    peak, printed = peak_of("x.csv.gz")
    print(os.path.getsize("x.csv.gz"), peak)
    assert printed == digest.hexdigest()
    assert peak < 24 << 20, peak


main(globals())
