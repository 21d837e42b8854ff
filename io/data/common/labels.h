/* Distinct texts in the order in which they were first met, each under a number: the ids of a long
 * panel, and its times where they are text. Pure. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_LABELS_H
#define PULSE_DATA_COMMON_LABELS_H

#include <stdint.h>

#include "base/error.h"
#include "data/common/text.h"

/* Begins as zeros. */
struct pulse_labels {
    int64_t n, cap;
    int64_t *begin; /* n: where the text of each begins in `text`, with a NUL behind it */
    int64_t text_used, text_cap;
    char *text;
    int64_t n_slots; /* a power of two, more than twice as many as labels */
    int64_t *slots;  /* numbers, or −1 */
    int64_t last;    /* the number that was given last: of the next row it is often the same */
};

/* The number of a text without NUL, which is added where it is new. */
int pulse_labels_add(struct pulse_labels *labels, struct pulse_text text, int64_t *number,
                     struct pulse_err *err);
void pulse_labels_clear(struct pulse_labels *labels);

/* Borrowed until the next is added. */
const char *pulse_labels_text(const struct pulse_labels *labels, int64_t number);

#endif
