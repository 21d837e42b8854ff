/* Choices of the options that say how datasets are read: the same words in every program. In a
 * header alone, so that a program that reads none need not link what does. */
#ifndef PULSE_DATA_COMMON_ARGUMENTS_H
#define PULSE_DATA_COMMON_ARGUMENTS_H

#include "base/args.h"
#include "data/common/types.h"

static const struct pulse_arg_choice pulse_time_unit_choices[] = {{"s", PULSE_TIME_UNIT_S},
                                                                  {"ms", PULSE_TIME_UNIT_MS},
                                                                  {"us", PULSE_TIME_UNIT_US},
                                                                  {"ns", PULSE_TIME_UNIT_NS},
                                                                  {0}};

static const struct pulse_arg_choice pulse_decimal_choices[] = {
    {"point", '.'}, {"comma", ','}, {0}};

static const struct pulse_arg_choice pulse_thousands_choices[] = {
    {"point", '.'}, {"comma", ','}, {"space", ' '}, {"apostrophe", '\''}, {0}};

static const struct pulse_arg_choice pulse_delimiter_choices[] = {
    {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}, {"space", ' '}, {0}};

static const struct pulse_arg_choice pulse_encoding_choices[] = {
    {"windows-1252", PULSE_WINDOWS_1252}, {"latin-1", PULSE_WINDOWS_1252}, {"utf-8", 'u'}, {0}};

/* The word of a choice's value; NULL for 0, which stands for none. */
static inline const char *pulse_arg_choice_name(const struct pulse_arg_choice *choices, int value)
{
    while (choices->name != NULL && choices->value != value)
        choices++;
    return value == 0 ? NULL : choices->name;
}

/* Rows of a table of options, for a struct pulse_read_options at `base` of the struct of values. */
#define PULSE_READING_AT(base, member) .at = (base) + offsetof(struct pulse_read_options, member)
#define PULSE_READING_ARGS(base)                                                                   \
    {"time",                                                                                       \
     0,                                                                                            \
     "NAME",                                                                                       \
     "Time column (found by its name, or the only one of dates)",                                  \
     pulse_arg_read_any,                                                                           \
     PULSE_READING_AT(base, time)},                                                                \
        {"id",                                                                                     \
         0,                                                                                        \
         "NAME,...",                                                                               \
         "Column that says what a row of a long panel is of (found: ticker, unique_id, ...); of "  \
         "several the labels are joined: DE.services",                                             \
         pulse_arg_read_any,                                                                       \
         PULSE_READING_AT(base, id)},                                                              \
        {"value",                                                                                  \
         0,                                                                                        \
         "NAME,...",                                                                               \
         "Columns of values (all that hold numbers)",                                              \
         pulse_arg_read_any,                                                                       \
         PULSE_READING_AT(base, value)},                                                           \
        {"time-zone",                                                                              \
         0,                                                                                        \
         "ZONE",                                                                                   \
         "Zone in whose days instants are counted: America/New_York, +09:00 (their own)",          \
         pulse_arg_read_zone,                                                                      \
         PULSE_READING_AT(base, time_zone)},                                                       \
        {"date-format",                                                                            \
         0,                                                                                        \
         "FORMAT",                                                                                 \
         "Form of times that are text, as strptime takes it: %d.%m.%Y",                            \
         pulse_arg_read_date_format,                                                               \
         PULSE_READING_AT(base, date_format)},                                                     \
        {"missing",          0,                                                                    \
         "WORD,...",         "Further words for a missing value, or numbers: n.v.,-999",           \
         pulse_arg_read_any, PULSE_READING_AT(base, missing)},                                     \
        {"thousands",                                                                              \
         0,                                                                                        \
         "SIGN",                                                                                   \
         "Sign between thousands in text: point, comma, space or apostrophe",                      \
         pulse_arg_read_char,                                                                      \
         PULSE_READING_AT(base, thousands),                                                        \
         .choices = pulse_thousands_choices},                                                      \
        {"encoding",                                                                               \
         0,                                                                                        \
         "NAME",                                                                                   \
         "Of CSV: utf-8 (default), windows-1252 or latin-1",                                       \
         pulse_arg_read_char,                                                                      \
         PULSE_READING_AT(base, encoding),                                                         \
         .choices = pulse_encoding_choices},                                                       \
        {"delimiter",                                                                              \
         0,                                                                                        \
         "SIGN",                                                                                   \
         "Between cells of CSV: comma, semicolon, tab, pipe or space (detected)",                  \
         pulse_arg_read_char,                                                                      \
         PULSE_READING_AT(base, delimiter),                                                        \
         .choices = pulse_delimiter_choices},                                                      \
    {                                                                                              \
        "skip-rows", 0, "N", "Lines of CSV before the header (0)", pulse_arg_read_int,             \
            PULSE_READING_AT(base, skip_rows), .least = 0, .most = 1000000                         \
    }

#endif
