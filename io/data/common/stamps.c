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
                                 .ids = reading->as_panel,
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
    enum { WEEK_DIGITS = 6 }; /* one more is a day of it */
    size_t digits = 0;
    bool quarter = false, week = false;
    if (length == 10 && text[7] == '-')
        return PULSE_SPAN_DAY; /* most are */
    if (memchr(text, '/', length) != NULL && length > 10)
        return PULSE_SPAN_WEEK; /* 2020-01-06/2020-01-12 */
    for (size_t i = 0; i < length; i++) {
        digits += text[i] >= '0' && text[i] <= '9';
        quarter = quarter || text[i] == 'Q' || text[i] == 'q';
        week = week || text[i] == 'W';
    }
    return quarter || (length == 6 && text[4] == ':') ? PULSE_SPAN_QUARTER /* 1960:1 */
           : week && digits <= WEEK_DIGITS            ? PULSE_SPAN_WEEK
           : digits == 4 && length == 4               ? PULSE_SPAN_YEAR
           : digits <= 6 && length <= 8               ? PULSE_SPAN_MONTH
                                                      : PULSE_SPAN_DAY;
}

static const struct span_name {
    enum pulse_stamp_span span;
    const char *name, *plural;
} span_names[] = {{PULSE_SPAN_YEAR, "a year", "years"},
                  {PULSE_SPAN_QUARTER, "a quarter", "quarters"},
                  {PULSE_SPAN_MONTH, "a month", "months"},
                  {PULSE_SPAN_WEEK, "a week", "weeks"},
                  {PULSE_SPAN_DAY, "a day", "days"}};

static const struct span_name *find_span(enum pulse_stamp_span span)
{
    const struct span_name *found = span_names;
    while (found->span != span && found->span != PULSE_SPAN_DAY)
        found++;
    return found;
}

const char *pulse_span_name(enum pulse_stamp_span span)
{
    return find_span(span)->name;
}

const char *pulse_span_plural(enum pulse_stamp_span span)
{
    return find_span(span)->plural;
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

static const char *say_other_span(struct pulse_stamps *stamps, const char *text, size_t length,
                                  enum pulse_stamp_span span)
{
    char what[160];
    (void)snprintf(what, sizeof what, PULSE_OTHER_SPAN_TEXT "; keep the rows of one frequency",
                   pulse_span_name(span), pulse_span_plural((enum pulse_stamp_span)stamps->spans));
    return say_fault(stamps, text, length, what, "");
}

const char *pulse_stamps_read(struct pulse_stamps *stamps, const char *text, size_t length,
                              int64_t *time_ns)
{
    struct pulse_shown_offset offset;
    if (!(stamps->form != NULL ? pulse_parse_formatted(text, length, stamps->form, time_ns, &offset)
                               : pulse_parse_stamp(text, length, time_ns, &offset)))
        return describe_fault(stamps, text, length);
    const bool known = stamps->form == NULL && *time_ns != PULSE_NO_TIME;
    const enum pulse_stamp_span span = pulse_stamp_span(text, length);
    if (known && !stamps->ids && stamps->spans != 0 && stamps->spans != (unsigned)span)
        return say_other_span(stamps, text, length, span);
    stamps->spans |= known ? (unsigned)span : 0;
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
    block->spans = stamps->spans;
}
