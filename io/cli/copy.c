/* get and put: the same copying of files, distinguished by which side may be in S3. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/tree.h"
#include "store/store.h"

struct options {
    struct pulse_arguments_names names; /* the last one is where to */
    bool put;
};

/* ---- Copying one ---------------------------------------------------------------- */

/* Where the bytes of a download go. */
struct target {
    FILE *stream;
    int64_t size, taken;
    struct pulse_progress progress;
};

static int write_bytes(void *context, const void *bytes, int64_t n, struct pulse_err *err)
{
    struct target *to = context;
    (void)err; /* closing sees whether it failed */
    (void)fwrite(bytes, 1, (size_t)n, to->stream);
    to->taken += n;
    pulse_progress_at(&to->progress, (double)to->taken / (double)to->size);
    return 0;
}

static int begin_again(void *context, struct pulse_err *err)
{
    struct target *to = context;
    to->taken = 0;
    if (fflush(to->stream) == 0 && fseek(to->stream, 0, SEEK_SET) == 0)
        return 0;
    return pulse_fail_errno(err, errno, "writing a file once more");
}

static int copy_bytes(struct pulse_object *from, FILE *stream, bool may_begin_again,
                      struct pulse_err *err)
{
    struct target to = {.stream = stream, .size = pulse_store_size(from)};
    const struct pulse_store_sink sink = {write_bytes, may_begin_again ? begin_again : NULL, &to};
    pulse_progress_begin(&to.progress, pulse_base_name(pulse_store_uri(from)), false);
    int rc = pulse_store_stream(from, &sink, err);
    pulse_progress_end(&to.progress);
    return rc;
}

static int download_object(const char *from, const char *to, struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    struct pulse_object *object = NULL;
    int rc = pulse_store_open(from, &object, err);
    if (rc == 0 && strcmp(to, "-") == 0) {
        rc = copy_bytes(object, stdout, false, err);
        if (rc == 0 && (fflush(stdout) != 0 || ferror(stdout)))
            rc =
                pulse_fail(err, PULSE_E_STORAGE, "writing %s: the output was closed or full", from);
    } else if (rc == 0) {
        rc = pulse_writer_open(&writer, to, err);
        if (rc == 0)
            pulse_writer_sweep_dead(&writer);
        if (rc == 0)
            rc = copy_bytes(object, writer.stream, true, err);
        if (rc == 0)
            rc = pulse_writer_commit(&writer, err);
    }
    pulse_writer_discard(&writer);
    pulse_store_close(object);
    return rc;
}

static int upload_file(const char *from, const char *to, struct pulse_err *err)
{
    struct pulse_progress progress;
    pulse_progress_begin(&progress, pulse_base_name(from), false);
    pulse_store_watch_puts(pulse_progress_at, &progress);
    int rc = pulse_store_put_file(from, to, err);
    pulse_store_watch_puts(NULL, NULL);
    pulse_progress_end(&progress);
    return rc;
}

/* Makes the directories that a file is to be put into. */
static int make_directories(const char *path, struct pulse_err *err)
{
    char *part = pulse_strdup(path, err);
    int rc = part == NULL ? -1 : 0;
    for (char *at = part; rc == 0 && (at = strchr(at + 1, '/')) != NULL;) {
        *at = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            rc = pulse_fail_writing(err, errno, "making the directory %s", part);
        *at = '/';
    }
    free(part);
    return rc;
}

static int copy_one(const struct options *options, const char *from, const char *to,
                    struct pulse_err *err)
{
    int rc = 0;
    if (!options->names.dry_run && options->put)
        rc = upload_file(from, to, err);
    else if (!options->names.dry_run) {
        rc = options->names.recursive ? make_directories(to, err) : 0;
        if (rc == 0)
            rc = download_object(from, to, err);
    }
    if (rc == 0 && strcmp(to, "-") != 0) {
        (void)fputs(options->names.dry_run ? "would copy " : "", stderr);
        pulse_terminal_write(stderr, from, 0);
        (void)fputs(" -> ", stderr);
        pulse_terminal_write(stderr, to, 0);
        (void)fputs("\n", stderr);
    }
    return rc;
}

/* ---- Where to ------------------------------------------------------------------- */

static bool ends_with_slash(const char *path)
{
    const size_t n = strlen(path);
    return n > 0 && path[n - 1] == '/';
}

/* Whether files are put into it under their own names. A bucket alone is one too. */
static bool is_folder(const char *to)
{
    struct stat st;
    if (pulse_store_is_s3(to))
        return ends_with_slash(to) || strchr(to + sizeof "s3://" - 1, '/') == NULL;
    return ends_with_slash(to) || (stat(to, &st) == 0 && S_ISDIR(st.st_mode));
}

/* What lies under a directory or prefix goes under `to`, as `aws s3 cp --recursive` has it. */
static int copy_tree(const struct options *options, const char *from, const char *to,
                     struct pulse_err *err)
{
    struct pulse_listing files;
    int rc = pulse_tree_list(from, &files, err);
    for (int64_t i = 0; rc == 0 && i < files.n; i++) {
        char *source = pulse_store_join(from, files.entries[i].name, err);
        char *target = pulse_store_join(to, files.entries[i].name, err);
        rc = source == NULL || target == NULL ? -1 : copy_one(options, source, target, err);
        free(source);
        free(target);
    }
    pulse_listing_clear(&files);
    return rc;
}

static int copy_all(const struct options *options, struct pulse_err *err)
{
    const char *to = options->names.name[options->names.n - 1];
    const bool folder = options->names.recursive || is_folder(to);
    int rc = 0;
    if (!folder && options->names.n > 2)
        return pulse_fail(err, PULSE_E_USAGE,
                          "several files go into a directory or prefix; end '%s' with a slash", to);
    for (int i = 0; rc == 0 && i < options->names.n - 1; i++) {
        const char *from = options->names.name[i];
        bool tree = false;
        if (options->names.recursive && pulse_store_is_directory(from, &tree, err) != 0)
            return -1;
        if (tree) {
            rc = copy_tree(options, from, to, err);
            continue;
        }
        char *target =
            folder ? pulse_store_join(to, pulse_base_name(from), err) : pulse_strdup(to, err);
        rc = target == NULL ? -1 : copy_one(options, from, target, err);
        free(target);
    }
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const char doc_get[] = "Copy objects or files to this machine: whole or not at all."
                              "\v"
                              "TO is a file, a directory, or - for standard output; with -r a "
                              "directory, which is made.\n"
                              "\n"
                              "Examples:\n"
                              "  pulse-data get -r s3://market-data/datasets/ datasets\n"
                              "  pulse-data get s3://market-data/results/summary.json .\n"
                              "  pulse-data get s3://market-data/datasets/panel.csv - | head\n";

static const char doc_put[] =
    "Copy files to S3: whole or not at all; files above 16 MiB in parts, several at once."
    "\v"
    "TO is s3://BUCKET/KEY, or a prefix that ends with a slash; with -r a prefix.\n"
    "\n"
    "Examples:\n"
    "  pulse-data put panel.csv s3://market-data/datasets/\n"
    "  pulse-data put panel.csv s3://market-data/datasets/panel-2016.csv\n"
    "  pulse-data put -r --dry-run datasets s3://market-data/datasets/\n";

/* Whether the last name is on the side that the command copies to. */
static int check_target(const struct options *options, struct pulse_err *err)
{
    const char *to = options->names.name[options->names.n - 1];
    if (options->put && !pulse_store_is_s3(to))
        return pulse_fail(err, PULSE_E_USAGE, "put copies to s3://BUCKET/KEY, not to '%s'", to);
    if (!options->put && pulse_store_is_s3(to))
        return pulse_fail(err, PULSE_E_USAGE, "get copies to this machine, not to '%s': use put",
                          to);
    if (options->names.recursive && strcmp(to, "-") == 0)
        return pulse_fail(err, PULSE_E_USAGE, "-r copies into a directory, not to standard output");
    return 0;
}

static int run_copy(const char *usage, const char *doc, bool put, int argc, char **argv)
{
    const struct pulse_arguments_names_help help = {
        .usage = usage,
        .doc = doc,
        .recursive = "All that lies under a directory or prefix, but for hidden names (.x)",
        .dry_run = "Say what would be copied, and copy nothing",
        .missing = "from where to where?",
        .least = 2};
    struct pulse_err err = {0};
    struct options *options = pulse_calloc(1, sizeof *options, "the command line", &err);
    int rc = options == NULL
                 ? -1
                 : pulse_arguments_parse_names(&help, &options->names, argc, argv, &err);
    if (rc == 0) {
        options->put = put;
        rc = check_target(options, &err) != 0 ? -1 : copy_all(options, &err);
    }
    free(options);
    if (rc == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}

int pulse_command_get(int argc, char **argv)
{
    return run_copy("FROM... TO", doc_get, false, argc, argv);
}

int pulse_command_put(int argc, char **argv)
{
    return run_copy("FILE... TO", doc_put, true, argc, argv);
}
