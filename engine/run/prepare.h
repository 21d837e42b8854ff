/* The first stages: files → panel → plan → who computes what. All functions are collective. */
#ifndef PULSE_RUN_PREPARE_H
#define PULSE_RUN_PREPARE_H

#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "run/work.h"

/* Reads the data; makes the windows of the plan and the panel of the rows in them. */
int pulse_run_load(const struct pulse_comm *comm, const struct pulse_options *options,
                   struct pulse_panel *panel, struct pulse_plan *plan, struct pulse_err *err);

/* The same of data that panel->loaded has already. */
int pulse_run_lay_out(const struct pulse_comm *comm, const struct pulse_options *options,
                      struct pulse_panel *panel, struct pulse_plan *plan, struct pulse_err *err);

/* Systems of equations and spans; the plan has its windows. PULSE_E_USAGE for a model that is too
 * large, PULSE_E_INPUT when the ranks do not come to the same plan. */
int pulse_run_plan(const struct pulse_comm *comm, const struct pulse_options *options,
                   const struct pulse_panel *panel, struct pulse_work *work, struct pulse_err *err);

/* Once the work of each span is known: which rank does what. Refers to the panel as long as it
 * lives.
 */
int pulse_run_distribute(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_panel *panel, struct pulse_work *work,
                         struct pulse_err *err);

/* Local. */
void pulse_work_clear(struct pulse_work *work);

#endif
