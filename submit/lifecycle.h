/* What both programs begin and end with: signals noted, so that requests and waits end early, and
 * the error that a program ends with. */
#ifndef PULSE_SUBMIT_LIFECYCLE_H
#define PULSE_SUBMIT_LIFECYCLE_H

#include "base/error.h"

/* Notes SIGINT and SIGTERM from now on. */
void pulse_lifecycle_begin(void);

/* The signal that came, or PULSE_OK: for store_options.stop and pulse_http_stop_when. */
enum pulse_kind pulse_lifecycle_signal(void);

/* Closes connections and says the error, if any; the exit code, `code` where there is none. */
int pulse_lifecycle_end(const struct pulse_err *err, int code);

#endif
