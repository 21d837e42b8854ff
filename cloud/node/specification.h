/* A command line too long for AWS Batch: a JSON array of strings in S3, named with its SHA-256. */
#ifndef PULSE_NODE_SPECIFICATION_H
#define PULSE_NODE_SPECIFICATION_H

#include "base/error.h"
#include "words.h"

enum { PULSE_SPECIFICATION_BYTES = 1 << 20, PULSE_SPECIFICATION_WORDS = 100000 };

/* Appends the words of a JSON array of strings; PULSE_E_INPUT, `where` named, for anything else.
 * Pure. */
int pulse_specification_parse(const char *text, const char *where, struct pulse_words *words,
                              struct pulse_err *err);

/* Appends the words that "s3://BUCKET/KEY#sha256=HEX" holds. PULSE_E_USAGE without a digest,
 * PULSE_E_INPUT when the object has another one, or is larger than a MiB. */
int pulse_specification_read(const char *uri, struct pulse_words *words, struct pulse_err *err);

#endif
