/* P-values of many tests at once, adjusted for how many they are. Knows nothing of what was tested.
 */
#ifndef PULSE_MATH_ADJUST_H
#define PULSE_MATH_ADJUST_H

#include <stdint.h>

#include "base/error.h"

/* The step-up of Benjamini and Hochberg (1995): the share of false ones, at most, among all tests
 * up to each. Replaces the n > 0 p-values; NaN means that there was no test, and stays. Equal ones
 * stay in their order, so that the result is the same everywhere. PULSE_E_MEMORY. */
int pulse_adjust_p_values(double *p, int64_t n, struct pulse_err *err);

#endif
