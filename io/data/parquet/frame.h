/* A Parquet file as instants and values: which column is the time, and rows of other columns as
 * doubles. Internal to io/data. */
#ifndef PULSE_DATA_PARQUET_FRAME_H
#define PULSE_DATA_PARQUET_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_parquet_frame;

/* All flat columns. */
struct pulse_parquet_layout {
    int64_t rows; /* of the row groups that may hold times of the period: only these are read */
    int64_t n;
    char **names;  /* n; "" for pandas' index, which is no variable */
    bool *numeric; /* n: integers and reals that are not the time, and text that holds numbers: by
                      the first row group where a column of text holds anything */
    bool *empty;   /* n: pandas' index, which nobody misses, and text without a value */
    const char **holds; /* n: of one that is not numeric: what it holds, static */
    char *note;         /* which fields are no flat columns; NULL: none */
    int64_t time;       /* column */
};

/* PULSE_E_INPUT where no column can be the time: called like one, or else pandas' index of
 * instants; or where that holds neither instants nor text. */
int pulse_parquet_frame_open(const char *uri, const struct pulse_read_options *reading,
                             struct pulse_parquet_frame **out, struct pulse_err *err);
void pulse_parquet_frame_free(struct pulse_parquet_frame *frame);

/* Borrowed. */
const struct pulse_parquet_layout *pulse_parquet_frame_layout(const struct pulse_parquet_frame *f);

/* Row of the layout at which the first row group begins that begins at `row` or behind it; all rows
 * where none does: parts of a file that begin there share no row group. */
int64_t pulse_parquet_frame_align(const struct pulse_parquet_frame *frame, int64_t row);

/* PULSE_E_INPUT if a list, map or struct is called like the value of a long frame. */
int pulse_parquet_frame_refuse_nested(const struct pulse_parquet_frame *frame, const char *variable,
                                      struct pulse_err *err);

/* Reads rows [first, first + rows) of `n` numeric columns; `bytes_read` is added to. Infinite is
 * missing. A row without a time is PULSE_E_INPUT, and a cell of text that is no number; where
 * every variable is wanted also a number in a column of text that was taken for none. */
int pulse_parquet_frame_read(struct pulse_parquet_frame *frame, int64_t first, int64_t rows,
                             const int64_t *columns, int64_t n, struct pulse_block *out,
                             int64_t *bytes_read, struct pulse_err *err);

#endif
