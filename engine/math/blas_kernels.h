/* Which of OpenBLAS' kernels run: those for this processor, also where OpenBLAS does not know it.
 * Knows nothing of what is multiplied. */
#ifndef PULSE_MATH_BLAS_KERNELS_H
#define PULSE_MATH_BLAS_KERNELS_H

/* OpenBLAS chooses kernels by the model number of the processor as it is loaded, and takes those
 * of 2004 (Prescott, SSE3) for a model that came out after it: a quarter of the speed. Where that
 * happened though the processor has AVX2 or AVX-512, this names the kernels in OPENBLAS_CORETYPE
 * and starts the program anew; else it returns. A user's OPENBLAS_CORETYPE stands. Call it first in
 * main, before MPI starts and before anything is printed; `argv` is main's. The choice depends on
 * the processor alone, so that ranks on equal processors have equal bits. */
void pulse_blas_choose_kernels(char **argv);

/* Name and version of the library with the kernels in use; static. */
const char *pulse_blas_description(void);

#endif
