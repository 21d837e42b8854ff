/* One column of one row group: its pages, decompressed and put one after the other. Internal to
 * the Parquet reader. */
#ifndef PULSE_DATA_PARQUET_CHUNK_H
#define PULSE_DATA_PARQUET_CHUNK_H

#include "data/common/types.h"
#include "data/parquet/meta.h"
#include "data/parquet/values.h"

/* Takes the rows of a chunk, whose bytes are in memory, into `out` (to be cleared whatever is
 * returned). */
int pulse_parquet_chunk_read(const uint8_t *bytes, const struct pulse_parquet_where *where,
                             const struct pulse_parquet_leaf *leaf, enum pulse_kind_of_column kind,
                             const struct pulse_parquet_chunk *chunk, struct pulse_vector *out);

#endif
