/* From --data to observations: which variables there are, who reads and later evaluates which, and
 * each one's values by day. Sees files only through io/data. */
#ifndef PULSE_PANEL_LOAD_H
#define PULSE_PANEL_LOAD_H

#include <stdint.h>

#include "mpi/comm.h"
#include "plan/options.h"

/* One variable's observations: days strictly ascending. */
struct pulse_observed {
    int64_t n;
    int64_t *day;
    double *value;
};

struct pulse_loaded {
    int64_t V;
    char **names;
    int *owner;                      /* V: the rank that holds and evaluates the variable */
    struct pulse_observed *observed; /* V; empty where another rank is the owner */
    int64_t *duplicates;             /* V: observations overruled by a later one of the same day */
    int64_t untimed;                 /* rows left out because their time stands for none */
    int64_t beside;                  /* columns of files of one variable that were not read */
    uint32_t *midnights;             /* V: zones at whose midnights all its times lie */
    unsigned char *later; /* while it is loaded, where no last day is given: a byte for each day,
                             1 where a value after today is left out; else NULL */
    int64_t bytes_read;   /* by this rank */
};

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
