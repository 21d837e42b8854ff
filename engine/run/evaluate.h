/* Back from dates to variables: each is evaluated by its owner and handed to a sink: results.h5,
 * which is open, or whatever else wants it. */
#ifndef PULSE_RUN_EVALUATE_H
#define PULSE_RUN_EVALUATE_H

#include "fit/fitted.h"
#include "judge/evaluate.h"
#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "results/results.h"
#include "run/work.h"

/* What becomes of the evaluations. */
struct pulse_evaluation_sink {
    /* Local, on the owner: called once for each variable and horizon (its index). */
    int (*put)(void *context, int64_t horizon, int64_t variable, const struct pulse_column *column,
               const struct pulse_evaluation *evaluation, struct pulse_err *err);
    int (*collect)(void *context, struct pulse_err *err); /* collective, now and then; or NULL */
    void *context;
};

/* Of results.h5. */
struct pulse_evaluation_sink pulse_run_results_sink(struct pulse_results *results);

/* Collective. `summaries` (horizons × V, zeroed by the caller) receives those of the owned
 * variables. */
int pulse_run_evaluate(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_panel *panel, const struct pulse_work *work,
                       const struct pulse_fitted *fitted, const struct pulse_evaluation_sink *sink,
                       struct pulse_variable_summary *summaries, struct pulse_err *err);

/* Collective: every variable's summary to rank 0, where what needs all of them is added. */
int pulse_run_gather_summaries(const struct pulse_comm *comm, int64_t V, int64_t horizons,
                               struct pulse_variable_summary *summaries, struct pulse_err *err);

/* On rank 0, of the main horizon's summaries: one warning, which the results show too, that names
 * variables whose values are all above 0, but not their intervals. */
void pulse_run_warn_below_zero(const struct pulse_panel *panel,
                               const struct pulse_variable_summary *summaries);

#endif
