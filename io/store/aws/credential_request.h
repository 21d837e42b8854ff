/* One request for credentials, to whoever hands them out: repeated while that server is busy, wiped
 * when it is done. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_CREDENTIAL_REQUEST_H
#define PULSE_STORE_AWS_CREDENTIAL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "store/aws/http.h"

enum { PULSE_CREDENTIAL_CODE = 80, PULSE_CREDENTIAL_MESSAGE = 304 };

/* Up to three attempts while the server is busy, or does not answer although it must be there
 * (`sure`); the last answer is in `http`. Errors: those of pulse_http_perform, a signal while it
 * waits. */
int pulse_credential_request_perform(struct pulse_http *http, bool sure, struct pulse_err *err);

/* Whether the same request may succeed in a while. */
bool pulse_credential_request_is_busy(const struct pulse_http *http);

/* What an answer in XML says: the text of the first element of each name that has one, cut to fit;
 * "" without. Whether all of it is XML. */
struct pulse_credential_field {
    const char *name;
    char *out;
    size_t capacity;
};
bool pulse_credential_request_read_xml(const char *text,
                                       const struct pulse_credential_field *fields, int n);

/* What an error in XML or JSON says; "" for what it does not. */
void pulse_credential_request_read_error(const struct pulse_http *http,
                                         char code[PULSE_CREDENTIAL_CODE],
                                         char message[PULSE_CREDENTIAL_MESSAGE]);

/* An answer without credentials: -1, with PULSE_E_TEMPORARY while the server is busy or did not
 * answer, else PULSE_E_STORAGE. */
int pulse_credential_request_fail(const struct pulse_http *http, const char *source,
                                  struct pulse_err *err);

/* Clears an answer, of which nothing is left in memory. */
void pulse_credential_request_wipe(struct pulse_http *http);

#endif
