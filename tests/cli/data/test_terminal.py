"""Names that come from outside do not drive the terminal: in tables, lists and messages they are escaped."""
import csv
import datetime
import json
import os
import random
import subprocess
import unicodedata

from support import PROGRAM, main, run

NAMES = ["\x1b[31mred\x1b]0;title\x07", "two\nlines", "\u202ertl", "\u2066isolated\u2069", "\u009b2J", "plain"]
ESCAPED = ["\\x1b[31mred\\x1b]0;title\\x07", "two\\nlines", "\\u202ertl", "\\u2066isolated\\u2069", "\\u009b2J", "plain"]


def check(text):
    """Neither control characters nor what turns the direction of writing."""
    text.encode()
    for c in text:
        assert c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp"), repr(text)


def panel(path="e.csv", rows=300, names=NAMES):
    rng = random.Random(1)
    with open(path, "w", newline="", encoding="utf-8") as f:
        w = csv.writer(f)
        w.writerow(["date", *names])
        values, day = [100.0] * len(names), datetime.date(2000, 1, 3)
        for i in range(rows):
            values = [v + rng.gauss(0, 1) for v in values]
            w.writerow([day + datetime.timedelta(i), *(f"{v:.3f}" for v in values)])
    return path


def terminal__names_of_variables_are_escaped():
    out, err = run("info", panel())
    check(out + err)
    for name in ESCAPED:
        assert name in out, out
    rows = out.splitlines()[1:2 + len(NAMES)]
    assert len({row.index("2000-01-03") for row in rows[1:]} | {rows[0].index("first")}) == 1, "columns stand below each other"
    assert [v["name"] for v in json.loads(run("info", "--json", "e.csv")[0])["variables"]] == NAMES


def terminal__names_of_files_are_escaped():
    os.mkdir("d")
    for name in NAMES:
        with open(os.path.join("d", name), "w", encoding="utf-8") as f:
            f.write("x")
    out, err = run("ls", "d")
    check(out + err)
    assert sorted(out.splitlines()) == sorted(ESCAPED)
    out, err = run("get", "-r", "d", "copy")
    check(out + err)
    for name in ESCAPED:
        assert f"copy/{name}" in err, err
    for name in NAMES:
        out, err = run("rm", os.path.join("copy", name))
        check(out + err)
        out, err = run("info", os.path.join("copy", name), code=2)
        check(out + err)


def terminal__a_column_that_is_left_out_is_named_escaped():
    with open("e.csv", "w", encoding="utf-8") as f:
        f.write("date,a,x\x1b[2J\u202e\n2000-01-03,1,\n2000-01-04,2,\n")
    out, err = run("info", "e.csv")
    check(out + err)
    assert "x\\x1b[2J\\u202e" in out, out


def terminal__names_of_no_utf_8_are_escaped():
    os.mkdir("d")
    name = os.fsdecode(b"d/a\xff\xc3(\xe2\x80")
    with open(name, "wb") as f:
        f.write(b"date,a\n2000-01-03,1\nnever,2\n")
    for words, code in ((("ls", "d"), 0), (("info", name), 2), (("cat", name), 2), (("convert", name, "x.parquet"), 2),
                        (("info", name + "?"), 2), (("get", "-r", "d", "copy"), 0), (("rm", name), 0)):
        out, err = run(*words, code=code)
        if words[0] != "cat":
            check(out)
        check(err)
        assert "a\\xff\\xc3(\\xe2\\x80" in out + err, (words, out, err)


def train(data, *more):
    program = os.path.join(os.path.dirname(PROGRAM), "pulse-train")
    words = ["--data", data, "--end-date", "2001-01-01", "--min-history", "60", "--output", "o", "--no-progress",
             "--no-report"]
    env = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    return subprocess.run([program, *words, *more], capture_output=True, text=True, timeout=300, check=False, env=env)


def columns(text):
    """As terminals count: wide characters are two, marks upon others none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def terminal__columns_stand_below_each_other_whatever_the_names():
    names = ["plain", "größe", "日経平均株価", "u\u0308ber", "価格 ｱ", "\U0001f4c8 price", "x" * 40, "日" * 20, "é\u0301" * 30,
             "a" + "日" * 15, "z\u0302" * 11 + "日" + "z\u0302" * 30]
    data = panel(names=names)
    lines = run("info", data)[0].splitlines()[1:2 + len(names)]
    assert len({columns(line) for line in lines}) == 1, lines
    done = train(data, "--horizon", "1,2")
    assert done.returncode == 0, done
    for at, block in enumerate(done.stdout.split("\n\n")[:3]):
        lines = block.splitlines()[1:]
        assert len(lines) == len(names) and len({columns(line) for line in lines}) == 1, (at, lines)
    for start in ("plain ", "größe ", "日経平均株価 ", "x" * 12 + ".." + "x" * 10 + " ", "日" * 6 + ".." + "日" * 5 + " "):
        assert f"\n{start}" in done.stdout, (start, done.stdout)


def terminal__training_says_nothing_raw():
    for more in ([], ["--transform", f"{NAMES[0]}=logdif"], ["--variables", "\x1b[2J"], ["--dry-run"]):
        done = train(panel(), *more)
        check(done.stdout + done.stderr)
        assert more or (done.returncode == 0 and "\\x1b[31mred" in done.stdout and "\\u202ertl" in done.stdout), done


if __name__ == "__main__":
    main(globals())
