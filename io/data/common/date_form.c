#include "data/common/date_form.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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
    "%d-%b-%Y %H:%M", "%d %b %Y %H:%M", "%Y年%m月%d日",   "%b-%d-%Y",       "%d%b%Y",
};

/* Forms that are never guessed: of years without a century, of numbers, and those that are rare. */
static const char *const advised[] = {
    "%b-%y",
    "%b%y",
    "%b%Y",
    "%b %Y",
    "%b-%Y",
    "%Y%b",
    "%Y %b",
    "%Y%m",
    "%Y",
    "%Y:%m",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%d-%b-%y",
    "%d %b %y",
    "%d%b%y",
    "%d%b%Y:%T",
    "%d%b%y:%T",
    "%d. %b %Y",
    "%a, %d %b %Y",
    "%a %d %b %Y",
    "%a %b %d %Y",
    "%a %m/%d/%Y",
    "%m/%Y",
    "%Y/%m",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%Y-%m-%d",
    "%Y-%m",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%Y%m%d %H%M%S",
    "%A, %B %d, %Y",
    "%a, %d %b %Y %T GMT",
    "%a %b %d %T %Y",
    "%a %b %d %Y %T GMT%z",
};

static bool is_of(struct pulse_text text, const char *form)
{
    struct pulse_shown_offset offset;
    int64_t ns;
    /* A blank of a form is no blank in the text, too, to strptime. */
    const bool blank = memchr(text.at, ' ', text.length) != NULL;
    const bool blanks = strchr(form, ' ') != NULL ? blank : !blank || strchr(form, 'b') == NULL;
    return blanks && pulse_parse_formatted(text.at, text.length, form, &ns, &offset);
}

bool pulse_date_form_is_ahead(const char *form, struct pulse_text text, int64_t *ns)
{
    enum { DAYS = 366 };
    struct pulse_shown_offset offset;
    return strstr(form, "%y") != NULL && strstr(form, "%C") == NULL &&
           pulse_parse_formatted(text.at, text.length, form, ns, &offset) &&
           pulse_day_of_ns(*ns) > pulse_today() + DAYS;
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

/* Whether a name is shown whole and ends where quotes around it do: what a file says must not
 * become part of a program that a user may run. */
static bool is_plain(const char *name)
{
    const size_t shown = strnlen(name, 41);
    return shown <= 40 && strpbrk(name, "'\\\n\r") == NULL;
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
    char label[64] = "'NAME'", how[448] = "df.T";
    if (first > 0 && is_plain(names[0]) && names[0][0] != '\0')
        (void)snprintf(label, sizeof label, "'%.40s'", names[0]);
    else if (first > 0)
        (void)snprintf(label, sizeof label, "t.columns[0]");
    /* Eurostat writes a blank behind each date. */
    if (is_plain(names[first]) && is_plain(names[last]))
        (void)snprintf(how, sizeof how,
                       "df.rename(columns=str.strip)%s%s%s.loc[:, '%.40s':'%.40s'].T"
                       ".rename_axis('date').to_csv('turned.csv'); for %s a list of all columns "
                       "that say what a row is of",
                       label[0] == '\'' ? ".set_index(" : ".pipe(lambda t: t.set_index(", label,
                       label[0] == '\'' ? ")" : "))", names[first], names[last], label);
    (void)pulse_fail(err, PULSE_E_INPUT,
                     "%s: dates are the names of columns ('%.20s' to '%.20s'), and a row must be "
                     "one date: turn the table over, as pandas does with %s",
                     where, names[first], names[last], how);
    return true;
}

/* ---- Months beside a year ---------------------------------------------------------- */

/* The number behind a letter or none, M01, 1, from 1 to `most`; 0 for anything else. */
static int number_behind(struct pulse_text text, const char *letter, int most)
{
    const size_t n = strlen(letter), digits = count_digits(text, n);
    if (digits == 0 || digits > 2 || n + digits != text.length ||
        strncasecmp(text.at, letter, n) != 0)
        return 0;
    const int number =
        digits == 1 ? text.at[n] - '0' : 10 * (text.at[n] - '0') + text.at[n + 1] - '0';
    return number <= most ? number : 0;
}

/* Which month of the year a name is, or with `quarters` which quarter; 0 for none. */
static int period_of(const char *name, bool quarters)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    struct pulse_text text = pulse_text_trim((struct pulse_text){name, strlen(name)});
    if (quarters)
        return number_behind(text, "q", 4);
    if (text.length > 3 && text.at[text.length - 1] == '.')
        text.length--;
    for (int i = 0; i < 12; i++)
        if (pulse_text_is_word(text, months[i]) ||
            ((text.length == 3 || (i == 8 && text.length == 4)) &&
             strncasecmp(text.at, months[i], text.length) == 0))
            return i + 1;
    const int month = number_behind(text, "m", 12);
    return month > 0 ? month : number_behind(text, "", 12);
}

/* Columns that are periods of the year. */
struct periods {
    int64_t n, first, last;
    bool in_order; /* one beside the other, each the next */
};

static struct periods find_periods(char *const *names, int64_t n, bool quarters)
{
    struct periods found = {.first = -1, .in_order = true};
    for (int64_t c = 0; c < n; c++) {
        if (period_of(names[c], quarters) == 0)
            continue;
        if (found.n++ == 0)
            found.first = c;
        else if (found.last != c - 1 ||
                 period_of(names[c], quarters) != period_of(names[c - 1], quarters) + 1)
            found.in_order = false;
        found.last = c;
    }
    return found;
}

bool pulse_months_across(const char *where, char *const *names, int64_t n, int64_t year,
                         struct pulse_err *err)
{
    const bool quarters = find_periods(names, n, true).n >= 3;
    const struct periods found = find_periods(names, n, quarters);
    char how[448] = "df.melt()";
    enum { PERIODS = 3, NUMBERS = 12 }; /* 1, 2, 3 may as well be regions or ages */
    const bool bare =
        found.n > 0 && count_digits((struct pulse_text){names[found.first], 1}, 0) > 0;
    if (year < 0 || found.n < (bare ? NUMBERS : PERIODS))
        return false;
    const char *first = names[found.first], *last = names[found.last];
    if (found.in_order && is_plain(names[year]) && is_plain(first) && is_plain(last))
        (void)snprintf(how, sizeof how,
                       "df.set_index('%.40s').loc[:, '%.40s':'%.40s'].set_axis(range(%d, %d), "
                       "axis=1).stack().rename('value').pipe(lambda s: s.set_axis(s.index.map("
                       "'{0[0]}-%s'.format))).rename_axis('date').to_csv('turned.csv')",
                       names[year], first, last, period_of(first, quarters),
                       period_of(last, quarters) + 1, quarters ? "Q{0[1]}" : "{0[1]:02}");
    (void)pulse_fail(err, PULSE_E_INPUT,
                     "%s: months or quarters are the names of columns ('%.20s' to '%.20s' beside "
                     "'%.20s'), and a "
                     "row must be one date: turn the table over, as pandas does with %s; or say "
                     "--time '%.20s' if each is a variable of its own",
                     where, first, last, names[year], how, names[year]);
    return true;
}
