#include "run/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "checkpoint/run_fingerprint.h"
#include "checkpoint/span_identity.h"
#include "mpi/collect.h"
#include "store/store.h"

/* ---- Looking -------------------------------------------------------------------- */

/* Collective: `bytes` bytes at *data, which all ranks but the first allocate. */
static int share_bytes(const struct pulse_comm *comm, void **data, int64_t bytes,
                       struct pulse_err *err)
{
    if (comm->rank != 0)
        *data = pulse_calloc(bytes + 1, 1, "the checkpoint", err);
    return pulse_comm_agree(comm, err) != 0 ? -1 : pulse_comm_bcast(comm, *data, bytes, err);
}

/* Collective: what rank 0 found, to all. */
static int share_found(const struct pulse_comm *comm, struct pulse_checkpoint_found *found,
                       struct pulse_err *err)
{
    int64_t counts[2] = {found->n, found->others};
    if (pulse_comm_bcast(comm, counts, sizeof counts, err) != 0)
        return -1;
    void *files = found->files;
    int status = share_bytes(comm, &files, counts[0] * (int64_t)sizeof *found->files, err);
    found->files = files;
    found->n = counts[0];
    found->others = counts[1];
    return status;
}

/* Spans of the plan that may lie in a file: no row of them is known to have changed. The names of
 * files are anybody's: they may claim more spans than any plan has. */
static void relieve_spans(const struct pulse_run_checkpoint *checkpoint, struct pulse_plan *plan)
{
    const struct pulse_run_changes *changes = &checkpoint->changes;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        for (int64_t s = file->first; s <= file->last && s < plan->n_spans; s++)
            if (!changes->known || pulse_span_reach(plan, s) <= changes->same_rows)
                pulse_plan_relieve(plan, s);
    }
}

int pulse_run_checkpoint_find(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, struct pulse_work *work,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    struct pulse_checkpoint_found *found = &checkpoint->found;
    struct pulse_run_description *description = &checkpoint->description;
    if (options->checkpoint == NULL || options->dry_run)
        return 0;
    if (pulse_run_describe(comm, options, panel, work, description, err) != 0)
        return -1;
    if (comm->rank == 0 &&
        pulse_checkpoint_find(options->checkpoint, &description->fingerprint, found, &why) != 0)
        pulse_warn("nothing is resumed: %s", why.text);
    if (share_found(comm, found, err) != 0)
        return -1;
    if (found->n > 0 && pulse_run_compare(comm, panel, description, found->description.bytes,
                                          found->description.n, &checkpoint->changes, err) != 0)
        return -1;
    relieve_spans(checkpoint, &work->plan);
    return 0;
}

/* ---- Taking --------------------------------------------------------------------- */

static struct pulse_checkpoint_files list_files(const struct pulse_options *options,
                                                const struct pulse_run_checkpoint *checkpoint)
{
    return (struct pulse_checkpoint_files){.location = options->checkpoint,
                                           .found = &checkpoint->found,
                                           .fingerprint = &checkpoint->description.fingerprint,
                                           .shape = &checkpoint->shape};
}

/* Local: spans [first, end) of all files; says how many files were damaged, and the first one in
 * `why`. */
static int64_t take_spans(const struct pulse_options *options, int64_t first, int64_t end,
                          struct pulse_run_checkpoint *checkpoint, struct pulse_err *why)
{
    const struct pulse_checkpoint_files files = list_files(options, checkpoint);
    int64_t damaged = 0;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        if (file->last < first || file->first >= end)
            continue;
        if (pulse_checkpoint_take(&files, i, first, end, &checkpoint->spans, &checkpoint->uses[i],
                                  &err) != 0 &&
            damaged++ == 0)
            *why = err;
    }
    return damaged;
}

/* Collective: any rank's message, if one has one, to rank 0; says whether. */
static bool hear_message(const struct pulse_comm *comm, bool any, struct pulse_err *message)
{
    static const char *const what = "hearing of a checkpoint";
    int first = any ? comm->rank : comm->size;
    struct pulse_err err;
    return pulse_reduce(comm, &first, 1, MPI_INT, MPI_MIN, what, &err) == 0 && first < comm->size &&
           pulse_share(comm, message, sizeof *message, first, what, &err) == 0;
}

/* Rank 0: what was taken, and why not all. */
static void report_resumed(const struct pulse_options *options, const struct pulse_panel *panel,
                           const struct pulse_plan *plan,
                           const struct pulse_run_checkpoint *checkpoint)
{
    int64_t total = 0;
    for (int64_t s = 0; s < plan->n_spans; s++)
        total += pulse_span_has_work(&plan->spans[s]);
    if (checkpoint->found.n > 0 && !checkpoint->changes.known)
        pulse_warn("%s: %s in it is missing or damaged; the spans are used all the same: they say "
                   "themselves what they are of",
                   options->checkpoint, pulse_checkpoint_description);
    pulse_run_report_changes(options->checkpoint, panel, plan, &checkpoint->changes);
    if (checkpoint->resumed > 0)
        pulse_info("resumed: %lld of %lld spans are taken from %s", (long long)checkpoint->resumed,
                   (long long)total, options->checkpoint);
}

/* Rank 0: nothing at the location is of use to us. */
static void clear_location(const struct pulse_options *options,
                           const struct pulse_run_checkpoint *checkpoint)
{
    enum { TEXT = 600 };
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char why[TEXT];
    const struct pulse_checkpoint_found *found = &checkpoint->found;
    if (found->description.bytes == NULL ||
        !pulse_run_fingerprint_difference(found->description.bytes, found->description.n,
                                          checkpoint->description.settings, why, sizeof why))
        (void)snprintf(why, sizeof why, "%s in it is missing or damaged",
                       pulse_checkpoint_description);
    else if (why[0] == '\0')
        (void)snprintf(why, sizeof why, "it is of an earlier run");
    pulse_warn("%s is of another run, training starts afresh: %s", options->checkpoint, why);
    if (pulse_checkpoint_remove(options->checkpoint, NULL, &err) != 0)
        pulse_warn("what is saved for another run stays: %s", err.text);
}

/* Rank 0, of a checkpoint that is kept: what nobody needs any more. */
static void remove_files(const struct pulse_options *options,
                         const struct pulse_run_checkpoint *checkpoint,
                         enum pulse_checkpoint_use use)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (pulse_checkpoint_remove_files(options->checkpoint, &checkpoint->found, checkpoint->uses,
                                      use, &err) != 0)
        pulse_warn("spans in %s that nobody needs were not removed: %s", options->checkpoint,
                   err.text);
}

/* ---- Sharing -------------------------------------------------------------------- */

/* Whether every rank can read what was saved as cheaply as the one that took it: all of them share
 * the pages that the system holds of a file. */
static bool may_share(const struct pulse_comm *comm, const struct pulse_options *options,
                      const struct pulse_work *work, const struct pulse_run_checkpoint *checkpoint)
{
    if (checkpoint->resumed == 0 || comm->size == 1 || comm->nodes > 1 ||
        pulse_store_is_s3(options->checkpoint))
        return false;
    for (int64_t s = 0; s < work->n_systems; s++)
        if (work->systems[s].kernel_ridge) /* solved whole, and not saved */
            return false;
    return true;
}

int pulse_run_checkpoint_share(const struct pulse_comm *comm, const struct pulse_options *options,
                               struct pulse_work *work, struct pulse_run_checkpoint *checkpoint,
                               struct pulse_err *err)
{
    static const char *const what = "sharing the spans of a checkpoint";
    struct pulse_distribution *distribution = &work->distribution;
    struct pulse_checkpoint_spans *spans = &checkpoint->spans;
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (!may_share(comm, options, work, checkpoint))
        return 0;
    bool *have = pulse_calloc(work->plan.n_spans, sizeof *have, "the checkpoint", err);
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_reduce(comm, spans->source, work->plan.n_spans, MPI_INT, MPI_MAX, what, err) != 0) {
        free(have);
        return -1;
    }
    const struct pulse_checkpoint_files files = list_files(options, checkpoint);
    bool all = pulse_checkpoint_share(&files, spans, &why) == 0;
    const int status = pulse_reduce(comm, &all, 1, MPI_C_BOOL, MPI_LAND, what, err);
    for (int64_t s = 0; s < work->plan.n_spans; s++)
        have[s] = spans->source[s] > 0;
    for (int r = 0; status == 0 && all && r < comm->size; r++)
        pulse_candidates_rows(&work->plan, have, distribution->first_span[r],
                              distribution->first_span[r + 1], &distribution->back_first[r],
                              &distribution->back_end[r]);
    free(have);
    return status;
}

/* ---- Saving --------------------------------------------------------------------- */

/* What is called before a signal ends this rank. */
static bool save_now(void *context)
{
    struct pulse_run_checkpoint *checkpoint = context;
    const bool all = pulse_checkpoint_writer_flush(checkpoint->writer, 7);
    return all && pulse_checkpoint_writer_saved(checkpoint->writer) + checkpoint->resumed > 0;
}

static void start_writer(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_distribution *distribution, int64_t results_bytes,
                         struct pulse_run_checkpoint *checkpoint,
                         const struct pulse_candidates *candidates)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const struct pulse_checkpoint_writer_job job = {
        .comm = comm,
        .location = options->checkpoint,
        .description = checkpoint->description.text,
        .fingerprint = checkpoint->description.fingerprint,
        .described = checkpoint->changes.none,
        .shape = &checkpoint->shape,
        .candidates = candidates,
        .first_span = distribution->first_span[comm->rank],
        .end_span = distribution->first_span[comm->rank + 1],
        /* A file with stale spans goes: what was taken from it is saved again. */
        .saved = options->keep_checkpoint ? checkpoint->spans.kept : checkpoint->spans.done,
        .resumed = checkpoint->resumed,
        .seconds = (double)options->checkpoint_seconds,
        .timeline = &checkpoint->saves,
        .keep_free = options->built_checkpoint != NULL ? results_bytes : 0};
    if (pulse_checkpoint_writer_start(&job, &checkpoint->writer, &err) != 0)
        pulse_warn("no checkpoint is saved: %s", err.text);
    else
        pulse_shutdown_set_save(save_now, checkpoint, options->checkpoint);
}

/* Collective: takes spans from the checkpoint, and says on rank 0 what came of it. */
static int resume_spans(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_panel *panel, const struct pulse_work *work,
                        struct pulse_run_checkpoint *checkpoint, struct pulse_err *err)
{
    const int64_t *first_span = work->distribution.first_span + comm->rank;
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    const int64_t damaged = take_spans(options, first_span[0], first_span[1], checkpoint, &why);
    int64_t counts[2] = {0, damaged};
    for (int64_t s = 0; s < work->plan.n_spans; s++)
        counts[0] += checkpoint->spans.done[s];
    static const char *const what = "counting the spans of a checkpoint";
    if (pulse_reduce(comm, counts, 2, MPI_INT64_T, MPI_SUM, what, err) != 0 ||
        pulse_reduce(comm, checkpoint->uses, checkpoint->found.n, MPI_INT, MPI_MAX, what, err) != 0)
        return -1;
    checkpoint->resumed = counts[0];
    const bool heard = hear_message(comm, damaged > 0, &why);
    if (comm->rank != 0)
        return 0;
    if (heard)
        pulse_warn("%s; its spans are computed again%s", why.text,
                   counts[1] > 1 ? ", and those of other damaged files" : "");
    report_resumed(options, panel, &work->plan, checkpoint);
    if (checkpoint->found.n == 0 && checkpoint->found.others > 0)
        clear_location(options, checkpoint);
    if (options->keep_checkpoint)
        remove_files(options, checkpoint, PULSE_FILE_UNUSED);
    return 0;
}

int pulse_run_checkpoint_take(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, const struct pulse_work *work,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err)
{
    if (checkpoint->description.text == NULL)
        return 0;
    checkpoint->uses =
        pulse_calloc(checkpoint->found.n, sizeof *checkpoint->uses, "the checkpoint", err);
    checkpoint->end_span = work->distribution.first_span[comm->rank + 1];
    (void)pulse_checkpoint_spans_init(&checkpoint->spans, work->plan.n_spans, checkpoint->found.n,
                                      err);
    (void)pulse_span_record_shape_init(&checkpoint->shape, &work->plan, work->systems,
                                       work->n_systems, work->distribution.slot, err);
    checkpoint->shape.identity = checkpoint->description.identity;
    return pulse_comm_agree(comm, err) != 0
               ? -1
               : resume_spans(comm, options, panel, work, checkpoint, err);
}

int pulse_run_checkpoint_begin(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_work *work, int64_t results_bytes,
                               struct pulse_run_checkpoint *checkpoint,
                               const struct pulse_candidates *candidates, struct pulse_err *err)
{
    if (checkpoint->description.text == NULL)
        return 0;
    /* Nobody saves while rank 0 may still be clearing away. */
    if (pulse_comm_agree(comm, err) != 0)
        return -1;
    start_writer(comm, options, &work->distribution, results_bytes, checkpoint, candidates);
    return 0;
}

static void warn_once(struct pulse_run_checkpoint *checkpoint, const struct pulse_err *err)
{
    if (!checkpoint->complained)
        pulse_warn("a checkpoint could not be saved, training goes on: %s", err->text);
    checkpoint->complained = true;
}

void pulse_run_checkpoint_note(const struct pulse_comm *comm,
                               struct pulse_run_checkpoint *checkpoint, int64_t end)
{
    struct pulse_err err;
    if (checkpoint->writer == NULL)
        return;
    pulse_checkpoint_writer_finished(checkpoint->writer, end);
    if (comm->rank == 0 && pulse_checkpoint_writer_complains(checkpoint->writer, &err))
        warn_once(checkpoint, &err);
}

int pulse_run_checkpoint_stop(const struct pulse_comm *comm, const struct pulse_options *options,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (checkpoint->description.text == NULL)
        return 0;
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_SAVE);
    bool whole = checkpoint->writer != NULL;
    if (whole && options->keep_checkpoint) { /* what is kept is to be whole */
        pulse_checkpoint_writer_finished(checkpoint->writer, checkpoint->end_span);
        whole = pulse_checkpoint_writer_flush(checkpoint->writer, 600);
    }
    const bool complains =
        checkpoint->writer != NULL && pulse_checkpoint_writer_complains(checkpoint->writer, &why);
    pulse_shutdown_set_save(NULL, NULL, NULL);
    pulse_checkpoint_writer_stop(checkpoint->writer);
    checkpoint->writer = NULL;
    (void)pulse_timeline_enter(comm->timeline, before);
    if (hear_message(comm, complains, &why) && comm->rank == 0)
        warn_once(checkpoint, &why);
    checkpoint->whole = whole;
    return pulse_reduce(comm, &checkpoint->whole, 1, MPI_C_BOOL, MPI_LAND, "ending the checkpoint",
                        err);
}

void pulse_run_checkpoint_remove(const struct pulse_options *options,
                                 const struct pulse_run_checkpoint *checkpoint)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (checkpoint->description.text == NULL)
        return;
    if (options->keep_checkpoint && checkpoint->whole)
        remove_files(options, checkpoint, PULSE_FILE_STALE);
    if (!options->keep_checkpoint &&
        pulse_checkpoint_remove(options->checkpoint, &checkpoint->description.fingerprint, &err) !=
            0)
        pulse_warn("the results are complete, but %s was not removed: %s", options->checkpoint,
                   err.text);
}

void pulse_run_checkpoint_clear(struct pulse_run_checkpoint *checkpoint)
{
    pulse_shutdown_set_save(NULL, NULL, NULL);
    pulse_checkpoint_writer_stop(checkpoint->writer);
    pulse_checkpoint_found_clear(&checkpoint->found);
    pulse_span_record_shape_clear(&checkpoint->shape);
    pulse_run_description_clear(&checkpoint->description);
    pulse_checkpoint_spans_clear(&checkpoint->spans);
    pulse_kept_sums_clear(&checkpoint->sums);
    free(checkpoint->uses);
    *checkpoint = (struct pulse_run_checkpoint){0};
}
