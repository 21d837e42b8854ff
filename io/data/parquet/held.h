/* The rows of a column that wait to be written to Parquet: kept, laid out as a page of plain
 * values, and between which bounds they lie. Knows nothing of files. Internal to the Parquet
 * writer. */
#ifndef PULSE_DATA_PARQUET_HELD_H
#define PULSE_DATA_PARQUET_HELD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "base/zone.h"
#include "data/common/types.h"

enum { PULSE_PARQUET_BOUND = 64 }; /* bytes of a text in the statistics; longer ones are left out */

/* A column's part of the row group. */
struct pulse_parquet_held {
    char *name;
    enum pulse_kind_of_column kind;
    const struct pulse_zone *zone; /* of times; NULL: none */
    bool *missing;                 /* rows */
    int64_t *integers;             /* one of the three, by kind */
    double *reals;
    char *text;
    int64_t *text_end; /* of each row, into `text` */
    int64_t room_missing, room_integers, room_reals, room_text_end, room_text;
};

struct pulse_parquet_bounds {
    int64_t missing;
    bool bounded;
    uint8_t least[PULSE_PARQUET_BOUND], most[PULSE_PARQUET_BOUND];
    int64_t least_bytes, most_bytes;
};

/* Puts rows [from, from + rows) of a vector of its kind at row `at`. */
int pulse_parquet_held_add(struct pulse_parquet_held *c, int64_t at, const struct pulse_vector *v,
                           int64_t from, int64_t rows, struct pulse_err *err);

/* Rows as the bytes of a page of version 1, in place of what `page` has: levels, then the values
 * that are there. -1 with the buffer's error. */
int pulse_parquet_held_page(const struct pulse_parquet_held *c, int64_t from, int64_t rows,
                            struct pulse_text_buffer *page);

/* The least and the most of the first `rows` rows, as Parquet's statistics have them. */
void pulse_parquet_held_bounds(const struct pulse_parquet_held *c, int64_t rows,
                               struct pulse_parquet_bounds *out);

void pulse_parquet_held_clear(struct pulse_parquet_held *c);

#endif
