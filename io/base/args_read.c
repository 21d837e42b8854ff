/* The readers of option values, and what they say of those that are no good. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/args.h"
#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/spelling.h"
#include "base/zone.h"

static void *value_of(const struct pulse_arg *arg, void *values)
{
    return (char *)values + arg->at;
}

int pulse_arg_refuse(const struct pulse_arg *arg, const char *text, const char *want,
                     struct pulse_err *err)
{
    const char *quote = text[0] == '\0' ? "'" : "";
    if (arg->name == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "-%c %s%s%s: expected %s", arg->letter, quote, text,
                          quote, want);
    return pulse_fail(err, PULSE_E_USAGE, "--%s %s%s%s: expected %s", arg->name, quote, text, quote,
                      want);
}

int pulse_arg_read_flag(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    (void)text;
    (void)err;
    *(bool *)value_of(arg, values) = true;
    return 0;
}

int pulse_arg_read_any(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    (void)err;
    *(const char **)value_of(arg, values) = text;
    return 0;
}

/* Most often an empty text is a shell's variable that is not set: the default would be silent. */
int pulse_arg_read_text(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    char want[80];
    if (text[0] != '\0')
        return pulse_arg_read_any(arg, text, values, err);
    (void)snprintf(want, sizeof want, "%s, not an empty text", arg->argument);
    return pulse_arg_refuse(arg, text, arg->want != NULL ? arg->want : want, err);
}

int pulse_arg_read_zone(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    const struct pulse_zone *zone;
    if (pulse_zone_find(text, &zone, err) != 0)
        return err->kind == PULSE_E_MEMORY
                   ? -1
                   : pulse_arg_refuse(arg, text,
                                      "a zone that this machine's tzdata has, as America/New_York, "
                                      "or an offset as +09:00",
                                      err);
    *(const char **)value_of(arg, values) = text;
    return 0;
}

int pulse_arg_read_date_format(const struct pulse_arg *arg, char *text, void *values,
                               struct pulse_err *err)
{
    const char *want = pulse_date_format_want(text);
    if (want != NULL)
        return pulse_arg_refuse(arg, text, want, err);
    *(const char **)value_of(arg, values) = text;
    return 0;
}

int pulse_arg_int(const struct pulse_arg *arg, const char *text, int64_t least, int64_t most,
                  int64_t *out, struct pulse_err *err)
{
    char want[80];
    if (pulse_parse_int(text, least, most, out))
        return 0;
    (void)snprintf(want, sizeof want, "a whole number from %lld to %lld", (long long)least,
                   (long long)most);
    return pulse_arg_refuse(arg, text, arg->want != NULL ? arg->want : want, err);
}

int pulse_arg_read_int(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return pulse_arg_int(arg, text, arg->least, arg->most, value_of(arg, values), err);
}

int pulse_arg_read_count(const struct pulse_arg *arg, char *text, void *values,
                         struct pulse_err *err)
{
    int64_t n = 0;
    if (pulse_arg_int(arg, text, arg->least, arg->most, &n, err) != 0)
        return -1;
    *(int *)value_of(arg, values) = (int)n;
    return 0;
}

int pulse_arg_read_real(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    char want[80];
    if (pulse_parse_real(text, arg->low, arg->high, value_of(arg, values)))
        return 0;
    (void)snprintf(want, sizeof want, "a number from %g to %g", arg->low, arg->high);
    return pulse_arg_refuse(arg, text, arg->want != NULL ? arg->want : want, err);
}

/* A day from PULSE_DAY_MIN to PULSE_DAY_MAX; with `to_the_end` a later one is the last. */
static int read_day(const struct pulse_arg *arg, char *text, bool to_the_end, void *values,
                    struct pulse_err *err)
{
    int64_t ns = 0;
    if (pulse_read_instant(text, strlen(text), &ns) == PULSE_INSTANT_UNREADABLE)
        return pulse_arg_refuse(arg, text, "a date such as 2016-12-30", err);
    int64_t day = pulse_day_of_ns(ns);
    if (to_the_end && day > PULSE_DAY_MAX)
        day = PULSE_DAY_MAX;
    if (day < PULSE_DAY_MIN || day > PULSE_DAY_MAX)
        return pulse_arg_refuse(arg, text, "a date from " PULSE_TIME_RANGE, err);
    *(int64_t *)value_of(arg, values) = day;
    return 0;
}

int pulse_arg_read_day(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return read_day(arg, text, false, values, err);
}

int pulse_arg_read_end(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    return read_day(arg, text, true, values, err);
}

/* "500M", "10G", "1.5GiB": a number, or one with K, M, G or T behind it, which are binary multiples
 * here. */
static bool parse_size(const char *text, int64_t *bytes)
{
    static const char units[] = "KMGT";
    const size_t digits = strspn(text, "0123456789.eE+-");
    const char *end = text + digits;
    const char *unit = memchr(units, *end & ~0x20, 4);
    double n;
    if (!pulse_parse_number(text, digits, &n))
        return false;
    if (unit != NULL) {
        n = ldexp(n, 10 * (int)(unit - units + 1));
        end++;
        end += *end == 'i';
        end += *end == 'B';
    }
    if (*end != '\0' || !(n >= 0) || n > 1e18)
        return false;
    *bytes = (int64_t)n;
    return true;
}

int pulse_arg_read_size(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    int64_t bytes;
    if (!parse_size(text, &bytes) || bytes < arg->least)
        return pulse_arg_refuse(arg, text,
                                arg->want != NULL ? arg->want : "a size such as 500M or 10G", err);
    *(int64_t *)value_of(arg, values) = bytes;
    return 0;
}

/* The choice that is spelled most like `text`, where it is like enough to be what was meant. */
static const char *nearest_choice(const struct pulse_arg_choice *choices, const char *text)
{
    const char *nearest = NULL;
    int best = 3; /* two letters amiss and no more ... */
    for (; choices->name != NULL; choices++) {
        const int distance = pulse_spelling_distance(text, choices->name);
        if (distance < best &&
            2 * distance <= (int)strlen(choices->name)) { /* ... nor half of them */
            best = distance;
            nearest = choices->name;
        }
    }
    return nearest;
}

/* "average or select", "s, ms, us or ns". */
static void list_choices(const struct pulse_arg_choice *choices, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; choices[i].name != NULL && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s",
                                 i == 0                        ? ""
                                 : choices[i + 1].name == NULL ? " or "
                                                               : ", ",
                                 choices[i].name);
}

int pulse_arg_choose(const struct pulse_arg *arg, const char *text, int *out, struct pulse_err *err)
{
    int (*compare)(const char *, const char *) = arg->any_case ? strcasecmp : strcmp;
    char want[256];
    for (const struct pulse_arg_choice *choice = arg->choices; choice->name != NULL; choice++)
        if (compare(text, choice->name) == 0) {
            *out = choice->value;
            return 0;
        }
    list_choices(arg->choices, want, sizeof want);
    const char *nearest = nearest_choice(arg->choices, text);
    const size_t used = strlen(want);
    if (nearest != NULL)
        (void)snprintf(want + used, sizeof want - used, "; did you mean %s?", nearest);
    return pulse_arg_refuse(arg, text, want, err);
}

int pulse_arg_read_choice(const struct pulse_arg *arg, char *text, void *values,
                          struct pulse_err *err)
{
    return pulse_arg_choose(arg, text, value_of(arg, values), err);
}

int pulse_arg_read_char(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    int value = 0;
    if (pulse_arg_choose(arg, text, &value, err) != 0)
        return -1;
    *(char *)value_of(arg, values) = (char)value;
    return 0;
}

/* The next piece of a list that is not empty, and *rest behind it; NULL where there is none. In it
 * "\," has become ",". */
static char *cut_piece(char **rest)
{
    char *from = *rest + strspn(*rest, ","), *to = from, *piece = from;
    if (*from == '\0')
        return NULL;
    for (; *from != '\0' && *from != ','; from++) {
        from += from[0] == '\\' && from[1] == ',';
        *to++ = *from;
    }
    *rest = *from == '\0' ? from : from + 1;
    *to = '\0';
    return piece;
}

void pulse_arg_add_piece(struct pulse_text_buffer *text, const char *piece)
{
    for (size_t n = strcspn(piece, ","); piece[n] == ','; n = strcspn(piece, ",")) {
        (void)pulse_text_buffer_add_bytes(text, piece, (int64_t)n);
        pulse_text_buffer_add(text, "\\,");
        piece += n + 1;
    }
    pulse_text_buffer_add(text, piece);
}

int pulse_arg_each(const struct pulse_arg *arg, const char *text, pulse_arg_reader *read,
                   void *values, struct pulse_err *err)
{
    char *copy = pulse_strdup(text, err), *rest = copy;
    if (copy == NULL)
        return -1;
    int rc = 0, pieces = 0;
    for (char *piece = cut_piece(&rest); piece != NULL && rc == 0; piece = cut_piece(&rest)) {
        rc = read(arg, piece, values, err);
        pieces++;
    }
    free(copy);
    return rc == 0 && pieces == 0 ? pulse_arg_refuse(arg, "", "at least one value", err) : rc;
}
