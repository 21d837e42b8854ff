/* What the sections of the page share. */
#include "report/sections.h"

#include <inttypes.h>
#include <math.h>

void pulse_page_find_horizons(struct pulse_page *page)
{
    const json_t *summary = page->report->summary, *steps, *further;
    steps = json_object_get(json_object_get(summary, "config"), "horizon");
    further = json_object_get(summary, "horizons");
    page->n_horizons = 0;
    for (size_t i = 0; i < json_array_size(steps) && page->n_horizons < PULSE_HORIZONS; i++) {
        char name[24];
        const int64_t h = json_integer_value(json_array_get(steps, i));
        (void)snprintf(name, sizeof name, "%lld", (long long)h);
        const json_t *sections = i == 0 ? summary : json_object_get(further, name);
        if (sections != NULL && h >= 1 && h <= 1000)
            page->horizon[page->n_horizons++] = (struct pulse_page_horizon){h, sections};
    }
    if (page->n_horizons == 0) /* of an earlier version */
        page->horizon[page->n_horizons++] = (struct pulse_page_horizon){1, summary};
}

double pulse_page_number_at(const struct pulse_page *page, int64_t horizon, const char *section,
                            int64_t v, const char *key)
{
    const json_t *of = json_object_get(page->horizon[horizon].sections, section);
    const json_t *value = json_object_get(json_object_get(of, page->report->names[v]), key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

/* Variables that have a part of their own: those with the most skill and those with the least. */
enum { MOST_DETAILS = 2000 };

bool pulse_page_has_detail(const struct pulse_page *page, int64_t i)
{
    return i < page->n &&
           (page->n <= MOST_DETAILS || i < MOST_DETAILS / 2 || i >= page->n - MOST_DETAILS / 2);
}

void pulse_page_link(const struct pulse_page *page, int64_t i)
{
    FILE *out = page->out;
    const bool there = pulse_page_has_detail(page, i);
    if (there)
        (void)fprintf(out, "<a href=\"#v%" PRId64 "\">", i);
    pulse_svg_escape(out, page->report->names[page->order[i]]);
    if (there)
        (void)fputs("</a>", out);
}

struct pulse_axis pulse_page_days_axis(const struct pulse_page *page, double from, double to)
{
    const struct pulse_report *report = page->report;
    return (struct pulse_axis){(double)report->calendar[0], (double)report->calendar[report->T - 1],
                               from, to};
}
