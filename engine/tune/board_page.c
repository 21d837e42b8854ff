#include "tune/board_page.h"

#include <math.h>

#include "evaluate/gains.h"
#include "page/page.h"
#include "tune/board_output.h"

/* ---- Words --------------------------------------------------------------------------- */

static void write_paragraph(void *context, const char *sentence)
{
    (void)fputs("<p>", context);
    pulse_svg_escape(context, sentence);
    (void)fputs("</p>\n", context);
}

static void write_head(const struct pulse_board *board, FILE *out)
{
    char count[PULSE_SHOWN];
    (void)fputs("<header><p class=\"kicker\">Study of options of retrodiction training</p>\n<h1>",
                out);
    if (board->beats) {
        (void)fputs("Better than the default: ", out);
        pulse_svg_escape(out, board->row[board->winner].record.options);
    } else
        (void)fputs(board->by_default < 0 ? "Nothing to compare yet"
                    : board->verdict.superior.consistent <= 0.1
                        ? "The best does not surely beat the default"
                        : "Nothing beats the default",
                    out);
    (void)fprintf(out, ".</h1>\n<p>%s trials done, %lld failed, %lld left.</p>\n",
                  pulse_shown_count(board->done, count), (long long)board->failed,
                  (long long)board->waiting);
    pulse_board_conclude(board, write_paragraph, out);
    (void)fputs("</header>\n<main>\n", out);
}

static void write_share(FILE *out, double share)
{
    char text[PULSE_SHOWN];
    pulse_page_table_number(out, share, pulse_shown_percent(share, 2, text));
}

static void write_number(FILE *out, double x, int decimals)
{
    char text[PULSE_SHOWN];
    pulse_page_table_number(out, x, pulse_shown_fixed(x, decimals, text));
}

static void write_row(const struct pulse_board *board, const struct pulse_board_row *row, FILE *out)
{
    const struct pulse_run_scores *scores = row->run < 0 ? NULL : &board->verdict.scores[row->run];
    const double none = (double)NAN;
    char text[PULSE_SHOWN];
    pulse_page_table_name(out, row->record.options);
    (void)fprintf(out, "<td class=\"l\">%s</td>", pulse_board_state(row));
    write_share(out, scores == NULL ? none : scores->skill);
    write_share(out, row->over_persistence_error);
    write_share(out, row->over_default);
    write_share(out, row->over_default_error);
    pulse_page_table_number(out, scores == NULL ? none : scores->membership,
                            pulse_shown_p(scores == NULL ? none : scores->membership, text));
    write_number(out, scores == NULL ? none : scores->hit, 3);
    write_number(out, row->record.vcpu_seconds, 2);
    (void)fputs("<td class=\"l\">", out);
    pulse_svg_escape(out, row->record.reason == NULL ? "" : row->record.reason);
    (void)fputs("</td></tr>\n", out);
}

static void write_trials(const struct pulse_board *board, FILE *out)
{
    pulse_page_section_open(
        out, "trials", "Trials",
        "Skill is the share of persistence's squared error that a trial removes, a mean over the "
        "variables, with its standard error; gain is the difference of losses to the default. "
        "Trials whose p in the confidence set is 0.1 or more cannot be distinguished from the "
        "best.");
    pulse_page_table_open(out, "",
                          "Options|<State|Skill|Error|Gain|Error|p in the set|Hit rate|vCPU "
                          "seconds|<Why it failed");
    for (int64_t i = 0; i < board->n; i++)
        write_row(board, &board->row[i], out);
    pulse_page_table_close(out);
    pulse_page_section_close(out);
}

/* ---- When the best gained ------------------------------------------------------------ */

enum { DRAWN = 6 };

/* Of the best trials. */
static int write_gains(const struct pulse_board *board, FILE *out, struct pulse_err *err)
{
    int64_t run[DRAWN], n = 0;
    const char *name[DRAWN];
    for (; n < DRAWN && n < board->done; n++) {
        run[n] = board->row[n].run;
        name[n] = board->row[n].record.options;
    }
    const struct pulse_gains gains = {
        .comparison = &board->comparison,
        .base = board->row[board->by_default].run,
        .n = n,
        .run = run,
        .name = name,
        .title = "When the best trials gained on the default",
        .note = "Loss of the default less that of the trial, over all windows so far. One scale "
                "for all. A line that climbs all along is better than one that leaps.",
        .one = "trial",
        .other = "default"};
    return pulse_gains_write(&gains, out, err);
}

int pulse_board_page(const struct pulse_board *board, FILE *out, struct pulse_err *err)
{
    int status = 0;
    pulse_page_open(out, NULL, "Study", NULL);
    write_head(board, out);
    write_trials(board, out);
    if (board->done > 0 && board->by_default >= 0)
        status = write_gains(board, out, err);
    pulse_page_close(out, "Made by <code>pulse-tune show</code> from the study's trials.");
    return status;
}
