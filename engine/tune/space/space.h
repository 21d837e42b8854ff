/* The space of a study: which options are fixed, which are searched over, and how. Plain data;
 * knows no file. */
#ifndef PULSE_TUNE_SPACE_H
#define PULSE_TUNE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_MOST_SEARCHED = 32, PULSE_MOST_TRIALS = 10000 };

/* One option and the values that it may have: those of a list, or of a range. */
struct pulse_search {
    char *option; /* its long name; owned */
    bool flag;    /* it takes no value: its values are true and false */
    int64_t n;    /* values; 0: a range without steps */
    char **value; /* n texts, of a list; NULL: a range */
    double low, high, step;
    bool log;   /* evenly by its logarithm */
    bool whole; /* the option takes whole numbers */
};

/* What trials are ranked by: scores of pulse-evaluate (DEFINITIONS §9.2). */
enum pulse_objective {
    PULSE_OBJECTIVE_SKILL,
    PULSE_OBJECTIVE_WORST_SKILL,
    PULSE_OBJECTIVE_HIT,
    PULSE_OBJECTIVE_SCORE_80, /* less is better, as of the next */
    PULSE_OBJECTIVE_SCORE_95,
    PULSE_OBJECTIVES
};

struct pulse_space {
    char **fixed; /* n_fixed words of a command line, "--data=market.csv"; owned */
    int64_t n_fixed;
    struct pulse_search *search; /* n_search; owned */
    int64_t n_search;
    bool random;    /* else a grid */
    int64_t trials; /* beside the default; of a grid, at most */
    int64_t seed;
    enum pulse_objective objective;
    bool has_holdout;
    int64_t holdout_from;     /* day; trials see nothing from it on */
    double vcpu_hours, hours; /* limits; INFINITY: none */
    int64_t most_trials;      /* likewise; INT64_MAX */
};

/* Clear in every case. */
void pulse_space_clear(struct pulse_space *space);

/* The word of objective in the file; whether more of it is better. */
const char *pulse_objective_name(enum pulse_objective objective);
bool pulse_objective_is_gain(enum pulse_objective objective);

#endif
