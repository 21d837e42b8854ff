/* What the engine's unit tests share: cmocka, one case per run, close numbers, seeded numbers, and
 * the options and panels that most cases begin with. */
#ifndef PULSE_TESTS_UNIT_ENGINE_CHECK_H
#define PULSE_TESTS_UNIT_ENGINE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "plan/options.h"
#include "plan/plan.h"

/* Runs the case that the command line names, or all of them. A name that is not there fails. */
int check_main(const struct CMUnitTest *cases, size_t n, int argc, char **argv);

/* |a − b| ≤ tolerance · max(1, |b|), or both NaN. */
#define CHECK_CLOSE(a, b, tolerance) check_close((a), (b), (tolerance), #a, __FILE__, __LINE__)
void check_close(double a, double b, double tolerance, const char *what, const char *file,
                 int line);

/* The same bits (so −0 is not 0, and NaN equals itself). */
#define CHECK_BITS(a, b) check_bits((a), (b), #a, __FILE__, __LINE__)
void check_bits(double a, double b, const char *what, const char *file, int line);

/* The kind, and that the text holds every one of the words up to NULL. */
void check_error(const struct pulse_err *err, enum pulse_kind kind, ...);

/* Uniform in [0, 1), about normal, and a whole number below n; `state` is the seed. */
double check_uniform(uint64_t *state);
double check_normal(uint64_t *state);
int64_t check_below(uint64_t *state, int64_t n);

/* The defaults, with these ridge penalties (borrowed). */
struct pulse_options check_options(double *ridge, int64_t n);

/* T calendar days in a row from 2001-01-01 on; caller frees. */
int64_t *check_calendar(int64_t T);

/* A plan over such a calendar with everything dense, windows of options->batch_size_days. */
struct pulse_plan check_plan(const struct pulse_options *options, int64_t T, int64_t E,
                             const struct pulse_system *systems, int64_t n_systems);

#endif
