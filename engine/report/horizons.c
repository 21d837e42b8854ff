/* Several steps ahead: skill by horizon, how far it can be predicted, and the forecast as a fan. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"

/* One fan, and the plot in it. */
enum { WIDTH = 192, HEIGHT = 92, LEFT = 45, RIGHT = 186, TOP = 4, BOTTOM = 76, UNITS = 1000 };
enum { MOST = 32 }; /* horizons */

/* A horizon, and where its sections of the summary are. */
struct horizon {
    int64_t steps;
    const json_t *sections;
};

/* All horizons, ascending: the main one's sections are those of the summary itself. */
static int64_t find_horizons(const struct pulse_page *page, struct horizon found[MOST])
{
    const json_t *summary = page->report->summary, *steps, *further;
    int64_t n = 0;
    steps = json_object_get(json_object_get(summary, "config"), "horizon");
    further = json_object_get(summary, "horizons");
    for (size_t i = 0; i < json_array_size(steps) && n < MOST; i++) {
        char name[24];
        const int64_t h = json_integer_value(json_array_get(steps, i));
        (void)snprintf(name, sizeof name, "%lld", (long long)h);
        const json_t *sections = i == 0 ? summary : json_object_get(further, name);
        if (sections != NULL && h >= 1)
            found[n++] = (struct horizon){h, sections};
    }
    return n;
}

static double read_number(const struct pulse_page *page, const struct horizon *horizon,
                          const char *section, int64_t v, const char *key)
{
    const json_t *of = json_object_get(horizon->sections, section);
    const json_t *value = json_object_get(json_object_get(of, page->report->names[v]), key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* ---- How far it can be predicted ------------------------------------------------ */

/* One sentence a horizon: how many variables it can be predicted for better than by persistence. */
static void write_verdicts(const struct pulse_page *page, const struct horizon *horizons, int64_t n)
{
    FILE *out = page->out;
    (void)fputs("<ul>\n", out);
    for (int64_t j = 0; j < n; j++) {
        int64_t better = 0;
        double sum = 0, tested = 0;
        char text[PULSE_SHOWN];
        for (int64_t i = 0; i < page->n; i++) {
            const double p =
                read_number(page, &horizons[j], "metrics", page->order[i], "dm_p_adjusted");
            const double skill =
                read_number(page, &horizons[j], "metrics", page->order[i], "skill");
            better += p <= 0.05;
            sum += isfinite(skill) ? skill : 0;
            tested += isfinite(skill);
        }
        (void)fprintf(out, "<li>%lld row%s ahead: ", (long long)horizons[j].steps,
                      horizons[j].steps == 1 ? "" : "s");
        if (tested == 0)
            (void)fputs("nothing could be scored.", out);
        else if (better == 0)
            (void)fputs("<strong>no variable can be predicted better than by its last value"
                        "</strong>; what the fan shows is mainly how far it may move.",
                        out);
        else
            (void)fprintf(out,
                          "%lld of %lld variables can be predicted better than by their last "
                          "value.",
                          (long long)better, (long long)page->n);
        if (tested > 0)
            (void)fprintf(out, " Mean skill %s.", pulse_shown_percent(sum / tested, 2, text));
        (void)fputs("</li>\n", out);
    }
    (void)fputs("</ul>\n", out);
}

static void write_skills(const struct pulse_page *page, const struct horizon *horizons, int64_t n)
{
    FILE *out = page->out;
    char columns[24 * (MOST + 1)] = "variable", text[PULSE_SHOWN];
    for (int64_t j = 0; j < n; j++)
        (void)snprintf(columns + strlen(columns), 24, "|%lld ahead", (long long)horizons[j].steps);
    pulse_page_table_open(out, "sort", columns);
    for (int64_t i = 0; i < page->n; i++) {
        pulse_page_table_name(out, page->report->names[page->order[i]]);
        for (int64_t j = 0; j < n; j++) {
            const double skill =
                read_number(page, &horizons[j], "metrics", page->order[i], "skill");
            pulse_page_table_number(out, skill, pulse_shown_percent(skill, 2, text));
        }
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- Fans ----------------------------------------------------------------------- */

/* A variable's forecast: value and bounds of each horizon behind the last observation. */
struct fan {
    int64_t n;
    double steps[MOST + 1], value[MOST + 1], low[2][MOST + 1], high[2][MOST + 1];
};

/* False where a number is missing: there is no forecast. */
static bool read_fan(const struct pulse_page *page, const struct horizon *horizons, int64_t n,
                     int64_t v, struct fan *fan)
{
    static const char *const keys[2][2] = {{"lower_95", "upper_95"}, {"lower_80", "upper_80"}};
    const double last = read_number(page, &horizons[0], "forecast", v, "previous");
    bool whole = isfinite(last);
    *fan = (struct fan){
        .n = n + 1, .value = {last}, .low = {{last}, {last}}, .high = {{last}, {last}}};
    for (int64_t j = 0; j < n; j++) {
        fan->steps[j + 1] = (double)horizons[j].steps;
        fan->value[j + 1] = read_number(page, &horizons[j], "forecast", v, "value");
        whole = whole && isfinite(fan->value[j + 1]);
        for (int k = 0; k < 2; k++) {
            fan->low[k][j + 1] = read_number(page, &horizons[j], "forecast", v, keys[k][0]);
            fan->high[k][j + 1] = read_number(page, &horizons[j], "forecast", v, keys[k][1]);
            whole = whole && isfinite(fan->high[k][j + 1] - fan->low[k][j + 1]);
        }
    }
    return whole;
}

/* Heights of the fan's own, cut at its edges. */
static int64_t scale_value(const struct pulse_axis *y, double value)
{
    const struct pulse_axis whole = {y->low, y->high, UNITS, 0};
    return llround(pulse_axis_within(&whole, value));
}

static void draw_band(FILE *out, const struct pulse_axis *y, const struct fan *fan, int k)
{
    const double last = fan->steps[fan->n - 1];
    struct pulse_pen pen;
    pulse_pen_open(&pen, out, "band");
    for (int64_t i = 0; i < fan->n; i++)
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, llround(UNITS * fan->steps[i] / last),
                                                   scale_value(y, fan->high[k][i]));
    for (int64_t i = fan->n - 1; i >= 0; i--)
        pulse_pen_draw(&pen, llround(UNITS * fan->steps[i] / last), scale_value(y, fan->low[k][i]));
    pulse_pen_shut(&pen);
    pulse_pen_close(&pen);
}

/* Round values at the left; now and the longest horizon below. */
static void draw_frame(FILE *out, const struct pulse_axis *y, const struct fan *fan)
{
    char steps[24];
    pulse_axis_values(out, y, 3, LEFT, RIGHT, NAN, false);
    (void)snprintf(steps, sizeof steps, "+%.0f", fan->steps[fan->n - 1]);
    pulse_svg_text(out, "m", LEFT, BOTTOM + 12, "now");
    pulse_svg_text(out, "e", RIGHT, BOTTOM + 12, steps);
}

static void draw_fan(const struct pulse_page *page, int64_t v, const struct fan *fan)
{
    FILE *out = page->out;
    const char *name = page->report->names[v];
    struct pulse_axis y = {fan->low[0][0], fan->high[0][0], BOTTOM, TOP};
    char title[256];
    struct pulse_pen pen;
    for (int64_t i = 1; i < fan->n; i++) {
        y.low = fmin(y.low, fmin(fan->low[0][i], fan->value[i]));
        y.high = fmax(y.high, fmax(fan->high[0][i], fan->value[i]));
    }
    if (!(y.high > y.low && isfinite(y.high - y.low)))
        return;
    (void)fputs("<figure><figcaption>", out);
    pulse_svg_escape(out, name);
    (void)fputs("</figcaption>", out);
    (void)snprintf(title, sizeof title, "Forecast of %.*s up to %.0f rows ahead",
                   pulse_title_bytes(name), name, fan->steps[fan->n - 1]);
    pulse_svg_open(out, "chart", WIDTH, HEIGHT, title,
                   "A line for the forecast, bands for its 80 % and 95 % intervals");
    draw_frame(out, &y, fan);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    draw_band(out, &y, fan, 0);
    draw_band(out, &y, fan, 1);
    pulse_pen_open(&pen, out, "line");
    for (int64_t i = 0; i < fan->n; i++)
        (i == 0 ? pulse_pen_move
                : pulse_pen_draw)(&pen, llround(UNITS * fan->steps[i] / fan->steps[fan->n - 1]),
                                  scale_value(&y, fan->value[i]));
    pulse_pen_close(&pen);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* ---- The section ---------------------------------------------------------------- */

void pulse_page_horizons(const struct pulse_page *page)
{
    FILE *out = page->out;
    struct horizon horizons[MOST];
    struct fan fan;
    const int64_t n = find_horizons(page, horizons);
    pulse_page_section_open(
        out, "horizons", "Several rows ahead",
        "Skill against persistence by how many rows ahead is predicted; a variable counts as "
        "predictable with an adjusted p-value of at most 0.05. Fans: the forecast from the last "
        "observation on, with its 80&nbsp;% and 95&nbsp;% intervals, each on a scale of its own.");
    if (n <= 1) {
        (void)fputs("<p>One horizon was asked for; <code>--horizon 1,5,21</code> predicts "
                    "several.</p>\n",
                    out);
    } else {
        write_verdicts(page, horizons, n);
        write_skills(page, horizons, n);
        (void)fputs("<div class=\"multiples\">\n", out);
        for (int64_t i = 0; i < page->n; i++)
            if (read_fan(page, horizons, n, page->order[i], &fan))
                draw_fan(page, page->order[i], &fan);
        (void)fputs("</div>\n", out);
    }
    pulse_page_section_close(out);
}
