#include "panel/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "mpi/collect.h"
#include "plan/systems.h"

static int64_t count_until(const struct pulse_observed *observed, int64_t last_day)
{
    int64_t n = observed->n;
    while (n > 0 && observed->day[n - 1] > last_day)
        n--;
    return n;
}

static double sum_squares(const struct pulse_column *column, int64_t T)
{
    double sum = 0;
    for (int64_t t = 0; t < T; t++)
        sum += column->u[t] * column->u[t];
    return sum;
}

static int build_column(const struct pulse_options *options, struct pulse_panel *panel, int64_t v,
                        struct pulse_err *err)
{
    const char *name = panel->loaded.names[v];
    struct pulse_observed *observed = &panel->loaded.observed[v];
    struct pulse_column *column = &panel->columns[v];
    if (pulse_column_build(column, name, options, panel->T, panel->calendar,
                           count_until(observed, panel->calendar[panel->T - 1]), observed->day,
                           observed->value, err) != 0)
        return -1;
    panel->burn_in_end[v] = column->burn_in_end;
    panel->flags[v] =
        (column->enters ? PULSE_PANEL_ENTERS : 0) | (column->dense ? PULSE_PANEL_DENSE : 0);
    if (column->enters)
        panel->largest_sum = fmax(panel->largest_sum, sum_squares(column, panel->T));
    free(observed->day); /* the column has it all now */
    free(observed->value);
    *observed = (struct pulse_observed){0};
    return 0;
}

static int build_columns(const struct pulse_comm *comm, const struct pulse_options *options,
                         struct pulse_panel *panel, struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    panel->columns = pulse_calloc(V, sizeof *panel->columns, "the columns", err);
    panel->flags = pulse_calloc(V, sizeof *panel->flags, "the columns", err);
    panel->burn_in_end = pulse_calloc(V, sizeof *panel->burn_in_end, "the columns", err);
    if (panel->columns == NULL || panel->flags == NULL || panel->burn_in_end == NULL)
        return -1;
    for (int64_t v = 0; v < V; v++)
        if (pulse_panel_owns(comm, panel, v) && build_column(options, panel, v, err) != 0)
            return -1;
    return 0;
}

static int warn_of_absent(const struct pulse_comm *comm, const struct pulse_options *options,
                          const struct pulse_panel *panel, struct pulse_err *err)
{
    enum { NAMED = 5 }; /* each in a line of its own; the others are counted */
    const int64_t V = panel->loaded.V;
    int64_t entering = 0;
    for (int64_t v = 0; v < V; v++) {
        entering += pulse_panel_enters(panel, v);
        if (comm->rank == 0 && !pulse_panel_enters(panel, v) && v + 1 - entering <= NAMED)
            pulse_warn("%s never enters: it has fewer values than its burn-in of %lld asks for",
                       panel->loaded.names[v], (long long)options->burn_in);
    }
    if (comm->rank == 0 && V - entering > NAMED)
        pulse_warn("%lld more variables never enter, for the same reason; the table at the end "
                   "names them",
                   (long long)(V - entering - NAMED));
    if (entering == 0)
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no variable has the %lld values its burn-in asks for; take a longer "
                          "period or lower --burn-in",
                          options->data, (long long)options->burn_in);
    return 0;
}

/* Local, on all ranks alike: which variables are to be predicted. */
static int mark_targets(const struct pulse_options *options, struct pulse_panel *panel,
                        struct pulse_err *err)
{
    int64_t enter = 0;
    for (int64_t v = 0; options->n_targets == 0 && v < panel->loaded.V; v++)
        panel->flags[v] |= PULSE_PANEL_TARGET;
    for (int64_t i = 0; i < options->n_targets; i++) {
        const char *target = options->targets[i];
        int64_t v = 0;
        while (v < panel->loaded.V && strcmp(target, panel->loaded.names[v]) != 0)
            v++;
        if (v == panel->loaded.V)
            return pulse_fail(err, PULSE_E_USAGE,
                              "--targets %s: it is none of the %lld variables of %s", target,
                              (long long)panel->loaded.V, options->data);
        panel->flags[v] |= PULSE_PANEL_TARGET;
        enter += pulse_panel_enters(panel, v);
    }
    return options->n_targets == 0 || enter > 0
               ? 0
               : pulse_fail(err, PULSE_E_INPUT,
                            "--targets %s%s: fewer values than the burn-in of %lld asks for",
                            options->targets[0], options->n_targets > 1 ? " and others" : "",
                            (long long)options->burn_in);
}

/* Collective: what owners know of their columns, to all ranks; only they have anything but 0. */
static int share_flags(const struct pulse_comm *comm, struct pulse_panel *panel,
                       struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    static const char *const what = "agreeing on the variables";
    int status = pulse_reduce(comm, panel->flags, V, MPI_INT, MPI_SUM, what, err);
    if (status == 0)
        status = pulse_reduce(comm, panel->burn_in_end, V, MPI_INT64_T, MPI_SUM, what, err);
    if (status == 0)
        status = pulse_reduce(comm, &panel->largest_sum, 1, MPI_DOUBLE, MPI_MAX, what, err);
    return status;
}

int pulse_panel_build(const struct pulse_comm *comm, const struct pulse_options *options,
                      struct pulse_panel *panel, struct pulse_err *err)
{
    (void)build_columns(comm, options, panel, err);
    if (pulse_comm_agree(comm, err) != 0 || share_flags(comm, panel, err) != 0)
        return -1;
    return warn_of_absent(comm, options, panel, err) != 0 ? -1 : mark_targets(options, panel, err);
}

int64_t *pulse_panel_entered(const struct pulse_panel *panel, int64_t *E, struct pulse_err *err)
{
    int64_t *entered = pulse_calloc(panel->loaded.V, sizeof *entered, "the variables", err);
    *E = 0;
    for (int64_t v = 0; entered != NULL && v < panel->loaded.V; v++)
        if (pulse_panel_enters(panel, v))
            entered[(*E)++] = v;
    return entered;
}

/* Row t is fresh: sets the bit of the row that each horizon predicts it from. */
static void mark_origins(const struct pulse_column *column, const struct pulse_horizons *horizons,
                         int64_t t, int64_t step, uint8_t *rowset)
{
    for (int64_t j = 0; j < horizons->n; j++) {
        const int64_t origin = t - horizons->step[j] + 1;
        if (origin >= column->burn_in_end)
            rowset[j * step + origin / 8] |= (uint8_t)(1U << (origin % 8));
    }
}

void pulse_panel_mark_rows(const struct pulse_comm *comm, const struct pulse_panel *panel,
                           const struct pulse_horizons *horizons, int64_t E, const int64_t *entered,
                           uint8_t *rowset)
{
    const int64_t bytes = pulse_rowset_bytes(panel->T);
    for (int64_t e = 0; e < E; e++) {
        const struct pulse_column *column = &panel->columns[entered[e]];
        double previous = NAN;
        if (!pulse_panel_owns(comm, panel, entered[e]) || column->dense)
            continue;
        for (int64_t t = 0; t < panel->T; t++) {
            if (pulse_column_fresh(column, t, previous))
                mark_origins(column, horizons, t, E * bytes, rowset + e * bytes);
            if (!isnan(column->x[t]))
                previous = column->x[t];
        }
    }
}

void pulse_panel_clear(struct pulse_panel *panel)
{
    for (int64_t v = 0; panel->columns != NULL && v < panel->loaded.V; v++)
        pulse_column_clear(&panel->columns[v]);
    free(panel->columns);
    free(panel->flags);
    free(panel->burn_in_end);
    free(panel->calendar);
    pulse_loaded_clear(&panel->loaded);
    *panel = (struct pulse_panel){0};
}
