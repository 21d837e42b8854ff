#include <math.h>

#include "base/date.h"
#include "page/page.h"
#include "prepare/output.h"

/* Pieces of a variable's strip; what is missing in them is drawn. */
enum { PIECES = 120, STRIP_WIDTH = 240, STRIP_HEIGHT = 14 };

static void write_head(const struct pulse_prepare_view *view, FILE *out)
{
    const struct pulse_sheet *sheet = &view->panel->sheet;
    char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT], count[PULSE_SHOWN];
    (void)fputs("<header><p class=\"kicker\">Quality of a panel</p>\n<h1>", out);
    pulse_svg_escape(out, view->request->output);
    (void)fprintf(out, "%s</h1>\n<p>%s variables, ",
                  view->met ? "." : ": a gate is not met, so it was not written.",
                  pulse_shown_count(view->panel->n, count));
    (void)fprintf(out, "%s rows from %s to %s.", pulse_shown_count(sheet->n, count),
                  pulse_format_day(sheet->day[0], first),
                  pulse_format_day(sheet->day[sheet->n - 1], last));
    (void)fputs("</p></header>\n<main>\n", out);
}

static void write_cell(FILE *out, const char *text)
{
    (void)fputs("<td class=\"l\">", out);
    pulse_svg_escape(out, text);
    (void)fputs("</td>", out);
}

static void write_day(FILE *out, bool there, int64_t day)
{
    char text[PULSE_DATE_TEXT];
    pulse_page_table_cell(out, there ? pulse_format_day(day, text) : "\xe2\x80\x93");
}

static void write_gates(const struct pulse_prepare_view *view, FILE *out)
{
    if (view->request->n_gates == 0)
        return;
    pulse_page_section_open(out, "gates", "Gates",
                            "What the panel must show to be taken, and what it shows.");
    pulse_page_table_open(out, "", "Gate|Value|Short by|<Of|<Met");
    for (int64_t g = 0; g < view->request->n_gates; g++) {
        const struct pulse_prepare_finding *found = &view->findings[g];
        char text[PULSE_SHOWN];
        pulse_page_table_name(out, view->request->gates[g].text);
        (void)snprintf(text, sizeof text, "%.6g", found->value);
        pulse_page_table_number(out, found->value, text);
        (void)snprintf(text, sizeof text, "%.6g", found->miss);
        pulse_page_table_number(out, found->miss, text);
        write_cell(out, found->of == NULL ? "" : found->of);
        (void)fprintf(out, "<td class=\"l\">%s</td></tr>\n",
                      found->miss > 0 ? "<b class=\"bad\">no</b>" : "yes");
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

static void write_revisions(const struct pulse_prepare_view *view, FILE *out)
{
    const struct pulse_quality *quality = view->quality;
    char text[PULSE_PREPARE_TEXT];
    if (quality->revisions.against == NULL)
        return;
    pulse_page_section_open(out, "revisions", "Since the last panel",
                            pulse_prepare_describe_revisions(quality, text));
    pulse_page_table_open(out, "sort", "Variable|Revised|Lost|Late|From");
    for (int64_t v = 0; v < view->panel->n; v++) {
        const struct pulse_quality_variable *of = &quality->of[v];
        if (of->revised + of->lost + of->late == 0)
            continue;
        pulse_page_table_name(out, view->panel->names[v]);
        pulse_page_table_count(out, (double)of->revised);
        pulse_page_table_count(out, (double)of->lost);
        pulse_page_table_count(out, (double)of->late);
        write_day(out, true, of->changed_from);
        (void)fputs("</tr>\n", out);
    }
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* Where values are: a bar as high as the share of rows that have one, all along the panel. */
static void write_strip(const struct pulse_sheet *sheet, int64_t v, const char *name, FILE *out)
{
    const int64_t pieces = sheet->n < PIECES ? sheet->n : PIECES;
    const double width = (double)STRIP_WIDTH / (double)pieces;
    (void)fputs("<td>", out);
    pulse_svg_open_short(out, "small", STRIP_WIDTH, STRIP_HEIGHT, name);
    for (int64_t p = 0; p < pieces; p++) {
        const int64_t from = p * sheet->n / pieces, end = (p + 1) * sheet->n / pieces;
        int64_t there = 0;
        for (int64_t t = from; t < end; t++)
            there += !isnan(sheet->row[t][v]);
        const double height = STRIP_HEIGHT * (double)there / (double)(end - from);
        if (there > 0)
            pulse_svg_rect(out, "sq", width * (double)p, STRIP_HEIGHT - height, width, height);
    }
    pulse_svg_close(out);
    (void)fputs("</td>", out);
}

static void write_variable(const struct pulse_prepare_view *view, int64_t v, FILE *out)
{
    const struct pulse_quality_variable *of = &view->quality->of[v];
    const int64_t source = view->panel->source[v];
    const bool any = of->observed > 0;
    char text[PULSE_SHOWN];
    pulse_page_table_name(out, view->panel->names[v]);
    pulse_page_table_count(out, (double)of->observed);
    write_day(out, any, of->first);
    write_day(out, any, of->last);
    pulse_page_table_number(out, of->missing, pulse_shown_percent(of->missing, 2, text));
    pulse_page_table_count(out, (double)of->gap);
    write_day(out, of->gap > 0, of->gap_from);
    pulse_page_table_count(out, (double)of->stale);
    pulse_page_table_count(out, (double)of->unchanged);
    pulse_page_table_count(out, (double)of->jumps);
    pulse_page_table_number(out, of->jump, pulse_shown_fixed(of->jump, 1, text));
    write_day(out, of->jumps > 0, of->jump_day);
    pulse_page_table_count(out, (double)of->duplicates);
    write_strip(&view->panel->sheet, v, view->panel->names[v], out);
    write_cell(out, source < 0 ? "derived" : view->panel->sources.all[source].uri);
    (void)fputs("</tr>\n", out);
}

static void write_variables(const struct pulse_prepare_view *view, FILE *out)
{
    char how[400];
    (void)snprintf(
        how, sizeof how,
        "Missing counts the rows from a variable's first value on. A gap is the most days "
        "from one value to the next. Stale: days from the last value to the panel's last "
        "row; unchanged: values at the end that repeat the one before. A jump is a "
        "change of more than %g robust deviations of the last 250 changes.",
        view->request->jump);
    pulse_page_section_open(out, "variables", "Variables", how);
    pulse_page_table_open(out, "sort",
                          "Variable|Values|First|Last|Missing|Gap|from|Stale|Unchanged|Jumps|"
                          "Largest|on|Duplicates|<Where values are|<Source");
    for (int64_t v = 0; v < view->panel->n; v++)
        write_variable(view, v, out);
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

int pulse_prepare_page(const struct pulse_prepare_view *view, FILE *out, struct pulse_err *err)
{
    (void)err;
    pulse_page_open(out, NULL, "Quality of a panel", NULL);
    write_head(view, out);
    write_gates(view, out);
    write_revisions(view, out);
    write_variables(view, out);
    pulse_page_close(out, "Made by <code>pulse-data prepare</code>.");
    return 0;
}
