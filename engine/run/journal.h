/* What the log says of a run as it goes: version, host, ranks, data, plan, each stage with its
 * seconds, end. Lines of level debug, which the log file has always. Local; only rank 0's log is
 * open. */
#ifndef PULSE_RUN_JOURNAL_H
#define PULSE_RUN_JOURNAL_H

#include "mpi/comm.h"
#include "panel/panel.h"
#include "plan/options.h"
#include "results/summary_input.h"
#include "run/work.h"

/* Once the log is open; fills `versions`. */
void pulse_journal_begin(const struct pulse_comm *comm, const struct pulse_options *options,
                         struct pulse_versions *versions);

/* Once data are loaded and the work is planned. */
void pulse_journal_plan(const struct pulse_options *options, const struct pulse_panel *panel,
                        const struct pulse_work *work);

/* Once all is computed. */
void pulse_journal_stages(const struct pulse_timings *timings, int64_t peak_rss_bytes);

/* The last line. */
void pulse_journal_end(int code, double seconds);

#endif
