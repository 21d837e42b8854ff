/* From --data to observations: which variables there are, who reads and later evaluates which, and
 * each one's values by day. Sees files only through io/data. */
#ifndef PULSE_PANEL_LOAD_H
#define PULSE_PANEL_LOAD_H

#include <stdint.h>

#include "mpi/comm.h"
#include "panel/loaded.h"
#include "plan/options.h"

/* Collective. Reads the chosen variables of options->data from options->start_day (if given) to
 * end_day: each dataset by one rank, a wide file in parts by all. PULSE_E_USAGE for an unknown
 * variable (with the nearest name), PULSE_E_INPUT for what cannot be read. */
int pulse_load(const struct pulse_comm *comm, const struct pulse_options *options,
               struct pulse_loaded *out, struct pulse_err *err);
/* Local: all of it a second time. PULSE_E_MEMORY. Clear in every case. */
int pulse_loaded_copy(const struct pulse_loaded *loaded, struct pulse_loaded *out,
                      struct pulse_err *err);
void pulse_loaded_clear(struct pulse_loaded *loaded);

/* Collective: the sorted days on which any variable is observed, on all ranks; owned by the caller.
 * PULSE_E_INPUT when there is none. */
int pulse_load_calendar(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_loaded *loaded, int64_t **calendar, int64_t *T,
                        struct pulse_err *err);

#endif
