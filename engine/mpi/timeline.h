/* What a rank, or a thread of it, was doing when: pieces one after the other, so that every instant
 * is in one of them. Bounded whatever the length of a run. Local; knows nothing of other ranks. */
#ifndef PULSE_MPI_TIMELINE_H
#define PULSE_MPI_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

enum pulse_stage {
    PULSE_STAGE_LOAD,
    PULSE_STAGE_PANEL,
    PULSE_STAGE_EXCHANGE,
    PULSE_STAGE_GRAM,
    PULSE_STAGE_SCAN,
    PULSE_STAGE_WALK,
    PULSE_STAGE_GRANGER,
    PULSE_STAGE_RETURN, /* the exchange back to variables */
    PULSE_STAGE_EVALUATE,
    PULSE_STAGE_RESULTS,
    PULSE_STAGES,                    /* those that summary.json has the seconds of */
    PULSE_STAGE_SAVE = PULSE_STAGES, /* a checkpoint, by a thread beside the stages */
    PULSE_STAGE_BETWEEN,             /* starting, and what is of no stage */
    PULSE_ALL_STAGES
};

/* Up to `until` from where the piece before ends. On a timeline until is in seconds on
 * pulse_seconds' clock, in what is kept of it in seconds since the run began. */
struct pulse_piece {
    double until;
    int32_t stage;
    int32_t waits; /* for other ranks */
};

enum { PULSE_PIECES = 2048, PULSE_PIECES_KEPT = 240 };

struct pulse_timeline {
    double began;
    double seconds[PULSE_ALL_STAGES]; /* waiting included */
    double waiting[PULSE_ALL_STAGES]; /* for other ranks */
    /* Of the processor that the recording thread had, waiting left out: what the stage takes,
     * whatever else the machine does. Where one thread began the timeline and others go on, none.
     */
    double processor[PULSE_ALL_STAGES];
    double processor_until;         /* that thread's clock at the end of the last piece */
    double first[PULSE_ALL_STAGES]; /* where the stage first began, as until; NaN: never */
    double last[PULSE_ALL_STAGES];  /* where it ended last */
    double grain;                   /* shorter pieces next to each other were put in order */
    int32_t stage, waits;           /* at present */
    int64_t n, settled;             /* pieces, and how many of them are of this grain */
    struct pulse_piece pieces[PULSE_PIECES];
};

/* Begins at `began`, between the stages. */
void pulse_timeline_begin(struct pulse_timeline *timeline, double began);

/* From now on it is this stage, not waiting; returns the one before. NULL is legal, and ignored. */
enum pulse_stage pulse_timeline_enter(struct pulse_timeline *timeline, enum pulse_stage stage);

/* From now on it waits for others in the stage it is in, or no more. NULL is legal, and ignored. */
void pulse_timeline_wait(struct pulse_timeline *timeline, bool waits);

/* What has been until now, as PULSE_PIECES_KEPT pieces at most; `zero` on its clock becomes 0, also
 * in first and last. Short pieces next to each other are put together stage by stage, which
 * moves them by less than nine times the `grain`, and keeps the seconds of each stage. */
void pulse_timeline_end(struct pulse_timeline *timeline, double zero);

/* What is kept of one rank. */
struct pulse_strip {
    int32_t rank;
    int32_t n, n_saves;
    double working; /* seconds in stages, waiting left out */
    double waiting;
    double grain;                                 /* as above, of both */
    struct pulse_piece pieces[PULSE_PIECES_KEPT]; /* n: of the rank */
    struct pulse_piece saves[PULSE_PIECES_KEPT];  /* n_saves: of the thread beside it */
};

/* Of timelines that have ended. */
void pulse_timeline_keep(const struct pulse_timeline *timeline, const struct pulse_timeline *saves,
                         struct pulse_strip *strip);

/* Which ranks are shown if there are many, ascending; returns how many. All while that is few; else
 * the first, the last, those that worked longest and the rest evenly spaced. `taken` is a
 * buffer of a mark a rank. */
enum { PULSE_RANKS_SHOWN = 48, PULSE_RANKS_LONGEST = 22 };
int pulse_timeline_choose(int ranks, const double *working, bool *taken,
                          int chosen[PULSE_RANKS_SHOWN]);

#endif
