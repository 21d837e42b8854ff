/* What pulse-data prepare was asked for. */
#ifndef PULSE_PREPARE_REQUEST_H
#define PULSE_PREPARE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/types.h"
#include "prepare/derive.h"

struct pulse_prepare_gate; /* gate.h */

enum { PULSE_PREPARE_SOURCES = 1000, PULSE_PREPARE_DERIVED = 1000, PULSE_PREPARE_GATES = 100 };

/* Of several values of a variable for one day, which counts. */
enum pulse_duplicates { PULSE_DUPLICATES_LAST, PULSE_DUPLICATES_FIRST };

/* Strings are borrowed from argv. */
struct pulse_prepare_request {
    const char *sources[PULSE_PREPARE_SOURCES]; /* files, directories, s3 uris */
    int64_t n_sources;
    const char *output;      /* the panel */
    const char *json, *html; /* where quality figures and the page go; NULL: nowhere */
    const char *against;     /* the panel that revisions are counted against; NULL: what
                                the output holds now; "none" */
    char **variables;        /* names, owned; n_variables, 0: all */
    int64_t n_variables, cap_variables;
    const char *days; /* any, weekdays, all, or a variable's name */
    enum pulse_duplicates duplicates;
    int64_t start_day, end_day; /* both included */
    int64_t as_of;              /* what counts as today */
    double jump;                /* a change of so many robust deviations is a jump */
    bool dry_run;
    struct pulse_read_options reading;
    struct pulse_derived derived[PULSE_PREPARE_DERIVED];
    int64_t n_derived;
    struct pulse_prepare_gate *gates; /* of a capacity of PULSE_PREPARE_GATES; borrowed */
    int64_t n_gates;
};

#endif
