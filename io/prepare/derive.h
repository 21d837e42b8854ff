/* Derived variables: NAME = EXPRESSION of other variables of the same day. Pure; reads no file. */
#ifndef PULSE_PREPARE_DERIVE_H
#define PULSE_PREPARE_DERIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_derive_step;

struct pulse_derived {
    const char *text; /* as the user wrote it; borrowed */
    char *name;
    int64_t n;
    struct pulse_derive_step *steps; /* in the order in which a stack of values takes them */
    int64_t n_names;
    char **names;             /* of the variables in it */
    int64_t *column;          /* n_names: their columns, once they are bound */
    int64_t values;           /* how many it has in the panel, once they are made … */
    int64_t lost, first_lost; /* … how many are not finite, and the first day of these */
};

/* Reads "NAME = EXPRESSION": + - * /, parentheses, numbers, names of variables (in back-quotes
 * where they are no words), ln, exp, sqrt and abs. Clear in any case. PULSE_E_USAGE says where it
 * is none; PULSE_E_MEMORY. */
int pulse_derived_parse(const char *text, struct pulse_derived *out, struct pulse_err *err);
void pulse_derived_clear(struct pulse_derived *derived);

/* Whether a variable of that name stands in it. */
bool pulse_derived_needs(const struct pulse_derived *derived, const char *name);

/* Finds the columns of its variables among `n` names. The first that is not there, borrowed; else
 * NULL. */
const char *pulse_derived_bind(struct pulse_derived *derived, char *const *names, int64_t n);

/* Whether a row has all that it needs. */
bool pulse_derived_has_all(const struct pulse_derived *derived, const double *row);

/* Its value in a row whose columns it was bound to; NaN where one that it needs is missing, or the
 * value is not finite. */
double pulse_derived_value(const struct pulse_derived *derived, const double *row);

#endif
