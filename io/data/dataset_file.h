/* One part of one file, open as a time and columns of numbers: what dataset.c reads and catalog.c
 * lists. Internal to io/data. */
#ifndef PULSE_DATA_DATASET_FILE_H
#define PULSE_DATA_DATASET_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/format.h"

struct pulse_dataset_file {
    struct pulse_location location;
    const struct pulse_dataset_face *face;
    const struct pulse_zone *time_zone; /* that options ask for; NULL: none */
    const char *missing;                /* words that options declare, or NULL. Borrowed */
    void *state; /* the format's own; NULL where all rows are in the first part, and this is another
                  */
};

/* Clear `out` in any case. PULSE_E_INPUT where the uri is of no format, or the file is not as its
 * format says. `options` may be NULL. */
int pulse_dataset_file_open(const char *uri, int part, int parts,
                            const struct pulse_read_options *options,
                            struct pulse_dataset_file *out, struct pulse_err *err);
void pulse_dataset_file_clear(struct pulse_dataset_file *file);

int64_t pulse_dataset_file_frames(const struct pulse_dataset_file *file);
struct pulse_frame pulse_dataset_file_frame(const struct pulse_dataset_file *file, int64_t frame);

/* A wide file (dataset.h) of one that is open, which it takes over, whatever comes of it. */
struct pulse_wide;
int pulse_wide_of_file(struct pulse_dataset_file *file, const struct pulse_read_options *options,
                       struct pulse_wide **out, struct pulse_err *err);

#endif
