#include "data/parquet/zones.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* {"field_name": "date", "metadata": {"timezone": "Asia/Tokyo"}, …} or {…, "numpy_type":
 * "period[M]"}; older ones have "name" alone. */
static int take_column(const json_t *said, const struct pulse_table_column *columns, int64_t n,
                       char **out, struct pulse_err *err)
{
    const char *zone =
        json_string_value(json_object_get(json_object_get(said, "metadata"), "timezone"));
    const char *type = json_string_value(json_object_get(said, "numpy_type"));
    const char *name = json_string_value(json_object_get(said, "field_name"));
    if (name == NULL)
        name = json_string_value(json_object_get(said, "name"));
    if (type != NULL &&
        strncmp(type, PULSE_PARQUET_PERIOD_NAME, strlen(PULSE_PARQUET_PERIOD_NAME)) == 0)
        zone = type;
    for (int64_t c = 0; zone != NULL && name != NULL && c < n; c++)
        if (out[c] == NULL && strcmp(columns[c].name, name) == 0) {
            out[c] = pulse_strdup(zone, err);
            if (out[c] == NULL)
                return -1;
        }
    return 0;
}

/* "index_columns": ["date", "permno"]; of a counted index an object. */
static void mark_levels(const json_t *levels, struct pulse_table_column *columns, int64_t n)
{
    for (size_t i = 0; i < json_array_size(levels); i++) {
        const char *name = json_string_value(json_array_get(levels, i));
        for (int64_t c = 0; name != NULL && c < n; c++)
            columns[c].index = columns[c].index || strcmp(columns[c].name, name) == 0;
    }
}

int pulse_parquet_zones_of_pandas(const uint8_t *json, int64_t length,
                                  struct pulse_table_column *columns, int64_t n, char **out,
                                  struct pulse_err *err)
{
    json_t *root = json_loadb((const char *)json, (size_t)length, 0, NULL);
    const json_t *list = json_object_get(root, "columns");
    int rc = 0;
    mark_levels(json_object_get(root, "index_columns"), columns, n);
    for (size_t i = 0; rc == 0 && i < json_array_size(list); i++)
        rc = take_column(json_array_get(list, i), columns, n, out, err);
    json_decref(root);
    return rc;
}
