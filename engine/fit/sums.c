#include "fit/sums.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/history.h"
#include "mpi/scan.h"

static const struct pulse_system *dense_system(const struct pulse_fit_input *input)
{
    const struct pulse_system *first = input->systems;
    return input->n_systems > 0 && first->row == NULL && !first->kernel_ridge ? first : NULL;
}

bool pulse_sums_carried(const struct pulse_fit_input *input, int64_t s)
{
    if (input->options->history == PULSE_ROLLING || input->systems[s].kernel_ridge)
        return false;
    return !(input->plan->by_totals && input->systems[s].row == NULL);
}

int pulse_sums_total(const struct pulse_fit_input *input, struct pulse_sums *sums,
                     struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    *sums = (struct pulse_sums){0};
    if (!input->plan->by_totals || dense_system(input) == NULL)
        return 0;
    const int64_t size = pulse_gram_total_size(sizes), n = input->end_span - input->first_span;
    double *work =
        pulse_alloc_aligned(pulse_gram_work(sizes), sizeof *work, "a block of rows", err);
    sums->totals = pulse_calloc(n, sizeof *sums->totals, "the totals of the spans", err);
    sums->end = pulse_alloc_aligned(size, sizeof *work, "the total of all rows", err);
    int status = work == NULL || sums->totals == NULL || sums->end == NULL ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < n; i++) {
        const struct pulse_span *span = &input->plan->spans[input->first_span + i];
        if (input->first_span + i < input->known_spans) {
            sums->n_totals++;
            continue;
        }
        double *total = pulse_alloc_aligned(size, sizeof *total, "the total of a span", err);
        if (total == NULL) {
            status = -1;
            break;
        }
        sums->totals[sums->n_totals++] = total;
        pulse_gram_total(
            sizes, input->rows, pulse_history_base(input, dense_system(input), span->first_row),
            pulse_history_base(input, dense_system(input), span->first_row + span->rows), total,
            work);
    }
    free(work);
    return status;
}

/* Replaces each span's total by the sum before it. */
struct fold_totals {
    double *const *totals;
    int64_t n;
};

static void fold_totals(void *context, int64_t first, int64_t n, double *running)
{
    const struct fold_totals *fold = context;
    for (int64_t s = 0; s < fold->n; s++) {
        double *total = fold->totals[s] == NULL ? NULL : fold->totals[s] + first;
        for (int64_t i = 0; total != NULL && i < n; i++) {
            double before = running[i];
            running[i] += total[i];
            total[i] = before;
        }
    }
}

/* Adds the windows of this rank's spans to columns of [P | Q], and keeps what came before. */
struct fold_gram {
    const struct pulse_fit_input *input;
    int64_t system;
    double *before;
    double *work;
};

static void fold_gram(void *context, int64_t first, int64_t n, double *running)
{
    const struct fold_gram *fold = context;
    const struct pulse_fit_input *input = fold->input;
    const int64_t d = input->plan->sizes.d;
    memcpy(fold->before + first, running, (size_t)n * sizeof *running);
    for (int64_t s = input->first_span; s < input->end_span; s++) {
        const struct pulse_span *span = &input->plan->spans[s];
        for (int64_t w = span->first_window; w < span->first_window + span->windows; w++) {
            if (w > input->plan->last_row_window) /* empty windows at the end age nothing */
                break;
            pulse_history_advance(input, fold->system, w, first / d, n / d, running, fold->work);
        }
    }
}

static int scan_gram(const struct pulse_comm *comm, const struct pulse_fit_input *input, int64_t s,
                     struct pulse_sums *sums, double *work, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const int64_t size = sizes->d * (sizes->d + system->q);
    sums->gram[s] = pulse_alloc_aligned(size, sizeof *work, "the sums of a system", err);
    const bool last = comm->rank == comm->size - 1; /* the only one that fits the end */
    if (last)
        sums->gram_end[s] = pulse_alloc_aligned(size, sizeof *work, "the sums of a system", err);
    if (sums->gram[s] == NULL || (last && sums->gram_end[s] == NULL))
        pulse_comm_abort(comm, err); /* the others are in the scan already */
    struct fold_gram fold = {input, s, sums->gram[s], work};
    return pulse_scan(comm, NULL, size, pulse_gram_tile_columns(sizes) * sizes->d, fold_gram, &fold,
                      sums->gram_end[s], err);
}

/* Σ u² of a system's next-row targets over a run of its rows, added to `squares` at their indices.
 */
static void add_squares(const struct pulse_fit_input *input, int64_t s,
                        const struct pulse_row_range *run, double *squares)
{
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_target_group next = pulse_system_group(&input->plan->sizes, system, 0);
    for (int64_t i = 0; i < run->n; i++) {
        const double *z = pulse_row_block_at(input->rows, pulse_row_range_at(run, i));
        for (int64_t k = 0; k < next.n; k++)
            squares[system->target[k]] += z[system->target[k]] * z[system->target[k]];
    }
}

static void fold_squares(void *context, int64_t first, int64_t n, double *running)
{
    const struct pulse_fit_input *input = context;
    assert(first == 0 && n == input->plan->sizes.E); /* one tile */
    (void)first;
    (void)n;
    for (int64_t i = input->first_span; i < input->end_span; i++) {
        const struct pulse_span *span = &input->plan->spans[i];
        for (int64_t s = 0; s < input->n_systems; s++) {
            struct pulse_row_range run =
                pulse_gram_range(&input->plan->sizes, &input->systems[s], span->first_row,
                                 span->first_row + span->rows);
            if (pulse_sums_carried(input, s) &&
                pulse_system_is_next(&input->plan->sizes, &input->systems[s]))
                add_squares(input, s, &run, running);
        }
    }
}

int pulse_sums_scan(const struct pulse_comm *comm, const struct pulse_fit_input *input,
                    struct pulse_sums *sums, struct pulse_err *err)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    int status = -1;
    if (input->plan->by_rows) /* then nobody asks for sums */
        return 0;
    double *work =
        pulse_alloc_aligned(pulse_gram_work(sizes), sizeof *work, "a block of rows", err);
    sums->gram = pulse_calloc(input->n_systems, sizeof *sums->gram, "the sums", err);
    sums->gram_end = pulse_calloc(input->n_systems, sizeof *sums->gram_end, "the sums", err);
    sums->squares = pulse_calloc(sizes->E, sizeof *sums->squares, "the sums", err);
    if (work == NULL || sums->gram == NULL || sums->gram_end == NULL || sums->squares == NULL)
        pulse_comm_abort(comm, err);
    if (sums->totals != NULL) {
        const int64_t size = pulse_gram_total_size(sizes);
        struct fold_totals fold = {sums->totals, sums->n_totals};
        const double *before = input->known_spans > 0 ? input->before : NULL;
        if (pulse_scan(comm, before, size, PULSE_TOTALS_TILE, fold_totals, &fold, sums->end, err) !=
            0)
            goto done;
    }
    for (int64_t s = 0; s < input->n_systems; s++)
        if (pulse_sums_carried(input, s) && scan_gram(comm, input, s, sums, work, err) != 0)
            goto done;
    struct pulse_fit_input all = *input;
    if (input->options->history == PULSE_EXPANDING &&
        pulse_scan(comm, NULL, sizes->E, sizes->E, fold_squares, &all, sums->squares, err) != 0)
        goto done;
    status = 0;
done:
    free(work);
    return status;
}

int64_t pulse_sums_at_end(const struct pulse_fit_input *input, const struct pulse_sums *sums,
                          int64_t s, int64_t ahead, double *G, double *work)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const size_t bytes = (size_t)(sizes->d * (sizes->d + system->q)) * sizeof *G;
    const int64_t next = input->plan->last_row_window + 1;
    const int64_t base = pulse_history_base(input, system, sizes->T);
    const struct pulse_row_range run = pulse_fit_history_rows(input, s, next, ahead);
    if (run.n == 0)
        return 0;
    if (input->options->history == PULSE_ROLLING) {
        memset(G, 0, bytes);
        pulse_gram_add_all(sizes, system, input->rows, &run, 1, G, work);
        return run.n;
    }
    if (pulse_sums_carried(input, s))
        memcpy(G, sums->gram_end[s], bytes);
    else if (base <= sizes->p)
        memset(G, 0, bytes); /* no usable row yet */
    else
        pulse_gram_assemble(sizes, system, sums->end, input->lag_prefix, input->rows, base, G);
    pulse_history_complete(input, s, next, ahead, G, work);
    return run.n;
}

void pulse_sums_squares(const struct pulse_fit_input *input, const struct pulse_sums *sums,
                        int64_t s, double *squares)
{
    const struct pulse_sizes *sizes = &input->plan->sizes;
    const struct pulse_system *system = &input->systems[s];
    const struct pulse_target_group next = pulse_system_group(sizes, system, 0);
    const bool rolling = input->options->history == PULSE_ROLLING;
    const bool carried = pulse_sums_carried(input, s);
    memset(squares, 0, (size_t)sizes->E * sizeof *squares);
    struct pulse_row_range run =
        pulse_fit_history_rows(input, s, input->plan->last_row_window + 1, 0);
    for (int64_t k = 0; !rolling && k < next.n; k++) {
        const int64_t e = system->target[k]; /* row e of Σ u uᵀ lies below the features in H */
        squares[e] =
            carried ? sums->squares[e] : sums->end[e * (sizes->d + sizes->E) + sizes->d + e];
    }
    if (!rolling && !carried) /* H ends at the base */
        run =
            pulse_gram_range(sizes, system, pulse_history_base(input, system, sizes->T), sizes->T);
    if (rolling || !carried)
        add_squares(input, s, &run, squares);
}

void pulse_sums_clear(struct pulse_sums *sums, int64_t n_systems)
{
    for (int64_t s = 0; sums->gram != NULL && s < n_systems; s++) {
        free(sums->gram[s]);
        free(sums->gram_end[s]);
    }
    free(sums->gram);
    free(sums->gram_end);
    free(sums->squares);
    for (int64_t i = 0; i < sums->n_totals; i++)
        free(sums->totals[i]);
    free(sums->totals);
    free(sums->end);
    *sums = (struct pulse_sums){0};
}
