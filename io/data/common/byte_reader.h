/* The bytes of a text file for readers that go forwards: as they lie in the store, or unpacked, or
 * made UTF-8, on the way. Knows nothing of what the text means. Internal to io/data. */
#ifndef PULSE_DATA_COMMON_BYTE_READER_H
#define PULSE_DATA_COMMON_BYTE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/decompress.h"

struct pulse_byte_reader;

/* Opens `uri`, which is unpacked on the way where its bytes are packed. Of PULSE_WINDOWS_1252 all
 * offsets, sizes and bytes are those of its text in UTF-8. */
int pulse_byte_reader_open(const char *uri, enum pulse_compression packing, char encoding,
                           struct pulse_byte_reader **out, struct pulse_err *err);
void pulse_byte_reader_close(struct pulse_byte_reader *input);

const char *pulse_byte_reader_uri(const struct pulse_byte_reader *input); /* borrowed */

/* Whether it is unpacked or made UTF-8: then it costs nothing to read on, but to read from the
 * middle or to go back costs all that lies before. */
bool pulse_byte_reader_goes_forwards(const struct pulse_byte_reader *input);

enum pulse_compression pulse_byte_reader_packing(const struct pulse_byte_reader *input);

/* Bytes of text; -1 of one that goes forwards until its end was seen. */
int64_t pulse_byte_reader_size(const struct pulse_byte_reader *input);

/* About as many, estimated from what was unpacked so far; the size where that is known. */
int64_t pulse_byte_reader_guess_size(const struct pulse_byte_reader *input);

/* Reads up to `n` bytes (1 or more) from `offset`, fewer only where the text ends. `got` says how
 * many. PULSE_E_INPUT for broken packing; what pulse_store_read says. */
int pulse_byte_reader_read(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err);

/* The same, fetching not a byte more than asked for where it is neither packed nor recoded. */
int pulse_byte_reader_peek(struct pulse_byte_reader *input, int64_t offset, char *out, int64_t n,
                           int64_t *got, struct pulse_err *err);

/* Says that [offset, offset + bytes) will be read through; of one that goes forwards, all. */
void pulse_byte_reader_will_read(struct pulse_byte_reader *input, int64_t offset, int64_t bytes);

#endif
