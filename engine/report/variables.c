/* Tables with a line per variable. */
#include <inttypes.h>
#include <math.h>

#include "report/sections.h"

static double read_forecast(const struct pulse_page *page, int64_t v, const char *key)
{
    return pulse_report_number(page->report, "forecast", v, key);
}

/* A share with Wilson's 95 % interval (1927). */
struct share {
    double value, low, high;
};

static struct share find_share(double k, double n)
{
    const double z = 1.959963984540054, zz = z * z / n;
    if (!(n > 0))
        return (struct share){NAN, NAN, NAN};
    const double p = k / n, middle = (p + zz / 2) / (1 + zz);
    const double half = z / (1 + zz) * sqrt(p * (1 - p) / n + zz / (4 * n));
    return (struct share){p, fmax(0, middle - half), fmin(1, middle + half)};
}

/* ---- Cells ---------------------------------------------------------------------- */

static void open_line(const struct pulse_page *page, int64_t i)
{
    (void)fputs("<tr><th scope=\"row\">", page->out);
    pulse_page_link(page, i);
    (void)fputs("</th>", page->out);
}

static void close_line(const struct pulse_page *page)
{
    (void)fputs("</tr>\n", page->out);
}

static void write_fixed(const struct pulse_page *page, double x, int decimals)
{
    char text[PULSE_SHOWN];
    pulse_page_table_cell(page->out, pulse_shown_fixed(x, decimals, text));
}

static void write_value(const struct pulse_page *page, double x, double resolution)
{
    char text[PULSE_SHOWN];
    pulse_page_table_cell(page->out, pulse_shown_value(x, resolution, text));
}

static void write_share(const struct pulse_page *page, double k, double n)
{
    const struct share share = find_share(k, n);
    pulse_page_table_percent(page->out, share.value, 1);
    if (page->brief)
        return;
    pulse_page_table_percent(page->out, share.low, 1);
    pulse_page_table_percent(page->out, share.high, 1);
}

/* ---- All variables -------------------------------------------------------------- */

static void write_next(const struct pulse_page *page, int64_t v)
{
    const double next = read_forecast(page, v, "value");
    const double change = next - read_forecast(page, v, "previous");
    const double half =
        (read_forecast(page, v, "upper_95") - read_forecast(page, v, "lower_95")) / 2;
    const double resolution = pulse_page_resolution(next, half, change);
    write_value(page, next, resolution);
    pulse_page_put_change(page->out, change, resolution);
}

static void write_variable(const struct pulse_page *page, int64_t i)
{
    const int64_t v = page->order[i];
    char text[PULSE_SHOWN];
    open_line(page, i);
    pulse_page_table_percent(page->out, pulse_page_metric(page, v, "skill"), 2);
    pulse_page_table_cell(page->out,
                          pulse_shown_p(pulse_page_metric(page, v, "dm_p_adjusted"), text));
    pulse_page_table_percent(page->out, pulse_page_metric(page, v, "hit_rate"), 1);
    write_fixed(page, pulse_report_number(page->report, "trust", v, "mean"), 3);
    pulse_page_table_percent(page->out, pulse_page_metric(page, v, "coverage_95"), 1);
    write_fixed(page, pulse_page_metric(page, v, "mae") / page->note[v].naive, 3);
    write_next(page, v);
    close_line(page);
}

/* The variables from one position of the order to another, in a line; none where there are none. */
static void write_names(const struct pulse_page *page, const char *what, int64_t from, int64_t end)
{
    FILE *out = page->out;
    if (from == end)
        return;
    (void)fprintf(out, "<p class=\"note names\" tabindex=\"0\">%" PRId64 " %s: ", end - from, what);
    for (int64_t i = from; i < end; i++) {
        (void)fputs(i > from ? ", " : "", out);
        pulse_svg_escape(out, page->report->names[page->order[i]]);
    }
    (void)fputs(".</p>\n", out);
}

/* That some names lead nowhere. */
static void write_without_detail(const struct pulse_page *page)
{
    char some[PULSE_SHOWN];
    int64_t n = 0, first = page->n;
    for (int64_t i = 0; i < page->n; i++) {
        if (pulse_page_has_detail(page, i))
            continue;
        first = i < first ? i : first;
        n++;
    }
    if (n > 0)
        (void)fprintf(page->out,
                      "<p class=\"note\">%s variables between the first and the last %" PRId64
                      " have no part of their own: their names lead nowhere. "
                      "<code>--targets</code> makes a page of the chosen.</p>\n",
                      pulse_shown_count(n, some), first);
}

void pulse_page_variables(const struct pulse_page *page)
{
    FILE *out = page->out;
    char ahead[32] = "next", columns[128];
    if (page->horizon[0].steps > 1)
        (void)snprintf(ahead, sizeof ahead, "%" PRId64 " ahead", page->horizon[0].steps);
    pulse_page_section_open(
        out, "variables", "Variables",
        "By skill, the best first; a name leads to all that is known of the variable. "
        "<em>Skill</em> "
        "is 1 − squared error / that of persistence; <em>p</em> how likely so much is by luck "
        "(Diebold–Mariano, adjusted for "
        "the number of variables); <em>hits</em> the share of moves whose direction was predicted, "
        "<em>trust</em> the probability that the next one is; <em>MASE</em> the mean absolute "
        "error "
        "over the mean absolute change; <em>change</em> what the forecast differs by from the last "
        "value.");
    write_names(page, "never entered, having fewer values than the burn-in asks for", page->n,
                page->targets);
    write_names(page, "not predicted, only learned from", page->targets, page->report->V);
    write_without_detail(page);
    (void)fputs(
        "<ul class=\"key\"><li><i class=\"seen\"></i>actual</li><li><i class=\"predicted\"></i>"
        "retrodicted, forecast</li><li><i class=\"oband2\"></i>80&nbsp;% interval</li><li><i "
        "class=\"oband\"></i>95&nbsp;% interval</li></ul>\n<div class=\"master\"><div "
        "class=\"list\">\n",
        out);
    (void)snprintf(columns, sizeof columns,
                   "variable|skill|p|hits|trust|in 95&nbsp;%%|MASE|%s|change", ahead);
    pulse_page_table_open(out, "sort pick", columns);
    for (int64_t i = 0; i < page->n; i++)
        write_variable(page, i);
    pulse_page_table_close(out);
    (void)fprintf(out, "</div>\n<div class=\"details%s\">\n", page->n <= 20 ? " few" : "");
}

/* ---- All scores ----------------------------------------------------------------- */

static void write_errors(const struct pulse_page *page, int64_t i)
{
    static const char *const keys[] = {"mae", "persistence_mae", "rmse", "persistence_rmse"};
    const int64_t v = page->order[i];
    const double naive = page->note[v].naive;
    open_line(page, i);
    pulse_page_table_count(page->out, pulse_page_metric(page, v, "n"));
    for (int k = 0; k < 4; k++)
        write_value(page, pulse_page_metric(page, v, keys[k]),
                    pulse_page_metric(page, v, keys[k | 1]) / 100);
    write_fixed(page, pulse_page_metric(page, v, "mae") / naive, 3);
    write_fixed(page, pulse_page_metric(page, v, "persistence_mae") / naive, 3);
    pulse_page_table_percent(page->out, pulse_page_metric(page, v, "skill_scaled"), 2);
    close_line(page);
}

static void write_direction(const struct pulse_page *page, int64_t i)
{
    static const char *const keys[] = {"mean", "lower_95", "upper_95"};
    const int64_t v = page->order[i];
    const double moves = pulse_page_metric(page, v, "moves"),
                 hits = pulse_page_metric(page, v, "hits");
    open_line(page, i);
    pulse_page_table_count(page->out, moves);
    pulse_page_table_count(page->out, hits);
    write_share(page, hits, moves);
    for (int k = 0; k < 3; k++)
        write_fixed(page, pulse_report_number(page->report, "trust", v, keys[k]), 3);
    close_line(page);
}

static void write_intervals(const struct pulse_page *page, int64_t i)
{
    static const char *const keys[] = {"interval_score_80", "interval_score_95"};
    const int64_t v = page->order[i];
    const struct pulse_note *note = &page->note[v];
    open_line(page, i);
    pulse_page_table_count(page->out, note->intervals);
    for (int k = 0; k < 2; k++)
        write_share(page, note->inside[k], note->intervals);
    for (int k = 0; k < 2; k++) {
        const double score = pulse_page_metric(page, v, keys[k]);
        write_value(page, score, score / 100);
    }
    close_line(page);
}

static void write_table(const struct pulse_page *page, const char *heading, const char *columns,
                        void (*write)(const struct pulse_page *page, int64_t i))
{
    (void)fprintf(page->out, "<h3>%s</h3>\n", heading);
    pulse_page_table_open(page->out, "sort", columns);
    for (int64_t i = 0; i < page->n; i++)
        write(page, i);
    pulse_page_table_close(page->out);
}

void pulse_page_scores(const struct pulse_page *page)
{
    pulse_page_section_open(
        page->out, "scores", "All scores",
        "MAE, RMSE and MASE beside those of persistence, in the variable’s own units; "
        "<em>skill scaled</em> on changes in units of their scale, so that a price that grew "
        "tenfold "
        "is not judged by its last years alone; the share of "
        "moves whose direction was predicted, and how often intervals held what came, with "
        "Wilson’s 95&nbsp;% interval; trust with its credible interval; <em>score</em> is the mean "
        "interval score, width and a penalty for what lies outside: the smaller, the better.");
    write_table(page, "Errors",
                "variable|rows|MAE|persistence|RMSE|persistence|MASE|persistence|skill scaled",
                write_errors);
    write_table(page, "Direction",
                page->brief ? "variable|moves|hits|share|trust|from|to"
                            : "variable|moves|hits|share|from|to|trust|from|to",
                write_direction);
    write_table(page, "Intervals",
                page->brief
                    ? "variable|rows|in 80&nbsp;%|in 95&nbsp;%|score 80&nbsp;%|score 95&nbsp;%"
                    : "variable|rows|in 80&nbsp;%|from|to|in 95&nbsp;%|from|to|score "
                      "80&nbsp;%|score 95&nbsp;%",
                write_intervals);
    pulse_page_section_close(page->out);
}
