/* Signals as something to wait for beside pipes: SIGTERM, SIGINT and SIGCHLD come through a
 * descriptor, so that no handler runs in the middle of anything. */
#ifndef PULSE_NODE_SIGNAL_FD_H
#define PULSE_NODE_SIGNAL_FD_H

#include "base/error.h"

/* Blocks the signals; the descriptor becomes readable when one came. */
int pulse_signal_fd_open(int *fd, struct pulse_err *err);

/* The next signal's number, 0 when there is none. */
int pulse_signal_fd_next(int fd);

/* Takes and forgets all that came. */
void pulse_signal_fd_drain(int fd);

/* Whether SIGTERM or SIGINT waits to be taken from the descriptor: its kind, or PULSE_OK. */
enum pulse_kind pulse_signal_fd_pending(void);

/* Sleeps, less when a signal comes. */
void pulse_signal_fd_sleep(int fd, double seconds);

#endif
