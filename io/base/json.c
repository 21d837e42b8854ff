#include "base/json.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/utf8.h"

json_t *pulse_json_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *pulse_json_day(int64_t day)
{
    char text[PULSE_DATE_TEXT];
    return json_string(pulse_format_day(day, text));
}

json_t *pulse_json_now(void)
{
    char text[PULSE_INSTANT_TEXT];
    const int64_t seconds = (int64_t)time(NULL);
    return json_sprintf("%sZ", pulse_format_instant(seconds * PULSE_NS_PER_SECOND, text));
}

json_t *pulse_json_text(const char *text)
{
    char copy[4096];
    copy[0] = '\0';
    (void)strncat(copy, text, pulse_utf8_cut(text, sizeof copy - 1));
    pulse_utf8_repair(copy);
    return json_string(copy);
}
