#include "results/summary_variables.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"

static json_t *make_ratio(double a, double b)
{
    return pulse_json_number(pulse_summary_ratio(a, b));
}

/* Takes what `more` holds into `object`. */
static void add_all(json_t *object, json_t *more)
{
    (void)json_object_update(object, more);
    json_decref(more);
}

/* ---- Metrics -------------------------------------------------------------------- */

static json_t *build_errors(const struct pulse_variable_summary *variable)
{
    const struct pulse_score *total = &variable->total;
    const double n = (double)total->n;
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "n", (json_int_t)total->n, "mae",
        make_ratio(total->abs_error, n), "rmse",
        pulse_json_number(sqrt(pulse_summary_ratio(total->squared_error, n))), "persistence_mae",
        make_ratio(total->persistence_abs_error, n), "persistence_rmse",
        pulse_json_number(sqrt(pulse_summary_ratio(total->persistence_squared_error, n))), "skill",
        pulse_json_number(pulse_score_skill(total)), "skill_scaled",
        pulse_json_number(1 - pulse_summary_ratio(variable->scaled_squares,
                                                  variable->persistence_scaled_squares)),
        "hits", (json_int_t)total->hits, "moves", (json_int_t)total->moves, "hit_rate",
        make_ratio((double)total->hits, (double)total->moves));
}

static json_t *build_intervals(const struct pulse_score *total)
{
    const double n = (double)total->interval_rows;
    return json_pack("{s:o, s:o, s:o, s:o}", "coverage_80", make_ratio((double)total->inside[0], n),
                     "coverage_95", make_ratio((double)total->inside[1], n), "interval_score_80",
                     make_ratio(total->interval_score[0], n), "interval_score_95",
                     make_ratio(total->interval_score[1], n));
}

static json_t *build_metrics(const struct pulse_variable_summary *variable)
{
    json_t *object = build_errors(variable);
    add_all(object, build_intervals(&variable->total));
    add_all(object, json_pack("{s:o, s:o, s:o, s:b, s:b, s:I}", "dm_statistic",
                              pulse_json_number(variable->gain_statistic), "dm_p_value",
                              pulse_json_number(pulse_normal_tail(variable->gain_statistic)),
                              "dm_p_adjusted", pulse_json_number(variable->gain_p_adjusted),
                              "enters", variable->enters, "dense", variable->dense, "observed",
                              (json_int_t)variable->observed));
    return object;
}

/* ---- Trust and forecast --------------------------------------------------------- */

static json_t *build_trust(const struct pulse_variable_summary *variable)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "alpha",
                     pulse_json_number(variable->belief.alpha), "beta",
                     pulse_json_number(variable->belief.beta), "mean",
                     pulse_json_number(pulse_belief_mean(&variable->belief)), "lower_95",
                     pulse_json_number(variable->trust_low), "upper_95",
                     pulse_json_number(variable->trust_high));
}

static json_t *build_trust_mean(const struct pulse_variable_summary *variable)
{
    return pulse_json_number(pulse_belief_mean(&variable->belief));
}

static json_t *build_forecast(const struct pulse_variable_summary *variable)
{
    const struct pulse_forecast *forecast = &variable->forecast;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "value", pulse_json_number(forecast->value),
                     "lower_80", pulse_json_number(forecast->bound[PULSE_LOWER_80]), "upper_80",
                     pulse_json_number(forecast->bound[PULSE_UPPER_80]), "lower_95",
                     pulse_json_number(forecast->bound[PULSE_LOWER_95]), "upper_95",
                     pulse_json_number(forecast->bound[PULSE_UPPER_95]), "previous",
                     pulse_json_number(forecast->previous));
}

/* ---- Of all that are predicted -------------------------------------------------- */

static json_t *build_of_each(const struct pulse_summary_input *input,
                             json_t *(*of)(const struct pulse_variable_summary *variable))
{
    json_t *object = json_object();
    for (int64_t v = 0; v < input->V; v++)
        if (input->summaries[v].target)
            (void)json_object_set_new(object, input->names[v], of(&input->summaries[v]));
    return object;
}

json_t *pulse_summary_metrics(const struct pulse_summary_input *input)
{
    return build_of_each(input, build_metrics);
}

json_t *pulse_summary_trust(const struct pulse_summary_input *input)
{
    return build_of_each(input, build_trust);
}

json_t *pulse_summary_trust_means(const struct pulse_summary_input *input)
{
    return build_of_each(input, build_trust_mean);
}

json_t *pulse_summary_forecasts(const struct pulse_summary_input *input)
{
    return build_of_each(input, build_forecast);
}

json_t *pulse_summary_horizons(const struct pulse_summary_input *input)
{
    const struct pulse_horizons *horizons = &input->options->horizons;
    json_t *object = json_object();
    for (int64_t j = 1; j < horizons->n; j++) {
        struct pulse_summary_input further = *input;
        char name[24];
        further.summaries += j * input->V;
        (void)snprintf(name, sizeof name, "%lld", (long long)horizons->step[j]);
        (void)json_object_set_new(object, name,
                                  json_pack("{s:o, s:o, s:o}", "metrics",
                                            pulse_summary_metrics(&further), "trust",
                                            pulse_summary_trust(&further), "forecast",
                                            pulse_summary_forecasts(&further)));
    }
    return object;
}
