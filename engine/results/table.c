#include "results/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/progress.h"
#include "base/terminal.h"
#include "base/utf8.h"

struct line {
    const char *name;
    const struct pulse_variable_summary *variable;
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
    (void)snprintf(out, 32, "%.2f%%", 100 * share);
    return out;
}

enum { NAME_COLUMNS = 24 };

/* A name padded to NAME_COLUMNS characters; a longer one loses its middle, since ends differ most.
 */
static void fit_name(const char *raw, char out[4 * NAME_COLUMNS + 1])
{
    char escaped[4096];
    const char *name = pulse_terminal_escape(raw, escaped, sizeof escaped);
    const size_t length = pulse_utf8_length(name);
    out[0] = '\0';
    for (size_t i = 0; i < length; i++) {
        const size_t bytes = pulse_utf8_next(name);
        if (length <= NAME_COLUMNS || i < NAME_COLUMNS / 2 || i >= length - NAME_COLUMNS / 2 + 2)
            (void)strncat(out, name, bytes);
        else if (i == NAME_COLUMNS / 2)
            (void)strcat(out, "..");
        name += bytes;
    }
    for (size_t i = pulse_utf8_length(out); i < NAME_COLUMNS; i++)
        (void)strcat(out, " ");
}

static void print_line(const struct line *line)
{
    const struct pulse_variable_summary *v = line->variable;
    char name[4 * NAME_COLUMNS + 1], skill[32], hit[32], next[32], trust[40] = "-";
    fit_name(line->name, name);
    if (!v->enters) {
        (void)printf("%s %6lld  never enters: fewer values than the burn-in\n", name,
                     (long long)v->observed);
        return;
    }
    if (isfinite(v->trust_low))
        (void)snprintf(trust, sizeof trust, "%.3f [%.3f,%.3f]", pulse_belief_mean(&v->belief),
                       v->trust_low, v->trust_high);
    double hit_rate = pulse_summary_ratio((double)v->total.hits, (double)v->total.moves);
    (void)snprintf(hit, sizeof hit, isfinite(hit_rate) ? "%.3f" : "-", hit_rate);
    (void)printf("%s %6lld %5s %7s  %-19s %10s\n", name, (long long)v->total.n, hit,
                 format_percent(line->skill, skill), trust,
                 format_fitted(v->forecast.value, 10, next));
}

enum { HORIZONS_A_LINE = 6 };

/* A block of the further numbers, a column a horizon, in the order of the lines. */
static void print_horizons(const struct pulse_summary_input *input, const struct line *lines,
                           int64_t n, int64_t from)
{
    const struct pulse_horizons *horizons = &input->options->horizons;
    const int64_t end = from + HORIZONS_A_LINE < horizons->n ? from + HORIZONS_A_LINE : horizons->n;
    char name[4 * NAME_COLUMNS + 1], number[32];
    for (int values = 0; values < 2; values++) {
        (void)printf("\n%-24s", values == 0 ? "skill, rows ahead:" : "forecast, rows ahead:");
        for (int64_t j = from; j < end; j++)
            (void)printf(" %8lld", (long long)horizons->step[j]);
        (void)printf("\n");
        for (int64_t i = 0; i < n; i++) {
            if (!lines[i].variable->enters)
                continue;
            fit_name(lines[i].name, name);
            (void)printf("%s", name);
            for (int64_t j = from; j < end; j++) {
                const struct pulse_variable_summary *v = lines[i].variable + j * input->V;
                (void)printf(" %8s", values == 0
                                         ? format_percent(pulse_score_skill(&v->total), number)
                                         : format_fitted(v->forecast.value, 8, number));
            }
            (void)printf("\n");
        }
    }
}

/* The strongest link that is not of a variable with its own past. */
static void print_strongest_link(const struct pulse_summary_input *input)
{
    for (int64_t i = 0; i < input->granger->n_strongest; i++) {
        const struct pulse_granger_link *d = &input->granger->strongest[i];
        if (d->source == d->target)
            continue;
        (void)printf("strongest Granger-causal link: ");
        pulse_terminal_write(stdout, pulse_summary_name(input, d->source), 0);
        (void)printf(" helps predict ");
        pulse_terminal_write(stdout, pulse_summary_name(input, d->target), 0);
        (void)printf(" (F = %.1f, adjusted p = %.1g)\n", d->f, d->p_adjusted);
        return;
    }
}

static void print_windows(const struct pulse_plan *plan)
{
    const int64_t skipped = pulse_plan_count(plan, PULSE_SKIPPED);
    int64_t empty = 0;
    for (int64_t w = 0; w < plan->n_windows; w++)
        empty += plan->windows[w].rows == 0;
    (void)printf("windows: %lld trained, %lld failed, %lld skipped",
                 (long long)pulse_plan_count(plan, PULSE_TRAINED),
                 (long long)pulse_plan_count(plan, PULSE_FAILED), (long long)skipped);
    if (skipped > 0)
        (void)printf(" (%lld too early, %lld empty)", (long long)(skipped - empty),
                     (long long)empty);
    (void)printf("\n");
}

/* What S3 was asked for. */
static void print_io(const struct pulse_store_counts *io)
{
    if (io->requests == 0 && io->cache_hits == 0)
        return;
    (void)printf("read: %.1f MB, %lld requests, %lld repeated, %lld blocks from the cache\n",
                 (double)io->bytes_read / 1e6, (long long)io->requests, (long long)io->retries,
                 (long long)io->cache_hits);
}

void pulse_table_print(const struct pulse_summary_input *input)
{
    struct pulse_err err = {.kind = PULSE_OK, .text = ""};
    int64_t n = 0;
    struct line *lines = pulse_calloc(input->V, sizeof *lines, "the table", &err);
    if (lines == NULL)
        return;
    for (int64_t v = 0; v < input->V; v++)
        if (input->summaries[v].target)
            lines[n++] = (struct line){input->names[v], &input->summaries[v],
                                       pulse_score_skill(&input->summaries[v].total)};
    qsort(lines, (size_t)n, sizeof *lines, compare_skill);
    const int64_t ahead = input->options->horizons.step[0];
    char value[32] = "next value";
    if (ahead > 1)
        (void)snprintf(value, sizeof value, "%lld ahead", (long long)ahead);
    (void)printf("%-24s %6s %5s %7s  %-19s %10s\n", "variable", "rows", "hit", "skill",
                 "trust [95% interval]", value);
    for (int64_t i = 0; i < n; i++)
        print_line(&lines[i]);
    for (int64_t j = 0; input->options->horizons.n > 1 && j < input->options->horizons.n;
         j += HORIZONS_A_LINE)
        print_horizons(input, lines, n, j);
    free(lines);

    char seconds[32], first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT];
    (void)printf("\n%s to %s: %lld rows, trained in %s on %d rank%s\n",
                 pulse_format_day(input->calendar[0], first),
                 pulse_format_day(input->calendar[input->plan->sizes.T - 1], last),
                 (long long)input->plan->sizes.T,
                 pulse_format_duration(input->timings->total, seconds), input->ranks,
                 input->ranks == 1 ? "" : "s");
    print_windows(input->plan);
    print_strongest_link(input);
    const char *output = input->options->output;
    const char *slash = output[strlen(output) - 1] == '/' ? "" : "/";
    (void)printf("results: %s%ssummary.json, %s%s%s", output, slash, output, slash,
                 input->results_name);
    if (input->report)
        (void)printf(", %s%s%s", output, slash, input->report_name);
    int parts = 0;
    for (int i = 0; i < input->parts->n; i++)
        parts += input->parts->columns[i] > 0;
    if (parts > 0)
        (void)printf(" and %d part%s of results.h5 beside it", parts, parts == 1 ? "" : "s");
    (void)printf("\n");
    print_io(input->io);
}
