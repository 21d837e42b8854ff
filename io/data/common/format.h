/* Which file format an extension stands for. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_FORMAT_H
#define PULSE_DATA_COMMON_FORMAT_H

#include <stddef.h>

#include "base/error.h"

enum pulse_format {
    PULSE_FORMAT_UNKNOWN,
    PULSE_FORMAT_CSV,
    PULSE_FORMAT_HDF5,
    PULSE_FORMAT_PARQUET,
    PULSE_FORMAT_PICKLE
};

/* By the extension, in any case; one of .gz or .zst may follow where files so packed are read (CSV
 * and pickles). The directory of a stored dataset (record_store.h) counts as a pickle. */
enum pulse_format pulse_format_of(const char *path);

/* Length of a file's name without what tells its format: "a.b" of "a.b.csv.gz". */
size_t pulse_format_stem(const char *name);

/* Records that `path` is of no format that can be read, and which are; returns -1. */
int pulse_format_refuse(const char *path, struct pulse_err *err);

#endif
