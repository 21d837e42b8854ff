/* When a request to AWS is repeated: a decision for each kind of answer, the delay before another
 * attempt, and a budget. Pure: no clock, no network. */
#ifndef PULSE_STORE_AWS_RETRY_POLICY_H
#define PULSE_STORE_AWS_RETRY_POLICY_H

#include <stdbool.h>

enum pulse_retry_decision {
    PULSE_ANSWER_DONE,
    PULSE_ANSWER_RETRY,   /* again, after a delay */
    PULSE_ANSWER_REGION,  /* again, in the region that the answer names */
    PULSE_ANSWER_SKEW,    /* again, with the clock of the answer's Date */
    PULSE_ANSWER_EXPIRED, /* again, with new credentials */
    PULSE_ANSWER_FAIL
};

/* What to do after an answer with HTTP `status` (0: none), of which all arrived if `whole`. `code`
 * is the error's, "" if the body names none; `region`: the answer names another region. */
enum pulse_retry_decision pulse_retry_policy_decide(int status, bool whole, const char *code,
                                                    bool region);

/* A clock that is off and a session that is over go by several names: the one that decide() knows,
 * for an error's `code` with its `message`; else the code. Borrowed. */
const char *pulse_retry_policy_code(const char *code, const char *message);

/* Attempts of one request, the first included: AWS_MAX_ATTEMPTS, else 8. */
int pulse_retry_policy_max_attempts(void);

/* Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): a share `uniform` of [0, 1) of a
 * bound that doubles with each attempt from 0.2 s to 10 s; at least what Retry-After asks for, up
 * to 60 s. `attempt` counts from 1; `retry_after` is the header's text or "". */
double pulse_retry_policy_delay_seconds(int attempt, const char *retry_after, double uniform);

/* The retries of a process come out of one budget, so that an outage ends in an error and not in a
 * storm: 200 retries; each success refunds a tenth of one. Zeroed is full. Spending returns false
 * when nothing is left. */
struct pulse_retry_policy_budget {
    double spent;
};
bool pulse_retry_policy_spend(struct pulse_retry_policy_budget *budget);
void pulse_retry_policy_refund(struct pulse_retry_policy_budget *budget);

#endif
