/* The options that read a file which cannot be read as it is: those that an error names are tried,
 * one after the other. */
#ifndef PULSE_CLI_SUGGEST_H
#define PULSE_CLI_SUGGEST_H

#include "base/error.h"
#include "data/common/types.h"

/* Whether a file can be read so; -1 with an error. */
typedef int pulse_suggest_try(const void *user, const struct pulse_read_options *reading,
                              struct pulse_err *err);

enum { PULSE_SUGGEST_TEXT = 256 };

/* `err` is why it could not be read with `reading`. Fills `out` with " --option value …", to be put
 * behind a command; "" where nothing helps. */
void pulse_suggest_options(const struct pulse_read_options *reading, const struct pulse_err *err,
                           pulse_suggest_try *attempt, const void *user,
                           char out[PULSE_SUGGEST_TEXT]);

/* The same where the error names a sign that may stand before a fraction or between thousands, and
 * the other function lets it stand between thousands: with --decimal. */
void pulse_suggest_fraction(const struct pulse_read_options *reading, const struct pulse_err *err,
                            pulse_suggest_try *attempt, const void *user,
                            char out[PULSE_SUGGEST_TEXT]);

#endif
