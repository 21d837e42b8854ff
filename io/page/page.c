#include "page/page.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/date.h"

/* ---- Words and numbers ---------------------------------------------------------- */

static const char *const MINUS = "\xe2\x88\x92"; /* U+2212, as wide as a plus */
static const char *const NOTHING = "\xe2\x80\x93";

/* The sign apart, so that it can be a real one; no sign before a zero. */
static const char *put_minus(const char *digits, char out[PULSE_SHOWN])
{
    const bool negative = digits[0] == '-' && strpbrk(digits, "123456789") != NULL;
    (void)snprintf(out, PULSE_SHOWN, "%s%s", negative ? MINUS : "", digits + (digits[0] == '-'));
    char *power = strchr(out, 'e'); /* e+09 is e9 */
    if (power != NULL) {
        char *from = power + 1 + (power[1] == '+'), *to = power + 1;
        if (*from == '-')
            *to++ = *from++;
        while (*from == '0' && from[1] != '\0')
            from++;
        memmove(to, from, strlen(from) + 1);
    }
    return out;
}

const char *pulse_shown_fixed(double x, int decimals, char out[PULSE_SHOWN])
{
    char digits[PULSE_SHOWN - 4];
    if (!isfinite(x))
        return NOTHING;
    if (fabs(x) < 1e15)
        (void)snprintf(digits, sizeof digits, "%.*f", decimals < 12 ? decimals : 12, x);
    else
        (void)snprintf(digits, sizeof digits, "%.3g", x);
    return put_minus(digits, out);
}

const char *pulse_shown_p(double p, char out[PULSE_SHOWN])
{
    if (isfinite(p) && p < 0.001)
        return "&lt;\xe2\x80\xaf"
               "0.001";
    return pulse_shown_fixed(p, 3, out);
}

const char *pulse_shown_percent(double share, int decimals, char out[PULSE_SHOWN])
{
    if (!isfinite(share))
        return NOTHING;
    (void)pulse_shown_fixed(100 * share, decimals, out);
    (void)strcat(out, "\xc2\xa0%");
    return out;
}

const char *pulse_shown_value(double x, double resolution, char out[PULSE_SHOWN])
{
    char digits[PULSE_SHOWN - 4];
    if (!isfinite(x))
        return NOTHING;
    if (!(resolution > 0))
        resolution = fabs(x) * 1e-4;
    if (resolution == 0)
        return "0";
    const int decimals = 1 - (int)floor(log10(resolution));
    if (fabs(x) >= 1e7 || decimals > 8) {
        const double behind = x == 0 ? 1 : floor(log10(fabs(x))) + decimals; /* the first digit */
        (void)snprintf(digits, sizeof digits, "%.*e", (int)fmax(1, fmin(8, behind)), x);
        return put_minus(digits, out);
    }
    return pulse_shown_fixed(x, decimals < 0 ? 0 : decimals, out);
}

const char *pulse_shown_count(int64_t n, char out[PULSE_SHOWN])
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRId64, n);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        out[used++] = digits[i];
        const int left = length - 1 - i;
        if (length > 4 && left > 0 && left % 3 == 0 && digits[i] != '-') {
            (void)strcpy(out + used, "\xe2\x80\xaf"); /* narrow, does not break */
            used += 3;
        }
    }
    out[used] = '\0';
    return out;
}

/* ---- What the summary says ------------------------------------------------------ */

static const json_t *find_value(const json_t *object, const char *first, const char *second)
{
    const json_t *inner = json_object_get(object, first);
    return second == NULL ? inner : json_object_get(inner, second);
}

const char *pulse_page_text(const json_t *object, const char *first, const char *second)
{
    const char *text = json_string_value(find_value(object, first, second));
    return text == NULL ? "" : text;
}

int64_t pulse_page_whole(const json_t *object, const char *first, const char *second)
{
    return json_integer_value(find_value(object, first, second));
}

/* ---- Pieces of HTML ------------------------------------------------------------- */

void pulse_page_section_open(FILE *out, const char *id, const char *heading, const char *how)
{
    (void)fprintf(out, "\n<section id=\"%s\"><h2>%s</h2>\n<p>%s</p>\n", id, heading, how);
}

void pulse_page_section_close(FILE *out)
{
    (void)fputs("</section>\n", out);
}

void pulse_page_table_open(FILE *out, const char *class, const char *columns)
{
    (void)fprintf(out, "<div class=\"scroll\" tabindex=\"0\"><table%s%s%s><thead><tr>",
                  *class ? " class=\"" : "", class, *class ? "\"" : "");
    for (const char *at = columns; at != NULL;) {
        const char *end = strchr(at, '|');
        const bool left = at == columns || *at == '<';
        at += *at == '<';
        const int length = end == NULL ? (int)strlen(at) : (int)(end - at);
        (void)fprintf(out, "<th%s>%.*s</th>", left ? " class=\"l\"" : "", length, at);
        at = end == NULL ? NULL : end + 1;
    }
    (void)fputs("</tr></thead><tbody>\n", out);
}

void pulse_page_table_close(FILE *out)
{
    (void)fputs("</tbody></table></div>\n", out);
}

void pulse_page_table_name(FILE *out, const char *name)
{
    (void)fputs("<tr><th scope=\"row\">", out);
    pulse_svg_escape(out, name);
    (void)fputs("</th>", out);
}

void pulse_page_table_number(FILE *out, double value, const char *shown)
{
    if (isfinite(value))
        (void)fprintf(out, "<td data-v=\"%.17g\">%s</td>", value, shown);
    else
        (void)fprintf(out, "<td data-v=\"\">%s</td>", shown);
}

void pulse_page_table_cell(FILE *out, const char *shown)
{
    (void)fprintf(out, "<td>%s</td>", shown);
}

void pulse_page_table_percent(FILE *out, double share, int decimals)
{
    char text[PULSE_SHOWN];
    pulse_page_table_cell(out, pulse_shown_percent(share, decimals, text));
}

void pulse_page_table_count(FILE *out, double n)
{
    char text[PULSE_SHOWN];
    pulse_page_table_cell(out, pulse_shown_count(isfinite(n) ? (int64_t)n : 0, text));
}

void pulse_axis_values(FILE *out, const struct pulse_axis *y, int most, double left, double right,
                       double ref, bool percent)
{
    double ticks[PULSE_TICKS];
    char text[PULSE_SHOWN];
    int decimals;
    const int n = pulse_ticks(y->low, y->high, most, ticks, &decimals);
    for (int i = 0; i < n; i++) {
        const double at = pulse_axis_at(y, ticks[i]);
        pulse_svg_line(out, fabs(ticks[i] - ref) < 1e-9 ? "ref" : "t", left, at, right, at);
        const bool large = fabs(ticks[i]) >= 1e6 || decimals > 6;
        pulse_svg_text(out, "e", left - 4, at + 3.5,
                       percent
                           ? pulse_shown_percent(ticks[i], decimals > 2 ? decimals - 2 : 0, text)
                       : large ? pulse_shown_value(ticks[i], ticks[n - 1] - ticks[0], text)
                               : pulse_shown_fixed(ticks[i], decimals, text));
    }
}

/* Months from one label to the next: the fewest that leave no more than `most`. */
static int months_apart(double days, int most)
{
    static const int steps[] = {1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000};
    int i = 0;
    while (i < 12 && days / 30.44 / steps[i] > most)
        i++;
    return steps[i];
}

void pulse_axis_days(FILE *out, const struct pulse_axis *axis, double y, int most)
{
    const int apart = months_apart(axis->high - axis->low, most);
    int64_t year;
    int month, day;
    pulse_civil_from_days((int64_t)axis->low, &year, &month, &day);
    int64_t at = year * 12 + month - 1;
    at = (at + apart - 1) / apart * apart;
    for (int labels = 0; labels <= most + 1; at += apart) {
        const int64_t days = pulse_days_from_civil(at / 12, (int)(at % 12) + 1, 1);
        const double x = pulse_axis_at(axis, (double)days);
        char text[32];
        if ((double)days > axis->high)
            break;
        if ((double)days < axis->low)
            continue;
        if (apart >= 12)
            (void)snprintf(text, sizeof text, "%" PRId64, at / 12);
        else
            (void)snprintf(text, sizeof text, "%" PRId64 "-%02d", at / 12, (int)(at % 12) + 1);
        pulse_svg_line(out, "t", x, y, x, y + 3);
        pulse_svg_text(out, "m", x, y + 13, text);
        labels++;
    }
}
