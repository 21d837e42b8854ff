/* Where the time of each rank went. */
#include <math.h>
#include <string.h>

#include "part.h"

enum { WIDE = 640, FROM = 46, TO = 590, BAR = 13, APART = 19, MOST_RANKS = 48, KINDS = 8 };

/* Stages of summary.json that are shown as one, in the order in which they happen. */
static const struct {
    const char *label;
    const char *stages[3];
} kinds[KINDS] = {{"read", {"load", "panel"}}, {"exchange", {"exchange", "return"}},
                  {"sums", {"gram", "scan"}},  {"walk", {"walk"}},
                  {"drivers", {"drivers"}},    {"judge", {"judge"}},
                  {"results.h5", {"results"}}, {"starting, waiting", {NULL}}};

/* Seconds of one kind on one rank; of the last kind what is left of the whole. */
static double seconds_of(const json_t *per_rank, size_t rank, int kind)
{
    const json_t *stages = json_object_get(per_rank, "stages"), *name;
    const json_t *seconds = json_array_get(json_object_get(per_rank, "seconds"), rank);
    double sum = 0;
    size_t i;
    json_array_foreach(stages, i, name)
    {
        const char *text = json_string_value(name);
        for (int k = 0; text != NULL && k < 3 && kinds[kind].stages[k] != NULL; k++)
            if (strcmp(text, kinds[kind].stages[k]) == 0)
                sum += json_number_value(json_array_get(seconds, i));
    }
    return sum;
}

static double rest_of(const json_t *per_rank, size_t rank, double total)
{
    for (int k = 0; k < KINDS - 1; k++)
        total -= seconds_of(per_rank, rank, k);
    return fmax(0, total);
}

static void bar(FILE *out, const json_t *per_rank, size_t rank, double total, double y)
{
    const struct pulse_axis x = {0, total, FROM, TO};
    char text[PULSE_SHOWN];
    double from = 0;
    (void)snprintf(text, sizeof text, "rank %zu", rank);
    pulse_svg_text(out, "e", FROM - 6, y + 10, text);
    for (int k = 0; k < KINDS; k++) {
        const double s =
            k < KINDS - 1 ? seconds_of(per_rank, rank, k) : rest_of(per_rank, rank, total);
        char class[4] = {'s', (char)('0' + k), '\0', '\0'};
        const double left = pulse_axis_within(&x, from), right = pulse_axis_within(&x, from + s);
        if (right - left >= 0.2)
            pulse_svg_rect(out, class, left, y, right - left, BAR);
        from += s;
    }
}

static void table(FILE *out, const json_t *timings, const json_t *per_rank)
{
    const json_t *name, *mean = json_object_get(timings, "mean_over_ranks");
    char text[PULSE_SHOWN];
    size_t i;
    pulse_page_table_open(out, "", "stage|mean seconds|slowest rank");
    json_array_foreach(json_object_get(per_rank, "stages"), i, name)
    {
        const char *stage = json_string_value(name) == NULL ? "" : json_string_value(name);
        const double average = json_number_value(json_object_get(mean, stage));
        const double slowest = json_number_value(json_object_get(timings, stage));
        pulse_page_table_name(out, stage);
        pulse_page_table_number(out, average, pulse_shown_fixed(average, 4, text));
        pulse_page_table_number(out, slowest, pulse_shown_fixed(slowest, 4, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

void pulse_page_ranks(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *timings = json_object_get(page->report->summary, "timings");
    const json_t *per_rank = json_object_get(timings, "per_rank");
    const size_t ranks = json_array_size(json_object_get(per_rank, "seconds"));
    const size_t shown = ranks < MOST_RANKS ? ranks : MOST_RANKS;
    const double total = json_number_value(json_object_get(timings, "total"));
    const double height = APART * (double)shown + 22;
    char text[PULSE_SHOWN];
    pulse_page_section_open(
        out, "time", "Where the time went",
        "Each rank from its start to the end of the run, its stages in their order. "
        "Waiting for others inside a stage counts as that stage.");
    if (shown > 0 && total > 0) {
        (void)fputs("<ul class=\"key\">", out);
        for (int k = 0; k < KINDS; k++)
            (void)fprintf(out, "<li><i class=\"s%d\"></i>%s</li>", k, kinds[k].label);
        (void)fputs("</ul><figure style=\"max-width:52rem\">", out);
        pulse_svg_open(out, "chart wide", WIDE, height, "Seconds of each rank by stage",
                       "A bar for each rank; the table below has the seconds of each stage");
        for (size_t r = 0; r < shown; r++)
            bar(out, per_rank, r, total, APART * (double)r);
        pulse_svg_line(out, "t", FROM, APART * (double)shown, TO, APART * (double)shown);
        pulse_svg_text(out, "", FROM, APART * (double)shown + 15, "0 s");
        (void)pulse_shown_fixed(total, total < 10 ? 2 : 0, text);
        (void)strcat(text, " s");
        pulse_svg_text(out, "e", TO, APART * (double)shown + 15, text);
        pulse_svg_close(out);
        (void)fputs("</figure>\n", out);
        if (shown < ranks)
            (void)fprintf(out, "<p class=\"note\">The first %d of %zu ranks.</p>\n", MOST_RANKS,
                          ranks);
    }
    table(out, timings, per_rank);
    pulse_page_section_close(out);
}
