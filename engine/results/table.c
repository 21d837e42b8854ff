#include "results/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "base/utf8.h"

/* ---- What the summary says ------------------------------------------------------ */

static double get_number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static long long get_count(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

static const char *get_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

struct line {
    const char *name;
    const json_t *metrics;
    double skill;
};

/* By skill, best first; those without one last, in name order. */
static int compare_skill(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    if (isnan(x->skill) || isnan(y->skill)) {
        int order = (isnan(x->skill) != 0) - (isnan(y->skill) != 0);
        return order != 0 ? order : strcmp(x->name, y->name);
    }
    if (x->skill != y->skill)
        return x->skill > y->skill ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* A number in at most `width` columns. */
static const char *format_fitted(double x, int width, char out[32])
{
    if (!isfinite(x))
        return "-";
    for (int digits = 7; digits > 2; digits--)
        if (snprintf(out, 32, "%.*g", digits, x) <= width)
            break;
    return out;
}

static const char *format_percent(double share, char out[32])
{
    if (!isfinite(share))
        return "-";
    (void)snprintf(out, 32, "%.2f%%", fabs(share) < 5e-5 ? 0 : 100 * share); /* no "-0.00%" */
    return out;
}

enum { NAME_COLUMNS = 24 };

/* A name in NAME_COLUMNS columns of a terminal; a longer one loses its middle, since ends differ
 * most. */
static void print_name(const char *raw)
{
    char escaped[4096];
    const char *name = pulse_terminal_escape(raw, escaped, sizeof escaped);
    int all = (int)pulse_terminal_columns(name), free_columns = NAME_COLUMNS;
    if (all > NAME_COLUMNS) {
        for (; free_columns - pulse_terminal_width(name) >= NAME_COLUMNS / 2;
             name += pulse_utf8_next(name)) {
            free_columns -= pulse_terminal_width(name);
            all -= pulse_terminal_width(name);
            (void)printf("%.*s", (int)pulse_utf8_next(name), name);
        }
        (void)printf("..");
        free_columns -= 2;
        for (; all > NAME_COLUMNS / 2 - 2 || pulse_terminal_width(name) == 0;
             name += pulse_utf8_next(name))
            all -= pulse_terminal_width(name);
    }
    pulse_terminal_write(stdout, name, free_columns);
}

static void print_line(const json_t *summary, const struct line *line)
{
    const json_t *trust = json_object_get(json_object_get(summary, "trust"), line->name);
    const json_t *next = json_object_get(json_object_get(summary, "forecast"), line->name);
    char skill[32], hit[32], value[32], belief[64] = "-";
    print_name(line->name);
    if (!json_is_true(json_object_get(line->metrics, "enters"))) {
        (void)printf(" %6lld  never enters: fewer values than the burn-in\n",
                     get_count(line->metrics, "observed"));
        return;
    }
    const double low = get_number(trust, "lower_95"), rate = get_number(line->metrics, "hit_rate");
    if (isfinite(low))
        (void)snprintf(belief, sizeof belief, "%.3f [%.3f,%.3f]", get_number(trust, "mean"), low,
                       get_number(trust, "upper_95"));
    (void)snprintf(hit, sizeof hit, isfinite(rate) ? "%.3f" : "-", rate);
    (void)printf(" %6lld %5s %7s  %-20s %10s\n", get_count(line->metrics, "n"), hit,
                 format_percent(line->skill, skill), belief,
                 format_fitted(get_number(next, "value"), 10, value));
}

/* ---- Several horizons ------------------------------------------------------------ */

enum { HORIZONS_A_LINE = 6 };

/* Metrics or forecasts of a horizon, by variable; those of the first are the summary's own. */
static const json_t *get_section(const json_t *summary, size_t j, const char *section)
{
    char key[24];
    const json_t *steps = json_object_get(json_object_get(summary, "config"), "horizon");
    (void)snprintf(key, sizeof key, "%lld",
                   (long long)json_integer_value(json_array_get(steps, j)));
    return json_object_get(
        j == 0 ? summary : json_object_get(json_object_get(summary, "horizons"), key), section);
}

/* A block of the further numbers, a column a horizon, in the order of the lines. */
static void print_horizons(const json_t *summary, const struct line *lines, size_t n, size_t from)
{
    const json_t *steps = json_object_get(json_object_get(summary, "config"), "horizon");
    const size_t all = json_array_size(steps);
    const size_t end = from + HORIZONS_A_LINE < all ? from + HORIZONS_A_LINE : all;
    char number[32];
    for (int values = 0; values < 2; values++) {
        (void)printf("\n%-24s", values == 0 ? "skill, rows ahead:" : "forecast, rows ahead:");
        for (size_t j = from; j < end; j++)
            (void)printf(" %8lld", (long long)json_integer_value(json_array_get(steps, j)));
        (void)printf("\n");
        for (size_t i = 0; i < n; i++) {
            if (!json_is_true(json_object_get(lines[i].metrics, "enters")))
                continue;
            print_name(lines[i].name);
            for (size_t j = from; j < end; j++) {
                const json_t *of = json_object_get(
                    get_section(summary, j, values == 0 ? "metrics" : "forecast"), lines[i].name);
                (void)printf(" %8s", values == 0
                                         ? format_percent(get_number(of, "skill"), number)
                                         : format_fitted(get_number(of, "value"), 8, number));
            }
            (void)printf("\n");
        }
    }
}

/* ---- The run --------------------------------------------------------------------- */

/* The strongest link that is not of a variable with its own past. */
static void print_strongest_link(const json_t *summary)
{
    const json_t *link;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(summary, "drivers"), "strongest"), i, link)
    {
        if (strcmp(get_text(link, "source"), get_text(link, "target")) == 0)
            continue;
        (void)printf("strongest Granger-causal link: ");
        pulse_terminal_write(stdout, get_text(link, "source"), 0);
        (void)printf(" helps predict ");
        pulse_terminal_write(stdout, get_text(link, "target"), 0);
        (void)printf(" (F = %.1f, adjusted p = %.1g)\n", get_number(link, "f"),
                     get_number(link, "p_adjusted"));
        return;
    }
}

static void print_windows(const json_t *summary)
{
    const json_t *batches = json_object_get(summary, "batches");
    const long long skipped = get_count(batches, "skipped");
    const long long empty = get_count(json_object_get(summary, "calendar"), "empty_windows");
    (void)printf("windows: %lld trained, %lld failed, %lld skipped",
                 get_count(batches, "completed"), get_count(batches, "failed"), skipped);
    if (skipped > 0 && json_object_get(summary, "calendar") != NULL)
        (void)printf(" (%lld too early, %lld empty)", skipped - empty, empty);
    (void)printf("\n");
}

/* A trial of pulse-tune has no days and no time of its own. */
static void print_period(const json_t *summary)
{
    const json_t *calendar = json_object_get(summary, "calendar");
    const double total = get_number(json_object_get(summary, "timings"), "total");
    const long long ranks = get_count(summary, "ranks");
    char seconds[32];
    (void)printf("\n");
    if (calendar == NULL || !isfinite(total))
        return;
    pulse_terminal_write(stdout, get_text(calendar, "first"), 0);
    (void)printf(" to ");
    pulse_terminal_write(stdout, get_text(calendar, "last"), 0);
    (void)printf(": %lld rows, trained in %s on %lld rank%s\n", get_count(calendar, "rows"),
                 pulse_format_duration(total, seconds), ranks, ranks == 1 ? "" : "s");
}

static void print_files(const json_t *results, const char *location)
{
    const char *slash = location[strlen(location) - 1] == '/' ? "" : "/";
    static const char *const files[] = {"file", "report", "predictions"};
    const size_t parts = json_array_size(json_object_get(results, "parts"));
    (void)printf("results: %s%ssummary.json", location, slash);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (get_text(results, files[i])[0] != '\0') {
            (void)printf(", %s%s", location, slash);
            pulse_terminal_write(stdout, get_text(results, files[i]), 0);
        }
    if (parts > 0)
        (void)printf(" and %zu part%s of results.h5 beside it", parts, parts == 1 ? "" : "s");
    (void)printf("\n");
}

/* What S3 was asked for. */
static void print_io(const json_t *io)
{
    if (get_count(io, "requests") == 0 && get_count(io, "cache_hits") == 0)
        return;
    (void)printf("read: %.1f MB, %lld requests, %lld repeated, %lld blocks from the cache\n",
                 get_number(io, "bytes_read") / 1e6, get_count(io, "requests"),
                 get_count(io, "retries"), get_count(io, "cache_hits"));
}

/* The variables that are predicted, by skill. To be freed; NULL without memory. */
static struct line *sort_lines(const json_t *summary, size_t *n)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    json_t *metrics = json_object_get(summary, "metrics"), *of;
    const char *name;
    struct line *lines =
        pulse_calloc((int64_t)json_object_size(metrics), sizeof *lines, "the table", &err);
    *n = 0;
    if (lines == NULL)
        return NULL;
    json_object_foreach(metrics, name, of)
    {
        lines[(*n)++] = (struct line){name, of, get_number(of, "skill")};
    }
    qsort(lines, *n, sizeof *lines, compare_skill);
    return lines;
}

void pulse_table_print(const json_t *summary, const char *location)
{
    const json_t *steps = json_object_get(json_object_get(summary, "config"), "horizon");
    const long long ahead = (long long)json_integer_value(json_array_get(steps, 0));
    size_t n;
    struct line *lines = sort_lines(summary, &n);
    if (lines == NULL)
        return;
    char value[32] = "next value";
    if (ahead > 1)
        (void)snprintf(value, sizeof value, "%lld ahead", ahead);
    (void)printf("%-24s %6s %5s %7s  %-20s %10s\n", "variable", "rows", "hit", "skill",
                 "trust [95% interval]", value);
    for (size_t i = 0; i < n; i++)
        print_line(summary, &lines[i]);
    for (size_t j = 0; json_array_size(steps) > 1 && j < json_array_size(steps);
         j += HORIZONS_A_LINE)
        print_horizons(summary, lines, n, j);
    free(lines);
    print_period(summary);
    print_windows(summary);
    print_strongest_link(summary);
    print_files(json_object_get(summary, "results"), location);
    print_io(json_object_get(summary, "io"));
}
