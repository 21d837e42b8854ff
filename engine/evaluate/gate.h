/* Gates: what a comparison must show for the exit code to be 0, such as skill>=0.01. Pure. */
#ifndef PULSE_EVALUATE_GATE_H
#define PULSE_EVALUATE_GATE_H

#include "evaluate/verdict.h"

/* Which score of the first run is bounded. */
enum pulse_gate_score {
    PULSE_GATE_SKILL,
    PULSE_GATE_WORST_SKILL,
    PULSE_GATE_HIT,
    PULSE_GATE_COVERAGE_80,
    PULSE_GATE_COVERAGE_95,
    PULSE_GATE_INTERVAL_SCORE_80,
    PULSE_GATE_INTERVAL_SCORE_95,
    PULSE_GATE_WINDOWS,
    PULSE_GATE_NO_WORSE, /* its skill, beside that of another run */
    PULSE_GATES
};

struct pulse_gate {
    enum pulse_gate_score score;
    double low, high;  /* both included; of PULSE_GATE_NO_WORSE, low is minus the tolerance */
    const char *text;  /* as the user wrote it; borrowed */
    const char *other; /* the run's name, of PULSE_GATE_NO_WORSE; into `copy` */
    char *copy;        /* owned */
};

/* Reads "SCORE>=X", "SCORE<=X", "SCORE=X..Y" or "no_worse_than=NAME[:TOLERANCE]"; PULSE_E_USAGE
 * says what was expected. Clear in every case. */
int pulse_gate_parse(const char *text, struct pulse_gate *gate, struct pulse_err *err);
void pulse_gate_clear(struct pulse_gate *gate);

/* By how much the first run misses the gate, 0 where it does not; *value is what it is. A score
 * that there is not is missed by infinity. `other` is the run that the gate names, or −1. */
double pulse_gate_miss(const struct pulse_gate *gate, const struct pulse_comparison *comparison,
                       const struct pulse_verdict *verdict, int64_t other, double *value);

#endif
