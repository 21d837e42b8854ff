#include "run/describe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "checkpoint/description.h"
#include "checkpoint/run_fingerprint.h"
#include "checkpoint/span_identity.h"
#include "math/blas_kernels.h"
#include "mpi/collect.h"

/* ---- Digests of the data -------------------------------------------------------- */

/* Collective: of each row, on all ranks. */
static int digest_rows(const struct pulse_comm *comm, const struct pulse_panel *panel,
                       uint64_t *row, struct pulse_err *err)
{
    for (int64_t v = 0; v < panel->loaded.V; v++)
        if (pulse_panel_owns(comm, panel, v))
            pulse_row_digests_add_values(row, panel->T, v, panel->columns[v].x);
    const int status =
        pulse_reduce(comm, row, panel->T, MPI_UINT64_T, MPI_SUM, "describing the rows", err);
    pulse_row_digests_add_days(row, panel->T, panel->calendar);
    return status;
}

int pulse_run_digest_values(const struct pulse_comm *comm, const struct pulse_panel *panel,
                            int64_t rows, struct pulse_digest *content, struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    for (int64_t v = 0; v < V; v++)
        if (pulse_panel_owns(comm, panel, v))
            content[v] =
                pulse_digest_of(panel->columns[v].x, rows * (int64_t)sizeof *panel->columns[v].x);
    /* Only owners have anything but zero bytes. */
    return pulse_reduce_to_first(comm, content, V * (int64_t)sizeof *content, MPI_BYTE, MPI_BOR,
                                 "describing the data", err);
}

/* ---- Description ---------------------------------------------------------------- */

/* Local: the text of all that determines the numbers beside the data, and its digest. */
static int describe_settings(const struct pulse_options *options, const struct pulse_panel *panel,
                             const struct pulse_work *work, struct pulse_run_description *out,
                             struct pulse_err *err)
{
    struct pulse_run_fingerprint_input of = {.options = options,
                                             .plan = &work->plan,
                                             .V = panel->loaded.V,
                                             .names = panel->loaded.names,
                                             .systems = work->systems,
                                             .n_systems = work->n_systems,
                                             .arithmetic = pulse_blas_description()};
    int64_t *entered = pulse_panel_entered(panel, &of.E, err);
    of.entered = entered;
    if (entered != NULL)
        out->settings = pulse_run_fingerprint_text(&of, err);
    free(entered);
    if (out->settings == NULL)
        return -1;
    out->fingerprint = pulse_digest_of_text(out->settings);
    return 0;
}

/* Collective: a text of rank 0, to all. */
static int share_text(const struct pulse_comm *comm, char **text, struct pulse_err *err)
{
    int64_t bytes = comm->rank == 0 ? (int64_t)strlen(*text) : 0;
    if (pulse_comm_bcast(comm, &bytes, sizeof bytes, err) != 0)
        return -1;
    if (comm->rank != 0)
        *text = pulse_calloc(bytes + 1, 1, "the checkpoint", err);
    return pulse_comm_agree(comm, err) != 0 ? -1 : pulse_comm_bcast(comm, *text, bytes, err);
}

int pulse_run_describe(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_panel *panel, const struct pulse_work *work,
                       struct pulse_run_description *out, struct pulse_err *err)
{
    const int64_t V = panel->loaded.V, T = panel->T;
    out->row = pulse_calloc(T, sizeof *out->row, "the digests", err);
    out->content = pulse_calloc(V, sizeof *out->content, "the digests", err);
    out->identity = pulse_calloc(work->plan.n_spans, sizeof *out->identity, "the digests", err);
    if (comm->rank == 0)
        (void)describe_settings(options, panel, work, out, err);
    if (pulse_comm_agree(comm, err) != 0 || digest_rows(comm, panel, out->row, err) != 0 ||
        pulse_run_digest_values(comm, panel, T, out->content, err) != 0 ||
        pulse_comm_bcast(comm, &out->fingerprint, sizeof out->fingerprint, err) != 0)
        return -1;
    pulse_span_identities(&work->plan, out->row, &out->fingerprint, out->identity);
    if (comm->rank == 0) {
        const struct pulse_described_data data = {
            .T = T, .row = out->row, .V = V, .content = out->content};
        out->text = pulse_description_text(out->settings, &data, panel->calendar[T - 1], err);
    }
    return pulse_comm_agree(comm, err) != 0 ? -1 : share_text(comm, &out->text, err);
}

void pulse_run_description_clear(struct pulse_run_description *description)
{
    free(description->settings);
    free(description->row);
    free(description->identity);
    free(description->content);
    free(description->text);
    *description = (struct pulse_run_description){0};
}

/* ---- Changes -------------------------------------------------------------------- */

/* Whether rows that both panels have differ. */
static bool is_revised(const struct pulse_run_changes *changes, int64_t T)
{
    return changes->known && changes->same_rows < changes->their_rows && changes->same_rows < T;
}

/* Collective: which variables have other values in the rows of the run that saved. */
static int find_revised(const struct pulse_comm *comm, const struct pulse_panel *panel,
                        const struct pulse_described_data *theirs, struct pulse_run_changes *out,
                        struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    struct pulse_digest *content = pulse_calloc(V, sizeof *content, "the digests", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = pulse_run_digest_values(comm, panel, out->their_rows, content, err);
    for (int64_t v = V - 1; status == 0 && comm->rank == 0 && theirs->V == V && v >= 0; v--)
        if (!pulse_digest_equal(&content[v], &theirs->content[v])) {
            out->n_revised++;
            out->revised = v;
        }
    free(content);
    return status;
}

int pulse_run_compare(const struct pulse_comm *comm, const struct pulse_panel *panel,
                      const struct pulse_run_description *ours, const char *theirs, int64_t bytes,
                      struct pulse_run_changes *out, struct pulse_err *err)
{
    struct pulse_described_data data = {0};
    *out = (struct pulse_run_changes){0};
    if (comm->rank == 0 && pulse_description_read(theirs, bytes, &ours->fingerprint, &data)) {
        out->known = true;
        out->none =
            (size_t)bytes == strlen(ours->text) && memcmp(theirs, ours->text, (size_t)bytes) == 0;
        out->their_rows = data.T;
        out->same_rows = pulse_row_digests_count_same(ours->row, panel->T, data.row, data.T);
    }
    int status = pulse_comm_bcast(comm, out, sizeof *out, err);
    if (status == 0 && is_revised(out, panel->T) && out->their_rows <= panel->T)
        status = find_revised(comm, panel, &data, out, err);
    pulse_described_data_clear(&data);
    return status;
}

/* The first row of the first span whose numbers depend on a row. */
static int64_t span_start(const struct pulse_plan *plan, int64_t row)
{
    int64_t s = 0;
    while (s + 1 < plan->n_spans && pulse_span_reach(plan, s) <= row)
        s++;
    return plan->spans[s].first_row;
}

static void report_revision(const char *location, const struct pulse_panel *panel,
                            const struct pulse_plan *plan, const struct pulse_run_changes *changes)
{
    char day[PULSE_DATE_TEXT], from[PULSE_DATE_TEXT], who[160] = "", more[48] = "";
    const int64_t row = changes->same_rows;
    if (changes->n_revised > 1)
        (void)snprintf(more, sizeof more, " and %lld more", (long long)changes->n_revised - 1);
    /* A day that is added or missing moves all of them. */
    if (changes->n_revised > 0 && (changes->n_revised < panel->loaded.V || panel->loaded.V == 1)) {
        const char *name = panel->loaded.names[changes->revised];
        (void)snprintf(who, sizeof who, " in %.*s%s", (int)pulse_utf8_cut(name, 80), name, more);
    }
    pulse_warn("the past was revised since %s was saved, first on %s%s: training is done again "
               "from %s on",
               location, pulse_format_day(panel->calendar[row], day), who,
               pulse_format_day(panel->calendar[span_start(plan, row)], from));
}

void pulse_run_report_changes(const char *location, const struct pulse_panel *panel,
                              const struct pulse_plan *plan,
                              const struct pulse_run_changes *changes)
{
    char day[PULSE_DATE_TEXT];
    const int64_t T = panel->T, new_rows = T - changes->same_rows;
    if (!changes->known)
        return;
    if (is_revised(changes, T))
        report_revision(location, panel, plan, changes);
    else if (new_rows > 0 && changes->same_rows > 0)
        pulse_info("%lld row%s after %s %s new since %s was saved", (long long)new_rows,
                   new_rows == 1 ? "" : "s",
                   pulse_format_day(panel->calendar[changes->same_rows - 1], day),
                   new_rows == 1 ? "is" : "are", location);
    else if (changes->their_rows > T)
        pulse_info("%s was saved by a run with %lld rows more", location,
                   (long long)(changes->their_rows - T));
}
