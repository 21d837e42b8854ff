#include "prepare/panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/spelling.h"
#include "data/common/columns.h"

/* ---- Names -------------------------------------------------------------------------- */

/* Whether a source has a variable that --variables leaves out. */
static bool is_left_out(const struct pulse_sources *sources, const char *name)
{
    bool found = false;
    for (int64_t s = 0; s < sources->n; s++)
        for (int64_t v = 0; v < sources->all[s].catalog.n; v++)
            found = found || strcmp(sources->all[s].catalog.entries[v].name, name) == 0;
    return found;
}

/* The name that is nearly the one that was written; NULL where none is. */
static const char *find_nearest(char *const *names, int64_t n, const char *name)
{
    const char *nearest = NULL;
    int least = (int)(strlen(name) + 1) / 2; /* of "c" no name is a misspelling */
    for (int64_t k = 0; k < n; k++) {
        const int distance =
            strcasecmp(names[k], name) == 0 ? 0 : pulse_spelling_distance(names[k], name);
        if (distance < least) {
            least = distance;
            nearest = names[k];
        }
    }
    return nearest;
}

/* Derived variable `d` needs one that there is not when its turn comes. */
static int fail_unknown(const struct pulse_prepare_request *request,
                        const struct pulse_prepared *out, int64_t d, const char *name,
                        struct pulse_err *err)
{
    const struct pulse_derived *derived = &request->derived[d];
    char list[PULSE_COLUMNS_TEXT];
    if (strcmp(derived->name, name) == 0)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--derive %s: '%s' is made of itself; of a variable of a source make one "
                          "by another name",
                          derived->text, name);
    for (int64_t k = d + 1; k < request->n_derived; k++)
        if (strcmp(request->derived[k].name, name) == 0)
            return pulse_fail(err, PULSE_E_USAGE,
                              pulse_derived_needs(&request->derived[k], derived->name)
                                  ? "--derive %s: '%s' is made of '%s' in turn"
                                  : "--derive %s: '%s' is derived after '%s'; put its --derive "
                                    "before this one",
                              derived->text, name, derived->name);
    if (is_left_out(&out->sources, name))
        return pulse_fail(err, PULSE_E_USAGE,
                          "--derive %s: '%s' is not among --variables; add it there", derived->text,
                          name);
    const char *nearest = find_nearest(out->names, out->n, name);
    if (nearest != NULL)
        return pulse_fail(err, PULSE_E_USAGE,
                          "--derive %s: no source has the variable '%s'; is '%s' meant?",
                          derived->text, name, nearest);
    return pulse_fail(err, PULSE_E_USAGE,
                      "--derive %s: no source has the variable '%s' (variables: %s)", derived->text,
                      name, pulse_columns_list(out->names, out->n, list));
}

/* Derived variables take those before them, and have names of their own. */
static int add_derived(struct pulse_prepare_request *request, struct pulse_prepared *out,
                       struct pulse_err *err)
{
    for (int64_t d = 0; d < request->n_derived; d++) {
        struct pulse_derived *derived = &request->derived[d];
        for (int64_t v = 0; v < out->n; v++)
            if (strcmp(out->names[v], derived->name) == 0)
                return pulse_fail(
                    err, PULSE_E_USAGE,
                    "--derive %s: there is a variable '%s' already; name it otherwise",
                    derived->text, derived->name);
        const char *unknown = pulse_derived_bind(derived, out->names, out->n);
        if (unknown != NULL)
            return fail_unknown(request, out, d, unknown, err);
        out->source[out->n] = -1;
        out->names[out->n++] = derived->name;
    }
    return 0;
}

static int check_names(const struct pulse_prepared *out, struct pulse_err *err)
{
    for (int64_t v = 0; v < out->n; v++)
        if (strcmp(out->names[v], "date") == 0)
            return pulse_fail(err, PULSE_E_USAGE,
                              "a variable is called 'date', as the panel's column of dates is; "
                              "leave it out by --variables, or derive it by another name");
    return 0;
}

static int name_columns(struct pulse_prepare_request *request, struct pulse_prepared *out,
                        struct pulse_err *err)
{
    const struct pulse_sources *sources = &out->sources;
    const int64_t n = sources->n_variables + request->n_derived;
    out->names = pulse_calloc(n, sizeof *out->names, "the names", err);
    out->source = pulse_calloc(n, sizeof *out->source, "the variables", err);
    out->duplicates = pulse_calloc(n, sizeof *out->duplicates, "the variables", err);
    if (out->names == NULL || out->source == NULL || out->duplicates == NULL)
        return -1;
    for (int64_t s = sources->n - 1; s >= 0; s--)
        for (int64_t v = 0; v < sources->all[s].catalog.n; v++)
            if (sources->all[s].column[v] >= 0)
                out->source[sources->all[s].column[v]] = s;
    for (out->n = 0; out->n < sources->n_variables; out->n++)
        out->names[out->n] = sources->names[out->n];
    return add_derived(request, out, err) == 0 ? check_names(out, err) : -1;
}

/* ---- Values ------------------------------------------------------------------------- */

struct filling {
    const struct pulse_prepare_request *request;
    struct pulse_prepared *out;
    int64_t source;
    double bytes, done; /* of all sources; of those that are read */
    struct pulse_progress progress;
};

static void watch_source(void *user, double share)
{
    struct filling *filling = user;
    const double bytes = (double)filling->out->sources.all[filling->source].bytes;
    pulse_progress_at(&filling->progress,
                      filling->bytes > 0 ? (filling->done + share * bytes) / filling->bytes : 1);
}

static int put_value(void *user, int64_t column, int64_t day, double value, struct pulse_err *err)
{
    const struct filling *filling = user;
    const struct pulse_prepare_request *request = filling->request;
    if (day < request->start_day || day > request->end_day)
        return 0;
    double *row = pulse_sheet_row(&filling->out->sheet, day, err);
    if (row == NULL)
        return -1;
    filling->out->sources.all[filling->source].values++;
    const bool taken = !isnan(row[column]);
    filling->out->duplicates[column] += taken && row[column] != value;
    if (!taken || request->duplicates == PULSE_DUPLICATES_LAST)
        row[column] = value;
    return 0;
}

static int fill_sheet(const struct pulse_prepare_request *request, struct pulse_prepared *out,
                      struct pulse_err *err)
{
    struct filling filling = {.request = request, .out = out};
    int status = 0;
    for (int64_t s = 0; s < out->sources.n; s++)
        filling.bytes += (double)out->sources.all[s].bytes;
    pulse_progress_begin(&filling.progress, "reading", false);
    for (; status == 0 && filling.source < out->sources.n; filling.source++) {
        struct pulse_source *source = &out->sources.all[filling.source];
        status = pulse_source_read(source, put_value, &filling, watch_source, err);
        filling.done += (double)source->bytes;
    }
    pulse_progress_end(&filling.progress);
    return status;
}

/* ---- Days --------------------------------------------------------------------------- */

/* The column that --days names; -1: it is a word. */
static int find_days(const struct pulse_prepare_request *request, const struct pulse_prepared *out,
                     int64_t *column, struct pulse_err *err)
{
    static const char *const words[] = {"any", "weekdays", "all"};
    *column = -1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(request->days, words[i]) == 0)
            return 0;
    for (int64_t v = 0; v < out->sources.n_variables; v++)
        if (strcmp(request->days, out->names[v]) == 0)
            *column = v;
    return *column >= 0 ? 0
                        : pulse_fail(err, PULSE_E_USAGE,
                                     "--days %s: expected any, weekdays, all or the name of a "
                                     "variable",
                                     request->days);
}

static bool keeps_day(const char *days, int64_t column, const struct pulse_prepared *out, int64_t t)
{
    const int weekday = pulse_weekday(out->sheet.day[t]);
    bool all = true;
    if (column >= 0)
        return !isnan(out->sheet.row[t][column]);
    if (strcmp(days, "weekdays") == 0)
        return weekday != 0 && weekday != 6;
    for (int64_t v = 0; strcmp(days, "all") == 0 && all && v < out->sources.n_variables; v++)
        all = !isnan(out->sheet.row[t][v]);
    return all;
}

static int choose_days(const struct pulse_prepare_request *request, struct pulse_prepared *out,
                       struct pulse_err *err)
{
    struct pulse_sheet *sheet = &out->sheet;
    const int64_t found = sheet->n;
    int64_t column;
    if (find_days(request, out, &column, err) != 0 || pulse_sheet_sort(sheet, err) != 0)
        return -1;
    if (pulse_epoch_check_mixed(out->sources.n > 1 ? "the sources" : out->sources.all[0].uri,
                                request->reading.time_unit, sheet->day, found, err) != 0)
        return -1;
    sheet->n = 0;
    for (int64_t t = 0; t < found; t++)
        if (keeps_day(request->days, column, out, t)) {
            sheet->day[sheet->n] = sheet->day[t];
            sheet->row[sheet->n++] = sheet->row[t];
        }
    out->left_out_days = found - sheet->n;
    if (sheet->n == 0)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s%s: nothing is observed in the period%s; pulse-data info %s shows what "
            "there is",
            out->sources.all[0].uri, out->sources.n > 1 ? " and the others" : "",
            found > 0 ? " on days that --days keeps" : "", out->sources.all[0].uri);
    if (out->left_out_days > 0)
        pulse_warn("--days %s: %lld days that have values are left out", request->days,
                   (long long)out->left_out_days);
    return 0;
}

/* Results that are no numbers are missing, and so are those without all that they need. */
static void warn_of_derived(const struct pulse_derived *derived)
{
    char day[PULSE_DATE_TEXT];
    if (derived->lost > 0)
        pulse_warn("--derive %s: %lld value%s not finite and left out, from %s on: a division by "
                   "0, or ln or sqrt of what has none",
                   derived->text, (long long)derived->lost, derived->lost == 1 ? " is" : "s are",
                   pulse_format_day(derived->first_lost, day));
    else if (derived->values == 0)
        pulse_warn("--derive %s: no value, as on no day all its variables have one", derived->text);
}

/* Row by row, as the sheet may be larger than memory. */
static void derive_values(struct pulse_prepare_request *request, struct pulse_prepared *out)
{
    for (int64_t t = 0; t < out->sheet.n; t++)
        for (int64_t d = 0; d < request->n_derived; d++) {
            struct pulse_derived *derived = &request->derived[d];
            double *row = out->sheet.row[t];
            const double value = pulse_derived_value(derived, row);
            row[out->sources.n_variables + d] = value;
            derived->values += !isnan(value);
            if (isnan(value) && pulse_derived_has_all(derived, row) && derived->lost++ == 0)
                derived->first_lost = out->sheet.day[t];
        }
    for (int64_t d = 0; d < request->n_derived; d++)
        warn_of_derived(&request->derived[d]);
}

/* ---- The whole ---------------------------------------------------------------------- */

static void warn_of_duplicates(const struct pulse_prepare_request *request,
                               const struct pulse_prepared *out)
{
    int64_t values = 0, variables = 0, first = -1;
    for (int64_t v = 0; v < out->n; v++) {
        values += out->duplicates[v];
        variables += out->duplicates[v] > 0;
        first = first < 0 && out->duplicates[v] > 0 ? v : first;
    }
    if (first >= 0)
        pulse_warn(
            "%lld values of %lld variables (%s ...) differ from another one of the same day; "
            "the %s counts",
            (long long)values, (long long)variables, out->names[first],
            request->duplicates == PULSE_DUPLICATES_LAST ? "last" : "first");
}

int pulse_prepared_make(struct pulse_prepare_request *request, struct pulse_prepared *out,
                        struct pulse_err *err)
{
    if (pulse_sources_open(request, &out->sources, err) != 0 ||
        name_columns(request, out, err) != 0 || pulse_sheet_init(&out->sheet, out->n, err) != 0 ||
        fill_sheet(request, out, err) != 0 || choose_days(request, out, err) != 0)
        return -1;
    derive_values(request, out);
    warn_of_duplicates(request, out);
    return 0;
}

void pulse_prepared_clear(struct pulse_prepared *prepared)
{
    pulse_sheet_clear(&prepared->sheet);
    pulse_sources_clear(&prepared->sources);
    free(prepared->names);
    free(prepared->source);
    free(prepared->duplicates);
    *prepared = (struct pulse_prepared){0};
}
