"""A directory that is one dataset: part files of Spark, Dask and DuckDB, and folders key=value."""
import os
import pathlib

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run


def rows(first, n):
    dates = pd.date_range("2020-01-01", periods=first + n)[first:]
    return pd.DataFrame({"date": dates, "close": np.arange(first, first + n) / 4, "volume": np.arange(first, first + n)})


def put(path, frame):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    if path.endswith(".csv"):
        frame.to_csv(path, index=False)
    elif path.endswith(".pkl"):
        frame.to_pickle(path)
    else:
        frame.to_csv("one.csv", index=False)
        data("convert", "one.csv", path)


def whole(path, names=("close", "volume"), n=90):
    """Both faces show all rows as one table."""
    out = data("info", path)[0].split("\n")
    assert out[0] == f"{path}: {len(names)} variables, {n} rows", out
    assert [line.split()[0] for line in out[2:2 + len(names)]] == list(names), out
    table = cat(path)
    assert list(table) == ["date", *names] and table["volume"] == [str(i) for i in range(n)], table["volume"]
    assert [float(x) for x in table["close"]] == [i / 4 for i in range(n)]
    head = data("head", "-n", n, path)[0].split()
    assert head[0] == "date," + ",".join(names) and len(head) == n + 1 and head[-1].startswith("2020-03-30T00:00:00,22.25,89")


def parts__one_variable_is_called_as_the_directory():
    for name in ("spx", "spx.parquet"):
        for i, first in enumerate((0, 40)):
            put(f"{name}/part-0000{i}.csv", rows(first, 40)[["date", "close"]])
        for path in (name, name + "/"):
            said = data("info", path)[0].split("\n")
            assert said[2].split()[:2] == ["spx", "80"], said
        assert data("head", "-n", 1, name)[0].split() == ["date,spx", "2020-01-01T00:00:00,0"]
        assert cat(name)["close"][79] == "19.75"


def parts__files_called_like_times_may_be_parts_of_one_table():
    for names in (("2019.csv", "2020.csv"), ("201901.csv", "201902.csv"), ("2019-01-02.parquet", "2019-01-03.parquet")):
        path = "d" + names[0]
        for i, name in enumerate(names):
            put(f"{path}/{name}", rows(40 * i, 40))
        assert "called like times" in run("pulse-data", "info", path)[1]
        pathlib.Path(path, "_SUCCESS").touch()
        assert data("info", path)[0].startswith(f"{path}: 2 variables, 80 rows\n")
        assert cat(path)["volume"] == [str(i) for i in range(80)]
    put("mixed/2019.csv", rows(0, 40))
    put("mixed/spx.csv", rows(0, 40))
    assert "called like times" not in run("pulse-data", "info", "mixed")[1]


def parts__tables_of_other_programs_in_a_folder_are_named():
    for name in "a.csv", "b.csv":
        put(f"mixed/{name}", rows(0, 3)[["date", "close"]])
    for name in "summary.json", "README.txt", "~$c.xlsx", ".d.xlsx", "page.html":
        pathlib.Path("mixed", name).touch()
    assert "left out" not in data("info", "mixed")[0]
    for name, says in (("c.XLSX", "c.XLSX is left out: a workbook"), ("d.dta", "c.XLSX and 1 more are left out")):
        pathlib.Path("mixed", name).touch()
        assert says in data("info", "mixed")[0]


def parts__directories_with_data_beside_the_files_are_named():
    """Those of a run or without data are not; where all lies in directories, the error says to give one."""
    for name in "a.csv", "b.csv":
        put(f"mixed/{name}", rows(0, 3)[["date", "close"]])
    os.makedirs("mixed/empty")
    put("mixed/results/predictions.parquet", rows(0, 3))
    pathlib.Path("mixed/results/summary.json").touch()
    assert "left out" not in data("info", "mixed")[0]
    put("mixed/spx.parquet/part-0.parquet", rows(0, 3))
    for path in "mixed", "mixed/":
        says = "spx.parquet/ and 2 more directories are left out: of a directory the files right in it are read; give "
        assert f"{says}mixed/spx.parquet itself" in data("info", path)[0]
    out, err = run("pulse-data", "prepare", "mixed", "--output", "panel.csv")
    assert says in err and "2 variables" in out, err
    pathlib.Path("mixed/d.dta").touch()
    assert "d.dta is left out: " in data("info", "mixed")[0] and says in data("info", "mixed")[0]
    put("outer/rates/a.csv", rows(0, 3))
    refused("info", "outer", says="no dataset right in the directory, but in 1 directory (rates): give one of them, as outer/rates")


def parts__tables_of_delta_lake_are_refused():
    """Their files hold rows that were deleted, too."""
    put("plain/part-0.parquet", rows(0, 3))
    put("keys/a=1/part-0.parquet", rows(0, 3))
    for path in "plain", "keys":
        os.makedirs(f"{path}/_temporary")
        assert "3 rows" in data("info", path)[0]
        os.makedirs(f"{path}/_delta_log")
        for command in "info", "cat":
            refused(command, path, says=(path, "Delta Lake", "to_parquet"))


def parts__files_of_spark_dask_and_duckdb():
    for names, markers in ((("part-00000-1f2e.snappy.parquet", "part-00001-1f2e.snappy.parquet"),
                            ("_SUCCESS", "._SUCCESS.crc", ".part-00000-1f2e.snappy.parquet.crc")),
                           (("part.0.parquet", "part.1.parquet"), ("_metadata", "_common_metadata")),
                           (("data_0.parquet", "data_1.parquet"), ()),
                           (("part-0.csv", "part-1.csv"), ("_SUCCESS",)), (("b.pkl", "c.pkl"), ("_SUCCESS",)),
                           (("part-0.h5", "part-1.parquet"), ())):
        where = "prices" + str(abs(hash(names)))
        put(f"{where}/{names[0]}", rows(0, 40))
        put(f"{where}/{names[1]}", rows(40, 50))
        for marker in markers:
            pathlib.Path(where, marker).write_bytes(b"PAR1" if "meta" in marker else b"")
        whole(where)
        os.rename(where, f"{where}.parquet")  # as Spark calls them
        whole(f"{where}.parquet")
        data("convert", f"{where}.parquet", "all.csv")
        assert len(cat("all.csv")["date"]) == 90


def parts__keys_of_folders_are_columns():
    put("prices/year=2020/month=1/data_0.parquet", rows(0, 31))
    put("prices/year=2020/month=2/data_0.parquet", rows(31, 29))
    put("prices/year=2020/month=3/part-7.parquet", rows(60, 30))
    whole("prices", ("close", "volume", "year", "month"))
    assert cat("prices")["month"] == ["1"] * 31 + ["2"] * 29 + ["3"] * 30 and set(cat("prices")["year"]) == {"2020"}
    put("texts/place=New%20York/a.csv", rows(0, 3))
    put("texts/place=__HIVE_DEFAULT_PARTITION__/a.csv", rows(3, 2))
    assert cat("texts")["place"] == ["", "", "New York", "New York", "New York"] or \
        cat("texts")["place"] == ["New York"] * 3 + [""] * 2
    out, err = run("pulse-data", "info", "texts")
    assert "2 variables, 5 rows" in out and "place" in out + err, (out, err)


def parts__a_column_that_begins_empty_is_what_later_files_say():
    for end in ("csv", "parquet", "h5", "pkl"):
        put(f"{end}/part-0.{end}", rows(0, 40).assign(close=np.nan))
        put(f"{end}/part-1.{end}", rows(40, 30).assign(close=np.nan))
        put(f"{end}/part-2.{end}", rows(70, 20))
        lines = {line.split()[0]: line.split()[1] for line in data("info", end)[0].split("\n")[2:4]}
        assert lines == {"close": "20", "volume": "90"}, (end, lines)


def parts__ids_in_names_of_folders_keep_their_zeros():
    put("codes/code=001/x.csv", rows(0, 30)[["date", "close"]])
    put("codes/code=1/x.csv", rows(0, 30)[["date", "close"]].assign(close=7))
    assert data("head", "-n", 2, "codes", "--id", "code")[0].split() == ["date,001,1", "2020-01-01T00:00:00,0,7",
                                                                        "2020-01-02T00:00:00,0.25,7"]
    assert cat("codes")["code"] == ["001"] * 30 + ["1"] * 30


def parts__trains_on_any_ranks_like_one_file():
    random = np.random.default_rng(3)
    frame = pd.DataFrame(random.normal(size=(400, 2)).cumsum(0) + 100, columns=["a", "b"])
    frame.insert(0, "date", pd.bdate_range("2018-01-01", periods=400))
    put("one.pkl", frame)
    for i in range(4):
        put(f"many/part-{i}.csv", frame[100 * i:100 * (i + 1)])
    put("one/x.csv", frame)
    options = ("--no-report", "--no-checkpoint", "--no-progress", "--min-history", "60", "--burn-in", "10",
               "--end-date", "2019-12-31")
    lines = [run("pulse-train", "--data", path, "--output", "out" + str(i), *options)[0].split("\n")
             for i, path in enumerate(("one/x.csv", "many"))]
    found = [[line for line in some if line.startswith("windows:")] for some in lines]
    assert found[0] == found[1] != [], found


def parts__that_do_not_fit_are_named():
    put("prices/part-0.parquet", rows(0, 4))
    put("prices/part-1.parquet", rows(4, 4).drop(columns="close"))
    for command in ("cat", "info", "head"):
        refused(command, "prices", says="part-1.parquet")
    put("more/part-0.csv", rows(0, 4).drop(columns="close"))
    put("more/part-1.csv", rows(4, 4))
    refused("info", "more", says=("more/part-1.csv", "'close'", "part-0.csv does not have"))
    for end in ("csv", "parquet"):
        for k, other in enumerate((["x"] * 4, pd.date_range("2020-01-01", periods=4), [True] * 4)):
            put(f"{end}{k}/part-0.{end}", rows(0, 4))
            put(f"{end}{k}/part-1.{end}", rows(4, 4).assign(close=other))
            for command in ("cat", "info"):
                refused(command, f"{end}{k}", says=(f"part-1.{end}", "'close'", "another kind of cells"))
    put("keys/a=1/x.csv", rows(0, 3))
    put("keys/b=1/x.csv", rows(3, 3))
    for command in ("cat", "info", "head"):
        refused(command, "keys", says=("'a'", "'b'"))
    put("deep/a=1/x.csv", rows(0, 3))
    put("deep/a=2/b=1/x.csv", rows(3, 3))
    for command in ("cat", "info"):
        refused(command, "deep", says="deep")


def parts__other_directories_are_as_before():
    for name in ("part-time_jobs", "close"):
        put(f"series/historical_{name}.csv", rows(0, 5)[["date", "close"]])
    out = data("info", "series")[0]
    assert out.startswith("series: 2 variables, 5 days") and "part-time_jobs" in out, out
    os.makedirs("empty")
    refused("info", "empty", says="empty")


main({name: case for name, case in globals().items() if name.startswith("parts__")})
