/* Observations as they are loaded, before they become columns of a panel. Plain data. */
#ifndef PULSE_PANEL_LOADED_H
#define PULSE_PANEL_LOADED_H

#include <stdint.h>

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

#endif
