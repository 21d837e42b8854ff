/* The values of one page as Parquet encodes them → side by side, the missing ones left out.
 * Internal to the Parquet reader; knows nothing of what they mean. */
#ifndef PULSE_DATA_PARQUET_VALUES_H
#define PULSE_DATA_PARQUET_VALUES_H

#include <stdint.h>

#include "base/error.h"
#include "data/parquet/meta.h"

/* What messages name: file, row group and column. */
struct pulse_parquet_where {
    const char *uri;
    int64_t group;
    const char *column;
    struct pulse_err *err;
};

/* Records PULSE_E_INPUT; returns -1. */
int pulse_parquet_fail(const struct pulse_parquet_where *where, const char *what);

struct pulse_parquet_piece {
    const uint8_t *at;
    int64_t length;
};

/* Of BYTE_ARRAY the pieces, of all others n × width bytes (BOOLEAN: 0 or 1 in a byte), which lie in
 * the page they were decoded from, or in `fixed`. Pieces lie in that page, or in `bytes`. */
struct pulse_parquet_values {
    int64_t n;
    int64_t cap;
    const uint8_t *plain; /* n × width bytes, at any address */
    uint8_t *fixed;
    int64_t cap_fixed;
    struct pulse_parquet_piece *pieces;
    int64_t cap_bytes;
    uint8_t *bytes;
    int64_t cap_scratch;
    int64_t *scratch;
};

void pulse_parquet_values_clear(struct pulse_parquet_values *values);

/* By Parquet's numbers. */
enum pulse_parquet_encoding {
    PULSE_PARQUET_AS_IS = 0,
    PULSE_PARQUET_OLD_DICTIONARY = 2,
    PULSE_PARQUET_RLE = 3,
    PULSE_PARQUET_OLD_BITS = 4,
    PULSE_PARQUET_DELTA_INTEGERS = 5,
    PULSE_PARQUET_DELTA_LENGTHS = 6,
    PULSE_PARQUET_DELTA_PREFIXES = 7,
    PULSE_PARQUET_DICTIONARY = 8,
    PULSE_PARQUET_STREAMS = 9
};

/* Decodes `n` values from the bytes [at, end) into `out`, whose memory is used again. `dictionary`
 * is what dictionary encodings look up, NULL without one. */
int pulse_parquet_values_decode(const struct pulse_parquet_where *where,
                                const struct pulse_parquet_leaf *leaf, int64_t encoding,
                                const uint8_t *at, const uint8_t *end, int64_t n,
                                const struct pulse_parquet_values *dictionary,
                                struct pulse_parquet_values *out);

#endif
