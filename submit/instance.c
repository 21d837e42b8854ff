#include "submit/instance.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

/* GiB per vCPU of the families that keep this proportion in all their sizes, from the fifth
 * generation on. */
static const struct {
    char letter;
    double gib;
} proportions[] = {{'c', 2}, {'m', 4}, {'r', 8}};

/* The largest size of families, in units of an xlarge (4 vCPUs). It follows from nothing but a
 * list; a family that is not in it is not known. */
static const struct {
    double largest;
    const char *families;
} sizes[] = {{16, " c6g c6gd c6gn m6g m6gd r6g r6gd c7g c7gd c7gn m7g m7gd r7g r7gd "},
             {24, " c5 c5a c5ad c5d m5 m5a m5ad m5d r5 r5a r5ad r5b r5d "},
             {32, " c6i c6id c6in m6i m6id m6idn m6in r6i r6id r6idn r6in "},
             {48, " c6a m6a r6a c7a m7a r7a c7i m7i r7i c8a m8a r8a c8g c8gd m8g m8gd r8g r8gd "},
             {96, " c8i m8i r8i "}};

static double gib_of(const char *type)
{
    int64_t generation;
    /* c5n and the like have odd memory; x and z are other families. */
    const size_t rest = 1 + strspn(type + (type[0] != '\0'), "0123456789");
    if (type[0] == '\0' || pulse_parse_digits(type + 1, &generation) == NULL || generation < 5 ||
        (generation == 5 && type[rest] == 'n'))
        return 0;
    for (size_t i = 0; i < sizeof proportions / sizeof *proportions; i++)
        if (type[0] == proportions[i].letter)
            return proportions[i].gib;
    return 0;
}

static double largest_of(const char *family)
{
    char word[16];
    if (strchr(family, ' ') != NULL || snprintf(word, sizeof word, " %s ", family) >= 16)
        return 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strstr(sizes[i].families, word) != NULL)
            return sizes[i].largest;
    return 0;
}

bool pulse_instance_read(const char *type, struct pulse_instance *out)
{
    const double gib = gib_of(type);
    const char *dot = strchr(type, '.');
    double xlarge = dot == NULL ? largest_of(type) : 0;
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
