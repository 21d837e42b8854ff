/* From what --data names to columns of instants and values, whatever the file format. The only
 * header of io/data that the engine includes. Knows nothing of calendars, windows or MPI; local. */
#ifndef PULSE_DATA_DATASET_H
#define PULSE_DATA_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "data/common/types.h"
#include "data/repeats.h"

/* ---- What there is -------------------------------------------------------------- */

struct pulse_catalog_entry {
    char *name;    /* variable: "spx_close" */
    char *uri;     /* file that holds it; the wide file itself for each of its columns */
    int64_t bytes; /* size of that file; of an equal share of it for a wide file */
};

struct pulse_catalog {
    bool wide; /* one file with a date column and a column per variable, or a long panel */
    char *id;  /* of a long panel: its column of ids; else NULL */
    struct pulse_long *panel; /* what was read of it; NULL on ranks that did not open the catalog */
    int64_t n;
    struct pulse_catalog_entry *entries; /* in name order; in column order when wide */
    int64_t n_left_out;
    char **left_out;    /* names of a wide file's columns that hold no number; "" for one without */
    char **holds;       /* n_left_out: what each of them holds, "" where that is not known */
    int64_t attributes; /* of these: columns of numbers beside OBS_VALUE of SDMX */
    char *note; /* what else of a wide file is left out, to be said after its name; or NULL */
};

/* Lists the variables under `data`: a directory of datasets (historical_NAME.EXT or NAME.EXT; two
 * files of one name are an error), a wide file, or a long panel, which is read whole. A column that
 * holds no number is not a variable. PULSE_E_INPUT names the path and what was found where there is
 * nothing usable.
 */
int pulse_catalog_open(const char *data, const struct pulse_read_options *options,
                       struct pulse_catalog *out, struct pulse_err *err);
void pulse_catalog_clear(struct pulse_catalog *catalog);

/* How a file is to be read whose catalog this is: of a long panel what is known of it already,
 * which is borrowed. */
struct pulse_read_options pulse_catalog_reading(const struct pulse_catalog *catalog,
                                                const struct pulse_read_options *options);

/* What a long panel is; strings are borrowed. */
struct pulse_panel_facts {
    const char *time, *id;
    enum pulse_kind_of_column time_kind, id_kind;
    const char *zone; /* of the times; NULL: UTC or none */
    bool offsets;     /* each time has an offset of its own */
    int64_t n_values;
    struct pulse_panel_value {
        const char *name;
        enum pulse_kind_of_column kind;
    } * values; /* n_values; to be freed */
    int64_t ids, rows, dates;
    int64_t repeated; /* rows whose date and id a row before them has; the last counts */
};

/* PULSE_E_MEMORY. `out->values` is set in any case. */
int pulse_panel_facts(const struct pulse_long *panel, struct pulse_panel_facts *out,
                      struct pulse_err *err);

/* What is said of `repeated` rows: where (%s), the column of ids (%s), how many (%lld). */
#define PULSE_PANEL_REPEATED_WARNING                                                               \
    "%s: rows with the date and '%s' of a row before them: %lld; the last counts; columns that "   \
    "tell them apart are joined by --id NAME,NAME"

/* "2 columns hold no number and are left out: note, region" into a buffer of PULSE_ERR_TEXT bytes;
 * false where there are none. */
bool pulse_catalog_left_out(const struct pulse_catalog *catalog, char *text);

/* Whether a column of this name is among them. */
bool pulse_catalog_leaves_out(const struct pulse_catalog *catalog, const char *name);

/* ---- One variable's dataset ----------------------------------------------------- */

/* Observed rows in file order: a row whose value is missing or infinite is not among them, nor one
 * whose time is a sentinel for none. */
struct pulse_series {
    int64_t n;
    int64_t untimed;    /* rows left out because of their time; the caller warns of them */
    int64_t beside;     /* columns of numbers but the one that was read; the caller warns of them */
    uint32_t midnights; /* zones at whose midnights all times lie */
    int64_t *time_ns;   /* n: what the clock of each stamp's own offset or zone shows, nanoseconds
                           since 1970 */
    double *value;      /* n finite values */
};

/* Reads the long dataset `uri` of the variable `name` (its time and value columns found as
 * DEFINITIONS §1.1 says). `bytes_read` is added to. */
int pulse_series_read(const char *uri, const char *name, const struct pulse_read_options *options,
                      struct pulse_series *out, int64_t *bytes_read, struct pulse_err *err);
void pulse_series_clear(struct pulse_series *series);

/* ---- A wide file, a part of it -------------------------------------------------- */

struct pulse_wide;

/* Opens part `part` of `parts`: by bytes for CSV, by rows for HDF5, by row groups for Parquet; the
 * parts in order make the file, each row in exactly one. A pickle and a packed CSV file are all in
 * the first part, and no other touches them. Of several CSV parts it reads all bytes, to count the
 * quotes. */
int pulse_wide_open(const char *uri, int part, int parts, const struct pulse_read_options *options,
                    struct pulse_wide **out, struct pulse_err *err);
void pulse_wide_free(struct pulse_wide *wide);

/* The columns' names, "" for a column that is no variable; borrowed. None of a part that is not
 * open because all rows are in the first. */
char *const *pulse_wide_names(const struct pulse_wide *wide, int64_t *n);

/* All columns' names as the file has them, as many; borrowed. */
char *const *pulse_wide_columns(const struct pulse_wide *wide);

/* Whether a column is no variable because it holds no number: text, dates or nothing at all. Its
 * name is in `name`, borrowed, "" where it has none. */
bool pulse_wide_leaves_out(const struct pulse_wide *wide, int64_t column, const char **name);

/* What such a column holds, as "text"; "" where that is not known. */
const char *pulse_wide_holds(const struct pulse_wide *wide, int64_t column);

/* How many of these are attributes of SDMX beside its OBS_VALUE, which are numbers. */
int64_t pulse_wide_attributes(const struct pulse_wide *wide);

/* What else of the file is left out, as "line 2 holds …"; NULL: nothing. Borrowed. */
const char *pulse_wide_note(const struct pulse_wide *wide);

/* Whether a column, which is neither the time nor empty, could say what a row is of. */
enum pulse_wide_labels {
    PULSE_WIDE_NO_LABELS,
    PULSE_WIDE_LABELS,      /* one of text that is no number */
    PULSE_WIDE_NAMED_LABELS /* one of numbers that is called like it: permno, unique_id */
};
enum pulse_wide_labels pulse_wide_labels(const struct pulse_wide *wide);

/* Whether a CSV part holds an odd number of quotes: a row of the next part may begin inside a
 * quoted cell, and only the parts before show that. False for all but CSV. */
bool pulse_wide_flips_quotes(const struct pulse_wide *wide);

/* What a caller says of columns `beside` those it has read of its files: where (%s), how many
 * (%lld). */
#define PULSE_BESIDE_WARNING                                                                       \
    "%s: %lld other columns of numbers in its files are not read, as each file is one "            \
    "variable; --value NAME chooses another column, and a file that is given itself is read whole"

/* What a caller says of `untimed` rows: where (%s), and how many (%lld). */
#define PULSE_UNTIMED_WARNING                                                                      \
    "%s: %lld rows are left out: their time stands for none (the first or last a program can "     \
    "write, 0001-01-01 or 9999-12-31)"

/* Reads the named columns of the part's rows. `begins_quoted`: an odd number of the parts before
 * this one flip. A cell that is no number is PULSE_E_INPUT with file, column and line. Rows whose
 * time is a sentinel for none are left out and counted in `untimed`; the caller warns of them. */
int pulse_wide_read(struct pulse_wide *wide, bool begins_quoted, const char *const *names,
                    int64_t n, struct pulse_block *out, int64_t *bytes_read, struct pulse_err *err);

/* ---- Rows of one date ----------------------------------------------------------- */

/* Of a wide file whose times repeat (repeats.h): PULSE_E_INPUT, with the columns that --id could
 * name, where these rows overrule values of the named variables; 0 where each of those has one
 * value a time. Reads the file once more. */
int pulse_wide_check_repeats(const char *uri, const struct pulse_read_options *options,
                             const char *const *names, int64_t n, struct pulse_err *err);

#endif
