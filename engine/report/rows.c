/* Retrodicted against actual: the whole period pixel by pixel, and the last rows one by one. */
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/page.h"

enum { HEIGHT = 176, TOP = 4, BOTTOM = 156, LEFT = 52, WHOLE = 620, LAST = 380 };
enum { UNITS = 2000, LAST_ROWS = 60 };
/* Columns of all pictures together, for the page's size; and of one, finer than any screen. */
enum { ALL_COLUMNS = 24000, MOST_COLUMNS = 1240, LEAST_COLUMNS = 120 };

/* The least and the most of each of the four rows' kinds in one column; NaN where there is none. */
struct column {
    double low[4], high[4];
};

/* Where the rows of each column begin: n + 1 of them, those of column c being first[c] and up to
 * first[c + 1]. The same for all variables. */
static void find_columns(const struct pulse_report *report, int64_t n, int64_t *first)
{
    const double start = (double)report->calendar[0];
    const double days = (double)report->calendar[report->T - 1] - start;
    int64_t next = 0;
    for (int64_t t = 0; t < report->T; t++) {
        const double at = days > 0 ? ((double)report->calendar[t] - start) / days : 0;
        for (const int64_t c = llround(at * (double)(n - 1)); next <= c; next++)
            first[next] = t;
    }
    for (; next <= n; next++)
        first[next] = report->T;
}

/* Written so that NaN is passed over, and that it takes one instruction each. */
static inline double less_of(double x, double low)
{
    return x < low ? x : low;
}

static inline double more_of(double x, double high)
{
    return x > high ? x : high;
}

static struct column find_range(double *const rows[4], int64_t from, int64_t end)
{
    struct column column;
    for (int k = 0; k < 4; k++) {
        column.low[k] = INFINITY;
        column.high[k] = -INFINITY;
    }
    for (int64_t t = from; t < end; t++)
        for (int k = 0; k < 4; k++) {
            column.low[k] = less_of(rows[k][t], column.low[k]);
            column.high[k] = more_of(rows[k][t], column.high[k]);
        }
    for (int k = 0; k < 4; k++)
        if (column.low[k] > column.high[k])
            column.low[k] = column.high[k] = NAN;
    return column;
}

static void fill_columns(const struct pulse_report *report, const int64_t *first,
                         struct column *columns, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        columns[c] = find_range(report->column, first[c], first[c + 1]);
}

/* The range of what was observed and retrodicted; the bounds may leave it by a half of it. */
static struct pulse_axis find_axis(const struct column *columns, int64_t n)
{
    double low = NAN, high = NAN, least = NAN, most = NAN;
    for (int64_t c = 0; c < n; c++) {
        for (int k = PULSE_REPORT_ACTUAL; k <= PULSE_REPORT_PREDICTED; k++) {
            low = fmin(low, columns[c].low[k]);
            high = fmax(high, columns[c].high[k]);
        }
        least = fmin(least, columns[c].low[PULSE_REPORT_LOWER]);
        most = fmax(most, columns[c].high[PULSE_REPORT_UPPER]);
    }
    const double margin = 0.5 * (high - low), little = 0.03 * (high - low);
    low = fmax(fmin(low, least), low - margin) - little;
    high = fmin(fmax(high, most), high + margin) + little;
    if (!(high > low)) { /* it never moves */
        low -= fmax(1, fabs(low) / 10);
        high += fmax(1, fabs(high) / 10);
    }
    return (struct pulse_axis){low, high, BOTTOM, TOP};
}

static int64_t scale_value(const struct pulse_axis *y, double value)
{
    const struct pulse_axis whole = {y->low, y->high, UNITS, 0};
    return llround(pulse_axis_within(&whole, value));
}

/* Columns without a value that may lie between two with one: four times as many as usual, so that a
 * monthly variable is a line and a stretch that was not trained is a gap. */
static int64_t find_usual_gap(const struct column *columns, int64_t n, int lower, int upper)
{
    int64_t held = 0, first = -1, last = -1;
    for (int64_t c = 0; c < n; c++)
        if (!isnan(columns[c].low[lower]) && !isnan(columns[c].high[upper])) {
            held++;
            first = first < 0 ? c : first;
            last = c;
        }
    return held < 2 ? 1 : 4 * ((last - first) / (held - 1) + 1);
}

/* From the least of one kind to the most of another, as areas: a pixel's whole range is inked. */
static void draw_envelope(FILE *out, const char *class, const struct column *columns, int64_t n,
                          int lower, int upper, const struct pulse_axis *y)
{
    const int64_t gap = find_usual_gap(columns, n, lower, upper);
    struct pulse_pen pen;
    pulse_pen_open(&pen, out, class);
    for (int64_t c = 0; c < n;) {
        int64_t last = -1;
        const int64_t first = c;
        for (; c < n && (last < 0 || c - last <= gap); c++) {
            if (isnan(columns[c].low[lower]) || isnan(columns[c].high[upper]))
                continue;
            (last < 0 ? pulse_pen_move : pulse_pen_draw)(&pen, c,
                                                         scale_value(y, columns[c].high[upper]));
            last = c;
        }
        if (last < 0)
            break;
        for (int64_t b = last; b >= first; b--)
            if (!isnan(columns[b].low[lower]) && !isnan(columns[b].high[upper]))
                pulse_pen_draw(&pen, b, scale_value(y, columns[b].low[lower]));
        pulse_pen_shut(&pen);
        c = last + 1;
    }
    pulse_pen_close(&pen);
}

static void draw_value_axis(FILE *out, const struct pulse_axis *y, double width)
{
    double ticks[PULSE_TICKS];
    char text[PULSE_SHOWN];
    int decimals;
    const int n = pulse_ticks(y->low, y->high, 4, ticks, &decimals);
    for (int i = 0; i < n; i++) {
        const double at = pulse_axis_at(y, ticks[i]);
        pulse_svg_line(out, "t", LEFT, at, width, at);
        pulse_svg_text(out, "e", LEFT - 5, at + 3.5,
                       fabs(ticks[i]) >= 1e6 || decimals > 6
                           ? pulse_shown_value(ticks[i], ticks[1] - ticks[0], text)
                           : pulse_shown_fixed(ticks[i], decimals, text));
    }
}

/* ---- The whole period ----------------------------------------------------------- */

static void draw_whole_period(const struct pulse_page *page, int64_t v,
                              const struct column *columns, int64_t n)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_axis y = find_axis(columns, n);
    const struct pulse_axis x = {(double)report->calendar[0],
                                 (double)report->calendar[report->T - 1], LEFT, WHOLE};
    char title[256];
    (void)snprintf(title, sizeof title, "%.*s over the whole period",
                   pulse_title_bytes(report->names[v]), report->names[v]);
    (void)fprintf(out, "<figure class=\"whole\" data-range=\"%.0f %.0f %.9g %.9g\">", x.low, x.high,
                  y.low, y.high);
    pulse_svg_open(out, "chart wide", WHOLE, HEIGHT, title,
                   "What was observed, what was retrodicted, and the 95 % interval around that");
    (void)fputs("<g class=\"axes\">", out);
    draw_value_axis(out, &y, WHOLE);
    pulse_axis_days(out, &x, BOTTOM, 8);
    (void)fputs("</g>", out);
    pulse_svg_plot_open(out, LEFT, TOP, WHOLE - LEFT, BOTTOM - TOP, n - 1, UNITS);
    draw_envelope(out, "oband", columns, n, PULSE_REPORT_LOWER, PULSE_REPORT_UPPER, &y);
    draw_envelope(out, "orange", columns, n, PULSE_REPORT_PREDICTED, PULSE_REPORT_PREDICTED, &y);
    draw_envelope(out, "range", columns, n, PULSE_REPORT_ACTUAL, PULSE_REPORT_ACTUAL, &y);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* ---- The last rows -------------------------------------------------------------- */

/* The rows with an observation, at most LAST_ROWS, from the end; returns how many, ascending. */
static int64_t find_last_rows(const struct pulse_report *report, int64_t *rows)
{
    int64_t n = 0, t = report->T;
    while (t > 0 && n < LAST_ROWS) {
        t--;
        if (!isnan(report->column[PULSE_REPORT_ACTUAL][t]))
            rows[LAST_ROWS - ++n] = t;
    }
    for (int64_t i = 0; i < n; i++)
        rows[i] = rows[LAST_ROWS - n + i];
    return n;
}

static void draw_last_line(FILE *out, const char *class, const struct pulse_report *report,
                           int kind, const int64_t *rows, int64_t n, const struct pulse_axis *y)
{
    struct pulse_pen pen;
    bool down = false;
    pulse_pen_open(&pen, out, class);
    for (int64_t i = 0; i < n; i++) {
        const double value = report->column[kind][rows[i]];
        if (!isnan(value))
            (down ? pulse_pen_draw : pulse_pen_move)(&pen, i, scale_value(y, value));
        down = !isnan(value);
    }
    pulse_pen_close(&pen);
}

static void draw_last_rows(const struct pulse_page *page, int64_t v)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    int64_t rows[LAST_ROWS];
    struct column shown[LAST_ROWS];
    char title[256];
    const int64_t n = find_last_rows(report, rows);
    for (int64_t i = 0; i < n; i++)
        for (int k = 0; k < 4; k++)
            shown[i].low[k] = shown[i].high[k] = report->column[k][rows[i]];
    if (n < 2)
        return;
    const struct pulse_axis y = find_axis(shown, n);
    (void)snprintf(title, sizeof title, "The last %d observations of %.*s", (int)n,
                   pulse_title_bytes(report->names[v]), report->names[v]);
    (void)fputs("<figure>", out);
    pulse_svg_open(out, "chart", LAST, HEIGHT, title,
                   "What was observed, what was retrodicted, and the 95 % interval around that");
    draw_value_axis(out, &y, LAST);
    const struct pulse_axis days = {(double)report->calendar[rows[0]],
                                    (double)report->calendar[rows[n - 1]], LEFT, LAST};
    pulse_axis_days(out, &days, BOTTOM, 4);
    pulse_svg_plot_open(out, LEFT, TOP, LAST - LEFT, BOTTOM - TOP, n - 1, UNITS);
    draw_envelope(out, "oband", shown, n, PULSE_REPORT_LOWER, PULSE_REPORT_UPPER, &y);
    draw_last_line(out, "predicted", report, PULSE_REPORT_PREDICTED, rows, n, &y);
    draw_last_line(out, "seen", report, PULSE_REPORT_ACTUAL, rows, n, &y);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

int pulse_page_rows(const struct pulse_page *page, struct pulse_err *err)
{
    FILE *out = page->out;
    struct pulse_report *report = page->report;
    int64_t n = ALL_COLUMNS / (page->n > 0 ? page->n : 1);
    n = n > MOST_COLUMNS ? MOST_COLUMNS : n < LEAST_COLUMNS ? LEAST_COLUMNS : n;
    n = n > report->T && report->T > 1 ? report->T : n;
    struct column *columns = pulse_calloc(n, sizeof *columns, "the pictures", err);
    int64_t *first = pulse_calloc(n + 1, sizeof *first, "the pictures", err);
    if (columns == NULL || first == NULL) {
        free(columns);
        free(first);
        return -1;
    }
    find_columns(report, n, first);
    pulse_page_section_open(
        out, "retrodiction", "Retrodicted against actual",
        "Left the whole period, right the last 60 observations. Each retrodiction "
        "was made from what was known before its window.");
    (void)fprintf(out,
                  "<ul class=\"key\"><li><i class=\"seen\"></i>actual</li><li><i "
                  "class=\"predicted\"></i>retrodicted</li><li><i class=\"oband\"></i>95&nbsp;%% "
                  "interval</li></ul><p class=\"note\">The whole period is %d columns wide: where "
                  "several days share one, it is inked from their least to their most.</p>\n",
                  (int)n);
    int status = 0;
    for (int64_t i = 0; status == 0 && i < page->n; i++) {
        const int64_t v = page->order[i];
        status = pulse_report_rows(report, v, err);
        if (status != 0)
            break;
        (void)fputs("<div class=\"rows\"><h3>", out);
        pulse_svg_escape(out, report->names[v]);
        (void)fputs("</h3>\n", out);
        fill_columns(report, first, columns, n);
        draw_whole_period(page, v, columns, n);
        draw_last_rows(page, v);
        (void)fputs("</div>\n", out);
    }
    free(columns);
    free(first);
    pulse_page_section_close(out);
    return status;
}
