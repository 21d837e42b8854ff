"""Text files whose tables stand among other lines, as statistical offices, exchanges, terminals and databases write them:
read as they are, or refused in one line with the command that reads them, which is tried here."""
import io
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd

from support import cat, data, main, refused

DAYS = pd.bdate_range("2023-01-02", periods=60)
VALUES = (np.random.default_rng(33).normal(size=(60, 3)).cumsum(axis=0) + 50).round(2)


def write(path, text, encoding="utf-8"):
    with open(path, "w", encoding=encoding, newline="") as f:
        f.write(text)
    return path


def rows(form="%Y-%m-%d", separator=",", columns=2, days=DAYS, end="\n"):
    return "".join(separator.join([d.strftime(form), *(f"{x:.2f}" for x in v[:columns])]) + end for d, v in zip(days, VALUES))


def shell(command):
    path = os.environ["PULSE_BIN"] + os.pathsep + os.environ["PATH"]
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, check=False, timeout=300,
                          env={**os.environ, "PATH": path})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def follow(path):
    """Does what the errors say until the file is read: the command line that reads it, and how often one was said."""
    filters, options = [], ""
    for step in range(5):
        source = f"cat {path} | " + "".join(f"{f} | " for f in filters) if filters else ""
        command = source + "pulse-data cat " + ("-" if filters else path) + options
        code, out, err = shell(command.replace("pulse-data cat", "pulse-data info"))
        if code == 0:
            return command, step
        assert code == 2 and err.count("error: ") == 1 and err.count("\n") == 1, err
        named = re.search(r"this reads it, if it means that: pulse-data info \S+(.*)\n", out)
        piped = re.search(r"((?:sed |head -|awk |\(printf )[^|]*? FILE\)?) \| pulse-data info -", err)
        said = re.search(r"--(?:skip-rows \d+|date-format '[^']*'|time '')", err)
        assert named or piped or said, err
        if named:
            options = named[1]
        elif piped and not (said and "if line" not in err):
            filters.append(piped[1].replace(" FILE", ""))
        else:
            options += " " + said[0]
    raise AssertionError((filters, options, err))


def check(text, names, steps, columns=2, days=DAYS, encoding="utf-8"):
    write("x.csv", text, encoding)
    command, taken = follow("x.csv")
    _, out, _ = shell(command)
    table = pd.read_csv(io.StringIO(out), index_col=0, usecols=range(columns + 1), float_precision="round_trip")
    assert taken == steps and list(table.columns) == names, (command, taken, list(table.columns))
    assert np.array_equal(table.values.astype(float), VALUES[:len(days), :columns]), command


def around__names_and_units_in_many_lines_are_read_or_the_command_is_said():
    day = "%d.%m.%Y"
    for before, separator, form, names, steps in (
            ("Start,1/2/2023\n,\n,SPX,VIX\nDates,LAST,LAST\n", ",", "%m/%d/%Y", ["SPX.LAST", "VIX.LAST"], 0),
            (",SPX,VIX\nDate,LAST,LAST\n", ",", "%Y-%m-%d", ["SPX.LAST", "VIX.LAST"], 0),
            ("Date,CLOSE,CLOSE\n,AAPL.O,VOD.L\n", ",", "%Y-%m-%d", ["CLOSE.AAPL.O", "CLOSE.VOD.L"], 0),
            ("\n\n\nTime,a,b\n", ",", "%Y-%m-%d", ["a", "b"], 0),
            ('"",S1,S2\n"","First, long","Second"\nUnit,USD,EUR\nAs of,2023-05-01 16:00:00,\n', ",", "%Y-%m-%d", ["S1", "S2"], 1),
            ("Name;A;B\nCode;AC;BC\nCurrency;EUR;EUR\n", ";", day, ["A", "B"], 1),
            ("About\nName;A;B\nUnit;%;%\n", ";", day, ["A", "B"], 1),
            ("#group,false,true\n#datatype,double,double\nwhen,a,b\n", ",", "%Y-%m-%d", ["a", "b"], 1),
            ("Made for you\nNobody knows\n\n,A-B,C\n", ",", "%Y%m%d", ["A-B", "C"], 1),
            ("date | a | b\n-----+---+---\n", "|", "%Y-%m-%d", ["a", "b"], 1),
            ("date,a,b\nunits,USD,EUR\nsource,x,y\n", ",", "%Y-%m-%d", ["a", "b"], 1),
            ("a,b\n", ",", "%Y-%m-%d", ["a", "b"], 1), ("a\tb\n", "\t", "%Y-%m-%d", ["a", "b"], 1)):
        check(before + rows(form, separator), names, steps)


def around__what_follows_the_table_is_cut_off_as_said():
    second = "\n Annual: January to December \n,A,B\n" + "".join(f"{y},{y}.5,1\n" for y in range(1950, 2000))
    check("date,A,B\n" + rows() + second, ["A", "B"], 1)
    lines = rows().splitlines(True)
    check("date,a,b\n" + "".join(lines[:30]) + "# revised\n" + "".join(lines[30:]), ["a", "b"], 1)
    months = pd.date_range("1990-01-01", periods=60, freq="MS")
    check("Title\n\n,A,B\n" + rows("%Y%m", days=months) + second + "Copyright 2024\n", ["A", "B"], 4)
    write("x.csv", "date,a,b\n" + "".join(lines[:30]) + "date,a,b\n" + "".join(lines[30:]))
    refused("info", "x.csv", says=("line 32", "if that is no row: sed 32d FILE"))
    code, out, _ = shell("sed 32d x.csv | pulse-data info -")
    assert code == 0 and "2 variables, 60 rows" in out
    shell("gzip -f x.csv")
    refused("info", "x.csv.gz", says="gzip -dc FILE | sed 32d | pulse-data info -")


def around__other_encodings_and_blanks_are_named():
    for names, encoding in (("日期,开盘价,收盘价", "gb18030"), ("年月日,始値,終値", "shift_jis"), ("Дата,Цена,Объем", "windows-1251")):
        write("x.csv", names + "\n" + rows(), encoding)
        refused("info", "x.csv", says=("not UTF-8", "iconv -f gb18030", "windows-1251"))
        assert shell(f"iconv -f {encoding} -t utf-8 x.csv | pulse-data info -")[0] == 0
    write("x.csv", "Datum,Schluß,Höchst\n" + rows(), "cp1252")
    refused("info", "x.csv", says="--encoding windows-1252")
    blanks = "".join(f"{d.date()}  {v[0]:9.2f} {v[1]:9.2f}\n" for d, v in zip(DAYS, VALUES))
    check("date          a         b\n" + blanks, ["a", "b"], 1)
    check("Title:    Ten years\nUnits:    Percent\n\nDATE      a        b\n" + blanks, ["a", "b"], 2)


def around__marks_behind_numbers_are_taken_off_as_said():
    for mark, names in ((" p", "a,b"), (" bep", "x 2,y"), (" b", "a,b"), (" m", "a,b"), (" t", "a,b"), (" B", "a,b"), (" M", "a,b")):
        lines = rows().splitlines()
        check(f"date,{names}\n" + "".join(line + (mark if i % 9 == 4 else "") + "\n" for i, line in enumerate(lines)),
              names.split(","), 1)
    for mark in ("b", "m", "t"):  # nor are they millions where they touch it
        write("x.csv", "date,a\n" + "".join(f"{d.date()},{i}{mark if i == 3 else ''}\n" for i, d in enumerate(DAYS)))
        refused("info", "x.csv", says=(f"'3{mark}' in column 'a' is no number",))
    for mark in ("bp", " bp 3", " pppp", "*"):  # may be units, or anything
        write("x.csv", "date,a\n" + "".join(f"{d.date()},{i}{mark}\n" for i, d in enumerate(DAYS)))
        code, _, err = shell("pulse-data info x.csv")
        assert code == 2 and "sed" not in err, err


def around__tables_side_by_side_are_cut_apart():
    two = "".join(f"{d.date()},{v[0]},{d.date()},{v[1]}\n" for d, v in zip(DAYS, VALUES))
    write("x.csv", "Dates,PX,Dates,PX\n" + two)
    refused("info", "x.csv", says=("side by side", "cut -d',' -f1-2 FILE"))
    os.mkdir("d")
    shell("cut -d',' -f1-2 x.csv > d/a.csv; cut -d',' -f3-4 x.csv > d/b.csv")
    assert "d: 2 variables, 60 days" in data("info", "d")[0]
    refused("info", write("x.csv", "from,to,a\n" + "".join(f"{d.date()},{d.date()},1\n" for d in DAYS)),
            says=("these hold dates: from, to", "--time NAME"))


def around__tables_side_by_side_are_seen_by_their_names():
    """Dates of their own before further numbers, however a program renames them; a second date of a row is none."""
    later = [d + pd.Timedelta(days=3) for d in DAYS]
    frame = pd.DataFrame({"d": [f"{d.date()}" for d in DAYS], "a": VALUES[:, 0], "e": [f"{d.date()}" for d in later], "b": VALUES[:, 1]})
    for first, second in (("Date", "Date.1"), ("Date", "Date_2"), ("Date", "date 2"), ("Date", "Dates"), ("Dates", "Date"), ("Date", "Date2"),
                          ("Date", "VIX Date"), ("SPX Date", "VIX Date"), ("Date", "VIX_date"), ("Trade Date", "Trade Date.1")):
        table = frame.set_axis([first, "SPX", second, "VIX"], axis=1)
        table.to_csv("x.csv", index=False)
        refused("info", "x.csv", says=("side by side", "cut -d',' -f1-2 FILE", f"--time '{first}'"))
        assert "2 variables" in data("info", "x.csv", "--time", first)[0]
        if first in ("Date", "Trade Date"):
            table.to_pickle("x.pkl")
            data("convert", "x.csv", "x.parquet")
            for path in ("x.pkl", "x.parquet"):
                refused("info", path, says=("side by side", f"'{second}'", "--time NAME"))
                assert "2 variables" in data("info", path, "--time", first)[0]
    german = frame.assign(d=[f"{d:%d.%m.%Y}" for d in DAYS], e=[f"{d:%d.%m.%Y}" for d in later])
    german.set_axis(["Datum", "DAX", "Datum.1", "VDAX"], axis=1).to_csv("x.csv", index=False, sep=";", decimal=",")
    refused("info", "x.csv", says="side by side")
    for second in ("realtime_start", "ref_date", "announced", "maturity", "release date", "datestamp", "period", "update"):
        frame.set_axis(["date", "SPX", second, "VIX"], axis=1).to_csv("x.csv", index=False)
        said = data("info", "x.csv")[0]
        assert "2 variables" in said and f"1 column holds no number and is left out: {second}\n" in said, said
    for names in (["date", "date_1", "a", "b"], ["date", "a", "b", "date_1"]):  # no numbers before it, or behind it
        frame.set_axis(["date", "a", "date_1", "b"], axis=1)[names].to_csv("x.csv", index=False)
        assert "2 variables" in data("info", "x.csv")[0], names


def around__years_across_are_turned_over_as_said():
    years = [str(y) for y in range(1960, 2020)]
    table = pd.DataFrame([["Aruba", "ABW", *VALUES[:, 0]], ["France", "FRA", *VALUES[:, 1]]], columns=["Name", "Code", *years])
    write("x.csv", '"Source","World",\n\n"Updated","2024-03-28",\n\n' + table.assign(end="").to_csv(index=False))
    refused("info", "x.csv", says=("line 5", "63 cells where the header has 3", "--skip-rows 4"))
    err = data("info", "x.csv", "--skip-rows", 4, code=2)[1]
    said = re.search(r"df\.(rename\(columns=str.strip\)\.set_index\('Name'\).*)\.to_csv\('turned.csv'\); for 'Name'", err)
    assert said, err
    df = pd.read_csv("x.csv", skiprows=4, float_precision="round_trip")
    for how in (said[1], said[1].replace("'Name'", "['Name', 'Code']")):
        eval("df." + how, {"df": df}).to_csv("turned.csv")  # pylint: disable=eval-used
        assert list(map(float, list(cat("turned.csv").values())[2])) == VALUES[:, 1].tolist()
        assert "1960-01-01  2019-01-01" in data("info", "turned.csv")[0]
    command = shell("pulse-data info x.csv --skip-rows 4")[1].partition(": ")[2]
    assert command.startswith("python3 -c ") and "skiprows=4" in command, command
    assert shell(command.replace("python3", sys.executable, 1))[0] == 0
    assert "2 variables, 60 rows" in data("info", "x-new.pkl")[0]
    for geo in ("geo,time", "geo\\time", "", "g" * 50):  # a backslash is not put between quotes
        write("y.tsv", geo + "\t" + "\t".join(f"{y} " for y in years) + "\nDE\t" + "\t".join(f"{x} " for x in VALUES[:, 0]) + "\n")
        command = shell("pulse-data info y.tsv")[1].partition(": ")[2]
        assert shell(command.replace("python3", sys.executable, 1))[0] == 0, command
        assert "1 variable, 60 rows" in data("info", "y-new.pkl")[0], command
    for first, year in (("a'); evil(); ('", "1960"), ("a\\", "1960"), ("Name", "1960 '+evil()+'")):
        write("z.csv", f'"{first}","{year}",' + ",".join(years[1:]) + "\nAruba," + ",".join(map(str, VALUES[:, 0])) + "\n")
        _, out, err = shell("pulse-data info z.csv")
        assert "evil" not in out + err.partition("pandas does")[2], (out, err)
        assert year == "1960" or ("python3" not in out and "does with df.T" in err), (out, err)


def around__months_and_quarters_beside_a_year_are_turned_over_as_said():
    names = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
    for periods, freq in ((names, "MS"), ([m[:3] for m in names], "MS"), ([m[:3].upper() for m in names], "MS"), (names[:5], "MS"),
                          ([f"M{m:02}" for m in range(1, 13)], "MS"), ([f"{m}" for m in range(1, 13)], "MS"),
                          (["Q1", "Q2", "Q3", "Q4"], "QS")):
        table = pd.DataFrame([[2000 + y, *(y + k / 16 for k in range(len(periods))), -1] for y in range(10)],
                             columns=["Year", *periods, "Annual"])
        table.to_csv("x.csv", index=False)
        table.to_pickle("x.pkl")
        data("convert", "x.csv", "x.parquet")
        for path in ("x.csv", "x.pkl", "x.parquet"):
            refused("info", path, says=(f"'{periods[0]}' to '{periods[-1]}' beside 'Year'", "names of columns", "--time 'Year'"))
            assert f"{len(periods) + 1} variables" in data("info", path, "--time", "Year")[0]
            code, out, _ = shell(f"pulse-data info {path}")
            command = out.partition(": ")[2]
            assert code == 2 and command.startswith("python3 -c "), out
            if path == "x.parquet":  # pandas needs pyarrow for it
                continue
            assert shell(command.replace("python3", sys.executable, 1))[0] == 0, command
            said = data("info", "x-new.pkl")[0]
            assert f"x-new.pkl: 1 variable, {10 * len(periods)} rows" in said, said
            os.rename("x-new.pkl", "new.pkl")
        last = pd.period_range("2009-01", periods=12, freq="M" if freq == "MS" else "Q")[len(periods) - 1].start_time.date()
        assert f"2000-01-01  {last}" in said, said
        assert [float(v) for v in list(cat("new.pkl").values())[-1]] == [y + k / 16 for y in range(10) for k in range(len(periods))]
    table = pd.DataFrame([["DE", 2000 + y, *range(12)] for y in range(10)], columns=["geo", "Year", *names])
    table.to_csv("x.csv", index=False)
    for options in ((), ("--id", "geo")):
        refused("info", "x.csv", *options, says="names of columns")
    for columns in (["1", "2", "3"], ["Q1", "a", "b"], ["Marchand", "Mayor", "Julia"]):  # regions and names
        pd.DataFrame([[2000 + y, *range(3)] for y in range(10)], columns=["Year", *columns]).to_csv("x.csv", index=False)
        assert "3 variables, 10 rows" in data("info", "x.csv")[0], columns
    pd.DataFrame(VALUES[:, :1].repeat(12, 1), index=pd.Index([d.date() for d in DAYS], name="date"), columns=names).to_csv("x.csv")
    assert "12 variables, 60 rows" in data("info", "x.csv")[0]  # months of delivery


def around__forms_of_dates_are_advised_by_all_rows():
    for form, said in (("%-m/%-d/%y", "%m/%d/%y"), ("%d/%m/%y", "%d/%m/%y"), ("%d%b%y", "%d%b%y"), ("%d%b%Y:%H:%M:%S", "%d%b%Y:%T"),
                       ("%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M:%S %p"), ("%a %m/%d/%Y", "%a %m/%d/%Y"), ("%B %Y", "%b %Y"),
                       ("%Y %b", "%Y %b")):
        days = pd.date_range("2021-01-01", periods=60, freq="MS") if "%d" not in form and "%-d" not in form else DAYS
        write("x.csv", "When,a,b\n" + rows(form, days=days))
        _, out, err = shell("pulse-data info x.csv")
        assert f"pulse-data info x.csv --date-format '{said}'" in out, (form, out, err)
    write("x.csv", "date,a,b\n" + rows("%d/%m/%y", days=[d for d in pd.date_range("2023-01-01", periods=200) if d.day < 13][:60]))
    refused("info", "x.csv", says=("--date-format %d/%m/%y or --date-format %m/%d/%y", "day first"))
    write("x.csv", "DATE,PERIOD,a\n" + "".join(f"{d.date()},{d:%Y%b},{v[0]}\n" for d, v in zip(DAYS, VALUES)))
    assert "1 variable, 60 rows" in data("info", "x.csv")[0]  # a second column of dates is no number
    write("x.csv", "obs,a\n" + "".join(f"{2000 + i // 12}:{i % 12 + 1},{i}\n" for i in range(60)))
    refused("info", "x.csv", says=("'2000:5' in column 'obs'", "'%Y:%m' if it is of that form, a month", "1960:1 to 1960:4 are quarters"))
    assert "2000-01-01  2004-12-01" in data("info", "x.csv", "--date-format", "%Y:%m")[0]
    for form, says in (("%G-W%V-%u", "%Y %y"), ("%s", "seconds need no form"), ("%Y:%Z", "%Y %y"), ("%m:%d", "a year"),
                       ("%Y:%d", "a month"), ("%Y:%W", "a day of the week"), ("%Y:%", "%Y %y"), ("", "a year")):
        refused("info", "x.csv", "--date-format", form, says=("--date-format", says))


def around__forms_of_offices_and_scripts_are_advised():
    for form in ("%d %b %y", "%Y-%m-%d %I:%M %p", "%a %b %d %Y %T GMT%z", "%d. %b %Y", "%a %b %d %Y", "%a %d %b %Y"):
        write("x.csv", "date,a,b\n" + rows(form.replace("%T", "%H:%M:%S").replace("%z", "-0500")))
        assert f"pulse-data info x.csv --date-format '{form}'" in shell("pulse-data info x.csv")[1], form
    for form, days in (("%Y-%-m-%-d", DAYS), ("%Y-%-m", pd.date_range("2021-01-01", periods=60, freq="MS"))):
        write("x.csv", "date,a,b\n" + rows(form, days=days))
        said = form.replace("-m", "m").replace("-d", "d").replace("%m%d", "%m-%d")
        command = shell("pulse-data info x.csv")[1]
        assert f"--date-format '{form.replace('%-', '%')}'" in command, (said, command)
        code, out, _ = shell(command.partition(": ")[2])
        assert code == 0 and f"{days[0].date()}  {days[-1].date()}" in out, out
    # Spanish months, of which some are English too
    months = {1: "ene", 2: "feb", 3: "mar"}
    days = pd.date_range("2023-01-16", periods=60)
    write("x.csv", "Fecha;a;b\n" + "".join(f"{d.day} {months[d.month]} {d.year};{v[0]:.3f};{v[1]:.3f}\n" for d, v in zip(days, VALUES)))
    assert "sed" not in shell("pulse-data info x.csv --decimal point")[2]


def around__years_of_two_digits_that_lie_ahead_are_said():
    for first, ahead in (("1960-01-04", "2060-01-04"), ("1968-11-01", "2068-11-01"), ("1990-01-01", None)):
        days = pd.bdate_range(first, periods=60)
        for order in (days, days[::-1]):
            write("x.csv", "date,a,b\n" + rows("%m/%d/%y", days=order))
            code, out, err = shell("pulse-data info x.csv --date-format %m/%d/%y")
            assert code == 0 and ("69 to 99 alone are of the last century" in out) == (ahead is not None), (first, out)
        if ahead:
            write("x.csv", "date,a,b\n" + rows("%m/%d/%y", days=days))
            refused("info", "x.csv", says=("--date-format '%m/%d/%y'", f"which makes {ahead} of it"))
            err = shell("pulse-data cat x.csv --date-format %m/%d/%y")[2]
            assert f"is {ahead}" in err, err


def around__what_stands_behind_numbers_is_not_advised_to_be_missing():
    for cell, says in (("12.5*", "take off what stands behind the number"), ("12.5-", "write a minus before the number"),
                       ("12.5 CR", "what CR and DR mean"), ("12.5e", "take off what stands behind"), ("12.5m", "write M, B or T"),
                       ("12.5mio", "write M, B or T")):
        write("x.csv", "date,a\n" + "".join(f"{d.date()},{cell if i % 5 == 3 else i + 0.5}\n" for i, d in enumerate(DAYS)))
        refused("info", "x.csv", says=("line 5", says))
        _, out, err = shell("pulse-data info x.csv")
        assert "--missing" not in out + err, (out, err)
    for separator, sign in ((",", "."), (";", ","), ("\t", "."), ("|", ".")):
        for quote, end in (("", "\n"), ('"', "\r\n")):
            lines = [separator.join([str(d.date()), f"{quote}{abs(v[0]):.2f}{'-' if v[0] < 0 else ''}{quote}".replace(".", sign), "1"])
                     for d, v in zip(DAYS, VALUES - VALUES.mean())]
            write("x.csv", separator.join(["date", "a", "b"]) + end + "".join(line + end for line in lines))
            command = re.search(r"of all such numbers: (.*) FILE \| pulse-data info -", shell("pulse-data info x.csv")[2])
            code, out, err = shell(f"{command[1]} x.csv | pulse-data cat -")
            assert code == 0, err
            got = pd.read_csv(io.StringIO(out))["a"]
            assert np.array_equal(got, (VALUES - VALUES.mean())[:len(got), 0].round(2)), (separator, quote)


def around__digits_of_another_form_are_no_number_with_a_mark():
    for cell in ("0x10", "1.5D+02"):
        write("x.csv", f"date,a\n2020-01-01,1\n2020-01-02,{cell}\n")
        assert "take off" not in shell("pulse-data info x.csv")[2]
    write("x.csv", "date,a\n2020-01-01,1.5D+02\n2020-01-02,1.5D+03\n")
    refused("info", "x.csv", says="write it as 1234.5 or 1.2345e3")
    write("x.csv", "date,a\n2020-01-01,USD 1.5\n2020-01-02,USD 2.5\n")
    refused("info", "x.csv", says=("no column of numbers", "USD 12.50"))
    write("x.csv", "date,a\n2020-01-01,\n2020-01-02,\n")
    assert "USD" not in shell("pulse-data info x.csv")[2]


def around__a_separator_behind_each_row_is_taken_off_as_said():
    for separator in ",;\t":
        head = separator.join(["date", "a", "b"]) + "\n"
        write("x.csv", head + rows(separator=separator).replace("\n", separator + "\n"))
        err = shell("pulse-data info x.csv")[2]
        command = re.search(r"a separator too many: (.*) FILE \| pulse-data info -", err)
        assert command and "printf" not in err, err
        write("y.csv", head + rows(separator=separator))
        assert shell(f"{command[1]} x.csv | pulse-data cat -")[1] == shell("pulse-data cat y.csv")[1]


def around__names_of_rows_get_none_above_them_as_said():
    for separator, columns in ((",", 2), (";", 1), ("\t", 2)):
        head = separator.join(["Date", "a", "b"][:columns + 1]) + "\n"
        lines = rows(separator=separator, columns=columns).splitlines(True)
        for text in ([f'"{i + 1}"{separator}{line}' for i, line in enumerate(lines)],
                     [f'"{i + 1}"{separator}"{line[:10]}"{line[10:]}' for i, line in enumerate(lines)]):
            write("x.csv", head + "".join(text))
            command, steps = follow("x.csv")
            table = pd.read_csv(io.StringIO(shell(command.replace("cat -", "head -n 99 -"))[1]), index_col=0, float_precision="round_trip")
            assert steps == 1 and list(table.columns) == ["a", "b"][:columns], (command, table)
            assert np.array_equal(table.values, VALUES[:len(DAYS), :columns]) and (pd.to_datetime(table.index) == DAYS).all(), command
    write("x.csv", "Date\tat\n" + "".join(f"{i}\t{d.date()}\tx\n" for i, d in enumerate(DAYS)))
    assert "--skip-rows" not in shell("pulse-data info x.csv")[2]
    write("x.csv", "Date,a\n" + rows())
    assert "printf" not in shell("pulse-data info x.csv")[2], "a cell too many is no name of a row"


def around__lines_below_a_table_of_years_are_passed():
    below = "\n\n\nData from database: World Development Indicators\nLast Updated: 06/28/2024\n"
    table = pd.DataFrame({"Time": range(1960, 2024), "Time Code": [f"YR{y}" for y in range(1960, 2024)], "GDP": VALUES[:1, 0].item()})
    for columns in (["Time", "Time Code", "GDP"], ["GDP", "Time Code", "Time"]):
        write("x.csv", table[columns].to_csv(index=False) + below)
        for path in ("x.csv", "-"):
            code, out, err = shell(f"pulse-data info {path} <x.csv")
            assert code == 0 and "64 rows" in out and "the last 2 lines are no rows" in out, (out, err)
        write("x.csv", table[columns].to_csv(index=False) + "Comment:,some text,\n")
        assert "the last line is no row, and left out: 'Comment:'" in shell("pulse-data info x.csv")[1]


YEARS = [str(y) for y in range(1950, 1990)]
QUARTERS = [f"{y} Q{q}" for y in range(1990, 2020) for q in range(1, 5)]
MONTHS = [f"{y} {m}" for y in range(1990, 2020) for m in "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()]


def series(times, quote='"', separator=","):
    return "".join(f"{quote}{time}{quote}{separator}{100 + i}.5\n" for i, time in enumerate(times))


def rows_as_said(path):
    """What the command reads that the error gives."""
    code, _, err = shell(f"pulse-data info {path}")
    said = re.search(r"to take those like '[^']*' alone: (.*) \| pulse-data info (.*)-\n", err)
    assert code == 2 and said, err
    out = shell(f"{said[1].replace('FILE', path)} | pulse-data cat {said[2]}-")[1]
    return err, pd.read_csv(io.StringIO(out), index_col=0).iloc[:, 0]


def around__times_of_several_frequencies_are_to_be_kept_apart():
    """Years, quarters and months below one another, as the Office for National Statistics writes a series."""
    about = '"CDID","ABMI"\n"Source dataset ID","UKEA"\n"PreUnit",""\n"Unit","£ m"\n"Release date","30-09-2024"\n'
    for head, before, times, says, like in (
            ('"Title","GDP"\n', about, YEARS + QUARTERS + MONTHS, ("'1990 JAN' and '1990 Q1' among them",), MONTHS),
            ('"Title","GDP"\n', "", YEARS + QUARTERS, ("'1990 Q1' and '1950' among them",), QUARTERS),
            ("date,GDP\n", "", YEARS + QUARTERS, ("line 42", "'1990 Q1'", "is a quarter", "are years ('1950')"), QUARTERS),
            ("date,GDP\n", "", QUARTERS + YEARS[::-1], ("line 122", "'1989'", "is a year", "are quarters"), YEARS[::-1]),
            ("date,GDP\n", "", QUARTERS + MONTHS, ("line 122", "unlike rows before it, as '1990 Q1'"), MONTHS),
            ("date,GDP\n", "", YEARS + MONTHS, ("line 42", "unlike rows before it, as '1950'"), MONTHS),
            ("date,GDP\n", "", ["1990-01", "1990-02", "1990-03-01", "1990-03-02"], ("is a day", "are months"),
             ["1990-03-01", "1990-03-02"]),
            ("date,GDP\n", "", ["1990:01", "1990:02", "1990:1"], ("is a quarter", "are months"), ["1990:1"])):
        for path, pack in (("x.csv", "cat"), ("x.csv.gz", "gzip")):
            write("plain", head + before + series(times))
            shell(f"{pack} < plain > {path}")
            err, read = rows_as_said(path)
            first = times.index(like[0])
            assert all(part in err for part in says), (says, err)
            assert read.tolist() == [100.5 + i for i in range(first, first + len(like))], (head, times[0], read)
    for separator in ";\t|":
        write("x.csv", f"a{separator}date\n" + "".join(f"{i}.5{separator}{t}\n" for i, t in enumerate(YEARS + QUARTERS)))
        assert len(rows_as_said("x.csv")[1]) == len(QUARTERS), separator
    write("x.csv", "date,cpi\n" + series(MONTHS))
    refused("info", "x.csv", says="--date-format '%Y %b'")
    assert "360 rows" in data("info", "x.csv", "--date-format", "%Y %b")[0]


def around__quarters_on_one_rank_and_months_on_another_are_no_series():
    """In every format in which times can be text; weeks of days and dates of digits are days."""
    times = QUARTERS[:90] + [f"{2013 + i // 12}-{i % 12 + 1:02}" for i in range(90)]
    write("x.csv", "date,GDP\n" + series(times))
    frame = pd.DataFrame({"date": times, "GDP": np.arange(180) + 0.5})
    data("convert", "x.csv", "x.parquet")  # as text, so that nothing is lost
    frame.to_pickle("x.pkl")
    frame.to_hdf("x.h5", key="x", format="table")
    for path in ("x.csv", "x.parquet", "x.pkl", "x.h5"):
        done = subprocess.run(["mpirun", "--oversubscribe", "-n", "2", os.path.join(os.environ["PULSE_BIN"], "pulse-train"),
                               "--data", path, "--output", "out", "--no-report"], capture_output=True, text=True, check=False)
        assert done.returncode == 2 and "quarters" in done.stderr and "month" in done.stderr, (path, done.stderr)
        refused("info", path, says=("quarters", "month"))
    write("x.csv", "date,a\n20200101,1\n2020-01-02,2\n2020-W01-5,3\n2020-004,4\n2020-01-05T12:00,5\n")
    assert "5 rows" in data("info", "x.csv")[0]


def around__quarters_and_months_of_gretl():
    """One digit is a quarter, two are a month."""
    for form, freq, kind in (("{0}:{2}", "QS", "quarterly"), ("{0}:{1:02}", "MS", "monthly")):
        days = pd.date_range("2001-01-01", periods=60, freq=freq)
        stamps = [form.format(d.year, d.month, d.quarter) for d in days]
        write("x.csv", "obs,a\n" + "".join(f"{s},{v[0]}\n" for s, v in zip(stamps, VALUES)))
        said = data("info", "x.csv")[0]
        assert f"{days[0].date()}  {days[-1].date()}" in said and f"dates: {kind}" in said, said
    for wrong in ("2001:0", "2001:5", "2001:13", "2001:001", "2001:1:1", "2001:"):
        write("x.csv", f"obs,a\n2001:1,1\n{wrong},2\n")
        refused("info", "x.csv", says=(f"'{wrong}' in column 'obs'",))


def around__texts_that_excel_is_to_leave_alone():
    """ ="1.5" and what a writer of CSV makes of it, in names, dates and values; round trips as the text within."""
    days = [d.date() for d in DAYS]
    for cell in ('="{}"', '"=""{}"""'):
        table = ["date", "my a"], *((d, v[0]) for d, v in zip(days, VALUES))
        write("x.csv", "".join(",".join(cell.format(c) for c in row) + "\n" for row in table))
        data("convert", "x.csv", "y.csv")
        got = pd.read_csv("y.csv", parse_dates=["date"], index_col="date")["my a"]
        assert (got.to_numpy() == VALUES[:, 0]).all() and (got.index.date == days).all(), cell
    write("x.csv", 'date,id,a\n' + "".join(f'{d},="00{k}",{k}\n' for d in days for k in (1, 2)))
    data("convert", "x.csv", "y.csv", "--wide")
    assert list(pd.read_csv("y.csv", index_col="date").columns) == ["001", "002"]
    write("x.csv", 'date,n,a\n2020-01-01,="0012",1\n2020-01-02,"=""x y""",2\n2020-01-03,="a ""q""",3\n')
    assert list(pd.read_csv(io.StringIO(data("cat", "x.csv")[0]), dtype=str)["n"]) == ["0012", "x y", '="a "q""']
    write("x.csv", 'date,a\n2020-01-01,="x"\n2020-01-02,=1+1\n2020-01-03,="1""2"\n2020-01-04,1\n')
    refused("info", "x.csv", says=("'x' in column 'a'",))
    write("x.csv", "Pricing,a,b\n" + rows("%b-%d-%Y"))
    assert "2023-01-02  2023-03-24" in data("info", "x.csv")[0]


def around__marks_between_thousands_are_seen_whatever_they_are():
    numbers = [1234567.5, 2345.25, 12.5]
    for mark, option, encoding in (("’", "apostrophe", "utf-8"), ("\xa0", "space", "cp1252"), ("\u202f", "space", "utf-8")):
        text = "".join(f"{d.date()};{x:,.2f};1\n".replace(",", mark) for d, x in zip(DAYS, numbers))
        write("x.csv", "date;a;b\n" + text, encoding)
        refused("info", "x.csv", says=("line 2", "column 'a'", "--thousands " + option))
        lines = data("head", "x.csv", "--thousands", option)[0].splitlines()[1:]
        assert [float(line.split(",")[1]) for line in lines] == numbers, mark
    write("x.csv", "date,a\n" + "".join(f'{d.date()},"{x:,.2f}"\n' for d, x in zip(DAYS, numbers)).replace(",", ";")
          .replace(".", ",").replace(";", ".").replace('."', ',"'))
    refused("info", "x.csv", says="--decimal comma --thousands point")


def around__a_close_in_the_afternoon_is_warned_of_with_both_meanings():
    write("x.csv", "date,a,b\n" + rows("%Y-%m-%d 16:00:00"))
    warning = data("info", "x.csv", warns="midnight in Asia/Shanghai")[1]
    assert "--time-zone Asia/Shanghai" in warning and "market's close" in warning and "right as they are" in warning


main(globals())
