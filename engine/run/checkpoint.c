#include "run/checkpoint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "checkpoint/run_fingerprint.h"
#include "math/blas_kernels.h"
#include "store/store.h"

/* ---- Looking -------------------------------------------------------------------- */

/* Collective: a digest of each variable's values on the calendar, on rank 0. */
static int digest_columns(const struct pulse_comm *comm, const struct pulse_panel *panel,
                          struct pulse_digest *content, struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    for (int64_t v = 0; v < V; v++)
        if (pulse_panel_owns(comm, panel, v))
            content[v] = pulse_digest_of(panel->columns[v].x,
                                         panel->T * (int64_t)sizeof *panel->columns[v].x);
    /* Only owners have anything but zero bytes. */
    const void *send = comm->rank == 0 ? MPI_IN_PLACE : content;
    int code = MPI_Reduce(send, content, (int)(V * (int64_t)sizeof *content), MPI_BYTE, MPI_BOR, 0,
                          comm->comm);
    return pulse_mpi_check(code, "describing the data", err);
}

/* Collective: on rank 0 the text of all that determines the numbers. */
static int describe_run(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_panel *panel, const struct pulse_plan *plan, char **text,
                        struct pulse_err *err)
{
    const int64_t V = panel->loaded.V;
    struct pulse_digest *content = pulse_calloc(V, sizeof *content, "the digests", err);
    int status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = digest_columns(comm, panel, content, err);
    if (status == 0 && comm->rank == 0) {
        const struct pulse_run_fingerprint_input of = {.options = options,
                                                       .plan = plan,
                                                       .calendar = panel->calendar,
                                                       .T = panel->T,
                                                       .V = V,
                                                       .names = panel->loaded.names,
                                                       .content = content,
                                                       .arithmetic = pulse_blas_description()};
        *text = pulse_run_fingerprint_text(&of, err);
    }
    free(content);
    return status == 0 ? pulse_comm_agree(comm, err) : status;
}

/* Collective: `bytes` bytes at *data, which all ranks but the first allocate. */
static int share_bytes(const struct pulse_comm *comm, void **data, int64_t bytes,
                       struct pulse_err *err)
{
    if (comm->rank != 0)
        *data = pulse_calloc(bytes + 1, 1, "the checkpoint", err);
    return pulse_comm_agree(comm, err) != 0 ? -1 : pulse_comm_bcast(comm, *data, bytes, err);
}

/* Collective: what rank 0 found, to all. */
static int share_found(const struct pulse_comm *comm, struct pulse_run_checkpoint *checkpoint,
                       struct pulse_err *err)
{
    int64_t sizes[4] = {0};
    if (comm->rank == 0) {
        sizes[0] = (int64_t)strlen(checkpoint->text);
        sizes[1] = checkpoint->found.n;
        sizes[2] = checkpoint->found.others;
        sizes[3] = checkpoint->found.described;
    }
    if (pulse_comm_bcast(comm, sizes, sizeof sizes, err) != 0)
        return -1;
    void *text = checkpoint->text, *files = checkpoint->found.files;
    int status = share_bytes(comm, &text, sizes[0], err);
    checkpoint->text = text;
    if (status == 0)
        status =
            share_bytes(comm, &files, sizes[1] * (int64_t)sizeof *checkpoint->found.files, err);
    checkpoint->found.files = files;
    checkpoint->found.n = sizes[1];
    checkpoint->found.others = sizes[2];
    checkpoint->found.described = sizes[3] != 0;
    if (status == 0)
        checkpoint->fingerprint = pulse_digest_of(checkpoint->text, sizes[0]);
    return status;
}

int pulse_run_checkpoint_find(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_panel *panel, struct pulse_plan *plan,
                              struct pulse_run_checkpoint *checkpoint, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (options->checkpoint == NULL || options->dry_run)
        return 0;
    if (describe_run(comm, options, panel, plan, &checkpoint->text, err) != 0)
        return -1;
    if (comm->rank == 0) {
        checkpoint->fingerprint =
            pulse_digest_of(checkpoint->text, (int64_t)strlen(checkpoint->text));
        if (pulse_checkpoint_find(options->checkpoint, checkpoint->text, &checkpoint->fingerprint,
                                  &checkpoint->found, &why) != 0)
            pulse_warn("nothing is resumed: %s", why.text);
    }
    if (share_found(comm, checkpoint, err) != 0)
        return -1;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        for (int64_t s = file->first; s <= file->last && s < plan->n_spans; s++)
            pulse_plan_relieve(plan, s);
    }
    return 0;
}

/* ---- Taking --------------------------------------------------------------------- */

/* Local: spans [first, end) of all files; says how many files were damaged, and the first one in
 * `why`. */
static int64_t take_spans(const char *location, int64_t first, int64_t end,
                          struct pulse_run_checkpoint *checkpoint,
                          struct pulse_candidates *candidates, struct pulse_err *why)
{
    int64_t damaged = 0;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        if (file->last < first || file->first >= end)
            continue;
        if (pulse_checkpoint_take(location, file, &checkpoint->fingerprint, &checkpoint->shape,
                                  first, end, checkpoint->done, candidates, &err) != 0 &&
            damaged++ == 0)
            *why = err;
    }
    return damaged;
}

/* Collective: any rank's message, if one has one, to rank 0; says whether. */
static bool hear_message(const struct pulse_comm *comm, bool any, struct pulse_err *message)
{
    int mine = any ? comm->rank : comm->size, first = comm->size;
    if (MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm->comm) != MPI_SUCCESS ||
        first == comm->size)
        return false;
    return MPI_Bcast(message, (int)sizeof *message, MPI_BYTE, first, comm->comm) == MPI_SUCCESS;
}

static void report_resumed(const struct pulse_options *options, const struct pulse_plan *plan,
                           const struct pulse_run_checkpoint *checkpoint)
{
    int64_t total = 0;
    for (int64_t s = 0; s < plan->n_spans; s++)
        total += pulse_span_has_work(&plan->spans[s]);
    if (checkpoint->found.n > 0 && !checkpoint->found.described)
        pulse_warn("%s: %s; the spans are used all the same: they are of this run",
                   options->checkpoint, checkpoint->found.why);
    if (checkpoint->resumed > 0)
        pulse_info("resumed: %lld of %lld spans are taken from %s", (long long)checkpoint->resumed,
                   (long long)total, options->checkpoint);
}

/* Rank 0: nothing at the location is of use to us. */
static void clear_location(const struct pulse_options *options,
                           const struct pulse_run_checkpoint *checkpoint)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    pulse_warn("%s is of another run, training starts afresh: %s", options->checkpoint,
               checkpoint->found.why);
    if (pulse_checkpoint_remove(options->checkpoint, NULL, &err) != 0)
        pulse_warn("what is saved for another run stays: %s", err.text);
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
        .description = checkpoint->text,
        .fingerprint = checkpoint->fingerprint,
        .described = checkpoint->found.described && checkpoint->found.n > 0,
        .shape = &checkpoint->shape,
        .candidates = candidates,
        .first_span = distribution->first_span[comm->rank],
        .end_span = distribution->first_span[comm->rank + 1],
        .done = checkpoint->done,
        .resumed = checkpoint->resumed,
        .seconds = (double)options->checkpoint_seconds,
        .timeline = &checkpoint->saves,
        .keep_free = options->built_checkpoint != NULL ? results_bytes : 0};
    if (pulse_checkpoint_writer_start(&job, &checkpoint->writer, &err) != 0)
        pulse_warn("no checkpoint is saved: %s", err.text);
    else
        pulse_shutdown_set_save(save_now, checkpoint, options->checkpoint);
}

/* Collective: fills candidates and `done` from the checkpoint, and says on rank 0 what came of it.
 */
static int resume_spans(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_work *work, struct pulse_run_checkpoint *checkpoint,
                        struct pulse_candidates *candidates, struct pulse_err *err)
{
    const int64_t *first_span = work->distribution.first_span + comm->rank;
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    const int64_t damaged =
        take_spans(options->checkpoint, first_span[0], first_span[1], checkpoint, candidates, &why);
    int64_t counts[2] = {0, damaged};
    for (int64_t s = 0; s < work->plan.n_spans; s++)
        counts[0] += checkpoint->done[s];
    int code = MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPI_INT64_T, MPI_SUM, comm->comm);
    if (pulse_mpi_check(code, "counting the spans of a checkpoint", err) != 0)
        return -1;
    checkpoint->resumed = counts[0];
    const bool heard = hear_message(comm, damaged > 0, &why);
    if (comm->rank != 0)
        return 0;
    if (heard)
        pulse_warn("%s; its spans are computed again%s", why.text,
                   counts[1] > 1 ? ", and those of other damaged files" : "");
    report_resumed(options, &work->plan, checkpoint);
    if (checkpoint->found.n == 0 && checkpoint->found.others > 0)
        clear_location(options, checkpoint);
    return 0;
}

int pulse_run_checkpoint_load(const struct pulse_comm *comm, const struct pulse_options *options,
                              const struct pulse_work *work, int64_t results_bytes,
                              struct pulse_run_checkpoint *checkpoint,
                              struct pulse_candidates *candidates, struct pulse_err *err)
{
    if (checkpoint->text == NULL)
        return 0;
    checkpoint->done =
        pulse_calloc(work->plan.n_spans, sizeof *checkpoint->done, "the checkpoint", err);
    (void)pulse_span_record_shape_init(&checkpoint->shape, &work->plan, work->systems,
                                       work->n_systems, work->distribution.slot, err);
    if (pulse_comm_agree(comm, err) != 0 ||
        resume_spans(comm, options, work, checkpoint, candidates, err) != 0)
        return -1;
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
    if (checkpoint->text == NULL)
        return 0;
    const enum pulse_stage before = pulse_timeline_enter(comm->timeline, PULSE_STAGE_SAVE);
    if (checkpoint->writer != NULL && options->keep_checkpoint)
        (void)pulse_checkpoint_writer_flush(checkpoint->writer,
                                            600); /* what is kept is to be whole */
    const bool complains =
        checkpoint->writer != NULL && pulse_checkpoint_writer_complains(checkpoint->writer, &why);
    pulse_shutdown_set_save(NULL, NULL, NULL);
    pulse_checkpoint_writer_stop(checkpoint->writer);
    checkpoint->writer = NULL;
    (void)pulse_timeline_enter(comm->timeline, before);
    if (hear_message(comm, complains, &why) && comm->rank == 0)
        warn_once(checkpoint, &why);
    return pulse_comm_agree(comm, err);
}

void pulse_run_checkpoint_remove(const struct pulse_options *options,
                                 const struct pulse_run_checkpoint *checkpoint)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (checkpoint->text == NULL || options->keep_checkpoint)
        return;
    if (pulse_checkpoint_remove(options->checkpoint, &checkpoint->fingerprint, &err) != 0)
        pulse_warn("the results are complete, but %s was not removed: %s", options->checkpoint,
                   err.text);
}

void pulse_run_checkpoint_clear(struct pulse_run_checkpoint *checkpoint)
{
    pulse_shutdown_set_save(NULL, NULL, NULL);
    pulse_checkpoint_writer_stop(checkpoint->writer);
    pulse_checkpoint_found_clear(&checkpoint->found);
    pulse_span_record_shape_clear(&checkpoint->shape);
    free(checkpoint->text);
    free(checkpoint->done);
    *checkpoint = (struct pulse_run_checkpoint){0};
}
