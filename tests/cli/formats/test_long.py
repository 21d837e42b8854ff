"""Long panels: a row per date and id. pandas' pivot and melt say what is right."""
import json
import os
import pathlib
import subprocess

import h5py
import numpy as np
import pandas as pd

from support import Skip, cat, data, main, refused, run

NAMES = ["spx close", "ust.10y", "äpfel", "x,y", 'the "vix"', "7203"]


def wide(rows=90, names=tuple(NAMES), zone=None, seed=1):
    """Columns with gaps, the first of which begins late."""
    random = np.random.default_rng(seed)
    dates = pd.date_range("2020-03-01", periods=rows, tz=zone, name="ds")
    frame = pd.DataFrame(random.normal(size=(rows, len(names))).cumsum(0) + 50, index=dates, columns=list(names))
    frame = frame.mask(random.random(frame.shape) < 0.1)
    frame.iloc[:5, 0] = np.nan
    frame.iloc[-1, 1] = 1 / 3
    return frame[frame.notna().any(axis=1)]


def melt(frame, id_name="unique_id", value="y"):
    """As Nixtla has it: unique_id, ds, y."""
    long = frame.reset_index().melt("ds", var_name=id_name, value_name=value).dropna()
    return long[[id_name, "ds", value]].reset_index(drop=True)


def put(frame, path):
    """A frame in a file of the kind that its name says."""
    if path.endswith(".pkl"):
        frame.to_pickle(path)
    elif path.endswith((".csv", ".csv.gz")):
        frame.to_csv(path, index=False)
    elif path.endswith(".h5"):
        try:
            frame.rename(columns={"ds": "date"}).to_hdf(path, key="d", format="table")
        except ImportError as why:
            raise Skip(f"no PyTables: {why}") from None
    else:
        frame.to_pickle("one.pkl")
        data("convert", "one.pkl", path)
    return path


def shown(path, *options, warns=""):
    """What variables a file has, as `head` reads them: a frame."""
    out = data("head", "-n", 10000, path, *options, warns=warns)[0]
    pathlib.Path("shown.csv").write_text(out, encoding="utf-8")
    return pd.read_csv("shown.csv", parse_dates=["date"], keep_default_na=False, na_values=[""],
                       float_precision="round_trip").set_index("date")


def same(found, frame):
    """Column after column, bit after bit."""
    assert list(found.columns) == list(frame.columns), (list(found.columns), list(frame.columns))
    assert list(found.index) == list(frame.index.tz_localize(None)), (found.index, frame.index)
    assert np.array_equal(found.to_numpy(float), frame.to_numpy(float), equal_nan=True)


def train(path, output, *options, ranks=1):
    done = subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks),
                           os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data", path, "--output", output,
                           "--no-report", "--no-checkpoint", "--no-progress", "--min-history", "60", "--burn-in", "10",
                           "--end-date", "2100-01-01", *options], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    with h5py.File(f"{output}/results.h5") as file:
        return {name: file[name][()].tobytes() for name in ("predictions/predicted", "predictions/actual", "metrics/mae")
                if name in file}


# ---- What is read -----------------------------------------------------------------------------------------


def long__ids_that_look_like_numbers_are_the_text_that_stands():
    def panel(labels, name="tenor"):
        with open("t.csv", "w", encoding="utf-8") as f:
            f.write(f"date,{name},yield\n" + "".join(f"2020-01-{d:02},{label},{k + d / 100}\n"
                                                     for d in range(1, 29) for k, label in enumerate(labels)))
    for labels in (["1M", "3M", "6M"], ["12e3", "12000", "1.50"], ["2.0", "2", "2.00"], ["5%", "10%", "5"], ["1K", "1000", "b"]):
        panel(labels)
        assert list(shown("t.csv", "--id", "tenor").columns) == labels, labels
        assert "3 variables" in data("info", "t.csv", "--id", "tenor")[0]
        data("convert", "t.csv", "w.csv", "--wide", "--id", "tenor")
        assert list(cat("w.csv"))[1:] == labels
    for name in ("tenor", "ticker", "id"):
        panel(["1M", "3M", "6M"], name)
        refused("info", "t.csv", says=("--id NAME", f"it could be: {name})"))
        assert list(shown("t.csv", "--id", name).columns) == ["1M", "3M", "6M"]
    panel(["7", "12", "9"])  # whole numbers are as they were
    assert list(shown("t.csv", "--id", "tenor").columns) == ["7", "12", "9"]


def long__variables_are_the_ids_in_every_format():
    frame = wide()
    for ending in ("csv", "csv.gz", "parquet", "h5", "pkl"):
        same(shown(put(melt(frame), f"long.{ending}")), frame)


def long__ids_come_in_the_files_order():
    frame = wide(seed=3)
    stacked = frame.stack().rename("y").rename_axis(["ds", "ticker"]).reset_index()
    same(shown(put(stacked, "stacked.csv")), frame)  # though the first column begins late
    backwards = melt(frame)[::-1]
    same(shown(put(backwards, "backwards.csv")), frame[frame.columns[::-1]])


def long__ids_that_are_numbers_are_no_variable():
    frame = wide(names=["10107", "14593", "93436"])
    long = melt(frame, "permno", "ret")
    long["permno"] = long["permno"].astype(int)
    for ending in ("csv", "parquet", "h5", "pkl"):
        same(shown(put(long, f"crsp.{ending}")), frame)
    one = long[long["permno"] == 14593]  # whose dates do not repeat
    same(shown(put(one, "one.csv")), frame[["14593"]].dropna())
    counted = pd.DataFrame({"id": range(90), "ds": frame.index, "x": 1.5})
    assert list(shown(put(counted, "counted.csv")).columns) == ["id", "x"]  # the rows' numbers


def long__numbers_of_rows_are_no_values():
    frame = wide(names=["a", "b"])
    long = melt(frame)
    long.to_csv("counted.csv")
    same(shown("counted.csv"), frame)
    long[::-1][::-1].iloc[1:].to_pickle("index.pkl")
    data("convert", "index.pkl", "index.parquet")
    for path in ("index.pkl", "index.parquet"):
        assert list(shown(path).columns) == ["a", "b"], path


def long__levels_of_pandas_rows_are_columns():
    frame = wide()
    long = melt(frame)
    for levels in (["ds", "unique_id"], ["unique_id", "ds"]):
        long.set_index(levels).to_pickle("levels.pkl")
        same(shown("levels.pkl"), frame)
        long.set_index(levels)["y"].to_pickle("series.pkl")
        same(shown("series.pkl"), frame)
    stacked = wide(names=["10", "20"], zone="Asia/Tokyo").rename(columns=int).stack()
    stacked.index.names = [None, None]
    stacked.to_pickle("unnamed.pkl")
    same(shown("unnamed.pkl")[["10", "20"]], wide(names=["10", "20"], zone="Asia/Tokyo"))


def long__several_values_are_named_by_both():
    frame = wide(names=["aapl", "msft"])
    long = melt(frame, "ticker", "close")
    long["volume"] = (long["close"] * 1e6).round().astype("int64")
    long["venue"] = "XNAS"
    put(long, "two.csv")
    info = data("info", "two.csv")[0]
    assert "left out: venue" in info and "ids: ticker (text)" in info and "volume (whole numbers)" in info, info
    both = shown("two.csv")
    assert list(both.columns) == ["aapl.close", "aapl.volume", "msft.close", "msft.volume"], both.columns
    same(both[["aapl.close", "msft.close"]].set_axis(["aapl", "msft"], axis=1), frame)
    same(shown("two.csv", "--value", "close"), frame)
    assert list(shown("two.csv", "--value", "volume,close").columns)[:2] == ["aapl.volume", "aapl.close"]


def long__options_name_the_columns():
    frame = wide(names=["3", "5"])
    long = melt(frame, "store", "sales").rename(columns={"ds": "week ending"})
    long["store"] = long["store"].astype(int)
    long["item"] = 7
    long["printed"] = "2021-01-01"
    for ending in ("csv", "parquet", "pkl"):
        path = put(long, f"m5.{ending}")
        refused("info", path, "--time", "week ending", says=("repeats a date", "--id NAME", "store", "item"))
        same(shown(path, "--time", "week ending", "--id", "store", "--value", "sales"), frame)
    pathlib.Path("prophet.csv").write_text("ds,y\n2020-01-01,1\n2020-01-02,2\n", encoding="utf-8")
    assert list(shown("prophet.csv").columns) == ["y"]
    pathlib.Path("wide.csv").write_text("date,a,b,c\n2020-01-01,1,2,3\n", encoding="utf-8")
    assert list(shown("wide.csv", "--value", "c,a").columns) == ["a", "c"]
    refused("info", "wide.csv", "--value", "d", says="no column of numbers 'd'")
    os.mkdir("folder")
    os.rename("wide.csv", "folder/wide.csv")
    assert shown("folder", "--value", "b").to_numpy().tolist() == [[2]]
    refused("info", "folder", "--id", "a", says="name the file")


def long__times_keep_their_zone_and_day():
    for zone in ("America/New_York", "Asia/Tokyo"):
        frame = wide(zone=zone, names=["a", "b"])
        long = melt(frame)
        for ending in ("csv", "parquet", "h5", "pkl"):
            same(shown(put(long, f"zoned.{ending}")), frame)
        same(shown("zoned.csv", "--time-zone", zone), frame)
    long["ds"] = long["ds"].dt.strftime("%d/%m/%Y")
    same(shown(put(long, "british.csv"), "--date-format", "%d/%m/%Y"), frame)
    same(shown("british.csv"), frame)  # a day above 12 shows it
    same(shown(put(long, "british.parquet"), "--date-format", "%d/%m/%Y"), frame)
    long["ds"] = (melt(frame)["ds"].dt.tz_localize(None) - pd.Timestamp(0)) // pd.Timedelta(1, "s")
    same(shown(put(long, "epoch.csv"), "--time-unit", "s"), frame)
    long["ds"] = melt(frame)["ds"].dt.strftime("%Y%m%d")
    same(shown(put(long, "basic.csv")), frame)


def long__numbers_are_read_as_in_wide_files():
    pathlib.Path("text.csv").write_text("date;ticker;close\n2020-01-01;A;1,5 €\n2020-01-01;B;2,5 €\n2020-01-02;A;..\n"
                                        "2020-01-02;B;(3,5) €\n", encoding="utf-8")
    assert shown("text.csv").fillna(0).to_numpy().tolist() == [[1.5, 2.5], [0, -3.5]]
    pathlib.Path("word.csv").write_text("date,ticker,close\n2020-01-01,A,1\n2020-01-01,B,n/v\n", encoding="utf-8")
    refused("head", "word.csv", says=("line 3", "'n/v'", "'close'", "--missing"))
    assert shown("word.csv", "--missing", "n/v").fillna(0).to_numpy().tolist() == [[1]]
    found = data("info", "word.csv", "--id", "ticker", code=2)[0]
    assert "pulse-data info word.csv --id 'ticker' --missing 'n/v'" in found, found
    data("convert", "word.csv", "word.parquet")
    refused("head", "word.parquet", says=("row 1", "'n/v'", "'close'"))
    assert "A" in shown("word.parquet", "--missing", "n/v").columns


def long__info_says_what_it_is():
    frame = wide(zone="Asia/Tokyo", names=["a", "b"])
    long = pd.concat([melt(frame), melt(frame)[:2]])
    put(long, "long.parquet")
    text = data("info", "long.parquet")[0]
    rows = len(long)
    assert f"long panel: {rows} rows, 2 ids, {len(frame)} dates" in text and "dates: daily" in text, text
    assert "ids: unique_id (text), times: ds (times, Asia/Tokyo), values: y (reals)" in text, text
    assert "2 rows have a date and id that a row before has; of those the last counts" in text, text
    panel = json.loads(data("info", "long.parquet", "--json")[0])["panel"]
    assert panel["id"] == {"name": "unique_id", "kind": "text"} and panel["rows"] == rows and panel["repeated"] == 2
    assert panel["time"]["zone"] == "Asia/Tokyo" and [v["name"] for v in panel["values"]] == ["y"]
    assert "panel" not in json.loads(data("info", put(frame.reset_index(), "wide.pkl"), "--json")[0])


# ---- Ids of several columns -------------------------------------------------------------------------------


def dimensions():
    """As SDMX has it: a row per date, region, number and measure; and the wide frame of their joined names."""
    frame = wide(names=[f"{a}.{k}.{m}" for a in ("DE", "FR äö") for k in (7, 12) for m in ("GDP", "x,y")])
    long = melt(frame, "all", "OBS_VALUE")
    parts = long.pop("all").str.split(".", expand=True)
    long.insert(0, "REF_AREA", parts[0])
    long.insert(1, "K", parts[1].astype(int))
    long["MEASURE"] = parts[2]
    return frame, long


def long__several_columns_are_one_id():
    frame, long = dimensions()
    for path in ("a.csv", "a.csv.gz", "a.pkl", "a.parquet", "a.h5"):
        put(long, path)
        same(shown(path, "--id", "REF_AREA,K,MEASURE"), frame)
        text = data("info", path, "--id", "REF_AREA,K,MEASURE")[0]
        assert "8 ids" in text and "ids: REF_AREA,K,MEASURE (text)" in text, text
    swapped = frame.rename(columns=lambda name: ".".join(reversed(name.split("."))))
    same(shown("a.csv", "--id", "MEASURE,K,REF_AREA"), swapped)
    long.assign(more=long["OBS_VALUE"] * 2).to_csv("two.csv", index=False)
    assert list(shown("two.csv", "--id", "REF_AREA,K,MEASURE").columns)[:2] == ["DE.7.GDP.OBS_VALUE", "DE.7.GDP.more"]
    data("convert", "a.csv", "wide.csv", "--wide", "--id", "REF_AREA,K,MEASURE")
    same(shown("wide.csv"), frame)
    long.rename(columns={"MEASURE": "REF_AREA,K"}).to_csv("comma.csv", index=False)
    refused("head", "comma.csv", "--id", "REF_AREA,K,MEASURE", says="no column 'MEASURE'")
    assert ", 2 ids, " in data("info", "comma.csv", "--id", "REF_AREA,K")[0], "a column of that name comes first"


def long__blanks_around_names_in_a_list_are_none_of_them():
    frame, long = dimensions()
    put(long, "a.csv")
    for said in ("REF_AREA, K, MEASURE", " REF_AREA ,K , MEASURE "):
        same(shown("a.csv", "--id", said), frame)
    put(long.assign(more=1.0, less=2.0).rename(columns={"K": " K"}), "two.csv")
    assert list(shown("two.csv", "--id", "REF_AREA, K, MEASURE", "--value", "less, more").columns)[:2] == [
        "DE.7.GDP.less", "DE.7.GDP.more"], "a name that has the blank itself comes first"
    refused("info", "a.csv", "--id", "REF_AREA, L", says="no column 'L'")
    for name in ("x.csv", "x.parquet", "x.h5", "x.pkl"):
        wide_one = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=3), "GDP, real": [1.0, 2, 3], "b": [4.0, 5, 6], "c": 7.0})
        put(wide_one, name)
        assert list(shown(name, "--value", "c, b").columns) == ["b", "c"], name
        assert list(shown(name, "--value", "GDP, real").columns) == ["GDP, real"], name
        assert list(shown(name, "--value", "b, GDP, real").columns) == ["GDP, real", "b"], name
        refused("info", name, "--value", "b, d", says="no column of numbers 'd'")


def long__columns_that_are_an_id_together_are_named():
    """By the rows: those that are needed, in their order; the line that info prints reads it."""
    frame = wide(names=[f"{a}.{m}" for a in ("DE", "FR äö") for m in ("GDP", "CPI")])
    long = melt(frame, "all", "OBS_VALUE")
    parts = long.pop("all").str.split(".", expand=True)
    noted = long.assign(FREQ="D", **{"REF AREA": parts[0], "MEASURE": parts[1]}, COUNTRY=parts[0].str.lower(), n=range(len(long)))
    for path in ("a.csv", "a.pkl", "a.parquet", "a.h5"):
        put(noted, path)
        refused("info", path, says=("say --id 'REF AREA,MEASURE': together they say what a row is of",))
        out = data("info", path, code=2)[0]
        assert f"this reads it, if it means that: pulse-data info {path} --id 'REF AREA,MEASURE'" in out, out
        same(shown(path, "--id", "REF AREA,MEASURE")[[f"{name}.OBS_VALUE" for name in frame]].set_axis(list(frame), axis=1), frame)
    put(noted.drop(columns=["MEASURE", "n"]), "b.csv")  # these do not do it
    refused("info", "b.csv", says=("it could be: ", "--id NAME,NAME"))
    put(noted.rename(columns={"MEASURE": "a,b"}), "c.csv")  # no list of --id could hold this name
    refused("info", "c.csv", says=("it could be: ", "--id NAME,NAME"))


def long__several_columns_train_as_their_joined_names_do():
    frame, long = dimensions()
    put(long, "a.csv")
    frame.to_csv("wide.csv", index_label="date")
    words = ("--end-date", "2020-06-10", "--min-history", 30, "--burn-in", 10, "--no-progress", "--no-report")
    run("pulse-train", "--data", "wide.csv", "--output", "theirs", *words)
    want = json.loads(pathlib.Path("theirs/summary.json").read_text(encoding="utf-8"))
    run("pulse-train", "--data", "a.csv", "--id", "REF_AREA,K,MEASURE", "--output", "ours", *words)
    said = json.loads(pathlib.Path("ours/summary.json").read_text(encoding="utf-8"))
    assert said["metrics"] == want["metrics"] and said["forecast"] == want["forecast"] and want["metrics"]
    run("pulse-train", "--config", "ours/summary.json", "--output", "again", "--no-progress", "--no-report")
    assert json.loads(pathlib.Path("again/summary.json").read_text(encoding="utf-8"))["metrics"] == want["metrics"]


def long__several_columns_that_are_none_are_refused():
    _, long = dimensions()
    put(long, "a.csv")
    for said, says in (("REF_AREA,X", "no column 'X'"), ("REF_AREA,,K", "no column ''"), ("REF_AREA,K,REF_AREA", "named twice"),
                       ("REF_AREA,ds", "cannot be the id"), ("", "no column ''")):
        refused("info", "a.csv", "--id", said, says=says)
    pathlib.Path("none.csv").write_text("date,a,b,y\n2020-01-01,p,q,1\n2020-01-01,p,,2\n", encoding="utf-8")
    refused("head", "none.csv", "--id", "a,b", says=("line 3", "'b'", "no id"))
    pathlib.Path("one.csv").write_text("date,a,b,y\n2020-01-01,p.q,r,1\n2020-01-01,p,q.r,2\n", encoding="utf-8")
    refused("head", "one.csv", "--id", "a,b", says=("line 3", "the name of another id"))
    refused("head", "a.csv", "--id", "REF_AREA,K", "--value", "K", says="is the id")


# ---- Rows that repeat, and mistakes -----------------------------------------------------------------------


def long__years_among_months_are_an_error():
    """As statistical offices deliver all frequencies of a series in one column: 1990 is not January, unless ids say
    which is which."""
    rows = [f"{y}-{m:02d},{c},{100 + m}" for c in ("DE", "FR") for y in range(1990, 2000) for m in range(1, 13)]
    for other in ("1991", "1991-Q1", "1991Q1"):
        mixed = rows[:30] + [f"{other},DE,1300"] + rows[30:]
        pathlib.Path("mixed.csv").write_text("TIME_PERIOD,geo,OBS_VALUE\n" + "\n".join(mixed) + "\n", encoding="ascii")
        for command in ("info", "head"):
            refused(command, "mixed.csv", says=("'TIME_PERIOD'", "several frequencies", "keep the rows of one"))
        assert cat("mixed.csv")["TIME_PERIOD"][30] == other
    early = [f"{y},DE,1300" for y in range(1970, 1990)]  # on no day of a month that is there
    pathlib.Path("early.csv").write_text("TIME_PERIOD,geo,OBS_VALUE\n" + "\n".join(early + rows) + "\n", encoding="ascii")
    refused("info", "early.csv", says=("'TIME_PERIOD'", "several frequencies for one id"))
    other = [row.replace("DE", "AT") for row in early]  # of an id of its own
    pathlib.Path("other.csv").write_text("TIME_PERIOD,geo,OBS_VALUE\n" + "\n".join(other + rows) + "\n", encoding="ascii")
    assert data("head", "-n", 1, "other.csv")[0].split()[0] == "date,AT,DE,FR"
    pathlib.Path("months.csv").write_text("TIME_PERIOD,geo,OBS_VALUE\n" + "\n".join(rows) + "\n", encoding="ascii")
    assert data("head", "-n", 1, "months.csv")[0].split() == ["date,DE,FR", "1990-01-01T00:00:00,101,101"]
    named = ["M," + row for row in rows] + [f"A,{y},DE,1300" for y in range(1990, 2000)]
    pathlib.Path("named.csv").write_text("FREQ,TIME_PERIOD,geo,OBS_VALUE\n" + "\n".join(named) + "\n", encoding="ascii")
    for options in ((), ("--id", "geo")):
        refused("info", "named.csv", *options, says="say --id 'FREQ,geo': together they say what a row is of")
    long = ["LOCATION,FREQUENCY,TIME,Value"]
    for area, year in ((p, y) for p in ("AUS", "DEU") for y in range(1990, 2010)):
        long += [f"{area},A,{year},{year}", *(f"{area},Q,{year}-Q{q},{q}" for q in range(1, 5)),
                 *(f"{area},M,{year}-{m:02},{m}" for m in range(1, 13))]
    pathlib.Path("oecd.csv").write_text("\n".join(long) + "\n", encoding="ascii")
    refused("info", "oecd.csv", says="--id 'LOCATION,FREQUENCY': together they say what a row is of")
    assert "pulse-data info oecd.csv --id 'LOCATION,FREQUENCY'\n" in data("info", "oecd.csv", code=2)[0]
    assert data("head", "-n", 1, "oecd.csv", "--id", "LOCATION,FREQUENCY")[0].split()[1] == (
        "1990-01-01T00:00:00,1990,1,1,1990,1,1")
    assert data("head", "-n", 1, "named.csv", "--id", "geo,FREQ")[0].split() == [
        "date,DE.M,FR.M,DE.A", "1990-01-01T00:00:00,101,101,1300"]


def long__of_several_rows_the_last_value_counts():
    pathlib.Path("twice.csv").write_text("date,ticker,close\n2020-01-01,A,1\n2020-01-01,B,2\n2020-01-02,A,3\n"
                                         "2020-01-02,B,4\n2020-01-02,B,5\n2020-01-02,A,\n", encoding="utf-8")
    assert shown("twice.csv").to_numpy().tolist() == [[1, 2], [3, 5]]
    assert "2 rows have a date and id" in data("info", "twice.csv")[0]
    data("convert", "twice.csv", "wide.csv", "--wide", warns="'ticker' of a row before them: 2;")
    assert cat("wide.csv") == {"date": ["2020-01-01T00:00:00", "2020-01-02T00:00:00"], "A": ["1", "3"], "B": ["2", "5"]}


def long__repeated_dates_of_wide_files_ask_for_the_id():
    dates = ["2020-01-%02d" % (1 + i // 2) for i in range(20)]
    frame = pd.DataFrame({"date": dates, "shop": [1, 2] * 10, "city": ["x", "y"] * 10, "land": ["d", "f"] * 10,
                          "sales": np.arange(20) / 2})
    for ending in ("csv", "parquet", "pkl"):
        path = put(frame, f"shops.{ending}")
        refused("info", path, says=("more than one row in a hundred repeats a date", "--id NAME", "shop, city, land"))
        for ranks in (1, 3):
            done = subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks), os.environ["PULSE_BIN"] + "/pulse-train",
                                   "--data", path, "--output", "out"], capture_output=True, text=True, check=False)
            assert done.returncode == 2 and done.stderr.count("error:") == 1, done.stderr
            assert "--id NAME" in done.stderr and not os.path.exists("out/summary.json"), done.stderr
        assert list(shown(path, "--id", "city", "--value", "sales").columns) == ["x", "y"]
    few = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=300), "a": np.arange(300) / 2})
    few.loc[300] = [few["date"][7], 99]
    assert "1 row has a date that another row has too" in data("info", put(few, "few.csv"))[0]
    apart = pd.DataFrame({"date": ["2020-01-01", "2020-01-01"], "a": [1, None], "b": [None, 2]})
    assert shown(put(apart, "apart.csv")).shape == (2, 2)  # no value is overruled
    os.mkdir("folder")
    put(frame[["date", "sales", "city"]], "folder/sales.csv")
    refused("info", "folder", says=("sales.csv", "repeats a date", "name this file", "city"))


def long__mistakes_are_one_line():
    pathlib.Path("x.csv").write_text("date,ticker,close,note,at\n2020-01-01,A,1,p,2020-01-01\n2020-01-01,B,2,q,2020-01-02\n",
                                     encoding="utf-8")
    for options, says in ((("--id", "symbol"), ("no column 'symbol'", "date, ticker, close", "--id")),
                          (("--id", "ticker", "--value", "price"), ("no column 'price'", "--value")),
                          (("--id", "ticker", "--value", "note"), ("'note' holds no numbers", "'p'")),
                          (("--id", "ticker", "--value", "ticker"), ("is the id",)),
                          (("--id", "ticker", "--value", "close,close"), ("named twice",)),
                          (("--id", "ticker", "--time", "day"), ("no column 'day'", "--time")),
                          (("--id", "at"), ("'at' holds times",)), (("--id", "date"), ("'date' holds times",))):
        refused("info", "x.csv", *options, says=says)
        refused("convert", "x.csv", "y.csv", "--wide", *options, says=says)
    pathlib.Path("gap.csv").write_text("date,ticker,close\n2020-01-01,A,1\n2020-01-01,,2\n", encoding="utf-8")
    refused("info", "gap.csv", "--id", "ticker", says=("line 3", "'ticker'", "no id"))
    pathlib.Path("wide.csv").write_text("date,a\n2020-01-01,1\n", encoding="utf-8")
    refused("convert", "wide.csv", "y.csv", "--wide", says="no long panel is found")
    refused("convert", "wide.csv", "y.csv", "--wide", "--long", says="not both")
    assert not os.path.exists("y.csv")


def long__edges():
    pathlib.Path("empty.csv").write_text("date,ticker,close\n", encoding="utf-8")
    refused("info", "empty.csv", "--id", "ticker", says="no rows")
    data("convert", "empty.csv", "empty.parquet", "--wide", "--id", "ticker")
    pathlib.Path("one.csv").write_text("date,ticker,close\n2020-01-01,A,1.5\n", encoding="utf-8")
    assert shown("one.csv", "--id", "ticker").columns.tolist() == ["A"]
    day = pd.DataFrame({"date": "2020-01-01", "ticker": [f"t{i}" for i in range(50)], "close": np.arange(50) / 2})
    assert shown(put(day, "day.csv")).shape == (1, 50)
    nothing = pd.DataFrame({"date": ["2020-01-01"] * 2, "ticker": ["A", "B"], "close": [1.5, np.nan]})
    put(nothing, "nothing.csv")
    assert shown("nothing.csv").columns.tolist() == ["A"] and "left out: B" in data("info", "nothing.csv")[0]


def long__ids_of_one_row_each_do_not_fill_the_memory():
    n = 6000
    dates = pd.date_range("1900-01-01", periods=n, freq="h").strftime("%Y-%m-%dT%H:%M")
    put(pd.DataFrame({"date": dates, "ticker": [f"t{i}" for i in range(n)], "close": 1.5}), "sparse.csv")
    refused("info", "sparse.csv", "--id", "ticker", says=("fewer than 1 in 100", "'ticker'", "--id"))
    refused("convert", "sparse.csv", "y.csv", "--wide", "--id", "ticker", says="fewer than 1 in 100")
    assert shown("sparse.csv", "--id", "ticker", "--variable", "t7").to_numpy().tolist() == [[1.5]]


# ---- Converting -------------------------------------------------------------------------------------------


def long__convert_says_what_pandas_says():
    frame = wide()
    put(frame.reset_index(), "wide.csv")
    data("convert", "wide.csv", "long.csv", "--long")
    found = pd.read_csv("long.csv", parse_dates=["ds"], keep_default_na=False, float_precision="round_trip")
    pd.testing.assert_frame_equal(found, melt(frame), check_exact=True)
    data("convert", "long.csv", "back.csv", "--wide")
    found = pd.read_csv("back.csv", parse_dates=["ds"], float_precision="round_trip").set_index("ds")
    pd.testing.assert_frame_equal(found, frame, check_exact=True, check_freq=False)


def long__and_wide_keep_every_bit_through_all_formats():
    for seed, zone in enumerate((None, "Europe/London", "Asia/Kolkata")):
        frame = wide(rows=40, zone=zone, seed=seed)
        put(frame.reset_index(), "wide.pkl")
        before = run("pulse-data", "cat", "wide.pkl")[0]
        last = "wide.pkl"
        for ending in ("csv", "parquet", "h5", "pkl", "csv.gz", "pkl.zst"):
            run("pulse-data", "convert", last, f"long.{ending}", "--long")
            run("pulse-data", "convert", f"long.{ending}", f"back.{ending}", "--wide")
            last = f"back.{ending}"
            assert run("pulse-data", "cat", last)[0] == before, (ending, zone)
        run("pulse-data", "convert", last, "again.pkl", "--long")
        assert cat("again.pkl") == cat("long.pkl.zst")


def long__and_wide_of_one_variable_keep_it():
    for rows in (1, 30):
        frame = wide().iloc[:, :1].dropna().iloc[:rows]
        put(frame.reset_index(), "wide.pkl")
        data("convert", "wide.pkl", "long.parquet", "--long")
        data("convert", "long.parquet", "back.pkl", "--wide")
        assert list(cat("back.pkl").values()) == list(cat("wide.pkl").values()), rows
    refused("convert", "wide.pkl", "x.csv", "--wide", says="no long panel")


def long__whole_numbers_stay_whole():
    frame = pd.DataFrame({"date": ["2020-01-01", "2020-01-01", "2020-01-02"], "ticker": ["A", "B", "A"],
                          "volume": [2**62 + 1, 2, -(2**61) - 1]})
    put(frame, "v.csv")
    data("convert", "v.csv", "wide.parquet", "--wide")
    assert cat("wide.parquet") == {"date": ["2020-01-01T00:00:00", "2020-01-02T00:00:00"],
                                   "A": [str(2**62 + 1), str(-(2**61) - 1)], "B": ["2", ""]}
    data("convert", "wide.parquet", "long.h5", "--long")
    assert cat("long.h5")["y"] == [str(2**62 + 1), str(-(2**61) - 1), "2"]
    frame = pd.DataFrame({"date": ["2020-01-01"], "a": [2**62 + 1], "b": [0.5]})
    refused("convert", put(frame, "mixed.csv"), "y.csv", "--long", says=("'a'", "53 bits", "--value"))
    data("convert", "mixed.csv", "y.csv", "--long", "--value", "a")
    assert cat("y.csv")["y"] == [str(2**62 + 1)]


def long__convert_warns_of_what_it_leaves_out():
    frame = pd.DataFrame({"date": ["2020-01-01", "2020-01-02"], "note": ["a", "b"], "x": [1.5, 2.5]})
    data("convert", put(frame, "n.csv"), "y.csv", "--long", warns="note: no named columns of numbers")
    assert cat("y.csv") == {"unique_id": ["x", "x"], "ds": ["2020-01-01T00:00:00", "2020-01-02T00:00:00"],
                            "y": ["1.5", "2.5"]}


# ---- Training ---------------------------------------------------------------------------------------------


def long__trains_as_its_wide_form_on_any_ranks():
    frame = wide(rows=200)
    wanted = train(put(frame.reset_index(), "wide.csv"), "wide")
    assert wanted
    for ending in ("csv", "parquet", "pkl"):
        path = put(melt(frame), f"long.{ending}")
        for ranks in (1, 2, 3, 5) if ending == "csv" else (3,):
            assert train(path, f"long-{ending}-{ranks}", ranks=ranks) == wanted, (ending, ranks)
    long = melt(frame, "shop", "sales")
    long["other"] = 1.5
    put(long, "two.csv")
    assert train("two.csv", "two", "--id", "shop", "--value", "sales", ranks=2) == wanted
    with open("two/summary.json", encoding="utf-8") as file:
        summary = json.load(file)
    assert summary["config"]["id"] == "shop" and summary["config"]["value"] == "sales", summary["config"]
    assert train("two.csv", "again", "--config", "two/summary.json") == wanted


main(globals())
