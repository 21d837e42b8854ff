#include "store/s3/endpoint.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/aws/config.h"
#include "store/aws/sigv4.h"
#include "store/common/types.h"
#include "store/s3/xml.h"

enum { MAX_REGIONS = 16 };

static struct {
    const char *endpoint_option;
    bool requester_pays, anonymous;
    char *region, *endpoint;
    bool custom; /* endpoint: path style */
    char *style; /* of addresses, as the profile has it; NULL: not looked up, "": none */
    struct {
        char bucket[PULSE_S3_WORD], region[PULSE_S3_WORD];
    } moved[MAX_REGIONS]; /* buckets that were found in other regions */
    int n_moved;
} state;

void pulse_s3_endpoint_configure(const struct pulse_store_options *options)
{
    pulse_aws_name_region(options->region);
    state.requester_pays = options->requester_pays != 0;
    state.anonymous = options->anonymous;
    state.endpoint_option = options->endpoint_url;
}

void pulse_s3_endpoint_finish(void)
{
    free(state.region);
    free(state.endpoint);
    free(state.style);
    memset(&state, 0, sizeof state);
}

int pulse_s3_endpoint_get(const char **endpoint, struct pulse_err *err)
{
    if (state.endpoint == NULL && state.region == NULL)
        state.region = pulse_aws_region(NULL, err);
    if (state.region == NULL && err->kind == PULSE_OK)
        state.region = pulse_strdup("us-east-1", err); /* the first answer may name another */
    if (state.endpoint == NULL && state.region != NULL)
        state.endpoint =
            pulse_aws_endpoint(state.endpoint_option, "s3", state.region, &state.custom, err);
    *endpoint = state.endpoint;
    return *endpoint == NULL ? -1 : 0;
}

int pulse_s3_endpoint_payer(const char **line, struct pulse_err *err)
{
    const char *who = pulse_aws_env("AWS_REQUEST_PAYER");
    const bool named = who != NULL && strcasecmp(who, "requester") == 0;
    *line = named || state.requester_pays ? "x-amz-request-payer: requester" : NULL;
    return who == NULL || named
               ? 0
               : pulse_fail(err, PULSE_E_USAGE, "AWS_REQUEST_PAYER=%.80s: expected requester", who);
}

bool pulse_s3_endpoint_signs(void)
{
    return !state.anonymous;
}

const char *pulse_s3_endpoint_region(const char *bucket)
{
    for (int i = 0; i < state.n_moved; i++)
        if (strcmp(state.moved[i].bucket, bucket) == 0)
            return state.moved[i].region;
    return state.region;
}

bool pulse_s3_endpoint_set_region(const char *bucket, const char *region)
{
    int at = 0;
    while (at < state.n_moved && strcmp(state.moved[at].bucket, bucket) != 0)
        at++;
    if (at == MAX_REGIONS || strlen(bucket) >= PULSE_S3_WORD || strlen(region) >= PULSE_S3_WORD ||
        !pulse_aws_can_sign_for(region))
        return false;
    (void)strcpy(state.moved[at].bucket, bucket);
    (void)strcpy(state.moved[at].region, region);
    state.n_moved += at == state.n_moved;
    return true;
}

/* ---- The URL of an object --------------------------------------------------------- */

/* "path", "virtual", or something else: the variable's, else that of the profile's "s3 =". */
static const char *get_style(struct pulse_err *err)
{
    const char *variable = pulse_aws_env("AWS_S3_ADDRESSING_STYLE");
    if (variable != NULL)
        return variable;
    if (state.style == NULL)
        state.style =
            pulse_aws_profile_nested_value(pulse_aws_profile_name(), "s3", "addressing_style", err);
    if (state.style == NULL && err->kind == PULSE_OK)
        state.style = pulse_strdup("", err);
    return state.style == NULL ? "" : state.style;
}

static bool is_path_style(const char *bucket, const char *style)
{
    if (strcmp(style, "path") == 0)
        return true;
    if (strcmp(style, "virtual") == 0)
        return false;
    /* No certificate covers a dotted name; others of before 2018 are no names of hosts. */
    return state.custom ||
           strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(bucket) ||
           strlen(bucket) > 63;
}

/* A directory bucket has hosts, sessions and listings of its own. */
static bool is_directory_bucket(const char *bucket)
{
    static const char tail[] = "--x-s3";
    const size_t n = strlen(bucket), length = sizeof tail - 1;
    return n > length && strcmp(bucket + n - length, tail) == 0;
}

/* The endpoint of AWS in the region of the bucket, or the custom one. */
static char *get_base_url(const char *bucket, struct pulse_err *err)
{
    bool custom;
    if (!state.custom && is_directory_bucket(bucket)) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "s3://%s is a directory bucket (S3 Express One Zone), which is not "
                         "supported: take a general purpose bucket",
                         bucket);
        return NULL;
    }
    const char *region = pulse_s3_endpoint_region(bucket);
    if (state.custom || region == state.region)
        return pulse_strdup(state.endpoint, err);
    return pulse_aws_endpoint(state.endpoint_option, "s3", region, &custom, err);
}

int pulse_s3_location_init(struct pulse_s3_location *location, const char *bucket, const char *key,
                           const char *query, struct pulse_err *err)
{
    const char *endpoint;
    *location = (struct pulse_s3_location){0};
    if (pulse_s3_endpoint_get(&endpoint, err) != 0)
        return -1;
    char *base = get_base_url(bucket, err), *encoded = pulse_uri_encode(key, true, err);
    const char *scheme_end = base == NULL ? NULL : strstr(base, "://");
    const bool by_path = is_path_style(bucket, get_style(err));
    if (scheme_end != NULL && encoded != NULL) {
        const char *host = scheme_end + 3;
        location->host =
            by_path ? pulse_strdup(host, err) : pulse_print(err, "%s.%s", bucket, host);
        location->path =
            by_path ? pulse_print(err, "/%s%s%s", bucket, key[0] == '\0' ? "" : "/", encoded)
                    : pulse_print(err, "/%s", encoded);
        if (location->host != NULL && location->path != NULL)
            location->url =
                pulse_print(err, "%.*s%s%s%s%s", (int)(host - base), base, location->host,
                            location->path, query == NULL ? "" : "?", query == NULL ? "" : query);
    }
    free(base);
    free(encoded);
    if (location->url != NULL)
        return 0;
    pulse_s3_location_clear(location);
    return -1;
}

void pulse_s3_location_clear(struct pulse_s3_location *location)
{
    free(location->url);
    free(location->host);
    free(location->path);
    *location = (struct pulse_s3_location){0};
}
