#include "prepare/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/wide_reader.h"
#include "data/common/columns.h"
#include "data/common/compress.h"

/* ---- Opening ------------------------------------------------------------------------ */

static bool is_wanted(const struct pulse_prepare_request *request, const char *name)
{
    for (int64_t i = 0; i < request->n_variables; i++)
        if (strcmp(request->variables[i], name) == 0)
            return true;
    return request->n_variables == 0;
}

/* The period as instants; days that do not fit whole into them are no bound. */
static struct pulse_read_options how_to_read(const struct pulse_prepare_request *request)
{
    struct pulse_read_options reading = request->reading;
    reading.every_variable = request->n_variables == 0;
    if (request->start_day >= PULSE_DAY_MIN)
        reading.from_ns = request->start_day * PULSE_NS_PER_DAY;
    if (request->end_day <= PULSE_DAY_MAX)
        reading.to_ns = request->end_day * PULSE_NS_PER_DAY + (PULSE_NS_PER_DAY - 1);
    return reading;
}

static void warn_of_left_out(const struct pulse_source *source)
{
    char text[PULSE_ERR_TEXT];
    if (pulse_catalog_left_out(&source->catalog, text))
        pulse_warn("%s: %s", source->uri, text);
    if (source->catalog.note != NULL)
        pulse_warn("%s: %s", source->uri, source->catalog.note);
}

static int open_source(const struct pulse_prepare_request *request, const char *uri,
                       struct pulse_source *source, struct pulse_err *err)
{
    const struct pulse_read_options reading = how_to_read(request);
    source->uri = uri;
    if (pulse_catalog_open(uri, &reading, &source->catalog, err) != 0)
        return -1;
    source->reading = pulse_catalog_reading(&source->catalog, &reading);
    source->column = pulse_calloc(source->catalog.n, sizeof *source->column, "the columns", err);
    if (source->column == NULL)
        return -1;
    for (int64_t v = 0; v < source->catalog.n; v++) {
        const bool wanted = is_wanted(request, source->catalog.entries[v].name);
        source->column[v] = wanted ? 0 : -1;
        source->n_variables += wanted;
        source->bytes += source->catalog.entries[v].bytes;
    }
    warn_of_left_out(source);
    return 0;
}

/* A variable that a source before has too is the same column. */
static int assign_columns(struct pulse_sources *sources, struct pulse_source *source,
                          struct pulse_err *err)
{
    struct pulse_name_index known = {0};
    int status =
        pulse_name_index_init(&known, "the sources", sources->names, sources->n_variables, err);
    for (int64_t v = 0; status == 0 && v < source->catalog.n; v++) {
        char *name = source->catalog.entries[v].name;
        if (source->column[v] < 0)
            continue;
        source->column[v] = pulse_name_index_find(&known, name);
        if (source->column[v] >= 0)
            continue;
        status = pulse_grow(&sources->names, &sources->cap_variables, sources->n_variables + 1,
                            sizeof *sources->names, "the names", err);
        if (status == 0) {
            source->column[v] = sources->n_variables;
            sources->names[sources->n_variables++] = name;
        }
    }
    pulse_name_index_clear(&known);
    return status;
}

/* A name of --variables that no source has. */
static int fail_variable(const struct pulse_sources *sources,
                         const struct pulse_prepare_request *request, const char *name,
                         struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    int64_t n = 0, most = 0;
    bool derived = false;
    for (int64_t d = 0; d < request->n_derived; d++)
        derived = derived || strcmp(request->derived[d].name, name) == 0;
    for (int64_t s = 0; s < sources->n; s++)
        most += sources->all[s].catalog.n;
    char **names = pulse_calloc(most, sizeof *names, "the names", err);
    if (names == NULL)
        return -1;
    for (int64_t s = 0; s < sources->n; s++)
        for (int64_t v = 0; v < sources->all[s].catalog.n; v++)
            names[n++] = sources->all[s].catalog.entries[v].name;
    (void)pulse_columns_list(names, n, list);
    free(names);
    return pulse_fail(err, PULSE_E_USAGE, "--variables %s: no source has it%s (found: %s)", name,
                      derived ? ", it is derived, and in the panel without being named" : "", list);
}

/* Each name of --variables must be some source's. */
static int check_variables(const struct pulse_sources *sources,
                           const struct pulse_prepare_request *request, struct pulse_err *err)
{
    for (int64_t i = 0; i < request->n_variables; i++) {
        int64_t c = 0;
        while (c < sources->n_variables && strcmp(sources->names[c], request->variables[i]) != 0)
            c++;
        if (c == sources->n_variables)
            return fail_variable(sources, request, request->variables[i], err);
    }
    return 0;
}

int pulse_sources_open(const struct pulse_prepare_request *request, struct pulse_sources *out,
                       struct pulse_err *err)
{
    *out = (struct pulse_sources){.n = request->n_sources};
    out->all = pulse_calloc(out->n, sizeof *out->all, "the sources", err);
    if (out->all == NULL)
        return -1;
    for (int64_t i = 0; i < out->n; i++)
        if (open_source(request, request->sources[i], &out->all[i], err) != 0 ||
            assign_columns(out, &out->all[i], err) != 0)
            return -1;
    return check_variables(out, request, err);
}

void pulse_sources_clear(struct pulse_sources *sources)
{
    for (int64_t i = 0; sources->all != NULL && i < sources->n; i++) {
        pulse_catalog_clear(&sources->all[i].catalog);
        free(sources->all[i].column);
    }
    free(sources->all);
    free(sources->names);
    *sources = (struct pulse_sources){0};
}

/* ---- A wide file -------------------------------------------------------------------- */

enum { BLOCK_BYTES = 32 << 20, WHOLE_BYTES = 512 << 20, PACKED_GROWS = 16 };

/* What of a wide file is read at once: some of its columns, by name. */
struct columns {
    const char **names;
    int64_t *column; /* of the panel */
    int64_t n;
};

/* All times of the file, to see whether they repeat. */
struct times {
    int64_t *all;
    int64_t n, cap;
};

static int take_block(const struct pulse_block *block, const struct columns *columns,
                      pulse_take_value *take, void *user, struct pulse_err *err)
{
    for (int64_t i = 0; i < block->rows; i++) {
        const int64_t day = pulse_day_of_ns(block->time_ns[i]);
        for (int64_t c = 0; c < columns->n; c++) {
            const double value = block->values[c * block->rows + i];
            if (isfinite(value) && take(user, columns->column[c], day, value, err) != 0)
                return -1;
        }
    }
    return 0;
}

static int take_times(struct times *times, const struct pulse_block *block, struct pulse_err *err)
{
    if (pulse_grow(&times->all, &times->cap, times->n + block->rows, sizeof *times->all, "times",
                   err) != 0)
        return -1;
    if (block->rows > 0)
        memcpy(times->all + times->n, block->time_ns, (size_t)block->rows * sizeof *times->all);
    times->n += block->rows;
    return 0;
}

/* One pass over the file. */
static int read_columns(struct pulse_source *source, const struct columns *columns,
                        struct times *times, pulse_take_value *take, void *user,
                        void (*watch)(void *user, double share), struct pulse_err *err)
{
    struct pulse_wide_reader reader;
    struct pulse_block block = {0};
    uint32_t midnights = PULSE_MIDNIGHTS_ANY;
    bool more = true;
    int status = 0;
    source->untimed = 0;
    times->n = 0;
    pulse_wide_reader_init(&reader, source->catalog.entries[0].uri, &source->reading, source->bytes,
                           BLOCK_BYTES);
    while (status == 0 && more) {
        status = pulse_wide_reader_next(&reader, columns->names, columns->n, &block, &more, err);
        source->untimed += block.untimed;
        if (status == 0 && more) {
            midnights &= block.midnights;
            status = take_times(times, &block, err);
        }
        if (status == 0)
            status = take_block(&block, columns, take, user, err);
        pulse_block_clear(&block);
        watch(user, (double)reader.part / reader.parts);
    }
    const char *zone = pulse_midnights_zone(midnights);
    if (status == 0 && zone != NULL)
        pulse_warn(PULSE_MIDNIGHTS_WARNING, source->uri, zone, zone);
    return status;
}

/* So many columns at once that a packed file, which comes whole, fits into memory. */
static int64_t columns_at_once(const struct pulse_source *source, int64_t n)
{
    const char *uri = source->catalog.entries[0].uri;
    const double share = (double)WHOLE_BYTES / ((double)source->bytes * PACKED_GROWS + 1);
    const bool whole =
        source->catalog.panel == NULL && pulse_compression_of_name(uri) != PULSE_COMPRESSION_NONE;
    const int64_t fit = (int64_t)((double)n * share);
    return !whole || share >= 1 ? n : fit < 1 ? 1 : fit;
}

static int read_wide(struct pulse_source *source, pulse_take_value *take, void *user,
                     void (*watch)(void *user, double share), struct pulse_err *err)
{
    const struct pulse_catalog *catalog = &source->catalog;
    struct columns chosen = {
        .names = pulse_calloc(catalog->n, sizeof *chosen.names, "the names", err),
        .column = pulse_calloc(catalog->n, sizeof *chosen.column, "the columns", err)};
    struct times times = {0};
    bool repeat = false;
    int status = chosen.names == NULL || chosen.column == NULL ? -1 : 0;
    for (int64_t v = 0; status == 0 && v < catalog->n; v++)
        if (source->column[v] >= 0) {
            chosen.names[chosen.n] = catalog->entries[v].name;
            chosen.column[chosen.n++] = source->column[v];
        }
    const int64_t most = columns_at_once(source, chosen.n);
    for (int64_t c = 0; status == 0 && c < chosen.n; c += most) {
        const struct columns some = {chosen.names + c, chosen.column + c,
                                     chosen.n - c < most ? chosen.n - c : most};
        status = read_columns(source, &some, &times, take, user, watch, err);
    }
    if (status == 0)
        status = pulse_times_repeat(times.all, times.n, &repeat, err);
    if (status == 0 && repeat)
        status = pulse_wide_check_repeats(catalog->entries[0].uri, &source->reading, chosen.names,
                                          chosen.n, err);
    free(times.all);
    free(chosen.names);
    free(chosen.column);
    return status;
}

/* ---- A dataset a variable ----------------------------------------------------------- */

static int read_series(struct pulse_source *source, int64_t v, pulse_take_value *take, void *user,
                       struct pulse_err *err)
{
    const struct pulse_catalog_entry *entry = &source->catalog.entries[v];
    struct pulse_series series;
    int64_t bytes = 0;
    int status = pulse_series_read(entry->uri, entry->name, &source->reading, &series, &bytes, err);
    source->untimed += series.untimed;
    source->beside += series.beside;
    for (int64_t i = 0; status == 0 && i < series.n; i++)
        status =
            take(user, source->column[v], pulse_day_of_ns(series.time_ns[i]), series.value[i], err);
    const char *zone = pulse_midnights_zone(series.midnights);
    if (status == 0 && series.n > 0 && zone != NULL)
        pulse_warn(PULSE_MIDNIGHTS_WARNING, entry->name, zone, zone);
    pulse_series_clear(&series);
    return status;
}

static int read_datasets(struct pulse_source *source, pulse_take_value *take, void *user,
                         void (*watch)(void *user, double share), struct pulse_err *err)
{
    int status = 0;
    source->beside = 0;
    for (int64_t v = 0; status == 0 && v < source->catalog.n; v++) {
        if (source->column[v] >= 0)
            status = read_series(source, v, take, user, err);
        watch(user, (double)(v + 1) / (double)source->catalog.n);
    }
    return status;
}

int pulse_source_read(struct pulse_source *source, pulse_take_value *take, void *user,
                      void (*watch)(void *user, double share), struct pulse_err *err)
{
    int status = source->n_variables == 0 ? 0
                 : source->catalog.wide   ? read_wide(source, take, user, watch, err)
                                          : read_datasets(source, take, user, watch, err);
    if (status == 0 && source->untimed > 0)
        pulse_warn(PULSE_UNTIMED_WARNING, source->uri, (long long)source->untimed);
    if (status == 0 && source->beside > 0)
        pulse_warn(PULSE_BESIDE_WARNING, source->uri, (long long)source->beside);
    return status;
}
