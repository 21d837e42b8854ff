/* The first bytes of a CSV file, as many as are needed to understand it, line by line. Internal to
 * io/data. */
#ifndef PULSE_DATA_CSV_HEAD_H
#define PULSE_DATA_CSV_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/byte_reader.h"

/* Followed by PULSE_CSV_CELL_PADDING line feeds. Begins with `input` alone; free `bytes`. */
struct pulse_csv_head {
    struct pulse_byte_reader *input;
    char *bytes;
    int64_t length;
    bool whole; /* the file ends here */
    int64_t bytes_read;
};

/* Makes it `wanted` bytes, and not one more: other parts of the file may be another reader's. */
int pulse_csv_head_read(struct pulse_csv_head *head, int64_t wanted, struct pulse_err *err);

/* Offset just after the line that begins at `from` (a line feed in quotes does not end it), the
 * length where the file ends first, or -1 when the bytes at hand do not say. */
int64_t pulse_csv_head_line_end(const struct pulse_csv_head *head, int64_t from);

/* Reads on, twice as far each time, until the line that begins at `from` is at hand. */
int pulse_csv_head_read_line(struct pulse_csv_head *head, int64_t from, int64_t *end,
                             struct pulse_err *err);

/* Passes lines before the header, in which quotes mean nothing; `at` is then where it begins. */
int pulse_csv_head_skip_lines(struct pulse_csv_head *head, int64_t lines, int64_t *at,
                              struct pulse_err *err);

#endif
