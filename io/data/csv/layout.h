/* What the first bytes of a CSV file say: separator, column names, which column is the time and
 * which hold numbers. Internal to io/data. */
#ifndef PULSE_DATA_CSV_LAYOUT_H
#define PULSE_DATA_CSV_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/byte_reader.h"
#include "data/common/types.h"

struct pulse_csv_layout {
    char separator;
    char decimal;         /* '.' or ',' */
    int64_t data_offset;  /* of the first byte after the header line */
    int64_t header_lines; /* that the header takes; more than 1 with line feeds in quotes */
    int64_t n;            /* columns */
    char **names;         /* n; "" for a column without a name */
    bool *numeric;        /* n; false for the time, for text and for columns without a name */
    int64_t time;         /* column of the time */
    int64_t bytes_read;
};

/* Reads the header, for separator and names, and the rows in the file's first 64 KiB, for the
 * decimal sign. PULSE_E_INPUT as below. */
int pulse_csv_header_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          struct pulse_csv_layout *out, struct pulse_err *err);

/* Reads the header and about 64 KiB of rows: a column whose first value there is no number is
 * text. Of the options the decimal sign counts.
 * PULSE_E_INPUT names the file and what is wrong with it. */
int pulse_csv_layout_read(struct pulse_byte_reader *input, const struct pulse_read_options *options,
                          struct pulse_csv_layout *out, struct pulse_err *err);
void pulse_csv_layout_clear(struct pulse_csv_layout *layout);

#endif
