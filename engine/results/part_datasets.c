#include "results/part_datasets.h"

#include <math.h>
#include <string.h>

#include "data/hdf5/put.h"
#include "results/file.h"

int pulse_results_open_part(struct pulse_results *results)
{
    const struct pulse_part_layout *parts = results->header.parts;
    const struct pulse_comm *comm = results->comm;
    if (parts->n == 0 || parts->columns[comm->node] == 0)
        return 0;
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    (void)H5Pset_fapl_mpio(access, comm->on_node, MPI_INFO_NULL);
    (void)H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    results->part = H5Fcreate(parts->path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
    (void)H5Pclose(access);
    return results->part < 0 || pulse_h5_put_attribute(results->part, "fingerprint",
                                                       results->header.fingerprint) != 0
               ? -1
               : 0;
}

/* Selects a part's columns among all: what lies side by side in one step. */
static herr_t select_columns(hid_t space, const struct pulse_part_layout *parts, int part,
                             int64_t V, int rank, const hsize_t *dims)
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
    const struct pulse_part_layout *parts = results->header.parts;
    const int64_t V = results->header.V;
    hsize_t dims[3] = {0}, own[3] = {0};
    char name[PULSE_PART_NAME], path[PULSE_RESULTS_PATH];
    int64_t column;
    const int rank = pulse_results_dimensions(&results->header, s, V, dims, &column);
    (void)pulse_results_dimensions(&results->header, s, parts->columns[part], own, &column);
    hid_t all = H5Screate_simple(rank, dims, NULL), there = H5Screate_simple(rank, own, NULL);
    herr_t status = select_columns(all, parts, part, V, rank, dims);
    if (status >= 0)
        status = H5Pset_virtual(layout, all, pulse_part_name(parts->run, part, name),
                                pulse_results_path(&results->header, s, path), there);
    (void)H5Sclose(there);
    (void)H5Sclose(all);
    return status;
}

/* A dataset of results.h5 without values of its own. Where a part is missing when it is read, its
 * columns are no numbers, and not zero. */
static int tie_dataset(const struct pulse_results *results, int s)
{
    const struct pulse_part_layout *parts = results->header.parts;
    char path[PULSE_RESULTS_PATH];
    const double nothing = NAN;
    const int64_t none = -1;
    const struct pulse_results_dataset dataset =
        pulse_results_describe_set(&results->header, s, results->header.V, path);
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    herr_t status = pulse_results_kind_of(s)->whole
                        ? H5Pset_fill_value(layout, H5T_NATIVE_INT64, &none)
                        : H5Pset_fill_value(layout, H5T_NATIVE_DOUBLE, &nothing);
    for (int part = 0; status >= 0 && part < parts->n; part++)
        if (parts->columns[part] > 0)
            status = tie_part(results, s, part, layout);
    hid_t set = status < 0 ? -1 : pulse_results_create_as(results->file, &dataset, layout);
    (void)H5Pclose(layout);
    return set < 0 || H5Dclose(set) < 0 ? -1 : 0;
}

int pulse_results_split_set(struct pulse_results *results, int s)
{
    const struct pulse_part_layout *parts = results->header.parts;
    if (pulse_results_has_file(results) && tie_dataset(results, s) != 0)
        return -1;
    if (results->part < 0)
        return 0;
    results->set[s] =
        pulse_results_create_set(results, results->part, s, parts->columns[results->comm->node]);
    return results->set[s] < 0 ? -1 : 0;
}
