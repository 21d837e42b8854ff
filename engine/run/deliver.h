/* Where results are made, and how they get to where they belong: whole or in parts, on a disk or in
 * S3. Collective but where noted; knows nothing of how they were computed. */
#ifndef PULSE_RUN_DELIVER_H
#define PULSE_RUN_DELIVER_H

#include <jansson.h>
#include <stdbool.h>

#include "mpi/comm.h"
#include "plan/options.h"
#include "results/output.h"
#include "results/results.h"
#include "results/summary_input.h"

/* Zero it; clear it in every case. */
struct pulse_delivery {
    struct pulse_output output;
    bool gather;                    /* the nodes share no disk: results.h5 is made on rank 0's */
    struct pulse_part_layout parts; /* but for these, where it is large */
    struct pulse_listing old;       /* what earlier runs have left, on rank 0 */
    json_t *summary;                /* that was delivered, on rank 0; else NULL */
};

/* Where the results are made, and whether all nodes see that directory. */
int pulse_delivery_open(const struct pulse_comm *comm, const struct pulse_options *options,
                        struct pulse_delivery *delivery, struct pulse_err *err);

/* Once it is known who sees the output: whether results.h5 is whole or in parts, and whether the
 * disks have space for it. `header` refers to the delivery. `owner`: of all V variables. */
int pulse_delivery_choose_form(const struct pulse_comm *comm, const struct pulse_options *options,
                               const struct pulse_results_header *header, const int *owner,
                               struct pulse_delivery *delivery, struct pulse_err *err);

/* Report, summary and all else to where they belong, once results.h5 is closed. */
int pulse_delivery_run(const struct pulse_comm *comm, const struct pulse_summary_input *input,
                       struct pulse_results *results, struct pulse_delivery *delivery,
                       struct pulse_err *err);

/* Local, once the results are freed. */
void pulse_delivery_clear(const struct pulse_comm *comm, struct pulse_delivery *delivery);

#endif
