#include "data/table.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/format.h"
#include "data/table_source.h"

struct pulse_table {
    struct pulse_table_source source;
};

void pulse_batch_clear(struct pulse_batch *batch)
{
    for (int64_t i = 0; i < batch->n; i++) {
        struct pulse_vector *v = &batch->vectors[i];
        free(v->missing);
        free(v->integers);
        free(v->reals);
        free(v->text_end);
        free(v->text);
    }
    free(batch->vectors);
    *batch = (struct pulse_batch){0};
}

int pulse_table_open(const char *uri, const struct pulse_read_options *options,
                     struct pulse_table **out, struct pulse_err *err)
{
    struct pulse_table *table = pulse_calloc(1, sizeof *table, "an open table", err);
    const struct pulse_read_options reading =
        options != NULL ? *options
                        : (struct pulse_read_options){.from_ns = INT64_MIN, .to_ns = INT64_MAX};
    int rc = -1;
    if (table == NULL)
        return -1;
    switch (pulse_format_of(uri)) {
    case PULSE_FORMAT_CSV:
        rc = pulse_table_of_csv(uri, &reading, &table->source, err);
        break;
    case PULSE_FORMAT_PARQUET:
        rc = pulse_table_of_parquet(uri, &reading, &table->source, err);
        break;
    case PULSE_FORMAT_PICKLE:
        rc = pulse_table_of_pickle(uri, &reading, &table->source, err);
        break;
    default:
        rc = pulse_format_refuse(uri, err);
        break;
    }
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
