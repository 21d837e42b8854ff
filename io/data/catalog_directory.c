#include "data/catalog_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "data/catalog_entries.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/common/format.h"
#include "data/formats.h"
#include "data/pickle/record_store.h"
#include "store/store.h"

/* A file that may be a variable's dataset. */
struct candidate {
    char *name;
    const char *file; /* borrowed from the listing */
    int64_t bytes;
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name != 0 ? by_name : strcmp(x->file, y->file);
}

static int add_candidates(const char *dir, const struct candidate *all, int64_t n,
                          struct pulse_catalog *out, struct pulse_err *err)
{
    int64_t cap = 0;
    size_t dir_length = strlen(dir);
    while (dir_length > 1 && dir[dir_length - 1] == '/')
        dir_length--;
    for (int64_t i = 0; i < n; i++) {
        const struct candidate *kept = i > 0 ? &all[i - 1] : NULL;
        if (kept != NULL && strcmp(kept->name, all[i].name) == 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: %s and %s are both the variable %s; remove one", dir, kept->file,
                              all[i].file, all[i].name);
        char *uri = pulse_calloc((int64_t)(dir_length + strlen(all[i].file)) + 2, 1, "a path", err);
        if (uri == NULL)
            return -1;
        memcpy(uri, dir, dir_length);
        uri[dir_length] = '/';
        strcpy(uri + dir_length + 1, all[i].file);
        int rc = pulse_catalog_add(out, &cap, all[i].name, uri, all[i].bytes, err);
        free(uri);
        if (rc != 0)
            return -1;
    }
    return 0;
}

/* ---- Directories in it ----------------------------------------------------------- */

static const char *slash_after(const char *dir)
{
    const size_t length = strlen(dir);
    return length > 0 && dir[length - 1] == '/' ? "" : "/";
}

/* Whether a listing is of data: part files, datasets. Not what a run has left there. */
static bool holds_data(const struct pulse_listing *listing)
{
    bool data = false, results = false;
    for (int64_t i = 0; i < listing->n; i++) {
        const struct pulse_store_entry *entry = &listing->entries[i];
        results = results || strcmp(entry->name, "summary.json") == 0;
        data = data || (entry->directory ? strchr(entry->name, '=') != NULL
                                         : pulse_format_of(entry->name) != NULL);
    }
    return data && !results;
}

/* The first directory with data, of which no more than some are looked into; NULL: none. */
static const char *find_directory(const char *dir, const struct pulse_listing *listing)
{
    enum { LOOKED_INTO = 32 };
    const char *found = NULL;
    int64_t looked = 0;
    for (int64_t i = 0; found == NULL && i < listing->n && looked < LOOKED_INTO; i++) {
        const struct pulse_store_entry *entry = &listing->entries[i];
        struct pulse_listing inner = {0};
        struct pulse_err ignored;
        char *uri = entry->directory
                        ? pulse_print(&ignored, "%s%s%s", dir, slash_after(dir), entry->name)
                        : NULL;
        looked += entry->directory;
        if (uri != NULL && pulse_store_list(uri, true, &inner, &ignored) == 0 && holds_data(&inner))
            found = entry->name;
        pulse_listing_clear(&inner);
        free(uri);
    }
    return found;
}

static int64_t count_directories(const struct pulse_listing *listing)
{
    int64_t n = 0;
    for (int64_t i = 0; i < listing->n; i++)
        n += listing->entries[i].directory;
    return n;
}

static int fail_nothing(const char *dir, const struct pulse_listing *listing, struct pulse_err *err)
{
    const int64_t directories = count_directories(listing), files = listing->n - directories;
    const char *inner = find_directory(dir, listing), *file = NULL;
    for (int64_t i = 0; file == NULL && i < listing->n; i++)
        file = listing->entries[i].directory ? NULL : listing->entries[i].name;
    if (inner != NULL)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no dataset right in the directory, but in %lld director%s (%s%s): "
                          "give one of them, as %s%s%s",
                          dir, (long long)directories, directories == 1 ? "y" : "ies", inner,
                          directories > 1 ? ", ..." : "", dir, slash_after(dir), inner);
    if (files == 0)
        return pulse_fail(err, PULSE_E_INPUT, "%s: the directory holds no files; expected %s", dir,
                          pulse_formats_expected);
    return pulse_fail(err, PULSE_E_INPUT, "%s: no dataset among its %lld files (%s%s); expected %s",
                      dir, (long long)files, file, files > 1 ? ", ..." : "",
                      pulse_formats_expected);
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
        rc = uri == NULL ? -1
                         : pulse_catalog_add(out, &cap, pulse_variable_of_name(name), uri, 1, err);
        free(uri);
    }
    if (rc == 0 && *is_store && out->n == 0)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: no dataset in its data/datasets", dir);
    if (rc == 0)
        rc = pulse_catalog_sort(out, dir, err);
    pulse_listing_clear(&listing);
    return rc;
}

/* A text that nobody calls a dataset: README.txt beside the files. */
static bool is_note(const char *file)
{
    const char *dot = strrchr(file, '.');
    return dot != NULL && strcasecmp(dot, ".txt") == 0 && pulse_variable_of_name(file) == file;
}

/* 2019.csv, 2020.csv: perhaps the parts of one table, which nothing in them shows. */
static void warn_of_parts(const char *dir, const struct candidate *all, int64_t n)
{
    struct pulse_shown_offset offset;
    bool dates = n > 1;
    int64_t ns;
    for (int64_t i = 0; i < n && dates; i++) {
        const size_t length = strlen(all[i].name);
        dates = pulse_parse_time(all[i].name, length, &ns) ||
                (length == 6 && pulse_parse_formatted(all[i].name, length, "%Y%m", &ns, &offset));
    }
    if (dates)
        pulse_warn(
            "%s: its files are called like times (%s, %s), and each is read as one variable; "
            "if they are parts of one table, an empty file called _SUCCESS beside them says "
            "so",
            dir, all[0].file, all[1].file);
}

/* Tables that are not read, in a folder of which the rest is; hidden files, and those of a program
 * that has one open, are none. Pages, archives and JSON may be about the others. */
static int note_other_tables(const struct pulse_listing *listing, struct pulse_catalog *out,
                             struct pulse_err *err)
{
    const char *first = NULL;
    char more[32] = "";
    int64_t n = 0;
    for (int64_t i = 0; i < listing->n; i++) {
        const char *file = listing->entries[i].name;
        if (!listing->entries[i].directory && strchr(".~", file[0]) == NULL &&
            pulse_foreign_table(file) != NULL && n++ == 0)
            first = file;
    }
    if (n == 0)
        return 0;
    if (n > 1)
        (void)snprintf(more, sizeof more, " and %lld more", (long long)n - 1);
    out->note = pulse_print(err, "%.200s%s %s left out: %s", first, more, n > 1 ? "are" : "is",
                            pulse_foreign_table(first));
    return out->note == NULL ? -1 : 0;
}

/* Directories with data in one whose files are read. */
static int note_directories(const char *dir, const struct pulse_listing *listing,
                            struct pulse_catalog *out, struct pulse_err *err)
{
    const char *first = find_directory(dir, listing);
    const int64_t n = count_directories(listing);
    char more[48] = "", *before = out->note;
    if (first == NULL)
        return 0;
    if (n > 1)
        (void)snprintf(more, sizeof more, " and %lld more director%s", (long long)n - 1,
                       n == 2 ? "y" : "ies");
    out->note = pulse_print(err,
                            "%s%s%.200s/%s %s left out: of a directory the files right in it are "
                            "read; give %.200s%s%.200s itself",
                            before == NULL ? "" : before, before == NULL ? "" : "; ", first, more,
                            n > 1 ? "are" : "is", dir, slash_after(dir), first);
    free(before);
    return out->note == NULL ? -1 : 0;
}

int pulse_catalog_directory(const char *dir, const struct pulse_read_options *options,
                            struct pulse_catalog *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    int64_t n = 0;
    int rc = 0;
    if (options != NULL && options->id != NULL)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: --id %s is for one long file or a directory of its parts, and this "
                          "is a directory of datasets; name the file",
                          dir, options->id);
    if (pulse_store_list(dir, true, &listing, err) != 0)
        return -1;
    struct candidate *all = pulse_calloc(listing.n, sizeof *all, "the catalog", err);
    if (all == NULL)
        rc = -1;
    for (int64_t i = 0; rc == 0 && i < listing.n; i++) {
        const char *file = listing.entries[i].name;
        if (listing.entries[i].directory || pulse_format_of(file) == NULL || is_note(file))
            continue;
        char *name = pulse_variable_of_path(file, err);
        if (name == NULL)
            rc = -1;
        else
            all[n++] = (struct candidate){name, file, listing.entries[i].bytes};
    }
    bool is_store = false;
    if (rc == 0 && n == 0)
        rc = catalog_records(dir, &is_store, out, err);
    if (rc == 0 && n == 0 && !is_store)
        rc = fail_nothing(dir, &listing, err);
    if (rc == 0 && !is_store) {
        qsort(all, (size_t)n, sizeof *all, compare_candidates);
        rc = add_candidates(dir, all, n, out, err);
        if (rc == 0)
            rc = note_other_tables(&listing, out, err);
        if (rc == 0)
            rc = note_directories(dir, &listing, out, err);
        if (rc == 0)
            warn_of_parts(dir, all, n);
    }
    for (int64_t i = 0; i < n; i++)
        free(all[i].name);
    free(all);
    pulse_listing_clear(&listing);
    return rc;
}
