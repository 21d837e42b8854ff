/* Any bytes as what AWS Batch says of a job, its queue and its environments. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "submit/job.h"
#include "submit/job_view.h"
#include "target.h"

const struct fuzz_plan fuzz_plan = {.mutations = 20000, .changes = 4};

static const struct fuzz_bytes corpus[] = {
    FUZZ_BYTES("{\"jobId\": \"a\", \"jobName\": \"n\", \"jobQueue\": \"arn:aws:batch:q/x\", "
               "\"status\": \"FAILED\", \"statusReason\": \"Host EC2 (i-0) terminated.\", "
               "\"createdAt\": 1795900000000, \"startedAt\": 1795900001000, \"stoppedAt\": 2, "
               "\"attempts\": [{\"container\": {\"exitCode\": 137, \"reason\": \"OutOfMemory\", "
               "\"logStreamName\": \"s/1\"}, \"statusReason\": \"x\"}], \"container\": "
               "{\"exitCode\": 1, \"vcpus\": 4, \"memory\": 8000, \"logStreamName\": \"s/2\", "
               "\"resourceRequirements\": [{\"type\": \"VCPU\", \"value\": \"0.25\"}], "
               "\"networkInterfaces\": [{\"privateIpv4Address\": \"10.0.0.1\"}]}}"),
    FUZZ_BYTES(
        "{\"jobId\": \"a:3\", \"status\": \"RUNNABLE\", \"statusReason\": "
        "\"MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT\", \"arrayProperties\": {\"index\": 3}, "
        "\"computeEnvironmentOrder\": [{\"order\": 1, \"computeEnvironment\": \"ce\"}], "
        "\"state\": \"ENABLED\", \"computeResources\": {\"type\": \"SPOT\", \"maxvCpus\": 8, "
        "\"instanceTypes\": [\"m6i\", \"optimal\"]}}"),
    FUZZ_BYTES("{\"jobId\": \"a\", \"status\": \"PENDING\", \"arrayProperties\": {\"size\": 10000, "
               "\"statusSummary\": {\"FAILED\": 3, \"RUNNING\": -1}}, \"dependsOn\": [{\"jobId\": "
               "\"b\", \"type\": \"N_TO_N\"}]}"),
    FUZZ_BYTES("{\"jobId\": \"a#1\", \"status\": \"RUNNING\", \"nodeDetails\": {\"nodeIndex\": 1, "
               "\"isMainNode\": true}, \"nodeProperties\": {\"numNodes\": 3, "
               "\"nodeRangeProperties\": [{\"container\": {}}, 1, null]}}"),
    FUZZ_BYTES("{\"jobId\": [], \"status\": {}, \"attempts\": 5, \"container\": \"x\"}"),
    FUZZ_BYTES(""),
};

const uint8_t *fuzz_sample(size_t i, size_t *size)
{
    return fuzz_take_sample(corpus, sizeof corpus / sizeof *corpus, i, size);
}

static void show(const struct pulse_job_view *view)
{
    struct pulse_err err = {.kind = PULSE_OK};
    char *screen = pulse_job_view_screen(view, "us-east-1", 1795900002000, 80, true, &err);
    char *line = pulse_job_view_line(view, &err), *failed = pulse_job_view_failed(view, &err);
    json_t *json = pulse_job_view_json(view, "us-east-1", &err);
    if (screen == NULL || line == NULL || failed == NULL || json == NULL ||
        strchr(screen, '\033') != NULL || strchr(line, '\033') != NULL)
        abort(); /* what came from elsewhere drives no terminal */
    free(screen);
    free(line);
    free(failed);
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *detail = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    struct pulse_job job;
    struct pulse_findings findings = {0};
    struct pulse_streams streams = {0};
    struct pulse_err err = {.kind = PULSE_OK};
    if (pulse_job_read(detail, &job)) {
        json_t *all = json_pack("[O]", detail);
        (void)pulse_job_need(&job);
        (void)pulse_job_state(&job);
        (void)pulse_streams_collect(&streams, &job, NULL, &err);
        pulse_job_explain_dependencies(&job, all, &findings);
        (void)pulse_job_explain(&job, detail, all, 1, &findings);
        const struct pulse_job_view view = {.id = "a",
                                            .job = &job,
                                            .parts = &job,
                                            .n_parts = 1,
                                            .why = &findings,
                                            .streams = &streams,
                                            .fate = job.fate};
        show(&view);
        pulse_streams_clear(&streams);
        json_decref(all);
    }
    json_decref(detail);
    return 0;
}
