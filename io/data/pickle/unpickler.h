/* A pickle's bytes → the tree of values that they describe: the opcodes of protocols 0 to 5, and a
 * list of exact (module, name) pairs. Nothing of it is executed. Knows nothing of files. Internal
 * to io/data. */
#ifndef PULSE_DATA_PICKLE_UNPICKLER_H
#define PULSE_DATA_PICKLE_UNPICKLER_H

#include <stdint.h>

#include "base/error.h"
#include "data/pickle/tree.h"

/* Parses `n` bytes, which end with padding; `bytes` (from malloc) is taken in any case. `where`
 * names the file in messages. PULSE_E_INPUT for anything unknown, broken or beyond the limits: 2^26
 * values, 2^24 of them on the stack, marks 1000 deep. */
int pulse_pickle_tree_parse(const char *where, char *bytes, int64_t n,
                            struct pulse_pickle_tree **out, struct pulse_err *err);

#endif
