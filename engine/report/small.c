/* Small pictures of one variable: error and trust over time, where values fell among their
 * intervals, how errors hang together. Their frames are the same for all and drawn once. */
#include <math.h>

#include "math/beta.h"
#include "report/sections.h"

enum { WIDTH = 300, HEIGHT = 118, LEFT = 40, RIGHT = 296, TOP = 6, BOTTOM = 98, UNITS = 1000 };

static int64_t scale_day(const struct pulse_page *page, double day)
{
    const struct pulse_axis x = pulse_page_days_axis(page, 0, UNITS);
    return llround(pulse_axis_within(&x, day));
}

static int64_t scale_value(const struct pulse_axis *y, double value)
{
    const struct pulse_axis whole = {y->low, y->high, UNITS, 0};
    return llround(pulse_axis_within(&whole, value));
}

/* ---- Scales, one for all variables ---------------------------------------------- */

/* Half as much again as the largest final skill. */
static struct pulse_axis find_skill_axis(const struct pulse_page *page)
{
    double reach = 0.05;
    for (int64_t i = 0; i < page->n; i++)
        reach = fmax(reach, 1.5 * fabs(pulse_page_metric(page, page->order[i], "skill")));
    reach = fmin(reach, 1);
    return (struct pulse_axis){-reach, reach, BOTTOM, TOP};
}

static struct pulse_axis find_trust_axis(const struct pulse_page *page)
{
    double low = 0.45, high = 0.55;
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        if (pulse_page_metric(page, v, "moves") < 100)
            continue; /* of those hardly anything is known: they would flatten all others */
        const double lower = pulse_report_number(page->report, "trust", v, "lower_95");
        const double upper = pulse_report_number(page->report, "trust", v, "upper_95");
        low = fmin(low, lower - (upper - lower)); /* it was wider before */
        high = fmax(high, upper + (upper - lower));
    }
    return (struct pulse_axis){fmax(0, low), fmin(1, high), BOTTOM, TOP};
}

void pulse_picture_scales(struct pulse_page *page)
{
    page->skill_axis = find_skill_axis(page);
    page->trust_axis = find_trust_axis(page);
}

static const struct pulse_axis times_axis = {0, 2, BOTTOM, TOP};
static const struct pulse_axis correlation_axis = {-0.3, 0.3, BOTTOM, TOP};
static const char *const bins[PULSE_FELL] = {"< 2.5 %",
                                             "2.5\xe2\x80\x93"
                                             "10",
                                             "10\xe2\x80\x93"
                                             "90",
                                             "90\xe2\x80\x93"
                                             "97.5",
                                             "> 97.5 %"};

static double get_column(int k)
{
    return LEFT + (RIGHT - LEFT) * (k + 0.5) / PULSE_FELL;
}

void pulse_picture_small_frames(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_axis x = pulse_page_days_axis(page, LEFT, RIGHT), *skill = &page->skill_axis,
                            *trust = &page->trust_axis;
    (void)fputs("<g id=\"fs\">", out);
    pulse_axis_values(out, skill, 5, LEFT, RIGHT, 0, true);
    pulse_axis_days(out, &x, BOTTOM, 6);
    (void)fputs("</g><g id=\"ft\">", out);
    pulse_axis_values(out, trust, 4, LEFT, RIGHT, 0.5, false);
    pulse_axis_days(out, &x, BOTTOM, 6);
    (void)fputs("</g><g id=\"ff\">", out);
    pulse_axis_values(out, &times_axis, 3, LEFT, RIGHT, 1, false);
    for (int k = 0; k < PULSE_FELL; k++)
        pulse_svg_text(out, "m", get_column(k), BOTTOM + 13, bins[k]);
    (void)fputs("</g><g id=\"fa\">", out);
    pulse_axis_values(out, &correlation_axis, 4, LEFT, RIGHT, 0, false);
    for (int lag = 5; lag <= PULSE_LAGS; lag += 5) {
        char text[8];
        (void)snprintf(text, sizeof text, "%d", lag);
        pulse_svg_text(out, "m", LEFT + (RIGHT - LEFT) * (lag - 0.5) / PULSE_LAGS, BOTTOM + 13,
                       text);
    }
    (void)fputs("</g>", out);
}

/* ---- The pictures --------------------------------------------------------------- */

static void open_picture(FILE *out, const char *caption, const char *what, const char *name,
                         const char *frame)
{
    char title[256];
    (void)snprintf(title, sizeof title, "%s of %.*s", what, pulse_title_bytes(name), name);
    (void)fprintf(out, "<figure><figcaption>%s</figcaption>", caption);
    pulse_svg_open_short(out, "chart", WIDTH, HEIGHT, title);
    pulse_svg_use(out, frame);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
}

static void close_picture(FILE *out)
{
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* An upright stroke from a base to a value. */
static void draw_bar(struct pulse_pen *pen, int64_t x, int64_t base, int64_t to)
{
    pulse_pen_move(pen, x, base);
    pulse_pen_draw(pen, x, to);
}

void pulse_picture_skill(const struct pulse_page *page, int64_t v,
                         const struct pulse_figures *figures)
{
    FILE *out = page->out;
    const struct pulse_periods *groups = &page->groups;
    const struct pulse_axis y = page->skill_axis;
    double sums[PULSE_SUMS] = {0};
    bool down = false;
    struct pulse_pen pen;
    open_picture(out, "Skill: each stretch (cut at the edge), all so far", "Skill",
                 page->report->names[v], "fs");
    pulse_pen_open(&pen, out, "gain");
    for (int64_t i = 0; i < groups->n; i++) {
        const double skill = pulse_sums_skill(figures->group[i]);
        if (isfinite(skill))
            draw_bar(&pen, scale_day(page, groups->at[i].middle), UNITS / 2,
                     scale_value(&y, skill));
    }
    pulse_pen_close(&pen);
    pulse_pen_open(&pen, out, "line");
    for (int64_t i = 0; i < groups->n; i++) {
        for (int k = 0; k < PULSE_SUMS; k++)
            sums[k] += figures->group[i][k];
        const double skill = pulse_sums_skill(sums);
        if (!isfinite(skill))
            continue;
        (down ? pulse_pen_draw : pulse_pen_move)(&pen, scale_day(page, groups->at[i].middle),
                                                 scale_value(&y, skill));
        down = true;
    }
    pulse_pen_close(&pen);
    close_picture(out);
}

/* A bound of the 95 % interval: `deviations` from the mean, which change little from one stretch to
 * the next, say where it was and are set to where it is. */
static double find_trust_bound(double p, double alpha, double beta, double *deviations)
{
    const double sum = alpha + beta, mean = alpha / sum;
    const double deviation = sqrt(alpha * beta / (sum + 1)) / sum;
    const double bound = pulse_beta_quantile_near(p, alpha, beta, mean + *deviations * deviation);
    *deviations = (bound - mean) / deviation;
    return bound;
}

static void draw_trust_band(const struct pulse_page *page, const struct pulse_figures *figures,
                            const struct pulse_axis *y)
{
    const struct pulse_periods *groups = &page->groups;
    int64_t low[PULSE_PERIODS];
    double above = 1.96, below = -1.96;
    struct pulse_pen pen;
    pulse_pen_open(&pen, page->out, "band");
    for (int64_t i = 0; i < groups->n; i++) {
        const double alpha = figures->alpha[i], beta = figures->beta[i];
        const bool good = alpha >= 1 && beta >= 1 && isfinite(alpha + beta);
        const double high = good ? find_trust_bound(0.975, alpha, beta, &above) : y->high;
        low[i] = scale_value(y, good ? find_trust_bound(0.025, alpha, beta, &below) : y->low);
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(&pen, scale_day(page, groups->at[i].middle),
                                                   scale_value(y, high));
    }
    for (int64_t i = groups->n - 1; i >= 0; i--)
        pulse_pen_draw(&pen, scale_day(page, groups->at[i].middle), low[i]);
    if (groups->n > 0)
        pulse_pen_shut(&pen);
    pulse_pen_close(&pen);
}

void pulse_picture_trust(const struct pulse_page *page, int64_t v,
                         const struct pulse_figures *figures)
{
    FILE *out = page->out;
    const struct pulse_axis y = page->trust_axis;
    struct pulse_pen pen;
    open_picture(out, "Trust, with its 95&nbsp;% interval (cut at the edge)", "Trust",
                 page->report->names[v], "ft");
    draw_trust_band(page, figures, &y);
    pulse_pen_open(&pen, out, "line");
    for (int64_t i = 0; i < page->groups.n; i++)
        (i == 0 ? pulse_pen_move : pulse_pen_draw)(
            &pen, scale_day(page, page->groups.at[i].middle),
            scale_value(&y, figures->alpha[i] / (figures->alpha[i] + figures->beta[i])));
    pulse_pen_close(&pen);
    close_picture(out);
}

void pulse_picture_fell(const struct pulse_page *page, const char *name, const double *fell)
{
    static const double promised[PULSE_FELL] = {0.025, 0.075, 0.8, 0.075, 0.025};
    FILE *out = page->out;
    double n = 0;
    struct pulse_pen pen;
    for (int k = 0; k < PULSE_FELL; k++)
        n += fell[k];
    open_picture(out, "Where values fell; 1: as promised (cut at the edge)",
                 "Probability integral transform", name, "ff");
    pulse_pen_open(&pen, out, "bar");
    for (int k = 0; n > 0 && k < PULSE_FELL; k++)
        draw_bar(&pen, llround(UNITS * (k + 0.5) / PULSE_FELL), UNITS,
                 scale_value(&times_axis, fell[k] / n / promised[k]));
    pulse_pen_close(&pen);
    close_picture(out);
}

void pulse_picture_autocorrelation(const struct pulse_page *page, int64_t v,
                                   const struct pulse_figures *figures)
{
    FILE *out = page->out;
    const struct pulse_axis *y = &correlation_axis;
    const double chance = figures->errors > 0 ? 1.96 / sqrt(figures->errors) : 0;
    struct pulse_pen pen;
    open_picture(out, "Autocorrelation of errors, by lag (cut at the edge)", "Autocorrelation",
                 page->report->names[v], "fa");
    pulse_svg_rect(out, "chance", 0, (double)scale_value(y, chance), UNITS,
                   (double)(scale_value(y, -chance) - scale_value(y, chance)));
    pulse_pen_open(&pen, out, "bar2");
    for (int k = 0; k < PULSE_LAGS; k++)
        if (isfinite(figures->autocorrelation[k]))
            draw_bar(&pen, llround(UNITS * (k + 0.5) / PULSE_LAGS), UNITS / 2,
                     scale_value(y, figures->autocorrelation[k]));
    pulse_pen_close(&pen);
    close_picture(out);
}
