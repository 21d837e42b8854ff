/* A pickle file → the named columns in it. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_FILE_H
#define PULSE_DATA_PICKLE_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "data/pickle_frame.h"

struct pulse_pickle_file {
    int64_t bytes; /* of the pickle */
    struct pulse_pickle_tree *tree;
    struct pulse_pickle_frame frame; /* borrows from the tree */
};

/* Reads all of it into memory. PULSE_E_INPUT names the file and what is wrong with it. Clear `out`
 * in any case. */
int pulse_pickle_file_read(const char *uri, struct pulse_pickle_file *out, struct pulse_err *err);
void pulse_pickle_file_clear(struct pulse_pickle_file *file);

#endif
