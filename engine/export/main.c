/* pulse-report: makes report.html again from the results of a run, on disk or in S3. */
#include <errno.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "base/spelling.h"
#include "base/temporary.h"
#include "export/commands.h"
#include "export/subprocess.h"
#include "report/local_results.h"
#include "report/report.h"
#include "store/arguments.h"

static const char doc[] =
    "Make report.html again from summary.json and results.h5, which pulse-train has left in "
    "RESULTS: a directory, or s3://BUCKET/PREFIX.\v"
    "Commands:\n"
    "  export RESULTS   the predictions as Parquet, CSV or JSON\n"
    "  table RESULTS    the table of pulse-train again\n\n"
    "Examples:\n"
    "  pulse-report results\n"
    "  pulse-report s3://market-data/results/nightly/ --output nightly.html\n"
    "  pulse-report export results --csv --output -\n"
    "  pulse-report table results\n\n"
    "Exit codes: 0 done; 2 bad command line, or no results of a run; 3 storage refused; 75 "
    "temporary failure, try again; 130, 143 interrupted.";

struct arguments {
    const char *results; /* first: the user of pulse_report_take_results */
    const char *output;  /* NULL: beside the results */
    struct pulse_store_options store;
};

static const struct pulse_arg option_table[] = {
    {"output", 'o', "FILE-or-URI",
     "Where the page goes (RESULTS/report.html); - is standard output", pulse_arg_read_text,
     .at = offsetof(struct arguments, output)},
    {0}};

static int parse_arguments(struct arguments *arguments, int argc, char **argv,
                           struct pulse_err *err)
{
    const struct pulse_args args = {.program = "pulse-report",
                                    .usage = "RESULTS",
                                    .doc = doc,
                                    .tables = {{option_table, arguments, NULL, 0},
                                               {pulse_store_args, &arguments->store, NULL, 0}},
                                    .take_word = pulse_report_take_results,
                                    .check = pulse_report_check_results,
                                    .user = arguments};
    *arguments = (struct arguments){.results = NULL};
    return pulse_args_parse(&args, argc, argv, err);
}

static int make_page(const void *context, FILE *page, struct pulse_err *err)
{
    const struct pulse_local_results *local = context;
    char *html = NULL;
    int64_t bytes = 0;
    const int status = pulse_report_make(local->summary, local->path, NULL, &html, &bytes, err);
    if (status == 0)
        (void)fwrite(html, 1, (size_t)bytes, page);
    free(html);
    return status;
}

/* What the child has left in `page`. */
static int read_page(const char *path, FILE *page, char **html, int64_t *bytes,
                     struct pulse_err *err)
{
    struct stat info;
    rewind(page);
    if (fstat(fileno(page), &info) != 0)
        return pulse_fail_errno(err, errno, "reading the page of %s", path);
    *bytes = info.st_size;
    *html = pulse_calloc(*bytes, 1, "the page", err);
    if (*html == NULL)
        return -1;
    if (fread(*html, 1, (size_t)*bytes, page) != (size_t)*bytes)
        return pulse_fail_errno(err, errno, "reading the page of %s", path);
    return 0;
}

static int make_in_subprocess(const struct pulse_local_results *local, char **html, int64_t *bytes,
                              struct pulse_err *err)
{
    char where[256];
    const int fd = pulse_temporary_open_nameless(err);
    (void)snprintf(where, sizeof where, "a temporary file in %s (TMPDIR)",
                   pulse_temporary_directory());
    FILE *page = fd < 0 ? NULL : fdopen(fd, "w+b");
    if (page == NULL) {
        if (fd >= 0) {
            (void)pulse_fail_errno(err, errno, "opening a temporary file");
            (void)close(fd);
        }
        return -1;
    }
    if (pulse_subprocess_run(make_page, local, local->path, where, page, err) == 0)
        (void)read_page(local->path, page, html, bytes, err);
    (void)fclose(page);
    return err->kind == PULSE_OK ? 0 : -1;
}

static int make_report(const struct arguments *arguments, struct pulse_err *err)
{
    struct pulse_local_results local;
    char *html = NULL, *output = NULL;
    int64_t bytes = 0;
    int status = -1;
    if (pulse_local_results_open(arguments->results, &local, err) != 0 ||
        pulse_report_refuse_trial(arguments->results, &local, err) != 0)
        goto done;
    output = arguments->output != NULL
                 ? pulse_strdup(arguments->output, err)
                 : pulse_store_join(arguments->results,
                                    pulse_local_results_name(&local, PULSE_FILE_REPORT), err);
    if (output == NULL || make_in_subprocess(&local, &html, &bytes, err) != 0)
        goto done;
    if (strcmp(output, "-") == 0) /* the end of the process looks whether all was written */
        status = fwrite(html, 1, (size_t)bytes, stdout) == (size_t)bytes ? 0 : -1;
    else if ((status = pulse_store_put(html, bytes, output, err)) == 0)
        (void)printf("%s\n", output);
done:
    pulse_local_results_close(&local);
    free(html);
    free(output);
    return status;
}

static void run_report(int argc, char **argv, struct pulse_err *err)
{
    struct arguments arguments;
    if (parse_arguments(&arguments, argc, argv, err) != 0)
        return;
    pulse_store_configure(&arguments.store);
    (void)make_report(&arguments, err);
}

static const struct {
    const char *name;
    void (*run)(int argc, char **argv, struct pulse_err *err);
} commands[] = {{"export", pulse_report_export}, {"table", pulse_report_table}};

/* "tabel results": a word that is nearly a command, where there is no such thing to read. */
static int refuse_misspelt(int argc, char **argv, struct pulse_err *err)
{
    if (argc < 3 || argv[1][0] == '-' || argv[2][0] == '-' || access(argv[1], F_OK) == 0)
        return 0;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (pulse_spelling_distance(argv[1], commands[i].name) <= 2)
            return pulse_fail(err, PULSE_E_USAGE,
                              "%s: no such command and no such results; did you mean %s? see "
                              "pulse-report --help",
                              argv[1], commands[i].name);
    return 0;
}

static void run_command(int argc, char **argv, struct pulse_err *err)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            commands[i].run(argc - 1, argv + 1, err);
            return;
        }
    if (refuse_misspelt(argc, argv, err) == 0)
        run_report(argc, argv, err);
}

int main(int argc, char **argv)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    pulse_file_begin_process();
    pulse_shutdown_end_on_signals();
    run_command(argc, argv, &err);
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    pulse_store_finish();
    (void)H5close();
    return pulse_log_check_output(pulse_exit_code(err.kind));
}
