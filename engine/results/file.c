#include "results/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/mem.h"
#include "data/hdf5/put.h"
#include "results/byte_transport.h"

int pulse_results_fail(const struct pulse_results *results, const char *what, struct pulse_err *err)
{
    struct statvfs space;
    const char *hint = "check the disk";
    if (statvfs(results->header.directory, &space) == 0 &&
        (int64_t)space.f_bavail * (int64_t)space.f_frsize < INT64_C(1) << 20)
        hint = "the disk is full: free some space or choose another --output";
    return pulse_fail(err, PULSE_E_STORAGE, "%s: %s failed; %s", results->path, what, hint);
}

bool pulse_results_has_file(const struct pulse_results *results)
{
    return !results->header.gather || results->comm->rank == 0;
}

/* ---- Datasets ------------------------------------------------------------------- */

hid_t pulse_results_create_as(hid_t file, const char *path, hid_t type, int rank,
                              const hsize_t *dims, hid_t layout, const char *units,
                              const char *description)
{
    hid_t space = H5Screate_simple(rank, dims, NULL), link = H5Pcreate(H5P_LINK_CREATE);
    (void)H5Pset_create_intermediate_group(link, 1);
    (void)H5Pset_obj_track_times(layout, false);
    hid_t set = H5Dcreate2(file, path, type, space, link, layout, H5P_DEFAULT);
    if (set >= 0 && (pulse_h5_put_attribute(set, "units", units) != 0 ||
                     pulse_h5_put_attribute(set, "description", description) != 0)) {
        (void)H5Dclose(set);
        set = -1;
    }
    (void)H5Pclose(link);
    (void)H5Sclose(space);
    return set;
}

hid_t pulse_results_create(hid_t file, const char *path, hid_t type, int rank, const hsize_t *dims,
                           const hsize_t *chunk, const char *units, const char *description)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    (void)H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER);
    if (chunk != NULL)
        (void)H5Pset_chunk(layout, rank, chunk);
    hid_t set = pulse_results_create_as(file, path, type, rank, dims, layout, units, description);
    (void)H5Pclose(layout);
    return set;
}

/* ---- Columns -------------------------------------------------------------------- */

/* A chunk is one variable's column: what one rank writes at once, and most readers read. */
hid_t pulse_results_create_set(const struct pulse_results *results, hid_t file, int s,
                               int64_t variables)
{
    const struct pulse_results_kind *kind = pulse_results_kind_of(s);
    char path[PULSE_RESULTS_PATH];
    hsize_t dims[3], chunk[3];
    int64_t column;
    const int rank = pulse_results_dimensions(&results->header, s, variables, dims, &column);
    memcpy(chunk, dims, sizeof dims);
    chunk[rank - 1] = 1;
    return pulse_results_create(file, pulse_results_path(&results->header, s, path),
                                kind->whole ? H5T_STD_I64LE : H5T_IEEE_F64LE, rank, dims,
                                rank > 1 && variables > 1 ? chunk : NULL, kind->units,
                                kind->description);
}

/* Writes one variable's column of a dataset from `data` (double or int64). The memory has the shape
 * of the column in the file: HDF5 then copies runs, where it would else map element by element. */
int pulse_results_put_column(const struct pulse_results *results, int s, int64_t variable,
                             const void *data)
{
    const struct pulse_part_layout *parts = results->header.parts;
    const bool apart = pulse_results_in_parts(&results->header, s);
    hsize_t dims[3], start[3] = {0, 0, 0}, count[3];
    int64_t n;
    const int rank = pulse_results_dimensions(
        &results->header, s, apart ? parts->columns[parts->of[variable]] : results->header.V, dims,
        &n);
    memcpy(count, dims, sizeof dims);
    count[rank - 1] = 1;
    start[rank - 1] = (hsize_t)(apart ? parts->column[variable] : variable);
    hid_t file = H5Screate_simple(rank, dims, NULL), memory = H5Screate_simple(rank, count, NULL);
    (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
    herr_t status = H5Dwrite(results->set[s],
                             pulse_results_kind_of(s)->whole ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE,
                             memory, file, H5P_DEFAULT, data);
    (void)H5Sclose(memory);
    (void)H5Sclose(file);
    return status < 0 ? -1 : 0;
}

/* ---- Datasets that are no variable's own ----------------------------------------- */

/* Bytes of a dataset in memory. */
static int64_t bytes_of(hid_t type, int rank, const hsize_t *dims)
{
    int64_t bytes = (int64_t)H5Tget_size(type);
    for (int i = 0; i < rank; i++)
        bytes *= (int64_t)dims[i];
    return bytes;
}

static int create_and_write(const struct pulse_results *results, bool writer, const char *path,
                            hid_t file_type, hid_t memory_type, int rank, const hsize_t *dims,
                            const void *data, const char *units, const char *description)
{
    hid_t set =
        pulse_results_create(results->file, path, file_type, rank, dims, NULL, units, description);
    if (set < 0)
        return -1;
    herr_t status = 0;
    if (writer)
        status = H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    return H5Dclose(set) < 0 || status < 0 ? -1 : 0;
}

/* The bytes of a whole dataset from the last rank, to be freed. */
static void *receive_dataset(const struct pulse_results *results, int64_t bytes)
{
    struct pulse_err err = {0};
    void *received = pulse_calloc(bytes, 1, "results of another node", &err);
    if (received != NULL && pulse_bytes_receive(results->comm, results->comm->size - 1,
                                                PULSE_TAG_DATASET, received, bytes) != 0)
        (void)pulse_fail(&err, PULSE_E_TEMPORARY,
                         "results of another node did not come; run the same command again");
    if (err.kind != PULSE_OK)
        pulse_comm_abort(results->comm, &err); /* the other rank waits for us to take it */
    return received;
}

int pulse_results_write_dataset(const struct pulse_results *results, bool writer, const char *path,
                                hid_t file_type, hid_t memory_type, int rank, const hsize_t *dims,
                                const void *data, const char *units, const char *description)
{
    if (!results->header.gather)
        return create_and_write(results, writer, path, file_type, memory_type, rank, dims, data,
                                units, description);
    const int64_t bytes = bytes_of(memory_type, rank, dims);
    if (!pulse_results_has_file(results))
        return writer ? pulse_bytes_send(results->comm, 0, PULSE_TAG_DATASET, data, bytes) : 0;
    void *received = writer ? NULL : receive_dataset(results, bytes);
    int status = create_and_write(results, true, path, file_type, memory_type, rank, dims,
                                  writer ? data : received, units, description);
    free(received);
    return status;
}
