/* Tables with a line per variable, and small pictures inside their lines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "report/page.h"

enum { STRIP = 136, STRIP_HEIGHT = 17 };
static const double MIDDLE = STRIP_HEIGHT / 2.0;

static double read_forecast(const struct pulse_page *page, int64_t v, const char *key)
{
    return pulse_report_number(page->report, "forecast", v, key);
}

/* ---- All variables -------------------------------------------------------------- */

static void write_variable(const struct pulse_page *page, int64_t v)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char a[PULSE_SHOWN];
    const double n = pulse_page_metric(page, v, "n");
    const double low = read_forecast(page, v, "lower_95"),
                 high = read_forecast(page, v, "upper_95");
    const struct {
        const char *section, *key;
        int percent, decimals; /* 0 decimals: a p-value */
    } cells[] = {{"metrics", "skill", 1, 2},
                 {"metrics", "skill_scaled", 1, 2},
                 {"metrics", "dm_p_adjusted", 0, 0},
                 {"metrics", "hit_rate", 1, 1},
                 {"trust", "mean", 0, 3},
                 {"trust", "lower_95", 0, 3},
                 {"trust", "upper_95", 0, 3},
                 {"metrics", "coverage_80", 1, 1},
                 {"metrics", "coverage_95", 1, 1}};
    pulse_page_table_name(out, report->names[v]);
    pulse_page_table_number(out, n, pulse_shown_count(isfinite(n) ? (int64_t)n : 0, a));
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        const double x = pulse_report_number(report, cells[i].section, v, cells[i].key);
        const char *shown = cells[i].percent         ? pulse_shown_percent(x, cells[i].decimals, a)
                            : cells[i].decimals == 0 ? pulse_shown_p(x, a)
                                                     : pulse_shown_fixed(x, cells[i].decimals, a);
        pulse_page_table_number(out, x, shown);
    }
    const double next = read_forecast(page, v, "value");
    pulse_page_table_number(out, next, pulse_shown_value(next, (high - low) / 2, a));
    (void)fputs("</tr>\n", out);
}

/* The variables from one position of the order to another, in a line; none where there are none. */
static void write_names(const struct pulse_page *page, const char *what, int64_t from, int64_t end)
{
    FILE *out = page->out;
    if (from == end)
        return;
    (void)fprintf(out, "<p class=\"note\">%s: ", what);
    for (int64_t i = from; i < end; i++) {
        (void)fputs(i > from ? ", " : "", out);
        pulse_svg_escape(out, page->report->names[page->order[i]]);
    }
    (void)fputs(".</p>\n", out);
}

void pulse_page_variables(const struct pulse_page *page)
{
    FILE *out = page->out;
    pulse_page_section_open(
        out, "variables", "Variables",
        "By skill, the best first, here and below. <em>Skill</em> is 1 − squared error / that of "
        "persistence, <em>scaled</em> the same on changes in units of their scale, so that a price "
        "that grew tenfold is not judged by its last years alone; <em>p</em> how likely so much is "
        "by luck (Diebold–Mariano, adjusted for the number of variables); <em>hits</em> is "
        "the directional accuracy, the share of moves whose direction was predicted, "
        "<em>trust</em> the probability that the next one is, with "
        "its 95&nbsp;% credible interval; <em>in 80&nbsp;%</em> is how often an 80&nbsp;% interval "
        "held what came.");
    pulse_page_table_open(
        out, "sort",
        "variable|rows|skill|scaled|p|hits|trust|from|to|in 80&nbsp;%|in 95&nbsp;%|next "
        "value");
    for (int64_t i = 0; i < page->n; i++)
        write_variable(page, page->order[i]);
    pulse_page_table_close(out);
    write_names(page, "Never entered, having fewer values than the burn-in asks for", page->n,
                page->targets);
    write_names(page, "Not predicted, only learned from", page->targets, page->report->V);
    pulse_page_section_close(out);
}

/* ---- Shares with their uncertainty ---------------------------------------------- */

struct share {
    double value, low, high;
};

/* Wilson's 95 % interval for a share of k in n (1927). */
static struct share compute_share(double k, double n)
{
    const double z = 1.959963984540054, zz = z * z / n;
    if (!(n > 0))
        return (struct share){NAN, NAN, NAN};
    const double p = k / n, middle = (p + zz / 2) / (1 + zz);
    const double half = z / (1 + zz) * sqrt(p * (1 - p) / n + zz / (4 * n));
    return (struct share){p, fmax(0, middle - half), fmin(1, middle + half)};
}

/* The share on a scale that all lines have in common, where `ref` is marked. */
static void draw_strip(FILE *out, const struct pulse_axis *axis, const struct share *share,
                       double ref)
{
    (void)fputs("<td>", out);
    if (isfinite(share->value)) {
        pulse_svg_open_silent(out, "strip", STRIP, STRIP_HEIGHT);
        pulse_svg_line(out, "ref", pulse_axis_at(axis, ref), 0, pulse_axis_at(axis, ref),
                       STRIP_HEIGHT);
        pulse_svg_line(out, "i", pulse_axis_within(axis, share->low), MIDDLE,
                       pulse_axis_within(axis, share->high), MIDDLE);
        pulse_svg_dot(out, "d", pulse_axis_within(axis, share->value), MIDDLE, 3);
        pulse_svg_close(out);
    }
    (void)fputs("</td>", out);
}

static void write_share(FILE *out, const struct share *share, const struct pulse_axis *axis,
                        double ref)
{
    char text[PULSE_SHOWN];
    pulse_page_table_number(out, share->value, pulse_shown_percent(share->value, 1, text));
    pulse_page_table_number(out, share->low, pulse_shown_percent(share->low, 1, text));
    pulse_page_table_number(out, share->high, pulse_shown_percent(share->high, 1, text));
    draw_strip(out, axis, share, ref);
}

static struct share compute_hits(const struct pulse_page *page, int64_t v)
{
    return compute_share(pulse_page_metric(page, v, "hits"), pulse_page_metric(page, v, "moves"));
}

/* The scale of a strip, rounded to whole percents. */
static struct pulse_axis round_axis(double low, double high)
{
    return (struct pulse_axis){fmax(0, floor(100 * low - 1) / 100),
                               fmin(1, ceil(100 * high + 1) / 100), 4, STRIP - 4};
}

void pulse_page_direction(const struct pulse_page *page)
{
    FILE *out = page->out;
    char text[PULSE_SHOWN], columns[256], low[PULSE_SHOWN], high[PULSE_SHOWN];
    double least = 0.5, most = 0.5;
    for (int64_t i = 0; i < page->n; i++) {
        const struct share share = compute_hits(page, page->order[i]);
        if (pulse_page_metric(page, page->order[i], "moves") >= 100) {
            least = fmin(least, share.low);
            most = fmax(most, share.high);
        }
    }
    const struct pulse_axis axis = round_axis(least, most);
    pulse_page_section_open(
        out, "direction", "Direction",
        "Directional accuracy: the share of moves whose direction was predicted, with Wilson’s "
        "95&nbsp;% interval. The dashed line is one half, a coin; all lines have one scale, "
        "and intervals that are wider are cut at its ends.");
    (void)snprintf(columns, sizeof columns, "variable|moves|hits|share|from|to|%s … %s",
                   pulse_shown_percent(axis.low, 0, low), pulse_shown_percent(axis.high, 0, high));
    pulse_page_table_open(out, "sort", columns);
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        const double moves = pulse_page_metric(page, v, "moves");
        const double hits = pulse_page_metric(page, v, "hits");
        const struct share share = compute_share(hits, moves);
        pulse_page_table_name(out, page->report->names[v]);
        pulse_page_table_number(out, moves,
                                pulse_shown_count(isfinite(moves) ? (int64_t)moves : 0, text));
        pulse_page_table_number(out, hits,
                                pulse_shown_count(isfinite(hits) ? (int64_t)hits : 0, text));
        write_share(out, &share, &axis, 0.5);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* ---- Calibration, the lines ----------------------------------------------------- */

static double sum_column(const struct pulse_report *report, const double *matrix, int64_t v)
{
    double sum = 0;
    for (int64_t w = 0; w < report->W; w++)
        sum += matrix[w * report->V + v];
    return sum;
}

void pulse_page_coverage_table(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_axis eighty = round_axis(0.74, 0.86), more = round_axis(0.92, 0.98);
    char text[PULSE_SHOWN];
    pulse_page_table_open(out, "sort",
                          "variable|rows|in 80&nbsp;%|from|to|73 … 87&nbsp;%|in "
                          "95&nbsp;%|from|to|91 … 99&nbsp;%|score 95&nbsp;%");
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        const double n = sum_column(report, report->interval_rows, v);
        const struct share a = compute_share(sum_column(report, report->inside_80, v), n);
        const struct share b = compute_share(sum_column(report, report->inside_95, v), n);
        pulse_page_table_name(out, report->names[v]);
        pulse_page_table_number(out, n, pulse_shown_count((int64_t)n, text));
        write_share(out, &a, &eighty, 0.8);
        write_share(out, &b, &more, 0.95);
        const double score = pulse_page_metric(page, v, "interval_score_95");
        pulse_page_table_number(out, score, pulse_shown_value(score, score / 100, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- Weights -------------------------------------------------------------------- */

/* The blocks of features in a candidate's name, "lag1,ewma4 ridge=100": how many letters; and its
 * penalty. 0 for a name without either. */
static int split_candidate(const char *name, double *penalty)
{
    static const char mark[] = " ridge=";
    const char *at = strstr(name, mark);
    return at != NULL && pulse_parse_real(at + sizeof mark - 1, 0, INFINITY, penalty)
               ? (int)(at - name)
               : 0;
}

/* Words of a list of features, which may break after each. */
static void put_features(FILE *out, const char *text, int length)
{
    char one[2] = "";
    for (int i = 0; i < length; i++) {
        one[0] = text[i];
        pulse_svg_escape(out, one);
        if (text[i] == ',' || text[i] == '+')
            (void)fputs("<wbr>", out);
    }
}

/* Two lines: the features, each above its penalties. */
static void write_candidates(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    double penalty;
    (void)fputs("<thead><tr><th scope=\"col\"></th>", out);
    for (int64_t c = 0, end; c < report->C; c = end) {
        const char *name = report->candidates[c];
        const int length = split_candidate(name, &penalty);
        for (end = c + 1; end < report->C && length > 0 &&
                          split_candidate(report->candidates[end], &penalty) == length &&
                          strncmp(report->candidates[end], name, (size_t)length) == 0;)
            end++;
        (void)fprintf(out, "<th scope=\"colgroup\" class=\"g\" colspan=\"%d\">", (int)(end - c));
        put_features(out, name, length);
        (void)fputs("</th>", out);
    }
    (void)fputs("<th></th></tr>\n<tr><th scope=\"col\" class=\"l\">variable</th>", out);
    for (int64_t c = 0; c < report->C; c++) {
        (void)fputs("<th scope=\"col\">", out);
        if (split_candidate(report->candidates[c], &penalty) > 0)
            (void)fprintf(out, "λ %.6g", penalty);
        else
            pulse_svg_escape(out, report->candidates[c]);
        (void)fputs("</th>", out);
    }
    (void)fputs("<th scope=\"col\">b</th></tr></thead>", out);
}

void pulse_page_weights(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char text[PULSE_SHOWN];
    pulse_page_section_open(
        out, "weights", "What the forecast is made of",
        "Final weights of the candidates, one fit for each list of features and each ridge penalty "
        "λ, and persistence; <em>b</em> is how far their mean is followed away from "
        "persistence: 0 not at all, 1 all the way.");
    (void)fputs("<div class=\"scroll\"><table class=\"sort\">", out);
    write_candidates(page);
    (void)fputs("<tbody>\n", out);
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        pulse_page_table_name(out, report->names[v]);
        for (int64_t c = 0; c < report->C; c++) {
            const double w = report->final_weights[c * report->V + v];
            if (!isfinite(w))
                (void)fputs("<td data-v=\"\">–</td>", out);
            else
                (void)fprintf(out, "<td class=\"heat\" style=\"--h:%.0f\" data-v=\"%.17g\">%s</td>",
                              100 * w, w, pulse_shown_fixed(w, 2, text));
        }
        const double b = report->final_shrinkage[v];
        pulse_page_table_number(out, b, pulse_shown_fixed(b, 2, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* ---- Forecast ------------------------------------------------------------------- */

/* Both intervals, the value, and where the variable stands now, on a scale of the line's own. */
static void draw_forecast(FILE *out, const double *f)
{
    const struct pulse_axis axis = {fmin(f[2], f[0]), fmax(f[5], f[0]), 5, STRIP - 5};
    (void)fputs("<td>", out);
    if (isfinite(axis.high - axis.low) && isfinite(f[1])) {
        pulse_svg_open_silent(out, "strip", STRIP, STRIP_HEIGHT);
        pulse_svg_line(out, "i", pulse_axis_at(&axis, f[2]), MIDDLE, pulse_axis_at(&axis, f[5]),
                       MIDDLE);
        pulse_svg_line(out, "i2", pulse_axis_at(&axis, f[3]), MIDDLE, pulse_axis_at(&axis, f[4]),
                       MIDDLE);
        pulse_svg_line(out, "now", pulse_axis_at(&axis, f[0]), 2, pulse_axis_at(&axis, f[0]),
                       STRIP_HEIGHT - 2);
        pulse_svg_dot(out, "o", pulse_axis_at(&axis, f[1]), MIDDLE, 3.2);
        pulse_svg_close(out);
    }
    (void)fputs("</td>", out);
}

void pulse_page_forecast(const struct pulse_page *page)
{
    static const char *const keys[] = {"previous", "value",    "lower_95",
                                       "lower_80", "upper_80", "upper_95"};
    FILE *out = page->out;
    char text[PULSE_SHOWN];
    pulse_page_section_open(
        out, "forecast", "Next day",
        "What the final fit predicts for the first day after the period (of a monthly "
        "variable: for its next release). The dot is that value, the upright stroke "
        "the last observation, the thick line the 80&nbsp;% interval, the thin one "
        "the 95&nbsp;% interval; each line has a scale of its own.");
    pulse_page_table_open(out, "sort",
                          "variable|last|next|95&nbsp;% from|80&nbsp;% from|80&nbsp;% to|95&nbsp;% "
                          "to|");
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        double f[6];
        for (int k = 0; k < 6; k++)
            f[k] = read_forecast(page, v, keys[k]);
        pulse_page_table_name(out, page->report->names[v]);
        for (int k = 0; k < 6; k++)
            pulse_page_table_number(out, f[k], pulse_shown_value(f[k], (f[5] - f[2]) / 2, text));
        draw_forecast(out, f);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}
