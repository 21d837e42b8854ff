/* What the cells of one CSV column are taken for: booleans, integers, reals, instants or text.
 * Pure. */
#ifndef PULSE_DATA_CSV_KINDS_H
#define PULSE_DATA_CSV_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/text_number.h"
#include "data/common/types.h"
#include "data/csv/cell.h"

/* Marks of what a column was seen to hold; none where all is missing. */
enum {
    PULSE_SEEN_BOOL = 1,     /* true, false, in any case */
    PULSE_SEEN_INTEGER = 2,  /* within int64 */
    PULSE_SEEN_NEGATIVE = 4, /* one of them below 0 */
    PULSE_SEEN_LARGE = 8,    /* beyond int64, within uint64 */
    PULSE_SEEN_REAL = 16,    /* any other number */
    PULSE_SEEN_NO_DAY = 32,  /* a number that cannot be a day written YYYYMMDD */
    PULSE_SEEN_INSTANT = 64, /* ISO 8601 */
    PULSE_SEEN_TEXT = 128,
    PULSE_SEEN_CODE = 256,  /* digits that begin with a 0 too many, as codes of securities do */
    PULSE_SEEN_LETTER = 512 /* a number with a letter behind it: 3M, 1.2bn */
};

/* The marks of one cell; `unit` is that of a number, and stays as it is for anything else. */
unsigned pulse_csv_seen(struct pulse_text cell, const struct pulse_text_numbers *numbers,
                        struct pulse_text_unit *unit);

/* What a column is whose cells gave these marks. Whole numbers are integers, of which a column
 * called like a time (`time`) are instants when all are YYYYMMDD or a unit is declared; reals
 * beside integers make reals; anything else of two sorts is text, and so are codes among integers,
 * whose zeros would be lost. */
enum pulse_kind_of_column pulse_csv_kind(unsigned seen, bool time, enum pulse_time_unit unit);

/* Values of cells that are neither missing nor of another kind than the column's. */
int64_t pulse_csv_integer(struct pulse_text cell, enum pulse_kind_of_column kind);
double pulse_csv_real(struct pulse_text cell, const struct pulse_text_numbers *numbers);
/* False beyond int64 nanoseconds. */
bool pulse_csv_instant(struct pulse_text cell, enum pulse_time_unit unit, int64_t *time_ns);

/* The text of a cell as it stands in the file: what a pair of quotes holds, or all of it. */
struct pulse_text pulse_csv_text_of(struct pulse_text cell);

#endif
