/* A private directory for what lives as long as the job, and throw-away keys in it. */
#ifndef PULSE_NODE_KEYS_H
#define PULSE_NODE_KEYS_H

#include "base/error.h"
#include "node/node_info.h"

enum { PULSE_DIRECTORY_TEXT = 512, PULSE_KEY_PATH = 48 };

/* A new directory, 0700, below TMPDIR, else /tmp. PULSE_E_USAGE when TMPDIR's name could not stand
 * in ssh's configuration. */
int pulse_keys_directory(char out[PULSE_DIRECTORY_TEXT], struct pulse_err *err);

/* Removes it with everything in it; legal on "". */
void pulse_keys_remove(const char *directory);

/* A key whose private half is in memory alone, and goes with the process, whatever ends it. */
struct pulse_key {
    int fd;                      /* of that memory; -1: there is none */
    char path[PULSE_KEY_PATH];   /* under which children of this process open it */
    char public[PULSE_KEY_TEXT]; /* "ssh-ed25519 AAAA..." */
};

/* Makes an Ed25519 key by ssh-keygen, which writes it to `directory` for a moment. */
int pulse_keys_make(const char *directory, struct pulse_key *key, struct pulse_err *err);

/* Forgets it. */
void pulse_keys_forget(struct pulse_key *key);

/* Writes DIRECTORY/NAME, 0600. */
int pulse_keys_write(const char *directory, const char *name, const char *text,
                     struct pulse_err *err);

#endif
