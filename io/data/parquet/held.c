#include "data/parquet/held.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- Rows ------------------------------------------------------------------------ */

static int64_t begin_of(const int64_t *text_end, int64_t row)
{
    return row == 0 ? 0 : text_end[row - 1];
}

static int add_text(struct pulse_parquet_held *c, int64_t at, const struct pulse_vector *v,
                    int64_t from, int64_t rows, struct pulse_err *err)
{
    const int64_t begin = begin_of(v->text_end, from), have = begin_of(c->text_end, at);
    const int64_t more = begin_of(v->text_end, from + rows) - begin;
    if (pulse_grow(&c->text, &c->room_text, have + more, 1, "a Parquet column", err) != 0 ||
        pulse_grow(&c->text_end, &c->room_text_end, at + rows, sizeof *c->text_end,
                   "a Parquet column", err) != 0)
        return -1;
    if (more > 0)
        memcpy(c->text + have, v->text + begin, (size_t)more);
    for (int64_t i = 0; i < rows; i++)
        c->text_end[at + i] = v->text_end[from + i] - begin + have;
    return 0;
}

int pulse_parquet_held_add(struct pulse_parquet_held *c, int64_t at, const struct pulse_vector *v,
                           int64_t from, int64_t rows, struct pulse_err *err)
{
    const size_t n = (size_t)rows;
    if (pulse_grow(&c->missing, &c->room_missing, at + rows, sizeof *c->missing, "a Parquet column",
                   err) != 0)
        return -1;
    if (v->missing != NULL)
        memcpy(c->missing + at, v->missing + from, n * sizeof *c->missing);
    else
        memset(c->missing + at, 0, n * sizeof *c->missing);
    if (c->kind == PULSE_KIND_TEXT)
        return add_text(c, at, v, from, rows, err);
    if (pulse_kind_is_real(c->kind)) {
        if (pulse_grow(&c->reals, &c->room_reals, at + rows, sizeof *c->reals, "a Parquet column",
                       err) != 0)
            return -1;
        memcpy(c->reals + at, v->reals + from, n * sizeof *c->reals);
        return 0;
    }
    if (pulse_grow(&c->integers, &c->room_integers, at + rows, sizeof *c->integers,
                   "a Parquet column", err) != 0)
        return -1;
    memcpy(c->integers + at, v->integers + from, n * sizeof *c->integers);
    return 0;
}

void pulse_parquet_held_clear(struct pulse_parquet_held *c)
{
    free(c->name);
    free(c->missing);
    free(c->integers);
    free(c->reals);
    free(c->text);
    free(c->text_end);
}

/* ---- Pages ----------------------------------------------------------------------- */

/* llllllll, then one bit-packed run: its count of eights as LEB128 with 1 as lowest bit, then a bit
 * per row, the lowest first: 1 where there is a value. */
static int add_levels(struct pulse_text_buffer *b, const bool *missing, int64_t rows)
{
    uint8_t head[5];
    int n = 0;
    const int64_t eights = (rows + 7) / 8;
    for (uint64_t left = (uint64_t)eights << 1 | 1;; left >>= 7) {
        head[n++] = (uint8_t)((left & 0x7f) | (left >= 0x80 ? 0x80 : 0));
        if (left < 0x80)
            break;
    }
    const uint32_t length = (uint32_t)(n + eights);
    if (pulse_text_buffer_add_bytes(b, &length, sizeof length) != 0 ||
        pulse_text_buffer_add_bytes(b, head, n) != 0)
        return -1;
    for (int64_t i = 0; i < rows; i += 8) {
        uint8_t bits = 0;
        for (int64_t k = i; k < i + 8 && k < rows; k++)
            bits = (uint8_t)(bits | (!missing[k]) << (k - i));
        if (pulse_text_buffer_add_bytes(b, &bits, 1) != 0)
            return -1;
    }
    return 0;
}

static int add_bools(struct pulse_text_buffer *b, const struct pulse_parquet_held *c, int64_t from,
                     int64_t rows)
{
    uint8_t bits = 0;
    int filled = 0;
    for (int64_t i = from; i < from + rows; i++) {
        if (c->missing[i])
            continue;
        bits = (uint8_t)(bits | (c->integers[i] != 0) << filled);
        if (++filled < 8)
            continue;
        if (pulse_text_buffer_add_bytes(b, &bits, 1) != 0)
            return -1;
        bits = 0;
        filled = 0;
    }
    return filled == 0 ? 0 : pulse_text_buffer_add_bytes(b, &bits, 1);
}

static int add_value(struct pulse_text_buffer *b, const struct pulse_parquet_held *c, int64_t row)
{
    float narrow;
    uint32_t length;
    int64_t begin;
    switch (c->kind) {
    case PULSE_KIND_FLOAT:
        narrow = (float)c->reals[row];
        return pulse_text_buffer_add_bytes(b, &narrow, sizeof narrow);
    case PULSE_KIND_DOUBLE:
        return pulse_text_buffer_add_bytes(b, &c->reals[row], sizeof *c->reals);
    case PULSE_KIND_TEXT:
        begin = begin_of(c->text_end, row);
        length = (uint32_t)(c->text_end[row] - begin);
        if (pulse_text_buffer_add_bytes(b, &length, sizeof length) != 0)
            return -1;
        return pulse_text_buffer_add_bytes(b, c->text + begin, length);
    default:
        return pulse_text_buffer_add_bytes(b, &c->integers[row], sizeof *c->integers);
    }
}

int pulse_parquet_held_page(const struct pulse_parquet_held *c, int64_t from, int64_t rows,
                            struct pulse_text_buffer *page)
{
    page->n = 0;
    if (add_levels(page, c->missing + from, rows) != 0)
        return -1;
    if (c->kind == PULSE_KIND_BOOL)
        return add_bools(page, c, from, rows);
    for (int64_t i = from; i < from + rows; i++)
        if (!c->missing[i] && add_value(page, c, i) != 0)
            return -1;
    return 0;
}

/* ---- Bounds ---------------------------------------------------------------------- */

/* Of texts as bytes, unsigned; of uint64 as such. < 0, 0, > 0. */
static int compare_rows(const struct pulse_parquet_held *c, int64_t a, int64_t b)
{
    if (pulse_kind_is_real(c->kind))
        return (c->reals[a] > c->reals[b]) - (c->reals[a] < c->reals[b]);
    if (c->kind == PULSE_KIND_UINT)
        return ((uint64_t)c->integers[a] > (uint64_t)c->integers[b]) -
               ((uint64_t)c->integers[a] < (uint64_t)c->integers[b]);
    if (c->kind != PULSE_KIND_TEXT)
        return (c->integers[a] > c->integers[b]) - (c->integers[a] < c->integers[b]);
    const int64_t x = begin_of(c->text_end, a), y = begin_of(c->text_end, b);
    const int64_t n = c->text_end[a] - x, m = c->text_end[b] - y;
    const int64_t least = n < m ? n : m;
    const int order = least == 0 ? 0 : memcmp(c->text + x, c->text + y, (size_t)least);
    return order != 0 ? order : (n > m) - (n < m);
}

/* The value of a row as a bound; a zero takes the sign that bounds both. 0 where it is too long. */
static int64_t bound_of(const struct pulse_parquet_held *c, int64_t row, bool most,
                        uint8_t out[PULSE_PARQUET_BOUND])
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_text_buffer b = {.what = "a Parquet page", .err = &err};
    int64_t n = 0;
    if (c->kind == PULSE_KIND_BOOL) {
        out[0] = c->integers[row] != 0;
        return 1;
    }
    if (add_value(&b, c, row) == 0) {
        const int64_t skip = c->kind == PULSE_KIND_TEXT ? 4 : 0; /* its length */
        n = b.n - skip <= PULSE_PARQUET_BOUND ? b.n - skip : 0;
        if (n > 0)
            memcpy(out, b.bytes + skip, (size_t)n);
        if (pulse_kind_is_real(c->kind) && c->reals[row] == 0)
            out[n - 1] = most ? 0 : 0x80; /* +0 or −0 */
    }
    pulse_text_buffer_clear(&b);
    return n;
}

void pulse_parquet_held_bounds(const struct pulse_parquet_held *c, int64_t rows,
                               struct pulse_parquet_bounds *out)
{
    int64_t least = -1, most = -1;
    *out = (struct pulse_parquet_bounds){.bounded = false};
    for (int64_t i = 0; i < rows; i++) {
        out->missing += c->missing[i];
        if (c->missing[i] || (pulse_kind_is_real(c->kind) && isnan(c->reals[i])))
            continue;
        least = least < 0 || compare_rows(c, i, least) < 0 ? i : least;
        most = most < 0 || compare_rows(c, i, most) > 0 ? i : most;
    }
    if (least < 0)
        return;
    out->least_bytes = bound_of(c, least, false, out->least);
    out->most_bytes = bound_of(c, most, true, out->most);
    out->bounded = out->least_bytes > 0 && out->most_bytes > 0;
}
