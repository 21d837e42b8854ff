/* The open HDF5 file under results.h5, for the files of this folder alone: how its datasets
 * are made and written. Does not know what is in them: schema.h does. */
#ifndef PULSE_RESULTS_FILE_H
#define PULSE_RESULTS_FILE_H

#include <hdf5.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/file.h"
#include "mpi/comm.h"
#include "results/schema.h"

struct pulse_results {
    const struct pulse_comm *comm;
    struct pulse_results_header header;
    char path[4096];            /* the final name */
    char partial[4160];         /* the name while it is written, which no other run has */
    struct pulse_writer writer; /* of rank 0 */
    int64_t C;
    hid_t file; /* on the ranks that have it, else negative; as the following */
    hid_t part; /* this node's */
    hid_t set[PULSE_RESULTS_MOST_SETS]; /* by number; of the part, where the set is in parts */
    double *column;                     /* as large as the longest column */

    /* Of rank 0, for disk.c: */
    int disk;         /* the file as such; negative: not open */
    pthread_t thread; /* that syncs it, where one could be started */
    bool threaded;
    int unsynced; /* errno of that */
};

/* The error of an HDF5 call on the file, PULSE_E_STORAGE with what to do; returns -1. Local. */
int pulse_results_fail(const struct pulse_results *results, const char *what,
                       struct pulse_err *err);

/* What a dataset is; all borrowed. */
struct pulse_results_dataset {
    const char *path;
    hid_t type; /* in the file */
    int rank;
    hsize_t dims[3]; /* rank of them */
    const char *units, *description;
};

/* Makes it with a layout (a property list); to be closed with H5Dclose. Negative without a message
 * when HDF5 failed. Collective over the ranks that have the file, as all that makes one. */
hid_t pulse_results_create_as(hid_t file, const struct pulse_results_dataset *dataset,
                              hid_t layout);

/* Dataset `set` with so many columns; `path` is a buffer for its path. */
struct pulse_results_dataset pulse_results_describe_set(const struct pulse_results_header *header,
                                                        int set, int64_t variables,
                                                        char path[PULSE_RESULTS_PATH]);

/* Whether this rank has the file open. */
bool pulse_results_has_file(const struct pulse_results *results);

/* Creates a dataset of `variables` columns in a file. Negative without a message when HDF5 failed.
 */
hid_t pulse_results_create_set(const struct pulse_results *results, hid_t file, int set,
                               int64_t variables);

/* Writes one variable's column of a dataset from `data` (double or int64), on a rank that has the
 * dataset. -1 without a message when HDF5 failed. */
int pulse_results_put_column(const struct pulse_results *results, int set, int64_t variable,
                             const void *data);

/* Creates (all ranks that have the file) and writes (rank `writer`: the first or the last) a
 * dataset that is no variable's own, from `data` of a type in memory. Where the file is gathered
 * and `writer` is not rank 0, its bytes travel there; the job ends where memory or MPI fails on
 * rank 0. -1 without a message when HDF5 failed. */
int pulse_results_write_dataset(const struct pulse_results *results, bool writer,
                                const struct pulse_results_dataset *dataset, hid_t memory_type,
                                const void *data);

/* The same for a dataset of doubles of three dimensions that is made one block at a time, so that
 * memory holds one: `fill` puts what stands at index i of the first dimension into `block`. A
 * message in `err` where memory is short. */
typedef void pulse_results_fill(const struct pulse_results *results, const void *context, int64_t i,
                                double *block);
int pulse_results_write_blocks(const struct pulse_results *results, bool writer,
                               const struct pulse_results_dataset *dataset,
                               pulse_results_fill *fill, const void *context,
                               struct pulse_err *err);

#endif
