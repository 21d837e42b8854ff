#include "evaluate/superior.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

/* What is tested; K models, B draws. */
struct test {
    int64_t K, B;
    double *mean;      /* K: mean gains */
    double *deviation; /* K: s */
    double *drawn;     /* B × K: gain* */
    double least;      /* a gain of fewer deviations than this is no competitor's */
    double T;
};

/* The g of the header. */
static double recentre_lower(const struct test *test, int64_t k)
{
    return fmax(test->mean[k], 0);
}

static double recentre_consistent(const struct test *test, int64_t k)
{
    return test->mean[k] >= test->least * test->deviation[k] ? test->mean[k] : 0;
}

static double recentre_upper(const struct test *test, int64_t k)
{
    return test->mean[k];
}

/* Share of the draws whose T* is T or more. */
static double find_p_value(const struct test *test,
                           double (*recentre)(const struct test *, int64_t))
{
    int64_t above = 0;
    for (int64_t b = 0; b < test->B; b++) {
        const double *drawn = test->drawn + b * test->K;
        double most = 0;
        for (int64_t k = 0; k < test->K; k++)
            if (test->deviation[k] > 0)
                most = fmax(most, (drawn[k] - recentre(test, k)) / test->deviation[k]);
        above += most >= test->T;
    }
    return (double)above / (double)test->B;
}

/* The standard deviation of the mean of n values, as if they had nothing to do with each other. */
static double measure_deviation(const double *x, double mean, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : 0;
}

/* How sure a gain is, from its B means `step` apart. */
static double measure_certainty(double mean, const double *drawn, int64_t B, int64_t step)
{
    double sum = 0;
    for (int64_t b = 0; b < B; b++) {
        const double off = drawn[b * step] - mean;
        sum += off * off;
    }
    return sum > 0 ? mean / sqrt(sum / (double)B) : (double)NAN;
}

static void measure_certainties(const struct pulse_bootstrap *bootstrap, int64_t K,
                                const double *gain, const double *drawn, double *t)
{
    for (int64_t k = 0; k < K; k++)
        t[k] = measure_certainty(pulse_mean(gain + k * bootstrap->n, bootstrap->n), drawn + k,
                                 bootstrap->draws, K);
}

/* B × K; NULL: no memory. */
static double *draw_gains(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                          struct pulse_err *err)
{
    double *drawn =
        pulse_calloc(bootstrap->draws, (size_t)K * sizeof *drawn, "the bootstrap's means", err);
    if (drawn != NULL)
        pulse_bootstrap_means(bootstrap, K, gain, drawn);
    return drawn;
}

/* All but the p-values. */
static void measure_gains(struct test *test, const double *gain, int64_t n)
{
    test->least = n > 2 ? -sqrt(2 * log(log((double)n))) : 0;
    for (int64_t k = 0; k < test->K; k++) {
        test->mean[k] = pulse_mean(gain + k * n, n);
        test->deviation[k] = measure_deviation(gain + k * n, test->mean[k], n);
        if (test->deviation[k] > 0)
            test->T = fmax(test->T, test->mean[k] / test->deviation[k]);
    }
}

int pulse_superior_certainty(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                             double *t, struct pulse_err *err)
{
    double *drawn = draw_gains(bootstrap, K, gain, err);
    if (drawn != NULL)
        measure_certainties(bootstrap, K, gain, drawn, t);
    free(drawn);
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The means, deviations and draws of the gains; to be cleared in every case. */
static int begin_test(struct test *test, const struct pulse_bootstrap *bootstrap,
                      const double *gain, struct pulse_err *err)
{
    static const char what[] = "the test of superiority";
    test->mean = pulse_calloc(test->K, sizeof *test->mean, what, err);
    test->deviation = pulse_calloc(test->K, sizeof *test->deviation, what, err);
    test->drawn = draw_gains(bootstrap, test->K, gain, err);
    if (err->kind != PULSE_OK)
        return -1;
    measure_gains(test, gain, bootstrap->n);
    return 0;
}

static void clear_test(struct test *test)
{
    free(test->mean);
    free(test->deviation);
    free(test->drawn);
}

int pulse_superior_of(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                      int64_t k, double *p, struct pulse_err *err)
{
    struct test test = {.K = K, .B = bootstrap->draws};
    const int status = begin_test(&test, bootstrap, gain, err);
    *p = NAN;
    if (status == 0 && bootstrap->n > 2) {
        test.T = test.deviation[k] > 0 ? fmax(0, test.mean[k] / test.deviation[k]) : 0;
        *p = find_p_value(&test, recentre_consistent);
    }
    clear_test(&test);
    return status;
}

int pulse_superior_test(const struct pulse_bootstrap *bootstrap, int64_t K, const double *gain,
                        struct pulse_superior *p, double *t, struct pulse_err *err)
{
    struct test test = {.K = K, .B = bootstrap->draws};
    *p = (struct pulse_superior){NAN, NAN, NAN};
    const int status = begin_test(&test, bootstrap, gain, err);
    if (status == 0)
        measure_certainties(bootstrap, K, gain, test.drawn, t);
    if (status == 0 && bootstrap->n > 2 && K > 0)
        *p = (struct pulse_superior){find_p_value(&test, recentre_lower),
                                     find_p_value(&test, recentre_consistent),
                                     find_p_value(&test, recentre_upper)};
    clear_test(&test);
    return status;
}
