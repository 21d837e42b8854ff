#include "math/blas_kernels.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *openblas_get_config(void);
char *openblas_get_corename(void);

const char *pulse_blas_description(void)
{
    return openblas_get_config();
}

/* The kernels for the vector units that the processor says it has; NULL where OpenBLAS' own choice
 * cannot be bettered so. */
static const char *find_kernels(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return NULL;
}

void pulse_blas_choose_kernels(char **argv)
{
    static const char variable[] = "OPENBLAS_CORETYPE";
    const char *better = find_kernels();
    if (better == NULL || getenv(variable) != NULL ||
        strcmp(openblas_get_corename(), "Prescott") != 0)
        return;
    if (setenv(variable, better, 1) == 0)
        (void)execv("/proc/self/exe", argv);
    /* Still here: slower, and right. */
}
