/* How often, after how long and for how long in all a request to AWS is sent again. */
#include "support.h"

#include <stdlib.h>

#include "store/aws/retry_policy.h"

static void retry__the_budget_of_a_process_has_an_end(void **state)
{
    (void)state;
    struct pulse_retry_policy_budget budget = {0};
    int granted = 0;
    while (granted < 1000 && pulse_retry_policy_spend(&budget))
        granted++;
    assert_int_equal(granted, 200);
    assert_false(pulse_retry_policy_spend(&budget));
}

static void retry__ten_successes_earn_another_attempt(void **state)
{
    (void)state;
    struct pulse_retry_policy_budget budget = {0};
    while (pulse_retry_policy_spend(&budget))
        continue;
    for (int i = 0; i < 8; i++)
        pulse_retry_policy_refund(&budget);
    assert_false(pulse_retry_policy_spend(&budget));
    for (int i = 0; i < 3; i++)
        pulse_retry_policy_refund(&budget);
    assert_true(pulse_retry_policy_spend(&budget));
    assert_false(pulse_retry_policy_spend(&budget));
    for (int i = 0; i < 100000; i++) /* nothing is saved up */
        pulse_retry_policy_refund(&budget);
    assert_true(budget.spent >= 0);
}

static void retry__waits_double_up_to_ten_seconds(void **state)
{
    (void)state;
    const double expected[] = {0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10};
    for (int i = 0; i < 8; i++) {
        assert_true(pulse_retry_policy_delay_seconds(i + 1, "", 1) == expected[i]);
        assert_true(pulse_retry_policy_delay_seconds(i + 1, "", 0.5) == expected[i] / 2);
    }
    assert_true(pulse_retry_policy_delay_seconds(1, "7", 1) == 7);
    assert_true(pulse_retry_policy_delay_seconds(8, "7", 1) == 10);
    assert_true(pulse_retry_policy_delay_seconds(1, "100000", 1) == 60);
    assert_true(pulse_retry_policy_delay_seconds(1, "-3", 1) == 0.2);
    assert_true(pulse_retry_policy_delay_seconds(1, "Wed, 21 Oct 2026 07:28:00 GMT", 1) == 0.2);
}

static void retry__answers_mean_what_aws_says(void **state)
{
    (void)state;
    const struct {
        int status;
        bool whole;
        const char *code;
        enum pulse_retry_decision decision;
    } all[] = {
        {200, true, "", PULSE_ANSWER_DONE},
        {200, false, "", PULSE_ANSWER_RETRY},
        {200, true, "InternalError", PULSE_ANSWER_RETRY},
        {200, true, "InvalidPart", PULSE_ANSWER_FAIL},
        {0, true, "", PULSE_ANSWER_RETRY},
        {500, true, "", PULSE_ANSWER_RETRY},
        {501, true, "NotImplemented", PULSE_ANSWER_FAIL},
        {503, true, "SlowDown", PULSE_ANSWER_RETRY},
        {503, true, "", PULSE_ANSWER_RETRY},
        {504, true, "", PULSE_ANSWER_RETRY},
        {408, true, "", PULSE_ANSWER_RETRY},
        {429, true, "", PULSE_ANSWER_RETRY},
        {400, true, "RequestTimeout", PULSE_ANSWER_RETRY},
        {400, true, "ThrottlingException", PULSE_ANSWER_RETRY},
        {400, true, "BadDigest", PULSE_ANSWER_RETRY},
        {403, true, "AccessDenied", PULSE_ANSWER_FAIL},
        {404, true, "NoSuchKey", PULSE_ANSWER_FAIL},
        {403, true, "RequestTimeTooSkewed", PULSE_ANSWER_SKEW},
        {400, true, "ExpiredToken", PULSE_ANSWER_EXPIRED},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_int_equal(pulse_retry_policy_decide(all[i].status, all[i].whole, all[i].code, false),
                         all[i].decision);
    assert_int_equal(pulse_retry_policy_decide(301, true, "PermanentRedirect", true),
                     PULSE_ANSWER_REGION);
}

static void retry__attempts_are_eight_or_what_the_environment_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int attempts;
    } all[] = {{"3", 3}, {"1", 1}, {"100", 100}, {"0", 8}, {"101", 8}, {"many", 8}, {"", 8}};
    assert_int_equal(unsetenv("AWS_MAX_ATTEMPTS"), 0);
    assert_int_equal(pulse_retry_policy_max_attempts(), 8);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        assert_int_equal(setenv("AWS_MAX_ATTEMPTS", all[i].text, 1), 0);
        assert_int_equal(pulse_retry_policy_max_attempts(), all[i].attempts);
    }
    assert_int_equal(unsetenv("AWS_MAX_ATTEMPTS"), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry__the_budget_of_a_process_has_an_end),
        cmocka_unit_test(retry__ten_successes_earn_another_attempt),
        cmocka_unit_test(retry__waits_double_up_to_ten_seconds),
        cmocka_unit_test(retry__answers_mean_what_aws_says),
        cmocka_unit_test(retry__attempts_are_eight_or_what_the_environment_says),
    };
    return RUN_CASES(tests, argc, argv);
}
