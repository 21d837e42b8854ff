/* What was observed last and what is forecast, one or more horizons ahead: a picture and a table.
 */
#include <math.h>
#include <string.h>

#include "base/date.h"
#include "report/sections.h"

enum { WIDTH = 620, HEIGHT = 170, LEFT = 52, RIGHT = 612, TOP = 6, BOTTOM = 150, UNITS = 1000 };
/* Rows shown before the forecast, or as many as it is long; so many that some were observed. */
enum { PAST = 60, BRIEF_PAST = 40, LEAST_OBSERVED = 5 };
/* What is ahead has at least this part of the rows before it; narrower than this it is no fan, and
 * its last horizon is a bar. */
enum { LEAST_PART = 8, NARROW = 40 };

/* ---- Days ahead ----------------------------------------------------------------- */

enum { LOOKED_AT = 1000 };

/* Days from one row to the next, as a mean over the last rows. */
static double find_step(const struct pulse_report *report)
{
    const int64_t T = report->T, n = T - 1 < LOOKED_AT ? T - 1 : LOOKED_AT;
    return n > 0 ? (double)(report->calendar[T - 1] - report->calendar[T - 1 - n]) / (double)n : 1;
}

/* Bit k: at least a tenth of the last rows are of weekday k. */
static unsigned find_weekdays(const struct pulse_report *report)
{
    const int64_t T = report->T, first = T > LOOKED_AT ? T - LOOKED_AT : 0;
    int64_t count[7] = {0};
    unsigned mask = 0;
    for (int64_t t = first; t < T; t++)
        count[pulse_weekday(report->calendar[t])]++;
    for (int k = 0; k < 7; k++)
        mask |= 10 * count[k] >= T - first ? 1U << k : 0;
    return mask;
}

/* The day on which the row `steps` after the last one is expected: the next such weekdays where
 * rows are daily, else as far on as rows are apart. */
static int64_t find_day_ahead(const struct pulse_report *report, int64_t steps)
{
    const double step = find_step(report);
    const unsigned mask = find_weekdays(report);
    int64_t day = report->calendar[report->T - 1];
    if (step > 2 || mask == 0)
        return day + llround(step * (double)steps);
    for (int64_t i = 0; i < steps; i++)
        do
            day++;
        while ((mask >> pulse_weekday(day) & 1) == 0);
    return day;
}

double pulse_page_resolution(double value, double half, double change)
{
    double resolution = isfinite(half) && half > 0 ? half / 10 : fabs(value) * 1e-4;
    if (isfinite(change) && change != 0 && !(fabs(change) < half / 1000))
        resolution = fmin(resolution, fabs(change));
    return fmax(resolution, fabs(value) * 1e-9);
}

void pulse_page_put_change(FILE *out, double change, double resolution)
{
    char text[PULSE_SHOWN];
    const char *shown = pulse_shown_value(change, resolution, text);
    const bool none = isfinite(change) && strpbrk(shown, "123456789") == NULL;
    if (none)
        shown = pulse_shown_value(0, resolution, text);
    (void)fprintf(out, "<td>%s%s</td>", change > 0 && !none ? "+" : "", shown);
}

/* ---- The numbers ---------------------------------------------------------------- */

/* A variable's forecast: value and bounds of each horizon behind the last observation. */
struct fan {
    int64_t n;
    double steps[PULSE_HORIZONS + 1], value[PULSE_HORIZONS + 1];
    double low[2][PULSE_HORIZONS + 1], high[2][PULSE_HORIZONS + 1]; /* 95 %, 80 % */
};

/* False where there is no forecast. */
static bool read_fan(const struct pulse_page *page, int64_t v, struct fan *fan)
{
    static const char *const keys[2][2] = {{"lower_95", "upper_95"}, {"lower_80", "upper_80"}};
    const double last = pulse_page_number_at(page, 0, "forecast", v, "previous");
    bool whole = isfinite(last) && page->n_horizons > 0;
    *fan = (struct fan){.n = page->n_horizons + 1,
                        .value = {last},
                        .low = {{last}, {last}},
                        .high = {{last}, {last}}};
    for (int64_t j = 0; j < page->n_horizons; j++) {
        fan->steps[j + 1] = (double)page->horizon[j].steps;
        fan->value[j + 1] = pulse_page_number_at(page, j, "forecast", v, "value");
        whole = whole && isfinite(fan->value[j + 1]);
        for (int k = 0; k < 2; k++) {
            fan->low[k][j + 1] = pulse_page_number_at(page, j, "forecast", v, keys[k][0]);
            fan->high[k][j + 1] = pulse_page_number_at(page, j, "forecast", v, keys[k][1]);
            whole = whole && isfinite(fan->high[k][j + 1] - fan->low[k][j + 1]);
        }
    }
    return whole;
}

/* ---- The picture ---------------------------------------------------------------- */

static struct pulse_axis find_axis(const struct pulse_report *report, int64_t past,
                                   const struct fan *fan)
{
    double low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < fan->n; i++) {
        low = fmin(low, fmin(fan->low[0][i], fan->value[i]));
        high = fmax(high, fmax(fan->high[0][i], fan->value[i]));
    }
    for (int64_t t = report->T - past; t < report->T; t++) {
        low = fmin(low, report->rows.column[PULSE_REPORT_ACTUAL][t]); /* passes over NaN */
        high = fmax(high, report->rows.column[PULSE_REPORT_ACTUAL][t]);
    }
    const double margin = high > low ? 0.04 * (high - low) : fmax(1, fabs(low) / 10);
    return (struct pulse_axis){low - margin, high + margin, UNITS, 0};
}

static int64_t scale(const struct pulse_axis *axis, double value)
{
    return llround(pulse_axis_within(axis, value));
}

static void draw_past(FILE *out, const char *class, const struct pulse_report *report, int kind,
                      int64_t past, const struct pulse_axis *x, const struct pulse_axis *y)
{
    struct pulse_pen pen;
    bool down = false;
    pulse_pen_open(&pen, out, class);
    for (int64_t t = report->T - past; t < report->T; t++) {
        const double value = report->rows.column[kind][t];
        if (isnan(value))
            continue;
        (down ? pulse_pen_draw : pulse_pen_move)(&pen, scale(x, (double)(t - report->T + 1)),
                                                 scale(y, value));
        down = true;
    }
    pulse_pen_close(&pen);
}

static void draw_band(FILE *out, const struct fan *fan, int k, const struct pulse_axis *x,
                      const struct pulse_axis *y)
{
    struct pulse_pen pen;
    pulse_pen_open(&pen, out, k == 0 ? "oband" : "oband2");
    for (int64_t i = 0; i < fan->n; i++)
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, scale(x, fan->steps[i]),
                                                   scale(y, fan->high[k][i]));
    for (int64_t i = fan->n - 1; i >= 0; i--)
        pulse_pen_draw(&pen, scale(x, fan->steps[i]), scale(y, fan->low[k][i]));
    pulse_pen_shut(&pen);
    pulse_pen_close(&pen);
}

/* The last horizon's intervals as bars, and its value as a dot. */
static void draw_last(FILE *out, const struct fan *fan, const struct pulse_axis *x,
                      const struct pulse_axis *y)
{
    static const char *const classes[] = {"reach", "reach2"};
    const int64_t last = fan->n - 1, at = scale(x, fan->steps[last]);
    struct pulse_pen pen;
    for (int k = 0; k < 2; k++) {
        pulse_pen_open(&pen, out, classes[k]);
        pulse_pen_move(&pen, at, scale(y, fan->high[k][last]));
        pulse_pen_draw(&pen, at, scale(y, fan->low[k][last]));
        pulse_pen_close(&pen);
    }
    pulse_pen_open(&pen, out, "tip");
    pulse_pen_move(&pen, at, scale(y, fan->value[last]));
    pulse_pen_draw(&pen, at, scale(y, fan->value[last]));
    pulse_pen_close(&pen);
}

/* The rows shown, as steps from the last one. */
static struct pulse_axis find_rows(const struct fan *fan, int64_t past, double from, double to)
{
    const double end = fan->steps[fan->n - 1];
    return (struct pulse_axis){1 - (double)past, fmax(end, (double)past / LEAST_PART), from, to};
}

static void draw_frame(const struct pulse_page *page, int64_t past, const struct fan *fan,
                       const struct pulse_axis *y)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_axis shown = {y->low, y->high, BOTTOM, TOP};
    const double end = fan->steps[fan->n - 1];
    const struct pulse_axis x = find_rows(fan, past, LEFT, RIGHT);
    char day[PULSE_DATE_TEXT];
    pulse_axis_values(out, &shown, page->brief ? 3 : 5, LEFT, RIGHT, NAN, false);
    pulse_svg_line(out, "ref", pulse_axis_at(&x, 0), TOP, pulse_axis_at(&x, 0), BOTTOM);
    pulse_svg_text(out, "", LEFT, BOTTOM + 14,
                   pulse_format_day(report->calendar[report->T - past], day));
    const bool wide = pulse_axis_at(&x, 0) < RIGHT - 90 && x.high <= end;
    pulse_svg_text(out, wide ? "m" : "e", pulse_axis_at(&x, 0), BOTTOM + 14,
                   pulse_format_day(report->calendar[report->T - 1], day));
    if (wide)
        pulse_svg_text(out, "e", RIGHT, BOTTOM + 14,
                       pulse_format_day(find_day_ahead(report, (int64_t)end), day));
}

static int64_t find_past(const struct pulse_page *page, int64_t end)
{
    const struct pulse_report *report = page->report;
    const int64_t least = page->brief ? BRIEF_PAST : PAST, wanted = end > least ? end : least;
    int64_t past = 0, observed = 0;
    while (past < report->T && (past < wanted || observed < LEAST_OBSERVED)) {
        past++;
        observed += !isnan(report->rows.column[PULSE_REPORT_ACTUAL][report->T - past]);
    }
    return past;
}

static void draw_fan(const struct pulse_page *page, int64_t v, const struct fan *fan)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const int64_t end = (int64_t)fan->steps[fan->n - 1];
    const int64_t past = find_past(page, end);
    const struct pulse_axis y = find_axis(report, past, fan), x = find_rows(fan, past, 0, UNITS);
    char title[256];
    struct pulse_pen pen;
    (void)snprintf(title, sizeof title, "Forecast of %.*s up to %d row%s ahead",
                   pulse_title_bytes(report->names[v]), report->names[v], (int)end,
                   end > 1 ? "s" : "");
    (void)fputs("<figure>", out);
    pulse_svg_open_short(out, "chart wide", WIDTH, HEIGHT, title);
    draw_frame(page, past, fan, &y);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    draw_band(out, fan, 0, &x, &y);
    draw_band(out, fan, 1, &x, &y);
    if (!page->brief)
        draw_past(out, "predicted", report, PULSE_REPORT_PREDICTED, past, &x, &y);
    draw_past(out, "seen", report, PULSE_REPORT_ACTUAL, past, &x, &y);
    pulse_pen_open(&pen, out, "ahead");
    for (int64_t i = 0; i < fan->n; i++)
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, scale(&x, fan->steps[i]),
                                                   scale(&y, fan->value[i]));
    pulse_pen_close(&pen);
    if (scale(&x, (double)end) - scale(&x, 0) < NARROW)
        draw_last(out, fan, &x, &y);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* ---- The table ------------------------------------------------------------------ */

/* One for all lines: that of the first. */
static double find_resolution(const struct fan *fan)
{
    return pulse_page_resolution(fan->value[1], (fan->high[0][1] - fan->low[0][1]) / 2,
                                 fan->value[1] - fan->value[0]);
}

static void write_line(const struct pulse_page *page, const struct fan *fan, int64_t i)
{
    FILE *out = page->out;
    const double change = fan->value[i] - fan->value[0];
    const double resolution = find_resolution(fan);
    const double bounds[] = {fan->low[1][i], fan->high[1][i], fan->low[0][i], fan->high[0][i]};
    char text[PULSE_SHOWN], day[PULSE_DATE_TEXT];
    (void)fprintf(out, "<tr><th scope=\"row\">%.0f</th><td>%s</td>", fan->steps[i],
                  pulse_format_day(find_day_ahead(page->report, (int64_t)fan->steps[i]), day));
    pulse_page_table_cell(out, pulse_shown_value(fan->value[i], resolution, text));
    pulse_page_put_change(out, change, resolution);
    for (int k = page->brief ? 2 : 0; k < 4; k++)
        pulse_page_table_cell(out, pulse_shown_value(bounds[k], resolution, text));
    (void)fputs("</tr>\n", out);
}

void pulse_picture_fan(const struct pulse_page *page, int64_t v,
                       const struct pulse_figures *figures)
{
    FILE *out = page->out;
    struct fan fan;
    char text[PULSE_SHOWN], day[PULSE_DATE_TEXT];
    if (!read_fan(page, v, &fan)) {
        (void)fputs("<p class=\"note\">There is no forecast.</p>\n", out);
        return;
    }
    draw_fan(page, v, &fan);
    (void)fprintf(out, "<p class=\"note\">Last value %s",
                  pulse_shown_value(fan.value[0], find_resolution(&fan), text));
    if (figures->last_row >= 0)
        (void)fprintf(out, " of %s",
                      pulse_format_day(page->report->calendar[figures->last_row], day));
    (void)fputs(".</p>\n", out);
    pulse_page_table_open(out, "small",
                          page->brief ? "ahead|day|forecast|change|95&nbsp;% from|to"
                                      : "ahead|day|forecast|change|80&nbsp;% from|to|95&nbsp;% "
                                        "from|to");
    for (int64_t i = 1; i < fan.n; i++)
        write_line(page, &fan, i);
    pulse_page_table_close(out);
}
