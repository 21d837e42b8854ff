#include <stdlib.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/common/table_source.h"
#include "data/parquet/parquet.h"

struct state {
    struct pulse_parquet *parquet;
    int64_t group;     /* the next */
    int64_t *position; /* of all columns: 0, 1, 2, … */
    enum pulse_time_unit unit;
    char *uri;
    struct pulse_table_column *columns; /* names borrowed */
};

static void release(void *open)
{
    struct state *s = open;
    pulse_parquet_free(s->parquet);
    free(s->position);
    free(s->columns);
    free(s->uri);
    free(s);
}

static const struct pulse_table_column *columns(const void *open, int64_t *n)
{
    const struct state *s = open;
    (void)pulse_parquet_columns(s->parquet, n);
    return s->columns;
}

static int64_t rows(const void *open)
{
    return pulse_parquet_rows(((const struct state *)open)->parquet);
}

/* Counts of a declared unit → instants. */
static int make_times(const struct state *s, int64_t c, struct pulse_vector *v, int64_t n,
                      struct pulse_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        const bool large = v->kind == PULSE_KIND_UINT && v->integers[i] < 0;
        if (v->missing != NULL && v->missing[i])
            continue;
        if (large || !pulse_epoch_to_ns(v->integers[i], s->unit, &v->integers[i]))
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: column '%s': a time outside 1677 to 2262; is --time-unit right?",
                              s->uri, s->columns[c].name);
    }
    v->kind = PULSE_KIND_TIME;
    return 0;
}

static int next(void *open, struct pulse_batch *out, bool *end, struct pulse_err *err)
{
    struct state *s = open;
    int64_t n, bytes = 0;
    (void)columns(s, &n);
    *end = s->group == pulse_parquet_groups(s->parquet);
    if (*end)
        return 0;
    int rc = pulse_parquet_read(s->parquet, s->group++, s->position, n, out, &bytes, err);
    for (int64_t c = 0; rc == 0 && c < n; c++)
        if (s->columns[c].kind == PULSE_KIND_TIME && out->vectors[c].kind != PULSE_KIND_TIME)
            rc = make_times(s, c, &out->vectors[c], out->rows, err);
    return rc;
}

static double done(const void *open)
{
    const struct state *s = open;
    const int64_t groups = pulse_parquet_groups(s->parquet);
    return groups == 0 ? 1 : (double)s->group / (double)groups;
}

static const struct pulse_table_format format = {columns, rows, next, done, release};

static void set_column(struct state *s, int64_t c, const struct pulse_table_column *stored)
{
    const bool integers = stored->kind == PULSE_KIND_INT || stored->kind == PULSE_KIND_UINT;
    s->position[c] = c;
    s->columns[c] = *stored;
    if (integers && s->unit != PULSE_TIME_UNIT_NONE && pulse_is_time_name(stored->name))
        s->columns[c].kind = PULSE_KIND_TIME;
}

int pulse_table_of_parquet(const char *uri, const struct pulse_read_options *options,
                           struct pulse_table_source *out, struct pulse_err *err)
{
    int64_t n = 0;
    struct state *s = pulse_calloc(1, sizeof *s, "an open table", err);
    if (s == NULL)
        return -1;
    s->unit = options->time_unit;
    s->uri = pulse_strdup(uri, err);
    if (s->uri == NULL || pulse_parquet_open(uri, &s->parquet, err) != 0)
        goto fail;
    const struct pulse_table_column *stored = pulse_parquet_columns(s->parquet, &n);
    s->columns = pulse_calloc(n, sizeof *s->columns, "columns", err);
    s->position = pulse_calloc(n, sizeof *s->position, "columns to read", err);
    if (s->position == NULL || s->columns == NULL)
        goto fail;
    for (int64_t c = 0; c < n; c++)
        set_column(s, c, &stored[c]);
    *out = (struct pulse_table_source){&format, s};
    return 0;
fail:
    release(s);
    return -1;
}
