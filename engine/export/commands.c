#include "export/commands.h"

#include <stddef.h>
#include <string.h>

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

int pulse_report_refuse_trial(const char *results, const struct pulse_local_results *local,
                              struct pulse_err *err)
{
    if (strcmp(pulse_local_results_name(local, PULSE_FILE_RESULTS), "losses.h5") != 0)
        return 0;
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s: a trial of pulse-tune, which keeps no predictions; pulse-tune best prints "
        "the command that makes a run of the best one, and --train runs it",
        results);
}
