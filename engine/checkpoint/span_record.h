/* Finished spans as bytes (DEFINITIONS §6.5), and back: a span record is whole and right, or
 * reported as damaged. Knows nothing of where the bytes are kept, of threads or of ranks. */
#ifndef PULSE_CHECKPOINT_SPAN_RECORD_H
#define PULSE_CHECKPOINT_SPAN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "fit/candidates.h"
#include "plan/plan.h"

/* Raised when the bytes below mean something else. */
enum { PULSE_SPAN_RECORD_FORMAT = 4 };

/* Which of the candidates span records hold: those that the walk makes span by span. Systems that
 * are solved whole (dual) are solved again. */
struct pulse_span_record_shape {
    const struct pulse_plan *plan;       /* borrowed */
    const struct pulse_digest *identity; /* per span (span_identity.h); borrowed from the caller */
    int64_t marks;                       /* failed windows are marked by less than this */
    int64_t n;
    int64_t *variable; /* n targets, as candidates count them; owned */
    int64_t *column;   /* per target: which of the n, −1 for none; owned */
};

/* PULSE_E_MEMORY. Clear in every case. */
int pulse_span_record_shape_init(struct pulse_span_record_shape *shape,
                                 const struct pulse_plan *plan, const struct pulse_system *systems,
                                 int64_t n_systems, const int64_t *slot, struct pulse_err *err);
struct pulse_saved_layout pulse_span_record_layout(const struct pulse_span_record_shape *shape);
void pulse_span_record_shape_clear(struct pulse_span_record_shape *shape);

/* The content of a checkpoint file is a header, an entry per span, and per span the marks of its
 * windows (int32, as in pulse_candidates.failed, filled up to 8 bytes) and its retrodictions (L × n
 * × rows doubles). All numbers are little-endian. Bytes that the content of these `count` spans
 * takes: */
int64_t pulse_span_record_bytes(const struct pulse_span_record_shape *shape, const int64_t *spans,
                                int64_t count);

/* Writes the content of `count` finished spans into `out`, of pulse_span_record_bytes.
 * `fingerprint` names the settings (run_fingerprint.h), `failed` has the marks of all windows. */
void pulse_span_record_write(const struct pulse_span_record_shape *shape,
                             const struct pulse_digest *fingerprint,
                             const struct pulse_candidates *from, const int32_t *failed,
                             const int64_t *spans, int64_t count, char *out);

/* How many spans a content of `bytes` bytes holds, or −1 when its header or its table is not what
 * was written, or it is of another run or format. Reads no byte outside. */
int64_t pulse_span_record_open(const char *content, int64_t bytes,
                               const struct pulse_digest *fingerprint);

/* The plan's span of the k-th entry of an opened content, or −1 when the plan has no such span, or
 * one of another identity: the record is of a shorter panel, or of one whose past was another. */
int64_t pulse_span_record_span(const struct pulse_span_record_shape *shape, const char *content,
                               int64_t k);

/* The k-th span of an opened content, which begins at a multiple of 8: `out` points into it. False,
 * and nothing set, when its bytes are damaged. */
bool pulse_span_record_take(const struct pulse_span_record_shape *shape, const char *content,
                            int64_t k, struct pulse_saved_span *out);

/* The same where somebody else has found that its bytes are whole. */
struct pulse_saved_span pulse_span_record_at(const char *content, int64_t k);

#endif
