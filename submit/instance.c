#include "submit/instance.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* GiB per vCPU and the largest size, in units of an xlarge (4 vCPUs), of the families that keep
 * this proportion in all their sizes, from the fifth generation on. */
static const struct {
    const char *letters;
    double gib;
    double largest;
} families[] = {{"c", 2, 24}, {"m", 4, 24}, {"r", 8, 24}};

static double gib_of(const char *type, double *largest)
{
    size_t letters = 0;
    while (islower((unsigned char)type[letters]))
        letters++;
    int64_t generation;
    /* c5n and the like have odd memory; x and z are other families. */
    const size_t rest = letters + strspn(type + letters, "0123456789");
    if (letters == 0 || pulse_parse_digits(type + letters, &generation) == NULL || generation < 5 ||
        (generation == 5 && type[rest] == 'n'))
        return 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (strlen(families[i].letters) == letters &&
            strncmp(type, families[i].letters, letters) == 0) {
            *largest = families[i].largest;
            return families[i].gib;
        }
    return 0;
}

bool pulse_instance_read(const char *type, struct pulse_instance *out)
{
    double largest = 0;
    const double gib = gib_of(type, &largest);
    const char *dot = strchr(type, '.');
    double xlarge = largest;
    if (gib <= 0)
        return false;
    if (dot != NULL && strcmp(dot, ".medium") == 0)
        xlarge = 0.25;
    else if (dot != NULL && strcmp(dot, ".large") == 0)
        xlarge = 0.5;
    else if (dot != NULL) {
        int64_t times = 1;
        const char *end = pulse_parse_digits(dot + 1, &times);
        xlarge = (double)times;
        if (strcmp(end == NULL ? dot + 1 : end, "xlarge") != 0)
            return false; /* metal: of several sizes */
    }
    out->vcpus = 4 * xlarge;
    out->memory_mib = 4 * xlarge * gib * 1024;
    return xlarge > 0;
}

double pulse_instance_usable_mib(const struct pulse_instance *instance)
{
    const double usable = 0.97 * instance->memory_mib - 160;
    return usable > 0 ? usable : 0;
}
