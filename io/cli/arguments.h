/* Command lines through argp, with one line about what is wrong with one instead of argp's two and
 * the end of the program. */
#ifndef PULSE_CLI_ARGUMENTS_H
#define PULSE_CLI_ARGUMENTS_H

#include <argp.h>

#include "base/error.h"
#include "data/dataset.h"

/* argp_parse; a command line that it refuses is PULSE_E_USAGE in `err`. */
int pulse_arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          void *input, struct pulse_err *err);

/* For the parser function of `argp`, in place of argp_error: what is wrong, where one should not
 * say it twice. Returns what the parser is to return. */
error_t pulse_arguments_refuse(struct argp_state *state, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For commands that read datasets: the rows of their option table, and what takes their values. */
enum { PULSE_ARGUMENT_TIME_UNIT = 0x1000, PULSE_ARGUMENT_DECIMAL };
#define PULSE_ARGUMENT_TIME_UNIT_ROW                                                               \
    {                                                                                              \
        "time-unit", PULSE_ARGUMENT_TIME_UNIT, "UNIT", 0,                                          \
            "What integers in a time column count from 1970 on: s, ms, us or ns", 0                \
    }
error_t pulse_arguments_time_unit(struct argp_state *state, const char *arg,
                                  struct pulse_read_options *reading);
#define PULSE_ARGUMENT_DECIMAL_ROW                                                                 \
    {                                                                                              \
        "decimal", PULSE_ARGUMENT_DECIMAL, "SIGN", 0,                                              \
            "Before the fraction of a number in CSV: point or comma (else told from the file)", 0  \
    }
error_t pulse_arguments_decimal(struct argp_state *state, const char *arg,
                                struct pulse_read_options *reading);

/* All rows, no unit declared. */
struct pulse_read_options pulse_arguments_reading(void);

#endif
