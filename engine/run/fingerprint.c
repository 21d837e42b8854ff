#include "run/fingerprint.h"

#include <stdlib.h>

#include "base/mem.h"
#include "math/blas_kernels.h"
#include "mpi/collect.h"
#include "run/describe.h"

/* Of the values by name, and of the dates. `named` is V. */
static void digest_data(const struct pulse_panel *panel, const struct pulse_digest *content,
                        struct pulse_digest *named, struct pulse_digest out[2])
{
    const int64_t V = panel->loaded.V;
    for (int64_t v = 0; v < V; v++) {
        const struct pulse_digest both[] = {content[v],
                                            pulse_digest_of_text(panel->loaded.names[v])};
        named[v] = pulse_digest_of(both, sizeof both);
    }
    out[0] = pulse_digest_of(named, V * (int64_t)sizeof *named);
    out[1] = pulse_digest_of(panel->calendar, panel->T * (int64_t)sizeof *panel->calendar);
}

/* Options as they take effect: what follows from the data is the same whether it was said or not,
 * as in a file of options that a run has written. Borrows; what is said a variable is left out. */
static struct pulse_options settle_options(const struct pulse_options *options,
                                           const struct pulse_plan *plan)
{
    const struct pulse_options defaults = pulse_options_defaults();
    struct pulse_options settled = *options;
    settled.has_start = true;
    settled.start_day = plan->windows[0].start_day;
    settled.end_day = plan->windows[plan->n_windows - 1].end_day;
    settled.batch_limit = plan->n_windows;
    settled.calendar = plan->calendar.columns > 0 ? PULSE_CALENDAR_ON : PULSE_CALENDAR_OFF;
    settled.rolling_windows = options->history == PULSE_ROLLING ? options->rolling_windows : 0;
    settled.history_halflife = options->history == PULSE_HALFLIFE ? options->history_halflife : 0;
    settled.time_unit = defaults.time_unit; /* the values are there, however they were read */
    settled.decimal = defaults.decimal;
    settled.transform = defaults.transform;
    settled.n_variables = settled.n_targets = settled.n_transform_of = 0;
    return settled;
}

/* What is said a variable: its transform, and whether it is predicted. Of all names, which the
 * digests of the data hold in this order. `part` is V. */
static struct pulse_digest digest_roles(const struct pulse_options *options,
                                        const struct pulse_panel *panel, int64_t *part)
{
    for (int64_t v = 0; v < panel->loaded.V; v++)
        part[v] = 2 * (int64_t)pulse_options_transform(options, panel->loaded.names[v]) +
                  ((panel->flags[v] & PULSE_PANEL_TARGET) != 0);
    return pulse_digest_of(part, panel->loaded.V * (int64_t)sizeof *part);
}

/* The digest of digests. */
static struct pulse_digest digest_all(const struct pulse_options *options,
                                      const struct pulse_plan *plan,
                                      const struct pulse_digest data[2], struct pulse_digest roles)
{
    const struct pulse_options settled = settle_options(options, plan);
    const struct pulse_digest parts[] = {data[0],
                                         data[1],
                                         pulse_digest_of_text("pulse-train " PULSE_VERSION),
                                         pulse_digest_of_text(pulse_blas_description()),
                                         {{pulse_options_hash_numbers(&settled), 0}},
                                         roles};
    return pulse_digest_of(parts, sizeof parts);
}

int pulse_run_fingerprint_make(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_panel *panel, const struct pulse_plan *plan,
                               struct pulse_run_fingerprint *out, struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    struct pulse_digest all = {{0, 0}}, data[2] = {{{0, 0}}};
    struct pulse_digest *named = pulse_calloc(V, sizeof *named, "the digests", err);
    int64_t *role = pulse_calloc(V, sizeof *role, "the digests", err);
    out->variables = pulse_calloc(V, sizeof *out->variables, "the digests", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        (void)pulse_run_digest_values(comm, panel, panel->T, out->variables, err);
    if (status == 0)
        status = pulse_comm_agree(comm, err);
    if (status == 0 && comm->rank == 0) {
        digest_data(panel, out->variables, named, data);
        all = digest_all(options, plan, data, digest_roles(options, panel, role));
    }
    if (status == 0)
        status = pulse_comm_bcast(comm, &all, sizeof all, err);
    (void)pulse_digest_text(&all, out->text);
    all = pulse_digest_of(data, sizeof data);
    (void)pulse_digest_text(&all, out->data);
    free(named);
    free(role);
    return status;
}

void pulse_run_fingerprint_clear(struct pulse_run_fingerprint *fingerprint)
{
    free(fingerprint->variables);
    fingerprint->variables = NULL;
}
