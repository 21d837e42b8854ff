#include "store/arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum key {
    KEY_REGION = 0x500,
    KEY_ENDPOINT,
    KEY_CONCURRENCY,
    KEY_CACHE_DIR,
    KEY_CACHE_SIZE,
    KEY_NO_CACHE
};

static const struct argp_option options[] = {
    {"aws-region", KEY_REGION, "REGION", 0,
     "Region of the buckets (AWS_REGION, else the profile's)", 0},
    {"endpoint-url", KEY_ENDPOINT, "URL", 0, "Another S3 server (AWS_ENDPOINT_URL_S3, else AWS)",
     0},
    {"s3-concurrency", KEY_CONCURRENCY, "N", 0, "S3 requests at once (8)", 0},
    {"cache-dir", KEY_CACHE_DIR, "DIR", 0, "Where blocks of objects are kept (~/.cache/pulse)", 0},
    {"cache-size", KEY_CACHE_SIZE, "SIZE", 0, "Most that they may take: 500M, 10G (10G)", 0},
    {"no-cache", KEY_NO_CACHE, NULL, 0, "Keep no blocks of objects", 0},
    {NULL, 0, NULL, 0, NULL, 0}};

static error_t bad(struct pulse_store_arguments *arguments, const char *option, const char *text,
                   const char *want)
{
    (void)pulse_fail(arguments->err, PULSE_E_USAGE, "--%s %s: expected %s", option, text, want);
    return EINVAL;
}

static error_t take_concurrency(struct pulse_store_arguments *arguments, const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || *end != '\0' || n < 1 || n > 256)
        return bad(arguments, "s3-concurrency", text, "a number from 1 to 256");
    arguments->options.concurrency = (int)n;
    return 0;
}

bool pulse_argp_size(const char *text, int64_t *bytes)
{
    static const char units[] = "KMGT";
    char *end;
    double n = strtod(text, &end);
    const char *unit = *end == '\0' ? NULL : strchr(units, *end & ~0x20);
    if (unit != NULL) {
        for (const char *u = units; u <= unit; u++)
            n *= 1024;
        end++;
        if (*end == 'i')
            end++;
        if (*end == 'B')
            end++;
    }
    if (end == text || *end != '\0' || !(n >= 0) || n > 1e18)
        return false;
    *bytes = (int64_t)n;
    return true;
}

static error_t take_size(struct pulse_store_arguments *arguments, const char *text)
{
    int64_t bytes;
    if (!pulse_argp_size(text, &bytes) || bytes < 1)
        return bad(arguments, "cache-size", text, "a size such as 500M or 10G");
    arguments->options.cache_bytes = bytes;
    return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct pulse_store_arguments *arguments = state->input;
    switch (key) {
    case KEY_REGION:
        arguments->options.region = arg;
        return 0;
    case KEY_ENDPOINT:
        arguments->options.endpoint_url = arg;
        return 0;
    case KEY_CONCURRENCY:
        return take_concurrency(arguments, arg);
    case KEY_CACHE_DIR:
        arguments->options.cache_dir = arg;
        return 0;
    case KEY_CACHE_SIZE:
        return take_size(arguments, arg);
    case KEY_NO_CACHE:
        arguments->options.no_cache = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp pulse_store_argp = {options, parse, NULL, NULL, NULL, NULL, NULL};

error_t pulse_argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                         void *input)
{
    int silence = open("/dev/null", O_WRONLY | O_CLOEXEC), kept = dup(STDERR_FILENO);
    if (silence >= 0 && kept >= 0)
        (void)dup2(silence, STDERR_FILENO);
    error_t code = argp_parse(argp, argc, argv, flags, NULL, input);
    if (silence >= 0 && kept >= 0)
        (void)dup2(kept, STDERR_FILENO);
    if (silence >= 0)
        (void)close(silence);
    if (kept >= 0)
        (void)close(kept);
    return code;
}
