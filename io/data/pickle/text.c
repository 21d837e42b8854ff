#include "data/pickle/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/number.h"

/* Character `at` of UCS-4 as UTF-8; returns its bytes. A surrogate makes bytes that are none. */
static size_t spell_character(const uint8_t *at, bool swapped, char out[4])
{
    static const unsigned marks[] = {0, 0xc0, 0xe0, 0xf0};
    uint32_t c;
    size_t n = 0;
    memcpy(&c, at, sizeof c);
    c = swapped ? __builtin_bswap32(c) : c;
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    out[n++] = (char)(marks[more] | (c >> (6 * more) & 0xff));
    for (int k = more - 1; k >= 0; k--)
        out[n++] = (char)(0x80 | (c >> (6 * k) & 0x3f));
    return n;
}

static int put_wide(const struct pulse_pickle_cell *cell, bool swapped, struct pulse_vector *v,
                    struct pulse_text_buffer *capacity, struct pulse_err *err)
{
    char out[4];
    int rc = 0;
    for (int64_t i = 0; rc == 0 && i + 4 <= cell->length; i += 4) {
        const size_t n = spell_character(cell->text + i, swapped, out);
        rc = pulse_vector_put_text(v, capacity, out, (int64_t)n, err);
    }
    return rc;
}

struct pulse_text pulse_pickle_short_text(const struct pulse_pickle_cell *cell, bool swapped,
                                          char narrow[PULSE_PICKLE_SHORT_TEXT])
{
    size_t n = 0;
    if (!cell->wide && cell->length < PULSE_PICKLE_SHORT_TEXT)
        return (struct pulse_text){(const char *)cell->text, (size_t)cell->length};
    for (int64_t i = 0; i < cell->length && n + 5 <= PULSE_PICKLE_SHORT_TEXT;
         i += cell->wide ? 4 : 1) {
        if (cell->wide)
            n += spell_character(cell->text + i, swapped, narrow + n);
        else
            narrow[n++] = (char)cell->text[i];
    }
    if (n + 5 > PULSE_PICKLE_SHORT_TEXT)
        narrow[n++] = '?';
    return (struct pulse_text){narrow, n};
}

/* "1600-01-01T00:00:00" */
static void spell_far(int64_t seconds, char *out, size_t size)
{
    const int64_t days = seconds / 86400 - (seconds % 86400 < 0), rest = seconds - 86400 * days;
    int64_t year;
    int month, day;
    pulse_civil_from_days(days, &year, &month, &day);
    (void)snprintf(out, size, "%04lld-%02d-%02dT%02lld:%02lld:%02lld", (long long)year, month, day,
                   (long long)rest / 3600, (long long)rest / 60 % 60, (long long)rest % 60);
}

/* A cell that is no text, among text. */
static int put_other(const struct pulse_pickle_cell *cell, struct pulse_vector *v,
                     struct pulse_text_buffer *capacity, struct pulse_err *err)
{
    char text[PULSE_INSTANT_TEXT + PULSE_NUMBER_TEXT];
    switch (cell->kind) {
    case PULSE_PICKLE_CELL_BOOL:
        (void)strcpy(text, cell->integer != 0 ? "true" : "false");
        break;
    case PULSE_PICKLE_CELL_INT:
        (void)snprintf(text, sizeof text, "%lld", (long long)cell->integer);
        break;
    case PULSE_PICKLE_CELL_UINT:
        (void)snprintf(text, sizeof text, "%llu", (unsigned long long)cell->integer);
        break;
    case PULSE_PICKLE_CELL_TIME:
        (void)pulse_format_instant(cell->integer, text);
        break;
    case PULSE_PICKLE_CELL_FAR:
        spell_far(cell->integer, text, sizeof text);
        break;
    default:
        (void)snprintf(text, sizeof text, "%.17g", cell->real);
        if (isfinite(cell->real))
            text[pulse_format_number(cell->real, text)] = '\0';
        break;
    }
    return pulse_vector_put_text(v, capacity, text, (int64_t)strlen(text), err);
}

int pulse_pickle_text_put(const struct pulse_pickle_cell *cell, bool swapped,
                          struct pulse_vector *vector, struct pulse_text_buffer *capacity,
                          struct pulse_err *err)
{
    if (cell->kind != PULSE_PICKLE_CELL_TEXT)
        return put_other(cell, vector, capacity, err);
    if (cell->wide)
        return put_wide(cell, swapped, vector, capacity, err);
    return pulse_vector_put_text(vector, capacity, (const char *)cell->text, cell->length, err);
}
