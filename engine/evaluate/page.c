#include "evaluate/page.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "evaluate/gains.h"
#include "page/page.h"

/* ---- The head ------------------------------------------------------------------- */

/* What users noted of their runs. */
static void write_notes(const struct pulse_comparison *comparison, FILE *out)
{
    for (int64_t r = 0; r < comparison->R; r++) {
        if (*comparison->runs[r].about == '\0')
            continue;
        (void)fputs("\n<p><b>", out);
        pulse_svg_escape(out, comparison->runs[r].label);
        (void)fputs("</b>: ", out);
        pulse_svg_escape(out, comparison->runs[r].about);
        (void)fputs("</p>", out);
    }
}

static void write_headline(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_comparison *comparison = view->comparison;
    const double p = view->verdict->superior.consistent;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], count[PULSE_SHOWN];
    (void)fputs("<header><p class=\"kicker\">Comparison of runs of retrodiction training</p>\n<h1>",
                out);
    if (isnan(p))
        (void)fputs("Too few windows to say whether a run beats ", out);
    else
        (void)fputs(p <= 0.1 ? "A run beats " : "No run surely beats ", out);
    pulse_svg_escape(out, pulse_evaluation_name(comparison, view->verdict->baseline));
    (void)fprintf(out,
                  ".</h1>\n<p>%s windows of %" PRId64 " variables that all runs share, %s to "
                  "%s.",
                  pulse_shown_count(comparison->W, count), comparison->scored,
                  pulse_format_day(comparison->windows[0].start, first),
                  pulse_format_day(comparison->windows[comparison->W - 1].end, last));
    if (!isnan(p))
        (void)fprintf(
            out,
            " How many runs were tried is counted: p&nbsp;=&nbsp;%.3f of the test for superior "
            "predictive ability (%.3f to %.3f).",
            p, view->verdict->superior.lower, view->verdict->superior.upper);
    if (comparison->uneven > 0)
        (void)fprintf(out,
                      " %s pairs of window and variable are left out: the runs score different "
                      "numbers of rows there.",
                      pulse_shown_count(comparison->uneven, count));
    if (comparison->unlike > 0)
        (void)fprintf(out,
                      " In %s pairs persistence's errors differ: values were revised, or are in "
                      "other units; what is said of several runs supposes the same data.",
                      pulse_shown_count(comparison->unlike, count));
    (void)fputs("</p>", out);
    write_notes(comparison, out);
    (void)fputs("</header>\n<main>\n", out);
}

/* ---- Tables --------------------------------------------------------------------- */

static void write_share(FILE *out, double share, int decimals)
{
    char text[PULSE_SHOWN];
    pulse_page_table_number(out, share, pulse_shown_percent(share, decimals, text));
}

static void write_number(FILE *out, double x, int decimals)
{
    char text[PULSE_SHOWN];
    pulse_page_table_number(out, x, pulse_shown_fixed(x, decimals, text));
}

static void write_runs(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_comparison *comparison = view->comparison;
    pulse_page_section_open(
        out, "runs", "Runs",
        "Skill is the share of persistence's squared error that a run removes, a mean over the "
        "variables; worst, that of its worst variable. Scores of intervals are in units of "
        "persistence's root mean squared error: less is better. p asks whether a run gains on the "
        "baseline; the best set holds those that cannot be distinguished from the best at "
        "90&nbsp;%.");
    pulse_page_table_open(out, "",
                          "Run|Skill|Worst|Hit rate|Coverage 80 %|Coverage 95 %|Score 80 %|Score "
                          "95 %|p|<Best set");
    for (int64_t r = 0; r < comparison->R; r++) {
        const struct pulse_run_scores *scores = &view->verdict->scores[r];
        char text[PULSE_SHOWN];
        pulse_page_table_name(out, comparison->runs[r].label);
        write_share(out, scores->skill, 2);
        write_share(out, scores->worst_skill, 2);
        write_number(out, scores->hit, 3);
        write_share(out, scores->coverage[0], 1);
        write_share(out, scores->coverage[1], 1);
        write_number(out, scores->score[0], 3);
        write_number(out, scores->score[1], 3);
        pulse_page_table_number(out, scores->p, pulse_shown_p(scores->p, text));
        (void)fprintf(out, "<td class=\"l\">%s</td></tr>\n", scores->in_set ? "yes" : "no");
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* Opens a table with a column a run. */
static void open_skills(const struct pulse_comparison *comparison, const char *first, FILE *out)
{
    (void)fprintf(out,
                  "<div class=\"scroll\"><table><thead><tr><th scope=\"col\" class=\"l\">%s</th>",
                  first);
    for (int64_t r = 0; r < comparison->R; r++) {
        (void)fputs("<th scope=\"col\">", out);
        pulse_svg_escape(out, comparison->runs[r].label);
        (void)fputs("</th>", out);
    }
    (void)fputs("</tr></thead><tbody>\n", out);
}

static int write_years(const struct pulse_comparison *comparison, FILE *out, struct pulse_err *err)
{
    struct pulse_year *years;
    const int64_t n = pulse_evaluation_years(comparison, &years, err);
    pulse_page_section_open(out, "years", "Years",
                            "Skill over all variables, by the year in which windows begin.");
    open_skills(comparison, "Year", out);
    for (int64_t y = 0; y < n; y++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%" PRId64, years[y].year);
        pulse_page_table_name(out, name);
        for (int64_t r = 0; r < comparison->R; r++)
            write_share(out, pulse_evaluation_year_skill(comparison, r, &years[y]), 2);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
    free(years);
    return n < 0 ? -1 : 0;
}

/* Skill by horizon, where there are several. */
static void write_horizons(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_horizon_skills *horizons = view->horizons;
    if (horizons->n < 2)
        return;
    pulse_page_section_open(out, "horizons", "Rows ahead",
                            "Skill over all variables, by how many rows ahead is predicted: the "
                            "horizons that all runs have.");
    open_skills(view->comparison, "Rows ahead", out);
    for (int64_t j = 0; j < horizons->n; j++) {
        char name[24];
        (void)snprintf(name, sizeof name, "%" PRId64, horizons->steps[j]);
        pulse_page_table_name(out, name);
        for (int64_t r = 0; r < horizons->R; r++)
            write_share(out, horizons->skill[j * horizons->R + r], 2);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

static void write_variables(const struct pulse_comparison *comparison, FILE *out)
{
    pulse_page_section_open(out, "variables", "Variables", "Skill of each variable in each run.");
    open_skills(comparison, "Variable", out);
    for (int64_t v = 0; v < comparison->V; v++) {
        pulse_page_table_name(out, comparison->names[v]);
        for (int64_t r = 0; r < comparison->R; r++)
            write_share(out, pulse_comparison_skill(comparison, r, v), 2);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* ---- When runs gained ----------------------------------------------------------- */

static int write_gains(const struct pulse_evaluation_view *view, FILE *out, struct pulse_err *err)
{
    const struct pulse_comparison *comparison = view->comparison;
    const int64_t R = comparison->R;
    int64_t *run = pulse_calloc(R, sizeof *run, "the gains", err);
    const char **name = pulse_calloc(R, sizeof *name, "the gains", err);
    int status = run == NULL || name == NULL ? -1 : 0;
    for (int64_t r = 0; status == 0 && r < R; r++) {
        run[r] = r;
        name[r] = comparison->runs[r].label;
    }
    const struct pulse_gains gains = {
        .comparison = comparison,
        .base = view->verdict->baseline,
        .n = R,
        .run = run,
        .name = name,
        .title = "When runs gained on the baseline",
        .note = "Loss of the baseline less that of the run, over all windows so far; a window's "
                "loss is the mean over the variables of the squared error in units of "
                "persistence's. One scale for all. A line that climbs all along is better than one "
                "that leaps.",
        .one = "run",
        .other = "baseline"};
    if (status == 0)
        status = pulse_gains_write(&gains, out, err);
    free(run);
    free(name);
    return status;
}

int pulse_evaluation_page(const struct pulse_evaluation_view *view, FILE *out,
                          struct pulse_err *err)
{
    pulse_page_open(out, NULL, "Comparison of runs", NULL);
    write_headline(view, out);
    write_runs(view, out);
    int status = write_gains(view, out, err);
    if (status == 0)
        status = write_years(view->comparison, out, err);
    write_horizons(view, out);
    write_variables(view->comparison, out);
    pulse_page_close(out, "Made by <code>pulse-evaluate</code> from the runs' results.");
    return status;
}
