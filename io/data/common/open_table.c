#include "data/common/open_table.h"

#include <stdlib.h>

#include "base/mem.h"

void *pulse_open_table_new(size_t bytes, const struct pulse_open_table_face *face,
                           const struct pulse_location *location,
                           const struct pulse_read_options *options, struct pulse_err *err)
{
    struct pulse_table *table = pulse_calloc(1, bytes, "an open table", err);
    if (table == NULL)
        return NULL;
    table->face = face;
    table->reading = *options;
    table->uri = pulse_strdup(location->uri, err);
    if (table->uri != NULL)
        return table;
    free(table);
    return NULL;
}

void pulse_open_table_free(struct pulse_table *table)
{
    if (table == NULL)
        return;
    table->face->close(table);
    free(table->columns);
    free(table->unzoned);
    free(table->uri);
    free(table);
}
