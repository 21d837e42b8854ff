"""Headers of several lines, lines that are no rows, dates of other forms than ISO 8601, and what info says of each."""
import json
import os
import pickle
import re
import shlex
import subprocess
import zipfile

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run

DAYS = pd.bdate_range("2020-01-01", periods=60)
MONTHS = pd.date_range("1999-01-01", periods=60, freq="MS")
VALUES = np.random.default_rng(14).normal(size=(60, 4)).cumsum(axis=0).round(4)


def write(path, text):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def rows(dates, form="%Y-%m-%d", separator=",", columns=2, end="\n"):
    return "".join(separator.join([d.strftime(form), *(f"{x:.4f}" for x in values[:columns])]) + end
                   for d, values in zip(dates, VALUES))


def info(path, *options, warns=""):
    return json.loads(data("info", path, "--json", *options, warns=warns)[0])


def names(path, *options):
    return [v["name"] for v in info(path, *options)["variables"]]


def first_and_last(path, *options):
    said = info(path, *options)["variables"][0]
    return said["first"][:10], said["last"][:10], said["rows"]


def suggested(path, *options):
    """The options of the command that info prints for a file that it cannot read, tried."""
    done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", path, *options],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done
    line = re.fullmatch(r"this reads it, if it means that: pulse-data info (.*)\n", done.stdout)
    assert line is not None, done
    words = shlex.split(line[1])
    data("info", *words)
    return words[1:]


def train(path, *options):
    run("pulse-train", "--data", path, "--output", "out", "--min-history", 20, "--burn-in", 5, "--no-report",
        "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01", *options)
    with open("out/summary.json", encoding="utf-8") as f:
        return json.load(f)


# ---- Names in several lines -----------------------------------------------------------------------


def headers__several_levels_as_pandas_writes_them_are_joined():
    levels = pd.MultiIndex.from_product([["Close", "Volume"], ["AAPL", "MSFT"]], names=["Price", "Ticker"])
    want = ["AAPL.Close", "MSFT.Close", "AAPL.Volume", "MSFT.Volume"]
    frame = pd.DataFrame(VALUES, index=pd.DatetimeIndex(DAYS, name="Date"), columns=levels)
    frame.to_csv("yf.csv")
    assert names("yf.csv") == want and info("yf.csv")["rows"] == 60
    frame.swaplevel(axis=1).to_csv("swapped.csv", sep="\t")
    assert names("swapped.csv") == want
    frame[[("Close", "AAPL"), ("Volume", "AAPL")]].to_csv("one.csv.gz")
    assert names("one.csv.gz") == ["AAPL.Close", "AAPL.Volume"]
    table = cat("yf.csv")
    assert list(table) == ["Date", *want] and [float(x) for x in table["MSFT.Close"]] == VALUES[:, 1].tolist()
    data("convert", "yf.csv", "yf.parquet")
    assert names("yf.parquet") == want
    assert train("yf.csv")["config"]["variables"] == sorted(want) or train("yf.csv")["config"]["variables"] == want


def headers__levels_without_names_or_of_three_are_joined_in_order():
    levels = pd.MultiIndex.from_product([["a", "b"], ["x", "y"]])
    pd.DataFrame(VALUES, index=DAYS, columns=levels).to_csv("x.csv")
    assert names("x.csv") == ["a.x", "a.y", "b.x", "b.y"]
    levels = pd.MultiIndex.from_tuples([("p", "q", "r"), ("p", "q", "s"), ("t", "", "u"), ("t", "q", "u")])
    pd.DataFrame(VALUES, index=pd.DatetimeIndex(DAYS, name="day"), columns=levels).to_csv("x.csv")
    assert names("x.csv") == ["p.q.r", "p.q.s", "t.u", "t.q.u"]


def headers__a_name_over_several_columns_is_that_of_each():
    """What a spreadsheet merges is written above the first column alone."""
    above, below = ",SPX Index,,VIX Index,\n", "Dates,PX_LAST,PX_VOLUME,PX_LAST,PX_VOLUME\n"
    want = ["SPX Index.PX_LAST", "SPX Index.PX_VOLUME", "VIX Index.PX_LAST", "VIX Index.PX_VOLUME"]
    for preamble in "", "Start Date,01/01/2020\nEnd Date,03/31/2020\n\n":
        write("x.csv", preamble + above + below + rows(DAYS, "%m/%d/%Y", columns=4))
        assert names("x.csv") == want, names("x.csv")
        found = cat("x.csv", warns="before the header" if preamble else "")
        assert [float(x) for x in found[want[3]]] == list(VALUES[:, 3])
    write("x.csv", ",A,,B\nDates,L,V,L\n" + rows(DAYS, columns=3))
    assert names("x.csv") == ["A.L", "V", "B.L"], "names of which no two are alike stay as they are"
    write("x.csv", ",A,,,\nDates,L,L,L,L\n" + rows(DAYS, columns=4))
    refused("info", "x.csv", says="two columns are called ")


def headers__one_line_of_names_stays_one():
    write("x.csv", "date,a,b\nunits,USD,EUR\n" + rows(DAYS))
    refused("info", "x.csv", says=("line 2", "units"))
    write("x.csv", ",a,a\n" + rows(DAYS))
    refused("info", "x.csv", says="two columns are called 'a'")
    write("x.csv", "when,a,b\n" + rows(DAYS))
    assert names("x.csv") == ["a", "b"]
    write("x.csv", "when,a,b\n")
    assert list(cat("x.csv")) == ["when", "a", "b"]


# ---- Lines that are no rows -----------------------------------------------------------------------


def headers__codes_of_transformations_are_passed_with_a_word():
    for name, codes, form in (("sasdate", "Transform:,5,2\n", "%-m/%-d/%Y"), ("date", "transform,5,2\n", "%Y-%m-%d"),
                              ("sasdate", "factors,0,1\ntransform,5,2\n", "%-m/%-d/%Y")):
        write("x.csv", f"{name},RPI,INDPRO\n{codes}" + rows(MONTHS, form) + ",,\n")
        assert first_and_last("x.csv") == ("1999-01-01", "2003-12-01", 60)
        assert names("x.csv") == ["RPI", "INDPRO"]
        said = data("info", "x.csv")[0]
        assert "dates: monthly" in said and "of transformations" in said and "left out" in said
        assert any("of transformations" in w for w in train("x.csv")["warnings"])
        assert "Transform" not in cat("x.csv", warns="of transformations")[name][0]


def headers__rows_of_separators_alone_are_none():
    write("x.csv", "date;a;b\n" + rows(DAYS, separator=";") + ";;\n;;\r\n ; ;")
    assert first_and_last("x.csv")[2] == 60 and info("x.csv")["rows"] == 60
    write("x.csv", "date,a,b\n,,\n" + rows(DAYS))
    assert info("x.csv")["rows"] == 60
    write("x.csv", "date,a,b\n,1,\n" + rows(DAYS))
    refused("info", "x.csv", says=("line 2", "no time"))


def headers__a_preamble_is_passed_with_a_word():
    for lines, separator in (("Title\nSource: somewhere\n\n", ";"), ("# one\n# two, and more\n", ";"), ("sep=;\n", ";"),
                             ('"World, Bank"\n,,\n"Last updated",12/16/2020\n', ","), ("https://example.org\n", "\t"),
                             ('Source: "nobody\n', ",")):
        write("x.csv", lines + separator.join(["Datum", "a", "b"]) + "\n" + rows(DAYS, separator=separator))
        assert names("x.csv") == ["a", "b"] and info("x.csv")["rows"] == 60, lines
        n = lines.count("\n")
        note = "the first line stands" if n == 1 else f"the first {n} lines stand"
        assert note in data("info", "x.csv")[0] and info("x.csv", "--skip-rows", n)["rows"] == 60
        assert len(cat("x.csv", warns=note)["Datum"]) == 60
    assert any("before the header" in w for w in train("x.csv")["warnings"])
    for lines in ("date,x,y\n", "Quelle,x,y\n"):  # which could be names
        write("x.csv", lines + "Datum,a,b\n" + rows(DAYS))
        refused("info", "x.csv", says="line")


FOOTERS = ("Source: FRED\n", "\n\nSource: FRED\nDownloaded today\n", "Total,4,6\n", ",,\n,,\nData from database: WDI\n",
           '"Last Updated: 12/16/2020",,\n', "\"\",\"Highest: 110\",\"Lowest: 90\"\n", "© 2020 Example Ltd.", "# end of data\n",
           "Note,1: provisional\n", "Average,1.5,2\nMax,3,4\n", "(1) preliminary", "Values in USD, not adjusted, daily, last\n")


def headers__a_footer_is_passed_with_a_word_by_any_ranks():
    for footer in FOOTERS:
        write("x.csv", "date,a,b\n" + rows(DAYS) + footer)
        n = sum(1 for line in footer.split("\n") if line.strip(","))
        note = "the last line is no row" if n == 1 else f"the last {n} lines are no rows"
        assert info("x.csv")["rows"] == 60 and names("x.csv") == ["a", "b"], footer
        assert note in data("info", "x.csv")[0], footer
        assert len(cat("x.csv", warns=note)["date"]) == 60
    want = None
    for path in ("x.csv", "x.csv.gz"):
        write("x.csv", "date,a,b\n" + rows(DAYS) + "Total,4,6\nSource: FRED\n")
        if path != "x.csv":
            subprocess.run(["gzip", "-f", "x.csv"], check=True)
        for ranks in (1, 3):
            subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks), os.path.join(os.environ["PULSE_BIN"], "pulse-train"),
                            "--data", path, "--output", "out", "--min-history", "20", "--burn-in", "5", "--no-report",
                            "--no-progress", "--no-checkpoint", "--end-date", "2100-01-01"], check=True, capture_output=True)
            with open("out/summary.json", encoding="utf-8") as f:
                summary = json.load(f)
            assert sum("the last 2 lines are no rows" in w for w in summary["warnings"]) == 1, summary["warnings"]
            want = want or summary["metrics"]
            assert summary["metrics"] == want != {}


def headers__what_may_be_a_row_is_none_of_a_footer():
    for last, says in (("2020-03-2", "line 62"), ("2020-03-25,1", "2 cells"), ("2020-03-25,1,2,3\n", "4 cells"), (",1,2\n", "no time"),
                       ("20-30-40,,\n", "line 62"), ("soon,1,2\n", "'soon'"), ("Total,1,2\n" * 30, "line 62"), ("\0\0\0x\n", "NUL"),
                       ("Source: a\0b\n", "NUL")):
        write("x.csv", "date,a,b\n" + rows(DAYS) + last)
        refused("info", "x.csv", says=says)
    write("x.csv", "name,note\nNew York,\nLos Angeles,\n")  # a table of words keeps its rows
    assert cat("x.csv")["name"] == ["New York", "Los Angeles"]
    long = "date,a,b\n" + rows(pd.bdate_range("1800-01-01", periods=60)) * 400  # more than what is looked at at once
    write("x.csv", long + "Source: FRED\n")
    assert len(cat("x.csv", warns="the last line is no row")["date"]) == 60 * 400


def headers__a_workbook_called_csv_is_named():
    for first in ("[Content_Types].xml", "docProps/app.xml"):
        with zipfile.ZipFile("x.csv", "w") as archive:
            for name in (first, "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
                archive.writestr(name, "<a/>\n")
        refused("info", "x.csv", says=("workbook of Excel", "save its sheet as CSV", "read_excel"))
    with open("x.csv", "wb") as f:
        f.write(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    refused("info", "x.csv", says="workbook of Excel")
    with zipfile.ZipFile("x.csv", "w") as archive:
        archive.writestr("prices.csv", "date,a\n2020-01-01,1\n")
    refused("info", "x.csv", says="put .zip at the end of its name")


def headers__a_file_without_one_is_refused():
    for text in (rows(DAYS), rows(DAYS, separator=";"), rows(DAYS, "%d.%m.%Y", columns=1)):
        refused("info", write("x.csv", text), says=("line 1", "a row", "echo 'date,a,b'"))
    with open("x.csv", "wb") as f:
        f.write(("date,a\n" + rows(DAYS, columns=1)).encode("utf-16"))
    refused("info", "x.csv", says="iconv -f utf-16")


# ---- Dates of other forms -------------------------------------------------------------------------


def headers__dates_that_say_what_they_are_need_no_option():
    for form in ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d %b %Y",
                 "%d%b%Y", "%d%B%Y",
                 "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y-%m-%d 00:00:00 UTC", "%Y-%m-%d 00:00:00 +0000"):
        text = rows(DAYS, form, ";")
        write("x.csv", "Datum;a;b\n" + (text.upper() if "b" in form else text.lower() if "B" in form else text))
        assert first_and_last("x.csv") == ("2020-01-01", "2020-03-24", 60), form
        assert cat("x.csv")["Datum"][1].startswith("2020-01-02T00:00:00"), form
    write("x.csv", "Gestern;a;b\n" + rows(DAYS, "%d.%m.%Y", ";").replace("-", "−"))
    assert first_and_last("x.csv")[2] == 60  # the only column of dates
    data("convert", "x.csv", "x.parquet")
    assert first_and_last("x.parquet") == ("2020-01-01", "2020-03-24", 60)
    assert train("x.csv")["config"]["variables"] == ["a", "b"]


def headers__names_with_commas_leave_the_separator_what_it_is():
    for separator, names in ((";", ["Kurs, EUR"]), (";", ["Zins, 10 Jahre, %", "Zins, 2 Jahre, %"]), ("\t", ["GDP, real, sa", "a;b, c"]),
                             ("|", ["GDP, real", "a; b"]), (",", ["a;b;c;d", "e|f|g|h"]), (",", ["a;b;c;d"])):
        for form in ("%Y-%m-%d", "%d.%m.%Y"):
            text = rows(DAYS, form, separator, columns=len(names))
            for some in (text, text.replace(".", ",")) if separator in ";\t" and "." not in form else (text,):
                write("x.csv", separator.join(["date", *names]) + "\n" + some)
                assert list(cat("x.csv")) == ["date", *names], (separator, names)
                assert first_and_last("x.csv") == ("2020-01-01", "2020-03-24", 60)
    for text in ("date;a, b\n2000;1,5\n2001;2,5\n", "date;a, b\n2000-01-01;1,5\n2001-01-01;2,5\n"):
        write("x.csv", text)
        assert cat("x.csv")["a, b"] == ["1.5", "2.5"], text


def headers__dates_that_could_be_two_things_are_asked_about():
    first = [d for d in pd.date_range("2020-01-01", periods=300) if d.day <= 12][:60]
    for form, other in (("%d/%m/%Y", "%m/%d/%Y"), ("%d.%m.%Y", "%m.%d.%Y")):
        write("x.csv", "date,a,b\n" + rows(first, form))
        refused("info", "x.csv", says=("day first", "--date-format " + form, other))
        assert suggested("x.csv") == ["--date-format", form]
        assert first_and_last("x.csv", "--date-format", form)[0] == "2020-01-01"
    write("x.csv", "date,a,b\n" + rows(DAYS, "%d/%m/%Y") + "02/30/2020,1,2\n")
    refused("info", "x.csv", says=("line 62", "02/30/2020"))


def headers__periods_are_their_first_day():
    for texts, last in (([f"{1999 + i // 4}-Q{i % 4 + 1}" for i in range(60)], "2013-10-01"),
                        ([f"{1999 + i // 4}Q{i % 4 + 1}" for i in range(60)], "2013-10-01"),
                        ([f"{1999 + i // 4} Q{i % 4 + 1}" for i in range(60)], "2013-10-01"),
                        ([f"Q{i % 4 + 1} {1999 + i // 4}" for i in range(60)], "2013-10-01"),
                        ([f"{1999 + i // 4}q{i % 4 + 1}" for i in range(60)], "2013-10-01"),
                        ([f"{1999 + i // 12}M{i % 12 + 1:02d}" for i in range(60)], "2003-12-01"),
                        ([f"{1999 + i // 12}M{i % 12 + 1}" for i in range(60)], "2003-12-01"),
                        ([f"{1999 + i // 12}m{i % 12 + 1}" for i in range(60)], "2003-12-01"),
                        (pd.period_range("1999-01-01", periods=60, freq="W-THU").astype(str), "2000-02-18"),
                        ([str(1999 + i) for i in range(60)], "2058-01-01")):
        frame = pd.DataFrame({"date": texts, "a": VALUES[:, 0]})
        frame.to_csv("x.csv", index=False)
        frame.to_pickle("x.pkl")
        data("convert", "x.pkl", "x.h5")
        for path in ("x.csv", "x.pkl", "x.h5"):
            assert first_and_last(path) == ("1999-01-01", last, 60), (path, texts[0])
    for text in ("2020Q5", "2020-Q0", "2020M13", "2020Q", "2020Q1x", "2020M111", "Q1/20", "Q5 2020", "2020 M1",
                 "2020-01-06/2020-01-13", "2020-01-06/2020-01-12T00:00", "2020-01-06/", "2020-01-06/2020-01-12/2020-01-18"):
        refused("info", write("x.csv", f"date,a\n2020Q1,1\n{text},2\n"), says=("line 3", text))


def headers__forms_that_are_not_guessed_are_advised():
    for form, days in (("%b-%y", MONTHS), ("%b%y", MONTHS), ("%b%Y", MONTHS), ("%Y%m", MONTHS), ("%d%b%y:%T", DAYS), ("%m/%d/%Y %I:%M:%S %p", DAYS), ("%Y%m%d%H%M", DAYS),
                       ("%Y%m%d%H%M%S", DAYS), ("%a %b %d %T %Y", DAYS)):
        write("x.csv", "date,a,b\n" + rows(days, form))
        option, said = suggested("x.csv")
        assert (option, said) == ("--date-format", form)
        assert first_and_last("x.csv", "--date-format", form)[0] == str(days[0])[:10]
    for counts in (range(43831, 43891), [int(d.timestamp()) * (1 if i < 20 else 1000) for i, d in enumerate(DAYS)]):
        write("x.csv", "date,a\n" + "".join(f"{n},{x[0]}\n" for n, x in zip(counts, VALUES)))  # no unit leads to dates
        done = subprocess.run([os.path.join(os.environ["PULSE_BIN"], "pulse-data"), "info", "x.csv"], capture_output=True,
                              text=True, check=False)
        assert done.returncode == 2 and done.stdout == "", done
    refused("info", "x.csv", "--time-unit", "ms", says=("1970", "2020-01-29", "another unit"))
    err = run("pulse-train", "--data", "x.csv", "--output", "o", "--time-unit", "ms", code=2)[1]
    assert "another unit" in err and not os.path.exists("o")


def headers__forms_that_do_not_fit_a_cell_are_not_advised():
    """Of a column of ISO dates with others among them, or with a total below, the form of the rest reads neither."""
    for last in rows(DAYS[30:], "%m/%d/%Y"), ",6000,1770\n":
        write("x.csv", "Date,a,b\n" + rows(DAYS[:30]) + last)
        out, err = data("info", "x.csv", code=2)
        assert "--date-format" not in out + err and "line 32" in err, (out, err)


def headers__counts_of_an_unknown_unit_are_tried():
    for unit, per_second in (("s", 1), ("ms", 1000), ("us", 10**6), ("ns", 10**9)):
        write("x.csv", "date,a\n" + "".join(f"{int(d.timestamp()) * per_second},{x[0]:.4f}\n" for d, x in zip(DAYS, VALUES)))
        assert suggested("x.csv") == ["--time-unit", unit]


# ---- In formats that have types --------------------------------------------------------------------


def headers__text_of_dates_takes_the_same_option_everywhere():
    frame = pd.DataFrame(VALUES[:, :2], columns=["a", "b"])
    for form in ("%d/%m/%Y", "%d.%m.%Y %H:%M"):
        frame.insert(0, "when", DAYS.strftime(form))
        write("text.csv", frame.assign(when=["x" + w for w in frame.when]).to_csv(index=False))
        data("convert", "text.csv", "text.parquet")  # of text, whatever it says
        frame.to_pickle("x.pkl")
        with open("records.pkl", "wb") as f:
            pickle.dump(frame.to_dict("records"), f)
        option = ("--time", "when", "--date-format")
        for path in ("x.pkl", "records.pkl"):
            assert first_and_last(path, *option, form) == ("2020-01-01", "2020-03-24", 60)
            refused("info", path, *option, "%Y", says=("row 0", "no time of the form %Y"))
            assert suggested(path, "--time", "when")[-2:] == ["--date-format", form]
        assert first_and_last("text.parquet", *option, "x" + form) == ("2020-01-01", "2020-03-24", 60)
        refused("info", "text.parquet", "--time", "when", says=("row 0", "when", "no ISO 8601"))
        del frame["when"]


def headers__txt_is_csv_but_not_beside_datasets():
    write("x.txt", "date\ta\tb\n" + rows(DAYS, separator="\t"))
    assert names("x.txt") == ["a", "b"] and first_and_last("x.txt")[2] == 60
    os.mkdir("d")
    for name in ("aaa.csv", "historical_bbb.txt", "README.txt"):
        write("d/" + name, "date,value\n" + rows(DAYS, columns=1))
    assert names("d") == ["aaa", "bbb"]


main(globals())
