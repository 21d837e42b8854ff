#include "data/hdf5/layout.h"

#include <stdlib.h>

void pulse_h5_layout_clear(struct pulse_h5_layout *layout)
{
    for (int64_t c = 0; c < layout->frame.n; c++)
        free(layout->frame.names[c]);
    for (int64_t c = 0; layout->sources != NULL && c < layout->frame.n; c++)
        free(layout->sources[c].object);
    free(layout->sources);
    free(layout->frame.names);
    free(layout->frame.path);
    free(layout->frame.zone);
    free(layout->time);
    free(layout->values);
    free(layout->time_name);
    *layout = (struct pulse_h5_layout){0};
}

void pulse_h5_layouts_clear(struct pulse_h5_layouts *layouts)
{
    for (int64_t i = 0; i < layouts->n; i++)
        pulse_h5_layout_clear(&layouts->all[i]);
    free(layouts->all);
    *layouts = (struct pulse_h5_layouts){0};
}
