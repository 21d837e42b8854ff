/* The sections of report.html, in the order in which they come, and what they share. Internal to
 * the files of this folder; knows nothing of files. Those that read results.h5 or need memory
 * return -1 with `err` filled. */
#ifndef PULSE_REPORT_SECTIONS_H
#define PULSE_REPORT_SECTIONS_H

#include "page/page.h"
#include "report/data.h"
#include "report/figures.h"

enum { PULSE_HORIZONS = 32 };

/* A horizon, and where its sections of the summary are. */
struct pulse_page_horizon {
    int64_t steps;
    const json_t *sections;
};

/* What is kept of a variable once its part is written. */
struct pulse_note {
    double naive, surprise;         /* as in pulse_figures */
    int64_t last_row, surprise_row; /* −1: none */
    double surprise_value;          /* what was observed then */
    double intervals, inside[2];    /* rows with intervals; inside 80 %, 95 % */
};

struct pulse_page {
    FILE *out;
    struct pulse_report *report;
    int64_t n;       /* variables that are predicted */
    int64_t targets; /* and those that were to be, but never enter */
    int64_t *order;  /* V: by skill, best first; those that never enter; those only learned from */
    bool brief;      /* so many that each has fewer pictures */
    int64_t trusted; /* whose trust is above one half, p < 0.05 adjusted for how many they are */
    int64_t surest;  /* the one of them with the highest lower bound; −1 */
    int64_t n_horizons;
    struct pulse_page_horizon horizon[PULSE_HORIZONS]; /* ascending, the main one first */
    struct pulse_periods years, groups;
    struct pulse_pool *pool;
    struct pulse_note *note;                  /* V */
    bool *marked;                             /* V: for any use */
    struct pulse_axis skill_axis, trust_axis; /* of all variables' pictures */
};

/* The whole period, from → to. */
struct pulse_axis pulse_page_days_axis(const struct pulse_page *page, double from, double to);

/* ---- One variable --------------------------------------------------------------- */

/* What all pictures have in common: frames with names, which they use. */
void pulse_page_frames(const struct pulse_page *page);
/* Whether the i-th variable of the order has a part of its own, and that part. */
bool pulse_page_has_detail(const struct pulse_page *page, int64_t i);
void pulse_page_detail(const struct pulse_page *page, int64_t i,
                       const struct pulse_figures *figures);
/* Observed and retrodicted, over the whole period and day by day. */
void pulse_picture_whole_frame(const struct pulse_page *page);
void pulse_picture_whole(const struct pulse_page *page, int64_t v);
/* The days of the rows that pictures keep one by one, for the script. */
void pulse_picture_days(const struct pulse_page *page);
/* What was observed last and what is forecast, as a picture and a table. */
void pulse_picture_fan(const struct pulse_page *page, int64_t v,
                       const struct pulse_figures *figures);
/* Fills in the scales that small pictures share. */
void pulse_picture_scales(struct pulse_page *page);
void pulse_picture_small_frames(const struct pulse_page *page);
void pulse_picture_skill(const struct pulse_page *page, int64_t v,
                         const struct pulse_figures *figures);
void pulse_picture_trust(const struct pulse_page *page, int64_t v,
                         const struct pulse_figures *figures);
void pulse_picture_fell(const struct pulse_page *page, const char *name, const double *fell);
void pulse_picture_autocorrelation(const struct pulse_page *page, int64_t v,
                                   const struct pulse_figures *figures);

/* The first cell of a line that is of a run of years. */
void pulse_page_put_years(FILE *out, const struct pulse_periods *years, int64_t i);

/* ---- Sections ------------------------------------------------------------------- */

void pulse_page_overview(const struct pulse_page *page);
void pulse_page_highlights(const struct pulse_page *page);
/* The section stays open: the parts of the variables come beside the table. */
void pulse_page_variables(const struct pulse_page *page);
void pulse_page_scores(const struct pulse_page *page);
void pulse_page_years(const struct pulse_page *page);
void pulse_page_calibration(const struct pulse_page *page);
int pulse_page_granger(const struct pulse_page *page, struct pulse_err *err);
int pulse_page_weights(const struct pulse_page *page, struct pulse_err *err);
void pulse_page_horizons(const struct pulse_page *page);
void pulse_page_windows(const struct pulse_page *page);
void pulse_page_timeline(const struct pulse_page *page);
void pulse_page_configuration(const struct pulse_page *page);

/* ---- Numbers -------------------------------------------------------------------- */

/* Fills page->trusted and page->surest. */
int pulse_page_count_trusted(struct pulse_page *page, struct pulse_err *err);
/* Fills page->horizon. */
void pulse_page_find_horizons(struct pulse_page *page);
/* A number of a horizon's section; NaN where there is none. */
double pulse_page_number_at(const struct pulse_page *page, int64_t horizon, const char *section,
                            int64_t v, const char *key);

/* A number of metrics in the summary. */
static inline double pulse_page_metric(const struct pulse_page *page, int64_t variable,
                                       const char *key)
{
    return pulse_report_number(page->report, "metrics", variable, key);
}

/* Digits that show a forecast of half-width `half` and its change both; a change below a thousandth
 * of that half-width counts as none. */
double pulse_page_resolution(double value, double half, double change);
/* A cell of a table: the change with its sign, none where all digits are zeros. */
void pulse_page_put_change(FILE *out, double change, double resolution);

/* The variable's name, a link to its part where it has one; in a line's first cell, or in text. */
void pulse_page_link(const struct pulse_page *page, int64_t i);

#endif
