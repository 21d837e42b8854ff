#include "cli/csv_out.h"

#include <math.h>
#include <string.h>

#include "base/number.h"

void pulse_csv_put_name(FILE *to, const char *name)
{
    if (strpbrk(name, ",;\t\"\r\n") == NULL) {
        (void)fputs(name, to);
        return;
    }
    (void)putc('"', to);
    for (; *name != '\0'; name++) {
        if (*name == '"')
            (void)putc('"', to);
        (void)putc(*name, to);
    }
    (void)putc('"', to);
}

void pulse_csv_put_number(FILE *to, double value)
{
    char text[PULSE_NUMBER_TEXT];
    if (isfinite(value))
        (void)fwrite(text, 1, (size_t)pulse_format_number(value, text), to);
}
