#include "evaluate/gains.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "page/page.h"

enum { WIDTH = 320, HEIGHT = 150, LEFT = 44, RIGHT = 312, TOP = 6, BOTTOM = 132, UNITS = 1000 };

/* Of run r up to each window (W). */
static void accumulate_gain(const struct pulse_gains *gains, int64_t r, double *gain)
{
    const int64_t W = gains->comparison->W;
    const double *base = gains->comparison->loss + gains->base * W;
    const double *loss = gains->comparison->loss + r * W;
    double sum = 0;
    for (int64_t w = 0; w < W; w++) {
        sum += base[w] - loss[w];
        gain[w] = sum;
    }
}

static void draw_gain(const struct pulse_gains *gains, const char *name, const double *gain,
                      const struct pulse_axis *y, FILE *out)
{
    const struct pulse_comparison *comparison = gains->comparison;
    const struct pulse_axis days = {(double)comparison->windows[0].start,
                                    (double)comparison->windows[comparison->W - 1].end, LEFT,
                                    RIGHT};
    const struct pulse_axis x = {days.low, days.high, 0, UNITS}, plot = {y->low, y->high, UNITS, 0};
    char title[256], description[128];
    struct pulse_pen pen;
    (void)fputs("<figure><figcaption>", out);
    pulse_svg_escape(out, name);
    (void)fputs("</figcaption>", out);
    (void)snprintf(title, sizeof title, "Gain of %.*s on the %s", pulse_title_bytes(name), name,
                   gains->other);
    (void)snprintf(description, sizeof description,
                   "A line for all windows so far; it climbs where the %s lost less", gains->one);
    pulse_svg_open(out, "chart", WIDTH, HEIGHT, title, description);
    pulse_axis_values(out, y, 4, LEFT, RIGHT, 0, false);
    pulse_axis_days(out, &days, BOTTOM, 4);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    pulse_pen_open(&pen, out, "line");
    for (int64_t w = 0; w < comparison->W; w++)
        (w == 0 ? pulse_pen_move : pulse_pen_draw)(
            &pen, llround(pulse_axis_within(&x, (double)comparison->windows[w].end)),
            llround(pulse_axis_within(&plot, gain[w])));
    pulse_pen_close(&pen);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

int pulse_gains_write(const struct pulse_gains *gains, FILE *out, struct pulse_err *err)
{
    const int64_t W = gains->comparison->W, n = gains->n;
    double *gain = pulse_calloc(n * W, sizeof *gain, "the gains", err), low = 0, high = 0;
    if (gain == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        accumulate_gain(gains, gains->run[i], gain + i * W);
    for (int64_t i = 0; i < n * W; i++) {
        low = fmin(low, gain[i]);
        high = fmax(high, gain[i]);
    }
    const double margin = high > low ? 0.03 * (high - low) : 1;
    const struct pulse_axis y = {low - margin, high + margin, BOTTOM, TOP};
    pulse_page_section_open(out, "gains", gains->title, gains->note);
    (void)fputs("<div class=\"multiples wide\">\n", out);
    for (int64_t i = 0; i < n; i++)
        draw_gain(gains, gains->name[i], gain + i * W, &y, out);
    (void)fputs("</div>\n", out);
    pulse_page_section_close(out);
    free(gain);
    return 0;
}
