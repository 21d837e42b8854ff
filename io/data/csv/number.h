/* The number that a CSV cell means, with the signs that people write around it: a percent or
 * currency sign, parentheses, K, M, B or bn, marks between thousands. Pure: knows cells, no file
 * and no message. Internal to io/data. */
#ifndef PULSE_DATA_CSV_NUMBER_H
#define PULSE_DATA_CSV_NUMBER_H

#include <stdbool.h>

#include "data/csv/cell.h"

/* How the numbers of a file are written. */
struct pulse_csv_numbers {
    char decimal;   /* '.' or ',' */
    char thousands; /* '.', ',', '\'', or ' ' for a blank of any kind; 0: none */
    const char
        *missing; /* more words for a missing value, separated by commas, or NULL. Borrowed */
};

/* A sign that says what a number counts: "%", "$", "US$", "€". */
struct pulse_csv_unit {
    char text[12]; /* "": none */
    bool before;   /* the number; else after it */
};

/* A cell in pieces. All borrow from it. */
struct pulse_csv_pieces {
    struct pulse_text digits; /* what is left: digits and marks, unsigned; perhaps an exponent */
    struct pulse_csv_unit unit;
    bool negative;
    int thousands_power; /* 3 for K, 6 for M, 9 for B and bn, 12 for T; 0: none */
};

/* Takes the signs off. Any text passes: `digits` may be no digits. */
void pulse_csv_number_split(struct pulse_text cell, struct pulse_csv_pieces *out);

/* Whether a cell, without its quotes, is missing: by the words of pulse_text_is_missing or those of
 * `numbers`. */
bool pulse_csv_missing(struct pulse_text cell, const struct pulse_csv_numbers *numbers);

/* A number, or NaN where it is missing or infinite; false for anything else. `unit` is that of the
 * number, and stays as it is where the cell is missing. A percentage is not divided by 100. */
bool pulse_csv_number(struct pulse_text cell, const struct pulse_csv_numbers *numbers,
                      double *value, struct pulse_csv_unit *unit);

bool pulse_csv_same_unit(const struct pulse_csv_unit *a, const struct pulse_csv_unit *b);

/* Whether a cell that is no number begins as one and has little behind it: 100bp, 1.5D+02, 12..5.
 * A column of such cells is meant to be numbers, unlike one of names or dates. */
bool pulse_csv_nearly_number(struct pulse_text cell);

#endif
