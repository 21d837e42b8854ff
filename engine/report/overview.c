/* What was done and how well, in words. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "math/adjust.h"
#include "math/beta.h"
#include "report/sections.h"

/* ---- The head ------------------------------------------------------------------- */

static bool trusts_direction(const struct pulse_report *report)
{
    return strcmp(pulse_page_text(report->summary, "config", "trust"), "persistence") != 0;
}

/* Variables whose squared error is surely smaller than that of persistence, also as the best of so
 * many; *best: the one with the most skill, −1 where there is none. */
static int64_t count_better(const struct pulse_page *page, int64_t *best)
{
    int64_t n = 0;
    *best = -1;
    for (int64_t i = 0; i < page->n; i++) {
        if (!(pulse_page_metric(page, page->order[i], "dm_p_adjusted") < 0.05))
            continue;
        if (n++ == 0) /* by skill, the best first */
            *best = page->order[i];
    }
    return n;
}

static void write_headline(const struct pulse_page *page)
{
    FILE *out = page->out;
    char all[PULSE_SHOWN], some[PULSE_SHOWN], share[PULSE_SHOWN];
    int64_t best;
    const int64_t better = count_better(page, &best);
    (void)fprintf(out, "<h1>The past predicts %s of %s variables better than persistence",
                  better > 0 ? pulse_shown_count(better, some) : "none",
                  pulse_shown_count(page->n, all));
    if (better > 0) {
        (void)fputs("; best of all ", out);
        pulse_svg_escape(out, page->report->names[best]);
        (void)fprintf(out, ", whose squared error is smaller by %s",
                      pulse_shown_percent(pulse_page_metric(page, best, "skill"), 1, share));
    }
    (void)fputs(".</h1>\n", out);
}

/* What its user calls it: --name and --tag. */
static void write_names(const struct pulse_page *page)
{
    FILE *out = page->out;
    json_t *run = json_object_get(page->report->summary, "run");
    const char *name = pulse_page_text(run, "name", NULL), *key, *before = "";
    json_t *value;
    if (*name != '\0') {
        (void)fputs("<b>", out);
        pulse_svg_escape(out, name);
        (void)fputs("</b>", out);
        before = "; ";
    }
    json_object_foreach(json_object_get(run, "tags"), key, value)
    {
        (void)fputs(before, out);
        pulse_svg_escape(out, key);
        (void)fputs("&nbsp;=&nbsp;", out);
        pulse_svg_escape(out, json_string_value(value) == NULL ? "" : json_string_value(value));
        before = ", ";
    }
    if (*before != '\0')
        (void)fputs("<br>\n", out);
}

/* What was trained on what, and when. */
static void write_kicker(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *s = page->report->summary;
    char rows[PULSE_SHOWN];
    (void)fputs("<p class=\"kicker\">", out);
    write_names(page);
    (void)fputs("Retrodiction training on ", out);
    pulse_svg_escape(out, pulse_page_text(s, "config", "data"));
    (void)fputs(", ", out);
    pulse_svg_escape(out, pulse_page_text(s, "calendar", "first"));
    (void)fputs(" to ", out);
    pulse_svg_escape(out, pulse_page_text(s, "calendar", "last"));
    (void)fprintf(out, ", %s days",
                  pulse_shown_count(pulse_page_whole(s, "calendar", "rows"), rows));
    if (*pulse_page_text(s, "timings", "finished") != '\0') {
        char finished[PULSE_INSTANT_TEXT];
        (void)snprintf(finished, sizeof finished, "%.16s",
                       pulse_page_text(s, "timings", "finished"));
        if (strlen(finished) == 16)
            finished[10] = ' ';
        (void)fputs("; run of ", out);
        pulse_svg_escape(out, finished);
        (void)fputs(" UTC", out);
    }
    (void)fputs("</p>\n", out);
}

static void write_windows(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *s = page->report->summary;
    const int64_t failed = pulse_page_whole(s, "batches", "failed");
    const int64_t skipped = pulse_page_whole(s, "batches", "skipped");
    (void)fprintf(out,
                  "<p>%" PRId64 " of %" PRId64 " windows of %" PRId64
                  " days were trained, each on what was known before it",
                  pulse_page_whole(s, "batches", "completed"),
                  pulse_page_whole(s, "batches", "total"),
                  pulse_page_whole(s, "config", "batch_size_days"));
    if (skipped > 0)
        (void)fprintf(out, "; <a href=\"#windows\">%" PRId64 " were skipped</a>", skipped);
    if (failed > 0)
        (void)fprintf(out, "; <a href=\"#windows\"><b class=\"bad\">%" PRId64 " failed</b></a>",
                      failed);
    (void)fputs(".", out);
    if (page->horizon[0].steps > 1)
        (void)fprintf(out, " Numbers are of %" PRId64 " rows ahead where nothing else is said.",
                      page->horizon[0].steps);
}

/* How likely a trust of at most one half is: I_½(α, β), by way of the F distribution; NaN where
 * nothing was seen. */
static double find_doubt(const struct pulse_report *report, int64_t v)
{
    const double alpha = pulse_report_number(report, "trust", v, "alpha");
    const double beta = pulse_report_number(report, "trust", v, "beta");
    return alpha >= 1 && beta >= 1 && alpha + beta > 2
               ? pulse_f_tail(alpha / beta, 2 * beta, 2 * alpha)
               : (double)NAN;
}

int pulse_page_count_trusted(struct pulse_page *page, struct pulse_err *err)
{
    double surest = 0;
    page->surest = -1;
    page->trusted = 0;
    if (page->n == 0)
        return 0;
    double *p = pulse_calloc(page->n, sizeof *p, "the page", err);
    for (int64_t i = 0; p != NULL && i < page->n; i++)
        p[i] = find_doubt(page->report, page->order[i]);
    const int status = p == NULL ? -1 : pulse_adjust_p_values(p, page->n, err);
    for (int64_t i = 0; status == 0 && i < page->n; i++) {
        const double low = pulse_report_number(page->report, "trust", page->order[i], "lower_95");
        if (!(p[i] < 0.05))
            continue;
        page->trusted++;
        if (page->surest < 0 || low > surest) {
            surest = low;
            page->surest = page->order[i];
        }
    }
    free(p);
    return status;
}

/* How the headline counts, and for how many the trust is above one half, counted likewise. */
static void write_trust(const struct pulse_page *page)
{
    FILE *out = page->out;
    const bool direction = trusts_direction(page->report);
    const int64_t trusted = page->trusted, surest = page->surest;
    char text[PULSE_SHOWN];
    (void)fputs(" Better than persistence: the squared error is smaller, with "
                "p&nbsp;&lt;&nbsp;0.05 adjusted for the number of variables.",
                out);
    (void)fprintf(out, " Counted likewise, %s for %s variable%s",
                  direction ? "the direction of moves is predicted better than chance"
                            : "the model’s value is more often nearer than the last one",
                  trusted > 0 ? pulse_shown_count(trusted, text) : "no", trusted == 1 ? "" : "s");
    if (surest >= 0) {
        (void)fputs(", most surely for ", out);
        pulse_svg_escape(out, page->report->names[surest]);
        if (direction)
            (void)fprintf(
                out, ": %s of its moves",
                pulse_shown_percent(pulse_page_metric(page, surest, "hit_rate"), 1, text));
    }
    (void)fputs(".", out);
}

/* Share inside the 80 % or 95 % intervals of all variables. */
static double pool_coverage(const struct pulse_page *page, int level)
{
    double n = 0, inside = 0;
    for (int64_t i = 0; i < page->n; i++) {
        n += page->note[page->order[i]].intervals;
        inside += page->note[page->order[i]].inside[level];
    }
    return n > 0 ? inside / n : (double)NAN;
}

static void write_intervals_and_link(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char eighty[PULSE_SHOWN], more[PULSE_SHOWN];
    size_t i;
    const json_t *one,
        *strongest = json_object_get(json_object_get(report->summary, "drivers"), "strongest");
    (void)fprintf(out, " The 80&nbsp;%% intervals held %s of what came, the 95&nbsp;%% ones %s.",
                  pulse_shown_percent(pool_coverage(page, 0), 1, eighty),
                  pulse_shown_percent(pool_coverage(page, 1), 1, more));
    json_array_foreach(strongest, i, one)
    {
        const char *source = pulse_page_text(one, "source", NULL),
                   *target = pulse_page_text(one, "target", NULL);
        if (strcmp(source, target) == 0)
            continue;
        (void)fputs(" The strongest Granger-causal link: ", out);
        pulse_svg_escape(out, source);
        (void)fputs(" helps predict ", out);
        pulse_svg_escape(out, target);
        (void)fputs(".", out);
        break;
    }
    (void)fputs("</p>\n", out);
}

void pulse_page_overview(const struct pulse_page *page)
{
    (void)fputs("<header>\n", page->out);
    write_kicker(page);
    write_headline(page);
    write_windows(page);
    write_trust(page);
    write_intervals_and_link(page);
    (void)fputs("</header>\n", page->out);
}
