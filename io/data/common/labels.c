#include "data/common/labels.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

static const char what[] = "labels of rows";

const char *pulse_labels_text(const struct pulse_labels *labels, int64_t number)
{
    return labels->text + labels->begin[number];
}

static bool is_label(const struct pulse_labels *labels, int64_t number, struct pulse_text text)
{
    const char *label = pulse_labels_text(labels, number);
    return strncmp(label, text.at, text.length) == 0 && label[text.length] == '\0';
}

/* Where a text stands, or the free slot where it belongs. Labels of others' files cannot be chosen
 * so that they fall together: their digests would have to. */
static int64_t find_slot(const struct pulse_labels *labels, struct pulse_text text)
{
    const int64_t mask = labels->n_slots - 1;
    int64_t slot = (int64_t)pulse_digest_of(text.at, (int64_t)text.length).word[0] & mask;
    while (labels->slots[slot] >= 0 && !is_label(labels, labels->slots[slot], text))
        slot = (slot + 1) & mask;
    return slot;
}

static int make_slots(struct pulse_labels *labels, int64_t n, struct pulse_err *err)
{
    int64_t *slots = pulse_calloc(n, sizeof *slots, what, err);
    if (slots == NULL)
        return -1;
    memset(slots, -1, (size_t)n * sizeof *slots);
    free(labels->slots);
    labels->slots = slots;
    labels->n_slots = n;
    for (int64_t i = 0; i < labels->n; i++) {
        const char *label = pulse_labels_text(labels, i);
        slots[find_slot(labels, (struct pulse_text){label, strlen(label)})] = i;
    }
    return 0;
}

static int append_label(struct pulse_labels *labels, struct pulse_text text, struct pulse_err *err)
{
    const int64_t length = (int64_t)text.length;
    if (pulse_grow(&labels->begin, &labels->cap, labels->n + 1, sizeof *labels->begin, what, err) !=
            0 ||
        pulse_grow(&labels->text, &labels->text_cap, labels->text_used + length + 1, 1, what,
                   err) != 0)
        return -1;
    labels->begin[labels->n++] = labels->text_used;
    if (length > 0)
        memcpy(labels->text + labels->text_used, text.at, text.length);
    labels->text[labels->text_used + length] = '\0';
    labels->text_used += length + 1;
    return 0;
}

int pulse_labels_add(struct pulse_labels *labels, struct pulse_text text, int64_t *number,
                     struct pulse_err *err)
{
    enum { SLOTS_LEAST = 64 };
    if (labels->n > 0 && is_label(labels, labels->last, text)) {
        *number = labels->last;
        return 0;
    }
    if (2 * labels->n >= labels->n_slots &&
        make_slots(labels, labels->n_slots == 0 ? SLOTS_LEAST : 2 * labels->n_slots, err) != 0)
        return -1;
    const int64_t slot = find_slot(labels, text);
    if (labels->slots[slot] < 0) {
        if (append_label(labels, text, err) != 0)
            return -1;
        labels->slots[slot] = labels->n - 1;
    }
    *number = labels->last = labels->slots[slot];
    return 0;
}

void pulse_labels_clear(struct pulse_labels *labels)
{
    free(labels->begin);
    free(labels->text);
    free(labels->slots);
    *labels = (struct pulse_labels){0};
}
