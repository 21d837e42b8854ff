/* Derived variables: NAME = EXPRESSION of other variables of the same day. Pure; reads no file. */
#ifndef PULSE_PREPARE_DERIVE_H
#define PULSE_PREPARE_DERIVE_H

#include <stdint.h>

#include "base/error.h"

struct pulse_derive_step;

struct pulse_derived {
    const char *text; /* as the user wrote it; borrowed */
    char *name;
    int64_t n;
    struct pulse_derive_step *steps; /* in the order in which a stack of values takes them */
    int64_t n_names;
    char **names;    /* of the variables in it */
    int64_t *column; /* n_names: their columns, once they are bound */
};

/* Reads "NAME = EXPRESSION": + - * /, parentheses, numbers, names of variables (in back-quotes
 * where they are no words), ln, exp, sqrt and abs. Clear in any case. PULSE_E_USAGE says where it
 * is none; PULSE_E_MEMORY. */
int pulse_derived_parse(const char *text, struct pulse_derived *out, struct pulse_err *err);
void pulse_derived_clear(struct pulse_derived *derived);

/* Finds the columns of its variables among `n` names. PULSE_E_USAGE names one that there is not. */
int pulse_derived_bind(struct pulse_derived *derived, char *const *names, int64_t n,
                       struct pulse_err *err);

/* Its value in a row whose columns it was bound to; NaN where one that it needs is missing, or the
 * value is not finite. */
double pulse_derived_value(const struct pulse_derived *derived, const double *row);

#endif
