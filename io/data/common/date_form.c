#include "data/common/date_form.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"

/* A day first and a month first beside each other; of names and leading years there is one order.
 */
static const char *const forms[] = {
    "%d.%m.%Y",       "%m.%d.%Y",       "%d/%m/%Y",       "%m/%d/%Y",       "%d-%m-%Y",
    "%m-%d-%Y",       "%Y/%m/%d",       "%Y.%m.%d",       "%d-%b-%Y",       "%d %b %Y",
    "%b %d, %Y",      "%b %d %Y",       "%d.%m.%Y %H:%M", "%m.%d.%Y %H:%M", "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M", "%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M",
    "%d.%m.%Y %T",    "%m.%d.%Y %T",    "%d/%m/%Y %T",    "%m/%d/%Y %T",    "%d-%m-%Y %T",
    "%m-%d-%Y %T",    "%Y/%m/%d %T",    "%Y.%m.%d %T",    "%d-%b-%Y %T",    "%d %b %Y %T",
    "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%Y年%m月%d日",   "%b-%d-%Y",
};

/* Forms that are never guessed: of years without a century, of numbers, and those that are rare. */
static const char *const advised[] = {
    "%b-%y",
    "%b %Y",
    "%b-%Y",
    "%Y%b",
    "%Y%m",
    "%Y",
    "%Y:%m",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%b-%y",
    "%d%b%y",
    "%d%b%Y:%T",
    "%a, %d %b %Y",
    "%a %m/%d/%Y",
    "%m/%Y",
    "%Y/%m",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%Y%m%d %H%M%S",
    "%A, %B %d, %Y",
    "%a, %d %b %Y %T GMT",
    "%a %b %d %T %Y",
};

static bool is_of(struct pulse_text text, const char *form)
{
    struct pulse_shown_offset offset;
    int64_t ns;
    return pulse_parse_formatted(text.at, text.length, form, &ns, &offset);
}

static const char *const *table_of(const struct pulse_date_form *seen, size_t *n)
{
    *n = seen->advised ? sizeof advised / sizeof *advised : sizeof forms / sizeof *forms;
    return seen->advised ? advised : forms;
}

bool pulse_date_form_see(struct pulse_date_form *seen, struct pulse_text text)
{
    if (text.length == 0)
        return true;
    size_t n;
    const char *const *table = table_of(seen, &n);
    const uint64_t before = seen->any ? seen->left : UINT64_MAX;
    uint64_t left = 0;
    for (size_t i = 0; i < n; i++)
        if ((before >> i & 1) != 0 && is_of(text, table[i]))
            left |= UINT64_C(1) << i;
    if (left == 0)
        return false;
    seen->any = true;
    seen->left = left;
    return true;
}

/* Index of the first form that is left; -1 for none. */
static int first_left(uint64_t left)
{
    return left == 0 ? -1 : __builtin_ctzll(left);
}

const char *pulse_date_form_of(const struct pulse_date_form *seen)
{
    size_t n;
    const int first = first_left(seen->left);
    return seen->any && first >= 0 && first_left(seen->left & (seen->left - 1)) < 0
               ? table_of(seen, &n)[first]
               : NULL;
}

bool pulse_date_form_ambiguous(const struct pulse_date_form *seen, const char *out[2])
{
    const int first = first_left(seen->left);
    const int second = first < 0 ? -1 : first_left(seen->left & (seen->left - 1));
    size_t n;
    if (!seen->any || second < 0)
        return false;
    out[0] = table_of(seen, &n)[first];
    out[1] = table_of(seen, &n)[second];
    return true;
}

static size_t count_digits(struct pulse_text text, size_t from)
{
    size_t n = 0;
    while (from + n < text.length && text.at[from + n] >= '0' && text.at[from + n] <= '9')
        n++;
    return n;
}

/* Of digits alone with a clock: only of so many, since fewer or more are counts of some unit. */
static const char *find_compact(struct pulse_text text)
{
    const char *form = text.length == 14 ? "%Y%m%d%H%M%S" : text.length == 12 ? "%Y%m%d%H%M" : NULL;
    return form != NULL && count_digits(text, 0) == text.length && is_of(text, form) ? form : NULL;
}

const char *pulse_date_form_hint(struct pulse_text text)
{
    struct pulse_date_form seen = {.advised = true};
    const char *compact = find_compact(text);
    (void)pulse_date_form_see(&seen, text);
    const int first = first_left(seen.left);
    return compact == NULL && first >= 0 ? advised[first] : compact;
}

bool pulse_date_form_fits(struct pulse_text text)
{
    struct pulse_date_form seen = {.any = false};
    return text.length >= 8 && pulse_date_form_see(&seen, text);
}

bool pulse_is_clock(struct pulse_text text)
{
    const size_t hours = count_digits(text, 0);
    size_t at = hours;
    bool twos = true;
    int64_t parts = 0;
    for (; at < text.length && text.at[at] == ':'; at += 3, parts++)
        twos = twos && count_digits(text, at + 1) == 2;
    if (parts == 2 && at < text.length && text.at[at] == '.')
        at += 1 + count_digits(text, at + 1);
    return hours >= 1 && hours <= 2 && twos && (parts == 1 || parts == 2) && at == text.length;
}

/* 2016, 2016-12-30, 12/30/16, 2016 [YR2016]. */
static bool names_date(const char *name)
{
    int64_t ns;
    const struct pulse_text text = pulse_text_trim((struct pulse_text){name, strlen(name)});
    const struct pulse_text year = {text.at, 4};
    return pulse_read_instant(text.at, text.length, &ns) == PULSE_INSTANT_READ ||
           pulse_date_form_fits(text) || pulse_date_form_hint(text) != NULL ||
           (text.length > 4 && text.at[4] == ' ' && is_of(year, "%Y"));
}

/* Whether the 40 characters that are shown of a name end where quotes around them do: what a file
 * says must not become part of a program that a user may run. */
static bool is_plain(const char *name)
{
    const size_t shown = strnlen(name, 40);
    return strpbrk(name, "'\n\r") == NULL && (shown == 0 || name[shown - 1] != '\\');
}

bool pulse_dates_across(const char *where, char *const *names, int64_t n, struct pulse_err *err)
{
    int64_t found = 0, first = -1, last = -1;
    for (int64_t c = 0; c < n; c++)
        if (names_date(names[c])) {
            first = first < 0 ? c : first;
            last = c;
            found++;
        }
    if (found < 3 || 2 * found <= n)
        return false;
    const char *label = first > 0 ? names[0] : "NAME";
    char how[384] = "df.T";
    if (is_plain(label) && is_plain(names[first]) && is_plain(names[last]))
        (void)snprintf(how, sizeof how,
                       "df.set_index('%.40s').loc[:, '%.40s':'%.40s'].T.rename_axis('date')"
                       ".to_csv('turned.csv'); for '%.40s' a list of all columns that say what a "
                       "row is of",
                       label, names[first], names[last], label);
    (void)pulse_fail(err, PULSE_E_INPUT,
                     "%s: dates are the names of columns ('%.20s' to '%.20s'), and a row must be "
                     "one date: turn the table over, as pandas does with %s",
                     where, names[first], names[last], how);
    return true;
}
