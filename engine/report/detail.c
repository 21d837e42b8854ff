/* The part of one variable: its numbers in words, its pictures, its years, what moves it. */
#include <inttypes.h>
#include <math.h>

#include "report/sections.h"

void pulse_page_frames(const struct pulse_page *page)
{
    (void)fputs("<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>",
                page->out);
    pulse_picture_whole_frame(page);
    pulse_picture_small_frames(page);
    (void)fputs("</defs></svg>\n", page->out);
}

/* ---- Numbers in words ----------------------------------------------------------- */

static void write_verdict(const struct pulse_page *page, int64_t v)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char a[PULSE_SHOWN], b[PULSE_SHOWN], c[PULSE_SHOWN];
    (void)fprintf(out, "<p class=\"note\">Skill %s (scaled %s, p&nbsp;%s)",
                  pulse_shown_percent(pulse_page_metric(page, v, "skill"), 2, a),
                  pulse_shown_percent(pulse_page_metric(page, v, "skill_scaled"), 2, b),
                  pulse_shown_p(pulse_page_metric(page, v, "dm_p_adjusted"), c));
    (void)fprintf(out, "; direction %s",
                  pulse_shown_percent(pulse_page_metric(page, v, "hit_rate"), 1, a));
    const double moves = pulse_page_metric(page, v, "moves");
    (void)fprintf(out, " of %s moves", pulse_shown_count(isfinite(moves) ? (int64_t)moves : 0, a));
    (void)fprintf(out, "; trust %s (%s to %s)",
                  pulse_shown_fixed(pulse_report_number(report, "trust", v, "mean"), 3, a),
                  pulse_shown_fixed(pulse_report_number(report, "trust", v, "lower_95"), 3, b),
                  pulse_shown_fixed(pulse_report_number(report, "trust", v, "upper_95"), 3, c));
    (void)fprintf(out, "; intervals of 80&nbsp;%% held %s, of 95&nbsp;%% %s.</p>\n",
                  pulse_shown_percent(pulse_page_metric(page, v, "coverage_80"), 1, a),
                  pulse_shown_percent(pulse_page_metric(page, v, "coverage_95"), 1, b));
}

enum { MAE, RMSE, MASE, ERRORS };
static const char *const error_names[ERRORS] = {"MAE", "RMSE", "MASE"};

/* Ours and persistence's. */
static void read_errors(const struct pulse_page *page, int64_t v, double naive,
                        double error[ERRORS][2])
{
    static const char *const keys[MASE][2] = {{"mae", "persistence_mae"},
                                              {"rmse", "persistence_rmse"}};
    for (int j = 0; j < 2; j++) {
        for (int k = 0; k < MASE; k++)
            error[k][j] = pulse_page_metric(page, v, keys[k][j]);
        error[MASE][j] = error[MAE][j] / naive;
    }
}

static void write_errors(const struct pulse_page *page, int64_t v,
                         const struct pulse_figures *figures)
{
    FILE *out = page->out;
    double error[ERRORS][2];
    char text[PULSE_SHOWN];
    read_errors(page, v, figures->naive, error);
    pulse_page_table_open(out, "small", "error|retrodicted|persistence");
    for (int k = 0; k < ERRORS; k++) {
        pulse_page_table_name(out, error_names[k]);
        for (int j = 0; j < 2; j++)
            pulse_page_table_cell(out, pulse_shown_value(error[k][j], error[k][1] / 100, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- Years ---------------------------------------------------------------------- */

/* What all tables have is left out where that is to be brief. */
static void write_year(const struct pulse_page *page, const double *sums)
{
    FILE *out = page->out;
    const double n = sums[PULSE_REPORT_N], mae = sums[PULSE_REPORT_ABS_ERROR] / n,
                 base = sums[PULSE_REPORT_PERSISTENCE_ABS_ERROR] / n;
    char text[PULSE_SHOWN];
    pulse_page_table_cell(out, pulse_shown_count((int64_t)n, text));
    if (!page->brief) {
        pulse_page_table_cell(out, pulse_shown_value(mae, base / 100, text));
        pulse_page_table_cell(out, pulse_shown_value(base, base / 100, text));
    }
    pulse_page_table_percent(out, pulse_sums_skill(sums), 1);
    if (!page->brief) {
        pulse_page_table_percent(out, pulse_sums_share(sums, PULSE_REPORT_HITS, PULSE_REPORT_MOVES),
                                 1);
        pulse_page_table_percent(
            out, pulse_sums_share(sums, PULSE_REPORT_INSIDE_80, PULSE_REPORT_INTERVAL_ROWS), 0);
    }
    pulse_page_table_percent(
        out, pulse_sums_share(sums, PULSE_REPORT_INSIDE_95, PULSE_REPORT_INTERVAL_ROWS), 0);
}

void pulse_page_put_years(FILE *out, const struct pulse_periods *years, int64_t i)
{
    (void)fprintf(out, "<tr><th scope=\"row\">%" PRId64, years->at[i].first);
    if (years->at[i].last > years->at[i].first)
        (void)fprintf(out, "\xe2\x80\x93%02d", (int)(years->at[i].last % 100));
    (void)fputs("</th>", out);
}

static void write_years(const struct pulse_page *page, const struct pulse_figures *figures)
{
    FILE *out = page->out;
    pulse_page_table_open(out, "small",
                          page->brief
                              ? "year|rows|skill|in 95&nbsp;%"
                              : "year|rows|MAE|persistence|skill|hits|in 80&nbsp;%|in 95&nbsp;%");
    for (int64_t i = 0; i < page->years.n; i++) {
        if (!(figures->year[i][PULSE_REPORT_N] > 0))
            continue;
        pulse_page_put_years(out, &page->years, i);
        write_year(page, figures->year[i]);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- What moves it -------------------------------------------------------------- */

static void write_weights(const struct pulse_page *page, int64_t v)
{
    const struct pulse_weights *of = &page->pool->weights[v];
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char text[PULSE_SHOWN];
    (void)fprintf(out, "<p class=\"note\">The forecast follows its candidates by b&nbsp;=&nbsp;%s",
                  pulse_shown_fixed(report->final_shrinkage[v], 2, text));
    (void)fputs(of->n > 0 ? "; features with the largest weights: " : ".", out);
    for (int i = 0; i < of->n; i++) {
        (void)fputs(i > 0 ? ", " : "", out);
        pulse_svg_escape(out, report->features[of->top[i].feature]);
        (void)fprintf(out, "&nbsp;%s", pulse_shown_fixed(of->top[i].weight, 4, text));
    }
    (void)fputs(of->n > 0 ? ".</p>\n" : "</p>\n", out);
}

/* The weights of the candidates that say most. */
static void write_candidates(const struct pulse_page *page, int64_t v)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char text[PULSE_SHOWN];
    pulse_page_table_open(out, "small", "candidate|weight");
    for (int64_t c = 0; c < report->C; c++) {
        pulse_page_table_name(out, report->candidates[c]);
        pulse_page_table_cell(out,
                              pulse_shown_fixed(report->final_weights[c * report->V + v], 3, text));
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
}

/* ---- All of it ------------------------------------------------------------------ */

void pulse_page_detail(const struct pulse_page *page, int64_t i,
                       const struct pulse_figures *figures)
{
    FILE *out = page->out;
    const int64_t v = page->order[i];
    (void)fprintf(out, "<article id=\"v%" PRId64 "\"><h3>", i);
    pulse_svg_escape(out, page->report->names[v]);
    (void)fputs(" <a class=\"up\" href=\"#variables\">all variables</a></h3>\n", out);
    if (!page->brief)
        write_verdict(page, v);
    pulse_picture_whole(page, v);
    pulse_picture_fan(page, v, figures);
    if (!page->brief) {
        write_errors(page, v, figures);
        (void)fputs("<div class=\"pairs\">", out);
        pulse_picture_skill(page, v, figures);
        pulse_picture_trust(page, v, figures);
        pulse_picture_fell(page, page->report->names[v], figures->fell);
        pulse_picture_autocorrelation(page, v, figures);
        (void)fputs("</div>\n", out);
    }
    write_years(page, figures);
    if (!page->brief)
        write_candidates(page, v);
    write_weights(page, v);
    (void)fputs("</article>\n", out);
}
