#include "results/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/date.h"
#include "base/mem.h"
#include "judge/combine.h"
#include "results/output.h"

int pulse_results_fail(const struct pulse_results *results, const char *what, struct pulse_err *err)
{
    struct statvfs space;
    const char *hint = "check the disk";
    if (statvfs(results->frame.directory, &space) == 0 &&
        (int64_t)space.f_bavail * (int64_t)space.f_frsize < INT64_C(1) << 20)
        hint = "the disk is full: make room or choose another --output";
    return pulse_fail(err, PULSE_E_STORAGE, "%s: %s failed; %s", results->path, what, hint);
}

/* ---- Before the work ------------------------------------------------------------ */

int64_t pulse_results_bytes(const struct pulse_results_header *frame)
{
    const struct pulse_sizes *sizes = &frame->plan->sizes;
    const int64_t C = sizes->L + 1, W = frame->plan->n_windows;
    return 8 * frame->V *
               ((N_ROWS - ACTUAL) * sizes->T + W * (SETS - N_ROWS + C) + sizes->L * sizes->d +
                4 * frame->V) +
           W * (int64_t)sizeof(struct pulse_window) + (INT64_C(1) << 20);
}

/* ---- Creating ------------------------------------------------------------------- */

int pulse_results_dimensions(const struct pulse_results_header *frame, int s, int64_t variables,
                             hsize_t dims[3], int64_t *column)
{
    const struct pulse_plan *plan = frame->plan;
    const enum pulse_results_shape shape = pulse_results_kinds[s].shape;
    int rank = 0;
    if (shape == BY_ROW)
        dims[rank++] = (hsize_t)plan->sizes.T;
    if (shape == BY_WINDOW || shape == BY_WINDOW_AND_CANDIDATE)
        dims[rank++] = (hsize_t)plan->n_windows;
    if (shape == BY_CANDIDATE || shape == BY_WINDOW_AND_CANDIDATE)
        dims[rank++] = (hsize_t)pulse_combine_candidates(frame->options);
    *column = 1;
    for (int i = 0; i < rank; i++)
        *column *= (int64_t)dims[i];
    dims[rank++] = (hsize_t)variables;
    return rank;
}

/* A chunk is one variable's column: what one rank writes at once, and most readers read. */
hid_t pulse_results_create_set(const struct pulse_results *results, hid_t file, int s,
                               int64_t variables)
{
    hsize_t dims[3], chunk[3];
    int64_t column;
    const int rank = pulse_results_dimensions(&results->frame, s, variables, dims, &column);
    memcpy(chunk, dims, sizeof dims);
    chunk[rank - 1] = 1;
    return pulse_results_create(file, pulse_results_kinds[s].path,
                                pulse_results_kinds[s].whole ? H5T_STD_I64LE : H5T_IEEE_F64LE, rank,
                                dims, rank > 1 && variables > 1 ? chunk : NULL,
                                pulse_results_kinds[s].units, pulse_results_kinds[s].description);
}

static int create_sets(struct pulse_results *results)
{
    for (int s = 0; s < SETS; s++) {
        if (pulse_results_in_parts(&results->frame, s)) {
            if (pulse_results_split_set(results, s) != 0)
                return -1;
            continue;
        }
        if (!pulse_results_has_file(results))
            continue;
        results->set[s] = pulse_results_create_set(results, results->file, s, results->frame.V);
        if (results->set[s] < 0)
            return -1;
    }
    return 0;
}

/* ---- Strings of fixed length: what parallel HDF5 can write ---------------------- */

static hid_t string_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    (void)H5Tset_size(type, size);
    (void)H5Tset_cset(type, H5T_CSET_UTF8);
    (void)H5Tset_strpad(type, H5T_STR_NULLPAD);
    return type;
}

struct strings {
    char *text; /* n × size, NUL-padded */
    int64_t n;
    size_t size;
};

static int strings_init(struct strings *strings, int64_t n, size_t size, struct pulse_err *err)
{
    *strings = (struct strings){.n = n, .size = size};
    strings->text = pulse_calloc(n, size, "names", err);
    return strings->text == NULL ? -1 : 0;
}

static char *strings_at(const struct strings *strings, int64_t i)
{
    return strings->text + (size_t)i * strings->size;
}

static int write_strings(const struct pulse_results *results, bool writer, const char *path,
                         const struct strings *strings, const char *description)
{
    hid_t type = string_type(strings->size);
    hsize_t dims[1] = {(hsize_t)strings->n};
    int status = pulse_results_whole(results, writer, path, type, type, 1, dims, strings->text,
                                     "name", description);
    (void)H5Tclose(type);
    return status;
}

static size_t longest_name(const struct pulse_results_header *frame)
{
    size_t most = 1;
    for (int64_t v = 0; v < frame->V; v++)
        most = strlen(frame->names[v]) > most ? strlen(frame->names[v]) : most;
    return most;
}

static int write_names(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    const struct pulse_results_header *frame = &results->frame;
    const struct pulse_sizes *sizes = &frame->plan->sizes;
    struct strings variables = {0}, features = {0}, candidates = {0};
    const size_t longest = longest_name(frame);
    int status = -1;
    if (strings_init(&variables, frame->V, longest, err) != 0 ||
        strings_init(&features, sizes->d, longest + 16, err) != 0 ||
        strings_init(&candidates, results->C, 40, err) != 0)
        goto done;
    for (int64_t v = 0; v < frame->V; v++)
        memcpy(strings_at(&variables, v), frame->names[v], strlen(frame->names[v]));
    (void)snprintf(strings_at(&features, 0), features.size, "const");
    for (int64_t i = 1; i < sizes->d; i++)
        (void)snprintf(strings_at(&features, i), features.size, "%s.lag%lld",
                       frame->names[frame->entered[(i - 1) % sizes->E]],
                       (long long)((i - 1) / sizes->E + 1));
    for (int64_t l = 0; l < sizes->L; l++)
        (void)snprintf(strings_at(&candidates, l), candidates.size, "ridge=%.17g",
                       frame->options->ridge[l]);
    if (results->C > sizes->L)
        (void)snprintf(strings_at(&candidates, sizes->L), candidates.size, "persistence");
    status = write_strings(results, writer, "/variables", &variables, "Names of the last axis");
    if (status == 0)
        status = write_strings(results, writer, "/model/features", &features,
                               "Rows of the coefficients");
    if (status == 0)
        status = write_strings(results, writer, "/model/candidates", &candidates,
                               "What the weights belong to");
done:
    free(variables.text);
    free(features.text);
    free(candidates.text);
    return status;
}

/* ---- Windows, calendar, coefficients -------------------------------------------- */

struct window_record {
    char id[16];
    int64_t start, end, first_row, rows, status;
    char reason[PULSE_REASON_TEXT];
};

static hid_t window_type(void)
{
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(struct window_record));
    hid_t id = string_type(sizeof(((struct window_record *)0)->id));
    hid_t reason = string_type(PULSE_REASON_TEXT);
    (void)H5Tinsert(type, "id", HOFFSET(struct window_record, id), id);
    (void)H5Tinsert(type, "start", HOFFSET(struct window_record, start), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "end", HOFFSET(struct window_record, end), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "first_row", HOFFSET(struct window_record, first_row), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "rows", HOFFSET(struct window_record, rows), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "status", HOFFSET(struct window_record, status), H5T_NATIVE_INT64);
    (void)H5Tinsert(type, "reason", HOFFSET(struct window_record, reason), reason);
    (void)H5Tclose(reason);
    (void)H5Tclose(id);
    return type;
}

static int write_ridge(const struct pulse_results *results, bool writer)
{
    const struct pulse_options *options = results->frame.options;
    hsize_t dims[1] = {(hsize_t)options->n_ridge};
    return pulse_results_whole(results, writer, "/model/ridge", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                               1, dims, options->ridge, "1", "Ridge penalties of the coefficients");
}

static int write_windows(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    const struct pulse_plan *plan = results->frame.plan;
    struct window_record *records =
        pulse_calloc(plan->n_windows, sizeof *records, "the windows", err);
    if (records == NULL)
        return -1;
    for (int64_t w = 0; w < plan->n_windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        char id[32];
        records[w] = (struct window_record){.start = window->start_day * PULSE_NS_PER_DAY,
                                            .end = window->end_day * PULSE_NS_PER_DAY,
                                            .first_row = window->first_row,
                                            .rows = window->rows,
                                            .status = window->status};
        (void)pulse_window_id(w, id);
        memcpy(records[w].id, id, strnlen(id, sizeof records[w].id));
        memcpy(records[w].reason, window->reason, sizeof records[w].reason);
    }
    hid_t type = window_type();
    hsize_t dims[1] = {(hsize_t)plan->n_windows};
    int status = pulse_results_whole(results, writer, "/windows", type, type, 1, dims, records,
                                     "ns since 1970-01-01 UTC; rows",
                                     "Windows; status 0 trained, 1 skipped, 2 failed");
    (void)H5Tclose(type);
    free(records);
    return status;
}

static int write_calendar(const struct pulse_results *results, bool writer, struct pulse_err *err)
{
    const int64_t T = results->frame.plan->sizes.T;
    int64_t *ns = pulse_calloc(T, sizeof *ns, "the calendar", err);
    if (ns == NULL)
        return -1;
    for (int64_t t = 0; t < T; t++)
        ns[t] = results->frame.calendar[t] * PULSE_NS_PER_DAY;
    hsize_t dims[1] = {(hsize_t)T};
    int status =
        pulse_results_whole(results, writer, "/calendar", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, dims,
                            ns, "ns since 1970-01-01 UTC", "Days on which a variable was observed");
    free(ns);
    return status;
}

/* L × d × V from L × d × E: columns of variables that never entered are NaN. */
static int write_coefficients(const struct pulse_results *results, bool writer,
                              struct pulse_err *err)
{
    const struct pulse_results_header *frame = &results->frame;
    const struct pulse_sizes *sizes = &frame->plan->sizes;
    const int64_t n = sizes->L * sizes->d;
    double *spread =
        pulse_calloc(writer ? n * frame->V : 0, sizeof *spread, "the coefficients", err);
    if (spread == NULL)
        return -1;
    for (int64_t i = 0; writer && i < n; i++) {
        for (int64_t v = 0; v < frame->V; v++)
            spread[i * frame->V + v] = NAN;
        for (int64_t e = 0; e < sizes->E; e++)
            spread[i * frame->V + frame->entered[e]] = frame->final->coefficients[i * sizes->E + e];
    }
    hsize_t dims[3] = {(hsize_t)sizes->L, (hsize_t)sizes->d, (hsize_t)frame->V};
    int status = pulse_results_whole(
        results, writer, "/model/coefficients", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 3, dims, spread,
        "scaled target per scaled feature", "Coefficients of the final fit, per ridge penalty");
    free(spread);
    return status;
}

/* ---- Life of the file ----------------------------------------------------------- */

/* Collective: the hidden file beside the final name, and on all ranks what it is called. */
static int name_file(const struct pulse_comm *comm, struct pulse_results *results,
                     struct pulse_err *err)
{
    (void)snprintf(results->path, sizeof results->path, "%s/results.h5", results->frame.directory);
    if (comm->rank == 0 && pulse_writer_open(&results->writer, results->path, err) == 0) {
        (void)snprintf(results->partial, sizeof results->partial, "%s", results->writer.temporary);
        pulse_on_abort_remove(results->partial, results->frame.directory);
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
    if (!results->frame.gather)
        (void)H5Pset_fapl_mpio(access, comm->comm, MPI_INFO_NULL);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    results->file = H5Fcreate(results->partial, H5F_ACC_TRUNC, creation, access);
    (void)H5Pclose(creation);
    (void)H5Pclose(access);
    if (results->file < 0)
        return -1;
    return pulse_results_attribute(results->file, "schema_version", PULSE_SCHEMA_VERSION) != 0 ||
                   pulse_results_attribute(results->file, "program",
                                           "pulse-train " PULSE_VERSION) != 0
               ? -1
               : 0;
}

int pulse_results_open(const struct pulse_comm *comm, const struct pulse_results_header *frame,
                       struct pulse_results **out, struct pulse_err *err)
{
    const bool root = comm->rank == 0, last = comm->rank == comm->size - 1;
    struct pulse_results *results = pulse_calloc(1, sizeof *results, "the results", err);
    *out = results;
    if (results == NULL)
        return pulse_comm_agree(comm, err);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    results->comm = comm;
    results->frame = *frame;
    results->file = results->part = results->disk = -1;
    results->C = pulse_combine_candidates(frame->options);
    for (int s = 0; s < SETS; s++)
        results->set[s] = -1;
    if (name_file(comm, results, err) != 0)
        return -1;
    if (open_file(comm, results) != 0 || pulse_results_open_part(results) != 0 ||
        create_sets(results) != 0 || write_names(results, root, err) != 0 ||
        write_ridge(results, root) != 0 || write_windows(results, root, err) != 0 ||
        write_calendar(results, root, err) != 0 || write_coefficients(results, last, err) != 0 ||
        pulse_results_write_granger(results, last, err) != 0 ||
        pulse_results_reserve(results, err) != 0)
        if (err->kind == PULSE_OK)
            (void)pulse_results_fail(results, "creating the datasets", err);
    if (frame->gather && err->kind != PULSE_OK)
        pulse_comm_abort(comm,
                         err); /* another rank may wait for what this one was to take or send */
    int64_t longest = frame->plan->sizes.T, windows = frame->plan->n_windows * results->C;
    results->column = pulse_calloc(longest > windows ? longest : windows, sizeof *results->column,
                                   "a column", err);
    return pulse_comm_agree(comm, err);
}

/* Writes one variable's column of a dataset from `data` (double or int64). The memory has the shape
 * of the column in the file: HDF5 then copies runs, where it would else map element by element. */
int pulse_results_put_column(const struct pulse_results *results, int s, int64_t variable,
                             const void *data)
{
    const struct pulse_parts *parts = results->frame.parts;
    const bool apart = pulse_results_in_parts(&results->frame, s);
    hsize_t dims[3], start[3] = {0, 0, 0}, count[3];
    int64_t n;
    const int rank = pulse_results_dimensions(
        &results->frame, s, apart ? parts->columns[parts->of[variable]] : results->frame.V, dims,
        &n);
    memcpy(count, dims, sizeof dims);
    count[rank - 1] = 1;
    start[rank - 1] = (hsize_t)(apart ? parts->column[variable] : variable);
    hid_t file = H5Screate_simple(rank, dims, NULL), memory = H5Screate_simple(rank, count, NULL);
    (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
    herr_t status = H5Dwrite(results->set[s],
                             pulse_results_kinds[s].whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE,
                             memory, file, H5P_DEFAULT, data);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    return status < 0 ? -1 : 0;
}

static int put_column(const struct pulse_results *results, int s, int64_t variable,
                      const void *data)
{
    hsize_t dims[3];
    int64_t n;
    if (pulse_results_has_file(results) || pulse_results_in_parts(&results->frame, s))
        return pulse_results_put_column(results, s, variable, data);
    (void)pulse_results_dimensions(&results->frame, s, results->frame.V, dims, &n);
    return pulse_results_send_column(results, s, variable, data, n);
}

/* A number of each window's score or belief, one after the other as put_column wants them. */
static const void *window_column(const struct pulse_results *results, int s,
                                 const struct pulse_evaluation *judgement)
{
    double *real = results->column;
    int64_t *whole = (int64_t *)(void *)results->column;
    for (int64_t w = 0; w < judgement->W; w++) {
        const struct pulse_score *score = &judgement->score[w];
        const int64_t counts[] = {score->n,         score->hits,
                                  score->moves,     score->interval_rows,
                                  score->inside[0], score->inside[1]};
        const double sums[] = {score->abs_error, score->squared_error, score->persistence_abs_error,
                               score->persistence_squared_error};
        const double trust[] = {judgement->belief[w].alpha, judgement->belief[w].beta,
                                pulse_belief_mean(&judgement->belief[w])};
        if (s == N_ROWS)
            whole[w] = counts[0];
        else if (s >= HITS && s <= INSIDE_95)
            whole[w] = counts[1 + s - HITS];
        else if (s >= ABS_ERROR && s <= PERSISTENCE_SQUARED_ERROR)
            real[w] = sums[s - ABS_ERROR];
        else
            real[w] = trust[s - ALPHA];
    }
    return results->column;
}

static int put_windows(struct pulse_results *results, int64_t v,
                       const struct pulse_evaluation *judgement)
{
    for (int s = N_ROWS; s <= MEAN; s++)
        if (put_column(results, s, v, window_column(results, s, judgement)) != 0)
            return -1;
    return 0;
}

int pulse_results_put(struct pulse_results *results, int64_t variable,
                      const struct pulse_column *column, const struct pulse_evaluation *judgement,
                      struct pulse_err *err)
{
    const struct pulse_variable_summary *verdict = &judgement->verdict;
    const struct {
        int set;
        const double *data;
    } columns[] = {{ACTUAL, column->x},
                   {PREDICTED, judgement->predicted},
                   {PERSISTENCE, judgement->persistence},
                   {BOUND, judgement->bound[0]},
                   {BOUND + 1, judgement->bound[1]},
                   {BOUND + 2, judgement->bound[2]},
                   {BOUND + 3, judgement->bound[3]},
                   {TRUST_LOW, &verdict->trust_low},
                   {TRUST_HIGH, &verdict->trust_high},
                   {SCALE, &verdict->scale},
                   {CENTRE, &verdict->centre},
                   {WEIGHTS, judgement->weight},
                   {SHRINKAGE, judgement->shrinkage},
                   {HALF_80, judgement->half[0]},
                   {HALF_95, judgement->half[1]},
                   {FINAL_WEIGHTS, judgement->final_weight},
                   {FINAL_SHRINKAGE, &judgement->final_shrinkage},
                   {FINAL_HALF_80, &judgement->final_half[0]},
                   {FINAL_HALF_95, &judgement->final_half[1]},
                   {FINAL_SIGMA, &judgement->final_sigma},
                   {FORECAST, &verdict->forecast.value},
                   {FORECAST_BOUND, &verdict->forecast.bound[0]},
                   {FORECAST_BOUND + 1, &verdict->forecast.bound[1]},
                   {FORECAST_BOUND + 2, &verdict->forecast.bound[2]},
                   {FORECAST_BOUND + 3, &verdict->forecast.bound[3]}};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        if (put_column(results, columns[i].set, variable, columns[i].data) != 0)
            return pulse_results_fail(results, "writing", err);
    if (put_windows(results, variable, judgement) != 0)
        return pulse_results_fail(results, "writing", err);
    return 0;
}

void pulse_results_abandon(const struct pulse_comm *comm, const struct pulse_err *err)
{
    if (comm->rank != 0)
        pulse_on_abort_clear();
    (void)MPI_Barrier(comm->comm);
    if (comm->rank == 0)
        pulse_comm_abort(comm, err); /* removes the partial file */
    (void)MPI_Barrier(comm->comm);
    abort(); /* rank 0 has ended us before */
}

int pulse_results_close(const struct pulse_comm *comm, struct pulse_results *results,
                        struct pulse_err *err)
{
    herr_t status = 0;
    for (int s = 0; s < SETS; s++)
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
    return 0;
}
