#include "base/mem.h"
#include "base/zone.h"
#include "data/dataset.h"
#include "data/long_panel.h"

int pulse_panel_facts(const struct pulse_long *panel, struct pulse_panel_facts *out,
                      struct pulse_err *err)
{
    *out = (struct pulse_panel_facts){.time = panel->time_name,
                                      .id = panel->id_name,
                                      .time_kind = panel->time_kind,
                                      .id_kind = panel->id_kind,
                                      .zone =
                                          panel->zone == NULL ? NULL : pulse_zone_name(panel->zone),
                                      .offsets = panel->local,
                                      .n_values = panel->n_values,
                                      .ids = panel->ids.n,
                                      .rows = panel->n,
                                      .dates = panel->n_times,
                                      .repeated = panel->repeated};
    out->values = pulse_calloc(panel->n_values, sizeof *out->values, "value columns", err);
    for (int64_t i = 0; out->values != NULL && i < panel->n_values; i++)
        out->values[i] =
            (struct pulse_panel_value){panel->values[i].name, panel->values[i].cells.kind};
    return out->values == NULL ? -1 : 0;
}
