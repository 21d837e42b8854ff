/* How unlike two words are, for messages that suggest the one that was meant. Pure. */
#ifndef PULSE_BASE_SPELLING_H
#define PULSE_BASE_SPELLING_H

/* Edit distance: letters to insert, delete or replace until `a` is `b`. Only the first 63 letters
 * of each count. */
int pulse_spelling_distance(const char *a, const char *b);

#endif
