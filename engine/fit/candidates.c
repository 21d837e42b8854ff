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

/* Rows from the first span to compute to the last one. */
static void find_rows(struct pulse_candidates *out, const struct pulse_fit_input *input,
                      const bool *done)
{
    const struct pulse_span *spans = input->plan->spans;
    int64_t first = input->first_span, end = input->end_span;
    const bool some = done != NULL && all_by_spans(input);
    while (some && first < end && (done[first] || !spans[first].trains))
        first++;
    while (some && first < end && (done[end - 1] || !spans[end - 1].trains))
        end--;
    for (int64_t s = first; s < end; s++) {
        if (s == first)
            out->first_row = spans[s].first_row;
        out->rows += spans[s].rows;
    }
}

int pulse_candidates_init(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const bool *done, struct pulse_err *err)
{
    const struct pulse_plan *plan = input->plan;
    *out = (struct pulse_candidates){.targets = input->n_targets};
    find_rows(out, input, done);
    int64_t n = plan->sizes.C * out->targets * out->rows;
    out->value = pulse_alloc_aligned(n, sizeof *out->value, "the candidates", err);
    out->failed = pulse_calloc(plan->n_windows, sizeof *out->failed, "the windows", err);
    if (out->value == NULL || out->failed == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        out->value[i] = NAN;
    for (int64_t w = 0; w < plan->n_windows; w++)
        out->failed[w] = -1;
    return 0;
}

/* A saved span whose rows the walk's memory has. */
static void copy_span(struct pulse_candidates *out, int64_t C, const struct pulse_span *span,
                      const double *value)
{
    for (int64_t c = 0; c < C; c++)
        for (int64_t k = 0; k < out->targets; k++) {
            const int64_t column = out->saved.column[k];
            if (column >= 0)
                memcpy(pulse_candidates_of(out, c, k) + span->first_row - out->first_row,
                       value + (c * out->saved.columns + column) * span->rows,
                       (size_t)span->rows * sizeof *value);
        }
}

/* Whether the span's rows are among those that the walk fills; none is so in part. */
static bool is_filled(const struct pulse_candidates *out, const struct pulse_span *span)
{
    return span->first_row >= out->first_row &&
           span->first_row + span->rows <= out->first_row + out->rows;
}

int pulse_candidates_take(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const struct pulse_saved_span *span,
                          const struct pulse_saved_layout *layout, struct pulse_err *err)
{
    const struct pulse_plan *plan = input->plan;
    bool filled = false;
    out->saved = *layout;
    out->part =
        pulse_calloc(input->end_span - input->first_span, sizeof *out->part, "the candidates", err);
    if (out->part == NULL)
        return -1;
    for (int64_t s = input->first_span; s < input->end_span; s++) {
        const struct pulse_span *it = &plan->spans[s];
        if (span[s].value != NULL)
            memcpy(out->failed + it->first_window, span[s].failed,
                   (size_t)span[s].windows * sizeof *out->failed);
        if (it->rows > 0 && !is_filled(out, it))
            out->part[out->n_parts++] =
                (struct pulse_candidate_rows){it->first_row, it->rows, span[s].value, true};
        else if (span[s].value != NULL)
            copy_span(out, plan->sizes.C, it, span[s].value);
        if (it->rows > 0 && is_filled(out, it) && !filled)
            out->part[out->n_parts++] =
                (struct pulse_candidate_rows){out->first_row, out->rows, out->value, false};
        filled = filled || is_filled(out, it);
    }
    return 0;
}

/* What the part has of rows [first, end), to where they begin in `out`. */
static void read_part(const struct pulse_candidates *candidates,
                      const struct pulse_candidate_rows *part, int64_t c, int64_t target,
                      int64_t first, int64_t end, double *out)
{
    const int64_t from = first > part->first_row ? first : part->first_row;
    const int64_t to = end < part->first_row + part->rows ? end : part->first_row + part->rows;
    const int64_t width = part->saved ? candidates->saved.columns : candidates->targets;
    const int64_t column = part->saved ? candidates->saved.column[target] : target;
    if (from >= to)
        return;
    assert(column >= 0 || part->value == NULL);
    if (part->value != NULL)
        memcpy(out + from - first,
               part->value + (c * width + column) * part->rows + from - part->first_row,
               (size_t)(to - from) * sizeof *out);
    for (int64_t t = from; part->value == NULL && t < to; t++)
        out[t - first] = NAN;
}

void pulse_candidates_read(const struct pulse_candidates *candidates, int64_t c, int64_t target,
                           int64_t first, int64_t n, double *out)
{
    const struct pulse_candidate_rows all = {candidates->first_row, candidates->rows,
                                             candidates->value, false};
    if (candidates->n_parts == 0)
        read_part(candidates, &all, c, target, first, first + n, out);
    for (int64_t i = 0; i < candidates->n_parts; i++)
        read_part(candidates, &candidates->part[i], c, target, first, first + n, out);
}

void pulse_candidates_clear(struct pulse_candidates *candidates)
{
    free(candidates->value);
    free(candidates->failed);
    free(candidates->part);
    *candidates = (struct pulse_candidates){0};
}
