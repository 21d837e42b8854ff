#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/assets.h"
#include "report/page.h"
#include "report/svg.h"

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
    page->order = pulse_calloc(report->V, sizeof *page->order, "the page", err);
    if (ranks == NULL || page->order == NULL) {
        free(ranks);
        return -1;
    }
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

void pulse_page_open(FILE *out, const char *title, const char *fingerprint)
{
    (void)fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
                "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
                "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n",
                out);
    if (fingerprint != NULL) {
        (void)fputs("<meta name=\"fingerprint\" content=\"", out);
        pulse_svg_escape(out, fingerprint);
        (void)fputs("\">\n", out);
    }
    (void)fprintf(out, "<link rel=\"icon\" href=\"data:,\">\n<title>%s</title>\n<style>\n", title);
    (void)fwrite(report_css, 1, sizeof report_css, out);
    (void)fputs("</style></head><body>\n", out);
}

void pulse_page_close(FILE *out, const char *foot)
{
    (void)fprintf(out,
                  "</main>\n<footer>%s This page needs neither network nor script.</footer>\n"
                  "<script>\n",
                  foot);
    (void)fwrite(report_js, 1, sizeof report_js, out);
    (void)fputs("</script>\n</body></html>\n", out);
}

static void write_opening(const struct pulse_page *page)
{
    static const char *const sections[][2] = {{"variables", "Variables"},
                                              {"trust", "Trust"},
                                              {"retrodiction", "Retrodiction"},
                                              {"skill", "Skill"},
                                              {"calibration", "Calibration"},
                                              {"direction", "Direction"},
                                              {"drivers", "Granger causality"},
                                              {"weights", "Weights"},
                                              {"forecast", "Next day"},
                                              {"horizons", "Further ahead"},
                                              {"windows", "Windows"},
                                              {"time", "Time"},
                                              {"configuration", "Configuration"}};
    FILE *out = page->out;
    pulse_page_open(out, "Retrodiction report",
                    json_string_value(json_object_get(page->report->summary, "fingerprint")));
    pulse_page_overview(page);
    (void)fputs("<nav aria-label=\"Parts of the page\">", out);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        (void)fprintf(out, "<a href=\"#%s\">%s</a>", sections[i][0], sections[i][1]);
    (void)fputs("</nav>\n<main>\n", out);
}

static int write_page(const struct pulse_page *page, struct pulse_err *err)
{
    write_opening(page);
    pulse_page_variables(page);
    pulse_page_trust(page);
    if (pulse_page_rows(page, err) != 0)
        return -1;
    pulse_page_skill(page);
    pulse_page_calibration(page);
    pulse_page_direction(page);
    if (pulse_page_granger(page, err) != 0)
        return -1;
    pulse_page_weights(page);
    pulse_page_forecast(page);
    pulse_page_horizons(page);
    pulse_page_windows(page);
    pulse_page_timeline(page);
    pulse_page_configuration(page);
    pulse_page_close(page->out, "Made from <code>results.h5</code> and <code>summary.json</code>, "
                                "where the numbers are with all their digits.");
    return 0;
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
    if (pulse_report_read(&report, results, elsewhere, summary, err) != 0 ||
        order_variables(&page, err) != 0)
        goto done;
    page.out = open_memstream(html, &size);
    if (page.out == NULL) {
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the report");
        goto done;
    }
    status = write_page(&page, err);
    const bool full = ferror(page.out) != 0;
    if (fclose(page.out) != 0 || full)
        status = status != 0 ? -1 : pulse_fail(err, PULSE_E_MEMORY, "out of memory for the report");
    *bytes = (int64_t)size;
    if (status != 0) {
        free(*html);
        *html = NULL;
    }
done:
    free(page.order);
    pulse_report_clear(&report);
    return status;
}
