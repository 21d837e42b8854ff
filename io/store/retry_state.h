/* What requests to AWS, of whatever service, share in this process: the clock of its servers, when
 * to ask again, and one budget of repetitions. Knows no service. */
#ifndef PULSE_STORE_RETRY_STATE_H
#define PULSE_STORE_RETRY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/http.h"

/* Unix time by the servers' clock. */
int64_t pulse_retry_state_now(void);

/* Takes the clock of the answer's "Date: Tue, 24 Nov 2026 08:15:00 GMT"; false where there is none.
 * Of requests sent side by side all learn the same. */
bool pulse_retry_state_correct_clock(const struct pulse_http *http);

/* Whether to ask a further time after `attempts`: *wait_until, on the clock of pulse_seconds, says
 * when. False when there were attempts enough, when the process has repeated enough, or when
 * another attempt would end the same way. */
bool pulse_retry_state_again(const struct pulse_http *http, int attempts, bool at_once,
                             double *wait_until);

/* An answer that was of use gives a part of the budget back. */
void pulse_retry_state_succeeded(void);

/* Sleeps until then; -1 when the process is asked to end meanwhile. */
int pulse_retry_state_sleep(double until, struct pulse_err *err);

/* Forgets clock and budget. */
void pulse_retry_state_finish(void);

#endif
