#include "evaluate/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "config/bounds.h"

static const char *const score_names[PULSE_GATES] = {
    [PULSE_GATE_SKILL] = "skill",
    [PULSE_GATE_WORST_SKILL] = "worst_skill",
    [PULSE_GATE_HIT] = "hit",
    [PULSE_GATE_COVERAGE_80] = "coverage_80",
    [PULSE_GATE_COVERAGE_95] = "coverage_95",
    [PULSE_GATE_INTERVAL_SCORE_80] = "interval_score_80",
    [PULSE_GATE_INTERVAL_SCORE_95] = "interval_score_95",
    [PULSE_GATE_WINDOWS] = "windows",
    [PULSE_GATE_NO_WORSE] = "no_worse_than"};

static int refuse(const char *text, const char *want, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_USAGE, "--require %s: expected %s", text, want);
}

static bool parse_bound(const char *text, double *out)
{
    return pulse_parse_real(text, -INFINITY, INFINITY, out) && isfinite(*out);
}

/* "NAME[:TOLERANCE]", in the gate's own copy. */
static bool parse_other(char *text, struct pulse_gate *gate)
{
    char *colon = strrchr(text, ':');
    double tolerance = 0;
    if (colon != NULL && (!parse_bound(colon + 1, &tolerance) || tolerance < 0))
        return false;
    if (colon != NULL)
        *colon = '\0';
    gate->low = -tolerance;
    gate->other = text;
    return *text != '\0';
}

int pulse_gate_parse(const char *text, struct pulse_gate *gate, struct pulse_err *err)
{
    const size_t length = strcspn(text, "<>=");
    *gate = (struct pulse_gate){.text = text, .low = -INFINITY, .high = INFINITY};
    gate->copy = pulse_strdup(text, err);
    if (gate->copy == NULL)
        return -1;
    int score = 0;
    while (score < PULSE_GATES &&
           (strlen(score_names[score]) != length || strncmp(score_names[score], text, length) != 0))
        score++;
    gate->score = (enum pulse_gate_score)score;
    const char *sign = text + length;
    if (score == PULSE_GATES)
        return refuse(text,
                      "skill, worst_skill, hit, coverage_80, coverage_95, interval_score_80, "
                      "interval_score_95, windows or no_worse_than first",
                      err);
    if (gate->score == PULSE_GATE_NO_WORSE)
        return *sign == '=' && parse_other(gate->copy + length + 1, gate)
                   ? 0
                   : refuse(text, "no_worse_than=NAME or no_worse_than=NAME:TOLERANCE", err);
    return pulse_bounds_read(sign, 0, &gate->low, &gate->high)
               ? 0
               : refuse(text, "SCORE>=X, SCORE<=X or SCORE=X..Y with numbers", err);
}

void pulse_gate_clear(struct pulse_gate *gate)
{
    free(gate->copy);
    *gate = (struct pulse_gate){0};
}

static double find_value(const struct pulse_gate *gate, const struct pulse_comparison *comparison,
                         const struct pulse_verdict *verdict, int64_t other)
{
    const struct pulse_run_scores *first = &verdict->scores[0];
    switch (gate->score) {
    case PULSE_GATE_SKILL:
        return first->skill;
    case PULSE_GATE_WORST_SKILL:
        return first->worst_skill;
    case PULSE_GATE_HIT:
        return first->hit;
    case PULSE_GATE_COVERAGE_80:
        return first->coverage[0];
    case PULSE_GATE_COVERAGE_95:
        return first->coverage[1];
    case PULSE_GATE_INTERVAL_SCORE_80:
        return first->score[0];
    case PULSE_GATE_INTERVAL_SCORE_95:
        return first->score[1];
    case PULSE_GATE_WINDOWS:
        return (double)comparison->W;
    case PULSE_GATE_NO_WORSE:
        return other < 0 ? (double)NAN : first->skill - verdict->scores[other].skill;
    case PULSE_GATES:
        break;
    }
    return NAN;
}

double pulse_gate_miss(const struct pulse_gate *gate, const struct pulse_comparison *comparison,
                       const struct pulse_verdict *verdict, int64_t other, double *value)
{
    *value = find_value(gate, comparison, verdict, other);
    if (isnan(*value))
        return INFINITY;
    return fmax(0, fmax(gate->low - *value, *value - gate->high));
}
