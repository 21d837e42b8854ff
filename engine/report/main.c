/* pulse-report: makes report.html again from the results of a run, on disk or in S3. */
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "report/report.h"
#include "results/part_name.h"
#include "store/arguments.h"

static const char doc[] =
    "Make report.html again from summary.json and results.h5, which pulse-train has left in "
    "RESULTS: a directory, or s3://BUCKET/PREFIX.\v"
    "Examples:\n"
    "  pulse-report results\n"
    "  pulse-report s3://market-data/results/nightly/ --output nightly.html\n\n"
    "Exit codes: 0 done; 2 bad command line, or no results of a run; 3 storage refused; 75 "
    "temporary failure, try again.";

struct arguments {
    const char *results;
    const char *output; /* NULL: beside the results */
    struct pulse_store_options store;
};

static const struct pulse_arg option_table[] = {
    {"output", 'o', "FILE-or-URI", "Where the page goes (RESULTS/report.html)", pulse_arg_read_text,
     .at = offsetof(struct arguments, output)},
    {0}};

static int take_results(void *user, char **word, struct pulse_err *err)
{
    struct arguments *arguments = user;
    if (arguments->results != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "unexpected argument %s: one RESULTS at a time",
                          *word);
    arguments->results = *word;
    return 0;
}

static int check_arguments(void *user, struct pulse_err *err)
{
    const struct arguments *arguments = user;
    if (arguments->results == NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "RESULTS is missing: name what --output of pulse-train named");
    return 0;
}

static int parse_arguments(struct arguments *arguments, int argc, char **argv,
                           struct pulse_err *err)
{
    const struct pulse_args args = {.program = "pulse-report",
                                    .usage = "RESULTS",
                                    .doc = doc,
                                    .tables = {{option_table, arguments, NULL, 0},
                                               {pulse_store_args, &arguments->store, NULL, 0}},
                                    .take_word = take_results,
                                    .check = check_arguments,
                                    .user = arguments};
    *arguments = (struct arguments){.results = NULL};
    return pulse_args_parse(&args, argc, argv, err);
}

static json_t *read_summary(const char *results, struct pulse_err *err)
{
    enum { MOST_BYTES = 1 << 30 };
    struct pulse_object *object = NULL;
    json_t *summary = NULL;
    json_error_t fault;
    char *text = NULL, *uri = pulse_store_join(results, "summary.json", err);
    if (uri == NULL || pulse_store_open(uri, &object, err) != 0)
        goto done;
    const int64_t bytes = pulse_store_size(object);
    if (bytes > MOST_BYTES) {
        (void)pulse_fail(err, PULSE_E_INPUT, "%s: too large for a summary", uri);
        goto done;
    }
    text = pulse_calloc(bytes, 1, "the summary", err);
    if (text == NULL || pulse_store_read(object, 0, text, bytes, err) != 0)
        goto done;
    summary = json_loadb(text, (size_t)bytes, JSON_REJECT_DUPLICATES, &fault);
    if (summary == NULL)
        (void)pulse_fail(err, PULSE_E_INPUT, "%s, line %d: %s; train again", uri, fault.line,
                         fault.text);
done:
    pulse_store_close(object);
    free(uri);
    free(text);
    return summary;
}

/* Copies an object into the file `path`, piece by piece. */
static int copy_object(const char *uri, const char *path, struct pulse_err *err)
{
    enum { PIECE = 8 << 20 };
    struct pulse_object *object = NULL;
    struct pulse_writer writer = {0};
    int status = -1;
    char *piece = pulse_calloc(PIECE, 1, "a piece of results.h5", err);
    if (piece == NULL || pulse_store_open(uri, &object, err) != 0 ||
        pulse_writer_open(&writer, path, err) != 0)
        goto done;
    const int64_t bytes = pulse_store_size(object);
    pulse_store_will_read(object, 0, bytes);
    for (int64_t at = 0; at < bytes; at += PIECE) {
        const int64_t n = bytes - at < PIECE ? bytes - at : PIECE;
        if (pulse_store_read(object, at, piece, n, err) != 0)
            goto done;
        (void)fwrite(piece, 1, (size_t)n, writer.stream); /* commit reports whether it went well */
    }
    status = pulse_writer_commit(&writer, err);
done:
    pulse_writer_discard(&writer);
    pulse_store_close(object);
    free(piece);
    return status;
}

/* Copies an object of the results into the directory `scratch`. */
static int copy_into(const char *scratch, const char *results, const char *name,
                     struct pulse_err *err)
{
    char *uri = pulse_store_join(results, name, err), *path = pulse_store_join(scratch, name, err);
    const int status = uri == NULL || path == NULL ? -1 : copy_object(uri, path, err);
    free(path);
    free(uri);
    return status;
}

/* What the summary calls a file of the results; the name that everybody knows where it says none,
 * or none that it could have. */
static const char *read_file_name(const json_t *summary, enum pulse_result_file file)
{
    const char *key = file == PULSE_FILE_REPORT ? "report" : "file";
    const char *name = json_string_value(json_object_get(json_object_get(summary, "results"), key));
    return name != NULL && pulse_file_is_name(file, name) ? name : pulse_file_names[file];
}

/* The names of the parts of results.h5 that the summary lists: NULL after the last one, and where
 * what is listed is no name of a part. */
static const char *read_part_name(const json_t *summary, size_t i)
{
    const json_t *parts = json_object_get(json_object_get(summary, "results"), "parts");
    const char *name = json_string_value(json_object_get(json_array_get(parts, i), "file"));
    return name != NULL && pulse_part_is_name(name) ? name : NULL;
}

/* A local results.h5, whatever its name: that of the directory, or a copy in `scratch`, which is
 * made for it, as are those of its parts. */
static char *find_local_results(const char *results, const json_t *summary, char *scratch,
                                struct pulse_err *err)
{
    const char *file = read_file_name(summary, PULSE_FILE_RESULTS), *name;
    if (!pulse_store_is_s3(results))
        return pulse_store_join(results, file, err);
    if (mkdtemp(scratch) == NULL) {
        (void)pulse_fail_errno(err, errno, "making %s", scratch);
        scratch[0] = '\0';
        return NULL;
    }
    if (copy_into(scratch, results, file, err) != 0)
        return NULL;
    for (size_t i = 0; (name = read_part_name(summary, i)) != NULL; i++)
        if (copy_into(scratch, results, name, err) != 0)
            return NULL;
    return pulse_store_join(scratch, file, err);
}

static void remove_copy(const char *scratch, const char *name)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *path = pulse_store_join(scratch, name, &ignored);
    if (path != NULL)
        (void)unlink(path);
    free(path);
}

/* Removes what local_results has copied. */
static void remove_copies(const char *scratch, const json_t *summary)
{
    const char *name;
    remove_copy(scratch, read_file_name(summary, PULSE_FILE_RESULTS));
    for (size_t i = 0; (name = read_part_name(summary, i)) != NULL; i++)
        remove_copy(scratch, name);
    (void)rmdir(scratch);
}

/* Makes the page in a child, into `page`: how it went, then the HTML. A file that makes the HDF5
 * library crash ends the child, and is an error here. */
static void make_in_child(const json_t *summary, const char *path, FILE *page)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    char *html = NULL;
    int64_t bytes = 0;
    (void)pulse_report_make(summary, path, NULL, &html, &bytes, &err);
    (void)fwrite(&err, sizeof err, 1, page);
    if (html != NULL)
        (void)fwrite(html, 1, (size_t)bytes, page);
    _exit(ferror(page) != 0 || fflush(page) != 0);
}

/* What the child has left in `page`. */
static int read_page(const char *path, FILE *page, char **html, int64_t *bytes,
                     struct pulse_err *err)
{
    struct pulse_err outcome;
    struct stat info;
    rewind(page);
    if (fstat(fileno(page), &info) != 0 || fread(&outcome, sizeof outcome, 1, page) != 1)
        return pulse_fail(err, PULSE_E_INPUT, "%s: no page came of it; train again", path);
    if (outcome.kind != PULSE_OK) {
        *err = outcome;
        return -1;
    }
    *bytes = info.st_size - (int64_t)sizeof outcome;
    *html = pulse_calloc(*bytes, 1, "the page", err);
    if (*html == NULL)
        return -1;
    if (fread(*html, 1, (size_t)*bytes, page) != (size_t)*bytes)
        return pulse_fail_errno(err, errno, "reading the page of %s", path);
    return 0;
}

static int make_in_subprocess(const json_t *summary, const char *path, char **html, int64_t *bytes,
                              struct pulse_err *err)
{
    int status = 0;
    FILE *page = tmpfile();
    if (page == NULL)
        return pulse_fail_errno(err, errno, "making a temporary file");
    const pid_t child = fork();
    if (child == 0)
        make_in_child(summary, path, page);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0)
        (void)pulse_fail_errno(err, errno, "starting a process");
    else if (WIFSIGNALED(status))
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: the HDF5 library did not survive it (signal %d); train again", path,
                         WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        (void)pulse_fail(err, PULSE_E_STORAGE, "no space for the page; see TMPDIR");
    else
        (void)read_page(path, page, html, bytes, err);
    (void)fclose(page);
    return err->kind == PULSE_OK ? 0 : -1;
}

static int make_report(const struct arguments *arguments, struct pulse_err *err)
{
    char *html = NULL, *path = NULL, *output = NULL, *scratch;
    json_t *summary = NULL;
    int64_t bytes = 0;
    int status = -1;
    scratch = pulse_print(err, "%s/pulse-report-XXXXXX", pulse_temporary_directory());
    if (scratch == NULL)
        goto done;
    summary = read_summary(arguments->results, err);
    path = summary == NULL ? NULL : find_local_results(arguments->results, summary, scratch, err);
    output =
        arguments->output != NULL
            ? pulse_strdup(arguments->output, err)
            : pulse_store_join(arguments->results, read_file_name(summary, PULSE_FILE_REPORT), err);
    if (path == NULL || output == NULL ||
        make_in_subprocess(summary, path, &html, &bytes, err) != 0)
        goto done;
    status = pulse_store_put(html, bytes, output, err);
    if (status == 0)
        (void)printf("%s\n", output);
done:
    if (scratch != NULL && scratch[0] != '\0' && pulse_store_is_s3(arguments->results))
        remove_copies(scratch, summary);
    json_decref(summary);
    free(html);
    free(path);
    free(output);
    free(scratch);
    return status;
}

int main(int argc, char **argv)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    struct arguments arguments;
    if (parse_arguments(&arguments, argc, argv, &err) == 0) {
        pulse_store_configure(&arguments.store);
        (void)make_report(&arguments, &err);
    }
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    pulse_store_finish();
    (void)H5close();
    return pulse_exit_code(err.kind);
}
