/* The calendar cut into windows, windows gathered into spans, spans shared among ranks (DEFINITIONS
 * §2, §6.1). Pure: sees dates and sizes, never values. Only who does what depends on the number
 * of ranks. */
#ifndef PULSE_PLAN_PLAN_H
#define PULSE_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "plan/options.h"
#include "plan/systems.h"

enum pulse_window_status {
    PULSE_TRAINED = 0, /* may still become failed when its system cannot be solved */
    PULSE_SKIPPED = 1,
    PULSE_FAILED = 2
};

enum { PULSE_REASON_TEXT = 160 };

struct pulse_window {
    int64_t start_day;
    int64_t end_day;   /* included */
    int64_t first_row; /* calendar row */
    int64_t rows;
    int64_t history_rows; /* usable ones */
    enum pulse_window_status status;
    char reason[PULSE_REASON_TEXT]; /* why it was not trained; "" when it was */
};

/* Windows [first_window, first_window + windows), calendar rows [first_row, first_row + rows). */
struct pulse_span {
    int64_t first_window;
    int64_t windows;
    int64_t first_row;
    int64_t rows;
    bool trains;  /* at least one window is to be trained */
    double flops; /* estimated work */
};

struct pulse_plan {
    struct pulse_sizes sizes;
    struct pulse_calendar calendar;
    double *calendar_rows; /* (T + 1) × calendar.columns: of rows 0 … T */
    int64_t n_windows;
    struct pulse_window *windows;
    int64_t n_spans;
    struct pulse_span *spans;
    int64_t last_row_window; /* last window that holds a row */
    bool innovations;        /* a span goes by the innovations form (fit/walk.h) … */
    bool by_rows;            /* no system goes by spans: all are solved by their rows */
    bool by_totals;          /* … and P of dense expanding history follows from totals (gram.h) */
};

/* Whether a target of the system is retrodicted in the window. */
static inline bool pulse_system_is_predicted(const struct pulse_system *system,
                                             const struct pulse_window *window)
{
    return window->status == PULSE_TRAINED && window->first_row + window->rows > system->from;
}

/* Whether a span has anything to compute, and to save. */
static inline bool pulse_span_has_work(const struct pulse_span *span)
{
    return span->trains && span->rows > 0;
}

/* Cuts [start_day, end_day] into windows up to the one that holds the last row, counts the rows of
 * `calendar` (T ascending days) in each and says which are trained; *T is lowered to the rows of
 * the kept windows. Decides on the calendar's columns. */
int pulse_plan_windows(struct pulse_plan *plan, const struct pulse_options *options,
                       int64_t start_day, const int64_t *calendar, int64_t *T,
                       struct pulse_err *err);

/* With the sizes known: which windows are trained, the spans, and their work. `systems` as they
 * are solved. */
int pulse_plan_spans(struct pulse_plan *plan, const struct pulse_options *options,
                     const struct pulse_sizes *sizes, const struct pulse_system *systems,
                     int64_t n_systems, struct pulse_err *err);

/* A hash of windows, spans and systems: the same on all ranks, or they would wait for each other.
 */
uint64_t pulse_plan_hash(const struct pulse_plan *plan, const struct pulse_system *systems,
                         int64_t n_systems);

/* Windows with a status. */
int64_t pulse_plan_count(const struct pulse_plan *plan, enum pulse_window_status status);

/* A checkpoint has the candidates of span `s`: what is left of its work are the sums. */
void pulse_plan_relieve(struct pulse_plan *plan, int64_t s);

void pulse_plan_clear(struct pulse_plan *plan);

/* Contiguous spans of about equal work for each rank: rank r has spans [first[r], first[r + 1]);
 * `first` holds ranks + 1 entries. */
void pulse_plan_distribute(const struct pulse_plan *plan, int ranks, int64_t *first);

/* Rows that the innovations form of span `s` works on at most: its own, those before it whose
 * targets are not all known, and under a rolling history those that leave. */
int64_t pulse_plan_form_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                             int64_t s);

/* The span at whose start the sums of a rolling history are made anew, for those at the start of
 * span `s`: each eighth, so that rounding does not accumulate. */
static inline int64_t pulse_plan_fresh_span(int64_t s)
{
    return s - s % 8;
}

/* First row of the history that span `s` has to see beside its own rows: that of the
 * span whose sums are fresh for rolling, p rows back for the lags; never below 0. */
int64_t pulse_plan_halo(const struct pulse_plan *plan, const struct pulse_options *options,
                        int64_t s);

/* The rows [*low, *high) that rank r of `ranks` has to see: beside those of its own spans from
 * `known_spans` on (of earlier ones everything is known) those that these look back to; the last
 * rank makes the final fit, and sees its rows too. `first` as pulse_plan_distribute has set it.
 * Nothing: *low = *high. */
void pulse_plan_held_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                          int ranks, const int64_t *first, int r, int64_t known_spans, int64_t *low,
                          int64_t *high);

/* Rows of spans [from, to): [*first, *end). */
void pulse_plan_span_rows(const struct pulse_plan *plan, int64_t from, int64_t to, int64_t *first,
                          int64_t *end);

/* The rows [*first, *end) that the final fit learns from when they are a plain set (rolling). */
void pulse_plan_final_rows(const struct pulse_plan *plan, const struct pulse_options *options,
                           int64_t *first, int64_t *end);

/* First row of the history of window `w`: 0, or where the last N windows begin (rolling). */
int64_t pulse_plan_history_first(const struct pulse_plan *plan, const struct pulse_options *options,
                                 int64_t w);

/* Features that a system may have that is solved by its features: the matrices of more would be
 * larger than any node. */
enum { PULSE_MOST_FEATURES = 30000 };

/* A window's id, "batch_0000"; returns `out`. */
char *pulse_window_id(int64_t w, char out[32]);

#endif
