/* A synthetic market panel whose true model is known.
 *
 * On every trading day t the scaled changes z_t of all variables follow a sparse, stable VAR(p):
 *     z_t = sum over k of A_k z_{t-k} + s_t e_t,    e_t independent standard normals,
 * with a volatility s_t that all share: ln s_t = 0.97 ln s_{t-1} + 0.12 n_t, n_t standard normal.
 * The level of variable v is x_t = x_{t-1} + scale_v z_t, rounded to 6 decimals where it is
 * observed. Monthly and quarterly variables are observed on release days only and drive nothing. */
#ifndef PULSE_CLI_SYNTH_PANEL_H
#define PULSE_CLI_SYNTH_PANEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct pulse_synth_options {
    int64_t rows;
    int64_t variables;
    int64_t sparse; /* how many of them are monthly or quarterly */
    int64_t lags;
    int64_t start_day;
    uint64_t seed;
    double gaps; /* share of a daily variable's observations that is left out */
    bool random_walk;
};

enum pulse_synth_kind { PULSE_SYNTH_DAILY, PULSE_SYNTH_MONTHLY, PULSE_SYNTH_QUARTERLY };

struct pulse_synth_variable {
    char name[32];
    enum pulse_synth_kind kind;
    double start;      /* level before the first row */
    double scale;      /* of its innovations */
    int64_t first_row; /* nothing is observed before */
};

/* target's z at t += value × source's z at t - lag. */
struct pulse_synth_link {
    int64_t lag;
    int64_t target;
    int64_t source;
    double value;
};

struct pulse_synth_panel {
    int64_t rows;
    int64_t n;
    struct pulse_synth_variable *variables; /* n */
    int64_t links;
    struct pulse_synth_link *link; /* by target, then lag, then source */
    int64_t *days;                 /* rows: trading days since 1970 */
    double *values;                /* rows × n, row after row; NaN where not observed */
};

int pulse_synth_make(const struct pulse_synth_options *options, struct pulse_synth_panel *out,
                     struct pulse_err *err);
void pulse_synth_clear(struct pulse_synth_panel *panel);

#endif
