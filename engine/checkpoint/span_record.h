/* Finished spans as bytes, and back: each is whole and right, or told to be damaged. Knows nothing
 * of files, threads or ranks. */
#ifndef PULSE_CHECKPOINT_SPAN_RECORD_H
#define PULSE_CHECKPOINT_SPAN_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "fit/walk.h"
#include "plan/plan.h"

/* Raised when the bytes below mean something else. */
enum { PULSE_SPAN_RECORD_FORMAT = 1 };

/* Which of the candidates records hold: those that the walk makes span by span. Systems that are
 * solved whole (dual) are solved again. */
struct pulse_span_record_shape {
    const struct pulse_plan *plan; /* borrowed */
    int64_t marks;                 /* failed windows are marked by less than this */
    int64_t n;
    int64_t *variable; /* n indices among those that enter; owned */
};

int pulse_span_record_shape_init(struct pulse_span_record_shape *shape,
                                 const struct pulse_plan *plan, const struct pulse_system *systems,
                                 int64_t n_systems, struct pulse_err *err);
void pulse_span_record_shape_clear(struct pulse_span_record_shape *shape);

/* A pack is a head, an entry per span, and per span the marks of its windows (int32, as in
 * pulse_candidates.failed, filled up to 8 bytes) and its retrodictions (L × n × rows doubles). All
 * numbers are little-endian. Bytes that a pack of these `count` spans takes: */
int64_t pulse_span_record_bytes(const struct pulse_span_record_shape *shape, const int64_t *spans,
                                int64_t count);

/* Writes the pack of `count` finished spans into `out`, of pulse_span_record_bytes. `identity`
 * names the run whose numbers they are, `failed` has the marks of all windows. */
void pulse_span_record_pack(const struct pulse_span_record_shape *shape,
                            const struct pulse_digest *identity,
                            const struct pulse_candidates *from, const int32_t *failed,
                            const int64_t *spans, int64_t count, char *out);

/* How many spans the pack of `bytes` bytes holds, or −1 when its head or its table is not what was
 * written, or it is of another run or format. Reads no byte outside. */
int64_t pulse_span_record_open(const char *pack, int64_t bytes,
                               const struct pulse_digest *identity);

/* The plan's span of the k-th entry of an opened pack, or −1 when the plan has no such span. */
int64_t pulse_span_record_span(const struct pulse_span_record_shape *shape, const char *pack,
                               int64_t k);

/* Copies the k-th span of an opened pack, which the plan has, into the candidates, whose rows hold
 * it. False, and nothing copied, when its bytes are damaged. */
bool pulse_span_record_take(const struct pulse_span_record_shape *shape, const char *pack,
                            int64_t k, struct pulse_candidates *into);

#endif
