/* pulse-report: makes report.html again from the results of a run, on disk or in S3. */
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "report/local_results.h"
#include "report/report.h"
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
    struct pulse_local_results local;
    char *html = NULL, *output = NULL;
    int64_t bytes = 0;
    int status = -1;
    if (pulse_local_results_open(arguments->results, &local, err) != 0)
        goto done;
    output = arguments->output != NULL
                 ? pulse_strdup(arguments->output, err)
                 : pulse_store_join(arguments->results,
                                    pulse_local_results_name(&local, PULSE_FILE_REPORT), err);
    if (output == NULL || make_in_subprocess(local.summary, local.path, &html, &bytes, err) != 0)
        goto done;
    status = pulse_store_put(html, bytes, output, err);
    if (status == 0)
        (void)printf("%s\n", output);
done:
    pulse_local_results_close(&local);
    free(html);
    free(output);
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
    return pulse_log_check_output(pulse_exit_code(err.kind));
}
