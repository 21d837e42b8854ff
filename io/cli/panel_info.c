#include "cli/panel_info.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/terminal.h"

static void print_column(const char *what, const char *name, enum pulse_kind_of_column kind)
{
    (void)fputs(what, stdout);
    pulse_terminal_write(stdout, name, 0);
    (void)printf(" (%s", pulse_kind_name(kind));
}

int pulse_panel_info_print(const struct pulse_long *panel, struct pulse_err *err)
{
    struct pulse_panel_facts f;
    if (pulse_panel_facts(panel, &f, err) != 0)
        return -1;
    (void)printf("long panel: %lld rows, %lld ids, %lld dates\n", (long long)f.rows,
                 (long long)f.ids, (long long)f.dates);
    print_column("ids: ", f.id, f.id_kind);
    print_column("), times: ", f.time, f.time_kind);
    if (f.zone != NULL || f.offsets)
        (void)printf(", %s", f.offsets ? "each with its offset" : f.zone);
    for (int64_t i = 0; i < f.n_values; i++)
        print_column(i == 0 ? "), values: " : "), ", f.values[i].name, f.values[i].kind);
    (void)fputs(")\n", stdout);
    if (f.repeated > 0)
        (void)printf("%lld row%s a date and id that a row before has; of those the last counts\n",
                     (long long)f.repeated, f.repeated == 1 ? " has" : "s have");
    free(f.values);
    return 0;
}

json_t *pulse_panel_info_json(const struct pulse_long *panel)
{
    struct pulse_panel_facts f;
    struct pulse_err ignored = {0};
    if (pulse_panel_facts(panel, &f, &ignored) != 0)
        return NULL;
    json_t *values = json_array();
    for (int64_t i = 0; i < f.n_values; i++)
        (void)json_array_append_new(values, json_pack("{s:s, s:s}", "name", f.values[i].name,
                                                      "kind", pulse_kind_name(f.values[i].kind)));
    json_t *zone = f.zone == NULL ? json_null() : json_string(f.zone);
    json_t *root =
        json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:o, s:b}, s:o, s:I, s:I, s:I, s:I}", "id", "name",
                  f.id, "kind", pulse_kind_name(f.id_kind), "time", "name", f.time, "kind",
                  pulse_kind_name(f.time_kind), "zone", zone, "offsets", (int)f.offsets, "values",
                  values, "rows", (json_int_t)f.rows, "ids", (json_int_t)f.ids, "dates",
                  (json_int_t)f.dates, "repeated", (json_int_t)f.repeated);
    free(f.values);
    return root;
}
