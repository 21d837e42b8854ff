#include "run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "checkpoint/run_fingerprint.h"
#include "store/store.h"

char *openblas_get_config(void);

/* ---- Looking -------------------------------------------------------------------- */

/* Collective: on rank 0 the text that describes what determines the numbers. */
static int describe(struct pulse_run *run, struct pulse_err *err)
{
    const int64_t V = run->loaded.V;
    struct pulse_digest *content = pulse_calloc(V, sizeof *content, "the digests", err);
    if (pulse_comm_agree(&run->comm, err) != 0) {
        free(content);
        return -1;
    }
    for (int64_t v = 0; v < V; v++)
        if (pulse_run_owns(run, v))
            content[v] =
                pulse_digest_of(run->columns[v].x, run->T * (int64_t)sizeof *run->columns[v].x);
    /* Only owners have anything but zero bytes. */
    const void *send = run->comm.rank == 0 ? MPI_IN_PLACE : content;
    int code = MPI_Reduce(send, content, (int)(V * (int64_t)sizeof *content), MPI_BYTE, MPI_BOR, 0,
                          run->comm.comm);
    int status = pulse_mpi_check(code, "describing the data", err);
    if (status == 0 && run->comm.rank == 0) {
        const struct pulse_run_fingerprint_input of = {.options = &run->options,
                                                       .plan = &run->plan,
                                                       .calendar = run->calendar,
                                                       .T = run->T,
                                                       .V = V,
                                                       .names = run->loaded.names,
                                                       .content = content,
                                                       .arithmetic = openblas_get_config()};
        run->checkpoint.text = pulse_run_fingerprint_text(&of, err);
    }
    free(content);
    return status == 0 ? pulse_comm_agree(&run->comm, err) : status;
}

/* Collective: `bytes` bytes at *data, which all ranks but the first allocate. */
static int share(const struct pulse_comm *comm, void **data, int64_t bytes, struct pulse_err *err)
{
    if (comm->rank != 0)
        *data = pulse_calloc(bytes + 1, 1, "the checkpoint", err);
    return pulse_comm_agree(comm, err) != 0 ? -1 : pulse_comm_bcast(comm, *data, bytes, err);
}

/* Collective: what rank 0 found, to all. */
static int share_found(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    int64_t sizes[4] = {0};
    if (run->comm.rank == 0) {
        sizes[0] = (int64_t)strlen(checkpoint->text);
        sizes[1] = checkpoint->found.n;
        sizes[2] = checkpoint->found.others;
        sizes[3] = checkpoint->found.described;
    }
    if (pulse_comm_bcast(&run->comm, sizes, sizeof sizes, err) != 0)
        return -1;
    void *text = checkpoint->text, *files = checkpoint->found.files;
    int status = share(&run->comm, &text, sizes[0], err);
    checkpoint->text = text;
    if (status == 0)
        status =
            share(&run->comm, &files, sizes[1] * (int64_t)sizeof *checkpoint->found.files, err);
    checkpoint->found.files = files;
    checkpoint->found.n = sizes[1];
    checkpoint->found.others = sizes[2];
    checkpoint->found.described = sizes[3] != 0;
    if (status == 0)
        checkpoint->fingerprint = pulse_digest_of(checkpoint->text, sizes[0]);
    return status;
}

int pulse_run_checkpoint_find(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (run->options.checkpoint == NULL || run->options.dry_run)
        return 0;
    if (describe(run, err) != 0)
        return -1;
    if (run->comm.rank == 0) {
        checkpoint->fingerprint =
            pulse_digest_of(checkpoint->text, (int64_t)strlen(checkpoint->text));
        if (pulse_checkpoint_find(run->options.checkpoint, checkpoint->text,
                                  &checkpoint->fingerprint, &checkpoint->found, &why) != 0)
            pulse_warn("nothing is resumed: %s", why.text);
    }
    if (share_found(run, err) != 0)
        return -1;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        for (int64_t s = file->first; s <= file->last && s < run->plan.n_spans; s++)
            pulse_plan_relieve(&run->plan, s);
    }
    return 0;
}

/* ---- Taking --------------------------------------------------------------------- */

/* Local: this rank's spans of all files; says how many files were damaged, and the first one in
 * `why`. */
static int64_t take(struct pulse_run *run, struct pulse_err *why)
{
    struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    const int64_t first = run->shares.first_span[run->comm.rank];
    const int64_t end = run->shares.first_span[run->comm.rank + 1];
    int64_t damaged = 0;
    for (int64_t i = 0; i < checkpoint->found.n; i++) {
        const struct pulse_checkpoint_file *file = &checkpoint->found.files[i];
        struct pulse_err err = {.kind = PULSE_OK, .text = ""};
        if (file->last < first || file->first >= end)
            continue;
        if (pulse_checkpoint_take(run->options.checkpoint, file, &checkpoint->fingerprint,
                                  &checkpoint->shape, first, end, checkpoint->done,
                                  &run->candidates, &err) != 0 &&
            damaged++ == 0)
            *why = err;
    }
    return damaged;
}

/* Collective: any rank's message, if one has one, to rank 0; says whether. */
static bool hear(const struct pulse_comm *comm, bool any, struct pulse_err *message)
{
    int mine = any ? comm->rank : comm->size, first = comm->size;
    if (MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm->comm) != MPI_SUCCESS ||
        first == comm->size)
        return false;
    return MPI_Bcast(message, (int)sizeof *message, MPI_BYTE, first, comm->comm) == MPI_SUCCESS;
}

static void report(const struct pulse_run *run, int64_t damaged, bool heard,
                   const struct pulse_err *why)
{
    const struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    int64_t total = 0;
    for (int64_t s = 0; s < run->plan.n_spans; s++)
        total += pulse_run_counts(run, s);
    if (heard)
        pulse_warn("%s; its spans are computed again%s", why->text,
                   damaged > 1 ? ", and those of other damaged files" : "");
    if (checkpoint->found.n > 0 && !checkpoint->found.described)
        pulse_warn("%s: %s; the spans are used all the same: they are of this run",
                   run->options.checkpoint, checkpoint->found.why);
    if (checkpoint->resumed > 0)
        pulse_info("resumed: %lld of %lld spans are taken from %s", (long long)checkpoint->resumed,
                   (long long)total, run->options.checkpoint);
}

/* Rank 0: nothing in the place is of use to us. */
static void clear_away(const struct pulse_run *run)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    pulse_warn("%s is of another run, training starts afresh: %s", run->options.checkpoint,
               run->checkpoint.found.why);
    if (pulse_checkpoint_remove(run->options.checkpoint, NULL, &err) != 0)
        pulse_warn("what is saved for another run stays: %s", err.text);
}

/* ---- Saving --------------------------------------------------------------------- */

/* What is called before a signal ends this rank. */
static bool save_now(void *context)
{
    struct pulse_run *run = context;
    const bool all = pulse_checkpoint_writer_flush(run->checkpoint.writer, 7);
    return all &&
           pulse_checkpoint_writer_saved(run->checkpoint.writer) + run->checkpoint.resumed > 0;
}

static void start_writer(struct pulse_run *run)
{
    struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    const struct pulse_results_header frame = pulse_run_frame(run);
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    const struct pulse_checkpoint_writer_job job = {
        .comm = &run->comm,
        .location = run->options.checkpoint,
        .description = checkpoint->text,
        .fingerprint = checkpoint->fingerprint,
        .described = checkpoint->found.described && checkpoint->found.n > 0,
        .shape = &checkpoint->shape,
        .candidates = &run->candidates,
        .first_span = run->shares.first_span[run->comm.rank],
        .end_span = run->shares.first_span[run->comm.rank + 1],
        .done = checkpoint->done,
        .resumed = checkpoint->resumed,
        .seconds = (double)run->options.checkpoint_seconds,
        .timeline = &run->saves,
        .keep_free = run->options.built_checkpoint != NULL ? pulse_results_bytes(&frame) : 0};
    if (pulse_checkpoint_writer_start(&job, &checkpoint->writer, &err) != 0)
        pulse_warn("no checkpoint is saved: %s", err.text);
    else
        pulse_shutdown_set_save(save_now, run, run->options.checkpoint);
}

int pulse_run_checkpoint_load(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_run_checkpoint *checkpoint = &run->checkpoint;
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (checkpoint->text == NULL)
        return 0;
    checkpoint->done =
        pulse_calloc(run->plan.n_spans, sizeof *checkpoint->done, "the checkpoint", err);
    (void)pulse_span_record_shape_init(&checkpoint->shape, &run->plan, run->systems, run->n_systems,
                                       err);
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    int64_t damaged = take(run, &why);
    int64_t counts[2] = {0, damaged};
    for (int64_t s = 0; s < run->plan.n_spans; s++)
        counts[0] += checkpoint->done[s];
    int code = MPI_Allreduce(MPI_IN_PLACE, counts, 2, MPI_INT64_T, MPI_SUM, run->comm.comm);
    if (pulse_mpi_check(code, "counting the spans of a checkpoint", err) != 0)
        return -1;
    checkpoint->resumed = counts[0];
    const bool heard = hear(&run->comm, damaged > 0, &why);
    if (run->comm.rank == 0) {
        report(run, counts[1], heard, &why);
        if (checkpoint->found.n == 0 && checkpoint->found.others > 0)
            clear_away(run);
    }
    /* Nobody saves while rank 0 may still be clearing away. */
    if (pulse_comm_agree(&run->comm, err) != 0)
        return -1;
    start_writer(run);
    return 0;
}

static void complain(struct pulse_run *run, const struct pulse_err *err)
{
    if (!run->checkpoint.complained)
        pulse_warn("a checkpoint could not be saved, training goes on: %s", err->text);
    run->checkpoint.complained = true;
}

void pulse_run_checkpoint_note(struct pulse_run *run, int64_t end)
{
    struct pulse_err err;
    if (run->checkpoint.writer == NULL)
        return;
    pulse_checkpoint_writer_finished(run->checkpoint.writer, end);
    if (run->comm.rank == 0 && pulse_checkpoint_writer_complains(run->checkpoint.writer, &err))
        complain(run, &err);
}

int pulse_run_checkpoint_stop(struct pulse_run *run, struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK, .text = ""};
    if (run->checkpoint.text == NULL)
        return 0;
    const enum pulse_stage before = pulse_timeline_enter(&run->timeline, PULSE_STAGE_SAVE);
    if (run->checkpoint.writer != NULL && run->options.keep_checkpoint)
        (void)pulse_checkpoint_writer_flush(run->checkpoint.writer,
                                            600); /* what is kept is to be whole */
    const bool complains = run->checkpoint.writer != NULL &&
                           pulse_checkpoint_writer_complains(run->checkpoint.writer, &why);
    pulse_shutdown_set_save(NULL, NULL, NULL);
    pulse_checkpoint_writer_stop(run->checkpoint.writer);
    run->checkpoint.writer = NULL;
    (void)pulse_timeline_enter(&run->timeline, before);
    if (hear(&run->comm, complains, &why) && run->comm.rank == 0)
        complain(run, &why);
    return pulse_comm_agree(&run->comm, err);
}

void pulse_run_checkpoint_remove(const struct pulse_run *run)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    if (run->checkpoint.text == NULL || run->options.keep_checkpoint)
        return;
    if (pulse_checkpoint_remove(run->options.checkpoint, &run->checkpoint.fingerprint, &err) != 0)
        pulse_warn("the results are complete, but %s was not removed: %s", run->options.checkpoint,
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
