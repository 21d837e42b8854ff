/* Words of a workflow's file, each with the line that it stands in. Plain data. */
#ifndef PULSE_FLOW_WORDS_H
#define PULSE_FLOW_WORDS_H

#include <stdint.h>

#include "base/error.h"

struct pulse_flow_word {
    char *text; /* owned */
    int64_t line;
};

/* Zeroed is empty; clear it. */
struct pulse_flow_words {
    struct pulse_flow_word *all;
    int64_t n, cap;
};

/* Appends `text`, which is taken, also on failure; NULL is the failure of whoever made it. -1 with
 * PULSE_E_MEMORY. */
int pulse_flow_words_take(struct pulse_flow_words *words, int64_t line, char *text,
                          struct pulse_err *err);

/* The index of a word; -1 where there is none. */
int64_t pulse_flow_words_find(const struct pulse_flow_words *words, const char *text);

void pulse_flow_words_clear(struct pulse_flow_words *words);

#endif
