#include "base/spelling.h"

#include <string.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int pulse_spelling_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    int rows[3][MOST]; /* of the letter in hand and of the two before it */
    const int n = (int)strnlen(b, MOST - 1), m = (int)strnlen(a, MOST - 1);
    for (int j = 0; j <= n; j++)
        rows[0][j] = j;
    for (int i = 1; i <= m; i++) {
        int *row = rows[i % 3];
        const int *before = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            row[j] =
                smaller(before[j - 1] + (a[i - 1] != b[j - 1]), smaller(before[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], second[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}
