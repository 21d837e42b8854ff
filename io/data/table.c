#include "data/table.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/zone.h"
#include "data/common/clock.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/common/open_table.h"
#include "data/common/text_number.h"
#include "data/formats.h"
#include "data/parts.h"
#include "data/pickle/record_store.h"
#include "store/store.h"

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

/* Resolves the only dataset of a store of records. */
static int resolve_directory(const char *dir, struct pulse_location *out, struct pulse_err *err)
{
    struct pulse_listing listing;
    bool is_store;
    int rc = pulse_record_store_list(dir, &is_store, &listing, err);
    if (rc == 0 && (!is_store || listing.n != 1)) {
        rc = fail_directory(dir, is_store, &listing, err);
    } else if (rc == 0) {
        char *uri = pulse_record_store_dataset(dir, listing.entries[0].name, err);
        pulse_location_clear(out);
        rc = uri == NULL ? -1 : pulse_location_resolve(uri, out, err);
        free(uri);
    }
    pulse_listing_clear(&listing);
    return rc;
}

/* Whether a directory is one dataset. */
static int find_parts(const char *dir, bool *is_dataset, struct pulse_err *err)
{
    struct pulse_parts parts;
    const int rc = pulse_parts_list(dir, &parts, err);
    *is_dataset = rc == 0 && parts.n > 0;
    pulse_parts_clear(&parts);
    return rc;
}

/* Columns of times are shown in the zone that is said; without one UTC is none. */
static int set_zones(struct pulse_table *table, struct pulse_err *err)
{
    const char *name = table->reading.time_zone;
    if (name != NULL && pulse_zone_find(name, &table->wanted, err) != 0)
        return -1;
    table->unzoned = pulse_calloc(table->n, sizeof *table->unzoned, "columns", err);
    if (table->unzoned == NULL)
        return -1;
    for (int64_t c = 0; c < table->n; c++) {
        struct pulse_table_column *column = &table->columns[c];
        if (column->kind != PULSE_KIND_TIME)
            continue;
        table->unzoned[c] = column->zone == NULL;
        if (table->wanted != NULL)
            column->zone = table->wanted;
        if (column->zone != NULL && pulse_zone_is_utc(column->zone))
            column->zone = NULL;
    }
    return 0;
}

static void zone_times(const struct pulse_table *table, struct pulse_batch *batch)
{
    for (int64_t c = 0; c < batch->n; c++) {
        struct pulse_vector *v = &batch->vectors[c];
        v->zone = table->columns[c].zone;
        for (int64_t i = 0; v->zone != NULL && table->unzoned[c] && i < batch->rows; i++)
            if (v->missing == NULL || !v->missing[i])
                v->integers[i] = pulse_instant_of_unzoned(v->zone, v->integers[i]);
    }
}

int pulse_table_open(const char *uri, const struct pulse_read_options *options,
                     struct pulse_table **out, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_read_options_or_all(options);
    struct pulse_location location;
    bool is_directory = false, is_dataset = false;
    struct pulse_err ignored;
    int rc = pulse_location_resolve(uri, &location, err);
    if (rc == 0 && location.format == NULL)
        rc = pulse_store_is_directory(uri, &is_directory, err);
    else if (rc == 0 && !pulse_store_is_s3(uri) && !pulse_record_store_is_dataset(uri) &&
             pulse_store_is_directory(uri, &is_directory, &ignored) != 0)
        is_directory = false; /* opening it says what is wrong */
    if (rc == 0 && is_directory)
        rc = find_parts(uri, &is_dataset, err);
    if (rc == 0 && is_directory && !is_dataset)
        rc = resolve_directory(uri, &location, err);
    if (rc == 0 && location.format != NULL)
        pulse_formats_warn_unused(uri, location.format->takes, &reading);
    if (rc == 0 && is_dataset)
        rc = pulse_parts_table_open(&location, &reading, out, err);
    else if (rc == 0)
        rc = location.format == NULL ? pulse_format_refuse_read(uri, err)
                                     : location.format->open_table(&location, &reading, out, err);
    pulse_location_clear(&location);
    if (rc == 0 && set_zones(*out, err) != 0) {
        pulse_open_table_free(*out);
        rc = -1;
    }
    if (rc == 0 && (*out)->note != NULL && !reading.as_panel) /* who reads a panel keeps it */
        pulse_warn("%s: %s", (*out)->uri, (*out)->note);
    return rc;
}

void pulse_table_free(struct pulse_table *table)
{
    pulse_open_table_free(table);
}

const struct pulse_table_column *pulse_table_columns(const struct pulse_table *table, int64_t *n)
{
    *n = table->n;
    return table->columns;
}

int64_t pulse_table_rows(const struct pulse_table *table)
{
    return table->rows;
}

/* Times that stand for none become missing cells, with one warning a table. */
static int blank_untimed(struct pulse_table *table, struct pulse_batch *batch,
                         struct pulse_err *err)
{
    for (int64_t c = 0; c < batch->n; c++) {
        struct pulse_vector *v = &batch->vectors[c];
        for (int64_t i = 0; v->kind == PULSE_KIND_TIME && i < batch->rows; i++) {
            if (v->integers[i] != PULSE_NO_TIME || (v->missing != NULL && v->missing[i]))
                continue;
            if (v->missing == NULL)
                v->missing = pulse_calloc(batch->rows, sizeof *v->missing, "a column", err);
            if (v->missing == NULL)
                return -1;
            v->missing[i] = true;
            if (!table->warned)
                pulse_warn("%s: row %lld, column '%s': a time that stands for none (the first or "
                           "last a program can write) is left empty, and others like it",
                           table->uri, (long long)(table->row + i), table->columns[c].name);
            table->warned = true;
        }
    }
    return 0;
}

static double number_in_row(const struct pulse_vector *v, int64_t row)
{
    return v->reals != NULL                 ? v->reals[row]
           : pulse_kind_is_integer(v->kind) ? pulse_vector_integer_to_real(v, row)
                                            : NAN;
}

static int blank_row(struct pulse_vector *v, int64_t row, int64_t rows, struct pulse_err *err)
{
    if (v->reals != NULL) {
        v->reals[row] = NAN;
        return 0;
    }
    if (v->missing == NULL)
        v->missing = pulse_calloc(rows, sizeof *v->missing, "a column", err);
    if (v->missing == NULL)
        return -1;
    v->missing[row] = true;
    return 0;
}

/* Numbers that the options declare to be missing, where the file stores numbers. */
static int blank_missing(const struct pulse_table *table, struct pulse_batch *batch,
                         struct pulse_err *err)
{
    const char *words = table->reading.missing;
    int rc = 0;
    for (double number; pulse_words_next_number(&words, &number);)
        for (int64_t c = 0; c < batch->n; c++)
            for (int64_t i = 0; rc == 0 && i < batch->rows; i++)
                if (pulse_number_is(number_in_row(&batch->vectors[c], i), number))
                    rc = blank_row(&batch->vectors[c], i, batch->rows, err);
    return rc;
}

int pulse_table_next(struct pulse_table *table, struct pulse_batch *out, bool *end,
                     struct pulse_err *err)
{
    *out = (struct pulse_batch){0};
    *end = table->row == table->rows;
    if (*end)
        return 0;
    int rc = table->face->next(table, out, err);
    if (rc == 0)
        rc = blank_untimed(table, out, err);
    if (rc == 0)
        rc = blank_missing(table, out, err);
    if (rc == 0) {
        zone_times(table, out);
        table->row += out->rows;
    }
    return rc;
}

double pulse_table_done(const struct pulse_table *table)
{
    return table->rows == 0 ? 1 : (double)table->row / (double)table->rows;
}
