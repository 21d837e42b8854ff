#include "math/adjust.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"

struct test {
    double p;
    int64_t at;
};

static int compare_tests(const void *a, const void *b)
{
    const struct test *x = a, *y = b;
    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return x->at < y->at ? -1 : x->at > y->at;
}

int pulse_adjust_p_values(double *p, int64_t n, struct pulse_err *err)
{
    int64_t tested = 0;
    double least = 1;
    struct test *tests = pulse_calloc(n, sizeof *tests, "the p-values", err);
    if (tests == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            tests[tested++] = (struct test){p[i], i};
    qsort(tests, (size_t)tested, sizeof *tests, compare_tests);
    for (int64_t i = tested - 1; i >= 0; i--) {
        least = fmin(least, tests[i].p * (double)tested / (double)(i + 1));
        p[tests[i].at] = least;
    }
    free(tests);
    return 0;
}
