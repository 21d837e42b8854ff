#include "data/dataset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/common/clock.h"
#include "data/common/columns.h"
#include "data/common/epoch.h"
#include "data/common/text_number.h"
#include "data/dataset_file.h"
#include "data/long_columns.h"
#include "data/long_panel.h"
#include "data/repeats.h"

/* ---- Times ---------------------------------------------------------------------- */

/* Makes clock times of instants, and leaves the rows out whose time stands for none. Here all
 * formats come by: what a caller gets lies on whole days of int64 nanoseconds. */
static void settle_times(const struct pulse_dataset_file *file, struct pulse_block *block)
{
    const int64_t rows = block->rows;
    int64_t kept = 0;
    pulse_block_show_clocks(block, file->time_zone);
    for (int64_t i = 0; i < rows; i++)
        kept += pulse_is_time(block->time_ns[i]);
    if (kept == rows)
        return;
    for (int64_t c = 0, to = 0; c < block->columns; c++)
        for (int64_t i = 0; i < rows; i++)
            if (pulse_is_time(block->time_ns[i]))
                block->values[to++] = block->values[c * rows + i];
    for (int64_t i = 0, to = 0; i < rows; i++)
        if (pulse_is_time(block->time_ns[i]))
            block->time_ns[to++] = block->time_ns[i];
    block->rows = kept;
    block->untimed = rows - kept;
}

/* ---- Values --------------------------------------------------------------------- */

/* Numbers that options declare to be missing, as -999. Here and not in the readers, whose loops
 * over cells need not know of them; so they are missing too where a format stores them as numbers.
 */
static void blank_missing(const struct pulse_dataset_file *file, struct pulse_block *block)
{
    const char *words = file->missing;
    for (double number; pulse_words_next_number(&words, &number);)
        for (int64_t i = 0; i < block->rows * block->columns; i++)
            if (pulse_number_is(block->values[i], number))
                block->values[i] = NAN;
}

/* ---- Wide files ----------------------------------------------------------------- */

struct pulse_wide {
    struct pulse_dataset_file file;
    int64_t n;
    char **names;       /* n; "" for a column that is no variable */
    bool chosen;        /* by --value: of others nothing is said */
    int64_t attributes; /* columns of numbers that OBS_VALUE of SDMX has beside it, no variables */
    struct pulse_name_index index;
};

char *const *pulse_wide_names(const struct pulse_wide *wide, int64_t *n)
{
    *n = wide->n;
    return wide->names;
}

char *const *pulse_wide_columns(const struct pulse_wide *wide)
{
    return pulse_dataset_file_frame(&wide->file, 0).names;
}

/* A frame with nothing but a column "value" is one variable, called after the file; or after its
 * group where that is called like a dataset. */
static char *name_after_location(const char *uri, const char *frame, struct pulse_err *err)
{
    const char *group = frame == NULL ? "" : strrchr(frame, '/') + 1;
    const char *variable = pulse_variable_of_name(group);
    return variable != group ? pulse_strdup(variable, err) : pulse_variable_of_path(uri, err);
}

static bool holds_numbers(const struct pulse_frame *frame, int64_t column)
{
    return (frame->numeric == NULL || frame->numeric[column]) &&
           (frame->empty == NULL || !frame->empty[column]);
}

bool pulse_wide_leaves_out(const struct pulse_wide *wide, int64_t column, const char **name)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    *name = frame.names[column];
    if (wide->chosen)
        return false;
    /* What has neither name nor value is but a separator at the end of each line. */
    return wide->names[column][0] == '\0' && frame.empty != NULL && column != frame.time &&
           ((*name)[0] != '\0' || !frame.empty[column]);
}

const char *pulse_wide_holds(const struct pulse_wide *wide, int64_t column)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    return frame.holds == NULL || frame.holds[column] == NULL ? "" : frame.holds[column];
}

int64_t pulse_wide_attributes(const struct pulse_wide *wide)
{
    return wide->attributes;
}

const char *pulse_wide_note(const struct pulse_wide *wide)
{
    return pulse_dataset_file_frame(&wide->file, 0).note;
}

enum pulse_wide_labels pulse_wide_labels(const struct pulse_wide *wide)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    enum pulse_wide_labels labels = PULSE_WIDE_NO_LABELS;
    for (int64_t c = 0; c < frame.n; c++) {
        const bool number = frame.numeric == NULL || frame.numeric[c];
        if (c == frame.time || (frame.empty != NULL && frame.empty[c]) || frame.names[c][0] == '\0')
            continue;
        if (number && pulse_is_id_name(frame.names[c], true))
            return PULSE_WIDE_NAMED_LABELS;
        if (!number)
            labels = PULSE_WIDE_LABELS;
    }
    return labels;
}

/* `said`: the columns that --value names; NULL: all. */
static int set_names(struct pulse_wide *wide, const bool *said, struct pulse_err *err)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    const char *uri = wide->file.location.uri;
    int64_t numbers = 0;
    wide->names = pulse_calloc(frame.n, sizeof *wide->names, "variable names", err);
    if (wide->names == NULL)
        return -1;
    wide->n = frame.n;
    for (int64_t c = 0; c < frame.n; c++)
        numbers += holds_numbers(&frame, c);
    const bool is_long = wide->file.face == &pulse_long_dataset;
    const int64_t observation =
        is_long || said != NULL ? -1 : pulse_columns_find_observation(frame.names, frame.n);
    for (int64_t c = 0; c < frame.n; c++) {
        const bool attribute = pulse_columns_is_attribute(frame.names, frame.n, observation, c);
        const bool variable =
            holds_numbers(&frame, c) && !attribute && (is_long || said == NULL || said[c]);
        wide->attributes += attribute && holds_numbers(&frame, c) && frame.names[c][0] != '\0';
        if (variable && numbers == 1 && !is_long && pulse_is_generic_value_name(frame.names[c]))
            wide->names[c] = name_after_location(uri, frame.path, err);
        else
            wide->names[c] = pulse_strdup(variable ? frame.names[c] : "", err);
        if (wide->names[c] == NULL)
            return -1;
    }
    return pulse_name_index_init(&wide->index, uri, wide->names, frame.n, err);
}

/* The column that --value names. */
static int choose_value(const char *uri, const struct pulse_frame *frame, const char *value,
                        size_t length, int64_t *column, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    *column = 0;
    while (*column < frame->n &&
           (strlen(frame->names[*column]) != length ||
            memcmp(frame->names[*column], value, length) != 0 || !holds_numbers(frame, *column)))
        ++*column;
    return *column < frame->n ? 0
                              : pulse_fail(err, PULSE_E_INPUT,
                                           "%s: no column of numbers '%.*s' (columns: %s); see "
                                           "--value",
                                           uri, (int)length, value,
                                           pulse_columns_list(frame->names, frame->n, list));
}

/* Which columns --value names; each name must be a column of numbers. To be freed. */
static bool *find_said(const struct pulse_wide *wide, const char *value, struct pulse_err *err)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    int64_t column;
    const char *name;
    size_t length;
    bool *said = pulse_calloc(frame.n, sizeof *said, "columns of --value", err);
    int rc = said == NULL ? -1 : 0;
    while (rc == 0 && value != NULL) {
        (void)pulse_columns_take_said(frame.names, frame.n, &value, &name, &length);
        rc = choose_value(wide->file.location.uri, &frame, name, length, &column, err);
        if (rc == 0)
            said[column] = true;
    }
    if (rc == 0)
        return said;
    free(said);
    return NULL;
}

/* Tables side by side; CSV says so itself, with the command that cuts them apart. */
static int refuse_second_table(const struct pulse_wide *wide, struct pulse_err *err)
{
    const struct pulse_frame frame = pulse_dataset_file_frame(&wide->file, 0);
    const int64_t second =
        frame.numeric == NULL
            ? -1
            : pulse_columns_find_second_table(frame.names, frame.numeric, frame.n,
                                              frame.time < 0 ? NULL : frame.names[frame.time]);
    return second < 0
               ? 0
               : pulse_fail(err, PULSE_E_INPUT,
                            "%s: '%.40s' holds dates before numbers, as of tables side by side; "
                            "write each to a file of its own, and give their directory, as pandas "
                            "does with df[['%.40s', '%.40s']].to_pickle('DIRECTORY/NAME.pkl'); or "
                            "say --time NAME if all are of that date",
                            wide->file.location.uri, frame.names[second], frame.names[second],
                            frame.names[second + 1]);
}

static int open_columns(struct pulse_wide *wide, const struct pulse_read_options *options,
                        struct pulse_err *err)
{
    const char *value = options == NULL ? NULL : options->value;
    const int64_t frames = pulse_dataset_file_frames(&wide->file);
    if (frames != 1)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: %lld frames where a wide file has one; read its variables one by one",
            wide->file.location.uri, (long long)frames);
    const bool is_long = wide->file.face == &pulse_long_dataset;
    if (!is_long && (options == NULL || options->time == NULL) &&
        refuse_second_table(wide, err) != 0)
        return -1;
    wide->chosen = value != NULL && !is_long;
    bool *said = wide->chosen ? find_said(wide, value, err) : NULL;
    const int rc = wide->chosen && said == NULL ? -1 : set_names(wide, said, err);
    free(said);
    return rc;
}

int pulse_wide_of_file(struct pulse_dataset_file *file, const struct pulse_read_options *options,
                       struct pulse_wide **out, struct pulse_err *err)
{
    struct pulse_wide *wide = pulse_calloc(1, sizeof *wide, "an open wide file", err);
    if (wide == NULL) {
        pulse_dataset_file_clear(file);
        return -1;
    }
    wide->file = *file;
    *file = (struct pulse_dataset_file){0};
    int rc = wide->file.state == NULL ? 0 : open_columns(wide, options, err);
    if (rc == 0)
        *out = wide;
    else
        pulse_wide_free(wide);
    return rc;
}

int pulse_wide_open(const char *uri, int part, int parts, const struct pulse_read_options *options,
                    struct pulse_wide **out, struct pulse_err *err)
{
    struct pulse_dataset_file file;
    if (pulse_dataset_file_open(uri, part, parts, options, &file, err) == 0)
        return pulse_wide_of_file(&file, options, out, err);
    pulse_dataset_file_clear(&file);
    return -1;
}

void pulse_wide_free(struct pulse_wide *wide)
{
    if (wide == NULL)
        return;
    pulse_dataset_file_clear(&wide->file);
    pulse_name_index_clear(&wide->index);
    for (int64_t c = 0; c < wide->n; c++)
        free(wide->names[c]);
    free(wide->names);
    free(wide);
}

bool pulse_wide_flips_quotes(const struct pulse_wide *wide)
{
    const struct pulse_dataset_file *file = &wide->file;
    return file->state != NULL && file->face->flips_quotes != NULL &&
           file->face->flips_quotes(file->state);
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
            (void)pulse_fail(err, PULSE_E_INPUT, "%s: %s '%s' (columns: %s)",
                             wide->file.location.uri,
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
    const struct pulse_dataset_file *file = &wide->file;
    *out = (struct pulse_block){.columns = n, .midnights = PULSE_MIDNIGHTS_ANY};
    if (file->state == NULL)
        return 0;
    int64_t *columns = find_columns(wide, names, n, err);
    if (columns == NULL)
        return -1;
    const struct pulse_frame_request request = {
        .begins_quoted = begins_quoted, .columns = columns, .n = n};
    int rc = file->face->read(file->state, &request, out, bytes_read, err);
    if (rc == 0) {
        blank_missing(file, out);
        settle_times(file, out);
    }
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
    *out = (struct pulse_series){.n = n,
                                 .untimed = block->untimed,
                                 .midnights = block->midnights,
                                 .time_ns = block->time_ns,
                                 .value = block->values};
    *block = (struct pulse_block){0};
}

/* The only frame, or of several the one called after the variable. */
static int choose_frame(const struct pulse_dataset_file *file, const char *name, int64_t *frame,
                        struct pulse_err *err)
{
    const int64_t n = pulse_dataset_file_frames(file);
    int64_t hits = 0;
    *frame = 0;
    for (int64_t i = 0; n > 1 && i < n; i++) {
        const char *path = strrchr(pulse_dataset_file_frame(file, i).path, '/') + 1;
        if (pulse_variable_matches_name(name, pulse_variable_of_name(path))) {
            *frame = i;
            hits++;
        }
    }
    if (n == 1 || hits == 1)
        return 0;
    return pulse_fail(
        err, PULSE_E_INPUT, "%s: %lld frames, and %s is for variable %s (historical_%s or %s)",
        file->location.uri, (long long)n, hits == 0 ? "none" : "more than one", name, name, name);
}

/* Columns of numbers but the time and this one; labels in text say what the numbers are of. */
static int64_t count_others(const struct pulse_frame *frame, int64_t column)
{
    int64_t n = 0;
    for (int64_t c = 0; c < frame->n; c++)
        n += c != column && c != frame->time && frame->names[c][0] != '\0' &&
             (frame->numeric == NULL || frame->numeric[c]);
    return n;
}

static int read_series(const struct pulse_dataset_file *file, const char *name, const char *value,
                       struct pulse_block *block, int64_t *beside, int64_t *bytes_read,
                       struct pulse_err *err)
{
    int64_t column;
    struct pulse_frame_request request = {.columns = &column, .n = 1};
    if (choose_frame(file, name, &request.frame, err) != 0 ||
        (file->face->check_series != NULL && file->face->check_series(file->state, name, err) != 0))
        return -1;
    const struct pulse_frame frame = pulse_dataset_file_frame(file, request.frame);
    if (frame.note != NULL)
        pulse_warn("%s: %s", file->location.uri, frame.note);
    const int rc =
        value != NULL ? choose_value(file->location.uri, &frame, value, strlen(value), &column, err)
                      : pulse_columns_find_value(file->location.uri, frame.names, frame.numeric,
                                                 frame.n, name, &column, err);
    if (rc != 0)
        return -1;
    *beside = count_others(&frame, column);
    return file->face->read(file->state, &request, block, bytes_read, err);
}

int pulse_series_read(const char *uri, const char *name, const struct pulse_read_options *options,
                      struct pulse_series *out, int64_t *bytes_read, struct pulse_err *err)
{
    struct pulse_dataset_file file;
    struct pulse_block block = {0};
    int64_t beside = 0;
    *out = (struct pulse_series){0};
    int rc = pulse_dataset_file_open(uri, 0, 1, options, &file, err);
    if (rc == 0)
        rc = read_series(&file, name, options == NULL ? NULL : options->value, &block, &beside,
                         bytes_read, err);
    if (rc == 0) {
        blank_missing(&file, &block);
        settle_times(&file, &block);
        take_observed(&block, out);
        out->beside = beside;
    }
    if (rc == 0)
        rc = pulse_series_check_repeats(uri, name, options, out->time_ns, out->n, err);
    if (rc != 0)
        pulse_series_clear(out);
    pulse_block_clear(&block);
    pulse_dataset_file_clear(&file);
    return rc;
}
