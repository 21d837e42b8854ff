#include "results/schema.h"

#include <stdio.h>

#include "judge/combine.h"

static const struct pulse_results_kind kinds[SETS] = {
    [ACTUAL] = {"/predictions/actual", BY_ROW, false, "original",
                "Observed value; NaN where there is none"},
    [PREDICTED] = {"/predictions/predicted", BY_ROW, false, "original",
                   "Retrodiction from everything before the window that it is made in"},
    [PERSISTENCE] = {"/predictions/persistence", BY_ROW, false, "original",
                     "Last observation that the retrodiction knows: the baseline"},
    [BOUND + PULSE_LOWER_80] = {"/predictions/lower_80", BY_ROW, false, "original",
                                "Lower bound of the 80 % interval"},
    [BOUND + PULSE_UPPER_80] = {"/predictions/upper_80", BY_ROW, false, "original",
                                "Upper bound of the 80 % interval"},
    [BOUND + PULSE_LOWER_95] = {"/predictions/lower_95", BY_ROW, false, "original",
                                "Lower bound of the 95 % interval"},
    [BOUND + PULSE_UPPER_95] = {"/predictions/upper_95", BY_ROW, false, "original",
                                "Upper bound of the 95 % interval"},
    [N_ROWS] = {"/metrics/n", BY_WINDOW, true, "rows", "Scored rows"},
    [ABS_ERROR] = {"/metrics/sum_abs_error", BY_WINDOW, false, "original",
                   "Sum of absolute errors"},
    [SQUARED_ERROR] = {"/metrics/sum_squared_error", BY_WINDOW, false, "original squared",
                       "Sum of squared errors"},
    [PERSISTENCE_ABS_ERROR] = {"/metrics/persistence_sum_abs_error", BY_WINDOW, false, "original",
                               "Sum of absolute errors of persistence"},
    [PERSISTENCE_SQUARED_ERROR] = {"/metrics/persistence_sum_squared_error", BY_WINDOW, false,
                                   "original squared", "Sum of squared errors of persistence"},
    [HITS] = {"/metrics/hits", BY_WINDOW, true, "rows", "Moves whose direction was predicted"},
    [MOVES] = {"/metrics/moves", BY_WINDOW, true, "rows", "Scored rows on which the value changed"},
    [INTERVAL_ROWS] = {"/metrics/interval_rows", BY_WINDOW, true, "rows",
                       "Scored rows that had intervals"},
    [INSIDE_80] = {"/metrics/inside_80", BY_WINDOW, true, "rows",
                   "Scored rows inside the 80 % interval"},
    [INSIDE_95] = {"/metrics/inside_95", BY_WINDOW, true, "rows",
                   "Scored rows inside the 95 % interval"},
    [INTERVAL_SCORE_80] = {"/metrics/sum_interval_score_80", BY_WINDOW, false, "original",
                           "Sum of interval scores at 80 %: width + 10 x what lies outside"},
    [INTERVAL_SCORE_95] = {"/metrics/sum_interval_score_95", BY_WINDOW, false, "original",
                           "Sum of interval scores at 95 %: width + 40 x what lies outside"},
    [ALPHA] = {"/trust/alpha", BY_WINDOW, false, "1",
               "Trust is Beta(alpha, beta), after the window"},
    [BETA] = {"/trust/beta", BY_WINDOW, false, "1", "Trust is Beta(alpha, beta), after the window"},
    [MEAN] = {"/trust/mean", BY_WINDOW, false, "1", "alpha / (alpha + beta)"},
    [TRUST_LOW] = {"/trust/lower_95", ONE, false, "1", "95 % credible interval at the end, lower"},
    [TRUST_HIGH] = {"/trust/upper_95", ONE, false, "1", "95 % credible interval at the end, upper"},
    [SCALE] = {"/model/scale", ONE, false, "transformed", "s: standard deviation of the burn-in"},
    [CENTRE] = {"/model/centre", ONE, false, "transformed",
                "m: mean of the burn-in (level), else 0"},
    [WEIGHTS] = {"/model/weights", BY_WINDOW_AND_CANDIDATE, false, "1",
                 "Weights of the candidates, used in the window"},
    [SHRINKAGE] = {"/model/shrinkage", BY_WINDOW, false, "1",
                   "b: slope towards persistence, used in the window"},
    [FINAL_WEIGHTS] = {"/model/final_weights", BY_CANDIDATE, false, "1", "Weights of the forecast"},
    [FINAL_SHRINKAGE] = {"/model/final_shrinkage", ONE, false, "1", "b of the forecast"},
    [FINAL_ERROR_SCALE] = {"/model/final_error_scale", ONE, false, "scaled",
                           "Scale of the errors at the end"},
    [FINAL_FACTOR_80] = {"/model/final_factor_80", ONE, false, "1",
                         "Half-width of the forecast's 80 % interval over that scale"},
    [FINAL_FACTOR_95] = {"/model/final_factor_95", ONE, false, "1",
                         "Half-width of the forecast's 95 % interval over that scale"},
    [FORECAST] = {"/forecast/value", ONE, false, "original",
                  "The row that lies the horizon ahead of the last one"},
    [FORECAST_BOUND + PULSE_LOWER_80] = {"/forecast/lower_80", ONE, false, "original",
                                         "Lower bound of the forecast's 80 % interval"},
    [FORECAST_BOUND + PULSE_UPPER_80] = {"/forecast/upper_80", ONE, false, "original",
                                         "Upper bound of the forecast's 80 % interval"},
    [FORECAST_BOUND + PULSE_LOWER_95] = {"/forecast/lower_95", ONE, false, "original",
                                         "Lower bound of the forecast's 95 % interval"},
    [FORECAST_BOUND + PULSE_UPPER_95] = {"/forecast/upper_95", ONE, false, "original",
                                         "Upper bound of the forecast's 95 % interval"}};

const struct pulse_results_kind *pulse_results_kind_of(int number)
{
    return &kinds[number % SETS];
}

int pulse_results_sets(const struct pulse_results_header *header)
{
    return SETS * (int)header->options->horizons.n;
}

bool pulse_results_is_shared(int number)
{
    const int s = number % SETS;
    return number >= SETS && (s == ACTUAL || s == SCALE || s == CENTRE);
}

char *pulse_results_path_of(const struct pulse_results_header *header, int64_t j, const char *path,
                            char out[PULSE_RESULTS_PATH])
{
    if (j == 0)
        (void)snprintf(out, PULSE_RESULTS_PATH, "%s", path);
    else
        (void)snprintf(out, PULSE_RESULTS_PATH, "/horizons/%lld%s",
                       (long long)header->options->horizons.step[j], path);
    return out;
}

char *pulse_results_path(const struct pulse_results_header *header, int number,
                         char out[PULSE_RESULTS_PATH])
{
    return pulse_results_path_of(header, number / SETS, kinds[number % SETS].path, out);
}

/* ---- Shapes and sizes ----------------------------------------------------------- */

int pulse_results_dimensions(const struct pulse_results_header *header, int s, int64_t variables,
                             hsize_t dims[3], int64_t *column)
{
    const struct pulse_plan *plan = header->plan;
    const enum pulse_results_shape shape = kinds[s % SETS].shape;
    int rank = 0;
    if (shape == BY_ROW)
        dims[rank++] = (hsize_t)plan->sizes.T;
    if (shape == BY_WINDOW || shape == BY_WINDOW_AND_CANDIDATE)
        dims[rank++] = (hsize_t)plan->n_windows;
    if (shape == BY_CANDIDATE || shape == BY_WINDOW_AND_CANDIDATE)
        dims[rank++] = (hsize_t)pulse_combine_candidates(header->options);
    *column = 1;
    for (int i = 0; i < rank; i++)
        *column *= (int64_t)dims[i];
    dims[rank++] = (hsize_t)variables;
    return rank;
}

int64_t pulse_results_bytes(const struct pulse_results_header *header)
{
    const struct pulse_sizes *sizes = &header->plan->sizes;
    const int64_t C = sizes->C + 1, W = header->plan->n_windows;
    const int64_t horizon =
        (N_ROWS - ACTUAL) * sizes->T + W * (SETS - N_ROWS + C) + sizes->C * sizes->d;
    return 8 * header->V * (header->options->horizons.n * horizon + 4 * header->V) +
           W * (int64_t)sizeof(struct pulse_window) + (INT64_C(1) << 20);
}

/* ---- What lies in parts --------------------------------------------------------- */

/* Elements of a variable's column. */
static int64_t count_elements(const struct pulse_results_header *header, int s)
{
    hsize_t dims[3];
    int64_t column;
    (void)pulse_results_dimensions(header, s, header->V, dims, &column);
    return column;
}

/* Whether what is known per window takes more space than two of the seven datasets per row: windows
 * of a few days. Fewer numbers than that are better to have in results.h5 itself. */
static bool windows_are_many(const struct pulse_results_header *header)
{
    int64_t elements = 0;
    for (int s = 0; s < SETS; s++)
        if (kinds[s % SETS].shape == BY_WINDOW || kinds[s % SETS].shape == BY_WINDOW_AND_CANDIDATE)
            elements += count_elements(header, s);
    return elements > 2 * header->plan->sizes.T;
}

static bool is_apart(const struct pulse_results_header *header, int s)
{
    switch (kinds[s % SETS].shape) {
    case BY_ROW:
        return true;
    case BY_WINDOW:
    case BY_WINDOW_AND_CANDIDATE:
        return windows_are_many(header);
    default:
        return false;
    }
}

bool pulse_results_in_parts(const struct pulse_results_header *header, int s)
{
    return header->parts->n > 0 && is_apart(header, s);
}

int64_t pulse_results_part_bytes(const struct pulse_results_header *header, int64_t columns)
{
    int64_t elements = 0;
    for (int s = 0; s < pulse_results_sets(header); s++)
        if (is_apart(header, s) && !pulse_results_is_shared(s))
            elements += count_elements(header, s);
    return 8 * columns * elements;
}
