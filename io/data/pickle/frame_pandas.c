#include "data/pickle/frame_pandas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/pickle/labels.h"

#define LEVEL_TOO_SHORT "a level of rows that is shorter than its codes say; the file is corrupted"

static const struct pulse_pickle_value *state_of(const struct pulse_pickle_value *call)
{
    return pulse_pickle_is(call, PULSE_PICKLE_CALL) ? call->as.call.state : NULL;
}

/* Codes of categories that are themselves codes of others, as those of a level of categories are:
 * `column` becomes codes of the latter. */
static int chain_codes(struct pulse_pickle_finder *f, const struct pulse_pickle_column *level,
                       struct pulse_pickle_column *column)
{
    struct pulse_pickle_column outer = *column, inner = *level;
    struct pulse_pickle_cell cell;
    int64_t *codes = pulse_pickle_tree_keep(f->tree, column->rows, sizeof *codes, f->err);
    if (codes == NULL)
        return -1;
    inner.categories = NULL;
    for (int64_t i = 0; i < outer.rows; i++) {
        pulse_pickle_column_cell(&outer, i, &cell);
        codes[i] = cell.integer < 0 ? -1 : cell.integer;
        if (codes[i] >= inner.rows)
            return pulse_pickle_frame_fail(f, LEVEL_TOO_SHORT);
        if (codes[i] >= 0) {
            pulse_pickle_column_cell(&inner, codes[i], &cell);
            codes[i] = cell.kind == PULSE_PICKLE_CELL_INT ? cell.integer : -1;
        }
    }
    *column = (struct pulse_pickle_column){.rows = outer.rows,
                                           .dtype = {.kind = 'i', .size = sizeof *codes},
                                           .data = (const uint8_t *)codes,
                                           .step = sizeof *codes,
                                           .categories = level->categories};
    return 0;
}

/* Codes of a level that is counted: `column` becomes its numbers. */
static int count_codes(struct pulse_pickle_finder *f, const struct pulse_pickle_labels *level,
                       struct pulse_pickle_column *column)
{
    const int64_t rows = column->rows;
    int64_t *numbers = pulse_pickle_tree_keep(f->tree, rows, sizeof *numbers, f->err);
    uint8_t *missing = pulse_pickle_tree_keep(f->tree, rows, 1, f->err);
    struct pulse_pickle_cell code;
    if (numbers == NULL || missing == NULL)
        return -1;
    for (int64_t i = 0; i < rows; i++) {
        pulse_pickle_column_cell(column, i, &code);
        if (code.integer >= level->n)
            return pulse_pickle_frame_fail(f, LEVEL_TOO_SHORT);
        missing[i] = code.integer < 0;
        numbers[i] = missing[i] ? 0 : level->start + code.integer * level->step;
    }
    *column = (struct pulse_pickle_column){.rows = rows,
                                           .dtype = {.kind = 'i', .size = sizeof *numbers},
                                           .data = (const uint8_t *)numbers,
                                           .step = sizeof *numbers,
                                           .mask = missing,
                                           .mask_step = 1};
    return 0;
}

/* Level `i` of an index of several: codes of the cells that the level has. */
static int add_level(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict,
                     int64_t i, int64_t *rows)
{
    const struct pulse_pickle_value *level =
        pulse_pickle_item(pulse_pickle_find(dict, "levels"), i);
    const struct pulse_pickle_value *codes = pulse_pickle_item(pulse_pickle_find(dict, "codes"), i);
    const struct pulse_pickle_value *name = pulse_pickle_item(pulse_pickle_find(dict, "names"), i);
    const struct pulse_pickle_value *dict_of_level = pulse_pickle_index_dict(level);
    const struct pulse_pickle_value *cells = pulse_pickle_find(dict_of_level, "data");
    struct pulse_pickle_column column, all = {0};
    struct pulse_pickle_labels counted;
    const bool counts = pulse_pickle_range_read(dict_of_level, &counted);
    char text[32];
    if ((!counts && cells == NULL) || codes == NULL ||
        !pulse_pickle_array_column(codes, 0, &column) || column.dtype.kind != 'i' ||
        column.categories != NULL || (!counts && !pulse_pickle_array_column(cells, 0, &all)))
        return pulse_pickle_frame_fail(
            f, "indexes of rows (MultiIndex) of a form that is not read; write it with "
               "reset_index()");
    if (*rows >= 0 && *rows != column.rows)
        return pulse_pickle_frame_fail(f, "indexes of different lengths; the file is corrupted");
    *rows = column.rows;
    if (counts ? count_codes(f, &counted, &column) != 0
               : all.categories != NULL && chain_codes(f, &all, &column) != 0)
        return -1;
    if (!counts && all.categories == NULL)
        column.categories = cells;
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return pulse_pickle_add_named(f, name, &column, true);
    const int length = snprintf(text, sizeof text, "level_%lld", (long long)i);
    return pulse_pickle_add_column(f, text, length, &column, true);
}

/* A MultiIndex: each level is a column. */
static int find_levels(struct pulse_pickle_finder *f, const struct pulse_pickle_value *dict,
                       int64_t *rows)
{
    const struct pulse_pickle_value *levels = pulse_pickle_find(dict, "levels");
    int rc = 0;
    for (int64_t i = 0; rc == 0 && pulse_pickle_item(levels, i) != NULL; i++)
        rc = add_level(f, dict, i, rows);
    return rc;
}

/* A RangeIndex: labels like others where it has a name or does not just number the rows. It takes
 * no byte, so that one which counts more than the file could hold is none. */
static int add_counted(struct pulse_pickle_finder *f, const struct pulse_pickle_value *name,
                       const struct pulse_pickle_labels *counted)
{
    const bool named = name != NULL && !pulse_pickle_is(name, PULSE_PICKLE_NONE);
    const struct pulse_pickle_column column = {.rows = counted->n,
                                               .dtype = {.kind = 'i'},
                                               .counted = true,
                                               .start = counted->start,
                                               .step = counted->step};
    if ((!named && counted->start == 0 && counted->step == 1) || counted->n > f->bytes_left)
        return 0;
    return named ? pulse_pickle_add_named(f, name, &column, true)
                 : pulse_pickle_add_column(f, "index", 5, &column, true);
}

int pulse_pickle_add_index(struct pulse_pickle_finder *f, const struct pulse_pickle_value *index,
                           int64_t *rows)
{
    const struct pulse_pickle_value *dict = pulse_pickle_index_dict(index);
    const struct pulse_pickle_value *name = pulse_pickle_find(dict, "name");
    const struct pulse_pickle_value *data = pulse_pickle_find(dict, "data");
    struct pulse_pickle_column column;
    struct pulse_pickle_labels counted;
    *rows = -1;
    if (pulse_pickle_range_read(dict, &counted)) {
        *rows = counted.n;
        return add_counted(f, name, &counted);
    }
    if (pulse_pickle_find(dict, "levels") != NULL)
        return find_levels(f, dict, rows);
    if (data == NULL)
        return 0;
    if (pulse_pickle_array_column(data, 0, &column))
        *rows = column.rows;
    else
        column = (struct pulse_pickle_column){0};
    if (column.dtype.kind == 'M' && column.zone == NULL) /* before pandas 2 */
        column.zone = pulse_pickle_find(dict, "tz");
    if (pulse_pickle_is(name, PULSE_PICKLE_TEXT))
        return pulse_pickle_add_named(f, name, &column, true);
    return pulse_pickle_add_column(f, "index", 5, &column, true);
}

/* Which columns the items of a block are. */
struct placement {
    int64_t n;
    bool sliced; /* start, start + step, …; else an array of positions */
    int64_t start, step;
    struct pulse_pickle_column positions;
};

/* slice(start, stop, step), each an integer or None, or an array. */
static bool read_placement(const struct pulse_pickle_value *value, struct placement *out)
{
    int64_t parts[3] = {0, -1, 1}, span;
    *out = (struct placement){0};
    if (!pulse_pickle_is_call(value, PULSE_PICKLE_BUILTIN_SLICE)) {
        if (!pulse_pickle_array_column(value, 0, &out->positions))
            return false;
        out->n = out->positions.rows;
        return out->positions.dtype.kind == 'i' || out->positions.dtype.kind == 'u';
    }
    for (int i = 0; i < 3; i++) {
        const struct pulse_pickle_value *part = pulse_pickle_argument(value, i);
        if (pulse_pickle_is(part, PULSE_PICKLE_INT))
            parts[i] = part->as.integer;
        else if (!pulse_pickle_is(part, PULSE_PICKLE_NONE))
            return false;
    }
    *out = (struct placement){.sliced = true, .start = parts[0], .step = parts[2]};
    if (parts[2] == 0 || parts[2] == INT64_MIN || __builtin_sub_overflow(parts[1], parts[0], &span))
        return false;
    if ((span > 0) == (parts[2] > 0) && span != 0)
        out->n = (span - (parts[2] > 0 ? 1 : -1)) / parts[2] + 1;
    return true;
}

/* The column of item `i`, −1 where it is none of `n`. */
static int64_t placed_at(const struct placement *placement, int64_t i, int64_t n)
{
    struct pulse_pickle_cell cell = {0};
    int64_t at;
    if (placement->sliced) {
        if (__builtin_mul_overflow(i, placement->step, &at) ||
            __builtin_add_overflow(at, placement->start, &at))
            at = -1;
    } else {
        pulse_pickle_column_cell(&placement->positions, i, &cell);
        at = cell.integer;
    }
    return at < n ? at : -1;
}

/* The columns of a frame while its blocks are looked at. */
struct frame_parts {
    int64_t rows; /* of the index; −1 where that is not read */
    int64_t n;
    struct pulse_pickle_column *columns;
    bool *placed; /* n */
};

/* The values and the placement of a block: _unpickle_block(values, placement, …), or in older
 * pickles {"values": …, "mgr_locs": …}. False where it is neither. */
static bool block_parts(const struct pulse_pickle_value *block,
                        const struct pulse_pickle_value **values, struct placement *placement)
{
    const bool call = pulse_pickle_is_call(block, PULSE_PICKLE_UNPICKLE_BLOCK);
    *values = call ? pulse_pickle_argument(block, 0) : pulse_pickle_find(block, "values");
    return *values != NULL && read_placement(call ? pulse_pickle_argument(block, 1)
                                                  : pulse_pickle_find(block, "mgr_locs"),
                                             placement);
}

/* Puts the columns of one block where they belong. Arrays that are not read leave theirs empty. */
static int place_block(struct pulse_pickle_finder *f, const struct pulse_pickle_value *block,
                       const struct frame_parts *frame)
{
    const struct pulse_pickle_value *values;
    struct placement placement;
    int64_t rows;
    if (!block_parts(block, &values, &placement))
        return pulse_pickle_frame_fail(f, "a frame of a form that is not read");
    const int64_t count = pulse_pickle_array_columns(values, &rows);
    if (count >= 0 && count != placement.n)
        return pulse_pickle_frame_fail(
            f, "a block of more or fewer columns than its places; the file is corrupted");
    if (count > 0 && frame->rows >= 0 && rows != frame->rows)
        return pulse_pickle_frame_fail(
            f, "a block of more or fewer rows than its index; the file is corrupted");
    for (int64_t i = 0; i < placement.n; i++) {
        const int64_t at = placed_at(&placement, i, frame->n);
        if (at < 0 || frame->placed[at])
            return pulse_pickle_frame_fail(
                f, at < 0 ? "a column outside its frame; the file is corrupted"
                          : "two blocks for one column; the file is corrupted");
        frame->placed[at] = true;
        if (count < 0 || !pulse_pickle_array_column(values, i, &frame->columns[at]))
            frame->columns[at] = (struct pulse_pickle_column){0};
    }
    return 0;
}

/* The parts of a block manager: BlockManager(blocks, axes), or a state (…, {"0.14.1": {"axes": …,
 * "blocks": …}}). */
static bool manager_parts(const struct pulse_pickle_value *manager,
                          const struct pulse_pickle_value **blocks,
                          const struct pulse_pickle_value **axes)
{
    const struct pulse_pickle_value *named =
        pulse_pickle_find(pulse_pickle_item(state_of(manager), 3), "0.14.1");
    if (!pulse_pickle_is_call(manager, PULSE_PICKLE_BLOCK_MANAGER) &&
        !pulse_pickle_is_call(manager, PULSE_PICKLE_SINGLE_BLOCK_MANAGER))
        return false;
    *blocks =
        named != NULL ? pulse_pickle_find(named, "blocks") : pulse_pickle_argument(manager, 0);
    *axes = named != NULL ? pulse_pickle_find(named, "axes") : pulse_pickle_argument(manager, 1);
    return *blocks != NULL && *axes != NULL;
}

static const struct pulse_pickle_value *manager_of(const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *manager = pulse_pickle_find(state_of(object), "_mgr");
    return manager != NULL ? manager : pulse_pickle_find(state_of(object), "_data");
}

static int add_labelled(struct pulse_pickle_finder *f, const struct pulse_pickle_labels *labels,
                        int64_t c, const struct pulse_pickle_column *column)
{
    char *name = pulse_pickle_label(labels, c, f->where, f->err);
    const int rc =
        name == NULL ? -1 : pulse_pickle_add_column(f, name, (int64_t)strlen(name), column, false);
    free(name);
    return rc;
}

/* Places all blocks, then adds the columns in the frame's order. */
static int add_blocks(struct pulse_pickle_finder *f, const struct pulse_pickle_value *blocks,
                      const struct pulse_pickle_labels *labels, const struct frame_parts *frame)
{
    const struct pulse_pickle_value *block;
    int rc = 0;
    for (int64_t i = 0; rc == 0 && (block = pulse_pickle_item(blocks, i)) != NULL; i++)
        rc = place_block(f, block, frame);
    for (int64_t c = 0; rc == 0 && c < frame->n; c++)
        rc =
            frame->placed[c]
                ? add_labelled(f, labels, c, &frame->columns[c])
                : pulse_pickle_frame_fail(f, "a column that is in no block; the file is corrupted");
    return rc;
}

int pulse_pickle_find_dataframe(struct pulse_pickle_finder *f,
                                const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *blocks, *axes;
    struct pulse_pickle_labels labels;
    const bool whole = manager_parts(manager_of(object), &blocks, &axes);
    if (!whole || !pulse_pickle_labels_read(pulse_pickle_item(axes, 0), &labels))
        return pulse_pickle_frame_fail(
            f, "a frame of a form that is not read; its columns must have names");
    if (labels.n > f->bytes_left)
        return pulse_pickle_frame_fail(
            f, "a frame of more columns than it holds; the file is corrupted");
    struct frame_parts frame = {
        .n = labels.n,
        .columns = pulse_calloc(labels.n, sizeof *frame.columns, "columns", f->err),
        .placed = pulse_calloc(labels.n, sizeof *frame.placed, "columns", f->err)};
    int rc = frame.columns == NULL || frame.placed == NULL
                 ? -1
                 : pulse_pickle_add_index(f, pulse_pickle_item(axes, 1), &frame.rows);
    if (rc == 0)
        rc = add_blocks(f, blocks, &labels, &frame);
    free(frame.columns);
    free(frame.placed);
    return rc;
}

/* Its block has one column, and as many places as rows. */
int pulse_pickle_series_values(struct pulse_pickle_finder *f,
                               const struct pulse_pickle_value *object,
                               const struct pulse_pickle_value **index,
                               struct pulse_pickle_column *out)
{
    const struct pulse_pickle_value *blocks, *axes, *values;
    struct placement placement;
    int64_t count;
    if (!manager_parts(manager_of(object), &blocks, &axes) ||
        !block_parts(pulse_pickle_item(blocks, 0), &values, &placement))
        return pulse_pickle_frame_fail(f, "a series of a form that is not read");
    *index = pulse_pickle_item(axes, 0);
    if (pulse_pickle_array_columns(values, &count) == 1 && count != placement.n)
        return pulse_pickle_frame_fail(
            f, "a block of more or fewer rows than its index; the file is corrupted");
    return pulse_pickle_array_column(values, 0, out)
               ? 0
               : pulse_pickle_frame_fail(f, "a series of a type that is not read");
}

int pulse_pickle_find_series(struct pulse_pickle_finder *f, const struct pulse_pickle_value *object)
{
    const struct pulse_pickle_value *name = pulse_pickle_find(state_of(object), "_name");
    const struct pulse_pickle_value *index = NULL;
    struct pulse_pickle_column column = {0};
    int64_t rows;
    if (name == NULL)
        name = pulse_pickle_find(state_of(object), "name");
    if (pulse_pickle_series_values(f, object, &index, &column) != 0 ||
        pulse_pickle_add_index(f, index, &rows) != 0)
        return -1;
    if (rows >= 0 && rows != column.rows)
        return pulse_pickle_frame_fail(
            f, "a block of more or fewer rows than its index; the file is corrupted");
    return pulse_pickle_is(name, PULSE_PICKLE_TEXT)
               ? pulse_pickle_add_named(f, name, &column, false)
               : pulse_pickle_add_column(f, "value", 5, &column, false);
}
