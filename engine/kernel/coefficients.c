#include "kernel/coefficients.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "mpi/collect.h"

/* Features whose coefficients travel at a time. */
enum { SLICE = PULSE_KERNEL_SLICE };

struct delivery {
    const struct pulse_kernel_targets *targets;
    int64_t s, b;
    bool last;       /* whether this is the rank that keeps them */
    double *send;    /* per chunk of ours and penalty, a column of the slice per target */
    double *receive; /* the same of all ranks */
    double *x;       /* the next row's features */
    struct pulse_final *out;
};

static const struct pulse_sizes *sizes_of(const struct delivery *delivery)
{
    return &delivery->targets->rows->input->plan->sizes;
}

/* Coefficients of features [from, to) from those of target k of a chunk. */
static void put_column(const struct delivery *delivery, int64_t c, int64_t target, int64_t from,
                       int64_t to, const double *value)
{
    const struct pulse_kernel_rows *rows = delivery->targets->rows;
    struct pulse_final *out = delivery->out;
    const int64_t d = sizes_of(delivery)->d;
    const int64_t slot = rows->input->slot[rows->system->target[target]];
    double sum = from == 0 ? 0 : out->next[c * out->targets + slot];
    for (int64_t i = from; i < to; i++) {
        out->coefficients[(c * d + i) * out->targets + slot] = value[i - from];
        sum += delivery->x[i] * value[i - from];
    }
    out->next[c * out->targets + slot] = sum;
    if (!isfinite(sum))
        out->failed = (int32_t)(delivery->s * sizes_of(delivery)->L + c % sizes_of(delivery)->L);
}

/* Collective: what stands in `send` of features [from, to). */
static int deliver(const struct delivery *delivery, int64_t from, int64_t to, struct pulse_err *err)
{
    const struct pulse_kernel_targets *targets = delivery->targets;
    const struct pulse_comm *comm = targets->rows->comm;
    const int64_t L = sizes_of(delivery)->L, width = to - from;
    const int last = comm->size - 1;
    struct pulse_alltoallv alltoallv = {0};
    for (int r = 0; r < comm->size; r++)
        if (pulse_alltoallv_add(
                comm, &alltoallv, r,
                r == last ? width * L * pulse_kernel_targets_of(targets, comm->rank) : 0,
                delivery->last ? width * L * pulse_kernel_targets_of(targets, r) : 0, err) != 0)
            break;
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = pulse_alltoallv_run(comm, &alltoallv, delivery->send, delivery->receive,
                                     "gathering coefficients", err);
    pulse_alltoallv_clear(&alltoallv);
    const double *at = delivery->receive;
    for (int r = 0; status == 0 && delivery->last && r < comm->size; r++)
        for (int64_t i = 0; i < targets->n_chunks; i++) {
            const struct pulse_kernel_chunk *chunk = &targets->chunk[i];
            if (pulse_kernel_targets_owner(targets, i) != r)
                continue;
            for (int64_t l = 0; l < L; l++)
                for (int64_t k = 0; k < chunk->n; k++, at += width)
                    put_column(delivery, delivery->b * L + l, chunk->first + k, from, to, at);
        }
    return status;
}

/* The intercepts of our chunks. */
static void fill_intercepts(const struct delivery *delivery)
{
    const struct pulse_kernel_targets *targets = delivery->targets;
    double *send = delivery->send;
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        const struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        if (pulse_kernel_targets_owner(targets, i) != targets->rows->comm->rank)
            continue;
        for (int64_t l = 0; l < sizes_of(delivery)->L; l++, send += chunk->n)
            memcpy(send, chunk->b[l], (size_t)chunk->n * sizeof *send);
    }
}

/* β = Xᵀ K⁻¹(Y − b1)/λ of our chunks, for the features in X. */
static void fill_slice(const struct delivery *delivery, int64_t width, const double *X)
{
    const struct pulse_kernel_targets *targets = delivery->targets;
    const struct pulse_kernel_rows *rows = targets->rows;
    double *send = delivery->send;
    for (int64_t i = 0; i < targets->n_chunks; i++) {
        const struct pulse_kernel_chunk *chunk = &targets->chunk[i];
        if (pulse_kernel_targets_owner(targets, i) != rows->comm->rank)
            continue;
        for (int64_t l = 0; l < sizes_of(delivery)->L; l++, send += width * chunk->n)
            cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)width, (int)chunk->n,
                        (int)rows->order, 1 / rows->input->options->ridge[l], X, (int)width,
                        chunk->U[l], (int)rows->order, 0.0, send, (int)width);
    }
}

/* The block's candidates have nothing of the features behind it. */
static void clear_rest(const struct delivery *delivery)
{
    const struct pulse_kernel_rows *rows = delivery->targets->rows;
    const struct pulse_sizes *sizes = sizes_of(delivery);
    struct pulse_final *out = delivery->out;
    for (int64_t l = 0; l < sizes->L; l++)
        for (int64_t i = pulse_sizes_block(sizes, delivery->b); i < sizes->d; i++)
            for (int64_t k = 0; k < rows->system->q; k++)
                out->coefficients[((delivery->b * sizes->L + l) * sizes->d + i) * out->targets +
                                  rows->input->slot[rows->system->target[k]]] = 0;
}

static int delivery_init(struct delivery *delivery, struct pulse_err *err)
{
    const struct pulse_kernel_rows *rows = delivery->targets->rows;
    const int64_t L = sizes_of(delivery)->L,
                  own = pulse_kernel_targets_of(delivery->targets, rows->comm->rank);
    delivery->send = pulse_alloc_aligned(SLICE * L * own, sizeof(double), "coefficients", err);
    if (delivery->last) {
        delivery->receive =
            pulse_alloc_aligned(SLICE * L * rows->system->q, sizeof(double), "coefficients", err);
        delivery->x = pulse_alloc_aligned(sizes_of(delivery)->d, sizeof(double), "features", err);
    }
    return pulse_comm_agree(rows->comm, err);
}

int pulse_kernel_coefficients(const struct pulse_kernel_targets *targets, int64_t s, int64_t b,
                              double *X, struct pulse_final *out, struct pulse_err *err)
{
    const struct pulse_kernel_rows *rows = targets->rows;
    struct delivery delivery = {.targets = targets,
                                .s = s,
                                .b = b,
                                .last = rows->comm->rank == rows->comm->size - 1,
                                .out = out};
    const int64_t own = pulse_sizes_block(sizes_of(&delivery), b);
    int status = delivery_init(&delivery, err);
    if (status == 0 && delivery.last) {
        pulse_row_block_features(rows->input->rows, sizes_of(&delivery)->T, delivery.x);
        clear_rest(&delivery);
    }
    if (status == 0) {
        fill_intercepts(&delivery);
        status = deliver(&delivery, 0, 1, err);
    }
    for (int64_t from = 1; status == 0 && from < own; from += SLICE) {
        const int64_t to = own - from < SLICE ? own : from + SLICE;
        status = pulse_kernel_rows_features(rows, from, to, X, err);
        if (status == 0) {
            fill_slice(&delivery, to - from, X);
            status = deliver(&delivery, from, to, err);
        }
    }
    free(delivery.send);
    free(delivery.receive);
    free(delivery.x);
    return status;
}
