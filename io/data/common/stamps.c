#include "data/common/stamps.h"

#include <stdio.h>
#include <string.h>

#include "base/zone.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/text_column.h"

struct pulse_stamps pulse_stamps_begin(const struct pulse_read_options *reading)
{
    return (struct pulse_stamps){.instants = reading->time_zone != NULL,
                                 .form = reading->date_format};
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

enum pulse_stamp_span pulse_stamp_span(const char *text, size_t length)
{
    size_t digits = 0;
    unsigned span = 0;
    for (size_t i = 0; i < length; i++) {
        const char c = text[i];
        digits += c >= '0' && c <= '9';
        if (i >= 4 && i <= 5)
            span |= strchr("QqSsHh", c) != NULL ? PULSE_SPAN_PART
                    : c == 'W' || c == 'w'      ? PULSE_SPAN_WEEK
                                                : 0;
    }
    return span != 0                    ? (enum pulse_stamp_span)span
           : digits == 4 && length == 4 ? PULSE_SPAN_YEAR
           : digits <= 6 && length <= 8 ? PULSE_SPAN_MONTH
                                        : PULSE_SPAN_DAY;
}

/* "'TEXT' is …" */
static const char *say_fault(struct pulse_stamps *stamps, const char *text, size_t length,
                             const char *what, const char *advice)
{
    const struct pulse_text shown = {text, length};
    (void)snprintf(stamps->fault, sizeof stamps->fault, "'%.*s' is %s%s", pulse_text_shown(shown),
                   text, what, advice);
    return stamps->fault;
}

/* Says which forms the text may have. */
static const char *describe_fault(struct pulse_stamps *stamps, const char *text, size_t length)
{
    struct pulse_date_form form = {.any = false};
    const char *forms[2], *fault = pulse_time_fault(text, length);
    char advice[96] = "";
    if (stamps->form != NULL) {
        (void)snprintf(advice, sizeof advice, "%.64s; see --date-format", stamps->form);
        return say_fault(stamps, text, length, "no time of the form ", advice);
    }
    (void)pulse_date_form_see(&form, (struct pulse_text){text, length});
    const char *only = pulse_date_form_of(&form);
    if (only == NULL)
        only = pulse_date_form_hint((struct pulse_text){text, length});
    if (pulse_date_form_ambiguous(&form, forms))
        (void)snprintf(advice, sizeof advice, "; say --date-format '%s' or --date-format '%s'",
                       forms[0], forms[1]);
    else if (only != NULL)
        (void)snprintf(advice, sizeof advice, "; say --date-format '%s'", only);
    return say_fault(stamps, text, length, fault, advice);
}

const char *pulse_stamps_read(struct pulse_stamps *stamps, const char *text, size_t length,
                              int64_t *time_ns)
{
    struct pulse_shown_offset offset;
    if (!(stamps->form != NULL ? pulse_parse_formatted(text, length, stamps->form, time_ns, &offset)
                               : pulse_parse_stamp(text, length, time_ns, &offset)))
        return describe_fault(stamps, text, length);
    stamps->spans |= stamps->form != NULL ? 0 : pulse_stamp_span(text, length);
    if (pulse_stamps_take(stamps, &offset, time_ns))
        return NULL;
    return say_fault(stamps, text, length,
                     offset.shown
                         ? "a time with an offset from UTC, and those before it have none"
                         : "a time without an offset from UTC, and those before it have one",
                     "");
}

void pulse_stamps_end(const struct pulse_stamps *stamps, struct pulse_block *block)
{
    block->zone = stamps->offset && !stamps->local ? pulse_zone_utc() : NULL;
    block->local = stamps->local;
}
