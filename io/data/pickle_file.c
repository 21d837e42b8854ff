#include "data/pickle_file.h"

#include <stdlib.h>

#include "base/mem.h"
#include "store/store.h"

static const int64_t BYTES_MOST = INT64_C(1) << 32;

/* The whole file, with padding behind it. */
static char *read_bytes(const char *uri, int64_t *n, struct pulse_err *err)
{
    struct pulse_object *object;
    char *bytes = NULL;
    if (pulse_store_open(uri, &object, err) != 0)
        return NULL;
    *n = pulse_store_size(object);
    if (*n > BYTES_MOST)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: a pickle of more than 4 GiB; write the data as Parquet or HDF5", uri);
    else
        bytes = pulse_calloc(*n + PULSE_PICKLE_PADDING, 1, "a pickle", err);
    if (bytes != NULL && pulse_store_read(object, 0, bytes, *n, err) != 0) {
        free(bytes);
        bytes = NULL;
    }
    pulse_store_close(object);
    return bytes;
}

int pulse_pickle_file_read(const char *uri, struct pulse_pickle_file *out, struct pulse_err *err)
{
    *out = (struct pulse_pickle_file){0};
    char *bytes = read_bytes(uri, &out->bytes, err);
    if (bytes == NULL || pulse_pickle_tree_parse(uri, bytes, out->bytes, &out->tree, err) != 0)
        return -1;
    return pulse_pickle_frame_find(uri, out->bytes, out->tree, &out->frame, err);
}

void pulse_pickle_file_clear(struct pulse_pickle_file *file)
{
    pulse_pickle_frame_clear(&file->frame);
    pulse_pickle_tree_free(file->tree);
    *file = (struct pulse_pickle_file){0};
}
