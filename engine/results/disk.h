/* How results.h5 gets onto the disk: its space is set aside before the first dataset, and a thread
 * waits for the disk while the report is made. Local, rank 0; knows nothing of what is in the file.
 */
#ifndef PULSE_RESULTS_DISK_H
#define PULSE_RESULTS_DISK_H

#include "base/error.h"

struct pulse_results;

/* Once the file is there, and before any dataset: sets its space on the disk aside. HDF5 makes
 * datasets on all ranks together, and may wait for ever where one of them cannot write. On all
 * other ranks nothing happens. PULSE_E_STORAGE when there is none. */
int pulse_results_reserve(struct pulse_results *results, struct pulse_err *err);

/* After the close: begins to bring the file to the disk, on a thread. Returns where the file is
 * until the commit, borrowed. */
const char *pulse_results_sync(struct pulse_results *results);

/* Waits for that, and gives the file its name. Its path under that, borrowed; NULL with
 * PULSE_E_STORAGE when it failed. */
const char *pulse_results_commit(struct pulse_results *results, struct pulse_err *err);

#endif
