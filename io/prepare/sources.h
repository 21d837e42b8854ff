/* The sources as one list of variables, and their values handed on a day and variable at a time.
 * Reads through data/dataset.h; knows nothing of quality or of what is written. */
#ifndef PULSE_PREPARE_SOURCES_H
#define PULSE_PREPARE_SOURCES_H

#include <stdint.h>

#include "data/dataset.h"
#include "prepare/request.h"

struct pulse_source {
    const char *uri; /* borrowed */
    struct pulse_catalog catalog;
    struct pulse_read_options reading;
    int64_t *column;     /* catalog.n: of the panel; -1: not wanted */
    int64_t n_variables; /* wanted ones */
    int64_t bytes;
    int64_t values;  /* of them that were read within the period */
    int64_t untimed; /* rows whose time stands for none */
    int64_t beside;  /* columns of files of one variable that are not read */
};

/* Zero it; clear it in any case. */
struct pulse_sources {
    int64_t n;
    struct pulse_source *all;
    int64_t n_variables, cap_variables;
    char **names; /* n_variables: in the order of the sources, each once; borrowed from catalogs */
};

/* Opens all sources. PULSE_E_USAGE where --variables names what none has, PULSE_E_INPUT where one
 * is no dataset; the store's errors. What is left out of a source is warned about. */
int pulse_sources_open(const struct pulse_prepare_request *request, struct pulse_sources *out,
                       struct pulse_err *err);
void pulse_sources_clear(struct pulse_sources *sources);

/* Takes a finite value; -1 with an error. */
typedef int pulse_take_value(void *user, int64_t column, int64_t day, double value,
                             struct pulse_err *err);

/* Hands on all finite values of one source, in the order in which it has them; a large file goes
 * by in parts. `watch` is called with the share of the source that is read. */
int pulse_source_read(struct pulse_source *source, pulse_take_value *take, void *user,
                      void (*watch)(void *user, double share), struct pulse_err *err);

#endif
