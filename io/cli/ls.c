#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/tree.h"
#include "store/store.h"

struct options {
    const char *uri;
    bool sizes;
    bool json;
    bool recursive;
};

static void print_entry(const struct pulse_store_entry *entry, bool sizes)
{
    if (sizes && entry->directory)
        (void)printf("%14s  ", "-");
    else if (sizes)
        (void)printf("%14lld  ", (long long)entry->bytes);
    pulse_terminal_write(stdout, entry->name, 0);
    (void)fputs(entry->directory ? "/\n" : "\n", stdout);
}

static int print_json(const struct pulse_listing *listing, const char *uri, struct pulse_err *err)
{
    json_t *all = json_array();
    int rc = all == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < listing->n; i++) {
        const struct pulse_store_entry *entry = &listing->entries[i];
        rc = json_array_append_new(all, json_pack("{s:s, s:I, s:b}", "name", entry->name, "bytes",
                                                  (json_int_t)entry->bytes, "directory",
                                                  (int)entry->directory));
    }
    if (rc == 0)
        rc = json_dumpf(all, stdout, JSON_INDENT(2));
    json_decref(all);
    (void)putchar('\n');
    return rc == 0 ? 0
                   : pulse_fail(err, PULSE_E_INPUT,
                                "%s: a name in it is not UTF-8 and cannot be JSON", uri);
}

/* A single file is listed as itself, as ls does. */
static int list_entries(const char *uri, bool recursive, struct pulse_listing *out,
                        struct pulse_err *err)
{
    bool is_directory;
    struct pulse_object *object;
    if (pulse_store_is_directory(uri, &is_directory, err) != 0)
        return -1;
    if (is_directory)
        return recursive ? pulse_tree_list(uri, out, err) : pulse_store_list(uri, true, out, err);
    if (pulse_store_open(uri, &object, err) != 0)
        return -1;
    out->entries = calloc(1, sizeof *out->entries);
    if (out->entries != NULL)
        out->entries[0] =
            (struct pulse_store_entry){.name = strdup(uri), .bytes = pulse_store_size(object)};
    pulse_store_close(object);
    if (out->entries == NULL || out->entries[0].name == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for a listing");
    out->n = 1;
    return 0;
}

static int print_listing(const struct options *options, struct pulse_err *err)
{
    struct pulse_listing listing = {0};
    int rc = list_entries(options->uri, options->recursive, &listing, err);
    if (rc == 0 && options->json)
        rc = print_json(&listing, options->uri, err);
    for (int64_t i = 0; rc == 0 && !options->json && i < listing.n; i++)
        print_entry(&listing.entries[i], options->sizes);
    if (rc == 0 && fflush(stdout) != 0)
        rc = pulse_fail(err, PULSE_E_STORAGE, "writing the list: the output was closed or full");
    pulse_listing_clear(&listing);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const struct pulse_arg option_table[] = {
    {NULL, 'l', NULL, "With sizes in bytes", pulse_arg_read_flag,
     .at = offsetof(struct options, sizes)},
    {"recursive", 'r', NULL, "What lies under it at any depth", pulse_arg_read_flag,
     .at = offsetof(struct options, recursive)},
    {"json", 'j', NULL, "Print JSON", pulse_arg_read_flag, .at = offsetof(struct options, json)},
    {0}};

static const char doc[] = "List what lies in a directory or under an s3 prefix."
                          "\v"
                          "Hidden names (.x) are left out; directories end with a slash.\n"
                          "\n"
                          "Examples:\n"
                          "  pulse-data ls -l datasets/\n"
                          "  pulse-data ls s3://market-data/datasets/\n"
                          "  pulse-data ls -lr s3://market-data\n";

static int take_location(void *user, char **word, struct pulse_err *err)
{
    struct options *options = user;
    if (options->uri != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "one directory or prefix only, not '%s' too", *word);
    options->uri = *word;
    return 0;
}

int pulse_command_ls(int argc, char **argv)
{
    struct options options = {.uri = NULL};
    const struct pulse_args args = {.program = argv[0],
                                    .usage = "[DIR|URI]",
                                    .doc = doc,
                                    .tables = {{option_table, &options, NULL, 0}},
                                    .take_word = take_location,
                                    .user = &options};
    struct pulse_err err = {0};
    int rc = pulse_arguments_parse(&args, argc, argv, &err);
    if (options.uri == NULL)
        options.uri = ".";
    if (rc == 0 && print_listing(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
