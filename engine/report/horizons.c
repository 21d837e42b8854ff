/* Several steps ahead: skill by horizon, and how far variables can be predicted. */
#include <math.h>
#include <string.h>

#include "report/sections.h"

/* ---- How far it can be predicted ------------------------------------------------ */

/* One sentence a horizon: how many variables it can be predicted for better than by persistence. */
static void write_verdicts(const struct pulse_page *page, int64_t n)
{
    FILE *out = page->out;
    (void)fputs("<ul>\n", out);
    for (int64_t j = 0; j < n; j++) {
        int64_t better = 0;
        double sum = 0, tested = 0;
        char text[PULSE_SHOWN];
        for (int64_t i = 0; i < page->n; i++) {
            const double p =
                pulse_page_number_at(page, j, "metrics", page->order[i], "dm_p_adjusted");
            const double skill = pulse_page_number_at(page, j, "metrics", page->order[i], "skill");
            better += p <= 0.05;
            sum += isfinite(skill) ? skill : 0;
            tested += isfinite(skill);
        }
        (void)fprintf(out, "<li>%lld row%s ahead: ", (long long)page->horizon[j].steps,
                      page->horizon[j].steps == 1 ? "" : "s");
        if (tested == 0)
            (void)fputs("nothing could be scored.", out);
        else if (better == 0)
            (void)fputs("<strong>no variable can be predicted better than by its last value"
                        "</strong>; what the fan shows is mainly how far it may move.",
                        out);
        else
            (void)fprintf(out,
                          "%lld of %lld variables can be predicted better than by their last "
                          "value.",
                          (long long)better, (long long)page->n);
        if (tested > 0)
            (void)fprintf(out, " Mean skill %s.", pulse_shown_percent(sum / tested, 2, text));
        (void)fputs("</li>\n", out);
    }
    (void)fputs("</ul>\n", out);
}

static void write_skills(const struct pulse_page *page, int64_t n)
{
    FILE *out = page->out;
    char columns[24 * (PULSE_HORIZONS + 1)] = "variable", text[PULSE_SHOWN];
    for (int64_t j = 0; j < n; j++)
        (void)snprintf(columns + strlen(columns), 24, "|%lld ahead",
                       (long long)page->horizon[j].steps);
    pulse_page_table_open(out, "sort", columns);
    for (int64_t i = 0; i < page->n; i++) {
        (void)fputs("<tr><th scope=\"row\">", out);
        pulse_page_link(page, i);
        (void)fputs("</th>", out);
        for (int64_t j = 0; j < n; j++) {
            const double skill = pulse_page_number_at(page, j, "metrics", page->order[i], "skill");
            pulse_page_table_cell(out, pulse_shown_percent(skill, 2, text));
        }
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- The section ---------------------------------------------------------------- */

void pulse_page_horizons(const struct pulse_page *page)
{
    FILE *out = page->out;
    const int64_t n = page->n_horizons;
    pulse_page_section_open(
        out, "horizons", "Several rows ahead",
        "Skill against persistence by how many rows ahead is predicted; a variable counts as "
        "predictable with an adjusted p-value of at most 0.05. Each variable’s forecast, as a fan "
        "with its intervals, is with its pictures.");
    if (n <= 1) {
        (void)fputs("<p>One horizon was asked for; <code>--horizon 1,5,21</code> predicts "
                    "several.</p>\n",
                    out);
    } else {
        write_verdicts(page, n);
        write_skills(page, n);
    }
    pulse_page_section_close(out);
}
