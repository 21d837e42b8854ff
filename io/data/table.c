#include "data/table.h"

#include <stdlib.h>

void pulse_batch_clear(struct pulse_batch *batch)
{
    for (int64_t i = 0; i < batch->n; i++) {
        struct pulse_vector *v = &batch->vectors[i];
        free(v->missing);
        free(v->integers);
        free(v->reals);
        free(v->text_end);
        free(v->text);
    }
    free(batch->vectors);
    *batch = (struct pulse_batch){0};
}
