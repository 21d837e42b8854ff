/* Streams whose bytes are packed with gzip, zstd, bzip2 or xz on their way into another stream.
 * Knows nothing of what the bytes are. */
#ifndef PULSE_DATA_COMMON_COMPRESS_H
#define PULSE_DATA_COMMON_COMPRESS_H

#include <stdio.h>

#include "base/error.h"
#include "data/common/decompress.h"

/* `to` is borrowed and stays open; its own errors are for its owner to look at. NULL with
 * PULSE_E_MEMORY, and with PULSE_E_USAGE for zip. Close with pulse_compress_end, or with fclose
 * where the result is thrown away. */
FILE *pulse_compress_open(FILE *to, enum pulse_compression packing, struct pulse_err *err);

/* Writes what is left and closes the packed stream. PULSE_E_STORAGE, naming `path`. */
int pulse_compress_end(FILE *packed, const char *path, struct pulse_err *err);

#endif
