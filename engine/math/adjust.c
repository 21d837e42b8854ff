#include "math/adjust.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "math/sort.h"

int pulse_adjust_p_values(double *p, int64_t n, struct pulse_err *err)
{
    int64_t tested = 0;
    double least = 1;
    struct pulse_sort_entry *tests = pulse_calloc(n, sizeof *tests, "the p-values", err);
    int status = tests == NULL ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < n; i++)
        if (!isnan(p[i]))
            tests[tested++] = (struct pulse_sort_entry){p[i], i};
    if (status == 0)
        status = pulse_sort(tests, tested, err);
    for (int64_t i = tested - 1; status == 0 && i >= 0; i--) {
        least = fmin(least, tests[i].x * (double)tested / (double)(i + 1));
        p[tests[i].at] = least;
    }
    free(tests);
    return status;
}
