#include "submit/data_check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/spelling.h"
#include "data/dataset.h"
#include "store/store.h"

enum { MOST_NAMED = 4 }; /* absent variables; of more the number is enough */

/* Long datasets are found under a name in which '/' and '\' are '_'. */
static bool is_named(const struct pulse_catalog *catalog, int64_t at, const char *name)
{
    const char *entry = catalog->entries[at].name;
    for (; *entry != '\0' && *name != '\0'; entry++, name++)
        if (*entry != *name && (catalog->wide || *entry != '_' || (*name != '/' && *name != '\\')))
            return false;
    return *entry == *name;
}

static bool holds_variable(const struct pulse_catalog *catalog, const char *name)
{
    for (int64_t i = 0; i < catalog->n; i++)
        if (is_named(catalog, i, name))
            return true;
    return false;
}

static const char *nearest_name(const struct pulse_catalog *catalog, const char *name)
{
    int64_t best = 0;
    for (int64_t i = 1; i < catalog->n; i++)
        if (pulse_spelling_distance(name, catalog->entries[i].name) <
            pulse_spelling_distance(name, catalog->entries[best].name))
            best = i;
    return catalog->entries[best].name;
}

static void check_variables(const struct pulse_options *options,
                            const struct pulse_catalog *catalog, struct pulse_findings *out)
{
    int64_t absent = 0;
    for (int64_t i = 0; catalog->n > 0 && i < options->n_variables; i++) {
        const char *name = options->variables[i];
        if (holds_variable(catalog, name))
            continue;
        absent++;
        if (absent <= MOST_NAMED && pulse_catalog_leaves_out(catalog, name))
            pulse_findings_add(out, true, "%.120s: column %.80s is no variable", options->data,
                               name);
        else if (absent <= MOST_NAMED)
            pulse_findings_add(out, true, "%.120s holds no variable %.80s; did you mean %.80s?",
                               options->data, name, nearest_name(catalog, name));
    }
    if (absent > MOST_NAMED)
        pulse_findings_add(out, true, "%.120s lacks %lld of the %lld variables", options->data,
                           (long long)absent, (long long)options->n_variables);
}

/* Whether S3 lists the bucket of `uri`: who says then that something is absent is to be believed.
 */
static bool lists_bucket(const char *uri)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const char *bucket = strstr(uri, "://");
    bool is_directory = false;
    if (bucket == NULL)
        return false;
    const int length = (int)(bucket + 3 - uri) + (int)strcspn(bucket + 3, "/");
    char *root = pulse_print(&ignored, "%.*s", length, uri);
    const bool lists = root != NULL && pulse_store_is_directory(root, &is_directory, &ignored) == 0;
    free(root);
    return lists;
}

int pulse_data_check(const struct pulse_options *options, struct pulse_findings *out,
                     struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_options_reading(options);
    struct pulse_catalog catalog = {.n = 0};
    if (!pulse_store_is_s3(options->data))
        return 0;
    if (pulse_catalog_open(options->data, &reading, &catalog, err) == 0) {
        check_variables(options, &catalog, out);
        pulse_catalog_clear(&catalog);
        return 0;
    }
    if (err->kind == PULSE_E_MEMORY || err->kind == PULSE_E_SIGINT || err->kind == PULSE_E_SIGTERM)
        return -1;
    /* The job has credentials of its own: what these ones may not read is no reason to refuse. */
    const bool certain = strstr(err->text, "NoSuchBucket") != NULL || err->kind == PULSE_E_USAGE ||
                         (err->kind == PULSE_E_INPUT && lists_bucket(options->data));
    pulse_findings_add(out, certain, "the data%s: %.350s", certain ? "" : " were not checked",
                       err->text);
    *err = (struct pulse_err){.kind = PULSE_OK};
    return 0;
}
