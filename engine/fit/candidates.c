#include "fit/candidates.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Systems that are solved by their rows are solved whole, whatever spans are done. */
static bool all_by_spans(const struct pulse_fit_input *input)
{
    for (int64_t s = 0; s < input->n_systems; s++)
        if (input->systems[s].kernel_ridge)
            return false;
    return true;
}

/* The span that holds calendar row t. */
static int64_t span_of(const struct pulse_plan *plan, int64_t t)
{
    int64_t low = 0, high = plan->n_spans - 1;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (plan->spans[middle].first_row + plan->spans[middle].rows > t)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_made(const struct pulse_span *span, const bool *done, int64_t i)
{
    return span->trains && (done == NULL || !done[i]);
}

void pulse_candidates_rows(const struct pulse_plan *plan, const bool *done, int64_t first,
                           int64_t end, int64_t *first_row, int64_t *end_row)
{
    const struct pulse_span *spans = plan->spans;
    while (done != NULL && first < end && (done[first] || !spans[first].trains))
        first++;
    while (done != NULL && first < end && (done[end - 1] || !spans[end - 1].trains))
        end--;
    *first_row = first < end ? spans[first].first_row : 0;
    *end_row = first < end ? spans[end - 1].first_row + spans[end - 1].rows : 0;
}

int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const bool *done, struct pulse_err *err)
{
    const struct pulse_plan *plan = input->plan;
    *out = (struct pulse_candidates){.plan = plan, .targets = input->n_targets};
    const int64_t each = plan->sizes.C * out->targets;
    int64_t rows = 0;
    out->span = pulse_calloc(plan->n_spans, sizeof *out->span, "the candidates", err);
    out->failed = pulse_calloc(plan->n_windows, sizeof *out->failed, "the windows", err);
    if (out->span == NULL || out->failed == NULL)
        return -1;
    for (int64_t w = 0; w < plan->n_windows; w++)
        out->failed[w] = -1;
    if (!all_by_spans(input))
        done = NULL;
    for (int64_t i = input->first_span; i < input->end_span; i++)
        rows += is_made(&plan->spans[i], done, i) ? plan->spans[i].rows : 0;
    out->value = pulse_alloc_aligned(each * rows, sizeof *out->value, "the candidates", err);
    if (out->value == NULL)
        return -1;
    double *next = out->value;
    for (int64_t i = input->first_span; i < input->end_span; i++)
        if (is_made(&plan->spans[i], done, i)) {
            out->span[i].made = next;
            next += each * plan->spans[i].rows;
        }
    return 0;
}

void pulse_candidates_begin(struct pulse_candidates *out, int64_t i)
{
    double *made = out->span[i].made;
    const int64_t n = out->plan->sizes.C * out->targets * out->plan->spans[i].rows;
    for (int64_t k = 0; made != NULL && k < n; k++)
        made[k] = NAN;
}

double *pulse_candidates_at(const struct pulse_candidates *candidates, int64_t c, int64_t target,
                            int64_t t)
{
    const int64_t i = span_of(candidates->plan, t);
    const struct pulse_span *span = &candidates->plan->spans[i];
    assert(candidates->span[i].made != NULL);
    return candidates->span[i].made + (target * candidates->plan->sizes.C + c) * span->rows + t -
           span->first_row;
}

/* A saved span whose systems are not all saved, and solved anew where they are not. */
static void copy_span(struct pulse_candidates *out, int64_t i, const double *value)
{
    const int64_t each = out->plan->sizes.C * out->plan->spans[i].rows;
    pulse_candidates_begin(out, i);
    for (int64_t k = 0; k < out->targets; k++)
        if (out->saved.column[k] >= 0)
            memcpy(out->span[i].made + k * each, value + out->saved.column[k] * each,
                   (size_t)each * sizeof *value);
}

void pulse_candidates_take(struct pulse_candidates *out, const struct pulse_saved_span *span,
                           const struct pulse_saved_layout *layout)
{
    out->saved = *layout;
    for (int64_t i = 0; i < out->plan->n_spans; i++) {
        if (span[i].value == NULL)
            continue;
        memcpy(out->failed + out->plan->spans[i].first_window, span[i].failed,
               (size_t)span[i].windows * sizeof *out->failed);
        if (out->span[i].made != NULL)
            copy_span(out, i, span[i].value);
        else
            out->span[i].saved = span[i].value;
    }
}

/* What span i has of a target, for all candidates; NULL: nothing. */
static const double *values_of(const struct pulse_candidates *candidates, int64_t i, int64_t target)
{
    const struct pulse_candidate_span *span = &candidates->span[i];
    const int64_t each = candidates->plan->sizes.C * candidates->plan->spans[i].rows;
    if (span->made != NULL)
        return span->made + target * each;
    if (span->saved == NULL)
        return NULL;
    assert(candidates->saved.column[target] >= 0);
    return span->saved + candidates->saved.column[target] * each;
}

/* What span i has of rows [first, end), to where they begin in `out`. */
static void read_span(const struct pulse_candidates *candidates, int64_t i, int64_t target,
                      int64_t first, int64_t end, int64_t step, double *out)
{
    const struct pulse_span *span = &candidates->plan->spans[i];
    const double *values = values_of(candidates, i, target);
    const int64_t from = first > span->first_row ? first : span->first_row;
    const int64_t to = end < span->first_row + span->rows ? end : span->first_row + span->rows;
    const int64_t *pick = candidates->pick;
    const int64_t count = pick == NULL ? candidates->plan->sizes.C : candidates->picks;
    out += from - first;
    for (int64_t k = 0; to > from && k < count; k++, out += step) {
        const int64_t c = pick == NULL ? k : pick[k];
        if (values != NULL)
            memcpy(out, values + c * span->rows + from - span->first_row,
                   (size_t)(to - from) * sizeof *out);
        for (int64_t t = 0; values == NULL && t < to - from; t++)
            out[t] = NAN;
    }
}

void pulse_candidates_read(const struct pulse_candidates *candidates, int64_t target, int64_t first,
                           int64_t n, int64_t step, double *out)
{
    const struct pulse_plan *plan = candidates->plan;
    const int64_t end = first + n;
    for (int64_t i = span_of(plan, first); i < plan->n_spans && plan->spans[i].first_row < end; i++)
        read_span(candidates, i, target, first, end, step, out);
}

void pulse_candidates_clear(struct pulse_candidates *candidates)
{
    free(candidates->value);
    free(candidates->span);
    free(candidates->failed);
    *candidates = (struct pulse_candidates){0};
}
