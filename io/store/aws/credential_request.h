/* One request for credentials, to whoever hands them out: repeated while that server is busy, wiped
 * when it is done. Internal to store/aws. */
#ifndef PULSE_STORE_AWS_CREDENTIAL_REQUEST_H
#define PULSE_STORE_AWS_CREDENTIAL_REQUEST_H

#include "base/error.h"
#include "store/aws/http.h"

enum { PULSE_CREDENTIAL_CODE = 80, PULSE_CREDENTIAL_MESSAGE = 304 };

/* Up to three attempts while the server is busy; the last answer is in `http`. Errors: those of
 * pulse_http_perform, a signal while it waits. */
int pulse_credential_request_perform(struct pulse_http *http, struct pulse_err *err);

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
