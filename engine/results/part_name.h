/* What parts of results.h5 are called (DEFINITIONS §7.2). Pure; knows nothing of what is in them.
 */
#ifndef PULSE_RESULTS_PART_NAME_H
#define PULSE_RESULTS_PART_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_PART_NAME = 48 };

/* "results.0123456789abcdef.002.h5": part 2 of a run; returns `out`. */
char *pulse_part_name(uint64_t run, int part, char out[PULSE_PART_NAME]);

/* Whether a name is of that form: a plain one, of no other directory. */
bool pulse_part_is_name(const char *name);

#endif
