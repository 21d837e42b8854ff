/* What an EC2 instance type has, as far as its name says. Pure. */
#ifndef PULSE_SUBMIT_INSTANCE_H
#define PULSE_SUBMIT_INSTANCE_H

#include <stdbool.h>

struct pulse_instance {
    double vcpus;
    double memory_mib; /* in the data sheet; a container gets less of it */
};

/* Reads "m6i.2xlarge", or the largest of a family ("c6i"). False where its size is not known: then
 * nothing can be said. */
bool pulse_instance_read(const char *type, struct pulse_instance *out);

/* About what is left for containers when kernel and agent have taken theirs: a 16 GiB instance
 * registers with some 15.4 GiB, smaller ones lose relatively more. */
double pulse_instance_usable_mib(const struct pulse_instance *instance);

#endif
