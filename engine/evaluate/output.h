/* A comparison as text on the terminal, as JSON and as CSV. Computes nothing but shares of years.
 */
#ifndef PULSE_EVALUATE_OUTPUT_H
#define PULSE_EVALUATE_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "evaluate/horizons.h"
#include "evaluate/verdict.h"

/* What the user asked to see of it. */
struct pulse_evaluation_view {
    const struct pulse_comparison *comparison;
    const struct pulse_verdict *verdict;
    const struct pulse_horizon_skills *horizons;
    bool by_year, by_variable, by_horizon;
};

/* The windows of a year: those that start in it. */
struct pulse_year {
    int64_t year, from, to; /* windows from … to − 1 */
};

/* The years of the compared windows into *years, to be freed; how many, or −1: PULSE_E_MEMORY. */
int64_t pulse_evaluation_years(const struct pulse_comparison *comparison, struct pulse_year **years,
                               struct pulse_err *err);

/* 1 − mean loss of run r over those windows as a share of persistence's. */
double pulse_evaluation_year_skill(const struct pulse_comparison *comparison, int64_t r,
                                   const struct pulse_year *year);

/* The name of a model: of a run, or "persistence". */
const char *pulse_evaluation_name(const struct pulse_comparison *comparison, int64_t model);

/* Tables for people. PULSE_E_MEMORY; write errors stay in the stream. */
int pulse_evaluation_print(const struct pulse_evaluation_view *view, FILE *out,
                           struct pulse_err *err);

/* Everything, the bootstrap's positions too; a new reference. NULL: PULSE_E_MEMORY. */
json_t *pulse_evaluation_json(const struct pulse_evaluation_view *view, struct pulse_err *err);

/* The positions of its draws; a new reference. NULL: out of memory. */
json_t *pulse_evaluation_bootstrap(const struct pulse_bootstrap *bootstrap);

/* A row a run, variable, year ("all" for all of them) and horizon, the main one first:
 * run,variable,year,rows,skill,hit,coverage_80,coverage_95,horizon. PULSE_E_MEMORY; write errors
 * stay in the stream. */
int pulse_evaluation_csv(const struct pulse_evaluation_view *view, FILE *out,
                         struct pulse_err *err);

#endif
