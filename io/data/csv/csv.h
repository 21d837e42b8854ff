/* CSV files, in parts: which rows a part of the bytes holds, and chosen columns of those rows.
 * Internal to io/data; dataset.h says what parts and quotes mean. */
#ifndef PULSE_DATA_CSV_CSV_H
#define PULSE_DATA_CSV_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/location.h"
#include "data/common/types.h"
#include "data/csv/layout.h"

struct pulse_csv;

/* Fits the second-level cache, so that a byte is parsed while it is there. */
enum { PULSE_CSV_BUFFER_BYTES = 512 << 10 };

/* Reads the header of part `part` of `parts`. The rows are to be read through a buffer of
 * `buffer_bytes` (1 or more; it grows for a longer row). Of a packed file (.gz, .zst)
 * there is only one part. */
int pulse_csv_open(const struct pulse_location *location, int part, int parts, int64_t buffer_bytes,
                   const struct pulse_read_options *options, struct pulse_csv **out,
                   struct pulse_err *err);
void pulse_csv_free(struct pulse_csv *csv);

/* Borrowed. */
const struct pulse_csv_layout *pulse_csv_layout(const struct pulse_csv *csv);

bool pulse_csv_flips_quotes(const struct pulse_csv *csv);

/* Reads `n` columns (by position in the layout, each at most once) of the part's rows, and adds
 * the bytes read since the opening to `bytes_read`. */
int pulse_csv_read(struct pulse_csv *csv, bool begins_quoted, const int64_t *columns, int64_t n,
                   struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err);

#endif
