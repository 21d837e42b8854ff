#include "data/pickle/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "data/common/levels.h"
#include "data/pickle/text.h"

enum {
    LEVELS_MOST = 8,
    LABEL_MOST = 4096 /* bytes of each, since many columns may share one */
};

const struct pulse_pickle_value *pulse_pickle_index_dict(const struct pulse_pickle_value *index)
{
    return pulse_pickle_is_call(index, PULSE_PICKLE_NEW_INDEX) ||
                   pulse_pickle_is_call(index, PULSE_PICKLE_NEW_DATETIME_INDEX)
               ? pulse_pickle_argument(index, 1)
               : NULL;
}

bool pulse_pickle_range_read(const struct pulse_pickle_value *dict, struct pulse_pickle_labels *out)
{
    static const char *const keys[] = {"start", "stop", "step"};
    int64_t parts[3], span;
    for (int i = 0; i < 3; i++) {
        const struct pulse_pickle_value *part = pulse_pickle_find(dict, keys[i]);
        if (!pulse_pickle_is(part, PULSE_PICKLE_INT))
            return false;
        parts[i] = part->as.integer;
    }
    if (parts[2] == 0 || parts[2] == INT64_MIN ||
        __builtin_sub_overflow(parts[1], parts[0], &span) || span == INT64_MIN)
        return false;
    *out = (struct pulse_pickle_labels){.start = parts[0], .step = parts[2]};
    if (span != 0 && (span > 0) == (parts[2] > 0)) /* below 0 it counts down, as d[::-1] does */
        out->n = (llabs(span) - 1) / llabs(parts[2]) + 1;
    return true;
}

/* The codes of level `k`; false where there are none. */
static bool read_codes(const struct pulse_pickle_value *dict, int64_t k,
                       struct pulse_pickle_column *out)
{
    const struct pulse_pickle_value *codes = pulse_pickle_find(dict, "codes");
    if (codes == NULL)
        codes = pulse_pickle_find(dict, "labels"); /* before pandas 0.24 */
    return pulse_pickle_array_column(pulse_pickle_item(codes, k), 0, out) &&
           out->dtype.kind == 'i' && out->categories == NULL;
}

/* {"levels": [index, …], "codes": [array, …], "names": […]} */
static bool read_levels(const struct pulse_pickle_value *dict, struct pulse_pickle_labels *out)
{
    const struct pulse_pickle_value *levels = pulse_pickle_find(dict, "levels");
    struct pulse_pickle_column codes;
    const int64_t n = levels == NULL ? 0 : levels->as.list.n;
    if (!pulse_pickle_is(levels, PULSE_PICKLE_LIST) && !pulse_pickle_is(levels, PULSE_PICKLE_TUPLE))
        return false;
    for (int64_t k = 0; k < n; k++) {
        if (!read_codes(dict, k, &codes) || (k > 0 && codes.rows != out->n))
            return false;
        out->n = codes.rows;
    }
    out->levels = dict;
    return n > 0 && n <= LEVELS_MOST;
}

bool pulse_pickle_labels_read(const struct pulse_pickle_value *index,
                              struct pulse_pickle_labels *out)
{
    const struct pulse_pickle_value *dict = pulse_pickle_index_dict(index);
    *out = (struct pulse_pickle_labels){0};
    if (pulse_pickle_range_read(dict, out))
        return true;
    if (pulse_pickle_find(dict, "levels") != NULL)
        return read_levels(dict, out);
    if (!pulse_pickle_array_column(pulse_pickle_find(dict, "data"), 0, &out->array))
        return false;
    out->n = out->array.rows;
    return out->array.dtype.kind == 'O' || out->array.dtype.kind == 'i' ||
           out->array.dtype.kind == 'u' || out->array.dtype.kind == 'f' ||
           out->array.dtype.kind == 'M';
}

/* ---- One label ------------------------------------------------------------------ */

/* Text of NumPy's, as UTF-8. */
static char *name_of_wide(const struct pulse_pickle_cell *cell, struct pulse_err *err)
{
    struct pulse_vector text = {.kind = PULSE_KIND_TEXT};
    struct pulse_text_buffer buffer = {0};
    char *name = pulse_pickle_text_put(cell, false, &text, &buffer, err) != 0
                     ? NULL
                     : pulse_print(err, "%.*s", (int)buffer.used, text.text);
    free(text.text);
    return name;
}

/* A cell as a name; false where it is of no kind that can be one. */
static char *name_of_cell(const struct pulse_pickle_cell *cell, const char *where,
                          struct pulse_err *err)
{
    char date[PULSE_INSTANT_TEXT];
    const char *end;
    switch (cell->kind) {
    case PULSE_PICKLE_CELL_TEXT:
        end = cell->wide ? NULL : memchr(cell->text, '\0', (size_t)cell->length);
        if (end != NULL || cell->length > LABEL_MOST * 256)
            break;
        if (cell->wide)
            return name_of_wide(cell, err);
        return pulse_print(err, "%.*s", (int)cell->length, (const char *)cell->text);
    case PULSE_PICKLE_CELL_INT:
        return pulse_print(err, "%lld", (long long)cell->integer);
    case PULSE_PICKLE_CELL_REAL:
        return pulse_level_of_real(cell->real, err);
    case PULSE_PICKLE_CELL_TIME:
        if (cell->integer % PULSE_NS_PER_DAY == 0)
            return pulse_strdup(pulse_format_day(pulse_day_of_ns(cell->integer), date), err);
        return pulse_strdup(pulse_format_instant(cell->integer, date), err);
    case PULSE_PICKLE_CELL_MISSING:
        return pulse_strdup("", err);
    default:
        break;
    }
    (void)pulse_fail(err, PULSE_E_INPUT, "%s: pickle: a column name that is no text; rename it",
                     where);
    return NULL;
}

char *pulse_pickle_name(const struct pulse_pickle_value *value, const char *where,
                        struct pulse_err *err)
{
    struct pulse_pickle_value copy = *value, *object = &copy;
    const struct pulse_pickle_column one = {
        .rows = 1, .dtype = {.kind = 'O'}, .step = 1, .objects = &object};
    struct pulse_pickle_cell cell;
    pulse_pickle_column_cell(&one, 0, &cell);
    return name_of_cell(&cell, where, err);
}

/* The label at `code` of a level; missing below 0. */
static char *label_of_level(const struct pulse_pickle_value *index, int64_t code, const char *where,
                            struct pulse_err *err)
{
    struct pulse_pickle_labels level;
    if (!pulse_pickle_labels_read(index, &level) || level.levels != NULL || code >= level.n) {
        (void)pulse_fail(err, PULSE_E_INPUT,
                         "%s: pickle: levels of column names that do not fit their codes; the file "
                         "is corrupted",
                         where);
        return NULL;
    }
    return code < 0 ? pulse_strdup("", err) : pulse_pickle_label(&level, code, where, err);
}

static char *join_levels(const struct pulse_pickle_labels *labels, int64_t i, const char *where,
                         struct pulse_err *err)
{
    const struct pulse_pickle_value *levels = pulse_pickle_find(labels->levels, "levels");
    const struct pulse_pickle_value *names = pulse_pickle_find(labels->levels, "names");
    const int64_t n = levels->as.list.n;
    char *parts[LEVELS_MOST] = {NULL}, titles[LEVELS_MOST][32] = {{0}}, *joined = NULL;
    const char *title_of[LEVELS_MOST] = {NULL};
    struct pulse_pickle_column codes;
    struct pulse_pickle_cell code = {0};
    bool read = true;
    for (int64_t k = 0; read && k < n; k++) {
        const struct pulse_pickle_value *title = pulse_pickle_item(names, k);
        if (pulse_pickle_is(title, PULSE_PICKLE_TEXT))
            (void)snprintf(titles[k], sizeof titles[k], "%.*s", (int)title->as.text.length,
                           title->as.text.at);
        title_of[k] = titles[k];
        (void)read_codes(labels->levels, k, &codes); /* read before */
        pulse_pickle_column_cell(&codes, i, &code);
        parts[k] = label_of_level(pulse_pickle_item(levels, k), code.integer, where, err);
        read = parts[k] != NULL && strlen(parts[k]) < LABEL_MOST;
        if (parts[k] != NULL && !read)
            (void)pulse_fail(err, PULSE_E_INPUT, "%s: pickle: a column name of %d bytes or more",
                             where, LABEL_MOST);
    }
    if (read)
        joined = pulse_levels_join(title_of, (const char *const *)parts, n, err);
    for (int64_t k = 0; k < n; k++)
        free(parts[k]);
    return joined;
}

char *pulse_pickle_label(const struct pulse_pickle_labels *labels, int64_t i, const char *where,
                         struct pulse_err *err)
{
    struct pulse_pickle_cell cell = {.kind = PULSE_PICKLE_CELL_INT,
                                     .integer = labels->start + i * labels->step};
    if (labels->levels != NULL)
        return join_levels(labels, i, where, err);
    if (labels->array.rows > 0)
        pulse_pickle_column_cell(&labels->array, i, &cell);
    return name_of_cell(&cell, where, err);
}
