/* Values as they lie in the file → what they mean: instants, numbers, text. Internal to the
 * Parquet reader; knows nothing of pages. */
#ifndef PULSE_DATA_PARQUET_VECTOR_H
#define PULSE_DATA_PARQUET_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/types.h"
#include "data/parquet/meta.h"
#include "data/parquet/values.h"

/* A column of one row group while it is read. */
struct pulse_parquet_filling {
    struct pulse_vector *vector;
    int64_t rows;     /* it is to have */
    int64_t done;     /* it has */
    int64_t cap_text; /* bytes the text has capacity for */
    int64_t bytes;    /* of the chunk: they limit how much text there may be */
};

/* Empty arrays for `rows` rows of that kind. */
int pulse_parquet_filling_init(struct pulse_parquet_filling *filling, struct pulse_vector *vector,
                               enum pulse_kind_of_column kind, bool optional, int64_t rows,
                               int64_t bytes, struct pulse_err *err);

/* The next `rows` rows: row i holds a value where present[i] is not 0 (in all rows where `present`
 * is NULL), and `values` has so many. */
int pulse_parquet_filling_add(struct pulse_parquet_filling *filling,
                              const struct pulse_parquet_where *where,
                              const struct pulse_parquet_leaf *leaf, const uint32_t *present,
                              int64_t rows, const struct pulse_parquet_values *values);

#endif
