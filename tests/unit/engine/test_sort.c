/* sort.c: many numbers in order, against the C library's qsort. */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/sort.h"

static int compare_entries(const void *a, const void *b)
{
    const struct pulse_sort_entry *x = a, *y = b;
    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* n entries that are numbered as they stand come as qsort sorts them, by number and then by place.
 */
static void check_sorted(struct pulse_sort_entry *entries, int64_t n)
{
    struct pulse_err err = {.kind = PULSE_OK};
    struct pulse_sort_entry *want = malloc((size_t)(n + 1) * sizeof *want);
    for (int64_t i = 0; i < n; i++)
        entries[i].at = i;
    memcpy(want, entries, (size_t)n * sizeof *want);
    qsort(want, (size_t)n, sizeof *want, compare_entries);
    assert_int_equal(pulse_sort(entries, n, &err), 0);
    for (int64_t i = 0; i < n; i++) {
        assert_true(entries[i].x == want[i].x);
        assert_int_equal(entries[i].at, want[i].at);
    }
    free(want);
}

static void sort__numbers_of_every_size_come_in_order(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    struct pulse_sort_entry entries[MOST];
    uint64_t seed = 1;
    for (int64_t n = 0; n <= MOST; n = n * 3 + 1)
        for (int few = 0; few < 2; few++) {
            for (int64_t i = 0; i < n; i++) {
                seed = seed * 6364136223846793005U + 1442695040888963407U;
                const double share = (double)(seed >> 11) / 9007199254740992.0;
                entries[i].x =
                    few ? floor(share * 7) : ldexp(share - 0.5, (int)(seed % 2000) - 1000);
            }
            check_sorted(entries, n);
        }
}

static void sort__ends_of_the_scale_and_both_zeros(void **state)
{
    (void)state;
    const double numbers[] = {0.0,     -0.0,     1,    -1,         DBL_MAX,   -DBL_MAX,
                              DBL_MIN, -DBL_MIN, -0.0, INFINITY,   -INFINITY, 0.0,
                              5e-324,  -5e-324,  1,    DBL_EPSILON};
    enum { N = sizeof numbers / sizeof *numbers };
    struct pulse_sort_entry entries[N];
    for (int i = 0; i < N; i++)
        entries[i].x = numbers[i];
    check_sorted(entries, N);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest cases[] = {
        cmocka_unit_test(sort__numbers_of_every_size_come_in_order),
        cmocka_unit_test(sort__ends_of_the_scale_and_both_zeros),
    };
    return check_main(cases, sizeof cases / sizeof *cases, argc, argv);
}
