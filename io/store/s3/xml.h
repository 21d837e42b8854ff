/* The answers of S3 in XML. Pure; trusts nothing: depth, names and text are bounded. Internal to
 * io/store. */
#ifndef PULSE_STORE_S3_XML_H
#define PULSE_STORE_S3_XML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { PULSE_S3_WORD = 128, PULSE_S3_LONG = 2048 };

/* No object is larger: a size beyond it is no size, and sums of sizes do not overflow. */
#define PULSE_S3_MAX_BYTES (INT64_C(1) << 50)

struct pulse_s3_key {
    char *key;        /* percent-decoded, where the listing says that it is encoded */
    int64_t bytes;    /* up to PULSE_S3_MAX_BYTES */
    int64_t modified; /* Unix time in seconds; 0: not said */
    bool prefix;      /* a common prefix */
    char *upload_id;  /* of an upload that is not complete; NULL: it is none */
};

/* The fields of answers that we use; "" and 0 where there is none. */
struct pulse_s3_xml {
    char root[PULSE_S3_WORD]; /* the outermost element */
    char code[PULSE_S3_WORD]; /* of an <Error> */
    char message[PULSE_S3_LONG];
    char region[PULSE_S3_WORD];
    char endpoint[PULSE_S3_LONG]; /* the host that an error sends to */
    char upload_id[PULSE_S3_LONG];
    char etag[PULSE_S3_WORD]; /* of a completed upload */
    char next[PULSE_S3_LONG]; /* continuation token */
    bool truncated;
    int64_t n_keys;
    struct pulse_s3_key *keys;
};

/* Reads a whole document; `what` names the request for messages. Clear *out in any case; after an
 * error nothing is in it. Errors: PULSE_E_STORAGE for what is no XML, beyond the bounds, or a
 * listing whose keys have no names or no sizes; PULSE_E_MEMORY. */
int pulse_s3_xml_read(const char *text, int64_t bytes, const char *what, struct pulse_s3_xml *out,
                      struct pulse_err *err);
void pulse_s3_xml_clear(struct pulse_s3_xml *xml);

#endif
