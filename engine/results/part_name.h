/* What the files of a run's results are called (DEFINITIONS §7.2, §7.5). Pure; knows nothing of
 * what is in them. */
#ifndef PULSE_RESULTS_PART_NAME_H
#define PULSE_RESULTS_PART_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum { PULSE_PART_NAME = 48 };

/* In the order in which they are delivered. */
enum pulse_result_file {
    PULSE_FILE_RESULTS,
    PULSE_FILE_PREDICTIONS,
    PULSE_FILE_REPORT,
    PULSE_FILE_SUMMARY, /* names the others */
    PULSE_FILES
};

/* The names that everybody knows: "results.h5", "predictions.parquet", "report.html",
 * "summary.json". */
extern const char *const pulse_file_names[PULSE_FILES];

/* What summary.json names it by, in `results`. */
const char *pulse_file_key(enum pulse_result_file file);

/* "results.0123456789abcdef.h5": the name that a file has beside those of other runs; that of
 * summary.json is always its own. Returns `out`. */
char *pulse_file_own_name(enum pulse_result_file file, uint64_t run, char out[PULSE_PART_NAME]);

/* Whether a name is one that a file (not a part) may have: a plain one, of no other directory. */
bool pulse_file_is_name(enum pulse_result_file file, const char *name);

/* "results.0123456789abcdef.002.h5": part 2 of a run; returns `out`. */
char *pulse_part_name(uint64_t run, int part, char out[PULSE_PART_NAME]);

/* Whether a name is of that form: a plain one, of no other directory. */
bool pulse_part_is_name(const char *name);

/* Whether a run, or who copies its results, makes files of such names: those above under any of
 * their names, and losses of trials, hidden ones that are not done too. */
bool pulse_file_is_remnant(const char *name);

#endif
