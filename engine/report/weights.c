/* What the forecasts are made of: candidates and features, over all variables. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/sections.h"

/* ---- Candidates ----------------------------------------------------------------- */

/* Mean weight over the predicted variables, and for how many it is the largest. */
static void sum_candidate(const struct pulse_page *page, int64_t c, double *mean, int64_t *leads)
{
    const struct pulse_report *report = page->report;
    double n = 0;
    *mean = 0;
    *leads = 0;
    for (int64_t i = 0; i < page->n; i++) {
        const int64_t v = page->order[i];
        const double weight = report->final_weights[c * report->V + v];
        bool leading = isfinite(weight);
        if (!leading)
            continue;
        *mean += weight;
        n++;
        for (int64_t other = 0; other < report->C; other++)
            leading = leading && !(report->final_weights[other * report->V + v] > weight);
        *leads += leading;
    }
    *mean = n > 0 ? *mean / n : (double)NAN;
}

static void write_candidates(const struct pulse_page *page)
{
    FILE *out = page->out;
    char text[PULSE_SHOWN];
    (void)fputs("<h3>Candidates</h3>\n", out);
    pulse_page_table_open(out, "sort", "candidate|mean weight|largest for");
    for (int64_t c = 0; c < page->report->C; c++) {
        double mean;
        int64_t leads;
        sum_candidate(page, c, &mean, &leads);
        pulse_page_table_name(out, page->report->candidates[c]);
        pulse_page_table_cell(out, pulse_shown_percent(mean, 1, text));
        pulse_page_table_cell(out, pulse_shown_count(leads, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- Features ------------------------------------------------------------------- */

enum { MOST_LINES = 20 };

/* Features with a part of their name in common, and the weight of all of them. */
struct heap {
    const char *name;
    int length;
    double weight;
};

static int compare_heaps(const void *a, const void *b)
{
    const struct heap *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return 0;
}

/* "NAME.lag1": the family behind the last point, the source before it. */
static struct heap split_feature(const char *feature, bool family)
{
    const char *point = strrchr(feature, '.');
    if (point == NULL)
        return (struct heap){feature, (int)strlen(feature), 0};
    if (!family || strncmp(feature, "calendar.", 9) == 0)
        return (struct heap){feature, (int)(point - feature), 0};
    return (struct heap){point + 1, (int)strlen(point + 1), 0};
}

static bool is_same(const struct heap *a, const struct heap *b)
{
    return a->length == b->length && memcmp(a->name, b->name, (size_t)a->length) == 0;
}

/* Weights by family or by source; features come family by family, in each by source. Returns how
 * many heaps there are. */
static int64_t sum_features(const struct pulse_page *page, bool family, struct heap *heaps)
{
    int64_t n = 0, last = 0;
    for (int64_t i = 1; i < page->report->d; i++) {
        struct heap own = split_feature(page->report->features[i], family);
        int64_t at = 0;
        while (at < n && !is_same(&heaps[(last + at) % n], &own))
            at++;
        last = at < n ? (last + at) % n : n;
        if (last == n)
            heaps[n++] = own;
        heaps[last].weight += page->pool->feature[i];
    }
    qsort(heaps, (size_t)n, sizeof *heaps, compare_heaps);
    return n;
}

static int write_features(const struct pulse_page *page, bool family, struct pulse_err *err)
{
    FILE *out = page->out;
    struct heap *heaps = pulse_calloc(page->report->d, sizeof *heaps, "the weights", err);
    double all = 0;
    char text[PULSE_SHOWN];
    if (heaps == NULL)
        return -1;
    const int64_t n = sum_features(page, family, heaps);
    for (int64_t i = 0; i < n; i++)
        all += heaps[i].weight;
    (void)fprintf(out, "<h3>%s</h3>\n", family ? "Families" : "Sources");
    pulse_page_table_open(out, "sort",
                          family ? "family|share of weights" : "source|share of weights");
    for (int64_t i = 0; i < n && i < MOST_LINES; i++) {
        (void)fprintf(out, "<tr><th scope=\"row\">");
        pulse_svg_escape_part(out, heaps[i].name, heaps[i].length);
        (void)fputs("</th>", out);
        pulse_page_table_cell(
            out, pulse_shown_percent(all > 0 ? heaps[i].weight / all : (double)NAN, 1, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    if (n > MOST_LINES)
        (void)fprintf(out, "<p class=\"note\">The %d with the largest share of %s.</p>\n",
                      (int)MOST_LINES, pulse_shown_count(n, text));
    free(heaps);
    return 0;
}

int pulse_page_weights(const struct pulse_page *page, struct pulse_err *err)
{
    FILE *out = page->out;
    pulse_page_section_open(
        out, "weights", "What the forecast is made of",
        "Candidates: one fit for each list of features and each ridge penalty, and persistence; "
        "the "
        "weight of each, a mean over the variables. Families and sources of features: their share "
        "of all weights, b&nbsp;Σ<sub>c</sub> w<sub>c</sub> times the coefficient in candidate c, "
        "without signs; features have one scale, so that weights may be compared.");
    (void)fputs("<div class=\"triples\"><div>", out);
    write_candidates(page);
    (void)fputs("</div><div>", out);
    int status = write_features(page, true, err);
    (void)fputs("</div><div>", out);
    status = status == 0 ? write_features(page, false, err) : status;
    (void)fputs("</div></div>\n", out);
    pulse_page_section_close(out);
    return status;
}
