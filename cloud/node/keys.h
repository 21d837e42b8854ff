/* A private directory for what lives as long as the job, and throw-away keys in it. */
#ifndef PULSE_NODE_KEYS_H
#define PULSE_NODE_KEYS_H

#include "base/error.h"
#include "node/node_info.h"

enum { PULSE_DIRECTORY_TEXT = 512 };

/* A new directory, 0700, below TMPDIR, else /tmp. PULSE_E_USAGE when TMPDIR's name could not stand
 * in ssh's configuration. */
int pulse_keys_directory(char out[PULSE_DIRECTORY_TEXT], struct pulse_err *err);

/* Removes it with everything in it; legal on "". */
void pulse_keys_remove(const char *directory);

/* Makes the Ed25519 key DIRECTORY/NAME (0600) by ssh-keygen; its public half goes to `key`. */
int pulse_keys_make(const char *directory, const char *name, char key[PULSE_KEY_TEXT],
                    struct pulse_err *err);

/* Writes DIRECTORY/NAME, 0600. */
int pulse_keys_write(const char *directory, const char *name, const char *text,
                     struct pulse_err *err);

#endif
