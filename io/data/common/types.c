#include "data/common/types.h"

#include <stdlib.h>

struct pulse_read_options pulse_read_options_or_all(const struct pulse_read_options *options)
{
    const struct pulse_read_options all = {
        .from_ns = INT64_MIN, .to_ns = INT64_MAX, .every_variable = true};
    return options == NULL ? all : *options;
}

void pulse_block_clear(struct pulse_block *block)
{
    free(block->time_ns);
    free(block->values);
    *block = (struct pulse_block){0};
}

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
