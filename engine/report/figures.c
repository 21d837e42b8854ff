#include "report/figures.h"

#include <math.h>
#include <string.h>

#include "base/date.h"
#include "report/columns.h"

/* ---- Runs of windows ------------------------------------------------------------ */

static int64_t get_year(int64_t day)
{
    int64_t year;
    int month, of_month;
    pulse_civil_from_days(day, &year, &month, &of_month);
    return year;
}

static int64_t find_first_trained(const struct pulse_report *report)
{
    int64_t w = 0;
    while (w < report->W && report->windows[w].status != 0)
        w++;
    return w;
}

static void add_period(const struct pulse_report *report, struct pulse_periods *periods,
                       int64_t from, int64_t end)
{
    const struct pulse_report_window *first = &report->windows[from],
                                     *last = &report->windows[end - 1];
    const int64_t i = periods->n++;
    periods->at[i].from = from;
    periods->at[i].end = end;
    periods->at[i].first = get_year(first->start);
    periods->at[i].last = get_year(last->start);
    periods->at[i].middle = (double)(first->start + last->end) / 2;
}

void pulse_periods_of_years(const struct pulse_report *report, int64_t most,
                            struct pulse_periods *periods)
{
    const int64_t W = report->W, first = find_first_trained(report);
    periods->n = 0;
    if (first >= W)
        return;
    const int64_t base = get_year(report->windows[first].start);
    const int64_t all = get_year(report->windows[W - 1].start) - base + 1;
    const int64_t joined = all < 1 ? 1 : (all + most - 1) / most;
    for (int64_t w = first, end; w < W; w = end) {
        const int64_t line = (get_year(report->windows[w].start) - base) / joined;
        for (end = w + 1;
             end < W && (periods->n + 1 == most ||
                         (get_year(report->windows[end].start) - base) / joined == line);)
            end++;
        add_period(report, periods, w, end);
    }
}

void pulse_periods_of_windows(const struct pulse_report *report, int64_t most,
                              struct pulse_periods *periods)
{
    const int64_t W = report->W, first = find_first_trained(report);
    const int64_t each = (W - first + most - 1) / most;
    periods->n = 0;
    for (int64_t w = first; w < W; w += each)
        add_period(report, periods, w, w + each < W ? w + each : W);
}

double pulse_sums_skill(const double *sums)
{
    const double base = sums[PULSE_REPORT_PERSISTENCE_SQUARED_ERROR];
    return base > 0 ? 1 - sums[PULSE_REPORT_SQUARED_ERROR] / base : (double)NAN;
}

double pulse_sums_share(const double *sums, int part, int whole)
{
    return sums[whole] > 0 ? sums[part] / sums[whole] : (double)NAN;
}

/* ---- Windows of a variable ------------------------------------------------------ */

static void add_windows(const struct pulse_report *report, const struct pulse_periods *periods,
                        double sums[][PULSE_SUMS])
{
    for (int64_t i = 0; i < periods->n; i++)
        for (int k = 0; k < PULSE_SUMS; k++) {
            sums[i][k] = 0;
            for (int64_t w = periods->at[i].from; w < periods->at[i].end; w++)
                sums[i][k] += report->per_window.column[k][w];
        }
}

static void take_windows(const struct pulse_report *report, const struct pulse_periods *years,
                         const struct pulse_periods *groups, struct pulse_figures *figures)
{
    add_windows(report, years, figures->year);
    add_windows(report, groups, figures->group);
    for (int64_t i = 0; i < groups->n; i++) {
        const int64_t w = groups->at[i].end - 1;
        figures->alpha[i] = report->per_window.column[PULSE_REPORT_ALPHA][w];
        figures->beta[i] = report->per_window.column[PULSE_REPORT_BETA][w];
    }
}

/* ---- Rows of a variable --------------------------------------------------------- */

enum { RECENT = 60 };

/* The error of a row in halves of its 95 % interval; NaN where it has none. */
static double find_error(const struct pulse_report *report, int64_t t)
{
    double *const *column = report->rows.column;
    const double half = (column[PULSE_REPORT_UPPER][t] - column[PULSE_REPORT_LOWER][t]) / 2;
    return half > 0 ? (column[PULSE_REPORT_ACTUAL][t] - column[PULSE_REPORT_PREDICTED][t]) / half
                    : (double)NAN;
}

/* Where a row fell among its bounds. */
static int find_bin(const struct pulse_report *report, int64_t t)
{
    static const int bounds[] = {PULSE_REPORT_LOWER, PULSE_REPORT_LOWER_80, PULSE_REPORT_UPPER_80,
                                 PULSE_REPORT_UPPER};
    const double x = report->rows.column[PULSE_REPORT_ACTUAL][t];
    int bin = 0;
    for (int k = 0; k < 4; k++) {
        const double bound = report->rows.column[bounds[k]][t];
        bin += k < 2 ? x >= bound : x > bound;
    }
    return bin;
}

/* Mean absolute change from one observation to the next, and the last one's row. */
static void take_changes(const struct pulse_report *report, struct pulse_figures *figures)
{
    const double *actual = report->rows.column[PULSE_REPORT_ACTUAL];
    double sum = 0, before = NAN;
    int64_t n = 0;
    figures->last_row = -1;
    for (int64_t t = 0; t < report->T; t++) {
        if (isnan(actual[t]))
            continue;
        if (!isnan(before)) {
            sum += fabs(actual[t] - before);
            n++;
        }
        before = actual[t];
        figures->last_row = t;
    }
    figures->naive = n > 0 ? sum / (double)n : (double)NAN;
}

/* The sum of products of errors `lag` scored rows apart, `mean` taken off. */
static double add_products(const double *error, int64_t n, double mean, int lag)
{
    double sum = 0;
    for (int64_t i = lag; i < n; i++)
        sum += (error[i] - mean) * (error[i - lag] - mean);
    return sum;
}

/* Packs the errors of scored rows to the front of the persistence column, which is used up. */
static void take_errors(struct pulse_report *report, struct pulse_figures *figures)
{
    double *packed = report->rows.column[PULSE_REPORT_PERSISTENCE], sum = 0;
    int64_t n = 0;
    memset(figures->fell, 0, sizeof figures->fell);
    for (int64_t t = 0; t < report->T; t++) {
        const double error = find_error(report, t);
        if (isnan(error))
            continue;
        figures->fell[find_bin(report, t)]++;
        packed[n++] = error;
        sum += error;
    }
    const double mean = n > 0 ? sum / (double)n : 0, whole = add_products(packed, n, mean, 0);
    figures->errors = (double)n;
    for (int k = 0; k < PULSE_LAGS; k++)
        figures->autocorrelation[k] =
            n > k + 1 && whole > 0 ? add_products(packed, n, mean, k + 1) / whole : (double)NAN;
}

static void find_surprise(const struct pulse_report *report, struct pulse_figures *figures)
{
    figures->surprise = 0;
    figures->surprise_row = -1;
    for (int64_t t = report->T > RECENT ? report->T - RECENT : 0; t < report->T; t++) {
        const double error = fabs(find_error(report, t));
        if (error > figures->surprise) {
            figures->surprise = error;
            figures->surprise_row = t;
        }
    }
}

/* ---- Weights of features -------------------------------------------------------- */

static void keep_strongest(struct pulse_weights *of, int64_t feature, double weight)
{
    int at = of->n;
    while (at > 0 && fabs(of->top[at - 1].weight) < fabs(weight))
        at--;
    if (at == PULSE_TOP)
        return;
    of->n += of->n < PULSE_TOP;
    for (int i = of->n - 1; i > at; i--)
        of->top[i] = of->top[i - 1];
    of->top[at] = (struct pulse_weight){feature, weight};
}

/* b Σ_c w_c coefficient_c of the feature that was loaded. */
static double sum_weight(const struct pulse_report *report, int64_t variable)
{
    const double b = report->final_shrinkage[variable];
    double weight = 0;
    for (int64_t c = 0; c < report->fits; c++) {
        const double share = report->final_weights[c * report->V + variable];
        if (share > 0) /* a fit that failed has none */
            weight += share * report->coefficients[c * report->V + variable];
    }
    weight *= isfinite(b) ? b : 1;
    return isfinite(weight) ? weight : 0;
}

int pulse_figures_weigh(struct pulse_report *report, struct pulse_weights *of, double *feature,
                        struct pulse_err *err)
{
    for (int64_t i = 1; i < report->d; i++) { /* 0 is the intercept */
        if (pulse_report_load_coefficients(report, i, err) != 0)
            return -1;
        for (int64_t v = 0; v < report->V; v++) {
            const double weight = sum_weight(report, v);
            feature[i] += fabs(weight);
            if (weight != 0)
                keep_strongest(&of[v], i, weight);
        }
    }
    return 0;
}

/* ---- All of it ------------------------------------------------------------------ */

static void add_to_pool(const struct pulse_figures *figures, const struct pulse_periods *years,
                        const struct pulse_periods *groups, struct pulse_pool *pool)
{
    for (int k = 0; k < PULSE_SUMS; k++) {
        for (int64_t i = 0; i < years->n; i++)
            pool->year[i][k] += figures->year[i][k];
        for (int64_t i = 0; i < groups->n; i++)
            pool->group[i][k] += figures->group[i][k];
    }
    for (int64_t i = 0; i < years->n; i++) {
        const double skill = pulse_sums_skill(figures->year[i]);
        if (!isfinite(skill))
            continue;
        pool->skill[i] += skill;
        pool->skills[i]++;
        pool->gains[i] += skill > 0;
    }
    for (int k = 0; k < PULSE_FELL; k++)
        pool->fell[k] += figures->fell[k];
}

int pulse_figures_make(struct pulse_report *report, const struct pulse_periods *years,
                       const struct pulse_periods *groups, int64_t variable,
                       struct pulse_figures *figures, struct pulse_pool *pool,
                       struct pulse_err *err)
{
    if (pulse_report_load(report, &report->rows, variable, err) != 0 ||
        pulse_report_load(report, &report->per_window, variable, err) != 0)
        return -1;
    take_windows(report, years, groups, figures);
    take_changes(report, figures);
    find_surprise(report, figures);
    take_errors(report, figures);
    add_to_pool(figures, years, groups, pool);
    return 0;
}
