/* What all requests of this process to AWS share: the clock of the servers, and one budget of
 * retries. Applies retry_policy.h; knows no service. */
#ifndef PULSE_STORE_AWS_RETRY_STATE_H
#define PULSE_STORE_AWS_RETRY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/aws/http.h"

/* Unix time by the servers' clock. */
int64_t pulse_retry_state_server_time(void);

/* Sets that clock by the answer's "Date: Tue, 24 Nov 2026 08:15:00 GMT"; false if it has none. No
 * harm if several requests in flight do so. */
bool pulse_retry_state_correct_clock(const struct pulse_http *http);

/* Schedules another attempt after `attempts`: *wait_until is when, on the clock of pulse_seconds; 0
 * if `at_once`. False if there may be none: the attempts of this request or the budget of the
 * process are spent, or another attempt would end the same way. */
bool pulse_retry_state_schedule(const struct pulse_http *http, int attempts, bool at_once,
                                double *wait_until);

/* After a good answer: refunds a part of the budget. */
void pulse_retry_state_note_success(void);

/* Sleeps until then; other threads may use the store meanwhile. Errors: the signal that asks the
 * process to end. */
int pulse_retry_state_sleep(double until, struct pulse_err *err);

/* Forgets clock and budget. */
void pulse_retry_state_finish(void);

#endif
