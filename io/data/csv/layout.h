/* What the first bytes of a CSV file say: separator, column names, which column is the time and
 * which hold numbers. Internal to io/data. */
#ifndef PULSE_DATA_CSV_LAYOUT_H
#define PULSE_DATA_CSV_LAYOUT_H

#include <stdbool.h>

#include "base/error.h"
#include "data/common/byte_reader.h"
#include "data/common/types.h"
#include "data/csv/types.h"

/* Reads the header and about 64 KiB of rows, and up to 4 MiB where a column has no value before: a
 * column that has values there but no number is text. Every reader of the file decides the same.
 * `needs_time` false: `time` may be -1. PULSE_E_INPUT names the file and what is wrong with it. */
int pulse_csv_layout_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          bool needs_time, struct pulse_csv_layout *out, struct pulse_err *err);
void pulse_csv_layout_clear(struct pulse_csv_layout *layout);

#endif
