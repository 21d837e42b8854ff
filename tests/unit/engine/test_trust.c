/* trust.c: Beta beliefs and their quantiles. */
#include "check.h"

#include <math.h>

#include "judge/trust.h"
#include "math/beta.h"

static const double shapes[] = {1, 1.5, 2, 7.25, 31, 256, 4096.5, 9e4, 1e6};
enum { SHAPES = sizeof shapes / sizeof *shapes, LEVELS = 40 };

/* The k-th of 40 probabilities strictly between 0 and 1. */
static double level(int k)
{
    return (k + 0.5) / LEVELS;
}

static const struct pulse_score evidence = {
    .n = 30, .moves = 20, .hits = 13, .closer = 9, .farther = 16};

static void trust__starts_knowing_nothing(void **state)
{
    struct pulse_belief belief = pulse_belief_start();
    (void)state;
    CHECK_BITS(belief.alpha, 1);
    CHECK_BITS(belief.beta, 1);
    CHECK_BITS(pulse_belief_mean(&belief), 0.5);
}

static void trust__direction_counts_hits_among_moves(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_belief belief = pulse_belief_start();
    (void)state;
    pulse_belief_update(&belief, &options, &evidence);
    CHECK_BITS(belief.alpha, 14);
    CHECK_BITS(belief.beta, 8);
}

static void trust__persistence_counts_smaller_errors_and_no_ties(void **state)
{
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_belief belief = pulse_belief_start();
    (void)state;
    options.trust = PULSE_TRUST_PERSISTENCE;
    pulse_belief_update(&belief, &options, &evidence);
    CHECK_BITS(belief.alpha, 10);
    CHECK_BITS(belief.beta, 17);
}

static void trust__decay_forgets_towards_the_start(void **state)
{
    const struct pulse_score nothing = {0};
    struct pulse_options options = check_options(NULL, 0);
    struct pulse_belief belief = {17, 5};
    (void)state;
    options.trust_decay = 0.5;
    pulse_belief_update(&belief, &options, &nothing);
    CHECK_BITS(belief.alpha, 9);
    CHECK_BITS(belief.beta, 3);
    options.trust_decay = 0;
    pulse_belief_update(&belief, &options, &evidence);
    CHECK_BITS(belief.alpha, 14);
    CHECK_BITS(belief.beta, 8);
}

static void trust__quantiles_of_powers_are_roots(void **state)
{
    (void)state;
    for (int k = 0; k < LEVELS; k++)
        for (int i = 0; i < SHAPES; i++) {
            const double p = level(k), a = shapes[i];
            CHECK_CLOSE(pulse_beta_quantile(p, a, 1), pow(p, 1 / a), 1e-12);
            CHECK_CLOSE(pulse_beta_quantile(p, 1, a), -expm1(log1p(-p) / a), 1e-12);
        }
}

static void trust__quantiles_mirror(void **state)
{
    (void)state;
    for (int k = 0; k < LEVELS; k++)
        for (int i = 0; i < SHAPES; i++)
            for (int j = 0; j < SHAPES; j++)
                CHECK_CLOSE(pulse_beta_quantile(level(k), shapes[i], shapes[j]),
                            1 - pulse_beta_quantile(1 - level(k), shapes[j], shapes[i]), 1e-11);
}

/* I_x(a, b) for whole a and b: the chance of at least a successes in a + b − 1 trials. */
static double binomial_tail(int a, int b, double x)
{
    const int n = a + b - 1;
    double sum = 0;
    for (int k = a; k <= n; k++)
        sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(x) +
                   (n - k) * log1p(-x));
    return sum;
}

static void trust__quantiles_invert_binomial_sums(void **state)
{
    (void)state;
    for (int a = 1; a < 200; a += 23)
        for (int b = 1; b < 300; b += 41)
            for (int k = 1; k < 40; k += 2)
                CHECK_CLOSE(binomial_tail(a, b, pulse_beta_quantile(k / 40.0, a, b)), k / 40.0,
                            1e-10);
}

static void trust__quantiles_rise_with_p(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int j = 0; j < SHAPES; j++) {
            double before = 0;
            for (int k = 0; k < LEVELS; k++) {
                double x = pulse_beta_quantile(level(k), shapes[i], shapes[j]);
                assert_true(x > before && x < 1);
                before = x;
            }
        }
}

static void trust__near_quantiles_are_the_quantiles(void **state)
{
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int j = 0; j < SHAPES; j++) {
            const double a = shapes[i], b = shapes[j], mean = a / (a + b);
            const double deviation = sqrt(mean * (1 - mean) / (a + b + 1));
            for (int k = 0; k < LEVELS; k++)
                for (int from = -5; from <= 5; from++) /* also from the wrong side, and outside */
                    CHECK_CLOSE(
                        pulse_beta_quantile_near(level(k), a, b, mean + 1.3 * from * deviation),
                        pulse_beta_quantile(level(k), a, b), 1e-9);
            CHECK_BITS(pulse_beta_quantile_near(0.025, a, b, NAN),
                       pulse_beta_quantile(0.025, a, b));
        }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(trust__starts_knowing_nothing),
        cmocka_unit_test(trust__direction_counts_hits_among_moves),
        cmocka_unit_test(trust__persistence_counts_smaller_errors_and_no_ties),
        cmocka_unit_test(trust__decay_forgets_towards_the_start),
        cmocka_unit_test(trust__quantiles_of_powers_are_roots),
        cmocka_unit_test(trust__quantiles_mirror),
        cmocka_unit_test(trust__quantiles_invert_binomial_sums),
        cmocka_unit_test(trust__quantiles_rise_with_p),
        cmocka_unit_test(trust__near_quantiles_are_the_quantiles),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
