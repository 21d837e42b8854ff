
#include <stdio.h>
#include <string.h>

#include "base/args_table.h"
#include "base/spelling.h"

/* Long options that begin like a word. */
struct matches {
    const struct pulse_arg *one; /* the exact one, else the first; NULL: none */
    bool exact;
    int n;
    char list[200]; /* of all, for a message */
};

static void match_row(struct matches *found, const struct pulse_arg *row, const char *name,
                      size_t length)
{
    if (row->name == NULL || strncmp(row->name, name, length) != 0)
        return;
    const bool exact = strlen(row->name) == length;
    const size_t used = strlen(found->list);
    (void)snprintf(found->list + used, sizeof found->list - used, "%s--%s",
                   found->n == 0 ? "" : ", ", row->name);
    found->n++;
    if (found->one == NULL || exact)
        found->one = row;
    found->exact = found->exact || exact;
}

/* Calls `visit` with each row of each table, those of help too. */
static void visit_rows(const struct pulse_args *args,
                       void (*visit)(void *context, const struct pulse_arg *row), void *context)
{
    for (int i = 0; i <= PULSE_ARGS_TABLES; i++) {
        const struct pulse_arg *row =
            i == PULSE_ARGS_TABLES ? pulse_args_help_rows : args->tables[i].rows;
        for (; row != NULL && !pulse_arg_is_end(row); row++)
            visit(context, row);
    }
}

struct search {
    const char *name;
    size_t length;
    struct matches found;
    int best; /* of the nearest */
    const struct pulse_arg *nearest;
    int letter;
};

static void search_name(void *context, const struct pulse_arg *row)
{
    struct search *search = context;
    match_row(&search->found, row, search->name, search->length);
}

static void search_nearest(void *context, const struct pulse_arg *row)
{
    struct search *search = context;
    char name[64];
    if (row->name == NULL)
        return;
    (void)snprintf(name, sizeof name, "%.*s", (int)search->length, search->name);
    const size_t length = strlen(row->name);
    const bool begins = length >= 3 && strncmp(name, row->name, length) == 0;
    const int distance = begins ? 1 : pulse_spelling_distance(name, row->name);
    if (distance < search->best && 2 * distance <= (int)length) {
        search->best = distance;
        search->nearest = row;
    }
}

static void search_letter(void *context, const struct pulse_arg *row)
{
    struct search *search = context;
    if (row->letter != 0 && row->letter == search->letter && search->found.one == NULL)
        search->found.one = row;
}

const struct pulse_arg *pulse_args_nearest(const struct pulse_args *args, const char *name,
                                           size_t length)
{
    struct search search = {.name = name, .length = length, .best = 3};
    visit_rows(args, search_nearest, &search);
    return search.nearest;
}

static bool diagnose_long(const struct pulse_args *args, const char *word, bool last,
                          struct pulse_err *err)
{
    const char *name = word + 2;
    const size_t length = strcspn(name, "=");
    struct search search = {.name = name, .length = length};
    const bool has_value = name[length] == '=';
    visit_rows(args, search_name, &search);
    const struct pulse_arg *row = search.found.one;
    const int shown = (int)(length < 60 ? length : 60);
    if (row == NULL) {
        row = pulse_args_nearest(args, name, length);
        if (row == NULL)
            (void)pulse_fail(err, PULSE_E_USAGE, "--%.*s: unknown option", shown, name);
        else
            (void)pulse_fail(err, PULSE_E_USAGE, "--%.*s: unknown option; did you mean --%s?",
                             shown, name, row->name);
    } else if (search.found.n > 1 && !search.found.exact) {
        (void)pulse_fail(err, PULSE_E_USAGE, "--%.*s: which one of %s?", shown, name,
                         search.found.list);
    } else if (row->argument == NULL && has_value) {
        (void)pulse_fail(err, PULSE_E_USAGE, "--%s takes no value", row->name);
    } else if (row->argument != NULL && !has_value && last) {
        (void)pulse_fail(err, PULSE_E_USAGE, "--%s needs a value (%s)", row->name, row->argument);
    }
    return err->kind != PULSE_OK;
}

/* A word of letters: each an option, the rest after one with an argument is its value. */
static bool diagnose_letters(const struct pulse_args *args, const char *word, bool last,
                             struct pulse_err *err)
{
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        struct search search = {.letter = (unsigned char)*letter};
        visit_rows(args, search_letter, &search);
        const struct pulse_arg *row = search.found.one;
        if (row == NULL) {
            const struct pulse_arg *meant =
                pulse_args_nearest(args, word + 1, strcspn(word + 1, "="));
            if (meant == NULL)
                return pulse_fail(err, PULSE_E_USAGE, "-%.40s: unknown option", word + 1) != 0;
            return pulse_fail(err, PULSE_E_USAGE, "-%.40s: unknown option; did you mean --%s?",
                              word + 1, meant->name) != 0;
        }
        if (row->argument == NULL)
            continue;
        if (letter[1] != '\0' || !last)
            return false;
        return pulse_fail(err, PULSE_E_USAGE, "-%c needs a value (%s)", row->letter,
                          row->argument) != 0;
    }
    return false;
}

bool pulse_args_have(const struct pulse_arg *rows, const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return false;
    for (; !pulse_arg_is_end(rows); rows++)
        if (rows->name != NULL && strncmp(rows->name, word + 2, strcspn(word + 2, "=")) == 0)
            return true;
    return false;
}

const struct pulse_arg *pulse_args_row(const struct pulse_args *args, const char *name)
{
    for (int t = 0; t < PULSE_ARGS_TABLES && args->tables[t].rows != NULL; t++)
        for (const struct pulse_arg *row = args->tables[t].rows; !pulse_arg_is_end(row); row++)
            if (row->name != NULL && row->read != NULL && strcmp(row->name, name) == 0)
                return row;
    return NULL;
}

bool pulse_args_diagnose(const struct pulse_args *args, const char *word, bool last,
                         struct pulse_err *err)
{
    if (word[0] != '-' || word[1] == '\0' || strcmp(word, "--") == 0)
        return false;
    return word[1] == '-' ? diagnose_long(args, word, last, err)
                          : diagnose_letters(args, word, last, err);
}
