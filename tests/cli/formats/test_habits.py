"""Files as exchanges, statistical offices, spreadsheets and observatories write them: read, or refused with what to do."""
import json
import os
import pickle
import re
import subprocess

import h5py
import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

DAYS = pd.bdate_range("2023-10-02", periods=40)
VALUES = np.random.default_rng(21).normal(size=(40, 3)).cumsum(axis=0).round(3) + 100


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def rows(dates, columns=2, separator=","):
    return "".join(separator.join([d, *(f"{x:.3f}" for x in v[:columns])]) + "\n" for d, v in zip(dates, VALUES))


def iso():
    return [str(d.date()) for d in DAYS]


def first_days(path, *options):
    return [line.split(",")[0][:10] for line in data("head", "-n", 3, path, *options)[0].splitlines()[1:]]


def suggested(path):
    """What info says reads the file."""
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2, done
    found = re.search(r"pulse-data info \S+ (.*)\n", done.stdout)
    return found and found[1]


# ---- Dates and clocks ------------------------------------------------------------------------------


def habits__a_clock_beside_the_date_is_no_id():
    hours = [(d, h) for d in iso()[:20] for h in (9, 10)]
    frame = pd.DataFrame({"<DATE>": [d.replace("-", ".") for d, _ in hours], "<TIME>": [f"{h:02}:00:00" for _, h in hours],
                          "<OPEN>": VALUES[:, 0], "<CLOSE>": VALUES[:, 1]})
    frame.to_csv("x.csv", sep="\t", index=False)
    frame.assign(**{"<DATE>": pd.to_datetime(frame["<DATE>"])}).to_pickle("x.pkl")
    data("convert", "x.pkl", "x.parquet")
    for path in ("x.csv", "x.pkl", "x.parquet"):
        for program, command in (("pulse-data", ("info", path)), ("pulse-train", ("--data", path, "--output", "out"))):
            err = run(program, *command, code=2)[1]
            assert "'<TIME>'" in err and "behind the date" in err, err
    assert not os.path.exists("out")
    assert "09:00:00.<OPEN>" in data("head", "x.csv", "--id", "<TIME>")[0]
    joined = frame["<DATE>"] + " " + frame["<TIME>"]
    write("joined.csv", "date,close\n" + "".join(f"{d},{x}\n" for d, x in zip(joined, VALUES[:, 1])))
    assert "19 rows" not in data("info", "joined.csv")[0] and "20 rows have a date" in data("info", "joined.csv")[0]


def habits__a_first_line_of_a_row_is_not_taken_for_names():
    ms = [str(d.value // 10**6) for d in DAYS]
    for first in ([d.replace("-", ".") + ",00:00" for d in iso()], [d.replace("-", "") + " 000000" for d in iso()], ms,
                  [str(d.toordinal() + 366) for d in DAYS]):
        write("x.csv", rows(first))
        refused("info", "x.csv", says=("line 1", "a row", "echo"))
    write("x.csv", ",0,1\n" + rows(iso()))  # as pandas writes an array
    assert first_days("x.csv") == iso()[:3]


def habits__dates_with_names_of_months_and_clocks():
    for form in ("%d-%b-%Y %H:%M:%S", "%d %b %Y %H:%M", "%Y年%m月%d日", "%d-%b-%Y"):
        write("x.csv", "Time,a,b\n" + rows(DAYS.strftime(form)))
        assert first_days("x.csv") == iso()[:3], form
    write("x.csv", "Time\ta\tb\n" + rows([d + "T09:30:00,250" for d in iso()], separator="\t"))
    assert cat("x.csv")["Time"][0] == "2023-10-02T09:30:00.250"


def habits__blanks_that_do_not_break_lines_stand_beside_dates_too():
    """U+00A0, as pages of the web and spreadsheets have it."""
    plain = "".join(f"{d},{x}\n" for d, x in zip(iso()[:20], VALUES[:20, 0]))
    write("x.csv", "date,v\n" + plain)
    apart = plain.replace(",", "\u00a0,\u00a0").replace("\n", "\n \u00a0")
    write("apart.csv", f"\u00a0date\u00a0,v\n\u00a0 {apart.rstrip()}\n")
    assert cat("apart.csv") == cat("x.csv")
    with open("apart.csv", "w", encoding="latin-1") as f:
        f.write(f"date,v\n\u00a0 {apart.rstrip()}\n")
    assert cat("apart.csv", "--encoding", "latin-1") == cat("x.csv")
    write("names.csv", "date,name\n" + "".join(f"{d},voil\u00e0\n" for d in iso()[:3]))  # whose last byte is 0xA0, too
    assert cat("names.csv")["name"] == ["voil\u00e0"] * 3


def habits__years_are_times():
    years = [str(y) for y in range(1960, 2000)]
    frame = pd.DataFrame({"Year": np.arange(1960, 2000), "gdp": VALUES[:, 0]})
    write("x.csv", "Year,gdp,pop\n" + rows(years))
    frame.to_pickle("x.pkl")
    data("convert", "x.csv", "x.parquet")
    data("convert", "x.csv", "x.h5")
    for path in ("x.csv", "x.pkl", "x.parquet", "x.h5"):
        assert first_days(path) == ["1960-01-01", "1961-01-01", "1962-01-01"], path
        assert "dates: yearly" in data("info", path)[0], path
    write("panel.csv", "country,year,gdp\n" + "".join(f"{c},{y},{v}\n" for c, k in (("FR", 0), ("DE", 1))
                                                      for y, v in zip(years, VALUES[:, k])))
    assert data("head", "-n", 1, "panel.csv")[0].splitlines()[0] == "date,FR,DE"
    write("x.csv", "year,month,a\n" + "".join(f"{1990 + i // 12},{i % 12 + 1},{v}\n" for i, v in enumerate(VALUES[:, 0])))
    refused("info", "x.csv", says="year, month and day in one column")
    write("x.csv", "date,year,a\n" + "".join(f"{d},{d[:4]},{v}\n" for d, v in zip(iso(), VALUES[:, 0])))
    assert first_days("x.csv") == iso()[:3]


def habits__numbers_that_are_dates_in_another_way_are_named():
    serials = [str((d - pd.Timestamp("1899-12-30")).days) for d in DAYS]
    write("x.csv", "Date,a,b\n" + rows(serials))
    refused("info", "x.csv", says=("'45201'", "spreadsheet", "2023-10-02"))
    assert suggested("x.csv") is None
    for form, text in (("%Y%m%d%H%M", "'%Y%m%d%H%M'"), ("%Y%m%d%H%M%S", "'%Y%m%d%H%M%S'")):
        write("x.csv", "time,a,b\n" + rows(DAYS.strftime(form)))
        assert suggested("x.csv") == "--date-format " + text


# ---- What stands around a table --------------------------------------------------------------------


def habits__dates_as_names_of_columns_are_said():
    table = pd.DataFrame(VALUES.T, index=["AT", "BE", "DE"], columns=iso())
    table.to_csv("x.csv", index_label="geo")
    table.to_pickle("x.pkl")
    table.rename_axis("geo").reset_index().to_pickle("reset.pkl")
    data("convert", "reset.pkl", "x.parquet")
    for path in ("x.csv", "x.pkl", "x.parquet"):
        refused("info", path, says=("2023-10-02", "names of columns", "turn the table over"))
    for years in ([f"{y} " for y in range(1980, 2020)], [f"{y} [YR{y}]" for y in range(1980, 2020)]):
        write("x.csv", "Country Name\t" + "\t".join(years) + "\nFR\t" + "\t".join(map(str, VALUES[:, 0])) + "\n")
        refused("info", "x.csv", says=("1980", "names of columns"))
    turned = pd.read_csv("x.csv", sep="\t").set_index("Country Name").T
    turned.index = [str(y)[:4] for y in turned.index]
    turned.to_csv("turned.csv", index_label="date")
    assert first_days("turned.csv")[0] == "1980-01-01"


def habits__the_line_of_the_header_is_advised():
    for before, header in (("Category: All\n\n", "Week,a: (World),b"), ("TITLE,,\nUnits,Per cent,Per cent\nSource,X,Y\n", "Series ID,F1,F2"),
                           ("Name,Index one,Index two\n", "Code,I1,I2"), ("Source: null\n,A\n,B\nCollection:,c\n", "Unit:,[dollar],[pound]")):
        write("x.csv", before + header + "\n" + rows(iso()))
        assert suggested("x.csv") == f"--skip-rows {before.count(chr(10))}", before
        said = data("head", "-n", 1, "x.csv", "--skip-rows", before.count("\n"))[0].splitlines()
        assert said[0].split(",")[1:] == header.split(",")[1:] and said[1].startswith("2023-10-02")
    write("x.csv", ",Mkt-RF,SMB\n" + rows([d.replace("-", "") for d in iso()]))
    refused("info", "x.csv", says="--time ''")
    assert first_days("x.csv", "--time", "") == iso()[:3]


def habits__zeros_before_a_code_stay():
    write("x.csv", "gvkey,datadate,prccd\n" + "".join(
        f"{code},{day},{k + n}.5\n" for k, day in enumerate(iso()) for n, code in enumerate(("001004", "1004", "001045"))))
    wide = pd.read_csv("x.csv", dtype={"gvkey": str}).pivot(index="datadate", columns="gvkey", values="prccd")
    data("convert", "x.csv", "x.parquet", "--wide")
    said = cat("x.parquet")
    assert sorted(said) == sorted(["datadate", *wide.columns])
    assert all(list(map(float, said[code])) == wide[code].tolist() for code in wide.columns)
    write("x.csv", "date,a,b\n" + "".join(f"{day},{k:03},{k}\n" for k, day in enumerate(iso())))  # numbers all the same
    assert list(map(int, cat("x.csv")["a"])) == list(map(int, cat("x.csv")["b"]))
    assert "2 variables" in data("info", "x.csv")[0]


def habits__a_point_of_two_meanings_names_its_cell():
    write("x.csv", "date;a;b\n" + "".join(f"{d};{i};1.{i:03}\n" for i, d in enumerate(iso())))
    refused("info", "x.csv", says=("line 2", "'1.000'", "column 'b'", "--decimal point", "--thousands point"))


# ---- Formats that have types -----------------------------------------------------------------------


def habits__origins_of_times_as_observatories_write_them():
    for units, origin in (("hours since 1800-01-01 00:00:0.0", "1800-01-01"), ("hours since 1900-1-1 0:0:0", "1900-01-01"),
                          ("hours since 1900-1-1", "1900-01-01"), ("hours since 1970-1-1T00:00:00Z", "1970-01-01")):
        with h5py.File("x.h5", "w") as f:
            f["time"] = ((DAYS - pd.Timestamp(origin)) // pd.Timedelta("1h")).values.astype("f8")
            f["time"].attrs["units"] = units
            f["air"] = VALUES[:, 0]
        assert first_days("x.h5") == iso()[:3], units
    for offset in ("+09:00", "+0900", "+09", "-05:30", "+00:00", "-00", "Z", ""):  # days are those of its clocks
        with h5py.File("x.h5", "a") as f:
            f["time"].attrs["units"] = f"hours since 1970-01-01 00:00:00 {offset}".strip()
        assert first_days("x.h5") == iso()[:3], offset
    for units in ("hours since 1900-13-1", "hours since 1900-1-1-1", "hours since 1-1", "hours since " + "1" * 200):
        with h5py.File("x.h5", "a") as f:
            f["time"].attrs["units"] = units
        refused("info", "x.h5", says=("time", "is not understood"))


def habits__netcdf_files_are_read_by_their_name():
    with h5py.File("x.nc", "w") as f:
        f["time"], f["t2m"], f["field"] = np.arange(40), VALUES[:, 0], np.zeros((40, 2, 2))
        f["time"].attrs["units"] = "days since 2023-10-02"
    assert first_days("x.nc")[0] == "2023-10-02"
    with h5py.File("x.nc", "a") as f:
        del f["t2m"]
    refused("info", "x.nc", says=("two dimensions", "x.nc"))
    with open("old.nc", "wb") as f:
        f.write(b"CDF\x01" + bytes(200))
    refused("info", "old.nc", says=("old.nc", "nccopy"))


def habits__numbers_beside_a_matrix_are_columns_too():
    with h5py.File("x.h5", "w") as f:
        f["dates"], f["names"] = np.array(iso(), dtype="S10"), np.array(["A", "B"], dtype="S1")
        f["prices"], f["rate"], f["days"] = VALUES[:, :2], VALUES[:, 2], np.arange(40)
        f["packed"], f["short"] = np.arange(40, dtype="i2"), np.arange(3.0)
        f["packed"].attrs["scale_factor"], f["packed"].attrs["_FillValue"] = 0.5, np.int16(7)
    said = data("info", "x.h5")[0]
    assert "5 variables" in said and "left out: short" in said, said
    table = [line.split(",") for line in data("head", "-n", 40, "x.h5")[0].splitlines()]
    found = {name: [row[i] for row in table[1:]] for i, name in enumerate(table[0])}
    assert [float(x) for x in found["rate"]] == list(VALUES[:, 2]) and [float(x) for x in found["B"]] == list(VALUES[:, 1])
    assert found["packed"][8] == "4" and found["packed"][7] == "" and found["days"][39] == "39"
    shown = cat("x.h5", warns="short")
    assert all(shown[name] == found[name] for name in ("A", "B", "rate", "days", "packed"))
    err = run("pulse-train", "--data", "x.h5", "--output", "out", "--min-history", 10, "--burn-in", 5, "--no-report",
              "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01")[1]
    assert "short" in err
    with h5py.File("out/results.h5") as f:
        assert sorted(n.decode() for n in f["variables"][:]) == ["A", "B", "days", "packed", "rate"]


def habits__a_group_beside_the_table_is_named():
    with h5py.File("x.h5", "w") as f:
        f["time"], f["x"], f["more/y"], f["#refs#/a"] = np.arange(40), VALUES[:, 0], VALUES[:, 1], np.arange(3)
        f["time"].attrs["units"] = "days since 2023-10-02"
    assert "left out: more\n" in data("info", "x.h5")[0]
    assert list(cat("x.h5", warns="more")) == ["time", "x"]


def habits__a_pickle_that_was_appended_to_is_no_pickle():
    frame = pd.DataFrame({"a": VALUES[:, 0]}, index=DAYS)
    for protocol in range(2, 6):
        with open("x.pkl", "wb") as f:
            pickle.dump(frame[:20], f, protocol)
            pickle.dump(frame[20:], f, protocol)
        for command in ("info", "cat", "head"):
            refused(command, "x.pkl", says=("x.pkl", "second object", "concat"))


def sdmx(areas, names=("TIME_PERIOD", "OBS_VALUE")):
    """A data flow as statistical offices and central banks hand it out: dimensions, the value, attributes."""
    months = pd.period_range("2010-01", periods=40, freq="M").astype(str)
    return pd.concat([pd.DataFrame({
        "DATAFLOW": "X:FLOW(1.0)", "FREQ": "M", "REF_AREA": area, names[0]: months, names[1]: VALUES[:, i],
        "OBS_STATUS": ["A"] * 39 + ["P"], "UNIT_MEASURE": 368, "UNIT_MULT": 6, "DECIMALS": 2, "OBS_PRE_BREAK": np.nan,
        "TITLE": "a, b"}) for i, area in enumerate(areas)])


def habits__attributes_of_sdmx_are_no_variables():
    names = lambda path, *options: [v["name"] for v in json.loads(data("info", "--json", path, *options)[0])["variables"]]
    said = "or are attributes of OBS_VALUE, and are left out: "
    for labels in (("TIME_PERIOD", "OBS_VALUE"), ("TIME_PERIOD: Time period", "OBS_VALUE: Observation value")):
        sdmx(["DE"], labels).to_csv("one.csv", index=False)
        assert names("one.csv") == [labels[1]]
        assert said in data("info", "one.csv")[0] and "--value NAME" in data("info", "one.csv")[0]
        assert names("one.csv", "--value", f"{labels[1]},DECIMALS") == [labels[1], "DECIMALS"]
        sdmx(["DE", "FR"], labels).to_csv("two.csv", index=False)
        assert names("two.csv") == ["DE", "FR"] and said in data("info", "two.csv")[0]
        assert cat("two.csv") == cat("two.csv", "--value", labels[1])
    labelled = sdmx(["DE", "FR"])
    for at, name in ((8, "Base period"), (7, "Decimals"), (5, "Observation value")):
        labelled.insert(at, name, 1 if name == "Decimals" else np.nan)
    labelled.to_csv("labels.csv", index=False)
    assert names("labels.csv") == ["DE", "FR"]
    labelled.drop(columns="Observation value").to_csv("own.csv", index=False)
    assert names("own.csv")[:2] == ["DE.OBS_VALUE", "DE.Decimals"], "a column of one's own"
    for end in ("parquet", "h5", "pkl"):
        for path, want in (("one", ["OBS_VALUE"]), ("two", ["DE", "FR"])):
            sdmx(["DE", "FR"][:len(want)]).to_csv(path + ".csv", index=False)
            data("convert", path + ".csv", f"{path}.{end}")
            assert names(f"{path}.{end}") == want, (path, end)
    data("convert", "two.csv", "wide.csv", "--wide", 
         warns="OBS_PRE_BREAK, TITLE: no columns of numbers, or attributes of OBS_VALUE")
    assert names("wide.csv") == ["DE", "FR"]
    os.mkdir("flows")
    sdmx(["DE"]).to_csv("flows/cpi.csv", index=False)
    done = run("pulse-data", "info", "flows")
    assert "cpi  " in done[0] and "4 other columns of numbers" in done[1], done
    done = run("pulse-train", "--data", "one.csv", "--output", "out", "--min-history", 10, "--burn-in", 5, "--no-report",
               "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01")
    with open("out/summary.json", encoding="utf-8") as f:
        assert said in json.load(f)["warnings"][0] and done[1].count(said) == 1, done


main(globals())
