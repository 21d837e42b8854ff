/* pulse-evaluate: compares runs by their results, on disk or in S3. */
#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/shutdown.h"
#include "evaluate/gate.h"
#include "evaluate/output.h"
#include "evaluate/page.h"
#include "store/arguments.h"
#include "store/store.h"

static const char doc[] =
    "Compare runs of pulse-train on the windows and variables that all of them have. RUN is what "
    "--output named: a directory, or s3://BUCKET/PREFIX.\v"
    "Skill is the share of persistence's squared error that a run removes. p is of Diebold and "
    "Mariano's test against the baseline; the best set is the model confidence set of 90 %; "
    "superior predictive ability says whether any run beats the baseline given that so many were "
    "tried. All are bootstrapped over windows.\n\n"
    "Gates bound a score of the first run: skill, worst_skill, hit, coverage_80, coverage_95, "
    "interval_score_80, interval_score_95, windows; or its skill beside another run's: "
    "no_worse_than=NAME:TOLERANCE.\n\n"
    "Examples:\n"
    "  pulse-evaluate default=results ridge10=results-ridge10 --by year\n"
    "  pulse-evaluate new=results old=s3://market-data/results/old/ \\\n"
    "      --baseline old --require 'skill>=0.01' --require no_worse_than=old\n"
    "  pulse-evaluate a=results-a b=results-b --html page.html --json all.json\n\n"
    "Exit codes: 0 done; 2 bad command line, or no results of a run; 3 storage refused; 4 a gate "
    "is not met; 75 temporary failure, try again; 130, 143 interrupted.";

enum { MOST_RUNS = 1000, MOST_GATES = 100 };

struct arguments {
    struct pulse_store_options store;
    const char *baseline;
    int64_t from, to; /* days */
    int64_t seed;
    bool by_year, by_variable, by_horizon;
    const char *json, *csv, *html; /* where to; NULL: not */
    char *runs[MOST_RUNS];         /* NAME=RUN; of argv */
    int64_t n_runs;
    struct pulse_gate gates[MOST_GATES];
    int64_t n_gates;
};

/* ---- The command line ----------------------------------------------------------- */

static int parse_by(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct arguments *arguments = values;
    int what = 0;
    if (pulse_arg_choose(arg, text, &what, err) != 0)
        return -1;
    arguments->by_year = arguments->by_year || what == 0;
    arguments->by_variable = arguments->by_variable || what == 1;
    arguments->by_horizon = arguments->by_horizon || what == 2;
    return 0;
}

static int parse_require(const struct pulse_arg *arg, char *text, void *values,
                         struct pulse_err *err)
{
    struct arguments *arguments = values;
    if (arguments->n_gates == MOST_GATES)
        return pulse_arg_refuse(arg, text, "at most 100 gates", err);
    return pulse_gate_parse(text, &arguments->gates[arguments->n_gates++], err);
}

static const struct pulse_arg_choice groups[] = {{"year", 0}, {"variable", 1}, {"horizon", 2}, {0}};

static const struct pulse_arg option_table[] = {
    {"baseline", 'b', "NAME", "What runs are tested against: a run's name (persistence)",
     pulse_arg_read_text, .at = offsetof(struct arguments, baseline)},
    {"from", 'f', "DATE", "Windows that start on this day or later (all)", pulse_arg_read_day,
     .at = offsetof(struct arguments, from)},
    {"to", 't', "DATE", "Windows that end on this day or earlier (all)", pulse_arg_read_end,
     .at = offsetof(struct arguments, to)},
    {"by", 'B', "GROUP", "Also show skill by year, variable or horizon; may be repeated", parse_by,
     .choices = groups},
    {"json", 'j', "FILE-or-URI", "Write everything as JSON, the bootstrap's draws too; - prints it",
     pulse_arg_read_text, .at = offsetof(struct arguments, json)},
    {"csv", 'c', "FILE-or-URI", "Write a row a run, variable, year and horizon as CSV; - prints it",
     pulse_arg_read_text, .at = offsetof(struct arguments, csv)},
    {"html", 'H', "FILE-or-URI", "Write a page with tables and pictures", pulse_arg_read_text,
     .at = offsetof(struct arguments, html)},
    {"require", 'r', "GATE",
     "End with 4 unless the first run meets it: skill>=0.01; may be repeated", parse_require,
     .at = 0},
    {"seed", 's', "N", "Seed of the bootstrap (1)", pulse_arg_read_int,
     .at = offsetof(struct arguments, seed), .least = 0, .most = INT64_MAX},
    {0}};

static const char *find_path(const char *run)
{
    return strchr(run, '=') + 1;
}

static size_t find_label_length(const char *run)
{
    return strcspn(run, "=");
}

/* Whether the n-th run is called so. */
static bool is_called(const struct arguments *arguments, int64_t n, const char *name, size_t length)
{
    return find_label_length(arguments->runs[n]) == length &&
           strncmp(arguments->runs[n], name, length) == 0;
}

/* The run of that name; −1 where there is none. */
static int64_t find_run(const struct arguments *arguments, const char *name)
{
    for (int64_t n = 0; n < arguments->n_runs; n++)
        if (is_called(arguments, n, name, strlen(name)))
            return n;
    return -1;
}

static int take_run(void *user, char **word, struct pulse_err *err)
{
    struct arguments *arguments = user;
    const size_t length = find_label_length(*word);
    if ((*word)[length] != '=' || length == 0 || (*word)[length + 1] == '\0')
        return pulse_fail(err, PULSE_E_USAGE, "%s: a run is NAME=RUN, such as default=%s", *word,
                          (*word)[length] == '=' ? "results" : *word);
    if (arguments->n_runs == MOST_RUNS)
        return pulse_fail(err, PULSE_E_USAGE, "more than %d runs", MOST_RUNS);
    for (int64_t n = 0; n < arguments->n_runs; n++)
        if (is_called(arguments, n, *word, length))
            return pulse_fail(err, PULSE_E_USAGE, "two runs are called %.*s: name each otherwise",
                              (int)length, *word);
    if (strncmp(*word, "persistence=", length + 1) == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%s: persistence is what runs are compared with; name the run otherwise",
                          *word);
    arguments->runs[arguments->n_runs++] = *word;
    return 0;
}

/* No output over another one, or over the results of a run. */
static int check_outputs(const struct arguments *arguments, struct pulse_err *err)
{
    static const char *const files[] = {"results.h5", "summary.json"};
    struct pulse_store_use uses[] = {{.what = "--json", .path = arguments->json},
                                     {.what = "--csv", .path = arguments->csv},
                                     {.what = "--html", .path = arguments->html},
                                     {.what = "what a run has", .read = true}};
    enum { N = sizeof uses / sizeof *uses };
    int status = pulse_store_refuse_shared(uses, N - 1, err);
    for (int64_t i = 0; status == 0 && i < 2 * arguments->n_runs; i++) {
        char *path = pulse_store_join(find_path(arguments->runs[i / 2]), files[i % 2], err);
        uses[N - 1].path = path;
        status = path == NULL ? -1 : pulse_store_refuse_shared(uses, N, err);
        free(path);
    }
    return status;
}

static int check_arguments(void *user, struct pulse_err *err)
{
    const struct arguments *arguments = user;
    if (arguments->n_runs == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "NAME=RUN is missing: name what --output of "
                          "pulse-train named, such as default=results");
    if (strcmp(arguments->baseline, "persistence") != 0 &&
        find_run(arguments, arguments->baseline) < 0)
        return pulse_fail(err, PULSE_E_USAGE, "--baseline %s: expected persistence or a run's name",
                          arguments->baseline);
    for (int64_t g = 0; g < arguments->n_gates; g++)
        if (arguments->gates[g].other != NULL && find_run(arguments, arguments->gates[g].other) < 0)
            return pulse_fail(err, PULSE_E_USAGE, "--require no_worse_than=%s: no run is called so",
                              arguments->gates[g].other);
    if (arguments->from > arguments->to)
        return pulse_fail(err, PULSE_E_USAGE, "--from is after --to");
    return check_outputs(arguments, err);
}

static int parse_arguments(struct arguments *arguments, int argc, char **argv,
                           struct pulse_err *err)
{
    const struct pulse_args args = {.program = "pulse-evaluate",
                                    .usage = "NAME=RUN...",
                                    .doc = doc,
                                    .tables = {{option_table, arguments, NULL, 0},
                                               {pulse_store_args, &arguments->store, NULL, 0}},
                                    .take_word = take_run,
                                    .check = check_arguments,
                                    .user = arguments};
    *arguments = (struct arguments){
        .baseline = "persistence", .from = INT64_MIN, .to = INT64_MAX, .seed = 1};
    return pulse_args_parse(&args, argc, argv, err);
}

/* ---- Evaluating ----------------------------------------------------------------- */

typedef int write_form(const struct pulse_evaluation_view *view, FILE *out, struct pulse_err *err);

static int write_json(const struct pulse_evaluation_view *view, FILE *out, struct pulse_err *err)
{
    json_t *root = pulse_evaluation_json(view, err);
    if (root == NULL)
        return -1;
    (void)json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(17)); /* errors stay in it */
    (void)fputc('\n', out);
    json_decref(root);
    return 0;
}

/* One form of the evaluation, to a file, an object or standard output; NULL: nowhere. */
static int deliver_form(const struct pulse_evaluation_view *view, write_form *write, const char *to,
                        struct pulse_err *err)
{
    struct pulse_store_text text;
    if (to == NULL)
        return 0;
    if (pulse_store_text_open(to, &text, err) != 0)
        return -1;
    return pulse_store_text_close(&text, write(view, text.out, err), err);
}

/* All that was asked for: tables, unless another form is printed. */
static int deliver_forms(const struct arguments *arguments,
                         const struct pulse_evaluation_view *view, struct pulse_err *err)
{
    if (!pulse_store_is_output(arguments->json) && !pulse_store_is_output(arguments->csv) &&
        pulse_evaluation_print(view, stdout, err) != 0)
        return -1;
    if (deliver_form(view, write_json, arguments->json, err) != 0 ||
        deliver_form(view, pulse_evaluation_csv, arguments->csv, err) != 0 ||
        deliver_form(view, pulse_evaluation_page, arguments->html, err) != 0)
        return -1;
    return fflush(stdout) == 0 && ferror(stdout) == 0
               ? 0
               : pulse_fail_errno(err, errno, "writing to standard output");
}

/* Says which gates are not met, and by how much; whether all are. */
static bool meets_gates(const struct arguments *arguments,
                        const struct pulse_comparison *comparison,
                        const struct pulse_verdict *verdict)
{
    bool met = true;
    for (int64_t g = 0; g < arguments->n_gates; g++) {
        const struct pulse_gate *gate = &arguments->gates[g];
        const int64_t other = gate->other == NULL ? -1 : find_run(arguments, gate->other);
        double value;
        const double miss = pulse_gate_miss(gate, comparison, verdict, other, &value);
        if (!(miss > 0))
            continue;
        met = false;
        if (isinf(miss))
            (void)fprintf(stderr, "error: gate not met: %s: there is nothing to count\n",
                          gate->text);
        else
            (void)fprintf(stderr, "error: gate not met: %s: it is %.6g, short by %.6g\n",
                          gate->text, value, miss);
    }
    return met;
}

/* With all their horizons, or the main one alone. */
static int read_runs(const struct arguments *arguments, bool all, struct pulse_losses *runs,
                     struct pulse_err *err)
{
    for (int64_t n = 0; n < arguments->n_runs; n++) {
        char *label = pulse_print(err, "%.*s", (int)find_label_length(arguments->runs[n]),
                                  arguments->runs[n]);
        const int status = label == NULL ? -1
                                         : pulse_losses_read(label, find_path(arguments->runs[n]),
                                                             all, &runs[n], err);
        free(label);
        if (status != 0)
            return -1;
    }
    return 0;
}

static void clear_runs(const struct arguments *arguments, struct pulse_losses *runs)
{
    for (int64_t n = 0; n < arguments->n_runs; n++)
        pulse_losses_clear(&runs[n]);
}

/* Runs whose main horizon is the same one. */
static int read_comparable(const struct arguments *arguments, struct pulse_losses *runs,
                           struct pulse_err *err)
{
    const bool all = arguments->by_horizon || arguments->json != NULL || arguments->csv != NULL ||
                     arguments->html != NULL; /* who shows horizons */
    if (read_runs(arguments, all, runs, err) != 0)
        return -1;
    if (!pulse_horizons_differ(runs, arguments->n_runs))
        return 0;
    if (!all) {
        clear_runs(arguments, runs);
        if (read_runs(arguments, true, runs, err) != 0)
            return -1;
    }
    if (pulse_horizons_share(runs, arguments->n_runs, err) != 0)
        return -1;
    pulse_warn("the runs predict differently far ahead; they are compared at %lld rows, the "
               "nearest horizon of all",
               (long long)runs->steps);
    return 0;
}

static int evaluate_runs(const struct arguments *arguments, bool *met, struct pulse_err *err)
{
    struct pulse_comparison comparison = {0};
    struct pulse_verdict verdict = {0};
    struct pulse_horizon_skills horizons = {0};
    int status = -1;
    struct pulse_losses *runs = pulse_calloc(arguments->n_runs, sizeof *runs, "the runs", err);
    const int64_t named = find_run(arguments, arguments->baseline);
    if (runs == NULL || read_comparable(arguments, runs, err) != 0 ||
        pulse_comparison_make(runs, arguments->n_runs, arguments->from, arguments->to, &comparison,
                              err) != 0 ||
        pulse_verdict_make(&comparison, named < 0 ? arguments->n_runs : named,
                           (uint64_t)arguments->seed, &verdict, err) != 0 ||
        pulse_horizon_skills_make(runs, arguments->n_runs, arguments->from, arguments->to,
                                  &horizons, err) != 0)
        goto done;
    const struct pulse_evaluation_view view = {.comparison = &comparison,
                                               .verdict = &verdict,
                                               .horizons = &horizons,
                                               .by_year = arguments->by_year,
                                               .by_variable = arguments->by_variable,
                                               .by_horizon = arguments->by_horizon};
    status = deliver_forms(arguments, &view, err);
    if (status == 0)
        *met = meets_gates(arguments, &comparison, &verdict);
done:
    pulse_horizon_skills_clear(&horizons);
    pulse_verdict_clear(&verdict);
    pulse_comparison_clear(&comparison);
    if (runs != NULL)
        clear_runs(arguments, runs);
    free(runs);
    return status;
}

/* The exit code of the whole evaluation. */
static int run_evaluation(const struct arguments *arguments)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    bool met = false;
    pulse_store_configure(&arguments->store);
    (void)evaluate_runs(arguments, &met, &err);
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    pulse_store_finish();
    (void)H5close();
    return err.kind != PULSE_OK ? pulse_exit_code(err.kind) : met ? 0 : PULSE_EXIT_INCOMPLETE;
}

static volatile sig_atomic_t evaluating; /* the child's process id */

static void pass_signal(int number)
{
    if (evaluating > 0)
        (void)kill(evaluating, number);
}

/* The parent ends when the child has, which cleans up. */
static void pass_signals_to(pid_t child)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = pass_signal;
    evaluating = child;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

/* In a child: a file that makes the HDF5 library crash ends that, and is an error here. */
static int run_in_child(const struct arguments *arguments, struct pulse_err *err)
{
    int status = 0;
    const pid_t parent = getpid(), child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) /* it died before that */
            _exit(143);
        pulse_shutdown_end_on_signals();
        exit(run_evaluation(arguments));
    }
    pass_signals_to(child);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child < 0)
        return pulse_fail_errno(err, errno, "starting a process");
    if (WIFSIGNALED(status))
        return pulse_shutdown_describe_death(WTERMSIG(status), "a run's results.h5", err);
    return WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    static struct arguments arguments;
    int code = -1;
    pulse_file_begin_process();
    if (parse_arguments(&arguments, argc, argv, &err) == 0)
        code = run_in_child(&arguments, &err);
    if (err.kind != PULSE_OK) {
        pulse_log_error(&err);
        code = pulse_exit_code(err.kind);
    }
    for (int64_t g = 0; g < arguments.n_gates; g++)
        pulse_gate_clear(&arguments.gates[g]);
    return code;
}
