#include "results/results.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/shutdown.h"
#include "data/hdf5/put.h"
#include "judge/combine.h"
#include "mpi/collect.h"
#include "results/disk.h"
#include "results/file.h"
#include "results/gather.h"
#include "results/granger_datasets.h"
#include "results/labels.h"
#include "results/output.h"
#include "results/part_datasets.h"
#include "results/run_datasets.h"

/* ---- Creating ------------------------------------------------------------------- */

static int create_sets(struct pulse_results *results)
{
    for (int s = 0; s < pulse_results_sets(&results->header); s++) {
        if (pulse_results_is_shared(s))
            continue;
        if (pulse_results_in_parts(&results->header, s)) {
            if (pulse_results_split_set(results, s) != 0)
                return -1;
            continue;
        }
        if (!pulse_results_has_file(results))
            continue;
        results->set[s] = pulse_results_create_set(results, results->file, s, results->header.V);
        if (results->set[s] < 0)
            return -1;
    }
    return 0;
}

/* ---- Life of the file ----------------------------------------------------------- */

/* Collective: the hidden file beside the final name, and on all ranks what it is called. */
static int name_file(const struct pulse_comm *comm, struct pulse_results *results,
                     struct pulse_err *err)
{
    (void)snprintf(results->path, sizeof results->path, "%s/%s", results->header.directory,
                   results->header.file);
    if (comm->rank == 0 && pulse_writer_open_file(&results->writer, results->path, err) == 0) {
        (void)snprintf(results->partial, sizeof results->partial, "%s", results->writer.temporary);
        pulse_shutdown_set_file(results->partial, results->header.directory);
    }
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    return pulse_comm_bcast(comm, results->partial, sizeof results->partial, err);
}

static int open_file(const struct pulse_comm *comm, struct pulse_results *results)
{
    if (!pulse_results_has_file(results))
        return 0;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), creation = H5Pcreate(H5P_FILE_CREATE);
    if (comm->size > 1 && !results->header.gather)
        (void)H5Pset_fapl_mpio(access, comm->comm, MPI_INFO_NULL);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    (void)H5Pset_cache(access, 0, 521, 0, 1); /* chunks are written whole: none is kept for later */
    results->file = H5Fcreate(results->partial, H5F_ACC_TRUNC, creation, access);
    (void)H5Pclose(creation);
    (void)H5Pclose(access);
    if (results->file < 0)
        return -1;
    return pulse_h5_put_attribute(results->file, "schema_version", PULSE_SCHEMA_VERSION) != 0 ||
                   pulse_h5_put_attribute(results->file, "program", "pulse-train " PULSE_VERSION) !=
                       0 ||
                   pulse_h5_put_attribute(results->file, "fingerprint",
                                          results->header.fingerprint) != 0
               ? -1
               : 0;
}

int pulse_results_open(const struct pulse_comm *comm, const struct pulse_results_header *header,
                       struct pulse_results **out, struct pulse_err *err)
{
    const bool last = comm->rank == comm->size - 1;
    struct pulse_results *results = pulse_calloc(1, sizeof *results, "the results", err);
    *out = results;
    if (results == NULL)
        return pulse_comm_agree(comm, err);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    results->comm = comm;
    results->header = *header;
    results->file = results->part = results->disk = -1;
    results->C = pulse_combine_candidates(header->options);
    for (int s = 0; s < PULSE_RESULTS_MOST_SETS; s++)
        results->set[s] = -1;
    if (name_file(comm, results, err) != 0)
        return -1;
    if (open_file(comm, results) != 0)
        (void)pulse_results_fail(results, "creating it", err);
    else
        (void)pulse_results_reserve(results, err);
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    if (pulse_results_open_part(results) != 0 || create_sets(results) != 0 ||
        pulse_results_write_run(results, err) != 0 ||
        pulse_results_write_granger(results, last, err) != 0)
        if (err->kind == PULSE_OK)
            (void)pulse_results_fail(results, "creating the datasets", err);
    if (header->gather && err->kind != PULSE_OK)
        pulse_comm_abort(comm,
                         err); /* another rank may wait for what this one was to take or send */
    int64_t longest = header->plan->sizes.T, windows = header->plan->n_windows * results->C;
    results->column = pulse_calloc(longest > windows ? longest : windows, sizeof *results->column,
                                   "a column", err);
    return pulse_comm_agree(comm, err);
}

static int write_or_send_column(const struct pulse_results *results, int s, int64_t variable,
                                const void *data)
{
    hsize_t dims[3];
    int64_t n;
    if (pulse_results_has_file(results) || pulse_results_in_parts(&results->header, s))
        return pulse_results_put_column(results, s, variable, data);
    (void)pulse_results_dimensions(&results->header, s, results->header.V, dims, &n);
    return pulse_results_send_column(results, s, variable, data, n);
}

/* A number of each window's score or belief, one after the other as put_column wants them. */
static const void *window_column(const struct pulse_results *results, int s,
                                 const struct pulse_evaluation *evaluation)
{
    double *real = results->column;
    int64_t *whole = (int64_t *)(void *)results->column;
    for (int64_t w = 0; w < evaluation->W; w++) {
        const struct pulse_score *score = &evaluation->score[w];
        const int64_t counts[] = {score->n,         score->hits,
                                  score->moves,     score->interval_rows,
                                  score->inside[0], score->inside[1]};
        const double sums[] = {score->abs_error, score->squared_error, score->persistence_abs_error,
                               score->persistence_squared_error};
        const double trust[] = {evaluation->belief[w].alpha, evaluation->belief[w].beta,
                                pulse_belief_mean(&evaluation->belief[w])};
        if (s == N_ROWS)
            whole[w] = counts[0];
        else if (s >= HITS && s <= INSIDE_95)
            whole[w] = counts[1 + s - HITS];
        else if (s == INTERVAL_SCORE_80 || s == INTERVAL_SCORE_95)
            real[w] = score->interval_score[s - INTERVAL_SCORE_80];
        else if (s >= ABS_ERROR && s <= PERSISTENCE_SQUARED_ERROR)
            real[w] = sums[s - ABS_ERROR];
        else
            real[w] = trust[s - ALPHA];
    }
    return results->column;
}

static int put_window_columns(struct pulse_results *results, int first, int64_t v,
                              const struct pulse_evaluation *evaluation)
{
    for (int s = N_ROWS; s <= MEAN; s++)
        if (write_or_send_column(results, first + s, v, window_column(results, s, evaluation)) != 0)
            return -1;
    return 0;
}

int pulse_results_put(struct pulse_results *results, int64_t horizon, int64_t variable,
                      const struct pulse_column *column, const struct pulse_evaluation *evaluation,
                      struct pulse_err *err)
{
    const struct pulse_variable_summary *summary = &evaluation->summary;
    const int first = (int)horizon * SETS;
    const struct {
        int set;
        const double *data;
    } columns[] = {{ACTUAL, column->x},
                   {PREDICTED, evaluation->predicted},
                   {PERSISTENCE, evaluation->persistence},
                   {BOUND, evaluation->bound[0]},
                   {BOUND + 1, evaluation->bound[1]},
                   {BOUND + 2, evaluation->bound[2]},
                   {BOUND + 3, evaluation->bound[3]},
                   {TRUST_LOW, &summary->trust_low},
                   {TRUST_HIGH, &summary->trust_high},
                   {SCALE, &summary->scale},
                   {CENTRE, &summary->centre},
                   {WEIGHTS, evaluation->weight},
                   {SHRINKAGE, evaluation->shrinkage},
                   {FINAL_WEIGHTS, evaluation->final_weight},
                   {FINAL_SHRINKAGE, &evaluation->final_shrinkage},
                   {FINAL_ERROR_SCALE, &evaluation->final_error_scale},
                   {FINAL_FACTOR_80, &evaluation->final_factor[0]},
                   {FINAL_FACTOR_95, &evaluation->final_factor[1]},
                   {FORECAST, &summary->forecast.value},
                   {FORECAST_BOUND, &summary->forecast.bound[0]},
                   {FORECAST_BOUND + 1, &summary->forecast.bound[1]},
                   {FORECAST_BOUND + 2, &summary->forecast.bound[2]},
                   {FORECAST_BOUND + 3, &summary->forecast.bound[3]}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (!pulse_results_is_shared(first + columns[i].set) &&
            write_or_send_column(results, first + columns[i].set, variable, columns[i].data) != 0)
            return pulse_results_fail(results, "writing", err);
    if (put_window_columns(results, first, variable, evaluation) != 0)
        return pulse_results_fail(results, "writing", err);
    return 0;
}

void pulse_results_abandon(const struct pulse_comm *comm, const struct pulse_err *err)
{
    if (comm->size == 1)
        pulse_comm_abort(comm, err); /* removes the partial file */
    if (comm->rank != 0)
        pulse_shutdown_remove_files();
    (void)MPI_Barrier(comm->comm);
    if (comm->rank == 0)
        pulse_comm_abort(comm, err);
    (void)MPI_Barrier(comm->comm);
    abort(); /* rank 0 has ended us before */
}

int pulse_results_close(const struct pulse_comm *comm, struct pulse_results *results,
                        struct pulse_err *err)
{
    herr_t status = 0;
    for (int s = 0; s < pulse_results_sets(&results->header); s++)
        if (results->set[s] >= 0 && H5Dclose(results->set[s]) < 0)
            status = -1;
    if (results->part >= 0 && H5Fclose(results->part) < 0)
        status = -1;
    if (results->file >= 0 && H5Fclose(results->file) < 0)
        status = -1;
    if (status < 0)
        (void)pulse_results_fail(results, "writing", err);
    if (pulse_comm_agree(comm, err) != 0)
        pulse_results_abandon(comm, err);
    if (comm->rank == 0)
        (void)pulse_results_label(results, err);
    if (pulse_comm_agree(comm, err) != 0)
        pulse_results_abandon(comm, err);
    return 0;
}

void pulse_results_free(struct pulse_results *results)
{
    if (results == NULL)
        return;
    pulse_shutdown_set_file(NULL, NULL);
    pulse_writer_discard(&results->writer);
    if (results->disk >= 0)
        (void)close(results->disk);
    free(results->column);
    free(results);
}
