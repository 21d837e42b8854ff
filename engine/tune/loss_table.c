#include "tune/loss_table.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/put.h"
#include "mpi/collect.h"
#include "results/window_record.h"

int pulse_loss_table_init(struct pulse_loss_table *table, int64_t H, int64_t W, int64_t V,
                          struct pulse_err *err)
{
    *table = (struct pulse_loss_table){.H = H, .W = W, .V = V};
    table->sum = pulse_calloc(H * PULSE_LOSSES * W * V, sizeof *table->sum, "the losses", err);
    return table->sum == NULL ? -1 : 0;
}

void pulse_loss_table_clear(struct pulse_loss_table *table)
{
    free(table->sum);
    *table = (struct pulse_loss_table){0};
}

/* The sums of a kind and horizon, W × V. */
static double *find_sums(const struct pulse_loss_table *table, int64_t horizon, int kind)
{
    return table->sum + (horizon * PULSE_LOSSES + kind) * table->W * table->V;
}

static double read_score(const struct pulse_score *score, int kind)
{
    const double value[PULSE_LOSSES] = {[PULSE_LOSS_ROWS] = (double)score->n,
                                        [PULSE_LOSS_SQUARED] = score->squared_error,
                                        [PULSE_LOSS_PERSISTENCE_SQUARED] =
                                            score->persistence_squared_error,
                                        [PULSE_LOSS_HITS] = (double)score->hits,
                                        [PULSE_LOSS_MOVES] = (double)score->moves,
                                        [PULSE_LOSS_INTERVAL_ROWS] = (double)score->interval_rows,
                                        [PULSE_LOSS_INSIDE_80] = (double)score->inside[0],
                                        [PULSE_LOSS_INSIDE_95] = (double)score->inside[1],
                                        [PULSE_LOSS_SCORE_80] = score->interval_score[0],
                                        [PULSE_LOSS_SCORE_95] = score->interval_score[1]};
    return value[kind];
}

static int put_losses(void *context, int64_t horizon, int64_t variable,
                      const struct pulse_column *column, const struct pulse_evaluation *evaluation,
                      struct pulse_err *err)
{
    const struct pulse_loss_table *table = context;
    (void)column;
    (void)err;
    for (int kind = 0; kind < PULSE_LOSSES; kind++) {
        double *sum = find_sums(table, horizon, kind);
        for (int64_t w = 0; w < table->W; w++)
            sum[w * table->V + variable] = read_score(&evaluation->score[w], kind);
    }
    return 0;
}

struct pulse_evaluation_sink pulse_loss_table_sink(struct pulse_loss_table *table)
{
    return (struct pulse_evaluation_sink){put_losses, NULL, table};
}

int pulse_loss_table_gather(const struct pulse_comm *comm, struct pulse_loss_table *table,
                            struct pulse_err *err)
{
    /* Only owners have anything but zero bytes: a bitwise or brings them together in any order. */
    const int64_t n = table->W * table->V;
    for (int64_t i = 0; i < table->H * PULSE_LOSSES; i++)
        if (pulse_reduce_to_first(comm, table->sum + i * n, n * (int64_t)sizeof *table->sum,
                                  MPI_BYTE, MPI_BOR, "collecting the losses", err) != 0)
            return -1;
    return 0;
}

/* ---- The file ------------------------------------------------------------------------ */

/* What is written into, and whether all went well so far. */
struct writing {
    const struct pulse_loss_table *table;
    const struct pulse_loss_file *about;
    hid_t file;
    herr_t status; /* negative: something failed */
};

static void note_status(struct writing *to, herr_t status)
{
    if (status < 0)
        to->status = status;
}

static void write_set(struct writing *to, const char *path, hid_t file_type, hid_t memory_type,
                      int rank, const hsize_t *dims, const void *data)
{
    const hid_t space = H5Screate_simple(rank, dims, NULL);
    const hid_t groups = H5Pcreate(H5P_LINK_CREATE);
    const hid_t plain = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_create_intermediate_group(groups, 1);
    (void)H5Pset_obj_track_times(plain, false); /* equal losses make equal files */
    const hid_t set = H5Dcreate2(to->file, path, file_type, space, groups, plain, H5P_DEFAULT);
    note_status(to, set < 0 ? -1 : H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    if (set >= 0)
        note_status(to, H5Dclose(set));
    (void)H5Pclose(plain);
    (void)H5Pclose(groups);
    (void)H5Sclose(space);
}

static int write_names(struct writing *to, struct pulse_err *err)
{
    const hsize_t V = (hsize_t)to->table->V;
    size_t longest = 1;
    for (hsize_t v = 0; v < V; v++) {
        const size_t length = strlen(to->about->names[v]);
        longest = length > longest ? length : longest;
    }
    char *names = pulse_calloc((int64_t)V, longest, "the names", err);
    if (names == NULL)
        return -1;
    for (hsize_t v = 0; v < V; v++)
        memcpy(names + v * longest, to->about->names[v], strlen(to->about->names[v]));
    const hid_t type = pulse_h5_text_type(longest);
    write_set(to, "/variables", type, type, 1, &V, names);
    (void)H5Tclose(type);
    free(names);
    return 0;
}

static int write_windows(struct writing *to, struct pulse_err *err)
{
    const hsize_t W = (hsize_t)to->table->W;
    struct pulse_window_record *records = pulse_window_records(to->about->plan, err);
    if (records == NULL)
        return -1;
    const hid_t type = pulse_window_record_type();
    write_set(to, "/windows", type, type, 1, &W, records);
    (void)H5Tclose(type);
    free(records);
    return 0;
}

/* Counts as four bytes: no window has more rows. */
static void write_sums(struct writing *to)
{
    const struct pulse_loss_table *table = to->table;
    const hsize_t dims[2] = {(hsize_t)table->W, (hsize_t)table->V};
    char path[PULSE_LOSSES_PATH];
    for (int64_t j = 0; j < table->H; j++)
        for (int kind = 0; kind < PULSE_LOSSES; kind++) {
            (void)pulse_losses_path((enum pulse_loss)kind,
                                    j == 0 ? 0 : to->about->horizons->step[j], path);
            write_set(to, path,
                      pulse_losses_are_counts((enum pulse_loss)kind) ? H5T_STD_I32LE
                                                                     : H5T_IEEE_F64LE,
                      H5T_NATIVE_DOUBLE, 2, dims, find_sums(table, j, kind));
        }
}

/* The bytes of the open file, which is in memory. */
static void *copy_image(struct writing *to, int64_t *n, struct pulse_err *err)
{
    note_status(to, H5Fflush(to->file, H5F_SCOPE_GLOBAL));
    const ssize_t bytes = to->status < 0 ? -1 : H5Fget_file_image(to->file, NULL, 0);
    void *image = bytes < 0 ? NULL : pulse_calloc(bytes, 1, "the losses", err);
    if (image != NULL && H5Fget_file_image(to->file, image, (size_t)bytes) == bytes) {
        *n = bytes;
        return image;
    }
    free(image);
    if (err->kind == PULSE_OK)
        (void)pulse_fail(err, PULSE_E_MEMORY, "HDF5 cannot make losses.h5 in memory");
    return NULL;
}

void *pulse_loss_table_file(const struct pulse_loss_table *table,
                            const struct pulse_loss_file *about, int64_t *n, struct pulse_err *err)
{
    enum { GROWS_BY = 1 << 16 };
    struct writing to = {.table = table, .about = about};
    void *image = NULL;
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)H5Pset_fapl_core(access, GROWS_BY, false);
    to.file = H5Fcreate(PULSE_LOSSES_FILE, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    note_status(&to, to.file < 0 ? -1 : 0);
    if (to.file >= 0 && write_names(&to, err) == 0 && write_windows(&to, err) == 0) {
        write_sums(&to);
        note_status(&to, pulse_h5_put_attribute(to.file, "fingerprint", about->fingerprint));
    }
    if (err->kind == PULSE_OK)
        image = copy_image(&to, n, err);
    if (to.file >= 0)
        (void)H5Fclose(to.file);
    (void)H5Pclose(access);
    return image;
}
