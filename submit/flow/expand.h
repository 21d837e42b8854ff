/* References in a workflow's texts: ${results}, ${key}, ${champion} and ${STEP}, the first output
 * of a step. Pure. */
#ifndef PULSE_FLOW_EXPAND_H
#define PULSE_FLOW_EXPAND_H

#include "submit/flow/flow.h"

/* What references become. */
enum pulse_flow_expansion {
    PULSE_FLOW_AS_PATHS, /* what they stand for, once all keys are known */
    PULSE_FLOW_AS_KEYS   /* themselves: for a digest, which has the keys of steps beside them */
};

/* `word`, a template of `step`, without its references; heap. For paths the outputs of the steps
 * that it refers to must be known. A champion that there is none of becomes "champion". NULL with
 * PULSE_E_MEMORY, or PULSE_E_USAGE for a reference to nothing. */
char *pulse_flow_expand(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                        const struct pulse_flow_word *word, enum pulse_flow_expansion how,
                        struct pulse_err *err);

/* Whether ${champion} is in it. */
bool pulse_flow_names_champion(const struct pulse_flow_word *word);

/* Hands the name of each reference in a text to `take`, until that returns other than 0; what it
 * returned. */
int pulse_flow_each_reference(const struct pulse_flow *flow, const struct pulse_flow_word *word,
                              int (*take)(void *context, const char *name, int64_t line,
                                          struct pulse_err *err),
                              void *context, struct pulse_err *err);

#endif
