#include "store/whole.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "store/file.h"
#include "store/store.h"

/* The n bytes of an open file, all of them read in before anybody touches them: a page that cannot
 * be read is an error here and no signal. False: no such way. */
static bool map_file(int fd, int64_t n, struct pulse_whole *out)
{
#ifdef MADV_POPULATE_READ
    void *bytes = mmap(NULL, (size_t)n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes != MAP_FAILED && madvise(bytes, (size_t)n, MADV_POPULATE_READ) == 0) {
        *out = (struct pulse_whole){.bytes = bytes, .n = n, .memory = bytes, .mapped = true};
        return true;
    }
    if (bytes != MAP_FAILED)
        (void)munmap(bytes, (size_t)n);
#else
    (void)fd, (void)n, (void)out;
#endif
    return false;
}

static int copy_object(struct pulse_object *object, int64_t n, struct pulse_whole *out,
                       struct pulse_err *err)
{
    char *bytes = pulse_alloc_aligned(n, 1, "a whole file", err);
    const struct pulse_range all = {0, n, bytes};
    if (bytes == NULL || pulse_store_read_ranges(object, &all, n > 0, err) != 0) {
        free(bytes);
        return -1;
    }
    *out = (struct pulse_whole){.bytes = bytes, .n = n, .memory = bytes};
    return 0;
}

int pulse_whole_read(const char *uri, int64_t most, struct pulse_whole *out, struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    int status = -1;
    *out = (struct pulse_whole){0};
    if (pulse_store_open(uri, &object, err) != 0)
        return -1;
    const int64_t n = pulse_store_size(object);
    if (n > most)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s is larger than it can be", uri);
    else if (n > 0 && !pulse_store_is_s3(uri) &&
             map_file(pulse_file_descriptor(object), n,
                      out)) /* the name may be another file's now */
        status = 0;
    else
        status = copy_object(object, n, out, err);
    pulse_store_close(object);
    return status;
}

void pulse_whole_clear(struct pulse_whole *whole)
{
    if (whole->mapped)
        (void)munmap(whole->memory, (size_t)whole->n);
    else
        free(whole->memory);
    *whole = (struct pulse_whole){0};
}
