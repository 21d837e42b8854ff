/* What is said of a panel: for people, as JSON, and as a page (page.c). Writes into streams; knows
 * nothing of files. */
#ifndef PULSE_PREPARE_OUTPUT_H
#define PULSE_PREPARE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "prepare/gate.h"
#include "prepare/quality.h"
#include "prepare/request.h"

struct pulse_prepare_view {
    const struct pulse_prepare_request *request;
    const struct pulse_prepared *panel;
    const struct pulse_quality *quality;
    const struct pulse_prepare_finding *findings; /* of the request's gates */
    bool met;                                     /* all gates are */
};

/* A summary and a table with a row a variable. Errors stay in the stream. */
void pulse_prepare_print(const struct pulse_prepare_view *view, FILE *out);

/* All figures as JSON. PULSE_E_INPUT where a name is not UTF-8. */
int pulse_prepare_json(const struct pulse_prepare_view *view, FILE *out, struct pulse_err *err);

/* A page with gates, revisions and variables. No errors but the stream's. */
int pulse_prepare_page(const struct pulse_prepare_view *view, FILE *out, struct pulse_err *err);

/* "3 values revised, 1 lost, 0 late, from 2005-03-04 on" or what else is to be said of the last
 * panel; returns `out`. */
enum { PULSE_PREPARE_TEXT = 200 };
char *pulse_prepare_describe_revisions(const struct pulse_quality *quality,
                                       char out[PULSE_PREPARE_TEXT]);

#endif
