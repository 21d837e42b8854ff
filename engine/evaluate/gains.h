/* When runs gained on another: a picture a run, on one scale, as a section of a page. */
#ifndef PULSE_EVALUATE_GAINS_H
#define PULSE_EVALUATE_GAINS_H

#include <stdio.h>

#include "evaluate/comparison.h"

struct pulse_gains {
    const struct pulse_comparison *comparison;
    int64_t base;             /* run that is gained on */
    int64_t n;                /* runs that are drawn … */
    const int64_t *run;       /* … which … */
    const char *const *name;  /* … and what each is called */
    const char *title, *note; /* of the section */
    const char *one, *other;  /* what a run is called, and the one gained on */
};

/* Writes the section. PULSE_E_MEMORY; write errors stay in the stream. */
int pulse_gains_write(const struct pulse_gains *gains, FILE *out, struct pulse_err *err);

#endif
