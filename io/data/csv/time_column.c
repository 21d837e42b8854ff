#include "data/csv/time_column.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"
#include "data/common/epoch.h"
#include "data/common/stamps.h"
#include "data/csv/header.h"
#include "data/csv/no_time.h"
#include "data/csv/sample.h"

/* The forms of the dates in one column. */
struct dates {
    int64_t column;
    struct pulse_date_form form;
};

static void look_for_dates(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct dates *dates = user;
    (void)line;
    if (c == dates->column)
        (void)pulse_date_form_see(&dates->form, text);
}

/* How well a column's first cell says that it is a date; NONE where it is none. */
static enum how_dated { ISO, FORM, ADVISED, NONE } date_of(const struct pulse_text_column *column)
{
    const struct pulse_text text = {column->text, strlen(column->text)};
    if (column->look == PULSE_LOOK_INSTANT)
        return ISO;
    if (column->look != PULSE_LOOK_TEXT)
        return NONE;
    return pulse_date_form_fits(text) ? FORM : pulse_date_form_hint(text) != NULL ? ADVISED : NONE;
}

/* The only column whose cells begin as dates do, -1 for none or several: ISO 8601, or where there
 * is none of it, any form, or one that is to be said. */
static int64_t find_only_dates(const struct pulse_csv_layout *layout)
{
    int64_t found[NONE + 1] = {0}, last[NONE + 1];
    for (int64_t c = 0; c < layout->n; c++) {
        const enum how_dated how = date_of(&layout->columns[c]);
        found[how]++;
        last[how] = c;
    }
    int best = ISO;
    while (best < NONE && found[best] == 0)
        best++;
    return best < NONE && found[best] == 1 ? last[best] : -1;
}

static int fail_time(const struct pulse_csv_head *head, const struct pulse_csv_layout *layout,
                     const struct pulse_read_options *options, struct pulse_err *err)
{
    int64_t n = 0;
    if (options->time == NULL && pulse_csv_refuse_several_forms(head, layout, err) != 0)
        return -1;
    char **dated = pulse_calloc(layout->n, sizeof *dated, "column names", err);
    if (dated == NULL)
        return -1;
    for (int64_t c = 0; c < layout->n; c++)
        if (date_of(&layout->columns[c]) < ADVISED)
            dated[n++] = layout->names[c];
    const struct pulse_csv_header header = {
        .n = layout->n, .names = layout->names, .lines = layout->header_lines};
    (void)pulse_csv_fail_time(head, &header, dated, n, options, err);
    free(dated);
    return -1;
}

int pulse_csv_time_find(const struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                        const struct pulse_read_options *options, struct pulse_err *err)
{
    if (options->time == NULL &&
        pulse_columns_find_time(pulse_byte_reader_uri(head->input), layout->names, layout->n,
                                &layout->time, err) != 0)
        return -1;
    for (int64_t c = 0; options->time != NULL && c < layout->n; c++)
        if (strcmp(layout->names[c], options->time) == 0)
            layout->time = c;
    if (layout->time < 0 && options->time == NULL)
        layout->time = find_only_dates(layout);
    if (layout->time < 0 && options->time == NULL)
        layout->time = pulse_columns_find_year(layout->names, layout->n);
    return layout->time >= 0 ? 0 : fail_time(head, layout, options, err);
}

int pulse_csv_refuse_months_across(const struct pulse_csv_head *head,
                                   const struct pulse_csv_layout *layout, struct pulse_err *err)
{
    const int64_t year = pulse_columns_find_year(layout->names, layout->n);
    return layout->time == year && pulse_months_across(pulse_byte_reader_uri(head->input),
                                                       layout->names, layout->n, year, err)
               ? -1
               : 0;
}

static void look_for_first(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct pulse_csv_layout *layout = user;
    (void)line;
    if (c == layout->time && layout->first_time[0] == '\0')
        (void)snprintf(layout->first_time, sizeof layout->first_time, "%.*s",
                       pulse_text_shown(text), text.at);
}

/* What was looked at keeps the first text, but no number: 1990 is a year. */
static void find_first_time(const struct pulse_csv_head *head, struct pulse_csv_layout *layout)
{
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    const char *text = layout->columns[layout->time].text;
    if (text[0] == '\0')
        pulse_csv_sample_look(head, layout, &next, look_for_first, layout);
    else
        memcpy(layout->first_time, text, sizeof layout->first_time);
}

void pulse_csv_time_form(const struct pulse_csv_head *head,
                         const struct pulse_read_options *options, struct pulse_csv_layout *layout)
{
    struct dates dates = {.column = layout->time};
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    const char *text = layout->first_time;
    struct pulse_shown_offset offset = {0};
    int64_t ns = PULSE_NO_TIME;
    find_first_time(head, layout);
    layout->date_format = options->date_format;
    if (options->date_format != NULL)
        (void)pulse_parse_formatted(text, strlen(text), options->date_format, &ns, &offset);
    else if (pulse_parse_stamp(text, strlen(text), &ns, &offset) &&
             options->time_unit == PULSE_TIME_UNIT_NONE && ns != PULSE_NO_TIME &&
             !options->as_panel)
        layout->span = pulse_stamp_span(text, strlen(text));
    layout->offset = offset.shown;
    /* Only where the first time has such a form: the sample may be megabytes. */
    const bool fits = pulse_date_form_fits((struct pulse_text){text, strlen(text)});
    dates.form.advised = !fits;
    if (options->date_format == NULL &&
        (fits || pulse_date_form_hint((struct pulse_text){text, strlen(text)}) != NULL)) {
        pulse_csv_sample_look(head, layout, &next, look_for_dates, &dates);
        *(fits ? &layout->date_format : &layout->advised) = pulse_date_form_of(&dates.form);
        if (fits && layout->date_format == NULL &&
            strcasecmp(layout->names[layout->time], "sasdate") == 0)
            layout->date_format = "%m/%d/%Y"; /* what FRED-MD and FRED-QD write */
        layout->ambiguous = layout->date_format == NULL && layout->advised == NULL &&
                            pulse_date_form_ambiguous(&dates.form, layout->forms);
    }
}

/* The first time of a sample that a year of two digits puts more than a year ahead. */
struct ahead {
    int64_t column, ns;
    const char *form;
    struct pulse_text text;
};

static void look_for_ahead(void *user, int64_t c, struct pulse_text text, int64_t line)
{
    struct ahead *ahead = user;
    (void)line;
    if (c == ahead->column && ahead->text.at == NULL &&
        pulse_date_form_is_ahead(ahead->form, text, &ahead->ns))
        ahead->text = text;
}

int pulse_csv_note_centuries(const struct pulse_csv_head *head, struct pulse_csv_layout *layout,
                             struct pulse_err *err)
{
    char day[PULSE_DATE_TEXT];
    struct ahead ahead = {.column = layout->time, .form = layout->date_format};
    struct pulse_csv_line_start next = pulse_csv_sample_begin(layout);
    if (layout->date_format == NULL || strstr(layout->date_format, "%y") == NULL)
        return 0;
    pulse_csv_sample_look(head, layout, &next, look_for_ahead, &ahead);
    if (ahead.text.at == NULL)
        return 0;
    char *note =
        pulse_print(err,
                    "'%.*s' in column '%.40s' is %s: of years of two digits 69 to 99 alone "
                    "are of the last century; write four",
                    pulse_text_shown(ahead.text), ahead.text.at, layout->names[layout->time],
                    pulse_format_day(pulse_day_of_ns(ahead.ns), day));
    return note == NULL ? -1 : pulse_csv_add_note(&layout->note, note, err);
}

int pulse_csv_refuse_second_table(const struct pulse_csv_head *head,
                                  const struct pulse_csv_layout *layout, struct pulse_err *err)
{
    int64_t first = -1;
    bool *numbers = pulse_calloc(layout->n, sizeof *numbers, "column kinds", err);
    if (numbers == NULL)
        return -1;
    for (int64_t c = 0; c < layout->n; c++) {
        numbers[c] = pulse_text_column_is_numeric(&layout->columns[c]);
        if (first < 0 && date_of(&layout->columns[c]) != NONE)
            first = c;
    }
    const int64_t second = first < 0 ? -1
                                     : pulse_columns_find_second_table(
                                           layout->names, numbers, layout->n, layout->names[first]);
    free(numbers);
    return second < 0
               ? 0
               : pulse_csv_fail_side_by_side(pulse_byte_reader_uri(head->input), layout->names,
                                             layout->separator, first, second, err);
}
