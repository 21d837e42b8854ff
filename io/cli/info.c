#include <jansson.h>
#include <math.h>
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
#include "cli/panel_info.h"
#include "cli/rewrite.h"
#include "cli/suggest.h"
#include "cli/wide_reader.h"
#include "data/common/columns.h"
#include "data/dataset.h"

struct options {
    struct pulse_arguments_file file;
    bool json;
};

/* What is printed of one variable. */
struct facts {
    int64_t observed; /* rows of a wide file, distinct days of a long dataset */
    int64_t first_ns;
    int64_t last_ns;
    bool fractions; /* a value is no whole number */
};

struct info {
    struct pulse_read_options reading;
    struct pulse_catalog catalog;
    struct facts *facts; /* one per catalog entry */
    int64_t rows;        /* of a wide file; days on which any long dataset is observed */
    int64_t untimed;     /* rows whose time stands for none */
    int64_t beside;      /* columns of files of one variable that are not read */
    int64_t *days; /* of the rows (while they are read: their times), sorted and distinct at the
                      end */
    int64_t n_days, cap_days;
    int64_t repeated;               /* rows of a wide file whose day another row has too */
    uint32_t midnights;             /* zones at whose midnights all times of a wide file lie */
    bool local;                     /* the times of a wide file are what clocks show, … */
    const struct pulse_zone *clock; /* … of this zone; NULL: none, or of several offsets */
};

static void add_value(struct facts *facts, int64_t time_ns, double value)
{
    facts->fractions = facts->fractions || value != floor(value);
    if (facts->observed == 0 || time_ns < facts->first_ns)
        facts->first_ns = time_ns;
    if (facts->observed == 0 || time_ns > facts->last_ns)
        facts->last_ns = time_ns;
    facts->observed++;
}

static int compare_days(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t sort_distinct(int64_t *days, int64_t n)
{
    int64_t kept = 0;
    bool sorted = true;
    for (int64_t i = 1; sorted && i < n; i++)
        sorted = days[i - 1] <= days[i];
    if (!sorted)
        qsort(days, (size_t)n, sizeof *days, compare_days);
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || days[i] != days[kept - 1])
            days[kept++] = days[i];
    return kept;
}

static int add_times(struct info *info, const struct pulse_block *block, struct pulse_err *err)
{
    if (pulse_grow(&info->days, &info->cap_days, info->n_days + block->rows, sizeof *info->days,
                   "days", err) != 0)
        return -1;
    for (int64_t i = 0; i < block->rows; i++)
        info->days[info->n_days++] = block->time_ns[i];
    return 0;
}

/* The times of all rows become their days. */
static int count_days(struct info *info, const char *const *names, struct pulse_err *err)
{
    bool repeat;
    int rc = pulse_times_repeat(info->days, info->n_days, &repeat, err);
    if (rc == 0 && repeat)
        rc = pulse_wide_check_repeats(info->catalog.entries[0].uri, &info->reading, names,
                                      info->catalog.n, err);
    for (int64_t i = 0; i < info->n_days; i++)
        info->days[i] = pulse_day_of_ns(info->days[i]);
    info->repeated = info->n_days;
    info->n_days = sort_distinct(info->days, info->n_days);
    info->repeated -= info->n_days;
    return rc;
}

static void take_clock(struct info *info, const struct pulse_block *block)
{
    info->midnights &= block->midnights;
    info->local = info->local || block->local;
    if (block->rows > 0)
        info->clock = block->clock;
}

static int look_at_wide(struct info *info, struct pulse_err *err)
{
    enum { BLOCK_BYTES = 32 << 20 };
    const struct pulse_catalog *catalog = &info->catalog;
    struct pulse_wide_reader reader;
    struct pulse_block block = {0};
    int64_t bytes = 0;
    bool more = true;
    const char **names = pulse_calloc(catalog->n, sizeof *names, "variable names", err);
    int rc = names == NULL ? -1 : 0;
    for (int64_t v = 0; rc == 0 && v < catalog->n; v++) {
        names[v] = catalog->entries[v].name;
        bytes += catalog->entries[v].bytes;
    }
    pulse_wide_reader_init(&reader, catalog->entries[0].uri, &info->reading, bytes, BLOCK_BYTES);
    while (rc == 0 && more) {
        rc = pulse_wide_reader_next(&reader, names, catalog->n, &block, &more, err);
        info->rows += block.rows;
        info->untimed += block.untimed;
        if (more)
            take_clock(info, &block);
        for (int64_t v = 0; v < block.columns; v++)
            for (int64_t i = 0; i < block.rows; i++)
                if (!isnan(block.values[v * block.rows + i]))
                    add_value(&info->facts[v], block.time_ns[i], block.values[v * block.rows + i]);
        if (rc == 0)
            rc = add_times(info, &block, err);
        pulse_block_clear(&block);
    }
    if (rc == 0)
        rc = count_days(info, names, err);
    free(names);
    return rc;
}

/* The days of one series: into its facts, and after those of the others. */
static int look_at_series(struct info *info, int64_t v, struct pulse_err *err)
{
    const struct pulse_catalog_entry *entry = &info->catalog.entries[v];
    struct facts *facts = &info->facts[v];
    struct pulse_series series;
    int64_t bytes = 0;
    if (pulse_series_read(entry->uri, entry->name, &info->reading, &series, &bytes, err) != 0)
        return -1;
    int rc = pulse_grow(&info->days, &info->cap_days, info->n_days + series.n, sizeof *info->days,
                        "days", err);
    if (rc == 0) {
        int64_t *days = info->days + info->n_days;
        for (int64_t i = 0; i < series.n; i++) {
            days[i] = pulse_day_of_ns(series.time_ns[i]);
            add_value(facts, series.time_ns[i], series.value[i]);
        }
        facts->observed = sort_distinct(days, series.n);
        info->n_days += facts->observed;
        info->untimed += series.untimed;
        info->beside += series.beside;
        const char *zone = pulse_midnights_zone(series.midnights);
        if (zone != NULL)
            pulse_warn(PULSE_MIDNIGHTS_WARNING, entry->name, zone, zone);
    }
    pulse_series_clear(&series);
    return rc;
}

static int look_at_long(struct info *info, struct pulse_err *err)
{
    enum { FEW_DAYS = 1 << 20 }; /* until the union is made smaller again */
    int rc = 0;
    for (int64_t v = 0; rc == 0 && v < info->catalog.n; v++) {
        rc = look_at_series(info, v, err);
        if (info->n_days > FEW_DAYS)
            info->n_days = sort_distinct(info->days, info->n_days);
    }
    info->rows = info->n_days = sort_distinct(info->days, info->n_days);
    return rc;
}

/* ---- Telling -------------------------------------------------------------------- */

static double percent_missing(const struct info *info, const struct facts *facts)
{
    return info->rows == 0 ? 0.0
                           : 100.0 * (double)(info->rows - facts->observed) / (double)info->rows;
}

static const char *kind_of(const struct facts *facts)
{
    return facts->observed == 0
               ? NULL
               : pulse_kind_name(facts->fractions ? PULSE_KIND_DOUBLE : PULSE_KIND_INT);
}

/* In whose days the rows are counted, where the file says it. */
static const char *zone_of(const struct info *info)
{
    return info->clock != NULL ? pulse_zone_name(info->clock)
           : info->local       ? "each time in its own offset"
                               : NULL;
}

/* "values: reals; whole numbers in 1 variable (volume)". */
static void print_kinds(const struct info *info)
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

static void print_table(const struct info *info, const char *data)
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
        const struct facts *f = &info->facts[v];
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

static json_t *variable_json(const struct info *info, int64_t v)
{
    const struct facts *f = &info->facts[v];
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

static int print_json(const struct info *info, const char *data, struct pulse_err *err)
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

static void clear_info(struct info *info)
{
    free(info->facts);
    free(info->days);
    pulse_catalog_clear(&info->catalog);
}

/* Reads all of it; clear in any case. */
static int look_at_all(const char *uri, const struct pulse_read_options *reading, struct info *info,
                       struct pulse_err *err)
{
    *info = (struct info){.midnights = PULSE_MIDNIGHTS_ANY};
    if (pulse_catalog_open(uri, reading, &info->catalog, err) != 0)
        return -1;
    info->reading = pulse_catalog_reading(&info->catalog, reading);
    info->facts = pulse_calloc(info->catalog.n, sizeof *info->facts, "facts", err);
    if (info->facts == NULL)
        return -1;
    const int rc = info->catalog.wide ? look_at_wide(info, err) : look_at_long(info, err);
    return rc != 0
               ? rc
               : pulse_epoch_check_mixed(uri, reading->time_unit, info->days, info->n_days, err);
}

/* A unit that makes counts of something else (days of a spreadsheet, 202001) days of 1970 is none
 * to be advised. */
static int try_reading(const void *user, const struct pulse_read_options *reading,
                       struct pulse_err *err)
{
    enum { YEAR = 365 };
    struct info info;
    const struct options *options = user;
    int rc = look_at_all(options->file.uri, reading, &info, err);
    if (rc == 0 && reading->time_unit != options->file.reading.time_unit && info.n_days > 0 &&
        info.days[0] >= 0 && info.days[info.n_days - 1] < YEAR)
        rc = pulse_fail(err, PULSE_E_INPUT, "%s: all times in 1970", options->file.uri);
    clear_info(&info);
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
    struct info info;
    int rc = look_at_all(options->file.uri, &options->file.reading, &info, err);
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
    clear_info(&info);
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
