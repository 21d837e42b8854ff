#include "submit/flow/program.h"

#include <stddef.h>
#include <string.h>

/* Rows with a command stand before the one of all other commands of their program. */
static const struct pulse_flow_program programs[] = {
    {.name = "pulse-data",
     .command = "convert",
     .words_read = 1,
     .word_written = 1,
     .has_commands = true},
    {.name = "pulse-data",
     .command = "prepare",
     .words_read = -1,
     .word_written = -1,
     .reads = {"against"},
     .writes = {"output", "json", "html"},
     .has_commands = true},
    {.name = "pulse-data", .command = "synth", .word_written = 0, .has_commands = true},
    {.name = "pulse-data", .word_written = -1, .writes = {"output"}, .has_commands = true},
    {.name = "pulse-train",
     .word_written = -1,
     .reads = {"data", "config"},
     .writes = {"output", "output-file", "s3-output-file"},
     .last = "summary.json",
     .spreads = true},
    {.name = "pulse-tune",
     .command = "run",
     .reads_in = "space.yaml",
     .word_written = 0,
     .last = "trials",
     .has_commands = true,
     .shares = true},
    {.name = "pulse-tune",
     .command = "best",
     .reads_in = "space.yaml",
     .words_read = 1,
     .word_written = -1,
     .writes = {"write"},
     .has_commands = true},
    {.name = "pulse-tune",
     .command = "show",
     .words_read = 1,
     .word_written = -1,
     .writes = {"json", "csv", "html"},
     .has_commands = true},
    {.name = "pulse-tune", .word_written = -1, .has_commands = true},
    {.name = "pulse-evaluate",
     .words_read = -1,
     .word_written = -1,
     .labelled = true,
     .writes = {"json", "csv", "html"}},
    {.name = "pulse-report",
     .command = "export",
     .words_read = 1,
     .word_written = -1,
     .writes = {"output"},
     .has_commands = true},
    {.name = "pulse-report",
     .command = "table",
     .words_read = 1,
     .word_written = -1,
     .has_commands = true},
    {.name = "pulse-report", .words_read = 1, .word_written = -1, .writes = {"output"}}};

const struct pulse_flow_program *pulse_flow_program_find(const char *name, const char *command)
{
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct pulse_flow_program *it = &programs[i];
        if (strcmp(it->name, name) == 0 &&
            (it->command == NULL || (command != NULL && strcmp(it->command, command) == 0)))
            return it;
    }
    return NULL;
}

bool pulse_flow_program_means_none(const char *option, const char *value)
{
    return strcmp(value, "-") == 0 ||
           (strcmp(option, "against") == 0 && strcmp(value, "none") == 0);
}

static const char *const repeated[] = {"by", "derive", "require"};

enum { REPEATED = sizeof repeated / sizeof *repeated };

bool pulse_flow_program_repeats(const char *option)
{
    for (int i = 0; i < REPEATED; i++)
        if (strcmp(option, repeated[i]) == 0)
            return true;
    return false;
}

bool pulse_flow_program_escapes(const char *option)
{
    static const char *const names[] = {"variables", "targets", "transform", "tag"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(option, names[i]) == 0)
            return true;
    return false;
}

/* The first name that `beginning` is short for; NULL where it is one itself. */
static const char *find_longer(const char *const *names, int n, const char *beginning)
{
    const size_t length = strlen(beginning);
    const char *found = NULL;
    for (int i = 0; i < n && names[i] != NULL; i++) {
        if (strcmp(names[i], beginning) == 0)
            return NULL;
        if (found == NULL && strncmp(names[i], beginning, length) == 0)
            found = names[i];
    }
    return found;
}

const char *pulse_flow_program_shortened(const struct pulse_flow_program *program,
                                         const char *option)
{
    const char *name = find_longer(program->reads, PULSE_FLOW_PATH_OPTIONS, option);
    if (name == NULL)
        name = find_longer(program->writes, PULSE_FLOW_PATH_OPTIONS, option);
    return name != NULL ? name : find_longer(repeated, REPEATED, option);
}
