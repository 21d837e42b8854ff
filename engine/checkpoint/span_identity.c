#include "checkpoint/span_identity.h"

#include <string.h>

/* A permutation of 64 bits in which every bit depends on all (the finaliser of SplitMix64: Steele,
 * Lea and Flood 2014). */
static uint64_t mix_bits(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* What distinguishes a value of one variable from the same value of another. */
static uint64_t key_of(int64_t variable)
{
    return mix_bits((uint64_t)variable + UINT64_C(0x9e3779b97f4a7c15));
}

void pulse_row_digests_add_values(uint64_t *row, int64_t T, int64_t v, const double *values)
{
    const uint64_t key = key_of(v);
    for (int64_t t = 0; t < T; t++) {
        uint64_t bits;
        memcpy(&bits, &values[t], sizeof bits);
        row[t] += mix_bits(bits ^ key);
    }
}

void pulse_row_digests_add_days(uint64_t *row, int64_t T, const int64_t *calendar)
{
    const uint64_t key = key_of(-1);
    for (int64_t t = 0; t < T; t++)
        row[t] += mix_bits((uint64_t)calendar[t] ^ key);
}

int64_t pulse_row_digests_count_same(const uint64_t *a, int64_t a_rows, const uint64_t *b,
                                     int64_t b_rows)
{
    const int64_t most = a_rows < b_rows ? a_rows : b_rows;
    int64_t t = 0;
    while (t < most && a[t] == b[t])
        t++;
    return t;
}

int64_t pulse_span_reach(const struct pulse_plan *plan, int64_t s)
{
    const int64_t end = plan->spans[s].first_row + plan->spans[s].rows;
    const int64_t reach = end + pulse_sizes_reach(&plan->sizes);
    return reach < plan->sizes.T ? reach : plan->sizes.T;
}

void pulse_span_identities(const struct pulse_plan *plan, const uint64_t *row,
                           const struct pulse_digest *settings, struct pulse_digest *out)
{
    struct link { /* the identity before, the cut, and the rows */
        struct pulse_digest before;
        int64_t first_row, rows;
        struct pulse_digest content;
    } link = {.before = *settings};
    for (int64_t s = 0; s < plan->n_spans; s++) {
        const struct pulse_span *span = &plan->spans[s];
        link.first_row = span->first_row;
        link.rows = span->rows;
        link.content =
            pulse_digest_of(row + span->first_row,
                            (pulse_span_reach(plan, s) - span->first_row) * (int64_t)sizeof *row);
        out[s] = pulse_digest_of(&link, sizeof link);
        link.before = out[s];
    }
}
