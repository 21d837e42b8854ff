/* Jobs as Batch describes them: their fate, their logs, what is shown of them. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "submit/job.h"
#include "submit/job_view.h"

static json_t *parsed(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

/* ---- Fate ----------------------------------------------------------------------- */

static void job__fate_follows_from_what_batch_says(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum pulse_fate fate;
        int code;
    } seen[] = {
        {"{\"status\":\"SUCCEEDED\"", PULSE_FATE_SUCCEEDED, 0},
        {"{\"status\":\"RUNNING\"", PULSE_FATE_OPEN, 0},
        {"{\"status\":\"FAILED\"", PULSE_FATE_FAILED, 1},
        {"{\"status\":\"FAILED\",\"statusReason\":\"Host EC2 (instance i-1) terminated.\"",
         PULSE_FATE_FAILED, 1},
        {"{\"status\":\"FAILED\",\"statusReason\":\"Job attempt duration exceeded timeout\"",
         PULSE_FATE_TIMED_OUT, 4},
        {"{\"status\":\"FAILED\",\"attempts\":[{\"statusReason\":\"Job attempt duration exceeded "
         "timeout\"}]",
         PULSE_FATE_TIMED_OUT, 4},
        {"{\"status\":\"FAILED\",\"isTerminated\":true", PULSE_FATE_TERMINATED, 5},
        {"{\"status\":\"FAILED\",\"isCancelled\":true", PULSE_FATE_TERMINATED, 5},
        {"{\"status\":\"FAILED\",\"statusReason\":\"Terminated by pulse-status: x\"",
         PULSE_FATE_TERMINATED, 5},
        {"{\"status\":\"SOMETHING_NEW\"", PULSE_FATE_OPEN, 0},
    };
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        char text[300];
        struct pulse_job job;
        (void)snprintf(text, sizeof text, "%s,\"jobId\":\"a\"}", seen[i].text);
        json_t *detail = parsed(text);
        assert_true(pulse_job_read(detail, &job));
        assert_int_equal(job.fate, seen[i].fate);
        assert_int_equal(pulse_fate_exit_code(job.fate), seen[i].code);
        json_decref(detail);
    }
    assert_int_equal(pulse_fate_exit_code(PULSE_FATE_UNKNOWN), 3);
    assert_int_equal(pulse_fate_exit_code(PULSE_FATE_HOPELESS), 6);
}

static void job__anything_else_is_no_job(void **state)
{
    (void)state;
    static const char *const seen[] = {"{}", "[]", "{\"jobId\":3,\"status\":\"RUNNING\"}",
                                       "{\"jobId\":\"a\"}", "{\"status\":\"RUNNING\"}"};
    struct pulse_job job;
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
        json_t *detail = parsed(seen[i]);
        assert_false(pulse_job_read(detail, &job));
        json_decref(detail);
    }
    assert_false(pulse_job_read(NULL, &job));
}

static void job__fields_of_wrong_types_are_passed_over(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_job job;
    struct pulse_streams streams = {.n = 0};
    struct pulse_findings why = {.n = 0};
    json_t *detail = parsed(
        "{\"jobId\":\"a\",\"status\":\"RUNNABLE\",\"attempts\":[3,null,{\"container\":[]}],"
        "\"container\":\"x\",\"nodeProperties\":7,\"arrayProperties\":[],\"startedAt\":\"soon\","
        "\"statusReason\":{},\"nodeDetails\":{\"nodeIndex\":\"one\"},\"retryStrategy\":[]}");
    assert_true(pulse_job_read(detail, &job));
    assert_int_equal(job.kind, PULSE_JOB_SINGLE);
    assert_int_equal(pulse_streams_collect(&streams, &job, NULL, &err), 0);
    assert_int_equal(streams.n, 0);
    assert_false(pulse_job_explain(&job, NULL, NULL, 0, &why));
    const struct pulse_job_view view = {.id = "a", .job = &job, .why = &why, .streams = &streams};
    char *screen = pulse_job_view_screen(&view, "r", 1000, 80, true, &err);
    assert_non_null(screen);
    free(screen);
    pulse_streams_clear(&streams);
    json_decref(detail);
}

static void job__numbers_beyond_reason_are_none(void **state)
{
    (void)state;
    struct pulse_job job;
    json_t *detail =
        parsed("{\"jobId\":\"a\",\"status\":\"RUNNABLE\",\"createdAt\":9223372036854775807,"
               "\"startedAt\":-9223372036854775807,\"stoppedAt\":1700000000000,\"container\":"
               "{\"resourceRequirements\":[{\"type\":\"VCPU\",\"value\":\"1e300\"},"
               "{\"type\":\"MEMORY\",\"value\":\"nan\"}]}}");
    assert_true(pulse_job_read(detail, &job));
    assert_int_equal(job.created_ms, 0);
    assert_int_equal(job.started_ms, 0);
    assert_int_equal(job.stopped_ms, 1700000000000);
    assert_int_equal(pulse_job_need(&job).vcpus, 1000000);
    assert_int_equal(pulse_job_need(&job).memory_mib, 0);
    json_decref(detail);
}

/* ---- Logs ----------------------------------------------------------------------- */

static void assert_stream(const struct pulse_streams *streams, int64_t at, const char *group,
                          const char *name, const char *label)
{
    assert_true(at < streams->n);
    assert_string_equal(streams->all[at].log.group, group);
    assert_string_equal(streams->all[at].log.name, name);
    assert_string_equal(streams->all[at].label, label);
}

static void job__every_attempt_has_a_stream_once(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_job job;
    struct pulse_streams streams = {.n = 0};
    json_t *detail = parsed(
        "{\"jobId\":\"a\",\"status\":\"RUNNING\",\"attempts\":[{\"container\":{\"logStreamName\":"
        "\"one\"}},{\"taskProperties\":[{\"containers\":[{\"logStreamName\":\"two\"}]}]}],"
        "\"container\":{\"logStreamName\":\"three\",\"logConfiguration\":{\"options\":"
        "{\"awslogs-group\":\"/mine\"}}}}");
    assert_true(pulse_job_read(detail, &job));
    for (int i = 0; i < 2; i++)
        assert_int_equal(pulse_streams_collect(&streams, &job, NULL, &err), 0);
    assert_int_equal(streams.n, 3);
    assert_stream(&streams, 0, "/mine", "one", "");
    assert_stream(&streams, 1, "/mine", "two", "attempt 2");
    assert_stream(&streams, 2, "/mine", "three", "attempt 3");
    pulse_streams_clear(&streams);
    json_decref(detail);
}

static void job__nodes_have_streams_of_their_own(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_job job, node;
    struct pulse_streams streams = {.n = 0};
    json_t *parent = parsed(
        "{\"jobId\":\"a\",\"status\":\"RUNNING\",\"attempts\":[{\"container\":{\"logStreamName\":"
        "\"old\"}}],\"nodeProperties\":{\"numNodes\":2,\"nodeRangeProperties\":[{\"container\":"
        "{\"logConfiguration\":{\"options\":{\"awslogs-group\":\"/g\"}}}}]}}");
    json_t *child = parsed("{\"jobId\":\"a#1\",\"status\":\"RUNNING\",\"nodeDetails\":"
                           "{\"nodeIndex\":1},\"container\":{\"logStreamName\":\"new\","
                           "\"networkInterfaces\":[{\"privateIpv4Address\":\"10.0.0.1\"}]}}");
    assert_true(pulse_job_read(child, &node));
    assert_true(pulse_job_read(parent, &job));
    assert_int_equal(job.kind, PULSE_JOB_MULTI);
    assert_int_equal(node.kind, PULSE_JOB_NODE);
    assert_string_equal(node.address, "10.0.0.1");
    assert_int_equal(pulse_streams_collect(&streams, &node, &job, &err), 0);
    assert_int_equal(pulse_streams_collect(&streams, &job, NULL, &err), 0);
    assert_int_equal(streams.n, 2);
    assert_stream(&streams, 0, "/g", "new", "node 1, attempt 2");
    assert_stream(&streams, 1, "/g", "old", "main node");
    pulse_streams_clear(&streams);
    json_decref(parent);
    json_decref(child);
}

/* ---- What it asks for, and why it waits ----------------------------------------- */

static void job__needs_are_read_from_its_description(void **state)
{
    (void)state;
    struct pulse_job job;
    json_t *detail = parsed(
        "{\"jobId\":\"a\",\"status\":\"RUNNABLE\",\"jobQueue\":\"arn:aws:batch:r:1:job-queue/q\","
        "\"nodeProperties\":{\"numNodes\":3,\"nodeRangeProperties\":[{\"container\":"
        "{\"resourceRequirements\":[{\"type\":\"VCPU\",\"value\":\"8\"},{\"type\":\"MEMORY\","
        "\"value\":\"3000\"}]}}]}}");
    assert_true(pulse_job_read(detail, &job));
    const struct pulse_need need = pulse_job_need(&job);
    assert_string_equal(need.queue, "q");
    assert_true(need.multi && need.nodes == 3 && need.vcpus == 8 && need.memory_mib == 3000);
    json_decref(detail);
}

static void preflight__one_environment_that_holds_it_is_enough(void **state)
{
    (void)state;
    const struct pulse_need need = {
        .queue = "q", .definition = "d", .nodes = 2, .multi = true, .vcpus = 4, .memory_mib = 8000};
    struct pulse_findings some = {.n = 0}, none = {.n = 0};
    json_t *environments = parsed(
        "[{\"computeEnvironmentName\":\"spot\",\"state\":\"ENABLED\",\"status\":\"VALID\","
        "\"computeResources\":{\"type\":\"SPOT\",\"maxvCpus\":64}},"
        "{\"computeEnvironmentName\":\"fixed\",\"state\":\"ENABLED\",\"status\":\"VALID\","
        "\"computeResources\":{\"type\":\"EC2\",\"maxvCpus\":8,\"instanceTypes\":[\"c6i.large\","
        "\"m6i.xlarge\"]}}]");
    pulse_preflight_environments(&need, environments, &some);
    assert_int_equal(some.n, 1);
    assert_false(some.finding[0].fatal);
    (void)json_array_remove(environments, 1);
    pulse_preflight_environments(&need, environments, &none);
    assert_int_equal(none.n, 1);
    assert_true(none.finding[0].fatal);
    json_decref(environments);
}

/* ---- View ----------------------------------------------------------------------- */

static void job_view__is_harmless_and_fits_the_screen(void **state)
{
    (void)state;
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_job job;
    json_t *detail =
        parsed("{\"jobId\":\"a\",\"jobName\":\"n\\u001b[2J\\u009b2J\",\"status\":\"FAILED\","
               "\"statusReason\":\"\\u0007\\n\\u00fc very long reason that goes on and "
               "on beyond any width of a terminal\"}");
    assert_true(pulse_job_read(detail, &job));
    const struct pulse_job_view view = {.id = "a", .job = &job, .fate = job.fate};
    char *screen = pulse_job_view_screen(&view, "r", 0, 30, false, &err);
    char *line = pulse_job_view_line(&view, &err);
    assert_non_null(screen);
    assert_non_null(line);
    assert_null(strpbrk(screen, "\x1b\x07"));
    assert_null(strpbrk(line, "\x1b\x07\n"));
    assert_null(strstr(screen, "\xc2\x9b"));
    assert_non_null(strstr(line, "\xc3\xbc very long"));
    for (const char *from = screen, *end; (end = strchr(from, '\n')) != NULL; from = end + 1)
        assert_true(end - from <= 31); /* one letter of two bytes */
    free(screen);
    free(line);
    json_decref(detail);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(job__fate_follows_from_what_batch_says),
        cmocka_unit_test(job__anything_else_is_no_job),
        cmocka_unit_test(job__fields_of_wrong_types_are_passed_over),
        cmocka_unit_test(job__numbers_beyond_reason_are_none),
        cmocka_unit_test(job__every_attempt_has_a_stream_once),
        cmocka_unit_test(job__nodes_have_streams_of_their_own),
        cmocka_unit_test(job__needs_are_read_from_its_description),
        cmocka_unit_test(preflight__one_environment_that_holds_it_is_enough),
        cmocka_unit_test(job_view__is_harmless_and_fits_the_screen),
    };
    return RUN_CASES(tests, argc, argv);
}
