#include "data/hdf5/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/hdf5/fields.h"
#include "data/hdf5/rows.h"

/* ---- Which columns -------------------------------------------------------------- */

static bool is_in_frame(const struct pulse_h5_layout *layout, const char *name)
{
    bool found = layout->time_name != NULL && strcmp(layout->time_name, name) == 0;
    for (int64_t c = 0; !found && c < layout->frame.n; c++)
        found = strcmp(layout->frame.names[c], name) == 0;
    return found;
}

/* Keeps the fields that the frame does not have, and that are not its time: of a frame by pandas
 * that is its index, unless a column is. */
static void keep_words(struct pulse_h5_fields *f, const struct pulse_h5_layout *layout)
{
    const bool pandas = layout->kind == PULSE_H5_BLOCKS || layout->kind == PULSE_H5_TABLE;
    int64_t n = 0;
    for (int64_t c = 0; c < f->n; c++) {
        const char *time = pandas ? layout->time_name : layout->time;
        const bool is_time = time == NULL ? f->all[c].index : strcmp(f->all[c].name, time) == 0;
        if (is_time || is_in_frame(layout, f->all[c].name))
            free(f->all[c].name);
        else
            f->all[n++] = f->all[c];
    }
    f->n = n;
}

/* Rows of one column. */
static int read_column(const struct pulse_h5_words *words, int64_t i, int64_t first, int64_t rows,
                       struct pulse_batch *out, struct pulse_err *err)
{
    struct pulse_h5_fields one = words->fields;
    one.all += i;
    one.n = 1;
    return pulse_h5_rows_next(&one, first, rows, out, err);
}

/* Looks at text up to the first rows where it has a value. */
static int look_at_text(struct pulse_h5_words *words, int64_t i)
{
    const struct pulse_h5_fields *f = &words->fields;
    const int64_t step = pulse_h5_rows_step(f);
    struct pulse_text_column *text = &words->texts[i];
    struct pulse_batch batch;
    struct pulse_err ignored;
    int rc = 0;
    for (int64_t row = 0, n; rc == 0 && row < f->rows && text->look == PULSE_LOOK_NOTHING;
         row += n) {
        n = step < f->rows - row ? step : f->rows - row;
        rc = read_column(words, i, row, n, &batch, &ignored);
        if (rc == 0)
            pulse_text_column_look_at(text, &batch.vectors[0], 0, n, &words->numbers, row);
        pulse_batch_clear(&batch);
    }
    return rc;
}

int pulse_h5_words_find(const struct pulse_h5_location *root, const struct pulse_h5_layout *layout,
                        const struct pulse_read_options *reading, struct pulse_h5_words *out,
                        struct pulse_err *err)
{
    struct pulse_err ignored;
    *out = (struct pulse_h5_words){.fields.location.id = -1,
                                   .matrix = layout->kind == PULSE_H5_MATRIX};
    if (pulse_text_numbers_init(reading, &out->numbers, err) != 0)
        return -1;
    if (out->numbers.decimal == '\0')
        out->numbers.decimal = '.';
    /* Numbers are read without it: what is wrong here is no reason to refuse them. */
    if (pulse_h5_fields_find(root, layout->frame.path, &out->fields, &ignored) != 0) {
        pulse_h5_fields_clear(&out->fields);
        return 0;
    }
    keep_words(&out->fields, layout);
    out->texts = pulse_calloc(out->fields.n, sizeof *out->texts, "columns of text", err);
    if (out->texts == NULL)
        return -1;
    for (int64_t i = 0; i < out->fields.n; i++)
        if (out->fields.all[i].kind == PULSE_KIND_TEXT && look_at_text(out, i) != 0)
            out->texts[i].look = PULSE_LOOK_INSTANT; /* neither numbers nor to be checked */
    return 0;
}

int64_t pulse_h5_words_count(const struct pulse_h5_words *words)
{
    return words->fields.n + words->fields.n_left_out;
}

const char *pulse_h5_words_name(const struct pulse_h5_words *words, int64_t i)
{
    const struct pulse_h5_fields *f = &words->fields;
    return i < f->n ? f->all[i].name : f->left_out[i - f->n];
}

bool pulse_h5_words_is_numeric(const struct pulse_h5_words *words, int64_t i)
{
    if (i >= words->fields.n)
        return false;
    const struct pulse_h5_field *field = &words->fields.all[i];
    if (field->kind == PULSE_KIND_TEXT)
        return pulse_text_column_is_numeric(&words->texts[i]);
    const bool plain = field->form == PULSE_H5_INTEGER || field->form == PULSE_H5_REAL;
    return (field->form == PULSE_H5_CODED || (words->matrix && plain)) && !field->index &&
           field->kind != PULSE_KIND_BOOL && field->kind != PULSE_KIND_TIME;
}

bool pulse_h5_words_is_empty(const struct pulse_h5_words *words, int64_t i)
{
    return i < words->fields.n && words->fields.all[i].kind == PULSE_KIND_TEXT &&
           words->texts[i].look == PULSE_LOOK_NOTHING;
}

const char *pulse_h5_words_holds(const struct pulse_h5_words *words, int64_t i)
{
    if (i >= words->fields.n)
        return words->fields.holds[i - words->fields.n];
    return pulse_h5_words_is_empty(words, i) ? PULSE_HOLDS_NOTHING
                                             : pulse_kind_name(words->fields.all[i].kind);
}

/* ---- Values --------------------------------------------------------------------- */

/* `values` NULL: the cells are only looked at. */
static int take_text(const struct pulse_h5_words *words, int64_t i, int64_t first, int64_t rows,
                     const struct pulse_vector *v, double *values, struct pulse_err *err)
{
    enum pulse_text_fault fault;
    char what[512];
    const struct pulse_text_column *text = &words->texts[i];
    const int64_t good =
        pulse_text_column_take_from(text, v, 0, rows, &words->numbers, values, &fault);
    if (good == rows)
        return 0;
    pulse_text_describe_fault(what, sizeof what, fault, pulse_text_of_vector(v, good),
                              words->fields.all[i].name, text, &words->numbers, "row");
    return pulse_fail(err, PULSE_E_INPUT, "%s, row %lld: %s", words->fields.location.file,
                      (long long)(first + good), what);
}

static void take_numbers(const struct pulse_vector *v, int64_t rows, double *values)
{
    for (int64_t i = 0; i < rows; i++) {
        const double x = v->reals != NULL ? v->reals[i] : pulse_vector_integer_to_real(v, i);
        values[i] = (v->missing != NULL && v->missing[i]) || !isfinite(x) ? NAN : x;
    }
}

int pulse_h5_words_read(const struct pulse_h5_words *words, int64_t i, int64_t first, int64_t rows,
                        double *values, struct pulse_err *err)
{
    struct pulse_batch batch;
    int rc = read_column(words, i, first, rows, &batch, err);
    if (rc == 0 && words->fields.all[i].kind == PULSE_KIND_TEXT)
        rc = take_text(words, i, first, rows, &batch.vectors[0], values, err);
    else if (rc == 0)
        take_numbers(&batch.vectors[0], rows, values);
    pulse_batch_clear(&batch);
    return rc;
}

int pulse_h5_words_check(const struct pulse_h5_words *words, int64_t first, int64_t rows,
                         struct pulse_err *err)
{
    struct pulse_batch batch;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i < words->fields.n; i++) {
        if (words->texts[i].look != PULSE_LOOK_TEXT || pulse_h5_words_is_numeric(words, i))
            continue;
        rc = read_column(words, i, first, rows, &batch, err);
        if (rc == 0)
            rc = take_text(words, i, first, rows, &batch.vectors[0], NULL, err);
        pulse_batch_clear(&batch);
    }
    return rc;
}
