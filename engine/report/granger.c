/* Granger causality: which variables help predict which, as a matrix of squares and a list. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/columns.h"
#include "report/sections.h"

enum { MOST_SHOWN = 40, CELL = 16, NAME_CHARACTERS = 18, MARGIN = 122 };

/* A name of at most NAME_CHARACTERS characters. */
static const char *shorten_name(const char *name, char out[4 * NAME_CHARACTERS + 8])
{
    size_t bytes = 0;
    if (pulse_utf8_length(name) <= NAME_CHARACTERS)
        return name;
    for (int i = 0; i < NAME_CHARACTERS - 1; i++)
        bytes += pulse_utf8_next(name + bytes);
    memcpy(out, name, bytes);
    (void)strcpy(out + bytes, "…");
    return out;
}

/* The strongest link of a variable, as source or as target. */
struct strength {
    double f;
    int64_t variable;
};

static int compare_strength(const void *a, const void *b)
{
    const struct strength *x = a, *y = b;
    if (x->f != y->f)
        return x->f > y->f ? -1 : 1;
    return x->variable < y->variable ? -1 : x->variable > y->variable;
}

/* What is drawn: the variables, in the page's order, and their tests, source × target. */
struct links {
    int64_t tested, n;
    int64_t shown[MOST_SHOWN];
    double adjusted[MOST_SHOWN * MOST_SHOWN], partial[MOST_SHOWN * MOST_SHOWN];
};

/* Of each variable its strongest link, and whether it is the source of a test. */
static int find_strengths(const struct pulse_page *page, struct strength *best, bool *source,
                          struct pulse_err *err)
{
    struct pulse_report *report = page->report;
    for (int64_t v = 0; v < report->V; v++)
        best[v].variable = v;
    for (int64_t s = 0; s < report->V; s++) {
        if (pulse_report_load_links(report, s, err) != 0)
            return -1;
        for (int64_t v = 0; v < report->V; v++) {
            const double f = report->links.column[PULSE_REPORT_F][v];
            source[s] = source[s] || isfinite(f);
            if (s == v || !isfinite(f))
                continue;
            best[s].f = fmax(best[s].f, f);
            best[v].f = fmax(best[v].f, f);
        }
    }
    return 0;
}

/* Whether the i-th variable of the page's order is predicted, or another one's source. */
static bool is_tested(const struct pulse_page *page, const bool *source, int64_t i)
{
    return i < page->n || (i >= page->targets && source[page->order[i]]);
}

/* All that are tested, or those with the strongest links, whether they are source or target. Those
 * that are not predicted can be sources. `best` is sorted. */
static void choose_variables(const struct pulse_page *page, struct strength *best,
                             const bool *source, struct links *links)
{
    const int64_t V = page->report->V;
    bool *kept = page->marked;
    for (int64_t i = 0; i < V; i++)
        links->tested += is_tested(page, source, i);
    qsort(best, (size_t)V, sizeof *best, compare_strength);
    for (int64_t i = 0; i < V; i++)
        kept[best[i].variable] = i < MOST_SHOWN || links->tested <= MOST_SHOWN;
    for (int64_t i = 0; i < V && links->n < MOST_SHOWN; i++)
        if (is_tested(page, source, i) && kept[page->order[i]])
            links->shown[links->n++] = page->order[i];
}

static int read_links(const struct pulse_page *page, struct links *links, struct pulse_err *err)
{
    struct pulse_report *report = page->report;
    const int64_t n = links->n;
    for (int64_t i = 0; i < n; i++) {
        if (pulse_report_load_links(report, links->shown[i], err) != 0)
            return -1;
        for (int64_t j = 0; j < n; j++) {
            const int64_t target = links->shown[j];
            links->adjusted[i * n + j] = report->links.column[PULSE_REPORT_ADJUSTED][target];
            links->partial[i * n + j] = report->links.column[PULSE_REPORT_PARTIAL][target];
        }
    }
    return 0;
}

static int find_links(const struct pulse_page *page, struct links *links, struct pulse_err *err)
{
    const int64_t V = page->report->V;
    struct strength *best = pulse_calloc(V, sizeof *best, "the Granger causality tests", err);
    bool *source = pulse_calloc(V, sizeof *source, "the Granger causality tests", err);
    int status = -1;
    if (best != NULL && source != NULL && find_strengths(page, best, source, err) == 0) {
        choose_variables(page, best, source, links);
        status = read_links(page, links, err);
    }
    free(best);
    free(source);
    return status;
}

static void draw_names(const struct pulse_page *page, const int64_t *shown, int64_t n)
{
    FILE *out = page->out;
    char text[4 * NAME_CHARACTERS + 8];
    for (int64_t i = 0; i < n; i++) {
        const char *name = shorten_name(page->report->names[shown[i]], text);
        const double at = MARGIN + CELL * (double)i;
        pulse_svg_text(out, "e", MARGIN - 6, at + 11, name);
        pulse_svg_text_up(out, at + 11, MARGIN - 6, name);
    }
    for (int64_t i = 0; i <= n; i++) {
        const double at = MARGIN + CELL * (double)i, end = MARGIN + CELL * (double)n;
        pulse_svg_line(out, "t", MARGIN, at, end, at);
        pulse_svg_line(out, "t", at, MARGIN, at, end);
    }
}

static void draw_matrix(const struct pulse_page *page, const struct links *links)
{
    FILE *out = page->out;
    const int64_t n = links->n;
    const double side = MARGIN + CELL * (double)n + 2;
    double most = 0;
    for (int64_t i = 0; i < n * n; i++)
        if (links->adjusted[i] <= 0.05)
            most = fmax(most, links->partial[i]);
    (void)fprintf(out, "<div class=\"scroll\" tabindex=\"0\"><figure style=\"width:%.0fpx\">",
                  side);
    pulse_svg_open(
        out, "chart", side, side, "Matrix of Granger causality",
        "Rows are the variables whose past is used, columns those that are predicted; the "
        "strongest are in the table below");
    draw_names(page, links->shown, n);
    for (int64_t i = 0; i < n * n; i++) {
        const int64_t row = i / n, column = i % n;
        if (!(links->adjusted[i] <= 0.05))
            continue;
        const double size = fmax(3.5, (CELL - 3) * sqrt(links->partial[i] / most));
        pulse_svg_rect(out, row == column ? "own" : "sq",
                       MARGIN + CELL * (double)column + (CELL - size) / 2,
                       MARGIN + CELL * (double)row + (CELL - size) / 2, size, size);
    }
    pulse_svg_close(out);
    (void)fputs("</figure></div>\n", out);
}

static void write_links(const struct pulse_page *page, const json_t *links)
{
    static const char *const keys[] = {"f", "partial_r2", "p_adjusted"};
    FILE *out = page->out;
    const json_t *one, *strongest = json_object_get(links, "strongest");
    size_t i;
    char text[PULSE_SHOWN];
    if (json_array_size(strongest) == 0)
        return;
    pulse_page_table_open(out, "", "source|<target|F|partial R²|adjusted p");
    json_array_foreach(strongest, i, one)
    {
        const char *source = json_string_value(json_object_get(one, "source"));
        const char *target = json_string_value(json_object_get(one, "target"));
        pulse_page_table_name(out, source == NULL ? "" : source);
        (void)fputs("<td class=\"l\">", out);
        pulse_svg_escape(out, target == NULL ? "" : target);
        (void)fputs("</td>", out);
        for (int k = 0; k < 3; k++) {
            const json_t *value = json_object_get(one, keys[k]);
            const double x = json_is_number(value) ? json_number_value(value) : (double)NAN;
            if (k == 0)
                (void)pulse_shown_fixed(x, 1, text);
            else if (k == 1)
                (void)pulse_shown_percent(x, 1, text);
            pulse_page_table_number(out, x, k == 2 ? pulse_shown_p(x, text) : text);
        }
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

int pulse_page_granger(const struct pulse_page *page, struct pulse_err *err)
{
    FILE *out = page->out;
    const json_t *links = json_object_get(page->report->summary, "drivers");
    const json_t *targets = json_object_get(links, "targets");
    const json_int_t ridge = json_integer_value(json_object_get(targets, "ridge"));
    const json_int_t untested = json_integer_value(json_object_get(targets, "untested"));
    const json_int_t tests = json_integer_value(json_object_get(links, "tests"));
    char significant[PULSE_SHOWN], all[PULSE_SHOWN];
    struct links *found = pulse_calloc(1, sizeof *found, "the Granger causality tests", err);
    if (found == NULL || find_links(page, found, err) != 0) {
        free(found);
        return -1;
    }
    pulse_page_section_open(
        out, "drivers", "Granger causality",
        "A square: the row’s variable, the source, helps predict the column’s variable, the "
        "target. Leaving out the features of the source makes the fit of the target worse by more "
        "than "
        "chance (F-test, adjusted for inflation and the number of tests, "
        "p&nbsp;≤&nbsp;0.05). The area is the partial R²: the share of the residual variance that "
        "these features explain. Grey is a variable’s own past.");
    (void)fprintf(
        out,
        "<p class=\"note\">%s of %s tests; inflation %.2f. Ordinary least squares "
        "for %lld variables, ridge-adjusted for %lld, not tested %lld.%s</p>\n",
        pulse_shown_count(json_integer_value(json_object_get(links, "significant")), significant),
        pulse_shown_count(tests, all), json_number_value(json_object_get(links, "inflation")),
        (long long)json_integer_value(json_object_get(targets, "ols")), (long long)ridge,
        (long long)untested,
        found->tested > MOST_SHOWN ? " Shown are the 40 variables with the strongest links." : "");
    if (found->n > 0 && tests > 0) {
        draw_matrix(page, found);
        write_links(page, links);
    }
    free(found);
    pulse_page_section_close(out);
    return 0;
}
