/* A column of text that may hold numbers: what its first cells say it is, the number of each cell,
 * and what to say of one that is none. The same for CSV and for text in formats that have types.
 * Pure: knows cells, no file. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TEXT_COLUMN_H
#define PULSE_DATA_COMMON_TEXT_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/common/text_number.h"
#include "data/common/types.h"

enum { PULSE_TEXT_SHOWN = 40 }; /* bytes of a cell in a message */

/* How many of a text's bytes are shown, for %.*s. */
int pulse_text_shown(struct pulse_text text);

/* Whether a text that is no number begins with one, and what short mark is behind it: 101.2p. */
bool pulse_text_behind_number(struct pulse_text text, const struct pulse_text_numbers *numbers,
                              struct pulse_text *behind);

/* Whether such a mark is a bank's sign, CR or DR. */
bool pulse_text_is_balance(struct pulse_text behind);

enum pulse_text_look {
    PULSE_LOOK_NOTHING, /* all cells are missing so far */
    PULSE_LOOK_NUMBER,
    PULSE_LOOK_INSTANT,
    PULSE_LOOK_TEXT
};

/* What a column was seen to hold in the rows that were looked at. */
struct pulse_text_column {
    enum pulse_text_look look;
    struct pulse_text_unit unit; /* of its numbers */
    bool nearly;                 /* its first text is nearly a number */
    char text[PULSE_TEXT_SHOWN +
              1]; /* the first cell that is neither number nor missing; "": none */
    int64_t row;  /* of that cell: a line, or a row */
};

/* Looks at one more cell, without its quotes. A column is one of numbers from the first of them on;
 * until then its first value says what it is. */
void pulse_text_column_look(struct pulse_text_column *column, struct pulse_text cell,
                            const struct pulse_text_numbers *numbers, int64_t row);

/* Whether it holds numbers, or what is meant to be numbers. */
bool pulse_text_column_is_numeric(const struct pulse_text_column *column);

enum pulse_text_fault {
    PULSE_TEXT_OK,
    PULSE_TEXT_NO_NUMBER,
    PULSE_TEXT_OTHER_UNIT,       /* than the column's numbers have */
    PULSE_TEXT_NUMBER_AMONG_TEXT /* in a column without numbers where it was looked at */
};

/* The number of a cell, NaN where it is missing; of a column without numbers NaN. */
enum pulse_text_fault pulse_text_column_take(const struct pulse_text_column *column,
                                             struct pulse_text cell,
                                             const struct pulse_text_numbers *numbers,
                                             double *value);

/* What is wrong with a cell of the column `name`, and what reads it. `counted` says what the
 * column's row is: "line", "row". */
void pulse_text_describe_fault(char *what, size_t size, enum pulse_text_fault fault,
                               struct pulse_text cell, const char *name,
                               const struct pulse_text_column *column,
                               const struct pulse_text_numbers *numbers, const char *counted);

/* ---- Vectors of text ------------------------------------------------------------- */

/* Text of a row of a vector; "" where it is missing. */
struct pulse_text pulse_text_of_vector(const struct pulse_vector *vector, int64_t row);

/* Looks at rows [from, from + n); row `from` is `row` of the file. */
void pulse_text_column_look_at(struct pulse_text_column *column, const struct pulse_vector *vector,
                               int64_t from, int64_t n, const struct pulse_text_numbers *numbers,
                               int64_t row);

/* Looks at all rows of column c of a batch, before which `before` rows came. Counted in lines where
 * the batch has them. */
void pulse_text_column_look_over(struct pulse_text_column *column, const struct pulse_batch *batch,
                                 int64_t c, const struct pulse_text_numbers *numbers,
                                 int64_t before);

/* Takes rows [from, from + n) to `values`, which may be NULL: then they are only looked at. Returns
 * n, or how many were taken before a fault, which is then set. */
int64_t pulse_text_column_take_from(const struct pulse_text_column *column,
                                    const struct pulse_vector *vector, int64_t from, int64_t n,
                                    const struct pulse_text_numbers *numbers, double *values,
                                    enum pulse_text_fault *fault);

#endif
