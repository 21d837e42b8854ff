/* Shared memory that Open MPI's processes which were killed have left on this host. Knows nothing
 * of MPI's calls. */
#ifndef PULSE_MPI_SEGMENTS_H
#define PULSE_MPI_SEGMENTS_H

/* Removes this host's and this user's files in `directory` (/dev/shm) that Open MPI made for shared
 * memory a minute ago or longer, and that no process has mapped: whoever made one has it mapped
 * until it ends. Once per host. No errors: what cannot be removed stays. */
void pulse_segments_sweep(const char *directory);

#endif
