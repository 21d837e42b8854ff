/* A directory that is one dataset: the part files of Spark, Dask and DuckDB, which have the same
 * columns, and folders key=value, whose keys are columns too. Knows the formats of the parts by
 * their faces only. Internal to io/data. */
#ifndef PULSE_DATA_PARTS_H
#define PULSE_DATA_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"
#include "data/common/open_table.h"

enum { PULSE_PARTS_KEYS_MOST = 8 };

/* One part file; the values of the keys of the folders it is in. */
struct pulse_part {
    char *uri;
    int64_t bytes;
    char *values[PULSE_PARTS_KEYS_MOST];
};

/* Parts in the order of their paths. */
struct pulse_parts {
    int64_t n, cap;
    struct pulse_part *all;
    int64_t n_keys;
    char *keys[PULSE_PARTS_KEYS_MOST];
};

/* Whether a directory is such a dataset: it holds folders key=value or part files (part-…, part.0…,
 * data_0…), or says so by _SUCCESS or _metadata. `out` are its parts, to be cleared; none where it
 * is none. PULSE_E_INPUT where folders have other keys than those beside them. */
int pulse_parts_list(const char *directory, struct pulse_parts *out, struct pulse_err *err);
void pulse_parts_clear(struct pulse_parts *parts);

/* Whether a uri means such a directory: it ends with a slash. */
bool pulse_is_parts_uri(const char *uri);

/* Reads all rows in one part, file by file. PULSE_E_INPUT where a file lacks a column. */
extern const struct pulse_dataset_face pulse_parts_dataset;

/* Opens it as a table. */
int pulse_parts_table_open(const struct pulse_location *location,
                           const struct pulse_read_options *options, struct pulse_table **out,
                           struct pulse_err *err);

#endif
