#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/terminal.h"

int pulse_exit_code(enum pulse_kind kind)
{
    static const int codes[PULSE_E_KINDS] = {
        [PULSE_OK] = 0,         [PULSE_E_USAGE] = 2,    [PULSE_E_INPUT] = 2,
        [PULSE_E_STORAGE] = 3,  [PULSE_E_MEMORY] = 75,  [PULSE_E_TEMPORARY] = 75,
        [PULSE_E_CHANGED] = 75, [PULSE_E_SIGINT] = 130, [PULSE_E_SIGTERM] = 143,
    };
    assert(kind >= PULSE_OK && kind < PULSE_E_KINDS);
    return codes[kind];
}

int pulse_fail(struct pulse_err *err, enum pulse_kind kind, const char *format, ...)
{
    char raw[PULSE_ERR_TEXT + 4]; /* where it is cut, in mid-character maybe, nothing is copied */
    va_list args;
    va_start(args, format);
    (void)vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    err->kind = kind;
    /* File names and cells come from outside: a message stays one line and drives no terminal. */
    (void)pulse_terminal_escape(raw, err->text, sizeof err->text);
    return -1;
}

static enum pulse_kind kind_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case EPERM:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return PULSE_E_INPUT;
    case ENOMEM:
        return PULSE_E_MEMORY;
    case EINTR:
    case EAGAIN:
        return PULSE_E_TEMPORARY;
    default:
        return PULSE_E_STORAGE;
    }
}

static int fail_as(struct pulse_err *err, enum pulse_kind kind, int errnum, const char *what_format,
                   va_list args)
{
    char what[PULSE_ERR_TEXT / 2];
    (void)vsnprintf(what, sizeof what, what_format, args);
    return pulse_fail(err, kind, "%s: %s", what, strerror(errnum));
}

int pulse_fail_errno(struct pulse_err *err, int errnum, const char *what_format, ...)
{
    va_list args;
    va_start(args, what_format);
    (void)fail_as(err, kind_of_errno(errnum), errnum, what_format, args);
    va_end(args);
    return -1;
}

int pulse_fail_writing(struct pulse_err *err, int errnum, const char *what_format, ...)
{
    const bool refused = errnum == EACCES || errnum == EPERM;
    va_list args;
    va_start(args, what_format);
    (void)fail_as(err, refused ? PULSE_E_STORAGE : kind_of_errno(errnum), errnum, what_format,
                  args);
    va_end(args);
    return -1;
}
