/* Which columns together say what a row of a long panel is of, found by the rows: each date once
 * for each of what they say. Internal to io/data. */
#ifndef PULSE_DATA_LONG_KEYS_H
#define PULSE_DATA_LONG_KEYS_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"

/* Of `n` columns of the batch in `column` keeps those that are needed, in their order, so that no
 * more than one row in a hundred repeats the time with what they say; *n becomes 0 where even all
 * of them do not do it. PULSE_E_MEMORY. */
int pulse_long_keys_keep(const struct pulse_batch *batch, int64_t time, int64_t *column, int64_t *n,
                         struct pulse_err *err);

#endif
