/* Lines "p alpha beta" from standard input → a quantile of Beta(alpha, beta) each. */
#include <stdio.h>
#include <stdlib.h>

#include "math/beta.h"

int main(void)
{
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        double number[3];
        char *at = line;
        for (int i = 0; i < 3; i++) {
            char *end;
            number[i] = strtod(at, &end);
            if (end == at) {
                (void)fprintf(stderr, "expected \"p alpha beta\", got %s", line);
                return 2;
            }
            at = end;
        }
        if (printf("%.17g\n", pulse_beta_quantile(number[0], number[1], number[2])) < 0)
            return 1;
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
