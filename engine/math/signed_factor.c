/* Block column after block column, each with one product for all that lies to its left, as the
 * positive definite factorisation does it. */
#include "math/signed_factor.h"

#include <cblas.h>
#include <math.h>

enum { NB = PULSE_SIGNED_BLOCK };

/* What a pivot is tested against. */
struct pivot_test {
    double least;   /* share of the diagonal element that a pivot of sign 1 has at least */
    double largest; /* diagonal element so far, at least 1 */
};

static bool pivot_is_sound(struct pivot_test *test, double diagonal, double sign, double pivot)
{
    test->largest = fmax(test->largest, fabs(diagonal));
    const double least =
        sign > 0 ? test->least * fabs(diagonal) : PULSE_SIGNED_LEAST * test->largest;
    return isfinite(pivot) && sign * pivot > least;
}

/* The diagonal block of order n, column by column; `diagonal` is that of the whole A. */
static bool factor_diagonal(int64_t n, double *a, int64_t lda, const double *sign,
                            const double *diagonal, struct pivot_test *test)
{
    for (int64_t j = 0; j < n; j++) {
        double *column = a + j * lda;
        for (int64_t k = 0; k < j; k++) {
            const double factor = a[k * lda + j] * sign[k];
            for (int64_t i = j; i < n; i++)
                column[i] -= a[k * lda + i] * factor;
        }
        if (!pivot_is_sound(test, diagonal[j], sign[j], column[j]))
            return false;
        const double root = sqrt(sign[j] * column[j]);
        column[j] = root;
        for (int64_t i = j + 1; i < n; i++)
            column[i] *= sign[j] / root;
    }
    return true;
}

/* Columns [j, j + width) from row j down, less what the columns before them account for. */
static void subtract_left(int64_t n, int64_t j, int64_t width, double *a, const double *sign,
                          double *work)
{
    for (int64_t k = 0; k < j; k++)
        for (int64_t i = 0; i < width; i++)
            work[k * width + i] = a[k * n + j + i] * sign[k];
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasTrans, (int)(n - j), (int)width, (int)j, -1.0,
                a + j, (int)n, work, (int)width, 1.0, a + j * n + j, (int)n);
}

bool pulse_signed_factor(int64_t n, double *a, const double *sign, double *work)
{
    struct pivot_test test = {.least = (double)n * 0x1p-52, .largest = 1};
    bool fine = true;
    for (int64_t j = 0; fine && j < n; j += NB) {
        const int64_t width = n - j < NB ? n - j : NB, below = n - j - width;
        double *block = a + j * n + j, diagonal[NB];
        for (int64_t i = 0; i < width; i++)
            diagonal[i] = block[i * n + i];
        if (j > 0)
            subtract_left(n, j, width, a, sign, work);
        fine = factor_diagonal(width, block, n, sign + j, diagonal, &test);
        if (!fine || below == 0)
            continue;
        cblas_dtrsm(CblasColMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, (int)below,
                    (int)width, 1.0, block, (int)n, block + width, (int)n);
        for (int64_t k = 0; k < width; k++)
            for (int64_t i = width; sign[j + k] < 0 && i < width + below; i++)
                block[k * n + i] = -block[k * n + i];
    }
    return fine;
}
