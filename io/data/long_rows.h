/* The rows of a table → rows of a long panel, batch by batch. Internal to io/data. */
#ifndef PULSE_DATA_LONG_ROWS_H
#define PULSE_DATA_LONG_ROWS_H

#include "base/text.h"
#include "data/common/stamps.h"
#include "data/common/text_column.h"
#include "data/long.h"
#include "data/long_columns.h"

struct pulse_long_reader {
    struct pulse_long *panel;
    const struct pulse_table_column *columns;
    int64_t n;
    struct pulse_text_column *looks; /* n */
    struct pulse_long_columns chosen;
    struct pulse_read_options reading;
    struct pulse_text_numbers numbers;
    struct pulse_stamps stamps;
    const struct pulse_batch *batch; /* in hand */
    int64_t row;                     /* of the file: the first of the batch */
    int64_t *kept;                   /* rows of the batch that have a time */
    int64_t n_kept, kept_cap;
    double *taken; /* numbers of a batch of text */
    int64_t taken_cap;
    bool unnamed;         /* a row has no id */
    unsigned char *spans; /* per id: of its times, where they are text */
    int64_t spans_cap;
    bool spans_differ; /* of one id */
    /* Where several columns are the id: one row's, joined; and those of all rows, joined by a byte
     * that shows whether two have one name. */
    struct pulse_text_buffer joined;
    struct pulse_labels ids_apart;
};

/* Appends the rows of a batch to the panel, of the columns that were chosen. */
int pulse_long_take_batch(struct pulse_long_reader *reader, const struct pulse_batch *batch,
                          struct pulse_err *err);

#endif
