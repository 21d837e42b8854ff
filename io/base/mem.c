#include "base/mem.h"

#include <limits.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Bytes of `count` elements, at least 1, or 0 when that cannot be. */
static size_t bytes_of(int64_t count, size_t size)
{
    size_t bytes;
    if (count < 0 || __builtin_mul_overflow((uint64_t)count, size, &bytes) ||
        bytes > PTRDIFF_MAX - 64)
        return 0;
    return bytes == 0 ? 1 : bytes;
}

static void out_of_memory(int64_t count, size_t size, const char *what, struct pulse_err *err)
{
    (void)pulse_fail(err, PULSE_E_MEMORY,
                     "out of memory: %lld × %zu bytes for %s; use a machine with more memory, more "
                     "nodes or fewer variables",
                     (long long)count, size, what);
}

void *pulse_calloc(int64_t count, size_t size, const char *what, struct pulse_err *err)
{
    size_t bytes = bytes_of(count, size);
    void *p = bytes == 0 ? NULL : calloc(1, bytes);
    if (p == NULL)
        out_of_memory(count, size, what, err);
    return p;
}

/* Large arrays lie on huge pages where the system has them: first touching 96 MB takes 12 ms
 * instead of 55. */
static void *alloc_large(size_t bytes)
{
    const size_t huge = (size_t)2 << 20;
    size_t whole = (bytes + huge - 1) / huge * huge;
    void *p = aligned_alloc(huge, whole);
    if (p != NULL)
        (void)madvise(p, whole, MADV_HUGEPAGE);
    return p;
}

void *pulse_alloc_aligned(int64_t count, size_t size, const char *what, struct pulse_err *err)
{
    enum { LARGE_BYTES = 8 << 20 };
    size_t bytes = bytes_of(count, size);
    void *p = NULL;
    if (bytes >= LARGE_BYTES && bytes < PTRDIFF_MAX / 2)
        p = alloc_large(bytes);
    else if (bytes != 0)
        p = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (p == NULL)
        out_of_memory(count, size, what, err);
    return p;
}

int pulse_grow(void *array, int64_t *cap, int64_t need, size_t size, const char *what,
               struct pulse_err *err)
{
    if (need <= *cap)
        return 0;
    int64_t target = *cap < 16 ? 16 : *cap;
    while (target < need && target <= INT64_MAX / 2)
        target *= 2;
    if (target < need)
        target = need;
    void *old;
    memcpy(&old, array, sizeof old);
    size_t bytes = bytes_of(target, size);
    void *grown = bytes == 0 ? NULL : realloc(old, bytes);
    if (grown == NULL) {
        out_of_memory(target, size, what, err);
        return -1;
    }
    memcpy(array, &grown, sizeof grown);
    *cap = target;
    return 0;
}

char *pulse_strdup(const char *text, struct pulse_err *err)
{
    char *copy = strdup(text);
    if (copy == NULL)
        out_of_memory((int64_t)strlen(text) + 1, 1, "a string", err);
    return copy;
}

char *pulse_print(struct pulse_err *err, const char *format, ...)
{
    char *out = NULL;
    va_list values;
    va_start(values, format);
    if (vasprintf(&out, format, values) < 0)
        out = NULL;
    va_end(values);
    if (out == NULL)
        out_of_memory(1, 1, "a string", err);
    return out;
}

void pulse_keep_freed_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 30);
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
}
