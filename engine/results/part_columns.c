#include "results/part_columns.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "results/schema.h"

enum { TAG_WANTED = 81, TAG_STATUS, TAG_COLUMN };

/* A column that rank 0 asks for; one of no dataset says that it wants no more. */
struct wanted {
    int64_t column, n;
    char dataset[PULSE_RESULTS_PATH];
};

/* Of this rank's own part. -1 without a message. */
static int read_own_column(struct pulse_results_columns *columns, const struct wanted *wanted,
                           double *out)
{
    hsize_t dims[3], start[3] = {0, 0, 0};
    if (columns->file <= 0)
        columns->file = H5Fopen(columns->parts->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t set = columns->file < 0 ? -1 : H5Dopen2(columns->file, wanted->dataset, H5P_DEFAULT);
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

static int fetch_column(const struct pulse_results_columns *columns, int from,
                        const struct wanted *wanted, double *out)
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
    const struct pulse_part_layout *parts = columns->parts;
    struct wanted wanted = {.column = parts->column[variable], .n = n};
    (void)snprintf(wanted.dataset, sizeof wanted.dataset, "%s", dataset);
    const int from = parts->leader[parts->of[variable]];
    int status = -1;
    if (n <= INT_MAX)
        status = from == 0 ? read_own_column(columns, &wanted, out)
                           : fetch_column(columns, from, &wanted, out);
    return status == 0 ? 0
                       : pulse_fail(err, PULSE_E_STORAGE,
                                    "%s: a column could not be read from the part of node %d",
                                    dataset, parts->of[variable]);
}

/* Answers until rank 0 wants no more, or MPI fails, which all ranks then learn of. */
static void serve_columns(struct pulse_results_columns *columns)
{
    MPI_Comm comm = columns->comm->comm;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct wanted wanted;
    double *buffer = NULL;
    int64_t held = 0;
    while (MPI_Recv(&wanted, sizeof wanted, MPI_BYTE, 0, TAG_WANTED, comm, MPI_STATUS_IGNORE) ==
               MPI_SUCCESS &&
           wanted.dataset[0] != '\0') {
        if (wanted.n > held) {
            free(buffer);
            buffer = pulse_calloc(wanted.n, sizeof *buffer, "a column", &err);
            held = wanted.n;
        }
        if (buffer == NULL)
            pulse_comm_abort(columns->comm, &err); /* rank 0 waits for it */
        const int status = read_own_column(columns, &wanted, buffer);
        (void)MPI_Send(&status, 1, MPI_INT, 0, TAG_STATUS, comm);
        (void)MPI_Send(buffer, (int)wanted.n, MPI_DOUBLE, 0, TAG_COLUMN, comm);
    }
    free(buffer);
}

void pulse_results_columns_end(struct pulse_results_columns *columns)
{
    const struct pulse_part_layout *parts = columns->parts;
    const struct pulse_comm *comm = columns->comm;
    const struct wanted none = {.n = 0};
    if (comm->rank == 0)
        for (int part = 0; part < parts->n; part++)
            if (parts->columns[part] > 0 && parts->leader[part] != 0)
                (void)MPI_Send(&none, sizeof none, MPI_BYTE, parts->leader[part], TAG_WANTED,
                               comm->comm);
    if (comm->rank != 0 && pulse_part_layout_leads(comm, parts))
        serve_columns(columns);
    if (columns->file > 0)
        (void)H5Fclose(columns->file);
    columns->file = 0;
}
