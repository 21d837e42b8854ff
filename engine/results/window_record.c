#include "results/window_record.h"

#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/hdf5/put.h"

hid_t pulse_window_record_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct pulse_window_record));
    hid_t id = pulse_h5_text_type(sizeof(((struct pulse_window_record *)0)->id));
    hid_t reason = pulse_h5_text_type(PULSE_REASON_TEXT);
    (void)H5Tinsert(type, "id", HOFFSET(struct pulse_window_record, id), id);
    (void)H5Tinsert(type, "start", HOFFSET(struct pulse_window_record, start), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "end", HOFFSET(struct pulse_window_record, end), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "first_row", HOFFSET(struct pulse_window_record, first_row),
                    H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "rows", HOFFSET(struct pulse_window_record, rows), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "status", HOFFSET(struct pulse_window_record, status), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "reason", HOFFSET(struct pulse_window_record, reason), reason);
    (void)H5Tclose(reason);
    (void)H5Tclose(id);
    return type;
}

struct pulse_window_record *pulse_window_records(const struct pulse_plan *plan,
                                                 struct pulse_err *err)
{
    struct pulse_window_record *records =
        pulse_calloc(plan->n_windows, sizeof *records, "the windows", err);
    for (int64_t w = 0; records != NULL && w < plan->n_windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        char id[32];
        records[w] = (struct pulse_window_record){.start = window->start_day * PULSE_NS_PER_DAY,
                                                  .end = window->end_day * PULSE_NS_PER_DAY,
                                                  .first_row = window->first_row,
                                                  .rows = window->rows,
                                                  .status = window->status};
        (void)pulse_window_id(w, id);
        memcpy(records[w].id, id, strnlen(id, sizeof records[w].id));
        memcpy(records[w].reason, window->reason, sizeof records[w].reason);
    }
    return records;
}
