/* What each step of a workflow would run as things are: its key, its command line without
 * references, and whether it is done. Reads inputs and the results prefix; writes nothing. */
#ifndef PULSE_FLOW_PLAN_H
#define PULSE_FLOW_PLAN_H

#include "submit/flow/flow.h"

/* Fills argv, inputs and outputs of all steps, with keys of zeros: what check.h hands to the
 * programs. PULSE_E_USAGE, PULSE_E_MEMORY. */
int pulse_flow_plan_draft(struct pulse_flow *flow, struct pulse_err *err);

/* Fills key, argv, inputs, outputs and `done` of all steps, and the champion. A key is the digest
 * of the program's version, the words, what inputs hold, and the keys of the steps that it waits
 * for. PULSE_E_USAGE with the line for an input that is not there and that no step writes; the
 * store's errors. */
int pulse_flow_plan(struct pulse_flow *flow, struct pulse_err *err);

/* *changed: whether a step has another key than when it was planned, since what it reads holds
 * something else now or is gone. The store's errors. */
int pulse_flow_plan_has_changed(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                                bool *changed, struct pulse_err *err);

/* The first of a step's outputs that is not there, borrowed; NULL: all are. */
int pulse_flow_find_missing(const struct pulse_flow_step *step, const char **missing,
                            struct pulse_err *err);

/* The URI of the mark that a step leaves when it has succeeded, which holds its key, and of the
 * champion; heap, NULL with PULSE_E_MEMORY. Steps whose outputs are named by their key have a mark
 * for each key; others one, since a step of another key writes over what that of this one wrote. */
char *pulse_flow_mark_uri(const struct pulse_flow *flow, const struct pulse_flow_step *step,
                          struct pulse_err *err);
char *pulse_flow_champion_uri(const struct pulse_flow *flow, struct pulse_err *err);

/* Whether each of its outputs is named by its key. */
bool pulse_flow_is_keyed(const struct pulse_flow_step *step);

/* What the champion becomes when a step that promotes has succeeded: the results of its first run,
 * borrowed; NULL of any other step. */
const char *pulse_flow_promoted(const struct pulse_flow_step *step);

/* A whole small file as a text, heap; NULL without an error where there is none. PULSE_E_INPUT for
 * one that is larger than a workflow may be. */
char *pulse_flow_read_text(const char *uri, struct pulse_err *err);

#endif
