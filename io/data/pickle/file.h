/* A pickle file, packed with gzip, zstd or not, or the records of a stored dataset → the named
 * columns in it. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FILE_H
#define PULSE_DATA_PICKLE_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "data/pickle/frame.h"

struct pulse_pickle_file {
    int64_t bytes;                   /* of the files read */
    struct pulse_pickle_tree *tree;  /* of the file; of records, what holds them together */
    struct pulse_pickle_tree **more; /* a tree per record */
    int64_t n_more;
    struct pulse_pickle_frame frame; /* borrows from the trees */
};

/* Reads all of it into memory. PULSE_E_INPUT names the file and what is wrong with it. Clear `out`
 * in any case. */
int pulse_pickle_file_read(const char *uri, struct pulse_pickle_file *out, struct pulse_err *err);
void pulse_pickle_file_clear(struct pulse_pickle_file *file);

#endif
