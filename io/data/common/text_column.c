#include "data/common/text_column.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "data/common/date_form.h"
#include "data/common/text_decimal.h"

int pulse_text_shown(struct pulse_text text)
{
    return text.length < PULSE_TEXT_SHOWN ? (int)text.length : PULSE_TEXT_SHOWN;
}

static bool is_instant(struct pulse_text cell)
{
    int64_t instant;
    return pulse_read_instant(cell.at, cell.length, &instant) != PULSE_INSTANT_UNREADABLE;
}

void pulse_text_column_look(struct pulse_text_column *column, struct pulse_text cell,
                            const struct pulse_text_numbers *numbers, int64_t row)
{
    double number;
    if (column->look == PULSE_LOOK_NUMBER || pulse_text_missing(cell, numbers))
        return;
    if (column->look == PULSE_LOOK_INSTANT && is_instant(cell)) /* 20161230 among dates */
        return;
    if (pulse_text_number(cell, numbers, &number, &column->unit)) {
        column->look = PULSE_LOOK_NUMBER;
        return;
    }
    if (column->text[0] != '\0' || column->look == PULSE_LOOK_INSTANT)
        return;
    (void)snprintf(column->text, sizeof column->text, "%.*s", pulse_text_shown(cell), cell.at);
    column->row = row;
    column->nearly =
        pulse_date_form_hint(cell) == NULL &&
        (pulse_text_nearly_number(cell) || pulse_text_decimal_wrong(cell, numbers->decimal));
    column->look = is_instant(cell) ? PULSE_LOOK_INSTANT : PULSE_LOOK_TEXT;
}

bool pulse_text_column_is_numeric(const struct pulse_text_column *column)
{
    return column->look == PULSE_LOOK_NUMBER || (column->look == PULSE_LOOK_TEXT && column->nearly);
}

enum pulse_text_fault pulse_text_column_take(const struct pulse_text_column *column,
                                             struct pulse_text cell,
                                             const struct pulse_text_numbers *numbers,
                                             double *value)
{
    struct pulse_text_unit unit = column->unit;
    const bool missing = pulse_text_missing(cell, numbers);
    const bool number = missing || pulse_text_number(cell, numbers, value, &unit);
    enum pulse_text_fault fault = PULSE_TEXT_OK;
    if (column->look == PULSE_LOOK_INSTANT)
        fault = PULSE_TEXT_OK;
    else if (column->look == PULSE_LOOK_TEXT && !column->nearly)
        fault = number && !missing ? PULSE_TEXT_NUMBER_AMONG_TEXT : PULSE_TEXT_OK;
    else if (!number)
        fault = PULSE_TEXT_NO_NUMBER;
    else if (!pulse_text_same_unit(&unit, &column->unit))
        fault = PULSE_TEXT_OTHER_UNIT;
    if (missing || !number || fault != PULSE_TEXT_OK)
        *value = NAN;
    return fault;
}

/* ---- Messages ------------------------------------------------------------------- */

/* x10 of 0x10, and D+02 of 1.5D+02: more of the number. */
static bool begins_code(struct pulse_text text, size_t n)
{
    const size_t letters = n;
    while (n < text.length && ((text.at[n] | 0x20) >= 'a' && (text.at[n] | 0x20) <= 'z'))
        n++;
    return n > letters && n < text.length && strchr("0123456789+-", text.at[n]) != NULL;
}

bool pulse_text_behind_number(struct pulse_text text, const struct pulse_text_numbers *numbers,
                              struct pulse_text *behind)
{
    enum { MOST = 8 };
    struct pulse_text_unit unit;
    double value;
    bool found = false;
    for (size_t n = text.length - 1; n > 0 && n + MOST >= text.length && !found; n--) {
        const struct pulse_text number = {text.at, n};
        const bool between = text.at[n - 1] >= '0' && text.at[n - 1] <= '9' &&
                             strchr("0123456789.,:/", text.at[n]) == NULL &&
                             (text.at[n] != '-' || n + 1 == text.length) && !begins_code(text, n);
        *behind = (struct pulse_text){text.at + n, text.length - n};
        found = between && !pulse_text_missing(number, numbers) &&
                pulse_text_number(number, numbers, &value, &unit);
    }
    return found;
}

bool pulse_text_is_balance(struct pulse_text behind)
{
    const struct pulse_text word = pulse_text_trim(behind);
    return pulse_text_is_word(word, "CR") || pulse_text_is_word(word, "DR");
}

static bool is_thousands(struct pulse_text behind)
{
    static const char *const words[] = {"m", "mm", "mn", "mln", "mio", "b", "mrd", "t", "tn"};
    bool is = false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        is = is || pulse_text_is_word(behind, words[i]);
    return is;
}

/* " K": thousands, or kelvin. */
static bool is_letter_apart(struct pulse_text behind)
{
    const struct pulse_text word = pulse_text_trim(behind);
    return behind.at[0] == ' ' && word.length == 1 && strchr("KkMBT", word.at[0]) != NULL;
}

static const char *advice_of_mark(struct pulse_text behind)
{
    return behind.at[0] == '-' ? ": write a minus before the number"
           : pulse_text_is_balance(behind)
               ? ": write what CR and DR mean as signs, -12.50 and 12.50"
           : is_letter_apart(behind)
               ? ": where K, M, B or T mean a multiple they touch their number, as 1.2M"
           : behind.at[0] == ' '  ? ""
           : is_thousands(behind) ? ": write M, B or T where millions, billions or trillions are "
                                    "meant, else take it off"
                                  : ": take off what stands behind the number";
}

/* What reads a cell that is no number. */
static void advise_reading(char *advice, size_t size, struct pulse_text text,
                           const struct pulse_text_numbers *numbers)
{
    struct pulse_text_numbers other = *numbers;
    struct pulse_text_unit unit;
    double value;
    advice[0] = '\0';
    if (pulse_text_decimal_wrong(text, numbers->decimal)) {
        (void)snprintf(advice, size, "%s", pulse_text_decimal_advice(text, numbers->decimal));
        return;
    }
    for (const char *sign = " '.,"; numbers->thousands == '\0' && *sign != '\0'; sign++) {
        other.thousands = *sign;
        other.decimal = (char)(*sign == '.' ? ',' : *sign == ',' ? '.' : numbers->decimal);
        if (pulse_text_number(text, &other, &value, &unit)) {
            (void)snprintf(advice, size, ": say --thousands %s",
                           *sign == ' '    ? "space"
                           : *sign == '\'' ? "apostrophe"
                           : *sign == '.'  ? "point"
                                           : "comma");
            return;
        }
    }
    struct pulse_text behind;
    if (text.length > 1 && pulse_text_behind_number(text, numbers, &behind))
        (void)snprintf(advice, size, "%s", advice_of_mark(behind));
    else if (pulse_text_nearly_number(text))
        (void)snprintf(advice, size, ": write it as 1234.5 or 1.2345e3");
    else if (pulse_text_is_word(text, "true") || pulse_text_is_word(text, "false"))
        (void)snprintf(advice, size, ": write 1 and 0 for true and false");
    else
        (void)snprintf(advice, size, ": say --missing '%.*s' if that is a missing value",
                       pulse_text_shown(text), text.at);
}

void pulse_text_describe_fault(char *what, size_t size, enum pulse_text_fault fault,
                               struct pulse_text cell, const char *name,
                               const struct pulse_text_column *column,
                               const struct pulse_text_numbers *numbers, const char *counted)
{
    const int shown = pulse_text_shown(cell);
    const char *sign = column->unit.text;
    char advice[256];
    if (fault == PULSE_TEXT_OTHER_UNIT) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' where other cells have %s%s%s; write all alike, "
                       "or say --missing '%.*s' if that is a missing value",
                       shown, cell.at, name, sign[0] == '\0' ? "no sign" : "the sign '", sign,
                       sign[0] == '\0' ? "" : "'", shown, cell.at);
    } else if (fault == PULSE_TEXT_NUMBER_AMONG_TEXT) {
        (void)snprintf(what, size,
                       "'%.*s' in column '%.64s' is a number, but '%s' in %s %lld is none; say "
                       "--missing '%s' if that is a missing value, or choose other columns with "
                       "--variables",
                       shown, cell.at, name, column->text, counted, (long long)column->row,
                       column->text);
    } else {
        advise_reading(advice, sizeof advice, cell, numbers);
        (void)snprintf(what, size, "'%.*s' in column '%.64s' is no number%s", shown, cell.at, name,
                       advice);
    }
}

/* ---- Vectors of text ------------------------------------------------------------- */

struct pulse_text pulse_text_of_vector(const struct pulse_vector *vector, int64_t row)
{
    const int64_t begin = row == 0 ? 0 : vector->text_end[row - 1];
    if (vector->missing != NULL && vector->missing[row])
        return (struct pulse_text){"", 0};
    return pulse_text_trim(
        (struct pulse_text){vector->text + begin, (size_t)(vector->text_end[row] - begin)});
}

void pulse_text_column_look_at(struct pulse_text_column *column, const struct pulse_vector *vector,
                               int64_t from, int64_t n, const struct pulse_text_numbers *numbers,
                               int64_t row)
{
    for (int64_t i = 0; i < n && column->look != PULSE_LOOK_NUMBER; i++)
        pulse_text_column_look(column, pulse_text_of_vector(vector, from + i), numbers, row + i);
}

void pulse_text_column_look_over(struct pulse_text_column *column, const struct pulse_batch *batch,
                                 int64_t c, const struct pulse_text_numbers *numbers,
                                 int64_t before)
{
    for (int64_t i = 0; i < batch->rows && column->look != PULSE_LOOK_NUMBER; i++)
        pulse_text_column_look(column, pulse_text_of_vector(&batch->vectors[c], i), numbers,
                               batch->line != NULL ? batch->line[i] : before + i);
}

int64_t pulse_text_column_take_from(const struct pulse_text_column *column,
                                    const struct pulse_vector *vector, int64_t from, int64_t n,
                                    const struct pulse_text_numbers *numbers, double *values,
                                    enum pulse_text_fault *fault)
{
    double ignored;
    *fault = PULSE_TEXT_OK;
    for (int64_t i = 0; i < n; i++) {
        *fault = pulse_text_column_take(column, pulse_text_of_vector(vector, from + i), numbers,
                                        values == NULL ? &ignored : &values[i]);
        if (*fault != PULSE_TEXT_OK)
            return i;
    }
    return n;
}
