/* One cell of a CSV file: where it ends, what stands in it. Works on bytes in memory. */
#ifndef PULSE_DATA_CSV_CELL_H
#define PULSE_DATA_CSV_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that must be readable after the text; the first of them must be a line feed. */
enum { PULSE_CSV_CELL_PADDING = 64 };

/* First byte after the cell at `p`: a separator or line feed outside quotes, or `end`; every
 * quotation mark opens or closes, so that "" inside quotes is neither. NULL when a quote that the
 * cell opens is never closed. */
const char *pulse_csv_cell_end(const char *p, const char *end, char separator);

/* Blanks, the carriage return before a line end, and one pair of quotes around a cell removed. */
struct pulse_text {
    const char *at;
    size_t length;
};
struct pulse_text pulse_csv_cell_text(const char *first, const char *end);

/* The word, in any case. */
bool pulse_text_is_word(struct pulse_text text, const char *word);

/* Empty; one of the words that pandas takes for missing by default (NA, #N/A N/A, NaN, null …),
 * ".", "..", "-", "--", ":" or an infinity, in any case. */
bool pulse_text_is_missing(struct pulse_text text);

/* A number, or NaN where it is missing or infinite; false for anything else. */
bool pulse_text_number(struct pulse_text text, double *value);

#endif
