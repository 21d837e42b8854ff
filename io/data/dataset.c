#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/common/columns.h"
#include "data/common/decompress.h"
#include "data/common/format.h"
#include "data/csv/csv.h"
#include "data/hdf5/hdf5.h"
#include "data/parquet/frame.h"
#include "data/pickle/pickle.h"

/* ---- Wide files ----------------------------------------------------------------- */

struct pulse_wide {
    char *uri;
    struct pulse_read_options reading;
    bool elsewhere;        /* all rows are in the first part, and this is another: none is open */
    struct pulse_csv *csv; /* one of the four */
    struct pulse_h5 *h5;
    struct pulse_parquet_frame *parquet;
    struct pulse_pickle *pickle;
    int64_t first_row; /* of a part, but for CSV */
    int64_t rows;
    int64_t n;
    char **names; /* n; "" for a column that is no variable */
    struct pulse_name_index index;
};

char *const *pulse_wide_names(const struct pulse_wide *wide, int64_t *n)
{
    *n = wide->n;
    return wide->names;
}

/* A frame with nothing but a column "value" is one variable, called after the file; or after its
 * group where that is called like a dataset. */
static char *name_after_place(const char *uri, const char *frame, struct pulse_err *err)
{
    const char *group = frame == NULL ? "" : strrchr(frame, '/') + 1;
    const char *variable = pulse_variable_of_name(group);
    return variable != group ? pulse_strdup(variable, err) : pulse_variable_of_path(uri, err);
}

static int set_names(struct pulse_wide *wide, char *const *names, const bool *numeric, int64_t n,
                     const char *frame, struct pulse_err *err)
{
    int64_t numbers = 0;
    wide->names = pulse_calloc(n, sizeof *wide->names, "variable names", err);
    if (wide->names == NULL)
        return -1;
    wide->n = n;
    for (int64_t c = 0; c < n; c++)
        numbers += numeric == NULL || numeric[c];
    for (int64_t c = 0; c < n; c++) {
        bool variable = numeric == NULL || numeric[c];
        if (variable && numbers == 1 && pulse_is_generic_value_name(names[c]))
            wide->names[c] = name_after_place(wide->uri, frame, err);
        else
            wide->names[c] = pulse_strdup(variable ? names[c] : "", err);
        if (wide->names[c] == NULL)
            return -1;
    }
    return pulse_name_index_init(&wide->index, wide->uri, wide->names, n, err);
}

static int open_csv(struct pulse_wide *wide, int part, int parts, struct pulse_err *err)
{
    struct pulse_name_index whole;
    if (pulse_csv_open(wide->uri, part, parts, PULSE_CSV_BUFFER_BYTES, &wide->reading, &wide->csv,
                       err) != 0)
        return -1;
    const struct pulse_csv_layout *layout = pulse_csv_layout(wide->csv);
    /* Two columns of one name are a mistake even where one of them holds text. */
    if (pulse_name_index_init(&whole, wide->uri, layout->names, layout->n, err) != 0)
        return -1;
    pulse_name_index_clear(&whole);
    return set_names(wide, layout->names, layout->numeric, layout->n, NULL, err);
}

/* Part `part` of `parts` of the rows. */
static void set_rows(struct pulse_wide *wide, int64_t rows, int part, int parts)
{
    wide->first_row = rows / parts * part + rows % parts * part / parts;
    wide->rows = rows / parts * (part + 1) + rows % parts * (part + 1) / parts - wide->first_row;
}

static int open_parquet(struct pulse_wide *wide, int part, int parts, struct pulse_err *err)
{
    if (pulse_parquet_frame_open(wide->uri, &wide->reading, &wide->parquet, err) != 0)
        return -1;
    const struct pulse_parquet_layout *layout = pulse_parquet_frame_layout(wide->parquet);
    set_rows(wide, layout->rows, part, parts);
    const int64_t end = pulse_parquet_frame_align(wide->parquet, wide->first_row + wide->rows);
    wide->first_row = pulse_parquet_frame_align(wide->parquet, wide->first_row);
    wide->rows = end - wide->first_row;
    return set_names(wide, layout->names, layout->numeric, layout->n, NULL, err);
}

static int open_pickle(struct pulse_wide *wide, struct pulse_err *err)
{
    if (pulse_pickle_open(wide->uri, &wide->reading, &wide->pickle, err) != 0)
        return -1;
    const struct pulse_pickle_layout *layout = pulse_pickle_layout(wide->pickle);
    set_rows(wide, layout->rows, 0, 1);
    return set_names(wide, layout->names, layout->numeric, layout->n, NULL, err);
}

static int open_h5(struct pulse_wide *wide, int part, int parts, struct pulse_err *err)
{
    if (pulse_h5_open(wide->uri, &wide->reading, &wide->h5, err) != 0)
        return -1;
    if (pulse_h5_frames(wide->h5) != 1)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: %lld frames where a wide file has one; read its variables one by one", wide->uri,
            (long long)pulse_h5_frames(wide->h5));
    const struct pulse_h5_frame *frame = pulse_h5_frame(wide->h5, 0);
    set_rows(wide, frame->rows, part, parts);
    return set_names(wide, frame->names, NULL, frame->n, frame->path, err);
}

/* What can only be read from its beginning is one part, the first. */
static bool is_in_first_part(const char *uri)
{
    return pulse_format_of(uri) == PULSE_FORMAT_PICKLE ||
           (pulse_format_of(uri) == PULSE_FORMAT_CSV &&
            pulse_compression_of_name(uri) != PULSE_COMPRESSION_NONE);
}

int pulse_wide_open(const char *uri, int part, int parts, const struct pulse_read_options *options,
                    struct pulse_wide **out, struct pulse_err *err)
{
    int rc = -1;
    struct pulse_wide *wide = pulse_calloc(1, sizeof *wide, "an open wide file", err);
    if (wide == NULL)
        return -1;
    wide->reading = pulse_read_options_or_all(options);
    wide->uri = pulse_strdup(uri, err);
    wide->elsewhere = part > 0 && is_in_first_part(uri);
    if (wide->uri != NULL && wide->elsewhere)
        rc = 0;
    else if (wide->uri != NULL && pulse_format_of(uri) == PULSE_FORMAT_CSV)
        rc = open_csv(wide, part, parts, err);
    else if (wide->uri != NULL && pulse_h5_is_uri(uri))
        rc = open_h5(wide, part, parts, err);
    else if (wide->uri != NULL && pulse_format_of(uri) == PULSE_FORMAT_PARQUET)
        rc = open_parquet(wide, part, parts, err);
    else if (wide->uri != NULL && pulse_format_of(uri) == PULSE_FORMAT_PICKLE)
        rc = open_pickle(wide, err);
    else if (wide->uri != NULL)
        rc = pulse_format_refuse(uri, err);
    if (rc == 0)
        *out = wide;
    else
        pulse_wide_free(wide);
    return rc;
}

void pulse_wide_free(struct pulse_wide *wide)
{
    if (wide == NULL)
        return;
    pulse_csv_free(wide->csv);
    pulse_h5_free(wide->h5);
    pulse_parquet_frame_free(wide->parquet);
    pulse_pickle_free(wide->pickle);
    pulse_name_index_clear(&wide->index);
    for (int64_t c = 0; c < wide->n; c++)
        free(wide->names[c]);
    free(wide->names);
    free(wide->uri);
    free(wide);
}

bool pulse_wide_flips_quotes(const struct pulse_wide *wide)
{
    return wide->csv != NULL && pulse_csv_flips_quotes(wide->csv);
}

/* Positions of the named columns; each may be asked for once. */
static int64_t *find_columns(const struct pulse_wide *wide, const char *const *names, int64_t n,
                             struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    bool *taken = pulse_calloc(wide->n, sizeof *taken, "columns to read", err);
    int64_t *columns = pulse_calloc(n, sizeof *columns, "columns to read", err);
    if (taken == NULL || columns == NULL)
        goto fail;
    for (int64_t i = 0; i < n; i++) {
        columns[i] = names[i][0] == '\0' ? -1 : pulse_name_index_find(&wide->index, names[i]);
        if (columns[i] < 0 || taken[columns[i]]) {
            (void)pulse_fail(err, PULSE_E_INPUT, "%s: %s '%s' (columns: %s)", wide->uri,
                             columns[i] < 0 ? "no variable" : "asked twice for the variable",
                             names[i], pulse_columns_list(wide->names, wide->n, list));
            goto fail;
        }
        taken[columns[i]] = true;
    }
    free(taken);
    return columns;
fail:
    free(taken);
    free(columns);
    return NULL;
}

int pulse_wide_read(struct pulse_wide *wide, bool begins_quoted, const char *const *names,
                    int64_t n, struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err)
{
    *out = (struct pulse_block){.columns = n};
    if (wide->elsewhere)
        return 0;
    int64_t *columns = find_columns(wide, names, n, err);
    if (columns == NULL)
        return -1;
    int rc;
    if (wide->csv != NULL)
        rc = pulse_csv_read(wide->csv, begins_quoted, columns, n, out, bytes_read, err);
    else if (wide->h5 != NULL)
        rc = pulse_h5_read(wide->h5, 0, wide->first_row, wide->rows, columns, n, out, bytes_read,
                           err);
    else if (wide->parquet != NULL)
        rc = pulse_parquet_frame_read(wide->parquet, wide->first_row, wide->rows, columns, n, out,
                                      bytes_read, err);
    else
        rc = pulse_pickle_read(wide->pickle, wide->first_row, wide->rows, columns, n, out,
                               bytes_read, err);
    free(columns);
    return rc;
}

/* ---- Long datasets -------------------------------------------------------------- */

void pulse_series_clear(struct pulse_series *series)
{
    free(series->time_ns);
    free(series->value);
    *series = (struct pulse_series){0};
}

/* Takes a block of one column over, without its missing rows. */
static void take_observed(struct pulse_block *block, struct pulse_series *out)
{
    int64_t n = 0;
    for (int64_t i = 0; i < block->rows; i++)
        if (isfinite(block->values[i])) {
            block->time_ns[n] = block->time_ns[i];
            block->values[n++] = block->values[i];
        }
    *out = (struct pulse_series){n, block->time_ns, block->values};
    *block = (struct pulse_block){0};
}

static int read_csv_series(const char *uri, const char *name,
                           const struct pulse_read_options *reading, struct pulse_block *block,
                           int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_csv *csv;
    int64_t column;
    if (pulse_csv_open(uri, 0, 1, PULSE_CSV_BUFFER_BYTES, reading, &csv, err) != 0)
        return -1;
    const struct pulse_csv_layout *layout = pulse_csv_layout(csv);
    int rc = pulse_columns_find_value(uri, layout->names, layout->numeric, layout->n, name, &column,
                                      err);
    if (rc == 0)
        rc = pulse_csv_read(csv, false, &column, 1, block, bytes_read, err);
    pulse_csv_free(csv);
    return rc;
}

/* The only frame, or of several the one called after the variable. */
static int choose_frame(const struct pulse_h5 *h5, const char *uri, const char *name,
                        int64_t *frame, struct pulse_err *err)
{
    int64_t n = pulse_h5_frames(h5), hits = 0;
    *frame = 0;
    for (int64_t i = 0; n > 1 && i < n; i++) {
        const char *path = strrchr(pulse_h5_frame(h5, i)->path, '/') + 1;
        if (pulse_variable_matches_name(name, pulse_variable_of_name(path))) {
            *frame = i;
            hits++;
        }
    }
    if (n == 1 || hits == 1)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "%s: %lld frames, and %s is for variable %s (historical_%s or %s)", uri,
                      (long long)n, hits == 0 ? "none" : "more than one", name, name, name);
}

static int read_h5_series(const char *uri, const char *name,
                          const struct pulse_read_options *reading, struct pulse_block *block,
                          int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_h5 *h5;
    int64_t which, column;
    bool *numeric = NULL;
    if (pulse_h5_open(uri, reading, &h5, err) != 0)
        return -1;
    int rc = choose_frame(h5, uri, name, &which, err);
    if (rc == 0) {
        const struct pulse_h5_frame *frame = pulse_h5_frame(h5, which);
        numeric = pulse_calloc(frame->n, sizeof *numeric, "column kinds", err);
        rc = numeric == NULL ? -1 : 0;
        for (int64_t c = 0; rc == 0 && c < frame->n; c++)
            numeric[c] = true;
        if (rc == 0)
            rc = pulse_columns_find_value(uri, frame->names, numeric, frame->n, name, &column, err);
        if (rc == 0)
            rc = pulse_h5_read(h5, which, 0, frame->rows, &column, 1, block, bytes_read, err);
    }
    free(numeric);
    pulse_h5_free(h5);
    return rc;
}

static int read_parquet_series(const char *uri, const char *name,
                               const struct pulse_read_options *reading, struct pulse_block *block,
                               int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_parquet_frame *frame;
    int64_t column;
    if (pulse_parquet_frame_open(uri, reading, &frame, err) != 0)
        return -1;
    const struct pulse_parquet_layout *layout = pulse_parquet_frame_layout(frame);
    int rc = pulse_parquet_frame_refuse_nested(frame, name, err);
    if (rc == 0)
        rc = pulse_columns_find_value(uri, layout->names, layout->numeric, layout->n, name, &column,
                                      err);
    if (rc == 0)
        rc = pulse_parquet_frame_read(frame, 0, layout->rows, &column, 1, block, bytes_read, err);
    pulse_parquet_frame_free(frame);
    return rc;
}

static int read_pickle_series(const char *uri, const char *name,
                              const struct pulse_read_options *reading, struct pulse_block *block,
                              int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_pickle *pickle;
    int64_t column;
    if (pulse_pickle_open(uri, reading, &pickle, err) != 0)
        return -1;
    const struct pulse_pickle_layout *layout = pulse_pickle_layout(pickle);
    int rc = pulse_columns_find_value(uri, layout->names, layout->numeric, layout->n, name, &column,
                                      err);
    if (rc == 0)
        rc = pulse_pickle_read(pickle, 0, layout->rows, &column, 1, block, bytes_read, err);
    pulse_pickle_free(pickle);
    return rc;
}

int pulse_series_read(const char *uri, const char *name, const struct pulse_read_options *options,
                      struct pulse_series *out, int64_t *bytes_read, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_read_options_or_all(options);
    struct pulse_block block = {0};
    int rc;
    *out = (struct pulse_series){0};
    if (pulse_h5_is_uri(uri))
        rc = read_h5_series(uri, name, &reading, &block, bytes_read, err);
    else if (pulse_format_of(uri) == PULSE_FORMAT_CSV)
        rc = read_csv_series(uri, name, &reading, &block, bytes_read, err);
    else if (pulse_format_of(uri) == PULSE_FORMAT_PARQUET)
        rc = read_parquet_series(uri, name, &reading, &block, bytes_read, err);
    else if (pulse_format_of(uri) == PULSE_FORMAT_PICKLE)
        rc = read_pickle_series(uri, name, &reading, &block, bytes_read, err);
    else
        rc = pulse_format_refuse(uri, err);
    if (rc == 0)
        take_observed(&block, out);
    pulse_block_clear(&block);
    return rc;
}
