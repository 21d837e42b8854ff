#include "data/long_keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"
#include "data/common/epoch.h"
#include "data/common/text_column.h"

/* What a cell says, as a number; equal texts have equal ones. */
static uint64_t digest_cell(const struct pulse_vector *v, int64_t row)
{
    if (v->missing != NULL && v->missing[row])
        return 0;
    if (v->kind == PULSE_KIND_TEXT) {
        const int64_t begin = row == 0 ? 0 : v->text_end[row - 1];
        return pulse_digest_of(v->text == NULL ? "" : v->text + begin, v->text_end[row] - begin)
            .word[0];
    }
    return v->reals != NULL ? pulse_digest_of(&v->reals[row], sizeof *v->reals).word[0]
                            : pulse_digest_of(&v->integers[row], sizeof *v->integers).word[0];
}

/* What a time says: its instant, also where a text stays one, since years stand among months. */
static uint64_t digest_time(const struct pulse_vector *v, int64_t row)
{
    int64_t ns;
    if (v->kind != PULSE_KIND_TEXT || (v->missing != NULL && v->missing[row]))
        return digest_cell(v, row);
    const struct pulse_text text = pulse_text_of_vector(v, row);
    return pulse_parse_time(text.at, text.length, &ns) ? pulse_digest_of(&ns, sizeof ns).word[0]
                                                       : digest_cell(v, row);
}

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Whether hardly a row repeats the time with what the columns say; `key` is space for all rows. */
static bool tell_apart(const struct pulse_batch *batch, int64_t time, const int64_t *column,
                       int64_t n, uint64_t *key)
{
    int64_t repeated = 0;
    for (int64_t row = 0; row < batch->rows; row++) {
        key[row] = digest_time(&batch->vectors[time], row);
        for (int64_t i = 0; i < n; i++) {
            const uint64_t both[] = {key[row], digest_cell(&batch->vectors[column[i]], row)};
            key[row] = pulse_digest_of(both, sizeof both).word[0];
        }
    }
    qsort(key, (size_t)batch->rows, sizeof *key, compare_keys);
    for (int64_t row = 1; row < batch->rows; row++)
        repeated += key[row] == key[row - 1];
    return 100 * repeated <= batch->rows;
}

int pulse_long_keys_keep(const struct pulse_batch *batch, int64_t time, int64_t *column, int64_t *n,
                         struct pulse_err *err)
{
    uint64_t *key = pulse_calloc(batch->rows, sizeof *key, "the rows' ids", err);
    if (key == NULL)
        return -1;
    if (!tell_apart(batch, time, column, *n, key))
        *n = 0;
    for (int64_t i = *n - 1; i >= 0 && *n > 1; i--) { /* from the last: names stand before notes */
        const int64_t dropped = column[i], behind = *n - 1 - i;
        memmove(column + i, column + i + 1, (size_t)behind * sizeof *column);
        if (tell_apart(batch, time, column, *n - 1, key)) {
            --*n;
            continue;
        }
        memmove(column + i + 1, column + i, (size_t)behind * sizeof *column);
        column[i] = dropped;
    }
    free(key);
    return 0;
}
