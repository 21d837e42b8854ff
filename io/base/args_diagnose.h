/* What is wrong with a word that no parser takes: an option that there is none of, one that needs a
 * value or takes none, an abbreviation of several. Internal to args. */
#ifndef PULSE_BASE_ARGS_DIAGNOSE_H
#define PULSE_BASE_ARGS_DIAGNOSE_H

#include <stdbool.h>

#include "base/args.h"

/* The row whose long name is nearest to `length` letters of `name`: two letters amiss and no more,
 * nor more than half of them, or one is the other's beginning. NULL: none is that near. */
const struct pulse_arg *pulse_args_nearest(const struct pulse_args *args, const char *name,
                                           size_t length);

/* Fills `err` with PULSE_E_USAGE and true if the word, which begins with '-', is no option as it
 * stands: unknown (the nearest is named), ambiguous, without its value (`last`: none follows), or
 * with one that it does not take. */
bool pulse_args_diagnose(const struct pulse_args *args, const char *word, bool last,
                         struct pulse_err *err);

#endif
