#include "tune/space/sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"

static const int primes[PULSE_MOST_SEARCHED] = {2,  3,  5,  7,   11,  13,  17,  19,  23,  29, 31,
                                                37, 41, 43, 47,  53,  59,  61,  67,  71,  73, 79,
                                                83, 89, 97, 101, 103, 107, 109, 113, 127, 131};

/* Coordinate `dimension` (0 … PULSE_MOST_SEARCHED − 1) of point k: the radical inverse of k in the
 * dimension-th prime b, each digit a replaced by (m a + s) mod b, with m and s drawn by seed,
 * dimension and digit (Halton 1960; scrambled linearly, Matoušek 1998). In [0, 1). */
static double halton_coordinate(uint64_t seed, int dimension, int64_t k)
{
    const int64_t b = primes[dimension];
    struct pulse_random random;
    double x = 0, weight = 1.0 / (double)b;
    pulse_random_init(&random, seed, (uint64_t)dimension);
    /* Digits beyond the last one of k are zeros, and scrambled too. */
    while (weight > 0x1p-53) {
        const int64_t m = 1 + pulse_random_below(&random, b - 1);
        const int64_t s = pulse_random_below(&random, b);
        x += weight * (double)((m * (k % b) + s) % b);
        weight /= (double)b;
        k /= b;
    }
    return x < 1 ? x : nextafter(1, 0);
}

int64_t pulse_sample_grid_points(const struct pulse_space *space)
{
    int64_t points = 1;
    for (int64_t i = 0; i < space->n_search; i++) {
        if (points > PULSE_MOST_TRIALS / space->search[i].n)
            return INT64_MAX;
        points *= space->search[i].n;
    }
    return points;
}

/* ---- From coordinates to values --------------------------------------------------- */

/* Digits that distinguish the values of a range: four, and one more for each that its ends share.
 */
static int count_digits(const struct pulse_search *search)
{
    const double largest = fmax(fabs(search->low), fabs(search->high));
    const double shared = floor(log10(largest / (search->high - search->low)));
    return shared > 0 ? 4 + (int)fmin(shared, 11) : 4;
}

/* A number of a range, which rounding takes to an end at most. */
static char *print_number(const struct pulse_search *search, double x, struct pulse_err *err)
{
    char text[40];
    if (search->whole)
        (void)snprintf(text, sizeof text, "%.0f", x);
    else
        (void)snprintf(text, sizeof text, "%.*g", count_digits(search), x);
    const double rounded = strtod(text, NULL);
    return rounded < search->low || rounded > search->high
               ? pulse_print(err, "%.9g", rounded < search->low ? search->low : search->high)
               : pulse_strdup(text, err);
}

/* The i-th value of a list, or step of a range; its own digits, that is, not those of a sum. */
static char *print_step(const struct pulse_search *search, int64_t i, struct pulse_err *err)
{
    if (search->value != NULL)
        return pulse_strdup(search->value[i], err);
    const double x = search->low + (double)i * search->step;
    return search->whole ? pulse_print(err, "%.0f", x) : pulse_print(err, "%.9g", x);
}

/* The value at x of [0, 1) of a range without steps. */
static char *print_within(const struct pulse_search *search, double x, struct pulse_err *err)
{
    double value = search->log ? search->low * pow(search->high / search->low, x)
                               : search->low + x * (search->high - search->low);
    return print_number(search, fmin(fmax(value, search->low), search->high), err);
}

static char *print_coordinate(const struct pulse_search *search, double x, struct pulse_err *err)
{
    if (search->n == 0)
        return print_within(search, x, err);
    const int64_t i = (int64_t)(x * (double)search->n);
    return print_step(search, i < search->n ? i : search->n - 1, err);
}

int pulse_sample_point(const struct pulse_space *space, int64_t k, char **value,
                       struct pulse_err *err)
{
    int64_t left = k;
    for (int64_t i = space->n_search - 1; i >= 0; i--) {
        const struct pulse_search *search = &space->search[i];
        if (space->random)
            value[i] =
                print_coordinate(search, halton_coordinate((uint64_t)space->seed, (int)i, k), err);
        else {
            value[i] = print_step(search, left % search->n, err);
            left /= search->n;
        }
        if (value[i] != NULL)
            continue;
        while (++i < space->n_search)
            free(value[i]);
        return -1;
    }
    return 0;
}
