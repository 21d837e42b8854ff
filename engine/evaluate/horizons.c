#include "evaluate/horizons.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "evaluate/comparison.h"

/* The sums of a run so many rows ahead; NULL: it has none. */
static double *const *find_sums(const struct pulse_losses *run, int64_t steps)
{
    if (run->steps == steps)
        return run->sum;
    for (int64_t j = 0; j < run->n_ahead; j++)
        if (run->ahead[j].steps == steps)
            return run->ahead[j].sum;
    return NULL;
}

/* The runs as if that horizon were their main one, into `views` (R), which borrow; false where one
 * has not got it. */
static bool view_runs(const struct pulse_losses *runs, int64_t R, int64_t steps,
                      struct pulse_losses *views)
{
    bool all = true;
    for (int64_t r = 0; all && r < R; r++) {
        double *const *sum = find_sums(&runs[r], steps);
        views[r] = runs[r];
        all = sum != NULL;
        if (all)
            memcpy(views[r].sum, sum, sizeof views[r].sum);
    }
    return all;
}

/* Of one horizon, into `skill` (R). */
static int measure_skills(const struct pulse_losses *views, int64_t R, int64_t from, int64_t to,
                          double *skill, struct pulse_err *err)
{
    struct pulse_comparison comparison = {0};
    struct pulse_err none = {.kind = PULSE_OK};
    const int status = pulse_comparison_make(views, R, from, to, &comparison, &none);
    for (int64_t r = 0; r < R; r++)
        skill[r] = status == 0 ? pulse_comparison_mean_skill(&comparison, r) : (double)NAN;
    pulse_comparison_clear(&comparison);
    if (status == 0 || none.kind == PULSE_E_INPUT)
        return 0;
    *err = none;
    return -1;
}

int pulse_horizon_skills_make(const struct pulse_losses *runs, int64_t R, int64_t from, int64_t to,
                              struct pulse_horizon_skills *out, struct pulse_err *err)
{
    static const char what[] = "the horizons";
    const int64_t most = runs->n_ahead + 1;
    int status = 0;
    *out = (struct pulse_horizon_skills){.R = R};
    struct pulse_losses *views = pulse_calloc(R, sizeof *views, what, err);
    out->steps = pulse_calloc(most, sizeof *out->steps, what, err);
    out->skill = pulse_calloc(most, (size_t)R * sizeof *out->skill, what, err);
    if (views == NULL || out->steps == NULL || out->skill == NULL)
        status = -1;
    for (int64_t j = 0; status == 0 && j < most; j++) {
        const int64_t steps = j == 0 ? runs->steps : runs->ahead[j - 1].steps;
        if (!view_runs(runs, R, steps, views))
            continue;
        status = measure_skills(views, R, from, to, out->skill + out->n * R, err);
        out->steps[out->n++] = steps;
    }
    free(views);
    return status;
}

void pulse_horizon_skills_clear(struct pulse_horizon_skills *skills)
{
    free(skills->steps);
    free(skills->skill);
    *skills = (struct pulse_horizon_skills){0};
}
