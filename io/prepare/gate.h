/* Gates: what the figures of a panel must show for it to be taken, such as missing<=0.05. Pure. */
#ifndef PULSE_PREPARE_GATE_H
#define PULSE_PREPARE_GATE_H

#include "base/error.h"

struct pulse_quality;

struct pulse_prepare_gate {
    int figure;       /* which one is bounded; index of a table of gate.c */
    double low, high; /* both included */
    const char *text; /* as the user wrote it; borrowed */
    char *variable;   /* of one variable; NULL: of all, the worst or the sum. Owned */
};

/* Reads "FIGURE>=X", "FIGURE<=X" or "FIGURE=X..Y", where FIGURE may be FIGURE(VARIABLE), and
 * numbers may end with d for days or % for hundredths. Clear in any case. PULSE_E_USAGE says what
 * was expected. */
int pulse_prepare_gate_parse(const char *text, struct pulse_prepare_gate *gate,
                             struct pulse_err *err);
void pulse_prepare_gate_clear(struct pulse_prepare_gate *gate);

/* What a gate found. */
struct pulse_prepare_finding {
    double value;   /* of the figure */
    double miss;    /* by how much the gate is missed; 0: it is met */
    const char *of; /* the variable whose value it is; NULL: of the whole panel. Borrowed */
};

/* PULSE_E_USAGE where the gate names a variable that there is not. */
int pulse_prepare_gate_find(const struct pulse_prepare_gate *gate,
                            const struct pulse_quality *quality, struct pulse_prepare_finding *out,
                            struct pulse_err *err);

#endif
