/* What an ssh connection to a node may do: pass heartbeats on, or become mpirun's daemon. It runs
 * as sshd's forced command and talks to the node's own pulse-node through a socket: sshd hands no
 * environment on, and secrets of the environment are to be in no file. */
#ifndef PULSE_NODE_SESSION_H
#define PULSE_NODE_SESSION_H

#include "base/error.h"
#include "node/argv.h"

/* What is asked for through the socket: one letter. */
enum { PULSE_SESSION_HEARTBEAT = 'B', PULSE_SESSION_ENVIRONMENT = 'E' };

/* Takes the command that the other side of ssh asked for (SSH_ORIGINAL_COMMAND) apart: no argv for
 * a heartbeat, else that of orted. PULSE_E_USAGE for anything else. Pure. */
int pulse_session_command(const char *command, struct pulse_argv *argv, struct pulse_err *err);

/* Listens at DIRECTORY/socket, non-blocking. */
int pulse_session_listen(const char *directory, int *fd, struct pulse_err *err);

/* Takes a connection: gives away the environment, with TMPDIR set to `directory`, and returns -1,
 * or returns the descriptor of a heartbeat. */
int pulse_session_accept(int listening, const char *directory);

/* The program behind --session; its exit code, unless it becomes orted. */
int pulse_session_main(const char *socket_path);

#endif
