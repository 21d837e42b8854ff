#include "cli/csv_out.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

void pulse_csv_put_text(FILE *to, const char *text, size_t length)
{
    bool quoted = length == 0;
    for (size_t i = 0; i < length && !quoted; i++)
        quoted = text[i] != '\0' && strchr(",;\t\"\r\n", text[i]) != NULL;
    if (!quoted) {
        (void)fwrite(text, 1, length, to);
        return;
    }
    (void)putc('"', to);
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"')
            (void)putc('"', to);
        (void)putc(text[i], to);
    }
    (void)putc('"', to);
}

void pulse_csv_put_name(FILE *to, const char *name)
{
    pulse_csv_put_text(to, name, strlen(name));
}

void pulse_csv_put_number(FILE *to, double value)
{
    char text[PULSE_NUMBER_TEXT];
    if (isfinite(value))
        (void)fwrite(text, 1, (size_t)pulse_format_number(value, text), to);
}

void pulse_csv_put_float(FILE *to, float value)
{
    char text[PULSE_NUMBER_TEXT];
    int length = 0;
    for (int digits = 6; digits <= 9 && isfinite(value); digits++) {
        length = snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    (void)fwrite(text, 1, (size_t)length, to);
}
