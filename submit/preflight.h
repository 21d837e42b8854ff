/* Whether a job can ever run where it is to be sent: judged on descriptions that Batch gave. Pure.
 */
#ifndef PULSE_SUBMIT_PREFLIGHT_H
#define PULSE_SUBMIT_PREFLIGHT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "submit/definition.h"

enum { PULSE_FINDING = 400, PULSE_MOST_FINDINGS = 32 };

struct pulse_finding {
    bool fatal;               /* else a warning */
    char text[PULSE_FINDING]; /* one sentence, with what to do */
};

struct pulse_findings {
    int n;
    struct pulse_finding finding[PULSE_MOST_FINDINGS];
};

/* What the job asks for. */
struct pulse_need {
    const char *queue;
    const char *definition;
    bool multi;
    int nodes; /* 1 unless multi */
    int vcpus; /* of a node */
    int64_t memory_mib;
    enum pulse_platform platform; /* the definition's */
    const char *share_identifier; /* NULL: none is given */
    bool is_submitted;            /* its share was accepted then */
};

/* Each adds what it finds. A description that is NULL stands for one that does not exist. */
void pulse_preflight_queue(const struct pulse_need *need, const json_t *queue,
                           struct pulse_findings *out);
void pulse_preflight_definition(const struct pulse_need *need, const json_t *definition,
                                struct pulse_findings *out);

/* Of the jobs it depends on, `others` as DescribeJobs shows them: fatal where one has failed. */
void pulse_preflight_dependencies(const char *const *ids, int64_t n, const json_t *others,
                                  struct pulse_findings *out);

/* Fatal when none of the environments can ever hold the job; of those that cannot, each says why.
 */
void pulse_preflight_environments(const struct pulse_need *need, const json_t *environments,
                                  struct pulse_findings *out);

void pulse_findings_add(struct pulse_findings *out, bool fatal, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
