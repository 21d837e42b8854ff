/* Commands that make a CSV file one that can be read: what stands behind an error as "WHEN: COMMAND
 * FILE | pulse-data info -". Internal to io/data/csv. */
#ifndef PULSE_DATA_CSV_ADVICE_H
#define PULSE_DATA_CSV_ADVICE_H

#include <stddef.h>

#include "data/common/byte_reader.h"
#include "data/csv/types.h"

/* Adds "; WHEN: COMMAND FILE | pulse-data info -" to `what`; of a packed file behind what unpacks
 * it. */
void pulse_csv_add_command(const struct pulse_byte_reader *input, const char *when,
                           const char *command, char *what, size_t size);

/* Adds how to take the rows alone whose times in `column` are written as `time` is, and the option
 * that reads those where they are not of ISO 8601. */
void pulse_csv_add_rows_like(const struct pulse_byte_reader *input,
                             const struct pulse_csv_layout *layout, int64_t column,
                             struct pulse_text time, char *what, size_t size);

#endif
