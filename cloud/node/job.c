#include "node/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* An environment variable that is a number from `least` to `most`; `otherwise` when it is not set.
 */
static int read_number(const char *name, int otherwise, int least, int most, int *out,
                       struct pulse_err *err)
{
    const char *text = getenv(name);
    int64_t n;
    *out = otherwise;
    if (text == NULL)
        return 0;
    if (!pulse_parse_int(text, least, most, &n))
        return pulse_fail(err, PULSE_E_USAGE, "%s=%s: expected a number from %d to %d", name, text,
                          least, most);
    *out = (int)n;
    return 0;
}

/* The id becomes part of a key: nothing else may get there. */
static int read_id(struct pulse_node_job *job, struct pulse_err *err)
{
    const char *text = getenv("AWS_BATCH_JOB_ID");
    if (text == NULL)
        text = "";
    const size_t length = strcspn(text, "#");
    const size_t legal = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789-_:");
    if (legal < length || length >= sizeof job->id)
        return pulse_fail(err, PULSE_E_USAGE, "AWS_BATCH_JOB_ID=%s: not the id of a job", text);
    memcpy(job->id, text, length);
    job->id[length] = '\0';
    return 0;
}

int pulse_node_job_read(struct pulse_node_job *job, struct pulse_err *err)
{
    *job = (struct pulse_node_job){.main_address =
                                       getenv("AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS")};
    if (read_id(job, err) != 0 ||
        read_number("AWS_BATCH_JOB_ATTEMPT", 1, 1, 1000, &job->attempt, err) != 0 ||
        read_number("AWS_BATCH_JOB_NUM_NODES", 1, 1, PULSE_MOST_NODES, &job->nodes, err) != 0 ||
        read_number("AWS_BATCH_JOB_NODE_INDEX", 0, 0, job->nodes - 1, &job->node, err) != 0)
        return -1;
    if (read_number("AWS_BATCH_JOB_MAIN_NODE_INDEX", 0, 0, job->nodes - 1, &job->main_node, err) !=
        0)
        return -1;
    if (job->nodes > 1 && (job->id[0] == '\0' || getenv("AWS_BATCH_JOB_NODE_INDEX") == NULL))
        return pulse_fail(err, PULSE_E_USAGE,
                          "AWS_BATCH_JOB_NUM_NODES=%d, but AWS_BATCH_JOB_ID or "
                          "AWS_BATCH_JOB_NODE_INDEX is missing; set them as AWS Batch does",
                          job->nodes);
    return 0;
}
