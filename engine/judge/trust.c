#include "judge/trust.h"

struct pulse_belief pulse_belief_start(void)
{
    return (struct pulse_belief){.alpha = 1, .beta = 1};
}

void pulse_belief_update(struct pulse_belief *belief, const struct pulse_options *options,
                         const struct pulse_score *window)
{
    int64_t successes = window->hits, failures = window->moves - window->hits;
    if (options->trust == PULSE_TRUST_PERSISTENCE) {
        successes = window->closer;
        failures = window->farther;
    }
    belief->alpha = 1 + options->trust_decay * (belief->alpha - 1) + (double)successes;
    belief->beta = 1 + options->trust_decay * (belief->beta - 1) + (double)failures;
}

double pulse_belief_mean(const struct pulse_belief *belief)
{
    return belief->alpha / (belief->alpha + belief->beta);
}
