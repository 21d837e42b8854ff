#include "node/argv.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Takes ownership of the word, also when memory is short. */
static int take_word(struct pulse_argv *argv, char *word, struct pulse_err *err)
{
    if (word == NULL)
        return -1;
    if (pulse_grow(&argv->word, &argv->cap, argv->n + 2, sizeof *argv->word, "a command line",
                   err) != 0) {
        free(word);
        return -1;
    }
    argv->word[argv->n++] = word;
    argv->word[argv->n] = NULL;
    return 0;
}

int pulse_argv_add(struct pulse_argv *argv, struct pulse_err *err, const char *format, ...)
{
    va_list values;
    char *word = NULL;
    va_start(values, format);
    if (vasprintf(&word, format, values) < 0)
        word = NULL;
    va_end(values);
    if (word == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "no memory for a command line; use more memory");
    return take_word(argv, word, err);
}

int pulse_argv_add_all(struct pulse_argv *argv, char *const *more, struct pulse_err *err)
{
    for (; *more != NULL; more++)
        if (take_word(argv, pulse_strdup(*more, err), err) != 0)
            return -1;
    return 0;
}

void pulse_argv_clear(struct pulse_argv *argv)
{
    for (int64_t i = 0; i < argv->n; i++)
        free(argv->word[i]);
    free(argv->word);
    *argv = (struct pulse_argv){0};
}

/* Copies one word from *line to `out`, which is as large as the line, and moves *line behind it.
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

int pulse_argv_split(struct pulse_argv *argv, const char *line, struct pulse_err *err)
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
        if (take_word(argv, word, err) != 0)
            return -1;
    }
}

int pulse_argv_plain(const char *path)
{
    return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                             "/._-+")] == '\0';
}
