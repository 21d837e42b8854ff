/* What a run needs on any number of ranks: memory, messages and time, by the cost model that
 * engine/SCALING.md writes down. Pure: no MPI, no BLAS, no data; it sees the plan. Variables count
 * as dealt out evenly, where a run deals them by size. */
#ifndef PULSE_PLAN_SCALING_H
#define PULSE_PLAN_SCALING_H

#include <stdint.h>

#include "base/error.h"
#include "plan/scaling_layout.h"

/* Nodes of a kind, with a rank a core. */
struct pulse_machine {
    const char *name;
    int cores;                /* of a node */
    double latency;           /* seconds until a message from another node is there */
    double network_bandwidth; /* bytes a second that a node sends */
};

/* Those that --ranks is answered for: by AWS's published figures (SCALING.md names them). */
enum { PULSE_MACHINES = 2 };
extern const struct pulse_machine pulse_machines[PULSE_MACHINES];

/* Parts of a run, one after the other. */
enum pulse_scaling_part {
    PULSE_SCALING_READ,     /* files → columns → scaled columns */
    PULSE_SCALING_EXCHANGE, /* variables → dates */
    PULSE_SCALING_SCAN,     /* the ordered fold of the sums */
    PULSE_SCALING_WALK,     /* sums of products, factorisations, candidates */
    PULSE_SCALING_LAST,     /* final fit and Granger tests, on the last rank */
    PULSE_SCALING_RETURN,   /* dates → variables */
    PULSE_SCALING_JUDGE,
    PULSE_SCALING_RESULTS, /* results.h5 */
    PULSE_SCALING_REPORT,  /* report.html, on rank 0 */
    PULSE_SCALING_START,   /* what a run of nothing takes, and agreements of all ranks */
    PULSE_SCALING_PARTS
};
extern const char *const pulse_scaling_names[PULSE_SCALING_PARTS];

struct pulse_scaling {
    int nodes;
    double part[PULSE_SCALING_PARTS]; /* seconds of its slowest rank */
    double seconds;                   /* their sum */
};

/* Seconds of the walk over spans [first, end), for so many targets (all horizons), at `rate`
 * operations of dgemm a second. */
double pulse_scaling_walk(const struct pulse_plan *plan, int64_t targets, int64_t first,
                          int64_t end, double rate);

/* Seconds of judging one horizon of a target over so many rows and windows. */
double pulse_scaling_judge(int64_t candidates, int64_t rows, int64_t windows);

/* Seconds on so many ranks, 1 … PULSE_MOST_RANKS. PULSE_E_MEMORY. */
int pulse_scaling_time(const struct pulse_scaling_run *run, const struct pulse_machine *machine,
                       int ranks, struct pulse_scaling *out, struct pulse_err *err);

/* The fewest ranks that no larger number beats by more than a twentieth. PULSE_E_MEMORY. */
int pulse_scaling_useful(const struct pulse_scaling_run *run, const struct pulse_machine *machine,
                         int *ranks, struct pulse_err *err);

/* Bytes that each of so many ranks needs, in `bytes` (ranks). PULSE_E_MEMORY. */
int pulse_scaling_memory(const struct pulse_scaling_run *run, int ranks, int64_t *bytes,
                         struct pulse_err *err);

/* What ranks send each other in the two exchanges and the fold: messages, and bytes in all. What
 * collective operations send is not counted, nor systems that are solved by their rows.
 * PULSE_E_MEMORY. */
struct pulse_scaling_traffic {
    int64_t messages, bytes;
};
int pulse_scaling_count(const struct pulse_scaling_run *run, int ranks,
                        struct pulse_scaling_traffic *out, struct pulse_err *err);

#endif
