#include "dryrun.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/progress.h"
#include "gram.h"
#include "la.h"
#include "systems.h"

int64_t pulse_peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Doubles of the walk's workspaces and sums on a rank with these spans. */
static int64_t walk_doubles(const struct pulse_plan *plan, const struct pulse_options *options,
                            const struct pulse_system *systems, int64_t n_systems,
                            int64_t first_span, int64_t end_span)
{
    const int64_t d = plan->sizes.d;
    int64_t q = 1, m = 1, sums = 0, dual = 0;
    for (int64_t s = 0; s < n_systems; s++) {
        const bool by_totals = plan->innovations && systems[s].row == NULL;
        if (systems[s].dual) {
            dual = larger(dual, pulse_system_dual_doubles(&plan->sizes, &systems[s]));
            continue;
        }
        q = larger(q, systems[s].q);
        if (by_totals)
            sums += (end_span - first_span + 1) * pulse_gram_total_size(&plan->sizes);
        else if (options->history != PULSE_ROLLING)
            sums += 2 * d * (d + systems[s].q);
    }
    for (int64_t s = first_span; s < end_span; s++)
        m = larger(m, plan->spans[s].rows);
    const int64_t walking = d * (d + q) + d * d + d * (q + m) + (plan->innovations ? m * m : 0) +
                            4 * m * q + pulse_la_side(larger(d, m)) + pulse_gram_work(&plan->sizes);
    return sums + larger(walking, dual); /* one after the other */
}

/* Bytes that this rank will need beside what it has now: at the exchange of rows, at the walk, or
 * when judging, whichever is most. */
static int64_t bytes_to_come(const struct pulse_comm *comm, const struct pulse_plan *plan,
                             const struct pulse_options *options, const struct pulse_shares *shares,
                             const struct pulse_system *systems, int64_t n_systems)
{
    const struct pulse_sizes *sizes = &plan->sizes;
    const int r = comm->rank;
    const int64_t rows = (shares->high[r] - shares->low[r]) * sizes->E;
    int64_t first, end, sent = 0, most_owned = 1;
    for (int i = 0; i < comm->size; i++) {
        sent += (shares->high[i] - shares->low[i]) * pulse_shares_owned(shares, r);
        most_owned = larger(most_owned, pulse_shares_owned(shares, i));
    }
    pulse_shares_rows(shares, plan, r, &first, &end);
    const int64_t candidates = sizes->L * sizes->E * (end - first);
    const int64_t one = sizes->L * sizes->T;
    int64_t slice = PULSE_SLICE_BYTES / 8 / one;
    slice = slice < 1 ? 1 : slice > most_owned ? most_owned : slice;
    const int64_t judging =
        slice * (2 * one + comm->size * sizes->L * (end - first)) + 12 * sizes->T;
    const int64_t walking = walk_doubles(plan, options, systems, n_systems, shares->first_span[r],
                                         shares->first_span[r + 1]);
    return 8 * (rows + larger(rows + sent, candidates + larger(walking, judging)));
}

/* Operations a second of one rank, measured on a product of the size that the walk has. */
static double measure_rate(const struct pulse_sizes *sizes, struct pulse_err *err)
{
    const int n = sizes->d < 512 ? (int)sizes->d : 512;
    double *a = pulse_calloc((int64_t)n * n, 3 * sizeof *a, "a measurement", err), rate = 0;
    if (a == NULL)
        return 0;
    double *b = a + (int64_t)n * n, *c = b + (int64_t)n * n;
    for (int i = 0; i < 4; i++) { /* the best of four: the first one wakes the processor up */
        double began = pulse_seconds();
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
        double now = 2.0 * n * n * n / (pulse_seconds() - began + 1e-9);
        rate = now > rate ? now : rate;
    }
    free(a);
    return rate;
}

static void print_plan(const struct pulse_comm *comm, const struct pulse_plan *plan,
                       const struct pulse_options *options, int64_t n_systems,
                       const int64_t *calendar)
{
    const struct pulse_sizes *sizes = &plan->sizes;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], history[48];
    int64_t trained = 0;
    for (int64_t w = 0; w < plan->n_windows; w++)
        trained += plan->windows[w].status == PULSE_TRAINED;
    (void)printf("period    %s to %s, %lld rows with observations\n",
                 pulse_format_day(calendar[0], first),
                 pulse_format_day(calendar[sizes->T - 1], last), (long long)sizes->T);
    (void)printf("windows   %lld of %lld days: %lld to train, %lld to skip\n",
                 (long long)plan->n_windows, (long long)options->batch_size_days,
                 (long long)trained, (long long)(plan->n_windows - trained));
    (void)printf(
        "model     %lld variables x %lld lags + 1 = %lld features, %lld ridge penalties, %lld "
        "system%s\n",
        (long long)sizes->E, (long long)sizes->p, (long long)sizes->d, (long long)sizes->L,
        (long long)n_systems, n_systems == 1 ? "" : "s");
    (void)printf("history   %s, %s\n", pulse_history_name(options, history),
                 plan->innovations ? "innovations form" : "one refit per window");
    (void)printf("spans     %lld on %d rank%s, %d node%s\n\n", (long long)plan->n_spans, comm->size,
                 comm->size == 1 ? "" : "s", comm->nodes, comm->nodes == 1 ? "" : "s");
}

int pulse_dryrun_print(const struct pulse_comm *comm, const struct pulse_plan *plan,
                       const struct pulse_options *options, const struct pulse_shares *shares,
                       const struct pulse_system *systems, int64_t n_systems,
                       const int64_t *calendar, struct pulse_err *err)
{
    const int64_t mine =
        pulse_peak_rss_bytes() + bytes_to_come(comm, plan, options, shares, systems, n_systems);
    int64_t *bytes = pulse_calloc(comm->size, sizeof *bytes, "the plan", err);
    double rate = measure_rate(&plan->sizes, err), slowest = 0;
    if (pulse_agree(comm, err) != 0)
        goto done;
    int code = MPI_Gather(&mine, 1, MPI_INT64_T, bytes, 1, MPI_INT64_T, 0, comm->comm);
    if (pulse_mpi_check(code, "collecting the plan", err) != 0 || comm->rank != 0)
        goto done;
    print_plan(comm, plan, options, n_systems, calendar);
    (void)printf("%4s %6s %8s %10s %10s %10s\n", "rank", "spans", "rows", "variables", "memory",
                 "time");
    for (int r = 0; r < comm->size; r++) {
        int64_t first, end;
        double flops = 0;
        char time[32];
        pulse_shares_rows(shares, plan, r, &first, &end);
        for (int64_t s = shares->first_span[r]; s < shares->first_span[r + 1]; s++)
            flops += plan->spans[s].flops;
        double seconds = flops / (0.75 * rate); /* the walk reaches about that share of dgemm */
        slowest = seconds > slowest ? seconds : slowest;
        (void)printf("%4d %6lld %8lld %10lld %7.0f MB %10s\n", r,
                     (long long)(shares->first_span[r + 1] - shares->first_span[r]),
                     (long long)(end - first), (long long)pulse_shares_owned(shares, r),
                     (double)bytes[r] / 1e6, pulse_format_duration(seconds, time));
    }
    char time[32];
    (void)printf("\nabout %s of training; nothing was computed\n",
                 pulse_format_duration(slowest, time));
done:
    free(bytes);
    return pulse_agree(comm, err);
}
