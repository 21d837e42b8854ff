/* One way to read command lines, for all programs: an option is a row of a table, and out of the
 * table come --help, the reading of its value and the error about it. Built on argp; knows no
 * program and no option. */
#ifndef PULSE_BASE_ARGS_H
#define PULSE_BASE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct pulse_arg;

/* Reads `text` (NULL where the option has no argument) and stores it in the struct `values`, at the
 * option's offset. `text` is a word of argv, lives as long as argv does, and may be borrowed. 0, or
 * -1 with PULSE_E_USAGE, most often by pulse_arg_refuse. */
typedef int pulse_arg_reader(const struct pulse_arg *arg, char *text, void *values,
                             struct pulse_err *err);

struct pulse_arg_choice {
    const char *name; /* NULL ends a list of them */
    int value;
};

/* A row of a table; one of zeros ends it. A row without name and letter is a heading of --help. One
 * without `read` stands there for --help alone. */
struct pulse_arg {
    const char *name;     /* "lags" of --lags; NULL where there is a letter alone */
    int letter;           /* 'l' of -l, 0: none */
    const char *argument; /* as --help shows it; NULL: none; "NAME...": further words may follow */
    const char *help;     /* with the default in parentheses; the text of a heading */
    pulse_arg_reader *read;                 /* one of those below, or the table's own */
    size_t at;                              /* offsetof the value in the struct of values */
    int64_t least, most;                    /* of a whole number */
    double low, high;                       /* of a real number */
    const struct pulse_arg_choice *choices; /* of pulse_arg_read_choice, and of completion */
    const char *want; /* what an error says that was expected; NULL: made of the range or choices */
    int group;        /* of a heading: they come in this order */
    bool any_case;    /* of choices: also in capitals */
};

/* ---- Readers ----------------------------------------------------------------------- */

pulse_arg_reader pulse_arg_read_flag;        /* a bool, set to true */
pulse_arg_reader pulse_arg_read_text;        /* a const char *, borrowed; never empty */
pulse_arg_reader pulse_arg_read_any;         /* the same, and empty where that says something */
pulse_arg_reader pulse_arg_read_date_format; /* the same, a form as strptime takes it */
pulse_arg_reader pulse_arg_read_zone;        /* the same, a time zone that there is */
pulse_arg_reader pulse_arg_read_int;         /* an int64_t from least to most */
pulse_arg_reader pulse_arg_read_count;       /* the same, as an int */
pulse_arg_reader pulse_arg_read_real;        /* a double from low to high */
pulse_arg_reader pulse_arg_read_day;         /* an int64_t: days since 1970 of an ISO 8601 date */
pulse_arg_reader pulse_arg_read_end;    /* the same; after the last day that there is: that one */
pulse_arg_reader pulse_arg_read_size;   /* an int64_t of bytes, `least` or more: 500M, 10G */
pulse_arg_reader pulse_arg_read_choice; /* the value of one of the choices, as an int or enum */
pulse_arg_reader pulse_arg_read_char;   /* the same, as a char */

/* The number of `text` where a reader of the table's own wants part of its value read. */
int pulse_arg_int(const struct pulse_arg *arg, const char *text, int64_t least, int64_t most,
                  int64_t *out, struct pulse_err *err);
/* The value of the choice `text`; the error names the nearest one. */
int pulse_arg_choose(const struct pulse_arg *arg, const char *text, int *out,
                     struct pulse_err *err);

/* Hands each comma-separated piece of `text` to `read`; "\," is a comma in a piece. The pieces do
 * not outlive the call. Nothing but commas is refused. PULSE_E_MEMORY. */
int pulse_arg_each(const struct pulse_arg *arg, const char *text, pulse_arg_reader *read,
                   void *values, struct pulse_err *err);
/* Whether the reader of an option does so. */
bool pulse_arg_escapes(const struct pulse_arg *arg);
/* Appends a piece as it stands in such a list. */
void pulse_arg_add_piece(struct pulse_text_buffer *text, const char *piece);

/* "--NAME TEXT: expected WANT" with PULSE_E_USAGE; -1. */
int pulse_arg_refuse(const struct pulse_arg *arg, const char *text, const char *want,
                     struct pulse_err *err);

/* ---- A whole command line ---------------------------------------------------------- */

struct pulse_args_table {
    const struct pulse_arg *rows; /* NULL: no table here, and none after it */
    void *values;                 /* what their readers fill */
    const char *heading;          /* NULL: among the options of the tables before it ... */
    int group;                    /* ... where this is 0; else after groups of smaller numbers */
};

enum { PULSE_ARGS_TABLES = 3 };

struct pulse_args {
    const char *program; /* as messages and --help name it: "pulse-data cat" */
    const char *usage;   /* the words after the options: "FILE"; NULL: none */
    const char *doc;     /* of --help: what stands before the options, \v, and what after them */
    struct pulse_args_table tables[PULSE_ARGS_TABLES];
    /* Takes a word that is no option: word[0], with the rest of argv behind it, up to NULL. NULL:
     * such words are refused. */
    int (*take_word)(void *user, char **word, struct pulse_err *err);
    /* Of pulse_args_parse_own: whether a word is an option of the program that words are handed on
     * to. One that is not, and is nearly one of ours, is refused. NULL: not known. */
    bool (*is_other)(const char *word);
    bool ends_at_word; /* the first such word ends the parsing: it and all after it are another's */
    /* Once all is taken: whether it fits together. NULL: it always does. */
    int (*check)(void *user, struct pulse_err *err);
    /* Of a caller that checks more afterwards: whether --check-options is given; it then ends with
     * pulse_args_end_check. NULL: pulse_args_parse does that. */
    bool *only_checks;
    void *user;
};

/* Parses argv. 0, or -1 with an error of one line; those about usage end with where the help is.
 * --help, --usage and --version print and end the program with 0; so does --check-options, once all
 * is found good. */
int pulse_args_parse(const struct pulse_args *args, int argc, char **argv, struct pulse_err *err);

/* Ends a program whose command line was only to be checked, and is good: prints its name and
 * version; exit code 0. */
_Noreturn void pulse_args_end_check(const struct pulse_args *args);

/* pulse_args_parse for programs that hand options on to another one: whatever is no option of the
 * tables, by its whole long name, goes to take_word, options of others and their values too. A bare
 * word right after an option of the tables is refused. */
int pulse_args_parse_own(const struct pulse_args *args, int argc, char **argv,
                         struct pulse_err *err);

/* ---- Programs of several commands -------------------------------------------------- */

/* The user of the two functions below. */
struct pulse_args_command {
    const char *(*name)(int i); /* of command i, from 0; NULL behind the last */
    int chosen;                 /* becomes the one that is named, … */
    char **words;               /* … and this its name and what follows it, its own argv */
};

/* take_word and check of a command line whose first word names a command, with ends_at_word. A word
 * that names none is refused with the one that may be meant, or all. */
int pulse_args_take_command(void *user, char **word, struct pulse_err *err);
int pulse_args_check_command(void *user, struct pulse_err *err);

/* ---- Looking into argv ------------------------------------------------------------- */

/* The row of a long option that has a reader, by its whole name; NULL: there is none. */
const struct pulse_arg *pulse_args_row(const struct pulse_args *args, const char *name);

/* The row whose long name is nearest to `length` letters of `name`: two letters amiss and no more,
 * nor more than half of them, or one is the other's beginning. NULL: none is that near. */
const struct pulse_arg *pulse_args_nearest(const struct pulse_args *args, const char *name,
                                           size_t length);

/* Whether a word is a long option of these rows: its whole name, or the beginning of one. */
bool pulse_args_have(const struct pulse_arg *rows, const char *word);

/* The value of the last "--NAME VALUE" or "--NAME=VALUE" in the argv of another program (which ends
 * with NULL), borrowed; NULL without one. */
const char *pulse_args_find(char *const *argv, const char *name);

/* Whether "--NAME", which takes no value, is among those words. */
bool pulse_args_find_flag(char *const *argv, const char *name);

#endif
