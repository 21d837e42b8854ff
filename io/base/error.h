/* One list of error kinds, each with its exit code, and the struct that carries a message upwards.
 * Knows nothing of files, MPI or the network. */
#ifndef PULSE_BASE_ERROR_H
#define PULSE_BASE_ERROR_H

enum pulse_kind {
    PULSE_OK = 0,
    PULSE_E_USAGE,     /* bad command line */
    PULSE_E_INPUT,     /* the data cannot be used */
    PULSE_E_STORAGE,   /* disk or object store refused for good */
    PULSE_E_MEMORY,    /* an allocation failed */
    PULSE_E_TEMPORARY, /* may succeed when tried again */
    PULSE_E_CHANGED,   /* so may this: it was replaced while it was being read */
    PULSE_E_SIGINT,    /* interrupted from the keyboard */
    PULSE_E_SIGTERM,   /* asked to end */
    PULSE_E_KINDS
};

enum { PULSE_ERR_TEXT = 1024 };

/* Owned by the caller; `kind` is PULSE_OK until a function fails. `text` is one line: what, where
 * (file, variable, row) and what to do. The deepest function writes it, callers pass it up
 * untouched. */
struct pulse_err {
    enum pulse_kind kind;
    char text[PULSE_ERR_TEXT];
};

/* Of a process that is done, where not all is well: windows failed. No kind has it. */
enum { PULSE_EXIT_INCOMPLETE = 4 };

/* Process exit code of a kind: 0, 2, 2, 3, 75, 75, 130, 143. */
int pulse_exit_code(enum pulse_kind kind);

/* Records a failure (the formatted text is escaped as terminal.h does) and returns -1, so that a
 * function can end with `return pulse_fail(err, ...)`. `err` must not be NULL. */
int pulse_fail(struct pulse_err *err, enum pulse_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records the failure of a system call: "what: strerror(errno)", with PULSE_E_INPUT for a file that
 * is absent or not readable, PULSE_E_MEMORY for ENOMEM, PULSE_E_STORAGE for the rest (ENOSPC, EIO,
 * EROFS ...). `what` names the operation and the file. Returns -1. */
int pulse_fail_errno(struct pulse_err *err, int errnum, const char *what_format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for what writes or makes files: where that is not allowed, the disk has refused, which
 * is PULSE_E_STORAGE. A directory that is not there is PULSE_E_INPUT as ever: a name was mistyped.
 */
int pulse_fail_writing(struct pulse_err *err, int errnum, const char *what_format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
