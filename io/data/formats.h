/* The table of formats: which one a location is of, asked here and nowhere else. Knows the formats
 * by their faces (common/format.h) only. Works on names; opens nothing. */
#ifndef PULSE_DATA_FORMATS_H
#define PULSE_DATA_FORMATS_H

#include "base/error.h"
#include "data/common/format.h"

/* By the extension, in any case, after which .gz or .zst may stand where the format can be packed;
 * or as the format itself says of a name without extension. NULL where it is of none. */
const struct pulse_format *pulse_format_of(const char *path);

/* Resolves FILE, or FILE#/path where the format has frames. Fails with PULSE_E_MEMORY only: the
 * format may be NULL. Clear `out` in any case. */
int pulse_location_resolve(const char *uri, struct pulse_location *out, struct pulse_err *err);
void pulse_location_clear(struct pulse_location *location);

/* The spelling of one frame of a file, to be freed; NULL with PULSE_E_MEMORY. */
char *pulse_location_of_frame(const char *file, const char *frame, struct pulse_err *err);

/* Records that `path` is of no format that can be read, and which are; returns −1. */
int pulse_format_refuse(const char *path, struct pulse_err *err);

/* The same of one that is to be read: what makes a file of a known format of it. */
int pulse_format_refuse_read(const char *path, struct pulse_err *err);

/* "historical_NAME.csv, .h5, …": how the files of a directory are called, for messages. */
extern const char pulse_formats_expected[];

/* Warns of options that mean nothing in files of the formats whose `takes` together are `takes`. */
void pulse_formats_warn_unused(const char *uri, unsigned takes,
                               const struct pulse_read_options *options);

#endif
