/* Progress of long work, with the time left: one line that is overwritten on a terminal, else a
 * line every few seconds. */
#ifndef PULSE_BASE_PROGRESS_H
#define PULSE_BASE_PROGRESS_H

#include <stdbool.h>

struct pulse_progress {
    bool silent;
    bool terminal;
    const char *what;
    double began; /* seconds */
    double spoke;
    bool spoken;
};

void pulse_progress_begin(struct pulse_progress *progress, const char *what, bool silent);

/* `share` from 0 to 1; prints at most ten times a second on a terminal, every ten seconds else. The
 * signature is one of a callback. */
void pulse_progress_at(void *progress, double share);

void pulse_progress_end(struct pulse_progress *progress);

/* Seconds on a clock that never goes back. */
double pulse_seconds(void);

/* Seconds that this thread has had of a processor. */
double pulse_processor_seconds(void);

/* "3 s", "12 min", "2 h 05 min"; returns `out`. */
char *pulse_format_duration(double seconds, char out[32]);

#endif
