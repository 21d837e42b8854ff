#include <stdlib.h>

#include "base/mem.h"
#include "data/parquet.h"
#include "data/table_source.h"

struct state {
    struct pulse_parquet *parquet;
    int64_t group;     /* the next */
    int64_t *position; /* of all columns: 0, 1, 2, … */
};

static void release(void *open)
{
    struct state *s = open;
    pulse_parquet_free(s->parquet);
    free(s->position);
    free(s);
}

static const struct pulse_table_column *columns(const void *open, int64_t *n)
{
    return pulse_parquet_columns(((const struct state *)open)->parquet, n);
}

static int64_t rows(const void *open)
{
    return pulse_parquet_rows(((const struct state *)open)->parquet);
}

static int next(void *open, struct pulse_batch *out, bool *end, struct pulse_err *err)
{
    struct state *s = open;
    int64_t n, bytes = 0;
    (void)columns(s, &n);
    *end = s->group == pulse_parquet_groups(s->parquet);
    if (*end)
        return 0;
    return pulse_parquet_read(s->parquet, s->group++, s->position, n, out, &bytes, err);
}

static double done(const void *open)
{
    const struct state *s = open;
    const int64_t groups = pulse_parquet_groups(s->parquet);
    return groups == 0 ? 1 : (double)s->group / (double)groups;
}

static const struct pulse_table_format format = {columns, rows, next, done, release};

int pulse_table_of_parquet(const char *uri, struct pulse_table_source *out, struct pulse_err *err)
{
    int64_t n = 0;
    struct state *s = pulse_calloc(1, sizeof *s, "an open table", err);
    if (s == NULL)
        return -1;
    if (pulse_parquet_open(uri, &s->parquet, err) != 0)
        goto fail;
    (void)columns(s, &n);
    s->position = pulse_calloc(n, sizeof *s->position, "columns to read", err);
    if (s->position == NULL)
        goto fail;
    for (int64_t c = 0; c < n; c++)
        s->position[c] = c;
    *out = (struct pulse_table_source){&format, s};
    return 0;
fail:
    release(s);
    return -1;
}
