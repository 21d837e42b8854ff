/* What an open file and an open object of S3 have in common. Internal to io/store. */
#ifndef PULSE_STORE_COMMON_OBJECT_H
#define PULSE_STORE_COMMON_OBJECT_H

#include <stdbool.h>
#include <stdint.h>

/* The first member of either. Owns its strings. */
struct pulse_object {
    bool s3;
    int64_t size; /* bytes, when it was opened */
    char *uri;
    char *version;
};

#endif
