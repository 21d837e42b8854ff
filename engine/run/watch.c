#include "run/watch.h"

#include <unistd.h>

/* Whether a span has something to compute that no earlier run has saved. */
static bool is_computed(const struct pulse_watch *watch, int64_t span)
{
    const bool *done = watch->checkpoint->spans.done;
    return pulse_span_has_work(&watch->work->plan.spans[span]) && !(done != NULL && done[span]);
}

/* One more span is finished somewhere. */
static void note_span(struct pulse_watch *watch)
{
    watch->noted++;
    if (watch->comm->rank == 0)
        watch->file->done++;
    else
        pulse_note_send(watch->comm);
}

static void note_end_of_span(void *context, int64_t span, double fraction)
{
    struct pulse_watch *watch = context;
    struct pulse_err lost;
    pulse_progress_at(&watch->line, fraction);
    pulse_run_checkpoint_note(watch->comm, watch->checkpoint, span + 1);
    if (watch->comm->rank == 0 && pulse_lease_check_local(watch->lease, &lost) != 0)
        pulse_comm_abort(watch->comm, &lost);
    if (watch->options->progress_file == NULL)
        return;
    if (is_computed(watch, span))
        note_span(watch);
    if (watch->comm->rank == 0) {
        watch->file->done += pulse_notes_arrived(watch->comm);
        pulse_progress_file_write(watch->file, "train", false);
    }
}

struct pulse_walk_watch pulse_watch_begin(struct pulse_watch *watch)
{
    const struct pulse_plan *plan = &watch->work->plan;
    pulse_progress_begin(&watch->line, "training",
                         watch->comm->rank != 0 || watch->options->no_progress);
    for (int64_t s = 0; s < plan->n_spans; s++)
        watch->file->total += pulse_span_has_work(&plan->spans[s]);
    watch->file->resumed = watch->file->done = watch->checkpoint->resumed;
    watch->file->training_began = pulse_seconds();
    pulse_progress_file_write(watch->file, "train", true);
    return (struct pulse_walk_watch){watch->checkpoint->spans.done, note_end_of_span, watch};
}

/* Rank 0 waits for the notes of all others. */
static void await_notes(struct pulse_watch *watch)
{
    const struct pulse_comm *comm = watch->comm;
    pulse_timeline_wait(comm->timeline, true);
    while (comm->rank == 0 && watch->file->done < watch->file->total) {
        const int64_t arrived = pulse_notes_arrived(comm);
        watch->file->done += arrived;
        pulse_progress_file_write(watch->file, "train", false);
        pulse_comm_abort_if_interrupted(comm);
        if (arrived == 0)
            (void)usleep(200);
    }
    pulse_timeline_wait(comm->timeline, false);
}

void pulse_watch_end(struct pulse_watch *watch)
{
    const int64_t *first_span = watch->work->distribution.first_span + watch->comm->rank;
    int64_t mine = 0;
    pulse_progress_end(&watch->line);
    if (watch->options->progress_file == NULL)
        return;
    for (int64_t s = first_span[0]; s < first_span[1]; s++)
        mine += is_computed(watch, s);
    while (watch->noted < mine)
        note_span(watch);
    await_notes(watch);
}
