#include "store/arguments.h"

#include <stdlib.h>

/* The one word that S3 knows. */
static const struct pulse_arg_choice payers[] = {{"requester", 1}, {0}};

#define AT(field) offsetof(struct pulse_store_options, field)

const struct pulse_arg pulse_store_args[] = {
    {"aws-region", 0, "REGION", "Region of the buckets (AWS_REGION, else the profile's)",
     pulse_arg_read_text, .at = AT(region)},
    {"endpoint-url", 0, "URL", "Another S3 server (AWS_ENDPOINT_URL_S3, else AWS)",
     pulse_arg_read_text, .at = AT(endpoint_url)},
    {"request-payer", 0, "WHO",
     "requester: you pay for what is fetched, as Requester Pays buckets want it "
     "(AWS_REQUEST_PAYER)",
     pulse_arg_read_choice, .at = AT(requester_pays), .choices = payers},
    {"no-sign-request", 0, NULL, "Ask S3 without credentials, as public data allow it",
     pulse_arg_read_flag, .at = AT(anonymous)},
    {"s3-concurrency", 0, "N", "S3 requests at once (8)", pulse_arg_read_count,
     .at = AT(concurrency), .least = 1, .most = 256},
    {"cache-dir", 0, "DIR", "Directory of the cache of S3 blocks (~/.cache/pulse)",
     pulse_arg_read_text, .at = AT(cache_dir)},
    {"cache-size", 0, "SIZE", "Maximum cache size: 500M, 10G (10G)", pulse_arg_read_size,
     .at = AT(cache_bytes), .least = 1},
    {"no-cache", 0, NULL, "Do not cache S3 blocks", pulse_arg_read_flag, .at = AT(no_cache)},
    {0}};

struct pulse_store_options pulse_store_arguments_find(char *const *argv)
{
    return (struct pulse_store_options){.region = pulse_args_find(argv, "aws-region"),
                                        .endpoint_url = pulse_args_find(argv, "endpoint-url"),
                                        .requester_pays =
                                            pulse_args_find(argv, "request-payer") != NULL,
                                        .anonymous = pulse_args_find_flag(argv, "no-sign-request")};
}

void pulse_store_arguments_pass_on(const struct pulse_store_options *options)
{
    if (options->endpoint_url != NULL)
        (void)setenv("AWS_ENDPOINT_URL_S3", options->endpoint_url, 1);
    if (options->region != NULL)
        (void)setenv("AWS_REGION", options->region, 1);
    if (options->requester_pays)
        (void)setenv("AWS_REQUEST_PAYER", "requester", 1);
}
