#include "base/spelling.h"

#include <string.h>

int pulse_spelling_distance(const char *a, const char *b)
{
    enum { MOST = 64 };
    int row[MOST + 1], n = (int)strnlen(b, MOST - 1), m = (int)strnlen(a, MOST - 1);
    for (int j = 0; j <= n; j++)
        row[j] = j;
    for (int i = 1; i <= m; i++) {
        int corner = row[0];
        row[0] = i;
        for (int j = 1; j <= n; j++) {
            int swap = corner + (a[i - 1] != b[j - 1]);
            int least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            corner = row[j];
            row[j] = swap < least ? swap : least;
        }
    }
    return row[n];
}
