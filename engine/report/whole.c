/* Observed and retrodicted: the whole period column by column, and the last rows one by one, for
 * the script. */
#include <math.h>

#include "report/sections.h"

enum { HEIGHT = 176, TOP = 4, BOTTOM = 156, LEFT = 52, WHOLE = 620, UNITS = 1000 };
/* Columns of all pictures together, for the page's size; and of one, as fine as a screen. */
enum { ALL_COLUMNS = 24000, MOST_COLUMNS = 568, LEAST_COLUMNS = 24 };
/* Of a variable with fewer values a column than this, each value has a column: it is a line. */
enum { FEW = 4 };
/* Bytes that days take, of all variables together; and of one row of one of them. */
enum { ALL_BYTES = 1000000, BRIEF_BYTES = 300000, ROW_BYTES = 12 };
/* Ranges of values by which bounds may leave them: in the picture, and of the days, whose numbers
 * are read. A day's bound farther off is cut, and the script says so. */
static const double beyond_picture = 0.5, beyond_days = 8;

enum { KINDS = 4 };
static const int kinds[KINDS] = {PULSE_REPORT_ACTUAL, PULSE_REPORT_PREDICTED, PULSE_REPORT_LOWER,
                                 PULSE_REPORT_UPPER};
enum { ACTUAL, PREDICTED, LOWER, UPPER }; /* of `kinds` */

/* The least and the most of each of the four kinds in one column; NaN where there is none. */
struct column {
    double low[KINDS], high[KINDS];
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

static struct column find_range(double *const *rows, int64_t from, int64_t end)
{
    struct column column;
    for (int k = 0; k < KINDS; k++) {
        column.low[k] = INFINITY;
        column.high[k] = -INFINITY;
    }
    for (int64_t t = from; t < end; t++)
        for (int k = 0; k < KINDS; k++) {
            column.low[k] = less_of(rows[kinds[k]][t], column.low[k]);
            column.high[k] = more_of(rows[kinds[k]][t], column.high[k]);
        }
    for (int k = 0; k < KINDS; k++)
        if (column.low[k] > column.high[k])
            column.low[k] = column.high[k] = NAN;
    return column;
}

static void fill_columns(const struct pulse_report *report, const int64_t *first,
                         struct column *columns, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        columns[c] = find_range(report->rows.column, first[c], first[c + 1]);
}

/* The range of what was observed and retrodicted; the bounds may leave it by `beyond` times as
 * much. Where that never moves, they are what is shown. */
static struct pulse_axis find_axis(const struct column *columns, int64_t n, double beyond)
{
    double low = NAN, high = NAN, least = NAN, most = NAN;
    for (int64_t c = 0; c < n; c++) {
        for (int k = ACTUAL; k <= PREDICTED; k++) {
            low = fmin(low, columns[c].low[k]);
            high = fmax(high, columns[c].high[k]);
        }
        least = fmin(least, columns[c].low[LOWER]);
        most = fmax(most, columns[c].high[UPPER]);
    }
    const double margin = high > low               ? beyond * (high - low)
                          : isfinite(least + most) ? INFINITY
                                                   : 0;
    low = fmax(fmin(low, least), low - margin);
    high = fmin(fmax(high, most), high + margin);
    if (!isfinite(low + high)) /* nothing is known of it */
        return (struct pulse_axis){0, 1, BOTTOM, TOP};
    const double little = high > low ? 0.03 * (high - low) : fmax(1, fabs(low) / 10);
    return (struct pulse_axis){low - little, high + little, BOTTOM, TOP};
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

/* ---- Rows one by one ------------------------------------------------------------ */

static int64_t count_days(const struct pulse_page *page)
{
    const int64_t bytes = page->brief ? BRIEF_BYTES : ALL_BYTES;
    const int64_t rows = bytes / ROW_BYTES / (page->n > 0 ? page->n : 1);
    const int64_t least = rows < 20 ? 20 : rows;
    return least < page->report->T ? least : page->report->T;
}

/* A value as three digits to base 64, 0 where there is none. */
static void put_value(FILE *out, const struct pulse_axis *y, double value)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const struct pulse_axis whole = {y->low, y->high, 1, (1 << 18) - 1};
    const long long code = isnan(value) ? 0 : llround(pulse_axis_within(&whole, value));
    for (int shift = 12; shift >= 0; shift -= 6)
        (void)putc_unlocked(digits[(code >> shift) & 63], out);
}

/* Attributes of the figure: the first row, the range, and of each row from it on actual,
 * retrodicted and bounds; a row without any of them is a dot. */
static void put_days(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const int64_t n = count_days(page), first = report->T - n;
    struct column all = find_range(report->rows.column, first, report->T);
    const struct pulse_axis y = find_axis(&all, 1, beyond_days);
    (void)fprintf(out, " data-days=\"%.15g %.15g ", y.low, y.high);
    for (int64_t t = first; t < report->T; t++) {
        bool any = false;
        for (int k = 0; k < KINDS; k++)
            any = any || !isnan(report->rows.column[kinds[k]][t]);
        for (int k = 0; any && k < KINDS; k++)
            put_value(out, &y, report->rows.column[kinds[k]][t]);
        if (!any)
            (void)putc_unlocked('.', out);
    }
    (void)putc_unlocked('"', out);
}

void pulse_picture_days(const struct pulse_page *page)
{
    const struct pulse_report *report = page->report;
    const int64_t first = report->T - count_days(page);
    (void)fputs("<div id=\"calendar\" hidden data-days=\"", page->out);
    for (int64_t t = first; t < report->T; t++)
        (void)fprintf(page->out, t > first ? " %lld" : "%lld",
                      (long long)(report->calendar[t] - (t > first ? report->calendar[t - 1] : 0)));
    (void)fputs("\"></div>\n", page->out);
}

/* ---- The whole period ----------------------------------------------------------- */

void pulse_picture_whole_frame(const struct pulse_page *page)
{
    const struct pulse_axis x = pulse_page_days_axis(page, LEFT, WHOLE);
    (void)fputs("<g id=\"fw\">", page->out);
    pulse_axis_days(page->out, &x, BOTTOM, 8);
    (void)fputs("</g>", page->out);
}

static void draw_whole(const struct pulse_page *page, int64_t v, const struct column *columns,
                       int64_t n)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_axis y = find_axis(columns, n, beyond_picture),
                            x = pulse_page_days_axis(page, LEFT, WHOLE);
    char title[256];
    (void)snprintf(title, sizeof title, "%.*s over the whole period",
                   pulse_title_bytes(report->names[v]), report->names[v]);
    (void)fprintf(out, "<figure class=\"whole\" data-range=\"%.0f %.0f %.15g %.15g\"", x.low,
                  x.high, y.low, y.high);
    put_days(page);
    (void)fputs(">", out);
    pulse_svg_open_short(out, "chart wide", WHOLE, HEIGHT, title);
    (void)fputs("<g class=\"axes\">", out);
    pulse_axis_values(out, &y, page->brief ? 3 : 5, LEFT, WHOLE, NAN, false);
    pulse_svg_use(out, "fw");
    (void)fputs("</g>", out);
    pulse_svg_plot_open(out, LEFT, TOP, WHOLE - LEFT, BOTTOM - TOP, n > 1 ? n - 1 : 1, UNITS);
    draw_envelope(out, "oband", columns, n, LOWER, UPPER, &y);
    if (!page->brief)
        draw_envelope(out, "orange", columns, n, PREDICTED, PREDICTED, &y);
    draw_envelope(out, "range", columns, n, ACTUAL, ACTUAL, &y);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

static int64_t count_columns(const struct pulse_page *page)
{
    const struct pulse_report *report = page->report;
    int64_t observed = 0, n = ALL_COLUMNS / (page->n > 0 ? page->n : 1);
    for (int64_t t = 0; t < report->T; t++)
        observed += !isnan(report->rows.column[PULSE_REPORT_ACTUAL][t]);
    n = n < LEAST_COLUMNS ? LEAST_COLUMNS : n;
    n = n > MOST_COLUMNS || observed < FEW * n ? MOST_COLUMNS : n;
    return n > report->T && report->T > 1 ? report->T : n;
}

void pulse_picture_whole(const struct pulse_page *page, int64_t v)
{
    const struct pulse_report *report = page->report;
    struct column columns[MOST_COLUMNS];
    int64_t first[MOST_COLUMNS + 1];
    const int64_t n = count_columns(page);
    find_columns(report, n, first);
    fill_columns(report, first, columns, n);
    draw_whole(page, v, columns, n);
}
