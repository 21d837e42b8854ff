/* Functions of which the machine chooses the widest form that its processor has: CLONES before
 * their definition. The bits are the same, since nothing is contracted (CMakeLists.txt). */
#ifndef PULSE_MATH_CLONES_H
#define PULSE_MATH_CLONES_H

#if defined(__x86_64__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

#endif
