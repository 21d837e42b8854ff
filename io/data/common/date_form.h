/* Forms of dates other than ISO 8601 that say by themselves what is day, month and year:
 * 2016/12/30, 30-Dec-2016, 30.12.2016 where a day above 12 shows it. Works on texts; knows no file.
 * Internal to io/data. */
#ifndef PULSE_DATA_COMMON_DATE_FORM_H
#define PULSE_DATA_COMMON_DATE_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "data/common/text.h"

/* The forms that all texts so far have; begins as zeros. */
struct pulse_date_form {
    bool any; /* a text that is a date was seen */
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

/* A form that the text has and that is never guessed, for an advice: %b-%y, %m/%d/%y, %Y%m …; NULL
 * for none. */
const char *pulse_date_form_hint(struct pulse_text text);

#endif
