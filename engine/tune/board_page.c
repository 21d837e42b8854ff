#include "tune/board_page.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "report/page.h"
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
        (void)fputs(board->by_default < 0 ? "Nothing to compare yet" : "Nothing beats the default",
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

enum { WIDTH = 320, HEIGHT = 150, LEFT = 44, RIGHT = 312, TOP = 6, BOTTOM = 132, UNITS = 1000 };
enum { DRAWN = 6 };

/* Gain of run r over the default up to each window (W). */
static void accumulate(const struct pulse_board *board, int64_t r, double *gain)
{
    const struct pulse_comparison *comparison = &board->comparison;
    const double *base = comparison->loss + board->row[board->by_default].run * comparison->W;
    double sum = 0;
    for (int64_t w = 0; w < comparison->W; w++) {
        sum += base[w] - comparison->loss[r * comparison->W + w];
        gain[w] = sum;
    }
}

static void draw_gain(const struct pulse_comparison *comparison, const char *name,
                      const double *gain, const struct pulse_axis *y, FILE *out)
{
    const struct pulse_loss_window *last = &comparison->windows[comparison->W - 1];
    const struct pulse_axis days = {(double)comparison->windows[0].start, (double)last->end, LEFT,
                                    RIGHT};
    const struct pulse_axis x = {days.low, days.high, 0, UNITS}, plot = {y->low, y->high, UNITS, 0};
    char title[256];
    struct pulse_pen pen;
    (void)fputs("<figure><figcaption>", out);
    pulse_svg_escape(out, name);
    (void)fputs("</figcaption>", out);
    (void)snprintf(title, sizeof title, "Gain of %.*s on the default", pulse_title_bytes(name),
                   name);
    pulse_svg_open(out, "chart", WIDTH, HEIGHT, title,
                   "A line for all windows so far; it climbs where the trial lost less");
    pulse_axis_values(out, y, 4, LEFT, RIGHT, 0, false);
    pulse_axis_days(out, &days, BOTTOM, 4);
    pulse_svg_plot_open(out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, UNITS, UNITS);
    pulse_pen_open(&pen, out, "line");
    for (int64_t w = 0; w < comparison->W; w++)
        (w == 0 ? pulse_pen_move : pulse_pen_draw)(
            &pen, llround(pulse_axis_within(&x, (double)comparison->windows[w].end)),
            llround(pulse_axis_within(&plot, gain[w])));
    pulse_pen_close(&pen);
    pulse_svg_close(out);
    pulse_svg_close(out);
    (void)fputs("</figure>\n", out);
}

/* Of the best trials, on one scale. */
static int write_gains(const struct pulse_board *board, FILE *out, struct pulse_err *err)
{
    const int64_t W = board->comparison.W, n = board->done < DRAWN ? board->done : DRAWN;
    double *gain = pulse_calloc(n * W, sizeof *gain, "the gains", err), low = 0, high = 0;
    if (gain == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        accumulate(board, board->row[i].run, gain + i * W);
    for (int64_t i = 0; i < n * W; i++) {
        low = fmin(low, gain[i]);
        high = fmax(high, gain[i]);
    }
    const double margin = high > low ? 0.03 * (high - low) : 1;
    const struct pulse_axis y = {low - margin, high + margin, BOTTOM, TOP};
    pulse_page_section_open(
        out, "gains", "When the best trials gained on the default",
        "Loss of the default less that of the trial, over all windows so far. One scale for all. A "
        "line that climbs all along is better than one that leaps.");
    (void)fputs("<div class=\"multiples wide\">\n", out);
    for (int64_t i = 0; i < n; i++)
        draw_gain(&board->comparison, board->row[i].record.options, gain + i * W, &y, out);
    (void)fputs("</div>\n", out);
    pulse_page_section_close(out);
    free(gain);
    return 0;
}

int pulse_board_page(const struct pulse_board *board, FILE *out, struct pulse_err *err)
{
    int status = 0;
    pulse_page_open(out, "Study", NULL);
    write_head(board, out);
    write_trials(board, out);
    if (board->done > 0 && board->by_default >= 0)
        status = write_gains(board, out, err);
    pulse_page_close(out, "Made by <code>pulse-tune show</code> from the study's trials.");
    return status;
}
