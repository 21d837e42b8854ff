/* Log lines on standard error (and in a file): one line each, level and UTC time first. A rank that
 * is not to speak sets the level to PULSE_LOG_SILENT. Not thread-safe; knows nothing of MPI. */
#ifndef PULSE_BASE_LOG_H
#define PULSE_BASE_LOG_H

#include <stdint.h>

#include "base/error.h"

enum pulse_log_level {
    PULSE_LOG_DEBUG,
    PULSE_LOG_INFO,
    PULSE_LOG_WARNING,
    PULSE_LOG_ERROR,
    PULSE_LOG_SILENT
};

/* Lines below `level` are dropped from standard error; the start is PULSE_LOG_INFO. */
void pulse_log_set_level(enum pulse_log_level level);

/* Also appends every line from PULSE_LOG_DEBUG up to DIR/NAME.log, making DIR if need be. */
int pulse_log_open(const char *dir, const char *name, struct pulse_err *err);
void pulse_log_close(void);

void pulse_log(enum pulse_log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define pulse_debug(...) pulse_log(PULSE_LOG_DEBUG, __VA_ARGS__)
#define pulse_info(...) pulse_log(PULSE_LOG_INFO, __VA_ARGS__)
#define pulse_warn(...) pulse_log(PULSE_LOG_WARNING, __VA_ARGS__)

/* A warning about the input that the results show as well: the log keeps the first 64. */
void pulse_log_keep(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t pulse_log_kept_count(void);
const char *pulse_log_kept(int64_t i); /* borrowed from the log */

/* "error: TEXT" on standard error, whatever the level; the form every program ends with. */
void pulse_log_error(const struct pulse_err *err);

/* The exit code of a program that would end with `code`: where that is 0 and what it printed on
 * standard output could not be written, an error is logged and the code is PULSE_E_STORAGE's. */
int pulse_log_check_output(int code);

#endif
