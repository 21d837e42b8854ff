#include "data/parquet/values.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/parquet/bits.h"

/* One decoding. */
struct job {
    const struct pulse_parquet_where *where;
    const struct pulse_parquet_leaf *leaf;
    struct pulse_thrift in; /* the bytes left */
    int64_t n;
    const struct pulse_parquet_values *dictionary;
    struct pulse_parquet_values *out;
};

int pulse_parquet_fail(const struct pulse_parquet_where *where, const char *what)
{
    return pulse_fail(where->err, PULSE_E_INPUT, "%s, row group %lld, column '%s': %s", where->uri,
                      (long long)where->group, where->column, what);
}

void pulse_parquet_values_clear(struct pulse_parquet_values *values)
{
    free(values->fixed);
    free(values->pieces);
    free(values->bytes);
    free(values->scratch);
    *values = (struct pulse_parquet_values){0};
}

static int fail_short(const struct job *job)
{
    return pulse_parquet_fail(job->where, "a page holds fewer values than it says; corrupted");
}

static int64_t left(const struct job *job)
{
    return job->in.end - job->in.at;
}

/* `what` as the failure, if there is any. */
static int check_values(const struct job *job, const char *what)
{
    return what == NULL ? 0 : pulse_parquet_fail(job->where, what);
}

/* ---- Room ----------------------------------------------------------------------- */

static int make_fixed(const struct job *job)
{
    int64_t bytes = job->n * job->leaf->width;
    /* The number of rows was checked with the footer; only long values can still be too much. */
    if (job->leaf->width > 16 && !pulse_parquet_is_plausible(bytes, left(job)))
        return pulse_parquet_fail(job->where, "more values than its bytes can hold; corrupted");
    return pulse_grow(&job->out->fixed, &job->out->cap_fixed, bytes + 1, 1, "Parquet values",
                      job->where->err);
}

static int make_pieces(const struct job *job)
{
    return pulse_grow(&job->out->pieces, &job->out->cap, job->n + 1, sizeof *job->out->pieces,
                      "Parquet texts", job->where->err);
}

/* Integers of one's own, for `arrays` values a value. */
static int make_scratch(const struct job *job, int arrays)
{
    return pulse_grow(&job->out->scratch, &job->out->cap_scratch, job->n * arrays + 1,
                      sizeof *job->out->scratch, "Parquet values", job->where->err);
}

/* ---- PLAIN ---------------------------------------------------------------------- */

/* BYTE_ARRAY: llll → length, the bytes; and so on */
static int decode_plain_pieces(struct job *job)
{
    if (job->n > left(job) / 4)
        return fail_short(job);
    if (make_pieces(job) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++) {
        int64_t length = left(job) < 4 ? INT64_MAX : pulse_parquet_u32(job->in.at);
        if (length > left(job) - 4)
            return fail_short(job);
        job->out->pieces[i] = (struct pulse_parquet_piece){job->in.at + 4, length};
        job->in.at += 4 + length;
    }
    return 0;
}

/* BOOLEAN: a bit each, the lowest first */
static int decode_plain_bits(struct job *job)
{
    if ((job->n + 7) / 8 > left(job))
        return fail_short(job);
    if (make_fixed(job) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++)
        job->out->fixed[i] = job->in.at[i / 8] >> (i % 8) & 1;
    return 0;
}

static int decode_plain(struct job *job)
{
    if (job->leaf->type == PULSE_PARQUET_BYTE_ARRAY)
        return decode_plain_pieces(job);
    if (job->leaf->type == PULSE_PARQUET_BOOLEAN)
        return decode_plain_bits(job);
    if (job->n > left(job) / job->leaf->width)
        return fail_short(job);
    job->out->plain = job->in.at;
    return 0;
}

/* ---- Dictionary and runs -------------------------------------------------------- */

static void gather_values(uint8_t *to, const uint8_t *from, const uint32_t *index, int64_t n,
                          int width)
{
    if (width == 8)
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * 8, from + (int64_t)index[i] * 8, 8);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * width, from + (int64_t)index[i] * width, (size_t)width);
}

/* One byte → bits of an index, then the indices. */
static int decode_dictionary(struct job *job)
{
    const struct pulse_parquet_values *all = job->dictionary;
    if (all == NULL)
        return pulse_parquet_fail(job->where, "a page needs a dictionary that is not there");
    if (left(job) < 1)
        return fail_short(job);
    if (make_scratch(job, 1) != 0)
        return -1;
    uint32_t *index = (uint32_t *)job->out->scratch;
    int width = *job->in.at++;
    if (check_values(job, pulse_parquet_hybrid(&job->in, width, job->n, index)) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++)
        if (index[i] >= all->n)
            return pulse_parquet_fail(job->where, "a value beyond its dictionary; corrupted");
    if (job->leaf->type != PULSE_PARQUET_BYTE_ARRAY) {
        if (make_fixed(job) != 0)
            return -1;
        gather_values(job->out->fixed, all->plain, index, job->n, job->leaf->width);
        return 0;
    }
    if (make_pieces(job) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++)
        job->out->pieces[i] = all->pieces[index[i]];
    return 0;
}

/* BOOLEAN: llll → length, runs of single bits */
static int decode_runs(struct job *job)
{
    if (left(job) < 4 || pulse_parquet_u32(job->in.at) > left(job) - 4)
        return fail_short(job);
    if (make_fixed(job) != 0 || make_scratch(job, 1) != 0)
        return -1;
    uint32_t *bits = (uint32_t *)job->out->scratch;
    job->in.end = job->in.at + 4 + pulse_parquet_u32(job->in.at);
    job->in.at += 4;
    if (check_values(job, pulse_parquet_hybrid(&job->in, 1, job->n, bits)) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++)
        job->out->fixed[i] = (uint8_t)bits[i];
    return 0;
}

/* ---- Deltas --------------------------------------------------------------------- */

static int decode_delta_integers(struct job *job)
{
    if (make_fixed(job) != 0 || make_scratch(job, 1) != 0 ||
        check_values(job, pulse_parquet_deltas(&job->in, job->n, job->out->scratch)) != 0)
        return -1;
    /* Of an INT32 the sum's lower half is the value. */
    for (int64_t i = 0; i < job->n; i++)
        memcpy(job->out->fixed + i * job->leaf->width, &job->out->scratch[i],
               (size_t)job->leaf->width);
    return 0;
}

/* The lengths as deltas, then all the bytes. `lengths` has capacity for n. */
static int cut_pieces(struct job *job, int64_t *lengths)
{
    if (check_values(job, pulse_parquet_deltas(&job->in, job->n, lengths)) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++) {
        if (lengths[i] < 0 || lengths[i] > left(job))
            return fail_short(job);
        job->out->pieces[i] = (struct pulse_parquet_piece){job->in.at, lengths[i]};
        job->in.at += lengths[i];
    }
    return 0;
}

static int decode_delta_lengths(struct job *job)
{
    if (make_pieces(job) != 0 || make_scratch(job, 1) != 0)
        return -1;
    return cut_pieces(job, job->out->scratch);
}

/* Pieces → values side by side; each must have the width. */
static int flatten_values(const struct job *job)
{
    if (make_fixed(job) != 0)
        return -1;
    for (int64_t i = 0; i < job->n; i++) {
        const struct pulse_parquet_piece *piece = &job->out->pieces[i];
        if (piece->length != job->leaf->width)
            return pulse_parquet_fail(job->where, "a value of the wrong length; corrupted");
        memcpy(job->out->fixed + i * job->leaf->width, piece->at, (size_t)piece->length);
    }
    return 0;
}

/* How many bytes each value shares with the one before, as deltas; the rest as DELTA_LENGTHS. */
static int decode_delta_prefixes(struct job *job)
{
    struct pulse_parquet_values *out = job->out;
    int64_t total = 0, bytes = left(job);
    if (make_pieces(job) != 0 || make_scratch(job, 2) != 0)
        return -1;
    int64_t *prefixes = out->scratch;
    if (check_values(job, pulse_parquet_deltas(&job->in, job->n, prefixes)) != 0 ||
        cut_pieces(job, out->scratch + job->n) != 0)
        return -1;
    for (int64_t i = 0, before = 0; i < job->n; i++) {
        if (prefixes[i] < 0 || prefixes[i] > before)
            return pulse_parquet_fail(job->where, "a text shares more than there is; corrupted");
        before = prefixes[i] + out->pieces[i].length;
        total += before;
        if (!pulse_parquet_is_plausible(total, bytes))
            return pulse_parquet_fail(job->where, "more text than its bytes can hold; corrupted");
    }
    if (pulse_grow(&out->bytes, &out->cap_bytes, total + 1, 1, "Parquet texts", job->where->err) !=
        0)
        return -1;
    uint8_t *to = out->bytes;
    for (int64_t i = 0; i < job->n; i++) {
        struct pulse_parquet_piece *piece = &out->pieces[i];
        uint8_t *first = to;
        if (i > 0)
            memcpy(to, piece[-1].at, (size_t)prefixes[i]);
        memcpy(to + prefixes[i], piece->at, (size_t)piece->length);
        to += prefixes[i] + piece->length;
        *piece = (struct pulse_parquet_piece){first, to - first};
    }
    return job->leaf->type == PULSE_PARQUET_FIXED ? flatten_values(job) : 0;
}

/* ---- Streams -------------------------------------------------------------------- */

/* The first byte of every value, then the second of every value … */
static int decode_streams(struct job *job)
{
    const int64_t width = job->leaf->width;
    if (job->n > left(job) / width)
        return fail_short(job);
    if (make_fixed(job) != 0)
        return -1;
    for (int64_t k = 0; k < width; k++)
        for (int64_t i = 0; i < job->n; i++)
            job->out->fixed[i * width + k] = job->in.at[k * job->n + i];
    return 0;
}

/* ---- Which ---------------------------------------------------------------------- */

static bool is_one_of(const struct job *job, unsigned types)
{
    return (types >> job->leaf->type & 1) != 0;
}

int pulse_parquet_values_decode(const struct pulse_parquet_where *where,
                                const struct pulse_parquet_leaf *leaf, int64_t encoding,
                                const uint8_t *at, const uint8_t *end, int64_t n,
                                const struct pulse_parquet_values *dictionary,
                                struct pulse_parquet_values *out)
{
    enum {
        BOOLEAN = 1 << PULSE_PARQUET_BOOLEAN,
        INTEGERS = 1 << PULSE_PARQUET_INT32 | 1 << PULSE_PARQUET_INT64,
        REALS = 1 << PULSE_PARQUET_FLOAT | 1 << PULSE_PARQUET_DOUBLE,
        TEXT = 1 << PULSE_PARQUET_BYTE_ARRAY,
        FIXED = 1 << PULSE_PARQUET_FIXED,
        ANY = 0xff
    };
    static const struct {
        int encoding;
        unsigned types;
        int (*decode)(struct job *job);
    } decoders[] = {{PULSE_PARQUET_AS_IS, ANY, decode_plain},
                    {PULSE_PARQUET_OLD_DICTIONARY, ANY, decode_dictionary},
                    {PULSE_PARQUET_DICTIONARY, ANY, decode_dictionary},
                    {PULSE_PARQUET_RLE, BOOLEAN, decode_runs},
                    {PULSE_PARQUET_DELTA_INTEGERS, INTEGERS, decode_delta_integers},
                    {PULSE_PARQUET_DELTA_LENGTHS, TEXT, decode_delta_lengths},
                    {PULSE_PARQUET_DELTA_PREFIXES, TEXT | FIXED, decode_delta_prefixes},
                    {PULSE_PARQUET_STREAMS, INTEGERS | REALS | FIXED, decode_streams}};
    struct job job = {where, leaf, {.at = at, .end = end}, n, dictionary, out};
    out->n = n;
    out->plain = NULL;
    if (n == 0)
        return 0;
    for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++)
        if (decoders[i].encoding == encoding && is_one_of(&job, decoders[i].types)) {
            const int rc = decoders[i].decode(&job);
            if (out->plain == NULL)
                out->plain = out->fixed;
            return rc;
        }
    return pulse_parquet_fail(where, "an encoding that is not known for its type");
}
