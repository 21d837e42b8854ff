#include "node/argv.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Takes the word, also when there is no room for it. */
static int take(struct pulse_argv *words, char *word, struct pulse_err *err)
{
    if (word == NULL)
        return -1;
    if (pulse_grow(&words->word, &words->cap, words->n + 2, sizeof *words->word, "a command line",
                   err) != 0) {
        free(word);
        return -1;
    }
    words->word[words->n++] = word;
    words->word[words->n] = NULL;
    return 0;
}

int pulse_argv_add(struct pulse_argv *words, struct pulse_err *err, const char *format, ...)
{
    va_list values;
    char *word = NULL;
    va_start(values, format);
    if (vasprintf(&word, format, values) < 0)
        word = NULL;
    va_end(values);
    if (word == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "no memory for a command line; use more memory");
    return take(words, word, err);
}

int pulse_argv_add_all(struct pulse_argv *words, char *const *more, struct pulse_err *err)
{
    for (; *more != NULL; more++)
        if (take(words, pulse_strdup(*more, err), err) != 0)
            return -1;
    return 0;
}

void pulse_argv_clear(struct pulse_argv *words)
{
    for (int64_t i = 0; i < words->n; i++)
        free(words->word[i]);
    free(words->word);
    *words = (struct pulse_argv){0};
}

const char *pulse_argv_option(char *const *words, const char *name)
{
    const char *found = NULL;
    const size_t length = strlen(name);
    for (; *words != NULL; words++) {
        const char *word = *words;
        if (strncmp(word, "--", 2) != 0 || strncmp(word + 2, name, length) != 0)
            continue;
        if (word[2 + length] == '=')
            found = word + 2 + length + 1;
        else if (word[2 + length] == '\0' && words[1] != NULL)
            found = words[1];
    }
    return found;
}

/* Copies one word from *line to `out`, which has room for all of it, and moves *line behind it.
 * False for what only a shell could read. */
static bool copy_word(const char **line, char *out)
{
    const char *at = *line;
    char quote = '\0';
    for (; *at != '\0' && (quote != '\0' || strchr(" \t", *at) == NULL); at++) {
        if (quote == '\0' && (*at == '"' || *at == '\'')) {
            quote = *at;
        } else if (quote != '\0' && *at == quote) {
            quote = '\0';
        } else if (*at == '\\' && quote != '\'') {
            if (*++at == '\0')
                return false;
            *out++ = *at;
        } else if ((quote != '\'' && strchr("$`\n", *at) != NULL) ||
                   (quote == '\0' && strchr(";&|<>(){}*?~#!", *at) != NULL)) {
            return false;
        } else {
            *out++ = *at;
        }
    }
    *out = '\0';
    *line = at;
    return quote == '\0';
}

int pulse_argv_split(struct pulse_argv *words, const char *line, struct pulse_err *err)
{
    for (;;) {
        line += strspn(line, " \t");
        if (*line == '\0')
            return 0;
        char *word = pulse_calloc((int64_t)strlen(line) + 1, 1, "a command line", err);
        if (word == NULL)
            return -1;
        if (!copy_word(&line, word)) {
            free(word);
            return pulse_fail(err, PULSE_E_INPUT,
                              "a command line that only a shell could read was refused: %s", line);
        }
        if (take(words, word, err) != 0)
            return -1;
    }
}

int pulse_argv_plain(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "/._-+")] == '\0';
}
