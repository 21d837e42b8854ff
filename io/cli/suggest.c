#include "cli/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/common/arguments.h"

enum { STEPS = 8 }; /* options that are tried one behind the other */

/* What is tried so far. */
struct attempt {
    struct pulse_read_options reading;
    char missing[PULSE_SUGGEST_TEXT / 2]; /* words, which the options borrow */
    char form[64];                        /* of dates */
    size_t unit; /* where --time-unit stands in the text, from 1; 0: it was not tried */
    char id[64];
    char text[PULSE_SUGGEST_TEXT];
};

static void add_option(struct attempt *a, const char *option, const char *value)
{
    const size_t used = strlen(a->text);
    (void)snprintf(a->text + used, sizeof a->text - used, " %s %s", option, value);
}

/* In single quotes; "" where that cannot be, as of a text with one. */
static void add_text(struct attempt *a, const char *option, const char *value)
{
    char quoted[128];
    if (value == NULL || strchr(value, '\'') != NULL || strlen(value) + 3 > sizeof quoted)
        return;
    (void)snprintf(quoted, sizeof quoted, "'%s'", value);
    add_option(a, option, quoted);
}

static void add_choice(struct attempt *a, const char *option,
                       const struct pulse_arg_choice *choices, char value)
{
    const char *name = pulse_arg_choice_name(choices, value);
    if (name != NULL)
        add_option(a, option, name);
}

/* What was said already. */
static void add_given(struct attempt *a)
{
    const struct pulse_read_options *r = &a->reading;
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)r->skip_rows);
    if (r->skip_rows > 0)
        add_option(a, "--skip-rows", number);
    if (r->time_unit != PULSE_TIME_UNIT_NONE)
        add_option(a, "--time-unit", pulse_time_unit_name(r->time_unit));
    add_choice(a, "--encoding", pulse_encoding_choices, r->encoding);
    add_choice(a, "--thousands", pulse_thousands_choices, r->thousands);
    add_choice(a, "--decimal", pulse_decimal_choices, r->decimal);
    add_choice(a, "--delimiter", pulse_delimiter_choices, r->delimiter);
    add_text(a, "--time", r->time);
    add_text(a, "--id", r->id);
    add_text(a, "--value", r->value);
    add_text(a, "--time-zone", r->time_zone);
    add_text(a, "--date-format", r->date_format);
    add_text(a, "--missing", r->missing);
}

/* A choice that the error names, where none was made yet. */
static bool take_choice(struct attempt *a, const char *error, const char *option,
                        const struct pulse_arg_choice *choices, char *value)
{
    char words[64];
    for (; *value == '\0' && choices->name != NULL; choices++) {
        (void)snprintf(words, sizeof words, "%s %s", option, choices->name);
        if (strstr(error, words) == NULL)
            continue;
        *value = (char)choices->value;
        add_option(a, option, choices->name);
        return true;
    }
    return false;
}

/* --missing 'no data': the word is added to those that there are. */
static bool take_word(struct attempt *a, const char *error)
{
    const char *at = strstr(error, "--missing '"), *end = at == NULL ? NULL : strchr(at + 11, '\'');
    const size_t used = strlen(a->missing);
    if (end == NULL || end == at + 11 || memchr(at + 11, ',', (size_t)(end - at - 11)) != NULL ||
        strlen(a->text) + (size_t)(end - at) + 8 > sizeof a->text)
        return false;
    (void)snprintf(a->missing + used, sizeof a->missing - used, "%s%.*s", used == 0 ? "" : ",",
                   (int)(end - at - 11), at + 11);
    a->reading.missing = a->missing;
    char *before = strstr(a->text, " --missing '");
    if (before != NULL) /* it is the last that was added, or others follow and it is said twice */
        *before = '\0';
    char quoted[sizeof a->missing + 2];
    (void)snprintf(quoted, sizeof quoted, "'%s'", a->missing);
    add_option(a, "--missing", quoted);
    return true;
}

static bool take_lines(struct attempt *a, const char *error)
{
    const char *at = strstr(error, "--skip-rows ");
    char number[24];
    const long lines = at == NULL ? 0 : strtol(at + 12, NULL, 10);
    if (lines <= 0 || a->reading.skip_rows != 0)
        return false;
    a->reading.skip_rows = lines;
    (void)snprintf(number, sizeof number, "%ld", lines);
    add_option(a, "--skip-rows", number);
    return true;
}

/* --time '': the first column, which has no name. */
static bool take_nameless_time(struct attempt *a, const char *error)
{
    if (a->reading.time != NULL || strstr(error, "--time ''") == NULL)
        return false;
    a->reading.time = "";
    add_text(a, "--time", "");
    return true;
}

/* --date-format %d/%m/%Y, in quotes or not: the first that is named and was not tried. */
static bool take_form(struct attempt *a, const char *error)
{
    static const char option[] = "--date-format ";
    if (a->reading.date_format != NULL)
        return false;
    const char *at = strstr(error, option);
    at = at == NULL ? NULL : at + sizeof option - 1;
    if (at == NULL || (*at != '%' && *at != '\''))
        return false;
    const size_t quote = *at == '\'';
    const size_t n = strcspn(at + quote, quote == 1 ? "'" : " ");
    if (n == 0 || n >= sizeof a->form)
        return false;
    (void)snprintf(a->form, sizeof a->form, "%.*s", (int)n, at + quote);
    a->reading.date_format = a->form;
    add_text(a, "--date-format", a->form);
    return true;
}

/* --time-unit: the longest that does not lead out of the years that there are; the next where one
 * did. */
static bool take_unit(struct attempt *a, const char *error)
{
    const bool asked = strstr(error, "--time-unit") != NULL;
    if (!asked || a->reading.time_unit == PULSE_TIME_UNIT_NS ||
        (a->reading.time_unit != PULSE_TIME_UNIT_NONE && a->unit == 0))
        return false;
    a->reading.time_unit = a->unit == 0 ? PULSE_TIME_UNIT_S : a->reading.time_unit + 1;
    if (a->unit == 0)
        a->unit = strlen(a->text) + 1;
    a->text[a->unit - 1] = '\0';
    add_option(a, "--time-unit", pulse_time_unit_name(a->reading.time_unit));
    return true;
}

/* "--id 'a,b': together they say …": these columns. */
static bool take_ids(struct attempt *a, const char *error)
{
    static const char option[] = "say --id '";
    const char *at = strstr(error, option);
    const char *end = strstr(error, "': together they say");
    at = at == NULL ? NULL : at + sizeof option - 1;
    if (at == NULL || end == NULL || end - at >= (ptrdiff_t)sizeof a->id || a->reading.id != NULL)
        return false;
    (void)snprintf(a->id, sizeof a->id, "%.*s", (int)(end - at), at);
    a->reading.id = a->id;
    add_text(a, "--id", a->id);
    return true;
}

/* "--id NAME … (it could be: a, b)": the one column that could be it. */
static bool take_id(struct attempt *a, const char *error)
{
    const char *at = strstr(error, "--id NAME"), *list = strstr(error, "(it could be: ");
    const char *end = list == NULL ? NULL : strchr(list, ')');
    if (at == NULL || end == NULL || a->reading.id != NULL)
        return false;
    list += strlen("(it could be: ");
    const int length = (int)(end - list);
    if (memchr(list, ',', (size_t)length) != NULL || memchr(list, '\'', (size_t)length) != NULL ||
        length >= (int)sizeof a->id)
        return false;
    (void)snprintf(a->id, sizeof a->id, "%.*s", length, list);
    a->reading.id = a->id;
    add_text(a, "--id", a->id);
    return true;
}

/* The first option that the error names. */
static bool take_option(struct attempt *a, const char *error)
{
    return take_lines(a, error) || take_nameless_time(a, error) || take_form(a, error) ||
           take_unit(a, error) ||
           take_choice(a, error, "--encoding", pulse_encoding_choices, &a->reading.encoding) ||
           take_choice(a, error, "--thousands", pulse_thousands_choices, &a->reading.thousands) ||
           take_choice(a, error, "--decimal", pulse_decimal_choices, &a->reading.decimal) ||
           take_ids(a, error) || take_id(a, error) || take_word(a, error);
}

static void begin(struct attempt *a, const struct pulse_read_options *reading)
{
    *a = (struct attempt){.reading = *reading};
    add_given(a);
    if (reading->missing != NULL)
        (void)snprintf(a->missing, sizeof a->missing, "%s", reading->missing);
}

void pulse_suggest_options(const struct pulse_read_options *reading, const struct pulse_err *err,
                           pulse_suggest_try *attempt, const void *user,
                           char out[PULSE_SUGGEST_TEXT])
{
    struct attempt a;
    struct pulse_err why = *err;
    out[0] = '\0';
    begin(&a, reading);
    for (int i = 0; i < STEPS && take_option(&a, why.text); i++)
        if (attempt(user, &a.reading, &why) == 0) {
            (void)snprintf(out, PULSE_SUGGEST_TEXT, "%s", a.text);
            return;
        }
}

void pulse_suggest_fraction(const struct pulse_read_options *reading, const struct pulse_err *err,
                            pulse_suggest_try *attempt, const void *user,
                            char out[PULSE_SUGGEST_TEXT])
{
    struct attempt a;
    struct pulse_err why;
    out[0] = '\0';
    if (strstr(err->text, "before a fraction or between thousands") == NULL)
        return;
    begin(&a, reading);
    a.reading.decimal = (char)(strstr(err->text, "the comma of '") != NULL ? ',' : '.');
    add_choice(&a, "--decimal", pulse_decimal_choices, a.reading.decimal);
    if (attempt(user, &a.reading, &why) == 0)
        (void)snprintf(out, PULSE_SUGGEST_TEXT, "%s", a.text);
}
