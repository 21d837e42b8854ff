#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/terminal.h"
#include "base/zone.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/frequency.h"
#include "cli/info_look.h"
#include "cli/panel_info.h"
#include "cli/rewrite.h"
#include "cli/suggest.h"
#include "data/common/columns.h"
#include "data/dataset.h"

struct options {
    struct pulse_arguments_file file;
    bool json;
};

/* ---- Telling -------------------------------------------------------------------- */

static double percent_missing(const struct pulse_info *info, const struct pulse_info_facts *facts)
{
    return info->rows == 0 ? 0.0
                           : 100.0 * (double)(info->rows - facts->observed) / (double)info->rows;
}

static const char *kind_of(const struct pulse_info_facts *facts)
{
    return facts->observed == 0
               ? NULL
               : pulse_kind_name(facts->fractions ? PULSE_KIND_DOUBLE : PULSE_KIND_INT);
}

/* In whose days the rows are counted, where the file says it. */
static const char *zone_of(const struct pulse_info *info)
{
    return info->clock != NULL ? pulse_zone_name(info->clock)
           : info->local       ? "each time in its own offset"
                               : NULL;
}

/* "values: reals; whole numbers in 1 variable (volume)". */
static void print_kinds(const struct pulse_info *info)
{
    char list[PULSE_COLUMNS_TEXT];
    struct pulse_err ignored;
    int64_t whole = 0, observed = 0;
    char **names = pulse_calloc(info->catalog.n, sizeof *names, "names", &ignored);
    for (int64_t v = 0; names != NULL && v < info->catalog.n; v++) {
        const char *kind = kind_of(&info->facts[v]);
        observed += kind != NULL;
        if (kind == pulse_kind_name(PULSE_KIND_INT))
            names[whole++] = info->catalog.entries[v].name;
    }
    if (observed > 0)
        (void)printf("values: %s",
                     pulse_kind_name(whole == observed ? PULSE_KIND_INT : PULSE_KIND_DOUBLE));
    if (whole > 0 && whole < observed) {
        (void)printf("; %s: ", pulse_kind_name(PULSE_KIND_INT));
        pulse_terminal_write(stdout, pulse_columns_list(names, whole, list), 0);
    }
    (void)fputs(observed > 0 ? "\n" : "", stdout);
    free(names);
}

/* What the columns that are left out hold, as far as that is known. */
static void print_left_out(const struct pulse_catalog *catalog)
{
    enum { MOST = 20 };
    const char *before = "they hold: ";
    for (int64_t i = 0; i < catalog->n_left_out && i < MOST; i++) {
        if (catalog->holds[i][0] == '\0')
            continue;
        (void)fputs(before, stdout);
        pulse_terminal_write(
            stdout, catalog->left_out[i][0] == '\0' ? "(no name)" : catalog->left_out[i], 0);
        (void)printf(" %s", catalog->holds[i]);
        before = ", ";
    }
    (void)fputs(before[0] == ',' ? "\n" : "", stdout);
}

static void print_table(const struct pulse_info *info, const char *data)
{
    int width = 8;
    for (int64_t v = 0; v < info->catalog.n; v++)
        width = pulse_terminal_widen(width, info->catalog.entries[v].name);
    pulse_terminal_write(stdout, data, 0);
    (void)printf(": %lld variable%s, %lld %s\n", (long long)info->catalog.n,
                 info->catalog.n == 1 ? "" : "s", (long long)info->rows,
                 info->catalog.wide ? "rows" : "days");
    (void)printf("%-*s %10s  %-10s  %-10s %10s %9s\n", width, "variable", "rows", "first", "last",
                 "missing", "missing %");
    for (int64_t v = 0; v < info->catalog.n; v++) {
        const struct pulse_info_facts *f = &info->facts[v];
        char first[PULSE_DATE_TEXT] = "-", last[PULSE_DATE_TEXT] = "-";
        if (f->observed > 0) {
            (void)pulse_format_day(pulse_day_of_ns(f->first_ns), first);
            (void)pulse_format_day(pulse_day_of_ns(f->last_ns), last);
        }
        pulse_terminal_write(stdout, info->catalog.entries[v].name, width);
        (void)printf(" %10lld  %-10s  %-10s %10lld %9.2f\n", (long long)f->observed, first, last,
                     (long long)(info->rows - f->observed), percent_missing(info, f));
    }
    char left_out[PULSE_ERR_TEXT], frequency[PULSE_FREQUENCY_TEXT];
    print_kinds(info);
    if (zone_of(info) != NULL)
        (void)printf("zone: %s\n", zone_of(info));
    if (pulse_frequency_name(info->days, info->n_days, frequency)[0] != '\0')
        (void)printf("dates: %s\n", frequency);
    if (info->repeated > 0)
        (void)printf("%lld row%s a date that another row has too; of those the last counts\n",
                     (long long)info->repeated, info->repeated == 1 ? " has" : "s have");
    if (pulse_catalog_left_out(&info->catalog, left_out)) {
        pulse_terminal_write(stdout, left_out, 0);
        (void)putchar('\n');
        print_left_out(&info->catalog);
    }
    if (info->catalog.note != NULL) {
        pulse_terminal_write(stdout, info->catalog.note, 0);
        (void)putchar('\n');
    }
}

static json_t *variable_json(const struct pulse_info *info, int64_t v)
{
    const struct pulse_info_facts *f = &info->facts[v];
    char first[PULSE_INSTANT_TEXT], last[PULSE_INSTANT_TEXT];
    json_t *when_first = json_null(), *when_last = json_null();
    if (f->observed > 0) {
        when_first = json_string(pulse_format_instant(f->first_ns, first));
        when_last = json_string(pulse_format_instant(f->last_ns, last));
    }
    return json_pack("{s:s, s:s?, s:I, s:o, s:o, s:I, s:f}", "name", info->catalog.entries[v].name,
                     "kind", kind_of(f), "rows", (json_int_t)f->observed, "first", when_first,
                     "last", when_last, "missing", (json_int_t)(info->rows - f->observed),
                     "missing_percent", percent_missing(info, f));
}

static int print_json(const struct pulse_info *info, const char *data, struct pulse_err *err)
{
    json_t *variables = json_array();
    int rc = 0;
    for (int64_t v = 0; rc == 0 && v < info->catalog.n; v++)
        rc = json_array_append_new(variables, variable_json(info, v));
    json_t *left_out = json_array(), *holds = json_array();
    for (int64_t i = 0; rc == 0 && i < info->catalog.n_left_out; i++) {
        rc = json_array_append_new(left_out, json_string(info->catalog.left_out[i]));
        rc |= json_array_append_new(holds, json_string(info->catalog.holds[i]));
    }
    char frequency[PULSE_FREQUENCY_TEXT];
    (void)pulse_frequency_name(info->days, info->n_days, frequency);
    json_t *root = json_pack("{s:s, s:b, s:I, s:o, s:o, s:o, s:s?, s:s?, s:s, s:I}", "path", data,
                             "wide", (int)info->catalog.wide, "rows", (json_int_t)info->rows,
                             "variables", variables, "left_out", left_out, "left_out_holds", holds,
                             "note", info->catalog.note, "zone", zone_of(info), "frequency",
                             frequency, "repeated_dates", (json_int_t)info->repeated);
    if (info->catalog.panel != NULL)
        rc |= json_object_set_new(root, "panel", pulse_panel_info_json(info->catalog.panel));
    if (rc == 0 && root != NULL)
        rc = json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    if (rc != 0 || root == NULL)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: a name in it is not UTF-8 and cannot be JSON",
                        data);
    else
        (void)putchar('\n');
    json_decref(root);
    return rc;
}

/* A unit that makes counts of something else (days of a spreadsheet, 202001) days of 1970 is none
 * to be advised. */
static int try_reading(const void *user, const struct pulse_read_options *reading,
                       struct pulse_err *err)
{
    enum { YEAR = 365 };
    struct pulse_info info;
    const struct options *options = user;
    int rc = pulse_info_look(options->file.uri, reading, &info, err);
    if (rc == 0 && reading->time_unit != options->file.reading.time_unit && info.n_days > 0 &&
        info.days[0] >= 0 && info.days[info.n_days - 1] < YEAR)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: all times in 1970", options->file.uri);
    pulse_info_clear(&info);
    return rc;
}

/* A name as a shell takes it: in single quotes, in which nothing has a meaning but themselves. */
static void put_word(const char *name)
{
    char escaped[4096];
    const char *at = pulse_terminal_escape(name, escaped, sizeof escaped);
    const bool plain = strpbrk(at, " '\"`$&();<>|*?#~![]{}\\") == NULL;
    (void)fputs(plain ? "" : "'", stdout);
    for (; *at != '\0'; at++)
        if (*at == '\'')
            (void)fputs("'\\''", stdout);
        else
            (void)fputc(*at, stdout);
    (void)fputs(plain ? "" : "'", stdout);
}

/* The command that makes a file which can be read, where another program must do that. */
static void suggest_rewriting(const struct pulse_arguments_file *file, const struct pulse_err *err)
{
    char command[PULSE_REWRITE_TEXT];
    pulse_rewrite_command(file->uri, &file->reading, err, command);
    if (command[0] == '\0')
        return;
    (void)fputs("this writes what can be read, if it means that: ", stdout);
    pulse_terminal_write(stdout, command, 0);
    (void)putchar('\n');
}

static void print_command(const struct options *options, const char *text)
{
    if (text[0] == '\0')
        return;
    (void)fputs("this reads it, if it means that: pulse-data info ", stdout);
    put_word(options->file.uri);
    pulse_terminal_write(stdout, text, 0);
    (void)putchar('\n');
}

/* The commands that read what could not be read, if any is found. */
static void suggest_command(const struct options *options, const struct pulse_err *err)
{
    char text[PULSE_SUGGEST_TEXT] = "", fraction[PULSE_SUGGEST_TEXT] = "";
    if (options->json || err->kind != PULSE_E_INPUT)
        return;
    pulse_suggest_options(&options->file.reading, err, try_reading, options, text);
    pulse_suggest_fraction(&options->file.reading, err, try_reading, options, fraction);
    if (text[0] == '\0' && fraction[0] == '\0')
        suggest_rewriting(&options->file, err);
    print_command(options, text);
    if (strcmp(text, fraction) != 0)
        print_command(options, fraction);
}

static int print_info(const struct options *options, struct pulse_err *err)
{
    struct pulse_info info;
    int rc = pulse_info_look(options->file.uri, &options->file.reading, &info, err);
    if (rc != 0)
        suggest_command(options, err);
    if (rc == 0 && info.untimed > 0)
        pulse_warn(PULSE_UNTIMED_WARNING, options->file.uri, (long long)info.untimed);
    if (rc == 0 && info.beside > 0)
        pulse_warn(PULSE_BESIDE_WARNING, options->file.uri, (long long)info.beside);
    const char *zone = pulse_midnights_zone(info.midnights);
    if (rc == 0 && zone != NULL)
        pulse_warn(PULSE_MIDNIGHTS_WARNING, options->file.uri, zone, zone);
    if (rc == 0 && options->json)
        rc = print_json(&info, options->file.uri, err);
    else if (rc == 0)
        print_table(&info, options->file.uri);
    if (rc == 0 && !options->json && info.catalog.panel != NULL)
        rc = pulse_panel_info_print(info.catalog.panel, err);
    if (rc == 0 && fflush(stdout) != 0)
        rc = pulse_fail(err, PULSE_E_STORAGE, "writing the table: the output was closed or full");
    pulse_info_clear(&info);
    return rc;
}

/* ---- Command line --------------------------------------------------------------- */

static const struct pulse_arg option_table[] = {{"json", 'j', NULL, "Print JSON instead of a table",
                                                 pulse_arg_read_flag,
                                                 .at = offsetof(struct options, json)},
                                                {0}};

static const char doc[] =
    "List the variables of a dataset: rows, first and last date, what is missing."
    "\v"
    "For a wide file `missing' counts its rows without a value; for a directory it counts the days "
    "on which some variable was observed and this one was not.\n"
    "\n"
    "Examples:\n"
    "  pulse-data info panel.csv\n"
    "  pulse-data info datasets/ --json | jq '.variables[].name'\n";

int pulse_command_info(int argc, char **argv)
{
    struct options options = {.json = false};
    const struct pulse_args args = {.program = argv[0],
                                    .usage = "FILE|DIR",
                                    .doc = doc,
                                    .tables = {{option_table, &options, NULL, 0}}};
    struct pulse_err err = {0};
    if (pulse_arguments_parse_file(&args, &options.file, argc, argv, &err) == 0 &&
        print_info(&options, &err) == 0)
        return 0;
    pulse_log_error(&err);
    return pulse_exit_code(err.kind);
}
