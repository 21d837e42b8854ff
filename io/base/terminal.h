/* Text that comes from outside (names of variables, keys, files, jobs, log lines) on its way to a
 * terminal: escaped, so that it neither drives the terminal nor looks like another text. Knows
 * nothing of what the text is. */
#ifndef PULSE_BASE_TERMINAL_H
#define PULSE_BASE_TERMINAL_H

#include <stddef.h>
#include <stdio.h>

/* The longest escape of one character, such as \u202e. */
enum { PULSE_TERMINAL_ESCAPE = 6 };

/* Copies `text` to `out`, cut to fit and 0-terminated; returns `out`. Control characters become
 * \n, \r, \t or \xNN, bytes of no character \xNN, and characters that end a line or turn the
 * direction of writing \uNNNN. `capacity` is at least 1. */
char *pulse_terminal_escape(const char *text, char *out, size_t capacity);

/* The same in a string of its own, but for the control characters of `keep`, which stay. To be
 * freed; NULL: out of memory. */
char *pulse_terminal_copy(const char *text, const char *keep);

/* How large the terminal is that standard output is; 24 rows and 80 columns where it is none. */
void pulse_terminal_size(int *rows, int *columns);

/* Columns of a terminal that the first character of `text`, which is not empty and needs no escape,
 * takes: 2 of a wide one, 0 of one that is put upon the last one; by wcwidth, in any locale. */
int pulse_terminal_width(const char *text);

/* Columns that `text` so escaped takes. */
size_t pulse_terminal_columns(const char *text);

/* The width of a column of names that is `width` columns wide so far and takes this one too; names
 * of 60 columns and more stand out of it. */
int pulse_terminal_widen(int width, const char *name);

/* Writes `text` so escaped, and then spaces up to `columns` columns. Errors are the stream's. */
void pulse_terminal_write(FILE *to, const char *text, int columns);

#endif
