/* Command lines through argp, with one line about what is wrong with one instead of argp's two and
 * the end of the program. */
#ifndef PULSE_CLI_ARGUMENTS_H
#define PULSE_CLI_ARGUMENTS_H

#include <argp.h>

#include "base/error.h"

/* argp_parse; a command line that it refuses is PULSE_E_USAGE in `err`. */
int pulse_arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          void *input, struct pulse_err *err);

/* For the parser function of `argp`, in place of argp_error: what is wrong, where one should not
 * say it twice. Returns what the parser is to return. */
error_t pulse_arguments_refuse(struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
