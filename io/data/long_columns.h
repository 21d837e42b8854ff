/* Which columns of a table make it a long panel: the time, the one that says what a row is of, and
 * values. Decides by names, kinds and what the first rows hold. Internal to io/data. */
#ifndef PULSE_DATA_LONG_COLUMNS_H
#define PULSE_DATA_LONG_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/text_column.h"
#include "data/common/types.h"

/* Whether a column is called as others call what a row is of: unique_id, ticker, permno … A column
 * of integers needs a name that nothing else has. */
bool pulse_is_id_name(const char *name, bool integers);

struct pulse_long_columns {
    int64_t time;    /* −1: none was found */
    int64_t id;      /* −1: none, or several could be it; of several that were named, the first */
    int64_t n_ids;   /* 1 where there is one */
    int64_t *ids;    /* columns that together say what a row is of */
    bool id_by_name; /* the id's name alone says that it is one */
    int64_t n_values;
    int64_t *values; /* columns of numbers, in their order */
    int64_t n_left_out;
    int64_t *left_out;  /* columns that hold no number, unless values were named … */
    int64_t attributes; /* … and so many that do, beside OBS_VALUE of SDMX */
};

/* `looks` say what the first rows of the `n` columns hold, of those that are text. PULSE_E_INPUT
 * where options name a column that is not there, or one that cannot be what it is named for. Clear
 * in any case. */
int pulse_long_columns_find(const char *where, const struct pulse_table_column *columns,
                            const struct pulse_text_column *looks, int64_t n,
                            const struct pulse_read_options *options,
                            struct pulse_long_columns *out, struct pulse_err *err);
void pulse_long_columns_clear(struct pulse_long_columns *columns);

/* The columns that could be the id into `column` (n), or with `labels` those that no
 * reader takes for values: text, integers of a known name. Returns how many. */
int64_t pulse_long_columns_ids(const struct pulse_table_column *columns,
                               const struct pulse_text_column *looks, int64_t n, int64_t time,
                               bool labels, int64_t *column);

/* The first column of times of day (09:30:00) as text, borrowed; NULL for none. Such a column is no
 * id by itself: it belongs to the date. */
const char *pulse_long_columns_clock(const struct pulse_table_column *columns,
                                     const struct pulse_text_column *looks, int64_t n);

#endif
