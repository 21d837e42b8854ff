/* Lines "p alpha beta" from standard input → a quantile of Beta(alpha, beta) each. */
#include <stdio.h>

#include "trust.h"

int main(void)
{
    double p, alpha, beta;
    int fields;
    while ((fields = scanf("%lf %lf %lf", &p, &alpha, &beta)) == 3)
        if (printf("%.17g\n", pulse_beta_quantile(p, alpha, beta)) < 0)
            return 1;
    if (fields != EOF) {
        (void)fprintf(stderr, "expected lines of: p alpha beta\n");
        return 2;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
