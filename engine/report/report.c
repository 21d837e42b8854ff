#include "report/report.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/columns.h"
#include "report/sections.h"

/* Variables up to which each has all of its pictures, and lines of years where it has not. */
enum { MOST_IN_FULL = 240, BRIEF_YEARS = 6 };
/* Lines of years, and variables from which on there are fewer. */
enum { MOST_YEARS = 30, MANY = 60, YEARS_OF_MANY = 12 };

struct rank {
    int group; /* 0: predicted; 1: was to be, but never enters; 2: only learned from */
    double skill;
    int64_t variable;
};

/* By group, in it by skill, best first; without one after them; ties as in the data. */
static int compare_skill(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    if (isnan(x->skill) != isnan(y->skill))
        return isnan(x->skill) ? 1 : -1;
    if (x->skill != y->skill && !isnan(x->skill))
        return x->skill > y->skill ? -1 : 1;
    return x->variable < y->variable ? -1 : x->variable > y->variable;
}

static int order_variables(struct pulse_page *page, struct pulse_err *err)
{
    const struct pulse_report *report = page->report;
    const json_t *metrics = json_object_get(report->summary, "metrics");
    struct rank *ranks = pulse_calloc(report->V, sizeof *ranks, "the page", err);
    if (ranks == NULL)
        return -1;
    for (int64_t v = 0; v < report->V; v++) {
        const json_t *own = json_object_get(metrics, report->names[v]);
        const int group = own == NULL ? 2 : !json_is_true(json_object_get(own, "enters"));
        ranks[v] = (struct rank){group, pulse_page_metric(page, v, "skill"), v};
        page->n += group == 0;
        page->targets += group < 2;
    }
    qsort(ranks, (size_t)report->V, sizeof *ranks, compare_skill);
    for (int64_t v = 0; v < report->V; v++)
        page->order[v] = ranks[v].variable;
    free(ranks);
    return 0;
}

static void write_opening(const struct pulse_page *page)
{
    static const char *const sections[][2] = {{"highlights", "What stands out"},
                                              {"variables", "Variables"},
                                              {"years", "Error over time"},
                                              {"calibration", "Calibration"},
                                              {"scores", "All scores"},
                                              {"horizons", "Further ahead"},
                                              {"drivers", "Granger causality"},
                                              {"weights", "Weights"},
                                              {"windows", "Windows"},
                                              {"time", "Time"},
                                              {"configuration", "Configuration"}};
    FILE *out = page->out;
    pulse_page_open(out, pulse_page_text(page->report->summary, "run", "name"),
                    "Retrodiction report",
                    json_string_value(json_object_get(page->report->summary, "fingerprint")));
    pulse_page_overview(page);
    (void)fputs("<nav aria-label=\"Parts of the page\">", out);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        (void)fprintf(out, "<a href=\"#%s\">%s</a>", sections[i][0], sections[i][1]);
    (void)fputs("</nav>\n<main>\n", out);
}

/* What must be known before anything is drawn. */
static int prepare_page(struct pulse_page *page, struct pulse_err *err)
{
    const struct pulse_report *report = page->report;
    page->order = pulse_calloc(report->V, sizeof *page->order, "the page", err);
    page->note = pulse_calloc(report->V, sizeof *page->note, "the page", err);
    page->marked = pulse_calloc(report->V, sizeof *page->marked, "the page", err);
    page->pool = pulse_calloc(1, sizeof *page->pool, "the page", err);
    if (page->order == NULL || page->note == NULL || page->marked == NULL || page->pool == NULL)
        return -1;
    page->pool->feature = pulse_calloc(report->d, sizeof *page->pool->feature, "the page", err);
    page->pool->weights = pulse_calloc(report->V, sizeof *page->pool->weights, "the page", err);
    if (page->pool->feature == NULL || page->pool->weights == NULL ||
        order_variables(page, err) != 0 ||
        pulse_figures_weigh(page->report, page->pool->weights, page->pool->feature, err) != 0)
        return -1;
    page->brief = page->n > MOST_IN_FULL;
    pulse_page_find_horizons(page);
    if (pulse_page_count_trusted(page, err) != 0)
        return -1;
    const int64_t most_years = page->brief      ? BRIEF_YEARS
                               : page->n > MANY ? YEARS_OF_MANY
                                                : MOST_YEARS;
    pulse_periods_of_years(report, most_years, &page->years);
    pulse_periods_of_windows(report, PULSE_PERIODS, &page->groups);
    pulse_picture_scales(page);
    return 0;
}

static void note_figures(struct pulse_page *page, int64_t v, const struct pulse_figures *figures)
{
    struct pulse_note *note = &page->note[v];
    *note = (struct pulse_note){.naive = figures->naive,
                                .surprise = figures->surprise,
                                .last_row = figures->last_row,
                                .surprise_row = figures->surprise_row};
    if (note->surprise_row >= 0)
        note->surprise_value = page->report->rows.column[PULSE_REPORT_ACTUAL][note->surprise_row];
    for (int64_t i = 0; i < page->groups.n; i++) {
        note->intervals += figures->group[i][PULSE_REPORT_INTERVAL_ROWS];
        note->inside[0] += figures->group[i][PULSE_REPORT_INSIDE_80];
        note->inside[1] += figures->group[i][PULSE_REPORT_INSIDE_95];
    }
}

/* The parts of the variables: each is read once, and all that tables need of it noted. */
static int write_details(struct pulse_page *page, struct pulse_err *err)
{
    struct pulse_figures *figures = pulse_calloc(1, sizeof *figures, "the page", err);
    int status = figures == NULL ? -1 : 0;
    for (int64_t i = 0; status == 0 && i < page->n; i++) {
        const int64_t v = page->order[i];
        status = pulse_figures_make(page->report, &page->years, &page->groups, v, figures,
                                    page->pool, err);
        if (status != 0)
            break;
        note_figures(page, v, figures);
        if (pulse_page_has_detail(page, i))
            pulse_page_detail(page, i, figures);
    }
    free(figures);
    return status;
}

static void write_variables(const struct pulse_page *page, const char *details, size_t bytes)
{
    pulse_page_variables(page);
    (void)fwrite(details, 1, bytes, page->out);
    (void)fputs("</div></div>\n", page->out);
    pulse_page_section_close(page->out);
}

static int write_page(const struct pulse_page *page, const char *details, size_t bytes,
                      struct pulse_err *err)
{
    write_opening(page);
    pulse_page_frames(page);
    pulse_picture_days(page);
    pulse_page_highlights(page);
    write_variables(page, details, bytes);
    pulse_page_years(page);
    pulse_page_calibration(page);
    pulse_page_scores(page);
    pulse_page_horizons(page);
    if (pulse_page_granger(page, err) != 0 || pulse_page_weights(page, err) != 0)
        return -1;
    pulse_page_windows(page);
    pulse_page_timeline(page);
    pulse_page_configuration(page);
    pulse_page_close(page->out, "Made from <code>results.h5</code> and <code>summary.json</code>, "
                                "where the numbers are with all their digits.");
    return 0;
}

static FILE *open_text(char **text, size_t *bytes, struct pulse_err *err)
{
    FILE *out = open_memstream(text, bytes);
    if (out == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the report");
    return out;
}

/* Whether all that was written is there. */
static int close_text(FILE *out, struct pulse_err *err)
{
    const bool full = ferror(out) != 0;
    if ((fclose(out) != 0 || full) && err->kind == PULSE_OK)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the report");
    return err->kind == PULSE_OK ? 0 : -1;
}

/* The parts come first, since what stands above them is made of all of them. */
static int make_page(struct pulse_page *page, char **html, size_t *bytes, struct pulse_err *err)
{
    char *details = NULL;
    size_t size = 0;
    int status = -1;
    page->out = open_text(&details, &size, err);
    if (page->out == NULL)
        return -1;
    (void)write_details(page, err);
    if (close_text(page->out, err) == 0 && (page->out = open_text(html, bytes, err)) != NULL) {
        (void)write_page(page, details, size, err);
        status = close_text(page->out, err);
    }
    free(details);
    return status;
}

static void clear_page(struct pulse_page *page)
{
    if (page->pool != NULL) {
        free(page->pool->weights);
        free(page->pool->feature);
    }
    free(page->pool);
    free(page->order);
    free(page->note);
    free(page->marked);
}

/* The page is twice in memory while its parts are put into it, and grows by halves. */
int64_t pulse_report_bytes(int64_t T, int64_t V, int64_t W, int64_t C)
{
    enum { FULL_BYTES = 18000, SHORT_BYTES = 5000, OTHER_BYTES = 300000 }; /* seen on real pages */
    const int64_t page = OTHER_BYTES + V * (V <= MOST_IN_FULL ? FULL_BYTES : SHORT_BYTES);
    const int64_t numbers =
        PULSE_REPORT_ROWS * T + PULSE_REPORT_WINDOWS * W + (PULSE_REPORT_LINKS + 2 * C) * V;
    return 8 * numbers + W * (int64_t)sizeof(struct pulse_report_window) +
           V * (int64_t)(sizeof(struct pulse_note) + sizeof(struct pulse_weights)) + 5 * page / 2;
}

int pulse_report_make(const json_t *summary, const char *results,
                      const struct pulse_report_columns *elsewhere, char **html, int64_t *bytes,
                      struct pulse_err *err)
{
    struct pulse_report report;
    struct pulse_page page = {.report = &report};
    size_t size = 0;
    int status = -1;
    *html = NULL;
    if (pulse_report_read(&report, results, elsewhere, summary, err) == 0 &&
        pulse_report_open_columns(&report, err) == 0 && prepare_page(&page, err) == 0)
        status = make_page(&page, html, &size, err);
    *bytes = (int64_t)size;
    if (status != 0) {
        free(*html);
        *html = NULL;
    }
    clear_page(&page);
    pulse_report_close_columns(&report);
    pulse_report_clear(&report);
    return status;
}
