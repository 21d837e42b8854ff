/* Small multiples over time: trust, and skill window by window; how well the intervals held. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/beta.h"
#include "report/page.h"

/* One small picture, and the plot in it: space at the right for the last value, below for years. */
enum { WIDTH = 192, HEIGHT = 92, LEFT = 33, RIGHT = 152, TOP = 4, BOTTOM = 76 };
enum { UNITS = 1000 }; /* the plot's own heights */

static struct pulse_axis make_days_axis(const struct pulse_report *report, double from, double to)
{
    return (struct pulse_axis){(double)report->windows[0].start,
                               (double)report->windows[report->W - 1].end, from, to};
}

static void open_figure(FILE *out, const char *name)
{
    (void)fputs("<figure><figcaption>", out);
    pulse_svg_escape(out, name);
    (void)fputs("</figcaption>", out);
}

/* The frame all small multiples have: a line at `ref`, round values at the left, years below. */
static void draw_frame(FILE *out, const struct pulse_report *report, const struct pulse_axis *y,
                       double ref, bool percent)
{
    const struct pulse_axis x = make_days_axis(report, LEFT, RIGHT);
    pulse_axis_values(out, y, 3, LEFT, RIGHT, ref, percent);
    pulse_axis_days(out, &x, BOTTOM, 2);
}

/* ---- Trust ---------------------------------------------------------------------- */

enum { TRUST_POINTS = 64 }; /* windows shown: quantiles are the expensive part of the page */

/* The windows shown, from the first trained one on, ascending, the last one always; returns how
 * many. */
static int64_t choose_windows(const struct pulse_report *report, int64_t *chosen)
{
    int64_t n = 0, first = 0;
    while (first < report->W - 1 && report->windows[first].status != 0)
        first++;
    const int64_t apart = (report->W - first + TRUST_POINTS - 1) / TRUST_POINTS;
    for (int64_t w = first + (report->W - 1 - first) % apart; w < report->W; w += apart)
        chosen[n++] = w;
    return n;
}

static int64_t scale_value(const struct pulse_axis *y, double value)
{
    const struct pulse_axis whole = {y->low, y->high, UNITS, 0};
    return llround(pulse_axis_within(&whole, value));
}

static int64_t scale_window(const struct pulse_report *report, int64_t w)
{
    const struct pulse_axis x = make_days_axis(report, 0, UNITS);
    return llround(pulse_axis_at(&x, (double)report->windows[w].end));
}

/* A bound of the 95 % interval: `deviations` from the mean, which change little from one window to
 * the next, say where it was and are set to where it is. */
static double find_trust_bound(double p, double alpha, double beta, double *deviations)
{
    const double sum = alpha + beta, mean = alpha / sum;
    const double deviation = sqrt(alpha * beta / (sum + 1)) / sum;
    const double bound = pulse_beta_quantile_near(p, alpha, beta, mean + *deviations * deviation);
    *deviations = (bound - mean) / deviation;
    return bound;
}

static void draw_trust(const struct pulse_page *page, int64_t v, const struct pulse_axis *y)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const double last = pulse_report_number(report, "trust", v, "mean");
    int64_t chosen[TRUST_POINTS + 1], low[TRUST_POINTS + 1];
    double above = 1.96, below = -1.96;
    char text[PULSE_SHOWN], title[256];
    struct pulse_pen pen;
    const int64_t n = choose_windows(report, chosen);
    open_figure(out, report->names[v]);
    (void)snprintf(title, sizeof title, "Trust in %.*s over time, at the end %s",
                   pulse_title_bytes(report->names[v]), report->names[v],
                   pulse_shown_fixed(last, 3, text));
    pulse_svg_open(
        out, "chart", WIDTH, HEIGHT, title,
        "A line for the mean and a band for its 95 % credible interval, window by window");
    draw_frame(out, report, y, 0.5, false);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    pulse_pen_open(&pen, out, "band");
    for (int64_t i = 0; i < n; i++) {
        const double alpha = report->alpha[chosen[i] * report->V + v];
        const double beta = report->beta[chosen[i] * report->V + v];
        const bool good = alpha >= 1 && beta >= 1 && isfinite(alpha + beta);
        const int64_t high =
            scale_value(y, good ? find_trust_bound(0.975, alpha, beta, &above) : y->high);
        low[i] = scale_value(y, good ? find_trust_bound(0.025, alpha, beta, &below) : y->low);
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, scale_window(report, chosen[i]), high);
    }
    for (int64_t i = n - 1; i >= 0; i--)
        pulse_pen_draw(&pen, scale_window(report, chosen[i]), low[i]);
    pulse_pen_shut(&pen);
    pulse_pen_close(&pen);
    pulse_pen_open(&pen, out, "line");
    for (int64_t i = 0; i < n; i++) {
        const double alpha = report->alpha[chosen[i] * report->V + v];
        const double beta = report->beta[chosen[i] * report->V + v];
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, scale_window(report, chosen[i]),
                                                   scale_value(y, alpha / (alpha + beta)));
    }
    pulse_pen_close(&pen);
    pulse_svg_close(out);
    pulse_svg_text(out, "b", RIGHT + 4, pulse_axis_within(y, last) + 4, text);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

void pulse_page_trust(const struct pulse_page *page)
{
    double low = 0.45, high = 0.55;
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        if (pulse_page_metric(page, v, "moves") < 100)
            continue; /* of those hardly anything is known: they would flatten all others */
        low = fmin(low, pulse_report_number(page->report, "trust", v, "lower_95") - 0.01);
        high = fmax(high, pulse_report_number(page->report, "trust", v, "upper_95") + 0.01);
    }
    const struct pulse_axis y = {fmax(0, low), fmin(1, high), BOTTOM, TOP};
    pulse_page_section_open(
        page->out, "trust", "Trust over time",
        "Line and number: mean of the trust. Band: its 95&nbsp;% credible interval, "
        "cut at the edge while little was known. One scale for all; dashed, one "
        "half.");
    (void)fputs("<div class=\"multiples\">\n", page->out);
    for (int64_t i = 0; i < page->n; i++)
        draw_trust(page, page->order[i], &y);
    (void)fputs("</div>\n", page->out);
    pulse_page_section_close(page->out);
}

/* ---- Skill ---------------------------------------------------------------------- */

static double compute_skill(const struct pulse_report *report, int64_t w, int64_t v)
{
    const double base = report->persistence_squared_error[w * report->V + v];
    return base > 0 ? 1 - report->squared_error[w * report->V + v] / base : (double)NAN;
}

enum { SKILL_COLUMNS = RIGHT - LEFT };

/* Bars from no skill to that of a window; of several windows in one pixel the least and the most.
 */
static void draw_skill_bars(FILE *out, const struct pulse_report *report, int64_t v,
                            const struct pulse_axis *y)
{
    const struct pulse_axis x = make_days_axis(report, 0, UNITS);
    const int64_t zero = scale_value(y, 0);
    struct pulse_pen pen;
    pulse_pen_open(&pen, out, "gain");
    for (int64_t w = 0, end; w < report->W; w = end) {
        const double column =
            floor(pulse_axis_at(&x, (double)report->windows[w].end) * SKILL_COLUMNS / UNITS);
        double low = 0, high = 0;
        for (end = w; end < report->W; end++) {
            const double at =
                floor(pulse_axis_at(&x, (double)report->windows[end].end) * SKILL_COLUMNS / UNITS);
            if (end > w && at > column)
                break;
            const double skill = compute_skill(report, end, v);
            low = fmin(low, skill); /* fmin and fmax pass over NaN */
            high = fmax(high, skill);
        }
        if (low == 0 && high == 0)
            continue;
        const int64_t at = scale_window(report, w);
        pulse_pen_move(&pen, at, high > 0 ? scale_value(y, high) : zero);
        pulse_pen_draw(&pen, at, low < 0 ? scale_value(y, low) : zero);
    }
    pulse_pen_close(&pen);
}

/* Skill of everything up to a window. */
static void draw_skill_line(FILE *out, const struct pulse_report *report, int64_t v,
                            const struct pulse_axis *y)
{
    double error = 0, base = 0;
    bool down = false;
    struct pulse_pen pen;
    const int64_t apart = (report->W + SKILL_COLUMNS - 1) / SKILL_COLUMNS;
    pulse_pen_open(&pen, out, "line");
    for (int64_t w = 0; w < report->W; w++) {
        error += report->squared_error[w * report->V + v];
        base += report->persistence_squared_error[w * report->V + v];
        if (base <= 0 || ((report->W - 1 - w) % apart != 0))
            continue;
        (down ? pulse_pen_draw : pulse_pen_move)(&pen, scale_window(report, w),
                                                 scale_value(y, 1 - error / base));
        down = true;
    }
    pulse_pen_close(&pen);
}

static void draw_skill(const struct pulse_page *page, int64_t v, const struct pulse_axis *y)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const double last = pulse_page_metric(page, v, "skill");
    char text[PULSE_SHOWN], title[256];
    open_figure(out, report->names[v]);
    (void)snprintf(title, sizeof title, "Skill of %.*s by window, in all %s",
                   pulse_title_bytes(report->names[v]), report->names[v],
                   pulse_shown_percent(last, 1, text));
    pulse_svg_open(out, "chart", WIDTH, HEIGHT, title,
                   "A bar for each window and a line for all windows so far; above zero is better "
                   "than persistence");
    draw_frame(out, report, y, 0, true);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    draw_skill_bars(out, report, v, y);
    draw_skill_line(out, report, v, y);
    pulse_svg_close(out);
    pulse_svg_text(out, "b", RIGHT + 4, pulse_axis_within(y, last) + 4, text);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* The value at position `at` of `n` when they ascend; moves them about. */
static double select_kth(double *x, int64_t n, int64_t at)
{
    int64_t low = 0, high = n - 1;
    while (low < high) {
        const double pivot = x[low + (high - low) / 2];
        int64_t i = low - 1, j = high + 1;
        for (;;) { /* what is at most the pivot to the left, at least to the right */
            while (x[++i] < pivot)
                ;
            while (x[--j] > pivot)
                ;
            if (i >= j)
                break;
            const double held = x[i];
            x[i] = x[j];
            x[j] = held;
        }
        if (at <= j)
            high = j;
        else
            low = j + 1;
    }
    return x[at];
}

/* What nine of ten windows' skills do not leave on either side, and all final ones. */
static double find_skill_reach(const struct pulse_page *page)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const struct pulse_report *report = page->report;
    double reach = 0.02;
    int64_t n = 0;
    double *sizes = pulse_calloc(report->W * report->V, sizeof *sizes, "skills", &ignored);
    for (int64_t w = 0; sizes != NULL && w < report->W; w++)
        for (int64_t v = 0; v < report->V; v++) {
            const double skill = compute_skill(report, w, v);
            if (isfinite(skill))
                sizes[n++] = fabs(skill);
        }
    if (n > 0)
        reach = fmax(reach, select_kth(sizes, n, (n - 1) * 9 / 10));
    free(sizes);
    for (int64_t i = 0; i < page->n; i++)
        reach = fmax(reach, fmin(1, 1.2 * pulse_page_metric(page, page->order[i], "skill")));
    return fmin(reach, 1);
}

void pulse_page_skill(const struct pulse_page *page)
{
    const double reach = find_skill_reach(page);
    const struct pulse_axis y = {-reach, reach, BOTTOM, TOP};
    pulse_page_section_open(
        page->out, "skill", "Skill against persistence",
        "Bars: skill of each window, cut at the edge where it is larger (windows "
        "that share a pixel: from their least to their most). Line and number: of "
        "all windows so far. Above the dashed line the retrodiction is nearer than "
        "the last value.");
    (void)fputs("<div class=\"multiples\">\n", page->out);
    for (int64_t i = 0; i < page->n; i++)
        draw_skill(page, page->order[i], &y);
    (void)fputs("</div>\n", page->out);
    pulse_page_section_close(page->out);
}

/* ---- Calibration ---------------------------------------------------------------- */

enum { GROUPS = 40 };

static void draw_coverage(FILE *out, const struct pulse_report *report, const double *inside,
                          const struct pulse_axis *x, const struct pulse_axis *y, const char *class)
{
    const int64_t apart = (report->W + GROUPS - 1) / GROUPS;
    for (int64_t w = 0; w < report->W; w += apart) {
        const int64_t end = w + apart < report->W ? w + apart : report->W;
        const double share = pulse_report_coverage(report, inside, w, end);
        const double days = (double)(report->windows[w].start + report->windows[end - 1].end) / 2;
        if (isfinite(share))
            pulse_svg_dot(out, class, pulse_axis_at(x, days), pulse_axis_within(y, share), 2.6);
    }
}

void pulse_page_calibration(const struct pulse_page *page)
{
    enum { WIDE = 560, TALL = 190, FROM = 44, TO = 500, UP = 8, DOWN = 168 };
    static const double marks[] = {0.7, 0.8, 0.9, 0.95, 1};
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_axis y = {0.62, 1, DOWN, UP}, x = make_days_axis(report, FROM, TO);
    char text[PULSE_SHOWN];
    pulse_page_section_open(
        out, "calibration", "Calibration of the intervals",
        "How often the intervals held what came. Picture: all variables together, a "
        "dot for each run of windows; on their dashed lines they keep what they "
        "promise. Table: each variable over all windows, with Wilson’s "
        "95&nbsp;% interval; <em>score</em> is the mean interval score in the variable’s own "
        "units, "
        "width and 40 times what lies outside: the smaller, the better.");
    (void)fputs("<figure style=\"max-width:36rem\">", out);
    pulse_svg_open(out, "chart wide", WIDE, TALL,
                   "Share inside the 80 % and 95 % intervals over time",
                   "Dots for runs of windows, with lines at 80 and 95 percent");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const double at = pulse_axis_at(&y, marks[i]);
        pulse_svg_line(out, i == 1 || i == 3 ? "ref" : "t", FROM, at, TO, at);
        pulse_svg_text(out, "e", FROM - 5, at + 3.5, pulse_shown_percent(marks[i], 0, text));
    }
    draw_coverage(out, report, report->inside_80, &x, &y, "d");
    draw_coverage(out, report, report->inside_95, &x, &y, "o");
    pulse_svg_text(out, "b", TO + 6, pulse_axis_at(&y, 0.8) + 4, "80 %");
    pulse_svg_text(out, "b", TO + 6, pulse_axis_at(&y, 0.95) + 4, "95 %");
    pulse_axis_days(out, &x, DOWN, 8);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
    pulse_page_coverage_table(page);
    pulse_page_section_close(out);
}
