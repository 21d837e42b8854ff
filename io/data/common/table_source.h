/* What a file format does to be read as a table (table.h). Internal to io/data. */
#ifndef PULSE_DATA_COMMON_TABLE_SOURCE_H
#define PULSE_DATA_COMMON_TABLE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* Of one format; `state` is its own, an open file. */
struct pulse_table_format {
    const struct pulse_table_column *(*columns)(const void *state, int64_t *n);
    int64_t (*rows)(const void *state);
    int (*next)(void *state, struct pulse_batch *out, bool *end, struct pulse_err *err);
    double (*done)(const void *state);
    void (*free)(void *state);
};

struct pulse_table_source {
    const struct pulse_table_format *format;
    void *state;
};

/* Each fills `out`, to be released by its format's free, or fails. */
int pulse_table_of_csv(const char *uri, const struct pulse_read_options *options,
                       struct pulse_table_source *out, struct pulse_err *err);
int pulse_table_of_h5(const char *uri, const struct pulse_read_options *options,
                      struct pulse_table_source *out, struct pulse_err *err);
int pulse_table_of_parquet(const char *uri, const struct pulse_read_options *options,
                           struct pulse_table_source *out, struct pulse_err *err);
int pulse_table_of_pickle(const char *uri, const struct pulse_read_options *options,
                          struct pulse_table_source *out, struct pulse_err *err);

#endif
