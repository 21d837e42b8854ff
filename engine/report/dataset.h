/* Datasets of a results.h5 that may come from anywhere: opened only when they are as pulse-train
 * writes them. Does not know what they hold. */
#ifndef PULSE_REPORT_DATASET_H
#define PULSE_REPORT_DATASET_H

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

/* Opens a dataset of the open file `path` and checks its dimensions; where one expected is −1 it is
 * whatever is there. Negative when it is none of ours: above all, bytes kept anywhere but in this
 * file would show any file's content. *apart says that it points to parts (results/part_layout.h),
 * and has none itself; NULL: then it is refused too. Close it with H5Dclose. */
hid_t pulse_report_open_set(hid_t file, const char *path, const char *dataset, int rank,
                            int64_t *dims, bool *apart);

/* All of a dataset of numbers or records of ours as `type`. HDF5's own buffer for what it converts,
 * a MiB that it clears for each read, would take longer than a small dataset. */
herr_t pulse_report_read_all(hid_t set, hid_t type, void *out);

/* The n numbers of a column of an open dataset of two dimensions. -1 without a message. */
int pulse_report_read_column(hid_t set, int64_t column, int64_t n, double *out);

/* Why HDF5's last call failed, as " (file signature not found)", or ""; returns `text`. */
enum { PULSE_REPORT_REASON = 200 };
const char *pulse_report_hdf5_reason(char text[PULSE_REPORT_REASON]);

#endif
