#include "cli/info_look.h"

#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/wide_reader.h"

static void add_value(struct pulse_info_facts *facts, int64_t time_ns, double value)
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

static int add_times(struct pulse_info *info, const struct pulse_block *block,
                     struct pulse_err *err)
{
    if (pulse_grow(&info->days, &info->cap_days, info->n_days + block->rows, sizeof *info->days,
                   "days", err) != 0)
        return -1;
    for (int64_t i = 0; i < block->rows; i++)
        info->days[info->n_days++] = block->time_ns[i];
    return 0;
}

/* The times of all rows become their days. */
static int count_days(struct pulse_info *info, const char *const *names, struct pulse_err *err)
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

static void take_clock(struct pulse_info *info, const struct pulse_block *block)
{
    info->midnights &= block->midnights;
    info->local = info->local || block->local;
    if (block->rows > 0)
        info->clock = block->clock;
}

static int look_at_wide(struct pulse_info *info, struct pulse_err *err)
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
static int look_at_series(struct pulse_info *info, int64_t v, struct pulse_err *err)
{
    const struct pulse_catalog_entry *entry = &info->catalog.entries[v];
    struct pulse_info_facts *facts = &info->facts[v];
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

static int look_at_long(struct pulse_info *info, struct pulse_err *err)
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

void pulse_info_clear(struct pulse_info *info)
{
    free(info->facts);
    free(info->days);
    pulse_catalog_clear(&info->catalog);
}

int pulse_info_look(const char *uri, const struct pulse_read_options *reading,
                    struct pulse_info *info, struct pulse_err *err)
{
    *info = (struct pulse_info){.midnights = PULSE_MIDNIGHTS_ANY};
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
