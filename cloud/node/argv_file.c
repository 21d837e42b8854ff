#include "node/argv_file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "node/rendezvous.h"
#include "store/aws/sigv4.h"
#include "store/store.h"

int pulse_argv_file_parse(const char *text, const char *where, struct pulse_argv *argv,
                          struct pulse_err *err)
{
    json_t *array = json_loads(text, 0, NULL);
    int result = json_is_array(array) && json_array_size(array) <= PULSE_ARGV_FILE_WORDS ? 0 : -1;
    size_t i;
    json_t *one;
    json_array_foreach(array, i, one)
    {
        if (result == 0 && !json_is_string(one))
            result = -1;
        if (result == 0 && pulse_argv_add(argv, err, "%s", json_string_value(one)) != 0)
            result = -1;
    }
    json_decref(array);
    if (result != 0 && err->kind == PULSE_OK)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s is no JSON array of strings: submit the job again with pulse-submit",
                         where);
    return result;
}

int pulse_argv_file_read(const char *uri, struct pulse_argv *argv, struct pulse_err *err)
{
    static const char mark[] = "#sha256=";
    const char *digest = strstr(uri, mark);
    char found[PULSE_SHA256_HEX], *name = NULL, *text = NULL;
    int result = -1;
    if (!pulse_store_is_s3(uri) || digest == NULL ||
        strlen(digest + sizeof mark - 1) != PULSE_SHA256_HEX - 1)
        return pulse_fail(err, PULSE_E_USAGE, "--spec %s: expected s3://BUCKET/KEY#sha256=HEX",
                          uri);
    name = pulse_print(err, "%.*s", (int)(digest - uri), uri);
    if (name == NULL || pulse_rendezvous_read(name, PULSE_ARGV_FILE_BYTES, 300, &text, err) != 0)
        goto done;
    pulse_sha256_hex(text, strlen(text), found);
    if (strcasecmp(found, digest + sizeof mark - 1) != 0)
        (void)pulse_fail(
            err, PULSE_E_INPUT,
            "%s has changed since the job was submitted (its SHA-256 is %s); submit again", name,
            found);
    else
        result = pulse_argv_file_parse(text, name, argv, err);
done:
    free(text);
    free(name);
    return result;
}
