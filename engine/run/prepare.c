#include "run/run.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "plan/systems.h"

/* ---- Panel: this rank's variables on the calendar ------------------------------- */

static int64_t observations_until(const struct pulse_observed *observed, int64_t last_day)
{
    int64_t n = observed->n;
    while (n > 0 && observed->day[n - 1] > last_day)
        n--;
    return n;
}

static double energy_of(const struct pulse_column *column, int64_t T)
{
    double sum = 0;
    for (int64_t t = 0; t < T; t++)
        sum += column->z[t] * column->z[t];
    return sum;
}

static int build_columns(struct pulse_run *run, struct pulse_err *err)
{
    const int64_t V = run->loaded.V;
    run->columns = pulse_calloc(V, sizeof *run->columns, "the columns", err);
    run->flags = pulse_calloc(V, sizeof *run->flags, "the columns", err);
    run->burned = pulse_calloc(V, sizeof *run->burned, "the columns", err);
    run->verdicts = pulse_calloc(V, sizeof *run->verdicts, "the verdicts", err);
    if (run->columns == NULL || run->flags == NULL || run->burned == NULL || run->verdicts == NULL)
        return -1;
    for (int64_t v = 0; v < V; v++) {
        const char *name = run->loaded.names[v];
        struct pulse_observed *observed = &run->loaded.observed[v];
        if (!pulse_run_owns(run, v))
            continue;
        if (pulse_column_build(&run->columns[v], name, pulse_options_transform(&run->options, name),
                               run->options.burn_in, run->T, run->calendar,
                               observations_until(observed, run->calendar[run->T - 1]),
                               observed->day, observed->value, err) != 0)
            return -1;
        run->burned[v] = run->columns[v].burned;
        run->flags[v] = (run->columns[v].enters ? PULSE_RUN_ENTERS : 0) |
                        (run->columns[v].dense ? PULSE_RUN_DENSE : 0);
        if (run->columns[v].enters)
            run->energy = fmax(run->energy, energy_of(&run->columns[v], run->T));
        free(observed->day); /* the column has it all now */
        free(observed->value);
        *observed = (struct pulse_observed){0};
    }
    return 0;
}

static int warn_of_absent(const struct pulse_run *run, struct pulse_err *err)
{
    int64_t entering = 0;
    for (int64_t v = 0; v < run->loaded.V; v++) {
        entering += run->flags[v] & PULSE_RUN_ENTERS;
        if (run->comm.rank == 0 && !(run->flags[v] & PULSE_RUN_ENTERS))
            pulse_warn("%s never enters: it has fewer values than its burn-in of %lld asks for",
                       run->loaded.names[v], (long long)run->options.burn_in);
    }
    if (entering == 0)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: no variable has the %lld values its burn-in asks for; take a longer period "
            "or lower --burn-in",
            run->options.data, (long long)run->options.burn_in);
    return 0;
}

/* The fresh rows past burn-in of the sparse variables that this rank owns, a bit a row. */
static void mark_rows(const struct pulse_run *run, int64_t E, const int64_t *entered,
                      uint8_t *rowset)
{
    const int64_t bytes = pulse_rowset_bytes(run->T);
    for (int64_t e = 0; e < E; e++) {
        const struct pulse_column *column = &run->columns[entered[e]];
        double previous = NAN;
        if (!pulse_run_owns(run, entered[e]) || column->dense)
            continue;
        for (int64_t t = 0; t < run->T; t++) {
            if (t >= column->burned && pulse_column_fresh(column, t, previous))
                rowset[e * bytes + t / 8] |= (uint8_t)(1U << (t % 8));
            if (!isnan(column->x[t]))
                previous = column->x[t];
        }
    }
}

/* Collective: which variables enter, and which of them share a system. */
static int find_systems(struct pulse_run *run, int64_t *E, int64_t **entered, struct pulse_err *err)
{
    const int64_t V = run->loaded.V;
    uint8_t *rowset = NULL;
    bool *dense = NULL;
    int64_t *burned = NULL;
    int status = -1;
    int code = MPI_Allreduce(MPI_IN_PLACE, run->flags, (int)V, MPI_INT, MPI_SUM, run->comm.comm);
    if (code == MPI_SUCCESS)
        code =
            MPI_Allreduce(MPI_IN_PLACE, run->burned, (int)V, MPI_INT64_T, MPI_SUM, run->comm.comm);
    if (code == MPI_SUCCESS)
        code = MPI_Allreduce(MPI_IN_PLACE, &run->energy, 1, MPI_DOUBLE, MPI_MAX, run->comm.comm);
    if (pulse_mpi_check(code, "agreeing on the variables", err) != 0 ||
        warn_of_absent(run, err) != 0)
        return -1;
    *entered = pulse_calloc(V, sizeof **entered, "the variables", err);
    dense = pulse_calloc(V, sizeof *dense, "the variables", err);
    burned = pulse_calloc(V, sizeof *burned, "the variables", err);
    for (int64_t v = 0; err->kind == PULSE_OK && v < V; v++)
        if (run->flags[v] & PULSE_RUN_ENTERS) {
            dense[*E] = (run->flags[v] & PULSE_RUN_DENSE) != 0;
            burned[*E] = run->burned[v];
            (*entered)[(*E)++] = v;
        }
    const int64_t bytes = *E * pulse_rowset_bytes(run->T);
    rowset = pulse_calloc(bytes, 1, "the rows of sparse variables", err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        goto done;
    mark_rows(run, *E, *entered, rowset);
    code =
        MPI_Allreduce(MPI_IN_PLACE, rowset, (int)bytes, MPI_UNSIGNED_CHAR, MPI_BOR, run->comm.comm);
    if (pulse_mpi_check(code, "agreeing on the systems", err) != 0)
        goto done;
    (void)pulse_systems_group(*E, dense, burned, run->T, run->options.lags, rowset, &run->systems,
                              &run->n_systems, err);
    status = pulse_comm_agree(&run->comm, err);
done:
    free(burned);
    free(dense);
    free(rowset);
    return status;
}

/* ---- Plan ----------------------------------------------------------------------- */

static int plan_windows(struct pulse_run *run, struct pulse_err *err)
{
    if (pulse_load_calendar(&run->comm, &run->options, &run->loaded, &run->calendar, &run->T,
                            err) != 0)
        return -1;
    int64_t start = run->options.has_start ? run->options.start_day : run->calendar[0];
    if (pulse_plan_windows(&run->plan, &run->options, start, run->calendar, &run->T, err) != 0)
        return -1;
    if (run->T == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no chosen variable is observed in the first %lld windows; raise "
                          "--batch-limit or --start-date",
                          run->options.data, (long long)run->options.batch_limit);
    return 0;
}

static int plan_spans(struct pulse_run *run, int64_t E, struct pulse_err *err)
{
    struct pulse_sizes sizes = {.T = run->T,
                                .E = E,
                                .p = run->options.lags,
                                .d = 1 + run->options.lags * E,
                                .L = run->options.n_ridge};
    if (sizes.d > PULSE_MOST_FEATURES)
        return pulse_fail(
            err, PULSE_E_USAGE,
            "%lld variables × %lld lags are %lld features, more than %d; choose fewer",
            (long long)E, (long long)sizes.p, (long long)sizes.d, PULSE_MOST_FEATURES);
    pulse_systems_choose(run->systems, run->n_systems, &sizes, &run->options, run->energy);
    return pulse_plan_spans(&run->plan, &run->options, &sizes, run->systems, run->n_systems, err);
}

/* Collective: what all ranks have planned is one plan, unless they saw different data. */
static int compare_plans(const struct pulse_run *run, struct pulse_err *err)
{
    const uint64_t hash = pulse_plan_hash(&run->plan, run->systems, run->n_systems);
    bool equal;
    if (pulse_comm_all_equal(&run->comm, hash, &equal, err) != 0)
        return -1;
    return equal ? 0
                 : pulse_fail(err, PULSE_E_INPUT,
                              "%s: the ranks do not agree on the plan: let all of them see the "
                              "same data",
                              run->options.data);
}

/* Collective: systems, spans, what a checkpoint has of them, and who does what of the rest. */
static int plan_work(struct pulse_run *run, struct pulse_err *err)
{
    int64_t E = 0, *entered = NULL;
    if (find_systems(run, &E, &entered, err) != 0) {
        (void)pulse_comm_agree(&run->comm, err);
        goto fail;
    }
    (void)plan_spans(run, E, err);
    if (pulse_comm_agree(&run->comm, err) != 0 || compare_plans(run, err) != 0 ||
        pulse_run_checkpoint_find(run, err) != 0)
        goto fail;
    (void)pulse_distribution_init(&run->shares, &run->comm, &run->plan, &run->options,
                                  run->loaded.V, run->loaded.owner, E, entered, err);
    return pulse_comm_agree(&run->comm, err);
fail:
    free(entered);
    return -1;
}

int pulse_run_prepare(struct pulse_run *run, struct pulse_err *err)
{
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_LOAD);
    if (pulse_load(&run->comm, &run->options, &run->loaded, err) != 0)
        return -1;
    (void)pulse_timeline_enter(&run->timeline, PULSE_STAGE_PANEL);
    (void)plan_windows(run, err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    (void)build_columns(run, err);
    if (pulse_comm_agree(&run->comm, err) != 0 || plan_work(run, err) != 0)
        return -1;
    (void)pulse_timeline_enter(&run->timeline, before);
    return 0;
}
