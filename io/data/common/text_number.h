/* The number that a text means, with the signs that people write around it: a percent or currency
 * sign, parentheses, K, M, B or bn, marks between thousands. The same for the cells of CSV and for
 * text in formats that have types. Pure: no file. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TEXT_NUMBER_H
#define PULSE_DATA_COMMON_TEXT_NUMBER_H

#include <stdbool.h>

#include "base/error.h"
#include "data/common/text.h"
#include "data/common/types.h"

/* How the numbers of a file are written, as far as it is known. */
struct pulse_text_numbers {
    char decimal;         /* '.' or ','; 0: not known */
    char thousands;       /* '.', ',', '\'', or ' ' for a blank of any kind; 0: none */
    const char *missing;  /* more words for it, separated by commas, or NULL; borrowed */
    bool missing_numbers; /* some of these are numbers, so that values are compared as well */
};

/* The next number among words that commas separate, behind which `words` moves; false where none is
 * left, and for NULL. It has a decimal point, whatever the file has: -99.99. */
bool pulse_words_next_number(const char **words, double *number);

/* Whether a value is that number, perhaps as float32 has it. */
bool pulse_number_is(double value, double number);

/* What the options say: PULSE_E_USAGE where both signs are the same. */
int pulse_text_numbers_init(const struct pulse_read_options *options,
                            struct pulse_text_numbers *out, struct pulse_err *err);

/* A sign that says what a number counts: "%", "$", "US$", "€". */
struct pulse_text_unit {
    char text[12]; /* "": none */
    bool before;   /* the number; else after it */
};

/* A cell in pieces. All borrow from it. */
struct pulse_text_pieces {
    struct pulse_text digits; /* what is left: digits and marks, unsigned; perhaps an exponent */
    struct pulse_text_unit unit;
    bool negative;
    int thousands_power; /* 3 for K and k, 6 for M, 9 for B and bn, 12 for T; 0: none */
};

/* Takes the signs off. Any text passes: `digits` may be no digits. */
void pulse_text_split(struct pulse_text cell, struct pulse_text_pieces *out);

/* Whether a cell, without its quotes, is missing: empty; one of the words that pandas takes for
 * missing by default (NA, #N/A N/A, NaN, null …), ".", "..", "-", "--", ":" or an infinity, in any
 * case; one of those of `numbers`, or a number that one of those is: -999.0 where -999 is named. */
bool pulse_text_missing(struct pulse_text cell, const struct pulse_text_numbers *numbers);

/* A number, or NaN where it is missing or infinite; false for anything else. `unit` is that of the
 * number, and stays as it is where the cell is missing. A percentage is not divided by 100. */
bool pulse_text_number(struct pulse_text cell, const struct pulse_text_numbers *numbers,
                       double *value, struct pulse_text_unit *unit);

bool pulse_text_same_unit(const struct pulse_text_unit *a, const struct pulse_text_unit *b);

/* Whether a cell that is no number begins as one and has little behind it: 100bp, 1.5D+02, 12..5.
 * A column of such cells is meant to be numbers, unlike one of names or dates. */
bool pulse_text_nearly_number(struct pulse_text cell);

#endif
