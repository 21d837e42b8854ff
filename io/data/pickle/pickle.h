/* Pickle files: a time and value columns out of what they hold. The whole file is in memory while
 * it is open; nothing of it is executed. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_PICKLE_H
#define PULSE_DATA_PICKLE_PICKLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

struct pulse_pickle;

/* Its columns beside the time, column c meant by position. */
struct pulse_pickle_layout {
    int64_t rows;
    int64_t n;
    char **names;
    bool *numeric; /* integers and reals, also as text; all of it where every cell is missing */
    bool *empty;   /* of none that is known */
    const char **holds; /* of one that is not numeric: what it holds, static */
};

/* PULSE_E_INPUT where there is no time in it: a datetime index, or a column called like one. */
int pulse_pickle_open(const char *uri, const struct pulse_read_options *reading,
                      struct pulse_pickle **out, struct pulse_err *err);
void pulse_pickle_free(struct pulse_pickle *pickle);

/* Borrowed. */
const struct pulse_pickle_layout *pulse_pickle_layout(const struct pulse_pickle *pickle);

/* Reads rows [first, first + rows) of `n` numeric columns. `bytes_read` is added to: the file's
 * bytes in proportion to the rows. */
int pulse_pickle_read(const struct pulse_pickle *pickle, int64_t first, int64_t rows,
                      const int64_t *columns, int64_t n, struct pulse_block *out,
                      int64_t *bytes_read, struct pulse_err *err);

#endif
