#include "data/csv/cell.h"

#include <string.h>

const char *pulse_csv_cell_end(const char *p, const char *end, char separator)
{
    for (; p < end && *p != separator && *p != '\n'; p++)
        if (*p == '"') {
            p = memchr(p + 1, '"', (size_t)(end - p - 1));
            if (p == NULL)
                return NULL;
        }
    return p;
}

struct pulse_text pulse_csv_cell_text(const char *first, const char *end)
{
    struct pulse_text t = pulse_text_trim((struct pulse_text){first, (size_t)(end - first)});
    if (t.length >= 2 && t.at[0] == '"' && t.at[t.length - 1] == '"')
        t = pulse_text_trim((struct pulse_text){t.at + 1, t.length - 2});
    return t;
}
