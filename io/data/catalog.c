#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/format.h"
#include "data/dataset.h"
#include "data/hdf5/hdf5.h"
#include "data/pickle/record_store.h"
#include "store/store.h"

static int add_entry(struct pulse_catalog *catalog, int64_t *cap, const char *name, const char *uri,
                     int64_t bytes, struct pulse_err *err)
{
    if (pulse_grow(&catalog->entries, cap, catalog->n + 1, sizeof *catalog->entries, "the catalog",
                   err) != 0)
        return -1;
    struct pulse_catalog_entry entry = {pulse_strdup(name, err), pulse_strdup(uri, err), bytes};
    catalog->entries[catalog->n++] = entry;
    return entry.name == NULL || entry.uri == NULL ? -1 : 0;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct pulse_catalog_entry *)a)->name,
                  ((const struct pulse_catalog_entry *)b)->name);
}

/* ---- One file ---------------------------------------------------------------------------------
 */

static int64_t size_of_file(const char *uri)
{
    struct pulse_object *object;
    struct pulse_err ignored;
    int64_t size = 0;
    char *path = pulse_h5_file_of(uri, &ignored);
    if (path != NULL && pulse_store_open(path, &object, &ignored) == 0) {
        size = pulse_store_size(object);
        pulse_store_close(object);
    }
    free(path);
    return size;
}

static int catalog_wide(const char *path, const struct pulse_read_options *options,
                        struct pulse_catalog *out, struct pulse_err *err)
{
    enum { SMALL_PART = 1 << 30 }; /* parts so many that the first is next to nothing */
    struct pulse_wide *wide;
    int64_t n, cap = 0, variables = 0;
    char list[PULSE_COLUMNS_TEXT];
    int rc = 0;
    if (pulse_wide_open(path, 0, SMALL_PART, options, &wide, err) != 0)
        return -1;
    char *const *names = pulse_wide_names(wide, &n);
    int64_t bytes = size_of_file(path);
    for (int64_t c = 0; c < n; c++)
        variables += names[c][0] != '\0';
    for (int64_t c = 0; rc == 0 && c < n; c++)
        if (names[c][0] != '\0')
            rc = add_entry(out, &cap, names[c], path, bytes / variables, err);
    if (rc == 0 && variables == 0)
        rc =
            pulse_fail(err, PULSE_E_INPUT, "%s: no column of numbers beside the time (columns: %s)",
                       path, pulse_columns_list(names, n, list));
    out->wide = true;
    pulse_wide_free(wide);
    return rc;
}

static int catalog_h5(const char *path, const struct pulse_read_options *options,
                      struct pulse_catalog *out, struct pulse_err *err)
{
    struct pulse_h5 *h5;
    int64_t cap = 0;
    int rc = 0;
    const struct pulse_read_options reading = pulse_read_options_or_all(options);
    if (pulse_h5_open(path, &reading, &h5, err) != 0)
        return -1;
    int64_t frames = pulse_h5_frames(h5);
    for (int64_t i = 0; frames > 1 && rc == 0 && i < frames; i++) {
        const char *frame = pulse_h5_frame(h5, i)->path;
        char *uri = pulse_h5_frame_uri(path, frame, err);
        rc = uri == NULL ? -1
                         : add_entry(out, &cap, pulse_variable_of_name(strrchr(frame, '/') + 1),
                                     uri, pulse_h5_bytes(h5) / frames, err);
        free(uri);
    }
    pulse_h5_free(h5);
    if (rc == 0 && frames == 1)
        return catalog_wide(path, options, out, err);
    if (rc == 0)
        qsort(out->entries, (size_t)out->n, sizeof *out->entries, compare_names);
    for (int64_t i = 1; rc == 0 && i < out->n; i++)
        if (strcmp(out->entries[i - 1].name, out->entries[i].name) == 0)
            rc = pulse_fail(err, PULSE_E_INPUT,
                            "%s: both historical_%s and %s are in it; remove one", path,
                            out->entries[i].name, out->entries[i].name);
    return rc;
}

/* ---- A directory ------------------------------------------------------------------------------
 */

/* A file that may be a variable's dataset. */
struct candidate {
    char *name;
    const char *file; /* borrowed from the listing */
    int64_t bytes;
    bool prefixed; /* historical_NAME wins over NAME */
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name != 0 ? by_name : (int)y->prefixed - (int)x->prefixed;
}

static int add_candidates(const char *dir, const struct candidate *all, int64_t n,
                          struct pulse_catalog *out, struct pulse_err *err)
{
    int64_t cap = 0;
    size_t dir_length = strlen(dir);
    while (dir_length > 1 && dir[dir_length - 1] == '/')
        dir_length--;
    const struct candidate *kept = NULL;
    for (int64_t i = 0; i < n; i++) {
        bool same = kept != NULL && strcmp(kept->name, all[i].name) == 0;
        if (same && kept->prefixed == all[i].prefixed)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: %s and %s are both the variable %s; remove one", dir, kept->file,
                              all[i].file, all[i].name);
        if (same)
            continue;
        kept = &all[i];
        char *uri = pulse_calloc((int64_t)(dir_length + strlen(all[i].file)) + 2, 1, "a path", err);
        if (uri == NULL)
            return -1;
        memcpy(uri, dir, dir_length);
        uri[dir_length] = '/';
        strcpy(uri + dir_length + 1, all[i].file);
        int rc = add_entry(out, &cap, all[i].name, uri, all[i].bytes, err);
        free(uri);
        if (rc != 0)
            return -1;
    }
    return 0;
}

static int fail_nothing(const char *dir, const struct pulse_listing *listing, struct pulse_err *err)
{
    if (listing->n == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: the directory holds no files; expected historical_NAME.csv, "
                          ".h5, .parquet or .pkl",
                          dir);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no dataset among its %lld files (%s%s); expected historical_NAME.csv, "
                      ".h5, .parquet or .pkl",
                      dir, (long long)listing->n, listing->entries[0].name,
                      listing->n > 1 ? ", ..." : "");
}

/* The datasets of a store of records; `is_store` false where `dir` is none. */
static int catalog_records(const char *dir, bool *is_store, struct pulse_catalog *out,
                           struct pulse_err *err)
{
    struct pulse_listing listing;
    int64_t cap = 0;
    int rc = pulse_record_store_list(dir, is_store, &listing, err);
    for (int64_t i = 0; rc == 0 && i < listing.n; i++) {
        const char *name = listing.entries[i].name;
        if (!listing.entries[i].directory)
            continue;
        char *uri = pulse_record_store_dataset(dir, name, err);
        rc = uri == NULL ? -1 : add_entry(out, &cap, pulse_variable_of_name(name), uri, 1, err);
        free(uri);
    }
    if (rc == 0 && *is_store && out->n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no dataset in its data/datasets", dir);
    if (rc == 0 && out->n > 1)
        qsort(out->entries, (size_t)out->n, sizeof *out->entries, compare_names);
    for (int64_t i = 1; rc == 0 && i < out->n; i++)
        if (strcmp(out->entries[i - 1].name, out->entries[i].name) == 0)
            rc = pulse_fail(err, PULSE_E_INPUT,
                            "%s: both historical_%s and %s are in it; remove one", dir,
                            out->entries[i].name, out->entries[i].name);
    pulse_listing_clear(&listing);
    return rc;
}

/* One dataset of a store. */
static int catalog_dataset(const char *uri, struct pulse_catalog *out, struct pulse_err *err)
{
    int64_t cap = 0;
    char *path = pulse_strdup(uri, err);
    if (path == NULL)
        return -1;
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
    int rc = add_entry(out, &cap, pulse_variable_of_name(pulse_base_name(path)), path, 1, err);
    free(path);
    return rc;
}

static int catalog_directory(const char *dir, struct pulse_catalog *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    int64_t n = 0;
    int rc = 0;
    if (pulse_store_list(dir, false, &listing, err) != 0)
        return -1;
    struct candidate *all = pulse_calloc(listing.n, sizeof *all, "the catalog", err);
    if (all == NULL)
        rc = -1;
    for (int64_t i = 0; rc == 0 && i < listing.n; i++) {
        const char *file = listing.entries[i].name;
        if (pulse_format_of(file) == PULSE_FORMAT_UNKNOWN)
            continue;
        char *name = pulse_variable_of_path(file, err);
        if (name == NULL)
            rc = -1;
        else
            all[n++] = (struct candidate){name, file, listing.entries[i].bytes,
                                          strncmp(name, file, strlen(name)) != 0};
    }
    bool is_store = false;
    if (rc == 0 && n == 0)
        rc = catalog_records(dir, &is_store, out, err);
    if (rc == 0 && n == 0 && !is_store)
        rc = fail_nothing(dir, &listing, err);
    if (rc == 0 && !is_store) {
        qsort(all, (size_t)n, sizeof *all, compare_candidates);
        rc = add_candidates(dir, all, n, out, err);
    }
    for (int64_t i = 0; i < n; i++)
        free(all[i].name);
    free(all);
    pulse_listing_clear(&listing);
    return rc;
}

int pulse_catalog_open(const char *data, const struct pulse_read_options *options,
                       struct pulse_catalog *out, struct pulse_err *err)
{
    bool is_directory = false;
    *out = (struct pulse_catalog){0};
    if (pulse_h5_frame_part(data) == NULL &&
        pulse_store_is_directory(data, &is_directory, err) != 0)
        return -1;
    int rc;
    if (is_directory && pulse_record_store_is_dataset(data))
        rc = catalog_dataset(data, out, err);
    else if (is_directory)
        rc = catalog_directory(data, out, err);
    else if (pulse_h5_is_uri(data))
        rc = catalog_h5(data, options, out, err);
    else
        rc = catalog_wide(data, options, out, err);
    if (rc != 0)
        pulse_catalog_clear(out);
    return rc;
}

void pulse_catalog_clear(struct pulse_catalog *catalog)
{
    for (int64_t i = 0; i < catalog->n; i++) {
        free(catalog->entries[i].name);
        free(catalog->entries[i].uri);
    }
    free(catalog->entries);
    *catalog = (struct pulse_catalog){0};
}
