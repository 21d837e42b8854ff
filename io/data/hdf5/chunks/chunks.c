#include "data/hdf5/chunks/chunks.h"

#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct pulse_h5_chunks {
    hid_t dataset;
    int64_t file_bytes;
    int64_t values; /* of a chunk */
    bool shuffled;
    struct libdeflate_decompressor *inflater;
    char *packed; /* as in the file */
    int64_t packed_capacity;
    char *bytes; /* shuffled still; NULL where they are not */
    double *out;
};

/* ---- What is meant --------------------------------------------------------------- */

/* Whether filter `i` of those that a chunk went through when it was written is `wanted`. */
static bool is_filter(hid_t plist, int i, H5Z_filter_t wanted)
{
    unsigned values[8] = {0}, flags, config;
    size_t n = sizeof values / sizeof *values;
    char name[2];
    const H5Z_filter_t found =
        H5Pget_filter2(plist, (unsigned)i, &flags, &n, values, sizeof name, name, &config);
    return found == wanted && (wanted != H5Z_FILTER_SHUFFLE || values[0] == sizeof(double));
}

/* Of a chunk that is packed in the one way or the other; 0: in any other. */
static int64_t count_values(hid_t plist, bool *shuffled)
{
    hsize_t sizes[H5S_MAX_RANK];
    const int filters =
        plist < 0 || H5Pget_layout(plist) != H5D_CHUNKED ? 0 : H5Pget_nfilters(plist);
    int64_t values = 1;
    *shuffled = filters == 2 && is_filter(plist, 0, H5Z_FILTER_SHUFFLE);
    if (filters != 1 + *shuffled || !is_filter(plist, filters - 1, H5Z_FILTER_DEFLATE))
        return 0;
    const int rank = H5Pget_chunk(plist, H5S_MAX_RANK, sizes);
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(values, (int64_t)sizes[i], &values))
            return 0;
    return rank < 1 || values > INT64_MAX / (int64_t)sizeof(double) ? 0 : values;
}

/* The same for a dataset; 0 where it is not of native doubles. */
static int64_t find_values(hid_t dataset, bool *shuffled)
{
    const hid_t plist = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    const int64_t values = count_values(plist, shuffled);
    const bool doubles = type >= 0 && H5Tequal(type, H5T_NATIVE_DOUBLE) > 0;
    if (plist >= 0)
        (void)H5Pclose(plist);
    if (type >= 0)
        (void)H5Tclose(type);
    return doubles ? values : 0;
}

int pulse_h5_chunks_open(hid_t dataset, int64_t file_bytes, struct pulse_h5_chunks **out,
                         struct pulse_err *err)
{
    bool shuffled;
    const int64_t values = find_values(dataset, &shuffled);
    int rc = 0;
    *out = NULL;
    if (values == 0)
        return 0;
    struct pulse_h5_chunks *c = pulse_calloc(1, sizeof *c, "HDF5 chunks", err);
    if (c == NULL)
        return -1;
    *c = (struct pulse_h5_chunks){
        .dataset = dataset, .file_bytes = file_bytes, .values = values, .shuffled = shuffled};
    c->inflater = libdeflate_alloc_decompressor();
    c->out = pulse_alloc_aligned(values, sizeof *c->out, "an HDF5 chunk", err);
    if (shuffled)
        c->bytes = pulse_alloc_aligned(values, sizeof *c->out, "an HDF5 chunk", err);
    if (c->out == NULL || (shuffled && c->bytes == NULL))
        rc = -1;
    else if (c->inflater == NULL)
        rc = pulse_fail(err, PULSE_E_MEMORY, "out of memory: unpacking HDF5 chunks");
    if (rc == 0)
        *out = c;
    else
        pulse_h5_chunks_close(c);
    return rc;
}

void pulse_h5_chunks_close(struct pulse_h5_chunks *chunks)
{
    if (chunks == NULL)
        return;
    if (chunks->inflater != NULL)
        libdeflate_free_decompressor(chunks->inflater);
    free(chunks->packed);
    free(chunks->bytes);
    free(chunks->out);
    free(chunks);
}

/* ---- Unpacking ------------------------------------------------------------------- */

/* The packed bytes of a chunk; 0 where there are none, or they went past a filter. */
static int64_t read_packed(struct pulse_h5_chunks *c, const hsize_t *at)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    hsize_t bytes = 0;
    uint32_t skipped = 0;
    if (H5Dget_chunk_storage_size(c->dataset, at, &bytes) < 0 || bytes == 0 ||
        bytes > (uint64_t)c->file_bytes ||
        pulse_grow(&c->packed, &c->packed_capacity, (int64_t)bytes, 1, "an HDF5 chunk", &ignored) !=
            0 ||
        H5Dread_chunk(c->dataset, H5P_DEFAULT, at, &skipped, c->packed) < 0 || skipped != 0)
        return 0;
    return (int64_t)bytes;
}

/* Swaps the odd groups of `shift` bits of a with the even ones of b. */
static inline void swap_groups(uint64_t *a, uint64_t *b, int shift, uint64_t mask)
{
    const uint64_t moved = ((*a >> shift) ^ *b) & mask;
    *b ^= moved;
    *a ^= moved << shift;
}

/* Bytes sorted by their position in the value (all first ones, then all second ones …) become
 * values: a square of eight by eight bytes at a time changes its rows for its columns. */
static void unshuffle_bytes(const char *planes, int64_t n, double *out)
{
    enum { SIDE = sizeof(double) };
    char *to = (char *)out;
    uint64_t x[SIDE];
    int64_t i = 0;
    for (; i + SIDE <= n; i += SIDE) {
        for (int b = 0; b < SIDE; b++)
            memcpy(&x[b], planes + b * n + i, sizeof *x);
        for (int b = 0; b < SIDE / 2; b++)
            swap_groups(&x[b], &x[b + 4], 32, UINT64_C(0x00000000ffffffff));
        for (int b = 0; b < SIDE / 2; b++)
            swap_groups(&x[b / 2 * 4 + b % 2], &x[b / 2 * 4 + b % 2 + 2], 16,
                        UINT64_C(0x0000ffff0000ffff));
        for (int b = 0; b < SIDE; b += 2)
            swap_groups(&x[b], &x[b + 1], 8, UINT64_C(0x00ff00ff00ff00ff));
        memcpy(to + i * SIDE, x, sizeof x);
    }
    for (; i < n; i++)
        for (int b = 0; b < SIDE; b++)
            to[i * SIDE + b] = planes[b * n + i];
}

double *pulse_h5_chunks_unpack(struct pulse_h5_chunks *chunks, const hsize_t *at)
{
    const size_t wanted = (size_t)chunks->values * sizeof *chunks->out;
    size_t found = 0;
    void *to = chunks->shuffled ? (void *)chunks->bytes : (void *)chunks->out;
    const int64_t packed = read_packed(chunks, at);
    if (packed == 0 ||
        libdeflate_zlib_decompress(chunks->inflater, chunks->packed, (size_t)packed, to, wanted,
                                   &found) != LIBDEFLATE_SUCCESS ||
        found != wanted)
        return NULL;
    if (chunks->shuffled)
        unshuffle_bytes(chunks->bytes, chunks->values, chunks->out);
    return chunks->out;
}
