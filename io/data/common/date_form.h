/* Forms of dates other than ISO 8601 that say by themselves what is day, month and year:
 * 2016/12/30, 30-Dec-2016, 30.12.2016 where a day above 12 shows it. Works on texts; knows no file.
 * Internal to io/data. */
#ifndef PULSE_DATA_COMMON_DATE_FORM_H
#define PULSE_DATA_COMMON_DATE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/text.h"

/* The forms that all texts so far have; begins as zeros but for `advised`. */
struct pulse_date_form {
    bool advised; /* those that are never guessed, but only advised: %b-%y, %m/%d/%y, %Y%m … */
    bool any;     /* a text that is a date was seen */
    uint64_t left;
};

/* One more text, without blanks around it; "" says nothing. False where it has none of the forms
 * that are left, which then stay. */
bool pulse_date_form_see(struct pulse_date_form *seen, struct pulse_text text);

/* The one form that is left, as strptime takes it; NULL where none or several are. */
const char *pulse_date_form_of(const struct pulse_date_form *seen);

/* Two forms of which the texts could be either: day first and month first. */
bool pulse_date_form_ambiguous(const struct pulse_date_form *seen, const char *forms[2]);

/* Whether a text has one of the forms. */
bool pulse_date_form_fits(struct pulse_text text);

/* 9:30, 09:30:00, 16:00:00.000: a time of day alone, as some files have it in a column of its own.
 */
bool pulse_is_clock(struct pulse_text text);

/* A form to advise that the text has; NULL for none. */
const char *pulse_date_form_hint(struct pulse_text text);

/* Whether the form has years of two digits and makes of the text a day, `ns`, that lies more than a
 * year ahead: 60 becomes 2060. */
bool pulse_date_form_is_ahead(const char *form, struct pulse_text text, int64_t *ns);

/* Whether dates or years are the names of columns, three at least and most of the `n`, in a file
 * `where` without a time column; then `err` says so (PULSE_E_INPUT), and what to do. */
bool pulse_dates_across(const char *where, char *const *names, int64_t n, struct pulse_err *err);

/* The same of months (Jan, January, M01, 1) or quarters (Q1), three at least, beside the column
 * `year` that holds years; false where that is -1. */
bool pulse_months_across(const char *where, char *const *names, int64_t n, int64_t year,
                         struct pulse_err *err);

#endif
