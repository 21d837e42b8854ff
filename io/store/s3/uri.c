#include "store/s3/uri.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

int pulse_s3_uri_parse(const char *uri, bool with_key, struct pulse_s3_uri *out,
                       struct pulse_err *err)
{
    *out = (struct pulse_s3_uri){NULL, NULL};
    const char *bucket = uri + sizeof "s3://" - 1;
    const size_t length = strcspn(bucket, "/");
    /* The bucket becomes part of a host name: nothing else may get there. */
    const size_t allowed = strspn(bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789.-_");
    if (strncmp(bucket, "arn:", 4) == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: expected s3://BUCKET/KEY; of an access point name the alias, which "
                          "ends in -s3alias, instead of the bucket",
                          uri);
    if (length < 1 || length > 255 || allowed < length)
        return pulse_fail(err, PULSE_E_USAGE, "%s: expected s3://BUCKET/KEY", uri);
    const char *key = bucket + length + (bucket[length] == '/');
    if (with_key && key[0] == '\0')
        return pulse_fail(err, PULSE_E_USAGE, "%s: a bucket; expected an object, s3://BUCKET/KEY",
                          uri);
    if (strlen(key) > 1024 || !pulse_utf8_valid(key))
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: a key is UTF-8 of 1024 bytes at most, which this is not", uri);
    out->bucket = pulse_strdup(bucket, err);
    out->key = pulse_strdup(key, err);
    if (out->bucket == NULL || out->key == NULL)
        return -1;
    out->bucket[length] = '\0';
    return 0;
}

int pulse_s3_uri_as_prefix(struct pulse_s3_uri *uri, struct pulse_err *err)
{
    const size_t length = strlen(uri->key);
    if (length == 0 || uri->key[length - 1] == '/')
        return 0;
    char *longer = pulse_calloc((int64_t)length + 2, 1, "a prefix", err);
    if (longer == NULL)
        return -1;
    memcpy(longer, uri->key, length);
    longer[length] = '/';
    free(uri->key);
    uri->key = longer;
    return 0;
}

void pulse_s3_uri_clear(struct pulse_s3_uri *uri)
{
    free(uri->bucket);
    free(uri->key);
    *uri = (struct pulse_s3_uri){NULL, NULL};
}
