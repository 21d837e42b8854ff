#include "evaluate/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Which window and variable of a run is the w-th and v-th of the comparison. */
struct matching {
    int64_t *window;   /* R × W of the first run; −1: not in this run */
    int64_t *variable; /* R × V of the first run; likewise */
};

/* ---- What is shared ------------------------------------------------------------- */

static int64_t find_window(const struct pulse_losses *run, const struct pulse_loss_window *window)
{
    int64_t low = 0, high = run->W;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (run->windows[middle].start < window->start)
            low = middle + 1;
        else
            high = middle;
    }
    return low < run->W && run->windows[low].start == window->start &&
                   run->windows[low].end == window->end && run->windows[low].trained
               ? low
               : -1;
}

static int64_t find_variable(const struct pulse_losses *run, const char *name)
{
    for (int64_t v = 0; v < run->V; v++)
        if (strcmp(run->names[v], name) == 0)
            return v;
    return -1;
}

/* Where all runs have it, as found in each (R), at `column` of a matrix of R rows. */
static bool match_window(const struct pulse_comparison *comparison, int64_t w, int64_t *found,
                         int64_t step)
{
    bool shared = true;
    for (int64_t r = 0; r < comparison->R; r++) {
        found[r * step] = find_window(&comparison->runs[r], &comparison->runs[0].windows[w]);
        shared = shared && found[r * step] >= 0;
    }
    return shared;
}

static bool match_variable(const struct pulse_comparison *comparison, int64_t v, int64_t *found,
                           int64_t step)
{
    bool shared = true;
    for (int64_t r = 0; r < comparison->R; r++) {
        found[r * step] = find_variable(&comparison->runs[r], comparison->runs[0].names[v]);
        shared = shared && found[r * step] >= 0;
    }
    return shared;
}

static int match_runs(struct pulse_comparison *comparison, struct matching *matching, int64_t from,
                      int64_t to, struct pulse_err *err)
{
    const struct pulse_losses *first = &comparison->runs[0];
    for (int64_t w = 0; w < first->W; w++) {
        const struct pulse_loss_window *window = &first->windows[w];
        if (window->start < from || window->end > to ||
            !match_window(comparison, w, matching->window + comparison->W, first->W))
            continue;
        comparison->windows[comparison->W++] = *window;
    }
    for (int64_t v = 0; v < first->V; v++)
        if (match_variable(comparison, v, matching->variable + comparison->V, first->V))
            comparison->names[comparison->V++] = first->names[v];
    if (comparison->W == 0)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "the runs share no trained window of the same days in this period: compare "
            "runs of one --batch-size-days and --start-date");
    if (comparison->V == 0)
        return pulse_fail(err, PULSE_E_INPUT, "the runs share no variable");
    return 0;
}

/* ---- The sums of what is shared ------------------------------------------------- */

static double find_sum(const struct pulse_comparison *comparison, const struct matching *matching,
                       enum pulse_loss kind, int64_t r, int64_t w, int64_t v)
{
    const struct pulse_losses *first = &comparison->runs[0], *run = &comparison->runs[r];
    return run->sum[kind][matching->window[r * first->W + w] * run->V +
                          matching->variable[r * first->V + v]];
}

/* Scored rows of a pair, where all runs have equally many, else 0; *any: whether any run has some.
 */
static double find_rows(const struct pulse_comparison *comparison, const struct matching *matching,
                        int64_t w, int64_t v, bool *any)
{
    const double rows = find_sum(comparison, matching, PULSE_LOSS_ROWS, 0, w, v);
    bool even = true;
    *any = rows > 0;
    for (int64_t r = 1; r < comparison->R; r++) {
        const double own = find_sum(comparison, matching, PULSE_LOSS_ROWS, r, w, v);
        even = even && own == rows;
        *any = *any || own > 0;
    }
    return even ? rows : 0;
}

/* Keeps the windows in which something is compared: of others there is no loss. `scored` is V. */
static void keep_scored_windows(struct pulse_comparison *comparison, struct matching *matching,
                                bool *scored)
{
    const int64_t W = comparison->W;
    comparison->W = 0;
    for (int64_t w = 0; w < W; w++) {
        int64_t cells = 0;
        for (int64_t v = 0; v < comparison->V; v++) {
            bool any;
            const bool even = find_rows(comparison, matching, w, v, &any) > 0;
            cells += even;
            comparison->uneven += any && !even;
            scored[v] = scored[v] || even;
        }
        if (cells == 0)
            continue;
        comparison->cells += cells;
        comparison->windows[comparison->W] = comparison->windows[w];
        for (int64_t r = 0; r < comparison->R; r++)
            matching->window[r * comparison->runs[0].W + comparison->W] =
                matching->window[r * comparison->runs[0].W + w];
        comparison->W++;
    }
    for (int64_t v = 0; v < comparison->V; v++)
        comparison->scored += scored[v];
}

/* Whether persistence has the same errors in all runs, up to rounding: it depends on the values
 * alone. */
static bool is_alike(const struct pulse_comparison *comparison, const struct matching *matching,
                     int64_t w, int64_t v)
{
    const double sum = find_sum(comparison, matching, PULSE_LOSS_PERSISTENCE_SQUARED, 0, w, v);
    bool alike = true;
    for (int64_t r = 1; r < comparison->R; r++) {
        const double own = find_sum(comparison, matching, PULSE_LOSS_PERSISTENCE_SQUARED, r, w, v);
        alike = alike && fabs(own - sum) <= 1e-9 * fmax(own, sum);
    }
    return alike;
}

static void take_sums(struct pulse_comparison *comparison, const struct matching *matching)
{
    const int64_t W = comparison->W, V = comparison->V;
    for (int64_t w = 0; w < W; w++)
        for (int64_t v = 0; v < V; v++) {
            bool any;
            if (find_rows(comparison, matching, w, v, &any) == 0)
                continue;
            comparison->unlike += !is_alike(comparison, matching, w, v);
            for (int kind = 0; kind < PULSE_LOSSES; kind++)
                for (int64_t r = 0; r < comparison->R; r++)
                    comparison->sum[kind][(r * W + w) * V + v] =
                        find_sum(comparison, matching, (enum pulse_loss)kind, r, w, v);
        }
}

/* ---- Losses --------------------------------------------------------------------- */

double pulse_comparison_sum(const struct pulse_comparison *comparison, enum pulse_loss kind,
                            int64_t r, int64_t v, int64_t from, int64_t to)
{
    double sum = 0;
    for (int64_t w = from; w < to; w++)
        sum += comparison->sum[kind][(r * comparison->W + w) * comparison->V + v];
    return sum;
}

double pulse_comparison_skill(const struct pulse_comparison *comparison, int64_t r, int64_t v)
{
    const int64_t W = comparison->W;
    const double persistence =
        pulse_comparison_sum(comparison, PULSE_LOSS_PERSISTENCE_SQUARED, r, v, 0, W);
    const double own = pulse_comparison_sum(comparison, PULSE_LOSS_SQUARED, r, v, 0, W);
    return persistence > 0 ? 1 - own / persistence : (double)NAN;
}

double pulse_comparison_mean_skill(const struct pulse_comparison *comparison, int64_t r)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t v = 0; v < comparison->V; v++) {
        const double skill = pulse_comparison_skill(comparison, r, v);
        if (!isnan(skill)) {
            sum += skill;
            n++;
        }
    }
    return n > 0 ? sum / (double)n : (double)NAN;
}

/* The loss of window w, of the squared errors of one kind. */
static double window_loss(const struct pulse_comparison *comparison, enum pulse_loss kind,
                          int64_t r, int64_t w)
{
    const int64_t at = (r * comparison->W + w) * comparison->V;
    double sum = 0;
    int64_t variables = 0;
    for (int64_t v = 0; v < comparison->V; v++)
        if (comparison->unit[v] > 0 && comparison->sum[PULSE_LOSS_ROWS][at + v] > 0) {
            sum += comparison->sum[kind][at + v] / comparison->unit[v];
            variables++;
        }
    return variables > 0 ? sum / (double)variables : 0;
}

static void measure_losses(struct pulse_comparison *comparison)
{
    const int64_t R = comparison->R, W = comparison->W;
    for (int64_t v = 0; v < comparison->V; v++) {
        const double rows = pulse_comparison_sum(comparison, PULSE_LOSS_ROWS, 0, v, 0, W);
        comparison->unit[v] =
            rows > 0
                ? pulse_comparison_sum(comparison, PULSE_LOSS_PERSISTENCE_SQUARED, 0, v, 0, W) /
                      rows
                : 0;
    }
    for (int64_t w = 0; w < W; w++) {
        for (int64_t r = 0; r < R; r++)
            comparison->loss[r * W + w] = window_loss(comparison, PULSE_LOSS_SQUARED, r, w);
        comparison->loss[R * W + w] = window_loss(comparison, PULSE_LOSS_PERSISTENCE_SQUARED, 0, w);
    }
}

/* ---- All of it ------------------------------------------------------------------ */

static int allocate_sums(struct pulse_comparison *comparison, struct pulse_err *err)
{
    static const char what[] = "the comparison";
    const size_t run = (size_t)(comparison->W * comparison->V) * sizeof(double);
    for (int kind = 0; kind < PULSE_LOSSES; kind++) {
        comparison->sum[kind] = pulse_calloc(comparison->R, run, what, err);
        if (comparison->sum[kind] == NULL)
            return -1;
    }
    comparison->unit = pulse_calloc(comparison->V, sizeof(double), what, err);
    comparison->loss =
        pulse_calloc(comparison->R + 1, (size_t)comparison->W * sizeof(double), what, err);
    return comparison->unit == NULL || comparison->loss == NULL ? -1 : 0;
}

int pulse_comparison_make(const struct pulse_losses *runs, int64_t R, int64_t from, int64_t to,
                          struct pulse_comparison *comparison, struct pulse_err *err)
{
    static const char what[] = "the comparison";
    struct matching matching = {0};
    int status = -1;
    *comparison = (struct pulse_comparison){.R = R, .runs = runs};
    matching.window = pulse_calloc(R, (size_t)runs->W * sizeof(int64_t), what, err);
    matching.variable = pulse_calloc(R, (size_t)runs->V * sizeof(int64_t), what, err);
    comparison->windows = pulse_calloc(runs->W, sizeof *comparison->windows, what, err);
    comparison->names = pulse_calloc(runs->V, sizeof *comparison->names, what, err);
    bool *scored = pulse_calloc(runs->V, sizeof *scored, what, err);
    if (scored == NULL || matching.window == NULL || matching.variable == NULL ||
        comparison->windows == NULL || comparison->names == NULL ||
        match_runs(comparison, &matching, from, to, err) != 0)
        goto done;
    keep_scored_windows(comparison, &matching, scored);
    if (comparison->cells == 0)
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "no variable has equally many scored rows in a window of all runs");
    else if (allocate_sums(comparison, err) == 0) {
        take_sums(comparison, &matching);
        measure_losses(comparison);
        status = 0;
    }
done:
    free(scored);
    free(matching.window);
    free(matching.variable);
    return status;
}

void pulse_comparison_clear(struct pulse_comparison *comparison)
{
    for (int kind = 0; kind < PULSE_LOSSES; kind++)
        free(comparison->sum[kind]);
    free(comparison->windows);
    free(comparison->names);
    free(comparison->unit);
    free(comparison->loss);
    *comparison = (struct pulse_comparison){0};
}
