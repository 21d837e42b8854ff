#include "run/kept_sums.h"

#include "base/file.h"
#include "base/log.h"
#include "mpi/collect.h"
#include "store/store.h"

/* Whether all sums are those of spans. */
static bool may_keep_sums(const struct pulse_work *work)
{
    return work->plan.by_totals && work->n_systems == 1 && work->systems[0].row == NULL &&
           !work->systems[0].kernel_ridge;
}

/* Rank 0: the spans before which the sums that were found are, 0 for none. */
static int64_t match_sums(const struct pulse_plan *plan,
                          const struct pulse_run_checkpoint *checkpoint)
{
    int64_t known = plan->n_spans - 1;
    while (known > 0 && !pulse_digest_equal(&checkpoint->description.identity[known - 1],
                                            &checkpoint->sums.identity))
        known--;
    return checkpoint->sums.sums == NULL || known < 0 ? 0 : known;
}

int pulse_run_kept_sums_find(const struct pulse_comm *comm, const struct pulse_options *options,
                             struct pulse_work *work, struct pulse_run_checkpoint *checkpoint,
                             struct pulse_err *err)
{
    const struct pulse_plan *plan = &work->plan;
    const int64_t *own = work->distribution.first_span + comm->rank;
    int64_t missing = own[0];
    if (checkpoint->resumed == 0 || !may_keep_sums(work))
        return 0;
    while (missing < own[1] && (checkpoint->spans.done[missing] || !plan->spans[missing].trains))
        missing++;
    missing = missing < own[1] ? missing : plan->n_spans;
    if (comm->rank == 0) {
        pulse_kept_sums_read(options->checkpoint, pulse_gram_total_size(&plan->sizes),
                             &checkpoint->sums);
        checkpoint->known_spans = match_sums(plan, checkpoint);
    }
    if (pulse_reduce(comm, &missing, 1, MPI_INT64_T, MPI_MIN, "counting the spans of a checkpoint",
                     err) != 0 ||
        pulse_comm_bcast(comm, &checkpoint->known_spans, sizeof checkpoint->known_spans, err) != 0)
        return -1;
    if (checkpoint->known_spans > missing)
        checkpoint->known_spans = 0;
    pulse_debug("the sums of %lld of %lld spans are kept", (long long)checkpoint->known_spans,
                (long long)plan->n_spans);
    pulse_distribution_need(&work->distribution, plan, options, comm->size,
                            checkpoint->known_spans);
    return 0;
}

void pulse_run_kept_sums_keep(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_work *work, const struct pulse_sums *sums,
                              const struct pulse_run_checkpoint *checkpoint)
{
    const struct pulse_plan *plan = &work->plan;
    const int64_t *own = work->distribution.first_span + comm->rank;
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (checkpoint->writer == NULL || !options->keep_checkpoint || !may_keep_sums(work))
        return;
    /* All that is summed is to be known: rows that are appended change no identity before. */
    int64_t s = plan->n_spans - 1;
    while (s > 0 && plan->spans[s].first_row + pulse_sizes_reach(&plan->sizes) > plan->sizes.T)
        s--;
    if (s <= checkpoint->known_spans || s < own[0] || s >= own[1])
        return;
    if ((!pulse_store_is_s3(options->checkpoint) &&
         pulse_make_directories(options->checkpoint, 0777) != 0) ||
        pulse_kept_sums_write(options->checkpoint, &checkpoint->description.identity[s - 1],
                              sums->totals[s - own[0]], pulse_gram_total_size(&plan->sizes),
                              &err) != 0)
        pulse_debug("the next run sums from the beginning: %s", err.text);
}
