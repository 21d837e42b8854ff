#include "data/parquet/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/format.h"
#include "data/parquet/footer.h"
#include "data/parquet/zones.h"

enum {
    TAIL_BYTES = 8, /* length of the footer, "PAR1" */
    END_BYTES = 64 << 10,
    LONGEST_FOOTER = 256 << 20, /* a million chunks take about half of it */
};

bool pulse_parquet_is_plausible(int64_t values, int64_t bytes)
{
    return values <= (INT64_C(16) << 20) || values / 1024 <= bytes;
}

/* [{1: key, 2: value}] */
static int read_pairs(struct pulse_parquet_footer *f, struct pulse_thrift_field list)
{
    static const struct {
        const char *key;
        int (*take)(const uint8_t *value, int64_t length, struct pulse_table_column *columns,
                    int64_t n, char **zones, struct pulse_err *err);
    } known[] = {{"pandas", pulse_parquet_zones_of_pandas},
                 {"ARROW:schema", pulse_parquet_zones_of_arrow}};
    struct pulse_parquet_meta *m = f->meta;
    const int64_t n = pulse_thrift_structs(&f->t, list);
    int rc = 0;
    if (m->zones == NULL)
        m->zones = pulse_calloc(m->n, sizeof *m->zones, "columns", f->err);
    if (m->zones == NULL)
        return -1;
    for (int64_t i = 0; rc == 0 && i < n && pulse_thrift_element(&f->t); i++) {
        struct pulse_thrift_field field = {0};
        const uint8_t *key = NULL, *value = NULL;
        int64_t key_length = 0, length = 0;
        while (pulse_thrift_next(&f->t, &field)) {
            if (field.id == 1)
                key = pulse_thrift_bytes(&f->t, field, &key_length);
            else if (field.id == 2)
                value = pulse_thrift_bytes(&f->t, field, &length);
            else
                pulse_thrift_skip(&f->t, field.type);
        }
        for (size_t k = 0; k < 2 && rc == 0 && !f->t.broken && value != NULL; k++)
            if (key_length == (int64_t)strlen(known[k].key) &&
                memcmp(key, known[k].key, (size_t)key_length) == 0)
                rc = known[k].take(value, length, m->columns, m->n, m->zones, f->err);
    }
    return rc;
}

/* Integers that pandas says to number periods are the times at which these begin. */
static int set_periods(struct pulse_parquet_footer *f)
{
    struct pulse_parquet_meta *m = f->meta;
    const size_t prefix = strlen(PULSE_PARQUET_PERIOD_NAME);
    char what[PULSE_ERR_TEXT / 4];
    for (int64_t c = 0; m->zones != NULL && c < m->n; c++) {
        struct pulse_parquet_leaf *leaf = &m->leaves[m->leaf_of[c]];
        if (m->zones[c] == NULL || strncmp(m->zones[c], PULSE_PARQUET_PERIOD_NAME, prefix) != 0)
            continue;
        if (leaf->type != PULSE_PARQUET_INT64 || leaf->meaning != PULSE_PARQUET_PLAIN) {
            free(m->zones[c]); /* which numbers nothing, and is no zone */
            m->zones[c] = NULL;
            continue;
        }
        (void)snprintf(what, sizeof what,
                       "column '%.60s' numbers periods that are not read, %.60s; write it with "
                       "to_timestamp()",
                       m->columns[c].name, m->zones[c]);
        if (!pulse_period_read(m->zones[c], strlen(m->zones[c]), &leaf->period))
            return pulse_parquet_footer_fail(f, what);
        leaf->meaning = PULSE_PARQUET_PERIOD;
        m->columns[c].kind = pulse_parquet_kind_of(leaf);
    }
    return 0;
}

/* {1: version, 2: [schema element], 3: rows, 4: [row group], 5: [pair]}, in this order, as every
 * writer has it, and nothing after it: a footer that begins elsewhere than its length says reads as
 * another.
 */
static int read_file_meta(struct pulse_parquet_footer *f)
{
    struct pulse_thrift_field field = {0};
    int64_t version = PULSE_PARQUET_MISSING, rows = PULSE_PARQUET_MISSING;
    int rc = 0;
    while (rc == 0 && pulse_thrift_next(&f->t, &field)) {
        if (field.id == 1)
            version = pulse_thrift_int(&f->t, field);
        else if (field.id == 3)
            rows = pulse_thrift_int(&f->t, field);
        else if (field.id == 2 && f->meta->n_leaves == 0)
            rc = pulse_parquet_schema_read(f, field);
        else if (field.id == 4)
            rc = pulse_parquet_groups_read(f, field);
        else if (field.id == 5)
            rc = read_pairs(f, field);
        else
            pulse_thrift_skip(&f->t, field.type);
    }
    int64_t values;
    if (rc == 0 && (f->t.broken || f->t.at != f->t.end || version < 1))
        rc =
            pulse_parquet_footer_fail(f, "the footer cannot be understood; truncated or corrupted");
    if (rc == 0 && rows != f->meta->rows)
        rc = pulse_parquet_footer_fail(
            f, "the footer counts other rows than its row groups have; corrupted");
    if (rc == 0 && (__builtin_mul_overflow(f->meta->rows, f->meta->n, &values) ||
                    !pulse_parquet_is_plausible(values, f->meta->end) ||
                    !pulse_parquet_is_plausible(f->meta->rows, f->meta->end)))
        rc = pulse_parquet_footer_fail(f, "more rows than its bytes can hold; corrupted");
    return rc == 0 ? set_periods(f) : rc;
}

static int read_range(struct pulse_object *object, int64_t offset, void *out, int64_t bytes,
                      struct pulse_err *err)
{
    return pulse_store_read_ranges(
        object, &(struct pulse_range){.offset = offset, .bytes = bytes, .out = out}, 1, err);
}

/* It does not end as Parquet does: says what it is, by its beginning. */
static int fail_other(struct pulse_object *object, struct pulse_parquet_footer *f)
{
    char first[512];
    const int64_t size = pulse_store_size(object);
    const int64_t n = size < (int64_t)sizeof first ? size : (int64_t)sizeof first;
    if (read_range(object, 0, first, n, f->err) != 0)
        return -1;
    const char *what = memcmp(first, "PAR1", 4) == 0 ? NULL : pulse_content_of(first, n);
    return pulse_parquet_footer_fail(
        f, what != NULL ? what : "no Parquet file, or a truncated one: it does not end with PAR1");
}

/* …footer, llllllll → its length, "PAR1" or, encrypted, "PARE". One range has all of it but for
 * files of very many chunks: `end` holds END_BYTES. */
static int read_footer(struct pulse_object *object, struct pulse_parquet_footer *f, uint8_t *end,
                       uint8_t **bytes)
{
    uint32_t length;
    const int64_t size = pulse_store_size(object), at_hand = size < END_BYTES ? size : END_BYTES;
    if (size < 4 + TAIL_BYTES)
        return pulse_parquet_footer_fail(f, "too short to be a Parquet file");
    if (read_range(object, size - at_hand, end, at_hand, f->err) != 0)
        return -1;
    const uint8_t *tail = end + at_hand - TAIL_BYTES;
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return pulse_parquet_footer_fail(f,
                                         "an encrypted Parquet file; write it without encryption");
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return fail_other(object, f);
    memcpy(&length, tail, sizeof length);
    if ((int64_t)length > size - 4 - TAIL_BYTES || length > LONGEST_FOOTER)
        return pulse_parquet_footer_fail(f,
                                         "the footer's length cannot be; truncated or corrupted");
    f->meta->end = size - TAIL_BYTES - (int64_t)length;
    *bytes = pulse_alloc_aligned(length, 1, "a Parquet footer", f->err);
    if (*bytes == NULL)
        return -1;
    if ((int64_t)length + TAIL_BYTES <= at_hand)
        memcpy(*bytes, tail - length, length);
    else if (read_range(object, f->meta->end, *bytes, length, f->err) != 0)
        return -1;
    f->meta->bytes_read = TAIL_BYTES + (int64_t)length;
    f->t = (struct pulse_thrift){.at = *bytes, .end = *bytes + length};
    return read_file_meta(f);
}

int pulse_parquet_meta_read(struct pulse_object *object, struct pulse_parquet_meta *out,
                            struct pulse_err *err)
{
    struct pulse_parquet_footer f = {.uri = pulse_store_uri(object), .meta = out, .err = err};
    uint8_t *bytes = NULL, *end = pulse_calloc(END_BYTES, 1, "a Parquet footer", err);
    *out = (struct pulse_parquet_meta){0};
    int rc = end == NULL ? -1 : read_footer(object, &f, end, &bytes);
    free(bytes);
    free(end);
    if (rc != 0)
        pulse_parquet_meta_clear(out);
    return rc;
}

void pulse_parquet_meta_clear(struct pulse_parquet_meta *meta)
{
    for (int64_t c = 0; c < meta->n; c++)
        free(meta->columns[c].name);
    for (int64_t c = 0; c < meta->n_nested; c++)
        free(meta->nested[c]);
    for (int64_t g = 0; g < meta->n_groups; g++)
        free(meta->groups[g].chunks);
    free(meta->columns);
    for (int64_t c = 0; meta->zones != NULL && c < meta->n; c++)
        free(meta->zones[c]);
    free(meta->zones);
    free(meta->leaf_of);
    free(meta->leaves);
    free(meta->nested);
    free(meta->groups);
    *meta = (struct pulse_parquet_meta){0};
}
