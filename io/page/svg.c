#include "page/svg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void put_escaped(FILE *out, char c)
{
    switch (c) {
    case '&':
        (void)fputs("&amp;", out);
        break;
    case '<':
        (void)fputs("&lt;", out);
        break;
    case '>':
        (void)fputs("&gt;", out);
        break;
    case '"':
        (void)fputs("&quot;", out);
        break;
    case '\'':
        (void)fputs("&#39;", out);
        break;
    default: /* control characters are not allowed in HTML */
        (void)putc_unlocked((unsigned char)c < ' ' || c == 0x7f ? '?' : c, out);
    }
}

void pulse_svg_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        put_escaped(out, *text);
}

void pulse_svg_escape_part(FILE *out, const char *text, int bytes)
{
    for (int i = 0; i < bytes; i++)
        put_escaped(out, text[i]);
}

static void put_whole(FILE *out, int64_t x)
{
    char digits[24];
    int n = 0;
    uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
    do
        digits[n++] = (char)('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (x < 0)
        (void)putc_unlocked('-', out);
    while (n > 0)
        (void)putc_unlocked(digits[--n], out);
}

/* A tenth of a unit is finer than any screen; zeros that say nothing are left out. */
static void put_number(FILE *out, double x)
{
    const int64_t tenths = isfinite(x) && fabs(x) < 1e9 ? llround(10 * x) : 0;
    if (tenths < 0)
        (void)putc_unlocked('-', out);
    put_whole(out, llabs(tenths) / 10);
    if (tenths % 10 != 0) {
        (void)putc_unlocked('.', out);
        (void)putc_unlocked((char)('0' + llabs(tenths) % 10), out);
    }
}

static void put_attribute(FILE *out, const char *name, double x)
{
    (void)putc_unlocked(' ', out);
    (void)fputs(name, out);
    (void)fputs("=\"", out);
    put_number(out, x);
    (void)putc_unlocked('"', out);
}

static void put_opening(FILE *out, const char *element, const char *class)
{
    (void)putc_unlocked('<', out);
    (void)fputs(element, out);
    (void)fputs(" class=\"", out);
    (void)fputs(class, out);
    (void)putc_unlocked('"', out);
}

static void open_picture(FILE *out, const char *class, double width, double height)
{
    (void)fprintf(out, "<svg class=\"%s\" viewBox=\"0 0 ", class);
    put_number(out, width);
    (void)putc(' ', out);
    put_number(out, height);
    (void)fputs("\" ", out);
}

void pulse_svg_open(FILE *out, const char *class, double width, double height, const char *title,
                    const char *description)
{
    open_picture(out, class, width, height);
    (void)fputs("role=\"img\" aria-label=\"", out);
    pulse_svg_escape(out, title);
    (void)fputs("\"><title>", out);
    pulse_svg_escape(out, title);
    (void)fputs("</title><desc>", out);
    pulse_svg_escape(out, description);
    (void)fputs("</desc>", out);
}

void pulse_svg_open_short(FILE *out, const char *class, double width, double height,
                          const char *title)
{
    open_picture(out, class, width, height);
    (void)fputs("role=\"img\" aria-label=\"", out);
    pulse_svg_escape(out, title);
    (void)fputs("\">", out);
}

void pulse_svg_use(FILE *out, const char *id)
{
    (void)fprintf(out, "<use href=\"#%s\"/>", id);
}

void pulse_svg_close(FILE *out)
{
    (void)fputs("</svg>", out);
}

void pulse_svg_plot_open(FILE *out, double x, double y, double width, double height,
                         int64_t columns, int64_t rows)
{
    (void)fputs("<svg class=\"plot\"", out);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    put_attribute(out, "width", width);
    put_attribute(out, "height", height);
    (void)fprintf(out, " viewBox=\"0 0 %" PRId64 " %" PRId64 "\" preserveAspectRatio=\"none\">",
                  columns, rows);
}

void pulse_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2)
{
    put_opening(out, "line", class);
    put_attribute(out, "x1", x1);
    put_attribute(out, "y1", y1);
    put_attribute(out, "x2", x2);
    put_attribute(out, "y2", y2);
    (void)fputs("/>", out);
}

void pulse_svg_rect(FILE *out, const char *class, double x, double y, double width, double height)
{
    put_opening(out, "rect", class);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    put_attribute(out, "width", width);
    put_attribute(out, "height", height);
    (void)fputs("/>", out);
}

void pulse_svg_dot(FILE *out, const char *class, double x, double y, double radius)
{
    put_opening(out, "circle", class);
    put_attribute(out, "cx", x);
    put_attribute(out, "cy", y);
    put_attribute(out, "r", radius);
    (void)fputs("/>", out);
}

void pulse_svg_text(FILE *out, const char *class, double x, double y, const char *text)
{
    if (*class != '\0')
        put_opening(out, "text", class);
    else
        (void)fputs("<text", out);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    (void)putc('>', out);
    pulse_svg_escape(out, text);
    (void)fputs("</text>", out);
}

void pulse_svg_text_up(FILE *out, double x, double y, const char *text)
{
    (void)fputs("<text transform=\"translate(", out);
    put_number(out, x);
    (void)putc(' ', out);
    put_number(out, y);
    (void)fputs(") rotate(-90)\">", out);
    pulse_svg_escape(out, text);
    (void)fputs("</text>", out);
}

/* ---- Paths ---------------------------------------------------------------------- */

/* "m1-2 3 4": letters only where they change, a minus parts numbers by itself. */
static void write_step(struct pulse_pen *pen, char letter, int64_t x, int64_t y)
{
    const int64_t dx = x - pen->x, dy = y - pen->y;
    if (letter != pen->last)
        (void)putc_unlocked(letter, pen->out);
    else if (dx >= 0)
        (void)putc_unlocked(' ', pen->out);
    put_whole(pen->out, dx);
    if (dy >= 0)
        (void)putc_unlocked(' ', pen->out);
    put_whole(pen->out, dy);
    pen->x = x;
    pen->y = y;
    pen->last = letter;
}

void pulse_pen_open(struct pulse_pen *pen, FILE *out, const char *class)
{
    *pen = (struct pulse_pen){.out = out};
    (void)fprintf(out, "<path class=\"%s\" d=\"", class);
}

void pulse_pen_move(struct pulse_pen *pen, int64_t x, int64_t y)
{
    pen->last = '\0'; /* a second pair after m would draw */
    write_step(pen, 'm', x, y);
    pen->start_x = x;
    pen->start_y = y;
}

void pulse_pen_draw(struct pulse_pen *pen, int64_t x, int64_t y)
{
    write_step(pen, 'l', x, y);
}

void pulse_pen_shut(struct pulse_pen *pen)
{
    (void)putc('z', pen->out);
    pen->last = 'z';
    pen->x = pen->start_x;
    pen->y = pen->start_y;
}

void pulse_pen_close(struct pulse_pen *pen)
{
    (void)fputs("\"/>", pen->out);
}

/* ---- Axes ----------------------------------------------------------------------- */

double pulse_axis_at(const struct pulse_axis *axis, double value)
{
    const double span = axis->high - axis->low;
    return span > 0 ? axis->from + (value - axis->low) / span * (axis->to - axis->from)
                    : (axis->from + axis->to) / 2;
}

double pulse_axis_within(const struct pulse_axis *axis, double value)
{
    return pulse_axis_at(axis, fmin(fmax(value, axis->low), axis->high));
}

int pulse_ticks(double low, double high, int most, double ticks[PULSE_TICKS], int *decimals)
{
    static const double nice[] = {1, 2, 5, 10};
    *decimals = 0;
    if (!(high - low > 1e-290) || !isfinite(high - low))
        return 0;
    most = most < PULSE_TICKS ? most : PULSE_TICKS;
    double power = pow(10, floor(log10((high - low) / most)) - 1), distance = 0;
    for (int i = 0; distance == 0; i++) {
        if (i == 4)
            power *= 10, i = 1;
        const double d = nice[i] * power;
        if (floor(high / d + 1e-9) - ceil(low / d - 1e-9) + 1 <= most)
            distance = d;
    }
    *decimals = distance < 1 ? (int)-floor(log10(distance) + 1e-9) : 0;
    int n = 0;
    const double first = ceil(low / distance - 1e-9), last = floor(high / distance + 1e-9);
    while (n < most && first + n <= last) {
        ticks[n] = (first + n) * distance;
        n++;
    }
    return n;
}
