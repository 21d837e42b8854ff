#include "data/csv/advice.h"

#include <stdio.h>
#include <string.h>

#include "data/common/date_form.h"
#include "data/common/text_column.h"
#include "data/csv/cell.h"

enum { COMMAND_TEXT = 256, PATTERN_TEXT = 128 };

/* COMMAND FILE | pulse-data info OPTION -, where OPTION may be "". */
static void add(const struct pulse_byte_reader *input, const char *when, const char *command,
                const char *option, char *what, size_t size)
{
    const enum pulse_compression packing = pulse_byte_reader_packing(input);
    const size_t used = strlen(what);
    if (packing != PULSE_COMPRESSION_NONE)
        (void)snprintf(what + used, size - used, "; %s: %s FILE | %s | pulse-data info %s-", when,
                       pulse_compression_unpacker(packing), command, option);
    else
        (void)snprintf(what + used, size - used, "; %s: %s FILE | pulse-data info %s-", when,
                       command, option);
}

void pulse_csv_add_command(const struct pulse_byte_reader *input, const char *when,
                           const char *command, char *what, size_t size)
{
    add(input, when, command, "", what, size);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t run_of(struct pulse_text text, bool (*is)(char))
{
    size_t n = 0;
    while (n < text.length && is(text.at[n]))
        n++;
    return n;
}

/* The extended regular expression of texts that are written alike: as many digits, words and signs
 * in this order. A letter by itself says what is counted: Q, M, W. */
static void write_pattern(struct pulse_text text, char out[PATTERN_TEXT])
{
    size_t used = 0;
    bool counted = false; /* the digits of 1990M1 and 1990M12 */
    out[0] = '\0';
    while (text.length > 0 && used + sizeof "[A-Za-z]{40}" < PATTERN_TEXT) {
        const size_t digits = run_of(text, is_digit), letters = run_of(text, is_letter);
        const char c = text.at[0];
        if (digits > 0 && counted)
            used += (size_t)snprintf(out + used, PATTERN_TEXT - used, "[0-9]+");
        else if (digits > 0)
            used += (size_t)snprintf(out + used, PATTERN_TEXT - used, "[0-9]{%zu}", digits);
        else if (letters > 1)
            used += (size_t)snprintf(out + used, PATTERN_TEXT - used, "[A-Za-z]{%zu}", letters);
        else
            used += (size_t)snprintf(out + used, PATTERN_TEXT - used, "%s%c",
                                     strchr(".+*?()[]{}^$|\\/", c) != NULL ? "\\" : "", c);
        counted = letters == 1;
        const size_t passed = digits > 0 ? digits : letters > 0 ? letters : 1;
        text.at += passed;
        text.length -= passed;
    }
}

/* A separator as it stands in sed's expressions. */
static const char *separator_of(const struct pulse_csv_layout *layout)
{
    return layout->separator == ','    ? ","
           : layout->separator == ';'  ? ";"
           : layout->separator == '\t' ? "\\t"
                                       : "[|]";
}

void pulse_csv_add_rows_like(const struct pulse_byte_reader *input,
                             const struct pulse_csv_layout *layout, int64_t column,
                             struct pulse_text time, char *what, size_t size)
{
    char pattern[PATTERN_TEXT], command[COMMAND_TEXT], before[64] = "", option[64] = "", when[80];
    const char *separator = separator_of(layout);
    const char *form = pulse_csv_is_time(time) ? NULL : pulse_date_form_hint(time);
    write_pattern(time, pattern);
    if (column > 0)
        (void)snprintf(before, sizeof before, "([^%c]*%s){%lld}", layout->separator, separator,
                       (long long)column);
    if (form != NULL)
        (void)snprintf(option, sizeof option, "--date-format '%s' ", form);
    (void)snprintf(command, sizeof command, "sed -nE '%s%lldp;/^%s\"?%s\"?(%s|\\r?$)/p'",
                   layout->header_lines > 1 ? "1," : "", (long long)layout->header_lines, before,
                   pattern, separator);
    (void)snprintf(when, sizeof when, "to take those like '%.*s' alone", pulse_text_shown(time),
                   time.at);
    add(input, when, command, option, what, size);
}
