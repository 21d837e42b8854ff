/* A wide file block after block, so that a file of any size can be looked at. */
#ifndef PULSE_CLI_WIDE_READER_H
#define PULSE_CLI_WIDE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset.h"

struct pulse_wide_reader {
    const char *uri;
    const struct pulse_read_options *reading;
    int part;
    int parts;
    bool quoted;    /* the next part begins inside quotes */
    unsigned spans; /* of the times so far, where they are text */
};

/* `bytes` is the file's size, `block_bytes` about how much of it a block is to be. `uri` and
 * `reading` are borrowed. */
void pulse_wide_reader_init(struct pulse_wide_reader *reader, const char *uri,
                            const struct pulse_read_options *reading, int64_t bytes,
                            int64_t block_bytes);

/* Reads the next block, to be cleared; `more` is false when there was none left. */
int pulse_wide_reader_next(struct pulse_wide_reader *reader, const char *const *names, int64_t n,
                           struct pulse_block *block, bool *more, struct pulse_err *err);

#endif
