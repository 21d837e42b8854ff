/* Allocations that fail when a test says so, and what is known of all of them. A program that links
 * the CMake target test_allocations has its malloc, free and the like here: the linker sends them
 * (--wrap). Allocations within shared libraries are not seen. */
#ifndef PULSE_TEST_ALLOCATIONS_H
#define PULSE_TEST_ALLOCATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allocations {
    int64_t alive;  /* blocks that were handed out and not given back */
    size_t largest; /* bytes of the largest one that was asked for; a test may set it to 0 */
    bool failed;    /* one has failed since the last call of allocations_fail_… */
};
extern struct allocations allocations;

/* `succeed` allocations succeed, then one fails, or all from there on. */
void allocations_fail_once(int64_t succeed);
void allocations_fail_from(int64_t succeed);

/* None fails, as in the beginning. */
void allocations_succeed(void);

#endif
