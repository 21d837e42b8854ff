/* --progress-file: how far the run is, for those who watch it from outside. Local, rank 0; knows
 * nothing of MPI. */
#ifndef PULSE_RUN_PROGRESS_FILE_H
#define PULSE_RUN_PROGRESS_FILE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed and with a path it is ready; without a path nothing is ever written. */
struct pulse_progress_file {
    const char *path; /* borrowed */
    int ranks;
    double began;          /* of the run, on pulse_seconds' clock */
    double training_began; /* 0: not yet */
    int64_t resumed;       /* spans taken from a checkpoint: they took no time */
    int64_t done;          /* spans finished, those included */
    int64_t total;
    double wrote; /* when it was last written */
    bool failed;  /* and warned about */
};

/* Replaces the file, atomically, by what is known; not more than once a second unless `now`. Stages
 * are "load", "train", "judge", "done" and "failed". A file that cannot be written is warned about
 * once. */
void pulse_progress_file_write(struct pulse_progress_file *file, const char *stage, bool now);

#endif
