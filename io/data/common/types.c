#include "data/common/types.h"

#include <stdio.h>
#include <stdlib.h>

struct pulse_read_options pulse_read_options_or_all(const struct pulse_read_options *options)
{
    const struct pulse_read_options all = {
        .from_ns = INT64_MIN, .to_ns = INT64_MAX, .every_variable = true};
    return options == NULL ? all : *options;
}

const char *pulse_kind_name(enum pulse_kind_of_column kind)
{
    static const char *const names[] = {
        [PULSE_KIND_BOOL] = "true or false", [PULSE_KIND_INT] = "whole numbers",
        [PULSE_KIND_UINT] = "whole numbers", [PULSE_KIND_FLOAT] = "reals of 32 bits",
        [PULSE_KIND_DOUBLE] = "reals",       [PULSE_KIND_TIME] = "times",
        [PULSE_KIND_TEXT] = "text"};
    return names[kind];
}

void pulse_block_clear(struct pulse_block *block)
{
    free(block->time_ns);
    free(block->values);
    *block = (struct pulse_block){0};
}

const char *pulse_batch_where(const struct pulse_batch *batch, int64_t i, int64_t before,
                              char out[PULSE_ROW_TEXT])
{
    const bool lines = batch->line != NULL;
    (void)snprintf(out, PULSE_ROW_TEXT, "%s %lld", lines ? "line" : "row",
                   (long long)(lines ? batch->line[i] : before + i));
    return out;
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
    free(batch->line);
    *batch = (struct pulse_batch){0};
}
