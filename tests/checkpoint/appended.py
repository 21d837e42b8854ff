#!/usr/bin/python3
"""appended.py [CASE…]: a run over yesterday's data and more rows takes the spans that it kept, and gives the
bits of a run that begins from nothing.

The programs are in the directory PULSE_BIN.
"""
import os
import pathlib
import re
import sys

import numpy as np
import pandas as pd

from support import jobs, outcome, packs, ranks, resumed, rng, s3_bucket, same, undisturbed

KEEP = ("--keep-checkpoint", "--output", "results", "--no-progress")


def options_of(frame, name="a.csv"):
    return ("--data", jobs.write(frame, name), "--end-date", jobs.last_day(frame))


def full(frame, *more):
    """What a run that begins from nothing makes of the frame."""
    return undisturbed((*options_of(frame, "full.csv"), *more), f"right-{len(os.listdir())}")


def night(frame, *more, count=0, words=(), silent=(), keep=KEEP):
    """A run that keeps its spans; returns how many it took of those kept, and of how many."""
    done = jobs.run(*options_of(frame), *more, *keep, ranks=count)
    jobs.expect(done, 0)
    for word in words:
        assert word in done.stderr, f"{word!r} is not said\n{done.stderr}"
    for word in silent:
        assert word not in done.stderr, f"{word!r} is said\n{done.stderr}"
    said = re.search(r"resumed: (\d+) of (\d+) spans", done.stderr)
    took = (int(said[1]), int(said[2])) if said else (0, 0)
    assert took[0] == resumed("results"), (took, done.stderr)
    return took


def changing(rows=2000, variables=8, seed=5):
    """A panel of dense variables and monthly ones, of two calendars of release."""
    frame = jobs.monthly(jobs.panel(rows, variables, seed), ["v01", "v02"], 3)
    return jobs.monthly(frame, ["v05"], 11)


# ---- Rows more ----------------------------------------------------------------------------------


def appended__one_row_a_month_and_a_window_on_any_ranks():
    frame = changing()
    for more, count in ((1, 0), (21, 2), (30, 5), (21, 3), (1, 1)):
        right = full(frame)
        night(frame[:-more], count=2 if count != 2 else 3)
        took, of = night(frame, count=count, words=(f"{more} row", "new since results/.checkpoint"))
        assert of - 2 <= took < of, (more, took, of)
        same(right, "results", f"{more} rows more on {count} ranks")


def appended__every_kind_of_history():
    frame = changing(1400)
    for more in (("--history", "halflife:9"), ("--history", "rolling:30"), ("--refit", ),
                 ("--batch-size-days", 1, "--span-windows", 90), ("--lags", 3),
                 ("--features", "lag1,lag3+ewma5,ewma40"), ("--targets", "v00", "v02", "v05"),
                 ("--transform", "level"), ("--ridge", "5,10", "--calendar", "off"),
                 ("--horizon", "1,5,21"), ("--horizon", "2", "--targets", "v01", "v03")):
        right = full(frame, *more)
        night(frame[:-21], *more)
        took, of = night(frame, *more, count=2)
        assert 0 < of - 3 <= took < of, (more, took, of)
        same(right, "results", more)


def appended__night_after_night():
    """Files that nobody needs go: there are as few after ten nights as after one."""
    frame = changing(1500)
    random = rng(7)
    night(frame[:1300], count=2)
    first = len(packs())
    rows = 1300
    while rows < 1500:
        rows = min(1500, rows + random.choice((1, 5, 21, 40)))
        took, of = night(frame[:rows], count=random.choice((0, 1, 2, 3)))
        assert took >= of - 3, (rows, took, of)
    same(full(frame), "results", "night after night")
    assert len(packs()) <= first + 12, packs()
    kept = packs()
    took, of = night(frame, count=2, silent=("new since", "revised"))
    assert took == of and packs() == kept, (took, of)


def appended__without_the_option_what_was_kept_is_used_and_goes():
    frame = changing(1500)
    right = full(frame)
    night(frame[:-21])
    took, of = night(frame, keep=("--output", "results", "--no-progress"))
    assert 0 < of - 2 <= took < of
    same(right, "results", "not kept")
    assert not os.path.exists("results/.checkpoint")


def appended__to_a_panel_that_was_too_short():
    """Nothing was trained, and nothing kept; one row, then one window."""
    frame = jobs.panel(600, 3, 5)
    right = full(frame)
    for rows in (60, 150, 250):
        night(frame[:rows])
        assert not packs(), packs()
    night(frame[:330])
    took, of = night(frame)
    assert 0 < took < of
    same(right, "results", "a short panel")


def appended__one_variable():
    frame = jobs.panel(900, 1, 3)
    right = full(frame)
    night(frame[:-1])
    took, of = night(frame, count=5)
    assert took >= of - 1 > 0
    same(right, "results", "one variable")


def appended__interrupted_in_between():
    """A night that was ended early, its last files lost, goes on from both nights' spans."""
    frame = changing(1800)
    right = full(frame)
    night(frame[:-150], count=2)
    before = packs()
    night(frame, count=2)
    for name in ("summary.json", "results.h5", "report.html"):
        os.remove(f"results/{name}")
    late = [path for path in packs() if path not in before]
    assert late
    late[-1].unlink()
    took, of = night(frame, count=3)
    assert 0 < took < of
    same(right, "results", "interrupted in between")


def appended__windows_that_failed_are_remembered():
    frame = jobs.panel(1500, 6, 4)
    frame["v03"] = frame["v01"]
    more = ("--ridge", "0,10", "--calendar", "off", "--no-progress")
    assert jobs.run(*options_of(frame, "b.csv"), *more, "--output", "right").returncode == 4
    for rows in (1479, 1500):
        done = jobs.run(*options_of(frame[:rows]), *more, "--keep-checkpoint", "--output", "results")
        assert done.returncode == 4, done.stderr
    assert resumed("results") > 3 and jobs.summary("right")["batches"]["failed"] > 0
    same(outcome("right"), "results", "with failed windows")


# ---- A revised past -----------------------------------------------------------------------------


def revised_on(frame, *cells):
    frame = frame.copy()
    for day, name in cells:
        frame.loc[day, name] *= 1 + 2**-50
    return frame


def appended__a_revised_value_is_redone_from_there_and_said():
    frame = changing()
    day = frame.index[1500]
    shown = day.strftime("%Y-%m-%d")
    saved = frame[:-21]
    for cells, words in ((((day, "v04"),), (f"first on {shown} in v04:",)),
                         (((frame.index[1700], "v00"), (day, "v04"), (day, "v07")), (f"first on {shown} in v00 and 2 more",))):
        now = revised_on(frame, *cells)
        right = full(now)
        night(saved, count=2)
        stale = set(packs())
        took, of = night(now, count=3, words=("the past was revised since results/.checkpoint was saved", *words))
        assert 0 < took < of - 3, (took, of)
        same(right, "results", words)
        assert stale - set(packs()), "spans of the old past stay"
        assert night(now, count=2)[0] == of


def appended__the_date_that_is_said_is_the_span_s_first():
    """The spans before that date are those that are taken."""
    frame = changing()
    saved, now = frame, revised_on(frame, (frame.index[1200], "v06"))
    night(saved)
    done = jobs.run(*options_of(now), *KEEP)
    jobs.expect(done, 0)
    said = re.search(r"training is done again from (\d{4}-\d\d-\d\d) on", done.stderr)
    took = re.search(r"resumed: (\d+) of (\d+) spans", done.stderr)
    first = frame.index.get_loc(pd.Timestamp(said[1]))
    assert 0 <= 1200 - first < 120, (said[1], first)
    night(frame[:first + 21])  # as many spans end before that date
    again = jobs.summary("results")["resumed"]["spans"]
    assert int(took[1]) == again, (took[1], again)


def appended__days_that_come_or_go_are_a_revision():
    frame = changing()
    for now, day in ((frame.drop(frame.index[1000]), frame.index[1001]), (frame, frame.index[1000])):
        saved = frame if len(now) < len(frame) else frame.drop(frame.index[1000])
        right = full(now)
        night(saved)
        took, of = night(now, count=2, words=(f"first on {day.strftime('%Y-%m-%d')}:",))
        assert 0 < took < of - 3, (took, of)
        same(right, "results", "a day")


def appended__the_last_rows_may_go_or_change():
    frame = changing(1500)
    night(frame)
    took, of = night(frame[:-30], words=("saved by a run with 30 rows more",))
    assert of - 2 <= took < of
    same(full(frame[:-30]), "results", "fewer rows")
    now = revised_on(frame[:-30], (frame.index[-31], "v03"))
    took, of = night(now, words=("revised", "in v03"))
    assert of - 2 <= took < of
    same(full(now), "results", "the last row changed")


def appended__another_panel_of_the_same_names_begins_anew():
    night(changing(1200, 6, 1))
    other = changing(1300, 6, 2)
    assert night(other, words=("the past was revised", "first on 2001-01-02:"))[0] == 0
    same(full(other), "results", "another panel")


# ---- What makes all of it another model ---------------------------------------------------------


def appended__a_changed_option_starts_afresh():
    frame = changing(1200)
    night(frame[:-21])
    assert night(frame, "--ridge", "3,30", words=("afresh", "--ridge was")) == (0, 0)
    same(full(frame, "--ridge", "3,30"), "results", "another option")
    assert night(frame, "--ridge", "3,30", count=2)[0] > 5


def appended__a_variable_that_starts_late_is_a_new_feature():
    """With its 24th value it enters: another model, also of the past."""
    frame = changing(1400)
    frame.iloc[:-40, 7] = np.nan
    night(frame[:-21])
    right = full(frame)
    assert night(frame, count=2, words=("afresh", 'the role of v07 was "absent", now "dense"')) == (0, 0)
    same(right, "results", "a late starter")
    more = changing(1430)
    more.iloc[:1360, 7] = np.nan
    right = full(more)
    took, of = night(more, count=3)
    assert 0 < of - 2 <= took < of
    same(right, "results", "it goes on")


def appended__a_variable_that_becomes_sparse_is_another_system():
    frame = changing(1500)
    frame.iloc[30:280, 3] = frame.iloc[1400:, 3] = np.nan  # 18 % of 1400 rows, 23 % of 1500
    night(frame[:1400])
    right = full(frame)
    assert night(frame, words=("afresh", 'the role of v03 was "dense", now "sparse')) == (0, 0)
    same(right, "results", "from dense to sparse")


# ---- Kept sums ----------------------------------------------------------------------------------


def known(frame, *more, count=0):
    """A night; of how many spans the sums were kept, and of how many spans."""
    done = jobs.run(*options_of(frame), *more, *KEEP, "--log-level", "debug", ranks=count)
    jobs.expect(done, 0)
    said = re.search(r"the sums of (\d+) of (\d+) spans are kept", done.stderr)
    return (int(said[1]), int(said[2])) if said else (0, 0)


def appended__sums_go_on_from_what_was_kept():
    """On any ranks, whatever the features whose sums are made by spans, further ahead too; those of fewer rows than
    are there now, or of another past, are not used."""
    frame = jobs.panel(1600, 7, 5)
    for more, counts in (((), (1, 5)), (("--lags", 3), (3,)), (("--horizon", "1,5,21"), (2,)),
                         (("--features", "lag1,ewma4", "--targets", "v01", "v05"), (3,))):
        right = full(frame, *more)
        night(frame[:-21], *more, count=2)
        for count in counts:
            kept, of = known(frame, *more, count=count)
            assert of - 3 <= kept < of, (more, count, kept, of)
            same(right, "results", f"{more} on {count} ranks")
    now = revised_on(frame, (frame.index[900], "v03"))
    assert known(now, *more, count=2)[0] == 0
    same(full(now, *more), "results", "another past")


def appended__sums_that_are_damaged_are_made_again():
    frame = jobs.panel(1400, 5, 6)
    right = full(frame)
    sums = pathlib.Path("results/.checkpoint/sums.bin")
    for damage in (lambda b: b[:-1] + bytes([b[-1] ^ 1]), lambda b: b[:30] + bytes([b[30] ^ 4]) + b[31:],
                   lambda b: b[:-8], lambda b: b + b"12345678", lambda b: b""):
        night(frame[:-21])
        sums.write_bytes(damage(sums.read_bytes()))
        assert known(frame, count=2)[0] == 0
        same(right, "results", "damaged sums")
    sums.unlink()
    assert known(frame, count=2)[0] == 0
    same(right, "results", "no sums")
    assert known(frame, count=2)[0] > 0
    packs()[0].unlink()  # a span before the sums has to be computed, and needs those before itself
    assert known(frame, count=2)[0] == 0
    same(right, "results", "a lost file")
    night(frame, keep=("--output", "results", "--no-progress"))
    assert not sums.parent.exists()


# ---- In S3 --------------------------------------------------------------------------------------


def appended__in_s3():
    frame = changing(1200)
    right = full(frame)
    with s3_bucket()() as s3:
        output = f"s3://{s3.bucket}/results"
        keep = ("--keep-checkpoint", "--output", output, "--no-progress")
        for rows, count in ((1179, 2), (1200, 0)):
            done = s3.train(*options_of(frame[:rows]), *keep, ranks=count)
            jobs.expect(done, 0)
        said = re.search(r"resumed: (\d+) of (\d+) spans", done.stderr)
        assert said and int(said[1]) >= int(said[2]) - 2, done.stderr
        os.mkdir("got")
        for name in ("report.html", "results.h5", "summary.json"):
            pathlib.Path("got", name).write_bytes(s3.get(f"results/{name}"))
        ranks.check_same(right, outcome("got"), "in S3")
        kept = s3.keys("results/.checkpoint/")
        now = revised_on(frame, (frame.index[900], "v03"))
        done = s3.train(*options_of(now), *keep, ranks=2)
        jobs.expect(done, 0)
        assert "the past was revised" in done.stderr and "resumed: " in done.stderr, done.stderr
        assert set(kept) - set(s3.keys("results/.checkpoint/")), "spans of the old past stay"


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
