/* What both programs begin and end with: signals noted, so that requests and waits end early, and
 * the error that a program ends with. */
#ifndef PULSE_SUBMIT_LIFECYCLE_H
#define PULSE_SUBMIT_LIFECYCLE_H

#include <stddef.h>

#include "base/error.h"

/* Notes SIGINT and SIGTERM from now on. */
void pulse_lifecycle_begin(void);

/* The signal that came, or PULSE_OK: for store_options.stop and pulse_http_stop_when. */
enum pulse_kind pulse_lifecycle_signal(void);

/* Closes connections and says the error, if any; the exit code, `code` where there is none. */
int pulse_lifecycle_end(const struct pulse_err *err, int code);

/* Flags for JSON on standard output: on a terminal nothing of it is more than ASCII, since what
 * others wrote could drive the terminal or turn the direction of writing. */
size_t pulse_lifecycle_json(void);

#endif
