#include "plan/options_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum key { KEY_DATA_BUCKET = 0x400, KEY_DATA_PREFIX, KEY_RESULTS_BUCKET, KEY_RESULTS_PREFIX };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "S3: --data, --output and --output-file may be s3://BUCKET/KEY", 6},
    {"s3-data-bucket", KEY_DATA_BUCKET, "BUCKET", 0,
     "Read the datasets of this bucket, in place of --data", 0},
    {"s3-data-prefix", KEY_DATA_PREFIX, "PREFIX", 0, "Where in it (datasets/)", 0},
    {"s3-results-bucket", KEY_RESULTS_BUCKET, "BUCKET", 0,
     "Write the results to this bucket, in place of --output", 0},
    {"s3-results-prefix", KEY_RESULTS_PREFIX, "PREFIX", 0, "Where in it (results/)", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct pulse_options_store *store = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &store->arguments;
        return 0;
    case KEY_DATA_BUCKET:
        store->data_bucket = arg;
        return 0;
    case KEY_DATA_PREFIX:
        store->data_prefix = arg;
        return 0;
    case KEY_RESULTS_BUCKET:
        store->results_bucket = arg;
        return 0;
    case KEY_RESULTS_PREFIX:
        store->results_prefix = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&pulse_store_argp, 0, NULL, 6}, {NULL, 0, NULL, 0}};

const struct argp pulse_options_store_argp = {options, parse, NULL, NULL, children, NULL, NULL};

int pulse_options_bucket(const char *name, const char *path, const char *bucket, const char *prefix,
                         const char *otherwise, char **out, struct pulse_err *err)
{
    *out = NULL;
    if (bucket == NULL && prefix != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "a prefix (%s) without a bucket: name it, or use --%s s3://BUCKET/PREFIX",
                          prefix, name);
    if (bucket == NULL)
        return 0;
    if (path != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--%s %s and the bucket %s: two places for one thing; leave one out",
                          name, path, bucket);
    if (bucket[0] == '\0' || strchr(bucket, '/') != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "'%s' is no name of a bucket: no s3://, no slash",
                          bucket);
    if (prefix == NULL)
        prefix = otherwise;
    prefix += prefix[0] == '/';
    const size_t room = sizeof "s3:///" + strlen(bucket) + strlen(prefix);
    *out = pulse_calloc((int64_t)room, 1, "the name of a bucket", err);
    if (*out == NULL)
        return -1;
    (void)snprintf(*out, room, "s3://%s/%s", bucket, prefix);
    return 0;
}
