/* A workflow: steps, each a command line of one of our programs, which of them wait for which, and
 * what they read and write. Plain data, made from a file (file.h), ordered (graph.h), and planned
 * (plan.h). */
#ifndef PULSE_FLOW_FLOW_H
#define PULSE_FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "submit/flow/program.h"
#include "submit/flow/words.h"

enum {
    PULSE_FLOW_KEY = 17,
    PULSE_FLOW_NAME = 41,
    PULSE_FLOW_VERSION = 64,
    PULSE_FLOW_MOST_STEPS = 200
};

/* Strings are owned. What may hold references, ${...}, is a template. */
struct pulse_flow_step {
    char name[PULSE_FLOW_NAME];
    int64_t line;
    const struct pulse_flow_program *program;
    struct pulse_flow_words words; /* templates: program, its words, its options; n_plain ... */
    int64_t n_plain;               /* ... of them are no options */
    struct pulse_flow_words after; /* names of steps that it waits for */
    struct pulse_flow_words reads, writes; /* templates of paths and URIs, evident or named */
    char *queue;                           /* NULL: the workflow's */
    int64_t vcpus, memory_mib, nodes;      /* of each worker */
    int64_t workers;                       /* that do it at once */
    bool promotes;                         /* its first run becomes the champion */
    bool always;                           /* done also where it is done already */

    /* Of graph.h */
    bool *waits;                      /* for each step whether this one waits for it */
    struct pulse_flow_words patterns; /* writes without references, with any key: is_within */

    /* Of check.h and plan.h */
    char version[PULSE_FLOW_VERSION]; /* "pulse-train 0.2.0" */
    char key[PULSE_FLOW_KEY];         /* hexadecimal */
    struct pulse_flow_words argv;     /* words without references; of a first champion none of it */
    struct pulse_flow_words inputs;   /* reads without references, and without what steps write */
    struct pulse_flow_words outputs;  /* writes without references */
    bool done;                        /* its key and its outputs are there */
};

struct pulse_flow {
    char *path;
    char *name, *results;     /* the prefix of its record, its results and its champion */
    char *queue, *definition; /* NULL: pulse-submit's */
    char *share;              /* share identifier; NULL: none */
    double price;             /* of a vCPU for an hour; 0: not said */
    struct pulse_flow_step *steps;
    int64_t n, cap;
    int64_t *order; /* of graph.h: indices of steps, each after those that it waits for */
    char *champion; /* of plan.h: results of the last run that was accepted; NULL: none yet */
};

/* The index of a step; -1 where there is none. */
int64_t pulse_flow_find(const struct pulse_flow *flow, const char *name);

/* "FILE, line N: " and what printf makes of the arguments, with PULSE_E_USAGE; -1. */
int pulse_flow_fail(const struct pulse_flow *flow, int64_t line, struct pulse_err *err,
                    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Legal on one that is zeroed. */
void pulse_flow_clear(struct pulse_flow *flow);

#endif
