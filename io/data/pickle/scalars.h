/* The opcodes of a pickle that push one value: numbers, constants, text and bytes. Internal to
 * io/data/pickle. */
#ifndef PULSE_DATA_PICKLE_SCALARS_H
#define PULSE_DATA_PICKLE_SCALARS_H

#include "data/pickle/machine.h"

/* Pushes `n` bytes as a text or as bytes; they must live as long as the tree. */
int pulse_pickle_push_text(struct pulse_unpickler *m, enum pulse_pickle_kind kind, const char *at,
                           uint64_t n);

/* Does one opcode. 0, or −1 with an error. */
typedef int pulse_pickle_step(struct pulse_unpickler *m, uint8_t op);

pulse_pickle_step pulse_pickle_do_constant, pulse_pickle_do_small_integer, pulse_pickle_do_long,
    pulse_pickle_do_integer_line, pulse_pickle_do_real_line, pulse_pickle_do_real,
    pulse_pickle_do_text, pulse_pickle_do_text_line;

#endif
