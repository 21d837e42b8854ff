#include "data/common/text_number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"

enum { MOST = 128 }; /* characters of a number; longer ones do not mean more digits */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static struct pulse_text drop_first(struct pulse_text text, size_t n)
{
    return (struct pulse_text){text.at + n, text.length - n};
}

static struct pulse_text drop_last(struct pulse_text text, size_t n)
{
    return (struct pulse_text){text.at, text.length - n};
}

static bool begins_with(struct pulse_text text, const char *with)
{
    const size_t n = strlen(with);
    return text.length >= n && memcmp(text.at, with, n) == 0;
}

static bool ends_with(struct pulse_text text, const char *with)
{
    const size_t n = strlen(with);
    return text.length >= n && memcmp(text.at + text.length - n, with, n) == 0;
}

/* Blanks: the plain one, and those that stand in a line without breaking it (U+00A0, U+202F,
 * U+2009); the last is that of Windows-1252, which in UTF-8 ends characters and begins none. */
static const char *const blanks[] = {" ", "\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89", "\xa0"};
enum { BLANKS = sizeof blanks / sizeof *blanks };

/* Bytes of the blank that the text begins with, 0 for none. */
static size_t blank_length(struct pulse_text text)
{
    for (size_t i = 0; i < BLANKS; i++)
        if (begins_with(text, blanks[i]))
            return strlen(blanks[i]);
    return 0;
}

static struct pulse_text trim_blanks(struct pulse_text text)
{
    for (size_t n; (n = blank_length(text)) > 0;)
        text = drop_first(text, n);
    for (size_t i = 0; i < BLANKS - 1; i++)
        while (ends_with(text, blanks[i])) {
            text = drop_last(text, strlen(blanks[i]));
            i = 0;
        }
    return text;
}

/* ---- Taking signs off ----------------------------------------------------------- */

static struct pulse_text take_minus(struct pulse_text text, bool *found, bool *negative)
{
    /* U+2212, and the dash U+2013 that offices and word processors make of a minus */
    static const char *const minuses[] = {"-", "\xe2\x88\x92", "\xe2\x80\x93"};
    for (size_t i = 0; !*found && i < sizeof minuses / sizeof *minuses; i++)
        if (begins_with(text, minuses[i])) {
            *found = *negative = true;
            return drop_first(text, strlen(minuses[i]));
        }
    if (*found || !begins_with(text, "+"))
        return text;
    *found = true;
    return drop_first(text, 1);
}

/* Bytes of the currency sign that the text begins with: $, £, ¥ or one of U+20A0 … U+20BF. */
static size_t currency_length(struct pulse_text text)
{
    if (begins_with(text, "$"))
        return 1;
    if (begins_with(text, "\xc2\xa3") || begins_with(text, "\xc2\xa5"))
        return 2;
    return text.length >= 3 && memcmp(text.at, "\xe2\x82", 2) == 0 &&
                   (unsigned char)text.at[2] >= 0xa0 && (unsigned char)text.at[2] <= 0xbf
               ? 3
               : 0;
}

static void set_unit(struct pulse_text_unit *unit, const char *at, size_t length, bool before)
{
    (void)snprintf(unit->text, sizeof unit->text, "%.*s", (int)length, at);
    unit->before = before;
}

/* $, or with letters that say whose: US$. */
static struct pulse_text take_unit_before(struct pulse_text text, struct pulse_text_unit *unit)
{
    size_t letters = 0;
    while (letters < 3 && letters < text.length && text.at[letters] >= 'A' &&
           text.at[letters] <= 'Z')
        letters++;
    const size_t sign = currency_length(drop_first(text, letters));
    if (sign == 0)
        return text;
    set_unit(unit, text.at, letters + sign, true);
    return trim_blanks(drop_first(text, letters + sign));
}

static struct pulse_text take_unit_after(struct pulse_text text, struct pulse_text_unit *unit)
{
    size_t n = ends_with(text, "%") ? 1 : 0;
    for (size_t i = 1; n == 0 && i <= 3 && i <= text.length; i++)
        if (currency_length(drop_first(text, text.length - i)) == i)
            n = i;
    if (n == 0 || unit->text[0] != '\0')
        return text;
    set_unit(unit, text.at + text.length - n, n, false);
    return trim_blanks(drop_last(text, n));
}

/* Statistical offices mark numbers by one letter behind a blank, 101.2 b for a break in a series,
 * or by a small one, and 288.1 K is a temperature: so one letter touches its number, and M, B and T
 * are capitals. */
static struct pulse_text take_thousands(struct pulse_text text, int *power)
{
    static const struct {
        const char *word;
        int power;
        bool capital, touches;
    } words[] = {{"K", 3, false, true},
                 {"bn", 9, false, false},
                 {"M", 6, true, true},
                 {"B", 9, true, true},
                 {"T", 12, true, true}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strlen(words[i].word);
        if (text.length <= n || strncasecmp(text.at + text.length - n, words[i].word, n) != 0 ||
            (words[i].capital && !ends_with(text, words[i].word)))
            continue;
        const struct pulse_text before = drop_last(text, n);
        const struct pulse_text left = words[i].touches ? before : trim_blanks(before);
        if (left.length == 0 || !is_digit(left.at[left.length - 1]))
            continue;
        *power = words[i].power;
        return left;
    }
    return text;
}

void pulse_text_split(struct pulse_text cell, struct pulse_text_pieces *out)
{
    struct pulse_text text = trim_blanks(cell);
    bool is_signed = false;
    *out = (struct pulse_text_pieces){.negative = false};
    if (text.length > 2 && text.at[0] == '(' && text.at[text.length - 1] == ')') {
        text = trim_blanks((struct pulse_text){text.at + 1, text.length - 2});
        is_signed = out->negative = true;
    }
    text = take_minus(text, &is_signed, &out->negative);
    text = take_unit_before(text, &out->unit);
    if (out->unit.text[0] != '\0')
        text = take_minus(text, &is_signed, &out->negative);
    text = take_unit_after(text, &out->unit);
    /* (12.5)% and (12.5)M: what is in parentheses may have its sign behind them. */
    if (!is_signed && text.length > 2 && text.at[0] == '(' && text.at[text.length - 1] == ')') {
        text = trim_blanks((struct pulse_text){text.at + 1, text.length - 2});
        out->negative = true;
    }
    out->digits = take_thousands(text, &out->thousands_power);
}

/* ---- What is left --------------------------------------------------------------- */

/* Without the words that were declared. */
static bool is_usual_missing(struct pulse_text text)
{
    static const char *const words[] = {
        ".",        "..",   "-",    "--",  ":",        "NA",           "N/A",         "#N/A",
        "#N/A N/A", "#NA",  "<NA>", "NaN", "-NaN",     "1.#IND",       "-1.#IND",     "1.#QNAN",
        "-1.#QNAN", "null", "None", "inf", "infinity", "\xe2\x80\x93", "\xe2\x80\x94"}; /* dashes */
    if (text.length == 0)
        return true;
    struct pulse_text unsigned_text = text;
    if (text.length > 3 && (text.at[0] == '-' || text.at[0] == '+'))
        unsigned_text = (struct pulse_text){text.at + 1, text.length - 1};
    if (text.length > 8) /* no word is longer; -infinity is */
        return pulse_text_is_word(unsigned_text, "infinity");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pulse_text_is_word(text, words[i]))
            return true;
    return pulse_text_is_word(unsigned_text, "inf") ||
           pulse_text_is_word(unsigned_text, "infinity");
}

bool pulse_words_next_number(const char **words, double *number)
{
    bool found = false;
    while (!found && *words != NULL && **words != '\0') {
        const char *word = *words;
        const size_t n = strcspn(word, ",");
        *words = word + n + (word[n] == ',');
        found = pulse_parse_number(word, n, number) && isfinite(*number);
    }
    return found;
}

bool pulse_number_is(double value, double number)
{
    return value == number || value == (double)(float)number;
}

int pulse_text_numbers_init(const struct pulse_read_options *options,
                            struct pulse_text_numbers *out, struct pulse_err *err)
{
    const char *words = options->missing;
    double number;
    *out = (struct pulse_text_numbers){options->decimal, options->thousands, options->missing,
                                       pulse_words_next_number(&words, &number)};
    if (out->decimal == '\0' && (out->thousands == '.' || out->thousands == ','))
        out->decimal = out->thousands == '.' ? ',' : '.';
    if (out->decimal != '\0' && out->decimal == out->thousands)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--decimal and --thousands are the same sign; a number has two");
    return 0;
}

/* Bytes of the mark between thousands that the text begins with, 0 for none. */
static size_t mark_length(struct pulse_text text, char thousands)
{
    if (thousands == ' ')
        return blank_length(text);
    if (thousands == '\'' && begins_with(text, "\xe2\x80\x99")) /* U+2019 */
        return 3;
    return thousands != '\0' && text.length > 0 && text.at[0] == thousands ? 1 : 0;
}

/* Copies the digits as strtod wants them. Marks between thousands have three digits behind each,
 * and one to three before the first. False for anything that cannot be a number. */
static bool spell_digits(struct pulse_text text, const struct pulse_text_numbers *numbers,
                         char *copy, size_t *length)
{
    size_t n = 0, group = 0;
    bool marks = false, whole = true; /* before the decimal sign and the exponent */
    if (text.length == 0 || text.length > MOST ||
        (!is_digit(text.at[0]) && text.at[0] != numbers->decimal))
        return false;
    while (text.length > 0) {
        const size_t mark = whole ? mark_length(text, numbers->thousands) : 0;
        if (mark > 0) {
            if (group == 0 || group > 3 || (marks && group != 3))
                return false;
            marks = true;
            group = 0;
            text = drop_first(text, mark);
            continue;
        }
        const char c = text.at[0];
        if (whole && !is_digit(c)) {
            if (marks && group != 3)
                return false;
            whole = false;
        }
        if (c == '.' && numbers->decimal != '.')
            return false;
        copy[n++] = (char)(c == numbers->decimal ? '.' : c);
        group++;
        text = drop_first(text, 1);
    }
    *length = n;
    return !whole || !marks || group == 3;
}

/* A number that is not missing, or infinite: then NaN. */
static bool read_number(struct pulse_text cell, const struct pulse_text_numbers *numbers,
                        double *value, struct pulse_text_unit *unit)
{
    char copy[MOST + 8 + PULSE_NUMBER_PADDING] = {0};
    struct pulse_text_pieces pieces;
    size_t n;
    if (numbers->decimal == '.' && pulse_parse_number(cell.at, cell.length, value)) {
        *value = isfinite(*value) ? *value : NAN;
        *unit = (struct pulse_text_unit){.text = ""};
        return true;
    }
    pulse_text_split(cell, &pieces);
    if (!spell_digits(pieces.digits, numbers, copy, &n))
        return false;
    /* By the exponent, so that 3.58M is rounded once. */
    if (pieces.thousands_power > 0) {
        if (memchr(copy, 'e', n) != NULL || memchr(copy, 'E', n) != NULL)
            return false;
        n += (size_t)snprintf(copy + n, 8, "e%d", pieces.thousands_power);
    }
    if (!pulse_number_quick(copy, copy + n, value) && !pulse_parse_number(copy, n, value))
        return false;
    *value = !isfinite(*value) ? NAN : pieces.negative ? -*value : *value;
    *unit = pieces.unit;
    return true;
}

/* One of the words that were declared. */
static bool is_declared_missing(struct pulse_text cell, const char *words)
{
    for (const char *word = words; word != NULL && *word != '\0';) {
        const size_t n = strcspn(word, ",");
        if (n == cell.length && strncasecmp(word, cell.at, n) == 0)
            return true;
        word += n + (word[n] == ',');
    }
    return false;
}

/* A number that is one of those. */
static bool is_declared_number(struct pulse_text cell, const struct pulse_text_numbers *numbers)
{
    const char *words = numbers->missing;
    struct pulse_text_unit unit;
    double value, number;
    bool found = false;
    if (!read_number(cell, numbers, &value, &unit))
        return false;
    while (!found && pulse_words_next_number(&words, &number))
        found = pulse_number_is(value, number);
    return found;
}

bool pulse_text_missing(struct pulse_text cell, const struct pulse_text_numbers *numbers)
{
    return is_usual_missing(cell) || is_declared_missing(cell, numbers->missing) ||
           (numbers->missing_numbers && is_declared_number(cell, numbers));
}

bool pulse_text_number(struct pulse_text cell, const struct pulse_text_numbers *numbers,
                       double *value, struct pulse_text_unit *unit)
{
    *value = NAN;
    return pulse_text_missing(cell, numbers) || read_number(cell, numbers, value, unit);
}

bool pulse_text_same_unit(const struct pulse_text_unit *a, const struct pulse_text_unit *b)
{
    return strcmp(a->text, b->text) == 0 && (a->text[0] == '\0' || a->before == b->before);
}

/* Digits with marks and blanks among them; of points alone only such as between thousands, since
 * 30.12.2016 is a day. Sets `n` to their bytes. */
static bool begins_with_digits(struct pulse_text text, size_t *n)
{
    size_t at = 0, points = 0, others = 0, group = 0;
    while (at < text.length) {
        const struct pulse_text left = drop_first(text, at);
        const size_t blank = blank_length(left), gap = blank > 0 ? blank : mark_length(left, '\'');
        const char c = text.at[at];
        if (gap == 0 && !is_digit(c) && c != '.' && c != ',')
            break;
        group = is_digit(c) ? group + 1 : 0;
        points += c == '.';
        others += gap > 0 || c == ',';
        at += gap > 0 ? gap : 1;
    }
    *n = at;
    return at > 0 && is_digit(text.at[0]) && (points < 2 || others > 0 || group == 3);
}

bool pulse_text_nearly_number(struct pulse_text cell)
{
    struct pulse_text_pieces pieces;
    size_t n, letters = 0, power = 0;
    pulse_text_split(cell, &pieces);
    if (!begins_with_digits(pieces.digits, &n))
        return false;
    struct pulse_text rest = drop_first(pieces.digits, n);
    if (rest.length == 0)
        return true;
    while (letters < rest.length && is_letter(rest.at[letters]))
        letters++;
    const bool exponent = letters == 1 && strchr("DdEe", rest.at[0]) != NULL;
    rest = drop_first(rest, letters);
    if (exponent && rest.length > 1 && (rest.at[0] == '+' || rest.at[0] == '-'))
        rest = drop_first(rest, 1);
    while (power < rest.length && is_digit(rest.at[power]))
        power++;
    return letters > 0 && letters <= 3 && power == rest.length && (power == 0 || exponent);
}
