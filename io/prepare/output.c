#include "prepare/output.h"

#include "base/date.h"
#include "base/json.h"
#include "base/terminal.h"
#include "cli/frequency.h"

/* ---- For people --------------------------------------------------------------------- */

char *pulse_prepare_describe_revisions(const struct pulse_quality *quality,
                                       char out[PULSE_PREPARE_TEXT])
{
    const struct pulse_revisions *revisions = &quality->revisions;
    int64_t revised = 0, lost = 0, late = 0;
    char day[PULSE_DATE_TEXT];
    for (int64_t v = 0; v < quality->panel->n; v++) {
        revised += quality->of[v].revised;
        lost += quality->of[v].lost;
        late += quality->of[v].late;
    }
    int used = snprintf(out, PULSE_PREPARE_TEXT, "%lld new row%s", (long long)revisions->new_rows,
                        revisions->new_rows == 1 ? "" : "s");
    if (revisions->changed)
        used += snprintf(out + used, PULSE_PREPARE_TEXT - (size_t)used,
                         "; values before them: %lld revised, %lld lost, %lld late, from %s on",
                         (long long)revised, (long long)lost, (long long)late,
                         pulse_format_day(revisions->changed_from, day));
    else
        used += snprintf(out + used, PULSE_PREPARE_TEXT - (size_t)used,
                         "; no value before them is another");
    if (revisions->n_gone + revisions->n_new > 0)
        (void)snprintf(out + used, PULSE_PREPARE_TEXT - (size_t)used,
                       "; %lld variables new, %lld gone", (long long)revisions->n_new,
                       (long long)revisions->n_gone);
    return out;
}

static void print_head(const struct pulse_prepare_view *view, FILE *out)
{
    const struct pulse_sheet *sheet = &view->panel->sheet;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], frequency[PULSE_FREQUENCY_TEXT];
    char text[PULSE_PREPARE_TEXT];
    pulse_terminal_write(out, view->request->output, 0);
    (void)fprintf(out, ": %lld variable%s, %lld row%s, %s to %s", (long long)view->panel->n,
                  view->panel->n == 1 ? "" : "s", (long long)sheet->n, sheet->n == 1 ? "" : "s",
                  pulse_format_day(sheet->day[0], first),
                  pulse_format_day(sheet->day[sheet->n - 1], last));
    if (pulse_frequency_name(sheet->day, sheet->n, frequency)[0] != '\0')
        (void)fprintf(out, ", %s", frequency);
    (void)fputc('\n', out);
    for (int64_t s = 0; s < view->panel->sources.n; s++) {
        const struct pulse_source *source = &view->panel->sources.all[s];
        (void)fputs("from ", out);
        pulse_terminal_write(out, source->uri, 0);
        (void)fprintf(out, ": %lld variable%s, %lld value%s\n", (long long)source->n_variables,
                      source->n_variables == 1 ? "" : "s", (long long)source->values,
                      source->values == 1 ? "" : "s");
    }
    if (view->quality->revisions.against != NULL) {
        (void)fputs("since ", out);
        pulse_terminal_write(out, view->quality->revisions.against, 0);
        (void)fprintf(out, ": %s\n", pulse_prepare_describe_revisions(view->quality, text));
    }
}

static void print_variable(const struct pulse_prepare_view *view, int64_t v, int width, FILE *out)
{
    const struct pulse_quality_variable *of = &view->quality->of[v];
    char first[PULSE_DATE_TEXT] = "-", last[PULSE_DATE_TEXT] = "-";
    if (of->observed > 0) {
        (void)pulse_format_day(of->first, first);
        (void)pulse_format_day(of->last, last);
    }
    pulse_terminal_write(out, view->panel->names[v], width);
    (void)fprintf(out, " %10lld  %-10s  %-10s %9.2f %6lld %6lld %6lld %8lld\n",
                  (long long)of->observed, first, last, 100 * of->missing, (long long)of->gap,
                  (long long)of->stale, (long long)of->jumps,
                  (long long)(of->revised + of->lost + of->late));
}

void pulse_prepare_print(const struct pulse_prepare_view *view, FILE *out)
{
    int width = 8;
    for (int64_t v = 0; v < view->panel->n; v++)
        width = pulse_terminal_widen(width, view->panel->names[v]);
    print_head(view, out);
    (void)fprintf(out, "%-*s %10s  %-10s  %-10s %9s %6s %6s %6s %8s\n", width, "variable", "values",
                  "first", "last", "missing %", "gap d", "stale", "jumps", "changed");
    for (int64_t v = 0; v < view->panel->n; v++)
        print_variable(view, v, width, out);
}

/* ---- JSON --------------------------------------------------------------------------- */

static json_t *make_day(bool there, int64_t day)
{
    return there ? pulse_json_day(day) : json_null();
}

static json_t *build_variable(const struct pulse_prepare_view *view, int64_t v)
{
    const struct pulse_quality_variable *of = &view->quality->of[v];
    const int64_t source = view->panel->source[v];
    const bool any = of->observed > 0;
    return json_pack(
        "{s:s, s:s?, s:I, s:o, s:o, s:f, s:I, s:o, s:I, s:I, s:I, s:f, s:o, s:I, s:I, "
        "s:I, s:I, s:o}",
        "name", view->panel->names[v], "source",
        source < 0 ? NULL : view->panel->sources.all[source].uri, "values",
        (json_int_t)of->observed, "first", make_day(any, of->first), "last",
        make_day(any, of->last), "missing", of->missing, "gap", (json_int_t)of->gap, "gap_from",
        make_day(of->gap > 0, of->gap_from), "stale", (json_int_t)of->stale, "unchanged",
        (json_int_t)of->unchanged, "jumps", (json_int_t)of->jumps, "jump", of->jump, "jump_day",
        make_day(of->jumps > 0, of->jump_day), "duplicates", (json_int_t)of->duplicates, "revised",
        (json_int_t)of->revised, "lost", (json_int_t)of->lost, "late", (json_int_t)of->late,
        "changed_from", make_day(of->revised + of->lost + of->late > 0, of->changed_from));
}

static json_t *build_revisions(const struct pulse_revisions *revisions)
{
    json_t *gone = json_array();
    if (revisions->against == NULL) {
        json_decref(gone);
        return json_null();
    }
    for (int64_t i = 0; i < revisions->n_gone; i++)
        (void)json_array_append_new(gone, json_string(revisions->gone[i]));
    return json_pack("{s:s, s:o, s:I, s:I, s:o, s:o}", "against", revisions->against, "last",
                     make_day(revisions->last != INT64_MIN, revisions->last), "new_rows",
                     (json_int_t)revisions->new_rows, "new_variables", (json_int_t)revisions->n_new,
                     "gone", gone, "changed_from",
                     make_day(revisions->changed, revisions->changed_from));
}

static json_t *build_gates(const struct pulse_prepare_view *view)
{
    json_t *gates = json_array();
    for (int64_t g = 0; g < view->request->n_gates; g++) {
        const struct pulse_prepare_finding *found = &view->findings[g];
        (void)json_array_append_new(
            gates, json_pack("{s:s, s:b, s:o, s:o, s:s?}", "gate", view->request->gates[g].text,
                             "met", !(found->miss > 0), "value", pulse_json_number(found->value),
                             "short_by", pulse_json_number(found->miss), "of", found->of));
    }
    return gates;
}

static json_t *build_sources(const struct pulse_sources *sources)
{
    json_t *all = json_array();
    for (int64_t s = 0; s < sources->n; s++)
        (void)json_array_append_new(all,
                                    json_pack("{s:s, s:I, s:I}", "path", sources->all[s].uri,
                                              "variables", (json_int_t)sources->all[s].n_variables,
                                              "values", (json_int_t)sources->all[s].values));
    return all;
}

int pulse_prepare_json(const struct pulse_prepare_view *view, FILE *out, struct pulse_err *err)
{
    const struct pulse_sheet *sheet = &view->panel->sheet;
    const struct pulse_quality *quality = view->quality;
    json_t *variables = json_array();
    int status = 0;
    for (int64_t v = 0; v < view->panel->n; v++)
        status |= json_array_append_new(variables, build_variable(view, v));
    json_t *root = json_pack(
        "{s:s, s:I, s:o, s:o, s:o, s:I, s:o, s:I, s:o, s:o, s:o, s:b, s:o}", "panel",
        view->request->output, "rows", (json_int_t)sheet->n, "first", make_day(true, sheet->day[0]),
        "last", make_day(true, sheet->day[sheet->n - 1]), "as_of", make_day(true, quality->as_of),
        "calendar_gap", (json_int_t)quality->calendar_gap, "calendar_gap_from",
        make_day(quality->calendar_gap > 0, quality->gap_from), "days_left_out",
        (json_int_t)view->panel->left_out_days, "sources", build_sources(&view->panel->sources),
        "revisions", build_revisions(&quality->revisions), "gates", build_gates(view), "met",
        (int)view->met, "variables", variables);
    if (status == 0 && root != NULL)
        (void)json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    (void)fputc('\n', out);
    status =
        status == 0 && root != NULL
            ? 0
            : pulse_fail(err, PULSE_E_INPUT, "%s: a name in it is not UTF-8 and cannot be JSON",
                         view->request->output);
    json_decref(root);
    return status;
}
