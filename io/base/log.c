#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/file.h"

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static enum pulse_log_level threshold = PULSE_LOG_INFO;
static FILE *log_file;

void pulse_log_set_level(enum pulse_log_level level)
{
    threshold = level;
}

int pulse_log_open(const char *dir, const char *name, struct pulse_err *err)
{
    char path[PATH_MAX];
    const int failed = pulse_make_directories(dir, 0777);
    if (failed != 0)
        return pulse_fail_writing(err, failed, "making log directory %s", dir);
    if (snprintf(path, sizeof path, "%s/%s.log", dir, name) >= (int)sizeof path)
        return pulse_fail_errno(err, ENAMETOOLONG, "log file %s/%s.log", dir, name);
    FILE *opened = fopen(path, "ae");
    if (opened == NULL)
        return pulse_fail_writing(err, errno, "opening log file %s", path);
    pulse_log_close();
    log_file = opened;
    return 0;
}

void pulse_log_close(void)
{
    if (log_file != NULL)
        (void)fclose(log_file);
    log_file = NULL;
}

/* A whole line in one write, so that lines of several ranks on one terminal do not mix. */
static void write_line(FILE *to, enum pulse_log_level level, const char *text)
{
    struct timespec now;
    struct tm utc;
    char stamp[32];
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
    char line[PULSE_ERR_TEXT + 64];
    int n = snprintf(line, sizeof line, "%s %s.%03dZ %s\n", level_names[level], stamp,
                     (int)(now.tv_nsec / 1000000), text);
    size_t length = n < (int)sizeof line ? (size_t)n : sizeof line - 1;
    (void)fwrite(line, 1, length, to);
    (void)fflush(to);
}

void pulse_log(enum pulse_log_level level, const char *format, ...)
{
    if (level >= PULSE_LOG_SILENT || (level < threshold && log_file == NULL))
        return;
    /* File and variable names come from outside: a line must stay one line, so the text passes
     * through the same cleaning as an error's. */
    struct pulse_err text;
    char raw[PULSE_ERR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    (void)pulse_fail(&text, PULSE_OK, "%s", raw);
    if (level >= threshold)
        write_line(stderr, level, text.text);
    if (log_file != NULL)
        write_line(log_file, level, text.text);
}

/* ---- Warnings that are kept ------------------------------------------------------ */

enum { KEPT = 64 };
static char kept[KEPT][PULSE_ERR_TEXT];
static int64_t kept_count;

void pulse_log_keep(const char *format, ...)
{
    char text[PULSE_ERR_TEXT];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pulse_warn("%s", text);
    if (kept_count < KEPT)
        memcpy(kept[kept_count++], text, sizeof text);
}

int64_t pulse_log_kept_count(void)
{
    return kept_count;
}

const char *pulse_log_kept(int64_t i)
{
    return kept[i];
}

void pulse_log_error(const struct pulse_err *err)
{
    (void)fprintf(stderr, "error: %s\n", err->text);
    if (log_file != NULL)
        write_line(log_file, PULSE_LOG_ERROR, err->text);
}

int pulse_log_check_output(int code)
{
    struct pulse_err err = {.kind = PULSE_OK};
    if (code != 0 || (fflush(stdout) == 0 && !ferror(stdout)))
        return code;
    (void)pulse_fail(&err, PULSE_E_STORAGE,
                     "what was printed could not be written: standard output is closed or full");
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
