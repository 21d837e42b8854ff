/* How the pickle machine makes values. Internal to io/data. */
#ifndef PULSE_DATA_PICKLE_ARENA_H
#define PULSE_DATA_PICKLE_ARENA_H

#include "data/pickle/tree.h"

/* Takes `bytes` in any case; they are freed with the tree. */
struct pulse_pickle_tree *pulse_pickle_tree_new(char *bytes, struct pulse_err *err);

/* A zeroed value of the tree; NULL with an error. */
struct pulse_pickle_value *pulse_pickle_tree_add(struct pulse_pickle_tree *tree,
                                                 enum pulse_pickle_kind kind,
                                                 struct pulse_err *err);
void pulse_pickle_tree_set_root(struct pulse_pickle_tree *tree, struct pulse_pickle_value *root);

/* The root, to be put into another tree's group; this tree must live as long as that. */
struct pulse_pickle_value *pulse_pickle_tree_take_root(struct pulse_pickle_tree *tree);

#endif
