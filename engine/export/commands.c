#include "export/commands.h"

#include <stddef.h>

int pulse_report_take_results(void *user, char **word, struct pulse_err *err)
{
    const char **results = user;
    if (*results != NULL)
        return pulse_fail(err, PULSE_E_USAGE, "unexpected argument %s: one RESULTS at a time",
                          *word);
    *results = *word;
    return 0;
}

int pulse_report_check_results(void *user, struct pulse_err *err)
{
    const char *const *results = user;
    return *results != NULL
               ? 0
               : pulse_fail(err, PULSE_E_USAGE,
                            "RESULTS is missing: name what --output of pulse-train named");
}
