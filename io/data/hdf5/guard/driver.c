#include "data/hdf5/guard/driver.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { PAGES = 32 };

struct page {
    int64_t at;   /* offset in the file; -1: empty */
    int64_t used; /* when; the one longest unused goes first */
    char *bytes;
};

struct file {
    H5FD_t public; /* the first: a pointer to it is one to us */
    const struct pulse_h5_bytes *from;
    haddr_t end; /* of what the library calls allocated */
    int64_t clock;
    struct page pages[PAGES];
};

static struct pulse_err failure; /* of the last read that failed */

static herr_t remember_error(const struct pulse_err *err)
{
    failure = *err;
    return -1;
}

bool pulse_h5_driver_failed(struct pulse_err *err)
{
    if (failure.kind == PULSE_OK)
        return false;
    *err = failure;
    failure.kind = PULSE_OK;
    return true;
}

/* ---- Pages ---------------------------------------------------------------------- */

static int read_range(struct file *f, int64_t offset, void *out, int64_t bytes)
{
    struct pulse_err err = {.kind = PULSE_OK};
    return f->from->read(f->from->context, offset, out, bytes, &err) == 0 ? 0
                                                                          : remember_error(&err);
}

static struct page *find_page(struct file *f, int64_t at)
{
    struct page *oldest = &f->pages[0];
    for (int i = 0; i < PAGES; i++) {
        if (f->pages[i].at == at)
            return &f->pages[i];
        if (f->pages[i].used < oldest->used)
            oldest = &f->pages[i];
    }
    const int64_t left = f->from->size - at;
    struct pulse_err err = {.kind = PULSE_OK};
    if (oldest->bytes == NULL)
        oldest->bytes = pulse_calloc(f->from->page, 1, "a page of an HDF5 file", &err);
    if (oldest->bytes == NULL) {
        (void)remember_error(&err);
        return NULL;
    }
    oldest->at = -1;
    if (read_range(f, at, oldest->bytes, left < f->from->page ? left : f->from->page) != 0)
        return NULL;
    oldest->at = at;
    return oldest;
}

static herr_t read_paged(struct file *f, int64_t offset, char *out, int64_t bytes)
{
    while (bytes > 0) {
        const int64_t skip = offset % f->from->page;
        const int64_t n = bytes < f->from->page - skip ? bytes : f->from->page - skip;
        struct page *page = find_page(f, offset - skip);
        if (page == NULL)
            return -1;
        page->used = ++f->clock;
        memcpy(out, page->bytes + skip, (size_t)n);
        offset += n;
        out += n;
        bytes -= n;
    }
    return 0;
}

/* ---- What HDF5 calls ------------------------------------------------------------ */

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    struct pulse_err err = {.kind = PULSE_OK};
    const struct pulse_h5_bytes *const *from = H5Pget_driver_info(access);
    (void)name;
    (void)most;
    if (from == NULL || (flags & H5F_ACC_RDWR) != 0)
        return NULL;
    struct file *f = pulse_calloc(1, sizeof *f, "an open HDF5 file", &err);
    if (f == NULL) {
        (void)remember_error(&err);
        return NULL;
    }
    f->from = *from;
    for (int i = 0; i < PAGES; i++)
        f->pages[i].at = -1;
    return &f->public;
}

static herr_t driver_close(H5FD_t *file)
{
    struct file *f = (struct file *)(void *)file;
    for (int i = 0; i < PAGES; i++)
        free(f->pages[i].bytes);
    free(f);
    return 0;
}

static int driver_compare(const H5FD_t *a, const H5FD_t *b)
{
    const struct pulse_h5_bytes *x = ((const struct file *)(const void *)a)->from;
    const struct pulse_h5_bytes *y = ((const struct file *)(const void *)b)->from;
    return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_DATA_SIEVE;
    return 0;
}

static haddr_t driver_get_end(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const struct file *)(const void *)file)->end;
}

static herr_t driver_set_end(H5FD_t *file, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((struct file *)(void *)file)->end = end;
    return 0;
}

static haddr_t driver_size(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)((const struct file *)(const void *)file)->from->size;
}

static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t how, haddr_t at, size_t bytes,
                          void *out)
{
    struct file *f = (struct file *)(void *)file;
    const uint64_t size = (uint64_t)f->from->size;
    (void)type;
    (void)how;
    if (at > size || bytes > size - at) /* of a truncated or corrupted file */
        return -1;
    if (bytes >= (size_t)f->from->large)
        return read_range(f, (int64_t)at, out, (int64_t)bytes);
    return read_paged(f, (int64_t)at, out, (int64_t)bytes);
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t how, haddr_t at, size_t bytes,
                           const void *from)
{
    (void)file, (void)type, (void)how, (void)at, (void)bytes, (void)from;
    return -1;
}

static const H5FD_class_t driver = {.name = "pulse_bytes",
                                    .maxaddr = (haddr_t)INT64_MAX,
                                    .fc_degree = H5F_CLOSE_STRONG,
                                    .fapl_size = sizeof(const struct pulse_h5_bytes *),
                                    .open = driver_open,
                                    .close = driver_close,
                                    .cmp = driver_compare,
                                    .query = driver_query,
                                    .get_eoa = driver_get_end,
                                    .set_eoa = driver_set_end,
                                    .get_eof = driver_size,
                                    .read = driver_read,
                                    .write = driver_write,
                                    .fl_map = H5FD_FLMAP_DICHOTOMY};

herr_t pulse_h5_driver_set(hid_t access, const struct pulse_h5_bytes *bytes)
{
    static hid_t id = H5I_INVALID_HID;
    /* H5close, and so H5open after it, forgets drivers. */
    if (id < 0 || H5Iis_valid(id) <= 0)
        id = H5FDregister(&driver);
    return id < 0 ? -1 : H5Pset_driver(access, id, &bytes);
}
