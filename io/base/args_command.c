/* Programs of several commands, of which each has a command line of its own. */
#include <stdio.h>
#include <string.h>

#include "base/args.h"
#include "base/spelling.h"

enum { LIST_TEXT = 200 };

/* "info, head or cat". */
static const char *list_commands(const struct pulse_args_command *command, char out[LIST_TEXT])
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; command->name(i) != NULL && used < LIST_TEXT; i++) {
        const char *before = i == 0 ? "" : command->name(i + 1) == NULL ? " or " : ", ";
        used += (size_t)snprintf(out + used, LIST_TEXT - used, "%s%s", before, command->name(i));
    }
    return out;
}

/* The command that is spelled most like a word; NULL where none is much like it. */
static const char *find_nearest(const struct pulse_args_command *command, const char *word)
{
    const char *nearest = NULL, *name;
    int best = 3;
    for (int i = 0; (name = command->name(i)) != NULL; i++) {
        const bool begins = strncmp(name, word, strlen(word)) == 0;
        const int distance = begins ? 0 : pulse_spelling_distance(word, name);
        if (distance < best && 2 * distance <= (int)strlen(name)) {
            best = distance;
            nearest = name;
        }
    }
    return nearest;
}

int pulse_args_take_command(void *user, char **word, struct pulse_err *err)
{
    struct pulse_args_command *command = user;
    char list[LIST_TEXT];
    const char *name, *nearest;
    int i = 0;
    while ((name = command->name(i)) != NULL && strcmp(*word, name) != 0)
        i++;
    command->chosen = i;
    command->words = word;
    if (name != NULL)
        return 0;
    nearest = find_nearest(command, *word);
    return nearest != NULL
               ? pulse_fail(err, PULSE_E_USAGE, "no command '%s'; did you mean %s?", *word, nearest)
               : pulse_fail(err, PULSE_E_USAGE, "no command '%s': %s", *word,
                            list_commands(command, list));
}

int pulse_args_check_command(void *user, struct pulse_err *err)
{
    const struct pulse_args_command *command = user;
    char list[LIST_TEXT];
    if (command->words != NULL)
        return 0;
    return pulse_fail(err, PULSE_E_USAGE, "no command: %s", list_commands(command, list));
}
