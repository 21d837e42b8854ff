#include "base/random.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

static uint64_t next_bits(struct pulse_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

void pulse_random_init(struct pulse_random *random, uint64_t seed, uint64_t stream)
{
    uint64_t x = seed;
    uint64_t mixed = splitmix(&x) ^ stream;
    *random = (struct pulse_random){0};
    for (int i = 0; i < 4; i++)
        random->state[i] = splitmix(&mixed);
}

double pulse_random_uniform(struct pulse_random *random)
{
    return (double)(next_bits(random) >> 11) * 0x1p-53;
}

double pulse_random_normal(struct pulse_random *random)
{
    random->has_spare = !random->has_spare;
    if (!random->has_spare)
        return random->spare;
    double radius = sqrt(-2.0 * log(1.0 - pulse_random_uniform(random)));
    double angle = 6.283185307179586 * pulse_random_uniform(random);
    random->spare = radius * sin(angle);
    return radius * cos(angle);
}

int64_t pulse_random_below(struct pulse_random *random, int64_t n)
{
    return (int64_t)(pulse_random_uniform(random) * (double)n);
}
