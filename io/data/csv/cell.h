/* One cell of a CSV file: where it ends, what stands in it. Works on bytes in memory. */
#ifndef PULSE_DATA_CSV_CELL_H
#define PULSE_DATA_CSV_CELL_H

#include <stdint.h>

#include "data/common/text.h"

/* Bytes that must be readable after the text; the first of them must be a line feed. */
enum { PULSE_CSV_CELL_PADDING = 64 };

/* First byte after the cell at `p`: a separator or line feed outside quotes, or `end`; every
 * quotation mark opens or closes, so that "" inside quotes is neither. NULL when a quote that the
 * cell opens is never closed. */
const char *pulse_csv_cell_end(const char *p, const char *end, char separator);

/* Whether a quote stands within the text of the cell that begins at `cell`, as in 5" pipe, and what
 * would be quoted up to `closing` is more than one cell: other programs take such a quote for
 * itself, so that these cells would be lost. */
bool pulse_csv_quote_strays(const char *cell, const char *quote, const char *closing,
                            char separator);

/* The first such quote of a cell [p, cell_end), NULL for none. */
const char *pulse_csv_stray_quote(const char *p, const char *cell_end, char separator);

/* What is wrong with a stray quote of a cell. */
#define PULSE_CSV_STRAY_QUOTE_TEXT                                                                 \
    "the quote in '%.*s' does not begin its cell; write that cell in quotes, and each quote in "   \
    "it "                                                                                          \
    "twice"

/* The text of a cell up to the next separator or line end, whatever quotes there are. */
struct pulse_text pulse_csv_cell_unquoted(const char *p, const char *end, char separator);

/* Whether a cell without blanks around it is the formula of a text that Excel is to leave as it is,
 * ="0012" or "=""0012"""; then it becomes that text. */
bool pulse_csv_take_formula(struct pulse_text *cell);

/* Blanks, the carriage return before a line end, and such a formula or one pair of quotes around a
 * cell removed. */
struct pulse_text pulse_csv_cell_text(const char *first, const char *end);

/* The same, but blanks within the quotes stay. */
struct pulse_text pulse_csv_cell_quoted(const char *first, const char *end);

/* The cells of a line, one after the other. Begins with `at`, `end` (its line feed, or the text's
 * end) and `separator`. */
struct pulse_csv_cells {
    const char *at, *end; /* the next cell; NULL behind the last */
    char separator;
    bool open; /* a quote is never closed */
};

/* False behind the last cell, and where a quote is never closed. */
bool pulse_csv_cells_next(struct pulse_csv_cells *cells, struct pulse_text *cell);

/* The line feed of the line at `p`, or `end`, where the text ends first. */
const char *pulse_csv_line_end(const char *p, const char *end);

/* How many line feeds there are. */
int64_t pulse_csv_count_lines(const char *p, const char *end);

/* What a cell is: an ISO 8601 time, or a date of another form that is recognised by itself. */
bool pulse_csv_is_time(struct pulse_text cell);

/* Four digits, which may be a year. */
bool pulse_csv_is_year(struct pulse_text cell);

#endif
