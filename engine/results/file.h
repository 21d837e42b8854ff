/* The HDF5 file under results.h5, for the files results*.c alone: what it holds, and how a dataset
 * is made. */
#ifndef PULSE_RESULTS_FILE_H
#define PULSE_RESULTS_FILE_H

#include <hdf5.h>
#include <pthread.h>
#include <stdbool.h>

#include "base/file.h"
#include "results/results.h"

/* Datasets with a column per variable, in the order of `sets`. */
enum pulse_results_set {
    ACTUAL,
    PREDICTED,
    PERSISTENCE,
    BOUND, /* four of them */
    N_ROWS = BOUND + PULSE_BOUNDS,
    ABS_ERROR,
    SQUARED_ERROR,
    PERSISTENCE_ABS_ERROR,
    PERSISTENCE_SQUARED_ERROR,
    HITS,
    MOVES,
    INTERVAL_ROWS,
    INSIDE_80,
    INSIDE_95,
    ALPHA,
    BETA,
    MEAN,
    TRUST_LOW,
    TRUST_HIGH,
    SCALE,
    CENTRE,
    WEIGHTS,
    SHRINKAGE,
    HALF_80,
    HALF_95,
    FINAL_WEIGHTS,
    FINAL_SHRINKAGE,
    FINAL_HALF_80,
    FINAL_HALF_95,
    FINAL_SIGMA,
    FORECAST,
    FORECAST_BOUND, /* four of them */
    SETS = FORECAST_BOUND + PULSE_BOUNDS
};

/* How a dataset's elements lie before the last axis, which is the variable. */
enum pulse_results_shape { BY_ROW, BY_WINDOW, BY_WINDOW_AND_CANDIDATE, BY_CANDIDATE, ONE };

struct pulse_results_kind {
    const char *path;
    enum pulse_results_shape shape;
    bool whole; /* int64, else double */
    const char *units;
    const char *description;
};

extern const struct pulse_results_kind pulse_results_kinds[SETS];

struct pulse_results {
    const struct pulse_comm *comm;
    struct pulse_results_header frame;
    char path[4096];            /* the final name */
    char partial[4160];         /* the name while it is written, which no other run has */
    struct pulse_writer writer; /* of rank 0 */
    int64_t C;
    hid_t file;      /* on the ranks that have it, else negative; as the following */
    hid_t part;      /* this node's */
    hid_t set[SETS]; /* of the part, where the set is in parts */
    double *column;  /* room for the longest column */

    /* Of rank 0, for results_disk.c: */
    int disk;          /* the file as such; negative: not open */
    char readable[32]; /* the file as a path, whatever its name */
    pthread_t thread;  /* that commits it, where one could be started */
    bool threaded;
    struct pulse_err outcome; /* of that */
};

/* The error of an HDF5 call on the file; returns -1. */
int pulse_results_fail(const struct pulse_results *results, const char *what,
                       struct pulse_err *err);

/* A string attribute of a file or dataset. */
int pulse_results_attribute(hid_t object, const char *name, const char *text);

/* A dataset of a layout, with its attributes. */
hid_t pulse_results_create_as(hid_t file, const char *path, hid_t type, int rank,
                              const hsize_t *dims, hid_t layout, const char *units,
                              const char *description);

/* A dataset whose space is set aside at once, as parallel writing needs, and not filled, as every
 * element is written. `chunk` may be NULL for contiguous. */
hid_t pulse_results_create(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims,
                           const hsize_t *chunk, const char *units, const char *description);

/* Whether this rank has the file open. */
bool pulse_results_has_file(const struct pulse_results *results);

/* Dimensions of a dataset of `variables` columns, the variable last; returns how many, and the
 * elements of a column. */
int pulse_results_dimensions(const struct pulse_results_header *frame, int set, int64_t variables,
                             hsize_t dims[3], int64_t *column);

/* Creates a dataset of `variables` columns in a file. */
hid_t pulse_results_create_set(const struct pulse_results *results, hid_t file, int set,
                               int64_t variables);

/* Whether a dataset lies in parts: those with a value per row, and those per window too where they
 * would make results.h5 large. */
bool pulse_results_in_parts(const struct pulse_results_header *frame, int set);

/* Collective: this node's part, still empty; and one of its datasets, with the one in results.h5
 * that ties those of all parts. -1 without a message when HDF5 failed. */
int pulse_results_open_part(struct pulse_results *results);
int pulse_results_split_set(struct pulse_results *results, int set);

/* Writes one variable's column of a dataset from `data` (double or int64), on a rank that has the
 * dataset. -1 without a message when HDF5 failed, as below. */
int pulse_results_put_column(const struct pulse_results *results, int set, int64_t variable,
                             const void *data);

/* Local, once all datasets are there: on rank 0 sets the file's room on the disk aside.
 * PULSE_E_STORAGE when there is none. */
int pulse_results_reserve(struct pulse_results *results, struct pulse_err *err);

/* Sends a column of n elements to rank 0, which takes it in pulse_results_collect; -1 when MPI
 * failed. */
int pulse_results_send_column(const struct pulse_results *results, int set, int64_t variable,
                              const void *data, int64_t n);

/* Where the file is gathered: the bytes of a whole dataset on their way from the last rank (-1 when
 * MPI failed) to rank 0 (to be freed; where memory or MPI fails there, the job dies). */
int pulse_results_hand_over(const struct pulse_results *results, const void *data, int64_t bytes);
void *pulse_results_take_over(const struct pulse_results *results, int64_t bytes);

/* Creates (all ranks) and writes (rank `writer`: the first or the last) a dataset that is no
 * variable's own. */
int pulse_results_whole(const struct pulse_results *results, bool writer, const char *path,
                        hid_t file_type, hid_t memory_type, int rank, const hsize_t *dims,
                        const void *data, const char *units, const char *description);

/* Collective: /drivers, written by the last rank. -1 without a message when HDF5 failed. */
int pulse_results_write_granger(const struct pulse_results *results, bool writer,
                                struct pulse_err *err);

#endif
