#!/usr/bin/python3
"""formats.py [CASE…]: cat, info and head of objects give what they give of the same files on disk."""
import gzip
import hashlib
import json
import os
import pickle
import sys

import numpy as np
import pandas as pd

from support import jobs, own_bucket, read, write
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli", "formats"))
import test_binary  # noqa: E402


def frame():
    random = np.random.default_rng(4)
    made = pd.DataFrame({"date": pd.date_range("2015-01-02", periods=3000, freq="B"),
                         "a": random.normal(size=3000), "n": random.integers(0, 2**40, 3000),
                         "note": [f"note {i},\n\"{i}\"" for i in range(3000)]})
    made.loc[5, "a"] = np.nan
    return made


def same_as_on_disk(s3, path, key, commands=("cat", "info", "head")):
    for command in commands:
        mine = s3.done(command, path).replace(path, "HERE")
        theirs = s3.done(command, s3.uri(key)).replace(s3.uri(key), "HERE")
        assert mine == theirs and len(mine) > 80, (command, key, mine[:300], theirs[:300])


def s3_formats__files_of_every_format():
    with own_bucket() as s3:
        frame().to_csv("x.csv", index=False)
        frame().to_csv("x.tsv", index=False, sep="\t")
        frame().to_pickle("x.pkl")
        s3.done("convert", "x.csv", "x.parquet")
        s3.done("convert", "x.csv", "x.h5")
        for name in ("x.csv.gz", "x.csv.zst", "x.pkl.gz"):
            s3.done("convert", "x.csv", s3.uri("made here/" + name))
            write(name, s3.get("made here/" + name))
        for name in ("x.csv", "x.tsv", "x.pkl", "x.parquet", "x.h5", "x.csv.gz", "x.csv.zst", "x.pkl.gz"):
            s3.put("some where/" + name, read(name))
            same_as_on_disk(s3, name, "some where/" + name)


def says_the_same(s3, path, uri):
    """Of the table at `path` here and at `uri` there: on both outputs, but for the name."""
    for command in ("cat", "info", "head"):
        here, there = s3.data(command, path), s3.data(command, uri)
        assert here.returncode == there.returncode and here.stdout.replace(path, "") == \
            there.stdout.replace(f"'{uri}'", "").replace(uri, ""), (command, path, here, there)
        said = [done.stderr.replace(which, "").partition("Z ")[2] or done.stderr.replace(which, "")
                for done, which in ((here, path), (there, uri))]
        assert said[0] == said[1], (command, said)


def s3_formats__text_among_other_lines():
    days = pd.date_range("2015-01-02", periods=50, freq="B")
    rows = "".join(f"{day.date()},{i}.5,{i * i % 17}\n" for i, day in enumerate(days))
    late = rows.replace(",0.5,0", ",n.v.,0", 1)
    odd = {"names.csv": "Start,x\n,\n,SPX,VIX\nDate,LAST,LAST\n" + rows, "footer.csv.gz": "date,a,b\n" + rows + "Source: me\n",
           "semicolons.txt": "\n\nDatum;a;b\n" + rows.replace(",", ";").replace(".", ","),
           "units.csv": "date,a,b\nunits,USD,EUR\n" + rows, "word.csv": "date,a,b\n" + late, "zip.tsv": "date\ta\n1/2/15\t1\n",
           "two.csv": "date,a,b\n" + rows + "\ntime,c\n" + rows, "blanks.dat.txt": "date  a b\n" + rows.replace(",", "  ")}
    with own_bucket() as s3:
        for name, text in odd.items():
            body = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
            write(name, body)
            s3.put("some where/" + name, body)
            uri = s3.uri("some where/" + name)
            says_the_same(s3, name, uri)
        same_as_on_disk(s3, "names.csv", "some where/names.csv")


def s3_formats__binary_files_of_every_kind():
    """Those of test_binary.py, and directories of parts."""
    with own_bucket() as s3:
        for number, (_, name, make, _, _) in enumerate(test_binary.KINDS):
            os.mkdir(str(number))
            path = f"{number}/{name}"
            make(path)
            for folder, _, files in os.walk(path) if os.path.isdir(path) else [(os.path.dirname(path), (), (name, ))]:
                for file in files:
                    s3.put(f"{folder}/{file}", read(f"{folder}/{file}"))
            says_the_same(s3, path, s3.uri(path))


def s3_formats__a_store_of_records():
    with own_bucket() as s3:
        for name in ("historical_a", "historical_b"):
            ids = []
            for day in range(1, 8):
                record = {"timestamp": f"2015-01-{day:02d}T00:00:00", "value": day / 7, "id": name}
                ids.append(hashlib.md5(repr(record).encode()).hexdigest())
                where = f"data/{ids[-1][:2]}/{ids[-1]}/latest.data"
                os.makedirs(os.path.dirname("store/" + where))
                with gzip.open("store/" + where, "wb") as f:
                    pickle.dump(record, f, 4)
            os.makedirs(f"store/data/datasets/{name}")
            with open(f"store/data/datasets/{name}/1_items.json", "w", encoding="utf-8") as f:
                json.dump(ids, f)
        for where, _, files in os.walk("store"):
            for file in files:
                path = os.path.join(where, file)
                s3.put("p/" + path, read(path))
        same_as_on_disk(s3, "store", "p/store", ("info",))
        same_as_on_disk(s3, "store/data/datasets/historical_b",
                        "p/store/data/datasets/historical_b")
        s3.refused(2, "cat", s3.uri("p/store"), says=("2 datasets", "historical_a"))
        s3.refused(2, "cat", s3.uri("p"), says="directory")


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
