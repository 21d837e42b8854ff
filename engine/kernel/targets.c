#include "kernel/targets.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "fit/kernel_ridge.h"
#include "kernel/matrix.h"
#include "plan/systems.h"

static bool owns_chunk(const struct pulse_kernel_targets *targets, int64_t i)
{
    return pulse_kernel_targets_owner(targets, i) == targets->rows->comm->rank;
}

/* ---- Windows -------------------------------------------------------------------- */

static int cut_windows(struct pulse_kernel_targets *targets, struct pulse_err *err)
{
    const struct pulse_kernel_rows *rows = targets->rows;
    const struct pulse_plan *plan = rows->input->plan;
    const int64_t groups = pulse_system_groups(rows->system);
    targets->cut = pulse_calloc(plan->n_windows + 1, sizeof *targets->cut, "the windows", err);
    targets->known =
        pulse_calloc(groups * plan->n_windows, sizeof *targets->known, "the windows", err);
    targets->end = pulse_calloc(groups, sizeof *targets->end, "the windows", err);
    if (targets->cut == NULL || targets->known == NULL || targets->end == NULL)
        return -1;
    for (int64_t w = 0; w < plan->n_windows; w++) {
        const struct pulse_window *window = &plan->windows[w];
        const int64_t end = pulse_kernel_rows_before(rows, window->first_row + window->rows);
        if (end > targets->cut[targets->steps])
            targets->cut[++targets->steps] = end;
    }
    for (int64_t j = 0; j < groups; j++) {
        const int64_t ahead = pulse_system_group(&plan->sizes, rows->system, j).ahead;
        for (int64_t w = 0, step = 0; w < plan->n_windows && step < targets->steps; w++) {
            const struct pulse_window *window = &plan->windows[w];
            if (pulse_kernel_rows_before(rows, window->first_row + window->rows) ==
                targets->cut[step])
                continue;
            targets->known[j * targets->steps + step++] =
                pulse_kernel_rows_before(rows, window->first_row - ahead);
        }
        targets->end[j] = pulse_kernel_rows_before(rows, plan->sizes.T - ahead);
    }
    return 0;
}

/* ---- Chunks --------------------------------------------------------------------- */

static int cut_chunks(struct pulse_kernel_targets *targets, struct pulse_err *err)
{
    const struct pulse_system *system = targets->rows->system;
    const int64_t groups = pulse_system_groups(system);
    targets->chunk = pulse_calloc(pulse_system_chunks(system), sizeof *targets->chunk,
                                  "the targets of a system", err);
    if (targets->chunk == NULL)
        return -1;
    for (int64_t j = 0; j < groups; j++) {
        const struct pulse_target_group group =
            pulse_system_group(&targets->rows->input->plan->sizes, system, j);
        for (int64_t k = 0; k < group.n; k += PULSE_KERNEL_CHUNK)
            targets->chunk[targets->n_chunks++] = (struct pulse_kernel_chunk){
                .group = j,
                .first = group.first + k,
                .n = group.n - k < PULSE_KERNEL_CHUNK ? group.n - k : PULSE_KERNEL_CHUNK};
    }
    return 0;
}

static int allocate_chunk(const struct pulse_kernel_rows *rows, struct pulse_kernel_chunk *chunk,
                          struct pulse_err *err)
{
    const char *what = "the targets of a system";
    const int64_t L = rows->input->plan->sizes.L, size = rows->order * (chunk->n + 1);
    chunk->Y = pulse_alloc_aligned(size, sizeof(double), what, err);
    chunk->T = pulse_alloc_aligned(size, sizeof(double), what, err);
    chunk->U = pulse_calloc(L, sizeof *chunk->U, what, err);
    chunk->b = pulse_calloc(L, sizeof *chunk->b, what, err);
    for (int64_t l = 0; err->kind == PULSE_OK && l < L; l++) {
        chunk->U[l] = pulse_alloc_aligned(size, sizeof(double), what, err);
        chunk->b[l] = pulse_alloc_aligned(chunk->n, sizeof(double), what, err);
    }
    return err->kind == PULSE_OK ? 0 : -1;
}

/* Collective: the targets of each chunk go to all, and its owner keeps them. */
static int fill_chunks(struct pulse_kernel_targets *targets, struct pulse_err *err)
{
    const struct pulse_kernel_rows *rows = targets->rows;
    double *Y =
        pulse_alloc_aligned(PULSE_KERNEL_CHUNK * rows->order, sizeof *Y, "the targets", err);
    int status = pulse_comm_agree(rows->comm, err);
    for (int64_t i = 0; status == 0 && i < targets->n_chunks; i++) {
        struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        status = pulse_kernel_rows_targets(rows, chunk->first, chunk->n, Y, err);
        if (status != 0 || !owns_chunk(targets, i))
            continue;
        for (int64_t t = 0; t < rows->order; t++) {
            for (int64_t k = 0; k < chunk->n; k++)
                chunk->Y[k * rows->order + t] = Y[t * chunk->n + k];
            chunk->Y[chunk->n * rows->order + t] = t < rows->n;
        }
    }
    free(Y);
    return status;
}

int pulse_kernel_targets_init(struct pulse_kernel_targets *targets,
                              const struct pulse_kernel_rows *rows, struct pulse_err *err)
{
    *targets = (struct pulse_kernel_targets){.rows = rows};
    int status = cut_windows(targets, err) != 0 || cut_chunks(targets, err) != 0 ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < targets->n_chunks; i++)
        if (owns_chunk(targets, i))
            status = allocate_chunk(rows, &targets->chunk[i], err);
    return pulse_comm_agree(rows->comm, err) != 0 ? -1 : fill_chunks(targets, err);
}

void pulse_kernel_targets_clear(struct pulse_kernel_targets *targets)
{
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        for (int64_t l = 0; l < targets->rows->input->plan->sizes.L; l++) {
            if (chunk->U != NULL)
                free(chunk->U[l]);
            if (chunk->b != NULL)
                free(chunk->b[l]);
        }
        free(chunk->Y);
        free(chunk->T);
        free(chunk->U);
        free(chunk->b);
    }
    free(targets->chunk);
    free(targets->cut);
    free(targets->known);
    free(targets->end);
    *targets = (struct pulse_kernel_targets){0};
}

int64_t pulse_kernel_targets_of(const struct pulse_kernel_targets *targets, int rank)
{
    int64_t n = 0;
    for (int64_t i = 0; i < targets->n_chunks; i++)
        n += pulse_kernel_targets_owner(targets, i) == rank ? targets->chunk[i].n : 0;
    return n;
}

/* ---- Right hand sides ----------------------------------------------------------- */

void pulse_kernel_targets_begin(struct pulse_kernel_targets *targets, int64_t l)
{
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        if (!owns_chunk(targets, i))
            continue;
        memcpy(chunk->U[l], chunk->Y,
               (size_t)(targets->rows->order * (chunk->n + 1)) * sizeof *chunk->Y);
        chunk->step = 0;
    }
}

/* What the rows whose targets a window knows say of it, M_wJ u_J: as far as earlier block columns
 * go, it is what they have taken from Y. */
static void explain_by_earlier(const struct pulse_kernel_targets *targets,
                               const struct pulse_kernel_chunk *chunk, const double *U,
                               int64_t step)
{
    const int64_t order = targets->rows->order;
    for (int64_t k = 0; k <= chunk->n; k++)
        for (int64_t t = targets->cut[step]; t < targets->cut[step + 1]; t++)
            chunk->T[k * order + t] = chunk->Y[k * order + t] - U[k * order + t];
}

/* And the rows of this block column that it knows. */
static void explain_by_column(const struct pulse_kernel_targets *targets,
                              const struct pulse_kernel_chunk *chunk, const double *U, int64_t step,
                              int64_t first, const double *column)
{
    const int64_t order = targets->rows->order, from = targets->cut[step];
    const int64_t known = targets->known[chunk->group * targets->steps + step] - first;
    if (known > 0)
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)(targets->cut[step + 1] - from),
                    (int)(chunk->n + 1), (int)known, 1.0, column + from - first,
                    (int)(order - first), U + first, (int)order, 1.0, chunk->T + from, (int)order);
}

static void forward_chunk(const struct pulse_kernel_targets *targets,
                          struct pulse_kernel_chunk *chunk, double *U, int64_t first,
                          const double *column)
{
    const int64_t *known = targets->known + chunk->group * targets->steps;
    const int64_t from = chunk->step;
    for (; chunk->step < targets->steps && known[chunk->step] < first + PULSE_KERNEL_TILE;
         chunk->step++)
        explain_by_earlier(targets, chunk, U, chunk->step);
    pulse_kernel_matrix_eliminate(targets->rows->order, first, column, chunk->n + 1, U);
    for (int64_t step = from; step < chunk->step; step++)
        explain_by_column(targets, chunk, U, step, first, column);
}

void pulse_kernel_targets_forward(struct pulse_kernel_targets *targets, int64_t l, int64_t first,
                                  const double *column)
{
    for (int64_t i = 0; i < targets->n_chunks; i++)
        if (owns_chunk(targets, i))
            forward_chunk(targets, &targets->chunk[i], targets->chunk[i].U[l], first, column);
}

void pulse_kernel_targets_retrodict(struct pulse_kernel_targets *targets, int64_t l)
{
    const int64_t order = targets->rows->order;
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        if (!owns_chunk(targets, i))
            continue;
        double *U = chunk->U[l], *g = U + chunk->n * order;
        const struct pulse_kernel_windows windows = {targets->steps, targets->cut,
                                                     targets->known + chunk->group * targets->steps,
                                                     targets->end[chunk->group]};
        for (int64_t k = 0; k < chunk->n; k++) {
            double *T = chunk->T + k * order;
            const double b = chunk->b[l][k] = pulse_kernel_ridge_retrodict(
                &windows, U + k * order, g, T, chunk->T + chunk->n * order, T);
            for (int64_t t = 0; t < order; t++)
                U[k * order + t] = t < targets->end[chunk->group] ? U[k * order + t] - b * g[t] : 0;
        }
    }
}

void pulse_kernel_targets_backward(struct pulse_kernel_targets *targets, int64_t l, int64_t first,
                                   const double *column)
{
    for (int64_t i = 0; i < targets->n_chunks; i++)
        if (owns_chunk(targets, i))
            pulse_kernel_matrix_substitute(targets->rows->order, first, column, targets->chunk[i].n,
                                           targets->chunk[i].U[l]);
}

void pulse_kernel_targets_fail(struct pulse_kernel_targets *targets, int64_t l)
{
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        if (!owns_chunk(targets, i))
            continue;
        for (int64_t k = 0; k < targets->rows->order * (chunk->n + 1); k++)
            chunk->U[l][k] = chunk->T[k] = NAN;
        for (int64_t k = 0; k < chunk->n; k++)
            chunk->b[l][k] = NAN;
    }
}
