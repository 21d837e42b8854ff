#include "checkpoint/span_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char magic[8] = "PULSEspn";

struct header {
    char magic[8];
    uint32_t format;
    uint32_t count; /* entries that follow */
    int64_t bytes;  /* of the whole checkpoint file */
    struct pulse_digest fingerprint;
    struct pulse_digest check; /* of the header, with this field zero, and the entries */
};

struct entry {
    int64_t first_window;
    int64_t windows; /* with a mark: those that hold rows or lie before one that does */
    int64_t first_row;
    int64_t rows;
    int64_t offset; /* of its payload in the file */
    int64_t bytes;
    struct pulse_digest identity; /* of the span: what its numbers depend on */
    struct pulse_digest check;    /* of the payload */
};

_Static_assert(sizeof(struct header) == 56 && sizeof(struct entry) == 80, "no byte is unused");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are written as memory holds them");

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
           shape->plan->sizes.C * shape->n * span->rows * (int64_t)sizeof(double);
}

int pulse_span_record_shape_init(struct pulse_span_record_shape *shape,
                                 const struct pulse_plan *plan, const struct pulse_system *systems,
                                 int64_t n_systems, const int64_t *slot, struct pulse_err *err)
{
    *shape = (struct pulse_span_record_shape){.plan = plan, .marks = n_systems * plan->sizes.L};
    const int64_t most = plan->sizes.E * pulse_sizes_horizons(&plan->sizes);
    shape->variable = pulse_calloc(most, sizeof *shape->variable, "the checkpoint", err);
    shape->column = pulse_calloc(most, sizeof *shape->column, "the checkpoint", err);
    if (shape->variable == NULL || shape->column == NULL)
        return -1;
    for (int64_t i = 0; i < most; i++)
        shape->column[i] = -1;
    for (int64_t s = 0; s < n_systems; s++)
        for (int64_t k = 0; !systems[s].kernel_ridge && k < systems[s].q; k++) {
            shape->column[slot[systems[s].target[k]]] = shape->n;
            shape->variable[shape->n++] = slot[systems[s].target[k]];
        }
    return 0;
}

void pulse_span_record_shape_clear(struct pulse_span_record_shape *shape)
{
    free(shape->variable);
    free(shape->column);
    *shape = (struct pulse_span_record_shape){0};
}

struct pulse_saved_layout pulse_span_record_layout(const struct pulse_span_record_shape *shape)
{
    return (struct pulse_saved_layout){.columns = shape->n, .column = shape->column};
}

int64_t pulse_span_record_bytes(const struct pulse_span_record_shape *shape, const int64_t *spans,
                                int64_t count)
{
    int64_t bytes = (int64_t)sizeof(struct header) + count * (int64_t)sizeof(struct entry);
    for (int64_t i = 0; i < count; i++)
        bytes += payload_bytes(shape, &shape->plan->spans[spans[i]]);
    return bytes;
}

/* ---- Writing -------------------------------------------------------------------- */

static void write_payload(const struct pulse_span_record_shape *shape,
                          const struct pulse_span *span, const struct pulse_candidates *from,
                          const int32_t *failed, char *out)
{
    const int64_t windows = marked_windows(shape->plan, span);
    memset(out, 0, (size_t)marks_bytes(windows));
    memcpy(out, failed + span->first_window, (size_t)windows * sizeof(int32_t));
    double *value = (void *)(out + marks_bytes(windows));
    for (int64_t k = 0; k < shape->n; k++, value += shape->plan->sizes.C * span->rows)
        pulse_candidates_read(from, shape->variable[k], span->first_row, span->rows, span->rows,
                              value);
}

/* The check of a header and its entries. */
static struct pulse_digest check_of(const char *content, uint32_t count)
{
    struct pulse_digest both[2];
    struct header header;
    memcpy(&header, content, sizeof header);
    memset(&header.check, 0, sizeof header.check);
    both[0] = pulse_digest_of(&header, sizeof header);
    both[1] =
        pulse_digest_of(content + sizeof header, (int64_t)count * (int64_t)sizeof(struct entry));
    return pulse_digest_of(both, sizeof both);
}

void pulse_span_record_write(const struct pulse_span_record_shape *shape,
                             const struct pulse_digest *fingerprint,
                             const struct pulse_candidates *from, const int32_t *failed,
                             const int64_t *spans, int64_t count, char *out)
{
    struct header header = {.format = PULSE_SPAN_RECORD_FORMAT,
                            .count = (uint32_t)count,
                            .bytes = pulse_span_record_bytes(shape, spans, count),
                            .fingerprint = *fingerprint};
    int64_t offset = (int64_t)sizeof header + count * (int64_t)sizeof(struct entry);
    memcpy(header.magic, magic, sizeof magic);
    for (int64_t i = 0; i < count; i++) {
        const struct pulse_span *span = &shape->plan->spans[spans[i]];
        struct entry entry = {.first_window = span->first_window,
                              .windows = marked_windows(shape->plan, span),
                              .first_row = span->first_row,
                              .rows = span->rows,
                              .offset = offset,
                              .bytes = payload_bytes(shape, span),
                              .identity = shape->identity[spans[i]]};
        write_payload(shape, span, from, failed, out + offset);
        entry.check = pulse_digest_of(out + offset, entry.bytes);
        memcpy(out + sizeof header + (size_t)i * sizeof entry, &entry, sizeof entry);
        offset += entry.bytes;
    }
    memcpy(out, &header, sizeof header);
    header.check = check_of(out, header.count);
    memcpy(out, &header, sizeof header);
}

/* ---- Reading -------------------------------------------------------------------- */

static struct entry entry_of(const char *content, int64_t k)
{
    struct entry entry;
    memcpy(&entry, content + sizeof(struct header) + (size_t)k * sizeof entry, sizeof entry);
    return entry;
}

int64_t pulse_span_record_open(const char *content, int64_t bytes,
                               const struct pulse_digest *fingerprint)
{
    struct header header;
    if (bytes < (int64_t)sizeof header)
        return -1;
    memcpy(&header, content, sizeof header);
    const int64_t capacity = (bytes - (int64_t)sizeof header) / (int64_t)sizeof(struct entry);
    if (memcmp(header.magic, magic, sizeof magic) != 0 ||
        header.format != PULSE_SPAN_RECORD_FORMAT || header.bytes != bytes ||
        header.count > capacity || !pulse_digest_equal(&header.fingerprint, fingerprint))
        return -1;
    const struct pulse_digest check = check_of(content, header.count);
    if (!pulse_digest_equal(&check, &header.check))
        return -1;
    for (int64_t k = 0; k < header.count; k++) {
        const struct entry entry = entry_of(content, k);
        if (entry.offset < 0 || entry.bytes < 0 || entry.offset > bytes || entry.offset % 8 != 0 ||
            entry.bytes > bytes - entry.offset)
            return -1;
    }
    return header.count;
}

int64_t pulse_span_record_span(const struct pulse_span_record_shape *shape, const char *content,
                               int64_t k)
{
    const struct pulse_plan *plan = shape->plan;
    const struct entry entry = entry_of(content, k);
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
        marked_windows(plan, span) != entry.windows || payload_bytes(shape, span) != entry.bytes ||
        !pulse_digest_equal(&shape->identity[low], &entry.identity))
        return -1;
    return low;
}

bool pulse_span_record_take(const struct pulse_span_record_shape *shape, const char *content,
                            int64_t k, struct pulse_saved_span *out)
{
    const struct entry entry = entry_of(content, k);
    const char *payload = content + entry.offset;
    const struct pulse_digest check = pulse_digest_of(payload, entry.bytes);
    if (!pulse_digest_equal(&check, &entry.check))
        return false;
    for (int64_t w = 0; w < entry.windows; w++) {
        int32_t mark;
        memcpy(&mark, payload + w * (int64_t)sizeof mark, sizeof mark);
        if (mark < -1 || mark >= shape->marks)
            return false;
    }
    *out = pulse_span_record_at(content, k);
    return true;
}

struct pulse_saved_span pulse_span_record_at(const char *content, int64_t k)
{
    const struct entry entry = entry_of(content, k);
    const char *payload = content + entry.offset;
    return (struct pulse_saved_span){.failed = (const void *)payload,
                                     .windows = entry.windows,
                                     .value = (const void *)(payload + marks_bytes(entry.windows))};
}
