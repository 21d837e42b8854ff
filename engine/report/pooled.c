/* All variables together over time: errors by year, how well the intervals held. */
#include <math.h>

#include "report/sections.h"

/* ---- Years ---------------------------------------------------------------------- */

void pulse_page_years(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_pool *pool = page->pool;
    pulse_page_section_open(
        out, "years", "Error over time",
        "By the year in which windows begin. Skill is a mean over the variables that were scored; "
        "<em>better</em>, how many of them were nearer than persistence; all else counts rows.");
    pulse_page_table_open(out, "sort",
                          "year|rows|variables|better|mean skill|hits|in 80&nbsp;%|in 95&nbsp;%");
    for (int64_t i = 0; i < page->years.n; i++) {
        const double *sums = pool->year[i];
        pulse_page_put_years(out, &page->years, i);
        pulse_page_table_count(out, sums[PULSE_REPORT_N]);
        pulse_page_table_count(out, pool->skills[i]);
        pulse_page_table_count(out, pool->gains[i]);
        pulse_page_table_percent(
            out, pool->skills[i] > 0 ? pool->skill[i] / pool->skills[i] : (double)NAN, 2);
        pulse_page_table_percent(out, pulse_sums_share(sums, PULSE_REPORT_HITS, PULSE_REPORT_MOVES),
                                 1);
        pulse_page_table_percent(
            out, pulse_sums_share(sums, PULSE_REPORT_INSIDE_80, PULSE_REPORT_INTERVAL_ROWS), 1);
        pulse_page_table_percent(
            out, pulse_sums_share(sums, PULSE_REPORT_INSIDE_95, PULSE_REPORT_INTERVAL_ROWS), 1);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* ---- Calibration ---------------------------------------------------------------- */

enum { WIDE = 560, TALL = 190, FROM = 44, TO = 500, UP = 8, DOWN = 168 };

static void draw_coverage(const struct pulse_page *page, int inside, const struct pulse_axis *y,
                          const char *class)
{
    const struct pulse_axis x = pulse_page_days_axis(page, FROM, TO);
    for (int64_t i = 0; i < page->groups.n; i++) {
        const double share =
            pulse_sums_share(page->pool->group[i], inside, PULSE_REPORT_INTERVAL_ROWS);
        if (isfinite(share))
            pulse_svg_dot(page->out, class, pulse_axis_at(&x, page->groups.at[i].middle),
                          pulse_axis_within(y, share), 2.6);
    }
}

static void draw_over_time(const struct pulse_page *page)
{
    static const double marks[] = {0.7, 0.8, 0.9, 0.95, 1};
    FILE *out = page->out;
    const struct pulse_axis y = {0.62, 1, DOWN, UP}, x = pulse_page_days_axis(page, FROM, TO);
    char text[PULSE_SHOWN];
    (void)fputs("<figure><figcaption>Share inside, over time (cut at the edge)</figcaption>", out);
    pulse_svg_open(out, "chart wide", WIDE, TALL,
                   "Share inside the 80 % and 95 % intervals over time",
                   "Dots for runs of windows, with lines at 80 and 95 percent");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const double at = pulse_axis_at(&y, marks[i]);
        pulse_svg_line(out, i == 1 || i == 3 ? "ref" : "t", FROM, at, TO, at);
        pulse_svg_text(out, "e", FROM - 5, at + 3.5, pulse_shown_percent(marks[i], 0, text));
    }
    draw_coverage(page, PULSE_REPORT_INSIDE_80, &y, "d");
    draw_coverage(page, PULSE_REPORT_INSIDE_95, &y, "o");
    pulse_svg_text(out, "b", TO + 6, pulse_axis_at(&y, 0.8) + 4, "80 %");
    pulse_svg_text(out, "b", TO + 6, pulse_axis_at(&y, 0.95) + 4, "95 %");
    pulse_axis_days(out, &x, DOWN, 8);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

void pulse_page_calibration(const struct pulse_page *page)
{
    FILE *out = page->out;
    pulse_page_section_open(
        out, "calibration", "Calibration of the intervals",
        "How often the intervals held what came, all variables together. <i>Share inside</i>: a "
        "dot for each run of windows; on their dashed lines they keep what they promise. <i>Where "
        "values fell</i>: how often below, between and above the bounds of the intervals, in times "
        "of what they promise; at the dashed line it is as often.");
    (void)fputs("<div class=\"pairs calm\">", out);
    draw_over_time(page);
    pulse_picture_fell(page, "all variables", page->pool->fell);
    (void)fputs("</div>\n", out);
    pulse_page_section_close(out);
}
