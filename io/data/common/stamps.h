/* The texts of one column of times, one after another: all must have an offset from UTC, or none,
 * and be of one frequency. Pure. */
#ifndef PULSE_DATA_COMMON_STAMPS_H
#define PULSE_DATA_COMMON_STAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "data/common/types.h"

/* What a text of ISO 8601, or as statistical offices write it, is the time of; a bit each. */
enum pulse_stamp_span {
    PULSE_SPAN_YEAR = 1,    /* 1990 */
    PULSE_SPAN_QUARTER = 2, /* 1990-Q1 */
    PULSE_SPAN_MONTH = 4,
    PULSE_SPAN_WEEK = 8,
    PULSE_SPAN_DAY = 16 /* or an hour, a second … */
};
enum pulse_stamp_span pulse_stamp_span(const char *text, size_t length);

/* "a quarter", and "quarters". */
const char *pulse_span_name(enum pulse_stamp_span span);
const char *pulse_span_plural(enum pulse_stamp_span span);

/* What is said of one among others, by its name and their plural. */
#define PULSE_OTHER_SPAN_TEXT "%s, and the times before it are %s"

/* Whether times of several of them stand in one column: then one means several rows. */
static inline bool pulse_stamp_spans_differ(unsigned spans)
{
    return (spans & (spans - 1)) != 0;
}

struct pulse_stamps {
    bool instants;  /* in: what is wanted of a stamp with an offset; else what its clock shows */
    bool any;       /* a stamp has been read */
    bool ids;       /* in: rows are of several ids, each of which may have a frequency of its own */
    unsigned spans; /* of those without a form */
    bool offset;    /* it has an offset from UTC */
    bool local;     /* one had another than 0 */
    const char *form; /* in: as strptime takes it; NULL: ISO 8601. Borrowed */
    char fault[256];  /* what was wrong with the last text */
};

/* What the options say: `instants` where --time-zone says in which zone they are to be seen, and
 * the form that --date-format says. */
struct pulse_stamps pulse_stamps_begin(const struct pulse_read_options *reading);

/* What is wrong with a text, and what reads it: "'30/12/2016' is no ISO 8601 time …"; NULL where it
 * was read. Borrowed from `stamps`. */
const char *pulse_stamps_read(struct pulse_stamps *stamps, const char *text, size_t length,
                              int64_t *time_ns);

/* An instant and the offset of its stamp → what was wanted. False where the stamps before it have
 * an offset and this has none, or the other way round. */
bool pulse_stamps_take(struct pulse_stamps *stamps, const struct pulse_shown_offset *offset,
                       int64_t *time_ns);

/* Says in the block what its times are now, and of which frequencies. */
void pulse_stamps_end(const struct pulse_stamps *stamps, struct pulse_block *block);

#endif
