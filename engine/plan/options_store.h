/* The part of the command line that names buckets: s3 URIs out of the original's options, and how
 * the object store is reached. Pure; internal to options. */
#ifndef PULSE_PLAN_OPTIONS_STORE_H
#define PULSE_PLAN_OPTIONS_STORE_H

#include <argp.h>

#include "base/error.h"
#include "store/arguments.h"

struct pulse_options_store {
    struct pulse_store_arguments arguments;
    const char *data_bucket, *data_prefix; /* NULL: not given */
    const char *results_bucket, *results_prefix;
};

/* A child parser whose input is a struct pulse_options_store. */
extern const struct argp pulse_options_store_argp;

/* "s3://BUCKET/PREFIX" with `otherwise` for a prefix not given; NULL in *out without a bucket.
 * PULSE_E_USAGE when `path` (of the option --NAME) says another place, or a prefix has no bucket.
 * To be freed. */
int pulse_options_bucket(const char *name, const char *path, const char *bucket, const char *prefix,
                         const char *otherwise, char **out, struct pulse_err *err);

#endif
