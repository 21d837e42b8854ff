/* Chunks of doubles that are packed by gzip, unpacked past the HDF5 library, whose way takes twice
 * as long. Whatever is unusual is left to the library, which also finds the words for what is
 * broken. Knows nothing of frames. Internal to io/data/hdf5. */
#ifndef PULSE_DATA_HDF5_CHUNKS_CHUNKS_H
#define PULSE_DATA_HDF5_CHUNKS_CHUNKS_H

#include <hdf5.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_h5_chunks;

/* For an open dataset in a file of `file_bytes` bytes; `*out` is NULL where its chunks are not
 * native doubles, or not packed by deflate alone or after shuffle. The size of a chunk must have
 * been checked. Fails with PULSE_E_MEMORY. */
int pulse_h5_chunks_open(hid_t dataset, int64_t file_bytes, struct pulse_h5_chunks **out,
                         struct pulse_err *err);
void pulse_h5_chunks_close(struct pulse_h5_chunks *chunks); /* NULL does nothing */

/* The values of the chunk whose first element is at `at` (one index a dimension), row-major, all of
 * them also at the dataset's edge; yours to change until the next call. NULL: the library is to
 * read it, because it was never written, is not packed, or is broken. */
double *pulse_h5_chunks_unpack(struct pulse_h5_chunks *chunks, const hsize_t *at);

#endif
