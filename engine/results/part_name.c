#include "results/part_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

char *pulse_part_name(uint64_t run, int part, char out[PULSE_PART_NAME])
{
    (void)snprintf(out, PULSE_PART_NAME, "results.%016" PRIx64 ".%03d.h5", run, part);
    return out;
}

bool pulse_part_is_name(const char *name)
{
    static const char start[] = "results.", end[] = ".h5";
    if (strncmp(name, start, sizeof start - 1) != 0)
        return false;
    name += sizeof start - 1;
    if (strspn(name, "0123456789abcdef") != 16 || name[16] != '.')
        return false;
    name += 17;
    const size_t digits = strspn(name, "0123456789");
    return digits >= 3 && digits <= 9 && strcmp(name + digits, end) == 0;
}
