/* One panel out of all sources: a row a day, a column a variable, derived ones behind the others.
 * Knows nothing of quality or of files that are written. */
#ifndef PULSE_PREPARE_PANEL_H
#define PULSE_PREPARE_PANEL_H

#include "prepare/request.h"
#include "prepare/sheet.h"
#include "prepare/sources.h"

/* Zero it; clear it in any case. */
struct pulse_prepared {
    struct pulse_sources sources;
    int64_t n;                /* variables, derived ones among them */
    char **names;             /* n; borrowed */
    int64_t *source;          /* n: the first source that has it; -1: derived */
    int64_t *duplicates;      /* n: values that differ from another one of the same day */
    struct pulse_sheet sheet; /* sorted; of the days that are kept */
    int64_t left_out_days;    /* that have values, and are not kept */
};

/* Reads all sources. PULSE_E_INPUT where nothing is observed in the period, PULSE_E_USAGE for names
 * that there are not; errors of the store and the sheet. */
int pulse_prepared_make(struct pulse_prepare_request *request, struct pulse_prepared *out,
                        struct pulse_err *err);
void pulse_prepared_clear(struct pulse_prepared *prepared);

#endif
