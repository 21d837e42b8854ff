#include "submit/cost.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "plan/scaling.h"

/* dgemm of one vCPU, which is half a core of a server: 50 GFLOP/s a core were measured with
 * AVX-512, less is taken so that promises are kept on older ones. */
#define RATE_OF_A_VCPU 16e9

static int64_t list_weekdays(int64_t first, int64_t last, int64_t *calendar)
{
    int64_t n = 0;
    for (int64_t day = first; day <= last; day++)
        if (pulse_weekday(day) % 6 != 0) {
            if (calendar != NULL)
                calendar[n] = day;
            n++;
        }
    return n;
}

/* How far back data may go whose first day is not given: thirty years. */
enum { ASSUMED_DAYS = 30 * 365 };

int pulse_cost_init_on(struct pulse_cost *cost, const struct pulse_options *options,
                       int64_t variables, const int64_t *calendar, int64_t T, struct pulse_err *err)
{
    const int64_t first = options->has_start || T == 0 ? options->start_day : calendar[0];
    const bool chosen = options->n_targets > 0 && options->n_targets < variables;
    *cost = (struct pulse_cost){
        .options = options,
        .system = {.q = options->horizons.n * (chosen ? options->n_targets : variables),
                   .last_horizon = options->horizons.n - 1}};
    if (variables < 1 || variables > PULSE_MOST_FEATURES ||
        options->features.n > (PULSE_MOST_FEATURES - 8) / variables)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%lld variables × %lld families are more than %d features; choose fewer",
                          (long long)variables, (long long)options->features.n,
                          PULSE_MOST_FEATURES);
    if (pulse_plan_windows(&cost->plan, options, first, calendar, &T, err) != 0)
        return -1;
    if (T == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "no weekday between --start-date and --end-date: nothing to train");
    struct pulse_sizes sizes = pulse_sizes_of(&options->features, options->n_ridge, T, variables,
                                              cost->plan.calendar.columns);
    sizes.horizons = &options->horizons;
    return pulse_plan_spans(&cost->plan, options, &sizes, &cost->system, 1, err);
}

int pulse_cost_init(struct pulse_cost *cost, const struct pulse_options *options, int64_t variables,
                    struct pulse_err *err)
{
    const int64_t last = options->end_day;
    const int64_t first = options->has_start ? options->start_day : last - ASSUMED_DAYS;
    const int64_t T = list_weekdays(first, last, NULL);
    int64_t *calendar = pulse_calloc(T, sizeof *calendar, "the calendar", err);
    *cost = (struct pulse_cost){.options = options};
    if (calendar == NULL)
        return -1;
    (void)list_weekdays(first, last, calendar);
    const int status = pulse_cost_init_on(cost, options, variables, calendar, T, err);
    free(calendar);
    return status;
}

void pulse_cost_clear(struct pulse_cost *cost)
{
    pulse_plan_clear(&cost->plan);
}

struct pulse_cost_of_run pulse_cost_of_run(const struct pulse_cost *cost, int ranks)
{
    const struct pulse_plan *plan = &cost->plan;
    const struct pulse_scaling_run run = {.plan = plan,
                                          .options = cost->options,
                                          .systems = &cost->system,
                                          .n_systems = 1,
                                          .variables = plan->sizes.E,
                                          .targets = cost->system.q / cost->options->horizons.n,
                                          .rate = RATE_OF_A_VCPU};
    struct pulse_cost_of_run result = {.bytes = 0};
    struct pulse_scaling scaling = {.seconds = 0};
    struct pulse_err ignored = {.kind = PULSE_OK};
    int64_t *bytes = pulse_calloc(ranks, sizeof *bytes, "the shares", &ignored);
    if (bytes != NULL && pulse_scaling_memory(&run, ranks, bytes, &ignored) == 0 &&
        pulse_scaling_time(&run, &pulse_machines[0], ranks, &scaling, &ignored) == 0)
        for (int r = 0; r < ranks; r++)
            result.bytes = bytes[r] > result.bytes ? bytes[r] : result.bytes;
    free(bytes);
    result.judging = scaling.part[PULSE_SCALING_JUDGE];
    result.seconds = scaling.seconds - scaling.part[PULSE_SCALING_START];
    return result;
}
