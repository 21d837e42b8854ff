/* results.h5 in parts (parts.h): the columns of a node's own variables in a file that its ranks
 * write together, and in results.h5 datasets of the same name and shape that point there. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "results/file.h"

/* ---- What lies where ------------------------------------------------------------ */

/* Elements of a variable's column. */
static int64_t column_of(const struct pulse_results_header *frame, int s)
{
    hsize_t dims[3];
    int64_t column;
    (void)pulse_results_dimensions(frame, s, frame->V, dims, &column);
    return column;
}

/* Whether what is told per window takes more room than two of the seven datasets per row: windows
 * of a few days. Fewer numbers than that are better to have in results.h5 itself. */
static bool windows_are_many(const struct pulse_results_header *frame)
{
    int64_t elements = 0;
    for (int s = 0; s < SETS; s++)
        if (pulse_results_kinds[s].shape == BY_WINDOW ||
            pulse_results_kinds[s].shape == BY_WINDOW_AND_CANDIDATE)
            elements += column_of(frame, s);
    return elements > 2 * frame->plan->sizes.T;
}

static bool is_apart(const struct pulse_results_header *frame, int s)
{
    switch (pulse_results_kinds[s].shape) {
    case BY_ROW:
        return true;
    case BY_WINDOW:
    case BY_WINDOW_AND_CANDIDATE:
        return windows_are_many(frame);
    default:
        return false;
    }
}

bool pulse_results_in_parts(const struct pulse_results_header *frame, int s)
{
    return frame->parts->n > 0 && is_apart(frame, s);
}

int64_t pulse_results_part_bytes(const struct pulse_results_header *frame, int64_t columns)
{
    int64_t elements = 0;
    for (int s = 0; s < SETS; s++)
        if (is_apart(frame, s))
            elements += column_of(frame, s);
    return 8 * columns * elements;
}

/* ---- Making them ---------------------------------------------------------------- */

int pulse_results_open_part(struct pulse_results *results)
{
    const struct pulse_parts *parts = results->frame.parts;
    const struct pulse_comm *comm = results->comm;
    if (parts->n == 0 || parts->columns[comm->node] == 0)
        return 0;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_fapl_mpio(access, comm->on_node, MPI_INFO_NULL);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    results->part = H5Fcreate(parts->path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    (void)H5Pclose(access);
    return results->part < 0 ? -1 : 0;
}

/* Selects a part's columns among all: what lies side by side in one step. */
static herr_t select_columns(hid_t space, const struct pulse_parts *parts, int part, int64_t V,
                             int rank, const hsize_t *dims)
{
    hsize_t start[3] = {0, 0, 0}, count[3];
    herr_t status = H5Sselect_none(space);
    memcpy(count, dims, 3 * sizeof *dims);
    for (int64_t v = 0, end; status >= 0 && v < V; v = end) {
        for (end = v + 1; end < V && parts->of[end] == parts->of[v];)
            end++;
        if (parts->of[v] != part)
            continue;
        start[rank - 1] = (hsize_t)v;
        count[rank - 1] = (hsize_t)(end - v);
        status = H5Sselect_hyperslab(space, H5S_SELECT_OR, start, NULL, count, NULL);
    }
    return status;
}

/* All columns of a part, as those of the whole that are its variables'. */
static herr_t tie_part(const struct pulse_results *results, int s, int part, hid_t layout)
{
    const struct pulse_parts *parts = results->frame.parts;
    const int64_t V = results->frame.V;
    hsize_t dims[3] = {0}, own[3] = {0};
    char name[PULSE_PART_NAME];
    int64_t column;
    const int rank = pulse_results_dimensions(&results->frame, s, V, dims, &column);
    (void)pulse_results_dimensions(&results->frame, s, parts->columns[part], own, &column);
    hid_t all = H5Screate_simple(rank, dims, NULL), there = H5Screate_simple(rank, own, NULL);
    herr_t status = select_columns(all, parts, part, V, rank, dims);
    if (status >= 0)
        status = H5Pset_virtual(layout, all, pulse_part_name(parts->run, part, name),
                                pulse_results_kinds[s].path, there);
    (void)H5Sclose(there);
    (void)H5Sclose(all);
    return status;
}

/* A dataset of results.h5 without values of its own. Where a part is missing when it is read, its
 * columns are no numbers, and not zero. */
static int tie(const struct pulse_results *results, int s)
{
    const struct pulse_parts *parts = results->frame.parts;
    const bool whole = pulse_results_kinds[s].whole;
    const double nothing = NAN;
    const int64_t none = -1;
    hsize_t dims[3];
    int64_t column;
    const int rank = pulse_results_dimensions(&results->frame, s, results->frame.V, dims, &column);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    herr_t status = whole ? H5Pset_fill_value(layout, H5T_NATIVE_INT64, &none)
                          : H5Pset_fill_value(layout, H5T_NATIVE_DOUBLE, &nothing);
    for (int part = 0; status >= 0 && part < parts->n; part++)
        if (parts->columns[part] > 0)
            status = tie_part(results, s, part, layout);
    hid_t set = status < 0 ? -1
                           : pulse_results_create_as(results->file, pulse_results_kinds[s].path,
                                                     whole ? H5T_STD_I64LE : H5T_IEEE_F64LE, rank,
                                                     dims, layout, pulse_results_kinds[s].units,
                                                     pulse_results_kinds[s].description);
    (void)H5Pclose(layout);
    return set < 0 || H5Dclose(set) < 0 ? -1 : 0;
}

int pulse_results_split_set(struct pulse_results *results, int s)
{
    const struct pulse_parts *parts = results->frame.parts;
    if (pulse_results_has_file(results) && tie(results, s) != 0)
        return -1;
    if (results->part < 0)
        return 0;
    results->set[s] =
        pulse_results_create_set(results, results->part, s, parts->columns[results->comm->node]);
    return results->set[s] < 0 ? -1 : 0;
}

/* ---- Columns of finished parts, for rank 0 -------------------------------------- */

enum { TAG_WANTED = 81, TAG_STATUS, TAG_COLUMN };

/* A column that rank 0 asks for; a set of -1 says that it wants no more. */
struct wanted {
    int64_t set, column, n;
};

/* Of this rank's own part. -1 without a message. */
static int read_own(struct pulse_results_columns *columns, const struct wanted *wanted, double *out)
{
    hsize_t dims[3], start[3] = {0, 0, 0};
    if (columns->file <= 0)
        columns->file = H5Fopen(columns->parts->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = columns->file < 0
                    ? -1
                    : H5Dopen2(columns->file, pulse_results_kinds[wanted->set].path, H5P_DEFAULT);
    if (set < 0)
        return -1;
    hid_t file = H5Dget_space(set);
    const int rank = H5Sget_simple_extent_dims(file, dims, NULL);
    const hsize_t n = (hsize_t)wanted->n;
    start[rank - 1] = (hsize_t)wanted->column;
    dims[rank - 1] = 1;
    hid_t memory = H5Screate_simple(1, &n, NULL);
    herr_t status = H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, dims, NULL);
    if (status >= 0)
        status = H5Dread(set, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, out);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    (void)H5Dclose(set);
    return status < 0 ? -1 : 0;
}

static int fetch(const struct pulse_results_columns *columns, int from, const struct wanted *wanted,
                 double *out)
{
    MPI_Comm comm = columns->comm->comm;
    int status = -1;
    if (MPI_Send(wanted, sizeof *wanted, MPI_BYTE, from, TAG_WANTED, comm) != MPI_SUCCESS ||
        MPI_Recv(&status, 1, MPI_INT, from, TAG_STATUS, comm, MPI_STATUS_IGNORE) != MPI_SUCCESS ||
        MPI_Recv(out, (int)wanted->n, MPI_DOUBLE, from, TAG_COLUMN, comm, MPI_STATUS_IGNORE) !=
            MPI_SUCCESS)
        return -1;
    return status;
}

int pulse_results_column(void *context, const char *dataset, int64_t variable, int64_t n,
                         double *out, struct pulse_err *err)
{
    struct pulse_results_columns *columns = context;
    const struct pulse_parts *parts = columns->parts;
    struct wanted wanted = {.set = 0, .column = parts->column[variable], .n = n};
    while (wanted.set < SETS && strcmp(pulse_results_kinds[wanted.set].path, dataset) != 0)
        wanted.set++;
    const int from = parts->leader[parts->of[variable]];
    int status = -1;
    if (wanted.set < SETS && n <= INT_MAX)
        status = from == 0 ? read_own(columns, &wanted, out) : fetch(columns, from, &wanted, out);
    return status == 0 ? 0
                       : pulse_fail(err, PULSE_E_STORAGE,
                                    "%s: a column could not be read from the part of node %d",
                                    dataset, parts->of[variable]);
}

/* Answers until rank 0 wants no more, or MPI fails, which all ranks then learn of. */
static void serve(struct pulse_results_columns *columns)
{
    MPI_Comm comm = columns->comm->comm;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct wanted wanted;
    double *room = NULL;
    int64_t held = 0;
    while (MPI_Recv(&wanted, sizeof wanted, MPI_BYTE, 0, TAG_WANTED, comm, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           wanted.set >= 0) {
        if (wanted.n > held) {
            free(room);
            room = pulse_calloc(wanted.n, sizeof *room, "a column", &err);
            held = wanted.n;
        }
        if (room == NULL)
            pulse_comm_abort(columns->comm, &err); /* rank 0 waits for it */
        const int status = read_own(columns, &wanted, room);
        (void)MPI_Send(&status, 1, MPI_INT, 0, TAG_STATUS, comm);
        (void)MPI_Send(room, (int)wanted.n, MPI_DOUBLE, 0, TAG_COLUMN, comm);
    }
    free(room);
}

void pulse_results_columns_end(struct pulse_results_columns *columns)
{
    const struct pulse_parts *parts = columns->parts;
    const struct pulse_comm *comm = columns->comm;
    const struct wanted none = {.set = -1};
    if (comm->rank == 0)
        for (int part = 0; part < parts->n; part++)
            if (parts->columns[part] > 0 && parts->leader[part] != 0)
                (void)MPI_Send(&none, sizeof none, MPI_BYTE, parts->leader[part], TAG_WANTED,
                               comm->comm);
    if (comm->rank != 0 && pulse_parts_leads(comm, parts))
        serve(columns);
    if (columns->file > 0)
        (void)H5Fclose(columns->file);
    columns->file = 0;
}
