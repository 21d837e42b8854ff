/* The rows of a whole CSV file one after the other, cut into cells, whatever is in them. Internal
 * to io/data; csv.h reads parts of a file, and numbers only, much faster. */
#ifndef PULSE_DATA_CSV_STREAM_H
#define PULSE_DATA_CSV_STREAM_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/location.h"
#include "data/common/text_number.h"
#include "data/common/types.h"
#include "data/csv/cell.h"
#include "data/csv/layout.h"

struct pulse_csv_stream;

/* Reads the header. PULSE_E_INPUT names the file and what is wrong
 * with it. */
int pulse_csv_stream_open(const struct pulse_location *location,
                          const struct pulse_read_options *options, struct pulse_csv_stream **out,
                          struct pulse_err *err);
void pulse_csv_stream_free(struct pulse_csv_stream *stream);

/* How numbers are written; borrowed. */
const struct pulse_text_numbers *pulse_csv_stream_numbers(const struct pulse_csv_stream *stream);

/* Of the whole file; borrowed. Its `time` may be -1. */
const struct pulse_csv_layout *pulse_csv_stream_layout(const struct pulse_csv_stream *stream);

/* Line of the row that was given last, or where the next begins before the first. */
int64_t pulse_csv_stream_line(const struct pulse_csv_stream *stream);

/* Column names, "" for one without; borrowed. */
char *const *pulse_csv_stream_names(const struct pulse_csv_stream *stream, int64_t *n);

/* The next row's cells as they stand in the file, as many as there are names, valid until the next
 * call, with PULSE_CSV_CELL_PADDING readable bytes after each; `cells` is NULL at the end. Empty
 * lines are no rows. Text that is no UTF-8 and a row of more or fewer cells are PULSE_E_INPUT. */
int pulse_csv_stream_next(struct pulse_csv_stream *stream, const struct pulse_text **cells,
                          struct pulse_err *err);

/* Back to the first row. */
void pulse_csv_stream_rewind(struct pulse_csv_stream *stream);

#endif
