#include "panel/load.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/dataset.h"
#include "mpi/collect.h"
#include "panel/load_warnings.h"
#include "panel/variables.h"

/* ---- Observations --------------------------------------------------------------- */

struct dated {
    int64_t day;
    int64_t order; /* in the file */
    double value;
};

static int by_day_then_order(const void *a, const void *b)
{
    const struct dated *x = a, *y = b;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Sorts by day; of several of one day the last in file order stays. */
static int sort_observations(struct pulse_observed *out, int64_t *duplicates, struct pulse_err *err)
{
    const int64_t n = out->n;
    struct dated *dated = pulse_calloc(n, sizeof *dated, "a variable's observations", err);
    if (dated == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        dated[i] = (struct dated){out->day[i], i, out->value[i]};
    qsort(dated, (size_t)n, sizeof *dated, by_day_then_order);
    out->n = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i + 1 < n && dated[i + 1].day == dated[i].day) {
            (*duplicates)++;
            continue;
        }
        out->day[out->n] = dated[i].day;
        out->value[out->n++] = dated[i].value;
    }
    free(dated);
    return 0;
}

/* What is not needed of an array goes back. */
static void *shrink_array(void *array, int64_t n, size_t size)
{
    void *less = realloc(array, (size_t)(n < 1 ? 1 : n) * size);
    return less == NULL ? array : less;
}

/* n observations in file order (missing ones are NaN) of variable v within the period. */
static int take_observations(const struct pulse_options *options, int64_t n, const int64_t *day,
                             const double *value, struct pulse_loaded *loaded, int64_t v,
                             struct pulse_err *err)
{
    struct pulse_observed *out = &loaded->observed[v];
    const int64_t from = options->has_start ? options->start_day : INT64_MIN;
    bool ascends = true;
    out->day = pulse_alloc_aligned(n, sizeof *out->day, "a variable's days", err);
    out->value = pulse_alloc_aligned(n, sizeof *out->value, "a variable's values", err);
    if (out->day == NULL || out->value == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(value[i]) || day[i] < from)
            continue;
        if (day[i] > options->end_day) {
            if (loaded->later != NULL && day[i] <= PULSE_DAY_MAX)
                loaded->later[day[i] - PULSE_DAY_MIN] = 1;
            continue;
        }
        ascends = ascends && (out->n == 0 || out->day[out->n - 1] < day[i]);
        out->day[out->n] = day[i];
        out->value[out->n++] = value[i];
    }
    if (!ascends && sort_observations(out, &loaded->duplicates[v], err) != 0)
        return -1;
    if (out->n < n) {
        out->day = shrink_array(out->day, out->n, sizeof *out->day);
        out->value = shrink_array(out->value, out->n, sizeof *out->value);
    }
    return 0;
}

static void to_days(int64_t n, int64_t *time)
{
    for (int64_t i = 0; i < n; i++)
        time[i] = pulse_day_of_ns(time[i]);
}

/* Local: every dataset that this rank owns. */
static int read_datasets(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_catalog *catalog, struct pulse_loaded *out,
                         struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_options_reading(options);
    for (int64_t v = 0; v < catalog->n; v++) {
        struct pulse_series series = {0};
        if (out->owner[v] != comm->rank)
            continue;
        int status = pulse_series_read(catalog->entries[v].uri, out->names[v], &reading, &series,
                                       &out->bytes_read, err);
        if (status == 0) {
            out->untimed += series.untimed;
            out->beside += series.beside;
            out->midnights[v] = series.midnights;
            to_days(series.n, series.time_ns);
            status =
                take_observations(options, series.n, series.time_ns, series.value, out, v, err);
        }
        pulse_series_clear(&series);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* ---- A wide file: parts of rows, exchanged into whole columns ------------------- */

/* Collective: parts of an object in S3 that was replaced while ranks opened it are no whole. Ranks
 * that have no part have opened nothing. */
static int check_versions(const struct pulse_comm *comm, const char *uri, struct pulse_err *err)
{
    const uint64_t mine = pulse_store_opened_version();
    uint64_t first = mine;
    bool equal = false;
    if (pulse_comm_bcast(comm, &first, sizeof first, err) != 0 ||
        pulse_comm_all_equal(comm, mine == 0 || first == 0 ? first : mine, &equal, err) != 0)
        return -1;
    return equal
               ? 0
               : pulse_fail(err, PULSE_E_CHANGED,
                            "%s changed while it was being read; run the same command again", uri);
}

/* Collective: years on one rank and months on another are no series. */
static int check_frequency(const struct pulse_comm *comm, const char *uri, unsigned spans,
                           struct pulse_err *err)
{
    return pulse_reduce(comm, &spans, 1, MPI_UNSIGNED, MPI_BOR, "comparing the times", err) != 0
               ? -1
               : pulse_spans_check(uri, spans, err);
}

/* Collective: this rank's part of the rows, all chosen columns. */
static int read_part(const struct pulse_comm *comm, const struct pulse_options *options,
                     const struct pulse_catalog *catalog, struct pulse_loaded *out,
                     struct pulse_block *block, struct pulse_err *err)
{
    const struct pulse_read_options given = pulse_options_reading(options);
    const struct pulse_read_options reading = pulse_catalog_reading(catalog, &given);
    struct pulse_wide *wide = NULL;
    int status = -1;
    pulse_store_begin_opening();
    (void)pulse_wide_open(catalog->entries[0].uri, comm->rank, comm->size, &reading, &wide, err);
    if (pulse_comm_agree(comm, err) != 0 || check_versions(comm, catalog->entries[0].uri, err) != 0)
        goto done;
    int before;
    if (pulse_sum_before(comm, pulse_wide_flips_quotes(wide), &before,
                         "reading the parts of a file", err) != 0)
        goto done;
    (void)pulse_wide_read(wide, before % 2 == 1, (const char *const *)out->names, catalog->n, block,
                          &out->bytes_read, err);
    out->untimed += block->untimed;
    for (int64_t v = 0; v < out->V; v++)
        out->midnights[v] = block->midnights;
    status = pulse_comm_agree(comm, err);
    if (status == 0)
        status = check_frequency(comm, catalog->entries[0].uri, block->spans, err);
done:
    pulse_wide_free(wide);
    return status;
}

/* Collective: of several rows of one time the last counts, unless they are so many that a row must
 * be of something else than its date says. */
static int check_repeats(const struct pulse_comm *comm, const struct pulse_options *options,
                         const struct pulse_catalog *catalog, const struct pulse_loaded *loaded,
                         const int64_t *time, int64_t rows, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_options_reading(options);
    bool repeat = false;
    if (comm->rank == 0 && pulse_times_repeat(time, rows, &repeat, err) == 0 && repeat)
        (void)pulse_wide_check_repeats(catalog->entries[0].uri, &reading,
                                       (const char *const *)loaded->names, loaded->V, err);
    return pulse_comm_agree(comm, err);
}

/* Collective: columns of all parts → whole columns at their owners, each in file order. */
static int gather_columns(const struct pulse_comm *comm, const struct pulse_options *options,
                          const struct pulse_catalog *catalog, const struct pulse_block *block,
                          struct pulse_loaded *out, struct pulse_err *err)
{
    const int ranks = comm->size;
    int64_t *rows = pulse_calloc(2 * (int64_t)ranks, sizeof *rows, "an exchange", err);
    int64_t *owned = rows + ranks;
    struct pulse_alltoallv values = {0}, times = {0};
    double *received = NULL, *column = NULL;
    int64_t *time = NULL; /* as read, then as days */
    int status = -1;
    if (rows == NULL)
        pulse_comm_abort(comm, err);
    rows[comm->rank] = block->rows;
    (void)pulse_gather(comm, rows, 1, MPI_INT64_T, "exchanging columns", err);
    for (int64_t v = 0; v < out->V; v++)
        owned[out->owner[v]]++;
    for (int r = 0; r < ranks; r++)
        if (pulse_alltoallv_add(comm, &values, r, block->rows * owned[r],
                                rows[r] * owned[comm->rank], err) != 0 ||
            pulse_alltoallv_add(comm, &times, r, block->rows, rows[r], err) != 0)
            goto agree;
    received = pulse_alloc_aligned(values.received, sizeof *received, "the columns", err);
    column = pulse_alloc_aligned(times.received, sizeof *column, "a column", err);
    time = pulse_calloc(times.received, sizeof *time, "the times", err);
agree:
    if (pulse_comm_agree(comm, err) != 0 ||
        pulse_alltoallv_run(comm, &values, block->values, received, "exchanging columns", err) != 0)
        goto done;
    assert(received != NULL && column != NULL && time != NULL &&
           times.receive_at != NULL); /* or we would not have agreed */
    if (block->rows > 0)              /* else there may be no times either */
        memcpy(time + times.receive_at[comm->rank], block->time_ns,
               (size_t)block->rows * sizeof *time);
    if (pulse_gather_parts(comm, time, times.receive, times.receive_at, MPI_INT64_T,
                           "exchanging the dates", err) != 0)
        goto done;
    status = check_repeats(comm, options, catalog, out, time, times.received, err);
    to_days(times.received, time);
    for (int64_t v = 0, k = 0; v < out->V && status == 0; v++) {
        if (out->owner[v] != comm->rank)
            continue;
        for (int r = 0; r < ranks; r++)
            memcpy(column + times.receive_at[r], received + values.receive_at[r] + k * rows[r],
                   (size_t)rows[r] * sizeof *column);
        status = take_observations(options, times.received, time, column, out, v, err);
        k++;
    }
done:
    free(time);
    free(column);
    free(received);
    pulse_alltoallv_clear(&times);
    pulse_alltoallv_clear(&values);
    free(rows);
    return status;
}

static int read_wide(const struct pulse_comm *comm, const struct pulse_options *options,
                     const struct pulse_catalog *catalog, struct pulse_loaded *out,
                     struct pulse_err *err)
{
    struct pulse_block block = {0};
    int status = read_part(comm, options, catalog, out, &block, err);
    if (status == 0)
        status = gather_columns(comm, options, catalog, &block, out, err);
    pulse_block_clear(&block);
    return status;
}

/* ---- All of it ------------------------------------------------------------------ */

static int loaded_init(struct pulse_loaded *out, const struct pulse_comm *comm,
                       const struct pulse_options *options, struct pulse_catalog *catalog,
                       struct pulse_err *err)
{
    out->V = catalog->n;
    out->names = pulse_calloc(out->V, sizeof *out->names, "the names", err);
    out->owner = pulse_calloc(out->V, sizeof *out->owner, "the owners", err);
    out->observed = pulse_calloc(out->V, sizeof *out->observed, "the observations", err);
    out->duplicates = pulse_calloc(out->V, sizeof *out->duplicates, "the duplicates", err);
    out->midnights = pulse_calloc(out->V, sizeof *out->midnights, "the times of day", err);
    if (out->names == NULL || out->owner == NULL || out->observed == NULL ||
        out->duplicates == NULL || out->midnights == NULL)
        return -1;
    if (!options->has_end && (out->later = pulse_calloc(PULSE_DAYS, 1, "the days", err)) == NULL)
        return -1;
    for (int64_t v = 0; v < out->V; v++)
        out->midnights[v] = PULSE_MIDNIGHTS_ANY;
    for (int64_t v = 0; v < out->V; v++) {
        out->names[v] = catalog->entries[v].name;
        catalog->entries[v].name = NULL;
    }
    return pulse_variables_deal(catalog, comm->size, out->owner, err);
}

int pulse_load(const struct pulse_comm *comm, const struct pulse_options *options,
               struct pulse_loaded *out, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_options_reading(options);
    struct pulse_catalog catalog = {0};
    int status = -1;
    *out = (struct pulse_loaded){0};
    if (pulse_variables_find(comm, options, &reading, &catalog, err) != 0)
        goto done;
    (void)loaded_init(out, comm, options, &catalog, err);
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    if (catalog.wide)
        (void)read_wide(comm, options, &catalog, out, err);
    else
        (void)read_datasets(comm, options, &catalog, out, err);
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    status = pulse_load_warn(comm, options, catalog.wide, out, err);
    free(out->later);
    out->later = NULL;
done:
    pulse_catalog_clear(&catalog);
    return status;
}

static void *copy_array(const void *array, int64_t n, size_t size, struct pulse_err *err)
{
    void *copy = pulse_calloc(n, size, "the data", err);
    if (copy != NULL && n > 0)
        memcpy(copy, array, (size_t)n * size);
    return copy;
}

int pulse_loaded_copy(const struct pulse_loaded *loaded, struct pulse_loaded *out,
                      struct pulse_err *err)
{
    const int64_t V = loaded->V;
    *out = *loaded;
    out->names = pulse_calloc(V, sizeof *out->names, "the data", err);
    out->observed = pulse_calloc(V, sizeof *out->observed, "the data", err);
    out->owner = copy_array(loaded->owner, V, sizeof *out->owner, err);
    out->duplicates = copy_array(loaded->duplicates, V, sizeof *out->duplicates, err);
    out->midnights = copy_array(loaded->midnights, V, sizeof *out->midnights, err);
    for (int64_t v = 0; out->names != NULL && out->observed != NULL && v < V; v++) {
        const struct pulse_observed *from = &loaded->observed[v];
        out->names[v] = pulse_strdup(loaded->names[v], err);
        out->observed[v] = (struct pulse_observed){
            .n = from->n,
            .day = copy_array(from->day, from->n, sizeof *from->day, err),
            .value = copy_array(from->value, from->n, sizeof *from->value, err)};
    }
    return err->kind == PULSE_OK ? 0 : -1;
}

void pulse_loaded_clear(struct pulse_loaded *loaded)
{
    for (int64_t v = 0; v < loaded->V; v++) {
        if (loaded->names != NULL)
            free(loaded->names[v]);
        if (loaded->observed != NULL) {
            free(loaded->observed[v].day);
            free(loaded->observed[v].value);
        }
    }
    free(loaded->names);
    free(loaded->owner);
    free(loaded->observed);
    free(loaded->duplicates);
    free(loaded->midnights);
    free(loaded->later);
    *loaded = (struct pulse_loaded){0};
}

int pulse_load_calendar(const struct pulse_comm *comm, const struct pulse_options *options,
                        const struct pulse_loaded *loaded, int64_t **calendar, int64_t *T,
                        struct pulse_err *err)
{
    /* One byte a day: 213,502 of them. */
    unsigned char *seen = pulse_calloc(PULSE_DAYS, 1, "the calendar", err);
    *calendar = pulse_calloc(PULSE_DAYS, sizeof **calendar, "the calendar", err);
    *T = 0;
    int status = -1;
    if (pulse_comm_agree(comm, err) != 0)
        goto done;
    for (int64_t v = 0; v < loaded->V; v++)
        for (int64_t i = 0; i < loaded->observed[v].n; i++)
            seen[loaded->observed[v].day[i] - PULSE_DAY_MIN] = 1;
    if (pulse_reduce(comm, seen, PULSE_DAYS, MPI_UNSIGNED_CHAR, MPI_BOR, "merging the calendar",
                     err) != 0)
        goto done;
    for (int64_t i = 0; i < PULSE_DAYS; i++)
        if (seen[i])
            (*calendar)[(*T)++] = i + PULSE_DAY_MIN;
    if (*T == 0) {
        char start[PULSE_DATE_TEXT] = "the beginning", end[PULSE_DATE_TEXT];
        if (options->has_start)
            (void)pulse_format_day(options->start_day, start);
        (void)pulse_fail(
            err, PULSE_E_INPUT,
            "%s: no chosen variable is observed from %s to %s; pulse-data info %s shows "
            "what there is",
            options->data, start, pulse_format_day(options->end_day, end), options->data);
        goto done;
    }
    status = pulse_epoch_check_mixed(options->data, options->time_unit, *calendar, *T, err);
done:
    free(seen);
    return status;
}
