#!/usr/bin/python3
"""cache.py [CASE…]: blocks of objects kept on disk: fetched once, healed, bounded, shared."""
import os
import stat
import subprocess
import sys

from support import files, jobs, noise, own_bucket, read, swift

BIG = noise(20 << 20)


def get(s3, *options, **more):
    """The object x arrives; requests for its bytes and how many bytes that took."""
    s3.proxy.heal()
    done = s3.data("get", s3.uri("x"), "back", *options, **more)
    jobs.expect(done, 0)
    assert read("back") == BIG
    os.remove("back")
    return s3.proxy.count("get"), s3.proxy.bytes("get"), done.stderr


def blocks(directory="cache"):
    return [os.path.join(where, name) for where, _, names in os.walk(directory) for name in names]


def s3_cache__second_read_fetches_no_bytes():
    with own_bucket() as s3:
        s3.put("x", BIG)
        assert get(s3)[0] > 1
        assert get(s3)[:2] == (0, 0)
        assert get(s3, "--no-cache")[1] == len(BIG)
        assert get(s3, "--cache-dir", "other")[1] == len(BIG)
        assert get(s3, "--cache-dir", "other")[:2] == (0, 0)
        assert stat.S_IMODE(os.stat("other").st_mode) == 0o700


def s3_cache__a_new_version_is_fetched():
    with own_bucket() as s3:
        s3.put("x", BIG[::-1])
        s3.done("get", s3.uri("x"), "back")
        s3.put("x", BIG)
        assert get(s3)[1] == len(BIG)


def s3_cache__damaged_blocks_are_healed():
    with own_bucket() as s3:
        s3.put("x", BIG)
        get(s3)
        kept = sorted(blocks())
        assert len(kept) >= 2
        with open(kept[0], "r+b") as file:
            file.seek(os.path.getsize(kept[0]) // 2)
            file.write(b"damage")
        with open(kept[1], "r+b") as file:
            file.truncate(100)
        count, got, _ = get(s3)
        assert count == 2 and 0 < got < len(BIG), (count, got)
        assert get(s3)[0] == 0


def s3_cache__it_stays_within_its_size():
    with own_bucket() as s3:
        s3.put("x", BIG)
        for _ in range(3):
            get(s3, "--cache-size", "34M")
        s3.put("y", BIG)
        s3.done("get", s3.uri("y"), "back", "--cache-size", "34M")
        assert sum(map(os.path.getsize, blocks())) <= 34 << 20
        assert blocks()


def s3_cache__without_a_directory_it_goes_on():
    with own_bucket() as s3:
        s3.put("x", BIG)
        open("file", "wb").close()
        _, _, said = get(s3, "--cache-dir", "file/cache")
        assert said.count("warning ") == 1 and "file/cache" in said, said
        os.mkdir("open")
        os.chmod("open", 0o777)
        _, _, said = get(s3, "--cache-dir", "open")
        assert said.count("warning ") == 1 and "open" in said and blocks("open") == [], said


def s3_cache__a_full_disk_is_no_obstacle():
    if os.geteuid() != 0:
        raise jobs.Skip("needs root, to mount a small disk")
    os.mkdir("small")
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=10m", "tmpfs", "small"],
                      capture_output=True, check=False).returncode != 0:
        raise jobs.Skip("nothing can be mounted here")
    try:
        with own_bucket() as s3:
            s3.put("x", BIG)
            _, _, said = get(s3, "--cache-dir", "small/cache")
            assert said.count("warning ") == 1 and "small/cache" in said, said
            assert get(s3, "--cache-dir", "small/cache")[1] < len(BIG)
            assert not [b for b in blocks("small") if ".tmp" in b], blocks("small")
    finally:
        subprocess.run(["umount", "small"], check=True)


def s3_cache__processes_share_it():
    with own_bucket() as s3:
        s3.put("x", BIG)
        for _ in range(3):
            running = [subprocess.Popen([os.path.join(jobs.binaries(), "pulse-data"), "get",
                                         s3.uri("x"), f"back{i}"], env=s3.env, stderr=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL) for i in range(4)]
            for i, process in enumerate(running):
                said = process.communicate(timeout=300)[1]
                assert process.returncode == 0, said
                assert read(f"back{i}") == BIG
        assert get(s3)[0] == 0
        assert not [b for b in blocks() if ".tmp" in b]


def s3_cache__killed_amid_writing_it_is_still_good():
    with own_bucket() as s3:
        s3.put("x", BIG)
        for pause in (0.02, 0.05, 0.1, 0.2):
            process = subprocess.Popen([os.path.join(jobs.binaries(), "pulse-data"), "get",
                                        s3.uri("x"), "half"], env=s3.env, stderr=subprocess.DEVNULL)
            try:
                process.wait(pause)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        get(s3)
        assert get(s3)[0] == 0


def s3_cache__keeps_no_secret():
    with own_bucket() as s3:
        s3.put("x", BIG)
        get(s3)
        for path in blocks():
            assert swift.SECRET.encode() not in read(path) and swift.SECRET not in path
            assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path
        assert files() == [], files()


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
