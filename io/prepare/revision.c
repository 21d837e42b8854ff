#include "prepare/revision.h"

#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "cli/wide_reader.h"
#include "data/common/columns.h"

/* Variables of both panels. */
struct common {
    int64_t n;
    const char **names;
    int64_t *column; /* of the new panel */
};

static int add_gone(struct pulse_revisions *revisions, const char *name, struct pulse_err *err)
{
    revisions->gone[revisions->n_gone] = pulse_strdup(name, err);
    return revisions->gone[revisions->n_gone] == NULL ? -1 : (revisions->n_gone++, 0);
}

static int match_variables(const struct pulse_catalog *last, struct pulse_quality *quality,
                           struct common *common, struct pulse_err *err)
{
    const struct pulse_prepared *panel = quality->panel;
    struct pulse_revisions *revisions = &quality->revisions;
    struct pulse_name_index index = {0};
    common->names = pulse_calloc(last->n, sizeof *common->names, "the names", err);
    common->column = pulse_calloc(last->n, sizeof *common->column, "the columns", err);
    revisions->gone = pulse_calloc(last->n, sizeof *revisions->gone, "the names", err);
    int status = common->names == NULL || common->column == NULL || revisions->gone == NULL
                     ? -1
                     : pulse_name_index_init(&index, "the panel", panel->names, panel->n, err);
    for (int64_t v = 0; status == 0 && v < last->n; v++) {
        const char *name = last->entries[v].name;
        const int64_t column = pulse_name_index_find(&index, name);
        if (column < 0) {
            status = add_gone(revisions, name, err);
        } else {
            common->names[common->n] = name;
            common->column[common->n++] = column;
        }
    }
    revisions->n_new = panel->n - common->n;
    pulse_name_index_clear(&index);
    return status;
}

static void note_change(int64_t *count, int64_t day, struct pulse_quality_variable *of,
                        struct pulse_revisions *revisions)
{
    if (of->revised + of->lost + of->late == 0 || day < of->changed_from)
        of->changed_from = day;
    if (!revisions->changed || day < revisions->changed_from)
        revisions->changed_from = day;
    revisions->changed = true;
    ++*count;
}

static void compare_value(double last, double now, int64_t day, struct pulse_quality_variable *of,
                          struct pulse_revisions *revisions)
{
    if (isnan(last) && !isnan(now))
        note_change(&of->late, day, of, revisions);
    else if (!isnan(last) && isnan(now))
        note_change(&of->lost, day, of, revisions);
    else if (!isnan(last) && last != now)
        note_change(&of->revised, day, of, revisions);
}

static void compare_block(const struct pulse_block *block, const struct common *common,
                          int64_t from, int64_t to, bool *seen, struct pulse_quality *quality)
{
    const struct pulse_sheet *sheet = &quality->panel->sheet;
    for (int64_t i = 0; i < block->rows; i++) {
        const int64_t day = pulse_day_of_ns(block->time_ns[i]), t = pulse_sheet_find(sheet, day);
        if (day > quality->revisions.last)
            quality->revisions.last = day;
        if (day < from || day > to)
            continue;
        if (t >= 0)
            seen[t] = true;
        for (int64_t c = 0; c < common->n; c++)
            compare_value(block->values[c * block->rows + i],
                          t < 0 ? (double)NAN : sheet->row[t][common->column[c]], day,
                          &quality->of[common->column[c]], &quality->revisions);
    }
}

/* Rows of the new panel that the last one has not: new ones, or between those that it has. */
static void see_other_rows(const struct common *common, const bool *seen,
                           struct pulse_quality *quality)
{
    const struct pulse_sheet *sheet = &quality->panel->sheet;
    for (int64_t t = 0; t < sheet->n; t++) {
        if (sheet->day[t] > quality->revisions.last)
            quality->revisions.new_rows++;
        else if (!seen[t])
            for (int64_t c = 0; c < common->n; c++)
                compare_value(NAN, sheet->row[t][common->column[c]], sheet->day[t],
                              &quality->of[common->column[c]], &quality->revisions);
    }
}

static int compare_panels(const struct pulse_catalog *last, const struct common *common,
                          int64_t from, int64_t to, struct pulse_quality *quality,
                          struct pulse_err *err)
{
    enum { BLOCK_BYTES = 32 << 20 };
    struct pulse_wide_reader reader;
    struct pulse_block block = {0};
    const struct pulse_read_options reading = pulse_catalog_reading(last, NULL);
    bool more = true;
    int64_t bytes = 0;
    bool *seen = pulse_calloc(quality->panel->sheet.n, sizeof *seen, "the days", err);
    int status = seen == NULL ? -1 : 0;
    for (int64_t v = 0; v < last->n; v++)
        bytes += last->entries[v].bytes;
    quality->revisions.last = INT64_MIN;
    pulse_wide_reader_init(&reader, last->entries[0].uri, &reading, bytes, BLOCK_BYTES);
    while (status == 0 && more) {
        status = pulse_wide_reader_next(&reader, common->names, common->n, &block, &more, err);
        if (status == 0)
            compare_block(&block, common, from, to, seen, quality);
        pulse_block_clear(&block);
    }
    if (status == 0)
        see_other_rows(common, seen, quality);
    free(seen);
    return status;
}

/* It may be what --output holds, which the command line does not call the last panel. */
static int fail_last(const char *against, struct pulse_err *err)
{
    const struct pulse_err why = *err;
    if (why.kind != PULSE_E_INPUT)
        return -1;
    return pulse_fail(err, why.kind,
                      "%.500s; revisions are counted against %.200s, the last panel: name another "
                      "by --against, or none",
                      why.text, against);
}

int pulse_revisions_find(const char *against, int64_t from, int64_t to,
                         struct pulse_quality *quality, struct pulse_err *err)
{
    struct pulse_catalog last = {0};
    struct common common = {0};
    int status = pulse_catalog_open(against, NULL, &last, err);
    if (status == 0 && !last.wide)
        status = pulse_fail(err, PULSE_E_INPUT, "%s: expected a panel in one file", against);
    quality->revisions.against = against;
    if (status == 0)
        status = match_variables(&last, quality, &common, err);
    if (status == 0)
        status = compare_panels(&last, &common, from, to, quality, err);
    if (status != 0)
        (void)fail_last(against, err);
    free(common.names);
    free(common.column);
    pulse_catalog_clear(&last);
    return status;
}
