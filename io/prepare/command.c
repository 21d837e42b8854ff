/* pulse-data prepare: many sources, one checked panel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/table_file.h"
#include "data/formats.h"
#include "prepare/gate.h"
#include "prepare/output.h"
#include "prepare/revision.h"
#include "prepare/write.h"
#include "store/store.h"

/* ---- Command line ------------------------------------------------------------------- */

static int add_variable(const struct pulse_arg *arg, char *name, void *values,
                        struct pulse_err *err)
{
    struct pulse_prepare_request *request = values;
    (void)arg;
    if (pulse_grow(&request->variables, &request->cap_variables, request->n_variables + 1,
                   sizeof *request->variables, "the variables", err) != 0)
        return -1;
    char *copy = pulse_strdup(name, err);
    if (copy == NULL)
        return -1;
    request->variables[request->n_variables++] = copy;
    return 0;
}

static int read_variables(const struct pulse_arg *arg, char *text, void *values,
                          struct pulse_err *err)
{
    return pulse_arg_each(arg, text, add_variable, values, err);
}

static int read_derived(const struct pulse_arg *arg, char *text, void *values,
                        struct pulse_err *err)
{
    struct pulse_prepare_request *request = values;
    if (request->n_derived == PULSE_PREPARE_DERIVED)
        return pulse_arg_refuse(arg, text, "at most 1000 derived variables", err);
    return pulse_derived_parse(text, &request->derived[request->n_derived++], err);
}

static int read_gate(const struct pulse_arg *arg, char *text, void *values, struct pulse_err *err)
{
    struct pulse_prepare_request *request = values;
    if (request->n_gates == PULSE_PREPARE_GATES)
        return pulse_arg_refuse(arg, text, "at most 100 gates", err);
    return pulse_prepare_gate_parse(text, &request->gates[request->n_gates++], err);
}

static const struct pulse_arg_choice duplicates[] = {
    {"last", PULSE_DUPLICATES_LAST}, {"first", PULSE_DUPLICATES_FIRST}, {0}};

#define AT(member) .at = offsetof(struct pulse_prepare_request, member)

static const struct pulse_arg option_table[] = {
    {"output", 'o', "FILE-or-URI", "The panel to write: .parquet, .h5, .csv or .pkl",
     pulse_arg_read_text, AT(output)},
    {"variables", 'v', "NAME,...",
     "Take only these variables of the sources (all); a comma in a name is \\,; may be repeated",
     read_variables, AT(variables)},
    {"start-date", 's', "DATE", "First day (all)", pulse_arg_read_day, AT(start_day)},
    {"end-date", 'e', "DATE", "Last day (all)", pulse_arg_read_end, AT(end_day)},
    {"days", 'D', "WHICH",
     "Days that are rows: any on which a variable is observed (default), weekdays of these, all: "
     "those on which every variable is; or those of the variable NAME",
     pulse_arg_read_text, AT(days)},
    {"duplicates", 'u', "WHICH",
     "Which of several values of a variable for one day counts: last (default) or first",
     pulse_arg_read_choice, AT(duplicates), .choices = duplicates},
    {"derive", 'x', "NAME=EXPR", "Add a variable, as 'spread = a - b'; may be repeated",
     read_derived, .at = 0},
    {"jump", 'k', "K", "A change of more than K robust deviations is a jump (10)",
     pulse_arg_read_real, AT(jump), .low = 0, .high = 1e9},
    {"against", 'a', "FILE-or-URI",
     "Count revisions against this panel (what --output holds now); none: against nothing",
     pulse_arg_read_text, AT(against)},
    {"require", 'r', "GATE",
     "Write the panel only if this holds, else end with 4: missing<=0.05; may be repeated",
     read_gate, .at = 0},
    {"as-of", 'A', "DATE", "The day from which last_row is counted (today)", pulse_arg_read_day,
     AT(as_of)},
    {"json", 'j', "FILE-or-URI", "Write all quality figures as JSON; - prints them instead",
     pulse_arg_read_text, AT(json)},
    {"html", 'H', "FILE-or-URI", "Write a page of them", pulse_arg_read_text, AT(html)},
    {"dry-run", 'n', NULL, "Read, judge and print, but write nothing", pulse_arg_read_flag,
     AT(dry_run)},
    {0}};

static const char doc[] =
    "Make one clean panel out of many sources: a row a day, a column a variable. A SOURCE is what "
    "pulse-train takes as --data: a wide file, a long panel, a directory of datasets, on disk or "
    "in S3."
    "\v"
    "Sources may share variables: values for other days are joined. Derived variables are made of "
    "others of the same day by + - * / ( ), numbers, ln, exp, sqrt and abs; a name that is no word "
    "stands in back-quotes. Values are joined in a file in TMPDIR, so the panel may be larger than "
    "memory.\n"
    "\n"
    "Gates: last_row (days after today, so negative), rows, variables, calendar_gap, new_rows, "
    "gone; and of variables the largest missing, gap, stale, unchanged, jump and the sum of jumps, "
    "duplicates, revised, lost, late; of one variable as missing(NAME). FIGURE>=X, FIGURE<=X or "
    "FIGURE=X..Y; d behind days and % behind shares are understood. Where one is not met, figures "
    "and page are written, but the panel stays as it was.\n"
    "\n"
    "Examples:\n"
    "  pulse-data prepare market.csv datasets/ --output joined.parquet\n"
    "  pulse-data prepare market.csv --output panel.parquet \\\n"
    "      --derive 'fear = vix_close / spx_close' --html quality.html\n"
    "  pulse-data prepare s3://market-data/raw/ \\\n"
    "      --output s3://market-data/panel.h5 --json quality.json \\\n"
    "      --require 'last_row>=-3d' --require 'missing<=5%'\n"
    "  pulse-data prepare raw.csv prices.csv --output panel.csv --dry-run\n";

static int take_source(void *user, char **word, struct pulse_err *err)
{
    struct pulse_prepare_request *request = user;
    if (request->n_sources == PULSE_PREPARE_SOURCES)
        return pulse_fail(err, PULSE_E_USAGE, "more than %d sources; put them into a directory",
                          PULSE_PREPARE_SOURCES);
    request->sources[request->n_sources++] = *word;
    return 0;
}

/* No output over another one, or over a source. */
static int check_outputs(const struct pulse_prepare_request *request, struct pulse_err *err)
{
    struct pulse_store_use uses[] = {{.what = "--output", .path = request->output},
                                     {.what = "--json", .path = request->json},
                                     {.what = "--html", .path = request->html},
                                     {.what = "a source", .read = true}};
    enum { N = sizeof uses / sizeof *uses };
    int status = 0;
    for (int64_t s = 0; status == 0 && s < request->n_sources; s++) {
        uses[N - 1].path = request->sources[s];
        status = pulse_store_refuse_shared(uses, N, err);
    }
    return status;
}

static int check_request(void *user, struct pulse_err *err)
{
    const struct pulse_prepare_request *request = user;
    if (request->n_sources == 0)
        return pulse_fail(err, PULSE_E_USAGE, "which SOURCE?");
    if (request->output == NULL)
        return pulse_fail(err, PULSE_E_USAGE, "--output FILE is missing: where the panel goes");
    if (pulse_format_of(request->output) == NULL)
        return pulse_format_refuse(request->output, err);
    if (request->start_day > request->end_day)
        return pulse_fail(err, PULSE_E_USAGE, "--start-date is after --end-date");
    for (int64_t s = 0; s < request->n_sources; s++)
        if (pulse_table_file_is(request->sources[s], request->output))
            return pulse_fail(err, PULSE_E_USAGE,
                              "%s is a source: name another file to write the panel to",
                              request->output);
    return check_outputs(request, err);
}

static int parse_request(struct pulse_prepare_request *request, struct pulse_prepare_gate *gates,
                         int argc, char **argv, struct pulse_err *err)
{
    const struct pulse_args args = {
        .program = argv[0],
        .usage = "SOURCE...",
        .doc = doc,
        .tables = {{option_table, request, NULL, 0},
                   {pulse_arguments_reading_args, &request->reading, NULL, 0}},
        .take_word = take_source,
        .check = check_request,
        .user = request};
    *request = (struct pulse_prepare_request){.days = "any",
                                              .start_day = PULSE_DAY_MIN,
                                              .end_day = PULSE_DAY_MAX,
                                              .as_of = pulse_today(),
                                              .jump = 10,
                                              .gates = gates,
                                              .reading = pulse_read_options_or_all(NULL)};
    return pulse_arguments_parse(&args, argc, argv, err);
}

/* ---- Preparing ---------------------------------------------------------------------- */

/* The last panel; NULL where there is none. PULSE_E_INPUT for one that was named and is not there.
 */
static int find_last(const struct pulse_prepare_request *request, const char **against,
                     struct pulse_err *err)
{
    struct pulse_object *object = NULL;
    *against = request->against == NULL ? request->output : request->against;
    if (request->against != NULL ? strcmp(request->against, "none") == 0
                                 : pulse_file_is_device(request->output))
        *against = NULL;
    if (*against == NULL || request->against != NULL)
        return 0;
    const int status = pulse_store_open_if_any(*against, &object, err);
    if (object == NULL)
        *against = NULL;
    pulse_store_close(object);
    return status;
}

static int judge_panel(const struct pulse_prepare_request *request,
                       const struct pulse_prepared *panel, struct pulse_quality *quality,
                       struct pulse_prepare_finding *findings, bool *met, struct pulse_err *err)
{
    const char *against;
    if (find_last(request, &against, err) != 0 ||
        pulse_quality_make(panel, request->jump, request->as_of, quality, err) != 0 ||
        (against != NULL &&
         pulse_revisions_find(against, request->start_day, request->end_day, quality, err) != 0))
        return -1;
    *met = true;
    for (int64_t g = 0; g < request->n_gates; g++) {
        if (pulse_prepare_gate_find(&request->gates[g], quality, &findings[g], err) != 0)
            return -1;
        *met = *met && !(findings[g].miss > 0);
    }
    return 0;
}

typedef int write_form(const struct pulse_prepare_view *view, FILE *out, struct pulse_err *err);

static int deliver_form(const struct pulse_prepare_view *view, write_form *write, const char *to,
                        struct pulse_err *err)
{
    struct pulse_store_text text;
    if (to == NULL || (view->request->dry_run && !pulse_store_is_output(to)))
        return 0;
    if (pulse_store_text_open(to, &text, err) != 0)
        return -1;
    return pulse_store_text_close(&text, write(view, text.out, err), err);
}

/* What is said first, the panel last: once it is there, all is. */
static int deliver_panel(const struct pulse_prepare_view *view, struct pulse_err *err)
{
    const struct pulse_prepare_request *request = view->request;
    if (!pulse_store_is_output(request->json))
        pulse_prepare_print(view, stdout);
    if (fflush(stdout) != 0)
        return pulse_fail_errno(err, errno, "writing to standard output");
    if (deliver_form(view, pulse_prepare_json, request->json, err) != 0 ||
        deliver_form(view, pulse_prepare_page, request->html, err) != 0)
        return -1;
    return view->met && !request->dry_run ? pulse_prepared_write(view->panel, request->output, err)
                                          : 0;
}

static void report_gates(const struct pulse_prepare_view *view)
{
    for (int64_t g = 0; g < view->request->n_gates; g++) {
        const struct pulse_prepare_finding *found = &view->findings[g];
        struct pulse_err line = {.kind = PULSE_OK};
        if (!(found->miss > 0))
            continue;
        (void)pulse_fail(&line, PULSE_E_INPUT, "gate not met: %s: it is %.6g%s%s%s, short by %.6g",
                         view->request->gates[g].text, found->value, found->of == NULL ? "" : " (",
                         found->of == NULL ? "" : found->of, found->of == NULL ? "" : ")",
                         found->miss);
        pulse_log_error(&line);
    }
}

/* Whether a file can be made where the panel goes: before anything is computed in vain. */
static int check_output(const struct pulse_prepare_request *request, struct pulse_err *err)
{
    return request->dry_run ? 0 : pulse_table_file_check(request->output, err);
}

static int prepare_panel(struct pulse_prepare_request *request, bool *met, struct pulse_err *err)
{
    struct pulse_prepared panel = {0};
    struct pulse_quality quality = {0};
    struct pulse_prepare_finding findings[PULSE_PREPARE_GATES];
    int status = check_output(request, err);
    if (status == 0)
        status = pulse_prepared_make(request, &panel, err);
    if (status == 0)
        status = judge_panel(request, &panel, &quality, findings, met, err);
    if (status == 0) {
        const struct pulse_prepare_view view = {request, &panel, &quality, findings, *met};
        status = deliver_panel(&view, err);
        if (status == 0)
            report_gates(&view);
    }
    pulse_quality_clear(&quality);
    pulse_prepared_clear(&panel);
    return status;
}

int pulse_command_prepare(int argc, char **argv)
{
    static struct pulse_prepare_request request;
    static struct pulse_prepare_gate gates[PULSE_PREPARE_GATES];
    struct pulse_err err = {0};
    bool met = false;
    if (parse_request(&request, gates, argc, argv, &err) == 0)
        (void)prepare_panel(&request, &met, &err);
    for (int64_t v = 0; v < request.n_variables; v++)
        free(request.variables[v]);
    free(request.variables);
    for (int64_t d = 0; d < request.n_derived; d++)
        pulse_derived_clear(&request.derived[d]);
    for (int64_t g = 0; g < request.n_gates; g++)
        pulse_prepare_gate_clear(&gates[g]);
    if (err.kind != PULSE_OK)
        pulse_log_error(&err);
    return err.kind != PULSE_OK ? pulse_exit_code(err.kind) : met ? 0 : PULSE_EXIT_INCOMPLETE;
}
