#include "data/common/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

static const char what[] = "rows of a table";

int64_t pulse_batch_rows(int64_t n)
{
    enum { CELLS = 1 << 20, ROWS_MOST = 1 << 16 };
    const int64_t rows = CELLS / (n + 1);
    return rows < 1 ? 1 : rows > ROWS_MOST ? ROWS_MOST : rows;
}

static int make_vector(struct pulse_vector *v, enum pulse_kind_of_column kind, int64_t rows,
                       struct pulse_err *err)
{
    *v = (struct pulse_vector){.kind = kind};
    v->missing = pulse_calloc(rows, sizeof *v->missing, what, err);
    if (v->missing == NULL)
        return -1;
    switch (kind) {
    case PULSE_KIND_FLOAT:
    case PULSE_KIND_DOUBLE:
        v->reals = pulse_calloc(rows, sizeof *v->reals, what, err);
        return v->reals == NULL ? -1 : 0;
    case PULSE_KIND_TEXT:
        v->text_end = pulse_calloc(rows, sizeof *v->text_end, what, err);
        return v->text_end == NULL ? -1 : 0;
    default:
        v->integers = pulse_calloc(rows, sizeof *v->integers, what, err);
        return v->integers == NULL ? -1 : 0;
    }
}

int pulse_batch_init(struct pulse_batch *out, const struct pulse_table_column *columns, int64_t n,
                     int64_t rows, struct pulse_err *err)
{
    *out = (struct pulse_batch){.rows = rows};
    out->vectors = pulse_calloc(n, sizeof *out->vectors, what, err);
    if (out->vectors == NULL)
        return -1;
    out->n = n;
    for (int64_t c = 0; c < n; c++)
        if (make_vector(&out->vectors[c], columns[c].kind, rows, err) != 0)
            return -1;
    return 0;
}

int pulse_vector_put_text(struct pulse_vector *vector, struct pulse_text_buffer *capacity,
                          const char *at, int64_t length, struct pulse_err *err)
{
    if (pulse_grow(&vector->text, &capacity->cap, capacity->used + length + 1, 1, what, err) != 0)
        return -1;
    if (length > 0)
        memcpy(vector->text + capacity->used, at, (size_t)length);
    capacity->used += length;
    return 0;
}

void pulse_vector_end_text(struct pulse_vector *vector, const struct pulse_text_buffer *capacity,
                           int64_t row)
{
    vector->text_end[row] = capacity->used;
}

bool pulse_vector_text_valid(const struct pulse_vector *vector, int64_t begin, int64_t end)
{
    unsigned char high = 0;
    for (int64_t i = begin; i < end; i++)
        high |= (unsigned char)vector->text[i];
    if (high < 0x80)
        return true;
    /* A NUL is a character like others, but ends what is looked at. */
    vector->text[end] = '\0';
    for (int64_t at = begin; at < end; at += (int64_t)strlen(vector->text + at) + 1)
        if (!pulse_utf8_valid(vector->text + at))
            return false;
    return true;
}
