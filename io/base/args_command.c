/* Programs of several commands, of which each has a command line of its own. */
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/spelling.h"

enum { LIST_TEXT = 200 };

/* "info, head or cat". */
static const char *list_commands(const char *const *names, char out[LIST_TEXT])
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; names[i] != NULL && used < LIST_TEXT; i++) {
        const char *before = i == 0 ? "" : names[i + 1] == NULL ? " or " : ", ";
        used += (size_t)snprintf(out + used, LIST_TEXT - used, "%s%s", before, names[i]);
    }
    return out;
}

int pulse_args_take_command(void *user, char **word, struct pulse_err *err)
{
    struct pulse_args_command *command = user;
    (void)err;
    command->words = word;
    return 0;
}

int pulse_args_check_command(void *user, struct pulse_err *err)
{
    const struct pulse_args_command *command = user;
    char list[LIST_TEXT];
    if (command->words != NULL)
        return 0;
    return pulse_fail(err, PULSE_E_USAGE, "no command: %s", list_commands(command->names, list));
}

/* The command that is spelled most like a word; NULL where none is much like it. */
static const char *find_nearest(const char *const *names, const char *word)
{
    const char *nearest = NULL;
    int best = 3;
    for (; *names != NULL; names++) {
        const bool begins = strncmp(*names, word, strlen(word)) == 0;
        const int distance = begins ? 0 : pulse_spelling_distance(word, *names);
        if (distance < best && 2 * distance <= (int)strlen(*names)) {
            best = distance;
            nearest = *names;
        }
    }
    return nearest;
}

int pulse_args_refuse_command(const char *program, const char *const *names, const char *word,
                              struct pulse_err *err)
{
    char list[LIST_TEXT];
    const char *nearest = find_nearest(names, word);
    if (nearest != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "no command '%s'; did you mean %s? see %s --help",
                          word, nearest, program);
    return pulse_fail(err, PULSE_E_USAGE, "no command '%s': %s; see %s --help", word,
                      list_commands(names, list), program);
}
