#include "cli/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/common/arguments.h"

enum { STEPS = 4 }; /* options that are tried one behind the other */

/* What is tried so far. */
struct attempt {
    struct pulse_read_options reading;
    char missing[PULSE_SUGGEST_TEXT / 2]; /* words, which the options borrow */
    char text[PULSE_SUGGEST_TEXT];
};

static void add_option(struct attempt *a, const char *option, const char *value)
{
    const size_t used = strlen(a->text);
    (void)snprintf(a->text + used, sizeof a->text - used, " %s %s", option, value);
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

/* The first option that the error names. */
static bool take_option(struct attempt *a, const char *error)
{
    return take_lines(a, error) ||
           take_choice(a, error, "--encoding", pulse_encoding_choices, &a->reading.encoding) ||
           take_choice(a, error, "--thousands", pulse_thousands_choices, &a->reading.thousands) ||
           take_choice(a, error, "--decimal", pulse_decimal_choices, &a->reading.decimal) ||
           take_word(a, error);
}

void pulse_suggest_options(const struct pulse_read_options *reading, const struct pulse_err *err,
                           pulse_suggest_try *attempt, const void *user,
                           char out[PULSE_SUGGEST_TEXT])
{
    struct attempt a = {.reading = *reading};
    struct pulse_err why = *err;
    out[0] = '\0';
    if (reading->missing != NULL)
        (void)snprintf(a.missing, sizeof a.missing, "%s", reading->missing);
    for (int i = 0; i < STEPS && take_option(&a, why.text); i++)
        if (attempt(user, &a.reading, &why) == 0) {
            (void)snprintf(out, PULSE_SUGGEST_TEXT, "%s", a.text);
            return;
        }
}
