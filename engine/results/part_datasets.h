/* The datasets of results.h5 that lie in parts (part_layout.h, DEFINITIONS §7.2): the columns of a
 * node's own variables are in a file that its ranks write together, and results.h5 has datasets of
 * the same name and shape that point there. Does not know what the columns hold. */
#ifndef PULSE_RESULTS_PART_DATASETS_H
#define PULSE_RESULTS_PART_DATASETS_H

struct pulse_results;

/* Collective over the ranks of a node: creates its part, still empty. -1 without a message when
 * HDF5 failed, as of the next. */
int pulse_results_open_part(struct pulse_results *results);

/* Collective: creates one of its datasets, and the one in results.h5 that ties those of all parts.
 */
int pulse_results_split_set(struct pulse_results *results, int set);

#endif
