/* Bytes of any number from rank to rank: an MPI message has at most 2^31 - 1 elements. Knows
 * nothing of what they are. Local: the two ranks call it as a pair. */
#ifndef PULSE_RESULTS_BYTE_TRANSPORT_H
#define PULSE_RESULTS_BYTE_TRANSPORT_H

#include <stdint.h>

#include "mpi/comm.h"

/* Tags of the ranks that share no disk: header of a column, its data, a whole dataset. */
enum { PULSE_TAG_COLUMN = 71, PULSE_TAG_DATA, PULSE_TAG_DATASET };

/* -1 without a message when MPI failed, as of the next. */
int pulse_bytes_send(const struct pulse_comm *comm, int to, int tag, const void *data,
                     int64_t bytes);
int pulse_bytes_receive(const struct pulse_comm *comm, int from, int tag, void *data,
                        int64_t bytes);

#endif
