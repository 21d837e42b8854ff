#include "store/aws/retry_policy.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

static bool is_one_of(const char *code, const char *const *codes)
{
    for (; *codes != NULL; codes++)
        if (strcmp(code, *codes) == 0)
            return true;
    return false;
}

enum pulse_retry_decision pulse_retry_policy_decide(int status, bool whole, const char *code,
                                                    bool region)
{
    static const char *const busy[] = {"SlowDown",
                                       "RequestTimeout",
                                       "RequestTimeoutException",
                                       "InternalError",
                                       "ServiceUnavailable",
                                       "Throttling",
                                       "ThrottlingException",
                                       "ThrottledException",
                                       "RequestThrottled",
                                       "RequestThrottledException",
                                       "EC2ThrottledException",
                                       "RequestLimitExceeded",
                                       "LimitExceededException",
                                       "BandwidthLimitExceeded",
                                       "ProvisionedThroughputExceededException",
                                       "TransactionInProgressException",
                                       "PriorRequestNotComplete",
                                       "TooManyRequestsException",
                                       "KMS.ThrottlingException",
                                       "OperationAborted", /* another one to the same object */
                                       "ConditionalRequestConflict",
                                       "BadDigest",
                                       "XAmzContentSHA256Mismatch",
                                       NULL};
    static const char *const expired[] = {"ExpiredToken", "ExpiredTokenException",
                                          "TokenRefreshRequired", NULL};
    if (!whole || status == 0)
        return PULSE_ANSWER_RETRY;
    if (strcmp(code, "RequestTimeTooSkewed") == 0)
        return PULSE_ANSWER_SKEW;
    if (is_one_of(code, expired))
        return PULSE_ANSWER_EXPIRED;
    if (is_one_of(code, busy) || status == 429 || status == 408 || (status >= 500 && status != 501))
        return PULSE_ANSWER_RETRY;
    if (status / 100 == 2)
        return code[0] == '\0' ? PULSE_ANSWER_DONE : PULSE_ANSWER_FAIL;
    return region ? PULSE_ANSWER_REGION : PULSE_ANSWER_FAIL;
}

const char *pulse_retry_policy_code(const char *code, const char *message)
{
    const bool late = strstr(message, "Signature expired") != NULL ||
                      strstr(message, "Signature not yet current") != NULL;
    const bool of_signature = strcmp(code, "InvalidSignatureException") == 0 ||
                              strcmp(code, "SignatureDoesNotMatch") == 0;
    if (strcmp(code, "RequestExpired") == 0 || (of_signature && late))
        return "RequestTimeTooSkewed";
    if (strstr(message, "security token included in the request is expired") != NULL)
        return "ExpiredTokenException";
    return code;
}

int pulse_retry_policy_max_attempts(void)
{
    const char *text = getenv("AWS_MAX_ATTEMPTS");
    int64_t n;
    return pulse_parse_int(text, 1, 100, &n) ? (int)n : 8;
}

double pulse_retry_policy_delay_seconds(int attempt, const char *retry_after, double uniform)
{
    double bound = 0.2;
    for (int i = 1; i < attempt && bound < 10; i++)
        bound *= 2;
    bound = bound < 10 ? bound : 10;
    double asked = 0; /* where it is a date, or missing */
    (void)pulse_parse_real(retry_after, 0, INFINITY, &asked);
    asked = asked < 60 ? asked : 60;
    const double delay = uniform * bound;
    return delay > asked ? delay : asked;
}

enum { BUDGET = 200 };

bool pulse_retry_policy_spend(struct pulse_retry_policy_budget *budget)
{
    if (budget->spent + 1 > BUDGET)
        return false;
    budget->spent += 1;
    return true;
}

void pulse_retry_policy_refund(struct pulse_retry_policy_budget *budget)
{
    budget->spent = budget->spent > 0.1 ? budget->spent - 0.1 : 0;
}
