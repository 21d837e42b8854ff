#include "checkpoint/span_record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char magic[8] = "PULSEspn";

struct head {
    char magic[8];
    uint32_t format;
    uint32_t count; /* entries that follow */
    int64_t bytes;  /* of the whole pack */
    struct pulse_digest identity;
    struct pulse_digest check; /* of the head, with this field zero, and the entries */
};

struct entry {
    int64_t first_window;
    int64_t windows; /* with a mark: those that hold rows or lie before one that does */
    int64_t first_row;
    int64_t rows;
    int64_t offset; /* of its payload in the pack */
    int64_t bytes;
    struct pulse_digest check; /* of the payload */
};

_Static_assert(sizeof(struct head) == 56 && sizeof(struct entry) == 64, "no byte is unused");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "packs are written as memory holds them");

/* Windows after the last row are no part of a span's record: how many there are depends on the day
 * of the run. */
static int64_t marked_windows(const struct pulse_plan *plan, const struct pulse_span *span)
{
    const int64_t end = plan->last_row_window + 1 - span->first_window;
    return end < span->windows ? end : span->windows;
}

static int64_t marks_bytes(int64_t windows)
{
    return (windows * (int64_t)sizeof(int32_t) + 7) / 8 * 8;
}

static int64_t payload_bytes(const struct pulse_span_record_shape *shape,
                             const struct pulse_span *span)
{
    return marks_bytes(marked_windows(shape->plan, span)) +
           shape->plan->sizes.L * shape->n * span->rows * (int64_t)sizeof(double);
}

int pulse_span_record_shape_init(struct pulse_span_record_shape *shape,
                                 const struct pulse_plan *plan, const struct pulse_system *systems,
                                 int64_t n_systems, struct pulse_err *err)
{
    *shape = (struct pulse_span_record_shape){.plan = plan, .marks = n_systems * plan->sizes.L};
    shape->variable = pulse_calloc(plan->sizes.E, sizeof *shape->variable, "the checkpoint", err);
    if (shape->variable == NULL)
        return -1;
    for (int64_t s = 0; s < n_systems; s++)
        for (int64_t k = 0; !systems[s].kernel_ridge && k < systems[s].q; k++)
            shape->variable[shape->n++] = systems[s].target[k];
    return 0;
}

void pulse_span_record_shape_clear(struct pulse_span_record_shape *shape)
{
    free(shape->variable);
    *shape = (struct pulse_span_record_shape){0};
}

int64_t pulse_span_record_bytes(const struct pulse_span_record_shape *shape, const int64_t *spans,
                                int64_t count)
{
    int64_t bytes = (int64_t)sizeof(struct head) + count * (int64_t)sizeof(struct entry);
    for (int64_t i = 0; i < count; i++)
        bytes += payload_bytes(shape, &shape->plan->spans[spans[i]]);
    return bytes;
}

/* ---- Writing -------------------------------------------------------------------- */

/* Where candidates hold the i-th run of rows of a record, L × n of them, from calendar row t on. */
static double *rows_at(const struct pulse_span_record_shape *shape,
                       const struct pulse_candidates *candidates, int64_t i, int64_t t)
{
    const int64_t l = i / shape->n, e = shape->variable[i % shape->n];
    return candidates->value + (l * shape->plan->sizes.E + e) * candidates->rows + t -
           candidates->first_row;
}

static void pack_payload(const struct pulse_span_record_shape *shape, const struct pulse_span *span,
                         const struct pulse_candidates *from, const int32_t *failed, char *out)
{
    const int64_t windows = marked_windows(shape->plan, span);
    const size_t row_bytes = (size_t)span->rows * sizeof(double);
    memset(out, 0, (size_t)marks_bytes(windows));
    memcpy(out, failed + span->first_window, (size_t)windows * sizeof(int32_t));
    out += marks_bytes(windows);
    for (int64_t i = 0; i < shape->plan->sizes.L * shape->n; i++, out += row_bytes)
        memcpy(out, rows_at(shape, from, i, span->first_row), row_bytes);
}

/* The check of a head and its entries. */
static struct pulse_digest check_of(const char *pack, uint32_t count)
{
    struct pulse_digest both[2];
    struct head head;
    memcpy(&head, pack, sizeof head);
    memset(&head.check, 0, sizeof head.check);
    both[0] = pulse_digest_of(&head, sizeof head);
    both[1] = pulse_digest_of(pack + sizeof head, (int64_t)count * (int64_t)sizeof(struct entry));
    return pulse_digest_of(both, sizeof both);
}

void pulse_span_record_pack(const struct pulse_span_record_shape *shape,
                            const struct pulse_digest *identity,
                            const struct pulse_candidates *from, const int32_t *failed,
                            const int64_t *spans, int64_t count, char *out)
{
    struct head head = {.format = PULSE_SPAN_RECORD_FORMAT,
                        .count = (uint32_t)count,
                        .bytes = pulse_span_record_bytes(shape, spans, count),
                        .identity = *identity};
    int64_t offset = (int64_t)sizeof head + count * (int64_t)sizeof(struct entry);
    memcpy(head.magic, magic, sizeof magic);
    for (int64_t i = 0; i < count; i++) {
        const struct pulse_span *span = &shape->plan->spans[spans[i]];
        struct entry entry = {.first_window = span->first_window,
                              .windows = marked_windows(shape->plan, span),
                              .first_row = span->first_row,
                              .rows = span->rows,
                              .offset = offset,
                              .bytes = payload_bytes(shape, span)};
        pack_payload(shape, span, from, failed, out + offset);
        entry.check = pulse_digest_of(out + offset, entry.bytes);
        memcpy(out + sizeof head + (size_t)i * sizeof entry, &entry, sizeof entry);
        offset += entry.bytes;
    }
    memcpy(out, &head, sizeof head);
    head.check = check_of(out, head.count);
    memcpy(out, &head, sizeof head);
}

/* ---- Reading -------------------------------------------------------------------- */

static struct entry entry_of(const char *pack, int64_t k)
{
    struct entry entry;
    memcpy(&entry, pack + sizeof(struct head) + (size_t)k * sizeof entry, sizeof entry);
    return entry;
}

int64_t pulse_span_record_open(const char *pack, int64_t bytes, const struct pulse_digest *identity)
{
    struct head head;
    if (bytes < (int64_t)sizeof head)
        return -1;
    memcpy(&head, pack, sizeof head);
    const int64_t room = (bytes - (int64_t)sizeof head) / (int64_t)sizeof(struct entry);
    if (memcmp(head.magic, magic, sizeof magic) != 0 || head.format != PULSE_SPAN_RECORD_FORMAT ||
        head.bytes != bytes || head.count > room || !pulse_digest_equal(&head.identity, identity))
        return -1;
    const struct pulse_digest check = check_of(pack, head.count);
    if (!pulse_digest_equal(&check, &head.check))
        return -1;
    for (int64_t k = 0; k < head.count; k++) {
        const struct entry entry = entry_of(pack, k);
        if (entry.offset < 0 || entry.bytes < 0 || entry.offset > bytes ||
            entry.bytes > bytes - entry.offset)
            return -1;
    }
    return head.count;
}

int64_t pulse_span_record_span(const struct pulse_span_record_shape *shape, const char *pack,
                               int64_t k)
{
    const struct pulse_plan *plan = shape->plan;
    const struct entry entry = entry_of(pack, k);
    int64_t low = 0, high = plan->n_spans; /* spans ascend by their first window */
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (plan->spans[middle].first_window < entry.first_window)
            low = middle + 1;
        else
            high = middle;
    }
    const struct pulse_span *span = &plan->spans[low];
    if (low == plan->n_spans || span->first_window != entry.first_window ||
        span->first_row != entry.first_row || span->rows != entry.rows || !span->trains ||
        marked_windows(plan, span) != entry.windows || payload_bytes(shape, span) != entry.bytes)
        return -1;
    return low;
}

bool pulse_span_record_take(const struct pulse_span_record_shape *shape, const char *pack,
                            int64_t k, struct pulse_candidates *into)
{
    const struct entry entry = entry_of(pack, k);
    const char *payload = pack + entry.offset;
    const struct pulse_digest check = pulse_digest_of(payload, entry.bytes);
    assert(entry.first_row >= into->first_row &&
           entry.first_row + entry.rows <= into->first_row + into->rows);
    if (!pulse_digest_equal(&check, &entry.check))
        return false;
    for (int64_t w = 0; w < entry.windows; w++) {
        int32_t mark;
        memcpy(&mark, payload + w * (int64_t)sizeof mark, sizeof mark);
        if (mark < -1 || mark >= shape->marks)
            return false;
    }
    memcpy(into->failed + entry.first_window, payload, (size_t)entry.windows * sizeof(int32_t));
    payload += marks_bytes(entry.windows);
    const size_t row_bytes = (size_t)entry.rows * sizeof(double);
    for (int64_t i = 0; i < shape->plan->sizes.L * shape->n; i++, payload += row_bytes)
        memcpy(rows_at(shape, into, i, entry.first_row), payload, row_bytes);
    return true;
}
