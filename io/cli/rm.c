#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/tree.h"
#include "store/store.h"

static int remove_one(const struct pulse_arguments_names *names, const char *uri,
                      struct pulse_err *err)
{
    if (!names->dry_run && pulse_store_delete(uri, err) != 0)
        return -1;
    (void)fputs(names->dry_run ? "would remove " : "removed ", stderr);
    pulse_terminal_write(stderr, uri, 0);
    (void)fputs("\n", stderr);
    return 0;
}

static int remove_prefix(const struct pulse_arguments_names *names, const char *uri,
                         struct pulse_err *err)
{
    struct pulse_listing objects;
    int rc = pulse_tree_list(uri, &objects, err);
    for (int64_t i = 0; rc == 0 && i < objects.n; i++) {
        char *object = pulse_store_join(uri, objects.entries[i].name, err);
        rc = object == NULL ? -1 : remove_one(names, object, err);
        free(object);
    }
    if (rc == 0 && objects.left_out > 0)
        rc =
            pulse_fail(err, PULSE_E_STORAGE,
                       "%s: %lld keys or prefixes are left, named above, that are no files' names; "
                       "remove them one by one with their whole uri",
                       uri, (long long)objects.left_out);
    pulse_listing_clear(&objects);
    return rc;
}

static int remove_all(const struct pulse_arguments_names *names, struct pulse_err *err)
{
    for (int i = 0; i < names->n; i++) {
        bool is_directory;
        const char *uri = names->name[i];
        if (pulse_store_is_directory(uri, &is_directory, err) != 0)
            return -1;
        if (is_directory && !(names->recursive && pulse_store_is_s3(uri)))
            return pulse_fail(err, PULSE_E_USAGE,
                              pulse_store_is_s3(uri)
                                  ? "%s is a prefix: -r removes all objects under it"
                                  : "%s is a directory: rm -r removes those",
                              uri);
        if ((is_directory ? remove_prefix(names, uri, err) : remove_one(names, uri, err)) != 0)
            return -1;
    }
    return 0;
}

/* ---- Command line --------------------------------------------------------------- */

static const char doc[] = "Remove files or objects."
                          "\v"
                          "Examples:\n"
                          "  pulse-data rm s3://market-data/results/old.json\n"
                          "  pulse-data rm -r --dry-run s3://market-data/results/2015/\n";

int pulse_command_rm(int argc, char **argv)
{
    static const struct pulse_arguments_names_help help = {
        .usage = "FILE|URI...",
        .doc = doc,
        .recursive = "All objects under an s3 prefix, but for hidden names (.x)",
        .dry_run = "Say what would be removed, and remove nothing",
        .missing = "remove what?",
        .least = 1};
    struct pulse_err err = {0};
    struct pulse_arguments_names *names = pulse_calloc(1, sizeof *names, "the command line", &err);
    int rc = names == NULL ? -1 : pulse_arguments_parse_names(&help, names, argc, argv, &err);
    if (rc == 0)
        rc = remove_all(names, &err);
    free(names);
    if (rc == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
