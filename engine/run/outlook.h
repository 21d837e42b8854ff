/* --dry-run --ranks N: what the run would need on N ranks (plan/scaling.h), in words and as JSON.
 * Local; knows no MPI. */
#ifndef PULSE_RUN_OUTLOOK_H
#define PULSE_RUN_OUTLOOK_H

#include <jansson.h>

#include "plan/scaling.h"

struct pulse_outlook {
    int ranks;
    double rate;    /* operations of dgemm a second that times are made with */
    int64_t *bytes; /* per rank; owned */
    struct pulse_scaling_traffic traffic;
    struct pulse_scaling at[PULSE_MACHINES];   /* on so many ranks … */
    struct pulse_scaling best[PULSE_MACHINES]; /* … and on those that are worth having */
    int useful[PULSE_MACHINES];
};

/* PULSE_E_MEMORY. Clear it in every case. */
int pulse_outlook_init(struct pulse_outlook *outlook, const struct pulse_scaling_run *run,
                       int ranks, struct pulse_err *err);
void pulse_outlook_clear(struct pulse_outlook *outlook);

/* On standard output. */
void pulse_outlook_print(const struct pulse_outlook *outlook);

/* The same, as keys beside those of the plan. */
json_t *pulse_outlook_build(const struct pulse_outlook *outlook);

#endif
