#include "evaluate/output.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/terminal.h"
#include "data/csv/write.h"

/* ---- Years ---------------------------------------------------------------------- */

static int64_t find_year(int64_t days)
{
    int64_t year;
    int month, day;
    pulse_civil_from_days(days, &year, &month, &day);
    return year;
}

int64_t pulse_evaluation_years(const struct pulse_comparison *comparison, struct pulse_year **years,
                               struct pulse_err *err)
{
    int64_t n = 0;
    *years = pulse_calloc(comparison->W, sizeof **years, "the years", err);
    if (*years == NULL)
        return -1;
    for (int64_t w = 0; w < comparison->W; w++) {
        const int64_t year = find_year(comparison->windows[w].start);
        if (n == 0 || (*years)[n - 1].year != year)
            (*years)[n++] = (struct pulse_year){.year = year, .from = w};
        (*years)[n - 1].to = w + 1;
    }
    return n;
}

double pulse_evaluation_year_skill(const struct pulse_comparison *comparison, int64_t r,
                                   const struct pulse_year *year)
{
    double own = 0, persistence = 0;
    for (int64_t w = year->from; w < year->to; w++) {
        own += comparison->loss[r * comparison->W + w];
        persistence += comparison->loss[comparison->R * comparison->W + w];
    }
    return persistence > 0 ? 1 - own / persistence : (double)NAN;
}

const char *pulse_evaluation_name(const struct pulse_comparison *comparison, int64_t model)
{
    return model < comparison->R ? comparison->runs[model].label : "persistence";
}

/* ---- For people ----------------------------------------------------------------- */

enum { NAME_COLUMNS = 20, SKILL_COLUMNS = 10, CELL = 48 };

static const char *format_share(double share, char out[CELL])
{
    if (isnan(share))
        return "-";
    (void)snprintf(out, CELL, "%.2f%%", fabs(share) < 5e-5 ? 0 : 100 * share); /* no "-0.00%" */
    return out;
}

static const char *format_number(double x, int decimals, char out[CELL])
{
    if (isnan(x))
        return "-";
    (void)snprintf(out, CELL, "%.*f", decimals, x);
    return out;
}

/* What users noted of their runs. */
static void print_notes(const struct pulse_comparison *comparison, FILE *out)
{
    bool any = false;
    for (int64_t r = 0; r < comparison->R; r++) {
        const struct pulse_losses *run = &comparison->runs[r];
        if (*run->about == '\0')
            continue;
        any = true;
        pulse_terminal_write(out, run->label, 0);
        (void)fputs(": ", out);
        pulse_terminal_write(out, run->about, 0);
        (void)fputc('\n', out);
    }
    if (any)
        (void)fputc('\n', out);
}

static void print_runs(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_comparison *comparison = view->comparison;
    char a[8][CELL];
    int columns = NAME_COLUMNS;
    for (int64_t r = 0; r < comparison->R; r++)
        columns = pulse_terminal_widen(columns, comparison->runs[r].label);
    (void)fprintf(out, "%-*s %8s %8s %6s %7s %7s %8s %8s %6s  %s\n", columns, "run", "skill",
                  "worst", "hit", "cover80", "cover95", "score80", "score95", "p", "best set");
    for (int64_t r = 0; r < comparison->R; r++) {
        const struct pulse_run_scores *scores = &view->verdict->scores[r];
        pulse_terminal_write(out, comparison->runs[r].label, columns);
        (void)fprintf(
            out, " %8s %8s %6s %7s %7s %8s %8s %6s  %s\n", format_share(scores->skill, a[0]),
            format_share(scores->worst_skill, a[1]), format_number(scores->hit, 3, a[2]),
            format_share(scores->coverage[0], a[3]), format_share(scores->coverage[1], a[4]),
            format_number(scores->score[0], 3, a[5]), format_number(scores->score[1], 3, a[6]),
            format_number(scores->p, 3, a[7]), scores->in_set ? "yes" : "no");
    }
}

/* A table of skills: a line a label, a column a run, as wide as its label; the labels of lines
 * take `columns`. */
static void print_skills(const struct pulse_comparison *comparison, const char *heading,
                         int columns, FILE *out)
{
    (void)fprintf(out, "\n%-*s", columns, heading);
    for (int64_t r = 0; r < comparison->R; r++) {
        const char *label = comparison->runs[r].label;
        const int blanks =
            pulse_terminal_widen(SKILL_COLUMNS, label) - (int)pulse_terminal_columns(label);
        (void)fprintf(out, " %*s", blanks > 0 ? blanks : 0, "");
        pulse_terminal_write(out, label, 0);
    }
    (void)fputc('\n', out);
}

static void print_skill(const struct pulse_comparison *comparison, int64_t run, double skill,
                        FILE *out)
{
    char cell[CELL];
    (void)fprintf(out, " %*s", pulse_terminal_widen(SKILL_COLUMNS, comparison->runs[run].label),
                  format_share(skill, cell));
}

static int print_years(const struct pulse_comparison *comparison, FILE *out, struct pulse_err *err)
{
    struct pulse_year *years;
    const int64_t n = pulse_evaluation_years(comparison, &years, err);
    if (n >= 0)
        print_skills(comparison, "skill by year", NAME_COLUMNS, out);
    for (int64_t y = 0; y < n; y++) {
        (void)fprintf(out, "%-*" PRId64, NAME_COLUMNS, years[y].year);
        for (int64_t r = 0; r < comparison->R; r++)
            print_skill(comparison, r, pulse_evaluation_year_skill(comparison, r, &years[y]), out);
        (void)fputc('\n', out);
    }
    free(years);
    return n < 0 ? -1 : 0;
}

static void print_variables(const struct pulse_comparison *comparison, FILE *out)
{
    int columns = NAME_COLUMNS;
    for (int64_t v = 0; v < comparison->V; v++)
        columns = pulse_terminal_widen(columns, comparison->names[v]);
    print_skills(comparison, "skill by variable", columns, out);
    for (int64_t v = 0; v < comparison->V; v++) {
        pulse_terminal_write(out, comparison->names[v], columns);
        for (int64_t r = 0; r < comparison->R; r++)
            print_skill(comparison, r, pulse_comparison_skill(comparison, r, v), out);
        (void)fputc('\n', out);
    }
}

static void print_horizons(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_horizon_skills *horizons = view->horizons;
    print_skills(view->comparison, "skill by rows ahead", NAME_COLUMNS, out);
    for (int64_t j = 0; j < horizons->n; j++) {
        (void)fprintf(out, "%-*" PRId64, NAME_COLUMNS, horizons->steps[j]);
        for (int64_t r = 0; r < horizons->R; r++)
            print_skill(view->comparison, r, horizons->skill[j * horizons->R + r], out);
        (void)fputc('\n', out);
    }
}

static void print_conclusion(const struct pulse_evaluation_view *view, FILE *out)
{
    const struct pulse_comparison *comparison = view->comparison;
    const struct pulse_superior *p = &view->verdict->superior;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], a[3][CELL];
    (void)fprintf(
        out,
        "\ncompared on %" PRId64 " windows and %" PRId64 " variables that all runs share, "
        "%s to %s\n",
        comparison->W, comparison->scored, pulse_format_day(comparison->windows[0].start, first),
        pulse_format_day(comparison->windows[comparison->W - 1].end, last));
    if (comparison->uneven > 0)
        (void)fprintf(out,
                      "left out: %" PRId64 " of %" PRId64
                      " pairs of window and variable, where the "
                      "runs score different numbers of rows\n",
                      comparison->uneven, comparison->uneven + comparison->cells);
    if (comparison->unlike > 0)
        (void)fprintf(out,
                      "other data: %" PRId64 " of %" PRId64
                      " pairs of window and variable, where persistence's errors differ: values "
                      "were revised, or are in other units; p and best set suppose the same data\n",
                      comparison->unlike, comparison->cells);
    (void)fputs("baseline: ", out);
    pulse_terminal_write(out, pulse_evaluation_name(comparison, view->verdict->baseline), 0);
    if (isnan(p->consistent))
        (void)fputs("; too few windows or runs to test whether any run beats it\n", out);
    else
        (void)fprintf(out, "; superior predictive ability p = %s (%s to %s): %s\n",
                      format_number(p->consistent, 3, a[0]), format_number(p->lower, 3, a[1]),
                      format_number(p->upper, 3, a[2]),
                      p->consistent <= 0.1 ? "some run beats it, also given that so many were tried"
                                           : "no run beats it, given that so many were tried");
}

int pulse_evaluation_print(const struct pulse_evaluation_view *view, FILE *out,
                           struct pulse_err *err)
{
    int status = 0;
    print_notes(view->comparison, out);
    print_runs(view, out);
    if (view->by_year)
        status = print_years(view->comparison, out, err);
    if (view->by_variable)
        print_variables(view->comparison, out);
    if (view->by_horizon)
        print_horizons(view, out);
    print_conclusion(view, out);
    return status;
}

/* ---- JSON ----------------------------------------------------------------------- */

static json_t *build_run(const struct pulse_evaluation_view *view, int64_t model)
{
    const struct pulse_comparison *comparison = view->comparison;
    const struct pulse_run_scores *scores = &view->verdict->scores[model];
    json_t *losses = json_array(), *skills = json_object();
    for (int64_t w = 0; w < comparison->W; w++)
        (void)json_array_append_new(losses,
                                    pulse_json_number(comparison->loss[model * comparison->W + w]));
    for (int64_t v = 0; v < comparison->V && model < comparison->R; v++)
        (void)json_object_set_new(skills, comparison->names[v],
                                  pulse_json_number(pulse_comparison_skill(comparison, model, v)));
    return json_pack(
        "{s:s, s:O?, s:o, s:o, s:s?, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
        "name", pulse_evaluation_name(comparison, model), "run",
        model < comparison->R ? comparison->runs[model].run : NULL, "skill",
        pulse_json_number(scores->skill), "worst_skill", pulse_json_number(scores->worst_skill),
        "worst_variable", scores->worst < 0 ? NULL : comparison->names[scores->worst], "hit",
        pulse_json_number(scores->hit), "coverage_80", pulse_json_number(scores->coverage[0]),
        "coverage_95", pulse_json_number(scores->coverage[1]), "interval_score_80",
        pulse_json_number(scores->score[0]), "interval_score_95",
        pulse_json_number(scores->score[1]), "mean_loss", pulse_json_number(scores->loss),
        "dm_statistic", pulse_json_number(scores->t), "dm_p", pulse_json_number(scores->p), "set_p",
        pulse_json_number(scores->membership), "in_confidence_set", scores->in_set ? 1 : 0,
        "losses", losses, "skill_by_variable", skills);
}

static json_t *build_years(const struct pulse_comparison *comparison, struct pulse_err *err)
{
    struct pulse_year *years;
    json_t *all = json_object();
    const int64_t n = pulse_evaluation_years(comparison, &years, err);
    for (int64_t y = 0; y < n; y++) {
        char key[24];
        json_t *skills = json_object();
        (void)snprintf(key, sizeof key, "%" PRId64, years[y].year);
        for (int64_t r = 0; r < comparison->R; r++)
            (void)json_object_set_new(
                skills, comparison->runs[r].label,
                pulse_json_number(pulse_evaluation_year_skill(comparison, r, &years[y])));
        (void)json_object_set_new(all, key, skills);
    }
    free(years);
    return all;
}

static json_t *build_horizons(const struct pulse_evaluation_view *view)
{
    const struct pulse_horizon_skills *horizons = view->horizons;
    json_t *all = json_object();
    for (int64_t j = 0; j < horizons->n; j++) {
        char key[24];
        json_t *skills = json_object();
        (void)snprintf(key, sizeof key, "%" PRId64, horizons->steps[j]);
        for (int64_t r = 0; r < horizons->R; r++)
            (void)json_object_set_new(skills, view->comparison->runs[r].label,
                                      pulse_json_number(horizons->skill[j * horizons->R + r]));
        (void)json_object_set_new(all, key, skills);
    }
    return all;
}

json_t *pulse_evaluation_bootstrap(const struct pulse_bootstrap *bootstrap)
{
    json_t *index = json_array();
    for (int64_t b = 0; b < bootstrap->draws; b++) {
        json_t *draw = json_array();
        for (int64_t i = 0; i < bootstrap->n; i++)
            (void)json_array_append_new(draw, json_integer(bootstrap->index[b * bootstrap->n + i]));
        (void)json_array_append_new(index, draw);
    }
    return json_pack("{s:I, s:f, s:o}", "draws", (json_int_t)bootstrap->draws, "mean_block",
                     sqrt((double)bootstrap->n), "index", index);
}

json_t *pulse_evaluation_json(const struct pulse_evaluation_view *view, struct pulse_err *err)
{
    const struct pulse_comparison *comparison = view->comparison;
    const struct pulse_verdict *verdict = view->verdict;
    json_t *runs = json_array(), *windows = json_array(), *variables = json_array();
    for (int64_t model = 0; model <= comparison->R; model++)
        (void)json_array_append_new(runs, build_run(view, model));
    for (int64_t w = 0; w < comparison->W; w++)
        (void)json_array_append_new(
            windows, json_pack("{s:o, s:o}", "start", pulse_json_day(comparison->windows[w].start),
                               "end", pulse_json_day(comparison->windows[w].end)));
    for (int64_t v = 0; v < comparison->V; v++)
        (void)json_array_append_new(variables, json_string(comparison->names[v]));
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o}",
                  "baseline", pulse_evaluation_name(comparison, verdict->baseline), "windows",
                  windows, "variables", variables, "pairs", (json_int_t)comparison->cells,
                  "pairs_left_out", (json_int_t)comparison->uneven, "pairs_of_other_data",
                  (json_int_t)comparison->unlike, "runs", runs, "superior_predictive_ability",
                  "lower", pulse_json_number(verdict->superior.lower), "consistent",
                  pulse_json_number(verdict->superior.consistent), "upper",
                  pulse_json_number(verdict->superior.upper), "skill_by_year",
                  build_years(comparison, err), "skill_by_horizon", build_horizons(view),
                  "bootstrap", pulse_evaluation_bootstrap(&verdict->bootstrap));
    if (root == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the evaluation's JSON");
    return root;
}

/* ---- CSV ------------------------------------------------------------------------ */

static void put_share(FILE *out, double part, double whole)
{
    (void)fputc(',', out);
    if (whole > 0)
        pulse_csv_put_number(out, part / whole);
}

/* A row: run r, variable v, the windows of a year. */
static void put_row(FILE *out, const struct pulse_comparison *comparison, int64_t r, int64_t v,
                    const char *year, int64_t from, int64_t to)
{
    double sum[PULSE_LOSSES];
    for (int kind = 0; kind < PULSE_LOSSES; kind++)
        sum[kind] = pulse_comparison_sum(comparison, (enum pulse_loss)kind, r, v, from, to);
    const double persistence = sum[PULSE_LOSS_PERSISTENCE_SQUARED];
    pulse_csv_put_name(out, comparison->runs[r].label, 0);
    (void)fputc(',', out);
    pulse_csv_put_name(out, comparison->names[v], 0);
    (void)fprintf(out, ",%s,%.0f", year, sum[PULSE_LOSS_ROWS]);
    put_share(out, persistence - sum[PULSE_LOSS_SQUARED], persistence);
    put_share(out, sum[PULSE_LOSS_HITS], sum[PULSE_LOSS_MOVES]);
    put_share(out, sum[PULSE_LOSS_INSIDE_80], sum[PULSE_LOSS_INTERVAL_ROWS]);
    put_share(out, sum[PULSE_LOSS_INSIDE_95], sum[PULSE_LOSS_INTERVAL_ROWS]);
    (void)fprintf(out, ",%" PRId64 "\n", comparison->runs[r].steps);
}

/* All rows of one horizon. */
static int put_rows(FILE *out, const struct pulse_comparison *comparison, struct pulse_err *err)
{
    struct pulse_year *years;
    const int64_t n = pulse_evaluation_years(comparison, &years, err);
    for (int64_t r = 0; n >= 0 && r < comparison->R; r++)
        for (int64_t v = 0; v < comparison->V; v++) {
            put_row(out, comparison, r, v, "all", 0, comparison->W);
            for (int64_t y = 0; y < n; y++) {
                char year[24];
                (void)snprintf(year, sizeof year, "%" PRId64, years[y].year);
                put_row(out, comparison, r, v, year, years[y].from, years[y].to);
            }
        }
    free(years);
    return n < 0 ? -1 : 0;
}

int pulse_evaluation_csv(const struct pulse_evaluation_view *view, FILE *out, struct pulse_err *err)
{
    const struct pulse_horizon_skills *horizons = view->horizons;
    (void)fputs("run,variable,year,rows,skill,hit,coverage_80,coverage_95,horizon\n", out);
    int status = put_rows(out, view->comparison, err);
    for (int64_t j = 0; status == 0 && j < horizons->n; j++)
        if (horizons->comparison[j].W > 0 && !pulse_horizon_is_main(horizons, view->comparison, j))
            status = put_rows(out, &horizons->comparison[j], err);
    return status;
}
