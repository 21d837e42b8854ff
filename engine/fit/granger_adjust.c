/* What the tests of single systems come to together. */
#include "fit/granger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "math/adjust.h"
#include "math/beta.h"
#include "math/sort.h"

/* ---- A part on its way to the whole --------------------------------------------- */

int64_t pulse_granger_packed(int64_t E, int64_t q)
{
    return (3 * E + 3) * q;
}

void pulse_granger_pack(const struct pulse_granger *part, double *out)
{
    const double *const matrix[] = {part->f, part->p_value, part->partial_r2};
    const int64_t q = part->targets;
    for (int i = 0; i < 3; i++, out += part->E * q)
        memcpy(out, matrix[i], (size_t)(part->E * q) * sizeof *out);
    for (int64_t k = 0; k < q; k++) {
        out[k] = (double)part->method[k];
        out[q + k] = part->ridge[k];
        out[2 * q + k] = part->freedom[k];
    }
}

void pulse_granger_unpack(struct pulse_granger *granger, int64_t q, const int64_t *target,
                          const double *from)
{
    double *const matrix[] = {granger->f, granger->p_value, granger->partial_r2};
    for (int i = 0; i < 3; i++)
        for (int64_t u = 0; u < granger->E; u++)
            for (int64_t k = 0; k < q; k++)
                matrix[i][u * granger->targets + target[k]] = *from++;
    for (int64_t k = 0; k < q; k++) {
        granger->method[target[k]] = (int64_t)from[k];
        granger->ridge[target[k]] = from[q + k];
        granger->freedom[target[k]] = from[2 * q + k];
    }
}

/* ---- All tests ------------------------------------------------------------------ */

enum { INFLATION_TESTS = 100 }; /* fewer say too little of what is common to all */

/* The median of the F distribution. */
static double f_median(double freedom1, double freedom2)
{
    double low = 0, high = 1;
    while (pulse_f_tail(high, freedom1, freedom2) > 0.5)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (pulse_f_tail(middle, freedom1, freedom2) > 0.5)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

/* Tests, and how much F is too large in each: F over the median of its distribution. Returns how
 * many. */
static int64_t find_ratios(const struct pulse_granger *granger, int64_t families,
                           struct pulse_sort_entry *ratio)
{
    const int64_t E = granger->E;
    double median = NAN, freedom = NAN;
    int64_t n = 0;
    for (int64_t t = 0; t < E; t++) {
        if (granger->freedom[t] != freedom) /* also the first time, when it is NaN */
            freedom = granger->freedom[t], median = NAN;
        for (int64_t s = 0; s < E; s++) {
            if (isnan(granger->f[s * E + t]))
                continue;
            if (isnan(median))
                median = f_median((double)families, freedom);
            ratio[n++].x = granger->f[s * E + t] / median;
        }
    }
    return n;
}

/* By how much F is too large for all alike: the median of the ratios. */
static int find_inflation(struct pulse_granger *granger, int64_t families, struct pulse_err *err)
{
    struct pulse_sort_entry *ratio =
        pulse_calloc(granger->E * granger->E, sizeof *ratio, "the Granger tests", err);
    if (ratio == NULL)
        return -1;
    const int64_t n = find_ratios(granger, families, ratio);
    const int status = n < INFLATION_TESTS ? 0 : pulse_sort(ratio, n, err);
    granger->inflation = status != 0 || n < INFLATION_TESTS
                             ? 1
                             : fmax(1, (ratio[(n - 1) / 2].x + ratio[n / 2].x) / 2);
    free(ratio);
    return status;
}

int pulse_granger_adjust(struct pulse_granger *granger, int64_t families, struct pulse_err *err)
{
    const int64_t E = granger->E;
    if (find_inflation(granger, families, err) != 0)
        return -1;
    for (int64_t i = 0; i < E * E; i++)
        granger->p_adjusted[i] = isnan(granger->f[i]) ? (double)NAN
                                 : granger->inflation > 1
                                     ? pulse_f_tail(granger->f[i] / granger->inflation,
                                                    (double)families, granger->freedom[i % E])
                                     : granger->p_value[i];
    return pulse_adjust_p_values(granger->p_adjusted, E * E, err);
}

/* Puts a test where it belongs among the strongest so far. */
static void insert_link(struct pulse_granger_digest *out, const struct pulse_granger_link *link)
{
    int64_t i =
        out->n_strongest < PULSE_GRANGER_STRONGEST ? out->n_strongest++ : PULSE_GRANGER_STRONGEST;
    for (; i > 0; i--) {
        const struct pulse_granger_link *before = &out->strongest[i - 1];
        if (before->p_value < link->p_value ||
            (before->p_value == link->p_value && before->f >= link->f))
            break;
        if (i < PULSE_GRANGER_STRONGEST)
            out->strongest[i] = *before;
    }
    if (i < PULSE_GRANGER_STRONGEST)
        out->strongest[i] = *link;
}

void pulse_granger_sum_up(const struct pulse_granger *granger, struct pulse_granger_digest *out)
{
    const int64_t E = granger->E;
    *out = (struct pulse_granger_digest){.inflation = granger->inflation};
    for (int64_t e = 0; e < E; e++)
        out->targets[granger->method[e]]++;
    for (int64_t at = 0; at < E * E; at++) {
        if (isnan(granger->p_value[at]))
            continue;
        out->tests++;
        if (granger->p_adjusted[at] > 0.05)
            continue;
        out->significant++;
        insert_link(out, &(struct pulse_granger_link){at / E, at % E, granger->f[at],
                                                      granger->p_value[at], granger->p_adjusted[at],
                                                      granger->partial_r2[at]});
    }
}
