/* Quality figures of a panel: what is missing, gaps, stale ends, jumps, repeated values, and what
 * changed since the last panel. Pure, but for the last panel, which revision.h reads. */
#ifndef PULSE_PREPARE_QUALITY_H
#define PULSE_PREPARE_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "prepare/panel.h"

/* Days are since 1970. Of a variable without a value, `observed` is 0, `missing` 1, and what is a
 * day means nothing. */
struct pulse_quality_variable {
    int64_t observed;
    int64_t first, last;     /* days of its first and last value */
    double missing;          /* share of the panel's rows from its first value on without one */
    int64_t gap, gap_from;   /* most days from one value to the next, and the day of the former */
    int64_t stale;           /* days from its last value to the panel's last row */
    int64_t unchanged;       /* values at its end that are the same as the one before them */
    int64_t jumps, jump_day; /* changes that are jumps; the day of the largest */
    double jump;             /* and its size, in robust deviations */
    int64_t duplicates;      /* values that differ from another one of the same day */
    int64_t revised;         /* values that the last panel has otherwise */
    int64_t lost;            /* values that the last panel has, and this one has not */
    int64_t late;            /* values that this panel has, where the last one had none */
    int64_t changed_from;    /* first day of these three */
};

/* What became of the last panel. */
struct pulse_revisions {
    const char *against;  /* borrowed; NULL: there is no last panel */
    int64_t last;         /* its last day */
    int64_t new_rows;     /* of this panel, after that */
    int64_t n_gone;       /* variables that it has, and this one has not */
    char **gone;          /* owned */
    int64_t n_new;        /* variables that it has not */
    bool changed;         /* whether values before its end did */
    int64_t changed_from; /* from which day on */
};

/* Zero it; clear it in any case. */
struct pulse_quality {
    const struct pulse_prepared *panel;
    int64_t as_of;                     /* what counts as today */
    int64_t calendar_gap, gap_from;    /* most days from one row to the next */
    struct pulse_quality_variable *of; /* a variable */
    struct pulse_revisions revisions;
};

/* Everything but revisions. `jump`: a change that is more than so many robust deviations, 1.4826
 * times the median of the variable's last 250 changes in size, is a jump; the first 24 are not
 * judged, nor those after changes most of which are 0. PULSE_E_MEMORY. */
int pulse_quality_make(const struct pulse_prepared *panel, double jump, int64_t as_of,
                       struct pulse_quality *out, struct pulse_err *err);
void pulse_quality_clear(struct pulse_quality *quality);

#endif
