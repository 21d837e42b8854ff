/* The columns of an opened wide file, for the catalog. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_WIDE_H
#define PULSE_DATA_COMMON_WIDE_H

#include <stdint.h>

#include "data/dataset.h"

/* Names by column, "" for a column that is no variable; borrowed from `wide`. */
char *const *pulse_wide_names(const struct pulse_wide *wide, int64_t *n);

#endif
