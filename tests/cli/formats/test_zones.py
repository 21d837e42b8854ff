"""Time zones: the day of a stamp is the one that it shows in its own offset or zone."""
import datetime
import json
import os
import subprocess
import zoneinfo

import h5py
import numpy as np
import pandas as pd

from support import Skip, cat, data, main, refused

EXCHANGES = {"spx": "America/New_York", "ftse": "Europe/London", "nikkei": "Asia/Tokyo"}
DAYS = pd.bdate_range("2020-09-01", "2021-05-28", name="timestamp")  # both changes of clocks


def frames(to=None):
    """One frame an exchange, stamped at its local midnights; `to` a zone, or "" for UTC's of no zone."""
    for number, (name, zone) in enumerate(EXCHANGES.items()):
        stamps = DAYS.tz_localize(zone)
        if to is not None:
            stamps = stamps.tz_convert(to or None)
        values = np.random.default_rng(number).normal(size=len(DAYS)).cumsum() + 100
        yield name, pd.DataFrame({"value": values}, index=stamps)


def write(folder, ending, to=None, form="fixed"):
    os.makedirs(folder)
    for name, frame in frames(to):
        path = f"{folder}/{name}.{ending}"
        if ending == "csv":
            frame.to_csv(path)
        elif ending == "pkl":
            frame.to_pickle(path)
        elif ending == "h5":
            try:
                frame.to_hdf(path, key="d", format=form)
            except ImportError as why:
                raise Skip(f"no PyTables: {why}") from None
        else:
            frame.to_pickle("one.pkl")
            data("convert", "one.pkl", path)


def train(folder, output, *options, ranks=1):
    done = subprocess.run(["mpirun", "--oversubscribe", "-n", str(ranks),
                           os.path.join(os.environ["PULSE_BIN"], "pulse-train"), "--data", folder, "--output", output,
                           "--no-report", "--no-checkpoint", "--no-progress", "--min-history", "60", "--burn-in", "10",
                           *options], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    with open(f"{output}/summary.json", encoding="utf-8") as file:
        return json.load(file)


def predictions(output):
    with h5py.File(f"{output}/results.h5") as f:
        return f["predictions/predicted"][()].tobytes()


def one_row_a_day(ending, converted=False, form="fixed"):
    write("in", "pkl" if converted else ending, form=form)
    folder = "in"
    if converted:
        os.makedirs("out")
        for name in EXCHANGES:
            data("convert", f"in/{name}.pkl", f"out/{name}.{ending}")
        folder = "out"
    first = data("info", folder)[0].split("\n")[0]
    assert first == f"{folder}: 3 variables, {len(DAYS)} days", first
    shown = data("head", folder, "-v", "nikkei", "-n", 1000)[0].split("\n")[1:-1]
    assert [line[:10] for line in shown] == [str(day)[:10] for day in DAYS]
    runs = [train(folder, f"run{ranks}", ranks=ranks) for ranks in (1, 2, 3, 5)]
    assert runs[0]["warnings"] == [] and all(r["metrics"] == runs[0]["metrics"] for r in runs)
    write("pickles", "pkl")  # all formats give the same
    train("pickles", "run0")
    assert len({predictions(f"run{ranks}") for ranks in (0, 1, 2, 3, 5)}) == 1


def zones__csv_has_one_row_a_trading_day():
    one_row_a_day("csv")


def zones__pickles_have_one_row_a_trading_day():
    one_row_a_day("pkl")


def zones__hdf5_has_one_row_a_trading_day():
    one_row_a_day("h5")


def zones__hdf5_tables_have_one_row_a_trading_day():
    one_row_a_day("h5", form="table")


def zones__parquet_has_one_row_a_trading_day():
    one_row_a_day("parquet", converted=True)


def zones__hdf5_of_our_own_has_one_row_a_trading_day():
    one_row_a_day("h5", converted=True)


def zones__utc_midnights_are_warned_of_and_can_be_said():
    for to, ending in (("", "csv"), ("UTC", "pkl")):
        folder = f"{ending}{to}"
        write(folder, ending, to=to)
        for name, zone in EXCHANGES.items():
            warning = data("info", f"{folder}/{name}.{ending}", warns=f"midnight in {zone}")[1]
            assert f"--time-zone {zone}" in warning, warning
            said = data("info", f"{folder}/{name}.{ending}", "--time-zone", zone)[0]
            assert "2020-09-01  2021-05-28" in said, said
        summary = train(folder, f"run-{folder}", ranks=2)
        assert len(summary["warnings"]) == 3 and "Asia/Tokyo" in " ".join(summary["warnings"]), summary["warnings"]
    frame = next(frames(to=""))[1].rename(columns={"value": "spx"})
    frame["other"] = frame.spx + 1
    frame.to_csv("wide.csv")
    for ranks in (1, 3):
        summary = train("wide.csv", f"wide{ranks}", "--time-zone", "America/New_York", ranks=ranks)
        assert summary["warnings"] == [] and summary["config"]["time_zone"] == "America/New_York"
        assert len(train("wide.csv", f"warned{ranks}", ranks=ranks)["warnings"]) == 1


def zones__midnights_of_no_zone_are_days_whatever_is_said():
    pd.DataFrame({"close": [1.0, 2.0]}, index=pd.DatetimeIndex(["2020-01-06", "2020-01-07"], name="date")).to_pickle("x.pkl")
    for zone in ("America/New_York", "Asia/Tokyo"):
        assert "2020-01-06  2020-01-07" in data("info", "x.pkl", "--time-zone", zone)[0]
    assert cat("x.pkl", "--time-zone", "America/New_York")["date"][0] == "2020-01-06T00:00:00-05:00"


def zones__all_kinds_of_pandas_are_read():
    import dateutil.tz
    import pytz
    hours = datetime.timedelta(hours=9)
    kinds = [pytz.timezone("Asia/Tokyo"), pytz.FixedOffset(540), zoneinfo.ZoneInfo("Asia/Tokyo"), pytz.utc,
             dateutil.tz.gettz("Asia/Tokyo"), dateutil.tz.tzoffset(None, 32400), dateutil.tz.tzutc(),
             datetime.timezone(hours), datetime.timezone.utc, None]
    for number, zone in enumerate(kinds):
        days = pd.bdate_range("2020-01-06", periods=30, tz=zone, name="date")
        frame = pd.DataFrame({"close": np.arange(30.0)}, index=days)
        frame.to_pickle("x.pkl")
        frame.reset_index().astype({"date": object}).to_pickle("objects.pkl")
        offset = days[0].strftime("%z")
        shown = "2020-01-06T00:00:00" + ("+09:00" if offset == "+0900" else "")
        paths = ["x.pkl", "objects.pkl"]
        try:
            for form in ("fixed", "table"):
                frame.to_hdf(f"{form}{number}.h5", key="d", format=form)
                frame.reset_index().to_hdf(f"{form}{number}r.h5", key="d", format=form)
                paths += [f"{form}{number}.h5", f"{form}{number}r.h5"]
        except ImportError:
            pass
        for path in paths:
            assert "2020-01-06  2020-02-14" in data("info", path)[0], (zone, path)
            assert cat(path)["date"][0] == shown, (zone, path, cat(path)["date"][0])


def zones__days_across_both_changes_of_clocks_whatever_the_kind_of_zone():
    """Local midnights of three exchanges; the day of none moves, in any format that keeps the zone."""
    import dateutil.tz
    import pytz
    for make in (pytz.timezone, zoneinfo.ZoneInfo, dateutil.tz.gettz):
        for name, zone in EXCHANGES.items():
            frame = pd.DataFrame({name: np.arange(len(DAYS), dtype=float)}, index=DAYS.tz_localize(make(zone)))
            frame.to_pickle("x.pkl")
            paths = ["x.pkl", "x.parquet", "ours.h5", "x.csv"]
            for path in paths[1:]:
                data("convert", "x.pkl", path)
            try:
                for form in ("fixed", "table"):
                    paths.append(f"{form}.h5")
                    frame.to_hdf(paths[-1], key="d", mode="w", format=form)
            except ImportError:
                paths.pop()
            for path in paths:
                shown = data("head", path, "-n", 1000)[0].split("\n")[1:-1]
                assert [line[:10] for line in shown] == [str(day)[:10] for day in DAYS], (make, zone, path)


def zones__several_in_one_column_of_a_pickle_keep_their_days():
    """cat and convert would have to show some of them on another day."""
    hour = datetime.timedelta(hours=1)
    stamps = [day.tz_localize(("Asia/Tokyo", "America/New_York")[i % 2]) for i, day in enumerate(DAYS)]
    offsets = [day.to_pydatetime().replace(tzinfo=datetime.timezone((1 + (4 <= day.month < 11)) * hour)) for day in DAYS]
    for times in (stamps, stamps[1:], offsets):
        frame = pd.DataFrame({"a": np.arange(len(times))}, index=pd.Index(times, dtype=object, name="date"))
        frame.to_pickle("x.pkl")
        shown = data("head", "x.pkl", "-n", 1000)[0].split("\n")[1:-1]
        assert [line[:10] for line in shown] == [str(day)[:10] for day in DAYS[-len(times):]]
        for command in (("cat", "x.pkl"), ("convert", "x.pkl", "y.csv")):
            err = data(*command, code=2)[1]
            assert "several zones or offsets" in err and "--time-zone" in err, err
        utc = pd.DatetimeIndex([pd.Timestamp(t).tz_convert("Europe/Paris") for t in times])
        assert cat("x.pkl", "--time-zone", "Europe/Paris")["date"] == [t.isoformat() for t in utc]
    for zone in ("America/New_York", zoneinfo.ZoneInfo("Europe/London")):  # one zone, whose clocks change
        times = pd.Index([day.tz_localize(zone) for day in DAYS], dtype=object, name="date")
        pd.DataFrame({"a": np.arange(len(times))}, index=times).to_pickle("x.pkl")
        assert cat("x.pkl")["date"] == [t.isoformat() for t in times]


def zones__that_are_not_there_are_named():
    days = pd.bdate_range("2020-01-06", periods=30, tz="Asia/Tokyo", name="date")
    pd.DataFrame({"close": np.arange(30.0)}, index=days).to_pickle("x.pkl")
    with open("x.pkl", "rb") as file:
        changed = file.read().replace(b"Asia/Tokyo", b"Mars/North")
    with open("x.pkl", "wb") as file:
        file.write(changed)
    for command in ("info", "cat", "head"):
        refused(command, "x.pkl", says=("Mars/North", "tzdata", "--time-zone"))
    data("info", "x.pkl", "--time-zone", "Asia/Tokyo")
    refused("info", "x.pkl", "--time-zone", "Mars/North", says=("--time-zone Mars/North", "tzdata"))
    refused("info", "x.pkl", "--time-zone", "../../etc/passwd", says="--time-zone")


def zones__stamps_with_and_without_offset_are_refused():
    rows = [f"2020-01-{d:02d}T00:00:00{'+09:00' if d < 20 else ''},{d}" for d in range(1, 29)]
    with open("x.csv", "w", encoding="utf-8") as file:
        file.write("date,close\n" + "\n".join(rows) + "\n")
    refused("info", "x.csv", says=("line 21", "'date'", "no offset"))
    data("convert", "x.csv", "x.parquet")  # as text, so that nothing is lost
    for path in ("x.parquet",):
        refused("info", path, says=("'date'", "without an offset"))
    frame = pd.read_csv("x.csv")
    frame.to_pickle("x.pkl")
    refused("info", "x.pkl", says=("'date'", "without an offset"))


def zones__convert_keeps_instants_and_zone():
    stamps = pd.DatetimeIndex(["2020-10-24 00:00", "2020-10-25 02:30", "2020-10-31 12:00:00.000000001",
                               "1900-06-01 10:00"], name="date").tz_localize("Europe/Paris", ambiguous=[True] * 4)
    pd.DataFrame({"close": [1.0, 2, 3, 4]}, index=stamps).to_pickle("a.pkl")
    first = cat("a.pkl")
    assert [pd.Timestamp(cell) for cell in first["date"]] == list(stamps), first["date"]
    for one, two in (("a.pkl", "b.parquet"), ("b.parquet", "c.h5"), ("c.h5", "d.parquet")):
        data("convert", one, two)
        assert cat(two) == first, (two, cat(two))
    data("convert", "d.parquet", "e.csv")
    assert data("cat", "e.csv", warns="several offsets")[0] == data("cat", "d.parquet")[0]
    assert cat("e.csv", "--time-zone", "Europe/Paris") == first


main({name: case for name, case in globals().items() if name.startswith("zones__")})
