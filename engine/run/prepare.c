#include "run/prepare.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mpi/collect.h"
#include "plan/systems.h"

/* ---- Panel ---------------------------------------------------------------------- */

/* Local: cuts the calendar into windows; rows after the last one are dropped. */
static int plan_windows(const struct pulse_options *options, struct pulse_panel *panel,
                        struct pulse_plan *plan, struct pulse_err *err)
{
    const int64_t start = options->has_start ? options->start_day : panel->calendar[0];
    if (pulse_plan_windows(plan, options, start, panel->calendar, &panel->T, err) != 0)
        return -1;
    if (panel->T == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no chosen variable is observed in the first %lld windows; raise "
                          "--batch-limit or --start-date",
                          options->data, (long long)options->batch_limit);
    return 0;
}

int pulse_run_lay_out(const struct pulse_comm *comm, const struct pulse_options *options,
                      struct pulse_panel *panel, struct pulse_plan *plan, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_PANEL);
    if (pulse_load_calendar(comm, options, &panel->loaded, &panel->calendar, &panel->T, err) == 0)
        (void)plan_windows(options, panel, plan, err);
    if (pulse_comm_agree(comm, err) != 0 || pulse_panel_build(comm, options, panel, err) != 0)
        return -1;
    (void)pulse_timeline_enter(comm->timeline, before);
    return 0;
}

int pulse_run_load(const struct pulse_comm *comm, const struct pulse_options *options,
                   struct pulse_panel *panel, struct pulse_plan *plan, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_LOAD);
    if (pulse_load(comm, options, &panel->loaded, err) != 0)
        return -1;
    (void)pulse_timeline_enter(comm->timeline, before);
    return pulse_run_lay_out(comm, options, panel, plan, err);
}

/* ---- Systems -------------------------------------------------------------------- */

/* Local, once all rows are marked. */
static int group_systems(const struct pulse_options *options, const struct pulse_panel *panel,
                         int64_t E, const int64_t *entered, const uint8_t *rowset,
                         struct pulse_work *work, struct pulse_err *err)
{
    bool *dense = pulse_calloc(E, sizeof *dense, "the variables", err);
    bool *predicted = pulse_calloc(E, sizeof *predicted, "the variables", err);
    int64_t *burn_in_end = pulse_calloc(E, sizeof *burn_in_end, "the variables", err);
    int status = dense == NULL || predicted == NULL || burn_in_end == NULL ? -1 : 0;
    for (int64_t e = 0; status == 0 && e < E; e++) {
        dense[e] = (panel->flags[entered[e]] & PULSE_PANEL_DENSE) != 0;
        predicted[e] = pulse_panel_predicts(panel, entered[e]);
        burn_in_end[e] = panel->burn_in_end[entered[e]];
    }
    const struct pulse_grouping grouping = {.E = E,
                                            .horizons = options->horizons.n,
                                            .predicted = predicted,
                                            .dense = dense,
                                            .burn_in_end = burn_in_end,
                                            .T = panel->T,
                                            .p = pulse_features_first_row(&options->features),
                                            .rowset = rowset};
    if (status == 0)
        status = pulse_systems_group(&grouping, &work->systems, &work->n_systems, err);
    free(burn_in_end);
    free(predicted);
    free(dense);
    return status;
}

/* Collective: which of the variables that enter share a system. */
static int find_systems(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_panel *panel, struct pulse_work *work, int64_t *E,
                        struct pulse_err *err)
{
    int64_t *entered = pulse_panel_entered(panel, E, err);
    const int64_t bytes = options->horizons.n * *E * pulse_rowset_bytes(panel->T);
    uint8_t *rowset = pulse_calloc(bytes, 1, "the rows of sparse variables", err);
    int status = -1;
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    pulse_panel_mark_rows(comm, panel, &options->horizons, *E, entered, rowset);
    if (pulse_reduce(comm, rowset, bytes, MPI_UNSIGNED_CHAR, MPI_BOR, "agreeing on the systems",
                     err) == 0)
        (void)group_systems(options, panel, *E, entered, rowset, work, err);
    status = pulse_comm_agree(comm, err);
done:
    free(entered);
    free(rowset);
    return status;
}

/* ---- Plan ----------------------------------------------------------------------- */

/* Local. */
static int plan_spans(const struct pulse_options *options, const struct pulse_panel *panel,
                      int64_t E, struct pulse_work *work, struct pulse_err *err)
{
    struct pulse_sizes sizes = pulse_sizes_of(&options->features, options->n_ridge, panel->T, E,
                                              work->plan.calendar.columns);
    sizes.horizons = &options->horizons;
    pulse_sizes_limit(&sizes, options->n_ridge, pulse_options_blocks(options));
    pulse_systems_choose(work->systems, work->n_systems, &sizes, options, panel->largest_sum);
    for (int64_t i = 0; sizes.d > PULSE_MOST_FEATURES && i < work->n_systems; i++)
        if (!work->systems[i].kernel_ridge)
            return pulse_fail(
                err, PULSE_E_USAGE,
                "%lld variables × %lld families are %lld features, more than %d: that takes an "
                "expanding history of no more rows than features, and --ridge above 0; choose "
                "fewer variables, or a period of fewer rows",
                (long long)E, (long long)sizes.features->n, (long long)sizes.d,
                PULSE_MOST_FEATURES);
    return pulse_plan_spans(&work->plan, options, &sizes, work->systems, work->n_systems, err);
}

/* Collective: what all ranks have planned is one plan, unless they saw different data. */
static int compare_plans(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_work *work, struct pulse_err *err)
{
    const uint64_t hash = pulse_plan_hash(&work->plan, work->systems, work->n_systems);
    bool equal;
    if (pulse_comm_all_equal(comm, hash, &equal, err) != 0)
        return -1;
    return equal ? 0
                 : pulse_fail(err, PULSE_E_INPUT,
                              "%s: the ranks do not agree on the plan: let all of them see the "
                              "same data",
                              options->data);
}

int pulse_run_plan(const struct pulse_comm *comm, const struct pulse_options *options,
                   const struct pulse_panel *panel, struct pulse_work *work, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_PANEL);
    int64_t E = 0;
    int status = find_systems(comm, options, panel, work, &E, err);
    if (status == 0) {
        (void)plan_spans(options, panel, E, work, err);
        status = pulse_comm_agree(comm, err);
    }
    if (status == 0)
        status = compare_plans(comm, options, work, err);
    (void)pulse_timeline_enter(comm->timeline, before);
    return status;
}

int pulse_run_distribute(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_panel *panel, struct pulse_work *work,
                         struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_PANEL);
    struct pulse_distribution *distribution = &work->distribution;
    distribution->V = panel->loaded.V;
    distribution->owner = panel->loaded.owner;
    distribution->entered = pulse_panel_entered(panel, &distribution->E, err);
    bool *predicted = pulse_calloc(distribution->E, sizeof *predicted, "the variables", err);
    if (distribution->entered != NULL && predicted != NULL) {
        for (int64_t e = 0; e < distribution->E; e++)
            predicted[e] = pulse_panel_predicts(panel, distribution->entered[e]);
        (void)pulse_distribution_init(distribution, &work->plan, options, comm->size, predicted,
                                      err);
    }
    free(predicted);
    (void)pulse_timeline_enter(comm->timeline, before);
    return pulse_comm_agree(comm, err);
}

void pulse_work_clear(struct pulse_work *work)
{
    pulse_distribution_clear(&work->distribution);
    pulse_systems_free(work->systems, work->n_systems);
    pulse_plan_clear(&work->plan);
    *work = (struct pulse_work){0};
}
