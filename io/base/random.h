/* Random numbers that are the same everywhere for the same seed: xoshiro256** seeded by splitmix64
 * (Blackman and Vigna), normals by Box and Muller. */
#ifndef PULSE_BASE_RANDOM_H
#define PULSE_BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct pulse_random {
    uint64_t state[4];
    double spare; /* the second normal of a pair */
    bool has_spare;
};

/* `stream` gives independent sequences of one seed. */
void pulse_random_init(struct pulse_random *random, uint64_t seed, uint64_t stream);

/* In [0, 1), a multiple of 2^-53. */
double pulse_random_uniform(struct pulse_random *random);
double pulse_random_normal(struct pulse_random *random);

/* In [0, n); n > 0. */
int64_t pulse_random_below(struct pulse_random *random, int64_t n);

#endif
