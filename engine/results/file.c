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

hid_t pulse_results_create_as(hid_t file, const struct pulse_results_dataset *dataset, hid_t layout)
{
    hid_t space = H5Screate_simple(dataset->rank, dataset->dims, NULL);
    hid_t link = H5Pcreate(H5P_LINK_CREATE);
    (void)H5Pset_create_intermediate_group(link, 1);
    (void)H5Pset_obj_track_times(layout, false);
    hid_t set = H5Dcreate2(file, dataset->path, dataset->type, space, link, layout, H5P_DEFAULT);
    if (set >= 0 && (pulse_h5_put_attribute(set, "units", dataset->units) != 0 ||
                     pulse_h5_put_attribute(set, "description", dataset->description) != 0)) {
        (void)H5Dclose(set);
        set = -1;
    }
    (void)H5Pclose(link);
    (void)H5Sclose(space);
    return set;
}

/* A dataset whose space is set aside at once, as parallel writing needs, and not filled, as every
 * element is written. `chunk` may be NULL for contiguous. */
static hid_t create_dataset(hid_t file, const struct pulse_results_dataset *dataset,
                            const hsize_t *chunk)
{
    hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    (void)H5Pset_alloc_time(layout, H5D_ALLOC_TIME_EARLY);
    (void)H5Pset_fill_time(layout, H5D_FILL_TIME_NEVER);
    if (chunk != NULL)
        (void)H5Pset_chunk(layout, dataset->rank, chunk);
    hid_t set = pulse_results_create_as(file, dataset, layout);
    (void)H5Pclose(layout);
    return set;
}

/* ---- Columns -------------------------------------------------------------------- */

struct pulse_results_dataset pulse_results_describe_set(const struct pulse_results_header *header,
                                                        int s, int64_t variables,
                                                        char path[PULSE_RESULTS_PATH])
{
    const struct pulse_results_kind *kind = pulse_results_kind_of(s);
    int64_t column;
    struct pulse_results_dataset set = {.path = pulse_results_path(header, s, path),
                                        .type = kind->whole ? H5T_STD_I64LE : H5T_IEEE_F64LE,
                                        .units = kind->units,
                                        .description = kind->description};
    set.rank = pulse_results_dimensions(header, s, variables, set.dims, &column);
    return set;
}

/* A chunk is one variable's column: what one rank writes at once, and most readers read. */
hid_t pulse_results_create_set(const struct pulse_results *results, hid_t file, int s,
                               int64_t variables)
{
    char path[PULSE_RESULTS_PATH];
    const struct pulse_results_dataset set =
        pulse_results_describe_set(&results->header, s, variables, path);
    hsize_t chunk[3];
    memcpy(chunk, set.dims, sizeof chunk);
    chunk[set.rank - 1] = 1;
    return create_dataset(file, &set, set.rank > 1 && variables > 1 ? chunk : NULL);
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
static int64_t bytes_of(const struct pulse_results_dataset *dataset, hid_t memory_type)
{
    int64_t bytes = (int64_t)H5Tget_size(memory_type);
    for (int i = 0; i < dataset->rank; i++)
        bytes *= (int64_t)dataset->dims[i];
    return bytes;
}

static int create_and_write(const struct pulse_results *results, bool writer,
                            const struct pulse_results_dataset *dataset, hid_t memory_type,
                            const void *data)
{
    hid_t set = create_dataset(results->file, dataset, NULL);
    if (set < 0)
        return -1;
    herr_t status = 0;
    if (writer)
        status = H5Dwrite(set, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
    return H5Dclose(set) < 0 || status < 0 ? -1 : 0;
}

/* Bytes of a dataset from the last rank. The job ends where they do not come. */
static void receive_bytes(const struct pulse_results *results, void *data, int64_t bytes)
{
    struct pulse_err err = {0};
    if (data != NULL && pulse_bytes_receive(results->comm, results->comm->size - 1,
                                            PULSE_TAG_DATASET, data, bytes) == 0)
        return;
    (void)pulse_fail(&err, data == NULL ? PULSE_E_MEMORY : PULSE_E_TEMPORARY,
                     "results of another node did not come; run the same command again");
    pulse_comm_abort(results->comm, &err); /* the other rank waits for us to take them */
}

int pulse_results_write_dataset(const struct pulse_results *results, bool writer,
                                const struct pulse_results_dataset *dataset, hid_t memory_type,
                                const void *data)
{
    if (!results->header.gather)
        return create_and_write(results, writer, dataset, memory_type, data);
    const int64_t bytes = bytes_of(dataset, memory_type);
    if (!pulse_results_has_file(results))
        return writer ? pulse_bytes_send(results->comm, 0, PULSE_TAG_DATASET, data, bytes) : 0;
    struct pulse_err err = {0};
    void *received = writer ? NULL : pulse_calloc(bytes, 1, "results of another node", &err);
    if (!writer)
        receive_bytes(results, received, bytes);
    int status = create_and_write(results, true, dataset, memory_type, writer ? data : received);
    free(received);
    return status;
}

/* Rows of a block that are written at once: MPI's files take less than 2 GiB. */
static hsize_t rows_at_once(const hsize_t *dims)
{
    const hsize_t most = (hsize_t)1 << 27, row = dims[2] > 0 ? dims[2] : 1;
    return row < most ? most / row : 1;
}

/* Block i of the first of three dimensions, on the rank that has the file. */
static int write_block(hid_t set, const hsize_t *dims, int64_t i, const double *block)
{
    const hsize_t step = rows_at_once(dims);
    herr_t status = 0;
    for (hsize_t at = 0; status >= 0 && at < dims[1]; at += step) {
        const hsize_t start[3] = {(hsize_t)i, at, 0};
        const hsize_t count[3] = {1, dims[1] - at < step ? dims[1] - at : step, dims[2]};
        hid_t file = H5Screate_simple(3, dims, NULL), memory = H5Screate_simple(3, count, NULL);
        (void)H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
        status = H5Dwrite(set, H5T_NATIVE_DOUBLE, memory, file, H5P_DEFAULT, block + at * dims[2]);
        (void)H5Sclose(memory);
        (void)H5Sclose(file);
    }
    return status < 0 ? -1 : 0;
}

int pulse_results_write_blocks(const struct pulse_results *results, bool writer,
                               const struct pulse_results_dataset *dataset,
                               pulse_results_fill *fill, const void *context, struct pulse_err *err)
{
    const hsize_t *dims = dataset->dims;
    const bool has_file = pulse_results_has_file(results);
    const bool writes = results->header.gather ? has_file : writer;
    const int64_t n = (int64_t)(dims[1] * dims[2]), bytes = n * (int64_t)sizeof(double);
    double *block =
        pulse_calloc(writer || writes ? n : 0, sizeof *block, "a block of the results", err);
    hid_t set = H5I_INVALID_HID;
    int status = block == NULL ? -1 : 0;
    if (has_file)
        set = create_dataset(results->file, dataset, NULL);
    if (has_file && set < 0)
        status = -1;
    for (int64_t i = 0; status == 0 && i < (int64_t)dims[0]; i++) {
        if (writer)
            fill(results, context, i, block);
        if (writer && !writes)
            status = pulse_bytes_send(results->comm, 0, PULSE_TAG_DATASET, block, bytes);
        else if (writes && !writer)
            receive_bytes(results, block, bytes);
        if (status == 0 && writes)
            status = write_block(set, dims, i, block);
    }
    free(block);
    return set >= 0 && H5Dclose(set) < 0 ? -1 : status;
}
