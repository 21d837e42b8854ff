#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/tree.h"
#include "store/store.h"

enum { MOST_FILES = 4096 };

struct options {
    const char *uri[MOST_FILES];
    int n;
    bool recursive;
    bool dry_run;
};

static int remove_one(const struct options *options, const char *uri, struct pulse_err *err)
{
    if (!options->dry_run && pulse_store_delete(uri, err) != 0)
        return -1;
    (void)fprintf(stderr, "%s %s\n", options->dry_run ? "would remove" : "removed", uri);
    return 0;
}

static int remove_prefix(const struct options *options, const char *uri, struct pulse_err *err)
{
    struct pulse_listing objects;
    int rc = pulse_tree_list(uri, &objects, err);
    for (int64_t i = 0; rc == 0 && i < objects.n; i++) {
        char *object = pulse_store_join(uri, objects.entries[i].name, err);
        rc = object == NULL ? -1 : remove_one(options, object, err);
        free(object);
    }
    pulse_listing_clear(&objects);
    return rc;
}

static int remove_all(const struct options *options, struct pulse_err *err)
{
    for (int i = 0; i < options->n; i++) {
        bool is_directory;
        const char *uri = options->uri[i];
        if (pulse_store_is_directory(uri, &is_directory, err) != 0)
            return -1;
        if (is_directory && !(options->recursive && pulse_store_is_s3(uri)))
            return pulse_fail(err, PULSE_E_USAGE,
                              pulse_store_is_s3(uri)
                                  ? "%s is a prefix: -r removes all objects under it"
                                  : "%s is a directory: rm -r removes those",
                              uri);
        if ((is_directory ? remove_prefix(options, uri, err) : remove_one(options, uri, err)) != 0)
            return -1;
    }
    return 0;
}

/* ---- Command line --------------------------------------------------------------- */

static const struct argp_option option_table[] = {
    {"recursive", 'r', NULL, 0, "All objects under an s3 prefix, but for hidden names (.x)", 0},
    {"dry-run", 'n', NULL, 0, "Say what would be removed, and remove nothing", 0},
    {0}};

static const char doc[] = "Remove files or objects."
                          "\v"
                          "Examples:\n"
                          "  pulse-data rm s3://market-data/results/old.json\n"
                          "  pulse-data rm -r --dry-run s3://market-data/results/2015/\n";

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'r':
        options->recursive = true;
        return 0;
    case 'n':
        options->dry_run = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->n == MOST_FILES)
            return pulse_arguments_refuse(state, "more than %d names", MOST_FILES);
        options->uri[options->n++] = arg;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return pulse_arguments_refuse(state, "remove what?");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int pulse_command_rm(int argc, char **argv)
{
    static const struct argp argp = {option_table, parse, "FILE|URI...", doc, NULL, NULL, NULL};
    struct pulse_err err = {0};
    struct options *options = pulse_calloc(1, sizeof *options, "the command line", &err);
    int rc = options == NULL ? -1 : pulse_arguments_parse(&argp, argc, argv, 0, options, &err);
    if (rc == 0)
        rc = remove_all(options, &err);
    free(options);
    if (rc == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
