#include "math/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* By digits of the numbers' own bits, the last digit first: a pass leaves those that it does not
 * distinguish in the order that they are in. */
enum { BITS = 11, VALUES = 1 << BITS, DIGITS = 6 };

/* A digit of what is ordered as the numbers are: a double's bits are, but for the sign. Both zeros
 * are 0. */
static int64_t digit_of(double x, int digit)
{
    uint64_t bits;
    x += 0.0;
    memcpy(&bits, &x, sizeof bits);
    bits = bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
    return (int64_t)(bits >> digit * BITS & (VALUES - 1));
}

/* `count`: how many have each value of this digit. */
static void sort_by_digit(const struct pulse_sort_entry *from, struct pulse_sort_entry *to,
                          int64_t n, int digit, const int64_t count[VALUES])
{
    int64_t next[VALUES], sum = 0;
    for (int64_t v = 0; v < VALUES; v++) {
        next[v] = sum;
        sum += count[v];
    }
    for (int64_t i = 0; i < n; i++)
        to[next[digit_of(from[i].x, digit)]++] = from[i];
}

int pulse_sort(struct pulse_sort_entry *entries, int64_t n, struct pulse_err *err)
{
    int64_t(*count)[VALUES] = pulse_calloc(DIGITS, sizeof *count, "numbers to sort", err);
    struct pulse_sort_entry *other = pulse_calloc(n, sizeof *other, "numbers to sort", err);
    struct pulse_sort_entry *from = entries, *to = other;
    const int status = count == NULL || other == NULL ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            count[d][digit_of(entries[i].x, d)]++;
    for (int d = 0; status == 0 && n > 0 && d < DIGITS; d++) {
        if (count[d][digit_of(entries[0].x, d)] == n) /* the same in all */
            continue;
        sort_by_digit(from, to, n, d, count[d]);
        struct pulse_sort_entry *sorted = to;
        to = from;
        from = sorted;
    }
    if (from == other && status == 0)
        memcpy(entries, other, (size_t)n * sizeof *entries);
    free(other);
    free(count);
    return status;
}
