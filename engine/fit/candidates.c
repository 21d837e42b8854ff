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
    *out = (struct pulse_candidates){.targets = input->n_targets};
    int64_t end;
    pulse_candidates_rows(plan, all_by_spans(input) ? done : NULL, input->first_span,
                          input->end_span, &out->first_row, &end);
    out->rows = end - out->first_row;
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

/* The next part: the rows of a span, or all that the walk fills. */
static void add_part(struct pulse_candidates *out, const struct pulse_span *span,
                     const double *value, bool filled)
{
    struct pulse_candidate_rows *part = &out->part[out->n_parts];
    if (!filled)
        *part = (struct pulse_candidate_rows){span->first_row, span->rows, value, true};
    else if (span->first_row == out->first_row)
        *part = (struct pulse_candidate_rows){out->first_row, out->rows, out->value, false};
    else
        return;
    out->n_parts++;
}

int pulse_candidates_take(struct pulse_candidates *out, const struct pulse_fit_input *input,
                          const struct pulse_saved_span *span,
                          const struct pulse_saved_layout *layout, struct pulse_err *err)
{
    const struct pulse_plan *plan = input->plan;
    out->saved = *layout;
    out->part = pulse_calloc(plan->n_spans, sizeof *out->part, "the candidates", err);
    if (out->part == NULL)
        return -1;
    for (int64_t s = 0; s < plan->n_spans; s++) {
        const struct pulse_span *it = &plan->spans[s];
        const bool known = span[s].value != NULL;
        const bool filled = it->first_row >= out->first_row &&
                            it->first_row + it->rows <= out->first_row + out->rows;
        if (known)
            memcpy(out->failed + it->first_window, span[s].failed,
                   (size_t)span[s].windows * sizeof *out->failed);
        if (it->rows > 0 && (known || filled || !it->trains))
            add_part(out, it, span[s].value, filled);
        if (known && filled)
            copy_span(out, plan->sizes.C, it, span[s].value);
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
    if (candidates->pick != NULL)
        c = candidates->pick[c];
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
