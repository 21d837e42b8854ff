#include "run/dryrun.h"

#include <cblas.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/progress.h"
#include "mpi/collect.h"
#include "plan/estimate.h"
#include "report/report.h"
#include "results/summary.h"
#include "run/outlook.h"
#include "run/usage.h"

/* The part of a rank, as estimate.h asks for it. */
static struct pulse_estimate_part part_of(const struct pulse_plan *plan,
                                          const struct pulse_distribution *distribution, int rank,
                                          int ranks)
{
    int64_t first, end;
    struct pulse_estimate_part part = {
        .ranks = ranks,
        .first_span = distribution->first_span[rank],
        .end_span = distribution->first_span[rank + 1],
        .held_rows = distribution->high[rank] - distribution->low[rank],
        .most_targets = 1,
        .targets = distribution->n_targets,
        .variables = distribution->V,
        .last = rank == ranks - 1,
    };
    for (int64_t e = 0; e < distribution->E; e++)
        part.owned += distribution->owner[distribution->entered[e]] == rank;
    for (int i = 0; i < ranks; i++) {
        const int64_t targets = pulse_distribution_owned(distribution, i);
        part.all_held_rows += distribution->high[i] - distribution->low[i];
        part.most_targets = targets > part.most_targets ? targets : part.most_targets;
    }
    pulse_distribution_rows(distribution, plan, rank, &first, &end);
    part.own_rows = end - first;
    return part;
}

/* Operations a second of one rank, on the clock of the processor: who else is at work on the
 * machine now may not be when the run is. */
static double measure_rate(struct pulse_err *err)
{
    enum { n = 512 };
    double *a = pulse_calloc((int64_t)n * n, 3 * sizeof *a, "a measurement", err), rate = 0;
    if (a == NULL)
        return 0;
    double *b = a + (int64_t)n * n, *c = b + (int64_t)n * n;
    for (int i = 0; i < 4; i++) { /* the best of four: the first one wakes the processor up */
        const double began = pulse_processor_seconds();
        cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1.0, a, n, b, n, 0.0, c, n);
        const double now = 2.0 * n * n * n / (pulse_processor_seconds() - began + 1e-9);
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
        "model     %lld variables x %lld families + %lld = %lld features, %lld candidates, %lld "
        "system%s\n",
        (long long)sizes->E, (long long)sizes->features->n, (long long)sizes->fixed,
        (long long)sizes->d, (long long)sizes->C, (long long)n_systems, n_systems == 1 ? "" : "s");
    (void)printf("horizon  ");
    for (int64_t j = 0; j < options->horizons.n; j++)
        (void)printf("%s%lld", j == 0 ? " " : ", ", (long long)options->horizons.step[j]);
    (void)printf(" row%s ahead\n", pulse_horizons_are_next(&options->horizons) ? "" : "s");
    (void)printf("history   %s, %s\n", pulse_history_name(options, history),
                 plan->by_rows       ? "solved by its rows, which are fewer than the features"
                 : plan->innovations ? "innovations form"
                                     : "one refit per window");
    const int64_t ranks = options->ranks > 0 ? options->ranks : comm->size;
    (void)printf("spans     %lld on %lld rank%s", (long long)plan->n_spans, (long long)ranks,
                 ranks == 1 ? "" : "s");
    if (options->ranks == 0)
        (void)printf(", %d node%s", comm->nodes, comm->nodes == 1 ? "" : "s");
    (void)putchar('\n');
}

/* Whether nodes share a directory is not known before there is one. */
static void print_results(const struct pulse_comm *comm, const struct pulse_options *options,
                          const struct pulse_results_header *header)
{
    const int64_t bytes = pulse_results_bytes(header);
    const double limit = (double)options->whole_results;
    (void)printf("results   about %.0f MB, ", (double)bytes / 1e6);
    if (comm->nodes == 1)
        (void)printf("one file\n\n");
    else if (bytes <= options->whole_results)
        (void)printf("one file (--whole-results %.0f MB)\n\n", limit / 1e6);
    else if (pulse_store_is_s3(options->output))
        (void)printf("a part of each node and results.h5, which ties them (--whole-results "
                     "%.0f MB)\n\n",
                     limit / 1e6);
    else
        (void)printf("one file, in a directory that all nodes must share (--whole-results %.0f "
                     "MB)\n\n",
                     limit / 1e6);
}

/* What libraries take from when they are used: HDF5, JSON. */
#define LIBRARY_BYTES (INT64_C(6) << 20)

/* Bytes of this rank: what it has, and the most of what it will need at once. Rank 0 makes the
 * report when all others are done. */
static int64_t estimate_bytes(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_work *work,
                              const struct pulse_results_header *header)
{
    const struct pulse_plan *plan = &work->plan;
    const struct pulse_estimate_part part =
        part_of(plan, &work->distribution, comm->rank, comm->size);
    const int64_t training =
        pulse_estimate_bytes(plan, options, work->systems, work->n_systems, &part);
    const int64_t report =
        comm->rank == 0 && !options->no_report
            ? pulse_report_bytes(plan->sizes.T, header->V, plan->n_windows, plan->sizes.C + 1)
            : 0;
    return pulse_usage_peak_rss_bytes() + LIBRARY_BYTES + (report > training ? report : training);
}

/* What a rank has to do. */
struct share {
    int64_t spans, rows, variables, bytes;
    double seconds;
};

static struct share share_of(const struct pulse_plan *plan,
                             const struct pulse_distribution *distribution, int rank, int64_t bytes,
                             double rate)
{
    const int64_t *span = &distribution->first_span[rank];
    int64_t first, end;
    pulse_distribution_rows(distribution, plan, rank, &first, &end);
    return (struct share){
        .spans = span[1] - span[0],
        .rows = end - first,
        .variables = pulse_distribution_owned(distribution, rank),
        .bytes = bytes,
        .seconds = pulse_scaling_walk(plan, distribution->n_targets * distribution->horizons,
                                      span[0], span[1], rate)};
}

static void print_shares(const struct share *shares, int n, double slowest)
{
    char time[32];
    (void)printf("%4s %6s %8s %10s %10s %10s\n", "rank", "spans", "rows", "variables", "memory",
                 "time");
    for (int r = 0; r < n; r++)
        (void)printf("%4d %6lld %8lld %10lld %7.0f MB %10s\n", r, (long long)shares[r].spans,
                     (long long)shares[r].rows, (long long)shares[r].variables,
                     (double)shares[r].bytes / 1e6, pulse_format_duration(shares[r].seconds, time));
    (void)printf("\nabout %s of training; nothing was computed\n",
                 pulse_format_duration(slowest, time));
}

static json_t *list_shares(const struct share *shares, int n)
{
    json_t *list = json_array();
    for (int r = 0; r < n; r++)
        (void)json_array_append_new(
            list, json_pack("{s:i, s:I, s:I, s:I, s:I, s:f}", "rank", r, "spans",
                            (json_int_t)shares[r].spans, "rows", (json_int_t)shares[r].rows,
                            "variables", (json_int_t)shares[r].variables, "memory_bytes",
                            (json_int_t)shares[r].bytes, "seconds", shares[r].seconds));
    return list;
}

/* The plan as JSON, but for the ranks. */
static json_t *build_plan(const struct pulse_options *options, const struct pulse_work *work,
                          const struct pulse_results_header *header)
{
    const struct pulse_plan *plan = &work->plan;
    const struct pulse_sizes *sizes = &plan->sizes;
    const int64_t skipped = pulse_plan_count(plan, PULSE_SKIPPED);
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], history[48];
    json_t *horizons = json_array();
    for (int64_t j = 0; j < options->horizons.n; j++)
        (void)json_array_append_new(horizons, json_integer(options->horizons.step[j]));
    return json_pack(
        "{s:b, s:s, s:{s:s, s:s, s:I}, s:{s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}, s:o, s:s, "
        "s:I, s:I, s:o}",
        "dry_run", 1, "program", "pulse-train " PULSE_VERSION, "calendar", "first",
        pulse_format_day(header->calendar[0], first), "last",
        pulse_format_day(header->calendar[sizes->T - 1], last), "rows", (json_int_t)sizes->T,
        "windows", "total", (json_int_t)plan->n_windows, "days",
        (json_int_t)options->batch_size_days, "to_train", (json_int_t)(plan->n_windows - skipped),
        "to_skip", (json_int_t)skipped, "model", "variables", (json_int_t)sizes->E, "features",
        (json_int_t)sizes->d, "candidates", (json_int_t)sizes->C, "systems",
        (json_int_t)work->n_systems, "horizon", horizons, "history",
        pulse_history_name(options, history), "spans", (json_int_t)plan->n_spans, "results_bytes",
        (json_int_t)pulse_results_bytes(header), "warnings", pulse_summary_kept_warnings());
}

/* Takes both over. */
static void print_json(json_t *plan, json_t *of_ranks)
{
    (void)json_object_update(plan, of_ranks);
    (void)json_dumpf(plan, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    (void)fputc('\n', stdout);
    json_decref(of_ranks);
    json_decref(plan);
}

/* ---- On these ranks ------------------------------------------------------------- */

/* Collective. */
static int print_own(const struct pulse_comm *comm, const struct pulse_options *options,
                     const struct pulse_work *work, const struct pulse_results_header *header,
                     struct pulse_err *err)
{
    const struct pulse_plan *plan = &work->plan;
    const struct pulse_distribution *distribution = &work->distribution;
    const int64_t mine = estimate_bytes(comm, options, work, header);
    int64_t *bytes = pulse_calloc(comm->size, sizeof *bytes, "the plan", err);
    struct share *shares = pulse_calloc(comm->size, sizeof *shares, "the plan", err);
    double rate = measure_rate(err), slowest = 0;
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    bytes[comm->rank] = mine;
    if (pulse_gather(comm, bytes, 1, MPI_INT64_T, "collecting the plan", err) != 0 ||
        comm->rank != 0)
        goto done;
    for (int r = 0; r < comm->size; r++) {
        shares[r] = share_of(plan, distribution, r, bytes[r], rate);
        slowest = shares[r].seconds > slowest ? shares[r].seconds : slowest;
    }
    if (options->json) {
        print_json(build_plan(options, work, header),
                   json_pack("{s:i, s:i, s:o, s:f}", "ranks", comm->size, "nodes", comm->nodes,
                             "per_rank", list_shares(shares, comm->size), "seconds", slowest));
        goto done;
    }
    print_plan(comm, plan, options, work->n_systems, header->calendar);
    print_results(comm, options, header);
    print_shares(shares, comm->size, slowest);
done:
    free(shares);
    free(bytes);
    return pulse_comm_agree(comm, err);
}

/* ---- On as many as are asked of ------------------------------------------------- */

/* Collective: rank 0 knows the plan, and does it alone. */
static int print_outlook(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_work *work, const struct pulse_results_header *header,
                         struct pulse_err *err)
{
    const struct pulse_scaling_run run = {.plan = &work->plan,
                                          .options = options,
                                          .systems = work->systems,
                                          .n_systems = work->n_systems,
                                          .variables = work->distribution.V,
                                          .targets = work->distribution.n_targets,
                                          .results_bytes = pulse_results_bytes(header),
                                          .rate = comm->rank == 0 ? measure_rate(err) : 0};
    struct pulse_outlook outlook = {0};
    if (comm->rank != 0 || err->kind != PULSE_OK ||
        pulse_outlook_init(&outlook, &run, (int)options->ranks, err) != 0)
        goto done;
    if (options->json) {
        print_json(build_plan(options, work, header), pulse_outlook_build(&outlook));
        goto done;
    }
    print_plan(comm, run.plan, options, work->n_systems, header->calendar);
    (void)printf("results   about %.0f MB\n", (double)run.results_bytes / 1e6);
    pulse_outlook_print(&outlook);
done:
    pulse_outlook_clear(&outlook);
    return pulse_comm_agree(comm, err);
}

int pulse_dryrun_print(const struct pulse_comm *comm, const struct pulse_options *options,
                       const struct pulse_work *work, const struct pulse_results_header *header,
                       struct pulse_err *err)
{
    return options->ranks > 0 ? print_outlook(comm, options, work, header, err)
                              : print_own(comm, options, work, header, err);
}
