#include "data/common/stamps.h"

#include "base/zone.h"
#include "data/common/epoch.h"

struct pulse_stamps pulse_stamps_begin(const struct pulse_read_options *reading)
{
    return (struct pulse_stamps){.instants = reading->time_zone != NULL};
}

bool pulse_stamps_take(struct pulse_stamps *stamps, const struct pulse_shown_offset *offset,
                       int64_t *time_ns)
{
    if (stamps->any && stamps->offset != offset->shown)
        return false;
    stamps->any = true;
    stamps->offset = offset->shown;
    stamps->local = stamps->local || (!stamps->instants && offset->ns != 0);
    if (!stamps->instants && *time_ns != PULSE_NO_TIME &&
        __builtin_add_overflow(*time_ns, offset->ns, time_ns))
        *time_ns = PULSE_NO_TIME; /* on the last or first day of all: no whole one */
    return true;
}

const char *pulse_stamps_read(struct pulse_stamps *stamps, const char *text, size_t length,
                              int64_t *time_ns)
{
    struct pulse_shown_offset offset;
    if (!pulse_parse_stamp(text, length, time_ns, &offset))
        return pulse_time_fault(text, length);
    if (pulse_stamps_take(stamps, &offset, time_ns))
        return NULL;
    return offset.shown ? "a time with an offset from UTC, and those before it have none"
                        : "a time without an offset from UTC, and those before it have one";
}

void pulse_stamps_end(const struct pulse_stamps *stamps, struct pulse_block *block)
{
    block->zone = stamps->offset && !stamps->local ? pulse_zone_utc() : NULL;
    block->local = stamps->local;
}
