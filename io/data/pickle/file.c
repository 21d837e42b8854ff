#include "data/pickle/file.h"

#include <stdlib.h>

#include "base/mem.h"
#include "data/common/decompress.h"
#include "data/common/format.h"
#include "data/pickle/record_store.h"
#include "data/pickle/unpickler.h"
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
    pulse_store_will_read(object, 0, *n);
    if (bytes != NULL && pulse_store_read(object, 0, bytes, *n, err) != 0) {
        free(bytes);
        bytes = NULL;
    }
    pulse_store_close(object);
    return bytes;
}

/* One pickle's tree; `bytes` and `unpacked` are added to. */
static struct pulse_pickle_tree *read_tree(const char *uri, int64_t *bytes, int64_t *unpacked,
                                           struct pulse_err *err)
{
    struct pulse_pickle_tree *tree = NULL;
    int64_t n = 0;
    char *pickle = read_bytes(uri, &n, err);
    *bytes += n;
    const enum pulse_compression packing =
        pickle == NULL ? PULSE_COMPRESSION_NONE : pulse_compression_of_bytes(pickle, n);
    if (packing != PULSE_COMPRESSION_NONE) {
        char *packed = pickle;
        pickle = pulse_decompress(packing, uri, packed, n, PULSE_PICKLE_PADDING, &n, err);
        free(packed);
    }
    *unpacked += n;
    const char *other = pickle == NULL ? NULL : pulse_foreign_bytes(pickle, n);
    if (other != NULL) {
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: %s", uri, other);
        free(pickle);
        return NULL;
    }
    if (pickle == NULL || pulse_pickle_tree_parse(uri, pickle, n, &tree, err) != 0)
        return NULL;
    return tree;
}

/* ---- Records of a stored dataset ------------------------------------------------ */

static int read_records(const char *uri, struct pulse_pickle_file *out, int64_t *unpacked,
                        struct pulse_err *err)
{
    struct pulse_record_files files;
    struct pulse_pickle_value *list = NULL;
    int rc = pulse_record_store_files(uri, &files, err);
    out->tree = rc != 0 ? NULL : pulse_pickle_tree_new(NULL, err);
    out->more = rc != 0 ? NULL : pulse_calloc(files.n, sizeof(void *), "records", err);
    if (out->tree != NULL && out->more != NULL)
        list = pulse_pickle_tree_add(out->tree, PULSE_PICKLE_LIST, err);
    rc = list == NULL ? -1 : 0;
    if (rc == 0)
        rc = pulse_grow(&list->as.list.items, &list->as.list.cap, files.n, sizeof(void *),
                        "records", err);
    for (int64_t i = 0; rc == 0 && i < files.n; i++) {
        struct pulse_pickle_tree *tree = read_tree(files.uris[i], &out->bytes, unpacked, err);
        if (tree == NULL) {
            rc = -1;
            break;
        }
        out->more[out->n_more++] = tree;
        list->as.list.items[list->as.list.n++] = pulse_pickle_tree_take_root(tree);
        if (*unpacked > BYTES_MOST)
            rc = pulse_fail(err, PULSE_E_INPUT, "%s: records of more than 4 GiB", uri);
    }
    if (rc == 0)
        pulse_pickle_tree_set_root(out->tree, list);
    pulse_record_files_clear(&files);
    return rc;
}

int pulse_pickle_file_read(const char *uri, struct pulse_pickle_file *out, struct pulse_err *err)
{
    int64_t unpacked = 0;
    int rc = 0;
    *out = (struct pulse_pickle_file){0};
    if (pulse_record_store_is_dataset(uri)) {
        rc = read_records(uri, out, &unpacked, err);
    } else {
        out->tree = read_tree(uri, &out->bytes, &unpacked, err);
        rc = out->tree == NULL ? -1 : 0;
    }
    return rc == 0 ? pulse_pickle_frame_find(uri, unpacked, out->tree, &out->frame, err) : -1;
}

void pulse_pickle_file_clear(struct pulse_pickle_file *file)
{
    pulse_pickle_frame_clear(&file->frame);
    for (int64_t i = 0; i < file->n_more; i++)
        pulse_pickle_tree_free(file->more[i]);
    free(file->more);
    pulse_pickle_tree_free(file->tree);
    *file = (struct pulse_pickle_file){0};
}
