/* The programs that steps may be, and what their command lines say of files: which they read and
 * which they write. Pure; their options are checked by themselves (check.h). */
#ifndef PULSE_FLOW_PROGRAM_H
#define PULSE_FLOW_PROGRAM_H

#include <stdbool.h>

enum { PULSE_FLOW_PATH_OPTIONS = 4 };

struct pulse_flow_program {
    const char *name;    /* "pulse-data" */
    const char *command; /* "convert"; NULL: whatever follows is the program's own */
    const char *reads[PULSE_FLOW_PATH_OPTIONS];  /* options, without dashes; NULL ends them */
    const char *writes[PULSE_FLOW_PATH_OPTIONS]; /* the first is what others mean by the step */
    const char *last;     /* what is written last in its output directory; NULL: no directory */
    const char *reads_in; /* space file of the study that is its first word; NULL: it has none */
    int words_read;       /* so many of its first words are what it reads; -1: all are */
    int word_written;     /* index of the word that it writes; -1: none */
    bool labelled;        /* its words are NAME=PATH */
    bool has_commands;    /* its first word is one */
    bool spreads;         /* over the ranks of one or several nodes */
    bool shares; /* several workers at once do it, each of which ends when all of it is done */
};

/* NULL: not one of ours. `command` may be NULL. */
const struct pulse_flow_program *pulse_flow_program_find(const char *name, const char *command);

/* Whether the value of an option for a path is none. */
bool pulse_flow_program_means_none(const char *option, const char *value);

/* Whether this option is given once for each of a list; else the list is one value with commas. */
bool pulse_flow_program_repeats(const char *option);

/* Whether the names of this option's list may hold commas, which it takes as "\,". */
bool pulse_flow_program_escapes(const char *option);

/* The option of which a path, or that it is repeated, is known, if `option` is a beginning of its
 * name, as programs take it; else NULL. */
const char *pulse_flow_program_shortened(const struct pulse_flow_program *program,
                                         const char *option);

#endif
