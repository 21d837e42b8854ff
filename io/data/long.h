/* A long panel, read whole: a row per date and id, and value columns. It is held row by row, so
 * that many ids of few rows each take no more than the file; what needs a cell per date and
 * variable asks for its variables. Plain values. Internal to io/data. */
#ifndef PULSE_DATA_LONG_H
#define PULSE_DATA_LONG_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/labels.h"
#include "data/common/types.h"

/* A column of values. */
struct pulse_long_value {
    char *name;
    struct pulse_vector cells; /* a panel's rows: integers or reals; a missing real is NaN */
};

struct pulse_long {
    char *uri;
    char *id_name, *time_name;
    enum pulse_kind_of_column id_kind, time_kind; /* of the file's columns */
    struct pulse_labels ids;
    int64_t *order; /* of the ids: their numbers in the order in which variables come */
    int64_t n_values;
    struct pulse_long_value *values;
    int64_t n_left_out;
    char **left_out;    /* columns that hold no number … */
    int64_t attributes; /* … but for so many, which OBS_VALUE of SDMX has beside it */
    char *note;         /* what else of the file is left out; NULL: nothing */
    int64_t n, cap;     /* rows */
    int64_t *id;        /* n: number of its id */
    int64_t *date;      /* n: position of its time among `times` */
    int64_t n_times;
    int64_t *times;                /* sorted: instants of `zone`, or what clocks show */
    const struct pulse_zone *zone; /* of the times; NULL: none */
    bool local;                    /* the times are what clocks ahead of or behind UTC show */
    struct pulse_labels stamps;    /* times that are text, as they stand … */
    int64_t *stamp_ns;             /* … and what each is; NULL where they are no text */
    int64_t stamps_cap;
    int64_t *time_text; /* n_times: which of them stands for a time that is not one of a zone; NULL:
                           `times` and `zone` say all */
    int64_t untimed;    /* rows left out because their time stands for none */
    int64_t repeated;   /* rows whose date and id a row before them has */
    int64_t bytes;      /* of the file */
};

#endif
