#include "data/table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/format.h"
#include "data/common/table_source.h"
#include "data/hdf5/hdf5.h"
#include "data/pickle/record_store.h"
#include "store/store.h"

struct pulse_table {
    struct pulse_table_source source;
};

static int open_file(const char *uri, const struct pulse_read_options *reading,
                     struct pulse_table_source *out, struct pulse_err *err)
{
    if (pulse_h5_is_uri(uri))
        return pulse_table_of_h5(uri, reading, out, err);
    switch (pulse_format_of(uri)) {
    case PULSE_FORMAT_CSV:
        return pulse_table_of_csv(uri, reading, out, err);
    case PULSE_FORMAT_PARQUET:
        return pulse_table_of_parquet(uri, reading, out, err);
    case PULSE_FORMAT_PICKLE:
        return pulse_table_of_pickle(uri, reading, out, err);
    default:
        return pulse_format_refuse(uri, err);
    }
}

static int fail_directory(const char *dir, bool is_store, const struct pulse_listing *listing,
                          struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    if (!is_store)
        return pulse_fail(err, PULSE_E_INPUT, "%s: a directory; name one of its files", dir);
    char **names = pulse_calloc(listing->n, sizeof *names, "names of datasets", err);
    if (names == NULL)
        return -1;
    for (int64_t i = 0; i < listing->n; i++)
        names[i] = listing->entries[i].name;
    (void)pulse_fail(err, PULSE_E_INPUT,
                     "%s: %lld datasets; name one as %s/data/datasets/NAME (%s)", dir,
                     (long long)listing->n, dir, pulse_columns_list(names, listing->n, list));
    free(names);
    return -1;
}

/* The only dataset of a store of records. */
static int open_directory(const char *dir, const struct pulse_read_options *reading,
                          struct pulse_table_source *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    bool is_store;
    int rc = pulse_record_store_list(dir, &is_store, &listing, err);
    if (rc == 0 && (!is_store || listing.n != 1)) {
        rc = fail_directory(dir, is_store, &listing, err);
    } else if (rc == 0) {
        char *uri = pulse_record_store_dataset(dir, listing.entries[0].name, err);
        rc = uri == NULL ? -1 : open_file(uri, reading, out, err);
        free(uri);
    }
    pulse_listing_clear(&listing);
    return rc;
}

int pulse_table_open(const char *uri, const struct pulse_read_options *options,
                     struct pulse_table **out, struct pulse_err *err)
{
    struct pulse_table *table = pulse_calloc(1, sizeof *table, "an open table", err);
    const struct pulse_read_options reading = pulse_read_options_or_all(options);
    bool is_directory = false;
    int rc = 0;
    if (table == NULL)
        return -1;
    if (pulse_format_of(uri) == PULSE_FORMAT_UNKNOWN && !pulse_h5_is_uri(uri))
        rc = pulse_store_is_directory(uri, &is_directory, err);
    if (rc == 0)
        rc = is_directory ? open_directory(uri, &reading, &table->source, err)
                          : open_file(uri, &reading, &table->source, err);
    if (rc == 0)
        *out = table;
    else
        free(table);
    return rc;
}

void pulse_table_free(struct pulse_table *table)
{
    if (table == NULL)
        return;
    table->source.format->free(table->source.state);
    free(table);
}

const struct pulse_table_column *pulse_table_columns(const struct pulse_table *table, int64_t *n)
{
    return table->source.format->columns(table->source.state, n);
}

int64_t pulse_table_rows(const struct pulse_table *table)
{
    return table->source.format->rows(table->source.state);
}

int pulse_table_next(struct pulse_table *table, struct pulse_batch *out, bool *end,
                     struct pulse_err *err)
{
    *out = (struct pulse_batch){0};
    *end = false;
    return table->source.format->next(table->source.state, out, end, err);
}

double pulse_table_done(const struct pulse_table *table)
{
    double done = table->source.format->done(table->source.state);
    return done > 1 ? 1 : done;
}
