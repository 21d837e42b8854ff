#include "cli/wide_reader.h"

#include <limits.h>

void pulse_wide_reader_init(struct pulse_wide_reader *reader, const char *uri,
                            const struct pulse_read_options *reading, int64_t bytes,
                            int64_t block_bytes)
{
    int64_t parts = bytes / block_bytes + 1;
    *reader = (struct pulse_wide_reader){
        .uri = uri, .reading = reading, .parts = parts < INT_MAX ? (int)parts : INT_MAX};
}

int pulse_wide_reader_next(struct pulse_wide_reader *reader, const char *const *names, int64_t n,
                           struct pulse_block *block, bool *more, struct pulse_err *err)
{
    struct pulse_wide *wide;
    int64_t bytes = 0;
    *block = (struct pulse_block){0};
    *more = reader->part < reader->parts;
    if (!*more)
        return 0;
    if (pulse_wide_open(reader->uri, reader->part, reader->parts, reader->reading, &wide, err) != 0)
        return -1;
    int rc = pulse_wide_read(wide, reader->quoted, names, n, block, &bytes, err);
    reader->spans |= block->spans;
    if (rc == 0)
        rc = pulse_spans_check(reader->uri, reader->spans, err);
    reader->quoted ^= pulse_wide_flips_quotes(wide);
    reader->part++;
    pulse_wide_free(wide);
    return rc;
}
