#include "data/common/format.h"

void pulse_part_of_rows(int64_t rows, int part, int parts, int64_t *first, int64_t *n)
{
    *first = rows / parts * part + rows % parts * part / parts;
    *n = rows / parts * (part + 1) + rows % parts * (part + 1) / parts - *first;
}
