#include "data/long_columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/date_form.h"

/* ---- Names ----------------------------------------------------------------------- */

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcasecmp(name, *names) == 0)
            return true;
    return false;
}

bool pulse_is_id_name(const char *name, bool integers)
{
    static const char *const sure[] = {
        "unique_id", "id",         "ticker",     "tickers",   "symbol",      "permno",
        "permco",    "gvkey",      "cusip",      "isin",      "sedol",       "figi",
        "ric",       "cik",        "sid",        "secid",     "security_id", "asset_id",
        "symbol_id", "stock_id",   "series_id",  "item_id",   "entity_id",   "instrument_id",
        "ts_id",     "store_id",   "product_id", "sensor_id", "station_id",  "device_id",
        "fund_id",   "country_id", NULL};
    static const char *const labels[] = {
        "asset",  "security", "instrument", "series",  "entity",  "item",  "variable",
        "tic",    "stock",    "coin",       "country", "iso",     "iso3",  "geo",
        "region", "currency", "code",       "name",    "product", "store", "station",
        "sensor", "ref_area", "indicator",  NULL};
    return is_among(name, sure) || (!integers && is_among(name, labels));
}

static int fail_no_column(const char *where, char *const *names, int64_t n, const char *name,
                          size_t length, const char *option, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT] = "";
    (void)pulse_columns_list(names, n, list);
    return pulse_fail(err, PULSE_E_INPUT, "%s: no column '%.*s' (columns: %s); see %s", where,
                      (int)(length < PULSE_TEXT_SHOWN ? length : PULSE_TEXT_SHOWN), name, list,
                      option);
}

/* ---- Kinds ----------------------------------------------------------------------- */

/* What pandas calls an index without a name, here and in files that it wrote. */
static bool is_unnamed_index(const struct pulse_table_column *column)
{
    static const char *const names[] = {"", "index", "Unnamed: 0", "level_0", NULL};
    return is_among(column->name, names) || strncmp(column->name, "__index_level_", 14) == 0;
}

/* Integers that count a frame's rows are not among its data. */
static bool is_row_count(const struct pulse_table_column *columns, int64_t n, int64_t c)
{
    int64_t levels = 0;
    for (int64_t i = 0; i < n; i++)
        levels += columns[i].index;
    return levels <= 1 && is_unnamed_index(&columns[c]) && pulse_kind_is_integer(columns[c].kind);
}

static bool holds_numbers(const struct pulse_table_column *column,
                          const struct pulse_text_column *look)
{
    return pulse_kind_is_integer(column->kind) || pulse_kind_is_real(column->kind) ||
           (column->kind == PULSE_KIND_TEXT &&
            (pulse_text_column_is_numeric(look) || look->look == PULSE_LOOK_NOTHING));
}

/* Whether a column could say what a row is of. */
static bool could_be_id(const struct pulse_table_column *columns,
                        const struct pulse_text_column *looks, int64_t n, int64_t c)
{
    const struct pulse_table_column *column = &columns[c];
    const struct pulse_text text = {looks[c].text, strlen(looks[c].text)};
    if (column->kind == PULSE_KIND_TEXT)
        return (looks[c].look == PULSE_LOOK_TEXT && !pulse_date_form_fits(text) &&
                !pulse_is_clock(text)) ||
               pulse_is_id_name(column->name, false);
    return column->lettered ||
           (pulse_kind_is_integer(column->kind) && !is_row_count(columns, n, c));
}

/* Whether it does by itself: text that is no number, integers of a known name, a level of pandas'
 * rows. */
static bool is_label(const struct pulse_table_column *columns,
                     const struct pulse_text_column *looks, int64_t n, int64_t c)
{
    const struct pulse_table_column *column = &columns[c];
    return could_be_id(columns, looks, n, c) && !column->lettered &&
           (column->kind == PULSE_KIND_TEXT || column->index ||
            pulse_is_id_name(column->name, true));
}

int64_t pulse_long_columns_ids(const struct pulse_table_column *columns,
                               const struct pulse_text_column *looks, int64_t n, int64_t time,
                               bool labels, int64_t *column)
{
    int64_t found = 0, numbers = 0;
    for (int64_t c = 0; c < n; c++)
        numbers += c != time && holds_numbers(&columns[c], &looks[c]);
    for (int64_t c = 0; c < n; c++)
        if (c != time && (labels || numbers > 1 || !holds_numbers(&columns[c], &looks[c])) &&
            (labels ? is_label(columns, looks, n, c) : could_be_id(columns, looks, n, c)))
            column[found++] = c;
    return found;
}

const char *pulse_long_columns_clock(const struct pulse_table_column *columns,
                                     const struct pulse_text_column *looks, int64_t n)
{
    const char *name = NULL;
    for (int64_t c = 0; c < n && name == NULL; c++)
        if (columns[c].kind == PULSE_KIND_TEXT && looks[c].look == PULSE_LOOK_TEXT &&
            pulse_is_clock((struct pulse_text){looks[c].text, strlen(looks[c].text)}))
            name = columns[c].name;
    return name;
}

/* ---- Choosing -------------------------------------------------------------------- */

/* Called like a time; or else the only one of instants, or of text that looks like them. */
static int find_time(const char *where, const struct pulse_table_column *columns,
                     char *const *names, const struct pulse_text_column *looks, int64_t n,
                     const char *said, int64_t *time, struct pulse_err *err)
{
    int rc = pulse_columns_choose_time(where, names, n, said, time, err);
    const int64_t year = pulse_columns_find_year(names, n);
    for (int pass = 0; rc == 0 && *time < 0 && pass < 2; pass++) {
        int64_t found = 0;
        for (int64_t c = 0; c < n; c++)
            if (pass == 0
                    ? columns[c].kind == PULSE_KIND_TIME
                    : columns[c].kind == PULSE_KIND_TEXT && looks[c].look == PULSE_LOOK_INSTANT) {
                *time = c;
                found++;
            }
        if (found > 1)
            *time = -1;
    }
    if (rc == 0 && *time < 0) {
        *time = year;
        if (pulse_months_across(where, names, n, year, err))
            rc = -1;
    }
    return rc;
}

/* Marks what is an attribute of OBS_VALUE in a file of SDMX. */
static int find_attributes(const struct pulse_table_column *columns, int64_t n, bool *attribute,
                           struct pulse_err *err)
{
    char **names = pulse_calloc(n, sizeof *names, "column names", err);
    if (names == NULL)
        return -1;
    for (int64_t c = 0; c < n; c++)
        names[c] = columns[c].name;
    const int64_t observation = pulse_columns_find_observation(names, n);
    for (int64_t c = 0; c < n; c++)
        attribute[c] = pulse_columns_is_attribute(names, n, observation, c);
    free(names);
    return 0;
}

/* The only label; of several the only one that is called like one. */
static void find_id(const struct pulse_table_column *columns, const struct pulse_text_column *looks,
                    int64_t n, struct pulse_long_columns *out)
{
    int64_t any = 0, named = 0, last = -1, last_named = -1;
    for (int64_t c = 0; c < n; c++) {
        if (c == out->time || !is_label(columns, looks, n, c))
            continue;
        last = c;
        any++;
        if (pulse_is_id_name(columns[c].name, pulse_kind_is_integer(columns[c].kind))) {
            last_named = c;
            named++;
        }
    }
    out->id_by_name = named == 1;
    out->id = named == 1 ? last_named : any == 1 ? last : -1;
    out->n_ids = out->id >= 0;
    out->ids[0] = out->id;
}

static bool is_id(const struct pulse_long_columns *chosen, int64_t column)
{
    bool is = false;
    for (int64_t i = 0; i < chosen->n_ids; i++)
        is = is || chosen->ids[i] == column;
    return is;
}

/* All columns of numbers that are not said to be something else. */
static int take_all_values(const struct pulse_table_column *columns,
                           const struct pulse_text_column *looks, int64_t n,
                           struct pulse_long_columns *out, struct pulse_err *err)
{
    int64_t count = -1;
    bool *attribute = pulse_calloc(n, sizeof *attribute, "columns", err);
    const int status = attribute == NULL ? -1 : find_attributes(columns, n, attribute, err);
    for (int64_t c = 0; status == 0 && c < n; c++) {
        const bool numbers = holds_numbers(&columns[c], &looks[c]);
        if (c == out->time || is_id(out, c))
            continue;
        out->attributes += numbers && attribute[c];
        if (!numbers || attribute[c])
            out->left_out[out->n_left_out++] = c;
        else if (is_row_count(columns, n, c))
            count = c;
        else if (columns[c].name[0] != '\0')
            out->values[out->n_values++] = c;
    }
    if (status == 0 && out->n_values == 0 && count >= 0 && columns[count].name[0] != '\0')
        out->values[out->n_values++] = count; /* it is all that there is */
    free(attribute);
    return status;
}

/* --id: one column, or several between commas; the name of a column may have commas itself. */
static int take_said_ids(const char *where, const struct pulse_table_column *columns,
                         char *const *names, int64_t n, const char *said,
                         struct pulse_long_columns *out, struct pulse_err *err)
{
    const char *name;
    size_t length;
    while (said != NULL && (*said != '\0' || out->n_ids == 0)) {
        const int64_t c = pulse_columns_take_said(names, n, &said, &name, &length);
        if (c < 0)
            return fail_no_column(where, names, n, name, length, "--id", err);
        const enum pulse_kind_of_column kind = columns[c].kind;
        if (c == out->time || kind == PULSE_KIND_TIME || kind == PULSE_KIND_BOOL)
            return pulse_fail(
                err, PULSE_E_INPUT, "%s: column '%s' holds %s and cannot be the id; see --id",
                where, columns[c].name, kind == PULSE_KIND_BOOL ? "true and false" : "times");
        if (is_id(out, c))
            return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s' is named twice; see --id", where,
                              columns[c].name);
        out->ids[out->n_ids++] = c;
    }
    out->id = out->ids[0];
    return 0;
}

/* --value: every name must be a column of numbers. */
static int take_said_values(const char *where, const struct pulse_table_column *columns,
                            const struct pulse_text_column *looks, char *const *names, int64_t n,
                            const char *said, struct pulse_long_columns *out, struct pulse_err *err)
{
    const char *name;
    size_t length;
    while (said != NULL && *said != '\0') {
        const int64_t c = pulse_columns_take_said(names, n, &said, &name, &length);
        bool twice = false;
        if (c < 0)
            return fail_no_column(where, names, n, name, length, "--value", err);
        for (int64_t i = 0; i < out->n_values; i++)
            twice = twice || out->values[i] == c;
        if (c == out->time || is_id(out, c) || twice)
            return pulse_fail(err, PULSE_E_INPUT, "%s: column '%s' %s; see --value", where,
                              columns[c].name,
                              c == out->time  ? "is the time"
                              : is_id(out, c) ? "is the id"
                                              : "is named twice");
        if (!holds_numbers(&columns[c], &looks[c]))
            return pulse_fail(
                err, PULSE_E_INPUT, "%s: column '%s' holds no numbers ('%s'); see --value", where,
                columns[c].name,
                columns[c].kind == PULSE_KIND_TEXT ? looks[c].text : "times or truth");
        out->values[out->n_values++] = c;
    }
    return 0;
}

static int find_columns(const char *where, const struct pulse_table_column *columns,
                        char *const *names, const struct pulse_text_column *looks, int64_t n,
                        const struct pulse_read_options *options, struct pulse_long_columns *out,
                        struct pulse_err *err)
{
    if (find_time(where, columns, names, looks, n, options->time, &out->time, err) != 0)
        return -1;
    if (options->id == NULL)
        find_id(columns, looks, n, out);
    else if (take_said_ids(where, columns, names, n, options->id, out, err) != 0)
        return -1;
    if (options->value != NULL)
        return take_said_values(where, columns, looks, names, n, options->value, out, err);
    return take_all_values(columns, looks, n, out, err);
}

int pulse_long_columns_find(const char *where, const struct pulse_table_column *columns,
                            const struct pulse_text_column *looks, int64_t n,
                            const struct pulse_read_options *options,
                            struct pulse_long_columns *out, struct pulse_err *err)
{
    *out = (struct pulse_long_columns){.time = -1, .id = -1};
    out->values = pulse_calloc(n, sizeof *out->values, "value columns", err);
    out->left_out = pulse_calloc(n, sizeof *out->left_out, "columns", err);
    out->ids = pulse_calloc(n < 1 ? 1 : n, sizeof *out->ids, "columns", err);
    if (out->values == NULL || out->left_out == NULL || out->ids == NULL)
        return -1;
    char **names = pulse_calloc(n, sizeof *names, "column names", err);
    if (names == NULL)
        return -1;
    for (int64_t c = 0; c < n; c++)
        names[c] = columns[c].name;
    const int rc = find_columns(where, columns, names, looks, n, options, out, err);
    free(names);
    return rc;
}

void pulse_long_columns_clear(struct pulse_long_columns *columns)
{
    free(columns->values);
    free(columns->left_out);
    free(columns->ids);
    *columns = (struct pulse_long_columns){0};
}
