#include "data/dataset_file.h"

#include "base/zone.h"
#include "data/formats.h"
#include "data/long_panel.h"
#include "data/parts.h"

/* What can only be read from its beginning is one part, the first. */
static bool is_in_first_part(const struct pulse_location *location,
                             const struct pulse_read_options *reading)
{
    return location->format == NULL || location->format->undivided ||
           location->packing != PULSE_COMPRESSION_NONE || reading->encoding == PULSE_WINDOWS_1252;
}

int pulse_dataset_file_open(const char *uri, int part, int parts,
                            const struct pulse_read_options *options,
                            struct pulse_dataset_file *out, struct pulse_err *err)
{
    const struct pulse_read_options reading = pulse_read_options_or_all(options);
    *out = (struct pulse_dataset_file){.missing = reading.missing};
    if (pulse_location_resolve(uri, &out->location, err) != 0)
        return -1;
    if (reading.time_zone != NULL && pulse_zone_find(reading.time_zone, &out->time_zone, err) != 0)
        return -1;
    if (out->location.format == NULL && !pulse_is_parts_uri(uri))
        return pulse_format_refuse_read(uri, err);
    const bool is_long = reading.id != NULL;
    out->face = is_long                        ? &pulse_long_dataset
                : out->location.format == NULL ? &pulse_parts_dataset
                                               : &out->location.format->dataset;
    if (part > 0 && (is_long || is_in_first_part(&out->location, &reading)))
        return 0;
    return out->face->open(&out->location, part, parts, &reading, &out->state, err);
}

void pulse_dataset_file_clear(struct pulse_dataset_file *file)
{
    if (file->state != NULL)
        file->face->close(file->state);
    pulse_location_clear(&file->location);
    *file = (struct pulse_dataset_file){0};
}

int64_t pulse_dataset_file_frames(const struct pulse_dataset_file *file)
{
    return file->face->count_frames == NULL ? 1 : file->face->count_frames(file->state);
}

struct pulse_frame pulse_dataset_file_frame(const struct pulse_dataset_file *file, int64_t frame)
{
    struct pulse_frame out;
    file->face->describe_frame(file->state, frame, &out);
    return out;
}
