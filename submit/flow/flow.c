#include "submit/flow/flow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t pulse_flow_find(const struct pulse_flow *flow, const char *name)
{
    for (int64_t i = 0; i < flow->n; i++)
        if (strcmp(flow->steps[i].name, name) == 0)
            return i;
    return -1;
}

int pulse_flow_fail(const struct pulse_flow *flow, int64_t line, struct pulse_err *err,
                    const char *format, ...)
{
    char what[PULSE_ERR_TEXT];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(what, sizeof what, format, values);
    va_end(values);
    return pulse_fail(err, PULSE_E_USAGE, "%.300s, line %lld: %s", flow->path, (long long)line,
                      what);
}

static void clear_step(struct pulse_flow_step *step)
{
    struct pulse_flow_words *const lists[] = {&step->words,   &step->after,   &step->reads,
                                              &step->writes,  &step->argv,    &step->inputs,
                                              &step->outputs, &step->patterns};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        pulse_flow_words_clear(lists[i]);
    free(step->queue);
    free(step->waits);
}

void pulse_flow_clear(struct pulse_flow *flow)
{
    for (int64_t i = 0; i < flow->n; i++)
        clear_step(&flow->steps[i]);
    char *const texts[] = {flow->path,       flow->name,  flow->results, flow->queue,
                           flow->definition, flow->share, flow->champion};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    free(flow->steps);
    free(flow->order);
    *flow = (struct pulse_flow){0};
}
