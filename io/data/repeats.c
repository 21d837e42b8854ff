#include "data/repeats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/stamps.h"
#include "data/long_columns.h"
#include "data/long_index.h"
#include "data/long_keys.h"
#include "data/pickle/record_store.h"
#include "data/table.h"

int pulse_times_repeat(const int64_t *time_ns, int64_t n, bool *repeat, struct pulse_err *err)
{
    bool ascends = true;
    *repeat = false;
    for (int64_t i = 1; ascends && i < n; i++)
        ascends = time_ns[i - 1] < time_ns[i];
    if (ascends)
        return 0;
    int64_t *times = pulse_calloc(n, sizeof *times, "times", err);
    if (times == NULL)
        return -1;
    memcpy(times, time_ns, (size_t)n * sizeof *times);
    *repeat = 100 * (n - pulse_times_sort(times, n)) > n;
    free(times);
    return 0;
}

/* What could be said of a file without --id; each "" where there is none. */
struct id_advice {
    char could_be[PULSE_COLUMNS_TEXT]; /* a, b: each could be the id */
    char together[PULSE_COLUMNS_TEXT]; /* a,b: they say it together, as --id takes them */
    char clock[80];                    /* a column of times of day */
    char time[80];                     /* the column of the time */
};

/* Names as one word of a command line. */
static void write_together(const struct pulse_table_column *columns, const int64_t *id, int64_t n,
                           char out[PULSE_COLUMNS_TEXT])
{
    size_t used = 0;
    out[0] = '\0';
    for (int64_t i = 0; i < n; i++) {
        const char *name = columns[id[i]].name;
        if (strpbrk(name, ",'\\") != NULL || name[0] == '\0' ||
            used + strlen(name) + 4 > PULSE_COLUMNS_TEXT) {
            out[0] = '\0';
            return;
        }
        used += (size_t)snprintf(out + used, PULSE_COLUMNS_TEXT - used, "%s%s", i == 0 ? "'" : ",",
                                 name);
    }
    (void)snprintf(out + used, PULSE_COLUMNS_TEXT - used, "'");
}

/* Those of `found` columns that distinguish the rows of a batch, each by itself. Returns how many.
 */
static int64_t keep_sufficient(const struct pulse_batch *batch, int64_t time, int64_t *id,
                               int64_t found, struct pulse_err *err)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < found; i++) {
        int64_t one = 1;
        if (pulse_long_keys_keep(batch, time, &id[i], &one, err) == 0 && one == 1)
            id[kept++] = id[i];
    }
    return kept;
}

/* The labels that are needed to distinguish the rows of a batch, if it takes several; or else all
 * that could be it. */
static int advise_ids(const struct pulse_table_column *columns,
                      const struct pulse_text_column *looks, int64_t n,
                      const struct pulse_batch *batch, int64_t time, struct id_advice *out,
                      struct pulse_err *err)
{
    int64_t *id = pulse_calloc(n, sizeof *id, "column names", err);
    char **names = pulse_calloc(n, sizeof *names, "column names", err);
    int rc = id == NULL || names == NULL ? -1 : 0;
    int64_t found =
        rc == 0 && time >= 0 ? pulse_long_columns_ids(columns, looks, n, time, true, id) : 0;
    if (found > 0)
        rc = pulse_long_keys_keep(batch, time, id, &found, err);
    if (rc == 0 && found > 1)
        write_together(columns, id, found, out->together);
    const bool one_suffices = found == 1;
    if (rc == 0)
        found = pulse_long_columns_ids(columns, looks, n, time, false, id);
    if (rc == 0 && one_suffices)
        found = keep_sufficient(batch, time, id, found, err);
    for (int64_t i = 0; rc == 0 && i < found; i++)
        names[i] = columns[id[i]].name;
    if (rc == 0 && found > 0)
        (void)pulse_columns_list(names, found, out->could_be);
    free(names);
    free(id);
    return rc;
}

static int advise(const char *uri, const struct pulse_read_options *options, struct id_advice *out,
                  struct pulse_err *err)
{
    struct pulse_table *table;
    struct pulse_batch batch;
    struct pulse_long_columns chosen;
    struct pulse_text_numbers numbers;
    struct pulse_read_options reading = pulse_read_options_or_all(options);
    int64_t n;
    bool end;
    *out = (struct id_advice){0};
    reading.id = NULL;
    if (pulse_table_open(uri, &reading, &table, err) != 0)
        return -1;
    const struct pulse_table_column *columns = pulse_table_columns(table, &n);
    struct pulse_text_column *looks = pulse_calloc(n, sizeof *looks, "column kinds", err);
    int rc = looks == NULL ? -1 : pulse_text_numbers_init(&reading, &numbers, err);
    if (rc == 0)
        rc = pulse_table_next(table, &batch, &end, err);
    if (rc == 0) {
        for (int64_t c = 0; c < n; c++)
            if (columns[c].kind == PULSE_KIND_TEXT && batch.rows > 0)
                pulse_text_column_look_over(&looks[c], &batch, c, &numbers, 0);
        rc = pulse_long_columns_find(uri, columns, looks, n, &reading, &chosen, err);
        if (rc == 0)
            rc = advise_ids(columns, looks, n, &batch, chosen.time, out, err);
        const char *clock = pulse_long_columns_clock(columns, looks, n);
        (void)snprintf(out->clock, sizeof out->clock, "%s", clock == NULL ? "" : clock);
        if (chosen.time >= 0)
            (void)snprintf(out->time, sizeof out->time, "%s", columns[chosen.time].name);
        pulse_long_columns_clear(&chosen);
        pulse_batch_clear(&batch);
    }
    free(looks);
    pulse_table_free(table);
    return rc;
}

int pulse_repeats_refuse(const char *uri, const struct pulse_read_options *options,
                         const char *variable, bool alone, struct pulse_err *err)
{
    const char *as_data = alone ? "" : "name this file as the data, and ";
    char text[2 * PULSE_COLUMNS_TEXT];
    struct id_advice advice;
    struct pulse_err ignored = {0};
    if (advise(uri, options, &advice, &ignored) != 0)
        advice.could_be[0] = advice.together[0] = '\0';
    if (advice.clock[0] != '\0')
        (void)snprintf(text, sizeof text,
                       "the times of day stand in column '%s': write them behind the date, as "
                       "2016-12-30 16:00:00, or say --id '%s' if each is a variable of its own",
                       advice.clock, advice.clock);
    else if (advice.together[0] != '\0')
        (void)snprintf(text, sizeof text, "%ssay --id %s: together they say what a row is of",
                       as_data, advice.together);
    else if (advice.could_be[0] != '\0')
        (void)snprintf(text, sizeof text,
                       "%ssay --id NAME for the column that says what a row is of (it could be: "
                       "%s), or --id NAME,NAME for several that do so together",
                       as_data, advice.could_be);
    else
        (void)snprintf(text, sizeof text,
                       "no column says what a row is of: remove these rows, or add a column of ids "
                       "and say --id NAME");
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: more than one row in a hundred repeats a date that '%.64s' has a value "
                      "of; %s",
                      uri, variable, text);
}

int pulse_spans_check(const char *uri, unsigned spans, struct pulse_err *err)
{
    if (!pulse_stamp_spans_differ(spans))
        return 0;
    const unsigned longest = spans & -spans, others = spans - longest, next = others & -others;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: %s and %s stand in its times; keep the rows of one frequency", uri,
                      pulse_span_plural((enum pulse_stamp_span)longest),
                      pulse_span_plural((enum pulse_stamp_span)next));
}

int pulse_spans_refuse(const char *uri, const struct pulse_read_options *options,
                       struct pulse_err *err)
{
    struct id_advice advice;
    struct pulse_err ignored = {0};
    if (advise(uri, options, &advice, &ignored) != 0)
        advice.together[0] = advice.time[0] = '\0';
    const bool known = advice.together[0] != '\0';
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: column '%s' has times of several frequencies for one id, such as years "
                      "among months; keep the rows of one, or say --id %s%s",
                      uri, advice.time, known ? advice.together : "NAME,NAME",
                      known ? ": together they say what a row is of"
                            : " with the column that names the frequency");
}

int pulse_long_refuse(const char *uri, const struct pulse_read_options *options,
                      struct pulse_err *err)
{
    struct id_advice advice;
    if (advise(uri, options, &advice, err) != 0)
        return -1;
    if (advice.together[0] != '\0')
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: no long panel is found in it; say --id %s: together they say what a "
                          "row is of",
                          uri, advice.together);
    const bool any = advice.could_be[0] != '\0';
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no long panel is found in it; say --id NAME for the column that says "
                      "what a row is of%s%s%s",
                      uri, any ? " (it could be: " : "", advice.could_be, any ? ")" : "");
}

int pulse_series_check_repeats(const char *uri, const char *name,
                               const struct pulse_read_options *options, const int64_t *time_ns,
                               int64_t n, struct pulse_err *err)
{
    bool repeat;
    if (pulse_record_store_is_dataset(uri))
        return 0;
    if (pulse_times_repeat(time_ns, n, &repeat, err) != 0)
        return -1;
    return repeat ? pulse_repeats_refuse(uri, options, name, false, err) : 0;
}
