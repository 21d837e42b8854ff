/* Making batches of rows (table.h) column by column. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_BATCH_H
#define PULSE_DATA_COMMON_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* How many rows of `n` columns a batch takes: some MB of numbers. */
int64_t pulse_batch_rows(int64_t n);

/* Space for `rows` rows of `n` columns: nothing missing, numbers 0, text of no bytes allocated.
 * Clear `out` in any case. */
int pulse_batch_init(struct pulse_batch *out, const struct pulse_table_column *columns, int64_t n,
                     int64_t rows, struct pulse_err *err);

/* The text of a vector while rows are appended; begins as zeros. */
struct pulse_text_buffer {
    int64_t used;
    int64_t cap;
};

/* Appends `length` bytes; they belong to the row that pulse_vector_end_text gets next. */
int pulse_vector_put_text(struct pulse_vector *vector, struct pulse_text_buffer *capacity,
                          const char *at, int64_t length, struct pulse_err *err);
void pulse_vector_end_text(struct pulse_vector *vector, const struct pulse_text_buffer *capacity,
                           int64_t row);

/* Whether the bytes [begin, end) that were appended last are UTF-8. */
bool pulse_vector_text_valid(const struct pulse_vector *vector, int64_t begin, int64_t end);

#endif
