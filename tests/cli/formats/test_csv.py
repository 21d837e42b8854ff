"""What people write in CSV files beside plain numbers: it is read, or named, never left out without a word."""
import gzip
import json
import os
import subprocess

import numpy as np
import pandas as pd

from support import cat, data, main, refused, run


def write(path, columns, rows=120, separator=",", dates="%Y-%m-%d"):
    """A file of dates and, per column, a function of the row's number to a cell."""
    days = pd.bdate_range("2020-01-01", periods=rows)
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(separator.join(["date", *columns]) + "\n")
        for i, day in enumerate(days):
            f.write(separator.join([day.strftime(dates), *(cell(i) for cell in columns.values())]) + "\n")
    return path


def price(i):
    return f"{100 + np.sin(i * 7):.3f}"


def train(path, *options, ranks=1, code=0):
    command = ["--data", path, "--output", "out", "--min-history", 30, "--burn-in", 10, "--no-report", "--no-progress",
               "--no-checkpoint", "--end-date", "2021-01-01", *options]
    if ranks > 1:
        done = subprocess.run(["mpirun", "-n", str(ranks), os.path.join(os.environ["PULSE_BIN"], "pulse-train"),
                               *map(str, command)], capture_output=True, text=True, timeout=300, check=False,
                              env={**os.environ, "OMPI_MCA_rmaps_base_oversubscribe": "1"})
        assert done.returncode == code, (done.returncode, done.stderr)
        err = done.stderr
    else:
        err = run("pulse-train", *command, code=code)[1]
    if code != 0:
        return err
    with open("out/summary.json", encoding="utf-8") as f:
        return err, json.load(f)


def names(path, *options):
    return [v["name"] for v in json.loads(data("info", path, "--json", *options)[0])["variables"]]


def spelling__words_for_missing_first_in_a_column_leave_it_in():
    for word in ("#N/A N/A", "..", "-", "--", ":", "#NA", "n/a", "-1.#IND", "inf"):
        write("x.csv", {"px": price, "late": lambda i, w=word: w if i < 40 else price(i)})
        assert names("x.csv") == ["px", "late"], word
    write("x.csv", {"px": price, "late": lambda i: "pas de donnée" if i < 40 else price(i)})
    refused("info", "x.csv", says=("line 2", "late", "pas de donnée", "--missing"))
    assert "--missing" in train("x.csv", code=2)
    assert names("x.csv", "--missing", "foo,pas de donnée") == ["px", "late"]
    summary = train("x.csv", "--missing", "foo,pas de donnée")[1]
    assert summary["config"]["missing"] == "foo,pas de donnée" and "late" in summary["config"]["variables"]


def spelling__numbers_for_missing_are_read_as_said():
    for cell, options in (("-999", ()), ("-999.00", ()), ('"-999"', ()), (' -999 ', ()), ('="-999"', ()), ("-9.99e2", ()),
                          ("-999", ("--time", "date")), ("-999", ("--thousands", "comma"))):
        for column in (price, lambda i: price(i) + "%"):
            write("x.csv", {"px": lambda i, c=cell, p=column: c if i in (0, 7, 119) else p(i), "n": lambda i: str(i - 999)})
            shown = json.loads(data("info", "x.csv", "--json", "--missing=-999", *options)[0])["variables"]
            assert [(v["name"], v["missing"]) for v in shown] == [("px", 3), ("n", 1)], (cell, shown)
            assert cat("x.csv", "--missing=-999", *options)["px"].count("") == 3, cell
    lines = data("head", "x.csv", "-n", 9, "--missing=-999,-998")[0].splitlines()
    assert [lines[k].split(",")[1:] for k in (1, 2, 8)] == [["", ""], [price(1), ""], ["", "-992"]], lines
    config = train("x.csv", "--missing=-999")[1]["config"]
    assert config["missing"] == "-999" and "px" in config["variables"]
    # A marker says nothing of the decimal sign, and is written with a point or with the file's comma.
    write("x.csv", {"px": lambda i: "-99.99" if i == 0 else "-99,990" if i == 1 else f"{i},5"}, separator=";")
    for options in ((), ("--decimal", "comma")):
        shown = json.loads(data("info", "x.csv", "--json", "--missing=-99.99", *options)[0])["variables"]
        assert shown[0]["missing"] == 2, (options, shown)
    # Among words a number that is missing is none.
    write("x.csv", {"px": price, "note": lambda i: "calm" if i < 60 else "-999.0"})
    assert names("x.csv", "--missing=-999") == ["px"]


def spelling__what_holds_no_number_is_left_out_and_named():
    write("x.csv", {"px": price, "note": lambda i: "calm", "never": lambda i: "", "settled": lambda i: "2020-03-01"})
    assert "3 columns hold no number and are left out: note, never, settled" in data("info", "x.csv")[0]
    assert json.loads(data("info", "x.csv", "--json")[0])["left_out"] == ["note", "never", "settled"]
    err, summary = train("x.csv")
    assert "note, never, settled" in err and any("note, never, settled" in w for w in summary["warnings"])
    err, summary = train("x.csv", "--variables", "px")  # nobody asked for them
    assert "left out" not in err and summary["warnings"] == []


def spelling__numbers_and_something_else_are_an_error_by_any_ranks():
    write("x.csv", {"px": price, "mixed": lambda i: "n.v." if i < 19000 else price(i)}, rows=20000)
    for parts in (1, 3):
        err = train("x.csv", "--end-date", "2100-01-01", ranks=parts, code=2)
        assert "line 19002" in err and "mixed" in err and "'n.v.' in line 2" in err and "--missing" in err, err
    assert "left out" not in train("x.csv", "--variables", "px", "--end-date", "2021-01-01")[0]


def spelling__signs_suffixes_and_parentheses_are_numbers_everywhere():
    write("x.csv", {"usd": lambda i: "$" + price(i), "pct": lambda i: "" if i == 0 else f"{i / 8}%",
                    "vol": lambda i: f"{i + 0.5}M", "flow": lambda i: f"({i + 0.25})", "minus": lambda i: f"\u2212{i + 1}"})
    write("y.csv", {"usd": price, "pct": lambda i: "" if i == 0 else f"{i / 8}", "vol": lambda i: f"{i + 0.5}e6",
                    "flow": lambda i: f"-{i + 0.25}", "minus": lambda i: f"-{i + 1}"})
    assert data("head", "x.csv", "-n", 200)[0] == data("head", "y.csv", "-n", 200)[0]
    assert cat("x.csv") == cat("y.csv")
    data("convert", "x.csv", "x.parquet")
    assert data("head", "x.parquet", "-n", 200)[0] == data("head", "y.csv", "-n", 200)[0]
    assert train("x.csv")[1]["metrics"] == train("y.csv")[1]["metrics"] != {}


def spelling__thousands_are_read_as_said():
    def spelled(i, mark, point):
        return f"{10 ** 6 * (i + 1) + 7 * i + 0.25:,.2f}".replace(",", "m").replace(".", point).replace("m", mark)
    write("plain.csv", {"a": lambda i: spelled(i, "", ".")})
    for mark, point, word in ((".", ",", "point"), ("\u202f", ",", "space"), ("\u00a0", ".", "space"),
                              ("'", ".", "apostrophe"), (" ", ",", "space")):
        write("x.csv", {"a": lambda i, m=mark, p=point: spelled(i, m, p)}, separator=";")
        refused("head", "x.csv", says=("line 2", "'a'", "--thousands " + word))
        assert data("head", "x.csv", "--thousands", word)[0] == data("head", "plain.csv")[0]
        assert cat("x.csv", "--thousands", word) == cat("plain.csv")
    write("x.csv", {"a": lambda i: '"' + spelled(i, ",", ".") + '"'})
    assert data("head", "x.csv", "--thousands", "comma")[0] == data("head", "plain.csv")[0]
    assert train("x.csv", "--thousands", "comma")[1]["config"]["thousands"] == "comma"
    write("x.csv", {"a": lambda i: f"{i + 1}.579"}, separator=";")
    refused("info", "x.csv", says=("'1.579'", "--decimal point", "--thousands point"))


def spelling__times_of_other_names_and_forms_train_alike():
    write("iso.csv", {"px": price})
    text = open("iso.csv", encoding="utf-8").read()
    train("iso.csv")
    expected = train("iso.csv")[1]["metrics"]
    for name in ("Trade Date", "<DATE>", "TIME_PERIOD", "ds", "when"):
        with open("x.csv", "w", encoding="utf-8") as f:
            f.write(text.replace("date", name, 1))
        assert train("x.csv")[1]["metrics"] == expected, name
    write("x.csv", {"px": price}, dates="%d/%m/%Y")
    assert train("x.csv")[1]["metrics"] == expected
    summary = train("x.csv", "--date-format", "%d/%m/%Y")[1]
    assert summary["metrics"] == expected and summary["config"]["date_format"] == "%d/%m/%Y"
    write("x.csv", {"px": price, "due": lambda i: "2020-01-01"}, separator="|")
    with open("x.csv", encoding="utf-8") as f:
        text = f.read().replace("date", "as of", 1)
    with open("x.csv", "w", encoding="utf-8") as f:
        f.write("Source: \"nobody\n\n" + text)
    refused("info", "x.csv", says=("line 1", "--skip-rows"))
    summary = train("x.csv", "--skip-rows", 2, "--time", "as of", "--delimiter", "pipe")[1]
    assert summary["metrics"] == expected
    assert [summary["config"][k] for k in ("skip_rows", "time", "delimiter")] == [2, "as of", "pipe"]


def spelling__names_in_windows_1252_are_read_as_said():
    write("utf8.csv", {"kurs \u20ac": price, "r\u00fcck": price, "ort": lambda i: "K\u00f6ln \u201ca\u201d"}, separator=";")
    with open("utf8.csv", encoding="utf-8") as f, open("x.csv", "w", encoding="cp1252") as to:
        to.write(f.read())
    for command in (("info", "x.csv"), ("cat", "x.csv"), ("head", "x.csv"), ("convert", "x.csv", "x.parquet")):
        refused(*command, says=("line 1", "column 2", "--encoding windows-1252"))
    assert "--encoding windows-1252" in train("x.csv", code=2)
    point = ("--decimal", "point")
    for word in ("windows-1252", "latin-1"):
        assert cat("x.csv", "--encoding", word, *point) == cat("utf8.csv", *point)
    data("convert", "x.csv", "x.parquet", "--encoding", "windows-1252", *point)
    assert cat("x.parquet") == cat("utf8.csv", *point)
    summary = train("x.csv", "--encoding", "windows-1252", *point)[1]
    assert summary["metrics"] == train("utf8.csv", *point)[1]["metrics"] and "r\u00fcck" in summary["metrics"]
    assert summary["config"]["encoding"] == "windows-1252"


def windows(*options, warns="", code=0):
    """What info, or where it ends so, its error says of utf8.csv, and of the same text in Windows-1252, also packed."""
    with open("utf8.csv", encoding="utf-8") as f:
        text = f.read().encode("cp1252")
    for name, write_it in (("x.csv", open), ("y.csv.gz", gzip.open)):
        with write_it(name, "wb") as to:
            to.write(text)
    said = []
    for path, encoding in (("utf8.csv", ()), ("x.csv", ("--encoding", "windows-1252")),
                           ("y.csv.gz", ("--encoding", "windows-1252"))):
        command = ("info", path, "--json", *options, *encoding)
        if code != 0:
            said.append(data(*command, code=code)[1].splitlines()[0].replace(path, "FILE"))
        else:
            said.append((json.loads(data(*command, warns=warns)[0])["variables"], cat(path, *options, *encoding, warns=warns)))
    assert said[0] == said[1] == said[2], said
    return said[0]


def spelling__text_in_windows_1252_means_what_it_does_in_utf_8():
    for cell, value, options in (("\u20ac{}", "100", ()), ("{} \u20ac", "100", ()), ("\xa3{}", "100", ()), ("\xa5 {}", "100", ()),
                                 ("\xa3-{}", "-100", ()), ("1\u2019{}", "1100", ("--thousands", "apostrophe")),
                                 ("1\xa0{}", "1100", ("--thousands", "space"))):
        write("utf8.csv", {"h\xf6chst \u20ac": lambda i, c=cell: c.format(100 + i), "x": price})
        variables, cells = windows(*options)
        assert [v["name"] for v in variables] == ["h\xf6chst \u20ac", "x"] and cells["h\xf6chst \u20ac"][0] == value, cells
    write("utf8.csv", {"x": lambda i: "f\xe4llig" if i in (3, 60) else price(i)})
    assert windows("--missing", "f\xe4llig")[0][0]["missing"] == 2
    assert "'f\xe4llig' in column 'x'" in windows(code=2)
    # More text than is recoded at once, a character of which may be cut anywhere; a footer; ranks begin in the middle.
    write("utf8.csv", {"x": price, "wort": lambda i: "\u20ac\u2019\xe4" * (i % 40), "y": price}, rows=6000)
    with open("utf8.csv", "a", encoding="utf-8") as f:
        f.write("Quelle: B\xfcro f\xfcr Statistik\n")
    with open("utf8.csv", encoding="utf-8") as f, open("x.csv", "w", encoding="cp1252") as to:
        to.write(f.read())
    said = "and left out: 'Quelle: B\xfcro"
    assert cat("utf8.csv", warns=said) == cat("x.csv", "--encoding", "windows-1252", warns=said)
    summary = [train(path, *options, "--start-date", "2019-01-01", ranks=ranks)[1]["data"]["digest"] for ranks in (1, 3)
               for path, options in (("utf8.csv", ()), ("x.csv", ("--encoding", "windows-1252")))]
    assert len(set(summary)) == 1, summary
    with open("x.csv", "w", encoding="utf-8-sig") as f:
        f.write("date,x\n2020-01-01,1\n")
    refused("info", "x.csv", "--encoding", "windows-1252", says="leave out --encoding")
    for content, says in (("date,x\n2020-01-01,1\n".encode("utf-16"), "text in UTF-16"), (gzip.compress(b"date,x\n"), "packed with gzip"),
                          (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a workbook of Excel")):
        with open("x.csv", "wb") as f:
            f.write(content)
        for options in ((), ("--encoding", "windows-1252")):
            refused("head", "x.csv", *options, says=says)

def quotes__one_within_a_cell_is_no_beginning_of_quotes():
    for cell in ('5" pipe', 'a\\"b', '"a" 5" b', 'the "big, one"'):
        write("x.csv", {"note": lambda i, c=cell: c if i % 50 == 49 else "plain", "a": price}, rows=3000)
        for command in (("info", "x.csv"), ("cat", "x.csv"), ("head", "x.csv"), ("convert", "x.csv", "y.parquet"),
                        ("info", "x.csv", "--id", "note")):
            refused(*command, says=("line 51", "does not begin its cell", cell.split(",")[0]))
        for ranks in (1, 3):
            assert "line 51" in train("x.csv", ranks=ranks, code=2)
    texts = ('"a, b"', '"a ""b"", c"', 'the "big" one', ' "a, b" ', '="1,5"', '"a\nb"', '"say \\"hi\\", ok"', '""')
    write("x.csv", {"note": lambda i: texts[i % len(texts)], "a": price})
    assert data("info", "x.csv")[0].startswith("x.csv: 1 variable, 120 rows\n")
    assert cat("x.csv")["note"][2:5] == ['the "big" one', "a, b", "1,5"]


if __name__ == "__main__":
    main(globals())
