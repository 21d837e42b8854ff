/* Command lines as an argv: made word by word, or out of one line as a
 * shell would. Pure; knows no program. */
#ifndef PULSE_NODE_ARGV_H
#define PULSE_NODE_ARGV_H

#include <stdint.h>

#include "base/error.h"

/* `word` ends with a NULL as argv does, and is NULL before the first. Zero it; clear it. */
struct pulse_argv {
    char **word;
    int64_t n;
    int64_t cap;
};

/* Appends a word made as printf makes it; PULSE_E_MEMORY. */
int pulse_argv_add(struct pulse_argv *argv, struct pulse_err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends each of an array that ends with NULL. */
int pulse_argv_add_all(struct pulse_argv *argv, char *const *more, struct pulse_err *err);

void pulse_argv_clear(struct pulse_argv *argv);

/* Takes a line apart at blanks; quotes and backslashes as in a shell, but nothing is ever expanded:
 * PULSE_E_INPUT for what a shell would do more with, and for a quote without an end. */
int pulse_argv_split(struct pulse_argv *argv, const char *line, struct pulse_err *err);

/* Whether every byte of a path means itself to a shell, to ssh and to mpirun. */
int pulse_argv_plain(const char *path);

#endif
