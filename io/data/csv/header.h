/* The header of a CSV file: separator and column names, in one line or in several. Internal to
 * io/data. */
#ifndef PULSE_DATA_CSV_HEADER_H
#define PULSE_DATA_CSV_HEADER_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"
#include "data/csv/head.h"

struct pulse_csv_header {
    char separator;
    int64_t n;           /* columns */
    char **names;        /* n; "" for a column without a name */
    int64_t data_offset; /* of the first byte after it */
    int64_t lines;       /* before that */
    char *note;          /* what of it is no row and left out, for a warning; NULL: nothing */
};

/* Names in several levels, one line each, with or without a line for the index below (what pandas
 * writes of a MultiIndex, and yfinance's files are), are joined (common/levels.h). Lines
 * before the header (preamble.h) and of codes of transformations below it, as FRED-MD has them, are
 * passed and noted. The names and the note are the caller's to free, after an error too.
 * PULSE_E_INPUT names the file and what is wrong with it. */
int pulse_csv_header_read(struct pulse_csv_head *head, const struct pulse_read_options *options,
                          struct pulse_csv_header *out, struct pulse_err *err);
/* Adds `more`, which is taken over, to a note that may be NULL. */
int pulse_csv_add_note(char **note, char *more, struct pulse_err *err);

#endif
