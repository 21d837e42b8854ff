/* The capacity of a node in ranks: what the user said, else the CPUs its control group grants,
 * else those it may run on. */
#ifndef PULSE_NODE_QUOTA_H
#define PULSE_NODE_QUOTA_H

#include <stdint.h>

#include "base/error.h"

enum { PULSE_MOST_RANKS = 4096 };

/* Whole CPUs, at least 1, of cgroup v2's cpu.max ("150000 100000"); -1 for "max ..." and for what
 * is not of that form. */
int64_t pulse_quota_v2(const char *cpu_max);

/* The same of cgroup v1's cpu.cfs_quota_us ("-1" is no limit) and cpu.cfs_period_us. */
int64_t pulse_quota_v1(const char *quota_us, const char *period_us);

/* The tightest limit of this process's control group and those above it, v2 or v1, by the files
 * under `root` ("" for this machine); -1 without a limit. */
int64_t pulse_quota_cgroup(const char *root);

/* The control group's CPUs, at most those this process may run on. */
int64_t pulse_quota_cpus(void);

/* Ranks: `setting` (PULSE_RANKS, may be NULL), else pulse_quota_cpus. PULSE_E_USAGE for a setting
 * that is no number of ranks. */
int pulse_quota_ranks(const char *setting, int64_t *ranks, struct pulse_err *err);

#endif
