#include "config/bounds.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

/* A finite number of `length` bytes, with a unit or without. */
static bool read_bound(const char *text, size_t length, char unit, double *out)
{
    char copy[PULSE_NUMBER_TEXT * 2];
    const bool has_unit = unit != 0 && length > 1 && text[length - 1] == unit;
    if (length >= sizeof copy)
        return false;
    (void)snprintf(copy, sizeof copy, "%.*s", (int)(length - has_unit), text);
    if (!pulse_parse_real(copy, -INFINITY, INFINITY, out) || !isfinite(*out))
        return false;
    if (has_unit && unit == '%')
        *out /= 100;
    return true;
}

bool pulse_bounds_read(const char *text, char unit, double *low, double *high)
{
    *low = -INFINITY;
    *high = INFINITY;
    if (strncmp(text, ">=", 2) == 0)
        return read_bound(text + 2, strlen(text + 2), unit, low);
    if (strncmp(text, "<=", 2) == 0)
        return read_bound(text + 2, strlen(text + 2), unit, high);
    const char *dots = strstr(text, "..");
    return *text == '=' && dots != NULL &&
           read_bound(text + 1, (size_t)(dots - text - 1), unit, low) &&
           read_bound(dots + 2, strlen(dots + 2), unit, high) && *low <= *high;
}
