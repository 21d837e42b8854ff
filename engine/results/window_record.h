/* The windows of a plan as results.h5 has them, a compound a window: for all files that hold them.
 */
#ifndef PULSE_RESULTS_WINDOW_RECORD_H
#define PULSE_RESULTS_WINDOW_RECORD_H

#include <hdf5.h>

#include "plan/plan.h"

struct pulse_window_record {
    char id[16];
    int64_t start, end, first_row, rows, status;
    char reason[PULSE_REASON_TEXT];
};

/* Of all windows, to be freed. NULL: PULSE_E_MEMORY. */
struct pulse_window_record *pulse_window_records(const struct pulse_plan *plan,
                                                 struct pulse_err *err);

/* Their type, to be closed. */
hid_t pulse_window_record_type(void);

#endif
