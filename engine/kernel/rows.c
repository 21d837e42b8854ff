#include "kernel/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/matrix.h"
#include "mpi/collect.h"
#include "plan/systems.h"

int pulse_kernel_rows_init(struct pulse_kernel_rows *rows, const struct pulse_comm *comm,
                           const struct pulse_fit_input *input,
                           const struct pulse_distribution *distribution,
                           const struct pulse_system *system, struct pulse_err *err)
{
    *rows = (struct pulse_kernel_rows){.comm = comm, .input = input, .system = system};
    rows->first = pulse_calloc(2 * (int64_t)comm->size + 1, sizeof *rows->first, "a system", err);
    if (rows->first == NULL)
        return -1;
    rows->count = rows->first + comm->size + 1;
    rows->n = system->n;
    rows->order = pulse_kernel_order(rows->n);
    for (int r = 0; r < comm->size; r++) {
        int64_t from, to;
        pulse_distribution_rows(distribution, input->plan, r, &from, &to);
        rows->first[r + 1] = pulse_kernel_rows_before(rows, to);
        if (rows->first[r + 1] < rows->first[r]) /* a rank without rows */
            rows->first[r + 1] = rows->first[r];
    }
    return 0;
}

void pulse_kernel_rows_clear(struct pulse_kernel_rows *rows)
{
    free(rows->first);
    *rows = (struct pulse_kernel_rows){0};
}

int64_t pulse_kernel_rows_at(const struct pulse_kernel_rows *rows, int64_t i)
{
    return rows->system->row == NULL ? rows->input->plan->sizes.p + i : rows->system->row[i];
}

int64_t pulse_kernel_rows_before(const struct pulse_kernel_rows *rows, int64_t t)
{
    const int64_t p = rows->input->plan->sizes.p;
    if (rows->system->row != NULL)
        return pulse_system_rows_before(rows->system, t);
    return t <= p ? 0 : t - p < rows->n ? t - p : rows->n;
}

/* Columns [from, from + width) of one row. */
typedef void fill_row(const struct pulse_kernel_rows *rows, int64_t t, int64_t from, int64_t width,
                      double *out);

static void fill_features(const struct pulse_kernel_rows *rows, int64_t t, int64_t from,
                          int64_t width, double *out)
{
    const struct pulse_row_block *block = rows->input->rows;
    const int64_t E = block->E, fixed = 1 + block->columns;
    while (width > 0) {
        const int64_t family = from < fixed ? -1 : (from - fixed) / E;
        const int64_t at = from < fixed ? from - 1 : (from - fixed) % E;
        const double *x = family < 0 ? block->calendar + t * block->columns
                                     : pulse_row_block_family(block, family, t);
        const int64_t most = (family < 0 ? block->columns : E) - at;
        const int64_t n = width < most ? width : most;
        memcpy(out, x + at, (size_t)n * sizeof *out);
        out += n;
        from += n;
        width -= n;
    }
}

static void fill_targets(const struct pulse_kernel_rows *rows, int64_t t, int64_t from,
                         int64_t width, double *out)
{
    for (int64_t k = 0; k < width; k++)
        out[k] = *pulse_row_block_target(rows->input->rows, rows->system->target[from + k], t);
}

static int gather(const struct pulse_kernel_rows *rows, int64_t from, int64_t width, fill_row *fill,
                  double *X, struct pulse_err *err)
{
    const int rank = rows->comm->rank;
    for (int r = 0; r < rows->comm->size; r++)
        rows->count[r] = (rows->first[r + 1] - rows->first[r]) * width;
    for (int64_t i = rows->first[rank]; i < rows->first[rank + 1]; i++)
        fill(rows, pulse_kernel_rows_at(rows, i), from, width, X + i * width);
    memset(X + rows->n * width, 0, (size_t)((rows->order - rows->n) * width) * sizeof *X);
    return pulse_gather_in_turn(rows->comm, X, rows->count, "the rows of a system", err);
}

int pulse_kernel_rows_features(const struct pulse_kernel_rows *rows, int64_t from, int64_t to,
                               double *X, struct pulse_err *err)
{
    return gather(rows, from, to - from, fill_features, X, err);
}

int pulse_kernel_rows_targets(const struct pulse_kernel_rows *rows, int64_t first, int64_t n,
                              double *Y, struct pulse_err *err)
{
    return gather(rows, first, n, fill_targets, Y, err);
}
