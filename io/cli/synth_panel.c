#include "cli/synth_panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/random.h"

/* One seed, independent streams: more rows do not change the model, gaps do not change values. */
enum stream { STREAM_MODEL, STREAM_NOISE, STREAM_GAPS };

enum {
    LINKS_PER_TARGET = 3,
    RELEASE_DAY = 12, /* monthly numbers come on the first trading day from the 12th on */
};
static const double LARGEST_GAIN = 0.7; /* sum of |coefficients| of a target; below 1 is stable */

/* ---- Variables ------------------------------------------------------------------ */

struct known {
    const char *name;
    double start;
    bool quarterly;
};

static const struct known daily_names[] = {
    {"spx_close", 1400, false},  {"us_10y_yield", 5, false},    {"vix_close", 20, false},
    {"wti_spot", 60, false},     {"gold_spot", 1200, false},    {"eurusd", 1.2, false},
    {"us_2y_yield", 4, false},   {"nasdaq_close", 4000, false}, {"brent_spot", 62, false},
    {"usdjpy", 110, false},      {"us_3m_yield", 3, false},     {"hy_spread", 5, false},
    {"copper_spot", 3, false},   {"gbpusd", 1.5, false},        {"us_30y_yield", 5.5, false},
    {"dax_close", 7000, false},  {"natgas_spot", 4, false},     {"nikkei_close", 16000, false},
    {"silver_spot", 17, false},  {"usdchf", 1.1, false},        {"ftse_close", 6000, false},
    {"us_5y_yield", 4.5, false}, {"audusd", 0.75, false},       {"ig_spread", 1.5, false},
};

static const struct known sparse_names[] = {
    {"cpi_yoy", 3, false},
    {"gdp_growth", 3, true},
    {"unemployment_rate", 6, false},
    {"corporate_profits", 1500, true},
    {"ism_manufacturing", 52, false},
    {"current_account", 400, true},
    {"retail_sales", 350, false},
    {"productivity", 100, true},
};

/* The i-th known variable of its sort, or var_0042 beyond the list. */
static void describe_variable(struct pulse_synth_variable *v, int64_t position, int64_t i,
                              bool sparse, int64_t rows)
{
    const struct known *list = sparse ? sparse_names : daily_names;
    size_t count = sparse ? sizeof sparse_names / sizeof *list : sizeof daily_names / sizeof *list;
    *v = (struct pulse_synth_variable){.start = 100};
    bool quarterly = sparse && i % 2 == 1;
    if ((size_t)i < count) {
        (void)snprintf(v->name, sizeof v->name, "%s", list[i].name);
        v->start = list[i].start;
        quarterly = list[i].quarterly;
    } else {
        (void)snprintf(v->name, sizeof v->name, "var_%04lld", (long long)position);
    }
    if (sparse)
        v->kind = quarterly ? PULSE_SYNTH_QUARTERLY : PULSE_SYNTH_MONTHLY;
    /* Small enough for a walk of so many steps to stay above zero, where logarithms are wanted. */
    v->scale = v->start * fmin(0.01, 1.0 / (6.0 * sqrt((double)rows)));
}

/* The sparse ones last; the last daily one starts late. */
static int make_variables(const struct pulse_synth_options *options,
                          struct pulse_synth_panel *panel, struct pulse_err *err)
{
    int64_t daily = options->variables - options->sparse;
    panel->variables = pulse_calloc(panel->n, sizeof *panel->variables, "variables", err);
    if (panel->variables == NULL)
        return -1;
    for (int64_t v = 0; v < panel->n; v++)
        describe_variable(&panel->variables[v], v, v < daily ? v : v - daily, v >= daily,
                          panel->rows);
    if (daily >= 4)
        panel->variables[daily - 1].first_row = panel->rows / 5;
    return 0;
}

/* ---- The model ------------------------------------------------------------------ */

static int compare_links(const void *a, const void *b)
{
    const struct pulse_synth_link *x = a, *y = b;
    int64_t d = x->target != y->target ? x->target - y->target
                : x->lag != y->lag     ? x->lag - y->lag
                                       : x->source - y->source;
    return (d > 0) - (d < 0);
}

static bool is_taken(const struct pulse_synth_link *links, int64_t n, struct pulse_synth_link link)
{
    for (int64_t i = 0; i < n; i++)
        if (links[i].lag == link.lag && links[i].source == link.source)
            return true;
    return false;
}

/* Each target gets a few links from daily variables; with each row's sum of |A| below 1 the VAR is
 * stable whatever the signs. */
static int make_links(const struct pulse_synth_options *options, struct pulse_synth_panel *panel,
                      struct pulse_err *err)
{
    struct pulse_random random;
    int64_t daily = options->variables - options->sparse;
    if (options->random_walk || daily == 0)
        return 0;
    panel->link = pulse_calloc(panel->n * LINKS_PER_TARGET, sizeof *panel->link, "links", err);
    if (panel->link == NULL)
        return -1;
    pulse_random_init(&random, options->seed, STREAM_MODEL);
    for (int64_t v = 0; v < panel->n; v++) {
        struct pulse_synth_link *mine = panel->link + panel->links;
        int64_t n = 0;
        double gain = 0;
        for (int64_t i = 0; i < LINKS_PER_TARGET; i++) {
            int64_t lag = 1 + pulse_random_below(&random, options->lags);
            double size = (0.12 + 0.18 * pulse_random_uniform(&random)) / (double)lag;
            double sign = pulse_random_uniform(&random) < 0.5 ? -1 : 1;
            struct pulse_synth_link link = {lag, v, pulse_random_below(&random, daily),
                                            sign * size};
            if (is_taken(mine, n, link) || gain + size > LARGEST_GAIN)
                continue;
            gain += size;
            mine[n++] = link;
        }
        panel->links += n;
    }
    qsort(panel->link, (size_t)panel->links, sizeof *panel->link, compare_links);
    return 0;
}

/* ---- Days ----------------------------------------------------------------------- */

static bool is_trading_day(int64_t day)
{
    int64_t year;
    int month, dom, weekday = pulse_weekday(day);
    pulse_civil_from_days(day, &year, &month, &dom);
    if (weekday == 0 || weekday == 6)
        return false;
    bool fixed = (month == 1 && dom == 1) || (month == 7 && dom == 4) || (month == 12 && dom == 25);
    bool fourth_thursday = month == 11 && weekday == 4 && dom >= 22 && dom <= 28;
    return !fixed && !fourth_thursday;
}

static int make_days(const struct pulse_synth_options *options, struct pulse_synth_panel *panel,
                     struct pulse_err *err)
{
    panel->days = pulse_calloc(panel->rows, sizeof *panel->days, "days", err);
    if (panel->days == NULL)
        return -1;
    int64_t row = 0;
    for (int64_t day = options->start_day; row < panel->rows && day <= PULSE_DAY_MAX; day++)
        if (is_trading_day(day))
            panel->days[row++] = day;
    if (row < panel->rows)
        return pulse_fail(err, PULSE_E_USAGE,
                          "%lld rows from the start date reach beyond the year 2261; ask for at "
                          "most %lld",
                          (long long)panel->rows, (long long)row);
    return 0;
}

/* Bit set of the kinds that are released on this row. */
static unsigned kinds_released(const struct pulse_synth_panel *panel, int64_t row)
{
    int64_t year, year_before;
    int month, dom, month_before = 0, dom_before = 0;
    pulse_civil_from_days(panel->days[row], &year, &month, &dom);
    if (row > 0)
        pulse_civil_from_days(panel->days[row - 1], &year_before, &month_before, &dom_before);
    bool first_from_then =
        dom >= RELEASE_DAY && (row == 0 || month_before != month || dom_before < RELEASE_DAY);
    unsigned kinds = 1u << PULSE_SYNTH_DAILY;
    if (first_from_then)
        kinds |= 1u << PULSE_SYNTH_MONTHLY;
    if (first_from_then && month % 3 == 1)
        kinds |= 1u << PULSE_SYNTH_QUARTERLY;
    return kinds;
}

/* ---- The walk ------------------------------------------------------------------- */

/* `z` holds the last p + 1 rows of changes, in turn. */
static void step_model(const struct pulse_synth_panel *panel, int64_t row, int64_t ring,
                       double volatility, struct pulse_random *random, double *z)
{
    double *now = z + row % ring * panel->n;
    for (int64_t v = 0; v < panel->n; v++)
        now[v] = volatility * pulse_random_normal(random);
    for (int64_t i = 0; i < panel->links; i++) {
        const struct pulse_synth_link *link = &panel->link[i];
        if (link->lag <= row)
            now[link->target] +=
                link->value * z[(row - link->lag) % ring * panel->n + link->source];
    }
}

static void observe_row(const struct pulse_synth_panel *panel, int64_t row, double gaps,
                        const double *level, struct pulse_random *random)
{
    unsigned kinds = kinds_released(panel, row);
    double *to = panel->values + row * panel->n;
    for (int64_t v = 0; v < panel->n; v++) {
        const struct pulse_synth_variable *variable = &panel->variables[v];
        bool gap = variable->kind == PULSE_SYNTH_DAILY && pulse_random_uniform(random) < gaps;
        bool seen = (kinds >> variable->kind & 1) != 0 && row >= variable->first_row && !gap;
        to[v] = seen ? nearbyint(level[v] * 1e6) / 1e6 : NAN;
    }
}

static int make_values(const struct pulse_synth_options *options, struct pulse_synth_panel *panel,
                       struct pulse_err *err)
{
    struct pulse_random noise, gaps;
    const int64_t ring = options->lags + 1;
    double log_volatility = 0;
    int64_t values;
    if (__builtin_mul_overflow(panel->rows, panel->n, &values))
        values = -1;
    double *z = pulse_calloc(ring * panel->n, sizeof *z, "changes", err);
    double *level = pulse_calloc(panel->n, sizeof *level, "levels", err);
    panel->values = pulse_calloc(values, sizeof *panel->values, "the panel", err);
    int rc = z == NULL || level == NULL || panel->values == NULL ? -1 : 0;
    pulse_random_init(&noise, options->seed, STREAM_NOISE);
    pulse_random_init(&gaps, options->seed, STREAM_GAPS);
    for (int64_t v = 0; rc == 0 && v < panel->n; v++)
        level[v] = panel->variables[v].start;
    for (int64_t row = 0; rc == 0 && row < panel->rows; row++) {
        log_volatility = 0.97 * log_volatility + 0.12 * pulse_random_normal(&noise);
        step_model(panel, row, ring, exp(log_volatility), &noise, z);
        for (int64_t v = 0; v < panel->n; v++)
            level[v] += panel->variables[v].scale * z[row % ring * panel->n + v];
        observe_row(panel, row, options->gaps, level, &gaps);
    }
    free(level);
    free(z);
    return rc;
}

int pulse_synth_make(const struct pulse_synth_options *options, struct pulse_synth_panel *out,
                     struct pulse_err *err)
{
    *out = (struct pulse_synth_panel){.rows = options->rows, .n = options->variables};
    if (make_variables(options, out, err) == 0 && make_links(options, out, err) == 0 &&
        make_days(options, out, err) == 0 && make_values(options, out, err) == 0)
        return 0;
    pulse_synth_clear(out);
    return -1;
}

void pulse_synth_clear(struct pulse_synth_panel *panel)
{
    free(panel->variables);
    free(panel->link);
    free(panel->days);
    free(panel->values);
    *panel = (struct pulse_synth_panel){0};
}
