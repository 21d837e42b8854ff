#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "data/dataset.h"

/* Whether rows of one time overrule values of a variable in more than one row of a hundred. */
static int overrules(const struct pulse_block *block, const double *values, int64_t *times,
                     bool *overruled, struct pulse_err *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < block->rows; i++)
        if (isfinite(values[i]))
            times[n++] = block->time_ns[i];
    return pulse_times_repeat(times, n, overruled, err);
}

int pulse_wide_check_repeats(const char *uri, const struct pulse_read_options *options,
                             const char *const *names, int64_t n, struct pulse_err *err)
{
    struct pulse_wide *wide;
    struct pulse_block block = {0};
    int64_t bytes = 0;
    bool overruled = false;
    if (pulse_wide_open(uri, 0, 1, options, &wide, err) != 0)
        return -1;
    int rc = pulse_wide_read(wide, false, names, n, &block, &bytes, err);
    int64_t *times = pulse_calloc(block.rows, sizeof *times, "times", err);
    if (times == NULL)
        rc = -1;
    for (int64_t v = 0; rc == 0 && v < n; v++) {
        rc = overrules(&block, block.values + v * block.rows, times, &overruled, err);
        if (rc == 0 && overruled)
            rc = pulse_repeats_refuse(uri, options, names[v], true, err);
    }
    free(times);
    pulse_block_clear(&block);
    pulse_wide_free(wide);
    return rc;
}
