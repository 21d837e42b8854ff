#!/usr/bin/python3
"""report.py [CASE…]: report.html says what results.h5 and summary.json say, to everyone.

The programs are in the directory PULSE_BIN. Cases that need a browser skip where there is none.
"""
import fcntl
import json
import os
import pathlib
import re
import shutil
import sys

import h5py
import numpy as np
from scipy.stats import beta

for _beside in ("check", "mpi"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / _beside))
import jobs  # noqa: E402
from arrays import raw  # noqa: E402
from fetched import fetch  # noqa: E402
from processes import Tmpfs  # noqa: E402

import browser  # noqa: E402
from page_reader import Reader  # noqa: E402

MADE = "results/report.html"


def points(d):
    """The corners of a path of steps, subpath by subpath."""
    out, at, start = [], np.zeros(2), np.zeros(2)
    for letter, numbers in re.findall(r"([mlz])([^mlz]*)", d):
        if letter == "z":
            at = start.copy()
            continue
        for i, pair in enumerate(re.findall(r"(-?\d+) ?(-?\d+)", numbers)):
            at = at + [int(pair[0]), int(pair[1])]
            if letter == "m" and i == 0:
                start = at.copy()
                out.append([])
            out[-1].append(at.copy())
    return [np.array(part) for part in out]


def train(frame, *options, code=0, ranks=0):
    data = jobs.write(frame, "panel.csv")
    done = jobs.run("--data", data, "--no-progress", "--end-date", jobs.last_day(frame), *options,
                    ranks=ranks)
    assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def again(*arguments):
    return jobs.run(*arguments, executable=os.path.join(jobs.binaries(), "pulse-report"))


def sample(**more):
    """A run with daily and monthly variables, one that never enters, and one with a hole."""
    frame = jobs.panel(900, 6, 41)
    frame = jobs.monthly(frame, ["v02"])
    frame.iloc[10:, 4] = np.nan
    frame.iloc[300:600, 5] = np.nan
    train(frame, *more.pop("options", ()), **more)
    return jobs.summary("results")


def close(shown, exact):
    """Whether a number as shown is the exact one, rounded to the digits that are shown."""
    text = shown.replace("\u2212", "-").replace("\u202f", "").replace("\u00a0%", "").replace("+", "")
    if text.startswith("<"):
        return exact < float(text[1:])
    scale = 100 if "%" in shown else 1
    digits = text.partition("e")[0].partition(".")[2]
    unit = 10.0 ** (int(text.partition("e")[2] or 0) - len(digits))
    return abs(float(text) - scale * exact) <= 0.5000001 * unit


def check_cells(cells, wanted, where):
    assert len(cells) >= len(wanted), where
    for (exact, shown), value in zip(cells, wanted):
        if value is None:
            assert exact in ("", None) and shown == "\u2013", (where, exact, shown)
        else:
            assert exact is None or float(exact) == value, (where, exact, value)
            assert close(shown, value), (where, shown, value)


# ---- What the page says -------------------------------------------------------------------------


def naive_change(frame_column):
    values = frame_column[~np.isnan(frame_column)]
    return np.abs(np.diff(values)).mean()


def report__numbers_are_those_of_the_summary():
    summary = sample()
    page = Reader(MADE)
    assert page.faults == [], page.faults[:5]
    names = {name for name, metrics in summary["metrics"].items() if metrics["enters"]}
    assert names == {"v00", "v01", "v02", "v03", "v05"} == set(page.details)
    assert set(page.table("variables")) == names
    with h5py.File("results/results.h5") as file:
        order, actual = list(file["variables"].asstr()[:]), file["predictions/actual"][:]
    for name in names:
        metrics, trust, forecast = (summary[x][name] for x in ("metrics", "trust", "forecast"))
        naive = naive_change(actual[:, order.index(name)])
        mase, base = metrics["mae"] / naive, metrics["persistence_mae"] / naive
        change = forecast["value"] - forecast["previous"]
        check_cells(page.table("variables")[name],
                    [metrics[x] for x in ("skill", "dm_p_adjusted", "hit_rate")] + [trust["mean"]]
                    + [metrics["coverage_95"], mase, forecast["value"], change], name)
        errors = [metrics[x] for x in ("mae", "persistence_mae", "rmse", "persistence_rmse")] + [mase, base]
        check_cells(page.table("scores", 0)[name], [metrics["n"], *errors, metrics["skill_scaled"]], name)
        check_cells(page.table("scores", 1)[name], [metrics[x] for x in ("moves", "hits", "hit_rate")], name)
        check_cells(page.table("scores", 1)[name][5:], [trust[x] for x in ("mean", "lower_95", "upper_95")], name)
        intervals = page.table("scores", 2)[name]
        for at, key in ((1, "coverage_80"), (4, "coverage_95"), (7, "interval_score_80"), (8, "interval_score_95")):
            check_cells(intervals[at:], [metrics[key]], (name, key))
        ahead, own = page.details[name]["tables"][:2]
        check_cells(ahead["1"][1:], [forecast["value"], change]
                    + [forecast[x] for x in ("lower_80", "upper_80", "lower_95", "upper_95")], name)
        for k, line in enumerate(("MAE", "RMSE", "MASE")):
            check_cells(own[line], errors[2 * k:2 * k + 2], (name, line))
    assert "v04" in page.sections["variables"]["text"]  # it is said that it never enters
    skipped = sum(int(row[1][1]) for row in page.sections["windows"]["rows"])
    assert skipped == summary["batches"]["skipped"] > 0


def report__years_are_sums_of_their_windows():
    sample()
    page = Reader(MADE)
    kinds = ("n", "sum_abs_error", "persistence_sum_abs_error", "sum_squared_error",
             "persistence_sum_squared_error", "hits", "moves", "inside_80", "inside_95", "interval_rows")
    with h5py.File("results/results.h5") as file:
        names, windows = list(file["variables"].asstr()[:]), file["windows"][:]
        sums = {kind: file[f"metrics/{kind}"][:].astype(float) for kind in kinds}
    years = windows["start"].astype("M8[ns]").astype("M8[Y]").astype(int) + 1970
    seen, skills = 0, {}
    for name, own in page.details.items():
        j, lines = names.index(name), own["tables"][2]
        for year in np.unique(years):
            n, mae, base, error, persistence, hits, moves, in80, in95, rows = (
                sums[kind][years == year, j].sum() for kind in kinds)
            assert (str(year) in lines) == (n > 0), (name, year)
            if n > 0:
                check_cells(lines[str(year)], [n, mae / n, base / n, 1 - error / persistence, hits / moves,
                                               in80 / rows, in95 / rows], (name, year))
                skills.setdefault(year, []).append(1 - error / persistence)
                seen += n
    assert seen == sums["n"].sum() > 1000
    for year, of in skills.items():
        line = page.table("years")[str(year)]
        check_cells(line[1:], [len(of), sum(x > 0 for x in of), np.mean(of)], year)


def report__errors_and_places_are_those_of_the_rows():
    """Where values fell, and how errors hang together: the bars of the pictures against NumPy."""
    sample()
    page = Reader(MADE)
    with h5py.File("results/results.h5") as file:
        names = list(file["variables"].asstr()[:])
        actual, predicted, *bounds = (file[f"predictions/{x}"][:] for x in (
            "actual", "predicted", "lower_95", "lower_80", "upper_80", "upper_95"))
    bars = {(title, kind): [part[-1] for part in points(d)] for title, kind, d in page.paths if kind in ("bar", "bar2")}
    for name in page.details:
        j = names.index(name)
        error = ((actual - predicted) / ((bounds[3] - bounds[0]) / 2))[:, j]
        known = ~np.isnan(error)
        x, (low95, low80, up80, up95) = actual[known, j], (it[known, j] for it in bounds)
        fell = np.array([x < low95, (x >= low95) & (x < low80), (x >= low80) & (x <= up80), (x > up80) & (x <= up95),
                         x > up95]).mean(axis=1) / [0.025, 0.075, 0.8, 0.075, 0.025]
        drawn = bars[f"Probability integral transform of {name}", "bar"]
        assert np.allclose([1000 - y for _, y in drawn], 500 * np.minimum(fell, 2), atol=0.51), name
        e = error[known] - error[known].mean()
        acf = [(e[k:] * e[:-k]).sum() / (e * e).sum() for k in range(1, 21) if k < len(e)]
        drawn = bars[f"Autocorrelation of {name}", "bar2"]
        assert np.allclose([y for _, y in drawn], 500 - 500 / 0.3 * np.clip(acf, -0.3, 0.3), atol=0.51), name


def kept_days(own):
    """What the script draws when zoomed to days: range, and codes of actual, retrodicted and bounds of each row."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    low, high, codes = own["days"].split(" ")
    kept, at = [], 0
    while at < len(codes):
        if codes[at] == ".":
            kept.append([0] * 4)
            at += 1
        else:
            kept.append([sum(digits.index(codes[at + 3 * k + i]) << 6 * (2 - i) for i in range(3)) for k in range(4)])
            at += 12
    return float(low), float(high), np.array(kept)


def check_days(page):
    """Every value of the last rows, to a 262,143rd of their range; rows × variables × kinds as they are."""
    with h5py.File("results/results.h5") as file:
        names = list(file["variables"].asstr()[:])
        rows = np.stack([file[f"predictions/{x}"][:] for x in ("actual", "predicted", "lower_95", "upper_95")], 2)
    for name, own in page.details.items():
        low, high, kept = kept_days(own)
        wanted = rows[:, names.index(name)]
        assert len(kept) == len(rows) and ((kept == 0) == np.isnan(wanted)).all(), name
        shown = low + (kept - 1) / (2**18 - 2) * (high - low)
        known = kept > 0
        assert np.abs(shown - wanted)[known].max() <= (high - low) / 2**18 and known.sum() > 20, name
    return rows


def report__days_are_kept_one_by_one():
    sample()
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    days = np.cumsum([int(x) for x in re.search(r'id="calendar" hidden data-days="([^"]*)"', text)[1].split()])
    with h5py.File("results/results.h5") as file:
        assert list(days) == list(file["calendar"][:] // 86400 // 10**9)
    check_days(Reader(MADE))


def report__days_hold_bounds_far_from_all_values():
    """The bounds of a forecast far ahead leave the range of what was observed by more than half of it; they are read."""
    frame = jobs.panel(420, 4, 45)
    frame["v03"] = 1e7 + frame["v03"] / 100  # digits of its range are behind many others
    train(frame, "--horizon", 120, "--min-history", 100, "--lags", 1)
    rows = check_days(Reader(MADE))
    least, most = np.nanmin(rows[:, :, :2], (0, 2)), np.nanmax(rows[:, :, :2], (0, 2))
    off = np.maximum(least - np.nanmin(rows, (0, 2)), np.nanmax(rows, (0, 2)) - most) / (most - least)
    assert off.max() > 0.6, off


def report__weights_of_features_are_those_of_the_model():
    sample()
    page = Reader(MADE)
    with h5py.File("results/results.h5") as file:
        names, features = (list(file[x].asstr()[:]) for x in ("variables", "model/features"))
        coefficients, weights = file["model/coefficients"][:], file["model/final_weights"][:]
        slope = file["model/final_shrinkage"][:]
    whole = slope * np.einsum("cv,cdv->dv", weights[:len(coefficients)], np.nan_to_num(coefficients))
    for name, own in page.details.items():
        j = names.index(name)
        strongest = np.argsort(-np.abs(whole[1:, j]))[0] + 1
        if whole[strongest, j] != 0:
            said = re.search(r"largest weights: (\S+)\u00a0(\S+?)[,.]? ", own["text"] + " ")
            assert said[1] == features[strongest] and close(said[2].rstrip(",."), whole[strongest, j]), (name, said)
    family = np.array([it.rsplit(".", 1)[-1] if not it.startswith("calendar.") else "calendar" for it in features[1:]])
    heaps = np.nan_to_num(np.abs(whole[1:])).sum(axis=1)
    for which, line in page.table("weights", 1).items():
        check_cells(line, [heaps[family == which].sum() / heaps.sum()], which)


def report__horizons_are_those_of_the_summary():
    summary = sample(options=("--horizon", "1,5,21"))
    page, further = Reader(MADE), summary["horizons"]
    text = page.sections["horizons"]["text"]
    sections = {1: summary, 5: further["5"], 21: further["21"]}
    for name, row in page.table("horizons").items():
        check_cells(row, [sections[h]["metrics"][name]["skill"] for h in sections], name)
    for h, of in sections.items():
        better = sum(m["dm_p_adjusted"] is not None and m["dm_p_adjusted"] <= 0.05
                     for m in of["metrics"].values())
        said = text.partition(f"{h} row{'s' * (h > 1)} ahead: ")[2]
        assert said.startswith(f"{better} of " if better else "no variable can be predicted"), (h, better, said)
    with open(MADE, encoding="utf-8") as file:
        whole = file.read()
    assert "--horizon 1,5,21" in whole and "Forecast of v00 up to 21 rows ahead" in whole
    assert whole.count("aria-label=\"Forecast of ") == len(page.details)
    for name, own in page.details.items():
        for h, of in sections.items():
            forecast = of["forecast"][name]
            check_cells(own["tables"][0][str(h)][1:],
                        [forecast["value"], forecast["value"] - forecast["previous"]]
                        + [forecast[x] for x in ("lower_80", "upper_80", "lower_95", "upper_95")], (name, h))
        days = [np.datetime64(own["tables"][0][str(h)][0][1]) for h in sections]
        last = np.datetime64(summary["calendar"]["last"])
        assert [np.busday_count(last, day) for day in days] == [1, 5, 21], (name, days)
    sample()
    page = Reader(MADE)
    assert "One horizon was asked for" in page.sections["horizons"]["text"]
    assert [cell[1] for cell in page.sections["variables"]["head"][0]][-2:] == ["next", "change"]
    sample(options=("--horizon", "5"))
    assert [cell[1] for cell in Reader(MADE).sections["variables"]["head"][0]][-2:] == ["5 ahead", "change"]
    assert "Numbers are of 5 rows ahead" in pathlib.Path(MADE).read_text(encoding="utf-8")


def report__says_what_its_run_is_called():
    sample(options=("--name", "nightly <é>", "--tag", "model=cham&pion", "--tag", "git=abc"))
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    assert "<title>nightly &lt;é&gt; \u2013 Retrodiction report</title>" in text
    assert "<b>nightly &lt;é&gt;</b>; model&nbsp;=&nbsp;cham&amp;pion, git&nbsp;=&nbsp;abc<br>" in text
    assert Reader(MADE).faults == []
    sample()
    assert "<title>Retrodiction report</title>" in pathlib.Path(MADE).read_text(encoding="utf-8")


def report__forecasts_of_rare_values_show_some_before_them():
    sample(options=("--horizon", "1,5"))
    for title, kind, d in Reader(MADE).paths:
        if title.startswith("Forecast of") and kind == "seen":
            assert len(points(d)[0]) >= 5, (title, d)


def report__a_near_forecast_is_a_bar_wide_enough_to_see():
    summary = sample()
    drawn = {}
    for title, kind, d in Reader(MADE).paths:
        if title.startswith("Forecast of"):
            drawn.setdefault(title.split()[2], {})[kind] = points(d)[0]
    assert len(drawn) == 5
    for name, paths in drawn.items():
        said, (high, low), (high80, low80) = summary["forecast"][name], paths["reach"], paths["reach2"]
        assert high[0] == low[0] == high80[0] < 950, paths  # not at the edge, where half of it would be cut
        per_unit = (low[1] - high[1]) / (said["upper_95"] - said["lower_95"])
        assert abs(low80[1] - high80[1] - per_unit * (said["upper_80"] - said["lower_80"])) < 2.1, name
        assert abs(paths["tip"][0][1] - high[1] - per_unit * (said["upper_95"] - said["value"])) < 2.1, name
    sample(options=("--horizon", "1,21"))
    assert not [kind for title, kind, _ in Reader(MADE).paths if title.startswith("Forecast of v00") and kind == "reach"]


def report__is_printed_light_by_who_reads_dark():
    sample()
    with browser.opened(MADE) as page:
        paper = {}
        for media in ("screen", "print"):
            page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "media": media, "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
            paper[media] = page.run("return getComputedStyle(document.body).backgroundColor")
    assert paper["screen"] != paper["print"] == "rgb(255, 255, 255)", paper


def report__lines_are_ordered_by_skill():
    summary = sample()
    skills = [summary["metrics"][row[0][1]]["skill"] for row in Reader(MADE).sections["variables"]["rows"]]
    assert skills == sorted(skills, reverse=True), skills


def report__weights_stand_beside_their_candidates():
    sample()
    with h5py.File("results/results.h5") as file:
        candidates, names = (list(file[x].asstr()[:]) for x in ("model/candidates", "variables"))
        weights, slope = file["model/final_weights"][:], file["model/final_shrinkage"][:]
    page = Reader(MADE)
    for name, own in page.details.items():
        j = names.index(name)
        lines = own["tables"][3]
        assert list(lines) == candidates and len(candidates) == 10, lines
        for candidate, weight in zip(candidates, weights[:, j]):
            check_cells(lines[candidate], [weight], name)
        said = re.search(r"b\u00a0=\u00a0(\d\.\d+)", own["text"])[1]
        assert close(said, slope[j]), (name, said)
    entered = [names.index(name) for name in page.details]
    for candidate, line in page.table("weights", 0).items():
        check_cells(line, [weights[candidates.index(candidate), entered].mean()], candidate)


def report__headline_counts_adjusted_p_values():
    frame = jobs.panel(900, 6, 41)
    train(frame)
    metrics = jobs.summary("results")["metrics"]
    p = np.sort([m["dm_p_value"] for m in metrics.values()])
    adjusted = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    assert np.allclose(np.sort([m["dm_p_adjusted"] for m in metrics.values()]), np.minimum(adjusted, 1), rtol=1e-12)
    better = int((adjusted < 0.05).sum())
    headline = re.search("<h1>(.*?)</h1>", pathlib.Path(MADE).read_text(encoding="utf-8"))[1]
    assert f"predicts {better or 'none'} of {len(p)} variables better than persistence" in headline, headline


def report__directions_are_counted_by_adjusted_p_values():
    # Walks that nothing predicts: of forty, some have an interval of 95 % above one half by luck.
    walks = np.random.default_rng(7).standard_normal((700, 40)).cumsum(axis=0)
    frame = jobs.panel(700, 1, 41)
    for j in range(40):
        frame[f"w{j:02}"] = walks[:, j]
    train(frame, "--features", "lag1", "--ridge", "1000")
    trust = [it for it in jobs.summary("results")["trust"].values() if it["alpha"] is not None]
    doubt = np.sort([beta.cdf(0.5, it["alpha"], it["beta"]) for it in trust])
    adjusted = np.minimum.accumulate((doubt * len(doubt) / np.arange(1, len(doubt) + 1))[::-1])[::-1]
    said = re.search(r"Counted likewise, the direction of moves is predicted better than chance for (\w+) variable",
                     pathlib.Path(MADE).read_text(encoding="utf-8"))[1]
    assert said == str(int((adjusted < 0.05).sum()) or "no"), (said, doubt[:4])
    assert (doubt < 0.025).sum() > (adjusted < 0.05).sum()  # else this would show nothing


def report__large_numbers_end_at_one_place():
    frame = jobs.panel(700, 2, 41)
    frame["v00"] = 4e9 + 1e7 * frame["v00"]
    train(frame, "--horizon", "1,5")
    shown = Reader(MADE).details["v00"]["tables"][0]
    places = set()
    for cells in shown.values():
        for _, text in [cells[1], *cells[3:]]:
            digits, power = re.fullmatch(r"\d\.(\d+)e(\d+)", text).groups()
            places.add(int(power) - len(digits))
    assert len(places) == 1, shown


def report__variables_that_are_no_target_are_sources_only():
    options = ("--targets", "v03", "v01")  # kept by name
    frame = jobs.panel(900, 6, 41)
    train(frame, *options)
    summary = jobs.summary("results")
    for part in (summary["metrics"], summary["trust"], summary["forecast"], summary["variables"]["trust_scores"]):
        assert set(part) == {"v01", "v03"}, part
    assert summary["config"]["targets"] == ["v01", "v03"] and summary["variables"]["total"] == 6
    page = Reader(MADE)
    assert page.faults == [], page.faults[:5]
    for section in ("variables", "scores"):
        assert set(page.table(section)) == {"v01", "v03"}, section
    assert sum(summary["drivers"]["targets"].values()) == 2
    drawn = {title.split()[2] for title, _, _ in page.paths if title.startswith(("Trust of", "Skill of v"))}
    assert drawn == {"v01", "v03"}
    assert "only learned from: v00, v02, v04, v05." in page.sections["variables"]["text"]
    assert "--targets v01 v03" in pathlib.Path(MADE).read_text(encoding="utf-8")
    with h5py.File("results/results.h5") as file:
        significant = file["drivers/p_adjusted"][:] <= 0.05
    assert not significant[:, [0, 2, 4, 5]].any() and significant[[0, 2, 4, 5]].any()
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    section = text[text.index('<section id="drivers">'):].partition("</section>")[0]
    assert len(re.findall(r'<rect class="(?:sq|own)"', section)) == significant.sum()


def report__shares_have_wilson_s_interval():
    summary = sample()
    for name, cells in Reader(MADE).table("scores", 1).items():
        n, k, z = summary["metrics"][name]["moves"], summary["metrics"][name]["hits"], 1.959963984540054
        # The interval is where the score test at 5 % does not reject: its ends solve this.
        ends = np.roots([1 + z * z / n, -(2 * k / n + z * z / n), (k / n) ** 2])
        check_cells(cells[3:], sorted(ends.real), name)


def report__trust_bands_are_exact_quantiles():
    sample()
    with h5py.File("results/results.h5") as file:
        names = list(file["variables"][:].astype(str))
        alpha, beta_ = file["trust/alpha"][:], file["trust/beta"][:]
        trained = np.flatnonzero(file["windows"]["status"] == 0)
    page = Reader(MADE)
    pictures = []  # quantiles, and where they are drawn, inside the picture's edges
    for title, kind, d in page.paths:
        if not title.startswith("Trust of") or kind != "band":
            continue
        j = names.index(title.split()[2])
        band = points(d)[0]
        upper, lower = band[:len(band) // 2], band[len(band) // 2:][::-1]
        assert len(upper) == len(alpha) - trained[0]  # fewer windows than points: all are shown
        for shown, share in ((upper, 0.975), (lower, 0.025)):
            exact = beta.ppf(share, alpha[trained[0]:, j], beta_[trained[0]:, j])
            inside = (shown[:, 1] > 0) & (shown[:, 1] < 1000)
            pictures.append((shown[inside, 1], exact[inside]))
    assert len(pictures) == 10
    at, exact = map(np.concatenate, zip(*pictures))
    slope, level = np.polyfit(at, exact, 1)  # one scale for all
    assert len(at) > 100 and slope < 0
    assert np.allclose(level + slope * at, exact, atol=abs(slope) * 0.8)


def report__skill_lines_end_at_the_final_skill():
    summary = sample()
    final = {name: metrics["skill"] for name, metrics in summary["metrics"].items() if metrics["enters"]}
    reach = min(1, max(0.05, 1.5 * max(abs(skill) for skill in final.values())))
    ends = {title.split()[2]: points(d)[-1][-1, 1] for title, kind, d in Reader(MADE).paths
            if title.startswith("Skill of v") and kind == "line"}
    assert set(ends) == set(final)
    for name, skill in final.items():
        assert abs(ends[name] - 500 * (1 - skill / reach)) < 0.51, (name, reach)


def report__pixels_keep_the_least_and_the_most():
    """Days that share a column are inked from their least to their most: no spike is lost."""
    frame = jobs.panel(2600, 2, 43)
    frame.iloc[1701, 0] += 40  # one day
    train(frame, "--ridge", "100", "--lags", "1", "--batch-size-days", "90")
    page = Reader(MADE)
    shown = {title.split()[0]: points(d)[0] for title, kind, d in page.paths if kind == "range"}
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    ranges = re.findall(r'data-range="(\S+) (\S+) (\S+) (\S+)"[^>]*>.*?aria-label="(\S+) over.*?class="plot"[^>]*'
                        r'viewBox="0 0 (\d+) ', text)
    assert len(ranges) == 2
    for first, last, low, high, name, steps in ranges:
        columns = int(steps) + 1
        assert columns < len(frame) / 2
        days = (frame.index - np.datetime64("1970-01-01")).days.to_numpy()
        assert (days[0], days[-1]) == (int(first), int(last))
        at = np.rint((days - days[0]) / (days[-1] - days[0]) * (columns - 1)).astype(int)
        value = (1 - (frame[name].to_numpy() - float(low)) / (float(high) - float(low))) * 1000
        edge = shown[name]
        for column in np.unique(at):
            inked = edge[edge[:, 0] == column, 1]
            assert abs(inked.min() - value[at == column].min()) <= 1, (name, column)
            assert abs(inked.max() - value[at == column].max()) <= 1, (name, column)


def report__drivers_squares_are_the_significant_tests():
    sample()
    with h5py.File("results/results.h5") as file:
        significant = int((file["drivers/p_adjusted"][:] <= 0.05).sum())
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    section = text[text.index('<section id="drivers">'):]
    section = section[:section.index("</section>")]
    assert len(re.findall(r'<rect class="(?:sq|own)"', section)) == significant > 0
    listed = Reader(MADE).sections["drivers"]["rows"]
    strongest = jobs.summary("results")["drivers"]["strongest"]
    assert [(row[0][1], row[1][1]) for row in listed] == [(x["source"], x["target"]) for x in strongest]


# ---- Where the time went ------------------------------------------------------------------------

# What the stages are shown as, in the order of their colours.
SHOWN_AS = [("load", "panel"), ("exchange", "return"), ("gram", "scan"), ("walk",), ("drivers",), ("judge",),
            ("results",), ("save",), ("between",)]


def strip_of(rank, stages, which="did"):
    """[(stage, waits, from, until)] of one rank, in seconds."""
    pieces = rank[which]
    assert len(pieces["until"]) == len(pieces["stage"]) == len(pieces["waits"]) <= 240
    until = [0] + pieces["until"]
    assert until == sorted(until), "a piece ends before it begins"
    return [(stages[s], w, a / 1e6, b / 1e6)
            for s, w, a, b in zip(pieces["stage"], pieces["waits"], until, until[1:])]


def report__timeline_is_on_one_clock_and_adds_up():
    summary = sample(ranks=3)
    timings = summary["timings"]
    ranks, stages = timings["timeline"]["ranks"], timings["timeline"]["stages"]
    assert [rank["rank"] for rank in ranks] == [0, 1, 2] and stages[:10] == timings["per_rank"]["stages"]
    walked, judged, ends = [], [], []
    for rank, seconds in zip(ranks, timings["per_rank"]["seconds"]):
        strip = strip_of(rank, stages)
        for stage, exact in zip(stages, seconds):
            mine = sum(b - a for s, _, a, b in strip if s == stage)
            assert abs(mine - exact) < 2e-6 * len(strip), (stage, mine, exact)
        waited = sum(b - a for _, waits, a, b in strip if waits)
        assert abs(waited - rank["waiting"]) < 2e-6 * len(strip)
        assert abs(sum(seconds) - rank["working"]) < rank["waiting"] + 1e-9
        walked.append(min(a for s, _, a, _ in strip if s == "walk"))
        judged.append(min(a for s, _, a, _ in strip if s == "judge"))
        ends.append(strip[-1][3])
    # On one node there is one clock: nobody judges before all have begun to walk, and they part together.
    assert max(walked) < min(judged), (walked, judged)
    assert max(ends) - min(ends) < 1 and abs(max(ends) - timings["total"]) < 1, (ends, timings["total"])
    for stage in stages[:10]:
        began, ended = timings["began"][stage], timings["ended"][stage]
        if began is not None:
            assert 0 <= began <= ended <= max(ends) + 1e-5, stage
            assert ended - began >= timings[stage] - 1e-9, stage
        assert timings["waiting"][stage] <= timings["mean_over_ranks"][stage] + 1e-9, stage
    # One rank would do what all have done, and nobody waits.
    alone = summary["performance"]["estimated_sequential_time"]
    assert abs(alone - sum(rank["working"] for rank in ranks)) < 1e-6 * alone, (alone, ranks)


def report__timeline_is_drawn_to_scale():
    summary = sample(ranks=3, options=("--checkpoint", "saved", "--checkpoint-seconds", "0"))
    timings = summary["timings"]
    ranks, stages = timings["timeline"]["ranks"], timings["timeline"]["stages"]
    page = Reader(MADE)
    table = page.table("time")
    for stage in stages[:10]:
        check_cells(table[stage], [timings["began"][stage], timings["ended"][stage],
                                   timings["mean_over_ranks"][stage], timings["waiting"][stage],
                                   timings[stage]], stage)
    for rank in ranks:
        check_cells(table[f"rank {rank['rank']}"], [rank["working"], rank["waiting"]], rank["rank"])
    end = max(rank["did"]["until"][-1] for rank in ranks) / 1e6
    boxes = {}  # (line, class, whether beside the work) → columns, of 2000
    for title, kind, d in page.paths:
        if title == "What each rank did when":
            for corners in points(d):
                left, top = corners[0]
                right, bottom = corners[2]
                assert 0 <= left < right <= 2000 and bottom > top
                cell = (int(top) // 21, kind, bottom % 21 > 14)
                boxes[cell] = boxes.get(cell, 0) + right - left
    saved = 0
    for line, rank in enumerate(ranks):
        strip = strip_of(rank, stages)
        for k, names in enumerate(SHOWN_AS):
            wanted = sum(b - a for s, w, a, b in strip if s in names and not w) / end * 2000
            assert abs(boxes.get((line, f"s{k}", False), 0) - wanted) <= len(strip), (line, names)
        wanted = sum(b - a for _, w, a, b in strip if w) / end * 2000
        assert abs(boxes.get((line, "w", False), 0) - wanted) <= len(strip), line
        beside = strip_of(rank, stages, "saved")
        saved += sum(s == "save" for s, _, _, _ in beside)
        wanted = sum(b - a for s, _, a, b in beside if s == "save") / end * 2000
        assert abs(boxes.get((line, "s7", True), 0) - wanted) <= len(beside), line
    assert saved >= 3  # each rank at least once
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    slowest = max(ranks, key=lambda rank: rank["waiting"])
    assert f"rank {slowest['rank']} waited longest for others" in text
    assert "earlier one" not in page.sections["time"]["text"]


def report__timeline_of_a_resumed_run_is_its_own():
    options = ("--checkpoint", "saved", "--checkpoint-seconds", "0", "--keep-checkpoint")
    sample(options=options)
    summary = sample(options=options)
    assert summary["resumed"]["spans"] > 0
    assert (f"{summary['resumed']['spans']} spans were computed by an earlier one, whose time is not in here"
            in Reader(MADE).sections["time"]["text"])


def report__timeline_of_many_ranks_says_who_is_left_out():
    """Also of a summary that was made elsewhere: what the page shows is bounded and said."""
    summary = sample(ranks=2)
    timeline = summary["timings"]["timeline"]
    summary["ranks"] = 41000
    timeline["ranks"] = [dict(timeline["ranks"][i % 2], rank=20 * i) for i in range(48)]
    pathlib.Path("results/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    jobs.expect(again("results"), 0)
    page = Reader(MADE)
    assert page.faults == []
    assert {f"rank {20 * i}" for i in range(48)} < set(page.table("time"))
    text = page.sections["time"]["text"]
    assert "Shown are 48 of 41\u202f000 ranks" in text and "40\u202f952 ranks are left out" in text, text
    with browser.opened(MADE) as opened:
        for width in (1280, 390):
            opened.size(width)
            wide = opened.run("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], wide


def report__odd_timelines_have_a_page():
    """An older summary without one, and what no run of ours writes."""
    summary = sample()
    whole = json.dumps(summary["timings"]["timeline"])
    rank = {"rank": 0, "did": {"until": [5, 3, "x", 9e99, -1, 1 << 60, 7], "stage": [0, 99, -1, "walk", None],
                               "waits": [1, 0, "1"]}, "saved": {"until": 3}}
    for timeline in (None, {}, {"ranks": []}, {"ranks": [{}]}, {"ranks": [rank]}, {"ranks": [rank] * 3000},
                     {"stages": [1, None], "ranks": [dict(rank, working="x", waiting=-1, grain=1e308)]},
                     {"stages": "walk", "ranks": {"rank": 1}}, json.loads(whole)):
        summary["timings"]["timeline"] = timeline
        pathlib.Path("results/summary.json").write_text(json.dumps(summary), encoding="utf-8")
        jobs.expect(again("results"), 0)
        page = Reader(MADE)
        assert page.faults == [] and "walk" in page.table("time"), timeline
        known = bool(timeline) and isinstance(timeline["ranks"], list) and timeline["ranks"]
        assert ("of an earlier version" in page.sections["time"]["text"]) == (not known), timeline
        assert page.bytes < 2e6, page.bytes


def report__command_runs_it_again():
    """The command in the page, as it stands, makes the same arrays."""
    sample(options=("--transform", "diff", "v01=level", "v02=logdiff", "--ridge", "30,3", "--features",
                    "lag2+ewma2.5,lag1", "--calendar", "on", "--scale-halflife", "20.5", "--clip", "4",
                    "--history", "halflife:6.1234567", "--caution", "0.75", "--learning-rate", "0.1",
                    "--batch-limit", "38", "--interval-halflife", "7.5", "--targets", "v02", "v05",
                    "--variables", "v05", "v02", "v01"))
    run_again()


def run_again():
    """Runs the command of the page and compares what it makes, to the bit."""
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    command = re.search(r'<pre id="command"[^>]*>(.*?)</pre>', text, re.S)[1]
    for mark, character in (("&#39;", "'"), ("&quot;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        command = command.replace(mark, character)
    shutil.move("results", "before")
    path = os.pathsep.join((jobs.binaries(), os.environ["PATH"]))
    done = jobs.run("-c", command, executable="/bin/sh", env=dict(jobs.environment(), PATH=path))
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    with h5py.File("before/results.h5") as one, h5py.File("results/results.h5") as other:
        compared = []
        one.visititems(lambda name, item: compared.append(
            raw(item) == raw(other[name])) if isinstance(item, h5py.Dataset) else None)
    assert len(compared) > 30 and all(compared)


def report__command_keeps_commas_of_names_and_all_digits():
    frame = jobs.panel(500, 3, 47)
    frame.columns = ["S&P, close", "it's, 2", "f"]
    names = [name.replace(",", "\\,") for name in frame.columns[:2]]
    train(frame, "--variables", *names, "--targets", names[0], "--transform", "diff", names[0] + "=logdiff",
          "--history", "halflife:0.12345678901234568")
    assert jobs.summary("results")["config"]["history"] == "halflife:0.12345678901234568"
    run_again()


def report__command_keeps_names_that_look_like_options():
    frame = jobs.panel(500, 3, 47)
    frame.columns = ["v, 1", "-1", "--clip"]
    train(frame, "--variables=v\\, 1,-1,--clip", "--targets=-1,--clip", "--transform=diff,--clip=level")
    run_again()


def report__command_says_how_numbers_are_written():
    """"1,250" is one number or another, and a file does not always say which."""
    frame = jobs.panel(500, 2, 46).round(3)
    frame.to_csv("panel.csv", date_format="%Y-%m-%d", sep=";", decimal=",", float_format="%.3f")
    options = ("--data", "panel.csv", "--end-date", jobs.last_day(frame), "--decimal", "comma")
    jobs.expect(jobs.run(*options), 0)
    assert jobs.summary("results")["config"]["decimal"] == "comma"
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    assert "--decimal comma" in re.search(r'<pre id="command"[^>]*>(.*?)</pre>', text, re.S)[1]


# ---- Making it ----------------------------------------------------------------------------------


def report__made_again_it_is_the_same():
    sample(ranks=2)
    first = pathlib.Path(MADE).read_bytes()
    os.remove(MADE)
    done = again("results")
    assert (done.returncode, done.stdout) == (0, MADE + "\n"), done.stderr
    assert pathlib.Path(MADE).read_bytes() == first
    jobs.expect(again("results", "--output", "elsewhere.html"), 0)
    assert pathlib.Path("elsewhere.html").read_bytes() == first
    assert again("results", "--output", "-").stdout.encode() == first and not os.path.exists("-")


def report__results_that_somebody_locked_are_read():
    """Such as by a notebook that has them open, or where a disk has no locks at all."""
    train(jobs.panel(400, 2, 44))
    with open("results/results.h5", "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        jobs.expect(again("results"), 0)
        jobs.expect(again("export", "results", "--csv", "--output", "out.csv"), 0)


def report__no_report_leaves_none_of_an_older_run():
    frame = jobs.panel(400, 2, 44)
    train(frame)
    assert os.path.exists(MADE)
    assert "report.html" not in train(frame, "--no-report").stdout
    assert sorted(os.listdir("results")) == ["results.h5", "summary.json"]


def report__one_that_cannot_be_written_leaves_none_of_an_older_run():
    """The results are there all the same, and nothing says that the page is."""
    frame = jobs.panel(320, 150, 44)
    options = ("--data", jobs.write(frame, "panel.csv"), "--end-date", jobs.last_day(frame), "--lags", 1,
               "--min-history", 100, "--no-progress", "--no-checkpoint")
    jobs.expect(jobs.run(*options), 0)
    size = {name: os.path.getsize(f"results/{name}") for name in os.listdir("results")}
    space = size["results.h5"] + size["summary.json"] + size["report.html"] * 6 // 10
    with Tmpfs(f"{space >> 10}k") as disk:
        os.mkdir(f"{disk}/results")
        pathlib.Path(f"{disk}/results/report.html").write_text("old", encoding="utf-8")
        done = jobs.run(*options, "--output", f"{disk}/results")
        jobs.expect(done, 0)
        assert "no report.html" in done.stderr and "report.html" not in done.stdout, done.stdout + done.stderr
        assert sorted(os.listdir(f"{disk}/results")) == ["results.h5", "summary.json"]


def report__what_is_no_run_is_one_error():
    jobs.expect(again("nowhere"), 2, "nowhere/summary.json")
    jobs.expect(again(), 2, "RESULTS")
    jobs.expect(again("a", "b"), 2, "unexpected argument b")
    jobs.expect(again("--colour", "red"), 2, "pulse-report --help")
    sample()
    os.remove(MADE)
    whole = pathlib.Path("results/results.h5").read_bytes()
    pathlib.Path("results/results.h5").write_bytes(whole[:len(whole) // 2])
    jobs.expect(again("results"), 2, "results/results.h5")
    pathlib.Path("results/results.h5").write_bytes(whole)
    for damage in ("drivers/f", "windows", "predictions/actual", "trust/alpha"):
        with h5py.File("results/results.h5", "r+") as file:
            file.move(damage, "kept")
            file[damage] = np.zeros((3, 1))
        jobs.expect(again("results"), 2, "results/results.h5", "/" + damage)
        pathlib.Path("results/results.h5").write_bytes(whole)
    summary = pathlib.Path("results/summary.json")
    text = summary.read_text(encoding="utf-8")
    for other in (text[:-30], "[]", "{}", '{"metrics": {"x": 1}}', text.replace('"v00"', '"w00"')):
        summary.write_text(other, encoding="utf-8")
        jobs.expect(again("results"), 2, "results/")
    assert not os.path.exists(MADE)


def report__changed_bytes_are_a_page_or_one_error():
    """Whatever a byte of results.h5 is changed to: a whole page, or one line and code 2."""
    train(jobs.panel(400, 2, 48), "--batch-size-days", 90, "--ridge", 100, "--lags", 1)
    os.remove(MADE)
    path = pathlib.Path("results/results.h5")
    whole, rng, pages = path.read_bytes(), np.random.default_rng(48), 0
    structure = np.frombuffer(whole, np.uint8) != 0  # of the bytes that say something, no numbers

    def leave_out(_, item):
        if not isinstance(item, h5py.Dataset):
            return
        parts = [(item.id.get_offset(), item.id.get_storage_size())] if item.chunks is None else [
            (chunk.byte_offset, chunk.size)
            for chunk in map(item.id.get_chunk_info, range(item.id.get_num_chunks()))]
        for first, size in parts:
            structure[first:first + size] = False

    with h5py.File(path) as file:
        file.visititems(leave_out)
    places = np.flatnonzero(structure)
    print(f"{len(places)} of {len(whole)} bytes")
    print("seed 48")
    for _ in range(60):
        at = int(rng.choice(places))
        path.write_bytes(whole[:at] + bytes([int(rng.integers(256))]) + whole[at + 1:])
        done = again("results")
        if done.returncode == 0:
            assert Reader(MADE).faults == [], at
            pages += 1
        else:
            jobs.expect(done, 2, "results/results.h5")
    assert 0 < pages < 60, pages


def report__bytes_of_other_files_are_not_shown():
    """A results.h5 may point outside itself; the page must not bring that in."""
    sample()
    os.remove(MADE)
    with h5py.File("results/results.h5", "r+") as file:
        shape = file["predictions/actual"].shape
        with h5py.File("other.h5", "w") as other:
            other["secret"] = np.full(shape, 7.0)
        del file["predictions/actual"]
        file["predictions/actual"] = h5py.ExternalLink(os.path.abspath("other.h5"), "/secret")
    jobs.expect(again("results"), 2, "/predictions/actual")
    pathlib.Path("raw").write_bytes(bytes(8 * shape[0] * shape[1]))
    with h5py.File("results/results.h5", "r+") as file:
        del file["predictions/actual"]
        file.create_dataset("predictions/actual", shape, "f8", external=[(os.path.abspath("raw"), 0, 8 * shape[0] * shape[1])])
    jobs.expect(again("results"), 2, "/predictions/actual")
    assert not os.path.exists(MADE)


PARTS = ["results.00112233445566aa.000.h5", "results.00112233445566aa.002.h5"]


def tie(files=tuple(PARTS), dataset=None, rows=slice(None)):
    """results.h5 with its rows in two parts, the first of which has every other variable. By h5py; the rest is what
    a hostile one may say: other files, another dataset there, not all of its rows."""
    with h5py.File("results/results.h5", "r+") as whole:
        for name in list(whole["predictions"]):
            path = f"predictions/{name}"
            if whole.get(path, getlink=True, getclass=True) is h5py.SoftLink:
                continue  # an axis
            all_rows = whole[path][:]
            layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            for k, part in enumerate(PARTS):
                with h5py.File(f"results/{part}", "a") as file:
                    file[path] = all_rows[:, k::2]
                    file.attrs["fingerprint"] = np.bytes_(whole.attrs["fingerprint"])
                here, there = (h5py.h5s.create_simple(shape) for shape in (all_rows.shape, all_rows[:, k::2].shape))
                here.select_none()
                n = len(all_rows[rows])
                for v in range(k, all_rows.shape[1], 2):
                    here.select_hyperslab((0, v), (1, 1), block=(n, 1), op=h5py.h5s.SELECT_OR)
                if n < len(all_rows):
                    there.select_hyperslab((len(all_rows) - n, 0), (1, 1), block=(n, all_rows[:, k::2].shape[1]))
                layout.set_virtual(here, files[k].encode(), (dataset or f"/{path}").encode(), there)
            del whole[path]
            h5py.h5d.create(whole.id, path.encode(), h5py.h5t.IEEE_F64LE, h5py.h5s.create_simple(all_rows.shape),
                            dcpl=layout)


def report__parts_beside_results_are_read():
    sample()
    page = pathlib.Path(MADE).read_bytes()
    os.remove(MADE)
    tie()
    jobs.expect(again("results"), 0)
    assert pathlib.Path(MADE).read_bytes() == page
    os.remove(MADE)
    os.remove(f"results/{PARTS[1]}")
    jobs.expect(again("results"), 2, f"its part {PARTS[1]} is not beside it")
    assert not os.path.exists(MADE)


def report__what_is_no_part_is_not_read():
    """Of the files that a results.h5 names only parts beside it are opened, and of those only their own bytes."""
    sample()
    os.remove(MADE)
    shutil.copytree("results", "kept")

    def refused(damage, *says, **more):
        shutil.rmtree("results")
        shutil.copytree("kept", "results")
        tie(**more)
        damage()
        jobs.expect(again("results"), 2, *(says or ("/predictions/actual points to something",)))
        assert not os.path.exists(MADE)

    os.mkdir("elsewhere")
    for name in (os.path.abspath(f"elsewhere/{PARTS[0]}"), f"../elsewhere/{PARTS[0]}", f"./{PARTS[0]}", "other.h5",
                 PARTS[0] + "\n", PARTS[0].replace(".000.", ".00.")):
        refused(lambda where=name: where[0] == "." or shutil.copy(
            f"results/{PARTS[0]}", os.path.join("results", where)), files=(name, PARTS[1]))
    shutil.copy(f"results/{PARTS[0]}", "elsewhere")
    refused(lambda: None, files=(f"../elsewhere/{PARTS[0]}", PARTS[1]))
    refused(lambda: None, dataset="/predictions/predicted")
    refused(lambda: None, rows=slice(100))

    def link():
        os.rename(f"results/{PARTS[0]}", "elsewhere/part.h5")
        os.symlink(os.path.abspath("elsewhere/part.h5"), f"results/{PARTS[0]}")
    refused(link, f"{PARTS[0]}: cannot be read")

    def point(how):
        with h5py.File(f"results/{PARTS[0]}", "r+") as file:
            shape = file["predictions/actual"].shape
            file.move("predictions/actual", "kept")
            how(file, shape)
    pathlib.Path("raw").write_bytes(bytes(10**6))
    with h5py.File("other.h5", "w") as file:
        file["secret"] = np.full((900, 3), 7.0)

    def virtual(file, shape):
        layout = h5py.VirtualLayout(shape, "f8")
        layout[:] = h5py.VirtualSource(os.path.abspath("other.h5"), "secret", (900, 3))[:, :shape[1]]
        file.create_virtual_dataset("predictions/actual", layout)
    says = (PARTS[0], "/predictions/actual is missing or not as pulse-train writes it")
    refused(lambda: point(virtual), *says)
    refused(lambda: point(lambda file, shape: file.__setitem__(
        "predictions/actual", h5py.ExternalLink(os.path.abspath("other.h5"), "/secret"))), *says)
    refused(lambda: point(lambda file, shape: file.create_dataset(
        "predictions/actual", shape, "f8", external=[(os.path.abspath("raw"), 0, 8 * shape[0] * shape[1])])), *says)


def report__odd_runs_have_a_page():
    """Nothing trained, one row, one variable, weights, select, failed windows: whole pages all."""
    twins = jobs.panel(600, 4, 46)
    twins["v03"] = twins["v01"]
    still = jobs.panel(500, 2, 49)
    still["v01"] = 5.0
    for frame, options, code in (
            (jobs.panel(100, 3, 19), (), 0),
            (jobs.panel(1, 2, 13), ("--transform", "level", "--burn-in", 1, "--lags", 1,
                                    "--min-history", 0), 0),
            (jobs.panel(500, 1, 12), ("--history", "halflife:5"), 0),
            (jobs.panel(500, 2, 14), ("--combine", "select", "--trust", "persistence"), 0),
            (still, ("--history", "rolling:9", "--min-history", 90), 0),
            (twins, ("--ridge", "0,10"), 4)):
        train(frame, *options, code=code)
        page = Reader(MADE)
        assert page.faults == [], (options, page.faults[:5])
        text = pathlib.Path(MADE).read_text(encoding="utf-8")
        assert not re.search(r'"[^"<>]*\b(?:nan|inf)\b[^"<>]*"', text.partition("<script>")[0]), options
        assert jobs.summary("results")["batches"]["failed"] == sum(
            int(row[1][1]) for row in page.sections["windows"]["rows"] if row[4][1] == "failed")


# ---- In a browser -------------------------------------------------------------------------------


def colours_of(path):
    """How many colours a picture has, and the share of its most frequent one."""
    try:
        from PIL import Image
    except ImportError as missing:
        raise jobs.Skip("there is no Pillow here (Debian: python3-pil)") from missing
    with Image.open(path) as picture:
        counts = sorted((n for n, _ in picture.convert("RGB").getcolors(1 << 24)), reverse=True)
    return len(counts), counts[0] / sum(counts)


def report__is_read_on_desk_and_phone_in_light_and_dark():
    sample()
    with browser.opened(MADE) as page:
        paper = {}
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                page.size(width)
                page.colours(scheme)
                paper[scheme] = page.run("return getComputedStyle(document.body).backgroundColor")
                wide = page.run("return [document.documentElement.scrollWidth, innerWidth]")
                assert wide[0] <= wide[1] == width, wide
                colours, most = colours_of(page.screenshot(f"{width}-{scheme}.png"))
                assert colours > 30 and 0.3 < most < 0.98, (width, scheme, colours, most)
        assert paper["light"] != paper["dark"], paper
        small = page.run("return [...document.querySelectorAll('main svg text')].map(t =>"
                         " t.getBoundingClientRect().height).filter(h => h > 0)")
        assert len(small) > 20 and min(small) > 8, small  # still legible on the phone
        assert page.complaints() == []
        asked = page.requests()
        assert asked == [page.address], asked


def report__needs_no_script():
    """All figures and tables are there, with scripts forbidden: those of the best variable in sight, those of the
    others where its name leads to."""
    summary = sample()
    with browser.opened(MADE, script=False) as page:
        body = page.driver.find_element("tag name", "body").text
        for heading in ("What stands out", "Variables", "Error over time", "Calibration", "All scores",
                        "Granger causality", "Where the time went", "Configuration"):
            assert heading in body, heading
        assert f"{summary['trust']['v00']['mean']:.3f}" in body
        charts = page.driver.find_elements("css selector", "svg[role=img]")
        assert len(charts) > 15 and all(chart.get_attribute("aria-label") for chart in charts)
        assert page.driver.find_elements("css selector", ".zoom button") == []

        def in_sight():
            return [it.get_attribute("id") for it in page.driver.find_elements("css selector", "article")
                    if it.is_displayed()]
        assert in_sight() == ["v0"]
        for link in ("#v3", "#v1"):
            page.driver.find_element("css selector", f"table.pick a[href='{link}']").click()
            assert in_sight() == [link[1:]]
            charts = page.driver.find_elements("css selector", f"{link} svg[role=img]")
            assert len(charts) == 6 and all(chart.size["height"] > 40 for chart in charts)
        assert page.complaints() == []


def report__tables_sort_and_filter():
    train(jobs.panel(900, 12, 41))
    column = ("return [...document.querySelectorAll('table.pick tbody tr')]"
              ".map(r => Number(r.cells[4].textContent))")
    shown = ("return [...document.querySelectorAll('table.pick tbody tr')]"
             ".filter(r => !r.hidden).map(r => r.cells[0].textContent)")
    with browser.opened(MADE) as page:
        page.size(1280)
        header = "document.querySelectorAll('table.pick th button')[4]"
        page.run(f"{header}.click()")
        down = page.run(column)
        assert len(down) == 12 and down == sorted(down, reverse=True), down
        page.run(f"{header}.click()")
        assert page.run(column) == sorted(down)
        page.run("const it = document.querySelector('.tools input'); it.value = 'V1'; it.dispatchEvent(new Event('input'))")
        assert sorted(page.run(shown)) == ["v10", "v11"]
        page.run("const it = document.querySelector('.tools input'); it.value = ''; it.dispatchEvent(new Event('input'))")
        page.run("document.querySelector('.tools input[type=checkbox]').click()")
        metrics = jobs.summary("results")["metrics"]
        sure = {name for name, m in metrics.items() if m["dm_p_adjusted"] is not None and m["dm_p_adjusted"] < 0.05}
        assert set(page.run(shown)) == sure, sure
        # The head stays where its rows scroll.
        page.run("document.querySelector('.tools input[type=checkbox]').click()")
        page.run("document.querySelector('.list .scroll').style.maxHeight = '150px';"
                 "document.querySelector('.list .scroll').scrollTop = 120")
        top = page.run("const at = it => document.querySelector(it).getBoundingClientRect().top;"
                       "return [at('.list .scroll'), at('.list thead th'), at('.list tbody tr')]")
        assert abs(top[0] - top[1]) < 2 and top[2] < top[0], top
        # A name chooses, and the chosen one's part is there alone.
        page.run("document.querySelector('table.pick a[href=\"#v5\"]').click()")
        assert page.run("return [...document.querySelectorAll('article')].filter(it => it.offsetHeight).map(it => it.id)"
                        ) == ["v5"]
        assert page.complaints() == []


def report__pictures_zoom_to_days():
    sample()
    with browser.opened(MADE) as page:
        page.size(1280)
        box = "return document.querySelector('article.chosen figure.whole svg.plot').getAttribute('viewBox')"
        labels = "return document.querySelector('article.chosen figure.whole g.axes').textContent"
        corners = ("return document.querySelector('article.chosen figure.whole path.seen')"
                   ".getAttribute('d').match(/[ML]/g).length")
        whole, years = page.run(box), page.run(labels)
        press = "document.querySelector('article.chosen .zoom button[value=\"%s\"]').click()"
        page.run(press % "days")
        last = jobs.summary("results")["calendar"]["last"]
        assert last in page.run(labels), page.run(labels)
        many = page.run(corners)
        page.run(press % "closer")
        assert page.run(corners) < many
        page.run(press % "all")
        page.run(press % "closer")
        assert page.run(labels) != years
        # Where the pointer is: date and values as results.h5 has them.
        page.run("const it = document.querySelector('article.chosen figure.whole svg.chart');"
                 "const at = it.getBoundingClientRect();"
                 "it.dispatchEvent(new PointerEvent('pointermove', {clientX: at.left + at.width / 2, clientY: at.top + 9}))")
        said = page.run("return document.querySelector('article.chosen .zoom output').textContent")
        day, actual, predicted = re.match(r"(\S+): actual (\S+), retrodicted (\S+), 95", said).groups()
        name = page.run("return document.querySelector('article.chosen h3').firstChild.textContent").strip()
        with h5py.File("results/results.h5") as file:
            t = list(file["calendar"][:].astype("M8[ns]").astype("M8[D]").astype(str)).index(day)
            j = list(file["variables"].asstr()[:]).index(name)
            for text, kind in ((actual, "actual"), (predicted, "predicted")):
                value = float(text.replace("\u2212", "-"))
                assert abs(value - file[f"predictions/{kind}"][t, j]) < 2e-3 * abs(value) + 0.01, (said, kind)
        page.run(press % "all")
        assert (page.run(box), page.run(labels)) == (whole, years)
        assert page.complaints() == []


def report__pictures_of_large_values_have_their_digits():
    """15,000,000 yen that move by thousands: labels of a zoomed axis differ, and values are read to their moves."""
    frame = jobs.panel(500, 1, 45) * 1000 + 15e6
    train(frame, "--lags", 1, "--ridge", 100)
    with browser.opened(MADE) as page:
        page.size(1280)
        page.run("document.querySelector('article.chosen .zoom button[value=\"days\"]').click()")
        labels = page.run("return [...document.querySelectorAll('article.chosen figure.whole g.axes text.e')].map("
                          "it => it.textContent)")
        page.run("const it = document.querySelector('article.chosen figure.whole svg.chart');"
                 "const at = it.getBoundingClientRect();"
                 "it.dispatchEvent(new PointerEvent('pointermove', {clientX: at.right - 9, clientY: at.top + 9}))")
        said = page.run("return document.querySelector('article.chosen .zoom output').textContent")
    assert len(labels) > 3 and len(set(labels)) == len(labels), labels
    day, actual = re.match(r"(\S+): actual (\S+),", said).groups()
    assert abs(float(actual) - frame["v00"][day]) < 100, (said, frame["v00"][day])


def report__pictures_of_a_century_zoom():
    """One variable's days may be so many that a call cannot take their values as arguments."""
    train(jobs.panel(36000, 1, 45, "1900-01-01"), "--lags", 1, "--batch-size-days", 365, "--ridge", 100)
    with browser.opened(MADE) as page:
        page.size(1280)
        page.run("const it = document.querySelector('article.chosen figure.whole svg.plot');"
                 "const at = it.getBoundingClientRect();"
                 "for (const [kind, part] of [['pointerdown', 0.01], ['pointerup', 0.999]])"
                 "  it.dispatchEvent(new PointerEvent(kind, {clientX: at.left + part * at.width, clientY: at.top + 9,"
                 "                                           bubbles: true}))")
        labels = page.run("return document.querySelector('article.chosen figure.whole g.axes').textContent")
        assert "1901-" in labels and page.complaints() == [], (labels, page.complaints())


def report__no_column_is_cut_in_print():
    """On A4 and Letter, margins taken off: nothing reaches beyond the paper, and what is for the hand is not there."""
    sample(options=("--horizon", "1,5,21"))
    with browser.opened(MADE) as page:
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        for inches in (8.27, 8.5):
            width = int((inches - 2 * 12 / 25.4) * 96)
            page.size(width)
            beyond = page.run(
                "return [...document.querySelectorAll('table, figure, pre, p, dl')].filter(it => it.offsetWidth &&"
                f" it.getBoundingClientRect().right > {width} + 1).map(it => it.outerHTML.slice(0, 80))")
            assert beyond == [], (width, beyond[:3])
            cut = page.run("return [...document.querySelectorAll('.scroll')].filter(it => it.offsetWidth &&"
                           " it.scrollWidth > it.clientWidth + 1).map(it => it.innerHTML.slice(0, 80))")
            assert cut == [], (width, cut[:3])
            assert page.run("return [...document.querySelectorAll('nav, .zoom, .tools')].every(it => !it.offsetHeight)")
            # A button would be left out where the head of a table is repeated on the next page.
            heads = page.run("return [...document.querySelectorAll('th button')].map(it => getComputedStyle(it).display)")
            assert len(heads) > 8 and set(heads) == {"contents"}, heads
        articles = page.run("return [...document.querySelectorAll('article')].filter(it => it.offsetHeight).length")
        assert articles == 5  # few variables: all of them are printed


def axe():
    """The source of axe-core, or a reason to skip."""
    home = pathlib.Path(os.environ["PULSE_AXE"])
    reason = fetch(home, ["install", "--ignore-scripts", "--prefix", ".", "axe-core@4.10.2"])
    if reason is not None:
        raise jobs.Skip(reason)
    return (home / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")


def check_access(script):
    """What axe says of the page, wide and narrow, light and dark."""
    with browser.opened(MADE) as page:
        page.driver.set_script_timeout(300)
        for width, scheme in ((1280, "light"), (1280, "dark"), (390, "light")):
            page.size(width)
            page.colours(scheme)
            page.run(script)
            found = page.driver.execute_async_script(
                "const done = arguments[arguments.length - 1];"
                "axe.run().then(r => done(r.violations.filter(v => ['serious', 'critical'].includes(v.impact))"
                ".map(v => [v.id, v.nodes.length, v.nodes[0].html.slice(0, 120), v.nodes[0].failureSummary])))")
            assert found == [], (width, scheme, found)


def report__axe_finds_no_serious_fault():
    """Nor where all that can be scrolled has something to scroll: a table, and a command of many names."""
    script = axe()
    sample(options=("--horizon", "1,5"))
    check_access(script)
    frame = jobs.panel(300, 40, 3)
    frame.columns = [f"{i} {'x' * 150}" for i in range(40)]
    train(frame, "--variables", *frame.columns)
    check_access(script)


def report__names_that_are_markup_are_text():
    """Names from data may hold anything: the page shows it, and does not do it."""
    names = ["<script>document.title='hit'</script>", "a\"b' onload='x", "&amp;<b>&", "</style></svg>",
             "größe\u2028x", "x" * 200, "x" + "é" * 100]
    frame = jobs.panel(500, len(names), 47)
    frame.columns = names
    train(frame)
    page = Reader(MADE)
    assert page.faults == [], page.faults[:5]
    shown = [row[0][1] for row in page.sections["variables"]["rows"]]
    assert sorted(shown) == sorted(names), shown
    with browser.opened(MADE) as opened:
        assert opened.run("return document.title") == "Retrodiction report"
        assert opened.run("return document.querySelectorAll('script').length") == 1
        assert opened.run("return document.querySelectorAll('th b, figure b').length") == 0
        assert opened.run("return [...document.querySelectorAll('*')].some(e => e.onload)") is False
        opened.size(390)
        wide = opened.run("return [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1], wide
        assert opened.complaints() == []


def report__texts_of_a_summary_are_text():
    """Whatever a summary.json says where pulse-train writes a date, a name or a version; the terminal's table too."""
    sample()
    os.remove(MADE)
    summary, said = jobs.summary("results"), '<b id="hit">\'"&\x1b[7m'
    kept = (summary["fingerprint"], summary["results"])

    def replace(value):
        if isinstance(value, dict):
            return {key: replace(one) for key, one in value.items()}
        if isinstance(value, list):
            return [replace(one) for one in value]
        return said if isinstance(value, str) else value
    summary = replace(summary)
    summary["fingerprint"], summary["results"] = kept
    pathlib.Path("results/summary.json").write_text(json.dumps(summary), encoding="utf-8")
    jobs.expect(again("results"), 0)
    page, text = Reader(MADE), pathlib.Path(MADE).read_text(encoding="utf-8")
    assert page.faults == [] and text.count("&lt;b id=&quot;hit&quot;&gt;") > 20 and "<b id" not in text
    done = again("table", "results")
    assert done.returncode == 0 and "\x1b" not in done.stdout and "hit" in done.stdout, done.stdout


def make_large(rows, variables, *options):
    """A page of many variables, and what all such pages keep."""
    done = jobs.run("synth", "--rows", rows, "--variables", variables, "--sparse", 0, "--seed", 3, "panel.csv",
                    executable=os.path.join(jobs.binaries(), "pulse-data"))
    assert done.returncode == 0, done.stderr
    done = jobs.run("--data", "panel.csv", "--no-progress", "--lags", 1, *options, timeout=200)
    assert done.returncode == 0, done.stderr
    page = Reader(MADE)
    assert page.faults == [] and len(page.details) == variables
    with browser.opened(MADE) as opened:
        for width, height in ((1280, 900), (390, 844)):
            opened.size(width, height)
            wide = opened.run("return [document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], wide
            assert opened.run("return document.documentElement.scrollHeight") <= 20 * height
        assert opened.complaints() == []
    print(f"{os.path.getsize(MADE)} bytes")
    return os.path.getsize(MADE)


def report__200_variables_over_20_years_stay_below_4_mb():
    assert 1e6 < make_large(5040, 200, "--ridge", "100,10000") < 4e6


def report__1000_variables_are_a_page_of_20_screens():
    assert 3e6 < make_large(700, 1000, "--ridge", "1000") < 5e6


def report__of_more_than_2000_variables_those_without_a_part_are_counted():
    """A name that is no link has a reason, and every link leads somewhere."""
    train(jobs.panel(60, 2015, 3), "--lags", 1, "--ridge", 100, "--burn-in", 5, "--min-history", 30, "--transform", "level")
    text = pathlib.Path(MADE).read_text(encoding="utf-8")
    assert "15 variables between the first and the last 1000 have no part" in text
    linked, there = (set(re.findall(form, text)) for form in (r'href="#(v\d+)"', r'<article id="(v\d+)"'))
    assert linked == there and len(there) == 2000


if __name__ == "__main__":
    sys.exit(jobs.main(globals()))
