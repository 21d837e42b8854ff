/* The columns of a frame that are no plain numbers: text, which may hold numbers, categories,
 * vectors of numbers beside a matrix, and what is left out by name. Internal to io/data. */
#ifndef PULSE_DATA_HDF5_WORDS_H
#define PULSE_DATA_HDF5_WORDS_H

#include "data/common/text_column.h"
#include "data/hdf5/fields.h"
#include "data/hdf5/layout.h"

/* They follow the frame's own columns; what is no column of cells comes last. */
struct pulse_h5_words {
    struct pulse_h5_fields fields;   /* of them just these columns */
    struct pulse_text_column *texts; /* fields.n */
    struct pulse_text_numbers numbers;
    bool matrix; /* the frame is one, and vectors of numbers are not among its columns */
};

/* Finds them, and looks at text up to the first value of each column, so that every reader of the
 * file decides the same. A column that cannot be read is one that is left out. *out is
 * never freed: it is of use until the process that reads the file ends. */
int pulse_h5_words_find(const struct pulse_h5_location *root, const struct pulse_h5_layout *layout,
                        const struct pulse_read_options *reading, struct pulse_h5_words *out,
                        struct pulse_err *err);

int64_t pulse_h5_words_count(const struct pulse_h5_words *words);
const char *pulse_h5_words_name(const struct pulse_h5_words *words, int64_t i);

/* Whether it is read as numbers; whether no row has a value. */
bool pulse_h5_words_is_numeric(const struct pulse_h5_words *words, int64_t i);
bool pulse_h5_words_is_empty(const struct pulse_h5_words *words, int64_t i);

/* What it holds, as long as `words` live. */
const char *pulse_h5_words_holds(const struct pulse_h5_words *words, int64_t i);

/* Rows [first, first + rows) of a numeric one. */
int pulse_h5_words_read(const struct pulse_h5_words *words, int64_t i, int64_t first, int64_t rows,
                        double *values, struct pulse_err *err);

/* Where every variable is wanted: PULSE_E_INPUT where a column of text that was taken for none of
 * numbers has one in these rows. */
int pulse_h5_words_check(const struct pulse_h5_words *words, int64_t first, int64_t rows,
                         struct pulse_err *err);

#endif
