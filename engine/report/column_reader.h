/* Whoever has the columns that results.h5 points to in other files. Plain data: knows neither files
 * nor ranks. */
#ifndef PULSE_REPORT_COLUMN_READER_H
#define PULSE_REPORT_COLUMN_READER_H

#include <stdint.h>

#include "base/error.h"

struct pulse_report_columns {
    /* The n numbers of a variable's column of a dataset. -1 with `err` filled. */
    int (*read)(void *context, const char *dataset, int64_t variable, int64_t n, double *out,
                struct pulse_err *err);
    void *context; /* borrowed */
};

#endif
