#include "evaluate/horizons.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

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
        views[r].steps = steps;
        all = sum != NULL;
        if (all)
            memcpy(views[r].sum, sum, sizeof views[r].sum);
    }
    return all;
}

/* Makes `steps` the main horizon of a run that has it. */
static void make_main(struct pulse_losses *run, int64_t steps)
{
    for (int64_t j = 0; run->steps != steps && j < run->n_ahead; j++) {
        struct pulse_losses_ahead *ahead = &run->ahead[j];
        if (ahead->steps != steps)
            continue;
        const struct pulse_losses_ahead chosen = *ahead;
        ahead->steps = run->steps;
        memcpy(ahead->sum, run->sum, sizeof ahead->sum);
        run->steps = chosen.steps;
        memcpy(run->sum, chosen.sum, sizeof run->sum);
    }
}

bool pulse_horizons_differ(const struct pulse_losses *runs, int64_t R)
{
    for (int64_t r = 1; r < R; r++)
        if (runs[r].steps != runs[0].steps)
            return true;
    return false;
}

int pulse_horizons_share(struct pulse_losses *runs, int64_t R, struct pulse_err *err)
{
    int64_t least = INT64_MAX, other = 0;
    for (int64_t j = -1; j < runs->n_ahead; j++) {
        const int64_t steps = j < 0 ? runs->steps : runs->ahead[j].steps;
        bool all = true;
        for (int64_t r = 1; all && r < R; r++)
            all = find_sums(&runs[r], steps) != NULL;
        if (all && steps < least)
            least = steps;
    }
    while (runs[other].steps == runs->steps)
        other++;
    if (least == INT64_MAX)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s predicts %" PRId64 " and %s %" PRId64
                          " rows ahead, and no horizon is "
                          "common to all runs; train them with the same --horizon",
                          runs->label, runs->steps, runs[other].label, runs[other].steps);
    for (int64_t r = 0; r < R; r++)
        make_main(&runs[r], least);
    return 0;
}

/* Of one horizon, into `skill` (R). */
static int measure_skills(const struct pulse_losses *views, int64_t R, int64_t from, int64_t to,
                          struct pulse_comparison *comparison, double *skill, struct pulse_err *err)
{
    struct pulse_err none = {.kind = PULSE_OK};
    const int status = pulse_comparison_make(views, R, from, to, comparison, &none);
    for (int64_t r = 0; r < R; r++)
        skill[r] = status == 0 ? pulse_comparison_mean_skill(comparison, r) : (double)NAN;
    if (status == 0)
        return 0;
    pulse_comparison_clear(comparison);
    if (none.kind == PULSE_E_INPUT)
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
    out->views = pulse_calloc(most, (size_t)R * sizeof *out->views, what, err);
    out->comparison = pulse_calloc(most, sizeof *out->comparison, what, err);
    out->steps = pulse_calloc(most, sizeof *out->steps, what, err);
    out->skill = pulse_calloc(most, (size_t)R * sizeof *out->skill, what, err);
    if (out->views == NULL || out->comparison == NULL || out->steps == NULL || out->skill == NULL)
        status = -1;
    for (int64_t j = 0; status == 0 && j < most; j++) {
        const int64_t steps = j == 0 ? runs->steps : runs->ahead[j - 1].steps;
        struct pulse_losses *views = out->views + out->n * R;
        if (!view_runs(runs, R, steps, views))
            continue;
        status = measure_skills(views, R, from, to, &out->comparison[out->n],
                                out->skill + out->n * R, err);
        out->steps[out->n++] = steps;
    }
    return status;
}

bool pulse_horizon_is_main(const struct pulse_horizon_skills *skills,
                           const struct pulse_comparison *main, int64_t j)
{
    bool all = true;
    for (int64_t r = 0; r < main->R; r++)
        all = all && main->runs[r].steps == skills->steps[j];
    return all;
}

void pulse_horizon_skills_clear(struct pulse_horizon_skills *skills)
{
    for (int64_t j = 0; j < skills->n; j++)
        pulse_comparison_clear(&skills->comparison[j]);
    free(skills->comparison);
    free(skills->views);
    free(skills->steps);
    free(skills->skill);
    *skills = (struct pulse_horizon_skills){0};
}
