"""Directories as the original's RecursiveDataStore writes them: one of its own beside the project,
and others that these cases write in the same layout."""
import gzip
import hashlib
import json
import os
import pickle

from support import cat, data, main, refused, run, samples

STORE = ("formats", "recursive_data_store")
NAME = "historical_us_10y_yield"


def records_of(store, name):
    """What Python itself reads: the records in the order of the lists of ids."""
    where = os.path.join(store, "data", "datasets", name)
    for file in sorted(f for f in os.listdir(where) if f.endswith("_items.json")):
        with open(os.path.join(where, file), encoding="utf-8") as f:
            for item in json.load(f):
                with gzip.open(os.path.join(store, "data", item[:2], item, "latest.data")) as g:
                    yield pickle.load(g)


def put(store, name, records, stamp="20260101000000", pack=gzip.compress):
    where = os.path.join(store, "data", "datasets", name)
    os.makedirs(where, exist_ok=True)
    ids = []
    for record in records:
        ids.append(hashlib.md5(repr((name, stamp, record)).encode()).hexdigest())
        folder = os.path.join(store, "data", ids[-1][:2], ids[-1])
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "latest.data"), "wb") as f:
            f.write(pack(pickle.dumps(record, 4)))
    with open(os.path.join(where, f"dataset_{name}_{stamp}_items.json"), "w", encoding="utf-8") as f:
        json.dump(ids, f)
    return ids


def record(day, value, **more):
    return {"timestamp": f"2015-{1 + day // 28:02d}-{1 + day % 28:02d}T00:00:00", "value": value,
            "retrieval_metadata": {"units": "percent"}, **more}


def store__the_originals_own():
    store = samples(*STORE)
    wanted = list(records_of(store, NAME))
    for path in (store, os.path.join(store, "data", "datasets", NAME)):
        cells = cat(path)
        assert sorted(cells) == ["source_id", "timestamp", "value", "variable_id"], list(cells)
        assert cells["timestamp"] == [r["timestamp"] for r in wanted]
        assert [float(x) for x in cells["value"]] == [r["value"] for r in wanted]
        assert cells["source_id"] == [r["source_id"] for r in wanted]
        assert len(wanted) == 25
        head = data("head", path, "-n", 100)[0].splitlines()
        assert head[0] == "date,us_10y_yield" and len(head) == 26, head
        said = json.loads(data("info", path, "--json")[0])
        assert [(v["name"], v["rows"], v["first"]) for v in said["variables"]] == \
            [("us_10y_yield", 25, wanted[0]["timestamp"])], said


def store__trains_like_csv():
    for name, factor in (("historical_a", 1.0), ("historical_b", -0.5)):
        rows = [record(d, factor * ((d * 7919) % 101) / 7) for d in range(250)]
        put("store", name, rows[:100], "20260101000000")
        put("store", name, rows[100:], "20260102000000")
        os.makedirs("csv", exist_ok=True)
        with open(f"csv/{name}.csv", "w", encoding="utf-8") as f:
            f.write("timestamp,value\n")
            for r in rows:
                f.write(f"{r['timestamp']},{r['value']!r}\n")
    said = {}
    for path in ("store", "csv"):
        run("pulse-train", "--data", path, "--min-history", 60, "--end-date", "2015-12-31",
            "--output", path + ".out", "--no-progress", "--log-level", "error")
        with open(path + ".out/summary.json", encoding="utf-8") as f:
            said[path] = json.load(f)
    for key in ("metrics", "trust", "forecast"):
        assert said["store"][key] == said["csv"][key], key
    assert said["store"]["variables"]["total"] == 2 and said["csv"]["batches"]["completed"] > 3


def store__several_datasets_want_a_name():
    put("store", "historical_a", [record(1, 1.0)])
    put("store", "historical_b", [record(1, 2.0)])
    refused("cat", "store", says=("2 datasets", "historical_a", "historical_b", "data/datasets/"))
    assert cat("store/data/datasets/historical_b")["value"] == ["2"]
    refused("head", "store", says="--variable")
    assert data("head", "store", "--variable", "a")[0].splitlines()[1] == "2015-01-02T00:00:00,1"


def store__records_with_other_keys_and_unpacked_ones():
    put("store", "x", [record(1, 1.0), record(2, 2.5, note="late")], pack=lambda b: b)
    cells = cat("store")
    assert cells["note"] == ["", "late"] and cells["value"] == ["1", "2.5"], cells


def store__what_is_broken_is_named():
    ids = put("store", "x", [record(1, 1.0), record(2, 2.0)])
    folder = f"store/data/{ids[1][:2]}/{ids[1]}/latest.data"
    with open(folder, "rb") as f:
        whole = f.read()
    for cut in (0, 1, 9, 20, len(whole) - 1):
        with open(folder, "wb") as f:
            f.write(whole[:cut])
        for command in ("cat", "info", "head"):
            refused(command, "store", says=ids[1])
    os.remove(folder)
    refused("cat", "store", says=ids[1])
    lists = "store/data/datasets/x/dataset_x_20260101000000_items.json"
    for text, says in (("[", "line 1"), ("{}", "no list"), ("[3]", "no text"),
                       ('["../../../../etc"]', "no id"), ('[""]', "no id"), ("[]", "something in it")):
        with open(lists, "w", encoding="utf-8") as f:
            f.write(text)
        refused("cat", "store", says=("store/data/datasets/x", says))
    os.remove(lists)
    refused("cat", "store", says="no list of records")


def store__a_directory_that_is_none_is_reported():
    os.makedirs("d/data/datasets")
    refused("info", "d", says="no dataset in its data/datasets")
    os.makedirs("e/data")
    refused("info", "e", says="holds no files")
    refused("cat", "e", says="a directory")


def store__harm_in_a_record_is_refused_at_once():
    class Bomb:
        def __reduce__(self):
            return os.system, ("touch harmed",)
    put("store", "x", [Bomb()])
    refused("cat", "store", says="system", seconds=1)
    assert not os.path.exists("harmed")


main(globals())
