/* What each rank did when, and who waited for whom. */
#include <math.h>
#include <string.h>

#include "report/sections.h"

enum { WIDE = 640, FROM = 66, TO = 620, BAR = 12, APART = 21, MOST_RANKS = 48, COLUMNS = 2000 };
enum { KINDS = 9, WAITING = KINDS };

/* Stages of summary.json that are shown as one, in the order in which they happen; the last one
 * also takes what has no other name here. */
static const struct {
    const char *label;
    const char *stages[2];
} kinds[KINDS] = {{"read", {"load", "panel"}},        {"exchange", {"exchange", "return"}},
                  {"sums", {"gram", "scan"}},         {"walk", {"walk"}},
                  {"Granger causality", {"drivers"}}, {"judge", {"judge"}},
                  {"results.h5", {"results"}},        {"save a checkpoint", {"save"}},
                  {"start, between", {"between"}}};

/* Of one piece: its kind, or that it waits. */
static int find_kind(const json_t *stages, const json_t *pieces, size_t i)
{
    const json_t *stage = json_array_get(json_object_get(pieces, "stage"), i);
    const json_int_t number = json_integer_value(stage);
    const char *name =
        number < 0 ? NULL : json_string_value(json_array_get(stages, (size_t)number));
    if (json_integer_value(json_array_get(json_object_get(pieces, "waits"), i)) != 0)
        return WAITING;
    for (int k = 0; name != NULL && k < KINDS; k++)
        for (int s = 0; s < 2 && kinds[k].stages[s] != NULL; s++)
            if (strcmp(name, kinds[k].stages[s]) == 0)
                return k;
    return KINDS - 1;
}

static void draw_box(struct pulse_pen *pen, int64_t left, int64_t right, int64_t top,
                     int64_t bottom)
{
    pulse_pen_move(pen, left, top);
    pulse_pen_draw(pen, right, top);
    pulse_pen_draw(pen, right, bottom);
    pulse_pen_draw(pen, left, bottom);
    pulse_pen_shut(pen);
}

/* The pieces of one kind in a `list` of each rank, between `top` and `bottom` of its line. */
static void draw_pieces(FILE *out, const json_t *timeline, const char *list, int kind, int64_t end,
                        int64_t top, int64_t bottom)
{
    const json_t *stages = json_object_get(timeline, "stages"), *rank, *until;
    const struct pulse_axis x = {0, (double)end, 0, COLUMNS};
    const char class[3] = {kind == WAITING ? 'w' : 's',
                           kind == WAITING ? '\0' : (char)('0' + kind)};
    struct pulse_pen pen;
    size_t r, i;
    pulse_pen_open(&pen, out, class);
    json_array_foreach(json_object_get(timeline, "ranks"), r, rank)
    {
        const json_t *pieces = json_object_get(rank, list);
        const int64_t y = APART * (int64_t)r;
        int64_t from = 0;
        if (r == MOST_RANKS)
            break;
        json_array_foreach(json_object_get(pieces, "until"), i, until)
        {
            const double at = (double)json_integer_value(until);
            const int64_t to = llround(pulse_axis_within(&x, at));
            if (to <= from)
                continue;
            if (find_kind(stages, pieces, i) == kind)
                draw_box(&pen, from, to, y + top, y + bottom);
            from = to;
        }
    }
    pulse_pen_close(&pen);
}

/* Where the last piece of all ends, in microseconds. */
static int64_t find_end(const json_t *ranks)
{
    const json_t *rank;
    json_int_t end = 0;
    size_t r;
    json_array_foreach(ranks, r, rank)
    {
        const json_t *until = json_object_get(json_object_get(rank, "did"), "until");
        const json_t *last = json_array_get(until, json_array_size(until) - 1);
        end = json_integer_value(last) > end ? json_integer_value(last) : end;
    }
    return end;
}

static double read_number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* The picture in words. */
static void describe_timeline(const json_t *ranks, double end, char *text, size_t size)
{
    const json_t *rank, *worked = NULL, *waited = NULL;
    size_t r;
    json_array_foreach(ranks, r, rank)
    {
        if (worked == NULL || read_number(rank, "working") > read_number(worked, "working"))
            worked = rank;
        if (waited == NULL || read_number(rank, "waiting") > read_number(waited, "waiting"))
            waited = rank;
    }
    (void)snprintf(
        text, size,
        "A line for each rank over %.4g seconds. Rank %lld worked longest, %.4g seconds; "
        "rank %lld waited longest for others, %.4g seconds. Tables below have the times "
        "of each stage and of each rank",
        end, (long long)json_integer_value(json_object_get(worked, "rank")),
        read_number(worked, "working"),
        (long long)json_integer_value(json_object_get(waited, "rank")),
        read_number(waited, "waiting"));
}

static void draw_seconds_axis(FILE *out, double end, double bottom)
{
    const struct pulse_axis x = {0, end, FROM, TO};
    double ticks[PULSE_TICKS];
    char text[PULSE_SHOWN];
    int decimals;
    const int n = pulse_ticks(0, end, 6, ticks, &decimals);
    for (int i = 0; i < n; i++) {
        const double at = pulse_axis_at(&x, ticks[i]);
        pulse_svg_line(out, "t", at, 0, at, bottom);
        (void)pulse_shown_fixed(ticks[i], decimals, text);
        (void)strcat(text, " s");
        pulse_svg_text(out, "m", at, bottom + 16, text);
    }
}

static void draw_timeline(FILE *out, const json_t *timeline, int64_t end)
{
    const json_t *ranks = json_object_get(timeline, "ranks");
    const size_t found = json_array_size(ranks), shown = found < MOST_RANKS ? found : MOST_RANKS;
    const int64_t tall = APART * (int64_t)shown;
    char text[512];
    describe_timeline(ranks, (double)end / 1e6, text, sizeof text);
    (void)fputs("<figure style=\"max-width:52rem\">", out);
    pulse_svg_open(out, "chart wide", WIDE, (double)tall + 22, "What each rank did when", text);
    draw_seconds_axis(out, (double)end / 1e6, (double)tall);
    for (size_t r = 0; r < shown; r++) {
        const json_t *rank = json_object_get(json_array_get(ranks, r), "rank");
        (void)snprintf(text, sizeof text, "rank %lld", (long long)json_integer_value(rank));
        pulse_svg_text(out, "e", FROM - 6, APART * (double)r + 11, text);
    }
    pulse_svg_plot_open(out, FROM, 0, TO - FROM, (double)tall, COLUMNS, tall);
    for (int k = 0; k < KINDS; k++)
        draw_pieces(out, timeline, "did", k, end, 1, 1 + BAR);
    draw_pieces(out, timeline, "did", WAITING, end, 1 + BAR / 2 - 1, 1 + BAR / 2 + 1);
    draw_pieces(out, timeline, "saved", 7, end, 2 + BAR, 5 + BAR);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* ---- What is not in the picture ------------------------------------------------- */

static void write_notes(FILE *out, const json_t *summary, const json_t *ranks)
{
    const json_t *rank;
    const json_int_t all = json_integer_value(json_object_get(summary, "ranks"));
    const json_int_t resumed =
        json_integer_value(json_object_get(json_object_get(summary, "resumed"), "spans"));
    const json_int_t shown = (json_int_t)json_array_size(ranks);
    char one[PULSE_SHOWN], other[PULSE_SHOWN];
    double grain = 0;
    size_t r;
    json_array_foreach(ranks, r, rank) grain = fmax(grain, read_number(rank, "grain"));
    if (shown == 0)
        (void)fputs("<p class=\"note\">When each rank did what is not known: <code>summary.json"
                    "</code> is of an earlier version.</p>\n",
                    out);
    if (shown > 0 && shown < all)
        (void)fprintf(out,
                      "<p class=\"note\">Shown are %lld of %s ranks: the first, the last, those "
                      "that worked longest, and of the others some evenly spaced. %s ranks are "
                      "left out.</p>\n",
                      (long long)shown, pulse_shown_count(all, one),
                      pulse_shown_count(all - shown, other));
    if (resumed > 0)
        (void)fprintf(
            out,
            "<p class=\"note\">This run went on from a checkpoint: %s spans were computed "
            "by an earlier one, whose time is not in here.</p>\n",
            pulse_shown_count(resumed, one));
    if (grain > 0)
        (void)fprintf(
            out,
            "<p class=\"note\">Pieces under %s ms that follow each other are put together "
            "stage by stage; no seconds are lost.</p>\n",
            pulse_shown_fixed(1e3 * grain, grain < 0.01 ? 2 : 0, one));
}

static void write_stages_table(FILE *out, const json_t *timings)
{
    static const char *const columns[] = {"began", "ended", "mean_over_ranks", "waiting"};
    const json_t *name;
    char text[PULSE_SHOWN];
    size_t i;
    pulse_page_table_open(out, "",
                          "stage|first began, s|last ended, s|mean seconds|of them waiting|"
                          "slowest rank");
    json_array_foreach(json_object_get(json_object_get(timings, "per_rank"), "stages"), i, name)
    {
        const char *stage = json_string_value(name) == NULL ? "" : json_string_value(name);
        pulse_page_table_name(out, stage);
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            const json_t *value = json_object_get(json_object_get(timings, columns[c]), stage);
            const double x = json_is_number(value) ? json_number_value(value) : (double)NAN;
            pulse_page_table_number(out, x, pulse_shown_fixed(x, 4, text));
        }
        const double slowest = read_number(timings, stage);
        pulse_page_table_number(out, slowest, pulse_shown_fixed(slowest, 4, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

static void write_ranks_table(FILE *out, const json_t *ranks)
{
    const json_t *rank;
    char text[PULSE_SHOWN];
    size_t r;
    pulse_page_table_open(out, "", "rank|seconds working|seconds waiting for others");
    json_array_foreach(ranks, r, rank)
    {
        if (r == MOST_RANKS)
            break;
        (void)snprintf(text, sizeof text, "rank %lld",
                       (long long)json_integer_value(json_object_get(rank, "rank")));
        pulse_page_table_name(out, text);
        pulse_page_table_number(out, read_number(rank, "working"),
                                pulse_shown_fixed(read_number(rank, "working"), 4, text));
        pulse_page_table_number(out, read_number(rank, "waiting"),
                                pulse_shown_fixed(read_number(rank, "waiting"), 4, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

void pulse_page_timeline(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *summary = page->report->summary;
    const json_t *timings = json_object_get(summary, "timings");
    const json_t *timeline = json_object_get(timings, "timeline");
    const json_t *ranks = json_object_get(timeline, "ranks");
    const int64_t end = find_end(ranks);
    pulse_page_section_open(
        out, "time", "Where the time went",
        "Each rank from the start of the run until this page was made, all by one clock. A bar: it "
        "works. A thin line: it waits for other ranks. Below a bar: a checkpoint is saved "
        "meanwhile.");
    if (end > 0) {
        (void)fputs("<ul class=\"key\">", out);
        for (int k = 0; k < KINDS; k++)
            (void)fprintf(out, "<li><i class=\"s%d\"></i>%s</li>", k, kinds[k].label);
        (void)fputs("<li><i class=\"w\"></i>wait</li></ul>", out);
        draw_timeline(out, timeline, end);
    }
    write_notes(out, summary, ranks);
    write_stages_table(out, timings);
    if (json_array_size(ranks) > 0)
        write_ranks_table(out, ranks);
    pulse_page_section_close(out);
}
