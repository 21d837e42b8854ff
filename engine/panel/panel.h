/* The panel: which variables there are, which rank owns which, and each one's column on the
 * calendar. Knows nothing of windows, systems or results. */
#ifndef PULSE_PANEL_PANEL_H
#define PULSE_PANEL_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "mpi/comm.h"
#include "panel/column.h"
#include "panel/load.h"
#include "plan/options.h"

/* In the order in which it comes to be. Zero it; clear it in every case. */
struct pulse_panel {
    struct pulse_loaded loaded; /* V variables; their observations until columns hold them */
    int64_t *calendar;          /* T days */
    int64_t T;
    struct pulse_column *columns; /* V; filled where owned */
    int *flags;                   /* V: of the enumeration below, on all ranks */
    int64_t *burn_in_end;         /* V: the row after the burn-in, on all ranks */
    double largest_sum;           /* largest Σ u² of a variable that enters, of all ranks */
};

enum { PULSE_PANEL_ENTERS = 1, PULSE_PANEL_DENSE = 2, PULSE_PANEL_TARGET = 4 };

/* Whether this rank reads and evaluates variable v. */
static inline bool pulse_panel_owns(const struct pulse_comm *comm, const struct pulse_panel *panel,
                                    int64_t v)
{
    return panel->loaded.owner[v] == comm->rank;
}

static inline bool pulse_panel_enters(const struct pulse_panel *panel, int64_t v)
{
    return (panel->flags[v] & PULSE_PANEL_ENTERS) != 0;
}

/* Whether it enters and is predicted. */
static inline bool pulse_panel_predicts(const struct pulse_panel *panel, int64_t v)
{
    return pulse_panel_enters(panel, v) && (panel->flags[v] & PULSE_PANEL_TARGET) != 0;
}

/* Collective, once T is known: columns of the owned variables out of their observations, which are
 * freed, and what all ranks have to know of them. PULSE_E_INPUT when no variable enters, or a
 * target does not; PULSE_E_USAGE for an unknown target. */
int pulse_panel_build(const struct pulse_comm *comm, const struct pulse_options *options,
                      struct pulse_panel *panel, struct pulse_err *err);
void pulse_panel_clear(struct pulse_panel *panel);

/* Local: the *E variables that enter, ascending; NULL with PULSE_E_MEMORY. To be freed. */
int64_t *pulse_panel_entered(const struct pulse_panel *panel, int64_t *E, struct pulse_err *err);

/* Local: the rows past burn-in of the sparse variables that this rank owns which are fresh a
 * horizon ahead, a bit a row, into `rowset` (horizons × E × pulse_rowset_bytes(T), zeroed by the
 * caller). */
void pulse_panel_mark_rows(const struct pulse_comm *comm, const struct pulse_panel *panel,
                           const struct pulse_horizons *horizons, int64_t E, const int64_t *entered,
                           uint8_t *rowset);

#endif
