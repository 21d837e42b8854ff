#include "tune/space/space.h"

#include <stdlib.h>

static const char *const objectives[PULSE_OBJECTIVES] = {
    [PULSE_OBJECTIVE_SKILL] = "skill",
    [PULSE_OBJECTIVE_WORST_SKILL] = "worst_skill",
    [PULSE_OBJECTIVE_HIT] = "hit",
    [PULSE_OBJECTIVE_SCORE_80] = "interval_score_80",
    [PULSE_OBJECTIVE_SCORE_95] = "interval_score_95"};

const char *pulse_objective_name(enum pulse_objective objective)
{
    return objectives[objective];
}

bool pulse_objective_is_gain(enum pulse_objective objective)
{
    return objective != PULSE_OBJECTIVE_SCORE_80 && objective != PULSE_OBJECTIVE_SCORE_95;
}

void pulse_space_clear(struct pulse_space *space)
{
    for (int64_t i = 0; i < space->n_fixed; i++)
        free(space->fixed[i]);
    for (int64_t i = 0; i < space->n_search; i++) {
        struct pulse_search *search = &space->search[i];
        for (int64_t j = 0; search->value != NULL && j < search->n; j++)
            free(search->value[j]);
        free(search->value);
        free(search->option);
    }
    free(space->fixed);
    free(space->search);
    *space = (struct pulse_space){0};
}
