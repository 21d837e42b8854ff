/* Credentials that last a while: renewed before their end, kept where that does not succeed. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "store/aws/credential_chain.h"
#include "store/aws/retry_state.h"

time_t __wrap_time(time_t *out);

static time_t now;

time_t __wrap_time(time_t *out)
{
    if (out != NULL)
        *out = now;
    return now;
}

/* What the profile's credential_process is to print: a key that lasts so long from now on. */
static void hand_out(const char *dir, const char *key, int seconds)
{
    char text[300], until[32];
    const time_t end = now + seconds;
    struct tm tm;
    assert_true(strftime(until, sizeof until, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&end, &tm)) > 0);
    (void)snprintf(text, sizeof text,
                   "{\"Version\":1,\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"s\","
                   "\"SessionToken\":\"t\",\"Expiration\":\"%s\"}",
                   key, until);
    free(write_text(dir, "handed", text));
}

/* A home whose profile knows nothing but that process. */
static char *make_home(void)
{
    char *dir = make_directory(), *text;
    assert_true(asprintf(&text, "[default]\ncredential_process = cat %s/handed\n", dir) > 0);
    free(write_text(dir, "config", text));
    free(text);
    assert_true(asprintf(&text, "%s/config", dir) > 0);
    assert_int_equal(setenv("AWS_CONFIG_FILE", text, 1), 0);
    assert_int_equal(setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", 1), 0);
    assert_int_equal(unsetenv("AWS_ACCESS_KEY_ID"), 0);
    assert_int_equal(unsetenv("AWS_PROFILE"), 0);
    free(text);
    now = 1800000000;
    return dir;
}

static void assert_key(const char *key)
{
    struct pulse_err err = {0};
    const struct pulse_credentials *found;
    assert_int_equal(pulse_credentials_get(&found, &err), 0);
    assert_string_equal(found->key_id, key);
    assert_int_equal(err.kind, PULSE_OK);
}

static void credentials__are_renewed_before_their_end(void **state)
{
    (void)state;
    char *dir = make_home();
    hand_out(dir, "first", 3600);
    assert_key("first");
    hand_out(dir, "second", 7200);
    now += 3600 - 15 * 60 - 1;
    assert_key("first");
    now += 2;
    assert_key("second");
    pulse_credentials_forget();
    remove_directory(dir);
}

static void credentials__near_their_end_are_asked_for_once_a_minute(void **state)
{
    (void)state;
    char *dir = make_home();
    hand_out(dir, "first", 600); /* some places hand out no others until shortly before the end */
    assert_key("first");
    hand_out(dir, "second", 600);
    now += 59;
    assert_key("first");
    now += 1;
    assert_key("second");
    pulse_credentials_forget();
    remove_directory(dir);
}

static void credentials__that_cannot_be_renewed_serve_to_their_end(void **state)
{
    (void)state;
    struct pulse_err err = {0};
    const struct pulse_credentials *found;
    char *dir = make_home();
    pulse_log_set_level(PULSE_LOG_SILENT);
    hand_out(dir, "first", 600);
    assert_key("first");
    free(write_text(dir, "handed", "out of order"));
    now += 599;
    assert_key("first");
    now += 1;
    assert_int_equal(pulse_credentials_get(&found, &err), -1);
    assert_says(&err, "credential_process");
    pulse_credentials_forget();
    remove_directory(dir);
}

static void credentials__expire_by_the_clock_of_the_servers(void **state)
{
    (void)state;
    char *dir = make_home(), date[64];
    struct pulse_http answer = {.answer_headers = date};
    const time_t there = now - 7200; /* this machine is two hours ahead */
    struct tm tm;
    pulse_log_set_level(PULSE_LOG_SILENT);
    assert_true(strftime(date, sizeof date, "date: %a, %d %b %Y %H:%M:%S GMT\n",
                         gmtime_r(&there, &tm)) > 0);
    assert_true(pulse_retry_state_correct_clock(&answer));
    hand_out(dir, "first", -3600);
    assert_key("first");
    hand_out(dir, "second", 0); /* an hour is left: nobody is asked */
    assert_key("first");
    now += 3600 - 15 * 60 + 1;
    assert_key("second");
    pulse_credentials_forget();
    pulse_retry_state_finish();
    remove_directory(dir);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials__are_renewed_before_their_end),
        cmocka_unit_test(credentials__near_their_end_are_asked_for_once_a_minute),
        cmocka_unit_test(credentials__that_cannot_be_renewed_serve_to_their_end),
        cmocka_unit_test(credentials__expire_by_the_clock_of_the_servers),
    };
    return RUN_CASES(tests, argc, argv);
}
