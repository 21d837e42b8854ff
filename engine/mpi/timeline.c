#include "mpi/timeline.h"

#include <math.h>
#include <string.h>

#include "base/progress.h"

void pulse_timeline_begin(struct pulse_timeline *timeline, double began)
{
    *timeline = (struct pulse_timeline){
        .began = began, .stage = PULSE_STAGE_BETWEEN, .processor_until = pulse_processor_seconds()};
    for (int s = 0; s < PULSE_ALL_STAGES; s++)
        timeline->first[s] = timeline->last[s] = NAN;
}

/* ---- Fewer pieces --------------------------------------------------------------- */

static double start_of(const struct pulse_timeline *timeline, int64_t i)
{
    return i == 0 ? timeline->began : timeline->pieces[i - 1].until;
}

/* Adds a piece behind the first `n`, or to the last of them; returns how many there are then. */
static int64_t append_piece(struct pulse_timeline *timeline, int64_t n, struct pulse_piece piece)
{
    struct pulse_piece *last = n == 0 ? NULL : &timeline->pieces[n - 1];
    if (last != NULL && last->stage == piece.stage && last->waits == piece.waits) {
        last->until = piece.until;
        return n;
    }
    timeline->pieces[n] = piece;
    return n + 1;
}

/* The pieces [from, end) as one for each of their kinds, in the order in which they first came. */
static int64_t put_together(struct pulse_timeline *timeline, int64_t n, double began, int64_t from,
                            int64_t end)
{
    double seconds[PULSE_ALL_STAGES][2] = {{0}}, at = began, before = began;
    struct pulse_piece kinds[2 * PULSE_ALL_STAGES];
    const double until = timeline->pieces[end - 1].until;
    int found = 0;
    for (int64_t i = from; i < end; i++) {
        const struct pulse_piece piece = timeline->pieces[i];
        double *sum = &seconds[piece.stage][piece.waits];
        if (*sum <= 0 && piece.until > before)
            kinds[found++] = piece;
        *sum += piece.until - before;
        before = piece.until;
    }
    for (int k = 0; k < found; k++) {
        at += seconds[kinds[k].stage][kinds[k].waits];
        kinds[k].until = k == found - 1 ? until : at;
        n = append_piece(timeline, n, kinds[k]);
    }
    return n;
}

/* Pieces from `from` on that are shorter than `grain` and follow each other are put together, by
 * three grains at most. */
static void coarsen_pieces(struct pulse_timeline *timeline, int64_t from, double grain)
{
    int64_t n = from;
    double began = start_of(timeline, from);
    for (int64_t i = from, end; i < timeline->n; i = end) {
        double at = began; /* of the piece at `end`; append_piece writes over those before */
        for (end = i; end < timeline->n; end++) {
            const double until = timeline->pieces[end].until;
            if (until - at >= grain || until - began > 3 * grain)
                break;
            at = until;
        }
        if (end == i)
            n = append_piece(timeline, n, timeline->pieces[end++]);
        else
            n = put_together(timeline, n, began, i, end);
        began = n == 0 ? began : timeline->pieces[n - 1].until;
    }
    timeline->n = timeline->settled = n;
    timeline->grain = grain;
}

static void fit_pieces(struct pulse_timeline *timeline, int64_t most)
{
    const double all = start_of(timeline, timeline->n) - timeline->began;
    if (timeline->n > most && timeline->grain > 0) /* the grain has to grow with time only */
        coarsen_pieces(timeline, timeline->settled, timeline->grain);
    while (timeline->n > most)
        coarsen_pieces(timeline, 0, fmax(1.5 * timeline->grain, all / 4096));
}

/* ---- While it runs -------------------------------------------------------------- */

/* What has been until now is a piece. */
static void close_piece(struct pulse_timeline *timeline)
{
    const double now = pulse_seconds(), from = start_of(timeline, timeline->n);
    const double processor = pulse_processor_seconds();
    const int32_t stage = timeline->stage, waits = timeline->waits;
    timeline->seconds[stage] += now - from;
    if (waits)
        timeline->waiting[stage] += now - from;
    else
        timeline->processor[stage] += processor - timeline->processor_until;
    timeline->processor_until = processor;
    if (isnan(timeline->first[stage]))
        timeline->first[stage] = from;
    timeline->last[stage] = now;
    timeline->n = append_piece(timeline, timeline->n, (struct pulse_piece){now, stage, waits});
    if (timeline->n == PULSE_PIECES)
        fit_pieces(timeline, PULSE_PIECES / 2);
}

enum pulse_stage pulse_timeline_enter(struct pulse_timeline *timeline, enum pulse_stage stage)
{
    if (timeline == NULL)
        return PULSE_STAGE_BETWEEN;
    const enum pulse_stage before = (enum pulse_stage)timeline->stage;
    close_piece(timeline);
    timeline->stage = (int32_t)stage;
    timeline->waits = 0;
    return before;
}

void pulse_timeline_wait(struct pulse_timeline *timeline, bool waits)
{
    if (timeline == NULL)
        return;
    close_piece(timeline);
    timeline->waits = waits;
}

void pulse_timeline_end(struct pulse_timeline *timeline, double zero)
{
    close_piece(timeline);
    fit_pieces(timeline, PULSE_PIECES_KEPT);
    for (int64_t i = 0; i < timeline->n; i++)
        timeline->pieces[i].until -= zero;
    for (int s = 0; s < PULSE_ALL_STAGES; s++) {
        timeline->first[s] -= zero;
        timeline->last[s] -= zero;
    }
    timeline->began -= zero;
}

void pulse_timeline_keep(const struct pulse_timeline *timeline, const struct pulse_timeline *saves,
                         struct pulse_strip *strip)
{
    strip->n = (int32_t)timeline->n;
    strip->n_saves = (int32_t)saves->n;
    strip->grain = fmax(timeline->grain, saves->grain);
    for (int s = 0; s < PULSE_ALL_STAGES; s++) {
        strip->waiting += timeline->waiting[s];
        if (s < PULSE_STAGES)
            strip->working += timeline->seconds[s] - timeline->waiting[s];
    }
    memcpy(strip->pieces, timeline->pieces, (size_t)timeline->n * sizeof *strip->pieces);
    memcpy(strip->saves, saves->pieces, (size_t)saves->n * sizeof *strip->saves);
}

/* ---- Of many ranks -------------------------------------------------------------- */

int pulse_timeline_choose(int ranks, const double *working, bool *taken,
                          int chosen[PULSE_RANKS_SHOWN])
{
    const bool all = ranks <= PULSE_RANKS_SHOWN;
    int n = 0;
    for (int r = 0; r < ranks; r++)
        taken[r] = all || r == 0 || r == ranks - 1;
    for (int k = 0; !all && k < PULSE_RANKS_LONGEST; k++) {
        int best = -1;
        for (int r = 0; r < ranks; r++)
            if (!taken[r] && (best < 0 || working[r] > working[best]))
                best = r;
        taken[best] = true;
    }
    const int rest = ranks - 2 - PULSE_RANKS_LONGEST;
    const int wanted = PULSE_RANKS_SHOWN - 2 - PULSE_RANKS_LONGEST;
    for (int r = 0, passed = 0, k = 0; !all && r < ranks; r++) {
        if (taken[r])
            continue;
        if (k < wanted && passed++ == (int)((2 * (int64_t)k + 1) * rest / (2 * (int64_t)wanted))) {
            taken[r] = true;
            k++;
        }
    }
    for (int r = 0; r < ranks; r++)
        if (taken[r])
            chosen[n++] = r;
    return n;
}
