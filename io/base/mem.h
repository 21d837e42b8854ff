/* Allocation with the sizes checked before, and a failure that is an error message, not only a
 * NULL. Free everything here with free(). */
#ifndef PULSE_BASE_MEM_H
#define PULSE_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* `count` × `size` bytes, zeroed; never NULL for a count of 0. NULL with PULSE_E_MEMORY in `err`
 * when count is negative, the product overflows, or memory is short; `what` names the array. */
void *pulse_calloc(int64_t count, size_t size, const char *what, struct pulse_err *err);

/* The same, not zeroed, on a 64-byte boundary: for arrays that BLAS works on. */
void *pulse_alloc_aligned(int64_t count, size_t size, const char *what, struct pulse_err *err);

/* Makes the capacity *cap of *array at least `need` elements, by doubling; updates both. 0, or -1
 * with PULSE_E_MEMORY and the array unchanged. */
int pulse_grow(void *array, int64_t *cap, int64_t need, size_t size, const char *what,
               struct pulse_err *err);

/* A copy of `text`; NULL with PULSE_E_MEMORY in `err`. */
char *pulse_strdup(const char *text, struct pulse_err *err);

/* As printf, into a string of its own; NULL with PULSE_E_MEMORY in `err`. */
char *pulse_print(struct pulse_err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* For the process, first of all in main(): memory that one stage frees is kept for the next one. On
 * many machines the first touch of a page costs more than all the arithmetic on it. */
void pulse_keep_freed_memory(void);

#endif
