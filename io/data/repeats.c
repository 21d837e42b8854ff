#include "data/repeats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/long_columns.h"
#include "data/long_index.h"
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

enum { CLOCK_TEXT = 80 };

/* The names of columns that could be the ids, and of one of times of day into `clock`, which may be
 * NULL; "" where there is none. */
static int list_ids(const char *uri, const struct pulse_read_options *options, char *list,
                    char clock[CLOCK_TEXT], struct pulse_err *err)
{
    struct pulse_table *table;
    struct pulse_batch batch;
    struct pulse_long_columns chosen;
    struct pulse_text_numbers numbers;
    struct pulse_read_options reading = pulse_read_options_or_all(options);
    int64_t n;
    bool end;
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
                pulse_text_column_look_at(&looks[c], &batch.vectors[c], 0, batch.rows, &numbers, 0);
        rc = pulse_long_columns_find(uri, columns, looks, n, &reading, &chosen, err);
        if (rc == 0)
            pulse_long_columns_list_ids(columns, looks, n, chosen.time, list);
        const char *name = pulse_long_columns_clock(columns, looks, n);
        if (clock != NULL)
            (void)snprintf(clock, CLOCK_TEXT, "%s", name == NULL ? "" : name);
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
    char list[PULSE_COLUMNS_TEXT] = "", advice[PULSE_COLUMNS_TEXT + 128], clock[CLOCK_TEXT] = "";
    struct pulse_err ignored = {0};
    if (list_ids(uri, options, list, clock, &ignored) != 0)
        list[0] = '\0';
    if (clock[0] != '\0')
        (void)snprintf(advice, sizeof advice,
                       "the times of day stand in column '%s': write them behind the date, as "
                       "2016-12-30 16:00:00, or say --id '%s' if each is a variable of its own",
                       clock, clock);
    else if (list[0] == '\0')
        (void)snprintf(advice, sizeof advice,
                       "no column says what a row is of: remove these rows, or add a column of ids "
                       "and say --id NAME");
    else
        (void)snprintf(
            advice, sizeof advice,
            "%ssay --id NAME for the column that says what a row is of (it could be: %s), or --id "
            "NAME,NAME for several that do so together",
            alone ? "" : "name this file as the data, and ", list);
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: more than one row in a hundred repeats a date, with another value of "
                      "'%.64s'; %s",
                      uri, variable, advice);
}

int pulse_long_refuse(const char *uri, const struct pulse_read_options *options,
                      struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    if (list_ids(uri, options, list, NULL, err) != 0)
        return -1;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: no long panel is found in it; say --id NAME for the column that says "
                      "what a row is of%s%s%s",
                      uri, list[0] == '\0' ? "" : " (it could be: ", list,
                      list[0] == '\0' ? "" : ")");
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
