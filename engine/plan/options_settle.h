/* What comes before and after the command line: defaults, and how what it says fits together. Pure;
 * internal to options. */
#ifndef PULSE_PLAN_OPTIONS_SETTLE_H
#define PULSE_PLAN_OPTIONS_SETTLE_H

#include "plan/options.h"
#include "plan/options_store.h"

/* All options as they are where none is given. PULSE_E_MEMORY. */
int pulse_options_defaults(struct pulse_options *options, struct pulse_err *err);

/* Once all options are taken: where data come from, where results and checkpoints go, and whether
 * the period makes sense. PULSE_E_USAGE. */
int pulse_options_settle(struct pulse_options *options, const struct pulse_options_store *store,
                         struct pulse_err *err);

#endif
