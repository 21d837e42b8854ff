/* What stands out: the best, the worst and the most surprising variable, and all by their skill. */
#include <inttypes.h>
#include <math.h>

#include "base/date.h"
#include "report/sections.h"

/* ---- Three variables ------------------------------------------------------------ */

/* Positions in the order; −1: none. */
static int64_t find_best(const struct pulse_page *page)
{
    for (int64_t i = 0; i < page->n; i++) /* as the headline has it */
        if (pulse_page_metric(page, page->order[i], "dm_p_adjusted") < 0.05)
            return i;
    return page->n > 0 && isfinite(pulse_page_metric(page, page->order[0], "skill")) ? 0 : -1;
}

static int64_t find_worst(const struct pulse_page *page)
{
    int64_t i = page->n - 1;
    while (i > 0 && !isfinite(pulse_page_metric(page, page->order[i], "skill")))
        i--;
    return i > 0 ? i : -1;
}

static int64_t find_surprising(const struct pulse_page *page)
{
    int64_t found = -1;
    double most = 0;
    for (int64_t i = 0; i < page->n; i++) {
        const struct pulse_note *note = &page->note[page->order[i]];
        if (note->surprise_row >= 0 && note->surprise > most) {
            most = note->surprise;
            found = i;
        }
    }
    return found;
}

static void open_card(const struct pulse_page *page, const char *label, int64_t i)
{
    (void)fprintf(page->out, "<li><b>%s</b> <strong>", label);
    pulse_page_link(page, i);
    (void)fputs("</strong> ", page->out);
}

static void write_skill_card(const struct pulse_page *page, const char *label, int64_t i)
{
    FILE *out = page->out;
    char skill[PULSE_SHOWN], p[PULSE_SHOWN];
    if (i < 0)
        return;
    const int64_t v = page->order[i];
    const double x = pulse_page_metric(page, v, "skill");
    const double p_value = pulse_page_metric(page, v, "dm_p_adjusted");
    open_card(page, label, i);
    if (fabs(x) < 0.00005)
        (void)fputs("Squared error as large as persistence’s", out);
    else
        (void)fprintf(out, "Squared error %s than persistence’s by %s",
                      x > 0 ? "smaller" : "larger", pulse_shown_percent(fabs(x), 2, skill));
    if (isfinite(p_value))
        (void)fprintf(out, ", p&nbsp;%s%s", p_value < 0.001 ? "" : "=&nbsp;",
                      pulse_shown_p(p_value, p));
    (void)fprintf(out, ". Direction %s.</li>\n",
                  pulse_shown_percent(pulse_page_metric(page, v, "hit_rate"), 1, skill));
}

static void write_surprise_card(const struct pulse_page *page, int64_t i)
{
    FILE *out = page->out;
    char day[PULSE_DATE_TEXT], value[PULSE_SHOWN], times[PULSE_SHOWN];
    if (i < 0)
        return;
    const int64_t v = page->order[i];
    const struct pulse_note *note = &page->note[v];
    open_card(page, "Most surprising of late", i);
    (void)fprintf(out,
                  "%s on %s, %s times as far from its retrodiction as its 95&nbsp;%% interval "
                  "reaches.</li>\n",
                  pulse_shown_value(note->surprise_value, note->naive, value),
                  pulse_format_day(page->report->calendar[note->surprise_row], day),
                  pulse_shown_fixed(note->surprise, 1, times));
}

/* ---- All by skill --------------------------------------------------------------- */

enum { WIDTH = 620, HEIGHT = 150, LEFT = 52, RIGHT = 612, TOP = 6, BOTTOM = 128, UNITS = 1000 };
enum { SLOT = 100, WIDEST = 8 }; /* of a bar and its gaps; variables from which on bars fill it */

static void draw_bars(const struct pulse_page *page, const struct pulse_axis *y, bool sure)
{
    struct pulse_pen pen;
    const int64_t zero = llround(UNITS * y->high / (y->high - y->low));
    const int64_t half = 4 * SLOT / 10 * (page->n < WIDEST ? page->n : WIDEST) / WIDEST;
    pulse_pen_open(&pen, page->out, sure ? "sure" : "unsure");
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        const double skill = pulse_page_metric(page, v, "skill");
        if (!isfinite(skill) || (pulse_page_metric(page, v, "dm_p_adjusted") < 0.05) != sure)
            continue;
        const struct pulse_axis plot = {y->low, y->high, UNITS, 0};
        const int64_t left = i * SLOT + SLOT / 2 - half, right = left + 2 * half;
        const int64_t to = llround(pulse_axis_within(&plot, skill));
        pulse_pen_move(&pen, left, zero);
        pulse_pen_draw(&pen, left, to);
        pulse_pen_draw(&pen, right, to);
        pulse_pen_draw(&pen, right, zero);
        pulse_pen_shut(&pen);
    }
    pulse_pen_close(&pen);
}

static void draw_skills(const struct pulse_page *page)
{
    FILE *out = page->out;
    struct pulse_axis y = {-0.01, 0.01, BOTTOM, TOP};
    char text[PULSE_SHOWN];
    for (int64_t i = 0; i < page->n; i++) {
        const double skill = pulse_page_metric(page, page->order[i], "skill");
        y.low = fmax(-1, fmin(y.low, skill - 0.005));
        y.high = fmin(1, fmax(y.high, skill + 0.005));
    }
    (void)fputs("<figure>", out);
    pulse_svg_open(
        out, "chart wide", WIDTH, HEIGHT, "Skill of all variables",
        "A bar for each variable, the best first; full where the skill is surely not luck");
    pulse_axis_values(out, &y, 5, LEFT, RIGHT, 0, true);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, SLOT * page->n, UNITS);
    draw_bars(page, &y, false);
    draw_bars(page, &y, true);
    pulse_svg_close(out);
    pulse_svg_text(out, "", LEFT, BOTTOM + 16, "best");
    (void)snprintf(text, sizeof text, "%" PRId64 " variable%s", page->n, page->n == 1 ? "" : "s");
    pulse_svg_text(out, "m", (LEFT + RIGHT) / 2.0, BOTTOM + 16, text);
    pulse_svg_text(out, "e", RIGHT, BOTTOM + 16, "worst");
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

void pulse_page_highlights(const struct pulse_page *page)
{
    FILE *out = page->out;
    pulse_page_section_open(out, "highlights", "What stands out",
                            "Bars: the skill of every variable, the best first; blue where it is "
                            "better than persistence "
                            "with p&nbsp;&lt;&nbsp;0.05 adjusted for the number of variables, grey "
                            "where it may be luck.");
    if (page->n > 0) {
        (void)fputs("<div class=\"overview\"><ul class=\"cards\">\n", out);
        write_skill_card(page, "Best", find_best(page));
        write_skill_card(page, "Worst", find_worst(page));
        write_surprise_card(page, find_surprising(page));
        (void)fputs("</ul>\n", out);
        draw_skills(page);
        (void)fputs("</div>\n", out);
    }
    pulse_page_section_close(out);
}
