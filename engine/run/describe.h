/* What a run's numbers depend on, in digests, and what has changed since the run that left a
 * checkpoint (DEFINITIONS §6.5). Knows nothing of spans that are saved. Collective but where noted.
 */
#ifndef PULSE_RUN_DESCRIBE_H
#define PULSE_RUN_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "run/work.h"

/* Of each variable's values in the first `rows` rows, on rank 0; `content` is V and zero. */
int pulse_run_digest_values(const struct pulse_comm *comm, const struct pulse_panel *panel,
                            int64_t rows, struct pulse_digest *content, struct pulse_err *err);

/* Zero it; clear it in every case. */
struct pulse_run_description {
    char *settings;                  /* beside the data (run_fingerprint.h); rank 0 */
    struct pulse_digest fingerprint; /* of the settings, on all ranks */
    uint64_t *row;                   /* T digests of rows, on all ranks */
    struct pulse_digest *identity;   /* per span, what its numbers depend on; on all ranks */
    struct pulse_digest *content;    /* V: of each variable's values; rank 0 */
    char *text;                      /* of settings and data (description.h), on all ranks */
};

int pulse_run_describe(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_panel *panel, const struct pulse_work *work,
                       struct pulse_run_description *out, struct pulse_err *err);
void pulse_run_description_clear(struct pulse_run_description *description);

/* What the panel of the run that saved has otherwise; on all ranks. */
struct pulse_run_changes {
    bool known;         /* its description could be read */
    bool none;          /* it is ours */
    int64_t their_rows; /* rows of that panel */
    int64_t same_rows;  /* the first ones of both panels are equal */
    int64_t n_revised;  /* variables whose values differ in the rows of that panel … */
    int64_t revised;    /* … and the first of them; both on rank 0 */
};

/* Compares with the description of the run that saved, `bytes` at `theirs`, NULL where there is
 * none (rank 0). */
int pulse_run_compare(const struct pulse_comm *comm, const struct pulse_panel *panel,
                      const struct pulse_run_description *ours, const char *theirs, int64_t bytes,
                      struct pulse_run_changes *out, struct pulse_err *err);

/* Says what has changed since what lies at `location` was saved. Local, rank 0. */
void pulse_run_report_changes(const char *location, const struct pulse_panel *panel,
                              const struct pulse_plan *plan,
                              const struct pulse_run_changes *changes);

#endif
