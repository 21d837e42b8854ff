#include "prepare/gate.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "config/bounds.h"
#include "prepare/quality.h"

/* ---- Figures ------------------------------------------------------------------------ */

/* Of one variable: a whole number or a real, where it stands; of all the largest, or the sum. */
#define OF(member) offsetof(struct pulse_quality_variable, member)

static double find_last_row(const struct pulse_quality *quality)
{
    const struct pulse_sheet *sheet = &quality->panel->sheet;
    return (double)(sheet->day[sheet->n - 1] - quality->as_of);
}

static double find_rows(const struct pulse_quality *quality)
{
    return (double)quality->panel->sheet.n;
}

static double find_variables(const struct pulse_quality *quality)
{
    return (double)quality->panel->n;
}

static double find_calendar_gap(const struct pulse_quality *quality)
{
    return (double)quality->calendar_gap;
}

static double find_new_rows(const struct pulse_quality *quality)
{
    return (double)quality->revisions.new_rows;
}

static double find_gone(const struct pulse_quality *quality)
{
    return (double)quality->revisions.n_gone;
}

static const struct figure {
    const char *name;
    double (*of_panel)(const struct pulse_quality *quality); /* NULL: it is the variables' */
    size_t at;
    char unit; /* that its bounds may have */
    bool real; /* not a whole number */
    bool sum;  /* not the largest */
} figures[] = {{.name = "last_row", .unit = 'd', .of_panel = find_last_row},
               {.name = "rows", .of_panel = find_rows},
               {.name = "variables", .of_panel = find_variables},
               {.name = "calendar_gap", .unit = 'd', .of_panel = find_calendar_gap},
               {.name = "new_rows", .of_panel = find_new_rows},
               {.name = "gone", .of_panel = find_gone},
               {.name = "missing", .unit = '%', .at = OF(missing), .real = true},
               {.name = "gap", .unit = 'd', .at = OF(gap)},
               {.name = "stale", .unit = 'd', .at = OF(stale)},
               {.name = "unchanged", .at = OF(unchanged)},
               {.name = "jump", .at = OF(jump), .real = true},
               {.name = "jumps", .at = OF(jumps), .sum = true},
               {.name = "duplicates", .at = OF(duplicates), .sum = true},
               {.name = "revised", .at = OF(revised), .sum = true},
               {.name = "lost", .at = OF(lost), .sum = true},
               {.name = "late", .at = OF(late), .sum = true}};

enum { FIGURES = sizeof figures / sizeof *figures };

/* ---- Reading ------------------------------------------------------------------------ */

static int refuse_gate(const char *text, const char *want, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_USAGE, "--require %s: expected %s", text, want);
}

int pulse_prepare_gate_parse(const char *text, struct pulse_prepare_gate *gate,
                             struct pulse_err *err)
{
    const size_t length = strcspn(text, "(<>=");
    const char *sign = text + length, *end = strchr(sign, ')');
    *gate = (struct pulse_prepare_gate){.text = text};
    while (gate->figure < FIGURES && (strlen(figures[gate->figure].name) != length ||
                                      strncmp(figures[gate->figure].name, text, length) != 0))
        gate->figure++;
    if (gate->figure == FIGURES)
        return refuse_gate(text,
                           "last_row, rows, variables, calendar_gap, new_rows, gone, missing, gap, "
                           "stale, unchanged, jump, jumps, duplicates, revised, lost or late first",
                           err);
    if (*sign == '(') {
        if (end == NULL || end == sign + 1 || figures[gate->figure].of_panel != NULL)
            return refuse_gate(text, "FIGURE or FIGURE(VARIABLE), of a figure that variables have",
                               err);
        gate->variable = pulse_print(err, "%.*s", (int)(end - sign - 1), sign + 1);
        if (gate->variable == NULL)
            return -1;
        sign = end + 1;
    }
    return pulse_bounds_read(sign, figures[gate->figure].unit, &gate->low, &gate->high)
               ? 0
               : refuse_gate(text, "FIGURE>=X, FIGURE<=X or FIGURE=X..Y with numbers", err);
}

void pulse_prepare_gate_clear(struct pulse_prepare_gate *gate)
{
    free(gate->variable);
    *gate = (struct pulse_prepare_gate){0};
}

/* ---- Finding ------------------------------------------------------------------------ */

static double find_value(const struct figure *figure, const struct pulse_quality_variable *of)
{
    const char *at = (const char *)of + figure->at;
    int64_t whole;
    double real;
    if (figure->real)
        return memcpy(&real, at, sizeof real), real;
    return memcpy(&whole, at, sizeof whole), (double)whole;
}

/* The variables' largest value and whose it is, or their sum. */
static void find_worst(const struct figure *figure, const struct pulse_quality *quality,
                       struct pulse_prepare_finding *out)
{
    int64_t worst = 0;
    double sum = 0;
    for (int64_t v = 0; v < quality->panel->n; v++) {
        sum += find_value(figure, &quality->of[v]);
        if (find_value(figure, &quality->of[v]) > find_value(figure, &quality->of[worst]))
            worst = v;
    }
    out->value = figure->sum ? sum : find_value(figure, &quality->of[worst]);
    out->of = figure->sum ? NULL : quality->panel->names[worst];
}

int pulse_prepare_gate_find(const struct pulse_prepare_gate *gate,
                            const struct pulse_quality *quality, struct pulse_prepare_finding *out,
                            struct pulse_err *err)
{
    const struct figure *figure = &figures[gate->figure];
    const struct pulse_prepared *panel = quality->panel;
    int64_t v = 0;
    *out = (struct pulse_prepare_finding){0};
    while (gate->variable != NULL && v < panel->n && strcmp(panel->names[v], gate->variable) != 0)
        v++;
    if (v == panel->n)
        return pulse_fail(err, PULSE_E_USAGE, "--require %s: the panel has no variable '%s'",
                          gate->text, gate->variable);
    if (figure->of_panel != NULL) {
        out->value = figure->of_panel(quality);
    } else if (gate->variable != NULL) {
        out->value = find_value(figure, &quality->of[v]);
        out->of = panel->names[v];
    } else {
        find_worst(figure, quality, out);
    }
    out->miss = fmax(0, fmax(gate->low - out->value, out->value - gate->high));
    return 0;
}
