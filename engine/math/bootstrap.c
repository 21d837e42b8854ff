#include "math/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/random.h"

int pulse_bootstrap_init(struct pulse_bootstrap *bootstrap, int64_t n, int64_t draws, uint64_t seed,
                         struct pulse_err *err)
{
    const double jump = 1 / sqrt((double)n);
    struct pulse_random random;
    *bootstrap = (struct pulse_bootstrap){.n = n, .draws = draws};
    bootstrap->index =
        pulse_calloc(draws, (size_t)n * sizeof *bootstrap->index, "the bootstrap's draws", err);
    if (bootstrap->index == NULL)
        return -1;
    pulse_random_init(&random, seed, 0);
    for (int64_t b = 0; b < draws; b++) {
        int32_t *index = bootstrap->index + b * n;
        for (int64_t i = 0; i < n; i++)
            if (i == 0 || pulse_random_uniform(&random) < jump)
                index[i] = (int32_t)pulse_random_below(&random, n);
            else
                index[i] = index[i - 1] + 1 < n ? index[i - 1] + 1 : 0;
    }
    return 0;
}

void pulse_bootstrap_clear(struct pulse_bootstrap *bootstrap)
{
    free(bootstrap->index);
    *bootstrap = (struct pulse_bootstrap){0};
}

double pulse_mean(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* 1/√c of the header. */
static double find_widening(int64_t n)
{
    const double stay = 1 - 1 / sqrt((double)n);
    double power = 1, sum = 0;
    for (int64_t i = 1; i < n; i++) {
        power *= stay;
        sum += (1 - (double)i / (double)n) * power;
    }
    const double share = 1 - 1 / (double)n - 2 * sum / (double)n;
    return share > 0 ? 1 / sqrt(share) : 1;
}

/* Sums over one draw of so many series, n apart, at once: none waits for the last addition of
 * another. */
enum { ABREAST = 8 };

static inline void add_draw(const double *x, int64_t n, const int32_t *index, int64_t series,
                            double sum[ABREAST])
{
    double part[ABREAST] = {0};
    for (int64_t j = 0; j < n; j++)
#pragma GCC unroll 8
        for (int64_t k = 0; k < series; k++)
            part[k] += x[k * n + index[j]];
    memcpy(sum, part, sizeof part);
}

void pulse_bootstrap_means(const struct pulse_bootstrap *bootstrap, int64_t m, const double *x,
                           double *mean)
{
    const int64_t n = bootstrap->n;
    const double widening = find_widening(n);
    for (int64_t i = 0; i < m; i += ABREAST) {
        const int64_t series = m - i < ABREAST ? m - i : ABREAST;
        double own[ABREAST], sum[ABREAST];
        for (int64_t k = 0; k < series; k++)
            own[k] = pulse_mean(x + (i + k) * n, n);
        for (int64_t b = 0; b < bootstrap->draws; b++) {
            const int32_t *index = bootstrap->index + b * n;
            if (series == ABREAST) /* a number that the compiler knows */
                add_draw(x + i * n, n, index, ABREAST, sum);
            else
                add_draw(x + i * n, n, index, series, sum);
            for (int64_t k = 0; k < series; k++)
                mean[b * m + i + k] = own[k] + (sum[k] / (double)n - own[k]) * widening;
        }
    }
}
