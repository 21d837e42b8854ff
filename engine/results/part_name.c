#include "results/part_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RUN_DIGITS = 16 };

const char *const pulse_file_names[PULSE_FILES] = {"results.h5", "predictions.parquet",
                                                   "report.html", "summary.json"};

const char *pulse_file_key(enum pulse_result_file file)
{
    static const char *const keys[PULSE_FILES] = {"file", "predictions", "report", "summary"};
    return keys[file];
}

char *pulse_file_own_name(enum pulse_result_file file, uint64_t run, char out[PULSE_PART_NAME])
{
    const char *name = pulse_file_names[file], *dot = strchr(name, '.');
    if (file == PULSE_FILE_SUMMARY)
        (void)snprintf(out, PULSE_PART_NAME, "%s", name);
    else
        (void)snprintf(out, PULSE_PART_NAME, "%.*s.%016" PRIx64 "%s", (int)(dot - name), name, run,
                       dot);
    return out;
}

char *pulse_part_name(uint64_t run, int part, char out[PULSE_PART_NAME])
{
    (void)snprintf(out, PULSE_PART_NAME, "results.%016" PRIx64 ".%03d.h5", run, part);
    return out;
}

/* What follows "STEM.RUN" in a name of that form; NULL where it is none. */
static const char *skip_run(const char *name, const char *stem, size_t n)
{
    if (strncmp(name, stem, n) != 0 || name[n] != '.')
        return NULL;
    name += n + 1;
    return strspn(name, "0123456789abcdef") == RUN_DIGITS ? name + RUN_DIGITS : NULL;
}

bool pulse_file_is_name(enum pulse_result_file file, const char *name)
{
    const char *plain = pulse_file_names[file], *dot = strchr(plain, '.');
    const char *rest = skip_run(name, plain, (size_t)(dot - plain));
    return strcmp(name, plain) == 0 ||
           (file != PULSE_FILE_SUMMARY && rest != NULL && strcmp(rest, dot) == 0);
}

bool pulse_part_is_name(const char *name)
{
    const char *rest = skip_run(name, "results", strlen("results"));
    if (rest == NULL || *rest != '.')
        return false;
    const size_t digits = strspn(rest + 1, "0123456789");
    return digits >= 3 && digits <= 9 && strcmp(rest + 1 + digits, ".h5") == 0;
}

bool pulse_file_is_remnant(const char *name)
{
    bool ours = false;
    name += name[0] == '.';
    for (int i = 0; i < PULSE_FILES; i++) {
        const size_t stem = strcspn(pulse_file_names[i], ".") + 1;
        ours = ours || strncmp(name, pulse_file_names[i], stem) == 0;
    }
    return ours || strncmp(name, "losses.", strlen("losses.")) == 0;
}
