/* Which steps of a workflow wait for which, and an order in which they can run. Looks at no file.
 */
#ifndef PULSE_FLOW_GRAPH_H
#define PULSE_FLOW_GRAPH_H

#include "submit/flow/flow.h"

/* A digit of any step's key, in a pattern: no text of a workflow holds it. */
#define PULSE_FLOW_ANY_DIGIT '\x01'

/* Fills `waits` and `patterns` of all steps and `order`: a step waits for those that it names under
 * `after` or in a reference, and for those that write what it reads, or into a directory that it
 * reads unless they wait for it. May be called again. PULSE_E_USAGE with the line for a step that
 * there is not, a circle, and two that write the same; PULSE_E_MEMORY. */
int pulse_flow_graph(struct pulse_flow *flow, struct pulse_err *err);

/* Whether `path` is `directory`, or lies in it, however they are written: with "./", doubled or
 * last slashes, relative or absolute. Links are not followed, and ".." is a name. A frame within a
 * file, "#/FRAME", is that file. The directory may be a pattern. */
bool pulse_flow_is_within(const char *path, const char *directory);

/* Whether both are the same. */
bool pulse_flow_is_same(const char *path, const char *other);

/* Whether it is what pulse-flow itself keeps in the results: the record, the marks, the champion or
 * the lock. */
bool pulse_flow_is_record(const struct pulse_flow *flow, const char *path);

/* Whether an output lies in a directory and is read with it: not in the results, where these lie in
 * it too. */
bool pulse_flow_is_part(const struct pulse_flow *flow, const char *output, const char *directory);

#endif
