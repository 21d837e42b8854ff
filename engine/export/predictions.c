#include "export/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "data/common/batch.h"
#include "data/common/codec.h"
#include "data/formats.h"
#include "data/table_write.h"
#include "report/data.h"

enum { ID, DS, CUTOFF, HORIZON, Y, YHAT, LO_80, HI_80, LO_95, HI_95, PERSISTENCE, COLUMNS };
enum { REALS = COLUMNS - Y, BATCH_ROWS = 8192, PATH = 80 };

/* The datasets of the real columns, below /predictions. */
static const char *const sets[REALS] = {"actual",   "predicted", "lower_80",   "upper_80",
                                        "lower_95", "upper_95",  "persistence"};

static struct pulse_table_column columns[COLUMNS] = {
    [ID] = {.name = (char[]){"unique_id"}, .kind = PULSE_KIND_TEXT},
    [DS] = {.name = (char[]){"ds"}, .kind = PULSE_KIND_TIME},
    [CUTOFF] = {.name = (char[]){"cutoff"}, .kind = PULSE_KIND_TIME},
    [HORIZON] = {.name = (char[]){"h"}, .kind = PULSE_KIND_INT},
    [Y] = {.name = (char[]){"y"}, .kind = PULSE_KIND_DOUBLE},
    [YHAT] = {.name = (char[]){"yhat"}, .kind = PULSE_KIND_DOUBLE},
    [LO_80] = {.name = (char[]){"yhat-lo-80"}, .kind = PULSE_KIND_DOUBLE},
    [HI_80] = {.name = (char[]){"yhat-hi-80"}, .kind = PULSE_KIND_DOUBLE},
    [LO_95] = {.name = (char[]){"yhat-lo-95"}, .kind = PULSE_KIND_DOUBLE},
    [HI_95] = {.name = (char[]){"yhat-hi-95"}, .kind = PULSE_KIND_DOUBLE},
    [PERSISTENCE] = {.name = (char[]){"persistence"}, .kind = PULSE_KIND_DOUBLE}};

/* One of the two is where rows go. */
struct sink {
    struct pulse_table_writer *table;
    FILE *json;
    bool any; /* a row is in the JSON */
};

/* What of a variable is in memory: all rows of one horizon. */
struct rows {
    const char *name;
    int64_t h, n;              /* n dates */
    const int64_t *calendar;   /* n days */
    double *column[REALS];     /* n each */
    struct pulse_batch *batch; /* BATCH_ROWS rows */
    struct pulse_text_buffer ids;
};

/* ---- Rows as JSON --------------------------------------------------------------- */

static void print_day(FILE *out, const char *key, int64_t day)
{
    char text[PULSE_DATE_TEXT];
    (void)fprintf(out, "\"%s\": \"%s\", ", key, pulse_format_day(day, text));
}

static void print_json(struct sink *sink, const char *id, const struct rows *rows, int64_t t)
{
    FILE *out = sink->json;
    (void)fprintf(out, "%s\n{\"unique_id\": %s, ", sink->any ? "," : "", id);
    sink->any = true;
    print_day(out, "ds", rows->calendar[t]);
    print_day(out, "cutoff", rows->calendar[t - rows->h]);
    (void)fprintf(out, "\"h\": %lld", (long long)rows->h);
    for (int i = 0; i < REALS; i++) {
        char number[PULSE_NUMBER_TEXT] = "null";
        if (isfinite(rows->column[i][t]))
            (void)pulse_format_number(rows->column[i][t], number);
        (void)fprintf(out, ", \"%s\": %s", columns[Y + i].name, number);
    }
    (void)fputc('}', out);
}

static int write_json(struct sink *sink, const struct rows *rows, struct pulse_err *err)
{
    json_t *name = json_string(rows->name);
    char *id = name == NULL ? NULL : json_dumps(name, JSON_ENCODE_ANY);
    for (int64_t t = rows->h; id != NULL && t < rows->n; t++)
        if (!isnan(rows->column[YHAT - Y][t]))
            print_json(sink, id, rows, t);
    json_decref(name);
    if (id == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for predictions");
    free(id);
    return 0;
}

/* ---- Rows as a table ------------------------------------------------------------ */

static int add_row(struct rows *rows, int64_t at, int64_t t, struct pulse_err *err)
{
    struct pulse_vector *vectors = rows->batch->vectors;
    vectors[DS].integers[at] = rows->calendar[t] * PULSE_NS_PER_DAY;
    vectors[CUTOFF].integers[at] = rows->calendar[t - rows->h] * PULSE_NS_PER_DAY;
    vectors[HORIZON].integers[at] = rows->h;
    for (int i = 0; i < REALS; i++) {
        vectors[Y + i].reals[at] = rows->column[i][t];
        vectors[Y + i].missing[at] = isnan(rows->column[i][t]);
    }
    if (pulse_vector_put_text(&vectors[ID], &rows->ids, rows->name, (int64_t)strlen(rows->name),
                              err) != 0)
        return -1;
    pulse_vector_end_text(&vectors[ID], &rows->ids, at);
    return 0;
}

static int write_table(struct sink *sink, struct rows *rows, struct pulse_err *err)
{
    int64_t at = 0, t = rows->h;
    for (int status = 0; t < rows->n || at > 0;) {
        if (t < rows->n && !isnan(rows->column[YHAT - Y][t]))
            status = add_row(rows, at++, t, err);
        t++;
        if (status == 0 && at > 0 && (at == BATCH_ROWS || t >= rows->n)) {
            rows->batch->rows = at;
            status = pulse_table_writer_batch(sink->table, rows->batch, err);
            rows->ids.used = 0;
            at = 0;
        }
        if (status != 0)
            return -1;
    }
    return 0;
}

/* ---- All rows ------------------------------------------------------------------- */

/* A dataset of a horizon; of the run's smallest one they are not below /horizons. */
static char *name_set(bool further, int64_t h, const char *set, char out[PATH])
{
    if (further)
        (void)snprintf(out, PATH, "/horizons/%lld/predictions/%s", (long long)h, set);
    else
        (void)snprintf(out, PATH, "/predictions/%s", set);
    return out;
}

static int write_variable(struct pulse_report *report, int64_t variable, struct rows *rows,
                          struct sink *sink, struct pulse_err *err)
{
    const json_t *steps = json_object_get(json_object_get(report->summary, "config"), "horizon");
    const size_t horizons = json_array_size(steps);
    char path[PATH];
    rows->name = report->names[variable];
    for (size_t j = 0; j == 0 || j < horizons; j++) {
        rows->h = horizons == 0 ? 1 : (int64_t)json_integer_value(json_array_get(steps, j));
        if (rows->h < 1)
            return pulse_fail(err, PULSE_E_INPUT, "%s: its summary names no horizon; train again",
                              report->path);
        for (int i = 0; i < REALS; i++)
            if (pulse_report_column(report, name_set(j > 0, rows->h, sets[i], path), variable,
                                    rows->column[i], err) != 0)
                return -1;
        if ((sink->json != NULL ? write_json(sink, rows, err) : write_table(sink, rows, err)) != 0)
            return -1;
    }
    return 0;
}

static int write_variables(struct pulse_report *report, struct sink *sink, struct pulse_err *err)
{
    const json_t *predicted = json_object_get(report->summary, "metrics");
    struct pulse_batch batch = {0};
    struct rows rows = {.n = report->T, .calendar = report->calendar, .batch = &batch};
    int status = pulse_batch_init(&batch, columns, COLUMNS, BATCH_ROWS, err);
    for (int i = 0; status == 0 && i < REALS; i++) {
        rows.column[i] = pulse_calloc(report->T, sizeof(double), "predictions", err);
        status = rows.column[i] == NULL ? -1 : 0;
    }
    for (int64_t v = 0; status == 0 && v < report->V; v++)
        if (json_object_get(predicted, report->names[v]) != NULL)
            status = write_variable(report, v, &rows, sink, err);
    for (int i = 0; i < REALS; i++)
        free(rows.column[i]);
    pulse_batch_clear(&batch);
    return status;
}

static int write_as_table(struct pulse_report *report,
                          const struct pulse_table_writer_options *options, struct pulse_err *err)
{
    struct sink sink = {0};
    int status = pulse_table_writer_open(options, columns, COLUMNS, &sink.table, err);
    if (status == 0)
        status = write_variables(report, &sink, err);
    if (status == 0)
        status = pulse_table_writer_end(sink.table, err);
    pulse_table_writer_free(sink.table);
    return status;
}

static int write_as_json(struct pulse_report *report, FILE *out, struct pulse_err *err)
{
    struct sink sink = {.json = out};
    (void)fputc('[', out);
    const int status = write_variables(report, &sink, err);
    (void)fputs("\n]\n", out);
    return status;
}

int pulse_predictions_write(const json_t *summary, const char *results,
                            const struct pulse_report_columns *elsewhere,
                            enum pulse_predictions_format format, const char *name, FILE *out,
                            struct pulse_err *err)
{
    struct pulse_report report;
    const struct pulse_table_writer_options options = {
        .path = name,
        .format = pulse_format_of(format == PULSE_PREDICTIONS_CSV ? "predictions.csv"
                                                                  : "predictions.parquet"),
        .stream = out,
        .codec = PULSE_CODEC_ZSTD,
        .dates = true};
    int status = pulse_report_open(&report, results, elsewhere, summary, err) != 0 ||
                         pulse_report_calendar(&report, err) != 0
                     ? -1
                     : 0;
    if (status == 0)
        status = format == PULSE_PREDICTIONS_JSON ? write_as_json(&report, out, err)
                                                  : write_as_table(&report, &options, err);
    pulse_report_clear(&report);
    return status;
}

int pulse_predictions_file(const json_t *summary, const char *results,
                           const struct pulse_report_columns *elsewhere, const char *path,
                           struct pulse_err *err)
{
    struct pulse_writer writer = {0};
    int status = pulse_writer_open(&writer, path, err);
    if (status == 0)
        status = pulse_predictions_write(summary, results, elsewhere, PULSE_PREDICTIONS_PARQUET,
                                         path, writer.stream, err);
    if (status == 0)
        status = pulse_writer_commit(&writer, err);
    pulse_writer_discard(&writer);
    return status;
}
