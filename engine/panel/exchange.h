/* The two transposes between "a rank holds whole variables" and "a rank holds whole dates"
 * (DEFINITIONS §6.1: neither changes a bit). Moves numbers, computes none. */
#ifndef PULSE_PANEL_EXCHANGE_H
#define PULSE_PANEL_EXCHANGE_H

#include <stdint.h>

#include "mpi/comm.h"
#include "panel/column.h"
#include "panel/row_block.h"
#include "plan/plan.h"

/* Who has what; owned where noted. */
struct pulse_distribution {
    int64_t V;
    const int *owner; /* V: rank that holds the variable (borrowed) */
    int64_t E;
    int64_t *entered;  /* E: which variables enter, ascending (owned) */
    int64_t n_targets; /* variables that are predicted */
    int64_t horizons;  /* of each */
    int64_t *slot;     /* horizons × E: j·n_targets + i for horizon j of an entering variable that
                          is the i-th of these, −1 for none (owned) */
    int64_t *first_span; /* ranks + 1 (owned, as the next two) */
    int64_t *low;        /* ranks: first row that the rank needs */
    int64_t *high;       /* ranks: end of the rows that it needs */
    int64_t *back_first; /* ranks: rows that only this rank can tell what is predicted of … */
    int64_t *back_end;   /* … all of its spans, but for those that every rank can read itself */
};

/* Shares of a plan, so many ranks'. V, owner, E and entered of the distribution are set, the rest
 * zeroed; `predicted` (E) says which of them are targets. Clear in every case. */
int pulse_distribution_init(struct pulse_distribution *distribution, const struct pulse_plan *plan,
                            const struct pulse_options *options, int ranks, const bool *predicted,
                            struct pulse_err *err);
void pulse_distribution_clear(struct pulse_distribution *distribution);

/* Rows that each rank needs (low, high) where nothing of the first `known_spans` spans of the plan
 * is computed, nor summed. */
void pulse_distribution_need(struct pulse_distribution *distribution, const struct pulse_plan *plan,
                             const struct pulse_options *options, int ranks, int64_t known_spans);

/* Collective. u and targets of the owned columns (V of them, used where owned) → rows [first, end)
 * of all entered variables on each rank with their averages, `first` and `end` one per rank. The
 * calendar's columns are the caller's to set. */
int pulse_exchange_to_rows(const struct pulse_comm *comm,
                           const struct pulse_distribution *distribution,
                           const struct pulse_sizes *sizes, const struct pulse_column *columns,
                           const int64_t *first, const int64_t *end, struct pulse_row_block *rows,
                           struct pulse_err *err);

/* Copies what the candidates predict of a target (as `slot` counts them) in n rows from `first` on,
 * which are this rank's or those that every rank can read: the c-th to out + c · step. */
typedef void pulse_candidate_fn(const void *context, int64_t target, int64_t first, int64_t n,
                                int64_t step, double *out);

/* The way back; borrowed. */
struct pulse_way_back {
    const struct pulse_comm *comm;
    const struct pulse_distribution *distribution;
    const struct pulse_plan *plan;
    pulse_candidate_fn *read;
    const void *candidates; /* its context */
};

/* One slice of it: one horizon of `count` variables of each owner from its `skip`-th entered one
 * on. */
struct pulse_slice {
    int64_t horizon;
    int64_t skip;
    int64_t count;
    double *send, *receive; /* count·C·ranks·(own rows that go back), count·C·(all that do) */
};

/* Rows of all ranks that go back. */
int64_t pulse_distribution_back(const struct pulse_distribution *distribution, int ranks);

/* Collective. Sends candidates of each rank's rows back_first … back_end − 1 to their owners. */
int pulse_exchange_to_variables(const struct pulse_way_back *way, struct pulse_slice *slice,
                                struct pulse_err *err);

/* Local, once a slice is there: C × T values of its k-th variable that this rank owns, what nobody
 * sent as this rank reads it. */
void pulse_exchange_take_variable(const struct pulse_way_back *way, const struct pulse_slice *slice,
                                  int64_t k, double *out);

/* How many targets a rank owns, and the index among the entered of its k-th, or −1. */
int64_t pulse_distribution_owned(const struct pulse_distribution *distribution, int rank);
int64_t pulse_distribution_kth(const struct pulse_distribution *distribution, int rank, int64_t k);

/* Rows of a rank's own spans: [*first, *end). */
void pulse_distribution_rows(const struct pulse_distribution *distribution,
                             const struct pulse_plan *plan, int rank, int64_t *first, int64_t *end);

#endif
