#include "data/parquet/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/parquet/parquet.h"

struct parquet_table {
    struct pulse_table head; /* the columns' names are borrowed from the file */
    struct pulse_parquet *parquet;
    int64_t group;     /* the next */
    int64_t *position; /* of all columns: 0, 1, 2, … */
    char *note;        /* the head's */
};

static void close_table(struct pulse_table *table)
{
    struct parquet_table *t = (struct parquet_table *)table;
    pulse_parquet_free(t->parquet);
    free(t->position);
    free(t->note);
}

/* Counts of a declared unit → instants. */
static int make_times(const struct parquet_table *t, int64_t c, struct pulse_vector *v, int64_t n,
                      struct pulse_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        const bool large = v->kind == PULSE_KIND_UINT && v->integers[i] < 0;
        if (v->missing != NULL && v->missing[i])
            continue;
        if (large || !pulse_epoch_to_ns(v->integers[i], t->head.reading.time_unit, &v->integers[i]))
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: column '%s': " PULSE_TIME_OUTSIDE "; is --time-unit right?",
                              t->head.uri, t->head.columns[c].name);
    }
    v->kind = PULSE_KIND_TIME;
    return 0;
}

/* A row group. */
static int read_group(struct pulse_table *table, struct pulse_batch *out, struct pulse_err *err)
{
    struct parquet_table *t = (struct parquet_table *)table;
    int64_t bytes = 0;
    int rc = pulse_parquet_read(t->parquet, t->group++, t->position, table->n, out, &bytes, err);
    for (int64_t c = 0; rc == 0 && c < table->n; c++)
        if (table->columns[c].kind == PULSE_KIND_TIME && out->vectors[c].kind != PULSE_KIND_TIME)
            rc = make_times(t, c, &out->vectors[c], out->rows, err);
    return rc;
}

static const struct pulse_open_table_face face = {read_group, close_table};

static void set_column(struct parquet_table *t, int64_t c, const struct pulse_table_column *stored)
{
    const bool integers = pulse_kind_is_integer(stored->kind);
    t->position[c] = c;
    t->head.columns[c] = *stored;
    t->head.columns[c].index = stored->index || strncmp(stored->name, "__index_level_", 14) == 0;
    if (integers && t->head.reading.time_unit != PULSE_TIME_UNIT_NONE &&
        pulse_is_time_name(stored->name))
        t->head.columns[c].kind = PULSE_KIND_TIME;
}

static int set_columns(struct parquet_table *t, struct pulse_err *err)
{
    const struct pulse_table_column *stored = pulse_parquet_columns(t->parquet, &t->head.n);
    t->head.columns = pulse_calloc(t->head.n, sizeof *t->head.columns, "columns", err);
    t->position = pulse_calloc(t->head.n, sizeof *t->position, "columns to read", err);
    if (t->position == NULL || t->head.columns == NULL)
        return -1;
    int rc = 0;
    for (int64_t c = 0; rc == 0 && c < t->head.n; c++) {
        set_column(t, c, &stored[c]);
        if (stored[c].kind == PULSE_KIND_TIME)
            rc = pulse_parquet_zone(t->parquet, c, t->head.reading.time_zone == NULL,
                                    &t->head.columns[c].zone, err);
    }
    return rc;
}

int pulse_parquet_table_open(const struct pulse_location *location,
                             const struct pulse_read_options *options, struct pulse_table **out,
                             struct pulse_err *err)
{
    struct parquet_table *t = pulse_open_table_new(sizeof *t, &face, location, options, err);
    if (t == NULL)
        return -1;
    if (pulse_parquet_open(location->file, &t->parquet, err) != 0 || set_columns(t, err) != 0 ||
        pulse_parquet_note_nested(t->parquet, &t->note, err) != 0) {
        pulse_open_table_free(&t->head);
        return -1;
    }
    t->head.rows = pulse_parquet_rows(t->parquet);
    t->head.note = t->note;
    t->head.of_columns = true;
    *out = &t->head;
    return 0;
}
