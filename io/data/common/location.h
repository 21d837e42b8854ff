/* Where data lie, resolved once by data/formats.h from what the user wrote: which file, which frame
 * in it, how its bytes are packed, and its format. Plain values. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_LOCATION_H
#define PULSE_DATA_COMMON_LOCATION_H

#include "data/common/decompress.h"

struct pulse_format; /* data/common/format.h */

struct pulse_location {
    char *uri;                         /* as it was given, for messages */
    char *file;                        /* of the store: the uri without the frame */
    const char *frame;                 /* "/path" within the file; NULL where the uri names none */
    enum pulse_compression packing;    /* as the file's name says */
    const struct pulse_format *format; /* NULL where it is of none that is known */
};

#endif
