/* What columns are called, the same for every format: which is the time, which the value, and how
 * a file's name gives a variable's. Works on names alone; knows nothing of files. */
#ifndef PULSE_DATA_COMMON_COLUMNS_H
#define PULSE_DATA_COMMON_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* timestamp, date, time, datetime or observation_date, in any case. */
bool pulse_is_time_name(const char *name);

/* The same, or one that others use for a time: Trade Date, <DATE>, TIME_PERIOD, ds … */
bool pulse_is_time_name_of_any(const char *name);

/* Index of the one name that is a time name, or else of the one that others use for a time (Trade
 * Date, <DATE>, TIME_PERIOD, ds …), -1 where there is none; several are PULSE_E_INPUT
 * naming `where` (the file) and the columns. */
int pulse_columns_find_time(const char *where, char *const *names, int64_t n, int64_t *index,
                            struct pulse_err *err);

/* Index of the only column called year, which is the time where nothing else is and no column
 * beside it is called month, quarter, week, day …; else -1. */
int64_t pulse_columns_find_year(char *const *names, int64_t n);

/* pulse_columns_find_time where `time`, if it is not NULL, is the name that was asked for:
 * PULSE_E_INPUT where no column is called so. */
int pulse_columns_choose_time(const char *where, char *const *names, int64_t n, const char *time,
                              int64_t *index, struct pulse_err *err);

/* Index of a column of dates that belong to the numbers behind it, where tables stand side by side:
 * called like the time but for a number or a plural (Date, Date.1; Date, Dates), or like the column
 * that follows (VIX Date, VIX). Not a second date of a row, as ref_date or realtime_start.
 * `numbers` says which columns hold them; `time` is the name of the time column, NULL where that is
 * not known. -1 for none. */
int64_t pulse_columns_find_second_table(char *const *names, const bool *numbers, int64_t n,
                                        const char *time);

/* Index of OBS_VALUE, which only files of SDMX have; -1: none. Its label may stand behind the name
 * and a colon. */
int64_t pulse_columns_find_observation(char *const *names, int64_t n);

/* Whether column `c` is a dimension or an attribute beside OBS_VALUE at `observation`, as DECIMALS
 * and UNIT_MULT: called in capitals as those of SDMX are, or any where each column is followed by
 * one of its labels. False for all where `observation` is -1. */
bool pulse_columns_is_attribute(char *const *names, int64_t n, int64_t observation, int64_t c);

/* What such columns of numbers are said to be. */
#define PULSE_ATTRIBUTES_TEXT "attributes of OBS_VALUE"

/* Index of a long frame's value column: value, close, OBS_VALUE of a file of SDMX, the variable's
 * own name, or else the only numeric one (`numeric` NULL: all are). None or several are
 * PULSE_E_INPUT naming `where` and the columns. */
int pulse_columns_find_value(const char *where, char *const *names, const bool *numeric, int64_t n,
                             const char *variable, int64_t *index, struct pulse_err *err);

/* Takes the next name off a list between commas, as --value and --id have it, and returns its index
 * among the names, -1 where none is called so. The name is all that is left where a column is
 * called that, as names may have commas themselves, else what stands before the next comma, without
 * the blanks around it unless a column has them. Of `name`, `length` bytes; `list` moves on, and
 * is NULL behind the last. */
int64_t pulse_columns_take_said(char *const *names, int64_t n, const char **list, const char **name,
                                size_t *length);

enum { PULSE_COLUMNS_TEXT = 256 };

/* "a, b, c, … (12 in all)"; returns `out`. */
char *pulse_columns_list(char *const *names, int64_t n, char out[PULSE_COLUMNS_TEXT]);

/* Names in sorted order, to look them up; the names are borrowed. */
struct pulse_name_index {
    int64_t n;
    struct pulse_named {
        const char *name;
        int64_t position;
    } * sorted;
};

/* Two equal names are PULSE_E_INPUT naming `where`; empty names are left out. */
int pulse_name_index_init(struct pulse_name_index *index, const char *where, char *const *names,
                          int64_t n, struct pulse_err *err);
void pulse_name_index_clear(struct pulse_name_index *index);

/* Position of `name` among the names, -1 if it is not there. */
int64_t pulse_name_index_find(const struct pulse_name_index *index, const char *name);

/* "spx_close" for "dir/historical_spx_close.csv" and for "dir/spx_close/"; NULL with
 * PULSE_E_MEMORY. Free it. */
char *pulse_variable_of_path(const char *path, struct pulse_err *err);

/* The same of a bare name, without an extension: the part after historical_, borrowed. */
const char *pulse_variable_of_name(const char *name);

/* Whether a one-column frame's column name says nothing ("value", "close"), so that the variable
 * is called after the file. */
bool pulse_is_generic_value_name(const char *name);

/* Equal but that / and \ in a variable's name stand for _ in a file's. */
bool pulse_variable_matches_name(const char *variable, const char *name);

#endif
