/* Bounds of a number as options have them: ">=X", "<=X", "=X..Y". Pure; knows nothing of what is
 * bounded. */
#ifndef PULSE_CONFIG_BOUNDS_H
#define PULSE_CONFIG_BOUNDS_H

#include <stdbool.h>

/* Reads the whole of `text`, which begins with the sign, into the bounds that it sets; both count
 * as inside, and one that is not set is infinite. A number may end with `unit`, which is passed
 * over, or in hundredths with %, where that is '%'; 0: with none. False where it is no such text,
 * and where there is nothing between the bounds. */
bool pulse_bounds_read(const char *text, char unit, double *low, double *high);

#endif
