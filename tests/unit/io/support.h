/* What the tests of io share: a directory of one's own, files in it, running one case. */
#ifndef PULSE_TEST_SUPPORT_H
#define PULSE_TEST_SUPPORT_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* A fresh directory; removed with everything in it by remove_directory. Free the name with it. */
char *make_directory(void);
void remove_directory(char *dir);

/* Writes DIR/NAME; returns its path, to be freed. */
char *write_bytes(const char *dir, const char *name, const void *bytes, size_t length);
char *write_text(const char *dir, const char *name, const char *text);

/* Asserts that the message holds `part`, showing it if not. */
void assert_says(const struct pulse_err *err, const char *part);

/* Runs the case named on the command line, all without one. */
#define RUN_CASES(tests, argc, argv)                                                               \
    (cmocka_set_test_filter((argc) > 1 ? (argv)[1] : NULL),                                        \
     cmocka_run_group_tests(tests, NULL, NULL))

/* Pseudo-random numbers for the tests (splitmix64). */
uint64_t next_random(uint64_t *state);

#endif
