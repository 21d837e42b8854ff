/* A hash that grows piece by piece, by which ranks find out whether they have the same (FNV-1a).
 * Pure; not for names that must be unique (base/digest.h). */
#ifndef PULSE_PLAN_HASH_H
#define PULSE_PLAN_HASH_H

#include <stddef.h>
#include <stdint.h>

#define PULSE_HASH_START UINT64_C(14695981039346656037)

/* The hash of what `hash` stands for, and `n` more bytes; structs with padding go field by field.
 */
static inline uint64_t pulse_hash_bytes(uint64_t hash, const void *data, size_t n)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < n; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): all are set */
        hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
    return hash;
}

#endif
