/* How often days come, in a word, and how many rows repeat one. Pure. */
#ifndef PULSE_CLI_FREQUENCY_H
#define PULSE_CLI_FREQUENCY_H

#include <stdint.h>

enum { PULSE_FREQUENCY_TEXT = 32 };

/* "weekdays", "monthly", "every 10 days", by the median step between the `n` days, which are sorted
 * and distinct; "" of fewer than three. Returns `out`. */
char *pulse_frequency_name(const int64_t *days, int64_t n, char out[PULSE_FREQUENCY_TEXT]);

#endif
