#include "node/rendezvous.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/args.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/progress.h"
#include "node/argv.h"
#include "node/node_info.h"
#include "node/signal_fd.h"
#include "store/arguments.h"
#include "store/store.h"

static double patience; /* the moment at which the current request has lasted long enough */

/* ---- Where ---------------------------------------------------------------------- */

/* "s3://bucket/some" of "s3://bucket/some/object". */
static char *parent_of(const char *uri, struct pulse_err *err)
{
    const char *last = strrchr(uri, '/');
    const bool only_bucket = last - uri < (long)sizeof "s3://" - 1;
    return pulse_print(err, "%.*s", only_bucket ? (int)strlen(uri) : (int)(last - uri), uri);
}

/* Where the results go, if that is in S3; NULL, with an error or without. */
static char *results_of(char *const *argv, struct pulse_err *err)
{
    const char *output = pulse_args_find(argv, "output");
    const char *bucket = pulse_args_find(argv, "s3-results-bucket");
    const char *prefix = pulse_args_find(argv, "s3-results-prefix");
    const char *file = pulse_args_find(argv, "s3-output-file");
    if (output != NULL && pulse_store_is_s3(output))
        return pulse_strdup(output, err);
    if (bucket != NULL)
        return pulse_print(err, "s3://%s/%s", bucket, prefix != NULL ? prefix : "results/");
    if (file != NULL && pulse_store_is_s3(file))
        return parent_of(file, err);
    return NULL;
}

char *pulse_rendezvous_location(char *const *argv, const char *setting,
                                const struct pulse_node_job *job, struct pulse_err *err)
{
    char *base =
        setting != NULL && setting[0] != '\0' ? pulse_strdup(setting, err) : results_of(argv, err);
    char *location = NULL;
    if (base != NULL && pulse_store_is_s3(base)) {
        size_t length = strlen(base);
        while (length > sizeof "s3://" && base[length - 1] == '/')
            length--;
        location =
            pulse_print(err, "%.*s/rendezvous/%s/%d", (int)length, base, job->id, job->attempt);
    } else if (err->kind == PULSE_OK) {
        (void)pulse_fail(err, PULSE_E_USAGE,
                         "%d nodes have no location in S3 to find each other: give --output "
                         "s3://BUCKET/PREFIX, or set PULSE_RENDEZVOUS=s3://BUCKET/PREFIX",
                         job->nodes);
    }
    free(base);
    return location;
}

char *pulse_rendezvous_name(int node, char out[24])
{
    (void)snprintf(out, 24, "node-%d.json", node);
    return out;
}

int pulse_rendezvous_seconds(double *seconds, struct pulse_err *err)
{
    const char *text = getenv("PULSE_RENDEZVOUS_SECONDS");
    *seconds = 600;
    if (text == NULL || text[0] == '\0')
        return 0;
    if (!pulse_parse_real(text, 1, 86400, seconds))
        return pulse_fail(err, PULSE_E_USAGE,
                          "PULSE_RENDEZVOUS_SECONDS=%s: expected seconds from 1 to 86400", text);
    return 0;
}

/* ---- Requests ------------------------------------------------------------------- */

static enum pulse_kind stop_requests(void)
{
    const enum pulse_kind kind = pulse_signal_fd_pending();
    return kind != PULSE_OK                             ? kind
           : patience > 0 && pulse_seconds() > patience ? PULSE_E_TEMPORARY
                                                        : PULSE_OK;
}

void pulse_rendezvous_configure(char *const *argv)
{
    struct pulse_store_options options = pulse_store_arguments_find(argv);
    options.no_cache = true;
    options.stop = stop_requests;
    pulse_store_configure(&options);
}

int pulse_rendezvous_put(const char *location, const struct pulse_seal *seal, const char *name,
                         const char *text, double seconds, struct pulse_err *err)
{
    char *uri = pulse_store_join(location, name, err);
    char *sealed = uri == NULL ? NULL : pulse_seal_close(seal, name, text, err);
    int result = -1;
    patience = pulse_seconds() + seconds;
    if (sealed != NULL)
        result = pulse_store_put(sealed, (int64_t)strlen(sealed), uri, err);
    free(sealed);
    free(uri);
    return result;
}

static int read_open(struct pulse_object *object, int64_t most, char **text, struct pulse_err *err)
{
    const int64_t size = pulse_store_size(object);
    if (size > most)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %lld bytes, which is more than %lld",
                          pulse_store_uri(object), (long long)size, (long long)most);
    *text = pulse_calloc(size + 1, 1, "an object", err);
    if (*text == NULL || pulse_store_read(object, 0, *text, size, err) != 0)
        return -1;
    return strlen(*text) == (size_t)size
               ? 0
               : pulse_fail(err, PULSE_E_INPUT, "%s is not text", pulse_store_uri(object));
}

int pulse_rendezvous_read(const char *uri, int64_t most, double seconds, char **text,
                          struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    *text = NULL;
    patience = pulse_seconds() + seconds;
    if (pulse_store_open(uri, &object, err) != 0)
        return -1;
    const int result = read_open(object, most, text, err);
    pulse_store_close(object);
    if (result != 0) {
        free(*text);
        *text = NULL;
    }
    return result;
}

int pulse_rendezvous_get(const char *location, struct pulse_seal *seal, const char *name,
                         double seconds, char **text, struct pulse_err *err)
{
    char *uri = pulse_store_join(location, name, err), *sealed = NULL;
    *text = NULL;
    if (uri == NULL)
        return -1;
    pulse_store_forget(); /* a stranger's object may have given way to a node's */
    int result = pulse_rendezvous_read(uri, PULSE_NODE_INFO_BYTES, seconds, &sealed, err);
    if (result != 0 && (err->kind == PULSE_E_INPUT || err->kind == PULSE_E_CHANGED)) { /* not yet */
        *err = (struct pulse_err){0};
        result = 0;
    }
    if (sealed != NULL)
        *text = pulse_seal_open(seal, name, sealed, err);
    free(sealed);
    free(uri);
    return err->kind == PULSE_OK ? result : -1;
}

static void remove_one(const char *location, const char *name)
{
    struct pulse_err err = {0};
    char *uri = pulse_store_join(location, name, &err);
    if (uri != NULL)
        (void)pulse_store_delete(uri, &err);
    free(uri);
}

int pulse_rendezvous_list(const char *location, double seconds, struct pulse_listing *listing,
                          struct pulse_err *err)
{
    patience = pulse_seconds() + seconds;
    return pulse_store_list(location, false, listing, err);
}

void pulse_rendezvous_clear(const char *location, int nodes, bool end_too)
{
    char name[24];
    patience = pulse_seconds() + 5; /* for all of them */
    for (int i = 0; i < nodes; i++)
        remove_one(location, pulse_rendezvous_name(i, name));
    remove_one(location, PULSE_RENDEZVOUS_MAIN);
    if (end_too)
        remove_one(location, PULSE_RENDEZVOUS_END);
}
