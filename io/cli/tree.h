/* All files under a directory, or all objects under an s3 prefix, level by level. Knows nothing of
 * what is done with them. */
#ifndef PULSE_CLI_TREE_H
#define PULSE_CLI_TREE_H

#include "base/error.h"
#include "store/store.h"

/* Adds what lies under `uri` to `out`, names relative to it ("2015/a.csv"), without hidden ones
 * (.x) and what is in hidden directories. PULSE_E_INPUT where it is more than 64 levels deep. Clear
 * `out` in any case. */
int pulse_tree_list(const char *uri, struct pulse_listing *out, struct pulse_err *err);

#endif
