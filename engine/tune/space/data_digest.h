/* Which data a study is of: their content on disk, their versions in S3. Knows nothing of what they
 * hold. */
#ifndef PULSE_TUNE_DATA_DIGEST_H
#define PULSE_TUNE_DATA_DIGEST_H

#include "base/digest.h"
#include "base/error.h"
#include "tune/space/space.h"

/* The digest of the data which a space's default is run on: of a file, or of all files below a
 * directory with their names, but for studies; of their bytes, so that copies are the same; of
 * objects, of their ETags. Errors as of pulse_store_open, and of the default's options;
 * PULSE_E_USAGE for what is piped in, which is not there a second time. */
int pulse_data_digest_default(const struct pulse_space *space, struct pulse_digest *out,
                              struct pulse_err *err);

#endif
