#include "data/csv/part.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/csv/cell.h"

enum {
    READ_ON_BYTES = 64 << 10, /* past a part's end, to finish its last row */
    LONGEST_ROW = 64 << 20    /* a longer row is an open quote, or no table */
};

int pulse_csv_part_read(struct pulse_csv *csv, int64_t from, char *out, int64_t n, int64_t *got,
                        struct pulse_err *err)
{
    if (pulse_byte_reader_read(csv->input, from, out, n, got, err) != 0)
        return -1;
    csv->bytes_read += *got;
    return 0;
}

/* An odd number of quotes? */
static bool flips(const char *p, int64_t n)
{
    unsigned char odd = 0;
    for (int64_t i = 0; i < n; i++)
        odd ^= p[i] == '"';
    return odd != 0;
}

/* Whether a row begins inside quotes only the bytes before it show, and any of them may be the
 * first quote of the file. So of several parts each is read once for its quotes before it is read
 * for its rows: the second time it comes from the page cache, and both together cost less than to
 * keep the part in memory in between. */
int pulse_csv_part_count_quotes(struct pulse_csv *csv, struct pulse_err *err)
{
    for (int64_t at = csv->first; at < csv->last; at += csv->capacity) {
        int64_t n = csv->last - at < csv->capacity ? csv->last - at : csv->capacity;
        if (pulse_csv_part_read(csv, at, csv->bytes, n, &n, err) != 0)
            return -1;
        csv->flips ^= flips(csv->bytes, n);
    }
    return 0;
}

int64_t pulse_csv_part_line(struct pulse_csv *csv, int64_t offset)
{
    static char block[64 << 10];
    struct pulse_err ignored;
    int64_t line = 1;
    for (int64_t at = 0; at < offset; at += (int64_t)sizeof block) {
        int64_t n = offset - at < (int64_t)sizeof block ? offset - at : (int64_t)sizeof block;
        if (pulse_byte_reader_read(csv->input, at, block, n, &n, &ignored) != 0)
            return 0;
        for (const char *p = block; (p = memchr(p, '\n', (size_t)(block + n - p))) != NULL; p++)
            line++;
    }
    return line;
}

int pulse_csv_part_fail(struct pulse_csv *csv, const char *at, struct pulse_err *err,
                        const char *what)
{
    long long line = (long long)pulse_csv_part_line(csv, csv->from + (at - csv->bytes));
    return pulse_fail(err, PULSE_E_INPUT, "%s, line %lld: %s", pulse_byte_reader_uri(csv->input),
                      line, what);
}

bool pulse_csv_part_holds_last(const struct pulse_csv *csv)
{
    return csv->from + csv->length == pulse_byte_reader_size(csv->input);
}

/* Twice the buffer, when most of it is one row. */
static int widen_buffer(struct pulse_csv *csv, struct pulse_err *err)
{
    char *wider = pulse_alloc_aligned(2 * csv->capacity + PULSE_CSV_CELL_PADDING, 1,
                                      "a CSV file's rows", err);
    if (wider == NULL)
        return -1;
    memcpy(wider, csv->bytes, (size_t)csv->length);
    free(csv->bytes);
    csv->bytes = wider;
    csv->capacity *= 2;
    return 0;
}

int pulse_csv_part_read_on(struct pulse_csv *csv, int64_t at, struct pulse_err *err)
{
    csv->length -= at;
    csv->from += at;
    memmove(csv->bytes, csv->bytes + at, (size_t)csv->length);
    if (csv->length > LONGEST_ROW)
        return pulse_csv_part_fail(csv, csv->bytes, err,
                                   "a row of more than 64 MiB; is a quote never closed?");
    if (csv->length > csv->capacity / 2 && widen_buffer(csv, err) != 0)
        return -1;
    int64_t next = csv->from + csv->length, capacity = csv->capacity - csv->length;
    int64_t wanted = (next < csv->last ? csv->last - next : 0) + READ_ON_BYTES;
    int64_t n = wanted < capacity ? wanted : capacity;
    char *fresh = csv->bytes + csv->length;
    if (pulse_csv_part_read(csv, next, fresh, n, &n, err) != 0)
        return -1;
    csv->length += n;
    if (csv->last == PULSE_CSV_ANY_END && pulse_byte_reader_size(csv->input) >= 0)
        csv->last = pulse_byte_reader_size(csv->input);
    memset(fresh + n, '\n', PULSE_CSV_CELL_PADDING);
    const char *nul = memchr(fresh, '\0', (size_t)n);
    return nul == NULL ? 0
                       : pulse_csv_part_fail(csv, nul, err, "a NUL byte; not a CSV text in UTF-8");
}

int pulse_csv_part_find_first_row(struct pulse_csv *csv, bool quoted, int64_t *at,
                                  struct pulse_err *err)
{
    const bool first_part = csv->first == csv->layout.data_offset;
    csv->from = first_part ? csv->first : csv->first - 1;
    csv->length = 0;
    *at = -1;
    if (csv->first == csv->last)
        return 0;
    if (pulse_csv_part_read_on(csv, 0, err) != 0)
        return -1;
    *at = 0;
    if (first_part)
        return 0;
    /* That of the byte before the part is what `quoted` says already. */
    bool in_quotes = quoted != (csv->bytes[0] == '"');
    for (int64_t i = 0;; i++) {
        if (csv->from + i == csv->last - 1)
            break;
        if (i == csv->length) {
            if (pulse_csv_part_read_on(csv, csv->length, err) != 0)
                return -1;
            i = 0;
        }
        in_quotes ^= csv->bytes[i] == '"';
        if (csv->bytes[i] == '\n' && !in_quotes) {
            *at = i + 1;
            return 0;
        }
    }
    *at = -1;
    return 0;
}
